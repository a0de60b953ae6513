/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings that come. One that went on from here with a merge, and comes again while this
 * incident is still merged into the one that it went to from here, shows that the merges go
 * round: the circle is cut at the member with the smallest incident_id, and what came round is
 * followed up there.
 */
#include "merged.h"

#include "closure.h"
#include "finding.h"
#include "forward.h"
#include "occurrence.h"

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
    if (forward_has_passed(finding, incident->incident_id)) {
        enum decide_result result;
        if (!incident->merged_into.p) {
            result = closure_resume(step);
        } else if (incident->cursor.stage || !is_to_cut(finding, incident)) {
            /* On, perhaps round once more: what a closure has begun here is to be done first, or
             * another member is the one to cut, or it is another way now. */
            forward_finding(step, finding, finding, event->present, event->by);
            return DECIDE_OK;
        } else {
            result = closure_void_merge(step);
        }
        if (result != DECIDE_OK) return result;
        step->at = step->cause.at;
    }
    finding_take(step, event, false);
    occurrence_settle(step);
    return DECIDE_OK;
}
