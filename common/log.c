/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line a call, with each field quoted here and nowhere else, so that no text of others can end
 * a line or begin a field. The line is built in a fixed buffer: what does not fit is left off, and
 * a line is never half an escape.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
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

/* A field while it is made: its name, and its value as yet unquoted. */
struct field {
    const char *name;
    size_t name_n;
    char value[RAW_BYTES];
    size_t n;
    bool number; /* an integer that every reader of JSON can hold exactly */
    bool lost;   /* a conversion that is not known: where the arguments go on is not known either */
};

static void add(struct field *field, const char *bytes, size_t n)
{
    size_t room = sizeof field->value - field->n;
    if (n > room) n = room;
    memcpy(field->value + field->n, bytes, n);
    field->n += n;
}

/* An argument of an integer conversion, as text. */
static void add_integer(struct field *field, char conversion, const char *modifier, va_list *args)
{
    char text[24];
    int n;
    bool two = modifier[0] == 'l' && modifier[1] == 'l';
    if (conversion == 'd' || conversion == 'i') {
        long long value = two                  ? va_arg(*args, long long)
                          : modifier[0] == 'l' ? va_arg(*args, long)
                          : modifier[0] == 'z' ? va_arg(*args, ssize_t)
                                               : va_arg(*args, int);
        n = snprintf(text, sizeof text, "%lld", value);
    } else {
        unsigned long long value = two                  ? va_arg(*args, unsigned long long)
                                   : modifier[0] == 'l' ? va_arg(*args, unsigned long)
                                   : modifier[0] == 'z' ? va_arg(*args, size_t)
                                                        : va_arg(*args, unsigned);
        n = snprintf(text, sizeof text, conversion == 'u' ? "%llu" : "%llx", value);
    }
    field->number = field->n == 0 && conversion != 'x' && n <= 15;
    add(field, text, (size_t)n);
}

static void add_string(struct field *field, int precision, const char *text)
{
    if (!text) text = "";
    add(field, text, precision < 0 ? strlen(text) : strnlen(text, (size_t)precision));
}

/* One conversion of the format, from its % on; returns what is behind it. */
static const char *add_conversion(struct field *field, const char *format, va_list *args)
{
    const char *p = format + 1;
    int precision = -1;
    char text[64];
    if (p[0] == '.' && p[1] == '*') {
        precision = va_arg(*args, int);
        p += 2;
    } else if (p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
        precision = p[1] - '0';
        p += 2;
    }
    const char *modifier = p;
    p += strspn(p, "lz");
    field->number = false;
    switch (*p) {
    case 's': add_string(field, precision, va_arg(*args, const char *)); break;
    case 'd':
    case 'i':
    case 'u':
    case 'x': add_integer(field, *p, modifier, args); break;
    case 'f':
        add(field, text,
            (size_t)snprintf(text, sizeof text, "%.*f", precision < 0 ? 6 : precision,
                             va_arg(*args, double)));
        break;
    default: field->lost = true; return p;
    }
    return p + 1;
}

/* The next field of a format; returns what is behind it. Spaces of the format end a field, those of
 * a value never do: a value is put in only after that was decided. */
static const char *read_field(struct field *field, const char *format, va_list *args)
{
    field->name = format;
    field->name_n = strcspn(format, "= ");
    field->n = 0;
    field->number = field->lost = false;
    format += field->name_n;
    if (*format == '=') format++;
    while (*format && *format != ' ' && !field->lost) {
        if (*format == '%') {
            format = add_conversion(field, format, args);
        } else {
            field->number = false;
            add(field, format++, 1);
        }
    }
    if (field->n == RAW_BYTES) field->n = text_whole(field->value, field->n);
    return format + strspn(format, " ");
}

static bool is_plain(const struct field *field)
{
    for (size_t i = 0; i < field->n; i++) {
        char c = field->value[i];
        if (c <= ' ' || c >= 0x7f || c == '=' || c == '"' || c == '\\') return false;
    }
    return field->n > 0 && field->n <= VALUE_BYTES;
}

/* What is longer than it may be, or than the line has room for, ends with an ellipsis. */
static void put_quoted(struct line *line, const struct field *field)
{
    char bytes[VALUE_BYTES];
    size_t around = strlen("\"…\""), room = line->cap - line->n;
    if (line->full || room < around) {
        line->full = true;
        return;
    }
    size_t cap = room - around < sizeof bytes ? room - around : sizeof bytes;
    struct line value = {bytes, 0, cap, false};
    put_escaped(&value, field->value, field->n);
    put_lit(line, "\"");
    put(line, value.p, value.n);
    if (value.full) put_lit(line, "…");
    put_lit(line, "\"");
}

/* A field that does not fit whole is left off, so that the line stays JSON. */
static void put_field(struct line *line, const struct field *field, bool json)
{
    size_t before = line->n;
    put(line, json ? ",\"" : " ", json ? 2 : 1);
    put_escaped(line, field->name, field->name_n);
    put(line, json ? "\":" : "=", json ? 2 : 1);
    if (json ? field->number : is_plain(field))
        put(line, field->value, field->n);
    else
        put_quoted(line, field);
    if (line->full) line->n = before;
}

static void put_fields(struct line *line, bool json, const char *format, va_list *args)
{
    struct field field = {0};
    while (*format && !line->full && !field.lost) {
        format = read_field(&field, format, args);
        put_field(line, &field, json);
    }
}

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static void put_line(struct line *line, enum log_level level, const char *message,
                     const char *fields, va_list *args)
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
    put_fields(line, json, fields, args);
    line->cap += 2;
    line->full = false;
    put(line, json ? "}\n" : "\n", json ? 2 : 1);
}

void log_write(enum log_level level, const char *message, const char *fields, ...)
{
    if ((int)level < atomic_load(&current_level)) return;
    int saved = errno;
    char bytes[LOG_LINE_BYTES];
    struct line line = {bytes, 0, sizeof bytes, false};
    va_list args;
    va_start(args, fields);
    put_line(&line, level, message, fields, &args);
    va_end(args);
    log_writer_put(bytes, line.n);
    errno = saved;
}
