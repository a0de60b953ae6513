/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two records of one thing is the later one (R3.23 to R3.25). */
#ifndef EPILOGUE_CORE_ORDER_H
#define EPILOGUE_CORE_ORDER_H

#include "state.h"

/* Whether a record is later than what is stored, by revision, else time, else arrival. */
bool order_is_later(struct order stored, struct order incoming);
/* What is stored once it was taken. */
struct order order_advance(struct order stored, struct order incoming);
/* The latest one that `order` itself is later than. */
struct order order_just_before(struct order order);

#endif
