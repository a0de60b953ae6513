/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The times of a policy (by priority, by kind, by name) and its rules, which set what follows for
 * the tasks that they match.
 */
#include "policy_rules.h"

#include <string.h>

#include "common/buf.h"
#include "policy_conditions.h"
#include "policy_values.h"

#define NAMED_MAX 100
#define RULES_MAX 1000
#define PARTICIPANTS_MAX 100

/* ---- times ---- */

#define TIME_MEMBERS(required)                                                                \
    {"assign", offsetof(struct sla_times, assign), policy_reader_duration, required},         \
        {"complete", offsetof(struct sla_times, complete), policy_reader_duration, required}, \
        {"stale", offsetof(struct sla_times, stale), policy_reader_duration, required},       \
        {"verify", offsetof(struct sla_times, verify), policy_reader_duration, required},

POLICY_READ(times)
{
    static const struct policy_member members[] = {TIME_MEMBERS(true){0}};
    return policy_reader_members(r, at, value, members, target);
}

POLICY_READ(some_times)
{
    static const struct policy_member members[] = {TIME_MEMBERS(false){0}};
    return policy_reader_members(r, at, value, members, target);
}

#define SET_MEMBER(id, text)                                                                   \
    {text, offsetof(struct sla_set, times) + sizeof(struct sla_times) * (id), read_some_times, \
     false},

POLICY_READ(set)
{
    static const struct policy_member members[] = {SET_MEMBER(priority_none, "*")
                                                       PRIORITIES(SET_MEMBER){0}};
    memset(target, 0, sizeof(struct sla_set));
    return policy_reader_members(r, at, value, members, target);
}

#define KIND_MEMBER(id, text) {text, sizeof(struct sla_set) * (id), read_set, false},

POLICY_READ(kinds)
{
    static const struct policy_member members[] = {TASK_KINDS(KIND_MEMBER){0}};
    if (json_object_get(value, "obligation"))
        return policy_reader_bad(r, at, "an obligation has its times from \"obligations\" alone");
    memset(target, 0, sizeof(struct sla_set) * task_kind_end);
    return policy_reader_members(r, at, value, members, target);
}

POLICY_READ(named_set)
{
    enum result result = read_set(r, at, value, target);
    if (result != OK) return result;
    json_t *name = json_string(at->name);
    result = policy_reader_text(r, at, name, &((struct sla_set *)target)->name);
    json_decref(name);
    return result;
}

POLICY_READ(named)
{
    struct policy *policy = target;
    policy->sla_named = arena_alloc(r->arena, json_object_size(value) * sizeof *policy->sla_named);
    return policy_reader_entries(r, at, value, read_named_set, NAMED_MAX, "sets of times",
                                 sizeof *policy->sla_named, policy->sla_named,
                                 &policy->sla_named_n);
}

#define TIMES_MEMBER(id, text) \
    {text, offsetof(struct policy, sla) + sizeof(struct sla_times) * (id), read_times, false},
#define PRIORITY_TEXT(id, text) text,

enum result policy_rules_sla(struct policy_reader *r, const struct policy_place *at, json_t *value,
                             void *target)
{
    static const struct policy_member members[] = {
        PRIORITIES(TIMES_MEMBER){"grace", offsetof(struct policy, grace), policy_reader_percentage,
                                 false},
        {"kinds", offsetof(struct policy, sla_kinds), read_kinds, false},
        {"named", 0, read_named, false},
        {0},
    };
    static const char *const priorities[] = {PRIORITIES(PRIORITY_TEXT)};
    const size_t all = sizeof priorities / sizeof *priorities;
    enum result result = policy_reader_members(r, at, value, members, target);
    if (result != OK) return result;
    size_t n = 0;
    for (size_t i = 0; i < all; i++) n += json_object_get(value, priorities[i]) != NULL;
    for (size_t i = 0; n && i < all; i++)
        if (!json_object_get(value, priorities[i]))
            return policy_reader_bad(r, at, "the member \"%s\" is missing", priorities[i]);
    /* Those of the default lie over its own times, not over others. */
    struct policy *policy = target;
    if (n && !json_object_get(value, "kinds"))
        memset(policy->sla_kinds, 0, sizeof policy->sla_kinds);
    return OK;
}

/* ---- rules ---- */

/* "+1": a step towards P1; "P2": that one. */
POLICY_READ(priority)
{
    struct policy_rule *rule = target;
    struct str text = str_of(json_string_value(value));
    for (int p = PRIORITY_P1; p < priority_end; p++)
        if (str_eq(text, priority_words.words[p])) rule->priority = (enum priority)p;
    bool is_step = text.n == 2 && (text.p[0] == '+' || text.p[0] == '-') && text.p[1] >= '1' &&
                   text.p[1] <= '3';
    if (is_step) rule->priority_by = (text.p[1] - '0') * (text.p[0] == '-' ? -1 : 1);
    if (is_step || rule->priority) return OK;
    return policy_reader_bad(r, at,
                             "allowed: P1, P2, P3, P4, or steps from \"+1\" to \"+3\" towards "
                             "P1, or from \"-1\" to \"-3\" away from it");
}

POLICY_READ(participants)
{
    struct str_list *list = target;
    list->items = arena_alloc(r->arena, json_array_size(value) * sizeof *list->items);
    return policy_reader_items(r, at, value, policy_reader_text, PARTICIPANTS_MAX,
                               sizeof *list->items, list->items, &list->n);
}

POLICY_READ(setting)
{
    static const struct policy_member members[] = {
        {"kind", offsetof(struct policy_rule, kind), policy_values_work, false},
        {"queue", offsetof(struct policy_rule, queue), policy_values_queue, false},
        {"owner", offsetof(struct policy_rule, owner), policy_values_owner, false},
        {"priority", 0, read_priority, false},
        {"sla", offsetof(struct policy_rule, times), policy_reader_text, false},
        {"participants", offsetof(struct policy_rule, participants), read_participants, false},
        {0},
    };
    enum result result = policy_reader_members(r, at, value, members, target);
    if (result == OK && !json_object_size(value))
        return policy_reader_bad(r, at,
                                 "at least one member is required: kind, queue, owner, "
                                 "priority, sla or participants");
    return result;
}

/* What sets a kind asks a finding by itself: what changes about its incident makes no other task. */
POLICY_READ(when)
{
    static const struct policy_subject task = {"a task", KNOWN_OF_TASK},
                                       finding = {"a finding by itself, which a rule that sets the "
                                                  "kind asks",
                                                  KNOWN_OF_FINDING};
    struct policy_rule *rule = target;
    enum result result =
        policy_conditions_read(r, at, value, rule->kind ? &finding : &task, &rule->when);
    if (result != OK) return result;
    for (size_t i = 0; i < rule->when.n; i++)
        for (size_t t = 0; t < rule->when.items[i].n; t++)
            if (!(rule->when.items[i].terms[t].asked & KNOWN_OF_FINDING)) rule->of_finding = false;
    return OK;
}

POLICY_READ(rule)
{
    static const struct policy_member members[] = {
        {"name", offsetof(struct policy_rule, name), policy_reader_text, false},
        {"when", 0, read_when, false},
        {"set", 0, read_setting, true},
        {0},
    };
    struct policy_rule *rule = target;
    *rule = (struct policy_rule){.of_finding = true};
    json_t *set = json_object_get(value, "set");
    struct policy_place place = {at, "set", 0};
    if (json_is_object(set)) { /* first, for the conditions depend on it */
        enum result result = read_setting(r, &place, set, rule);
        if (result != OK) return result;
    }
    enum result result = policy_reader_members(r, at, value, members, rule);
    rule->name = rule->name.p ? arena_printf(r->arena, RULES_PREFIX "%.*s", STR_ARG(rule->name))
                              : arena_printf(r->arena, RULES_PREFIX "%zu", at->index + 1);
    return result;
}

/* A task says by its name which rule has decided it. */
static enum result check_names(struct policy_reader *r, const struct policy_place *at,
                               const struct policy *policy)
{
    for (size_t i = 0; i < policy->rules_n; i++)
        for (size_t k = 0; k < i; k++) {
            if (!str_eq(policy->rules[i].name, policy->rules[k].name)) continue;
            const struct policy_place place = {at, NULL, i};
            return policy_reader_bad(r, &place,
                                     "\"%.*s\" is what rules[%zu] is called; a rule without a name "
                                     "is called by its number, from 1 on",
                                     STR_ARG(policy->rules[i].name), k);
        }
    return OK;
}

enum result policy_rules(struct policy_reader *r, const struct policy_place *at, json_t *value,
                         void *target)
{
    struct policy *policy = target;
    policy->rules = arena_alloc(r->arena, json_array_size(value) * sizeof *policy->rules);
    enum result result = policy_reader_items(
        r, at, value, read_rule, RULES_MAX, sizeof *policy->rules, policy->rules, &policy->rules_n);
    return result == OK ? check_names(r, at, policy) : result;
}

static bool has_set(const struct policy *policy, struct str name)
{
    for (size_t i = 0; i < policy->sla_named_n; i++)
        if (str_eq(policy->sla_named[i].name, name)) return true;
    return false;
}

enum result policy_rules_check(struct policy_reader *r, const struct policy *policy)
{
    const struct policy_place whole = {0}, rules = {&whole, "rules", 0};
    for (size_t i = 0; i < policy->rules_n; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        if (!rule->times.p || has_set(policy, rule->times)) continue;
        const struct policy_place place = {&rules, NULL, i}, set = {&place, "set", 0},
                                  sla = {&set, "sla", 0};
        struct buf names = {0};
        for (size_t n = 0; n < policy->sla_named_n; n++)
            buf_printf(&names, "%s%.*s", n ? ", " : "", STR_ARG(policy->sla_named[n].name));
        enum result result = policy_reader_bad(
            r, &sla, "\"%.*s\" is no set of times; allowed are the names of sla.named: %s",
            STR_ARG(rule->times), names.n ? arena_str(r->arena, buf_slice(&names)).p : "none");
        buf_free(&names);
        return result;
    }
    return OK;
}
