/* SPDX-License-Identifier: Apache-2.0 */
/* Lines in. Only where an object and its members end is found here; codec/json reads what is around
 * the value, and the value stays the bytes that it is, so that what is no JSON can be sent, too. */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codec/decimal.h"
#include "codec/json.h"
#include "common/base64.h"
#include "common/file.h"

#define REPEATED_BYTES_MAX (INT64_C(64) << 20)
#define LINES_DEPTH 64 /* of what is around the value; the value itself is not read here */

/* A file, and how far it is read. */
struct source {
    struct arena *arena;
    const char *path;
    const char *p, *end;
    int number; /* of the line that `p` stands on */
    const struct str *names;
    int topic;
    struct error *error;
};

static enum result bad(const struct source *s, int number, const char *what)
{
    return error_set(s->error, FATAL, "%s:%d: %s", s->path, number, what);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the string that begins at `p`; `end` when it does not end. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < end) p++;
    return p < end ? p + 1 : end;
}

/* Behind the value that begins at `p`. Brackets and strings alone are looked at: whether it is
 * JSON is not decided here, so that what is not can be sent too. NULL: it has no end. */
static const char *skip_value(const char *p, const char *end)
{
    int depth = 0;
    while (p < end) {
        char c = *p;
        if (c == '"') {
            p = skip_string(p, end);
            if (!depth) return p;
            continue;
        }
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') {
            if (!depth) return p;
            p++;
            if (!--depth) return p;
            continue;
        }
        if (!depth && (c == ',' || is_space(c))) return p;
        p++;
    }
    return depth ? NULL : end;
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p)) p++;
    return p;
}

/* The next member of an object whose text goes on at *p. false: there is none. */
static bool next_member(const char **p, const char *end, struct str *name, struct str *value)
{
    const char *at = skip_space(*p, end);
    if (at < end && (*at == ',' || *at == '{')) at = skip_space(at + 1, end);
    if (at >= end || *at != '"') return false;
    const char *behind = skip_string(at, end);
    *name = (struct str){at + 1, (size_t)(behind - at) - 2};
    at = skip_space(behind, end);
    if (at >= end || *at != ':') return false;
    at = skip_space(at + 1, end);
    behind = skip_value(at, end);
    if (!behind || behind == at) return false;
    *value = (struct str){at, (size_t)(behind - at)};
    *p = behind;
    return true;
}

static const struct json *parse(const struct source *s, struct str text)
{
    struct json *root;
    struct str detail;
    return json_parse(s->arena, s->arena, text, LINES_DEPTH, &root, &detail) == JSON_OK ? root
                                                                                        : NULL;
}

static enum result read_topic(const struct source *s, int number, const struct json *value,
                              struct record *record)
{
    for (int topic = TOPIC_INCIDENT_CLOSED; topic <= TOPIC_TASK_UPDATED; topic++)
        if (value && value->type == JSON_STRING &&
            (str_eq(value->text, topic_name(topic)) || str_eq(value->text, s->names[topic]))) {
            record->topic = topic;
            return OK;
        }
    return bad(s, number,
               "\"topic\" must be \"incident-closed\", \"finding-updated\" or \"task-updated\"");
}

static enum result read_at(const struct source *s, int number, const struct json *value,
                           struct record *record)
{
    enum timestamp_result result = TIMESTAMP_BAD;
    struct decimal epoch;
    if (value && value->type == JSON_STRING)
        result = timestamp_parse(value->text, &record->timestamp);
    else if (value && decimal_read(value, &epoch))
        result = timestamp_from_epoch(epoch.whole, epoch.thousandths, &record->timestamp);
    if (result == TIMESTAMP_OK || result == TIMESTAMP_PARTIAL) {
        if (!record_time_is_wrong(record)) return OK;
        /* The worker would count it as now, and simulate as said. */
        return bad(s, number, "\"at\" must lie between 1973-03-04 and 5138-11-15");
    }
    return bad(s, number, "\"at\" must be a time like \"2026-11-20T10:15:00Z\"");
}

static enum result read_headers(const struct source *s, int number, const struct json *value,
                                struct record *record)
{
    if (!value || value->type != JSON_OBJECT)
        return bad(s, number, "\"headers\" must be an object of texts");
    struct header *headers = arena_alloc(s->arena, (value->count + 1) * sizeof *headers);
    size_t n = 0;
    for (const struct json *h = value->first; h; h = h->next) {
        if (h->type != JSON_STRING && h->type != JSON_NULL)
            return bad(s, number, "\"headers\" must be an object of texts");
        headers[n++] = (struct header){h->name, h->type == JSON_NULL ? STR_NONE : h->text};
    }
    record->headers = headers;
    record->headers_n = n;
    return OK;
}

static enum result read_base64(const struct source *s, int number, const struct json *value,
                               struct record *record)
{
    if (!value || value->type != JSON_STRING)
        return bad(s, number, "\"raw_base64\" must be a text");
    if (!base64_read(s->arena, value->text, &record->value))
        return bad(s, number, "\"raw_base64\" is not base64");
    return OK;
}

/* What is too long to be written out. */
static enum result read_repeat(const struct source *s, int number, const struct json *value,
                               struct record *record)
{
    static const char *const names[] = {"prefix", "unit", "suffix"};
    struct str texts[3];
    for (int i = 0; i < 3; i++) {
        const struct json *text =
            value && value->type == JSON_OBJECT ? json_get(value, names[i]) : NULL;
        if (!text || text->type != JSON_STRING)
            return bad(s, number, "\"raw_repeat\" needs the texts prefix, unit and suffix");
        texts[i] = text->text;
    }
    const struct json *count = json_get(value, "count");
    if (!count || count->type != JSON_INT || count->integer < 0 ||
        count->integer > REPEATED_BYTES_MAX / (int64_t)(texts[1].n + 1))
        return bad(s, number, "\"raw_repeat\" needs a count, of at most 64 MB in all");
    size_t n = texts[0].n + texts[2].n + texts[1].n * (size_t)count->integer;
    char *bytes = arena_alloc(s->arena, n + 1), *p = bytes;
    memcpy(p, texts[0].p, texts[0].n);
    p += texts[0].n;
    for (int64_t i = 0; i < count->integer; i++, p += texts[1].n) memcpy(p, texts[1].p, texts[1].n);
    memcpy(p, texts[2].p, texts[2].n);
    record->value = (struct str){bytes, n};
    return OK;
}

static enum result read_key(const struct source *s, int number, const struct json *value,
                            struct record *record)
{
    if (!value || (value->type != JSON_STRING && value->type != JSON_NULL))
        return bad(s, number, "\"key\" must be a text or null");
    if (value->type == JSON_STRING) record->key = value->text;
    return OK;
}

typedef enum result member_reader(const struct source *s, int number, const struct json *value,
                                  struct record *record);

/* A key is bytes to Kafka, so it may hold the \u0000 that is refused within JSON. */
static const struct json *parse_key(const struct source *s, struct str text)
{
    static const char nul[] = "\\u0000";
    const size_t nul_n = sizeof nul - 1;
    char *without = arena_copy(s->arena, text.p, text.n);
    size_t marks = 0;
    /* 0x01 holds the place of each until the text is parsed: it cannot stand there by itself. */
    for (size_t i = 0; i + nul_n <= text.n; i++) {
        if (memcmp(without + i, nul, nul_n) != 0 || (i && without[i - 1] == '\\')) continue;
        without[i + nul_n - 1] = '1';
        marks++;
    }
    const struct json *key = parse(s, (struct str){without, text.n});
    if (!marks || !key || key->type != JSON_STRING) return key;
    char *bytes = arena_copy(s->arena, key->text.p, key->text.n);
    for (size_t i = 0; i < key->text.n; i++)
        if (bytes[i] == 1) bytes[i] = 0;
    struct json *copy = arena_copy(s->arena, key, sizeof *key);
    copy->text.p = bytes;
    return copy;
}

static const struct {
    const char *name;
    bool is_value;
    member_reader *read;
} members[] = {
    {"topic", false, read_topic},      {"at", false, read_at},
    {"headers", false, read_headers},  {"raw_base64", true, read_base64},
    {"raw_repeat", true, read_repeat},
};

/* One object as a record; a bare one is the value itself. */
static enum result read_object(struct source *s, int number, struct str text, struct record *record)
{
    bool has_value = false;
    const char *p = text.p, *end = text.p + text.n - 1;
    struct str name, value;
    enum result result = OK;
    while (result == OK && next_member(&p, end, &name, &value)) {
        if (str_eq(name, STR("value"))) record->value = value;
        if (str_eq(name, STR("key"))) result = read_key(s, number, parse_key(s, value), record);
        has_value |= str_eq(name, STR("value")) || str_eq(name, STR("value_null"));
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            if (!str_eq(name, str_of(members[i].name))) continue;
            has_value |= members[i].is_value;
            result = members[i].read(s, number, parse(s, value), record);
        }
    }
    if (has_value && record->topic) return result;
    if (s->topic) {
        *record = (struct record){.topic = s->topic, .timestamp = TIME_NONE, .value = text};
        return OK;
    }
    if (result != OK) return result;
    return bad(s, number,
               "a line is {\"topic\":…,\"key\":…,\"value\":{…}}, or a bare event with --topic");
}

static void skip_line(struct source *s)
{
    while (s->p < s->end && *s->p != '\n') s->p++;
}

static enum result read_next(struct source *s, struct lines *lines)
{
    int number = s->number;
    const char *behind = *s->p == '{' ? skip_value(s->p, s->end) : NULL;
    if (!behind) return bad(s, number, "not a JSON object; or it has no end");
    struct line line = {
        .file = s->path,
        .number = number,
        .record = {.topic = s->topic, .timestamp = TIME_NONE},
    };
    enum result result =
        read_object(s, number, (struct str){s->p, (size_t)(behind - s->p)}, &line.record);
    if (result != OK) return result;
    *ARENA_PUSH(s->arena, lines->items, lines->n, lines->cap) = line;
    for (; s->p < behind; s->p++) s->number += *s->p == '\n';
    return OK;
}

static enum result read_all(struct source *s, struct lines *lines)
{
    while (s->p < s->end) {
        if (*s->p == '\n') {
            s->number++;
            s->p++;
        } else if (is_space(*s->p)) {
            s->p++;
        } else if (*s->p == '#' || *s->p == '>') {
            skip_line(s);
        } else {
            enum result result = read_next(s, lines);
            if (result != OK) return result;
        }
    }
    return OK;
}

static enum result read_file(struct arena *arena, const char *path, struct str *bytes,
                             struct error *error)
{
    int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (fd < 0) return error_set(error, FATAL, "%s: %s", path, strerror(errno));
    enum result result = file_read(arena, fd, path, SIZE_MAX, bytes, error);
    if (fd != STDIN_FILENO) close(fd);
    return result;
}

enum result lines_read(struct arena *arena, const char *path, const struct str names[topic_end],
                       int topic, struct lines *lines, struct error *error)
{
    struct str bytes = STR_NONE;
    enum result result = read_file(arena, path, &bytes, error);
    if (result != OK) return result;
    struct source source = {
        .arena = arena,
        .path = strcmp(path, "-") ? path : "standard input",
        .p = bytes.p,
        .end = bytes.p + bytes.n,
        .number = 1,
        .names = names,
        .topic = topic,
        .error = error,
    };
    return read_all(&source, lines);
}
