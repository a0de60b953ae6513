/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of core share while one event is decided. Not for others. */
#ifndef EPILOGUE_CORE_STEP_H
#define EPILOGUE_CORE_STEP_H

#include "deadline.h"
#include "decide.h"
#include "task.h"

struct step {
    struct decision *d;
    const struct policy *policy;
    struct arena *arena;
    struct entry *header;
    struct incident *incident; /* the header's body, this event's own copy */
    struct cause cause;        /* of what is emitted now; a tick's while one is settled */
    ms_t at;                   /* cause.at */
    struct warnings warnings;  /* of the input that is being taken */
};

/* Appends an output with the step's cause, time and warnings filled in. */
struct output *step_emit(struct step *step, enum output_type type);

/* The entry of a task or finding of this incident; made in the table if it is not there. */
struct entry *step_task_entry(struct step *step, struct str name);
struct entry *step_finding_entry(struct step *step, struct str finding_id);

/* incident.c */
void incident_take_closure(struct step *step, const struct closure_event *event);
/* Opens the next occurrence when the incident was complete: a task is about to be open. */
void incident_wake_up(struct step *step);
/* Completes the incident when its last task has closed. */
void incident_settle(struct step *step);
void incident_emit(struct step *step, enum incident_event event);
/* Makes stakeholder-review when it is due and was never made. */
void incident_need_stakeholders(struct step *step);
/* review-due, missing-findings, and the end of retention. */
void incident_tick(struct step *step, ms_t until);
ms_t incident_wake_at(const struct policy *policy, const struct incident *incident);
/* Severity of the incident, the policy's default when it has none. */
int incident_severity(const struct step *step);
/* Takes a finding of a merged incident on to the other one. */
void incident_forward_finding(struct step *step, const struct finding *finding, unsigned present);

/* finding.c */
/* `in_closure`: it came inside incident-closed. */
void finding_take(struct step *step, const struct finding_event *event, bool in_closure);
/* Whether it cannot be taken; d->refused says why. A dismissal needs a reason. */
bool finding_refused(struct decision *d, const struct finding_event *event);
/* Gives a held finding its task, now that its incident is closed. */
void finding_release(struct step *step, struct entry *entry);
/* Severity and priority of the finding's tasks anew: the level has changed. */
void finding_reprioritize(struct step *step, struct entry *entry);
void finding_tick(struct step *step, struct entry *entry);
ms_t finding_wake_at(const struct policy *policy, const struct finding *finding);

/* task.c */
/* "<kind>" or "<kind>/<part>", with the suffix of a later life after retention. */
struct str task_name(struct step *step, int kind, struct str part);

struct task_seed {
    int kind;
    struct str part; /* raw finding_id or party, or absent */
    struct str finding_id;
    int queue;
    struct str title, description;
    int category, severity, priority;
    struct owner owner;
    struct str_list participants;
    struct tracker tracker;
    struct str reason;
    struct str rule;
    ms_t due_at; /* TIME_NONE: the policy's */
};
/* Makes the task and emits `created`. */
struct entry *task_create(struct step *step, const struct task_seed *seed);

/* This event's own copy of the task: change it, then task_changed. *before is the old one. */
struct task *task_edit(struct step *step, struct entry *entry, const struct task **before);
/* Brings what is derived up to date, counts, and emits the one event that the change makes; nothing
 * when nothing that can be seen changed. */
void task_changed(struct step *step, struct entry *entry, const struct task *before);
/* What a finding or tracker says of the status, put into an edited task. */
void task_apply_status(struct step *step, struct task *task, int reported);
void task_apply_snooze(struct step *step, struct task *task, ms_t until);
/* New priority or finding's due_at: the deadlines are counted afresh. */
void task_apply_priority(struct step *step, struct task *task, int severity, int priority);
void task_apply_due_at(struct step *step, struct task *task, ms_t due_at);
void task_close(struct step *step, struct entry *entry, int resolution, struct str reason);
/* The SLA changes that were due up to `until`, each an event of its own. */
void task_settle(struct step *step, struct entry *entry, ms_t until);
ms_t task_next_sla(const struct policy *policy, const struct task *task);
void task_take_update(struct step *step, const struct task_update_event *event);
/* Whether it cannot be taken; d->refused says why. */
bool task_update_refused(struct decision *d, const struct task_update_event *event,
                         const struct entry *entry);
static inline bool task_is_done(const struct task *task)
{
    return task->status == STATUS_CLOSED || task->status == STATUS_RESOLVED;
}
static inline bool task_is_paused(const struct task *task)
{
    return task->paused_at != TIME_NONE;
}
static inline bool owner_is_nobody(struct owner owner)
{
    return !owner.team.p && !owner.person.p;
}
static inline bool owner_eq(struct owner a, struct owner b)
{
    return str_eq(a.team, b.team) && str_eq(a.person, b.person);
}

/* reminder.c */
/* Sends the task's reminders that are due up to `until`, one of each kind. */
void reminder_tick(struct step *step, struct entry *entry, ms_t until);
/* The first reminder that is still to come. */
ms_t reminder_next(const struct policy *policy, const struct task *task);
/* How long a time is, for a person: "2 d", "5 h", "30 min", "10 s". */
struct str reminder_span(struct arena *arena, int64_t ms);
/* A title for a sentence: one line, cut at a character. */
struct str reminder_title(struct arena *arena, struct str title);
void reminder_add(struct step *step, struct reminder_output *reminder, int role, struct owner who);

/* order.c */
/* Whether a record is later than what is stored, by revision, else time, else arrival. */
bool order_is_later(struct order stored, struct order incoming);
/* What is stored once it was taken. */
struct order order_advance(struct order stored, struct order incoming);

#endif
