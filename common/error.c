/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

enum result error_set(struct error *error, enum result result, const char *format, ...)
{
    if (!error) return result;
    /* By way of a second buffer: the sentence may well quote the error's own text. */
    char text[sizeof error->text];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) n = 0;
    text[text_whole(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1)] = 0;
    memcpy(error->text, text, sizeof text);
    return result;
}
