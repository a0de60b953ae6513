/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines on standard error: one line each, key=value (logfmt) or one JSON object. */
#ifndef EPILOGUE_COMMON_LOG_H
#define EPILOGUE_COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* What is written from now on; `json` chooses the format. Default: LOG_INFO, logfmt. */
void log_setup(enum log_level level, bool json);

/* One key=value of a line; made by the macros below alone. One without a name is the last. */
struct log_field {
    const char *name;
    enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_UINT } type;
    union {
        struct str str;
        int64_t i;
        uint64_t u;
    };
};

/* What a field says: a slice, a C string (absent ones are ""), or an integer, which is a number in
 * JSON while every reader of it can hold it exactly. The name is a literal, a-z and _. */
#define LOG_STR(key, value) ((struct log_field){"" key, LOG_FIELD_STR, {.str = (value)}})
#define LOG_TEXT(key, value) ((struct log_field){"" key, LOG_FIELD_STR, {.str = str_of(value)}})
#define LOG_INT(key, value) ((struct log_field){"" key, LOG_FIELD_INT, {.i = (value)}})
#define LOG_UINT(key, value) ((struct log_field){"" key, LOG_FIELD_UINT, {.u = (value)}})

/*
 * One line: `message` in plain words, then any number of fields. Each value is quoted by itself, so
 * none can end its field, its line or the JSON, whatever is in it: it is given as it is. It is cut at
 * 1,000 bytes. A line that is below the level costs the fields' values and no more. errno stays.
 *
 *     log_warn("record refused", LOG_STR("topic", name), LOG_INT("offset", offset));
 */
#define log_write(level, message, ...) \
    log_line((level), (message), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})

#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

/* What log_write calls; `fields` ends with one that has no name. */
void log_line(enum log_level level, const char *message, const struct log_field *fields);

#endif
