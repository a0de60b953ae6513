/* SPDX-License-Identifier: Apache-2.0 */
/* What was done of a duty, where incidents are merged: it is met for all of them, and never asked for again. */
#include "duty_support.h"

static void what_was_done_is_not_asked_for_again(void **state)
{
    for (int order = 0; order < 2; order++) {
        struct world *w = owing(state);
        const char *a = order ? "A2" : "A1", *b = order ? "B2" : "B1";
        close_knowing(w, AT, a, 1, NULL);
        submit_to(w, a, LAW, 1);
        if (order) close_knowing(w, LATER_STILL, b, 1, NULL);
        close_knowing(w, LATER_STILL, a, 2, b);
        if (!order) close_knowing(w, LATER_STILL, b, 1, NULL);
        assert_false(is_open(w, b, LAW));
        assert_true(task_is_done(task_of(w, a, LAW)));
        if (order) {
            assert_int_equal(task_of(w, b, LAW)->resolution, RESOLUTION_DUPLICATE);
            assert_str(task_of(w, b, LAW)->moved_to, "A2/obligation/law");
        }
        /* Nor when they have parted, nor by what comes later. */
        close_knowing(w, LATER_STILL, a, 3, NULL);
        close_knowing(w, LATER_STILL, b, 2, NULL);
        assert_false(is_open(w, b, LAW));
        assert_true(task_is_done(task_of(w, a, LAW)));
    }
}

static void what_counts_from_a_submission_counts_from_one_elsewhere(void **state)
{
    struct world *w = owing_a_report(state);
    close_knowing(w, AT, "A", 1, NULL);
    submit_to(w, "A", LAW, 1);
    close_knowing(w, LATER_STILL, "B", 1, NULL);
    close_knowing(w, LATER_STILL, "A", 2, "B");
    assert_true(task_of(w, "B", REPORT)->due_at == t(LATER) + 24 * HOUR_MS);
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_true(task_of(w, "A", REPORT)->due_at == t(LATER) + 24 * HOUR_MS);
    assert_true(task_of(w, "B", REPORT)->due_at == t(LATER) + 24 * HOUR_MS);
}

static void what_is_done_for_all_is_done_for_each(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "A", 1, NULL);
    close_knowing(w, AT, "B", 1, NULL);
    close_knowing(w, AT, "C", 1, NULL);
    take_merge(w, LATER, "A", 2, "B");
    submit_to(w, "A", LAW, 1); /* under its old name */
    assert_true(task_is_done(task_of(w, "B", LAW)));
    /* C hears of it, and so does one to which that goes on. */
    take_merge(w, LATER_STILL, "B", 2, "C");
    assert_str(task_of(w, "C", LAW)->moved_to, "B/obligation/law");
    close_knowing(w, LATER_STILL, "D", 1, NULL);
    take_merge(w, LATER_STILL, "C", 2, "D");
    assert_str(task_of(w, "D", LAW)->moved_to, "B/obligation/law");
    /* What A owed is met as well; nobody's is open, whoever goes. */
    take_merge(w, LATER_STILL, "A", 3, NULL);
    const struct task *now = task_of(w, "A", LAW);
    assert_true(task_is_done(now));
    assert_time(now->submitted_at, LATER);
    assert_true(now->due_at == known_at("A") + 72 * HOUR_MS);
    take_merge(w, LATER_STILL, "B", 3, NULL);
    take_merge(w, LATER_STILL, "C", 3, NULL);
    for (const char *id = "BCD"; *id; id++) {
        char name[2] = {*id, 0};
        assert_false(is_open(w, name, LAW));
    }
    assert_true(task_is_done(task_of(w, "B", LAW)));
}

static void what_comes_to_one_that_has_met_it_is_met(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "B", 1, NULL);
    submit_to(w, "B", LAW, 1);
    close_knowing(w, AT, "A", 1, NULL);
    take_merge(w, LATER, "A", 2, "B");
    assert_int_equal(task_of(w, "A", LAW)->resolution, RESOLUTION_DUPLICATE);
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_true(task_is_done(task_of(w, "A", LAW)));
}

/* A does not owe it any more, or somebody has put it aside; B owes it, and goes on in C. */
static void what_is_met_while_it_is_merged_is_told(void **state)
{
    for (int aside = 0; aside < 2; aside++) {
        struct world *w = owing(state);
        const char *a = aside ? "A2" : "A1", *b = aside ? "B2" : "B1", *c = aside ? "C2" : "C1";
        owe_by_flag(w);
        take_closure(w, AT, with_breach(knowing(w, a, 1, NULL), TRI_TRUE));
        take_closure(w, AT, with_breach(knowing(w, b, 1, NULL), TRI_TRUE));
        if (aside)
            dismiss(w, a, LAW, 1);
        else
            take_closure(w, AT, with_breach(knowing(w, a, 2, NULL), TRI_FALSE));
        take_merge(w, LATER, a, 3, b);
        take_merge(w, LATER, b, 2, c);
        close_knowing(w, LATER, c, 1, NULL);
        assert_true(is_open(w, c, LAW));
        submit_to(w, a, LAW, 2);
        assert_true(task_is_done(task_of(w, a, LAW)));
        const struct task *now = task_of(w, c, LAW);
        assert_int_equal(now->resolution, RESOLUTION_DUPLICATE);
        assert_str(now->moved_to, aside ? "A2/obligation/law" : "A1/obligation/law");
        /* Once, and it is never taken back. */
        submit_to(w, a, LAW, 3);
        take_merge(w, LATER_STILL, a, 4, NULL);
        assert_false(is_open(w, b, LAW));
        assert_false(is_open(w, c, LAW));
    }
}

/* Put aside where it was, at home again, and met in the breath in which it is merged into another one. */
static void met_at_home_it_is_told_where_it_is_merged_now(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "D", 1));
    close_with_vendor(w, AT, "E", 1, NULL, false);
    close_with_vendor(w, AT, "C", 1, "D", false);
    dismiss(w, "C", VENDOR, 1);
    close_with_vendor(w, LATER_STILL, "C", 2, "E", true);
    assert_true(task_is_done(task_of(w, "C", VENDOR)));
    assert_str(task_of(w, "E", VENDOR)->moved_to, "C/coordination/Vendor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
        TEST(what_was_done_is_not_asked_for_again),
        TEST(what_counts_from_a_submission_counts_from_one_elsewhere),
        TEST(what_is_done_for_all_is_done_for_each),
        TEST(what_comes_to_one_that_has_met_it_is_met),
        TEST(what_is_met_while_it_is_merged_is_told),
        TEST(met_at_home_it_is_told_where_it_is_merged_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
