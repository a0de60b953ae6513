/* SPDX-License-Identifier: Apache-2.0 */
/* Durations, working days and points between two times. */
#ifndef EPILOGUE_CORE_DEADLINE_H
#define EPILOGUE_CORE_DEADLINE_H

#include "policy.h"

/*
 * `from` plus a duration. Working days: the same time of day that many working days on, counted
 * from the start of the next working day if `from` lies on none (CONTRACT part 4, rulings).
 * Saturates at the year 9998 instead of overflowing.
 */
ms_t deadline_add(const struct calendar *calendar, ms_t from, struct duration d);
/* The point at `percent` of the way from `start` to `end`. */
ms_t deadline_point(ms_t start, ms_t end, int percent);

#endif
