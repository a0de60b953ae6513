/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of a policy that are more than one word or number: days of a calendar, steps of an
 * escalation, parties, people. One function a type, each with its bounds.
 */
#include "policy_values.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "core/state_incident.h"
#include "zone_file.h"

#define HOLIDAYS_MAX 10000
#define OBLIGATION_ID_BYTES_MAX 64

#define READ(name)                                                                           \
    enum result policy_values_##name(struct policy_reader *r, const struct policy_place *at, \
                                     json_t *value, void *target)

#define TEXT_OF(id, text) text,
static const char *const day_words[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

READ(severity)
{
    return policy_reader_word(r, at, value, &severity_words, SEVERITY_CRITICAL, target);
}

READ(status)
{
    return policy_reader_word(r, at, value, &reported_status_words, REPORTED_OPEN, target);
}

READ(priority)
{
    return policy_reader_word(r, at, value, &priority_words, PRIORITY_P1, target);
}

READ(queue)
{
    return policy_reader_word(r, at, value, &queue_words, QUEUE_ENGINEERING, target);
}

READ(work)
{
    return policy_reader_word(r, at, value, &task_kind_words, KIND_BUG, target);
}

READ(party_kind)
{
    return policy_reader_word(r, at, value, &party_kind_words, PARTY_INTERNAL_GROUP, target);
}

READ(priority_boost)
{
    int64_t boost;
    enum result result = policy_reader_integer(r, at, value, 0, 3, &boost);
    if (result == OK) *(int *)target = (int)boost;
    return result;
}

READ(reminders_max)
{
    return policy_reader_integer(r, at, value, 0, 100000, target);
}

READ(priorities)
{
    static const char *const words[] = {PRIORITIES(TEXT_OF) NULL};
    bool *priorities = target;
    unsigned bits;
    enum result result = policy_reader_choices(r, at, value, words, &bits);
    for (int p = PRIORITY_P1; result == OK && p < priority_end; p++)
        priorities[p] = bits & 1U << (p - PRIORITY_P1);
    return result;
}

READ(kinds)
{
    static const char *const words[] = {TASK_KINDS(TEXT_OF) NULL};
    bool *kinds = target;
    unsigned bits;
    enum result result = policy_reader_choices(r, at, value, words, &bits);
    for (int kind = KIND_POSTMORTEM; result == OK && kind < task_kind_end; kind++)
        kinds[kind] = bits & 1U << (kind - KIND_POSTMORTEM);
    return result;
}

/* It stands in names of tasks as it is. */
static bool is_obligation_id(struct str text)
{
    bool good = text.n >= 1 && text.n <= OBLIGATION_ID_BYTES_MAX;
    for (size_t i = 0; good && i < text.n; i++) {
        char c = text_lower(text.p[i]);
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("._-", c);
    }
    return good;
}

READ(obligation_id)
{
    struct str text = str_of(json_string_value(value));
    if (!is_obligation_id(text))
        return policy_reader_bad(r, at, "allowed: 1 to %d letters, digits, '.', '_' and '-'",
                                 OBLIGATION_ID_BYTES_MAX);
    *(struct str *)target = arena_str(r->arena, text);
    return OK;
}

READ(start_said)
{
    struct obligation_time *time = target;
    struct str text = str_of(json_string_value(value));
    for (int from = FROM_STARTED_AT; from <= FROM_CONTAINED_AT; from++) {
        if (!str_eq(text, obligation_start_words.words[from])) continue;
        time->from = (enum obligation_start)from;
        return OK;
    }
    return policy_reader_bad(r, at, "allowed: started_at, detected_at, known_at or contained_at");
}

READ(start)
{
    struct obligation_time *time = target;
    struct str text = str_of(json_string_value(value)), after = STR("after:");
    for (int from = FROM_STARTED_AT; from <= FROM_CLOSED_AT; from++) {
        if (!str_eq(text, obligation_start_words.words[from])) continue;
        time->from = (enum obligation_start)from;
        return OK;
    }
    struct str id = {text.p + after.n, text.n - after.n};
    if (!text.p || !str_starts(text, after) || !is_obligation_id(id))
        return policy_reader_bad(r, at,
                                 "allowed: started_at, detected_at, known_at, contained_at, "
                                 "closed_at, or the submission of another like "
                                 "\"after:early-warning\"");
    time->from = FROM_AFTER;
    time->after_id = arena_str(r->arena, id);
    return OK;
}

/* "24h" or "1mo" */
READ(within)
{
    struct obligation_time *time = target;
    struct str text = str_of(json_string_value(value)), unit = STR("mo");
    if (text.n > unit.n && !memcmp(text.p + text.n - unit.n, unit.p, unit.n)) {
        struct duration months; /* of which the number is read as that of days */
        struct str days = arena_printf(r->arena, "%.*sd", (int)(text.n - unit.n), text.p);
        if (!policy_reader_parse_duration(days, false, &months))
            return policy_reader_bad(r, at, "allowed: months like \"1mo\", not 0");
        time->months = months.amount / DAY_MS;
        return OK;
    }
    time->months = 0;
    return policy_reader_duration(r, at, value, &time->within);
}

/* "09:30", up to "24:00". */
static bool parse_time_of_day(struct str text, ms_t *out)
{
    static const char form[] = "dd:dd";
    int64_t digits[sizeof form] = {0};
    bool good = text.n == sizeof form - 1;
    for (size_t i = 0; good && i < text.n; i++) {
        good = form[i] == 'd' ? text.p[i] >= '0' && text.p[i] <= '9' : text.p[i] == form[i];
        digits[i] = text.p[i] - '0';
    }
    int64_t minutes = digits[3] * 10 + digits[4];
    *out = (digits[0] * 10 + digits[1]) * HOUR_MS + minutes * MINUTE_MS;
    return good && minutes < 60 && *out <= DAY_MS;
}

READ(time_zone)
{
    struct error error;
    struct str name = {json_string_value(value), json_string_length(value)};
    if (zone_file_load(r->arena, name, target, &error) == OK) return OK;
    return policy_reader_bad(r, at, "%s", error.text);
}

READ(calendar)
{
    struct str name = str_of(json_string_value(value));
    for (size_t i = 0; i < r->policy->calendars_n; i++) {
        struct named_calendar *named = &r->policy->calendars[i];
        if (!str_eq(named->name, name)) continue;
        *(const struct calendar **)target = &named->calendar;
        return OK;
    }
    return policy_reader_bad(r, at, "allowed: the name of one of \"calendars\"");
}

READ(time_of_day)
{
    struct str text = str_of(json_string_value(value));
    if (!parse_time_of_day(text, target) || *(ms_t *)target == DAY_MS)
        return policy_reader_bad(r, at, "allowed: a time of day like \"09:00\"");
    return OK;
}

READ(end_of_day)
{
    struct str text = str_of(json_string_value(value));
    if (!parse_time_of_day(text, target) || !*(ms_t *)target)
        return policy_reader_bad(r, at, "allowed: a time of day like \"17:30\", up to \"24:00\"");
    return OK;
}

READ(hours)
{
    struct policy *policy = target;
    struct str text = str_of(json_string_value(value));
    const char *dash = text.n ? memchr(text.p, '-', text.n) : NULL;
    if (dash) {
        struct str from = {text.p, (size_t)(dash - text.p)};
        struct str to = {dash + 1, text.n - from.n - 1};
        if (parse_time_of_day(from, &policy->day_from) && parse_time_of_day(to, &policy->day_to) &&
            policy->day_from < policy->day_to)
            return OK;
    }
    return policy_reader_bad(r, at, "allowed: a part of the day like \"07:00-20:00\"");
}

READ(day)
{
    int day;
    enum result result = policy_reader_choice(r, at, value, day_words, &day);
    if (result == OK) *(int *)target = day + 1;
    return result;
}

READ(working_days)
{
    enum result result = policy_reader_choices(r, at, value, day_words, target);
    if (result == OK && !*(unsigned *)target)
        return policy_reader_bad(r, at, "at least one working day is required");
    return result;
}

READ(date)
{
    ms_t t;
    struct str text = str_of(json_string_value(value));
    if (text.n != 10 || timestamp_parse(text, &t) != TIMESTAMP_PARTIAL)
        return policy_reader_bad(r, at, "allowed: a date like \"2026-12-25\"");
    *(int64_t *)target = timestamp_day(t);
    return OK;
}

static int compare_days(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum result duplicate_date(struct policy_reader *r, const struct policy_place *at,
                                  int64_t day)
{
    char text[TIMESTAMP_TEXT];
    timestamp_format(day * DAY_MS, text);
    return policy_reader_bad(r, at, "duplicate date \"%.10s\"", text);
}

READ(holidays)
{
    struct calendar *calendar = target;
    calendar->holidays = arena_alloc(r->arena, json_array_size(value) * sizeof *calendar->holidays);
    enum result result =
        policy_reader_items(r, at, value, policy_values_date, HOLIDAYS_MAX,
                            sizeof *calendar->holidays, calendar->holidays, &calendar->holidays_n);
    if (result != OK) return result;
    qsort(calendar->holidays, calendar->holidays_n, sizeof *calendar->holidays, compare_days);
    for (size_t i = 1; i < calendar->holidays_n; i++)
        if (calendar->holidays[i] == calendar->holidays[i - 1])
            return duplicate_date(r, at, calendar->holidays[i]);
    return OK;
}

/* "75%" or "breach+3d" */
READ(point)
{
    struct escalation_step *step = target;
    struct str text = str_of(json_string_value(value)), breach = STR("breach+");
    if (policy_reader_parse_percentage(text, &step->percent)) return OK;
    step->after_breach = true;
    if (text.p && str_starts(text, breach)) {
        struct str delay = {text.p + breach.n, text.n - breach.n};
        if (policy_reader_parse_duration(delay, true, &step->delay)) return OK;
    }
    return policy_reader_bad(r, at,
                             "allowed: a percentage of the time given like \"75%%\", or a time "
                             "after the breach like \"breach+0s\" or \"breach+3d\"");
}

#define ROLE_WORD(id, text) text,

READ(roles)
{
    static const char *const words[] = {ROLES(ROLE_WORD) NULL};
    unsigned bits;
    enum result result = policy_reader_choices(r, at, value, words, &bits);
    if (result != OK) return result;
    if (!bits) return policy_reader_bad(r, at, "at least one role is required");
    *(unsigned *)target = bits << ROLE_OWNER;
    return OK;
}

static enum result read_name_or_null(struct policy_reader *r, const struct policy_place *at,
                                     json_t *value, void *target)
{
    if (!json_is_null(value)) return policy_reader_text(r, at, value, target);
    *(struct str *)target = STR_NONE;
    return OK;
}

READ(owner)
{
    static const struct policy_member members[] = {
        {"team", offsetof(struct owner, team), read_name_or_null, false},
        {"person", offsetof(struct owner, person), read_name_or_null, false},
        {0},
    };
    if (json_is_object(value) && !json_object_size(value))
        return policy_reader_bad(r, at, "allowed: an object with \"team\", \"person\" or both");
    *(struct owner *)target = (struct owner){STR_NONE, STR_NONE};
    return policy_reader_members(r, at, value, members, target);
}

/* Trimmed, as a closure's parties are: both name the same task. */
READ(party)
{
    struct str text = text_trim(str_of(json_string_value(value)));
    if (!text.n || text.n > PARTY_BYTES)
        return policy_reader_bad(r, at, "allowed: text of 1 to %d bytes", PARTY_BYTES);
    *(struct str *)target = arena_str(r->arena, text);
    return OK;
}

static int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

READ(points)
{
    struct points *points = target;
    enum result result =
        policy_reader_items(r, at, value, policy_reader_percentage, POLICY_POINTS_MAX,
                            sizeof *points->percent, points->percent, &points->n);
    if (result != OK) return result;
    qsort(points->percent, points->n, sizeof *points->percent, compare_ints);
    for (size_t i = 1; i < points->n; i++)
        if (points->percent[i] == points->percent[i - 1])
            return policy_reader_bad(r, at, "duplicate value \"%d%%\"", points->percent[i]);
    return OK;
}
