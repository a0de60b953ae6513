/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's clocks, for all but the core, which has none. */
#ifndef EPILOGUE_COMMON_CLOCK_H
#define EPILOGUE_COMMON_CLOCK_H

#include "timestamp.h"

/* The wall clock, which can be set. */
ms_t clock_now(void);
/* Milliseconds since some point in the past; never goes back. */
int64_t clock_monotonic_ms(void);
/* How long it is until then by clock_monotonic_ms; 0 when it is over. */
int clock_left_ms(int64_t until_ms);
/* Waits; a signal ends it early. */
void clock_sleep(int ms);

#endif
