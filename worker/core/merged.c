/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings of merged incidents on their way to the incident that goes on. A finding has one name on
 * all of its way, made by the incident where it began, and carries the incidents that it has passed.
 * Where it comes to one of them again, and that is still merged into the one that it went to from
 * there, the merges go round: the circle is cut at the member with the smallest incident_id, and what
 * came round is followed up there.
 */
#include "step.h"

bool merged_has_passed(const struct finding *finding, struct str incident_id)
{
    size_t i = finding->passed.n;
    while (i && !str_eq(finding->passed.items[i - 1], incident_id)) i--;
    return i > 0;
}

static struct str_list passed_on(struct step *step, struct str_list passed)
{
    struct str *items = arena_alloc(step->arena, (passed.n + 1) * sizeof *items);
    if (passed.n) memcpy(items, passed.items, passed.n * sizeof *items);
    items[passed.n] = step->incident->incident_id;
    return (struct str_list){items, passed.n + 1};
}

static struct str name_of(struct step *step, struct str finding_id)
{
    return arena_printf(step->arena, "%.*s:%.*s", STR_ARG(step->incident->incident_id),
                        STR_ARG(finding_id));
}

/* The finding that it is a duplicate of, by the name that this one goes on under. One that is not
 * known here was named where the duplicate began. */
static struct str duplicate_of(struct step *step, const struct finding *known, struct str other)
{
    if (!other.p) return other;
    const struct entry *entry = state_find(
        step->d->table, state_finding_key(step->arena, step->incident->incident_id, other));
    if (entry && entry->exists) known = entry->finding;
    return known->origin.incident_id.p ? other : name_of(step, other);
}

void merged_forward(struct step *step, const struct finding *known, const struct finding *said,
                    unsigned present)
{
    const struct incident *incident = step->incident;
    struct output *output = step_emit(step, OUTPUT_FORWARD);
    struct finding *on = &output->forward.finding.finding;
    output->incident_id = incident->merged_into;
    output->forward.finding.incident_id = incident->merged_into;
    output->forward.finding.present = present;
    *on = *said;
    on->finding_id = known->finding_id;
    on->origin = known->origin;
    on->passed = passed_on(step, said->passed);
    on->duplicate_of = duplicate_of(step, known, said->duplicate_of);
    if (!known->origin.incident_id.p) {
        on->origin = (struct origin){incident->incident_id, known->finding_id};
        on->finding_id = name_of(step, known->finding_id);
    }
    finding_count(step, said);
}

/* Whether the circle by which the finding has come is to be cut here: at the smallest of those that
 * it came through since it was here last. If this incident was merged into another one since, the
 * finding has gone round by a merge that is no more. */
static bool is_to_cut(const struct finding *finding, const struct incident *incident)
{
    const struct str_list *passed = &finding->passed;
    struct str went_to = STR_NONE;
    for (size_t i = passed->n; !str_eq(passed->items[i - 1], incident->incident_id); i--) {
        went_to = passed->items[i - 1];
        if (str_cmp(went_to, incident->incident_id) < 0) return false;
    }
    return str_eq(went_to, incident->merged_into);
}

enum decide_result merged_take_finding(struct step *step, const struct finding_event *event)
{
    const struct incident *incident = step->incident;
    const struct finding *finding = &event->finding;
    if (merged_has_passed(finding, incident->incident_id)) {
        enum decide_result result;
        if (!incident->merged_into.p) {
            result = closure_part_further(step);
        } else if (incident->cursor.stage || !is_to_cut(finding, incident)) {
            /* On, perhaps round once more: what a closure has begun here is to be done first, or
             * another member is the one to cut, or it is another way now. */
            merged_forward(step, finding, finding, event->present);
            return DECIDE_OK;
        } else {
            result = closure_part(step);
        }
        if (result != DECIDE_OK) return result;
        step->at = step->cause.at;
    }
    finding_take(step, event, false);
    incident_settle(step);
    return DECIDE_OK;
}
