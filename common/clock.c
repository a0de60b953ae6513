/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's clocks, read in milliseconds, and a sleep that a signal ends. The core knows
 * neither: its time comes with each event, so that tests and simulate can set it.
 */
#include "clock.h"

#include <limits.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * SECOND_MS + t.tv_nsec / 1000000;
}

ms_t clock_now(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int clock_left_ms(int64_t until_ms)
{
    int64_t left_ms = until_ms - clock_monotonic_ms();
    if (left_ms <= 0) return 0;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

void clock_sleep(int ms)
{
    struct timespec t = {ms / SECOND_MS, ms % SECOND_MS * 1000000};
    nanosleep(&t, NULL);
}
