/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include "common/text.h"

int policy_severity(const struct policy *policy, struct str word)
{
    int severity = severity_parse(word);
    for (size_t i = 0; !severity && i < policy->aliases_n; i++)
        if (text_same_word(policy->aliases[i].name, word)) severity = policy->aliases[i].severity;
    return severity;
}

const struct route *policy_route(const struct policy *policy, int category)
{
    const struct route *route = &policy->routing[category];
    return route->kind ? route : &policy->routing[CATEGORY_UNCATEGORIZED];
}

int policy_priority(const struct policy *policy, int severity, int boost)
{
    int priority = policy->priority[severity] - boost;
    return priority < PRIORITY_P1 ? PRIORITY_P1 : priority;
}
