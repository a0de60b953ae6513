/* SPDX-License-Identifier: Apache-2.0 */
/* The incident as a whole: what a closure changes in it, when its follow-up begins and is complete.
 *
 *              closure                 last task closed
 *   waiting ───────────► open ───────────────────────────► completed
 *                          ▲      a task is made or re-opened    │
 *                          └──────── (next occurrence) ──────────┘
 */
#include <stdlib.h>

#include "step.h"

static void announce(struct step *step, enum incident_event event)
{
    struct incident *incident = step->incident;
    struct output *output = step_emit(step, OUTPUT_INCIDENT);
    output->incident.event = event;
    output->incident.number =
        event == INCIDENT_UPDATED ? ++incident->updates : incident->occurrence;
    output->incident.incident = arena_copy(step->arena, incident, sizeof *incident);
}

static void open_occurrence(struct step *step)
{
    struct incident *incident = step->incident;
    incident->phase = PHASE_OPEN;
    incident->occurrence++;
    incident->opened_at = incident->review_last = step->at;
    incident->completed_at = TIME_NONE;
    incident->reviews = 0;
    announce(step, INCIDENT_OPENED);
}

void incident_wake_up(struct step *step)
{
    if (step->incident->phase != PHASE_COMPLETED) return;
    /* The warnings of the input belong on the task's event that follows. */
    struct warnings warnings = step->warnings;
    step->warnings = (struct warnings){0};
    open_occurrence(step);
    step->warnings = warnings;
}

void incident_settle(struct step *step)
{
    struct incident *incident = step->incident;
    if (incident->phase != PHASE_OPEN || incident->counts.open > 0) return;
    incident->phase = PHASE_COMPLETED;
    incident->completed_at = step->at;
    announce(step, INCIDENT_COMPLETED);
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

/* ---- what a closure says ---- */

static void merge_header(const struct policy *policy, struct incident *stored,
                         const struct closure_event *event)
{
    const struct incident *in = &event->incident;
    unsigned present = event->present;
    stored->closed_at = in->closed_at;
    if (present & CLOSURE_TITLE) stored->title = in->title;
    if (present & CLOSURE_SEVERITY) stored->severity = in->severity;
    if (!stored->severity) stored->severity = policy->severity_default;
    if (present & CLOSURE_DISPOSITION) stored->disposition = in->disposition;
    if (present & CLOSURE_CUSTOMER_IMPACTING) stored->customer_impacting = in->customer_impacting;
    if (present & CLOSURE_DATA_BREACH) stored->data_breach = in->data_breach;
    if (present & CLOSURE_STARTED_AT) stored->started_at = in->started_at;
    if (present & CLOSURE_DETECTED_AT) stored->detected_at = in->detected_at;
    if (present & CLOSURE_CONTAINED_AT) stored->contained_at = in->contained_at;
    if (present & CLOSURE_OWNER) stored->owner = in->owner;
    /* An incident merged into itself is a publisher's slip, not a merge. */
    if ((present & CLOSURE_MERGED_INTO) && !str_eq(in->merged_into, stored->incident_id))
        stored->merged_into = in->merged_into;
}

static void merge_closure(struct closure *stored, const struct closure_event *event)
{
    const struct closure *in = &event->closure;
    unsigned present = event->present;
    if (present & CLOSURE_SUMMARY) stored->summary = in->summary;
    if (present & CLOSURE_STARTED_AT) stored->started_at_text = in->started_at_text;
    if (present & CLOSURE_DETECTED_AT) stored->detected_at_text = in->detected_at_text;
    if (present & CLOSURE_CONTAINED_AT) stored->contained_at_text = in->contained_at_text;
    if (present & CLOSURE_TIMELINE) {
        stored->timeline = in->timeline;
        stored->timeline_n = in->timeline_n;
    }
    if (present & CLOSURE_TECHNICAL_SUMMARY) {
        stored->evidence = in->evidence;
        stored->evidence_n = in->evidence_n;
        stored->actors = in->actors;
        stored->response = in->response;
        stored->takeaways = in->takeaways;
    }
    if (present & CLOSURE_RESPONSE_EVALUATION) {
        stored->sufficient = in->sufficient;
        stored->complete = in->complete;
        stored->evaluation_note = in->evaluation_note;
    }
    if (present & CLOSURE_COORDINATION) {
        stored->coordination = in->coordination;
        stored->coordination_n = in->coordination_n;
    }
    if (present & CLOSURE_REFERENCES) stored->references = in->references;
}

static struct closure *edit_closure(struct step *step)
{
    struct str key = state_closure_key(step->arena, step->incident->incident_id);
    struct entry *entry = state_entry(step->d->table, key);
    struct closure *closure = ARENA_NEW(step->arena, struct closure);
    if (entry->exists) *closure = *entry->closure;
    entry->closure = closure;
    entry->exists = true;
    state_touch(step->d->table, entry);
    return closure;
}

/* Full never turns back into light. */
static void decide_level(struct step *step)
{
    struct incident *incident = step->incident;
    unsigned flags = incident_flags(step->policy, incident) & step->policy->full_when;
    if (incident->disposition > DISPOSITION_CONFIRMED) {
        incident->level = LEVEL_UNCONFIRMED;
        incident->because = 0;
    } else if (flags || incident->level == LEVEL_FULL) {
        incident->level = LEVEL_FULL;
        incident->because |= flags;
    } else {
        incident->level = LEVEL_LIGHT;
    }
}

/* ---- an incident that is none, or a part of another one ---- */

/* Nothing more is done with such a finding unless the incident comes back. */
static bool is_held(const struct finding *finding)
{
    return !finding->kind && finding->orphan_sent;
}

/* Its open tasks end, and its findings are held again. */
static void put_aside(struct step *step, int resolution, struct str reason)
{
    size_t n;
    struct entry **tasks = incident_entries(step, ENTRY_TASK, &n);
    for (size_t i = 0; i < n; i++) task_close(step, tasks[i], resolution, reason);
    struct entry **findings = incident_entries(step, ENTRY_FINDING, &n);
    for (size_t i = 0; i < n; i++) {
        struct entry *entry = findings[i];
        if (is_held(entry->finding)) continue;
        entry->finding = arena_copy(step->arena, entry->finding, sizeof *entry->finding);
        entry->finding->kind = 0;
        entry->finding->sop_task = false;
        entry->finding->orphan_sent = true;
        state_touch(step->d->table, entry);
        entry->wake_at = TIME_NONE;
    }
}

static void take_findings(struct step *step, const struct closure_event *event)
{
    for (size_t i = 0; i < event->findings_n; i++) finding_take(step, &event->findings[i], true);
}

static void turn_away(struct step *step, const struct closure_event *event)
{
    struct str what = disposition_name(step->incident->disposition);
    put_aside(step, RESOLUTION_DISMISSED,
              arena_printf(step->arena, "the incident is %.*s", STR_ARG(what)));
    take_findings(step, event);
}

/* All findings go on to the other incident when the merge is new; later only those that this
 * closure brought, which are not held yet. */
static void merge_away(struct step *step, const struct closure_event *event, bool is_new)
{
    take_findings(step, event);
    size_t n;
    struct entry **findings = incident_entries(step, ENTRY_FINDING, &n);
    for (size_t i = 0; i < n; i++)
        if (is_new || !is_held(findings[i]->finding))
            incident_forward_finding(step, findings[i]->finding, ~0u);
    struct str into = step->incident->merged_into;
    put_aside(step, RESOLUTION_DUPLICATE,
              arena_printf(step->arena, "merged into %.*s", STR_ARG(into)));
}

void incident_forward_finding(struct step *step, const struct finding *finding, unsigned present)
{
    const struct incident *incident = step->incident;
    struct output *output = step_emit(step, OUTPUT_FORWARD);
    output->incident_id = incident->merged_into;
    output->forward.finding.incident_id = incident->merged_into;
    output->forward.finding.finding = *finding;
    output->forward.finding.finding.finding_id = arena_printf(
        step->arena, "%.*s:%.*s", STR_ARG(incident->incident_id), STR_ARG(finding->finding_id));
    output->forward.finding.present = present;
}

/* ---- an incident to follow up ---- */

static void follow_up(struct step *step, const struct closure_event *event,
                      const struct closure *closure, const struct incident *old)
{
    step->back = old->level == LEVEL_UNCONFIRMED || old->merged_into.p;
    followup_make(step, closure);
    followup_update(step, old);
    size_t n;
    struct entry **findings = incident_entries(step, ENTRY_FINDING, &n);
    if (old->level == LEVEL_LIGHT && step->incident->level == LEVEL_FULL)
        for (size_t i = 0; i < n; i++) finding_reprioritize(step, findings[i]);
    take_findings(step, event);
    findings = incident_entries(step, ENTRY_FINDING, &n);
    for (size_t i = 0; i < n; i++) finding_release(step, findings[i]);
}

void incident_take_closure(struct step *step, const struct closure_event *event)
{
    struct incident *incident = step->incident;
    struct incident old = *incident;
    if (old.phase != PHASE_WAITING && !order_is_later(old.order, event->incident.order)) return;
    incident->order = order_advance(incident->order, event->incident.order);
    merge_header(step->policy, incident, event);
    decide_level(step);
    struct closure *closure = edit_closure(step);
    merge_closure(closure, event);

    bool is_confirmed_now = old.level == LEVEL_UNCONFIRMED && incident->level != LEVEL_UNCONFIRMED;
    if (old.phase == PHASE_WAITING || is_confirmed_now)
        open_occurrence(step);
    else if (old.level != incident->level || old.severity != incident->severity ||
             !str_eq(old.title, incident->title))
        announce(step, INCIDENT_UPDATED);

    if (incident->merged_into.p)
        merge_away(step, event, !str_eq(old.merged_into, incident->merged_into));
    else if (incident->level == LEVEL_UNCONFIRMED)
        turn_away(step, event);
    else
        follow_up(step, event, closure, &old);
    incident_settle(step);
}
