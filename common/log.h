/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines on standard error: one line each, key=value (logfmt) or one JSON object. */
#ifndef EPILOGUE_COMMON_LOG_H
#define EPILOGUE_COMMON_LOG_H

#include <stdbool.h>

/* "" for "no fields" is right here, wherever log_write is called. */
#pragma GCC diagnostic ignored "-Wformat-zero-length"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* What is written from now on; `json` chooses the format. Default: LOG_INFO, logfmt. */
void log_setup(enum log_level level, bool json);

/*
 * One line: `message` in plain words, then fields, "shard=%d reason=%s". Each value is put in and
 * quoted by itself, so no value can end its field, its line or the JSON, whatever is in it: it is
 * given as it is. Integers are numbers in JSON, all else is text. A value is cut at 1,000 bytes. The
 * conversions are those of printf that the fields need, and no others: %s %.*s %d %u %x with l, ll
 * or z, and %f. Between fields stands one space, and none within one. Pass "" for no fields.
 */
void log_write(enum log_level level, const char *message, const char *fields, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

#endif
