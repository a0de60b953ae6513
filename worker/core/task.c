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

static struct sla_times times_of(const struct step *step, const struct task *task)
{
    return policy_times(step->policy, task->kind, task->priority, task->times);
}

/* Where on-track ends: the last due-soon point. At or behind due_at there is none. */
static ms_t at_risk_from(const struct policy *policy, const struct task *task)
{
    const struct points *lead = policy_lead(policy, task->name);
    if (!lead->n || task->due_at <= task->clock_start) return task->due_at;
    return deadline_point(task->clock_start, task->due_at, lead->percent[lead->n - 1]);
}

static enum sla_state sla_at(const struct policy *policy, const struct task *task, ms_t at)
{
    /* Work that is resolved is judged by when it was resolved, however long verification takes. */
    ms_t done_at = task->resolved_at != TIME_NONE ? task->resolved_at : task->closed_at;
    if (task->status == STATUS_CLOSED) {
        if (task->resolution != RESOLUTION_DONE) return SLA_WAIVED;
        if (task->kind == KIND_OBLIGATION)
            return task->submitted_at > task->due_at ? SLA_MET_LATE : SLA_MET;
        bool is_late = task->first_breached_at != TIME_NONE || done_at > task->due_at;
        return is_late ? SLA_MET_LATE : SLA_MET;
    }
    if (task_is_paused(task)) return SLA_PAUSED;
    if (task->status == STATUS_RESOLVED) at = done_at;
    if (at >= task->due_at) return SLA_BREACHED;
    return at >= at_risk_from(policy, task) ? SLA_AT_RISK : SLA_ON_TRACK;
}

/* Brings `sla` up to date. What was late once in this occurrence stays known as that (R5.24); but an
 * obligation was never late whose time had only seemed to be over (R5.61). */
static void judge(const struct step *step, struct task *task)
{
    task->sla = sla_at(step->policy, task, step->at);
    bool is_late = task->sla == SLA_BREACHED || task->sla == SLA_MET_LATE;
    if (is_late && task->first_breached_at == TIME_NONE) task->first_breached_at = step->at;
    if (!is_late && task->sla != SLA_WAIVED && task->kind == KIND_OBLIGATION)
        task->first_breached_at = TIME_NONE;
}

ms_t task_acceptance_ends(const struct task *task)
{
    return task_is_accepted(task) ? task->accepted_until : TIME_NONE;
}

ms_t task_next_sla(const struct policy *policy, const struct task *task)
{
    if (task->status == STATUS_CLOSED) return TIME_NONE;
    if (task_is_paused(task)) return task->snoozed_until;
    if (task->status == STATUS_RESOLVED) return TIME_NONE;
    if (task->sla == SLA_ON_TRACK) return at_risk_from(policy, task);
    return task->sla == SLA_AT_RISK ? task->due_at : TIME_NONE;
}

/* What the schedule says of the past is not to be sent: it has changed, or was silent. What is due
 * now and not said, and steps of the escalation not taken, count from now on (see reminder.c). */
static void forget_missed(struct step *step, struct task *task)
{
    static const enum reminder_kind kinds[] = {REMINDER_ASSIGN_DUE, REMINDER_DUE_SOON,
                                               REMINDER_OVERDUE,    REMINDER_STALE,
                                               REMINDER_ESCALATION, REMINDER_VERIFY_DUE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        task->reminders[kinds[i]].last = time_later(task->reminders[kinds[i]].last, step->at);
}

/* How far the schedule of a kind was done with moves with the deadline that it follows from. */
static void move_last(struct task *task, int64_t paused, int64_t due_moved, ms_t assign_due_at)
{
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++) {
        ms_t *last = &task->reminders[kind].last;
        if (*last == TIME_NONE) continue;
        if (kind == REMINDER_NOT_CLOSED) continue; /* it follows from no deadline */
        /* What was asked for when the deadline came is not asked for again when it comes once more. */
        bool was_asked = kind == REMINDER_ASSIGN_DUE && *last >= assign_due_at;
        bool is_of_task = kind == REMINDER_STALE || kind == REMINDER_VERIFY_DUE;
        *last += is_of_task || kind == REMINDER_ASSIGN_DUE ? paused : due_moved;
        if (was_asked) *last = time_later(*last, task->assign_due_at);
    }
}

/* What is overdue is said and counted afresh, from now on (R4.95). */
static void count_afresh(struct step *step, struct task *task)
{
    task->overdue_from = step->at;
    task->reminders[REMINDER_OVERDUE].said = 0;
}

/* The clock stood since paused_at: every deadline moves by that, save one that somebody gave. */
static void resume(struct step *step, struct task *task)
{
    const struct calendar *calendar = &step->policy->calendar;
    const struct sla_times sla = times_of(step, task);
    int64_t paused = step->at - task->paused_at, due_moved = paused;
    ms_t assign_due_at = task->assign_due_at;
    task->paused_at = task->snoozed_until = TIME_NONE;
    task->paused_for += paused;
    task->assign_due_at = deadline_move(calendar, assign_due_at, paused, sla.assign);
    if (!task->due_fixed) {
        ms_t due_at = task->due_at;
        task->due_at = deadline_move(calendar, due_at, paused, sla.complete);
        due_moved = task->due_at - due_at;
    }
    task->clock_start += due_moved;
    task->clock_moved += due_moved;
    /* What was heard of it while it was paused counts from now. */
    task->touched_at += paused;
    if (task->touched_at > step->at) task->touched_at = step->at;
    move_last(task, paused, due_moved, assign_due_at);
    if (task->due_fixed) forget_missed(step, task);
    count_afresh(step, task);
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

static void emit(struct step *step, struct entry *entry, enum task_event event,
                 const struct task *before)
{
    /* Consumers follow a task by its versions: one is left out for nobody. */
    ENSURE(entry->task->version == (before ? before->version : 0) + 1);
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
    if (task_is_paused(task)) resume(step, task);
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
    judge(step, task);
    note_owner(step, task);
    if (owner_is_nobody(task->owner) && !owner_is_nobody(before->owner)) miss_owner(step, task);
    uint64_t visible = task_diff(before, task);
    /* The worker's own ticks are no news of the work, nor is a record that says nothing new. */
    if (visible && step->cause.topic) task->touched_at = time_later(task->touched_at, step->at);
    if (visible || told) {
        enum task_event event = event_of(before, task);
        if (event == TASK_REOPENED) occurrence_ensure_open(step);
        count(step->incident, before, -1);
        count(step->incident, task, 1);
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

static void start_clock(struct step *step, struct task *task, ms_t at)
{
    const struct policy *policy = step->policy;
    task->clock_start = at;
    task->clock_moved = task->paused_for = 0;
    task->first_breached_at = task->assigned_at = TIME_NONE;
    const struct sla_times sla = times_of(step, task);
    task->assign_due_at = deadline_add(&policy->calendar, at, sla.assign);
    if (!task->due_fixed) task->due_at = deadline_add(&policy->calendar, at, sla.complete);
    if (task->kind == KIND_OBLIGATION) /* may have less time than others have till then */
        task->assign_due_at = time_first(task->assign_due_at, task->due_at);
    task->escalated = 0;
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++)
        task->reminders[kind] = task_none.reminders[kind];
    count_afresh(step, task);
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
    start_clock(step, task, seed->clock_start);
    note_owner(step, task);
    if (task->due_fixed) forget_missed(step, task);
    judge(step, task);
    return task;
}

struct entry *task_create(struct step *step, const struct task_seed *seed)
{
    struct task *task = task_draft(step, seed);
    struct entry *entry = step_task_entry(step, task->name);
    occurrence_ensure_open(step);
    entry->task = task;
    task_count_messages(step, task);
    entry->exists = true;
    step_touch(step, entry);
    count(step->incident, task, 1);
    emit(step, entry, TASK_CREATED, NULL);
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
        start_clock(step, task, task->clock_start);
        forget_missed(step, task);
        return;
    }
    /* A date given by a person stays while it can still be kept. */
    if (task->due_fixed && task->due_at <= step->at) task->due_fixed = false;
    task->touched_at = step->at;
    start_clock(step, task, step->at);
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
            forget_missed(step, task);
            count_afresh(step, task);
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

void task_apply_snooze(struct step *step, struct task *task, ms_t until)
{
    if (task->status == STATUS_CLOSED) return;
    if (until != TIME_NONE && until > step->at) {
        task->postponed += until > task->snoozed_until; /* TIME_NONE is before all others */
        if (!task_is_paused(task)) task->paused_at = step->at;
        task->snoozed_until = until;
    } else if (task_is_paused(task)) {
        resume(step, task);
    }
}

/* Where a deadline would be that had been given this time from the start. */
static ms_t from_start(const struct step *step, const struct task *task, struct duration given)
{
    const struct calendar *calendar = &step->policy->calendar;
    ms_t at = deadline_add(calendar, task->clock_start - task->clock_moved, given);
    return deadline_move(calendar, at, task->paused_for, given);
}

/* A deadline after a rise of priority: as if it had been so from the start, but with a share of the
 * new time left; never later than it was. While a task is paused, its clock stands. */
static ms_t after_rise(const struct step *step, const struct task *task, ms_t old,
                       struct duration given)
{
    const struct calendar *calendar = &step->policy->calendar;
    ms_t now = task_is_paused(task) ? task->paused_at : step->at;
    ms_t least = deadline_point(now, deadline_add(calendar, now, given), step->policy->grace);
    ms_t at = time_later(from_start(step, task, given), deadline_move(calendar, least, 0, given));
    return time_first(old, at);
}

static ms_t after_change(const struct step *step, const struct task *task, enum priority from,
                         ms_t old, struct duration given)
{
    ms_t now = from_start(step, task, given);
    bool is_rise = task->priority == from ? now < old : task->priority < from;
    if (is_rise) return after_rise(step, task, old, given);
    /* It may have been given in days. */
    ms_t at = time_later(old, now);
    return deadline_move(&step->policy->calendar, at, 0, given);
}

void task_decide_anew(struct step *step, struct task *task, const struct ruling *ruling)
{
    enum priority from = task->priority;
    bool same = from == ruling->priority && str_eq(task->times, ruling->times);
    ms_t old_due_at = task->due_at;
    rate(task, ruling);
    if (task->status == STATUS_CLOSED) return; /* whose it is, and where, when it is open again */
    decide_place(task, ruling);
    if (same) return;
    const struct sla_times sla = times_of(step, task);
    task->assign_due_at = after_change(step, task, from, task->assign_due_at, sla.assign);
    if (!task->due_fixed) task->due_at = after_change(step, task, from, task->due_at, sla.complete);
    forget_missed(step, task);
    if (ruling->priority < from || task->due_at != old_due_at) count_afresh(step, task);
}

void task_apply_due_at(struct step *step, struct task *task, ms_t due_at)
{
    /* "None" where none was given changes nothing: deadlines stand, also under another policy. */
    if (task->status == STATUS_CLOSED || (due_at == TIME_NONE && !task->due_fixed)) return;
    ms_t old = task->due_at;
    task->due_fixed = due_at != TIME_NONE;
    task->due_at = task->due_fixed ? due_at : from_start(step, task, times_of(step, task).complete);
    if (task->due_at == old) return;
    task->postponed += task->due_at > old;
    forget_missed(step, task);
    count_afresh(step, task);
}

void task_close(struct step *step, struct entry *entry, enum resolution resolution,
                struct str reason)
{
    /* A risk that is accepted would come back where nobody works on it any more. */
    if (entry->task->status == STATUS_CLOSED && !task_is_accepted(entry->task)) return;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    close_as(step, task, resolution);
    task->reason = reason;
    task_changed(step, entry, before);
}

void task_put_aside(struct step *step, struct entry *entry, enum resolution resolution,
                    struct str reason)
{
    const struct task *was = entry->task;
    if (was->status == STATUS_CLOSED && !task_is_accepted(was)) return;
    task_close(step, entry, resolution, reason);
    entry->task->aside = was->status == STATUS_CLOSED ? STATUS_OPEN : was->status;
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

/* It rises, and is else what it was. */
static void rise_to(struct step *step, struct task *task, enum priority priority)
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

/* No occurrence and no number of a reminder of the task that was here, and was closed, comes back. */
static void follow_on(struct task *task, const struct task *before)
{
    bool is_again = task->status != STATUS_CLOSED;
    if (!before->moved_to.p || !task->moved_from.p)
        task->occurrence = before->occurrence + is_again;
    else if (before->occurrence > task->occurrence)
        task->occurrence = before->occurrence;
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++)
        if (before->reminders[kind].number > task->reminders[kind].number)
            task->reminders[kind].number = before->reminders[kind].number;
}

struct entry *task_arrive(struct step *step, const struct task_seed *seed,
                          const struct task *carried)
{
    struct str name = task_name(step, seed->kind, seed->part);
    struct entry *entry = step_task_entry(step, name);
    const struct task *before = entry->exists ? entry->task : NULL;
    occurrence_ensure_open(step);
    struct task *task = arena_copy(step->arena, carried, sizeof *carried);
    /* Its own time never runs back. */
    step->at = time_later(step->cause.at, carried->updated_at);
    if (before) step->at = time_later(step->at, before->updated_at);
    task->name = name;
    task->incident_id = step->incident->incident_id;
    task->finding_id = seed->finding_id;
    task->origin = seed->origin;
    if (task->kind != seed->kind) {
        task->queue = seed->ruling.queue;
        task->policy_rule = seed->ruling.rule;
    }
    task->kind = seed->kind;
    task->moved_to = STR_NONE;
    task->policy_version = step->policy->version;
    task->created_at = before ? before->created_at : step->at;
    task->updated_at = step->at;
    /* That it comes is an update: nobody is told that there was none while it was held. */
    task->touched_at = time_later(task->touched_at, step->at);
    task->version = before ? before->version + 1 : 1;
    if (before) follow_on(task, before);
    rise_to(step, task, seed->ruling.priority);
    judge(step, task);
    entry->task = task;
    entry->exists = true;
    step_touch(step, entry);
    task_count_messages(step, task);
    if (before) count(step->incident, before, -1);
    count(step->incident, task, 1);
    emit(step, entry, before ? event_of(before, task) : TASK_CREATED, before);
    return entry;
}

/* Of two clocks the one that ends first, with what was said of it. */
static void take_clock(struct task *task, const struct task *other)
{
    task->assign_due_at = time_first(task->assign_due_at, other->assign_due_at);
    if (other->due_at >= task->due_at) return;
    task->due_at = other->due_at;
    task->due_fixed = other->due_fixed;
    task->clock_start = other->clock_start;
    task->clock_moved = other->clock_moved;
    task->paused_for = other->paused_for;
    task->overdue_from = other->overdue_from;
    task->escalated |= other->escalated;
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++) {
        struct reminder_state *ours = &task->reminders[kind];
        ours->last = time_later(ours->last, other->reminders[kind].last);
        ours->said = other->reminders[kind].said;
    }
    if (task->first_breached_at == TIME_NONE) task->first_breached_at = other->first_breached_at;
}

/* What nobody has said of it so far. */
static void take_what_lacks(struct task *task, const struct task *other)
{
    bool is_ours = owner_eq(task->owner, task->given);
    bool has_ticket = task->tracker.key.p;
    if (!has_ticket) task->tracker = other->tracker;
    /* Who follows it knows whose ticket that is. */
    if (!task->moved_from.p || (!has_ticket && other->tracker.key.p))
        task->moved_from = other->moved_from;
    if (task->status == STATUS_OPEN) {
        task->status = other->status;
        task->resolved_at = other->resolved_at;
    }
    if (is_ours && !owner_is_nobody(other->owner) && !owner_eq(other->owner, other->given))
        task->owner = other->owner;
    if (!task->reason.p) task->reason = other->reason;
    if (!task->evidence.n) task->evidence = other->evidence;
    if (task->submitted_at == TIME_NONE) task->submitted_at = other->submitted_at;
    if (!task->participants.n) task->participants = other->participants;
}

/* An obligation that has all that it takes to be done (R4.138). */
static bool is_submitted(const struct step *step, const struct task *task)
{
    return task->kind == KIND_OBLIGATION && task->submitted_at != TIME_NONE &&
           !closing_task_lacks_evidence(step->policy, task);
}

void task_join(struct step *step, struct entry *entry, const struct task *carried)
{
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    struct task other = *carried;
    /* Where one has it, somebody has said that it is not done all the same. */
    bool is_said = is_submitted(step, task) || is_submitted(step, &other);
    /* It waits only where both do. */
    if (task_is_paused(&other) && !task_is_paused(task)) resume(step, &other);
    if (task_is_paused(task) && !task_is_paused(&other)) resume(step, task);
    take_what_lacks(task, &other);
    rise_to(step, task, other.priority);
    take_clock(task, &other);
    if (!is_said && is_submitted(step, task)) task_apply_status(step, task, REPORTED_VERIFIED);
    task_changed(step, entry, before);
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
    forget_missed(step, task);
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
        if (task_is_paused(task)) resume(step, task);
        task_changed(step, entry, before);
    }
    step->cause = record;
    step->at = at;
    step->warnings = warnings;
}
