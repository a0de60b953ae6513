/* SPDX-License-Identifier: Apache-2.0 */
/* What a closure says of the incident itself: the header, with the level of its postmortem. */
#include "closure_header.h"

#include "incident.h"
#include "merged_facts.h"

bool closure_header_asks_void_merge(const struct incident *stored,
                                    const struct closure_event *event)
{
    struct str into = event->incident.merged_into;
    return (event->present & CLOSURE_MERGED_INTO) && into.p && str_eq(into, stored->merge_void);
}

void closure_header_forget_circle(struct incident *incident)
{
    incident->merge_void = STR_NONE;
    incident->circle = (struct str_list){NULL, 0};
    incident->circle_is_open = false;
}

void closure_header_merge(struct step *step, const struct closure_event *event)
{
    const struct policy *policy = step->policy;
    struct incident *stored = step->incident;
    const struct incident *in = &event->incident;
    unsigned present = event->present;
    /* An incident merged into itself is a publisher's slip, not a merge. One that is void stays so
     * until the publisher says something else. */
    if ((present & CLOSURE_MERGED_INTO) && !str_eq(in->merged_into, stored->incident_id) &&
        !closure_header_asks_void_merge(stored, event)) {
        stored->merged_into = in->merged_into;
        closure_header_forget_circle(stored);
    }
    stored->closed_at = in->closed_at;
    struct owner owner = policy_owner(policy, stored->owner, in->owner, event->owner_part);
    INCIDENT_MEMBERS(MEMBER_MERGE, MEMBER_SKIP)
    if (present & CLOSURE_OWNER) stored->owner = owner;
    if (!stored->severity) stored->severity = policy->severity_default;
    merged_facts_count(step);
}

/* What asks for a full postmortem now: the closure, each condition of the policy that holds, and, where
 * that is all, an incident that was merged into this one. */
static struct str_list reasons(const struct step *step)
{
    const struct incident *incident = step->incident;
    const struct conditions *full_when = &step->policy->full_when;
    struct condition_subject subject = incident_subject(step->policy, incident);
    struct str_list reasons = {arena_alloc(step->arena, (full_when->n + 2) * sizeof(struct str)),
                               0};
    if (incident->postmortem == LEVEL_FULL) reasons.items[reasons.n++] = STR("request");
    for (size_t i = 0; i < full_when->n; i++)
        if (condition_holds(&full_when->items[i], &subject))
            reasons.items[reasons.n++] = full_when->items[i].text;
    if (incident->merged_full && !reasons.n) reasons.items[reasons.n++] = STR("merge");
    return reasons;
}

void closure_header_decide_level(struct step *step)
{
    struct incident *incident = step->incident;
    struct str_list asking = reasons(step);
    if (incident->disposition > DISPOSITION_CONFIRMED) {
        incident->level = LEVEL_UNCONFIRMED;
        incident->because = (struct str_list){NULL, 0};
    } else if (asking.n || incident->level == LEVEL_FULL) {
        incident->level = LEVEL_FULL;
        if (asking.n) incident->because = asking;
    } else {
        incident->level = LEVEL_LIGHT;
    }
}

unsigned closure_header_changes(const struct policy *policy, const struct incident *old,
                                const struct incident *now)
{
    unsigned changes = 0;
    if (old->level == LEVEL_UNCONFIRMED || old->merged_into.p) changes |= CHANGE_BACK;
    if (old->severity != now->severity) changes |= CHANGE_SEVERITY;
    if (!owner_eq(old->owner, now->owner)) changes |= CHANGE_OWNER;
    if (!labels_eq(old->labels, now->labels)) changes |= CHANGE_LABELS;
    if (incident_subject(policy, old).flags != incident_subject(policy, now).flags)
        changes |= CHANGE_FLAGS;
    if (old->level == LEVEL_LIGHT && now->level == LEVEL_FULL) changes |= CHANGE_RAISED;
    return changes;
}
