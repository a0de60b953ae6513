/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a cause, over all incidents: an entry of its own, in the shard of its key. */
#ifndef EPILOGUE_CORE_CAUSE_H
#define EPILOGUE_CORE_CAUSE_H

#include "decision.h"

/* So many findings an entry knows, those that came last; and so many of one incident. */
#define CAUSE_FINDINGS_MAX 32
#define CAUSE_OF_INCIDENT_MAX 4

/* Takes what a finding tells of itself. Where it comes with an incident that had not this cause, and
 * others have it, that one is told of them, and they are told of it if they are open. */
void cause_take(struct decision *d, const struct event *event);
/* Deletes the entry if nothing of it counts any more by `until`. */
void cause_tick(struct decision *d, struct entry *entry, ms_t until);
/* When that is. */
ms_t cause_wake_at(const struct policy *policy, const struct cause_state *cause);

#endif
