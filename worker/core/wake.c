/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When entries want their next tick. It follows from the entry and the policy alone, and is set in
 * one place, behind each event, so that no timer outlives what it comes from.
 */
#include "wake.h"

#include "cause.h"
#include "common/ensure.h"
#include "deadline.h"
#include "finding.h"
#include "recipient.h"
#include "recurrence.h"
#include "reminder.h"
#include "review.h"
#include "task.h"
#include "task_clock.h"

ms_t wake_time(const struct policy *policy, const struct entry *entry)
{
    if (!entry->exists) return TIME_NONE;
    switch (entry->type) {
    case ENTRY_INCIDENT: return review_wake_at(policy, entry->incident);
    case ENTRY_FINDING:
        return time_first(finding_wake_at(policy, entry->finding),
                          recurrence_wake_at(policy, entry->finding));
    case ENTRY_TASK:
        return time_first(
            task_acceptance_ends(entry->task),
            time_first(task_next_sla(policy, entry->task), reminder_next(policy, entry->task)));
    case ENTRY_RECIPIENT: return recipient_wake_at(policy, entry->recipient);
    case ENTRY_CAUSE: return cause_wake_at(policy, entry->cause);
    case ENTRY_CLOSURE:
    case ENTRY_DUTY:
    case ENTRY_MERGED:
    case ENTRY_WAITING:
    case ENTRY_ITEMS:
    default: return TIME_NONE;
    }
}

ms_t wake_of_holder(const struct policy *policy, const struct entry *holder)
{
    ms_t first = TIME_NONE;
    for (const struct entry *e = holder; e; e = e->next_part)
        first = time_first(first, e->dirty ? e->wake_at : wake_time(policy, e));
    return first;
}

void wake_touched(const struct policy *policy, struct entry *touched)
{
    for (struct entry *e = touched; e; e = e->next_touched) {
        /* What is written without its body, or without its incident, can never be read again. */
        ENSURE(e->body || !e->exists);
        ENSURE(e->header->exists || !e->exists);
        ENSURE(e->holder->exists || !e->exists);
        e->wake_at = wake_time(policy, e);
    }
}
