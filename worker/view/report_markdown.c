/* SPDX-License-Identifier: Apache-2.0 */
#include "report_markdown.h"

#include <stdlib.h>

#include "markdown.h"
#include "render.h"

#define MISSING "**missing**"
#define NOT_ASKED "Not given; a light postmortem does not ask for it."

struct page {
    struct buf *out;
    const struct report_markdown *report;
    const struct closure *closure; /* never NULL: an empty one before the incident is closed */
};

/* ---- sorting out ---- */

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(struct entry *const *)a)->key, (*(struct entry *const *)b)->key);
}

bool report_markdown_collect(struct arena *arena, struct entry *const *entries, size_t n,
                             struct report_markdown *report)
{
    *report = (struct report_markdown){0};
    if (!n) return false;
    struct entry **sorted = arena_copy(arena, entries, n * sizeof(struct entry *));
    qsort(sorted, n, sizeof *sorted, by_key);
    report->findings = arena_alloc(arena, n * sizeof *report->findings);
    report->tasks = arena_alloc(arena, n * sizeof *report->tasks);
    for (size_t i = 0; i < n; i++) {
        const struct entry *e = sorted[i];
        switch (e->type) {
        case ENTRY_INCIDENT: report->incident = e->incident; break;
        case ENTRY_CLOSURE: report->closure = e->closure; break;
        case ENTRY_FINDING: report->findings[report->findings_n++] = e->finding; break;
        default: report->tasks[report->tasks_n++] = e->task; break;
        }
    }
    return report->incident != NULL;
}

/* ---- pieces ---- */

static bool is_said(struct str text)
{
    return text.p && text.n;
}

/* What only a full postmortem asks for is not missing in another. */
static bool is_asked(const struct page *page)
{
    return page->report->incident->level == LEVEL_FULL;
}

static void put_missing(struct page *page)
{
    buf_str(page->out, is_asked(page) ? STR(MISSING) : STR(NOT_ASKED));
}

static void put_when(struct buf *out, ms_t t, struct str as_it_came)
{
    if (is_said(as_it_came)) {
        markdown_inline(out, as_it_came);
    } else if (t == TIME_NONE) {
        buf_lit(out, MISSING);
    } else {
        render_time(out, t);
        buf_lit(out, " UTC");
    }
}

static void put_owner(struct buf *out, struct owner owner)
{
    if (!is_said(owner.person) && !is_said(owner.team)) {
        buf_lit(out, MISSING);
        return;
    }
    markdown_inline(out, is_said(owner.person) ? owner.person : owner.team);
    if (!is_said(owner.person) || !is_said(owner.team)) return;
    buf_lit(out, " (");
    markdown_inline(out, owner.team);
    buf_char(out, ')');
}

static void put_list(struct buf *out, struct str_list list)
{
    for (size_t i = 0; i < list.n; i++) {
        if (i) buf_lit(out, ", ");
        markdown_inline(out, list.items[i]);
    }
}

static void put_fact(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, "- %s: ", name);
    if (is_said(value))
        markdown_inline(out, value);
    else
        buf_lit(out, MISSING);
    buf_char(out, '\n');
}

static void put_fact_time(struct buf *out, const char *name, ms_t t, struct str as_it_came)
{
    buf_printf(out, "- %s: ", name);
    put_when(out, t, as_it_came);
    buf_char(out, '\n');
}

static struct str yes_or_no(int tristate)
{
    switch (tristate) {
    case TRI_TRUE: return STR("yes");
    case TRI_FALSE: return STR("no");
    case TRI_SUSPECTED: return STR("suspected");
    default: return STR_NONE;
    }
}

/* ---- the head ---- */

static void write_follow_up(struct page *page)
{
    struct buf *out = page->out;
    const struct incident *i = page->report->incident;
    const struct counts *c = &i->counts;
    buf_lit(out, "- Follow-up: ");
    switch (i->phase) {
    case PHASE_WAITING: buf_lit(out, "not begun, the incident is not closed"); break;
    case PHASE_OPEN:
        buf_printf(out, "%lld open, %lld closed", (long long)c->open, (long long)c->closed);
        break;
    case PHASE_COMPLETED:
        buf_printf(out, "completed on ");
        render_time(out, i->completed_at);
        buf_printf(out, " UTC: %lld closed, %lld in time, %lld late", (long long)c->closed,
                   (long long)c->met, (long long)c->met_late);
        break;
    default: break;
    }
    buf_char(out, '\n');
    if (i->retired)
        buf_lit(out, "- The entries of that time are deleted, their retention is over.\n");
}

static void write_head(struct page *page)
{
    struct buf *out = page->out;
    const struct incident *i = page->report->incident;
    const struct closure *c = page->closure;
    buf_lit(out, "# Post-incident report ");
    markdown_inline(out, i->incident_id);
    if (is_said(i->title)) {
        buf_lit(out, ": ");
        markdown_inline(out, i->title);
    }
    buf_lit(out, "\n\n");
    put_fact(out, "Severity", severity_name(i->severity));
    put_fact(out, "Postmortem", i->level ? level_name(i->level) : STR("not decided"));
    if (i->disposition > DISPOSITION_CONFIRMED)
        put_fact(out, "Disposition", disposition_name(i->disposition));
    put_fact(out, "Customer-impacting", yes_or_no(i->customer_impacting));
    put_fact(out, "Data breach", yes_or_no(i->data_breach));
    put_fact_time(out, "Started", i->started_at, c->started_at_text);
    put_fact_time(out, "Detected", i->detected_at, c->detected_at_text);
    put_fact_time(out, "Contained", i->contained_at, c->contained_at_text);
    put_fact_time(out, "Closed", i->closed_at, STR_NONE);
    buf_lit(out, "- Owner: ");
    put_owner(out, i->owner);
    buf_char(out, '\n');
    if (is_said(i->merged_into)) put_fact(out, "Merged into", i->merged_into);
    if (c->references.n) {
        buf_lit(out, "- References: ");
        put_list(out, c->references);
        buf_char(out, '\n');
    }
    write_follow_up(page);
    buf_lit(out, "\n## Summary\n\n");
    if (is_said(c->summary))
        markdown_text(out, c->summary);
    else
        buf_lit(out, MISSING);
    buf_lit(out, "\n\n");
}

/* ---- what happened ---- */

static void write_timeline(struct page *page)
{
    struct buf *out = page->out;
    const struct closure *c = page->closure;
    buf_lit(out, "## Sequence of events\n\n");
    for (size_t i = 0; i < c->timeline_n; i++) {
        const struct timeline_entry *e = &c->timeline[i];
        buf_lit(out, "- ");
        if (e->at == TIME_NONE && !is_said(e->at_text))
            buf_lit(out, "(time not known)");
        else
            put_when(out, e->at, e->at_text);
        buf_lit(out, " — ");
        if (is_said(e->actor)) {
            markdown_inline(out, e->actor);
            buf_lit(out, ": ");
        }
        markdown_inline(out, e->action);
        buf_char(out, '\n');
    }
    if (c->timeline_n < 2) {
        put_missing(page);
        if (is_asked(page)) buf_lit(out, ": fewer than two entries");
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
}

static void write_technical_summary(struct page *page)
{
    struct buf *out = page->out;
    const struct closure *c = page->closure;
    buf_lit(out, "## Technical summary\n\n### Evidence\n\n");
    for (size_t i = 0; i < c->evidence_n; i++) {
        buf_lit(out, "- ");
        markdown_inline(out,
                        is_said(c->evidence[i].ref) ? c->evidence[i].ref : c->evidence[i].note);
        if (is_said(c->evidence[i].ref) && is_said(c->evidence[i].note)) {
            buf_lit(out, ": ");
            markdown_inline(out, c->evidence[i].note);
        }
        buf_char(out, '\n');
    }
    if (!c->evidence_n) {
        put_missing(page);
        buf_char(out, '\n');
    }
    buf_lit(out, "\n### Actors\n\n");
    if (c->actors.n)
        put_list(out, c->actors);
    else
        buf_lit(out, "Not known.");
    buf_lit(out, "\n\n### Response\n\n");
    if (is_said(c->response))
        markdown_text(out, c->response);
    else
        put_missing(page);
    buf_lit(out, "\n\n### Takeaways\n\n");
    for (size_t i = 0; i < c->takeaways.n; i++) {
        buf_lit(out, "- ");
        markdown_inline(out, c->takeaways.items[i]);
        buf_char(out, '\n');
    }
    if (!c->takeaways.n) {
        put_missing(page);
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
}

static void write_evaluation(struct page *page)
{
    struct buf *out = page->out;
    const struct closure *c = page->closure;
    buf_lit(out, "## Evaluation of the response\n\n");
    put_fact(out, "Sufficient", yes_or_no(c->sufficient));
    put_fact(out, "Complete", yes_or_no(c->complete));
    if (is_said(c->evaluation_note)) put_fact(out, "Note", c->evaluation_note);
    buf_char(out, '\n');
}

static bool is_listed(const struct closure *closure, struct str party)
{
    for (size_t i = 0; i < closure->coordination_n; i++)
        if (str_eq(closure->coordination[i].party, party)) return true;
    return false;
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
static void write_coordination(struct page *page, struct arena *arena)
{
    struct buf *out = page->out;
    const struct report_markdown *report = page->report;
    const struct closure *c = page->closure;
    size_t start = out->n;
    buf_lit(out, "## Coordination\n\n| Party | Kind | Reference | Status |\n|---|---|---|---|\n");
    size_t rows = out->n;
    for (size_t i = 0; i < c->coordination_n; i++) {
        const struct coordination *p = &c->coordination[i];
        write_party(out, p->party, party_kind_name(p->party_kind), p->reference,
                    is_said(p->status) ? p->status : STR("open"));
    }
    for (size_t i = 0; i < report->tasks_n; i++) {
        const struct task *t = report->tasks[i];
        const char *slash = t->name.p ? memchr(t->name.p, '/', t->name.n) : NULL;
        if (t->kind != KIND_COORDINATION || !slash) continue;
        struct str part = {slash + 1, (size_t)(t->name.p + t->name.n - slash - 1)};
        struct str party = state_decode_part(arena, part);
        if (!is_listed(c, party))
            write_party(out, party, STR(""), is_said(t->reason) ? t->reason : STR_NONE,
                        task_status_name(t->status));
    }
    if (out->n == rows)
        out->n = start;
    else
        buf_char(out, '\n');
}

/* ---- what follows ---- */

static const char *category_heading(int category)
{
    switch (category) {
    case CATEGORY_TECHNICAL_LAPSE: return "Technical lapses";
    case CATEGORY_UNKNOWN_ATTACK_VECTOR: return "Unknown attack vectors";
    case CATEGORY_PROCEDURAL_FAILURE: return "Procedural failures";
    case CATEGORY_MANUAL_ERROR: return "Manual errors";
    case CATEGORY_PROCESS_FLAW: return "Process flaws";
    case CATEGORY_COMMUNICATION_GLITCH: return "Communication glitches";
    default: return "Not yet categorized";
    }
}

static const struct task *task_of(const struct report_markdown *report,
                                  const struct finding *finding)
{
    for (size_t i = 0; i < report->tasks_n; i++)
        if (report->tasks[i]->kind == finding->kind &&
            str_eq(report->tasks[i]->finding_id, finding->finding_id))
            return report->tasks[i];
    return NULL;
}

static void write_finding(struct page *page, const struct finding *f)
{
    struct buf *out = page->out;
    const struct task *task = task_of(page->report, f);
    buf_lit(out, "- **");
    markdown_inline(out, f->finding_id);
    buf_lit(out, "** ");
    markdown_inline(out, is_said(f->title) ? f->title : STR("(no title)"));
    struct str severity = f->severity ? severity_name(f->severity) : STR("severity not said");
    buf_printf(out, "; %.*s, ", STR_ARG(severity));
    markdown_inline(out, f->status ? reported_status_name(f->status) : STR("open"));
    if (is_said(f->duplicate_of)) {
        buf_lit(out, " of ");
        markdown_inline(out, f->duplicate_of);
    }
    if (is_said(f->reason)) {
        buf_lit(out, " (");
        markdown_inline(out, f->reason);
        buf_lit(out, ")");
    }
    if (task) {
        struct str kind = task_kind_name(task->kind), status = task_status_name(task->status);
        buf_printf(out, "; %.*s, %.*s, owner ", STR_ARG(kind), STR_ARG(status));
        put_owner(out, task->owner);
    }
    buf_char(out, '\n');
    if (!is_said(f->description)) return;
    buf_lit(out, "  ");
    markdown_inline(out, f->description);
    buf_char(out, '\n');
}

static void write_findings(struct page *page)
{
    const struct report_markdown *report = page->report;
    buf_lit(page->out, "## Findings\n\n");
    if (!report->findings_n) buf_lit(page->out, MISSING ": no finding has come\n\n");
    for (int category = 1; category < category_end; category++) {
        bool headed = false;
        for (size_t i = 0; i < report->findings_n; i++) {
            const struct finding *f = report->findings[i];
            if ((f->category ? f->category : CATEGORY_UNCATEGORIZED) != category) continue;
            if (!headed) buf_printf(page->out, "### %s\n\n", category_heading(category));
            headed = true;
            write_finding(page, f);
        }
        if (headed) buf_char(page->out, '\n');
    }
}

/* What is to be done first stands first, what is done last. */
static int by_urgency(const void *a, const void *b)
{
    const struct task *x = *(const struct task *const *)a, *y = *(const struct task *const *)b;
    int done = (x->status == STATUS_CLOSED) - (y->status == STATUS_CLOSED);
    if (done) return done;
    if (x->priority != y->priority) return x->priority - y->priority;
    if (x->due_at != y->due_at) return x->due_at < y->due_at ? -1 : 1;
    return str_cmp(x->name, y->name);
}

static void write_task(struct buf *out, const struct task *t)
{
    struct str status = t->resolution && t->resolution != RESOLUTION_DONE
                            ? resolution_name(t->resolution)
                            : task_status_name(t->status);
    struct str kind = task_kind_name(t->kind), sla = sla_state_name(t->sla);
    buf_printf(out, "| %.*s | ", STR_ARG(kind));
    markdown_inline(out, t->title);
    buf_printf(out, " | %.*s | %.*s | ", STR_ARG(priority_name(t->priority)), STR_ARG(status));
    put_owner(out, t->owner);
    buf_lit(out, " | ");
    put_when(out, t->due_at, STR_NONE);
    buf_printf(out, " | %.*s | ", STR_ARG(sla));
    if (is_said(t->tracker.url)) {
        markdown_url(out, t->tracker.url);
    } else if (is_said(t->tracker.key)) {
        markdown_inline(out, t->tracker.key);
    }
    buf_lit(out, " |\n");
}

static void write_tasks(struct page *page, struct arena *arena)
{
    struct buf *out = page->out;
    const struct report_markdown *report = page->report;
    if (!report->tasks_n) return;
    const struct task **tasks = arena_copy(arena, report->tasks, report->tasks_n * sizeof *tasks);
    qsort(tasks, report->tasks_n, sizeof *tasks, by_urgency);
    buf_lit(out, "## Tasks\n\n"
                 "| Kind | Title | Priority | Status | Owner | Due | SLA | Tracker |\n"
                 "|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < report->tasks_n; i++) write_task(out, tasks[i]);
    buf_char(out, '\n');
}

/* ---- what is missing, in one place ---- */

static void miss(struct page *page, bool is_missing, const char *what)
{
    if (is_missing) buf_printf(page->out, "- %s\n", what);
}

static void write_missing(struct page *page)
{
    const struct incident *i = page->report->incident;
    const struct closure *c = page->closure;
    struct buf *out = page->out;
    bool asked = is_asked(page);
    buf_lit(out, "## Still missing\n\n");
    size_t from = out->n;
    miss(page, !is_said(c->summary), "the summary");
    miss(page, i->started_at == TIME_NONE, "when it started");
    miss(page, i->detected_at == TIME_NONE, "when it was detected");
    miss(page, i->contained_at == TIME_NONE, "when it was contained");
    miss(page, i->customer_impacting == tristate_none, "whether customers were impacted");
    miss(page, i->data_breach == tristate_none, "whether data was breached");
    miss(page, asked && c->timeline_n < 2, "the sequence of events");
    miss(page, asked && !c->evidence_n, "evidence");
    miss(page, asked && !is_said(c->response), "how the response went");
    miss(page, asked && !c->takeaways.n, "takeaways");
    miss(page, !c->sufficient, "whether the response was sufficient");
    miss(page, !c->complete, "whether the response was complete");
    miss(page, !page->report->findings_n, "findings");
    for (size_t n = 0; n < page->report->tasks_n; n++) {
        const struct task *t = page->report->tasks[n];
        if (t->status == STATUS_CLOSED || is_said(t->owner.person) || is_said(t->owner.team))
            continue;
        buf_lit(out, "- an owner of ");
        markdown_inline(out, t->name);
        buf_char(out, '\n');
    }
    if (out->n == from) buf_lit(out, "Nothing.\n");
}

void report_markdown_write(struct buf *out, struct arena *arena,
                           const struct report_markdown *report)
{
    static const struct closure none;
    struct page page = {out, report, report->closure ? report->closure : &none};
    write_head(&page);
    write_timeline(&page);
    write_technical_summary(&page);
    write_evaluation(&page);
    write_coordination(&page, arena);
    write_findings(&page);
    write_tasks(&page, arena);
    write_missing(&page);
}
