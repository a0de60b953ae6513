/* SPDX-License-Identifier: Apache-2.0 */
/* The people of a policy file: the teams and their managers, who is on call, and who is away. */
#include "policy_people.h"

#include <stdlib.h>

#include "policy_values.h"

#define PEOPLE_MAX 100000
#define AWAY_MAX 1000

/* "identity":{"person":"…"} */
POLICY_READ(team_person)
{
    struct team_person *item = target;
    item->team = arena_str(r->arena, str_of(at->name));
    return policy_values_owner(r, at, value, &item->person);
}

/* Somebody for each team. */
static enum result read_team_people(struct policy_reader *r, const struct policy_place *at,
                                    json_t *value, struct team_person **people, size_t *n)
{
    *people = arena_alloc(r->arena, json_object_size(value) * sizeof **people);
    return policy_reader_entries(r, at, value, read_team_person, PEOPLE_MAX, "teams",
                                 sizeof **people, *people, n);
}

POLICY_READ(managers)
{
    struct policy *policy = target;
    return read_team_people(r, at, value, &policy->managers, &policy->managers_n);
}

POLICY_READ(on_call)
{
    struct policy *policy = target;
    return read_team_people(r, at, value, &policy->on_call, &policy->on_call_n);
}

POLICY_READ(absence)
{
    static const struct policy_member members[] = {
        {"person", offsetof(struct absence, person), policy_reader_text, true},
        {"from", offsetof(struct absence, from), policy_values_date, true},
        {"to", offsetof(struct absence, to), policy_values_date, true},
        {"to_person", offsetof(struct absence, to_person), policy_reader_text, true},
        {0},
    };
    struct absence *away = target;
    enum result result = policy_reader_members(r, at, value, members, away);
    if (result != OK) return result;
    if (away->to < away->from)
        return policy_reader_bad(r, at, "\"to\" is before \"from\"; it is the last day away");
    if (str_eq(away->person, away->to_person))
        return policy_reader_bad(r, at, "\"to_person\" is who is away: name somebody else");
    return OK;
}

static int compare_absences(const void *a, const void *b)
{
    const struct absence *x = a, *y = b;
    int order = str_cmp(x->person, y->person);
    return order ? order : (x->from > y->from) - (x->from < y->from);
}

POLICY_READ(away)
{
    struct policy *policy = target;
    policy->away = arena_alloc(r->arena, json_array_size(value) * sizeof *policy->away);
    enum result result = policy_reader_items(r, at, value, read_absence, AWAY_MAX,
                                             sizeof *policy->away, policy->away, &policy->away_n);
    if (result != OK) return result;
    qsort(policy->away, policy->away_n, sizeof *policy->away, compare_absences);
    for (size_t i = 1; i < policy->away_n; i++) {
        const struct absence *before = &policy->away[i - 1], *next = &policy->away[i];
        if (!str_eq(before->person, next->person) || before->to < next->from) continue;
        char from[TIMESTAMP_TEXT], to[TIMESTAMP_TEXT];
        timestamp_format(next->from * DAY_MS, from);
        timestamp_format(before->to * DAY_MS, to);
        return policy_reader_bad(r, at,
                                 "\"%.*s\" is away twice on one day: from %.10s, and until %.10s "
                                 "already",
                                 STR_ARG(next->person), from, to);
    }
    return OK;
}

enum result policy_people(struct policy_reader *r, const struct policy_place *at, json_t *value,
                          void *target)
{
    static const struct policy_member members[] = {
        {"response-team", offsetof(struct policy, response_team), policy_values_owner, false},
        {"response-lead", offsetof(struct policy, response_lead), policy_values_owner, false},
        {"managers", 0, read_managers, false},
        {"on_call", 0, read_on_call, false},
        {"away", 0, read_away, false},
        {0},
    };
    struct policy *policy = target;
    policy->response_team = policy->response_lead = (struct owner){STR_NONE, STR_NONE};
    policy->managers_n = policy->on_call_n = policy->away_n = 0;
    return policy_reader_members(r, at, value, members, target);
}
