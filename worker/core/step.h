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
    ms_t at;                  /* cause.at, or the last event of the task in hand if that is later */
    struct warnings warnings; /* of the input that is being taken */
    bool back;                /* the incident was put aside and is to be followed up again */
    size_t handled;           /* entries of a long event that this part has changed */
    size_t bytes;             /* what the messages of this part take, about */
};

/* Counts messages that each hold `text` bytes of what people wrote. */
static inline void step_count(struct step *step, size_t messages, size_t text)
{
    step->bytes += messages * (1024 + text);
}
/* Whether what is left of the event has to wait for the next part. */
bool step_is_full(const struct step *step);
/* Notes an entry that was handled, if something was counted since `bytes_before`. */
static inline void step_handled(struct step *step, size_t bytes_before)
{
    step->handled += step->bytes != bytes_before;
}
/* The bytes of its texts. */
size_t step_list_bytes(struct str_list list);

/* Adds one to the warnings of the input. */
void step_warn(struct step *step, struct str member, struct str value, struct str taken_as);

/* Appends an output with the step's cause, time and warnings filled in. */
struct output *step_emit(struct step *step, enum output_type type);

/* The entry of a task or finding of this incident; made in the table if it is not there. */
struct entry *step_task_entry(struct step *step, struct str name);
struct entry *step_finding_entry(struct step *step, struct str finding_id);

/* incident.c */
/* Emits one of its events. */
void incident_announce(struct step *step, enum incident_event event);
/* Begins its next occurrence. */
void incident_open(struct step *step);
/* Opens the next occurrence when the incident was complete: a task is about to be open. */
void incident_wake_up(struct step *step);
/* Completes the incident when its last task has closed, and no closure is under way. */
void incident_settle(struct step *step);
/* The incident's entries of one type, in the order of their keys: what follows must not depend on
 * the order in which they were loaded. */
struct entry **incident_entries(struct step *step, enum entry_type type, size_t *n);
/* BECAUSE_* of what is true of it. */
unsigned incident_flags(const struct policy *policy, const struct incident *incident);
/* Whether nothing is to be done about it here: it was none, or is a part of another one. */
static inline bool incident_is_put_aside(const struct incident *incident)
{
    return incident->level == LEVEL_UNCONFIRMED || incident->merged_into.p;
}

/* merged.c */
/* Takes a finding of a merged incident on to the other one: `said` is what is told of it, `known`
 * the finding as this incident knows it, or the same. */
void merged_forward(struct step *step, const struct finding *known, const struct finding *said,
                    unsigned present);
/* Takes a record of finding-updated, or a finding that came with a merged incident: it goes on, is
 * taken here, or has come round a circle, which is cut. DECIDE_MORE as of a closure. */
enum decide_result merged_take_finding(struct step *step, const struct finding_event *event);
/* Whether the finding has come through this incident before. */
bool merged_has_passed(const struct finding *finding, struct str incident_id);

/* closure.c */
/* Makes the merge void: the incident is followed up again, as if the merge had been undone. */
enum decide_result closure_part(struct step *step);
/* Goes on with it, if the step's cause is what has begun it; DECIDE_OK also when there is none. */
enum decide_result closure_part_further(struct step *step);
/* The same for a record that is refused now; `of_closure`: it is one, and comes again, perhaps. */
enum decide_result closure_give_up(struct step *step, bool of_closure);
/* DECIDE_MORE: the rest comes when the record is given again. */
enum decide_result closure_take(struct step *step, const struct closure_event *event);
/* The tick of STAGE_AGAIN. */
enum decide_result closure_look_again(struct step *step);
/* Whether the finding goes on to the other incident with the closure that is under way. */
bool closure_will_forward(const struct step *step, const struct entry *finding);

/* followup.c */
/* Makes the tasks of the incident itself that its level and its closure ask for, those of parties
 * and duties apart, and closes those that ask for what has come. */
void followup_make(struct step *step, const struct closure *closure);
/* The task of one party, and those of the duties towards parties that the closure does not name. */
void followup_party(struct step *step, const struct coordination *party);
void followup_duties(struct step *step, const struct closure *closure);
/* Makes stakeholder-review if it was never made. */
void followup_need_stakeholders(struct step *step);
/* Takes a new severity or owner of the incident to a task, if it is one of its own. */
void followup_update(struct step *step, struct entry *entry);

/* review.c */
/* review-due, missing-findings, and the end of retention. The wake time has come. */
enum decide_result review_tick(struct step *step, ms_t until);
/* Deletes the past of the incident. DECIDE_MORE: not all of it fitted, and the cursor says so. */
enum decide_result review_retire(struct step *step);
ms_t review_wake_at(const struct policy *policy, const struct incident *incident);

/* finding.c */
/* `in_closure`: it came inside incident-closed. */
void finding_take(struct step *step, const struct finding_event *event, bool in_closure);
/* Whether it cannot be taken; d->refused says why. A dismissal needs a reason. */
bool finding_refused(struct decision *d, const struct finding_event *event);
/* Whether it says that nothing more is to be done: its task stays closed. */
static inline bool finding_is_ended(const struct finding *finding)
{
    return finding->status >= REPORTED_VERIFIED && !finding->doubt;
}
/* Looks again whether a duplicate that is in doubt counts by now, and closes its task. */
void finding_look_again(struct step *step, struct entry *entry);
/* `a` without what `b` says anew, then `b`. */
struct warnings finding_join_warnings(struct arena *arena, struct warnings a, struct warnings b);
/* Counts the message that one state of it, or all that is said of it, makes. */
void finding_count(struct step *step, const struct finding *finding);
/* Gives a held finding its task, now that its incident is closed. */
void finding_release(struct step *step, struct entry *entry);
/* Nothing more is done with it unless its incident comes back. */
void finding_hold(struct step *step, struct entry *entry);
static inline bool finding_is_held(const struct finding *finding)
{
    return !finding->kind && finding->orphan_sent;
}
void finding_tick(struct step *step, struct entry *entry);
ms_t finding_wake_at(const struct policy *policy, const struct finding *finding);

/* finding_task.c */
/* As its tasks have them: what it does not say is the policy's, or its name. */
int finding_task_severity(const struct step *step, const struct finding *finding);
int finding_task_category(const struct finding *finding);
struct str finding_task_title(struct step *step, const struct finding *finding);
/* The part of a finding's life that needs a closed incident: its tasks are made, moved, changed.
 * `present`: what the record says. */
void finding_task_follow_up(struct step *step, struct finding *finding, unsigned present);
/* Its doubt is another than `old`: closes the task of a duplicate that counts by now, and says the
 * step's warnings on the task's event. */
void finding_task_settle(struct step *step, const struct finding *finding, enum doubt old);
/* Severity and priority of its tasks anew, if it has any: the incident's level has changed. */
void finding_task_reprioritize(struct step *step, struct entry *entry);

/* duplicate.c */
/* The doubt that there is about a finding which is said to be a duplicate. Its incident is whole. */
enum doubt duplicate_doubt(struct step *step, const struct finding *finding);
/* Sets it, and counts it in the header. */
void duplicate_set_doubt(struct step *step, struct finding *finding, enum doubt doubt);
/* Adds the warning of a doubt to the step's. */
void duplicate_warn(struct step *step, const struct finding *finding);
/* Looks whether a finding that may be a duplicate counts as one; `old` is what it was before the
 * record. Returns the members that its task is to follow: the status not while there is a doubt,
 * unless the task is to be open again. */
unsigned duplicate_judge(struct step *step, struct finding *finding, const struct finding *old,
                         unsigned present, bool in_closure);
/* A finding that has come, or duplicates another one than before, may end doubts about others: has
 * a tick look at them, for they may be thousands. */
void duplicate_doubts_may_end(struct step *step, const struct finding *finding,
                              const struct finding *old);

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
    ms_t clock_start; /* what the deadlines count from */
    ms_t due_at;      /* TIME_NONE: the policy's */
};
/* The reason of the one event that raises a task's priority with the level of its postmortem. */
#define TASK_RAISED STR("the postmortem is full: its findings are raised")
/* Makes the task and emits `created`. */
struct entry *task_create(struct step *step, const struct task_seed *seed);

/* This event's own copy of the task, with what was due before settled: change it, then call
 * task_changed. *before is the old one. */
struct task *task_edit(struct step *step, struct entry *entry, const struct task **before);
/* Brings what is derived up to date, counts, and emits the one event that the change makes; nothing
 * when nothing that can be seen changed. */
void task_changed(struct step *step, struct entry *entry, const struct task *before);
/* An `updated` for the warnings that no event has carried yet: what was ignored of an input reaches
 * somebody although nothing else changed. */
void task_tell_warnings(struct step *step, struct entry *entry);
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
/* Closed, but not by work on it: it goes on when what closed it is undone. */
static inline bool task_is_put_aside(const struct task *task)
{
    return task->resolution == RESOLUTION_SUPERSEDED || task->resolution == RESOLUTION_DISMISSED ||
           task->resolution == RESOLUTION_DUPLICATE;
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
/* A title for a sentence: clean (text.h), and cut where it is long. */
struct str reminder_title(struct step *step, struct str title);
void reminder_add(struct step *step, struct reminder_output *reminder, int role, struct owner who);

/* The earlier of two times that may be TIME_NONE. */
static inline ms_t time_first(ms_t a, ms_t b)
{
    if (a == TIME_NONE || b == TIME_NONE) return a > b ? a : b;
    return a < b ? a : b;
}

/* order.c */
/* Whether a record is later than what is stored, by revision, else time, else arrival. */
bool order_is_later(struct order stored, struct order incoming);
/* What is stored once it was taken. */
struct order order_advance(struct order stored, struct order incoming);
/* The latest one that `order` itself is later than. */
struct order order_just_before(struct order order);

#endif
