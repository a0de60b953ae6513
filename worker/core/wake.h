/* SPDX-License-Identifier: Apache-2.0 */
/* When entries want their next tick. */
#ifndef EPILOGUE_CORE_WAKE_H
#define EPILOGUE_CORE_WAKE_H

#include "policy.h"
#include "state.h"

/* When an entry wants its next tick; TIME_NONE: never. A function of the entry alone, so a timer
 * cannot outlive what it comes from. */
ms_t wake_time(const struct policy *policy, const struct entry *entry);
/* The first wake time of a holder and its parts: the one that is stored. */
ms_t wake_of_holder(const struct policy *policy, const struct entry *holder);
/* Sets wake_at of all entries from `touched` on, along ->next_touched. */
void wake_touched(const struct policy *policy, struct entry *touched);

#endif
