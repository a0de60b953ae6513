/* SPDX-License-Identifier: Apache-2.0 */
/* What follows: the findings by category, and the tasks by urgency. */
#include <stdlib.h>

#include "core/state_key.h"
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

static void put_acceptance(struct buf *out, const struct task *task)
{
    if (task->resolution != RESOLUTION_WONT_FIX || task->accepted_until == TIME_NONE) return;
    buf_lit(out, ", accepted by ");
    markdown_inline(out, task->accepted_by);
    buf_lit(out, " until ");
    report_put_when(out, task->accepted_until, STR_NONE);
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
    markdown_inline(out, reported_status_name(finding_status(f)));
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
        put_acceptance(out, task);
        buf_printf(out, "; %.*s, %.*s, owner ", STR_ARG(kind), STR_ARG(status));
        report_put_owner(out, task->owner);
    }
    buf_char(out, '\n');
    if (!report_is_said(f->description)) return;
    buf_lit(out, "  ");
    markdown_inline(out, f->description);
    buf_char(out, '\n');
}

/* Those of which nobody has said how severe they are come last. */
static int by_severity(const void *a, const void *b)
{
    const struct finding *x = *(const struct finding *const *)a;
    const struct finding *y = *(const struct finding *const *)b;
    int of_x = x->severity ? (int)x->severity : severity_end;
    int of_y = y->severity ? (int)y->severity : severity_end;
    return of_x != of_y ? of_x - of_y : str_cmp(x->finding_id, y->finding_id);
}

void report_write_findings(struct report_page *page, struct arena *arena)
{
    const struct report_markdown *report = page->report;
    const struct finding **findings =
        arena_copy(arena, report->findings, report->findings_n * sizeof *findings);
    qsort(findings, report->findings_n, sizeof *findings, by_severity);
    buf_lit(page->out, "## Findings\n\n");
    if (!report->findings_n) buf_lit(page->out, REPORT_MISSING ": no finding has come\n\n");
    for (int category = 1; category < category_end; category++) {
        bool headed = false;
        for (size_t i = 0; i < report->findings_n; i++) {
            const struct finding *f = findings[i];
            if ((int)finding_category(f) != category) continue;
            if (!headed)
                buf_printf(page->out, "### %s\n\n", category_heading((enum category)category));
            headed = true;
            write_finding(page, f);
        }
        if (headed) buf_char(page->out, '\n');
    }
}

/* ---- causes that were seen before ---- */

static void write_seen(struct buf *out, struct arena *arena, const struct seen *seen)
{
    bool is_closed = seen->status == STATUS_CLOSED;
    struct str status = is_closed && seen->resolution != RESOLUTION_DONE
                            ? resolution_name(seen->resolution)
                            : task_status_name(seen->status);
    buf_lit(out, "  - ");
    markdown_inline(out, state_task_id(arena, seen->incident_id, seen->name));
    buf_char(out, ' ');
    markdown_inline(out, seen->title);
    buf_printf(out, ": %.*s, %.*s, owner ", STR_ARG(priority_name(seen->priority)),
               STR_ARG(status));
    report_put_owner(out, seen->owner);
    buf_str(out, is_closed ? STR(", closed ") : STR(", due "));
    report_put_when(out, is_closed ? seen->closed_at : seen->due_at, STR_NONE);
    buf_char(out, '\n');
}

/* As it was known when the finding came: what became of it since stands in its own incident. */
void report_write_seen(struct report_page *page, struct arena *arena)
{
    struct buf *out = page->out;
    bool headed = false;
    for (size_t i = 0; i < page->report->findings_n; i++) {
        const struct finding *f = page->report->findings[i];
        if (!f->seen_before.n) continue;
        if (!headed)
            buf_lit(out, "## Seen before\n\nTasks of other incidents with the same cause, as they "
                         "were when it was seen again.\n\n");
        headed = true;
        buf_lit(out, "- **");
        markdown_inline(out, f->finding_id);
        buf_lit(out, "**");
        if (f->causes.n) {
            buf_lit(out, " ");
            report_put_list(out, f->causes);
        }
        buf_char(out, '\n');
        for (size_t k = 0; k < f->seen_before.n; k++)
            write_seen(out, arena, &f->seen_before.items[k]);
    }
    if (headed) buf_char(out, '\n');
}

/* ---- tasks ---- */

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

/* Of the incident's own tasks without what they all end with: which incident it is. */
static struct str short_title(struct arena *arena, const struct incident *incident,
                              struct str title)
{
    struct str end = arena_printf(arena, " %.*s: %.*s", STR_ARG(incident->incident_id),
                                  STR_ARG(incident->title));
    if (!report_is_said(incident->title) || !str_ends(title, end)) return title;
    size_t n = title.n - end.n; /* "Write the postmortem of" */
    while (n && title.p[n - 1] != ' ') n--;
    return n > 1 ? (struct str){title.p, n - 1} : title;
}

/* What counts for the deadline: neither when somebody had looked at it, nor when it was told. */
static ms_t time_of_work(const struct task *t)
{
    if (t->kind == KIND_OBLIGATION && t->status == STATUS_CLOSED && t->submitted_at != TIME_NONE)
        return t->submitted_at;
    return t->resolved_at != TIME_NONE ? t->resolved_at : t->closed_at;
}

static void write_task(struct buf *out, struct arena *arena, const struct incident *incident,
                       const struct task *t)
{
    struct str status = t->resolution && t->resolution != RESOLUTION_DONE
                            ? resolution_name(t->resolution)
                            : task_status_name(t->status);
    struct str kind = task_kind_name(t->kind), sla = sla_state_name(t->sla);
    ms_t done_at = time_of_work(t);
    buf_printf(out, "| %.*s | ", STR_ARG(kind));
    markdown_inline(out, short_title(arena, incident, t->title));
    buf_printf(out, " | %.*s | %.*s", STR_ARG(priority_name(t->priority)), STR_ARG(status));
    if (t->occurrence > 1) buf_printf(out, ", occurrence %lld", (long long)t->occurrence);
    buf_lit(out, " | ");
    report_put_owner(out, t->owner);
    buf_lit(out, " | ");
    report_put_when(out, t->due_at, STR_NONE);
    buf_lit(out, " | ");
    if (done_at != TIME_NONE) report_put_when(out, done_at, STR_NONE);
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
                 "| Kind | Title | Priority | Status | Owner | Due | Done | SLA | Tracker |\n"
                 "|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < report->tasks_n; i++) write_task(out, arena, report->incident, tasks[i]);
    buf_char(out, '\n');
}
