/* SPDX-License-Identifier: Apache-2.0 */
#include "core_support.h"

static void severities(void **state)
{
    struct world *w = *state;
    const struct policy *p = &w->policy;
    assert_int_equal(policy_severity(p, STR_NONE, STR("Critical")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR_NONE, STR("SEV-0")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR_NONE, STR("sev_0")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR_NONE, STR("Sev 0")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR_NONE, STR("S2")), SEVERITY_HIGH);
    assert_int_equal(policy_severity(p, STR_NONE, STR("S9")), 0);
    assert_int_equal(policy_severity(p, STR_NONE, STR("purple")), 0);
    assert_int_equal(policy_severity(p, STR_NONE, STR("[-0")), 0);
}

static void aliases_with_underscore_or_space_are_the_same_word(void **state)
{
    struct world *w = *state;
    w->policy.aliases[0].name = STR("very_bad indeed");
    assert_int_equal(policy_severity(&w->policy, STR_NONE, STR("Very-Bad_Indeed")),
                     SEVERITY_CRITICAL);
}

/* 1 is the worst in one product and the best in the next. */
static void the_longest_prefix_of_a_source_counts(void **state)
{
    struct world *w = *state;
    struct policy *p = &w->policy;
    struct alias hive[] = {{STR("1"), SEVERITY_LOW}, {STR("4"), SEVERITY_CRITICAL}};
    struct alias lab[] = {{STR("1"), SEVERITY_INFORMATIONAL}};
    struct alias_source sources[] = {{STR("/thehive/lab"), lab, 1}, {STR("/thehive"), hive, 2}};
    p->sources = sources;
    p->sources_n = 2;
    assert_int_equal(policy_severity(p, STR("/thehive"), STR("1")), SEVERITY_LOW);
    assert_int_equal(policy_severity(p, STR("/thehive/org-1"), STR("4")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR("/thehive/lab/2"), STR("1")), SEVERITY_INFORMATIONAL);
    assert_int_equal(policy_severity(p, STR("/pagerduty"), STR("S2")), SEVERITY_HIGH);
    assert_int_equal(policy_severity(p, STR("/the"), STR("S2")), SEVERITY_HIGH);
    assert_int_equal(policy_severity(p, STR_NONE, STR("S2")), SEVERITY_HIGH);
    /* Its words alone, and the five: what S2 means there nobody has said. */
    assert_int_equal(policy_severity(p, STR("/thehive"), STR("S2")), 0);
    assert_int_equal(policy_severity(p, STR("/thehive"), STR("High")), SEVERITY_HIGH);
}

static void words_of_trackers(void **state)
{
    struct world *w = *state;
    struct policy *p = &w->policy;
    struct status_alias aliases[] = {{STR("on hold"), REPORTED_BLOCKED},
                                     {STR("done"), REPORTED_RESOLVED}};
    p->status_aliases = aliases;
    p->status_aliases_n = 2;
    assert_int_equal(policy_status(p, STR("On-Hold")), REPORTED_BLOCKED);
    assert_int_equal(policy_status(p, STR("ON_HOLD")), REPORTED_BLOCKED);
    assert_int_equal(policy_status(p, STR("Done")), REPORTED_RESOLVED);
    assert_int_equal(policy_status(p, STR("open")), 0);
    assert_int_equal(policy_status(p, STR_NONE), 0);
}

#define DAY(n) (INT64_C(1795651200000) + (n)*DAY_MS) /* the n-th behind 2026-11-26 */

static struct absence away(const char *person, int64_t from, int64_t to, const char *to_person)
{
    int64_t day = timestamp_day(DAY(0));
    return (struct absence){str_of(person), str_of(to_person), day + from, day + to};
}

static void who_stands_in(void **state)
{
    struct world *w = *state;
    struct policy *p = &w->policy;
    struct absence all[] = {
        away("ann", 0, 1, "ben"),  away("ann", 4, 4, "cleo"), away("ben", 1, 2, "cleo"),
        away("cleo", 4, 4, "ann"), away("dan", 4, 4, "cleo"),
    };
    assert_str(policy_delegate(p, STR("ann"), DAY(0)), "ann"); /* nobody is away */
    p->away = all;
    p->away_n = sizeof all / sizeof *all;
    assert_str(policy_delegate(p, STR("ann"), DAY(0) - 1), "ann");
    assert_str(policy_delegate(p, STR("ann"), DAY(0)), "ben");
    assert_str(policy_delegate(p, STR("ann"), DAY(1)), "cleo"); /* ben is away as well */
    assert_str(policy_delegate(p, STR("ann"), DAY(2) - 1), "cleo");
    assert_str(policy_delegate(p, STR("ann"), DAY(2)), "ann");
    assert_str(policy_delegate(p, STR("ben"), DAY(2)), "cleo");
    assert_str(policy_delegate(p, STR("eve"), DAY(1)), "eve");
    /* In a circle, and on the way into one. */
    assert_str(policy_delegate(p, STR("ann"), DAY(4)), "ann");
    assert_str(policy_delegate(p, STR("cleo"), DAY(4)), "cleo");
    assert_str(policy_delegate(p, STR("dan"), DAY(4)), "dan");
    /* A day is one of the calendar's zone. */
    p->calendar.zone = (struct zone){.offset = HOUR_MS};
    assert_str(policy_delegate(p, STR("ann"), DAY(0) - HOUR_MS), "ben");
    assert_str(policy_delegate(p, STR("ann"), DAY(0) - HOUR_MS - 1), "ann");
}

static void priorities(void **state)
{
    struct world *w = *state;
    const struct policy *p = &w->policy;
    assert_int_equal(policy_priority(p, SEVERITY_CRITICAL, 0), PRIORITY_P1);
    assert_int_equal(policy_priority(p, SEVERITY_HIGH, 0), PRIORITY_P2);
    assert_int_equal(policy_priority(p, SEVERITY_MEDIUM, 0), PRIORITY_P3);
    assert_int_equal(policy_priority(p, SEVERITY_LOW, 0), PRIORITY_P4);
    assert_int_equal(policy_priority(p, SEVERITY_INFORMATIONAL, 0), PRIORITY_P4);
    assert_int_equal(policy_priority(p, SEVERITY_MEDIUM, 1), PRIORITY_P2);
    assert_int_equal(policy_priority(p, SEVERITY_CRITICAL, 1), PRIORITY_P1);
}

static void routes(void **state)
{
    struct world *w = *state;
    struct policy *p = &w->policy;
    assert_int_equal(policy_route(p, CATEGORY_TECHNICAL_LAPSE)->kind, KIND_BUG);
    p->routing[CATEGORY_MANUAL_ERROR].kind = 0;
    assert_ptr_equal(policy_route(p, CATEGORY_MANUAL_ERROR), &p->routing[CATEGORY_UNCATEGORIZED]);
    assert_str(policy_route(p, CATEGORY_UNCATEGORIZED)->owner.team, "security-response");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(severities, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_longest_prefix_of_a_source_counts, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(words_of_trackers, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(aliases_with_underscore_or_space_are_the_same_word,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(who_stands_in, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(priorities, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(routes, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
