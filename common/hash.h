/* SPDX-License-Identifier: Apache-2.0 */
/* FNV-1a of 64 bits. Marks in the stored state are made of it, so it stays what it is. */
#ifndef EPILOGUE_COMMON_HASH_H
#define EPILOGUE_COMMON_HASH_H

#include <stdint.h>

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

#endif
