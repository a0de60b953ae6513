/* SPDX-License-Identifier: Apache-2.0 */
/* What is written for a person, as a C string. */
#ifndef EPILOGUE_TESTS_PAGE_SUPPORT_H
#define EPILOGUE_TESTS_PAGE_SUPPORT_H

#include "arena_support.h"
#include "common/buf.h"

static struct buf out;

/* What was written since the last call; valid until something else is. */
static inline const char *written(void)
{
    buf_char(&out, 0);
    out.n = 0;
    return out.p;
}

static inline int free_page(void **state)
{
    buf_free(&out);
    return teardown(state);
}

#endif
