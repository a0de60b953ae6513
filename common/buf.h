/* SPDX-License-Identifier: Apache-2.0 */
/* A byte buffer that grows; what JSON is written into. Running out of memory aborts (arena.h). */
#ifndef EPILOGUE_COMMON_BUF_H
#define EPILOGUE_COMMON_BUF_H

#include <stdint.h>

#include "str.h"

struct buf {
    char *p;
    size_t n;
    size_t cap;
};

/* Frees the memory and leaves an empty buffer that can be used again. */
void buf_free(struct buf *b);
/* Of buf_room alone: there is no room for `more` bytes. */
void buf_widen(struct buf *b, size_t more);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_int(struct buf *b, int64_t value);

/* Makes room for `more` bytes and returns where they go; the caller adds to b->n. */
static inline char *buf_room(struct buf *b, size_t more)
{
    if (b->cap - b->n < more) buf_widen(b, more);
    return b->p + b->n;
}

static inline void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (!n) return;
    memcpy(buf_room(b, n), bytes, n);
    b->n += n;
}

static inline void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

static inline void buf_char(struct buf *b, char c)
{
    *buf_room(b, 1) = c;
    b->n++;
}

#define buf_lit(b, literal) buf_add((b), (literal), sizeof(literal) - 1)

static inline struct str buf_slice(const struct buf *b)
{
    return (struct str){b->p ? b->p : "", b->n};
}

#endif
