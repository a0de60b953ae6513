/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tables of policy_file.c are walked with: objects, lists, words, numbers, durations. Each
 * error names the path of the member and what is allowed there.
 */
#include "policy_reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/buf.h"
#include "common/text.h"
#include "nearest.h"

#define TEXT_BYTES_MAX 256
#define SHOWN_BYTES 60 /* of a value in a message */
#define DURATION_DIGITS_MAX 6

#define DURATIONS "30s, 15m, 12h, 7d, 3bd or nbd"

static void put_path(struct buf *out, const struct policy_place *at)
{
    if (!at->parent) return;
    put_path(out, at->parent);
    if (!at->name)
        buf_printf(out, "[%zu]", at->index);
    else
        buf_printf(out, "%s%s", at->parent->parent ? "." : "", at->name);
}

enum result policy_reader_bad(struct policy_reader *reader, const struct policy_place *at,
                              const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    struct buf path = {0};
    put_path(&path, at);
    error_set(reader->error, FATAL, "%s: %.*s%s%s", reader->file, STR_ARG(buf_slice(&path)),
              path.n ? ": " : "", what);
    buf_free(&path);
    return FATAL;
}

/* The value as it was written, for a message: short, or its beginning. */
static struct str shown(struct policy_reader *reader, json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    struct str all = str_of(text ? text : "it");
    size_t n = all.n > SHOWN_BYTES ? text_whole(all.p, SHOWN_BYTES) : all.n;
    struct str out = arena_printf(reader->arena, "%.*s%s", (int)n, all.p, n < all.n ? "…" : "");
    free(text);
    return out;
}

static enum result not_allowed(struct policy_reader *reader, const struct policy_place *at,
                               json_t *value, const char *allowed)
{
    return policy_reader_bad(reader, at, "%s is not allowed; allowed: %s", shown(reader, value).p,
                             allowed);
}

static enum result unknown_member(struct policy_reader *reader, const struct policy_place *at,
                                  const struct policy_member *members)
{
    struct nearest nearest = {.word = at->name};
    for (const struct policy_member *m = members; m->name; m++) nearest_try(&nearest, m->name);
    return policy_reader_bad(reader, at, "unknown member; %s",
                             nearest_hint(reader->arena, &nearest));
}

enum result policy_reader_members(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, const struct policy_member *members, void *target)
{
    if (!json_is_object(value)) return not_allowed(reader, at, value, "an object");
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member)
    {
        struct policy_place place = {at, name, 0};
        const struct policy_member *m = members;
        while (m->name && strcmp(m->name, name) != 0) m++;
        if (!m->name) return unknown_member(reader, &place, members);
    }
    for (const struct policy_member *m = members; m->name; m++) {
        struct policy_place place = {at, m->name, 0};
        member = json_object_get(value, m->name);
        if (!member) continue;
        enum result result = m->read(reader, &place, member, (char *)target + m->offset);
        if (result != OK) return result;
    }
    for (const struct policy_member *m = members; m->name; m++)
        if (m->required && !json_object_get(value, m->name))
            return policy_reader_bad(reader, at, "the member \"%s\" is missing", m->name);
    return OK;
}

enum result policy_reader_items(struct policy_reader *reader, const struct policy_place *at,
                                json_t *value, policy_read *read, size_t max, size_t size,
                                void *items, size_t *n)
{
    if (!json_is_array(value)) return not_allowed(reader, at, value, "an array");
    *n = json_array_size(value);
    if (*n > max)
        return policy_reader_bad(reader, at, "%zu items are too many; allowed: up to %zu", *n, max);
    for (size_t i = 0; i < *n; i++) {
        struct policy_place place = {at, NULL, i};
        enum result result =
            read(reader, &place, json_array_get(value, i), (char *)items + i * size);
        if (result != OK) return result;
    }
    return OK;
}

enum result policy_reader_entries(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, policy_read *read, size_t max, const char *what,
                                  size_t size, void *items, size_t *n)
{
    if (!json_is_object(value) || json_object_size(value) > max)
        return policy_reader_bad(reader, at, "allowed: an object of up to %zu %s", max, what);
    *n = 0;
    const char *name;
    json_t *entry;
    json_object_foreach(value, name, entry)
    {
        struct policy_place place = {at, name, 0};
        enum result result = read(reader, &place, entry, (char *)items + *n * size);
        if (result != OK) return result;
        ++*n;
    }
    return OK;
}

/* The bytes of a JSON string, absent for any other value. */
static struct str text_of(json_t *value)
{
    if (!json_is_string(value)) return STR_NONE;
    return (struct str){json_string_value(value), json_string_length(value)};
}

static void put_choice(struct buf *out, struct str word, bool last)
{
    if (out->n) buf_printf(out, "%s", last ? " or " : ", ");
    buf_str(out, word);
}

enum result policy_reader_word(struct policy_reader *reader, const struct policy_place *at,
                               json_t *value, const struct vocabulary *words, int first, void *out)
{
    struct str text = text_of(value);
    for (int v = first; v < words->end; v++) {
        if (!str_eq(text, words->words[v])) continue;
        memcpy(out, &v, sizeof v);
        return OK;
    }
    struct buf allowed = {0};
    for (int v = first; v < words->end; v++)
        put_choice(&allowed, words->words[v], v == words->end - 1);
    buf_char(&allowed, 0);
    not_allowed(reader, at, value, allowed.p);
    buf_free(&allowed);
    return FATAL;
}

enum result policy_reader_choice(struct policy_reader *reader, const struct policy_place *at,
                                 json_t *value, const char *const *words, int *out)
{
    struct str text = text_of(value);
    for (int i = 0; words[i]; i++) {
        if (!str_eq(text, str_of(words[i]))) continue;
        *out = i;
        return OK;
    }
    struct buf allowed = {0};
    for (int i = 0; words[i]; i++) put_choice(&allowed, str_of(words[i]), !words[i + 1]);
    buf_char(&allowed, 0);
    not_allowed(reader, at, value, allowed.p);
    buf_free(&allowed);
    return FATAL;
}

enum result policy_reader_choices(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, const char *const *words, unsigned *bits)
{
    if (!json_is_array(value)) return not_allowed(reader, at, value, "an array");
    *bits = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct policy_place place = {at, NULL, i};
        int word;
        enum result result =
            policy_reader_choice(reader, &place, json_array_get(value, i), words, &word);
        if (result != OK) return result;
        if (*bits & 1U << word)
            return policy_reader_bad(reader, &place, "duplicate value \"%s\"", words[word]);
        *bits |= 1U << word;
    }
    return OK;
}

enum result policy_reader_text(struct policy_reader *reader, const struct policy_place *at,
                               json_t *value, void *target)
{
    struct str text = text_of(value);
    bool good = text.n >= 1 && text.n <= TEXT_BYTES_MAX;
    for (size_t i = 0; i < text.n; i++)
        if (text_control(text.p + i, 1)) good = false;
    if (!good)
        return not_allowed(reader, at, value, "text of 1 to 256 bytes without control characters");
    *(struct str *)target = arena_str(reader->arena, text);
    return OK;
}

/* Takes a number of up to DURATION_DIGITS_MAX digits off the start of `text`; -1 without one. */
static int64_t take_number(struct str *text)
{
    size_t n = 0;
    int64_t value = 0;
    while (n < text->n && n < DURATION_DIGITS_MAX && text->p[n] >= '0' && text->p[n] <= '9')
        value = value * 10 + (text->p[n++] - '0');
    text->p += n;
    text->n -= n;
    return n ? value : -1;
}

bool policy_reader_parse_duration(struct str text, bool may_be_zero, struct duration *out)
{
    static const struct {
        struct str unit;
        int64_t ms; /* 0: working days */
    } units[] = {{{"s", 1}, SECOND_MS},
                 {{"m", 1}, MINUTE_MS},
                 {{"h", 1}, HOUR_MS},
                 {{"d", 1}, DAY_MS},
                 {{"bd", 2}, 0}};
    if (str_eq(text, STR("nbd"))) text = STR("1bd");
    bool leading_zero = text.n && *text.p == '0';
    int64_t amount = take_number(&text);
    if (amount < 0 || (!may_be_zero && leading_zero)) return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_eq(text, units[i].unit)) continue;
        out->working_days = units[i].ms == 0;
        out->amount = out->working_days ? amount : amount * units[i].ms;
        return true;
    }
    return false;
}

bool policy_reader_parse_percentage(struct str text, int *out)
{
    bool leading_zero = text.n && *text.p == '0';
    int64_t value = take_number(&text);
    if (leading_zero || value < 1 || value > 100 || !str_eq(text, STR("%"))) return false;
    *out = (int)value;
    return true;
}

enum result policy_reader_duration(struct policy_reader *reader, const struct policy_place *at,
                                   json_t *value, void *target)
{
    if (policy_reader_parse_duration(text_of(value), false, target)) return OK;
    return not_allowed(reader, at, value,
                       "a duration like " DURATIONS " (bd are working days), not 0");
}

enum result policy_reader_percentage(struct policy_reader *reader, const struct policy_place *at,
                                     json_t *value, void *target)
{
    if (policy_reader_parse_percentage(text_of(value), target)) return OK;
    return not_allowed(reader, at, value, "a percentage from \"1%\" to \"100%\"");
}

enum result policy_reader_bool(struct policy_reader *reader, const struct policy_place *at,
                               json_t *value, void *target)
{
    if (!json_is_boolean(value)) return not_allowed(reader, at, value, "true or false");
    *(bool *)target = json_is_true(value);
    return OK;
}

enum result policy_reader_integer(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, int64_t min, int64_t max, int64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max)
        return policy_reader_bad(reader, at,
                                 "%s is not allowed; allowed: an integer from %lld to %lld",
                                 shown(reader, value).p, (long long)min, (long long)max);
    *out = json_integer_value(value);
    return OK;
}
