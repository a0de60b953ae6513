/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two records is the later one: by revision, time, what is said, arrival. */
#include "core/order.h"
#include "core_support.h"

#define ORDER(r, t) ((struct order){.revision = (r), .time = (t)})

static const struct order none = {.revision = -1, .time = TIME_NONE};

/* A record without a revision, of what it says. */
static struct order said(struct world *w, ms_t time, const char *what)
{
    struct str *hash = ARENA_NEW(w->arena, struct str);
    *hash = str_of(what);
    return (struct order){.revision = -1, .time = time, .taken = {hash, 1}};
}

static void revisions_decide_where_both_have_one(void **state)
{
    (void)state;
    struct order stored = ORDER(5, 1000);
    assert_true(order_is_later(stored, ORDER(6, 10)));
    assert_false(order_is_later(stored, ORDER(5, 2000)));
    assert_false(order_is_later(stored, ORDER(4, 2000)));
    assert_true(order_is_later(none, ORDER(0, TIME_NONE)));
    assert_true(order_is_later(ORDER(-1, 1000), ORDER(0, 10)));
}

static void times_decide_without_a_revision(void **state)
{
    (void)state;
    assert_true(order_is_later(ORDER(-1, 1000), ORDER(-1, 1001)));
    assert_false(order_is_later(ORDER(-1, 1000), ORDER(-1, 1000)));
    assert_false(order_is_later(ORDER(-1, 1000), ORDER(-1, 999)));
    /* After records with a revision, one without is compared by time. */
    assert_false(order_is_later(ORDER(5, 1000), ORDER(-1, 1000)));
    assert_true(order_is_later(ORDER(5, 1000), ORDER(-1, 1001)));
}

static void arrival_decides_without_either(void **state)
{
    (void)state;
    assert_true(order_is_later(none, none));
    assert_true(order_is_later(ORDER(5, 1000), none));
    assert_true(order_is_later(ORDER(5, TIME_NONE), ORDER(-1, 10)));
    assert_true(order_is_later(ORDER(5, TIME_NONE), none));
}

static void of_equal_times_what_is_new_counts_once(void **state)
{
    struct world *w = *state;
    struct order o = order_advance(w->arena, none, said(w, 1000, "a"));
    assert_false(order_is_later(o, said(w, 1000, "a")));
    assert_true(order_is_later(o, said(w, 1000, "b")));
    o = order_advance(w->arena, o, said(w, 1000, "b"));
    assert_false(order_is_later(o, said(w, 1000, "a")));
    assert_false(order_is_later(o, said(w, 1000, "b")));
    assert_false(order_is_later(o, said(w, 999, "c")));
    /* The times behind: what was taken is late by its time. */
    o = order_advance(w->arena, o, said(w, 1001, "a"));
    assert_int_equal(o.taken.n, 1);
    assert_false(order_is_later(o, said(w, 1000, "d")));
    /* After one with a revision, which is told by that. */
    o = order_advance(w->arena, o, ORDER(3, 2000));
    assert_int_equal(o.taken.n, 0);
    assert_true(order_is_later(o, said(w, 2000, "a")));
    o = order_advance(w->arena, o, said(w, 2000, "a"));
    o = order_advance(w->arena, o, ORDER(4, 2000));
    assert_false(order_is_later(o, said(w, 2000, "a")));
}

static void so_many_of_one_time_and_no_more(void **state)
{
    struct world *w = *state;
    struct order o = none;
    for (int i = 0; i < ORDER_TAKEN_MAX; i++) {
        char what[] = {(char)('a' + i), 0};
        struct order record = said(w, 1000, what);
        record.taken.items[0] = arena_str(w->arena, record.taken.items[0]);
        assert_true(order_is_later(o, record));
        assert_false(order_is_crowded(o, record));
        o = order_advance(w->arena, o, record);
    }
    assert_int_equal(o.taken.n, ORDER_TAKEN_MAX);
    assert_false(order_is_later(o, said(w, 1000, "z")));
    assert_true(order_is_crowded(o, said(w, 1000, "z")));
    assert_false(order_is_crowded(o, said(w, 1000, "a"))); /* a replay */
    assert_false(order_is_crowded(o, said(w, 999, "z")));
    assert_false(order_is_crowded(o, said(w, 1001, "z")));
    assert_false(order_is_crowded(o, ORDER(-1, 1000)));
    assert_false(order_is_crowded(o, ORDER(7, 1000)));
    assert_false(order_is_crowded(o, none));
    assert_true(order_is_later(o, said(w, 1001, "z")));
    assert_true(order_is_later(o, ORDER(7, 1000)));
}

static void what_is_stored_afterwards(void **state)
{
    struct world *w = *state;
    struct order o = order_advance(w->arena, ORDER(5, 1000), ORDER(-1, 2000));
    assert_int_equal(o.revision, 5);
    assert_int_equal(o.time, 2000);
    o = order_advance(w->arena, o, ORDER(6, TIME_NONE));
    assert_int_equal(o.revision, 6);
    assert_int_equal(o.time, 2000);
}

static void which_was_taken_last(void **state)
{
    struct world *w = *state;
    assert_true(order_is_same(ORDER(5, 1000), ORDER(5, 1000)));
    assert_true(order_is_same(ORDER(5, 1000), ORDER(5, TIME_NONE)));
    assert_true(order_is_same(ORDER(5, 1000), ORDER(-1, 1000)));
    assert_false(order_is_same(ORDER(5, 1000), ORDER(6, 1000)));
    assert_false(order_is_same(ORDER(5, 1000), ORDER(5, 1001)));
    struct order o = order_advance(w->arena, none, said(w, 1000, "a"));
    o = order_advance(w->arena, o, said(w, 1000, "b"));
    assert_true(order_is_same(o, said(w, 1000, "b")));
    assert_false(order_is_same(o, said(w, 1000, "a")));
    assert_false(order_is_same(ORDER(5, 1000), said(w, 1000, "a")));
}

static void just_before_only_the_same_is_later(void **state)
{
    struct world *w = *state;
    const struct order orders[] = {ORDER(5, 1000), ORDER(0, TIME_NONE), ORDER(-1, 1000)};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        assert_true(order_is_later(order_just_before(orders[i]), orders[i]));
    assert_false(order_is_later(order_just_before(ORDER(5, 1000)), ORDER(4, 1001)));
    assert_false(order_is_later(order_just_before(ORDER(-1, 9)), ORDER(-1, 8)));
    /* Of equal times what was taken before it stays taken. */
    struct order o = order_advance(w->arena, none, said(w, 1000, "a"));
    o = order_advance(w->arena, o, said(w, 1000, "b"));
    assert_true(order_is_later(order_just_before(o), said(w, 1000, "b")));
    assert_false(order_is_later(order_just_before(o), said(w, 1000, "a")));
    o.revision = 3;
    assert_true(order_is_later(order_just_before(o), said(w, 1000, "b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(revisions_decide_where_both_have_one),
        TEST(times_decide_without_a_revision),
        TEST(arrival_decides_without_either),
        TEST(of_equal_times_what_is_new_counts_once),
        TEST(so_many_of_one_time_and_no_more),
        TEST(what_is_stored_afterwards),
        TEST(which_was_taken_last),
        TEST(just_before_only_the_same_is_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
