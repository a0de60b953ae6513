/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/simulate_diff.h"

enum { OLD = SIMULATE_DIFF_OLD, NEW = SIMULATE_DIFF_NEW };

static struct simulate_diff diff;
static size_t counts[simulate_diff_sides];

static int set_up(void **state)
{
    (void)state;
    diff = (struct simulate_diff){.arena = arena_new()};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(diff.arena);
    return 0;
}

static void add(int side, ms_t at, const char *text)
{
    simulate_diff_add(&diff, side, at, str_of(text), str_of(text));
}

static void assert_item(size_t i, int side, const char *text)
{
    assert_true(i < diff.n);
    assert_int_equal(diff.items[i].side, side);
    assert_string_equal(diff.items[i].shown.p, text);
}

static void nothing_at_all(void **state)
{
    (void)state;
    simulate_diff_reduce(&diff, counts);
    assert_int_equal(diff.n, 0);
    assert_int_equal(counts[OLD] + counts[NEW], 0);
}

static void the_same_in_another_order_is_the_same(void **state)
{
    (void)state;
    add(OLD, 1, "a");
    add(OLD, 1, "b");
    add(NEW, 1, "b");
    add(NEW, 1, "a");
    simulate_diff_reduce(&diff, counts);
    assert_int_equal(diff.n, 0);
}

static void what_one_has_alone_comes_in_order_of_time(void **state)
{
    (void)state;
    add(OLD, 1, "both");
    add(OLD, 5, "late");
    add(OLD, 3, "then");
    add(NEW, 1, "both");
    add(NEW, 3, "other");
    add(NEW, 2, "early");
    simulate_diff_reduce(&diff, counts);
    assert_int_equal(diff.n, 4);
    assert_item(0, NEW, "early");
    assert_item(1, OLD, "then");
    assert_item(2, NEW, "other");
    assert_item(3, OLD, "late");
    assert_int_equal(counts[OLD], 2);
    assert_int_equal(counts[NEW], 2);
}

static void repeats_are_counted(void **state)
{
    (void)state;
    add(OLD, 1, "again");
    add(OLD, 2, "again");
    add(OLD, 3, "again");
    add(NEW, 1, "again");
    simulate_diff_reduce(&diff, counts);
    assert_int_equal(counts[OLD], 2);
    assert_int_equal(counts[NEW], 0);
    assert_item(0, OLD, "again");
    assert_int_equal(diff.items[0].at, 2);
    assert_int_equal(diff.items[1].at, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_at_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_in_another_order_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_one_has_alone_comes_in_order_of_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(repeats_are_counted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
