/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Duties that merged incidents have in common. The duty of an incident is one thing wherever it goes,
 * as a finding is, and goes the same ways; but where several come to one incident, or it asks for the
 * same duty itself, one task stands for all. Why none is lost, and none asked for twice, is in
 * docs/design.md, "A duty is one task".
 */
#include "duty.h"

#include "deadline.h"
#include "forward.h"
#include "incident.h"
#include "state_key.h"
#include "task.h"
#include "task_arrive.h"

/* ---- what is known of it ---- */

struct entry *duty_entry(struct step *step, struct str incident_id, struct str name)
{
    return step_holder(step, state_duty_key(step->arena, step->header->key, name, incident_id));
}

static struct entry *own_entry(struct step *step, struct str name)
{
    return duty_entry(step, step->incident->incident_id, name);
}

static bool is_own(const struct step *step, const struct duty *duty)
{
    return str_eq(duty->incident_id, step->incident->incident_id);
}

static bool is_elsewhere(const struct entry *entry)
{
    return entry->exists && entry->duty->moved_to.p && !entry->duty->met;
}

static bool is_open(const struct entry *task)
{
    return task->exists && task->task->status != STATUS_CLOSED;
}

static bool is_done(const struct entry *task)
{
    return task->exists && task_is_done(task->task);
}

static struct str part_of(struct str name)
{
    const char *slash = memchr(name.p, '/', name.n);
    return (struct str){slash + 1, (size_t)(name.p + name.n - slash - 1)};
}

struct str duty_party_name(struct step *step, struct str key)
{
    return arena_join(step->arena, STR("coordination/"), state_encode_part(step->arena, key),
                      STR_NONE);
}

struct str duty_name(struct step *step, const struct task *task)
{
    if (task->kind != KIND_COORDINATION || !task->party.p) return state_duty_name(task->name);
    return duty_party_name(step, task->party);
}

/* A party's task is called by what was written first in its incident. */
struct entry *duty_task(struct step *step, struct str name)
{
    struct str part = part_of(name), key = state_decode_part(step->arena, part);
    struct entry *named = step_task_entry(step, task_name(step, state_task_kind(name), part));
    struct entry *found = NULL;
    if (named->exists || state_task_kind(name) != KIND_COORDINATION) return named;
    for (struct entry *e = step->header->next_sibling; e; e = e->next_sibling)
        if (e->exists && e->type == ENTRY_TASK && str_eq(e->task->party, key) &&
            (!found || str_cmp(e->key, found->key) < 0))
            found = e;
    return found ? found : named;
}

bool duty_is_away(struct step *step, struct str name)
{
    return is_elsewhere(own_entry(step, name));
}

const struct task *duty_carried(struct step *step, struct str name)
{
    const struct entry *entry = own_entry(step, name);
    return is_elsewhere(entry) ? entry->duty->carried.items : NULL;
}

struct entry *duty_next_guest(const struct step *step, const struct entry *after, struct str name)
{
    if (!step->incident->duties) return NULL;
    struct entry *e = after ? after->next_sibling : step->header->next_sibling;
    while (e && !(e->exists && e->type == ENTRY_DUTY && str_eq(e->duty->name, name) &&
                  !is_own(step, e->duty)))
        e = e->next_sibling;
    return e;
}

/* Whether the task that is here goes on with it. */
static bool rests(const struct entry *guest)
{
    return !guest->duty->moved_to.p && !guest->duty->met && !guest->duty->held;
}

static bool has_guests(const struct step *step, struct str name)
{
    const struct entry *e = duty_next_guest(step, NULL, name);
    while (e && !rests(e)) e = duty_next_guest(step, e, name);
    return e != NULL;
}

const struct task *duty_first_due(struct step *step, struct str name)
{
    const struct task *first = NULL;
    for (const struct entry *e = NULL; (e = duty_next_guest(step, e, name));) {
        const struct task *task = e->duty->carried.items;
        if (rests(e) && (!first || task->due_at < first->due_at)) first = task;
    }
    return first;
}

/* Of several the one of the first key: nothing depends on the order in which they were loaded. */
const struct task *duty_met_elsewhere(const struct step *step, struct str name)
{
    const struct entry *first = NULL;
    for (const struct entry *e = NULL; (e = duty_next_guest(step, e, name));)
        if (e->duty->met && (!first || str_cmp(e->key, first->key) < 0)) first = e;
    return first ? first->duty->carried.items : NULL;
}

const struct task *duty_work(struct step *step, struct str name)
{
    const struct entry *entry = duty_task(step, name);
    if (is_done(entry)) return entry->task;
    const struct task *met = duty_met_elsewhere(step, name);
    return met || !entry->exists ? met : entry->task;
}

bool duty_is_met(struct step *step, struct str name)
{
    const struct task *work = duty_work(step, name);
    return work && task_is_done(work);
}

/* ---- on its way ---- */

static struct duty *edit(struct step *step, struct entry *entry)
{
    entry->duty = arena_copy(step->arena, entry->duty, sizeof *entry->duty);
    step_touch(step, entry);
    return entry->duty;
}

static void carry(struct step *step, struct duty *duty, const struct task *task)
{
    duty->carried = (struct task_list){arena_copy(step->arena, task, sizeof *task), 1};
}

/* A task as another incident gets it. */
static struct task carried(struct step *step, const struct task *task)
{
    struct task copy = *task;
    copy.moved_from = state_task_id(step->arena, task->incident_id, task->name);
    copy.moved_to = STR_NONE;
    copy.for_others = false;
    return copy;
}

/* What the work on it has become here. What is its own it keeps, for the task is of others as well: a
 * ticket, which records of its name were taken, and the date of an obligation, which is the law's. */
static struct task work_now(struct step *step, const struct duty *duty)
{
    struct entry *entry = duty_task(step, duty->name);
    if (is_open(entry)) {
        task_settle(step, entry, step->cause.at);
        step->at = time_later(step->cause.at, entry->task->updated_at);
    }
    const struct task *came = duty->carried.items, *work = duty_work(step, duty->name);
    if (!work || work->moved_to.p) return *came; /* what has left says nothing of who has not */
    struct task now = work == entry->task ? carried(step, work) : *work;
    if (came->tracker.key.p) now.tracker = came->tracker;
    now.order = came->order;
    now.name = came->name;
    if (came->kind == KIND_OBLIGATION) {
        now.clock_start = came->clock_start;
        now.due_at = came->due_at;
    }
    return now;
}

static void point_to(struct step *step, struct entry *task, struct str incident_id, struct str id,
                     enum resolution resolution)
{
    const char *says = resolution == RESOLUTION_DUPLICATE ? "merged into %.*s" : "goes on in %.*s";
    task_leave(step, task, resolution, id, arena_printf(step->arena, says, STR_ARG(incident_id)));
}

/* The task is closed when nothing is left that it was for. */
static void let_go(struct step *step, const struct duty *duty, enum resolution resolution)
{
    struct entry *task = duty_task(step, duty->name);
    struct str id =
        state_task_id(step->arena, duty->moved_to, state_duty_name(duty->carried.items->name));
    bool is_over = is_own(step, duty)
                       ? task->exists
                       : is_open(task) && task->task->for_others && !has_guests(step, duty->name);
    if (is_over) point_to(step, task, duty->moved_to, id, resolution);
}

static void leave(struct step *step, struct entry *entry, struct str to, enum resolution resolution)
{
    struct duty *duty = edit(step, entry);
    if (!duty->held) {
        const struct task now = work_now(step, duty);
        carry(step, duty, &now);
    }
    duty->moved_to = to;
    duty->held = false;
    let_go(step, duty, resolution);
    forward_duty(step, to, duty);
    if (!is_own(step, duty)) duty->carried = (struct task_list){NULL, 0};
}

/* The incident's own begins its way. */
static struct entry *set_out(struct step *step, struct str name, const struct task *task)
{
    struct entry *entry = own_entry(step, name);
    struct duty *duty = ARENA_NEW(step->arena, struct duty);
    step->incident->duties += !entry->exists;
    *duty = duty_none;
    duty->incident_id = step->incident->incident_id;
    duty->name = name;
    duty->held = true;
    carry(step, duty, task);
    entry->duty = duty;
    entry->exists = true;
    step_touch(step, entry);
    return entry;
}

void duty_send(struct step *step, struct str name, const struct task *draft)
{
    const struct entry *task = duty_task(step, name);
    struct task begun = *draft;
    if (task->exists) begun.order = task->task->order;
    leave(step, set_out(step, name, &begun), step->incident->merged_into, RESOLUTION_DUPLICATE);
}

/* That it was met goes wherever the incident is merged into, once, and is never taken back. */
static void tell(struct step *step, struct entry *entry)
{
    struct str into = step->incident->merged_into;
    const struct duty *duty = entry->duty;
    if (!into.p || str_eq(duty->moved_to, into) || str_list_has(duty->passed, into)) return;
    forward_duty(step, into, duty);
    edit(step, entry)->moved_to = into;
}

void duty_hand_on(struct step *step, struct entry *task)
{
    struct str name = duty_name(step, task->task);
    if (!name.p || (!is_open(task) && !is_done(task))) return;
    if (task != duty_task(step, name)) return; /* of several of one party the first stands for it */
    if (is_open(task)) {
        task_settle(step, task, step->cause.at);
        step->at = time_later(step->cause.at, task->task->updated_at);
        const struct task now = carried(step, task->task);
        duty_send(step, name, &now);
        return;
    }
    struct entry *entry = own_entry(step, name);
    if (!entry->exists) { /* else it has met it: the task of one that is elsewhere is a duplicate */
        const struct task now = carried(step, task->task);
        struct duty *duty = set_out(step, name, &now)->duty;
        duty->held = false;
        duty->met = true;
    }
    tell(step, entry);
}

/* ---- where it comes to ---- */

/* What was met elsewhere is not to be done here any more. */
static void close_met(struct step *step, const struct duty *duty)
{
    struct entry *task = duty_task(step, duty->name);
    const struct task *met = duty_met_elsewhere(step, duty->name);
    bool is_left = task->exists && is_own(step, duty) && !is_done(task);
    if (met && (is_open(task) || is_left))
        point_to(step, task, met->incident_id, met->moved_from, RESOLUTION_DUPLICATE);
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
    seed.part = part_of(state_duty_name(before ? before->name : in.name));
    /* Which records were taken of its own name is known with it, of this one here. */
    if (!is_own(step, duty)) in.order = before ? before->order : task_none.order;
    in.for_others = !is_own(step, duty) &&
                    (!before || before->for_others || before->resolution == RESOLUTION_SUPERSEDED);
    if (!before && !in.moved_from.p && task_is_done(&in))
        create_done(step, &seed, &in);
    else
        task_arrive(step, &seed, &in);
}

/* Its work goes on here. What has come home is the incident's task and no more. */
static void take_up(struct step *step, struct entry *entry)
{
    struct duty *duty = edit(step, entry);
    const struct task *in = duty->carried.items;
    struct entry *task = duty_task(step, duty->name);
    duty->held = false;
    if (is_own(step, duty)) entry->exists = false;
    bool is_told_here = is_own(step, duty) && task_is_done(in);
    if (duty_is_met(step, duty->name) && !is_told_here)
        close_met(step, duty);
    else if (!is_open(task))
        open_task(step, task, duty);
    else if (in->status != STATUS_CLOSED)
        task_join(step, task, in);
}

/* What is done, or was put aside by somebody, stays where it began. */
static void come_home(struct step *step, struct entry *entry)
{
    take_up(step, entry);
    if (step->incident->merged_into.p) duty_hand_on(step, duty_task(step, entry->duty->name));
}

static void hold(struct step *step, struct entry *entry)
{
    if (entry->duty->held) return;
    struct duty *duty = edit(step, entry);
    const struct task now = work_now(step, duty);
    carry(step, duty, &now);
    duty->held = true;
}

/* One that is elsewhere goes on here, where that has forgotten what it had. */
static bool is_here_again(struct step *step, struct entry *entry)
{
    if (!entry->duty->moved_to.p) return true;
    if (!step->incident->is_forgotten) return false;
    if (!is_own(step, entry->duty)) {
        forward_tell_home(step, entry->duty->moved_to, entry->duty->incident_id);
        return false;
    }
    struct duty *duty = edit(step, entry);
    duty->moved_to = STR_NONE;
    duty->held = true;
    return true;
}

void duty_place(struct step *step, struct entry *entry)
{
    const struct incident *incident = step->incident;
    bool own = is_own(step, entry->duty);
    if (entry->duty->met) {
        if (!own) tell(step, entry);
        return;
    }
    if (!is_here_again(step, entry)) return;
    const struct duty *duty = entry->duty;
    if (own && duty->carried.items->status == STATUS_CLOSED)
        come_home(step, entry);
    else if (forward_is_undone(incident, duty->passed))
        leave(step, entry, duty->incident_id, RESOLUTION_SUPERSEDED);
    else if (incident->merged_into.p && duty_is_met(step, duty->name))
        close_met(step, duty);
    else if (incident->merged_into.p)
        leave(step, entry, incident->merged_into, RESOLUTION_DUPLICATE);
    else if (incident->phase == PHASE_WAITING || incident->level == LEVEL_UNCONFIRMED)
        hold(step, entry);
    else if (duty->held)
        take_up(step, entry);
}

/* ---- what is said of it ---- */

struct str duty_goes_to(struct step *step, struct str incident_id, struct str name,
                        struct str_list passed)
{
    const struct entry *entry = duty_entry(step, incident_id, name);
    if (is_elsewhere(entry)) return entry->duty->moved_to;
    if (entry->exists) return STR_NONE;
    /* Of its own one it knows all, until its past is deleted. */
    bool is_known = duty_task(step, name)->exists || !step->incident->retired;
    if (is_known && str_eq(incident_id, step->incident->incident_id)) return STR_NONE;
    return forward_next(step->incident, passed);
}

void duty_say(struct step *step, struct str name, const struct task *said, bool again)
{
    struct duty *duty = edit(step, own_entry(step, name));
    carry(step, duty, said);
    struct duty on = *duty;
    on.said = true;
    on.again = again;
    forward_duty(step, duty->moved_to, &on);
}

/* The incident is merged, and what it had at home is open again, or met: that goes on, behind those that
 * rest here, which take the work along as it is. */
static void follow_merge(struct step *step, struct entry *task)
{
    struct str name = duty_name(step, task->task);
    for (struct entry *e = NULL; (e = duty_next_guest(step, e, name));) duty_place(step, e);
    duty_hand_on(step, task);
}

/* What a closure of its incident says of it counts for the task that goes on with it. */
static void hear(struct step *step, const struct duty *said)
{
    struct entry *entry = duty_entry(step, said->incident_id, said->name);
    struct entry *task = duty_task(step, said->name);
    const struct task *in = said->carried.items;
    if (entry->exists && !entry->duty->met) {
        struct duty *duty = edit(step, entry);
        struct task came = *duty->carried.items;
        came.due_at = in->due_at;
        came.clock_start = in->clock_start;
        came.description = in->description;
        came.queue = in->queue;
        if (duty->held) apply(step, &came, in, said->again);
        carry(step, duty, &came);
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
    if (step->incident->merged_into.p) follow_merge(step, task);
}

/* ---- arrivals ---- */

void duty_arrive(struct step *step, const struct duty *in)
{
    const struct incident *incident = step->incident;
    struct str next = duty_goes_to(step, in->incident_id, in->name, in->passed);
    bool has_passed = str_list_has(in->passed, incident->incident_id);
    if (in->said && next.p) forward_duty(step, next, in);
    if (in->said && !next.p) hear(step, in);
    if (in->said || (in->met && (has_passed || is_own(step, in)))) return;
    struct entry *entry = duty_entry(step, in->incident_id, in->name);
    struct duty *duty = arena_copy(step->arena, in, sizeof *in);
    duty->moved_to = STR_NONE;
    duty->held = !in->met;
    duty->since = step->at;
    step->incident->duties += !entry->exists;
    entry->duty = duty;
    entry->exists = true;
    step_touch(step, entry);
    if (in->met) close_met(step, duty);
    if (has_passed) /* It has gone round: from where it began it goes the way that there is now. */
        leave(step, entry, in->incident_id, RESOLUTION_SUPERSEDED);
    else
        duty_place(step, entry);
}
