/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of parties that a closure names. What is owed to a party is in obligation.c. */
#include "coordination.h"

#include <stdlib.h>

#include "common/text.h"
#include "duty.h"
#include "followup.h"
#include "state_key.h"
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
    seed.party = c->key;
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

/* Its name is the party as it was written first, and stays that: it is looked for by that, and then
 * by what is the same however it is written. Of several, which only older versions made, the first. */
struct entry *coordination_entry(struct step *step, const struct coordination *c)
{
    struct entry *named = step_task_entry(
        step, task_name(step, KIND_COORDINATION, state_encode_part(step->arena, c->party)));
    struct entry *found = NULL;
    if (named->exists) return named;
    for (struct entry *e = step->header->next_sibling; e; e = e->next_sibling)
        if (e->exists && e->type == ENTRY_TASK && e->task->party.p &&
            str_eq(e->task->party, c->key) && (!found || str_cmp(e->key, found->key) < 0))
            found = e;
    return found ? found : named;
}

/* ---- what a closure says anew ---- */

static struct str identity(const struct coordination *c)
{
    return c->key.p ? c->key : c->party; /* closures of older versions have no keys */
}

static int by_identity(const void *a, const void *b)
{
    return str_cmp(identity(a), identity(b));
}

static const struct coordination *find(struct coordination_list sorted, struct str identity)
{
    const struct coordination wanted = {.key = identity};
    return sorted.n ? bsearch(&wanted, sorted.items, sorted.n, sizeof wanted, by_identity) : NULL;
}

/* As a duty, in all incidents. */
static struct str name_of(struct step *step, const struct coordination *c)
{
    return duty_party_name(step, identity(c));
}

bool coordination_mark(struct step *step, struct coordination_list old,
                       struct coordination_list *list)
{
    bool any = false;
    if (!list->n) return false;
    struct coordination *items = arena_copy(step->arena, list->items, list->n * sizeof *items);
    if (old.n) {
        old.items = arena_copy(step->arena, old.items, old.n * sizeof *old.items);
        qsort(old.items, old.n, sizeof *old.items, by_identity);
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct coordination *before = find(old, identity(&items[i]));
        if (!before) before = find(old, items[i].party);
        items[i].again = !items[i].closed && (!before || before->closed);
        any |= items[i].again;
    }
    list->items = items;
    return any;
}

/* ---- its task ---- */

/* Whether the closure says that it is open again, whoever has closed it (R4.208). */
static bool is_told_again(const struct step *step, const struct coordination *c)
{
    return c->again && step->incident->cursor.changes & CHANGE_PARTIES;
}

/* Whether a task is to be made, or opened again: the incident is followed up again, or a closure says so;
 * not because it says once more what it has always said of a party with which somebody is done. */
static bool is_wanted(struct step *step, const struct coordination *c, const struct entry *entry,
                      struct str name)
{
    if (c->closed) return false;
    if (!entry->exists) return !duty_met_elsewhere(step, name);
    const struct task *task = entry->task;
    if (task->status != STATUS_CLOSED) return false;
    if (is_told_again(step, c) && !task->moved_to.p) return true;
    bool is_back = step->is_resumed && !step->incident->merged_into.p && task->aside;
    return (is_back || task->moved_to.p) && !duty_met_elsewhere(step, name);
}

/* What it says of one that goes on in another incident. */
static void say(struct step *step, struct str name, const struct coordination *c, enum queue queue)
{
    const struct task *was = duty_carried(step, name);
    struct task now = *was;
    describe(step, &now, c, queue);
    bool again = is_told_again(step, c);
    if (again) task_apply_status(step, &now, REPORTED_OPEN);
    if (c->closed) task_apply_status(step, &now, REPORTED_CLOSED);
    if (again || now.status != was->status || now.queue != was->queue ||
        !str_eq(now.description, was->description))
        duty_say(step, name, &now, again);
}

/* It goes on in the incident that this one was merged into, where it is open. */
static void send(struct step *step, struct str name, const struct task_seed *seed,
                 const struct entry *entry)
{
    struct task *task = task_draft(step, seed);
    if (entry->exists) {
        *task = *entry->task;
        task->moved_from = state_task_id(step->arena, task->incident_id, task->name);
        task_apply_status(step, task, REPORTED_OPEN);
    }
    duty_send(step, name, task);
}

static void follow_up(struct step *step, struct entry *entry, const struct coordination *c,
                      enum queue queue, bool is_back)
{
    if (entry->task->status == STATUS_CLOSED && !is_back) return;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    if (is_back) task_apply_status(step, task, REPORTED_OPEN);
    task->for_others = false;
    task->party = c->key;
    describe(step, task, c, queue);
    task_changed(step, entry, before);
}

void coordination_take(struct step *step, const struct coordination *c)
{
    enum queue queue = c->party_kind == PARTY_INTERNAL_GROUP ? QUEUE_RESPONSE_TEAM : QUEUE_EXTERNAL;
    struct str name = name_of(step, c);
    if (duty_is_away(step, name)) {
        say(step, name, c, queue);
        return;
    }
    struct entry *entry = coordination_entry(step, c);
    const struct task_seed seed = seed_of(step, c, queue);
    bool wanted = is_wanted(step, c, entry, name);
    if (wanted && step->incident->merged_into.p)
        send(step, name, &seed, entry);
    else if (entry->exists)
        follow_up(step, entry, c, queue, wanted);
    else if (wanted || c->closed)
        entry = task_create(step, &seed);
    if (c->closed) task_close(step, entry, RESOLUTION_DONE, STR_NONE);
}
