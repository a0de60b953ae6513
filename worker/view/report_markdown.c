/* SPDX-License-Identifier: Apache-2.0 */
/* A report from top to bottom: sorting out what there is, the head, the sections in their order, and
 * the list of what is still missing. */
#include "report_markdown.h"
#include "core/merged_lists.h"

#include <stdlib.h>

#include "markdown.h"
#include "render.h"
#include "report_markdown_private.h"

/* ---- sorting out ---- */

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(struct entry *const *)a)->key, (*(struct entry *const *)b)->key);
}

/* What merged incidents have brought is told as the incident's own. */
static const struct closure *with_merged(struct arena *arena, const struct closure *closure,
                                         const struct merged_lists *brought)
{
    static const struct closure none;
    const struct closure joined = merged_lists_join(arena, closure ? closure : &none, brought);
    return arena_copy(arena, &joined, sizeof joined);
}

bool report_markdown_collect(struct arena *arena, struct entry *const *entries, size_t n,
                             struct report_markdown *report)
{
    const struct merged_lists *brought = NULL;
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
        case ENTRY_TASK: report->tasks[report->tasks_n++] = e->task; break;
        case ENTRY_MERGED: brought = e->merged; break;
        default: break; /* duties of others, whose tasks are here */
        }
    }
    if (brought) report->closure = with_merged(arena, report->closure, brought);
    return report->incident != NULL;
}

/* ---- the head ---- */

static void write_follow_up(struct report_page *page)
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
        if (c->waived) buf_printf(out, ", %lld waived", (long long)c->waived);
        break;
    default: break;
    }
    buf_char(out, '\n');
    if (i->retired)
        buf_lit(out, "- The entries of that time are deleted, their retention is over.\n");
}

static void write_head(struct report_page *page)
{
    struct buf *out = page->out;
    const struct incident *i = page->report->incident;
    const struct closure *c = page->closure;
    buf_lit(out, "# Post-incident report ");
    markdown_inline(out, i->incident_id);
    if (report_is_said(i->title)) {
        buf_lit(out, ": ");
        markdown_inline(out, i->title);
    }
    buf_lit(out, "\n\n");
    report_put_fact(out, "Severity", severity_name(i->severity));
    report_put_fact(out, "Postmortem", i->level ? level_name(i->level) : STR("not decided"));
    if (i->disposition > DISPOSITION_CONFIRMED)
        report_put_fact(out, "Disposition", disposition_name(i->disposition));
    report_put_fact(out, "Customer-impacting", report_yes_or_no(i->customer_impacting));
    report_put_fact(out, "Data breach", report_yes_or_no(i->data_breach));
    report_put_fact_time(out, "Started", i->started_at, c->started_at_text);
    report_put_fact_time(out, "Detected", i->detected_at, c->detected_at_text);
    if (i->known_at != TIME_NONE)
        report_put_fact_time(out, "Known to be reportable", i->known_at, c->known_at_text);
    report_put_fact_time(out, "Contained", i->contained_at, c->contained_at_text);
    report_put_fact_time(out, "Closed", i->closed_at, STR_NONE);
    buf_lit(out, "- Owner: ");
    report_put_owner(out, i->owner);
    buf_char(out, '\n');
    if (report_is_said(i->merged_into)) report_put_fact(out, "Merged into", i->merged_into);
    if (c->references.n) {
        buf_lit(out, "- References: ");
        report_put_list(out, c->references);
        buf_char(out, '\n');
    }
    write_follow_up(page);
    buf_lit(out, "\n## Summary\n\n");
    if (report_is_said(c->summary))
        markdown_text(out, c->summary);
    else
        buf_lit(out, REPORT_MISSING);
    buf_lit(out, "\n\n");
}

/* A task has the answers of closures, too, those that came later than its own. */
struct evaluation report_evaluation(const struct report_page *page)
{
    const struct closure *c = page->closure;
    struct evaluation said = {c->sufficient, c->complete, c->evaluation_note};
    for (size_t n = 0; n < page->report->tasks_n; n++) {
        const struct task *t = page->report->tasks[n];
        if (t->kind != KIND_RESPONSE_EVALUATION) continue;
        if (t->evaluation.sufficient) said.sufficient = t->evaluation.sufficient;
        if (t->evaluation.complete) said.complete = t->evaluation.complete;
        if (report_is_said(t->evaluation.note)) said.note = t->evaluation.note;
    }
    return said;
}

/* ---- what is missing, in one place ---- */

static void miss(struct report_page *page, bool is_missing, const char *what)
{
    if (is_missing) buf_printf(page->out, "- %s\n", what);
}

static void write_missing(struct report_page *page)
{
    const struct incident *i = page->report->incident;
    const struct closure *c = page->closure;
    struct buf *out = page->out;
    bool asked = report_is_asked(page);
    buf_lit(out, "## Still missing\n\n");
    size_t from = out->n;
    miss(page, !report_is_said(c->summary), "the summary");
    miss(page, i->started_at == TIME_NONE, "when it started");
    miss(page, i->detected_at == TIME_NONE, "when it was detected");
    miss(page, i->contained_at == TIME_NONE, "when it was contained");
    miss(page, i->customer_impacting == tristate_none, "whether customers were impacted");
    miss(page, i->data_breach == tristate_none, "whether data was breached");
    miss(page, asked && c->timeline.n < 2, "the sequence of events");
    miss(page, asked && !c->evidence.n, "evidence");
    miss(page, asked && !report_is_said(c->response), "how the response went");
    miss(page, asked && !c->takeaways.n, "takeaways");
    const struct evaluation evaluation = report_evaluation(page);
    miss(page, !evaluation.sufficient, "whether the response was sufficient");
    miss(page, !evaluation.complete, "whether the response was complete");
    miss(page, !page->report->findings_n, "findings");
    for (size_t n = 0; n < page->report->tasks_n; n++) {
        const struct task *t = page->report->tasks[n];
        if (t->status == STATUS_CLOSED || report_is_said(t->owner.person) ||
            report_is_said(t->owner.team))
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
    struct report_page page = {out, report, report->closure ? report->closure : &none};
    write_head(&page);
    report_write_timeline(&page);
    report_write_technical_summary(&page);
    report_write_evaluation(&page);
    report_write_coordination(&page, arena);
    report_write_obligations(&page);
    report_write_findings(&page, arena);
    report_write_seen(&page, arena);
    report_write_tasks(&page, arena);
    write_missing(&page);
}
