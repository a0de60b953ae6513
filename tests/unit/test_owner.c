/* SPDX-License-Identifier: Apache-2.0 */
/* An owner of whom a record says a part: the person, or the team. */
#include "core_incident.h"

#define DEV "dev@example.com"
#define LEAD "lead@example.com"

static struct world *with_bug(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, OWNER, owner, owner("identity", DEV));
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    return w;
}

static void assert_owner(struct owner actual, const char *team, const char *person)
{
    assert_str(actual.team, team);
    assert_str(actual.person, person);
}

static struct owner bug_owner(struct world *w)
{
    return task_of(w, "INC-1", "bug/F-1")->owner;
}

static void tell_finding(struct world *w, int64_t revision, enum owner_part part, const char *team,
                         const char *person)
{
    struct finding_event *f = finding(w, "INC-1", "F-1", revision);
    SET_FINDING(f, OWNER, owner, owner(team, person));
    f->owner_part = part;
    take_finding(w, LATER, f);
}

static void tell_task(struct world *w, int64_t revision, enum owner_part part, const char *team,
                      const char *person)
{
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", revision);
    SET_UPDATE(u, OWNER, owner, owner(team, person));
    u->owner_part = part;
    take_update(w, LATER, u);
}

static void a_text_leaves_the_other(void **state)
{
    struct world *w = with_bug(state);
    tell_finding(w, 2, OWNER_PERSON, NULL, LEAD);
    assert_owner(bug_owner(w), "identity", LEAD);
    assert_news(w, "bug/F-1/2 updated open [owner]\n");
    tell_finding(w, 3, OWNER_TEAM, "crash", NULL);
    assert_owner(bug_owner(w), "crash", LEAD);
    assert_owner(finding_of(w, "INC-1", "F-1")->owner, "crash", LEAD);
    tell_task(w, 1, OWNER_PERSON, NULL, DEV);
    assert_owner(bug_owner(w), "crash", DEV);
    tell_task(w, 2, OWNER_TEAM, "identity", NULL);
    assert_owner(bug_owner(w), "identity", DEV);
    /* An object says both. */
    tell_task(w, 3, OWNER_BOTH, NULL, LEAD);
    assert_owner(bug_owner(w), NULL, LEAD);
}

/* What a tracker said of the other part stays, too: it is of the task as it is now. */
static void a_finding_leaves_what_a_tracker_said(void **state)
{
    struct world *w = with_bug(state);
    tell_task(w, 1, OWNER_BOTH, "crash", DEV);
    tell_finding(w, 2, OWNER_PERSON, NULL, LEAD);
    assert_owner(bug_owner(w), "crash", LEAD);
}

static void a_held_finding_keeps_its_own(void **state)
{
    struct world *w = *state;
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, OWNER, owner, owner("identity", NULL));
    f->owner_part = OWNER_TEAM;
    take_finding(w, NOON, f);
    tell_finding(w, 2, OWNER_PERSON, NULL, DEV);
    assert_owner(finding_of(w, "INC-1", "F-1")->owner, "identity", DEV);
}

static void of_an_incident_too(void **state)
{
    struct world *w = with_bug(state);
    struct closure_event *e = closure(w, "INC-1", 2);
    SET_CLOSURE(e, OWNER, owner, owner("soc", LEAD));
    take_closure(w, LATER, e);
    e = closure(w, "INC-1", 3);
    SET_CLOSURE(e, OWNER, owner, owner(NULL, DEV));
    e->owner_part = OWNER_PERSON;
    take_closure(w, LATER, e);
    assert_owner(incident_of(w, "INC-1")->owner, "soc", DEV);
    e = closure(w, "INC-1", 4);
    SET_CLOSURE(e, OWNER, owner, owner(NULL, NULL)); /* null clears both */
    take_closure(w, LATER, e);
    assert_owner(incident_of(w, "INC-1")->owner, NULL, NULL);
}

static void who_is_known_brings_the_team(void **state)
{
    struct world *w = with_bug(state);
    struct team_person on_call[] = {{STR("crash"), {STR("crash"), STR("oncall@example.com")}},
                                    {STR("soc"), {STR("soc"), STR("two@example.com")}}};
    struct team_person managers[] = {{STR("identity"), {STR_NONE, STR("two@example.com")}},
                                     {STR("storage"), {STR_NONE, STR("boss@example.com")}}};
    struct policy *policy = &w->policy;
    policy->on_call = on_call;
    policy->on_call_n = 2;
    policy->managers = managers;
    policy->managers_n = 2;
    policy->response_team = (struct owner){STR("csirt"), STR("team@example.com")};
    policy->response_lead = (struct owner){STR_NONE, STR("chief@example.com")};
    static const struct {
        const char *person, *team; /* said of one of "identity" */
    } cases[] = {
        {"oncall@example.com", "crash"},   {"boss@example.com", "storage"},
        {"team@example.com", "csirt"},     {"two@example.com", "identity"}, /* of both */
        {"chief@example.com", "identity"}, {"who@example.com", "identity"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct owner said = owner(NULL, cases[i].person);
        struct owner now = policy_owner(policy, owner("identity", DEV), said, OWNER_PERSON);
        assert_owner(now, cases[i].team, cases[i].person);
    }
    tell_task(w, 1, OWNER_PERSON, NULL, "boss@example.com");
    assert_owner(bug_owner(w), "storage", "boss@example.com");
    policy->on_call_n = policy->managers_n = 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_text_leaves_the_other),      TEST(a_finding_leaves_what_a_tracker_said),
        TEST(a_held_finding_keeps_its_own), TEST(of_an_incident_too),
        TEST(who_is_known_brings_the_team),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
