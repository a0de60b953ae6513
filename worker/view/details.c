/* SPDX-License-Identifier: Apache-2.0 */
/* A task or an incident in full: a line for each thing that is known of it, and what has to be done
 * by when. */
#include "details.h"

#include <stdarg.h>
#include <stdio.h>

#include "codec/grapheme.h"
#include "codec/json.h"
#include "common/text.h"
#include "core/deadline.h"
#include "render.h"
#include "terminal.h"

#define TEXT_BYTES 2000 /* of one text shown */

static void text_line(const struct details *d, const char *name, struct str text)
{
    if (!text.p) return;
    buf_printf(d->out, "  %-14s ", name);
    terminal_excerpt(d->out, text, TEXT_BYTES);
    buf_char(d->out, '\n');
}

/* Of a few texts. */
__attribute__((format(printf, 3, 4))) static void line(const struct details *d, const char *name,
                                                       const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_line(d, name, (struct str){text, text_whole(text, strlen(text))});
}

static void time_line(const struct details *d, const char *name, ms_t at)
{
    struct buf text = {0};
    if (at == TIME_NONE) return;
    render_time(&text, at);
    text_line(d, name, buf_slice(&text));
    buf_free(&text);
}

/* A time that something has to be done by. */
static void deadline_line(const struct details *d, const char *name, ms_t at)
{
    struct buf text = {0};
    if (at == TIME_NONE) return;
    render_time(&text, at);
    line(d, name, "%.*s  %.*s", STR_ARG(buf_slice(&text)),
         STR_ARG(task_table_distance(d->arena, at, d->now)));
    buf_free(&text);
}

static void write_deadlines(const struct details *d, const struct task *t)
{
    const struct calendar *calendar = &d->policy->calendar;
    const struct sla_times sla = policy_times(d->policy, t->kind, t->priority, t->times);
    if (t->status == STATUS_CLOSED) return;
    buf_lit(d->out, "deadlines\n");
    if (t->status == STATUS_RESOLVED) {
        time_line(d, "due", t->due_at);
        deadline_line(d, "verify by", deadline_add(calendar, t->resolved_at, sla.verify));
    } else if (t->paused_at != TIME_NONE) {
        line(d, "due", "paused; the clock resumes when the snooze ends");
    } else {
        if (!t->owner.team.p && !t->owner.person.p) deadline_line(d, "owner by", t->assign_due_at);
        deadline_line(d, "due", t->due_at);
        if (t->due_at > d->now) /* from then on it is overdue, and not stale (R4.94) */
            deadline_line(d, "update by", deadline_add(calendar, t->touched_at, sla.stale));
    }
    time_line(d, "snoozed until", t->snoozed_until);
}

static void heading(const struct details *d, const char *what, struct str id)
{
    buf_str(d->out, str_of(what));
    terminal_text(d->out, id);
    buf_char(d->out, '\n');
}

/* The last reminder of each kind in this occurrence, in the order of their times. */
static size_t last_sent(const struct task *task, int kinds[REMINDER_TASK_KINDS])
{
    size_t n = 0;
    for (int kind = 1; kind < REMINDER_TASK_KINDS; kind++) {
        ms_t at = task->reminders[kind].sent_at;
        if (at == TIME_NONE) continue;
        size_t i = n++;
        for (; i && task->reminders[kinds[i - 1]].sent_at > at; i--) kinds[i] = kinds[i - 1];
        kinds[i] = kind;
    }
    return n;
}

/* Whether somebody was told, and who. */
static void write_sent(const struct details *d, const struct task *t)
{
    int kinds[REMINDER_TASK_KINDS];
    size_t n = last_sent(t, kinds);
    if (n) buf_lit(d->out, "reminders\n");
    for (size_t i = 0; i < n; i++) {
        const struct reminder_state *sent = &t->reminders[kinds[i]];
        struct buf text = {0};
        buf_printf(&text, "%lld  ", (long long)sent->number);
        render_time(&text, sent->sent_at);
        for (size_t k = 0; k < sent->to.n; k++) {
            buf_str(&text, k ? STR(", ") : STR("  to "));
            buf_str(&text, sent->to.items[k]);
        }
        text_line(d, reminder_kind_name((enum reminder_kind)kinds[i]).p, buf_slice(&text));
        buf_free(&text);
    }
}

void details_write_sent_json(struct buf *out, const struct task *task)
{
    int kinds[REMINDER_TASK_KINDS];
    size_t n = last_sent(task, kinds);
    buf_lit(out, ",\"reminders\":[");
    for (size_t i = 0; i < n; i++) {
        const struct reminder_state *sent = &task->reminders[kinds[i]];
        buf_str(out, i ? STR(",{\"kind\":") : STR("{\"kind\":"));
        json_write_string(out, reminder_kind_name((enum reminder_kind)kinds[i]));
        buf_printf(out, ",\"number\":%lld,\"sent_at\":", (long long)sent->number);
        json_write_time(out, sent->sent_at);
        buf_lit(out, ",\"to\":");
        json_write_list(out, sent->to);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

/* Absent where there is no answer. */
static struct str yes_or_no(enum tristate answer)
{
    if (!answer) return STR_NONE;
    return answer == TRI_TRUE ? STR("yes") : STR("no");
}

void details_write_task(const struct details *details, struct str task_id, const struct task *task)
{
    const struct details *d = details;
    const struct task *t = task;
    heading(d, "task ", task_id);
    text_line(d, "title", t->title);
    text_line(d, "description", t->description);
    line(d, "kind", "%.*s, queue %.*s", STR_ARG(task_kind_name(t->kind)),
         STR_ARG(queue_name(t->queue)));
    line(d, "status", "%.*s%s%.*s, %.*s", STR_ARG(task_status_name(t->status)),
         t->resolution ? ": " : "", STR_ARG(resolution_name(t->resolution)),
         STR_ARG(sla_state_name(t->sla)));
    text_line(d, "reason", t->reason);
    line(d, "priority", "%.*s (severity %.*s%s%.*s)", STR_ARG(priority_name(t->priority)),
         STR_ARG(severity_name(t->severity)), t->category ? ", " : "",
         STR_ARG(category_name(t->category)));
    text_line(d, "owner", task_table_owner(d->arena, t->owner));
    for (size_t i = 0; i < t->participants.n; i++)
        text_line(d, i ? "" : "participants", t->participants.items[i]);
    for (size_t i = 0; i < t->labels.n; i++)
        text_line(
            d, i ? "" : "labels",
            arena_join(d->arena, t->labels.items[i].name, STR("="), t->labels.items[i].value));
    text_line(d, "tracker", t->tracker.key.p ? t->tracker.key : t->tracker.url);
    for (size_t i = 0; i < t->evidence.n; i++) {
        const struct evidence *e = &t->evidence.items[i];
        struct str both = e->ref.p && e->note.p ? arena_join(d->arena, e->ref, STR(": "), e->note)
                          : e->ref.p            ? e->ref
                                                : e->note;
        text_line(d, i ? "" : "evidence", both);
    }
    text_line(d, "sufficient", yes_or_no(t->evaluation.sufficient));
    text_line(d, "complete", yes_or_no(t->evaluation.complete));
    text_line(d, "note", t->evaluation.note);
    if (t->kind == KIND_OBLIGATION) time_line(d, "submitted", t->submitted_at);
    if (task_is_submitted(t)) {
        int64_t margin = task_margin_s(t);
        line(d, "margin", "%lld s %s", (long long)(margin < 0 ? -margin : margin),
             margin < 0 ? "behind its deadline" : "before its deadline");
    }
    time_line(d, "created", t->created_at);
    time_line(d, "updated", t->updated_at);
    time_line(d, "first late", t->first_breached_at);
    time_line(d, "closed", t->closed_at);
    line(d, "version", "%lld, occurrence %lld, policy %.*s (%.*s)", (long long)t->version,
         (long long)t->occurrence, STR_ARG(grapheme_cut(t->policy_version, 100)),
         STR_ARG(t->policy_rule));
    write_deadlines(d, t);
    write_sent(d, t);
}

static void write_tasks(const struct details *d, struct task_row *rows, size_t n)
{
    if (!n) return;
    buf_lit(d->out, "tasks\n");
    task_table_sort(rows, n);
    task_table_write(d->out, d->arena, rows, n, d->now);
}

void details_write_incident(const struct details *details, struct str incident_id,
                            const struct incident *incident, struct task_row *rows, size_t n)
{
    static const char *const phases[] = {
        [PHASE_WAITING] = "not closed yet; its findings wait",
        [PHASE_OPEN] = "follow-up under way",
        [PHASE_COMPLETED] = "completed: every task is closed",
    };
    const struct details *d = details;
    const struct incident *i = incident;
    heading(d, "incident ", incident_id);
    text_line(d, "title", i->title);
    line(d, "status", "%s", phases[i->phase]);
    if (i->level) line(d, "level", "%.*s", STR_ARG(level_name(i->level)));
    text_line(d, "severity", severity_name(i->severity));
    line(d, "owner", "%.*s", STR_ARG(task_table_owner(d->arena, i->owner)));
    text_line(d, "merged into", i->merged_into);
    time_line(d, "started", i->started_at);
    time_line(d, "detected", i->detected_at);
    time_line(d, "known", i->known_at);
    time_line(d, "contained", i->contained_at);
    time_line(d, "closed", i->closed_at);
    time_line(d, "completed", i->completed_at);
    const struct counts *c = &i->counts;
    line(d, "tasks", "%lld open, %lld closed (%lld in time, %lld late, %lld waived)",
         (long long)c->open, (long long)c->closed, (long long)c->met, (long long)c->met_late,
         (long long)c->waived);
    write_tasks(d, rows, n);
}
