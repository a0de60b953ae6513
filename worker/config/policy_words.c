/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of other systems in a policy file: what severities are called there, by all of them or by
 * one whose ce_source begins so, and statuses.
 */
#include "policy_words.h"

#include <stdlib.h>

#include "common/text.h"
#include "policy_values.h"

#define ALIASES_MAX 10000
#define SOURCES_MAX 1000

/* "sev-1":"critical" */
POLICY_READ(alias)
{
    struct alias *alias = target;
    char *lower = arena_copy(r->arena, at->name, strlen(at->name) + 1);
    for (char *p = lower; *p; p++) *p = text_lower(*p);
    alias->name = str_of(lower);
    if (!alias->name.n) return policy_reader_bad(r, at, "an alias must not be empty");
    if (severity_parse(alias->name))
        return policy_reader_bad(r, at, "this is a severity itself, not another word");
    return policy_values_severity(r, at, value, &alias->severity);
}

static enum result read_severity_words(struct policy_reader *r, const struct policy_place *at,
                                       json_t *value, struct alias **aliases, size_t *n)
{
    *aliases = arena_alloc(r->arena, json_object_size(value) * sizeof **aliases);
    return policy_reader_entries(r, at, value, read_alias, ALIASES_MAX, "words", sizeof **aliases,
                                 *aliases, n);
}

POLICY_READ(aliases)
{
    struct policy *policy = target;
    return read_severity_words(r, at, value, &policy->aliases, &policy->aliases_n);
}

static int by_length(const void *a, const void *b)
{
    size_t x = ((const struct alias_source *)a)->prefix.n;
    size_t y = ((const struct alias_source *)b)->prefix.n;
    return (x < y) - (x > y);
}

/* "/thehive":{"1":"low","4":"critical"} */
POLICY_READ(source)
{
    struct alias_source *source = target;
    source->prefix = arena_str(r->arena, str_of(at->name));
    if (!source->prefix.n)
        return policy_reader_bad(r, at, "allowed: how a ce_source begins, like \"/jira\"");
    return read_severity_words(r, at, value, &source->aliases, &source->n);
}

POLICY_READ(sources)
{
    struct policy *policy = target;
    policy->sources = arena_alloc(r->arena, json_object_size(value) * sizeof *policy->sources);
    enum result result =
        policy_reader_entries(r, at, value, read_source, SOURCES_MAX, "sources",
                              sizeof *policy->sources, policy->sources, &policy->sources_n);
    if (result != OK) return result;
    qsort(policy->sources, policy->sources_n, sizeof *policy->sources, by_length);
    return OK;
}

enum result policy_words_severity(struct policy_reader *r, const struct policy_place *at,
                                  json_t *value, void *target)
{
    static const struct policy_member members[] = {
        {"default", offsetof(struct policy, severity_default), policy_values_severity, false},
        {"aliases", 0, read_aliases, false},
        {"sources", 0, read_sources, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

/* "in review":"in-progress" */
POLICY_READ(status_alias)
{
    struct status_alias *alias = target;
    alias->name = arena_str(r->arena, str_of(at->name));
    if (!alias->name.n) return policy_reader_bad(r, at, "an alias must not be empty");
    if (reported_status_parse(alias->name))
        return policy_reader_bad(r, at, "this is a status itself, not another word");
    if (policy_status(r->policy, alias->name))
        return policy_reader_bad(r, at, "the same word stands there twice");
    return policy_values_status(r, at, value, &alias->status);
}

POLICY_READ(status_aliases)
{
    struct policy *policy = target;
    policy->status_aliases =
        arena_alloc(r->arena, json_object_size(value) * sizeof *policy->status_aliases);
    return policy_reader_entries(r, at, value, read_status_alias, ALIASES_MAX, "words",
                                 sizeof *policy->status_aliases, policy->status_aliases,
                                 &policy->status_aliases_n);
}

enum result policy_words_status(struct policy_reader *r, const struct policy_place *at,
                                json_t *value, void *target)
{
    static const struct policy_member members[] = {
        {"aliases", 0, read_status_aliases, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}
