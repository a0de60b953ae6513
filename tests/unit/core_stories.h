/* SPDX-License-Identifier: Apache-2.0 */
/* Random stories for core: each is its seed. */
#ifndef EPILOGUE_TESTS_CORE_STORIES_H
#define EPILOGUE_TESTS_CORE_STORIES_H

#include "core_support.h"

/* 120 records and waits under some policy; `after` (if any) is called after each. */
void story_run(struct world *w, uint64_t seed, void (*after)(struct world *w, void *self),
               void *self);

/* For what happens between them, and other stories; they go on in the seed of the story. */
void story_seed(uint64_t seed);
int story_pick(int n);
bool story_chance(int percent);
struct event story_record(struct world *w);

#endif
