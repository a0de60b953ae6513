/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock port of an engine in real time: the machine's clocks, and nothing else. Tests and
 * simulate have clocks of their own.
 */
#include "machine_clock.h"

#include "common/clock.h"

static ms_t now(void *self)
{
    (void)self;
    return clock_now();
}

static int64_t monotonic_ms(void *self)
{
    (void)self;
    return clock_monotonic_ms();
}

struct clock_port machine_clock(void)
{
    return (struct clock_port){.now = now, .monotonic_ms = monotonic_ms};
}
