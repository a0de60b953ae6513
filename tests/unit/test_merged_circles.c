/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents that are merged in a circle, which is cut; and what comes back to where it was. */
#include "merged_support.h"

#include <stdlib.h>

/* ---- circles ---- */

/* F of A and G of B, merged into each other. */
static void make_circle(struct world *w)
{
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "B", 2, "A");
}

static void a_circle_is_cut_at_its_smallest_member(void **state)
{
    struct world *w = *state;
    make_circle(w);
    assert_news(
        w, "merge to A\n"
           "facts to A\n"
           "bug/A:F/2 closed closed:duplicate [status,resolution,reason,closed_at,sla,moved_to]\n"
           "finding F to A\n"
           "bug/G/2 closed closed:duplicate [status,resolution,reason,closed_at,sla,moved_to]\n"
           "finding B:G to A\n"
           "completed/1 light 0/2\n"
           "merge to B\n"
           "finding A:F to B\n"
           "finding G to B\n"
           "circle to A\n"
           "finding F to A\n"
           "finding B:G to A\n"
           "updated/1 light 0/0\n"
           "parting of A to B\n"
           "opened/2 light 0/0\n"
           "bug/F/1 created open\n"
           "bug/B:G/1 created open\n");
    const struct output *updated = output_at(w, 13);
    assert_int_equal(updated->warnings.n, 1);
    assert_str(updated->warnings.items[0].member, "merged_into");
    assert_str(updated->warnings.items[0].value, "B");
    assert_str(updated->warnings.items[0].taken_as, "merge-cycle: not merged");
    assert_int_equal(updated->cause.topic, TOPIC_INCIDENT_CLOSED);
    assert_time(updated->at, LATER);
    assert_null(incident_of(w, "A")->merged_into.p);
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_str(incident_of(w, "B")->merged_into, "A");
}

/* B is critical for what A had told it, and then says so itself: A, which says less now, hears of it. */
static void what_it_had_brought_itself_is_told_again(void **state)
{
    struct world *w = *state;
    close_it(w, AT, rated(closed(w, "A", 1), SEVERITY_CRITICAL));
    close_it(w, AT, rated(merged(w, "B", 1, "A"), SEVERITY_LOW));
    take_merge(w, AT, "A", 2, "B");
    close_it(w, LATER, rated(merged(w, "A", 3, "B"), SEVERITY_LOW));
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_int_equal(incident_of(w, "A")->severity, SEVERITY_LOW);
    assert_int_equal(incident_of(w, "B")->severity, SEVERITY_CRITICAL);
    close_it(w, LATER, rated(merged(w, "B", 2, "A"), SEVERITY_CRITICAL));
    assert_int_equal(incident_of(w, "A")->severity, SEVERITY_CRITICAL);
}

static void whatever_is_told_last(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "C", 1, "A"), "F");
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, merged(w, "B", 1, "C"), "F");
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:F"));
    assert_true(is_open(w, "A", "bug/C:F"));
    assert_int_equal(incident_of(w, "B")->counts.open + incident_of(w, "C")->counts.open, 0);
}

static void a_void_merge_stays_void_while_there_is_its_circle(void **state)
{
    struct world *w = *state;
    make_circle(w);
    struct closure_event *e = merged(w, "A", 2, "B");
    SET_CLOSURE(e, TITLE, title, STR("Anew"));
    e->warnings = warning(w, "severity");
    take_closure(w, LATER, e);
    assert_news(w, "updated/2 light 2/0\n");
    assert_int_equal(output_at(w, 0)->warnings.n, 2);
    assert_str(output_at(w, 0)->warnings.items[1].taken_as, "merge-cycle: not merged");
    take_closure(w, LATER, closed(w, "A", 3));
    assert_news(w, "");
    assert_str(incident_of(w, "A")->merge_void, "B");
    /* "Nothing", and then the same: a merge again, and so again void. */
    take_closure(w, LATER, merged(w, "A", 4, NULL));
    assert_news(w, "");
    assert_null(incident_of(w, "A")->merge_void.p);
    take_closure(w, LATER, merged(w, "A", 5, "B"));
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    deliver(w);
    assert_int_equal(incident_of(w, "A")->counts.open, 2);
    /* B is none of its parts any more: what A said holds. */
    take_merge(w, LATER, "B", 3, NULL);
    assert_null(incident_of(w, "A")->merge_void.p);
    assert_str(incident_of(w, "A")->merged_into, "B");
    assert_true(is_open(w, "B", "bug/A:F"));
    assert_true(is_open(w, "B", "bug/G"));
    /* Another incident. */
    take_merge(w, LATER, "A", 6, "D");
    take_closure(w, LATER, closed(w, "D", 1));
    assert_true(is_open(w, "D", "bug/A:F"));
    assert_true(is_open(w, "B", "bug/G"));
}

static void in_parts_a_void_merge_says_the_same(void **state)
{
    (void)state;
    struct str whole = STR_NONE;
    for (size_t step_max = SIZE_MAX; step_max; step_max = step_max == SIZE_MAX ? 2 : step_max - 1) {
        struct world *w = world_new();
        taken = 0;
        w->d.step_max = step_max;
        w->between = restart;
        struct closure_event *a = merged(w, "A", 1, "B");
        add_party(w, a, "Police", PARTY_OTHER, false);
        add_party(w, a, "Press", PARTY_OTHER, false);
        add_lapses(w, a, "F", 4);
        close_with(w, a, "F");
        close_with(w, closed(w, "B", 1), "G");
        take_merge(w, LATER, "B", 2, "A");
        struct closure_event *again = merged(w, "A", 2, "B");
        add_party(w, again, "Police", PARTY_OTHER, false);
        add_party(w, again, "Press", PARTY_OTHER, true);
        add_party(w, again, "Vendor", PARTY_OTHER, false);
        again->present |= CLOSURE_COORDINATION;
        take_closure(w, LATER_STILL, again);
        assert_int_equal(incident_of(w, "A")->counts.open, 8);
        struct str all = told(w);
        if (!whole.p)
            whole = (struct str){strndup(all.p, all.n), all.n};
        else
            assert_same(whole, all, "a void merge");
        assert_true(w->parts > 0 || step_max == SIZE_MAX);
        world_free(w);
    }
    free((void *)(uintptr_t)whole.p);
}

/* A was merged into B by mistake, and then into C; B into A afterwards. What comes to A from there has
 * been in A and finds it merged, but not by the way that it has gone. */
static void merged_elsewhere_since_is_no_circle(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, closed(w, "C", 1), "H");
    take_closure(w, LATER, merged(w, "A", 2, "C"));
    take_merge(w, LATER, "B", 2, "A");
    assert_str(incident_of(w, "A")->merged_into, "C");
    assert_null(incident_of(w, "A")->merge_void.p);
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    assert_true(is_open(w, "C", "bug/A:F"));
    assert_true(is_open(w, "C", "bug/B:G"));
    /* A real one, by way of C, is cut as ever. */
    take_merge(w, LATER, "C", 2, "B");
    assert_str(incident_of(w, "A")->merge_void, "C");
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:G"));
    assert_true(is_open(w, "A", "bug/C:H"));
}

static void no_incident_is_not_followed_up_for_a_circle(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    close_with(w, e, "F");
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "B", 2, "A");
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_int_equal(incident_of(w, "A")->updates, 1);
}

static void a_circle_of_what_is_past_its_retention(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    run_until(w, "2027-02-01");
    assert_int_equal(incident_of(w, "A")->retired, 1);
    take_merge(w, "2027-02-02", "B", 2, "A");
    assert_true(is_open(w, "A", "bug/F~2"));
    assert_true(is_open(w, "A", "bug/B:G~2"));
}

/* ---- records that no incident of ours would send now ---- */

static void merge_to(struct world *w, const char *id, struct merge_event merge)
{
    struct event event = {.type = EVENT_MERGE, .incident_id = str_of(id), .merge = &merge};
    assert_int_equal(give_event(w, event), DECIDE_OK);
}

static void a_circle_of_others_is_none(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    merge_to(w, "A", (struct merge_event){.circle = list_of(w, 2, (const char *[]){"X", "Y"})});
    merge_to(w, "A", (struct merge_event){.circle = list_of(w, 1, (const char *[]){"A"})});
    assert_str(incident_of(w, "A")->merged_into, "B");
    assert_null(incident_of(w, "A")->merge_void.p);
}

/* A way longer than any record may be is cut where it is at its end. */
static void a_way_without_end_is_cut(void **state)
{
    struct world *w = *state;
    const char *names[PASSED_MAX];
    for (size_t i = 0; i < PASSED_MAX; i++) names[i] = arena_printf(w->arena, "X-%zu", i).p;
    struct merge_event merge = {.passed = list_of(w, PASSED_MAX, names)};
    close_with(w, closed(w, "B", 1), "G");
    merge_to(w, "B", merge);
    assert_news(w, "");
    close_with(w, merged(w, "A", 1, "B"), "F");
    merge_to(w, "A", merge);
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_null(incident_of(w, "A")->merged_into.p);
    deliver(w);
    assert_true(is_open(w, "A", "bug/F"));
}

/* ---- what comes back to where it was ---- */

static void parted_incidents_have_what_comes_back(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "A", 2, NULL);
    assert_true(is_open(w, "A", "bug/F"));
    struct finding_event *told = finding(w, "A", "F", -1);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    take_finding(w, LATER, told);
    /* B's own older copy says nothing new. */
    take_merge(w, LATER, "B", 2, "A");
    assert_int_equal(task_of(w, "A", "bug/F")->status, STATUS_IN_PROGRESS);
    assert_true(is_open(w, "A", "bug/B:G"));
    assert_str(incident_of(w, "B")->merged_into, "A");
}

static void news_that_comes_back_is_known_by_its_order(void **state)
{
    struct world *w = *state;
    for (int timed = 0; timed < 2; timed++) {
        const char *a = timed ? "A" : "A2", *b = timed ? "B" : "B2";
        close_with(w, merged(w, a, 1, b), "F");
        close_with(w, closed(w, b, 1), "G");
        take_merge(w, LATER, a, 2, NULL);
        struct finding_event *told =
            finding(w, b, arena_printf(w->arena, "%s:F", a).p, timed ? -1 : 7);
        if (timed) told->finding.order.time = t(LATER);
        SET_FINDING(told, STATUS, status, REPORTED_BLOCKED);
        take_finding(w, LATER, told);
        take_merge(w, LATER, b, 2, a);
        assert_int_equal(task_of(w, a, "bug/F")->status, STATUS_BLOCKED);
    }
}

/* Duplicates that are to be looked at again are no cut that is under way. */
static void what_comes_back_leaves_doubts_alone(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "A", 2, NULL);
    struct finding_event *f = duplicate(w, "A", "D", 1, "E");
    take_finding(w, LATER, f);
    take_finding(w, LATER, lapse(w, "A", "E", 1));
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_AGAIN);
    take_merge(w, LATER, "B", 2, "A");
    run_until(w, LATER_STILL);
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_NONE);
    assert_int_equal(task_of(w, "A", "bug/D")->resolution, RESOLUTION_DUPLICATE);
    assert_true(is_open(w, "A", "bug/B:G"));
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_circle_is_cut_at_its_smallest_member),
        IN_WORLD(what_it_had_brought_itself_is_told_again),
        IN_WORLD(whatever_is_told_last),
        IN_WORLD(a_void_merge_stays_void_while_there_is_its_circle),
        cmocka_unit_test(in_parts_a_void_merge_says_the_same),
        IN_WORLD(merged_elsewhere_since_is_no_circle),
        IN_WORLD(no_incident_is_not_followed_up_for_a_circle),
        IN_WORLD(a_circle_of_what_is_past_its_retention),
        IN_WORLD(a_circle_of_others_is_none),
        IN_WORLD(a_way_without_end_is_cut),
        IN_WORLD(parted_incidents_have_what_comes_back),
        IN_WORLD(news_that_comes_back_is_known_by_its_order),
        IN_WORLD(what_comes_back_leaves_doubts_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
