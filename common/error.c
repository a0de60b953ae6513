/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a result and its sentence come together. A function that fails returns error_set(...), so the
 * class and the words are written in one place.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* By way of a second buffer: the sentence may well quote the error's own text. */
static void write_text(struct error *error, const char *format, va_list args)
{
    char text[sizeof error->text];
    int n = vsnprintf(text, sizeof text, format, args);
    if (n < 0) n = 0;
    text[text_whole(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1)] = 0;
    memcpy(error->text, text, sizeof text);
}

enum result error_set(struct error *error, enum result result, const char *format, ...)
{
    if (!error) return result;
    va_list args;
    va_start(args, format);
    write_text(error, format, args);
    va_end(args);
    error->usage = false;
    return result;
}

enum result error_usage(struct error *error, const char *format, ...)
{
    if (!error) return FATAL;
    va_list args;
    va_start(args, format);
    write_text(error, format, args);
    va_end(args);
    error->usage = true;
    return FATAL;
}
