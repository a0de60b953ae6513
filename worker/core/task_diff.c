/* SPDX-License-Identifier: Apache-2.0 */
/* Which members of a task differ: what its event says under `changes`. */
#include "task_diff.h"

/* Whether a member is the same in two tasks, by the type of its row. */
#define SAME_TEXT str_eq
#define SAME_LIST str_list_eq
#define SAME_LABELS labels_eq
#define SAME_INTEGER SAME_VALUE
#define SAME_TIME SAME_VALUE
#define SAME_WORD(vocabulary) SAME_VALUE
#define SAME_OBJECT(name) name##_eq
#define SAME_OBJECTS(list, name) list##_eq
#define SAME_VALUE(a, b) ((a) == (b))

static bool tracker_eq(struct tracker a, struct tracker b)
{
    return str_eq(a.system, b.system) && str_eq(a.key, b.key) && str_eq(a.url, b.url);
}

uint64_t task_diff(const struct task *a, const struct task *b)
{
    uint64_t changed = 0;
#define DIFFER(type, member) \
    changed |= (uint64_t)!SAME_##type(a->member, b->member) << TASK_MEMBER_##member;
    TASK_MEMBERS(DIFFER, MEMBER_SKIP, MEMBER_SKIP)
#undef DIFFER
    int64_t margin_a = task_is_submitted(a) ? task_margin_s(a) : INT64_MAX;
    int64_t margin_b = task_is_submitted(b) ? task_margin_s(b) : INT64_MAX;
    bool same_met =
        task_is_submitted(a) == task_is_submitted(b) && (margin_a < 0) == (margin_b < 0);
    changed |= (uint64_t)!same_met << TASK_MEMBER_met;
    changed |= (uint64_t)(margin_a != margin_b) << TASK_MEMBER_margin_s;
    bool same_policy =
        str_eq(a->policy_version, b->policy_version) && str_eq(a->policy_rule, b->policy_rule);
    return changed | (uint64_t)!same_policy << TASK_MEMBER_policy;
}
