/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an incident does with what comes from merged ones: findings on their way, what is told of
 * them, merges and partings. Why it ends, and why nothing is lost or twice, is in docs/design.md,
 * "Merges end" and "A finding is in one place".
 */
#include "merged.h"

#include "closure.h"
#include "deadline.h"
#include "duplicate.h"
#include "duty.h"
#include "duty_told.h"
#include "finding.h"
#include "forward.h"
#include "incident.h"
#include "obligation.h"
#include "occurrence.h"
#include "stages.h"
#include "state_key.h"
#include "task_update.h"

/* What comes by a merge to what is not closed may wait for ever (R4.198). `passed`: its own incident first. */
static void await(struct step *step, struct str_list passed)
{
    if (step->incident->phase != PHASE_WAITING || !passed.n) return;
    struct entry *entry =
        step_holder(step, state_waiting_key(step->arena, step->header->key, passed.items[0]));
    struct waiting *waiting = ARENA_NEW(step->arena, struct waiting);
    *waiting = (struct waiting){.incident_id = passed.items[0], .since = step->at};
    if (entry->exists) *waiting = *entry->waiting;
    waiting->passed = passed;
    entry->waiting = waiting;
    entry->exists = true;
    step_touch(step, entry);
    if (!waiting->told)
        step->incident->awaited_since = time_first(step->incident->awaited_since, waiting->since);
}

/* ---- findings ---- */

enum decide_result merged_take_finding(struct step *step, const struct finding_event *event)
{
    struct finding_event said = *event;
    const struct origin *origin = &said.finding.origin;
    struct entry *entry = step_finding_said(step, &said.finding);
    if (!entry->exists && origin->incident_id.p) {
        struct str to = forward_next(step->incident, said.finding.passed);
        forward_finding(step, to.p ? to : origin->incident_id, *origin, &said);
        return DECIDE_OK;
    }
    if (said.finding.passed.n)
        said.finding.duplicate_of = forward_localized(step, said.finding.duplicate_of);
    finding_take(step, &said, false);
    stages_place(step, entry);
    occurrence_settle(step);
    return DECIDE_OK;
}

void merged_arrive(struct step *step, const struct arrival_event *event)
{
    const struct incident *incident = step->incident;
    const struct finding *in = &event->finding;
    struct entry *entry = finding_arrive(step, in);
    if (!entry) {
        /* It is here: it was forgotten where this one comes from, and told of anew. */
        struct finding_event said = {.incident_id = incident->incident_id,
                                     .finding = *in,
                                     .present = finding_said(in),
                                     .by = in->status_by,
                                     .warnings = in->warnings};
        said.finding.duplicate_of = forward_localized(step, in->duplicate_of);
        finding_take(step, &said, false);
        occurrence_settle(step);
        return;
    }
    if (str_list_has(in->passed, incident->incident_id))
        /* It has gone round: from where it began it goes the way that there is now. */
        finding_leave(step, entry, in->origin.incident_id, RESOLUTION_SUPERSEDED);
    else
        stages_place(step, entry);
    if (!entry->finding->moved_to.p) await(step, in->passed);
    if (entry->finding->moved_to.p || incident->phase == PHASE_WAITING ||
        incident_is_put_aside(incident))
        return;
    finding_release(step, entry);
    finding_look_again(step, entry);
    duplicate_doubts_may_end(step, entry->finding, &finding_none);
    occurrence_settle(step);
}

/* ---- duties ---- */

void merged_take_duty(struct step *step, const struct duty *duty)
{
    duty_arrive(step, duty);
    const struct entry *entry = duty_entry(step, duty->incident_id, duty->name);
    if (entry->exists && entry->duty->held) await(step, duty->passed);
    obligation_settle(step, duty->name);
    occurrence_settle(step);
}

void merged_take_facts(struct step *step, const struct facts_event *event)
{
    closure_take_facts(step, event);
    if (forward_next(step->incident, event->passed).p) forward_facts(step, event);
}

/* ---- tasks ---- */

void merged_take_task_update(struct step *step, const struct task_update_event *event)
{
    const struct finding *finding = task_update_finding(step, event);
    const struct origin origin = task_update_origin(step, event);
    struct origin duty;
    struct str to = duty_told_goes_to(step, event, &duty);
    if (to.p) {
        if (duty_told_note(step, event))
            forward_duty_update(step, to, duty, duty_told_name(step, event), event);
    } else if (finding && finding->moved_to.p) {
        forward_task_update(step, finding->moved_to, forward_identity(step, finding), event);
    } else if (!finding && origin.finding_id.p) {
        to = forward_search(step->incident, event->passed, origin);
        forward_task_update(step, to, origin, event);
    } else {
        task_update_take(step, event);
        occurrence_settle(step);
    }
}

/* ---- merges ---- */

/* From this incident on. */
static struct str_list turned(struct step *step, struct str_list circle, size_t from)
{
    struct str *items = arena_alloc(step->arena, circle.n * sizeof *items);
    for (size_t i = 0; i < circle.n; i++) items[i] = circle.items[(from + i) % circle.n];
    return (struct str_list){items, circle.n};
}

/* All members see the same circle, whichever merge has closed it, so it is always the same one that
 * ends its own. Where a member goes elsewhere by now there is no such circle. */
static void go_round(struct step *step, struct str_list circle)
{
    struct incident *incident = step->incident;
    size_t at = str_list_find(circle, incident->incident_id);
    if (at == circle.n || circle.n < 2) return; /* a stranger's */
    circle = turned(step, circle, at);
    if (!str_eq(incident->merged_into, circle.items[1])) return;
    size_t smallest = 0;
    for (size_t i = 1; i < circle.n; i++)
        if (str_cmp(circle.items[i], circle.items[smallest]) < 0) smallest = i;
    if (smallest) {
        forward_merge(step, &(struct merge_event){.circle = circle});
    } else {
        incident->circle = circle;
        closure_settle(step);
    }
}

void merged_take_merge(struct step *step, const struct merge_event *event)
{
    struct incident *incident = step->incident;
    size_t at = str_list_find(event->passed, incident->incident_id);
    if (event->circle.n) {
        go_round(step, event->circle);
    } else if (at < event->passed.n) {
        go_round(step, (struct str_list){event->passed.items + at, event->passed.n - at});
    } else if (incident->merged_into.p && event->passed.n < PASSED_MAX) {
        forward_merge(step, event);
    } else if (incident->merged_into.p) {
        /* Longer than any record may be: it is cut here, as a circle is. */
        struct str *two = arena_alloc(step->arena, 2 * sizeof *two);
        two[0] = incident->incident_id;
        two[1] = incident->merged_into;
        incident->circle = (struct str_list){two, 2};
        closure_settle(step);
    } else {
        await(step, event->passed);
    }
}

static void note_gone(struct step *step, struct edge edge)
{
    struct incident *incident = step->incident;
    struct cursor *cursor = &incident->cursor;
    const struct edge_list gone = incident->gone;
    for (size_t i = 0; i < gone.n; i++)
        if (str_eq(gone.items[i].from, edge.from) && str_eq(gone.items[i].into, edge.into)) return;
    struct edge *items = arena_alloc(step->arena, (gone.n + 1) * sizeof *items);
    if (gone.n) memcpy(items, gone.items, gone.n * sizeof *items);
    items[gone.n] = edge;
    incident->gone = (struct edge_list){items, gone.n + 1};
    if (cursor->stage < STAGE_RETURN || cursor->stage > STAGE_FOLLOW) return;
    /* Those that were passed over are to be looked at again. */
    cursor->stage = STAGE_RETURN;
    cursor->key = STR_NONE;
}

void merged_take_parting(struct step *step, const struct parting_event *event)
{
    struct incident *incident = step->incident;
    if (str_list_has(event->passed, incident->incident_id)) return;
    note_gone(step, event->edge);
    if (incident->merge_void.p &&
        forward_leads_over(incident->circle, incident->incident_id, event->edge))
        incident->circle_is_open = true;
    if (incident->merged_into.p && !str_list_has(event->passed, incident->merged_into))
        forward_parting(step, incident->merged_into, event->edge, event->passed);
    closure_settle(step);
}

static void note_forgotten(struct step *step, struct str by)
{
    struct incident *incident = step->incident;
    const struct str_list old = incident->forgotten_by;
    incident->is_forgotten = true;
    if (!by.p || str_list_has(old, by)) return;
    struct str *items = arena_alloc(step->arena, (old.n + 1) * sizeof *items);
    if (old.n) memcpy(items, old.items, old.n * sizeof *items);
    items[old.n] = by;
    incident->forgotten_by = (struct str_list){items, old.n + 1};
}

void merged_forgotten(struct step *step, const struct forgotten_event *event)
{
    if (event->home.p) {
        forward_forgotten(step, event->home);
        return;
    }
    note_forgotten(step, event->by);
    closure_settle(step);
}
