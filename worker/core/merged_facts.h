/* SPDX-License-Identifier: Apache-2.0 */
/* What merged incidents have in common: facts that count for both, and lists. */
#ifndef EPILOGUE_CORE_MERGED_FACTS_H
#define EPILOGUE_CORE_MERGED_FACTS_H

#include "step.h"

/* Takes what an incident that was merged into this one brings. Returns whether there is more in its
 * lists than was known. */
bool merged_facts_take(struct step *step, const struct facts_event *event);
/* What merged incidents have brought counts beside what the incident says itself: labels, true flags,
 * a higher severity. */
void merged_facts_count(struct step *step);
/* The closure as it is stored, with what they have brought. */
struct closure merged_facts_join(struct step *step);
/* Sends the incident that this one is merged into what it brings, as much as fits. */
void merged_facts_send(struct step *step);

#endif
