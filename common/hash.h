/* SPDX-License-Identifier: Apache-2.0 */
/* FNV-1a. Marks and keys in the stored state are made of it, so it stays what it is. */
#ifndef EPILOGUE_COMMON_HASH_H
#define EPILOGUE_COMMON_HASH_H

#include <stdint.h>
#include <string.h>

#include "str.h"

#define HASH_START UINT64_C(14695981039346656037)

/* One byte more, or one number. */
static inline uint64_t hash_add(uint64_t h, uint64_t value)
{
    return (h ^ value) * UINT64_C(1099511628211);
}

static inline uint64_t hash_bytes(uint64_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++) h = hash_add(h, (unsigned char)s.p[i]);
    return h;
}

/* Of a key in a table in memory: eight bytes at a time. Nothing that is stored depends on it. */
static inline uint64_t hash_key(struct str key)
{
    uint64_t h = HASH_START ^ key.n, word = 0;
    const char *p = key.p;
    size_t left = key.n;
    for (; left >= sizeof word; p += sizeof word, left -= sizeof word) {
        memcpy(&word, p, sizeof word);
        h = hash_add(h, word);
        h ^= h >> 32;
    }
    word = 0;
    if (left) memcpy(&word, p, left);
    h = hash_add(h, word);
    return h ^ h >> 32;
}

/* FNV-1a of 128 bits: where two texts that have one hash would be taken for one. */
struct hash128 {
    uint64_t high, low;
};

static inline struct hash128 hash128_bytes(struct str s)
{
    __extension__ typedef unsigned __int128 wide;
    const wide prime = (wide)1 << 88 | 0x13b;
    wide h = (wide)UINT64_C(0x6c62272e07bb0142) << 64 | UINT64_C(0x62b821756295c58d);
    for (size_t i = 0; i < s.n; i++) h = (h ^ (unsigned char)s.p[i]) * prime;
    return (struct hash128){(uint64_t)(h >> 64), (uint64_t)h};
}

#endif
