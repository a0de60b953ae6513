/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of a task: its two deadlines, the pauses that move them, and how far along it is between
 * them. All of it follows from clock_start and from the times that the policy gives.
 */
#include "task_clock.h"

#include "deadline.h"

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

/* What was late once in this occurrence stays known as that (R5.24); but an
 * obligation was never late whose time had only seemed to be over (R5.61). */
void task_clock_judge(const struct step *step, struct task *task)
{
    task->sla = sla_at(step->policy, task, step->at);
    bool is_late = task->sla == SLA_BREACHED || task->sla == SLA_MET_LATE;
    if (is_late && task->first_breached_at == TIME_NONE) task->first_breached_at = step->at;
    if (!is_late && task->sla != SLA_WAIVED && task->kind == KIND_OBLIGATION)
        task->first_breached_at = TIME_NONE;
}

ms_t task_next_sla(const struct policy *policy, const struct task *task)
{
    if (task->status == STATUS_CLOSED) return TIME_NONE;
    if (task_is_paused(task)) return task->snoozed_until;
    if (task->status == STATUS_RESOLVED) return TIME_NONE;
    if (task->sla == SLA_ON_TRACK) return at_risk_from(policy, task);
    return task->sla == SLA_AT_RISK ? task->due_at : TIME_NONE;
}

/* What is due now and not said, and steps of the escalation not taken, count from now on (see reminder.c). */
void task_clock_forget_missed(struct step *step, struct task *task)
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

void task_clock_count_afresh(struct step *step, struct task *task)
{
    task->overdue_from = step->at;
    task->reminders[REMINDER_OVERDUE].said = 0;
}

void task_clock_resume(struct step *step, struct task *task)
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
    if (task->due_fixed) task_clock_forget_missed(step, task);
    task_clock_count_afresh(step, task);
}

void task_clock_start(struct step *step, struct task *task, ms_t at)
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
    task_clock_count_afresh(step, task);
}

void task_apply_snooze(struct step *step, struct task *task, ms_t until)
{
    if (task->status == STATUS_CLOSED) return;
    if (until != TIME_NONE && until > step->at) {
        task->postponed += until > task->snoozed_until; /* TIME_NONE is before all others */
        if (!task_is_paused(task)) task->paused_at = step->at;
        task->snoozed_until = until;
    } else if (task_is_paused(task)) {
        task_clock_resume(step, task);
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

void task_clock_decide_anew(struct step *step, struct task *task, enum priority from)
{
    const struct sla_times sla = times_of(step, task);
    ms_t old_due_at = task->due_at;
    task->assign_due_at = after_change(step, task, from, task->assign_due_at, sla.assign);
    if (!task->due_fixed) task->due_at = after_change(step, task, from, task->due_at, sla.complete);
    task_clock_forget_missed(step, task);
    if (task->priority < from || task->due_at != old_due_at) task_clock_count_afresh(step, task);
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
    task_clock_forget_missed(step, task);
    task_clock_count_afresh(step, task);
}
