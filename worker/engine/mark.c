/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last record before a position, as its time and a hash of key and value. What is fetched first
 * after a start is compared with it: only so a topic that was made again is told from the old one.
 */
#include "mark.h"

#include "common/hash.h"

/* An absent slice differs from an empty one, and the length keeps two slices apart. */
static uint64_t add(uint64_t h, struct str s)
{
    return s.p ? hash_bytes(hash_add(h, s.n + 1), s) : hash_add(h, 0);
}

uint64_t mark_hash(struct str key, struct str value)
{
    return add(add(HASH_START, key), value);
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
