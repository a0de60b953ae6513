/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways of duties from one incident to another, and the tasks that they have on them: how one sets out,
 * comes, rests, and goes home. Why it ends, and why none is lost, is in docs/design.md, "A duty is one task".
 */
#include "duty_way.h"

#include "deadline.h"
#include "duty.h"
#include "duty_met.h"
#include "forward.h"
#include "incident.h"
#include "state_key.h"
#include "task.h"
#include "task_arrive.h"

/* ---- on its way ---- */

/* What the work on it has become here. What is its own it keeps, for the task is of others as well: a
 * ticket, which records of its name were taken, and the date of an obligation, which is the law's. */
static struct task work_now(struct step *step, const struct duty *duty)
{
    struct entry *entry = duty_task(step, duty->name);
    if (task_entry_is_open(entry)) {
        task_settle(step, entry, step->cause.at);
        step->at = time_later(step->cause.at, entry->task->updated_at);
    }
    const struct task *came = duty->carried.items, *work = duty_work(step, duty->name);
    if (!work || work->moved_to.p) return *came; /* what has left says nothing of who has not */
    struct task now = work == entry->task ? duty_as_sent(step, work) : *work;
    if (came->tracker.key.p) now.tracker = came->tracker;
    now.order = came->order;
    now.name = came->name;
    if (came->kind == KIND_OBLIGATION) {
        now.clock_start = came->clock_start;
        now.due_at = came->due_at;
    }
    return now;
}

/* The task is closed when nothing is left that it was for. */
static void let_go(struct step *step, const struct duty *duty, enum resolution resolution)
{
    struct entry *task = duty_task(step, duty->name);
    struct str id =
        state_task_id(step->arena, duty->moved_to, state_duty_name(duty->carried.items->name));
    bool is_over = duty_is_own(step, duty) ? task->exists
                                           : task_entry_is_open(task) && task->task->for_others &&
                                                 !duty_has_guests(step, duty->name);
    if (is_over) duty_point_to(step, task, duty->moved_to, id, resolution);
}

static void leave(struct step *step, struct entry *entry, struct str to, enum resolution resolution)
{
    struct duty *duty = duty_edit(step, entry);
    if (!duty->held) {
        const struct task now = work_now(step, duty);
        duty_carry(step, duty, &now);
    }
    duty->moved_to = to;
    duty->held = false;
    let_go(step, duty, resolution);
    forward_duty(step, to, duty);
    if (!duty_is_own(step, duty)) duty->carried = (struct task_list){NULL, 0};
}

/* The incident's own begins its way. */
static struct entry *set_out(struct step *step, struct str name, const struct task *task)
{
    struct entry *entry = duty_own(step, name);
    struct duty *duty = ARENA_NEW(step->arena, struct duty);
    if (entry->exists) duty_met_withdraw(step, entry);
    step->incident->duties += !entry->exists;
    *duty = duty_none;
    duty->incident_id = step->incident->incident_id;
    duty->name = name;
    duty->held = true;
    duty_carry(step, duty, task);
    entry->duty = duty;
    entry->exists = true;
    step_touch(step, entry);
    return entry;
}

void duty_way_send(struct step *step, struct str name, const struct task *draft)
{
    const struct entry *task = duty_task(step, name);
    struct task begun = *draft;
    if (task->exists) begun.order = task->task->order;
    leave(step, set_out(step, name, &begun), step->incident->merged_into, RESOLUTION_DUPLICATE);
}

void duty_way_hand_on(struct step *step, struct entry *task)
{
    struct str name = duty_name(step, task->task);
    if (!name.p || (!task_entry_is_open(task) && !task_entry_is_done(task))) return;
    if (task != duty_task(step, name)) return; /* of several of one party the first stands for it */
    if (task_entry_is_open(task)) {
        task_settle(step, task, step->cause.at);
        step->at = time_later(step->cause.at, task->task->updated_at);
        const struct task now = duty_as_sent(step, task->task);
        duty_way_send(step, name, &now);
        return;
    }
    struct entry *entry = duty_own(step, name);
    if (!entry->exists) { /* else it has met it: the task of one that is elsewhere is a duplicate */
        const struct task now = duty_as_sent(step, task->task);
        struct duty *duty = set_out(step, name, &now)->duty;
        duty->held = false;
        duty->met = true;
    }
    duty_met_tell(step, entry);
}

/* ---- where it comes to ---- */

/* What the duty's incident says of it is said by that alone, wherever the work goes on. */
static void apply_terms(struct task *task, const struct task *said)
{
    task->description = said->description;
    task->queue = said->queue;
    if (task->kind != KIND_OBLIGATION) return;
    task->clock_start = said->clock_start;
    task->due_at = said->due_at;
}

static void apply(struct step *step, struct task *task, const struct task *said, bool again)
{
    if (again && task->status == STATUS_CLOSED) task_apply_status(step, task, REPORTED_OPEN);
    if (said->submitted_at != TIME_NONE) task->submitted_at = said->submitted_at;
    if (said->evidence.n) task->evidence = said->evidence;
    if (task_is_done(said)) task_apply_status(step, task, REPORTED_VERIFIED);
}

/* Nobody has heard of a task of it yet, and it was done meanwhile: it is created open all the same (R4.41). */
static void create_done(struct step *step, const struct task_seed *seed, const struct task *in)
{
    struct task first = *in;
    first.status = STATUS_OPEN;
    first.resolution = resolution_none;
    first.closed_at = first.submitted_at = TIME_NONE;
    first.evidence = (struct evidence_list){NULL, 0};
    struct entry *entry = task_arrive(step, seed, &first);
    const struct task *before;
    struct task *now = task_edit(step, entry, &before);
    apply(step, now, in, false);
    task_changed(step, entry, before);
}

static void open_task(struct step *step, struct entry *task, const struct duty *duty)
{
    struct task in = *duty->carried.items;
    struct task_seed seed = {.kind = in.kind, .ruling = rules_decide(step, in.kind, NULL)};
    const struct task *before = task->exists ? task->task : NULL;
    seed.part = state_duty_part(state_duty_name(before ? before->name : in.name));
    /* Which records were taken of its own name is known with it, of this one here. */
    if (!duty_is_own(step, duty)) in.order = before ? before->order : task_none.order;
    in.for_others = !duty_is_own(step, duty) &&
                    (!before || before->for_others || before->resolution == RESOLUTION_SUPERSEDED);
    if (!before && !in.moved_from.p && task_is_done(&in))
        create_done(step, &seed, &in);
    else
        task_arrive(step, &seed, &in);
}

/* Its work goes on here. What has come home is the incident's task and no more. */
static void take_up(struct step *step, struct entry *entry)
{
    struct duty *duty = duty_edit(step, entry);
    const struct task *in = duty->carried.items;
    struct entry *task = duty_task(step, duty->name);
    duty->held = false;
    if (duty_is_own(step, duty)) entry->exists = false;
    bool is_told_here = duty_is_own(step, duty) && task_is_done(in);
    if (duty_is_met(step, duty->name) && !is_told_here)
        duty_met_close(step, duty);
    else if (!task_entry_is_open(task))
        open_task(step, task, duty);
    else if (in->status != STATUS_CLOSED)
        task_join(step, task, in);
}

/* What is done, or was put aside by somebody, stays where it began. */
static void come_home(struct step *step, struct entry *entry)
{
    take_up(step, entry);
    if (step->incident->merged_into.p) duty_way_hand_on(step, duty_task(step, entry->duty->name));
}

static void hold(struct step *step, struct entry *entry)
{
    if (entry->duty->held) return;
    struct duty *duty = duty_edit(step, entry);
    const struct task now = work_now(step, duty);
    duty_carry(step, duty, &now);
    duty->held = true;
}

/* One that is elsewhere goes on here, where that has forgotten what it had. */
static bool is_here_again(struct step *step, struct entry *entry)
{
    if (!entry->duty->moved_to.p) return true;
    if (!step->incident->is_forgotten) return false;
    struct str home = entry->duty->incident_id;
    if (!duty_is_own(step, entry->duty)) {
        if (forward_tell_home(step, entry->duty->moved_to, home))
            duty_edit(step, entry)->moved_to = home;
        return false;
    }
    struct duty *duty = duty_edit(step, entry);
    duty->moved_to = STR_NONE;
    duty->held = true;
    return true;
}

void duty_way_place(struct step *step, struct entry *entry)
{
    const struct incident *incident = step->incident;
    bool own = duty_is_own(step, entry->duty);
    if (entry->duty->met && own)
        duty_met_follow(step, entry->duty->name);
    else if (entry->duty->met)
        duty_met_tell(step, entry);
    if (!entry->exists || entry->duty->met) return;
    if (!is_here_again(step, entry)) return;
    const struct duty *duty = entry->duty;
    if (own && duty->carried.items->status == STATUS_CLOSED)
        come_home(step, entry);
    else if (forward_is_undone(incident, duty->passed))
        leave(step, entry, duty->incident_id, RESOLUTION_SUPERSEDED);
    else if (incident->merged_into.p && duty_is_met(step, duty->name))
        duty_met_close(step, duty);
    else if (incident->merged_into.p)
        leave(step, entry, incident->merged_into, RESOLUTION_DUPLICATE);
    else if (incident->phase == PHASE_WAITING || incident->level == LEVEL_UNCONFIRMED)
        hold(step, entry);
    else if (duty->held)
        take_up(step, entry);
}

/* ---- what is said of it ---- */

struct str duty_way_goes_to(struct step *step, struct str incident_id, struct str name,
                            struct str_list passed)
{
    const struct entry *entry = duty_entry(step, incident_id, name);
    if (duty_is_elsewhere(entry)) return entry->duty->moved_to;
    if (entry->exists) return STR_NONE;
    /* Of its own one it knows all, until its past is deleted. */
    bool is_known = duty_task(step, name)->exists || !step->incident->retired;
    if (is_known && str_eq(incident_id, step->incident->incident_id)) return STR_NONE;
    return forward_next(step->incident, passed);
}

void duty_way_say(struct step *step, struct str name, const struct task *said, bool again)
{
    struct duty *duty = duty_edit(step, duty_own(step, name));
    duty_carry(step, duty, said);
    struct duty on = *duty;
    on.said = true;
    on.again = again;
    forward_duty(step, duty->moved_to, &on);
}

/* Where the incident is merged what is open again goes on behind those that rest here, which take the work
 * along as it is. */
void duty_way_follow(struct step *step, struct entry *task)
{
    struct str name = duty_name(step, task->task);
    if (!name.p) return;
    duty_met_follow(step, name);
    if (!step->incident->merged_into.p) return;
    for (struct entry *e = NULL; (e = duty_next_guest(step, e, name));) duty_way_place(step, e);
    duty_way_hand_on(step, task);
}

/* What a closure of its incident says of it counts for the task that goes on with it. */
static void hear(struct step *step, const struct duty *said)
{
    struct entry *entry = duty_entry(step, said->incident_id, said->name);
    struct entry *task = duty_task(step, said->name);
    const struct task *in = said->carried.items;
    if (entry->exists && !entry->duty->met) {
        struct duty *duty = duty_edit(step, entry);
        struct task came = *duty->carried.items;
        apply_terms(&came, in);
        if (duty->held) apply(step, &came, in, said->again);
        duty_carry(step, duty, &came);
        if (duty->held) return;
    }
    if (!task->exists) return;
    const struct task *before;
    struct task *now = task_edit(step, task, &before);
    apply(step, now, in, said->again);
    if (now->for_others) {
        now->description = in->description;
        now->queue = in->queue;
    }
    if (task_has_other_status(before, now)) now->reason = STR_NONE;
    task_changed(step, task, before);
    duty_way_follow(step, task);
}

/* ---- arrivals ---- */

void duty_way_arrive(struct step *step, const struct duty *in)
{
    const struct incident *incident = step->incident;
    struct str next = duty_way_goes_to(step, in->incident_id, in->name, in->passed);
    bool has_passed = str_list_has(in->passed, incident->incident_id);
    if (in->said && next.p) forward_duty(step, next, in);
    if (in->said && !next.p) hear(step, in);
    if (in->withdrawn) duty_met_take_back(step, in);
    if (in->said || in->withdrawn || (in->met && (has_passed || duty_is_own(step, in)))) return;
    struct entry *entry = duty_entry(step, in->incident_id, in->name);
    /* Past its retention it may have met anew what comes home only now: in the place of that, the old one
     * would be told to others as if it was open. */
    if (duty_is_own(step, in) && entry->exists && entry->duty->met) return;
    struct duty *duty = arena_copy(step->arena, in, sizeof *in);
    if (in->met && !duty_met_take(step, entry, duty)) return;
    if (duty_is_own(step, in) && entry->exists) {
        /* What its incident has said since it left is behind it on its way. */
        struct task came = *in->carried.items;
        apply_terms(&came, entry->duty->carried.items);
        duty_carry(step, duty, &came);
    }
    duty->moved_to = STR_NONE;
    duty->held = !in->met;
    duty->since = step->at;
    step->incident->duties += !entry->exists;
    entry->duty = duty;
    entry->exists = true;
    step_touch(step, entry);
    if (in->met) duty_met_close(step, duty);
    if (has_passed) /* It has gone round: from where it began it goes the way that there is now. */
        leave(step, entry, in->incident_id, RESOLUTION_SUPERSEDED);
    else
        duty_way_place(step, entry);
}
