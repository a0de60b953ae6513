/* SPDX-License-Identifier: Apache-2.0 */
/* An arena that lasts as long as a test, or all of a file's. */
#ifndef EPILOGUE_TESTS_ARENA_SUPPORT_H
#define EPILOGUE_TESTS_ARENA_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/arena.h"

static struct arena *arena;

static inline int setup(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#endif
