/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings of merged incidents that are other work than they were: the task of the kind that they had
 * before is closed where it is, until they are of that kind again.
 */
#include "merged_support.h"

static void say_it_is(struct world *w, const char *incident_id, const char *finding_id,
                      int64_t revision, enum category category, enum reported_status status)
{
    struct finding_event *told = finding(w, incident_id, finding_id, revision);
    SET_FINDING(told, CATEGORY, category, category);
    SET_FINDING(told, STATUS, status, status);
    take_finding(w, LATER, told);
    deliver(w);
}

/* F went from A to B, where it became other work, as which it came back; A has the task that it had
 * before still, closed for the one in B. */
static void back_as_other_work(struct world *w)
{
    close_with(w, closed(w, "A", 1), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, AT, "A", 2, "B");
    say_it_is(w, "A", "F", 5, CATEGORY_PROCESS_FLAW, REPORTED_OPEN);
    assert_true(is_open(w, "B", "register-entry/A:F"));
    take_merge(w, LATER, "A", 3, NULL);
    assert_true(is_open(w, "A", "register-entry/F"));
    assert_str(task_of(w, "A", "bug/F")->moved_to, "B/bug/A:F");
}

static void merge_again(struct world *w)
{
    take_merge(w, LATER_STILL, "A", 4, "B");
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DUPLICATE);
    assert_str(task_of(w, "A", "bug/F")->moved_to, "B/bug/A:F");
}

static void of_the_old_kind_again_it_is_here_and_can_leave(void **state)
{
    struct world *w = *state;
    back_as_other_work(w);
    say_it_is(w, "A", "F", 6, CATEGORY_TECHNICAL_LAPSE, REPORTED_IN_PROGRESS);
    assert_int_equal(task_of(w, "A", "bug/F")->status, STATUS_IN_PROGRESS);
    assert_null(task_of(w, "A", "bug/F")->moved_to.p);
    merge_again(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_IN_PROGRESS);
    assert_str(task_of(w, "B", "bug/A:F")->moved_from, "A/bug/F");
}

static void done_as_the_old_kind_it_is_here_and_can_leave(void **state)
{
    struct world *w = *state;
    back_as_other_work(w);
    say_it_is(w, "A", "F", 6, CATEGORY_TECHNICAL_LAPSE, REPORTED_VERIFIED);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DONE);
    assert_null(task_of(w, "A", "bug/F")->moved_to.p);
    merge_again(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->resolution, RESOLUTION_DONE);
    assert_str(task_of(w, "B", "bug/A:F")->moved_from, "A/bug/F");
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(of_the_old_kind_again_it_is_here_and_can_leave),
        IN_WORLD(done_as_the_old_kind_it_is_here_and_can_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
