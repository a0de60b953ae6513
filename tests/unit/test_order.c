/* SPDX-License-Identifier: Apache-2.0 */
#include "core/order.h"
#include "core_support.h"

static const struct order none = {-1, TIME_NONE};

static void revisions_decide_where_both_have_one(void **state)
{
    (void)state;
    struct order stored = {5, 1000};
    assert_true(order_is_later(stored, (struct order){6, 10}));
    assert_false(order_is_later(stored, (struct order){5, 2000}));
    assert_false(order_is_later(stored, (struct order){4, 2000}));
    assert_true(order_is_later(none, (struct order){0, TIME_NONE}));
    assert_true(order_is_later((struct order){-1, 1000}, (struct order){0, 10}));
}

static void times_decide_without_a_revision(void **state)
{
    (void)state;
    assert_true(order_is_later((struct order){-1, 1000}, (struct order){-1, 1001}));
    assert_false(order_is_later((struct order){-1, 1000}, (struct order){-1, 1000}));
    assert_false(order_is_later((struct order){-1, 1000}, (struct order){-1, 999}));
    /* After records with a revision, one without is compared by time. */
    assert_false(order_is_later((struct order){5, 1000}, (struct order){-1, 1000}));
    assert_true(order_is_later((struct order){5, 1000}, (struct order){-1, 1001}));
}

static void arrival_decides_without_either(void **state)
{
    (void)state;
    assert_true(order_is_later(none, none));
    assert_true(order_is_later((struct order){5, 1000}, none));
    assert_true(order_is_later((struct order){5, TIME_NONE}, (struct order){-1, 10}));
}

static void what_is_stored_afterwards(void **state)
{
    (void)state;
    struct order o = order_advance((struct order){5, 1000}, (struct order){-1, 2000});
    assert_int_equal(o.revision, 5);
    assert_int_equal(o.time, 2000);
    o = order_advance(o, (struct order){6, TIME_NONE});
    assert_int_equal(o.revision, 6);
    assert_int_equal(o.time, 2000);
}

static void just_before_only_the_same_is_later(void **state)
{
    (void)state;
    const struct order orders[] = {{5, 1000}, {0, TIME_NONE}, {-1, 1000}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        assert_true(order_is_later(order_just_before(orders[i]), orders[i]));
    assert_false(
        order_is_later(order_just_before((struct order){5, 1000}), (struct order){4, 1001}));
    assert_false(order_is_later(order_just_before((struct order){-1, 9}), (struct order){-1, 8}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(revisions_decide_where_both_have_one),
        cmocka_unit_test(times_decide_without_a_revision),
        cmocka_unit_test(arrival_decides_without_either),
        cmocka_unit_test(what_is_stored_afterwards),
        cmocka_unit_test(just_before_only_the_same_is_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
