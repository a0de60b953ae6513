/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of the bench's tools: NAME=VALUE, in any order. */
#ifndef EPILOGUE_TESTS_BENCH_OPTION_H
#define EPILOGUE_TESTS_BENCH_OPTION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline bool option(const char *argument, const char *name, const char **value)
{
    size_t n = strlen(name);
    if (strncmp(argument, name, n) != 0 || argument[n] != '=') return false;
    *value = argument + n + 1;
    return true;
}

static inline bool option_number(const char *argument, const char *name, int64_t *number)
{
    const char *value;
    if (!option(argument, name, &value)) return false;
    *number = strtoll(value, NULL, 10);
    return true;
}

#endif
