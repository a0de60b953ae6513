/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a log line on the stack, whole and of bounded length, and hands it to the writer. A line is
 * about records and settings that others wrote, so all of it but the names of fields is escaped.
 */
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "log_writer.h"
#include "text.h"
#include "timestamp.h"

#define MESSAGE_BYTES 600 /* escaped at its worst it still leaves room for fields */
#define VALUE_BYTES 1000  /* of one value, escaped */
#define RAW_BYTES 1008    /* of one value before that: more than may be shown */

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

/* One character, escaped as JSON does it, which logfmt readers understand as well. Returns how many
 * bytes of the input it took. */
static size_t put_char(struct line *line, const char *p, size_t n)
{
    char escape[TEXT_ESCAPE];
    uint32_t c;
    size_t length = text_char(p, n, &c);
    if (!length)
        put_lit(line, "\\ufffd");
    else if (c == '"' || c == '\\')
        put(line, (char[]){'\\', (char)c}, 2);
    else if (text_is_unsafe(c))
        put(line, escape, text_escape(escape, c));
    else
        put(line, p, length);
    return length ? length : 1;
}

static void put_escaped(struct line *line, const char *p, size_t n)
{
    for (size_t at = 0; at < n;) at += put_char(line, p + at, n - at);
}

/* ---- fields ---- */

/* A value as text that is yet to be quoted. */
struct value {
    struct str text;
    bool number; /* an integer that every reader of JSON can hold exactly */
    char digits[24];
};

static void read_value(struct value *value, const struct log_field *field)
{
    int n = 0;
    switch (field->type) {
    case LOG_FIELD_STR: value->text = field->str; break;
    case LOG_FIELD_INT:
        n = snprintf(value->digits, sizeof value->digits, "%" PRId64, field->i);
        break;
    case LOG_FIELD_UINT:
        n = snprintf(value->digits, sizeof value->digits, "%" PRIu64, field->u);
        break;
    }
    if (n) value->text = (struct str){value->digits, (size_t)n};
    value->number = n > 0 && n <= 15;
    if (value->text.n >= RAW_BYTES) value->text.n = text_whole(value->text.p, RAW_BYTES);
}

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c <= ' ' || c >= 0x7f || c == '=' || c == '"' || c == '\\') return false;
    }
    return text.n > 0 && text.n <= VALUE_BYTES;
}

/* What is longer than it may be, or than the line has room for, ends with an ellipsis. */
static void put_quoted(struct line *line, struct str text)
{
    char bytes[VALUE_BYTES];
    size_t around = strlen("\"…\""), room = line->cap - line->n;
    if (line->full || room < around) {
        line->full = true;
        return;
    }
    size_t cap = room - around < sizeof bytes ? room - around : sizeof bytes;
    struct line value = {bytes, 0, cap, false};
    put_escaped(&value, text.p, text.n);
    put_lit(line, "\"");
    put(line, value.p, value.n);
    if (value.full) put_lit(line, "…");
    put_lit(line, "\"");
}

/* A field that does not fit whole is left off, so that the line stays JSON. */
static void put_field(struct line *line, const struct log_field *field, bool json)
{
    struct value value;
    size_t before = line->n;
    read_value(&value, field);
    put(line, json ? ",\"" : " ", json ? 2 : 1);
    put(line, field->name, strlen(field->name));
    put(line, json ? "\":" : "=", json ? 2 : 1);
    if (json ? value.number : is_plain(value.text))
        put(line, value.text.p, value.text.n);
    else
        put_quoted(line, value.text);
    if (line->full) line->n = before;
}

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static void put_line(struct line *line, enum log_level level, const char *message,
                     const struct log_field *fields)
{
    char ts[TIMESTAMP_TEXT];
    timestamp_format(clock_now(), ts);
    bool json = atomic_load(&current_json);
    const char *name = level_names[level];
    put(line, json ? "{\"ts\":\"" : "ts=", json ? 7 : 3);
    put(line, ts, sizeof ts);
    put(line, json ? "\",\"level\":\"" : " level=", json ? 11 : 7);
    put(line, name, strlen(name));
    put(line, json ? "\",\"msg\":\"" : " msg=\"", json ? 9 : 6);
    put_escaped(line, message, text_whole(message, strnlen(message, MESSAGE_BYTES)));
    put_lit(line, "\"");
    line->cap -= 2; /* for the end of the line, whatever the fields are */
    for (; fields->name && !line->full; fields++) put_field(line, fields, json);
    line->cap += 2;
    line->full = false;
    put(line, json ? "}\n" : "\n", json ? 2 : 1);
}

void log_line(enum log_level level, const char *message, const struct log_field *fields)
{
    if ((int)level < atomic_load(&current_level)) return;
    int saved = errno;
    char bytes[LOG_LINE_BYTES];
    struct line line = {bytes, 0, sizeof bytes, false};
    put_line(&line, level, message, fields);
    log_writer_put(bytes, line.n);
    errno = saved;
}
