/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of parties that a closure names. What is owed to a party is in obligation.c. */
#include "coordination.h"

#include "common/text.h"
#include "duty.h"
#include "followup.h"
#include "task.h"

static struct str party_description(struct step *step, const struct coordination *c)
{
    struct str text = party_kind_name(c->party_kind);
    if (c->reference.p)
        text =
            arena_printf(step->arena, "%.*s; reference %.*s", STR_ARG(text), STR_ARG(c->reference));
    return text_clean(step->arena, text);
}

/* Whether a rule of the policy says the queue, whoever the party is. */
static bool is_queued(const struct ruling *ruling)
{
    return ruling->by && ruling->by->queue;
}

static struct task_seed seed_of(struct step *step, const struct coordination *c, enum queue queue)
{
    struct str what = arena_printf(step->arena, "Coordinate with %.*s on", STR_ARG(c->party));
    struct task_seed seed = followup_seed(step, KIND_COORDINATION, followup_title(step, what.p));
    seed.part = state_encode_part(step->arena, c->party);
    if (!is_queued(&seed.ruling)) seed.ruling.queue = queue;
    seed.description = party_description(step, c);
    return seed;
}

static void describe(struct step *step, struct task *task, const struct coordination *c,
                     enum queue queue)
{
    task->description = party_description(step, c);
    const struct ruling ruling = rules_of(step, task);
    if (!is_queued(&ruling)) task->queue = queue;
}

/* What it says of one that goes on in another incident. */
static void say(struct step *step, struct str name, const struct coordination *c, enum queue queue)
{
    const struct task *was = duty_carried(step, name);
    struct task now = *was;
    describe(step, &now, c, queue);
    if (c->closed) task_apply_status(step, &now, REPORTED_CLOSED);
    if (now.status != was->status || now.queue != was->queue ||
        !str_eq(now.description, was->description))
        duty_say(step, name, &now);
}

/* Whether a task is to be made, or opened again, for what the closure says. */
static bool is_wanted(struct step *step, const struct coordination *c, const struct entry *entry,
                      struct str name)
{
    if (c->closed || duty_is_met(step, name)) return false;
    if (!entry->exists) return true;
    const struct task *task = entry->task;
    bool is_back = step->is_resumed && !step->incident->merged_into.p;
    return task->moved_to.p || (is_back && task->aside);
}

static void follow_up(struct step *step, struct entry *entry, const struct coordination *c,
                      enum queue queue, bool is_back)
{
    if (entry->task->status == STATUS_CLOSED && !is_back) return;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (is_back) task_apply_status(step, task, REPORTED_OPEN);
    task->for_others = false;
    describe(step, task, c, queue);
    task_changed(step, entry, before);
}

void coordination_take(struct step *step, const struct coordination *c)
{
    struct str part = state_encode_part(step->arena, c->party);
    struct str task_id = task_name(step, KIND_COORDINATION, part), name = state_duty_name(task_id);
    enum queue queue = c->party_kind == PARTY_INTERNAL_GROUP ? QUEUE_RESPONSE_TEAM : QUEUE_EXTERNAL;
    if (duty_is_away(step, name)) {
        say(step, name, c, queue);
        return;
    }
    struct entry *entry = step_task_entry(step, task_id);
    const struct task_seed seed = seed_of(step, c, queue);
    bool wanted = is_wanted(step, c, entry, name);
    if (wanted && step->incident->merged_into.p)
        duty_send(step, name, task_draft(step, &seed));
    else if (entry->exists)
        follow_up(step, entry, c, queue, wanted);
    else if (wanted || c->closed)
        entry = task_create(step, &seed);
    if (c->closed) task_close(step, entry, RESOLUTION_DONE, STR_NONE);
}
