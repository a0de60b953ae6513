/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function for each type of member that records have, with what is tolerated of it. What is
 * wrong is noted in the reader, so that a record is read to its end and the first refusal in the
 * contract's order is told.
 */
#include "members.h"

#include <stdlib.h>

#include "common/text.h"
#include "decimal.h"
#include "grapheme.h"

#define REVISION_MAX ((INT64_C(1) << 53) - 1) /* what every JSON library holds exactly */
#define SHOWN_BYTES 64                        /* of a value in a refusal's detail */

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

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str members_trim(struct str text)
{
    while (text.n && is_space(text.p[0])) {
        text.p++;
        text.n--;
    }
    while (text.n && is_space(text.p[text.n - 1])) text.n--;
    return text.n ? text : STR_NONE;
}

struct str members_said(struct str text)
{
    return members_trim(text).p ? text : STR_NONE;
}

struct str members_name(struct reader *r, const struct json *value)
{
    return members_trim(members_limited_text(r, value, MEMBERS_IDENTIFIER_BYTES));
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
            struct str shown = json_excerpt(r->arena, value->text, SHOWN_BYTES);
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
    char text[TIMESTAMP_TEXT];
    timestamp_format(at, text);
    reader_warn(r, value->name, value->text, arena_str(r->arena, (struct str){text, sizeof text}));
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
    struct str shown = json_excerpt(r->arena, value->text, SHOWN_BYTES);
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
    struct str shown = json_excerpt(r->arena, word, SHOWN_BYTES);
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
    struct str shown = json_excerpt(r->arena, value->text, SHOWN_BYTES);
    reader_refuse(r, REFUSE_WRONG_TYPE, value->name,
                  "must be true, false, yes, no, unknown, potentially or suspected, is \"%.*s\"",
                  STR_ARG(shown));
    return 0;
}

/* The string members of an object, in the order of `names`. */
static void texts_of(struct reader *r, const struct json *object, const struct str *names, size_t n,
                     struct str *texts)
{
    const struct json *found[4];
    struct reader_place place = {r->place, object->name, READER_NO_INDEX};
    reader_find(object, names, n, found);
    r->place = &place;
    for (size_t i = 0; i < n; i++) texts[i] = members_text(r, found[i]);
    r->place = place.outer;
}

static bool is_text_or_none(const struct json *value)
{
    return is_absent(value) || value->type == JSON_STRING;
}

/* What it is, for a person who looks for it: a text as it is, of an object the names in it. */
static struct str outline(struct reader *r, const struct json *value)
{
    if (value->type == JSON_ARRAY) return arena_printf(r->arena, "a list of %zu", value->count);
    if (value->type != JSON_OBJECT)
        return value->text.p ? json_excerpt(r->arena, value->text, SHOWN_BYTES)
                             : STR("true or false");
    struct buf names = {0};
    for (const struct json *m = value->first; m && names.n < SHOWN_BYTES; m = m->next) {
        if (names.n) buf_lit(&names, ", ");
        buf_str(&names, json_excerpt(r->arena, m->name, SHOWN_BYTES));
    }
    struct str shown = buf_slice(&names);
    shown = arena_printf(r->arena, "an object with %.*s", STR_ARG(shown));
    buf_free(&names);
    return shown;
}

bool members_owner(struct reader *r, const struct json *value, struct owner *owner,
                   enum owner_part *part)
{
    static const struct str names[] = {{"team", 4}, {"person", 6}};
    const struct json *found[2];
    *owner = (struct owner){STR_NONE, STR_NONE};
    *part = OWNER_BOTH;
    if (members_none(value)) return true;
    if (value->type == JSON_STRING) {
        bool is_person = memchr(value->text.p, '@', value->text.n) != NULL;
        struct str text = members_trim(value->text);
        *(is_person ? &owner->person : &owner->team) = text;
        if (text.p) *part = is_person ? OWNER_PERSON : OWNER_TEAM;
        return true;
    }
    if (value->type == JSON_OBJECT) {
        reader_find(value, names, 2, found);
        bool is_known = !value->count || found[0] || found[1];
        if (is_known && is_text_or_none(found[0]) && is_text_or_none(found[1])) {
            struct str texts[2];
            texts_of(r, value, names, 2, texts);
            *owner = (struct owner){members_trim(texts[0]), members_trim(texts[1])};
            return true;
        }
    }
    reader_warn(r, value->name, outline(r, value),
                STR("not taken: must be a text, or an object with team and person as texts"));
    return false;
}

struct tracker members_tracker(struct reader *r, const struct json *value)
{
    static const struct str names[] = {{"system", 6}, {"key", 3}, {"url", 3}};
    struct tracker tracker = {STR_NONE, STR_NONE, STR_NONE};
    if (members_none(value)) return tracker;
    if (value->type == JSON_OBJECT) {
        struct str texts[3];
        texts_of(r, value, names, 3, texts);
        tracker = (struct tracker){texts[0], texts[1], texts[2]};
    } else {
        reader_wrong_type(r, value, "an object with system, key and url");
    }
    return tracker;
}

const struct json *members_entries(struct reader *r, const struct json *value, size_t max)
{
    if (members_none(value)) return NULL;
    if (value->type != JSON_ARRAY) {
        reader_wrong_type(r, value, "a list of objects");
        return NULL;
    }
    if (value->count > max)
        reader_refuse(r, REFUSE_TOO_LARGE, value->name, "%zu entries, at most %zu are allowed",
                      value->count, max);
    return value->first;
}

bool members_is_object(struct reader *r, const struct json *value)
{
    if (value->type == JSON_OBJECT) return true;
    reader_wrong_type(r, value, "an object");
    return false;
}

unsigned members_evaluation(struct reader *r, const struct json *value, size_t note_bytes,
                            struct evaluation *evaluation)
{
    static const struct str names[] = {{"sufficient", 10}, {"complete", 8}, {"note", 4}};
    const struct json *m[3];
    *evaluation = (struct evaluation){0};
    if (!value) return 0;
    if (members_none(value)) return ANSWER_ALL;
    if (!members_is_object(r, value)) return 0;
    struct reader_place place = {r->place, value->name, READER_NO_INDEX};
    reader_find(value, names, 3, m);
    r->place = &place;
    evaluation->sufficient = members_boolean(r, m[0]);
    evaluation->complete = members_boolean(r, m[1]);
    evaluation->note = members_limited_text(r, m[2], note_bytes);
    r->place = place.outer;
    return (m[0] ? ANSWER_SUFFICIENT : 0) | (m[1] ? ANSWER_COMPLETE : 0) | (m[2] ? ANSWER_NOTE : 0);
}

static struct evidence read_evidence(struct reader *r, const struct json *entry, size_t max_bytes)
{
    static const struct str names[] = {{"ref", 3}, {"note", 4}};
    const struct json *m[2];
    if (entry->type == JSON_STRING)
        return (struct evidence){members_limited_text(r, entry, max_bytes), STR_NONE};
    if (!members_is_object(r, entry)) return (struct evidence){STR_NONE, STR_NONE};
    reader_find(entry, names, 2, m);
    return (struct evidence){members_limited_text(r, m[0], max_bytes),
                             members_limited_text(r, m[1], max_bytes)};
}

struct evidence_list members_evidence(struct reader *r, const struct json *value, bool of_task)
{
    struct evidence_list list = {NULL, 0};
    size_t max_bytes = of_task ? MEMBERS_EVIDENCE_BYTES : (size_t)-1;
    const struct json *entry =
        members_entries(r, value, of_task ? MEMBERS_EVIDENCE_MAX : (size_t)-1);
    if (!entry) return list;
    struct reader_place place = {r->place, value->name, 0};
    list.items = arena_zalloc(r->arena, value->count * sizeof *list.items);
    r->place = &place;
    for (; entry; entry = entry->next, place.index++) {
        struct evidence evidence = read_evidence(r, entry, max_bytes);
        if (members_said(evidence.ref).p || members_said(evidence.note).p)
            list.items[list.n++] = evidence;
        else if (of_task)
            reader_warn(r, STR_NONE, STR_NONE, STR("left out: it has no ref and no note"));
    }
    r->place = place.outer;
    return list;
}

/* What its name is, is the publisher's own: it stands in the sentence, not in the path. */
static void read_label(struct reader *r, const struct json *value, struct labels *labels)
{
    struct str shown = json_excerpt(r->arena, value->name, SHOWN_BYTES), text = value->text;
    if (value->type == JSON_TRUE) text = STR("true");
    if (value->type == JSON_FALSE) text = STR("false");
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        reader_refuse(r, REFUSE_WRONG_TYPE, STR("labels"),
                      "\"%.*s\" must be a string, a number or a boolean, is %s", STR_ARG(shown),
                      value->type == JSON_ARRAY ? "a list" : "an object");
    else if (!value->name.n)
        reader_refuse(r, REFUSE_BAD_IDENTIFIER, STR("labels"), "a name must not be empty");
    else if (value->name.n > MEMBERS_LABEL_BYTES || text.n > MEMBERS_LABEL_BYTES)
        reader_refuse(r, REFUSE_TOO_LARGE, STR("labels"),
                      "\"%.*s\" has %zu bytes as a name and %zu as a text, at most %d of each are "
                      "allowed",
                      STR_ARG(shown), value->name.n, text.n, MEMBERS_LABEL_BYTES);
    else if (!members_none(value) && labels->n < MEMBERS_LABELS_MAX)
        labels->items[labels->n++] = (struct label){value->name, text};
}

struct labels members_labels(struct reader *r, const struct json *value)
{
    struct labels labels = {NULL, 0};
    if (members_none(value)) return labels;
    if (value->type != JSON_OBJECT) {
        reader_wrong_type(r, value, "an object of texts");
        return labels;
    }
    if (value->count > MEMBERS_LABELS_MAX)
        reader_refuse(r, REFUSE_TOO_LARGE, value->name, "%zu labels, at most %d are allowed",
                      value->count, MEMBERS_LABELS_MAX);
    if (value->count)
        labels.items = arena_alloc(r->arena, MEMBERS_LABELS_MAX * sizeof *labels.items);
    for (const struct json *label = value->first; label; label = label->next)
        read_label(r, label, &labels);
    return labels;
}

struct str_list members_texts(struct reader *r, const struct json *value)
{
    struct str_list list = {NULL, 0};
    if (members_none(value)) return list;
    if (value->type != JSON_ARRAY) {
        reader_wrong_type(r, value, "a list of strings");
        return list;
    }
    list.items = arena_alloc(r->arena, (value->count ? value->count : 1) * sizeof(struct str));
    struct reader_place place = {r->place, value->name, 0};
    r->place = &place;
    for (const struct json *entry = value->first; entry; entry = entry->next, place.index++) {
        if (entry->type != JSON_STRING)
            reader_wrong_type(r, entry, "a string");
        else if (members_said(entry->text).p)
            list.items[list.n++] = entry->text;
    }
    r->place = place.outer;
    return list;
}

struct str_list members_distinct_texts(struct reader *r, const struct json *value)
{
    struct str_list list = members_texts(r, value);
    if (list.n < 2) return list;
    size_t *counts = arena_alloc(r->arena, list.n * sizeof *counts);
    members_same(r->arena, list.items, list.n, false, counts);
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++)
        if (counts[i] == i) list.items[n++] = list.items[i];
    list.n = n;
    return list;
}

struct keyed {
    struct str key;
    size_t index;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int c = str_cmp(x->key, y->key);
    if (c) return c;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Sorted, so that a record with a hundred thousand entries does not take minutes. */
void members_same(struct arena *arena, const struct str *keys, size_t n, bool last, size_t *counts)
{
    struct keyed *sorted = arena_alloc(arena, (n ? n : 1) * sizeof *sorted);
    for (size_t i = 0; i < n; i++) sorted[i] = (struct keyed){keys[i], i};
    qsort(sorted, n, sizeof *sorted, compare_keyed);
    for (size_t start = 0, end; start < n; start = end) {
        end = start + 1;
        while (end < n && sorted[start].key.p && str_eq(sorted[end].key, sorted[start].key)) end++;
        size_t winner = sorted[last ? end - 1 : start].index;
        for (size_t i = start; i < end; i++) counts[sorted[i].index] = winner;
    }
}
