/* SPDX-License-Identifier: Apache-2.0 */
/* What follows: the findings by category, and the tasks by urgency. */
#include <stdlib.h>

#include "markdown.h"
#include "report_markdown_private.h"

static const char *category_heading(enum category category)
{
    switch (category) {
    case CATEGORY_TECHNICAL_LAPSE: return "Technical lapses";
    case CATEGORY_UNKNOWN_ATTACK_VECTOR: return "Unknown attack vectors";
    case CATEGORY_PROCEDURAL_FAILURE: return "Procedural failures";
    case CATEGORY_MANUAL_ERROR: return "Manual errors";
    case CATEGORY_PROCESS_FLAW: return "Process flaws";
    case CATEGORY_COMMUNICATION_GLITCH: return "Communication glitches";
    case CATEGORY_UNCATEGORIZED:
    case category_none: break;
    }
    return "Not yet categorized";
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

static void write_finding(struct report_page *page, const struct finding *f)
{
    struct buf *out = page->out;
    const struct task *task = task_of(page->report, f);
    buf_lit(out, "- **");
    markdown_inline(out, f->finding_id);
    buf_lit(out, "** ");
    markdown_inline(out, report_is_said(f->title) ? f->title : STR("(no title)"));
    struct str severity = f->severity ? severity_name(f->severity) : STR("severity not said");
    buf_printf(out, "; %.*s, ", STR_ARG(severity));
    markdown_inline(out, f->status ? reported_status_name(f->status) : STR("open"));
    if (report_is_said(f->duplicate_of)) {
        buf_lit(out, " of ");
        markdown_inline(out, f->duplicate_of);
    }
    if (report_is_said(f->reason)) {
        buf_lit(out, " (");
        markdown_inline(out, f->reason);
        buf_lit(out, ")");
    }
    if (task) {
        struct str kind = task_kind_name(task->kind), status = task_status_name(task->status);
        buf_printf(out, "; %.*s, %.*s, owner ", STR_ARG(kind), STR_ARG(status));
        report_put_owner(out, task->owner);
    }
    buf_char(out, '\n');
    if (!report_is_said(f->description)) return;
    buf_lit(out, "  ");
    markdown_inline(out, f->description);
    buf_char(out, '\n');
}

void report_write_findings(struct report_page *page)
{
    const struct report_markdown *report = page->report;
    buf_lit(page->out, "## Findings\n\n");
    if (!report->findings_n) buf_lit(page->out, REPORT_MISSING ": no finding has come\n\n");
    for (int category = 1; category < category_end; category++) {
        bool headed = false;
        for (size_t i = 0; i < report->findings_n; i++) {
            const struct finding *f = report->findings[i];
            if ((int)(f->category ? f->category : CATEGORY_UNCATEGORIZED) != category) continue;
            if (!headed)
                buf_printf(page->out, "### %s\n\n", category_heading((enum category)category));
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
    if (x->priority != y->priority) return x->priority < y->priority ? -1 : 1;
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
    report_put_owner(out, t->owner);
    buf_lit(out, " | ");
    report_put_when(out, t->due_at, STR_NONE);
    buf_printf(out, " | %.*s | ", STR_ARG(sla));
    if (report_is_said(t->tracker.url)) {
        markdown_url(out, t->tracker.url);
    } else if (report_is_said(t->tracker.key)) {
        markdown_inline(out, t->tracker.key);
    }
    buf_lit(out, " |\n");
}

void report_write_tasks(struct report_page *page, struct arena *arena)
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
