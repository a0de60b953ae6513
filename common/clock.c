/* SPDX-License-Identifier: Apache-2.0 */
/* All that asks the machine for the time, or waits for a time. */
#include "clock.h"

#include <limits.h>

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

static struct timespec time_in(clockid_t id, int ms)
{
    struct timespec t;
    clock_gettime(id, &t);
    int64_t ns = t.tv_nsec + ms % SECOND_MS * 1000000;
    return (struct timespec){t.tv_sec + ms / SECOND_MS + ns / 1000000000, ns % 1000000000};
}

struct timespec clock_in(int ms)
{
    return time_in(CLOCK_MONOTONIC, ms);
}

void clock_cond_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

bool clock_join(pthread_t thread, int ms)
{
    struct timespec until = time_in(CLOCK_REALTIME, ms); /* this call knows no other clock */
    if (pthread_timedjoin_np(thread, NULL, &until) == 0) return true;
    pthread_detach(thread);
    return false;
}

void clock_sleep(int ms)
{
    struct timespec t = {ms / SECOND_MS, ms % SECOND_MS * 1000000};
    nanosleep(&t, NULL);
}
