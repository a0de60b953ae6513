/* SPDX-License-Identifier: Apache-2.0 */
/* Which members of a task differ: what its event says under `changes`. */
#include "task_diff.h"

#define EQ_STR(a, b) str_eq(a, b)
#define EQ_INT(a, b) ((a) == (b))
#define EQ_TIME(a, b) ((a) == (b))
#define EQ_QUEUE(a, b) ((a) == (b))
#define EQ_CATEGORY(a, b) ((a) == (b))
#define EQ_SEVERITY(a, b) ((a) == (b))
#define EQ_PRIORITY(a, b) ((a) == (b))
#define EQ_STATUS(a, b) ((a) == (b))
#define EQ_RESOLUTION(a, b) ((a) == (b))
#define EQ_SLA(a, b) ((a) == (b))
#define EQ_OWNER(a, b) owner_eq(a, b)
#define EQ_LIST(a, b) str_list_eq(a, b)
#define EQ_TRACKER(a, b) \
    (str_eq((a).system, (b).system) && str_eq((a).key, (b).key) && str_eq((a).url, (b).url))
#define EQ_POLICY(v, w) str_eq(v, w)

#define BIT(member) (UINT64_C(1) << TASK_MEMBER_##member)

uint64_t task_diff(const struct task *a, const struct task *b)
{
    uint64_t changed = 0;
#define DIFFER(name, member, type) \
    changed |= (uint64_t)!EQ_##type(a->member, b->member) << TASK_MEMBER_##name;
    TASK_MEMBERS(DIFFER)
#undef DIFFER
    if (!str_eq(a->policy_rule, b->policy_rule)) changed |= BIT(policy);
    return changed;
}
