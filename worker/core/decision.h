/* SPDX-License-Identifier: Apache-2.0 */
/* What a decision works on, and what can come of it. */
#ifndef EPILOGUE_CORE_DECISION_H
#define EPILOGUE_CORE_DECISION_H

#include "output.h"
#include "state.h"

struct decision {
    const struct policy *policy;
    struct arena *arena; /* of the batch */
    struct state_table *table;
    struct outputs outputs;
    /* What the last event changed, to be followed by ->next_touched; with its new wake times. */
    struct entry *touched;
    struct refused refused; /* set where decide_event says REJECT */
    ms_t now;               /* the time of sending, for what sentences say alone (R5.33) */
    size_t step_max;        /* entries that one event may concern at a time; 0: DECIDE_STEP_MAX */
    /* The start of a text, at most `max_bytes`, cut where a person would cut it: that takes tables of
     * Unicode, which core does not carry (grapheme_cut of codec/grapheme.h). */
    struct str (*cut)(struct str text, size_t max_bytes);
};

#define DECIDE_STEP_MAX 1000

/*
 * DECIDE_MORE: a part was decided and is to be committed; the rest follows when the same event is
 * given again. It is how one event that concerns thousands of entries stays within what a
 * transaction holds. The incident's header says how far it is (struct cursor), so the rest may be
 * decided by another process, on the state as it was stored. All parts together give the outputs,
 * and leave the state, of one that was decided at once.
 */
enum decide_result { DECIDE_OK, DECIDE_MORE, DECIDE_REJECT };

#endif
