/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When things fall due again and again, and when what fell due is sent: at once, or at the hour of a
 * working day at which people look. Both follow from the policy and a point in time alone.
 */
#include "schedule.h"

ms_t schedule_repeat(const struct calendar *calendar, ms_t first, struct duration every, ms_t after)
{
    if (first > after) return first;
    if (every.amount <= 0) return TIME_NONE;
    if (!every.working_days) {
        int64_t n = (after - first) / every.amount + 1;
        ms_t at = deadline_add(calendar, first, (struct duration){n * every.amount, false});
        return at > after ? at : TIME_NONE; /* the end of the calendar */
    }
    for (ms_t at = first, next;; at = next) {
        next = deadline_add(calendar, at, every);
        if (next <= at) return TIME_NONE; /* the end of the calendar */
        if (next > after) return next;
    }
}

/* reminders.at of this day, or of the next working day if it is none. */
static ms_t morning(const struct policy *policy, int64_t day)
{
    const struct calendar *calendar = &policy->calendar;
    ms_t midnight = calendar_time(calendar, day, 0);
    ms_t start = deadline_add(calendar, midnight, (struct duration){0, true});
    ms_t at = calendar_time(calendar, calendar_day(calendar, start), policy->remind_at);
    return deadline_add(calendar, at, (struct duration){0, false}); /* the end of the calendar */
}

ms_t schedule_send_at(const struct policy *policy, bool at_once, ms_t due)
{
    if (at_once || due == TIME_NONE) return due;
    int64_t day = calendar_day(&policy->calendar, due);
    ms_t at = morning(policy, day);
    if (at < due) at = morning(policy, day + 1);
    return time_later(at, due);
}

ms_t schedule_review_on(const struct policy *policy, ms_t after)
{
    int64_t day = calendar_day(&policy->calendar, after);
    /* From the latest such day on: it may have moved behind `after`, over days off. */
    day -= (timestamp_weekday(day) - (policy->review_on - 1) + 7) % 7;
    for (;; day += 7) {
        ms_t at = morning(policy, day);
        if (at > after) return at;
        if (at < calendar_time(&policy->calendar, day, 0))
            return TIME_NONE; /* the end of the calendar */
    }
}

bool schedule_all_at_once(const struct policy *policy)
{
    bool all = true;
    for (int p = PRIORITY_P1; p < priority_end; p++) all &= policy->at_once[p];
    return all;
}
