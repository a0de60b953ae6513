/* SPDX-License-Identifier: Apache-2.0 */
/* What happened: the sections of a report that tell of the incident itself, most of it from its
 * closure. */
#include "core/state_key.h"
#include "markdown.h"
#include "report_markdown_private.h"

void report_write_timeline(struct report_page *page)
{
    struct buf *out = page->out;
    const struct closure *c = page->closure;
    buf_lit(out, "## Sequence of events\n\n");
    for (size_t i = 0; i < c->timeline.n; i++) {
        const struct timeline_entry *e = &c->timeline.items[i];
        buf_lit(out, "- ");
        if (e->at == TIME_NONE && !report_is_said(e->at_text))
            buf_lit(out, "(time not known)");
        else
            report_put_when(out, e->at, e->at_text);
        buf_lit(out, " — ");
        if (report_is_said(e->actor)) {
            markdown_inline(out, e->actor);
            buf_lit(out, ": ");
        }
        markdown_inline(out, e->action);
        buf_char(out, '\n');
    }
    if (c->timeline.n < 2) {
        report_put_missing(page);
        if (report_is_asked(page)) buf_lit(out, ": fewer than two entries");
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
}

void report_write_technical_summary(struct report_page *page)
{
    struct buf *out = page->out;
    const struct closure *c = page->closure;
    buf_lit(out, "## Technical summary\n\n### Evidence\n\n");
    for (size_t i = 0; i < c->evidence.n; i++) {
        buf_lit(out, "- ");
        markdown_inline(out, report_is_said(c->evidence.items[i].ref) ? c->evidence.items[i].ref
                                                                      : c->evidence.items[i].note);
        if (report_is_said(c->evidence.items[i].ref) && report_is_said(c->evidence.items[i].note)) {
            buf_lit(out, ": ");
            markdown_inline(out, c->evidence.items[i].note);
        }
        buf_char(out, '\n');
    }
    if (!c->evidence.n) {
        report_put_missing(page);
        buf_char(out, '\n');
    }
    buf_lit(out, "\n### Actors\n\n");
    if (c->actors.n)
        report_put_list(out, c->actors);
    else
        buf_lit(out, "Not known.");
    buf_lit(out, "\n\n### Response\n\n");
    if (report_is_said(c->response))
        markdown_text(out, c->response);
    else
        report_put_missing(page);
    buf_lit(out, "\n\n### Takeaways\n\n");
    for (size_t i = 0; i < c->takeaways.n; i++) {
        buf_lit(out, "- ");
        markdown_inline(out, c->takeaways.items[i]);
        buf_char(out, '\n');
    }
    if (!c->takeaways.n) {
        report_put_missing(page);
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
}

void report_write_evaluation(struct report_page *page)
{
    struct buf *out = page->out;
    const struct evaluation e = report_evaluation(page);
    buf_lit(out, "## Evaluation of the response\n\n");
    report_put_fact(out, "Sufficient", report_yes_or_no(e.sufficient));
    report_put_fact(out, "Complete", report_yes_or_no(e.complete));
    if (report_is_said(e.note)) report_put_fact(out, "Note", e.note);
    buf_char(out, '\n');
}

/* The party of a task of coordination, as it was written first; absent for all others. */
static struct str party_of(struct arena *arena, const struct task *task)
{
    struct str name = state_duty_name(task->name);
    if (task->kind != KIND_COORDINATION || !name.p) return STR_NONE;
    return state_decode_part(arena, state_duty_part(name));
}

static bool is_of(const struct coordination *p, const struct task *task, struct str party)
{
    return str_eq(p->party, party) || (task->party.p && str_eq(p->key, task->party));
}

static bool is_listed(const struct closure *closure, const struct task *task, struct str party)
{
    for (size_t i = 0; i < closure->coordination.n; i++)
        if (is_of(&closure->coordination.items[i], task, party)) return true;
    return false;
}

/* NULL where it has none; *party: as the task calls it, else as the closure does. */
static const struct task *task_of(const struct report_markdown *report, struct arena *arena,
                                  const struct coordination *p, struct str *party)
{
    for (size_t i = 0; i < report->tasks_n; i++) {
        *party = party_of(arena, report->tasks[i]);
        if (party->p && is_of(p, report->tasks[i], *party)) return report->tasks[i];
    }
    *party = p->party;
    return NULL;
}

/* What a closure says is of its day; its task goes on. */
static struct str status_of(struct arena *arena, const struct coordination *p,
                            const struct task *task)
{
    struct str said = report_is_said(p->status) ? p->status : STR("open");
    if (!task) return said;
    struct str status = task_status_name(task->status);
    if (str_eq(said, STR("open")) || str_eq(said, status)) return status;
    return arena_printf(arena, "%.*s; %.*s", STR_ARG(said), STR_ARG(status));
}

static void write_party(struct buf *out, struct str party, struct str kind, struct str reference,
                        struct str status)
{
    buf_lit(out, "| ");
    markdown_inline(out, party);
    buf_printf(out, " | %.*s | ", STR_ARG(kind));
    markdown_inline(out, reference);
    buf_lit(out, " | ");
    markdown_inline(out, status);
    buf_lit(out, " |\n");
}

/* The parties of the last closure, then those that only an earlier one or a policy has named. */
void report_write_coordination(struct report_page *page, struct arena *arena)
{
    struct buf *out = page->out;
    const struct report_markdown *report = page->report;
    const struct closure *c = page->closure;
    size_t start = out->n;
    buf_lit(out, "## Coordination\n\n| Party | Kind | Reference | Status |\n|---|---|---|---|\n");
    size_t rows = out->n;
    for (size_t i = 0; i < c->coordination.n; i++) {
        const struct coordination *p = &c->coordination.items[i];
        struct str party;
        const struct task *t = task_of(report, arena, p, &party);
        write_party(out, party, party_kind_name(p->party_kind), p->reference,
                    status_of(arena, p, t));
    }
    for (size_t i = 0; i < report->tasks_n; i++) {
        const struct task *t = report->tasks[i];
        struct str party = party_of(arena, t);
        if (party.p && !is_listed(c, t, party))
            write_party(out, party, STR(""), report_is_said(t->reason) ? t->reason : STR_NONE,
                        task_status_name(t->status));
    }
    if (out->n == rows)
        out->n = start;
    else
        buf_char(out, '\n');
}

static void put_evidence(struct buf *out, struct evidence_list list)
{
    for (size_t i = 0; i < list.n; i++) {
        if (i) buf_lit(out, "; ");
        markdown_inline(out, list.items[i].ref);
        if (report_is_said(list.items[i].ref) && report_is_said(list.items[i].note))
            buf_lit(out, ": ");
        markdown_inline(out, list.items[i].note);
    }
}

static void write_obligation(struct buf *out, const struct task *t)
{
    buf_lit(out, "| ");
    markdown_inline(out, t->title);
    buf_lit(out, " | ");
    report_put_when(out, t->due_at, STR_NONE);
    buf_lit(out, " | ");
    if (t->submitted_at != TIME_NONE) report_put_when(out, t->submitted_at, STR_NONE);
    struct str state = task_is_submitted(t) ? sla_state_name(t->sla)
                       : t->resolution      ? resolution_name(t->resolution)
                                            : sla_state_name(t->sla);
    buf_printf(out, " | %.*s | ", STR_ARG(state));
    put_evidence(out, t->evidence);
    buf_lit(out, " |\n");
}

/* What of the closure's submissions has a task says that; the others were of nothing that is known. */
static bool is_obligation(const struct report_markdown *report, struct str id)
{
    struct str start = STR("obligation/");
    for (size_t i = 0; i < report->tasks_n; i++) {
        struct str name = report->tasks[i]->name;
        if (name.n >= start.n + id.n && str_starts(name, start) &&
            !memcmp(name.p + start.n, id.p, id.n) &&
            (name.n == start.n + id.n || name.p[start.n + id.n] == '~'))
            return true;
    }
    return false;
}

void report_write_obligations(struct report_page *page)
{
    struct buf *out = page->out;
    const struct report_markdown *report = page->report;
    size_t start = out->n;
    buf_lit(out, "## Obligations\n\n| What | Due | Submitted | State | Evidence |\n"
                 "|---|---|---|---|---|\n");
    size_t rows = out->n;
    for (size_t i = 0; i < report->tasks_n; i++)
        if (report->tasks[i]->kind == KIND_OBLIGATION) write_obligation(out, report->tasks[i]);
    for (size_t i = 0; i < page->closure->obligations.n; i++) {
        const struct submission *s = &page->closure->obligations.items[i];
        if (is_obligation(report, s->id)) continue;
        buf_lit(out, "| ");
        markdown_inline(out, s->id);
        buf_lit(out, " | | ");
        if (s->submitted_at != TIME_NONE) report_put_when(out, s->submitted_at, STR_NONE);
        buf_lit(out, " | not in the policy | ");
        put_evidence(out, s->evidence);
        buf_lit(out, " |\n");
    }
    if (out->n == rows)
        out->n = start;
    else
        buf_char(out, '\n');
}
