/* SPDX-License-Identifier: Apache-2.0 */
/* The obligations of a policy file: each with its deadline, which may count from another one. */
#include "policy_obligations.h"

#include "policy_conditions.h"
#include "policy_values.h"

#define OBLIGATIONS_MAX 100

/* Its old name, and what it is called now. */
POLICY_READ(obligation_name)
{
    (void)value;
    (void)target;
    return policy_reader_bad(r, at,
                             "this is called \"id\" now (letters, digits, '.', '_' and '-'); a "
                             "\"title\" says what is to be submitted");
}

POLICY_READ(lead)
{
    struct obligation *o = target;
    o->has_lead = true;
    return policy_values_points(r, at, value, &o->lead);
}

POLICY_READ(at_latest)
{
    static const struct policy_member members[] = {
        {"from", 0, policy_values_start_said, true},
        {"within", 0, policy_values_within, true},
        {0},
    };
    struct obligation *o = target;
    o->has_latest = true;
    return policy_reader_members(r, at, value, members, &o->at_latest);
}

POLICY_READ(until)
{
    struct obligation *o = target;
    o->has_until = true;
    return policy_values_end_of_day(r, at, value, &o->until);
}

POLICY_READ(obligation)
{
    static const struct policy_member members[] = {
        {"name", 0, read_obligation_name, false},
        {"id", offsetof(struct obligation, id), policy_values_obligation_id, true},
        {"title", offsetof(struct obligation, title), policy_reader_text, true},
        {"party", offsetof(struct obligation, party), policy_values_party, true},
        {"party_kind", offsetof(struct obligation, party_kind), policy_values_party_kind, false},
        {"when", offsetof(struct obligation, when), policy_conditions_of_incident, false},
        {"from", offsetof(struct obligation, time), policy_values_start, false},
        {"within", offsetof(struct obligation, time), policy_values_within, true},
        {"until", 0, read_until, false},
        {"calendar", offsetof(struct obligation, calendar), policy_values_calendar, false},
        {"at_latest", 0, read_at_latest, false},
        {"lead", 0, read_lead, false},
        {0},
    };
    *(struct obligation *)target =
        (struct obligation){.time.from = FROM_DETECTED_AT, .party_kind = PARTY_OTHER};
    return policy_reader_members(r, at, value, members, target);
}

/* Each has an id of its own, and what it counts from stands before it: so none waits for itself. */
static enum result connect_obligation(struct policy_reader *r, const struct policy_place *at,
                                      struct obligation *all, size_t n)
{
    struct obligation *o = &all[n];
    size_t after = n;
    for (size_t i = 0; i < n; i++) {
        if (str_eq(all[i].id, o->id))
            return policy_reader_bad(r, at, "the id \"%.*s\" is another's", STR_ARG(o->id));
        if (str_eq(all[i].id, o->time.after_id)) after = i;
    }
    if (o->time.from == FROM_AFTER && after == n)
        return policy_reader_bad(r, at, "no obligation before it has the id \"%.*s\" of \"from\"",
                                 STR_ARG(o->time.after_id));
    if (o->has_until && (o->time.months || !o->time.within.working_days))
        return policy_reader_bad(r, at,
                                 "\"until\" is for a \"within\" in business days, like \"4bd\"");
    o->time.after = after;
    return OK;
}

enum result policy_obligations(struct policy_reader *r, const struct policy_place *at,
                               json_t *value, void *target)
{
    struct policy *policy = target;
    policy->obligations =
        arena_alloc(r->arena, json_array_size(value) * sizeof *policy->obligations);
    enum result result = policy_reader_items(r, at, value, read_obligation, OBLIGATIONS_MAX,
                                             sizeof *policy->obligations, policy->obligations,
                                             &policy->obligations_n);
    for (size_t i = 0; result == OK && i < policy->obligations_n; i++) {
        struct policy_place place = {at, NULL, i};
        result = connect_obligation(r, &place, policy->obligations, i);
    }
    return result;
}
