/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of two records of one thing is the later one (R3.23 to R3.25). Clocks of publishers are
 * coarse, and a closed_at is the same in all closures of an incident: of records of one time each
 * counts that says what none of them has said, and a replay of one of them does not (R3.59).
 */
#include "order.h"

/* Whether only what it says can tell whether it is later. */
static bool is_level(struct order stored, struct order incoming)
{
    return incoming.revision < 0 && incoming.time != TIME_NONE && incoming.time == stored.time;
}

static bool is_new(struct order stored, struct order incoming)
{
    return incoming.taken.n && !str_list_has(stored.taken, incoming.taken.items[0]);
}

bool order_is_later(struct order stored, struct order incoming)
{
    if (incoming.revision >= 0 && stored.revision >= 0) return incoming.revision > stored.revision;
    /* A first revision after records without one: it counts, whatever its time. */
    if (incoming.revision >= 0) return true;
    if (is_level(stored, incoming))
        return is_new(stored, incoming) && stored.taken.n < ORDER_TAKEN_MAX;
    if (incoming.time != TIME_NONE && stored.time != TIME_NONE) return incoming.time > stored.time;
    return true;
}

bool order_is_crowded(struct order stored, struct order incoming)
{
    return stored.taken.n >= ORDER_TAKEN_MAX && is_level(stored, incoming) &&
           is_new(stored, incoming);
}

bool order_is_same(struct order stored, struct order incoming)
{
    if (incoming.revision >= 0 && incoming.revision != stored.revision) return false;
    if (incoming.time != TIME_NONE && incoming.time != stored.time) return false;
    if (incoming.revision >= 0 || !incoming.taken.n) return true;
    size_t n = stored.taken.n;
    return n && str_eq(stored.taken.items[n - 1], incoming.taken.items[0]);
}

static struct str_list with(struct arena *arena, struct str_list list, struct str text)
{
    struct str *items = arena_alloc(arena, (list.n + 1) * sizeof *items);
    if (list.n) memcpy(items, list.items, list.n * sizeof *items);
    items[list.n] = text;
    return (struct str_list){items, list.n + 1};
}

struct order order_advance(struct arena *arena, struct order stored, struct order incoming)
{
    if (incoming.revision >= 0) stored.revision = incoming.revision;
    if (incoming.time == TIME_NONE) return stored;
    if (incoming.time != stored.time) stored.taken = (struct str_list){NULL, 0};
    stored.time = incoming.time;
    /* One with a revision is told by that. */
    if (incoming.revision < 0 && incoming.taken.n)
        stored.taken = with(arena, stored.taken, incoming.taken.items[0]);
    return stored;
}

struct order order_just_before(struct order order)
{
    if (order.revision < 0 && order.taken.n) {
        order.taken.n--;
        return order;
    }
    if (order.revision >= 0) order.revision--; /* before 0 there is none, after which all counts */
    if (order.time != TIME_NONE) order.time--;
    order.taken = (struct str_list){NULL, 0};
    return order;
}
