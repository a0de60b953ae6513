/* SPDX-License-Identifier: Apache-2.0 */
#include "mark.h"

/* FNV-1a; an absent slice differs from an empty one, and the length keeps two slices apart. */
static uint64_t hash(uint64_t h, struct str s)
{
    const uint64_t prime = UINT64_C(1099511628211);
    if (!s.p) return h * prime;
    h = (h ^ (s.n + 1)) * prime;
    for (size_t i = 0; i < s.n; i++) h = (h ^ (unsigned char)s.p[i]) * prime;
    return h;
}

uint64_t mark_hash(struct str key, struct str value)
{
    return hash(hash(UINT64_C(14695981039346656037), key), value);
}

struct input_mark mark_of(const struct record *record)
{
    return (struct input_mark){record->offset, record->timestamp,
                               mark_hash(record->key, record->value)};
}

bool mark_is_of(const struct input_mark *mark, const struct record *record)
{
    struct input_mark found = mark_of(record);
    /* A time that RFC 3339 cannot say is not kept. */
    return (mark->time == TIME_NONE || mark->time == found.time) && mark->hash == found.hash;
}
