/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of policy files share: a file, what is loaded of it, and what its refusal says. */
#ifndef EPILOGUE_TESTS_POLICY_FILE_SUPPORT_H
#define EPILOGUE_TESTS_POLICY_FILE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/policy_file.h"
#include "core/deadline.h"

static char file[] = "/tmp/test_policy_XXXXXX";
static struct arena *arena;
static struct policy policy;
static struct error error;

static inline int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(file);
    close(fd);
    arena = arena_new();
    return fd < 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return unlink(file);
}

static inline enum result load(const char *text)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    error.text[0] = 0;
    return policy_file_load(file, arena, &policy, &error);
}

static inline void assert_loads(const char *text)
{
    if (load(text) != OK) print_error("%s\n", error.text);
    assert_string_equal(error.text, "");
}

/* `expected` stands behind the file's name. */
static inline void assert_refused(const char *text, const char *expected)
{
    assert_int_equal(load(text), FATAL);
    assert_memory_equal(error.text, file, strlen(file));
    assert_string_equal(error.text + strlen(file), expected);
}

static inline void assert_text(struct str s, const char *expected)
{
    assert_true(str_eq(s, str_of(expected)));
}

static inline void assert_days(struct duration d, int64_t days)
{
    assert_false(d.working_days);
    assert_int_equal(d.amount, days * DAY_MS);
}

/* All but the last brace. */
#define TIMES                                                                            \
    "\"P1\":{\"assign\":\"1d\",\"complete\":\"2d\",\"stale\":\"3d\",\"verify\":\"4d\"}," \
    "\"P2\":{\"assign\":\"1d\",\"complete\":\"2d\",\"stale\":\"3d\",\"verify\":\"4d\"}," \
    "\"P3\":{\"assign\":\"1d\",\"complete\":\"2d\",\"stale\":\"3d\",\"verify\":\"4d\"}," \
    "\"P4\":{\"assign\":\"1d\",\"complete\":\"2d\",\"stale\":\"3d\",\"verify\":\"5d\"}"

#endif
