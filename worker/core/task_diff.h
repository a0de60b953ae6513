/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a task that its events speak of, and which of them differ. */
#ifndef EPILOGUE_CORE_TASK_DIFF_H
#define EPILOGUE_CORE_TASK_DIFF_H

#include "state.h"

/* The members of a task event that `changes` speaks of: name, member of struct task, how it is
 * compared and written. In the order of R5.1. */
#define TASK_MEMBERS(X)                   \
    X(queue, queue, QUEUE)                \
    X(title, title, STR)                  \
    X(description, description, STR)      \
    X(category, category, CATEGORY)       \
    X(severity, severity, SEVERITY)       \
    X(priority, priority, PRIORITY)       \
    X(status, status, STATUS)             \
    X(resolution, resolution, RESOLUTION) \
    X(reason, reason, STR)                \
    X(owner, owner, OWNER)                \
    X(participants, participants, LIST)   \
    X(assign_due_at, assign_due_at, TIME) \
    X(due_at, due_at, TIME)               \
    X(snoozed_until, snoozed_until, TIME) \
    X(closed_at, closed_at, TIME)         \
    X(sla, sla, SLA)                      \
    X(occurrence, occurrence, INT)        \
    X(tracker, tracker, TRACKER)          \
    X(policy, policy_version, POLICY)

#define TASK_MEMBER_BIT(name, member, type) TASK_MEMBER_##name,
enum task_member { TASK_MEMBERS(TASK_MEMBER_BIT) TASK_MEMBER_end };
#undef TASK_MEMBER_BIT

/* Bits (1 << TASK_MEMBER_x) of the members that differ. */
uint64_t task_diff(const struct task *a, const struct task *b);

#endif
