/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored of a task, and of a duty, which is one task for several incidents. */
#ifndef EPILOGUE_CORE_STATE_TASK_H
#define EPILOGUE_CORE_STATE_TASK_H

#include "policy.h"
#include "state_parts.h"

/* clang-format off */

/* ---- a task ---- */

#define REMINDER_STATE_MEMBERS(X) \
    X(INTEGER, number) /* how many of this kind were sent in this occurrence */ \
    X(TIME, last)      /* the schedule up to here is done with; TIME_NONE: nothing yet */ \
    X(INTEGER, said)   /* how many have stood for this kind since its schedule began: overdue in this \
                          deadline, verify-due since it was resolved, assign-due since nobody owns it */ \
    X(TIME, sent_at)   /* the last of this kind, as are the next; TIME_NONE: none was */ \
    X(LIST, to)        /* its recipients, by their names: at most ITEM_TOLD_MAX */
struct reminder_state { REMINDER_STATE_MEMBERS(MEMBER) };
typedef struct reminder_state reminders_by_kind[REMINDER_TASK_KINDS];

/* Rows of (type, member), in the order of its events (R5.1). What the events do with it:
 *   CHANGES  shows it, and `changes` says so when it is another than before (task.h)
 *   SHOWN    shows it
 *   OWN      nothing, or by a rule of its own in encode_value.c */
#define TASK_MEMBERS(CHANGES, SHOWN, OWN) \
    OWN(TEXT, name)              /* "<kind>" or "<kind>/<part>", percent-encoded: task_id after \
                                       the incident */ \
    OWN(TEXT, incident_id) \
    SHOWN(TEXT, finding_id) \
    SHOWN(OBJECT(origin), origin) /* of a finding that came with a merged incident */ \
    SHOWN(WORD(task_kind), kind) \
    CHANGES(WORD(queue), queue) \
    CHANGES(TEXT, title) \
    CHANGES(TEXT, description) \
    CHANGES(WORD(category), category) \
    CHANGES(WORD(severity), severity) \
    CHANGES(WORD(priority), priority) \
    CHANGES(WORD(task_status), status) \
    CHANGES(WORD(resolution), resolution) \
    CHANGES(TEXT, reason) \
    CHANGES(TIME, accepted_until) /* of a risk: what was said and counts; it holds while the task \
                                        is closed as wont-fix */ \
    CHANGES(TEXT, accepted_by) \
    CHANGES(OBJECT(owner), owner) \
    CHANGES(LIST, participants) \
    CHANGES(LABELS, labels) \
    SHOWN(TIME, created_at) \
    SHOWN(TIME, updated_at) \
    CHANGES(TIME, assign_due_at) \
    CHANGES(TIME, due_at) \
    CHANGES(TIME, snoozed_until) \
    CHANGES(TIME, closed_at) \
    CHANGES(TIME, first_breached_at) /* in this occurrence */ \
    CHANGES(WORD(sla_state), sla) \
    CHANGES(INTEGER, occurrence) \
    OWN(INTEGER, version) \
    CHANGES(OBJECT(tracker), tracker) \
    CHANGES(OBJECTS(evidence_list, evidence), evidence) /* of this occurrence, as is the next */ \
    CHANGES(OBJECT(evaluation), evaluation) /* of a response-evaluation: its answers */ \
    CHANGES(TEXT, moved_from)    /* the task whose work it goes on with */ \
    CHANGES(TEXT, moved_to)      /* the task that goes on with its work */ \
    CHANGES(TIME, submitted_at)  /* of an obligation: when it was met, whenever it was told */ \
    OWN(BOOLEAN, for_others)     /* a duty that incidents merged into this one ask for, and not it itself */ \
    OWN(WORD(task_status), aside) /* what it was when it was closed with its incident */ \
    OWN(TEXT, party)             /* of a coordination: the key of its party */ \
    OWN(TEXT, policy_version)    /* together `policy` */ \
    OWN(TEXT, policy_rule) \
    OWN(TEXT, times)             /* the set of times that a rule named */ \
    OWN(OBJECT(owner), given)    /* whose it was when that was decided last: what trackers say of \
                                       the owner stays till that changes */ \
    OWN(OBJECT(order), order)    /* of task-updated */ \
    OWN(TIME, clock_start)       /* creation or re-opening, or when a duty says, moved by pauses as \
                                       due_at was: points of the time given lie between the two */ \
    OWN(INTEGER, clock_moved)    /* ms by which it was moved */ \
    OWN(INTEGER, paused_for)     /* ms that the clock has stood: less, where due_at was moved on to a \
                                       working day */ \
    OWN(WORD(reported_status), refused) /* the end that was reported last and not taken, for want \
                                              of what it needs */ \
    OWN(TIME, refused_at)        /* when it was reported first */ \
    OWN(TIME, touched_at)        /* the last record that changed it */ \
    OWN(TIME, overdue_from)      /* what is overdue is counted from here, or from due_at if that is \
                                    later: the last new deadline, rise, or end of a silence */ \
    OWN(TIME, assigned_at)       /* when somebody owned it first, in this occurrence */ \
    OWN(INTEGER, postponed)      /* how often it was paused, or due_at moved to a later time, by a \
                                       record, ever */ \
    OWN(INTEGER, recurrences)    /* how often the cause of its finding was one that had been seen before, \
                                       while it was the finding's work */ \
    OWN(TIME, resolved_at)       /* TIME_NONE unless resolved, or closed after it */ \
    OWN(TIME, paused_at)         /* TIME_NONE unless the clock stands */ \
    OWN(BOOLEAN, due_fixed)      /* due_at was given by the finding, or by an obligation */ \
    OWN(BITS, escalated)         /* bit n: step n was sent in this occurrence */ \
    OWN(REMINDERS, reminders)
struct task { TASK_MEMBERS(MEMBER, MEMBER, MEMBER) };

struct task_list {
    struct task *items;
    size_t n;
};

/* ---- a duty ---- */

/* A duty that has left its incident, in that one and wherever it has come to: an obligation by its id,
 * or a party's coordination (docs/design.md, "A duty is one task"). */
#define DUTY_MEMBERS(X) \
    X(TEXT, incident_id)         /* raw: of the incident that asks for it */ \
    X(TEXT, name)                /* "<kind>/<part>", encoded: of an obligation that of its task, of a party \
                                    with its key */ \
    X(LIST, passed)              /* the incidents that it came through, its own first */ \
    X(TEXT, moved_to)            /* the incident that it went to from here, or of one that is met was \
                                    told of it last; absent: none, it is here */ \
    X(BOOLEAN, met)              /* it was done in its incident and stays there: this is known of it */ \
    X(BOOLEAN, said)             /* of a record: not the duty, but what its incident says of it */ \
    X(BOOLEAN, again)            /* of such a record: it is open again, whoever has closed it */ \
    X(BOOLEAN, held)             /* here, but its work goes on when the incident is closed */ \
    X(TIME, since)               /* when it came here */ \
    X(OBJECTS(task_list, task), carried) /* its work as it came, or, where it is elsewhere, as it left its \
                                    incident: one */
struct duty { DUTY_MEMBERS(MEMBER) };

/* clang-format on */

static inline bool task_is_paused(const struct task *task)
{
    return task->paused_at != TIME_NONE;
}
/* A risk that is accepted for a time: at its end the task is open again (R4.203). */
static inline bool task_is_accepted(const struct task *task)
{
    return task->resolution == RESOLUTION_WONT_FIX && task->accepted_until != TIME_NONE;
}
/* Closed because it was done. */
static inline bool task_is_done(const struct task *task)
{
    return task->status == STATUS_CLOSED && task->resolution == RESOLUTION_DONE;
}
/* Whether it is an obligation that is done: then its submission is what counts. */
static inline bool task_is_submitted(const struct task *task)
{
    return task->kind == KIND_OBLIGATION && task_is_done(task);
}
/* Seconds from its submission to the deadline, negative behind it. */
static inline int64_t task_margin_s(const struct task *task)
{
    int64_t ms = task->due_at - task->submitted_at;
    return ms / SECOND_MS - (ms % SECOND_MS < 0);
}
/* Whether its clock runs: what is resolved waits for its verification alone. */
static inline bool task_is_running(const struct task *task)
{
    return task->status < STATUS_RESOLVED && !task_is_paused(task);
}
static inline bool task_is_overdue(const struct task *task, ms_t now)
{
    return task_is_running(task) && task->due_at != TIME_NONE && task->due_at <= now;
}

#endif
