/* SPDX-License-Identifier: Apache-2.0 */
/* What the header of an incident says by itself. */
#ifndef EPILOGUE_CORE_INCIDENT_H
#define EPILOGUE_CORE_INCIDENT_H

#include "common/arena.h"
#include "state_incident.h"

/* The header of one that was never heard of, in the arena. */
struct incident *incident_new(struct arena *arena, struct str incident_id);
/* What is known of it to the conditions of a policy (KNOWN_OF_INCIDENT). */
struct condition_subject incident_subject(const struct policy *policy,
                                          const struct incident *incident);
/* Whether nothing is to be done about it here: it was none, or is a part of another one. */
static inline bool incident_is_put_aside(const struct incident *incident)
{
    return incident->level == LEVEL_UNCONFIRMED || incident->merged_into.p;
}

#endif
