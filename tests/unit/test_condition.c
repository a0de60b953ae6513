/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: each operator on what is there and on what is not, all terms, and any condition. */
#include "core_support.h"

static bool holds(struct term term, struct condition_subject subject)
{
    return condition_holds(&(struct condition){STR("it"), &term, 1}, &subject);
}

static bool compares(unsigned operator, enum severity found)
{
    return holds((struct term){ASKED_SEVERITY, operator, SEVERITY_HIGH, STR_NONE, STR_NONE},
                 (struct condition_subject){.severity = found});
}

static void critical_is_the_highest(void **state)
{
    (void)state;
    static const struct {
        unsigned operator;
        bool critical, high, low, none;
    } all[] = {
        {FOUND_EQUAL, false, true, false, false},
        {FOUND_OTHER, true, false, true, true},
        {FOUND_ABOVE, true, false, false, false},
        {FOUND_BELOW, false, false, true, false},
        {FOUND_ABOVE | FOUND_EQUAL, true, true, false, false},
        {FOUND_BELOW | FOUND_EQUAL, false, true, true, false},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(compares(all[i].operator, SEVERITY_CRITICAL), all[i].critical);
        assert_int_equal(compares(all[i].operator, SEVERITY_HIGH), all[i].high);
        assert_int_equal(compares(all[i].operator, SEVERITY_LOW), all[i].low);
        assert_int_equal(compares(all[i].operator, severity_none), all[i].none);
    }
}

static void each_member_is_its_own(void **state)
{
    (void)state;
    struct label label = {STR("system"), STR("payroll")};
    struct condition_subject subject = {
        .flags = FLAG_DATA_BREACH,
        .category = CATEGORY_MANUAL_ERROR,
        .kind = KIND_BUG,
        .priority = PRIORITY_P2,
        .team = STR("identity"),
        .labels = {&label, 1},
    };
    struct condition_subject nothing = {0};
    static const struct term terms[] = {
        {.asked = ASKED_FLAG, .operator= FOUND_EQUAL, .value = FLAG_DATA_BREACH},
        {.asked = ASKED_CATEGORY, .operator= FOUND_EQUAL, .value = CATEGORY_MANUAL_ERROR},
        {.asked = ASKED_KIND, .operator= FOUND_EQUAL, .value = KIND_BUG},
        {.asked = ASKED_PRIORITY, .operator= FOUND_ABOVE, .value = PRIORITY_P3},
        {.asked = ASKED_TEAM, .operator= FOUND_EQUAL, .text = {"identity", 8}},
        {.asked = ASKED_LABEL,
         .operator= FOUND_EQUAL,
         .text = {"payroll", 7},
         .label = {"system", 6}},
    };
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        assert_true(holds(terms[i], subject));
        assert_false(holds(terms[i], nothing));
        struct term other = terms[i];
        other.operator= FOUND_OTHER;
        assert_int_equal(holds(other, subject), terms[i].operator== FOUND_ABOVE);
        assert_true(holds(other, nothing));
    }
    /* No label, and no team, is as an empty one. */
    assert_true(holds((struct term){ASKED_LABEL, FOUND_EQUAL, 0, STR(""), STR("stage")}, subject));
    assert_true(holds((struct term){ASKED_TEAM, FOUND_EQUAL, 0, STR(""), STR_NONE}, nothing));
    assert_false(holds((struct term){ASKED_TEAM, FOUND_EQUAL, 0, STR("ident"), STR_NONE}, subject));
}

static void all_terms_of_any_condition(void **state)
{
    (void)state;
    struct term terms[] = {
        {.asked = ASKED_FLAG, .operator= FOUND_EQUAL, .value = FLAG_DATA_BREACH},
        {.asked = ASKED_FLAG, .operator= FOUND_OTHER, .value = FLAG_CUSTOMER_IMPACTING},
    };
    struct condition items[] = {{STR("both"), terms, 2}, {STR("one"), terms, 1}};
    struct conditions any = {items, 2};
    struct condition_subject subject = {.flags = FLAG_DATA_BREACH};
    assert_ptr_equal(condition_any(&any, &subject), &items[0]);
    subject.flags |= FLAG_CUSTOMER_IMPACTING;
    assert_ptr_equal(condition_any(&any, &subject), &items[1]);
    subject.flags = FLAG_CUSTOMER_IMPACTING;
    assert_null(condition_any(&any, &subject));
    assert_null(condition_any(&(struct conditions){NULL, 0}, &subject));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(critical_is_the_highest),
        cmocka_unit_test(each_member_is_its_own),
        cmocka_unit_test(all_terms_of_any_condition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
