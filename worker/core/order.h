/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two records of one thing is the later one (R3.23 to R3.25, R3.59). */
#ifndef EPILOGUE_CORE_ORDER_H
#define EPILOGUE_CORE_ORDER_H

#include "common/arena.h"
#include "state_parts.h"

/* So many contents of one time are told apart: what comes then is refused (R3.60). */
#define ORDER_TAKEN_MAX 8

/* Whether a record is later than what is stored, by revision, else time, else arrival. Of equal
 * times it is where it says what was not taken yet; one without a hash says nothing new. */
bool order_is_later(struct order stored, struct order incoming);
/* Whether it says something new at the time of what is stored, where there is no room for it. */
bool order_is_crowded(struct order stored, struct order incoming);
/* Whether it is the one that was taken last, as far as can be told. */
bool order_is_same(struct order stored, struct order incoming);
/* What is stored once it was taken; its list is in the arena. */
struct order order_advance(struct arena *arena, struct order stored, struct order incoming);
/* The latest one that the record which `order` has taken last is later than. */
struct order order_just_before(struct order order);

#endif
