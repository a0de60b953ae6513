/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a finding that is said to be a duplicate counts as one. It counts if it names another
 * finding that is known, and the way from there, from duplicate to duplicate, ends: else tasks would
 * be closed that all point to each other.
 */
#include "duplicate.h"

#define DUPLICATE_STEPS 16

enum doubt duplicate_doubt(struct step *step, const struct finding *finding)
{
    const struct finding *at = finding;
    for (int steps = 0; at->status == REPORTED_DUPLICATE && at->duplicate_of.p; steps++) {
        if (steps == DUPLICATE_STEPS) return DOUBT_CIRCULAR;
        const struct entry *other = step_finding_named(step, at->duplicate_of);
        if (!other->exists) break;
        at = other->finding;
        if (at == finding) return DOUBT_CIRCULAR;
    }
    return at == finding ? DOUBT_UNKNOWN : DOUBT_NONE;
}

void duplicate_set_doubt(struct step *step, struct finding *finding, enum doubt doubt)
{
    step->incident->doubts += (doubt != DOUBT_NONE) - (finding->doubt != DOUBT_NONE);
    finding->doubt = doubt;
}

void duplicate_warn(struct step *step, const struct finding *finding)
{
    struct warning *w = ARENA_NEW(step->arena, struct warning);
    bool is_unknown = finding->doubt == DOUBT_UNKNOWN;
    *w = (struct warning){STR("duplicate_of"), finding->duplicate_of,
                          is_unknown ? STR("unknown-duplicate") : STR("circular-duplicate")};
    step->warnings = step_join_warnings(step->arena, step->warnings, (struct warnings){w, 1});
}

/* Whether the finding was a duplicate that counts: its task is closed. */
static bool has_counted(const struct finding *old)
{
    return old->kind && old->status == REPORTED_DUPLICATE && !old->doubt;
}

unsigned duplicate_judge(struct step *step, struct finding *finding, const struct finding *old,
                         unsigned present, bool in_closure)
{
    if (finding->status != REPORTED_DUPLICATE) {
        duplicate_set_doubt(step, finding, DOUBT_NONE);
        return present;
    }
    bool counted = has_counted(old);
    if (finding->kind && !(present & (FINDING_STATUS | FINDING_DUPLICATE_OF))) return present;
    if (counted && str_eq(finding->duplicate_of, old->duplicate_of)) return present;
    if (in_closure) {
        duplicate_set_doubt(step, finding, counted ? DOUBT_MOVED : DOUBT_UNCHECKED);
        return present & ~(unsigned)FINDING_STATUS;
    }
    duplicate_set_doubt(step, finding, duplicate_doubt(step, finding));
    if (finding->doubt) duplicate_warn(step, finding);
    bool follows = counted || !finding->doubt;
    return follows ? present | FINDING_STATUS : present & ~(unsigned)FINDING_STATUS;
}

void duplicate_doubts_may_end(struct step *step, const struct finding *finding,
                              const struct finding *old)
{
    struct cursor *cursor = &step->incident->cursor;
    if (step->incident->doubts == (finding->doubt != DOUBT_NONE)) return;
    if (old->finding_id.p && old->status == finding->status &&
        str_eq(old->duplicate_of, finding->duplicate_of))
        return;
    if (cursor->stage == STAGE_DOUBTS || cursor->stage == STAGE_AGAIN) cursor->key = STR_NONE;
    if (cursor->stage) return;
    *cursor = (struct cursor){
        .stage = STAGE_AGAIN,
        .ticks = true,
        .topic = step->cause.topic,
        .partition = step->cause.partition,
        .offset = step->cause.offset,
        .event_id = step->cause.event_id,
        .at = step->cause.at,
        .latest = step->cause.at,
    };
}
