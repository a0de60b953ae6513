/* SPDX-License-Identifier: Apache-2.0 */
/* Durations, working days and points between two times. */
#ifndef EPILOGUE_CORE_DEADLINE_H
#define EPILOGUE_CORE_DEADLINE_H

#include "policy.h"

/*
 * `from` plus a duration. Working days: the same time of day that many working days on, counted
 * from the start of the next working day if `from` lies on none (R4.59).
 * Saturates at the year 9998 instead of overflowing.
 */
ms_t deadline_add(const struct calendar *calendar, ms_t from, struct duration d);
/*
 * Where whole working days count: when `time_of_day` is on the `n`th working day behind the day of `from`
 * (R4.265). Saturates as above.
 */
ms_t deadline_add_whole_days(const struct calendar *calendar, ms_t from, int64_t n,
                             ms_t time_of_day);
/*
 * `at`, which a duration like `d` has led to, moved on by `by` ms. One given in working days is never
 * on a day off: it goes to the same time of the next working day (R4.77). Saturates as above.
 */
ms_t deadline_move(const struct calendar *calendar, ms_t at, int64_t by, struct duration d);
/* The same time of day so many months on: on the same day of that month, else on its last.
 * Every day counts; `months` is 0 to 10^6. Saturates as above. */
ms_t deadline_add_months(const struct calendar *calendar, ms_t from, int64_t months);
/* The point at `percent` of the way from `start` to `end`. */
ms_t deadline_point(ms_t start, ms_t end, int percent);

/* What the clocks of the calendar's zone show at `t`, as if they were UTC's. */
static inline ms_t calendar_local(const struct calendar *calendar, ms_t t)
{
    return zone_local(&calendar->zone, t);
}
/* The day of the calendar in which `t` lies, and how far in it the clocks are. */
static inline int64_t calendar_day(const struct calendar *calendar, ms_t t)
{
    return timestamp_day(calendar_local(calendar, t));
}
static inline ms_t calendar_time_of_day(const struct calendar *calendar, ms_t t)
{
    ms_t local = calendar_local(calendar, t);
    return local - timestamp_day(local) * DAY_MS;
}
/* When the clocks show this time of a day (R4.150). At 0 its first moment, at DAY_MS that of the next. */
static inline ms_t calendar_time(const struct calendar *calendar, int64_t day, ms_t time_of_day)
{
    return zone_utc(&calendar->zone, day * DAY_MS + time_of_day);
}
/* Of its working days, and no holiday. */
bool calendar_is_working_day(const struct calendar *calendar, int64_t day);

/* The earlier of two times that may be TIME_NONE. */
static inline ms_t time_first(ms_t a, ms_t b)
{
    if (a == TIME_NONE || b == TIME_NONE) return a > b ? a : b;
    return a < b ? a : b;
}
/* The later of two times. */
static inline ms_t time_later(ms_t a, ms_t b)
{
    return a > b ? a : b;
}

#endif
