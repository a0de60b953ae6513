/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back: what findings tell of their causes, and what they are told. */
#ifndef EPILOGUE_CORE_RECURRENCE_H
#define EPILOGUE_CORE_RECURRENCE_H

#include "step.h"

/* So many causes a finding has at most: the first that it says. */
#define RECURRENCE_CAUSES_MAX 16
/* So many earlier findings are remembered of one. */
#define RECURRENCE_SEEN_MAX 8

/* Lets the findings that were touched since the last call tell what is not so any more as they have told
 * it. To be called behind each piece of work that is decided as a whole, so that nothing is told of
 * what is only on its way to what it will be. */
void recurrence_follow(struct step *step);
/* Under which key the finding is stored that such a record speaks of. */
struct str recurrence_holder(struct arena *arena, struct str header_key, const struct event *event);
/* The cause of a finding of this incident has come back: with it, or with another incident. */
void recurrence_take(struct step *step, const struct event *event);
/* The time has come: tells the response team, once, of what has come back since it was told last. */
void recurrence_tick(struct step *step, struct entry *entry);
/* When that is to be said; TIME_NONE: never. */
ms_t recurrence_wake_at(const struct policy *policy, const struct finding *finding);

#endif
