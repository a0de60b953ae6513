/* SPDX-License-Identifier: Apache-2.0 */
/* What happened: the sections of a report that tell of the incident itself, most of it from its
 * closure. */
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
    const struct closure *c = page->closure;
    buf_lit(out, "## Evaluation of the response\n\n");
    report_put_fact(out, "Sufficient", report_yes_or_no(c->sufficient));
    report_put_fact(out, "Complete", report_yes_or_no(c->complete));
    if (report_is_said(c->evaluation_note)) report_put_fact(out, "Note", c->evaluation_note);
    buf_char(out, '\n');
}

static bool is_listed(const struct closure *closure, struct str party)
{
    for (size_t i = 0; i < closure->coordination.n; i++)
        if (str_eq(closure->coordination.items[i].party, party)) return true;
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
        write_party(out, p->party, party_kind_name(p->party_kind), p->reference,
                    report_is_said(p->status) ? p->status : STR("open"));
    }
    for (size_t i = 0; i < report->tasks_n; i++) {
        const struct task *t = report->tasks[i];
        const char *slash = t->name.p ? memchr(t->name.p, '/', t->name.n) : NULL;
        if (t->kind != KIND_COORDINATION || !slash) continue;
        struct str part = {slash + 1, (size_t)(t->name.p + t->name.n - slash - 1)};
        struct str party = state_decode_part(arena, part);
        if (!is_listed(c, party))
            write_party(out, party, STR(""), report_is_said(t->reason) ? t->reason : STR_NONE,
                        task_status_name(t->status));
    }
    if (out->n == rows)
        out->n = start;
    else
        buf_char(out, '\n');
}
