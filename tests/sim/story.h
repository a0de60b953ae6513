/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in, and when: random records of several incidents; each story is its seed. */
#ifndef EPILOGUE_TESTS_SIM_STORY_H
#define EPILOGUE_TESTS_SIM_STORY_H

#include "codec/record.h"
#include "common/arena.h"

#define STORY_START INT64_C(1793610000000) /* 2026-11-02T09:00:00Z */

/* Records that come together, at one time. */
struct story_step {
    ms_t at;
    struct message *messages;
    size_t n;
};

struct story {
    uint64_t seed;
    struct story_step *steps;
    size_t n;
    ms_t until;  /* time goes on up to here */
    bool merges; /* incidents do, and part */
};

/*
 * `steps` of them, for so many partitions; in `merging` percent of all stories incidents merge and
 * part. What comes together is of different incidents or inputs, so that what follows from it does
 * not depend on the order in which inputs are read.
 */
void story_make(struct arena *arena, uint64_t seed, int32_t partitions, size_t steps, int merging,
                struct story *story);
/* The partition of an incident. */
int32_t story_partition_of(struct str key, int32_t partitions);

#endif
