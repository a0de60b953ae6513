/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back, where incidents are merged: where it counts, and where it is told. */
#include "recurrence_support.h"

static void merged_it_counts_where_it_is(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    take_closure(w, ONE, closed(w, "M", 1));
    take_merge(w, ONE, "A", 2, "M");
    ASSERT_LINES(w, "gone", "");
    ASSERT_LINES(w, "recurred", "");
    come(w, TWO, "B", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: M/bug/A:F=open\n");
    assert_int_equal(task_of(w, "M", "bug/A:F")->priority, PRIORITY_P3);
    /* It takes along what it was raised by. */
    take_merge(w, TWO, "A", 3, NULL);
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P3);
    come(w, THREE, "C", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 3: A/bug/F=open B/bug/F=open\n");
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P2);
}

static void merged_they_are_one_incident(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    take_merge(w, ONE, "A", 2, "M"); /* which is not closed: it is held there */
    struct closure_event *e = closed(w, "M", 1);
    add_inline(w, e, caused(w, "M", "F", -1, "k"));
    close_it(w, TWO, e);
    ASSERT_LINES(w, "recurred", "");
}

/* What it is told where it was follows it. */
static void told_where_it_was(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    come(w, ONE, "B", "k");
    take_closure(w, ONE, closed(w, "M", 1));
    take_merge(w, ONE, "A", 2, "M");
    take_closure(w, ONE, closed(w, "N", 1));
    take_merge(w, ONE, "M", 2, "N");
    tell_again(w, "A", "F", "C");
    assert_news(w, "again k to M\n");
    deliver(w);
    assert_int_equal(task_of(w, "N", "bug/A:F")->priority, PRIORITY_P2);
}

/* Held where nobody has closed its incident yet, it is raised when it has its task. */
static void raised_while_it_is_held(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    take_merge(w, ONE, "A", 2, "M");
    tell_again(w, "M", "F", "C");
    tell_again(w, "M", "F", NULL); /* told of what was before, it has no task to show */
    assert_null(output_at(w, 0)->recurred.task);
    take_closure(w, TWO, closed(w, "M", 1));
    assert_int_equal(task_of(w, "M", "bug/A:F")->priority, PRIORITY_P3);
}

/* A merge has made it graver, and it comes home again. Whether its cause is seen again before that or after is
 * nobody's to say: it is raised from what it has. */
static void seen_again(struct world *w, bool at_home)
{
    struct closure_event *low = closed(w, "A", 1), *other = closed(w, "M", 1);
    struct closure_event *high = closed(w, "M", 2);
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, CAUSE_KEY, cause_key, STR("k"));
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    SET_CLOSURE(low, SEVERITY, severity, SEVERITY_LOW);
    add_inline(w, low, f);
    close_it(w, ONE, low);
    SET_CLOSURE(other, SEVERITY, severity, SEVERITY_LOW);
    take_closure(w, ONE, other);
    take_merge(w, ONE, "A", 2, "M");
    SET_CLOSURE(high, SEVERITY, severity, SEVERITY_HIGH);
    close_it(w, ONE, high);
    if (!at_home) tell_again(w, "M", "F", "C");
    take_merge(w, TWO, "A", 3, NULL);
    if (at_home) tell_again(w, "A", "F", "C");
    const char *const names[] = {"bug/F", "sop-update/F"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(task_of(w, "A", names[i])->severity, SEVERITY_HIGH);
        assert_int_equal(task_of(w, "A", names[i])->priority, PRIORITY_P1);
    }
}

static void raised_before_it_comes_home(void **state)
{
    seen_again(*state, false);
}

static void raised_when_it_is_home(void **state)
{
    seen_again(*state, true);
}

/* Nor what is done already while its finding is not. */
static void what_is_urgent_already_is_not_raised(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = caused(w, "A", "F", -1, "k");
    SET_FINDING(f, SEVERITY, severity, SEVERITY_CRITICAL);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    add_inline(w, e, f);
    close_it(w, ONE, e);
    take_task_status(w, ONE, "A", "sop-update/F", 1, REPORTED_VERIFIED);
    const struct task bug = *task_of(w, "A", "bug/F"), sop = *task_of(w, "A", "sop-update/F");
    assert_int_equal(bug.priority, PRIORITY_P1);
    assert_int_equal(sop.status, STATUS_CLOSED);
    tell_again(w, "A", "F", "C");
    assert_int_equal(task_of(w, "A", "bug/F")->version, bug.version);
    assert_int_equal(task_of(w, "A", "sop-update/F")->version, sop.version);
}

/* Forgotten where it went to it goes on at home: what it tells is later than what was told there,
 * whichever comes first. */
static void forgotten_where_it_went_to(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    take_closure(w, ONE, closed(w, "M", 1));
    run_until(w, TWO);
    come(w, TWO, "A", "k");
    take_task_status(w, TWO, "A", "bug/F", 1, REPORTED_VERIFIED);
    deliver(w);
    take_merge(w, TWO, "A", 2, "M");
    const struct finding *there = finding_of(w, "M", "A:F");
    assert_int_equal(there->tellings, 3);
    drop(w, STR("M|f|A:F"));
    drop(w, STR("M|t|bug/A:F~2"));
    take_merge(w, "2026-04-21T10:00:00Z", "A", 3, NULL);
    assert_int_equal(finding_of(w, "A", "F")->causes.n, 1);
    assert_true(finding_of(w, "A", "F")->tellings > there->tellings + 1);
    come(w, "2026-04-21T10:00:00Z", "B", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: A/bug/F=closed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
        TEST(merged_it_counts_where_it_is),
        TEST(merged_they_are_one_incident),
        TEST(told_where_it_was),
        TEST(raised_while_it_is_held),
        TEST(raised_before_it_comes_home),
        TEST(raised_when_it_is_home),
        TEST(what_is_urgent_already_is_not_raised),
        TEST(forgotten_where_it_went_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
