/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that merged incidents bring along (R4.247): labels, timeline, evidence, takeaways, and the
 * response, of which one is enough. */
#ifndef EPILOGUE_CORE_MERGED_LISTS_H
#define EPILOGUE_CORE_MERGED_LISTS_H

#include "common/arena.h"
#include "state_incident.h"

/* What an incident keeps of those of others, and what goes along with a merge, at most: bytes of
 * texts, where each entry counts some more for itself, and labels. */
#define MERGED_BYTES_MAX 500000
#define MERGED_ENTRY_BYTES 50
#define MERGED_LABELS_MAX 32

/* How many entries of each did not fit. */
struct merged_left {
    size_t labels, timeline, evidence, takeaways, response;
};

/* Adds to `to` what it lacks of `from`, in the arena, as long as it fits. Returns whether that was
 * anything; *left: what did not fit. */
bool merged_lists_add(struct arena *arena, struct merged_lists *to, const struct merged_lists *from,
                      struct merged_left *left);
/* What a closure says itself, as such lists. */
struct merged_lists merged_lists_of(const struct closure *closure, struct labels labels);
/* The closure with what others have brought, behind its own; the timeline in the order of its times. */
struct closure merged_lists_join(struct arena *arena, const struct closure *closure,
                                 const struct merged_lists *brought);
/* An incident's own labels and those of others, its own first: of one name that counts. */
struct labels merged_labels(struct arena *arena, struct labels own, struct labels others);

#endif
