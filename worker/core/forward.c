/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings of a merged incident on their way to the incident that goes on. A finding has one name
 * on all of its way, made by the incident where it began, and carries the incidents that it has
 * passed.
 */
#include "forward.h"

bool forward_has_passed(const struct finding *finding, struct str incident_id)
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
    const struct entry *entry =
        state_find(step->d->table, state_finding_key(step->arena, step->header->key, other));
    if (entry && entry->exists) known = entry->finding;
    return known->origin.incident_id.p ? other : name_of(step, other);
}

void forward_finding(struct step *step, const struct finding *known, const struct finding *said,
                     unsigned present, struct str by)
{
    const struct incident *incident = step->incident;
    struct output *output = step_emit(step, OUTPUT_FORWARD);
    struct finding *on = &output->forward.finding.finding;
    output->incident_id = incident->merged_into;
    output->forward.finding.incident_id = incident->merged_into;
    output->forward.finding.present = present;
    output->forward.finding.by = by;
    *on = *said;
    on->finding_id = known->finding_id;
    on->origin = known->origin;
    on->passed = passed_on(step, said->passed);
    on->duplicate_of = duplicate_of(step, known, said->duplicate_of);
    if (!known->origin.incident_id.p) {
        on->origin = (struct origin){incident->incident_id, known->finding_id};
        on->finding_id = name_of(step, known->finding_id);
    }
    step_count_finding(step, said);
}

bool forward_is_due(const struct step *step, const struct entry *finding)
{
    const struct cursor *cursor = &step->incident->cursor;
    if (cursor->stage == STAGE_TAKE) return true;
    return cursor->stage == STAGE_FORWARD && str_cmp(finding->key, cursor->key) > 0;
}
