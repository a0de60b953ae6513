/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: memory that is given back all at once. A batch of events lives in one; resetting it
 * keeps the blocks, so a busy worker does not call malloc for an event.
 * Allocation cannot fail: a process without memory aborts and is started again (crash-only), which
 * is why nothing that allocates here has an error path.
 */
#ifndef EPILOGUE_COMMON_ARENA_H
#define EPILOGUE_COMMON_ARENA_H

#include "str.h"

struct arena;

struct arena *arena_new(void);
/* free(NULL) is safe. */
void arena_free(struct arena *arena);
/* Forgets everything; keeps blocks up to `keep_bytes` for the next use, frees the rest. */
void arena_reset(struct arena *arena, size_t keep_bytes);

/* `size` bytes aligned for any type, not cleared. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same, cleared. */
void *arena_zalloc(struct arena *arena, size_t size);
/* A copy of `size` bytes. */
void *arena_copy(struct arena *arena, const void *bytes, size_t size);
/* A copy of a slice (with a NUL behind it, for C APIs); absent stays absent. */
struct str arena_str(struct arena *arena, struct str s);
/* Three slices one behind the other, with a NUL behind them: what names and keys are made of, which
 * is a fifth of what printf takes for it. */
struct str arena_join(struct arena *arena, struct str a, struct str b, struct str c);
/* printf into the arena. */
struct str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Grows an array that lives in the arena so that one more item fits; returns the array, moved
 * where needed. `*cap` is counted in items. The old place is not given back before the reset.
 */
void *arena_grow(struct arena *arena, void *items, size_t n, size_t *cap, size_t item_size);

#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_PUSH(arena, items, n, cap) \
    ((items) = arena_grow((arena), (items), (n), &(cap), sizeof *(items)), &(items)[(n)++])

#endif
