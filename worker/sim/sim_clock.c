/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wall clock and monotonic clock are two: a story can stand still at the time of an event while
 * sessions run out, so that what is decided does not depend on how long a fault took.
 */
#include "sim_clock.h"

#define MONOTONIC_START_MS 1000000 /* of the monotonic clock 0 is no time */

static ms_t now(void *self)
{
    return ((struct sim_clock *)self)->now;
}

static int64_t monotonic_ms(void *self)
{
    return ((struct sim_clock *)self)->monotonic_ms;
}

void sim_clock_init(struct sim_clock *clock, ms_t at)
{
    *clock = (struct sim_clock){
        .port = {clock, now, monotonic_ms}, .now = at, .monotonic_ms = MONOTONIC_START_MS};
}

void sim_clock_pass(struct sim_clock *clock, int64_t ms)
{
    clock->now += ms;
    clock->monotonic_ms += ms;
}
