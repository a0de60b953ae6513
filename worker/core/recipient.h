/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for somebody, and the digest that it becomes. */
#ifndef EPILOGUE_CORE_RECIPIENT_H
#define EPILOGUE_CORE_RECIPIENT_H

#include "decision.h"

/* So many entries one digest takes, the oldest first; where more wait, the next one takes them. */
#define RECIPIENT_ENTRIES_MAX 100
/* So many items, and so many reviews, one digest has. */
#define RECIPIENT_ITEMS_MAX 200

/* Keeps the items of a record until their digest goes out; the same record again changes nothing. */
void recipient_take(struct decision *d, const struct event *event);
/* The digest that is due by `until`. DECIDE_MORE: there may be more than one takes. */
enum decide_result recipient_tick(struct decision *d, struct entry *header, ms_t until);
/* When the next digest is due; TIME_NONE: nothing waits. */
ms_t recipient_wake_at(const struct policy *policy, const struct recipient_state *recipient);

#endif
