/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two records of one thing is the later one (R3.23 to R3.25). */
#include "order.h"

bool order_is_later(struct order stored, struct order incoming)
{
    if (incoming.revision >= 0 && stored.revision >= 0) return incoming.revision > stored.revision;
    /* A first revision after records without one: it counts, whatever its time. */
    if (incoming.revision >= 0) return true;
    if (incoming.time != TIME_NONE && stored.time != TIME_NONE) return incoming.time > stored.time;
    return true;
}

struct order order_advance(struct order stored, struct order incoming)
{
    if (incoming.revision >= 0) stored.revision = incoming.revision;
    if (incoming.time != TIME_NONE) stored.time = incoming.time;
    return stored;
}

struct order order_just_before(struct order order)
{
    if (order.revision >= 0) order.revision--; /* before 0 there is none, after which all counts */
    if (order.time != TIME_NONE) order.time--;
    return order;
}
