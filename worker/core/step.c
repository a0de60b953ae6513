/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all of the decision of one event has in common: its own copy of the header, what it has
 * touched, what it sends, and how much of that one transaction still holds.
 */
#include "step.h"

#include <stdlib.h>

#include "common/ensure.h"
#include "incident.h"
#include "order.h"
#include "state_key.h"

/* This event's own copy of the header, so that outputs of earlier events keep theirs. */
void step_begin(struct step *step, struct decision *d, const struct event *event)
{
    struct str key = event->type == EVENT_TICK ? state_header_key(event->tick_key)
                                               : state_incident_key(d->arena, event->incident_id);
    struct entry *header = state_entry(d->table, key);
    *step = (struct step){
        .d = d,
        .policy = d->policy,
        .arena = d->arena,
        .header = header,
        .cause = event->cause,
        .at = event->cause.at,
        .incident = header->exists
                        ? arena_copy(d->arena, header->incident, sizeof *header->incident)
                        : incident_new(d->arena, event->incident_id),
    };
    step->is_resumed = step->incident->cursor.changes & CHANGE_BACK;
}

/* What is written of the incident must be what can be; it is read by all that comes later. */
static void check_header(const struct incident *old, const struct incident *now)
{
    const struct counts *counts = &now->counts;
    ENSURE(counts->open >= 0);
    ENSURE(counts->met >= 0);
    ENSURE(counts->met_late >= 0);
    ENSURE(counts->waived >= 0);
    ENSURE(counts->closed == counts->met + counts->met_late + counts->waived);
    ENSURE(now->accepted >= 0);
    ENSURE(now->accepted <= counts->waived);
    ENSURE(now->doubts >= 0);
    ENSURE(now->doubts <= now->findings);
    ENSURE(now->occurrence >= old->occurrence);
    ENSURE(now->updates >= old->updates);
    ENSURE(now->occurrence >= now->retired);
    ENSURE(str_eq(now->incident_id, old->incident_id));
}

void step_end(struct step *step)
{
    struct entry *header = step->header;
    if (header->exists && !memcmp(header->incident, step->incident, sizeof *step->incident)) return;
    check_header(header->exists ? header->incident : step->incident, step->incident);
    header->incident = step->incident;
    header->exists = true;
    step_touch(step, header);
}

void step_touch(struct step *step, struct entry *entry)
{
    ENSURE(entry->header == step->header);
    state_touch(step->d->table, entry);
    struct entry *holder = entry->holder;
    if (holder->type != ENTRY_FINDING) return;
    if (holder->to_follow) return;
    holder->to_follow = true;
    *ARENA_PUSH(step->arena, step->changed, step->changed_n, step->changed_cap) = holder;
}

struct output *step_emit(struct step *step, enum output_type type)
{
    struct outputs *outputs = &step->d->outputs;
    struct output *output = ARENA_PUSH(step->arena, outputs->items, outputs->n, outputs->cap);
    *output = (struct output){
        .type = type,
        .incident_id = step->incident->incident_id,
        .at = step->at,
        .cause = step->cause,
        .policy_version = step->policy->version,
    };
    if (type == OUTPUT_FORWARD) output->forward = ARENA_NEW(step->arena, struct forward_output);
    /* Warnings stand once, on the first event that their input causes. */
    if (type == OUTPUT_TASK || type == OUTPUT_INCIDENT) {
        output->warnings = step->warnings;
        step->warnings = (struct warnings){0};
    }
    return output;
}

bool step_refuse_crowded(struct step *step, struct order stored, struct order incoming)
{
    if (!order_is_crowded(stored, incoming)) return false;
    step->d->refused = (struct refused){
        REFUSE_BAD_TIME,
        STR("updated_at: too many different records of this time; send a revision or a later time"),
        step->incident->incident_id};
    return true;
}

void step_warn(struct step *step, struct str member, struct str value, struct str taken_as)
{
    size_t n = step->warnings.n;
    struct warning *items = arena_alloc(step->arena, (n + 1) * sizeof *items);
    if (n) memcpy(items, step->warnings.items, n * sizeof *items);
    items[n] = (struct warning){member, value, taken_as};
    step->warnings = (struct warnings){items, n + 1};
}

/* The header says which tasks of the incident itself were ever made: of the others nothing can be
 * stored, and the store need not be asked. */
static bool was_never_made(const struct step *step, struct str name)
{
    if (!step->header->exists) return false;
    enum task_kind kind = task_kind_parse(name);
    return kind && !(step->header->incident->made >> kind & 1);
}

/* What was never asked of the store must not be taken for absent: it would begin a second life
 * with ids that were used. */
struct entry *step_task_entry(struct step *step, struct str name)
{
    struct str key = state_task_key(step->arena, step->header->key, name);
    struct entry *entry = state_entry(step->d->table, key);
    ENSURE(state_is_known(entry) || was_never_made(step, name));
    return entry;
}

struct entry *step_holder(struct step *step, struct str key)
{
    struct entry *entry = state_entry(step->d->table, key);
    ENSURE(state_is_known(entry));
    return entry;
}

struct entry *step_closure(struct step *step)
{
    return step_holder(step, state_closure_key(step->arena, step->header->key));
}

static struct entry *entry_of_part(struct step *step, struct str part)
{
    return step_holder(step, state_finding_key(step->arena, step->header->key, part));
}

struct entry *step_finding_entry(struct step *step, const struct origin *origin,
                                 struct str finding_id)
{
    return entry_of_part(step, state_finding_part(step->arena, origin, finding_id));
}

struct entry *step_finding_said(struct step *step, const struct finding *said)
{
    struct str parts[2];
    size_t n = state_finding_parts(step->arena, said, parts);
    struct entry *first = entry_of_part(step, parts[0]);
    if (first->exists || n == 1) return first;
    struct entry *other = entry_of_part(step, parts[1]);
    return other->exists ? other : first;
}

static struct finding called(struct str finding_id)
{
    struct finding said = finding_none;
    said.finding_id = finding_id;
    return said;
}

struct entry *step_finding_named(struct step *step, struct str finding_id)
{
    const struct finding said = called(finding_id);
    return step_finding_said(step, &said);
}

struct entry *step_finding_known(struct step *step, struct str finding_id)
{
    const struct finding said = called(finding_id);
    struct str parts[2];
    size_t n = state_finding_parts(step->arena, &said, parts);
    for (size_t i = 0; i < n; i++) {
        struct str key = state_finding_key(step->arena, step->header->key, parts[i]);
        struct entry *entry = state_find(step->d->table, key);
        if (entry && entry->exists) return entry;
    }
    return NULL;
}

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(struct entry *const *)a)->key, (*(struct entry *const *)b)->key);
}

struct entry **step_entries(struct step *step, enum entry_type type, size_t *n)
{
    struct entry **entries = NULL;
    size_t cap = 0;
    *n = 0;
    for (struct entry *e = step->header->next_sibling; e; e = e->next_sibling)
        if (e->exists && e->type == type) *ARENA_PUSH(step->arena, entries, *n, cap) = e;
    if (*n) qsort(entries, *n, sizeof *entries, by_key);
    return entries;
}

/* Far below what a transaction holds, for what is counted is an estimate. */
#define STEP_BYTES_MAX ((size_t)8 << 20)

bool step_is_full(const struct step *step)
{
    size_t max = step->d->step_max ? step->d->step_max : DECIDE_STEP_MAX;
    return step->handled >= max || step->bytes >= STEP_BYTES_MAX;
}

size_t step_list_bytes(struct str_list list)
{
    size_t bytes = 0;
    for (size_t i = 0; i < list.n; i++) bytes += list.items[i].n;
    return bytes;
}

void step_count_finding(struct step *step, const struct finding *finding)
{
    step_count(step, 1,
               finding->description.n + step_list_bytes(finding->groups) +
                   step_list_bytes(finding->references) + labels_bytes(finding->labels));
}

struct warnings step_join_warnings(struct arena *arena, struct warnings a, struct warnings b)
{
    struct warnings both = {arena_alloc(arena, (a.n + b.n) * sizeof *both.items), 0};
    for (size_t i = 0; i < a.n; i++) {
        size_t j = 0;
        while (j < b.n && !str_eq(a.items[i].member, b.items[j].member)) j++;
        if (j == b.n) both.items[both.n++] = a.items[i];
    }
    for (size_t i = 0; i < b.n; i++) both.items[both.n++] = b.items[i];
    return both;
}
