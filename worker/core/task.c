/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one task. It is changed between task_edit, which gives a copy with what was due
 * before settled, and task_changed, which derives the rest and makes the one event of the change.
 */
#include "task.h"

#include "closing.h"
#include "common/ensure.h"
#include "deadline.h"
#include "occurrence.h"
#include "task_clock.h"
#include "task_diff.h"

struct str task_name(struct step *step, enum task_kind kind, struct str part)
{
    struct str name = task_kind_name(kind);
    if (part.p) name = arena_join(step->arena, name, STR("/"), part);
    /* After retention deleted the past, the ids of a later life must be new ones. */
    if (step->incident->retired)
        name = arena_printf(step->arena, "%.*s~%lld", STR_ARG(name),
                            (long long)step->incident->retired + 1);
    return name;
}

bool task_is_ruled(const struct task *task)
{
    return str_starts(task->policy_rule, STR(RULES_PREFIX));
}

ms_t task_acceptance_ends(const struct task *task)
{
    return task_is_accepted(task) ? task->accepted_until : TIME_NONE;
}

static struct task *own_copy(struct step *step, struct entry *entry, const struct task **before)
{
    ENSURE(str_eq(entry->task->incident_id, step->incident->incident_id));
    *before = entry->task;
    entry->task = arena_copy(step->arena, entry->task, sizeof *entry->task);
    step_touch(step, entry);
    return entry->task;
}

struct task *task_edit(struct step *step, struct entry *entry, const struct task **before)
{
    task_settle(step, entry, step->cause.at);
    /* Records of several topics overtake each other, but a task's own time never runs back. */
    step->at = time_later(step->cause.at, entry->task->updated_at);
    return own_copy(step, entry, before);
}

static void count(struct incident *incident, const struct task *task, int64_t by)
{
    struct counts *counts = &incident->counts;
    incident->accepted += by * task_is_accepted(task);
    if (task->kind == KIND_STAKEHOLDER_REVIEW)
        incident->review_open = by > 0 && task->status != STATUS_CLOSED;
    if (task->status == STATUS_CLOSED) {
        counts->closed += by;
        *(task->sla == SLA_MET        ? &counts->met
          : task->sla == SLA_MET_LATE ? &counts->met_late
                                      : &counts->waived) += by;
    } else {
        counts->open += by;
    }
}

/* The event and the state, and with an update what has changed. */
void task_count_messages(struct step *step, const struct task *task)
{
    size_t text =
        task->description.n + step_list_bytes(task->participants) + labels_bytes(task->labels);
    for (size_t i = 0; i < task->evidence.n; i++)
        text += task->evidence.items[i].ref.n + task->evidence.items[i].note.n;
    step_count(step, 3, text);
}

/* Counts it as it is now, and says so. */
static void emit(struct step *step, struct entry *entry, enum task_event event,
                 const struct task *before)
{
    /* Consumers follow a task by its versions: one is left out for nobody. */
    ENSURE(entry->task->version == (before ? before->version : 0) + 1);
    if (before) count(step->incident, before, -1);
    count(step->incident, entry->task, 1);
    struct output *output = step_emit(step, OUTPUT_TASK);
    output->task.event = event;
    output->task.after = entry->task;
    output->task.before = before;
    output->task.changed = before ? task_diff(before, entry->task) : 0;
}

static enum task_event event_of(const struct task *before, const struct task *after)
{
    if (before->status == after->status) return TASK_UPDATED;
    if (after->status == STATUS_CLOSED) return TASK_CLOSED;
    if (before->status == STATUS_CLOSED) return TASK_REOPENED;
    return after->status == STATUS_RESOLVED ? TASK_RESOLVED : TASK_UPDATED;
}

static void close_as(struct step *step, struct task *task, enum resolution resolution)
{
    if (task_is_paused(task)) task_clock_resume(step, task);
    if (resolution != RESOLUTION_WONT_FIX) {
        task->accepted_until = TIME_NONE;
        task->accepted_by = STR_NONE;
    }
    task->resolution = resolution;
    task->moved_to = STR_NONE;
    if (task->status == STATUS_CLOSED) return;
    task->status = STATUS_CLOSED;
    task->closed_at = step->at;
}

static void note_owner(const struct step *step, struct task *task)
{
    if (task->assigned_at == TIME_NONE && !owner_is_nobody(task->owner))
        task->assigned_at = step->at;
}

/* While somebody owned it nobody was missing. */
static void miss_owner(struct step *step, struct task *task)
{
    struct reminder_state *assign = &task->reminders[REMINDER_ASSIGN_DUE];
    assign->last = time_later(assign->last, step->at);
    assign->said = 0;
}

/* At another priority nobody may have to verify it; only now is the status what it will be. */
static void end_resolved(struct step *step, struct task *task, const struct task *before)
{
    if (task->status != STATUS_RESOLVED || task->priority == before->priority ||
        step->policy->verification[task->priority])
        return;
    if (closing_task_lacks_evidence(step->policy, task))
        task_note_refused(step, task, REPORTED_RESOLVED);
    else
        close_as(step, task, RESOLUTION_DONE);
}

bool task_is_said_once(struct str reason)
{
    return str_eq(reason, TASK_RAISED) || str_starts(reason, STR(TASK_SEEN_AGAIN));
}

/* `told`: an event comes also where nothing that can be seen has changed. */
static void put_change(struct step *step, struct entry *entry, const struct task *before, bool told)
{
    struct task *task = entry->task;
    task_count_messages(step, task);
    end_resolved(step, task, before);
    task_clock_judge(step, task);
    note_owner(step, task);
    if (owner_is_nobody(task->owner) && !owner_is_nobody(before->owner)) miss_owner(step, task);
    uint64_t visible = task_diff(before, task);
    /* The worker's own ticks are no news of the work, nor is a record that says nothing new. */
    if (visible && step->cause.topic) task->touched_at = time_later(task->touched_at, step->at);
    if (visible || told) {
        enum task_event event = event_of(before, task);
        if (event == TASK_REOPENED) occurrence_ensure_open(step);
        if (task_is_accepted(before) && !task_is_accepted(task))
            step->incident->accepted_last = time_later(step->incident->accepted_last, step->at);
        if (task_is_said_once(task->reason) && str_eq(task->reason, before->reason))
            task->reason = STR_NONE;
        task->policy_version = step->policy->version;
        task->updated_at = step->at;
        task->version++;
        emit(step, entry, event, before);
    }
}

void task_changed(struct step *step, struct entry *entry, const struct task *before)
{
    put_change(step, entry, before, false);
}

void task_tell_warnings(struct step *step, struct entry *entry)
{
    const struct task *before;
    if (!step->warnings.n) return;
    task_edit(step, entry, &before);
    put_change(step, entry, before, true);
}

struct task *task_draft(struct step *step, const struct task_seed *seed)
{
    struct task *task = ARENA_NEW(step->arena, struct task);
    step->at = step->cause.at;
    *task = task_none;
    task->name = task_name(step, seed->kind, seed->part);
    task->incident_id = step->incident->incident_id;
    task->finding_id = seed->finding_id;
    task->origin = seed->origin;
    task->party = seed->party;
    task->kind = seed->kind;
    task->queue = seed->ruling.queue;
    task->title = seed->title;
    task->description = seed->description;
    task->category = seed->category;
    task->severity = seed->ruling.severity;
    task->priority = seed->ruling.priority;
    task->times = seed->ruling.times;
    task->status = STATUS_OPEN;
    task->reason = seed->reason;
    task->evaluation = seed->evaluation;
    task->owner = task->given = seed->ruling.owner;
    task->participants = seed->ruling.participants;
    task->labels = seed->labels;
    task->tracker = seed->tracker;
    task->created_at = task->updated_at = task->touched_at = step->at;
    task->due_at = seed->due_at;
    task->due_fixed = seed->due_at != TIME_NONE;
    task->occurrence = task->version = 1;
    task->policy_version = step->policy->version;
    task->policy_rule = seed->ruling.rule;
    task_clock_start(step, task, seed->clock_start);
    note_owner(step, task);
    if (task->due_fixed) task_clock_forget_missed(step, task);
    task_clock_judge(step, task);
    return task;
}

void task_put(struct step *step, struct entry *entry, struct task *task)
{
    const struct task *before = entry->exists ? entry->task : NULL;
    entry->task = task;
    entry->exists = true;
    step_touch(step, entry);
    task_count_messages(step, task);
    emit(step, entry, before ? event_of(before, task) : TASK_CREATED, before);
}

struct entry *task_create(struct step *step, const struct task_seed *seed)
{
    struct task *task = task_draft(step, seed);
    struct entry *entry = step_task_entry(step, task->name);
    occurrence_ensure_open(step);
    task_put(step, entry, task);
    return entry;
}

/* Whose it is, and where: what a tracker or a person made of it stays while the decision does. */
static void decide_place(struct task *task, const struct ruling *ruling)
{
    bool was_ruled = task_is_ruled(task);
    bool is_ours = owner_eq(task->owner, task->given);
    if (is_ours || (rules_set_owner(ruling) && !owner_eq(task->given, ruling->owner)))
        task->owner = ruling->owner;
    task->given = ruling->owner;
    if (!ruling->by && !was_ruled) return;
    task->policy_rule = ruling->rule;
    /* Of a party it follows from what the party is (coordination.c). */
    if (task->kind != KIND_COORDINATION || (ruling->by && ruling->by->queue))
        task->queue = ruling->queue;
    task->participants = ruling->participants;
}

static void rate(struct task *task, const struct ruling *ruling)
{
    task->severity = ruling->severity;
    task->priority = ruling->priority;
    task->times = ruling->times;
}

/* A second life: the same task, the next occurrence, decided as a new one is, with its deadlines. */
static void reopen(struct step *step, struct task *task)
{
    const struct ruling ruling = rules_of(step, task);
    rate(task, &ruling);
    decide_place(task, &ruling);
    task->occurrence++;
    task->resolution = resolution_none;
    task->reason = task->accepted_by = task->moved_to = STR_NONE;
    task->closed_at = task->accepted_until = TIME_NONE;
    task->aside = task_status_none;
    task->evidence = (struct evidence_list){0};
    task->evaluation = (struct evaluation){0};
    task->submitted_at = TIME_NONE;
    if (task->kind == KIND_OBLIGATION) {
        /* The law's clock does not begin again. */
        task->touched_at = step->at;
        task_clock_start(step, task, task->clock_start);
        task_clock_forget_missed(step, task);
        return;
    }
    /* A date given by a person stays while it can still be kept. */
    if (task->due_fixed && task->due_at <= step->at) task->due_fixed = false;
    task->touched_at = step->at;
    task_clock_start(step, task, step->at);
}

void task_apply_status(struct step *step, struct task *task, enum reported_status reported)
{
    task->refused = reported_status_none;
    task->refused_at = TIME_NONE;
    switch (reported) {
    case REPORTED_VERIFIED: close_as(step, task, RESOLUTION_DONE); break;
    case REPORTED_WONT_FIX: close_as(step, task, RESOLUTION_WONT_FIX); break;
    case REPORTED_DISMISSED: close_as(step, task, RESOLUTION_DISMISSED); break;
    case REPORTED_DUPLICATE: close_as(step, task, RESOLUTION_DUPLICATE); break;
    case REPORTED_CLOSED:
        if (task->status != STATUS_CLOSED) close_as(step, task, RESOLUTION_DONE);
        break;
    case REPORTED_RESOLVED:
        if (task->status == STATUS_CLOSED) break;
        if (task->status != STATUS_RESOLVED) task->resolved_at = step->at;
        task->status = STATUS_RESOLVED;
        if (!step->policy->verification[task->priority]) close_as(step, task, RESOLUTION_DONE);
        break;
    case REPORTED_OPEN:
    case REPORTED_IN_PROGRESS:
    case REPORTED_BLOCKED:
    case reported_status_none:
    default:
        if (task->status == STATUS_CLOSED) reopen(step, task);
        if (task->status == STATUS_RESOLVED) {
            task_clock_forget_missed(step, task);
            task_clock_count_afresh(step, task);
            task->reminders[REMINDER_VERIFY_DUE].said = 0;
        }
        task->resolved_at = TIME_NONE;
        task->status = reported == REPORTED_IN_PROGRESS ? STATUS_IN_PROGRESS
                       : reported == REPORTED_BLOCKED   ? STATUS_BLOCKED
                                                        : STATUS_OPEN;
        break;
    }
}

void task_note_refused(struct step *step, struct task *task, enum reported_status reported)
{
    if (task->refused != reported) task->refused_at = step->at;
    task->refused = reported;
}

void task_decide_anew(struct step *step, struct task *task, const struct ruling *ruling)
{
    enum priority from = task->priority;
    bool same = from == ruling->priority && str_eq(task->times, ruling->times);
    rate(task, ruling);
    if (task->status == STATUS_CLOSED) return; /* whose it is, and where, when it is open again */
    decide_place(task, ruling);
    if (!same) task_clock_decide_anew(step, task, from);
}

void task_rise(struct step *step, struct task *task, enum priority priority)
{
    if (priority >= task->priority) return;
    const struct ruling as_it_was = {.queue = task->queue,
                                     .owner = task->given,
                                     .severity = task->severity,
                                     .priority = priority,
                                     .times = task->times,
                                     .participants = task->participants,
                                     .rule = task->policy_rule};
    task_decide_anew(step, task, &as_it_was);
}

void task_leave(struct step *step, struct entry *entry, enum resolution resolution,
                struct str moved_to, struct str reason)
{
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    close_as(step, task, resolution);
    task->moved_to = moved_to;
    task->reason = reason;
    task_changed(step, entry, before);
}

void task_close(struct step *step, struct entry *entry, enum resolution resolution,
                struct str reason)
{
    /* A risk that is accepted would come back where nobody works on it any more. */
    if (entry->task->status == STATUS_CLOSED && !task_is_accepted(entry->task)) return;
    task_leave(step, entry, resolution, STR_NONE, reason);
}

void task_put_aside(struct step *step, struct entry *entry, enum resolution resolution,
                    struct str reason)
{
    const struct task *was = entry->task;
    if (was->status == STATUS_CLOSED && !task_is_accepted(was)) return;
    task_close(step, entry, resolution, reason);
    entry->task->aside = was->status == STATUS_CLOSED ? STATUS_OPEN : was->status;
}

void task_go_on(struct step *step, struct task *task)
{
    const struct ruling ruling = rules_of(step, task);
    task->status = task->aside;
    task->aside = task_status_none;
    task->occurrence++;
    task->resolution = resolution_none;
    task->reason = STR_NONE;
    task->closed_at = task->first_breached_at = TIME_NONE;
    task->touched_at = step->at;
    /* Numbers are of an occurrence (R5.31). */
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++) task->reminders[kind].number = 0;
    task_decide_anew(step, task, &ruling);
    task_clock_forget_missed(step, task);
}

void task_settle(struct step *step, struct entry *entry, ms_t until)
{
    struct cause record = step->cause;
    struct warnings warnings = step->warnings;
    ms_t at = step->at;
    ms_t due;
    while ((due = task_next_sla(step->policy, entry->task)) != TIME_NONE && due <= until) {
        step->cause = (struct cause){.at = due};
        step->at = time_later(due, entry->task->updated_at);
        step->warnings = (struct warnings){0};
        const struct task *before;
        struct task *task = own_copy(step, entry, &before);
        if (task_is_paused(task)) task_clock_resume(step, task);
        task_changed(step, entry, before);
    }
    step->cause = record;
    step->at = at;
    step->warnings = warnings;
}
