/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on times by the policy's calendar: durations, working days and points between two
 * times. All of it ends with the year 9998, the last that an output can carry.
 */
#include "deadline.h"

/* Behind the last time that an output can carry (timestamp.h): the end of the year 9998. */
#define LATEST_DAY INT64_C(2932530)
#define LATEST (LATEST_DAY * DAY_MS)

static bool is_holiday(const struct calendar *calendar, int64_t day)
{
    size_t low = 0, high = calendar->holidays_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calendar->holidays[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < calendar->holidays_n && calendar->holidays[low] == day;
}

bool calendar_is_working_day(const struct calendar *calendar, int64_t day)
{
    return (calendar->working_days >> timestamp_weekday(day) & 1) && !is_holiday(calendar, day);
}

static int64_t next_working_day(const struct calendar *calendar, int64_t day)
{
    do day++;
    while (day < LATEST_DAY && !calendar_is_working_day(calendar, day));
    return day;
}

static ms_t until_latest(ms_t at)
{
    return at > LATEST ? LATEST : at;
}

ms_t deadline_add(const struct calendar *calendar, ms_t from, struct duration d)
{
    if (!d.working_days) return from > LATEST - d.amount ? LATEST : from + d.amount;
    int64_t first = calendar_day(calendar, from), day = first;
    ms_t time_of_day = calendar_time_of_day(calendar, from);
    if (!calendar_is_working_day(calendar, day)) {
        day = next_working_day(calendar, day);
        time_of_day = 0;
    }
    for (int64_t n = 0; n < d.amount && day < LATEST_DAY; n++)
        day = next_working_day(calendar, day);
    /* The clocks may show this time of this day a second time. */
    return until_latest(day == first ? from : calendar_time(calendar, day, time_of_day));
}

ms_t deadline_add_whole_days(const struct calendar *calendar, ms_t from, int64_t n,
                             ms_t time_of_day)
{
    int64_t day = calendar_day(calendar, from);
    for (; n > 0 && day < LATEST_DAY; n--) day = next_working_day(calendar, day);
    return until_latest(calendar_time(calendar, day, time_of_day));
}

ms_t deadline_move(const struct calendar *calendar, ms_t at, int64_t by, struct duration d)
{
    at = at > LATEST - by ? LATEST : at + by;
    if (!d.working_days) return at;
    int64_t day = calendar_day(calendar, at);
    if (calendar_is_working_day(calendar, day)) return at;
    ms_t time_of_day = calendar_time_of_day(calendar, at);
    return until_latest(calendar_time(calendar, next_working_day(calendar, day), time_of_day));
}

ms_t deadline_add_months(const struct calendar *calendar, ms_t from, int64_t months)
{
    int64_t year;
    unsigned month, day;
    timestamp_date(calendar_day(calendar, from), &year, &month, &day);
    int64_t total = year * 12 + month - 1 + months;
    int64_t first = timestamp_days(total / 12, (unsigned)(total % 12) + 1, 1);
    int64_t behind = timestamp_days((total + 1) / 12, (unsigned)((total + 1) % 12) + 1, 1);
    int64_t same = first + day - 1;
    ms_t time_of_day = calendar_time_of_day(calendar, from);
    return until_latest(calendar_time(calendar, same < behind ? same : behind - 1, time_of_day));
}

ms_t deadline_point(ms_t start, ms_t end, int percent)
{
    int64_t span = end - start;
    return start + span / 100 * percent + span % 100 * percent / 100;
}
