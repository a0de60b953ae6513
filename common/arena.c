/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a batch, in blocks that are kept from one batch to the next. A pointer moves forward
 * for each allocation. A reset keeps blocks up to the size that its caller names; the block of one
 * large record is never kept. What is kept or not given out yet is poisoned where AddressSanitizer
 * is built in, so that it sees what points there all the same.
 */
#include "arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, n) ((void)0)
#define ASAN_UNPOISON_MEMORY_REGION(at, n) ((void)0)
#endif

#define BLOCK_BYTES ((size_t)256 * 1024)

struct block {
    struct block *next;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *used;  /* the first one is being filled */
    struct block *spare; /* blocks of BLOCK_BYTES kept by a reset */
    size_t fill;
};

static void *must(void *p)
{
    if (!p) {
        fputs("epilogue: out of memory\n", stderr);
        abort();
    }
    return p;
}

struct arena *arena_new(void)
{
    return must(calloc(1, sizeof(struct arena)));
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena) return;
    free_blocks(arena->used);
    free_blocks(arena->spare);
    free(arena);
}

void arena_reset(struct arena *arena, size_t keep_bytes)
{
    struct block *b = arena->used;
    arena->used = NULL;
    arena->fill = 0;
    while (b) {
        struct block *next = b->next;
        b->next = arena->spare;
        arena->spare = b;
        b = next;
    }
    /* Large single blocks are never kept: they came from one large record. */
    size_t kept = 0;
    struct block **at = &arena->spare;
    while ((b = *at)) {
        if (b->size == BLOCK_BYTES && kept + b->size <= keep_bytes) {
            ASAN_POISON_MEMORY_REGION(b->bytes, b->size);
            kept += b->size;
            at = &b->next;
        } else {
            *at = b->next;
            free(b);
        }
    }
}

static void add_block(struct arena *arena, size_t at_least)
{
    struct block *b = arena->spare;
    if (at_least <= BLOCK_BYTES && b) {
        arena->spare = b->next;
    } else {
        size_t size = at_least > BLOCK_BYTES ? at_least : BLOCK_BYTES;
        b = must(malloc(sizeof *b + size));
        b->size = size;
        ASAN_POISON_MEMORY_REGION(b->bytes, size);
    }
    b->next = arena->used;
    arena->used = b;
    arena->fill = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t a = alignof(max_align_t);
    size_t rounded = (size + a - 1) / a * a;
    if (rounded < size) must(NULL);
    if (!arena->used || arena->used->size - arena->fill < rounded) add_block(arena, rounded);
    void *p = arena->used->bytes + arena->fill;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    arena->fill += rounded;
    return p;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    void *p = arena_alloc(arena, size ? size : 1);
    if (size) memcpy(p, bytes, size);
    return p;
}

struct str arena_str(struct arena *arena, struct str s)
{
    if (!s.p) return STR_NONE;
    char *p = arena_alloc(arena, s.n + 1);
    memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return (struct str){p, s.n};
}

struct str arena_join(struct arena *arena, struct str a, struct str b, struct str c)
{
    char *start = arena_alloc(arena, a.n + b.n + c.n + 1), *p = start;
    if (a.n) p = mempcpy(p, a.p, a.n);
    if (b.n) p = mempcpy(p, b.p, b.n);
    if (c.n) p = mempcpy(p, c.p, c.n);
    *p = 0;
    return (struct str){start, (size_t)(p - start)};
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) n = 0;
    char *p = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return (struct str){p, (size_t)n};
}

void *arena_grow(struct arena *arena, void *items, size_t n, size_t *cap, size_t item_size)
{
    if (n < *cap) return items;
    size_t wider = *cap ? *cap * 2 : 8;
    void *grown = arena_alloc(arena, wider * item_size);
    if (n) memcpy(grown, items, n * item_size);
    *cap = wider;
    return grown;
}
