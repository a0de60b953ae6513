/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function for each type of member that is a text, a number or a word, with what is tolerated of
 * it. What is wrong is noted in the reader, so that a record is read to its end and the first refusal
 * in the contract's order is told.
 */
#include "members.h"

#include "common/text.h"
#include "decimal.h"
#include "grapheme.h"

#define REVISION_MAX ((INT64_C(1) << 53) - 1) /* what every JSON library holds exactly */

static bool is_absent(const struct json *value)
{
    return !value || value->type == JSON_NULL;
}

bool members_is_empty(const struct json *value)
{
    return value && value->type == JSON_STRING && !value->text.n;
}

bool members_none(const struct json *value)
{
    return is_absent(value) || members_is_empty(value);
}

bool members_required(struct reader *r, const struct json *value, const char *name)
{
    if (!is_absent(value)) return true;
    reader_refuse(r, REFUSE_MISSING_FIELD, str_of(name), "is required");
    return false;
}

struct str members_text(struct reader *r, const struct json *value)
{
    if (members_none(value)) return STR_NONE;
    if (value->type == JSON_STRING) return value->text;
    reader_wrong_type(r, value, "a string");
    return STR_NONE;
}

struct str members_limited_text(struct reader *r, const struct json *value, size_t max_bytes)
{
    struct str text = members_text(r, value);
    if (text.n > max_bytes)
        reader_refuse(r, REFUSE_TOO_LARGE, value->name, "%zu bytes, at most %zu are allowed",
                      text.n, max_bytes);
    return text;
}

struct str members_title(struct reader *r, const struct json *value)
{
    struct str text = members_text(r, value);
    struct str title = grapheme_cut(text, r->decoder->limits->title_bytes);
    if (title.n < text.n)
        reader_warn(r, value->name, arena_printf(r->arena, "%zu bytes", text.n),
                    arena_printf(r->arena, "%zu bytes", title.n));
    return title;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (text_control(s.p + i, s.n - i)) return true;
    return false;
}

struct str members_identifier(struct reader *r, const struct json *value, size_t max_bytes)
{
    struct str id = members_is_empty(value) ? STR("") : members_text(r, value);
    if (!id.p) return id;
    if (id.n < 1 || id.n > max_bytes)
        reader_refuse(r, REFUSE_BAD_IDENTIFIER, value->name, "%zu bytes, must be 1 to %zu", id.n,
                      max_bytes);
    else if (has_control(id))
        reader_refuse(r, REFUSE_BAD_IDENTIFIER, value->name, "must have no control characters");
    return id;
}

struct str members_other_identifier(struct reader *r, const struct json *value, size_t max_bytes)
{
    return members_none(value) ? STR_NONE : members_identifier(r, value, max_bytes);
}

struct str members_said(struct str text)
{
    return text_trim(text).p ? text : STR_NONE;
}

struct str members_name(struct reader *r, const struct json *value)
{
    return text_trim(members_limited_text(r, value, MEMBERS_IDENTIFIER_BYTES));
}

/* A partial date is read as one of UTC. */
static ms_t read_time(struct reader *r, const struct json *value, bool last, struct str *partial)
{
    ms_t t = TIME_NONE;
    *partial = STR_NONE;
    if (members_none(value)) return t;
    struct decimal epoch;
    if (decimal_read(value, &epoch)) {
        timestamp_from_epoch(epoch.whole, epoch.thousandths, &t);
    } else if (value->type == JSON_STRING) {
        enum timestamp_result result = timestamp_parse_period(value->text, last, &t);
        if (result == TIMESTAMP_PARTIAL) *partial = value->text;
        if (result == TIMESTAMP_BAD) {
            struct str shown = json_excerpt(r->arena, value->text, MEMBERS_SHOWN_BYTES);
            reader_refuse(r, REFUSE_BAD_TIME, value->name,
                          "must be an RFC 3339 time, a date or an epoch as a number, is \"%.*s\"",
                          STR_ARG(shown));
        }
    } else {
        reader_wrong_type(r, value, "a time: a string or an epoch");
    }
    return t;
}

ms_t members_time(struct reader *r, const struct json *value, struct str *partial)
{
    struct str unused;
    return read_time(r, value, false, partial ? partial : &unused);
}

ms_t members_calendar_time(struct reader *r, const struct json *value, bool last)
{
    struct str partial;
    ms_t t = read_time(r, value, last, &partial);
    if (t == TIME_NONE || !partial.p) return t;
    /* The day ends with the first moment of the next one, also where an hour comes twice. */
    const struct zone *zone = &r->decoder->policy->calendar.zone;
    t = last ? zone_utc(zone, t + 1) - 1 : zone_utc(zone, t);
    return timestamp_in_range(t) ? t : TIME_NONE;
}

ms_t members_submitted_at(struct reader *r, const struct json *value)
{
    ms_t at = members_calendar_time(r, value, false), start;
    if (at == TIME_NONE || value->type != JSON_STRING) return at;
    if (timestamp_parse(value->text, &start) != TIMESTAMP_PARTIAL) return at;
    reader_warn(r, value->name, value->text, timestamp_text(r->arena, at));
    return at;
}

bool members_time_is_absent(const struct json *value)
{
    ms_t t;
    struct decimal epoch;
    if (decimal_read(value, &epoch))
        return timestamp_from_epoch(epoch.whole, epoch.thousandths, &t) == TIMESTAMP_ABSENT;
    return value->type == JSON_STRING && timestamp_parse(value->text, &t) == TIMESTAMP_ABSENT;
}

int64_t members_revision(struct reader *r, const struct json *value)
{
    struct decimal number;
    if (members_none(value)) return -1;
    if (!decimal_is_integer(value)) {
        reader_wrong_type(r, value, "an integer");
        return -1;
    }
    if (decimal_read(value, &number) && number.whole >= 0 && number.whole <= REVISION_MAX)
        return number.whole;
    struct str shown = json_excerpt(r->arena, value->text, MEMBERS_SHOWN_BYTES);
    reader_refuse(r, REFUSE_UNKNOWN_VALUE, value->name, "must be 0 to %lld, is %.*s",
                  (long long)REVISION_MAX, STR_ARG(shown));
    return -1;
}

int members_word(struct reader *r, const struct json *value, const struct vocabulary *vocabulary,
                 int otherwise)
{
    struct str word = members_text(r, value);
    if (!word.p) return 0;
    int v = vocabulary_parse(vocabulary, word);
    if (v) return v;
    reader_warn(r, value->name, word, vocabulary->words[otherwise]);
    return otherwise;
}

int members_choice(struct reader *r, const struct json *value, const struct vocabulary *vocabulary,
                   int first, int last)
{
    struct str word = members_text(r, value);
    if (!word.p) return 0;
    int v = vocabulary_parse(vocabulary, word);
    if (v >= first && v <= last) return v;
    struct buf allowed = {0};
    for (int i = first; i <= last; i++) {
        if (i > first) buf_lit(&allowed, ", ");
        buf_str(&allowed, vocabulary->words[i]);
    }
    struct str choices = buf_slice(&allowed);
    struct str shown = json_excerpt(r->arena, word, MEMBERS_SHOWN_BYTES);
    reader_refuse(r, REFUSE_UNKNOWN_VALUE, value->name, "must be one of %.*s, is \"%.*s\"",
                  STR_ARG(choices), STR_ARG(shown));
    buf_free(&allowed);
    return 0;
}

enum reported_status members_status(struct reader *r, const struct json *value,
                                    enum reported_status last)
{
    enum reported_status status = policy_status(r->decoder->policy, members_text(r, value));
    if (status && status <= last) return status;
    return members_choice(r, value, &reported_status_words, REPORTED_OPEN, (int)last);
}

enum severity members_severity(struct reader *r, const struct json *value)
{
    if (members_none(value)) return 0;
    if (value->type != JSON_STRING && value->type != JSON_INT && value->type != JSON_REAL) {
        reader_wrong_type(r, value, "a string or a number");
        return 0;
    }
    const struct policy *policy = r->decoder->policy;
    struct decimal number;
    struct str text = value->text;
    if (value->type == JSON_REAL && decimal_read(value, &number) && number.is_integer)
        text = arena_printf(r->arena, "%lld", (long long)number.whole);
    enum severity severity = policy_severity(policy, r->source, text);
    if (severity) return severity;
    reader_warn(r, value->name, value->text, severity_name(policy->severity_default));
    return policy->severity_default;
}

enum tristate members_boolean(struct reader *r, const struct json *value)
{
    if (members_none(value)) return tristate_none;
    if (value->type == JSON_TRUE) return TRI_TRUE;
    if (value->type == JSON_FALSE) return TRI_FALSE;
    reader_wrong_type(r, value, "true or false");
    return tristate_none;
}

enum tristate members_tristate(struct reader *r, const struct json *value)
{
    static const struct {
        struct str word;
        enum tristate value;
    } words[] = {
        {{"yes", 3}, TRI_TRUE},
        {{"no", 2}, TRI_FALSE},
        {{"true", 4}, TRI_TRUE},
        {{"false", 5}, TRI_FALSE},
        {{"unknown", 7}, tristate_none},
        {{"potentially", 11}, TRI_SUSPECTED},
        {{"suspected", 9}, TRI_SUSPECTED},
    };
    if (members_none(value) || value->type != JSON_STRING) return members_boolean(r, value);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_same(words[i].word, value->text)) return words[i].value;
    struct str shown = json_excerpt(r->arena, value->text, MEMBERS_SHOWN_BYTES);
    reader_refuse(r, REFUSE_WRONG_TYPE, value->name,
                  "must be true, false, yes, no, unknown, potentially or suspected, is \"%.*s\"",
                  STR_ARG(shown));
    return 0;
}
