/* SPDX-License-Identifier: Apache-2.0 */
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
