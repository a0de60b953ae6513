/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's clocks, for all but the core, which has none. */
#ifndef EPILOGUE_COMMON_CLOCK_H
#define EPILOGUE_COMMON_CLOCK_H

#include <pthread.h>
#include <time.h>

#include "timestamp.h"

/* The wall clock, which can be set. */
ms_t clock_now(void);
/* Milliseconds since some point in the past; never goes back. */
int64_t clock_monotonic_ms(void);
/* How long it is until then by clock_monotonic_ms; 0 when it is over. */
int clock_left_ms(int64_t until_ms);
/* The time in `ms` by clock_monotonic_ms, for pthread_cond_timedwait with a condition of
 * clock_cond_init: one whose waits end in time although the wall clock is set. */
struct timespec clock_in(int ms);
void clock_cond_init(pthread_cond_t *condition);
/* Waits up to `ms` until a thread has ended, and frees it. One that has not is left to itself: then
 * false, and what it uses has to stay. */
bool clock_join(pthread_t thread, int ms);
/* Waits; a signal ends it early. */
void clock_sleep(int ms);

#endif
