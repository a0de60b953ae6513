/* SPDX-License-Identifier: Apache-2.0 */
/* Two clocks that stand still unless somebody moves them. */
#ifndef EPILOGUE_SIM_CLOCK_H
#define EPILOGUE_SIM_CLOCK_H

#include "engine/ports.h"

struct sim_clock {
    struct clock_port port;
    ms_t now;             /* what the wall clock says */
    int64_t monotonic_ms; /* time-outs, pauses and sessions go by this one */
};

/* The clock must not move in memory afterwards. */
void sim_clock_init(struct sim_clock *clock, ms_t now);
/* Both go on by so much. */
void sim_clock_pass(struct sim_clock *clock, int64_t ms);

#endif
