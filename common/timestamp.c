/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as text, both ways. Out there is one form; in, all that platforms were seen to write is
 * read, and what cannot be a time is told from what only says that there is none.
 */
#include "timestamp.h"

#define YEAR_ABSENT_FIRST 1   /* this one and all before it */
#define YEAR_ABSENT_LAST 9999 /* this one and all after it */
#define LEAP_SECOND 60

/* The calendar repeats every 400 years ("era"); counting years from 1 March puts the leap day last.
 * After Howard Hinnant's public-domain chrono algorithms. */
#define DAYS_PER_ERA 146097
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */

int64_t timestamp_days(int64_t year, unsigned month, unsigned day)
{
    if (month <= 2) year--;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = month > 2 ? (int64_t)month - 3 : (int64_t)month + 9;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

void timestamp_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t z = days + DAYS_TO_EPOCH;
    int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    unsigned day_of_era = (unsigned)(z - era * DAYS_PER_ERA);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t timestamp_day(ms_t t)
{
    return floor_div(t, DAY_MS);
}

int timestamp_weekday(int64_t day)
{
    return (int)((day % 7 + 10) % 7); /* 1970-01-01 was a Thursday */
}

static void put2(char *out, unsigned value)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

/* Called some ten times for each event that goes out, hence digit by digit. */
void timestamp_format(ms_t t, char out[TIMESTAMP_TEXT])
{
    int64_t days = timestamp_day(t);
    unsigned ms = (unsigned)(t - days * DAY_MS);
    int64_t year;
    unsigned month, day;
    timestamp_date(days, &year, &month, &day);
    put2(out, (unsigned)year / 100);
    put2(out + 2, (unsigned)year % 100);
    out[4] = '-';
    put2(out + 5, month);
    out[7] = '-';
    put2(out + 8, day);
    out[10] = 'T';
    put2(out + 11, ms / 3600000);
    out[13] = ':';
    put2(out + 14, ms / 60000 % 60);
    out[16] = ':';
    put2(out + 17, ms / 1000 % 60);
    out[19] = '.';
    out[20] = (char)('0' + ms / 100 % 10);
    put2(out + 21, ms % 100);
    out[23] = 'Z';
}

struct str timestamp_text(struct arena *arena, ms_t t)
{
    if (t == TIME_NONE) return STR_NONE;
    char *text = arena_alloc(arena, TIMESTAMP_TEXT);
    timestamp_format(t, text);
    return (struct str){text, TIMESTAMP_TEXT};
}

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

static bool digits(struct cursor *c, int n, int64_t *out)
{
    if (c->end - c->p < n) return false;
    int64_t value = 0;
    for (int i = 0; i < n; i++) {
        char d = *c->p++;
        if (d < '0' || d > '9') return false;
        value = value * 10 + (d - '0');
    }
    *out = value;
    return true;
}

static int days_in_month(int64_t year, unsigned month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Four digits, or (ISO 8601's expanded form, as JavaScript writes its extremes) a sign and six. */
static bool read_year(struct cursor *c, int64_t *year)
{
    if (take(c, '-')) {
        if (!digits(c, 6, year)) return false;
        *year = -*year;
        return true;
    }
    return digits(c, take(c, '+') ? 6 : 4, year);
}

struct date {
    int64_t year, month, day;
    int parts;    /* of the three, those that were said */
    bool partial; /* no time of day follows */
};

/* Stops behind the date: where the time of day begins, or at the end. */
static bool read_date(struct cursor *c, struct date *date)
{
    *date = (struct date){0, 1, 1, 1, true};
    if (!read_year(c, &date->year)) return false;
    if (c->p == c->end) return true;
    date->parts = 2;
    if (!take(c, '-') || !digits(c, 2, &date->month)) return false;
    if (c->p == c->end) return true;
    date->parts = 3;
    if (!take(c, '-') || !digits(c, 2, &date->day)) return false;
    date->partial = c->p == c->end;
    return true;
}

static bool absent_year(int64_t year)
{
    return year <= YEAR_ABSENT_FIRST || year >= YEAR_ABSENT_LAST;
}

static bool date_valid(const struct date *date)
{
    return date->month >= 1 && date->month <= 12 && date->day >= 1 &&
           date->day <= days_in_month(date->year, (unsigned)date->month);
}

/* Days since 1970-01-01 of the day behind the period that a partial date names. */
static int64_t days_behind(const struct date *date)
{
    if (date->parts == 3)
        return timestamp_days(date->year, (unsigned)date->month, (unsigned)date->day) + 1;
    if (date->parts == 2 && date->month < 12)
        return timestamp_days(date->year, (unsigned)date->month + 1, 1);
    return timestamp_days(date->year + 1, 1, 1);
}

/* ".123456789" to milliseconds; what is finer is cut off. */
static bool read_fraction(struct cursor *c, int64_t *ms)
{
    int n = 0;
    *ms = 0;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++, n++)
        if (n < 3) *ms = *ms * 10 + (*c->p - '0');
    for (int i = n; i < 3; i++) *ms *= 10;
    return n >= 1 && n <= 9;
}

/* Milliseconds since midnight; a leap second counts as its minute's last millisecond. Java leaves
 * seconds out where they are 0. */
static bool read_time_of_day(struct cursor *c, int64_t *ms, bool *leap)
{
    int64_t hour, minute, second = 0, fraction = 0;
    if (!digits(c, 2, &hour) || !take(c, ':') || !digits(c, 2, &minute)) return false;
    bool has_seconds = take(c, ':');
    if (has_seconds && !digits(c, 2, &second)) return false;
    if (hour > 23 || minute > 59 || second > LEAP_SECOND) return false;
    if (has_seconds && take(c, '.') && !read_fraction(c, &fraction)) return false;
    *leap = second == LEAP_SECOND;
    *ms = hour * HOUR_MS + minute * MINUTE_MS;
    *ms += *leap ? MINUTE_MS - 1 : second * SECOND_MS + fraction;
    return true;
}

static bool take_text(struct cursor *c, struct str text)
{
    if ((size_t)(c->end - c->p) < text.n || memcmp(c->p, text.p, text.n) != 0) return false;
    c->p += text.n;
    return true;
}

/* Z, UTC, +08:00, +0800, +08, each also behind a space. */
static bool read_offset(struct cursor *c, int64_t *offset_ms)
{
    bool space = take(c, ' ');
    if (take(c, 'Z') || take(c, 'z')) return true;
    if (space && take_text(c, STR("UTC"))) return true;
    bool minus = take(c, '-');
    if (!minus && !take(c, '+')) return false;
    int64_t hours, minutes = 0;
    if (!digits(c, 2, &hours) || hours > 23) return false;
    if (c->p < c->end && *c->p != '[') {
        take(c, ':');
        if (!digits(c, 2, &minutes) || minutes > 59) return false;
    }
    *offset_ms = (minus ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
    return true;
}

static bool is_of_zone(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_+-/.:=!", c));
}

/* "[Europe/Paris]", "[!UTC][u-ca=iso8601]" (RFC 9557), to the end: a name of what the offset has
 * said, so it is passed over. */
static bool read_brackets(struct cursor *c)
{
    while (take(c, '[')) {
        const char *start = c->p;
        while (c->p < c->end && is_of_zone(*c->p)) c->p++;
        if (c->p == start || !take(c, ']')) return false;
    }
    return c->p == c->end;
}

/* Nothing means UTC, and so does [UTC] alone; of another name without an offset nobody but a table
 * of zones knows what it is. */
static bool read_zone(struct cursor *c, int64_t *offset_ms)
{
    *offset_ms = 0;
    if (c->p == c->end) return true;
    if (take_text(c, STR("[UTC]"))) return c->p == c->end;
    return read_offset(c, offset_ms) && read_brackets(c);
}

bool timestamp_in_range(ms_t t)
{
    int64_t year;
    unsigned month, day;
    timestamp_date(timestamp_day(t), &year, &month, &day);
    return !absent_year(year);
}

/* Judges the year once more: an offset can carry a time over the edge. */
static enum timestamp_result in_range(ms_t t, enum timestamp_result result, ms_t *out)
{
    if (!timestamp_in_range(t)) return TIMESTAMP_ABSENT;
    *out = t;
    return result;
}

enum timestamp_result timestamp_parse(struct str text, ms_t *out)
{
    return timestamp_parse_period(text, false, out);
}

enum timestamp_result timestamp_parse_period(struct str text, bool last, ms_t *out)
{
    *out = TIME_NONE;
    struct cursor c = {text.p, text.p + text.n};
    struct date date;
    int64_t time = 0, offset = 0;
    bool leap = false;
    if (!text.p || !read_date(&c, &date)) return TIMESTAMP_BAD;
    if (!date.partial) {
        if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' ')) return TIMESTAMP_BAD;
        if (!read_time_of_day(&c, &time, &leap) || !read_zone(&c, &offset)) return TIMESTAMP_BAD;
    }
    /* Before the date is checked: 0000-00-00 is some databases' "none". */
    if (absent_year(date.year)) return TIMESTAMP_ABSENT;
    if (!date_valid(&date)) return TIMESTAMP_BAD;
    if (date.partial && last)
        return in_range(days_behind(&date) * DAY_MS - 1, TIMESTAMP_PARTIAL, out);
    ms_t t = timestamp_days(date.year, (unsigned)date.month, (unsigned)date.day) * DAY_MS + time -
             offset;
    /* Leap seconds are put in at the end of a day of UTC, nowhere else. */
    if (leap && t - timestamp_day(t) * DAY_MS != DAY_MS - 1) return TIMESTAMP_BAD;
    return in_range(t, date.partial ? TIMESTAMP_PARTIAL : TIMESTAMP_OK, out);
}

enum timestamp_result timestamp_from_epoch(int64_t value, int64_t thousandths, ms_t *out)
{
    *out = TIME_NONE;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    ms_t t;
    if (magnitude < UINT64_C(100000000000)) {
        t = value * SECOND_MS + thousandths;
    } else if (magnitude < UINT64_C(100000000000000)) {
        t = value;
    } else if (magnitude < UINT64_C(100000000000000000)) {
        t = floor_div(value, 1000);
    } else {
        t = floor_div(value, 1000000);
    }
    return in_range(t, TIMESTAMP_OK, out);
}
