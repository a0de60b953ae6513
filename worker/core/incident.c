/* SPDX-License-Identifier: Apache-2.0 */
/* The incident as a whole: when its follow-up begins and is complete.
 *
 *              closure                 last task closed
 *   waiting ───────────► open ───────────────────────────► completed
 *                          ▲      a task is made or re-opened    │
 *                          └──────── (next occurrence) ──────────┘
 */
#include <stdlib.h>

#include "step.h"

void incident_announce(struct step *step, enum incident_event event)
{
    struct incident *incident = step->incident;
    struct output *output = step_emit(step, OUTPUT_INCIDENT);
    output->incident.event = event;
    output->incident.number =
        event == INCIDENT_UPDATED ? ++incident->updates : incident->occurrence;
    output->incident.incident = arena_copy(step->arena, incident, sizeof *incident);
}

void incident_open(struct step *step)
{
    struct incident *incident = step->incident;
    incident->phase = PHASE_OPEN;
    incident->occurrence++;
    incident->opened_at = incident->review_last = step->at;
    incident->completed_at = TIME_NONE;
    incident->reviews = 0;
    incident_announce(step, INCIDENT_OPENED);
}

void incident_wake_up(struct step *step)
{
    if (step->incident->phase != PHASE_COMPLETED) return;
    /* The warnings of the input belong on the task's event that follows. */
    struct warnings warnings = step->warnings;
    step->warnings = (struct warnings){0};
    incident_open(step);
    step->warnings = warnings;
}

void incident_settle(struct step *step)
{
    struct incident *incident = step->incident;
    if (incident->phase != PHASE_OPEN || incident->counts.open > 0) return;
    /* The rest of a closure may bring more tasks; it settles the incident itself. A look at doubts
     * brings none, and the record that has closed the last one is the cause. */
    if (incident->cursor.stage && incident->cursor.stage != STAGE_AGAIN) return;
    incident->phase = PHASE_COMPLETED;
    incident->completed_at = step->at;
    incident_announce(step, INCIDENT_COMPLETED);
}

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(struct entry *const *)a)->key, (*(struct entry *const *)b)->key);
}

struct entry **incident_entries(struct step *step, enum entry_type type, size_t *n)
{
    struct entry **entries = NULL;
    size_t cap = 0;
    *n = 0;
    for (struct entry *e = step->header->next_sibling; e; e = e->next_sibling)
        if (e->exists && e->type == type) *ARENA_PUSH(step->arena, entries, *n, cap) = e;
    if (*n) qsort(entries, *n, sizeof *entries, by_key);
    return entries;
}

static bool is_true(const struct policy *policy, int said)
{
    return said == TRI_TRUE || (said == TRI_SUSPECTED && policy->suspected_is_true);
}

unsigned incident_flags(const struct policy *policy, const struct incident *incident)
{
    unsigned flags = 0;
    if (is_true(policy, incident->customer_impacting)) flags |= BECAUSE_CUSTOMER_IMPACTING;
    if (is_true(policy, incident->data_breach)) flags |= BECAUSE_DATA_BREACH;
    return flags;
}
