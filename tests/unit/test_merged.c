/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings on their way from merged incident to merged incident: names that are made once, circles
 * that are cut, and nothing that is lost on the way, whatever comes in between.
 */
#include "merged_support.h"

#include <stdlib.h>

/* ---- names ---- */

static void a_name_stays_the_same_from_incident_to_incident(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "G");
    close_with(w, merged(w, "B", 1, "C"), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    assert_true(is_open(w, "C", "bug/A:F"));
    assert_true(is_open(w, "C", "bug/B:G"));
    const struct finding *f = finding_of(w, "C", "A:F");
    assert_str(f->origin.incident_id, "A");
    assert_str(f->origin.finding_id, "F");
    assert_int_equal(f->passed.n, 2);
    /* What is told of it later goes the same way. */
    struct finding_event *told = finding(w, "A", "F", 5);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    take_finding(w, LATER, told);
    deliver(w);
    assert_news(w, "forward B A:F\nforward C A:F\nbug/A:F/2 updated in-progress [status]\n");
}

static void told_under_its_name_elsewhere(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    struct finding_event *told = finding(w, "B", "A:F", 5);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    told->warnings = warning(w, "severity");
    take_finding(w, LATER, told);
    assert_news(w, "bug/A:F/2 updated in-progress [status]\n");
    const struct warnings *said = &output_at(w, 0)->warnings;
    assert_int_equal(said->n, 2);
    assert_str(said->items[1].member, "finding_id");
    assert_str(said->items[1].value, "A:F");
    assert_str(said->items[1].taken_as, "finding F of A");
    /* And it keeps this name when that incident is merged. */
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    assert_str(output_at(w, 0)->forward.finding.finding.finding_id, "A:F");
}

static void a_duplicate_names_the_other_as_it_is_called_there(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    add_inline(w, e, lapse(w, "A", "E", -1));
    add_inline(w, e, f);
    f = lapse(w, "A", "H", -1);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("unknown"));
    add_inline(w, e, f);
    take_closure(w, AT, e);
    deliver(w);
    take_closure(w, AT, closed(w, "B", 1));
    assert_str(finding_of(w, "B", "A:F")->duplicate_of, "A:E");
    assert_str(finding_of(w, "B", "A:H")->duplicate_of, "A:unknown");
    f = lapse(w, "A", "F", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("G"));
    take_finding(w, LATER, f);
    assert_str(output_at(w, 0)->forward.finding.finding.duplicate_of, "A:G");
    deliver(w);
    /* From B on, for B's own and for those of A. */
    take_finding(w, LATER, lapse(w, "B", "G", 1));
    f = lapse(w, "B", "A:E", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("G"));
    take_finding(w, LATER, f);
    f = lapse(w, "B", "K", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("A:F"));
    take_finding(w, LATER, f);
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    deliver(w);
    take_closure(w, LATER, closed(w, "C", 1));
    assert_str(finding_of(w, "C", "A:E")->duplicate_of, "B:G");
    assert_str(finding_of(w, "C", "A:H")->duplicate_of, "A:unknown");
    assert_str(finding_of(w, "C", "B:K")->duplicate_of, "A:F");
}

static void two_findings_of_one_name_are_not_mixed_up(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "A:B:F");
    struct finding_event *own = lapse(w, "C", "A:F", 1);
    take_finding(w, AT, own);
    static const struct {
        const char *incident_id, *finding_id;
        bool is_taken;
    } cases[] = {
        {"A", "F", false}, /* C has one of its own that is called A:F */
        {"X", "Y:Z", true}, {"X", "Y:Z", true}, {"X:Y", "Z", false}, {"X:Y", "Y", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world *other = world_new();
        take_closure(other, AT, merged(other, cases[i].incident_id, 1, "C"));
        take_finding(other, AT, lapse(other, cases[i].incident_id, cases[i].finding_id, -1));
        struct event event = arrived(w, output_at(other, 0));
        enum decide_result result = take(w, &event);
        assert_int_equal(result, cases[i].is_taken ? DECIDE_OK : DECIDE_REJECT);
        if (result == DECIDE_REJECT) assert_int_equal(w->d.refused.code, REFUSE_BAD_IDENTIFIER);
        world_free(other);
    }
}

/* ---- circles ---- */

/* F of A and G of B, merged into each other. */
static void make_circle(struct world *w)
{
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
}

static void a_circle_is_cut_at_its_smallest_member(void **state)
{
    struct world *w = *state;
    make_circle(w);
    assert_news(w, "forward A A:F\n"
                   "forward A B:G\n"
                   "bug/A:F/2 closed closed:duplicate [status,resolution,reason,closed_at,sla]\n"
                   "bug/G/2 closed closed:duplicate [status,resolution,reason,closed_at,sla]\n"
                   "completed/1 light 0/2\n"
                   "updated/1 light 0/0\n"
                   "opened/2 light 0/0\n"
                   "bug/F/1 created open\n"
                   "bug/B:G/1 created open\n");
    const struct output *updated = output_at(w, 5);
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

static void a_void_merge_stays_void_until_something_else_is_said(void **state)
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
    /* Another incident. */
    take_closure(w, LATER, merged(w, "A", 6, "D"));
    deliver(w);
    take_closure(w, LATER, closed(w, "D", 1));
    assert_true(is_open(w, "D", "bug/A:F"));
    assert_true(is_open(w, "D", "bug/B:G"));
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
        for (int i = 0; i < 4; i++)
            add_inline(w, a, lapse(w, "A", arena_printf(w->arena, "F-%d", i).p, -1));
        close_with(w, a, "F");
        close_with(w, closed(w, "B", 1), "G");
        take_closure(w, LATER, merged(w, "B", 2, "A"));
        deliver(w);
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
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    assert_str(incident_of(w, "A")->merged_into, "C");
    assert_null(incident_of(w, "A")->merge_void.p);
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    assert_true(is_open(w, "C", "bug/A:F"));
    assert_true(is_open(w, "C", "bug/B:G"));
    /* A real one, by way of C, is cut as ever. */
    take_closure(w, LATER, merged(w, "C", 2, "B"));
    deliver(w);
    assert_str(incident_of(w, "A")->merge_void, "C");
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:G"));
    assert_true(is_open(w, "A", "bug/C:H"));
}

/* ---- what comes back to where it was ---- */

static void parted_incidents_have_what_comes_back(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, NULL));
    deliver(w);
    assert_true(is_open(w, "A", "bug/F"));
    struct finding_event *told = finding(w, "A", "F", -1);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    take_finding(w, LATER, told);
    /* B's own older copy says nothing new. */
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
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
        take_closure(w, LATER, merged(w, a, 2, NULL));
        deliver(w);
        struct finding_event *told =
            finding(w, b, arena_printf(w->arena, "%s:F", a).p, timed ? -1 : 7);
        if (timed) told->finding.order.time = t(LATER);
        SET_FINDING(told, STATUS, status, REPORTED_BLOCKED);
        take_finding(w, LATER, told);
        take_closure(w, LATER, merged(w, b, 2, a));
        deliver(w);
        assert_int_equal(task_of(w, a, "bug/F")->status, STATUS_BLOCKED);
    }
}

/* Duplicates that are to be looked at again are no cut that is under way. */
static void what_comes_back_leaves_doubts_alone(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, NULL));
    deliver(w);
    struct finding_event *f = lapse(w, "A", "D", 1);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    take_finding(w, LATER, f);
    take_finding(w, LATER, lapse(w, "A", "E", 1));
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_AGAIN);
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    run_until(w, LATER_STILL);
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_NONE);
    assert_int_equal(task_of(w, "A", "bug/D")->resolution, RESOLUTION_DUPLICATE);
    assert_true(is_open(w, "A", "bug/B:G"));
}

static void no_incident_is_not_followed_up_for_a_circle(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    close_with(w, e, "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
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
    take_closure(w, "2027-02-02", merged(w, "B", 2, "A"));
    deliver(w);
    assert_true(is_open(w, "A", "bug/F~2"));
    assert_true(is_open(w, "A", "bug/B:G~2"));
}

/* ---- between the parts ---- */

static bool (*visitor)(struct world *w);

static bool visit(struct world *w, const struct event *event)
{
    restart(w, event);
    w->between = restart;
    return !visitor(w);
}

/* The circle is closed while the merge that it begins with is being done. */
static bool close_the_circle(struct world *w)
{
    size_t before = taken;
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_FORWARD);
    struct event event = arrived(w, &w->d.outputs.items[before]);
    struct str *passed = arena_alloc(w->arena, 2 * sizeof *passed);
    passed[0] = STR("A");
    passed[1] = STR("B");
    event.incident_id = event.finding->incident_id = STR("A");
    event.finding->finding.finding_id = STR("F");
    event.finding->finding.origin = (struct origin){0};
    event.finding->finding.passed = (struct str_list){passed, 2};
    size_t n = w->d.outputs.n;
    take(w, &event);
    assert_int_equal(w->d.outputs.n, n + 1);
    assert_str(render(w, &w->d.outputs.items[n]), "forward B A:F");
    return false;
}

static void a_merge_under_way_is_done_first(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    add_inline(w, e, lapse(w, "A", "E", -1));
    close_with(w, e, "F");
    w->d.step_max = 1;
    w->between = visit;
    visitor = close_the_circle;
    taken = w->d.outputs.n;
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    assert_int_equal(incident_of(w, "A")->phase, PHASE_COMPLETED);
    assert_str(incident_of(w, "A")->merged_into, "B");
}

/* Another record of the circle, of another cause, comes in the middle of the cut: it finds the
 * incident followed up again. */
static bool tell_of_another(struct world *w)
{
    assert_null(incident_of(w, "A")->merged_into.p);
    assert_int_not_equal(incident_of(w, "A")->cursor.stage, STAGE_NONE);
    struct finding_event *f = lapse(w, "B", "H", 3);
    struct event event = {.type = EVENT_FINDING,
                          .cause = {.topic = TOPIC_FINDING_UPDATED, .offset = 77, .at = t(LATER)},
                          .incident_id = STR("B"),
                          .finding = f};
    take(w, &event);
    const struct output *forward = &w->d.outputs.items[w->d.outputs.n - 1];
    assert_str(render(w, forward), "forward A B:H");
    struct event on = arrived(w, forward);
    struct str *passed = arena_alloc(w->arena, 2 * sizeof *passed);
    passed[0] = STR("A");
    passed[1] = STR("B");
    on.finding->finding.passed = (struct str_list){passed, 2};
    take(w, &on);
    assert_true(is_open(w, "A", "bug/B:H"));
    return false;
}

static void a_cut_under_way_goes_on_behind_others(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    add_inline(w, e, lapse(w, "A", "E", -1));
    close_with(w, e, "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    w->d.step_max = 1;
    w->between = visit;
    visitor = tell_of_another;
    deliver(w);
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_NONE);
    assert_true(is_open(w, "A", "bug/E"));
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:G"));
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_name_stays_the_same_from_incident_to_incident),
        IN_WORLD(told_under_its_name_elsewhere),
        IN_WORLD(a_duplicate_names_the_other_as_it_is_called_there),
        IN_WORLD(two_findings_of_one_name_are_not_mixed_up),
        IN_WORLD(a_circle_is_cut_at_its_smallest_member),
        IN_WORLD(whatever_is_told_last),
        IN_WORLD(a_void_merge_stays_void_until_something_else_is_said),
        cmocka_unit_test(in_parts_a_void_merge_says_the_same),
        IN_WORLD(parted_incidents_have_what_comes_back),
        IN_WORLD(news_that_comes_back_is_known_by_its_order),
        IN_WORLD(what_comes_back_leaves_doubts_alone),
        IN_WORLD(no_incident_is_not_followed_up_for_a_circle),
        IN_WORLD(merged_elsewhere_since_is_no_circle),
        IN_WORLD(a_circle_of_what_is_past_its_retention),
        IN_WORLD(a_merge_under_way_is_done_first),
        IN_WORLD(a_cut_under_way_goes_on_behind_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
