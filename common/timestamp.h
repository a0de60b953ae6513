/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. */
#ifndef EPILOGUE_COMMON_TIMESTAMP_H
#define EPILOGUE_COMMON_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "str.h"

typedef int64_t ms_t;

/* "There is no such time." Smaller than every real one. */
#define TIME_NONE INT64_MIN

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

#define TIMESTAMP_TEXT 24 /* bytes of 2026-11-20T10:15:00.000Z */

/* Days since 1970-01-01 of a proleptic Gregorian date; month 1-12, day 1-31. */
int64_t timestamp_days(int64_t year, unsigned month, unsigned day);
/* The date of a day number. */
void timestamp_date(int64_t days, int64_t *year, unsigned *month, unsigned *day);
/* The day number of a time. */
int64_t timestamp_day(ms_t t);
/* 0 for Monday, 6 for Sunday. */
int timestamp_weekday(int64_t day);
/* Writes exactly TIMESTAMP_TEXT bytes, no NUL. `t` must lie in the years 0000 to 9999. */
void timestamp_format(ms_t t, char out[TIMESTAMP_TEXT]);
/* The same in the arena; absent for TIME_NONE. */
struct str timestamp_text(struct arena *arena, ms_t t);

enum timestamp_result {
    TIMESTAMP_OK,
    TIMESTAMP_PARTIAL, /* a date without a time of day, or less: *out is the start of the period */
    TIMESTAMP_ABSENT,  /* year 1 or before, 9999 or after: other systems' "none"; *out TIME_NONE */
    TIMESTAMP_BAD,
};

/*
 * Reads a time as other systems write it (R3.19, R3.20, R3.67): RFC 3339 with any offset, `+0800`, a
 * space for `T`, ` UTC`, no zone, no seconds, a zone in brackets behind an offset, fractions of up to
 * nine digits, a leap second as :59.999, partial dates.
 */
enum timestamp_result timestamp_parse(struct str text, ms_t *out);
/* The same, but a partial date is for `last` the last millisecond of its period. */
enum timestamp_result timestamp_parse_period(struct str text, bool last, ms_t *out);
/* Not in a year that says "absent". */
bool timestamp_in_range(ms_t t);
/* An epoch of `value` and `thousandths` (0 to 999): by its magnitude below 10^11 seconds, below 10^14
 * milliseconds, below 10^17 microseconds, else nanoseconds. */
enum timestamp_result timestamp_from_epoch(int64_t value, int64_t thousandths, ms_t *out);

#endif
