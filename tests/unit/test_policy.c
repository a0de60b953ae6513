/* SPDX-License-Identifier: Apache-2.0 */
#include "core_support.h"

static void severities(void **state)
{
    struct world *w = *state;
    const struct policy *p = &w->policy;
    assert_int_equal(policy_severity(p, STR("Critical")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR("SEV-0")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR("sev_0")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR("Sev 0")), SEVERITY_CRITICAL);
    assert_int_equal(policy_severity(p, STR("S2")), SEVERITY_HIGH);
    assert_int_equal(policy_severity(p, STR("S9")), 0);
    assert_int_equal(policy_severity(p, STR("purple")), 0);
    assert_int_equal(policy_severity(p, STR("[-0")), 0);
}

static void aliases_with_underscore_or_space_are_the_same_word(void **state)
{
    struct world *w = *state;
    w->policy.aliases[0].name = STR("very_bad indeed");
    assert_int_equal(policy_severity(&w->policy, STR("Very-Bad_Indeed")), SEVERITY_CRITICAL);
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
        cmocka_unit_test_setup_teardown(aliases_with_underscore_or_space_are_the_same_word,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(priorities, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(routes, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
