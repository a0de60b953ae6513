/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of parties that a closure names. What is owed to a party is in obligation.c. */
#include "coordination.h"

#include "common/text.h"
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

static struct entry *create_coordination(struct step *step, const struct coordination *c,
                                         enum queue queue)
{
    struct str what = arena_printf(step->arena, "Coordinate with %.*s on", STR_ARG(c->party));
    struct task_seed seed = followup_seed(step, KIND_COORDINATION, followup_title(step, what.p));
    seed.part = state_encode_part(step->arena, c->party);
    if (!is_queued(&seed.ruling)) seed.ruling.queue = queue;
    seed.description = party_description(step, c);
    return task_create(step, &seed);
}

void coordination_take(struct step *step, const struct coordination *c)
{
    struct entry *entry = step_task_entry(
        step, task_name(step, KIND_COORDINATION, state_encode_part(step->arena, c->party)));
    enum queue queue = c->party_kind == PARTY_INTERNAL_GROUP ? QUEUE_RESPONSE_TEAM : QUEUE_EXTERNAL;
    if (!entry->exists) {
        entry = create_coordination(step, c, queue);
    } else {
        bool comes_back = step->is_resumed && task_is_put_aside(entry->task) && !c->closed;
        if (entry->task->status == STATUS_CLOSED && !comes_back) return;
        const struct task *before;
        struct task *task = task_edit(step, entry, &before);
        if (comes_back) task_apply_status(step, task, REPORTED_OPEN);
        task->description = party_description(step, c);
        const struct ruling ruling = rules_of(step, task);
        if (!is_queued(&ruling)) task->queue = queue;
        task_changed(step, entry, before);
    }
    if (c->closed) task_close(step, entry, RESOLUTION_DONE, STR_NONE);
}
