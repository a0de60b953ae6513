/* SPDX-License-Identifier: Apache-2.0 */
/* A finding that is held and told several ends: of those that do not count the one before does. */
#include "closing_support.h"

#define JUNE "2027-06-30T23:59:59.999Z"

static void tell(struct world *w, int64_t revision, int status, const char *reason)
{
    struct finding_event *f = said(w, revision, status, "qa");
    if (reason) SET_FINDING(f, REASON, reason, str_of(reason));
    take_finding(w, NOON, f);
}

static void accept_until(struct world *w, int64_t revision, const char *until)
{
    struct finding_event *f = said(w, revision, REPORTED_WONT_FIX, NULL);
    SET_FINDING(f, REASON, reason, STR("too dear"));
    SET_FINDING(f, ACCEPTED_UNTIL, accepted_until, t(until));
    SET_FINDING(f, ACCEPTED_BY, accepted_by, STR("ciso"));
    take_finding(w, NOON, f);
}

static void duplicate_of(struct world *w, int64_t revision, const char *other)
{
    struct finding_event *f = said(w, revision, REPORTED_DUPLICATE, NULL);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, str_of(other));
    take_finding(w, NOON, f);
}

static struct world *held(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, technical(w, "F-1", 1));
    return w;
}

static const struct task *closed_at(void **state, const char *at)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    take_closure(w, at, e);
    return bug(w);
}

static void what_is_not_accepted_leaves_what_was_before(void **state)
{
    struct world *w = held(state);
    tell(w, 2, REPORTED_BLOCKED, "waits");
    tell(w, 3, REPORTED_WONT_FIX, "no");
    const struct task *task = closed_at(state, NOON);
    assert_int_equal(task->status, STATUS_BLOCKED);
    assert_str(task->reason, "waits");
    assert_int_equal(task->refused, REPORTED_WONT_FIX);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->earlier.n, 0);
}

static void what_is_no_duplicate_leaves_what_was_before(void **state)
{
    struct world *w = held(state);
    tell(w, 2, REPORTED_DISMISSED, "not ours");
    duplicate_of(w, 3, "?");
    const struct task *task = closed_at(state, NOON);
    assert_int_equal(task->resolution, RESOLUTION_DISMISSED);
    assert_str(task->reason, "not ours");
    assert_int_equal(finding_of(w, "INC-1", "F-1")->doubt, DOUBT_UNKNOWN);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, REPORTED_DUPLICATE);
}

static void of_several_the_last_that_counts(void **state)
{
    struct world *w = held(state);
    tell(w, 2, REPORTED_IN_PROGRESS, NULL);
    tell(w, 3, REPORTED_WONT_FIX, "no");
    tell(w, 4, REPORTED_VERIFIED, NULL);
    tell(w, 5, REPORTED_WONT_FIX, "no");
    duplicate_of(w, 6, "F-1");
    assert_int_equal(finding_of(w, "INC-1", "F-1")->earlier.n, 3);
    assert_int_equal(closed_at(state, NOON)->resolution, RESOLUTION_DONE);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->doubt, DOUBT_CIRCULAR);
}

static void what_counts_by_itself_ends_what_was_before(void **state)
{
    struct world *w = held(state);
    tell(w, 2, REPORTED_VERIFIED, NULL);
    tell(w, 3, REPORTED_OPEN, NULL);
    duplicate_of(w, 4, "?");
    assert_int_equal(finding_of(w, "INC-1", "F-1")->earlier.n, 0);
    assert_int_equal(closed_at(state, NOON)->status, STATUS_OPEN);
}

static void an_accepted_risk_may_be_before(void **state)
{
    struct world *w = held(state);
    accept_until(w, 2, JUNE);
    duplicate_of(w, 3, "?");
    const struct task *task = closed_at(state, NOON);
    assert_true(task_is_accepted(task));
    assert_str(task->reason, "too dear");
}

/* It would have been open again. */
static void accepted_and_over_meanwhile(void **state)
{
    for (int is_last = 0; is_last < 2; is_last++) {
        if (is_last) world_teardown(state);
        if (is_last) setup(state);
        struct world *w = held(state);
        tell(w, 2, REPORTED_VERIFIED, NULL);
        accept_until(w, 3, "2026-11-30T00:00:00Z");
        if (!is_last) duplicate_of(w, 4, "?");
        const struct task *task = closed_at(state, "2026-12-01T12:00:00Z");
        assert_int_equal(task->status, STATUS_OPEN);
        assert_time(task->accepted_until, NULL);
    }
}

/* That is known at once, at any priority; and told with its task. */
static void a_time_that_is_past_accepts_nothing(void **state)
{
    struct world *w = held(state);
    accept_until(w, 2, JUNE);
    accept_until(w, 3, "2026-11-01T00:00:00Z");
    struct finding_event *f = said(w, 4, REPORTED_WONT_FIX, NULL);
    SET_FINDING(f, ACCEPTED_UNTIL, accepted_until, t("2026-11-02T00:00:00Z"));
    take_finding(w, NOON, f);
    assert_time(finding_of(w, "INC-1", "F-1")->accepted_until, JUNE);
    assert_str(finding_of(w, "INC-1", "F-1")->accepted_by, "ciso");
    const struct task *task = closed_at(state, NOON);
    assert_true(task_is_accepted(task));
    assert_int_equal(task->refused, REPORTED_WONT_FIX);
    size_t warned = 0;
    for (size_t i = 0; i < outputs_n(w); i++) warned += output_at(w, i)->warnings.n;
    assert_int_equal(warned, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_accepted_leaves_what_was_before),
        TEST(what_is_no_duplicate_leaves_what_was_before),
        TEST(of_several_the_last_that_counts),
        TEST(what_counts_by_itself_ends_what_was_before),
        TEST(an_accepted_risk_may_be_before),
        TEST(accepted_and_over_meanwhile),
        TEST(a_time_that_is_past_accepts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
