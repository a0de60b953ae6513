/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log_writer.h"
#include "timestamp.h"

#define FIELDS_BYTES 3000
#define MESSAGE_BYTES 600 /* escaped at its worst it still leaves room for fields */
#define QUOTE_BYTES 1000
#define QUOTE_BUFFERS 8

static _Atomic int current_level = LOG_INFO;
static _Atomic bool current_json = false;

void log_setup(enum log_level level, bool json)
{
    atomic_store(&current_level, (int)level);
    atomic_store(&current_json, json);
}

/* A line (or a value) while it is being written; what does not fit is left off. */
struct line {
    char *p;
    size_t n, cap;
    bool full;
};

/* All of it or nothing, so that no escape and no character is cut in two. */
static void put(struct line *line, const char *bytes, size_t n)
{
    if (line->full || line->cap - line->n < n) {
        line->full = true;
        return;
    }
    memcpy(line->p + line->n, bytes, n);
    line->n += n;
}

#define put_lit(line, literal) put((line), (literal), sizeof(literal) - 1)

/* Length of the UTF-8 character at `p`, 0 when the bytes are none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80) return 1;
    size_t length = p[0] >= 0xF0 && p[0] <= 0xF4 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || length > n) return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    /* overlong forms, surrogates and what lies above U+10FFFF */
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F)) return 0;
    if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F)) return 0;
    return length;
}

/* One character, escaped as JSON does it, which logfmt readers understand as well. Returns how many
 * bytes of the input it took. */
static size_t put_char(struct line *line, const char *p, size_t n)
{
    unsigned char c = (unsigned char)*p;
    char escape[8];
    if (c == '"' || c == '\\') {
        put(line, (char[]){'\\', (char)c}, 2);
    } else if (c == '\n') {
        put_lit(line, "\\n");
    } else if (c == '\r') {
        put_lit(line, "\\r");
    } else if (c == '\t') {
        put_lit(line, "\\t");
    } else if (c < 0x20 || c == 0x7F) {
        put(line, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
    } else {
        size_t length = utf8_length((const unsigned char *)p, n);
        if (!length) {
            put_lit(line, "\\ufffd");
            return 1;
        }
        put(line, p, length);
        return length;
    }
    return 1;
}

static void put_escaped(struct line *line, const char *p, size_t n)
{
    for (size_t at = 0; at < n;) at += put_char(line, p + at, n - at);
}

static bool plain(const char *value)
{
    if (!*value) return false;
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7F || strchr("=\"\\", *p))
            return false;
    return true;
}

const char *log_quote(const char *value)
{
    static _Thread_local char buffers[QUOTE_BUFFERS][QUOTE_BYTES + 3];
    static _Thread_local unsigned next;
    char *out = buffers[next++ % QUOTE_BUFFERS];
    if (!value) value = "";
    struct line line = {out, 0, QUOTE_BYTES, false};
    if (plain(value)) {
        put(&line, value, strnlen(value, QUOTE_BYTES));
    } else {
        put_lit(&line, "\"");
        put_escaped(&line, value, strlen(value));
        line.cap += 1; /* the closing quote always has its place */
        line.full = false;
        put_lit(&line, "\"");
    }
    out[line.n] = 0;
    return out;
}

/* A JSON integer that every reader can hold exactly. */
static bool is_integer(const char *p, size_t n)
{
    if (n && *p == '-') p++, n--;
    if (!n || n > 15 || (*p == '0' && n > 1)) return false;
    for (size_t i = 0; i < n; i++)
        if (p[i] < '0' || p[i] > '9') return false;
    return true;
}

/* The length of a logfmt value: up to the closing quote, or up to the next space. */
static size_t value_length(const char *p)
{
    if (*p != '"') return strcspn(p, " ");
    size_t n = 1;
    while (p[n] && p[n] != '"') n += p[n] == '\\' && p[n + 1] ? 2 : 1;
    return p[n] ? n + 1 : n;
}

/* Quoted values were escaped by log_quote in JSON's own way: their escapes go through. */
static void put_json_value(struct line *line, const char *p, size_t n)
{
    if (is_integer(p, n)) {
        put(line, p, n);
        return;
    }
    put_lit(line, "\"");
    if (n >= 2 && *p == '"' && p[n - 1] == '"') {
        const char *end = p + n - 1;
        for (p++; p < end;) {
            size_t escape = *p == '\\' && end - p > 1 ? 2 : 0;
            if (escape) put(line, p, escape);
            p += escape ? escape : put_char(line, p, (size_t)(end - p));
        }
    } else {
        put_escaped(line, p, n);
    }
    put_lit(line, "\"");
}

/* "shard=3 topic=\"a b\"" as ,"shard":3,"topic":"a b". A field that does not fit whole is left
 * off, so that the line stays JSON. */
static void put_json_fields(struct line *line, const char *fields)
{
    while (*(fields += strspn(fields, " "))) {
        size_t name = strcspn(fields, "= ");
        const char *value = fields + name + (fields[name] == '=');
        size_t length = fields[name] == '=' ? value_length(value) : 0;
        size_t before = line->n;
        put_lit(line, ",\"");
        put_escaped(line, fields, name);
        put_lit(line, "\":");
        put_json_value(line, value, length);
        if (line->full) {
            line->n = before;
            return;
        }
        fields = value + length;
    }
}

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static void put_line(struct line *line, enum log_level level, const char *message,
                     const char *fields)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char ts[TIMESTAMP_TEXT];
    timestamp_format(now.tv_sec * SECOND_MS + now.tv_nsec / 1000000, ts);
    bool json = atomic_load(&current_json);
    const char *name = level_names[level];
    put(line, json ? "{\"ts\":\"" : "ts=", json ? 7 : 3);
    put(line, ts, sizeof ts);
    put(line, json ? "\",\"level\":\"" : " level=", json ? 11 : 7);
    put(line, name, strlen(name));
    put(line, json ? "\",\"msg\":\"" : " msg=\"", json ? 9 : 6);
    put_escaped(line, message, strnlen(message, MESSAGE_BYTES));
    put_lit(line, "\"");
    line->cap -= 2; /* for the end of the line, whatever the fields are */
    if (json) {
        put_json_fields(line, fields);
    } else if (*fields) {
        put_lit(line, " ");
        /* A line break in a field would begin a line of its own. */
        for (const char *p = fields; *p; p++) put(line, *p == '\n' ? " " : p, 1);
    }
    line->cap += 2;
    line->full = false;
    put(line, json ? "}\n" : "\n", json ? 2 : 1);
}

void log_write(enum log_level level, const char *message, const char *fields, ...)
{
    if ((int)level < atomic_load(&current_level)) return;
    int saved = errno;
    char text[FIELDS_BYTES];
    va_list args;
    va_start(args, fields);
    int n = vsnprintf(text, sizeof text, fields, args);
    va_end(args);
    if (n < 0) text[0] = 0;

    char bytes[LOG_LINE_BYTES];
    struct line line = {bytes, 0, sizeof bytes, false};
    put_line(&line, level, message, text);
    log_writer_put(bytes, line.n);
    errno = saved;
}
