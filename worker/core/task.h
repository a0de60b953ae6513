/* SPDX-License-Identifier: Apache-2.0 */
/* The life of one task: its status, whose it is, and the event of each change. */
#ifndef EPILOGUE_CORE_TASK_H
#define EPILOGUE_CORE_TASK_H

#include "rules.h"

/* "<kind>" or "<kind>/<part>", encoded, with the suffix of a later life after retention. */
struct str task_name(struct step *step, enum task_kind kind, struct str part);

struct task_seed {
    enum task_kind kind;
    struct str part;  /* of its name: of the finding, or a party, encoded; or absent */
    struct str party; /* the key of that */
    struct str finding_id;
    struct origin origin;
    struct ruling ruling;
    struct str title, description;
    enum category category;
    struct labels labels;
    struct tracker tracker;
    struct str reason;
    struct evaluation evaluation;
    ms_t clock_start; /* what the deadlines count from */
    ms_t due_at;      /* TIME_NONE: the policy's */
};
/* The reason of the one event that raises a task's priority with the level of its postmortem. */
#define TASK_RAISED STR("the postmortem is full: its findings are raised")
/* How the same begins where the cause of its finding was seen again. */
#define TASK_SEEN_AGAIN "its cause was seen again, in "
/* Whether it is one of these, which is no reason of what comes later. */
bool task_is_said_once(struct str reason);
/* Makes the task and emits `created`. */
struct entry *task_create(struct step *step, const struct task_seed *seed);
/* What that would make, for another incident: here there is no such task. */
struct task *task_draft(struct step *step, const struct task_seed *seed);

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
void task_apply_status(struct step *step, struct task *task, enum reported_status reported);
/* Whether the status is another one, or what closed it: the reason of the old one is none of it. */
static inline bool task_has_other_status(const struct task *before, const struct task *task)
{
    return task->status != before->status || task->resolution != before->resolution;
}
/* An end that was reported is not taken for want of what it needs: its owner and the response lead
 * are told, once (R4.204). */
void task_note_refused(struct step *step, struct task *task, enum reported_status reported);
/* What is decided of it anew. A new priority or other times move the deadlines: a rise none to a
 * later time, nor so near that nobody could keep it, and a fall none to an earlier one (R4.78,
 * R4.79); times that are shorter are as a rise. Owner, queue and participants follow where the
 * decision is another than before. */
void task_decide_anew(struct step *step, struct task *task, const struct ruling *ruling);
/* To this priority, where that is a higher one; it is else what it was. */
void task_rise(struct step *step, struct task *task, enum priority priority);
/* Whether a rule of the policy decided it last. */
bool task_is_ruled(const struct task *task);
void task_close(struct step *step, struct entry *entry, enum resolution resolution,
                struct str reason);
/* Closes it with its incident, which is none or goes on as a part of another: when it is followed up
 * again, so is this. */
void task_put_aside(struct step *step, struct entry *entry, enum resolution resolution,
                    struct str reason);
/* Opens one again that was closed because its incident was merged: as it was, with the same deadlines. */
void task_go_on(struct step *step, struct task *task);
/* What is made of it here, as it is: counts it instead of the one that was here, if any, and emits the
 * event of that. */
void task_put(struct step *step, struct entry *entry, struct task *task);
/* Counts the messages that a change of it makes. */
void task_count_messages(struct step *step, const struct task *task);
/* It goes on in another incident, in the task `moved_to`. */
void task_leave(struct step *step, struct entry *entry, enum resolution resolution,
                struct str moved_to, struct str reason);
/* The SLA changes that were due up to `until`, each an event of its own. */
void task_settle(struct step *step, struct entry *entry, ms_t until);
/* When the risk that it is closed as is accepted no more; TIME_NONE: it is none. */
ms_t task_acceptance_ends(const struct task *task);
/* Closed, but not by work on it: it goes on when what closed it is undone. */
static inline bool task_is_put_aside(const struct task *task)
{
    return task->resolution >= RESOLUTION_DISMISSED;
}

static inline bool task_entry_is_open(const struct entry *entry)
{
    return entry->exists && entry->task->status != STATUS_CLOSED;
}
static inline bool task_entry_is_done(const struct entry *entry)
{
    return entry->exists && task_is_done(entry->task);
}

/* Whether what falls due of it is sent then, day or night: a legal deadline does not wait for the
 * morning, whatever its priority is. */
static inline bool task_is_at_once(const struct policy *policy, const struct task *task)
{
    return policy->at_once[task->priority] || task->kind == KIND_OBLIGATION;
}

#endif
