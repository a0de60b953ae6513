/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a task that its events speak of, and which of them differ. */
#ifndef EPILOGUE_CORE_TASK_DIFF_H
#define EPILOGUE_CORE_TASK_DIFF_H

#include "state_task.h"

/* The members that `changes` of a task event speaks of: rows of TASK_MEMBERS, what follows
 * from them of a submission, and `policy`. */
#define TASK_MEMBER_ID(type, member) TASK_MEMBER_##member,
enum task_member {
    TASK_MEMBERS(TASK_MEMBER_ID, MEMBER_SKIP, MEMBER_SKIP) TASK_MEMBER_met,
    TASK_MEMBER_margin_s,
    TASK_MEMBER_policy,
    TASK_MEMBER_end
};
#undef TASK_MEMBER_ID

/* Bits (1 << TASK_MEMBER_x) of the members that differ. */
uint64_t task_diff(const struct task *a, const struct task *b);

#endif
