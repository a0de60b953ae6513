/* SPDX-License-Identifier: Apache-2.0 */
/* What two policies do differently with the same events: events that come in one run alone. */
#ifndef EPILOGUE_CLI_SIMULATE_DIFF_H
#define EPILOGUE_CLI_SIMULATE_DIFF_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/timestamp.h"

enum simulate_diff_side { SIMULATE_DIFF_OLD, SIMULATE_DIFF_NEW, simulate_diff_sides };

struct simulate_diff_item {
    int side;
    ms_t at;
    size_t number;   /* in the order of arrival */
    struct str text; /* what is compared: two events that read the same are the same */
    struct str shown;
};

struct simulate_diff {
    struct arena *arena;
    struct simulate_diff_item *items;
    size_t n, cap;
};

/* Adds an event of one run; texts are copied. */
void simulate_diff_add(struct simulate_diff *diff, int side, ms_t at, struct str text,
                       struct str shown);
/*
 * Leaves in diff->items, in the order of time, those that the other run does not have; sets how
 * many of each side.
 */
void simulate_diff_reduce(struct simulate_diff *diff, size_t counts[simulate_diff_sides]);

#endif
