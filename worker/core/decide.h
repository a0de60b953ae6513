/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision: policy, state and one event in; changes of the state and outputs out. Pure: no
 * input, no output, no clock (the event carries its time), and it cannot fail half-way: what it
 * refuses it refuses before the first change.
 */
#ifndef EPILOGUE_CORE_DECIDE_H
#define EPILOGUE_CORE_DECIDE_H

#include "decision.h"

/* Which holders an event needs, the header first; `whole` wants all of the incident. */
struct need {
    struct str keys[3];
    size_t n;
    bool whole;
};

/* What must be in the table (state_entry, loaded) before decide_event. A header in state can ask
 * for more: see decide_needs_whole. */
void decide_need(struct arena *arena, const struct event *event, struct need *need);
/* After these were loaded: whether the event needs the whole incident after all. */
bool decide_needs_whole(const struct policy *policy, const struct event *event,
                        const struct need *need, const struct entry *header);

/*
 * Decides one event. `until` is the time up to which ticks are taken together (for records unused);
 * d->now is what the clock says, for texts alone.
 * Entries that changed are dirty, have their new wake_at, and are d->touched. DECIDE_REJECT:
 * d->refused says why, nothing changed.
 */
enum decide_result decide_event(struct decision *d, const struct event *event, ms_t until);

/* Whether a part of the event was decided before (DECIDE_MORE) and the rest is not yet. If its record
 * cannot be taken to its end, event.is_given_up ends what needs no more of it. */
bool decide_is_begun(const struct event *event, const struct entry *header);

#endif
