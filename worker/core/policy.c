/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking things up in a policy: the severity that a word means, the route of a category, the
 * priority of a severity, the team of a person, who stands in for one. Reading the file is config/policy_file.c.
 */
#include "policy.h"

#include "common/text.h"

NAMES_DEFINE(obligation_start, OBLIGATION_STARTS)
NAMES_DEFINE(cause_part, CAUSE_PARTS)

enum severity policy_severity(const struct policy *policy, struct str source, struct str word)
{
    enum severity severity = severity_parse(word);
    const struct alias *aliases = policy->aliases;
    size_t n = policy->aliases_n;
    for (size_t i = policy->sources_n; source.n && i > 0; i--) {
        const struct alias_source *from = &policy->sources[i - 1];
        if (!str_starts(source, from->prefix)) continue;
        aliases = from->aliases; /* the longest prefix is the first of them */
        n = from->n;
    }
    for (size_t i = 0; !severity && i < n; i++)
        if (text_same_word(aliases[i].name, word)) severity = aliases[i].severity;
    return severity;
}

enum reported_status policy_status(const struct policy *policy, struct str word)
{
    for (size_t i = 0; i < policy->status_aliases_n; i++)
        if (text_same_word(policy->status_aliases[i].name, word))
            return policy->status_aliases[i].status;
    return reported_status_none;
}

const struct route *policy_route(const struct policy *policy, enum category category)
{
    const struct route *route = &policy->routing[category];
    return route->kind ? route : &policy->routing[CATEGORY_UNCATEGORIZED];
}

static bool is_of_team(const struct owner *known, struct str team, struct owner owner)
{
    return str_eq(known->person, owner.person) && str_eq(team, owner.team);
}

/* Goes over the places of `people` that name a person and a team: a team's manager and on-call, the
 * response team and its lead. Whether the owner's person is known there as of the owner's team; and
 * the first team that it is known to be of, in *first. */
static bool find_team(const struct policy *policy, struct owner owner, struct str *first)
{
    const struct owner *own[] = {&policy->response_team, &policy->response_lead};
    bool found = false;
    *first = STR_NONE;
    for (size_t i = 0; i < policy->on_call_n + policy->managers_n + 2 && !found; i++) {
        const struct owner *known;
        struct str team;
        if (i < policy->on_call_n + policy->managers_n) {
            const struct team_person *place = i < policy->on_call_n
                                                  ? &policy->on_call[i]
                                                  : &policy->managers[i - policy->on_call_n];
            known = &place->person;
            team = place->team;
        } else {
            known = own[i - policy->on_call_n - policy->managers_n];
            team = known->team;
        }
        found = is_of_team(known, team, owner);
        if (!first->p && str_eq(known->person, owner.person)) *first = team;
    }
    return found;
}

struct owner policy_owner(const struct policy *policy, struct owner before, struct owner said,
                          enum owner_part part)
{
    struct str team;
    if (part == OWNER_BOTH) return said;
    if (part == OWNER_TEAM) return (struct owner){said.team, before.person};
    said.team = before.team;
    if (!find_team(policy, said, &team) && team.p) said.team = team;
    return said;
}

static void lay_over(struct sla_times *times, const struct sla_times *over)
{
    if (over->assign.amount) times->assign = over->assign;
    if (over->complete.amount) times->complete = over->complete;
    if (over->stale.amount) times->stale = over->stale;
    if (over->verify.amount) times->verify = over->verify;
}

struct sla_times policy_times(const struct policy *policy, enum task_kind kind,
                              enum priority priority, struct str named)
{
    struct sla_times times = policy->sla[priority];
    lay_over(&times, &policy->sla_kinds[kind].times[priority_none]);
    lay_over(&times, &policy->sla_kinds[kind].times[priority]);
    for (size_t i = 0; i < policy->sla_named_n; i++) {
        const struct sla_set *set = &policy->sla_named[i];
        if (!str_eq(set->name, named)) continue;
        lay_over(&times, &set->times[priority_none]);
        lay_over(&times, &set->times[priority]);
    }
    return times;
}

enum priority policy_priority(const struct policy *policy, enum severity severity, int boost)
{
    int priority = (int)policy->priority[severity] - boost;
    return priority < (int)PRIORITY_P1 ? PRIORITY_P1 : (enum priority)priority;
}

/* NULL where the person is there on that day. */
static const struct absence *absence_of(const struct policy *policy, struct str person, int64_t day)
{
    size_t from = 0, to = policy->away_n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct absence *away = &policy->away[middle];
        int order = str_cmp(away->person, person);
        if (!order && away->from <= day && day <= away->to) return away;
        if (order < 0 || (!order && away->to < day))
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

struct str policy_delegate(const struct policy *policy, struct str person, ms_t t)
{
    int64_t day = timestamp_day(zone_local(&policy->calendar.zone, t));
    struct str who = person;
    for (size_t i = 0; i <= policy->away_n; i++) {
        const struct absence *away = absence_of(policy, who, day);
        if (!away) return who;
        who = away->to_person;
    }
    return person; /* more steps than absences: a circle */
}

const struct obligation *policy_obligation(const struct policy *policy, struct str name)
{
    struct str start = STR("obligation/");
    if (!str_starts(name, start)) return NULL;
    struct str id = {name.p + start.n, name.n - start.n};
    const char *suffix = memchr(id.p, '~', id.n); /* of a later life */
    if (suffix) id.n = (size_t)(suffix - id.p);
    for (size_t i = 0; i < policy->obligations_n; i++)
        if (str_eq(policy->obligations[i].id, id)) return &policy->obligations[i];
    return NULL;
}

const struct points *policy_lead(const struct policy *policy, struct str name)
{
    const struct obligation *o = policy_obligation(policy, name);
    return o && o->has_lead ? &o->lead : &policy->due_soon;
}
