/* SPDX-License-Identifier: Apache-2.0 */
/* The incident as a whole: when its follow-up begins and is complete.
 *
 *              closure                 last task closed
 *   waiting ───────────► open ───────────────────────────► completed
 *                          ▲      a task is made or re-opened    │
 *                          └──────── (next occurrence) ──────────┘
 */
#include "occurrence.h"

void occurrence_announce(struct step *step, enum incident_event event)
{
    struct incident *incident = step->incident;
    struct output *output = step_emit(step, OUTPUT_INCIDENT);
    output->incident.event = event;
    output->incident.number =
        event == INCIDENT_UPDATED ? ++incident->updates : incident->occurrence;
    output->incident.incident = arena_copy(step->arena, incident, sizeof *incident);
}

void occurrence_open(struct step *step)
{
    struct incident *incident = step->incident;
    incident->phase = PHASE_OPEN;
    incident->occurrence++;
    incident->opened_at = incident->review_last = step->at;
    incident->completed_at = TIME_NONE;
    incident->reviews = 0;
    occurrence_announce(step, INCIDENT_OPENED);
}

void occurrence_ensure_open(struct step *step)
{
    if (step->incident->phase != PHASE_COMPLETED) return;
    /* The warnings of the input belong on the task's event that follows. */
    struct warnings warnings = step->warnings;
    step->warnings = (struct warnings){0};
    occurrence_open(step);
    step->warnings = warnings;
}

void occurrence_settle(struct step *step)
{
    struct incident *incident = step->incident;
    if (incident->phase != PHASE_OPEN || incident->counts.open > 0) return;
    /* The rest of a closure may bring more tasks; it settles the incident itself. A look at doubts
     * brings none, and the record that has closed the last one is the cause. */
    if (incident->cursor.stage && incident->cursor.stage != STAGE_AGAIN) return;
    incident->phase = PHASE_COMPLETED;
    incident->completed_at = step->at;
    occurrence_announce(step, INCIDENT_COMPLETED);
}
