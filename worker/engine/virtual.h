/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker without Kafka, Redis or a clock: records go in, what would go out comes back, and time
 * is what the records say. Decoding, deciding and encoding are the worker's own; only the loop
 * around them is another. All of the state is kept in memory until the end.
 */
#ifndef EPILOGUE_ENGINE_VIRTUAL_H
#define EPILOGUE_ENGINE_VIRTUAL_H

#include "codec/decode.h"
#include "codec/encode.h"
#include "core/decide.h"

struct virtual;

struct virtual_settings {
    const struct policy *policy;
    const struct limits *limits;
    struct str source; /* ce_source (encode_source) */
    struct str topic_names[topic_end];
    /* Gets each message, dead letters as well, in the order in which it would go out at `now`. What
     * it points to is gone after the call. */
    void (*emit)(void *self, const struct message *message, ms_t now);
    void *self;
    /* After so many events what they left behind in memory is given back, at the cost of copying
     * the state; 0: after each. */
    size_t forget_after;
    /* The most entries that one event concerns at a time (struct decision); 0: as in the worker. */
    size_t step_max;
};

#define VIRTUAL_FORGET_AFTER 20000

/* Slices in `settings`, and of the records taken, must stay until virtual_free. */
struct virtual *virtual_new(const struct virtual_settings *settings);
/* free(NULL) is safe. */
void virtual_free(struct virtual *v);

/* Another policy rules from now on; what stands stays as it was decided. */
void virtual_set_policy(struct virtual *v, const struct policy *policy);

/*
 * Lets time go on to `until`: everything scheduled up to there happens, earliest first. Time does
 * not go back.
 */
void virtual_advance(struct virtual *v, ms_t until);
/* Takes a record now. Partition and offset are given here; a timestamp later than now counts as
 * now. Findings that go on to another incident are taken right after. */
void virtual_take(struct virtual *v, const struct record *record);

/* When the next thing is scheduled, TIME_NONE: nothing is. */
ms_t virtual_next(struct virtual *v);
/* The state, for reports; good until the next call. */
const struct state_table *virtual_state(const struct virtual *v);

#endif
