/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the POSIX TZ string that a zone file ends with, and says when summer time begins and ends by
 * it. The names of the times in it are of no use to us and are passed over.
 */
#include "zone_rule.h"

#include "common/text.h"

#define NAME_MIN 3
#define HOURS_MAX 24       /* of an offset */
#define RULE_HOURS_MAX 167 /* of a change's time of day (RFC 8536, part 3.3.1) */

/* What is left to read. */
struct cursor {
    const char *p, *end;
};

static bool take(struct cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted) return false;
    c->p++;
    return true;
}

/* Up to three digits, within [min, max]. */
static bool number(struct cursor *c, int64_t min, int64_t max, int64_t *out)
{
    int n = 0;
    *out = 0;
    for (; n < 3 && c->p < c->end && *c->p >= '0' && *c->p <= '9'; n++)
        *out = *out * 10 + (*c->p++ - '0');
    return n && *out >= min && *out <= max;
}

static bool is_letter(char c)
{
    return text_lower(c) >= 'a' && text_lower(c) <= 'z';
}

/* CET, or <+03>. */
static bool name(struct cursor *c)
{
    const char *begin = c->p;
    if (!take(c, '<')) {
        while (c->p < c->end && is_letter(*c->p)) c->p++;
        return c->p - begin >= NAME_MIN;
    }
    while (c->p < c->end && *c->p != '>') c->p++;
    return take(c, '>');
}

/* [+-]hh[:mm[:ss]] */
static bool time_of(struct cursor *c, int64_t hours_max, int64_t *ms)
{
    int64_t hours, minutes = 0, seconds = 0;
    bool minus = take(c, '-');
    if (!minus) take(c, '+');
    if (!number(c, 0, hours_max, &hours)) return false;
    if (take(c, ':')) {
        if (!number(c, 0, 59, &minutes)) return false;
        if (take(c, ':') && !number(c, 0, 59, &seconds)) return false;
    }
    *ms = (hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS) * (minus ? -1 : 1);
    return true;
}

static bool day_of_month(struct cursor *c, struct zone_rule_day *day)
{
    int64_t month, week, weekday;
    if (!number(c, 1, 12, &month) || !take(c, '.') || !number(c, 1, 5, &week) || !take(c, '.') ||
        !number(c, 0, 6, &weekday))
        return false;
    day->form = ZONE_DAY_OF_MONTH;
    day->month = (unsigned)month;
    day->week = (unsigned)week;
    day->weekday = (unsigned)weekday;
    return true;
}

/* ,M3.5.0/2 */
static bool change(struct cursor *c, struct zone_rule_day *day)
{
    *day = (struct zone_rule_day){.form = ZONE_DAY_OF_YEAR, .time = 2 * HOUR_MS};
    if (!take(c, ',')) return false;
    if (take(c, 'M')) {
        if (!day_of_month(c, day)) return false;
    } else if (take(c, 'J')) {
        day->form = ZONE_DAY_NO_LEAP;
        if (!number(c, 1, 365, &day->day)) return false;
    } else if (!number(c, 0, 365, &day->day)) {
        return false;
    }
    return !take(c, '/') || time_of(c, RULE_HOURS_MAX, &day->time);
}

bool zone_rule_parse(struct str text, struct zone_rule *rule)
{
    struct cursor c = {text.p, text.p + text.n};
    int64_t west;
    *rule = (struct zone_rule){0};
    if (!name(&c) || !time_of(&c, HOURS_MAX, &west)) return false;
    rule->offset = -west;
    if (c.p == c.end) return true;
    rule->has_summer = true;
    rule->summer_offset = rule->offset + HOUR_MS;
    if (!name(&c)) return false;
    if (c.p < c.end && *c.p != ',') {
        if (!time_of(&c, HOURS_MAX, &west)) return false;
        rule->summer_offset = -west;
    }
    return change(&c, &rule->summer_begins) && change(&c, &rule->summer_ends) && c.p == c.end;
}

/* The day of 1970 on which it falls, in a year. */
static int64_t day_in(const struct zone_rule_day *day, int64_t year)
{
    int64_t new_year = timestamp_days(year, 1, 1);
    if (day->form == ZONE_DAY_OF_YEAR) return new_year + day->day;
    if (day->form == ZONE_DAY_NO_LEAP) { /* 29 February is not counted */
        bool is_leap = timestamp_days(year, 3, 1) - new_year == 60;
        return new_year + day->day - 1 + (is_leap && day->day >= 60);
    }
    int64_t first = timestamp_days(year, day->month, 1);
    int64_t next =
        day->month < 12 ? timestamp_days(year, day->month + 1, 1) : timestamp_days(year + 1, 1, 1);
    int weekday = (timestamp_weekday(first) + 1) % 7; /* 0 for Sunday */
    int64_t at = first + ((int)day->weekday - weekday + 7) % 7 + ((int64_t)day->week - 1) * 7;
    return at < next ? at : at - 7;
}

ms_t zone_rule_summer_begins(const struct zone_rule *rule, int64_t year)
{
    const struct zone_rule_day *day = &rule->summer_begins;
    return day_in(day, year) * DAY_MS + day->time - rule->offset;
}

ms_t zone_rule_summer_ends(const struct zone_rule *rule, int64_t year)
{
    const struct zone_rule_day *day = &rule->summer_ends;
    return day_in(day, year) * DAY_MS + day->time - rule->summer_offset;
}
