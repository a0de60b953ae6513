/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the header of an incident says by itself: a new one, and what the conditions of a policy find
 * in it. What happens to an incident is in occurrence.c and closure.c.
 */
#include "incident.h"

#include "state_entries.h"

struct incident *incident_new(struct arena *arena, struct str incident_id)
{
    struct incident *incident = ARENA_NEW(arena, struct incident);
    *incident = incident_none;
    incident->incident_id = incident_id;
    return incident;
}

static bool is_true(const struct policy *policy, enum tristate said)
{
    return said == TRI_TRUE || (said == TRI_SUSPECTED && policy->suspected_is_true);
}

struct condition_subject incident_subject(const struct policy *policy,
                                          const struct incident *incident)
{
    struct condition_subject subject = {.severity = incident->severity, .labels = incident->labels};
    if (is_true(policy, incident->customer_impacting)) subject.flags |= FLAG_CUSTOMER_IMPACTING;
    if (is_true(policy, incident->data_breach)) subject.flags |= FLAG_DATA_BREACH;
    return subject;
}
