/* SPDX-License-Identifier: Apache-2.0 */
/* A slice of bytes that somebody else owns: an arena, a record, a literal. */
#ifndef EPILOGUE_COMMON_STR_H
#define EPILOGUE_COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* p == NULL means "absent" (JSON null); an empty string has p != NULL and n == 0. */
struct str {
    const char *p;
    size_t n;
};

struct str_list {
    struct str *items;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* The first byte; of an absent one that of "", for printf. */
static inline const char *str_text(struct str s)
{
    return s.p ? s.p : "";
}

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, str_text(s)

/* The slice over a C string; NULL gives STR_NONE. */
static inline struct str str_of(const char *text)
{
    return text ? (struct str){text, strlen(text)} : STR_NONE;
}

/* Same bytes; absent equals only absent. */
static inline bool str_eq(struct str a, struct str b)
{
    if (!a.p || !b.p) return !a.p && !b.p;
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* Byte order, as Redis and Kafka compare keys; absent comes first. */
static inline int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c) return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

static inline bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

static inline bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0;
}

static inline bool str_list_eq(struct str_list a, struct str_list b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (!str_eq(a.items[i], b.items[i])) return false;
    return true;
}

/* The place of the first that is the same; list.n: none is. */
static inline size_t str_list_find(struct str_list list, struct str text)
{
    size_t i = 0;
    while (i < list.n && !str_eq(list.items[i], text)) i++;
    return i;
}

static inline bool str_list_has(struct str_list list, struct str text)
{
    return str_list_find(list, text) < list.n;
}

#endif
