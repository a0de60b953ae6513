/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking things up in a policy: the severity that a word means, the route of a category, the
 * priority of a severity. Reading the file is config/policy_file.c.
 */
#include "policy.h"

#include "common/text.h"

enum severity policy_severity(const struct policy *policy, struct str word)
{
    enum severity severity = severity_parse(word);
    for (size_t i = 0; !severity && i < policy->aliases_n; i++)
        if (text_same_word(policy->aliases[i].name, word)) severity = policy->aliases[i].severity;
    return severity;
}

const struct route *policy_route(const struct policy *policy, enum category category)
{
    const struct route *route = &policy->routing[category];
    return route->kind ? route : &policy->routing[CATEGORY_UNCATEGORIZED];
}

enum priority policy_priority(const struct policy *policy, enum severity severity, int boost)
{
    int priority = (int)policy->priority[severity] - boost;
    return priority < (int)PRIORITY_P1 ? PRIORITY_P1 : (enum priority)priority;
}
