/* SPDX-License-Identifier: Apache-2.0 */
#include "core_support.h"

static void a_value_is_its_word_and_back(void **state)
{
    (void)state;
    int n = 0;
#define ROUND_TRIP(name, TABLE)                                                                  \
    for (int v = 1; v < name##_end; v++, n++) assert_int_equal(name##_parse(name##_name(v)), v); \
    assert_null(name##_name(0).p);                                                               \
    assert_int_equal(name##_parse(STR_NONE), 0);                                                 \
    assert_int_equal(name##_parse(STR("no such word")), 0);
    NAMES_ALL(ROUND_TRIP)
#undef ROUND_TRIP
    assert_true(n > 100);
}

static void words_are_taken_in_any_dress(void **state)
{
    (void)state;
    assert_int_equal(reported_status_parse(STR("In_Progress")), REPORTED_IN_PROGRESS);
    assert_int_equal(reported_status_parse(STR("WONT FIX")), REPORTED_WONT_FIX);
    assert_int_equal(category_parse(STR("Technical Lapse")), CATEGORY_TECHNICAL_LAPSE);
    assert_int_equal(priority_parse(STR("p1")), PRIORITY_P1);
    assert_int_equal(severity_parse(STR("critical ")), 0);
    assert_int_equal(severity_parse(STR("hugh")), 0);
}

static void process_categories(void **state)
{
    (void)state;
    assert_false(category_is_process(CATEGORY_TECHNICAL_LAPSE));
    assert_false(category_is_process(CATEGORY_UNKNOWN_ATTACK_VECTOR));
    assert_true(category_is_process(CATEGORY_PROCEDURAL_FAILURE));
    assert_true(category_is_process(CATEGORY_MANUAL_ERROR));
    assert_true(category_is_process(CATEGORY_PROCESS_FLAW));
    assert_true(category_is_process(CATEGORY_COMMUNICATION_GLITCH));
    assert_true(category_is_process(CATEGORY_UNCATEGORIZED));
}

static void what_a_finding_can_be_routed_to(void **state)
{
    (void)state;
    int n = 0;
    for (int kind = 1; kind < task_kind_end; kind++) n += task_kind_is_finding_work(kind);
    assert_int_equal(n, 4);
    assert_true(task_kind_is_finding_work(KIND_REGISTER_ENTRY));
    assert_false(task_kind_is_finding_work(KIND_SOP_UPDATE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_its_word_and_back),
        cmocka_unit_test(words_are_taken_in_any_dress),
        cmocka_unit_test(process_categories),
        cmocka_unit_test(what_a_finding_can_be_routed_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
