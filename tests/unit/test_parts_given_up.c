/* SPDX-License-Identifier: Apache-2.0 */
/* A record that cannot be taken to its end: what was begun of it is ended. */
#include "parts_visit.h"

/* In the first gap, where it is told from all others. */
static bool give_up(struct world *w, const struct event *event)
{
    struct entry header = {.exists = true, .body = (void *)(uintptr_t)incident_of(w, "INC-1")},
                 none = {0};
    struct event other = *event;
    restart(w, event);
    assert_true(decide_is_begun(event, &header));
    assert_false(decide_is_begun(event, &none));
    other.cause.topic++;
    assert_false(decide_is_begun(&other, &header));
    other = *event;
    other.cause.partition++;
    assert_false(decide_is_begun(&other, &header));
    other = *event;
    other.cause.offset++;
    assert_false(decide_is_begun(&other, &header));
    other = *event;
    other.type = EVENT_RECURRED;
    assert_false(decide_is_begun(&other, &header));
    /* What ticks go on with needs the record no more. */
    struct incident ticking = *incident_of(w, "INC-1");
    ticking.cursor.ticks = true;
    struct entry ticks = {.exists = true, .body = &ticking};
    assert_false(decide_is_begun(event, &ticks));
    ((struct event *)(uintptr_t)event)->is_given_up = true;
    w->between = restart;
    return true;
}

static void what_was_begun_of_it_is_ended(void **state)
{
    struct world *w = *state;
    w->d.step_max = 1;
    w->between = give_up;
    take_closure(w, AT, with_three(w, asking_for_nothing(w, 1)));
    struct entry header = {.exists = true, .body = (void *)(uintptr_t)incident_of(w, "INC-1")};
    struct event event = {.cause = w->cause};
    assert_int_equal(cursor_of(w)->stage, STAGE_NONE);
    assert_false(decide_is_begun(&event, &header));
    assert_int_equal(incident_of(w, "INC-1")->findings, 1);
    /* The same closure, sent again, brings the rest. */
    take_closure(w, LATER, with_three(w, asking_for_nothing(w, 1)));
    assert_int_equal(incident_of(w, "INC-1")->findings, 3);
    assert_int_equal(said(w, "bug/F-1"), 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_was_begun_of_it_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
