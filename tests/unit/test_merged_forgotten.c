/* SPDX-License-Identifier: Apache-2.0 */
/* Merged incidents of which one has deleted what it had after its retention: the work goes on. */
#include "duty_support.h"

/* Of this incident nothing is left, for it was closed in November and is kept for ten days. */
static struct world *in_december(void **state, const char *id)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    take_closure(w, AT, closed(w, id, 1));
    run_until(w, "2026-12-01");
    assert_int_equal(incident_of(w, id)->retired, 1);
    return w;
}

/* What A and B have brought to C is done there, and forgotten. */
static void do_and_forget_in_c(struct world *w)
{
    static const char *const there[] = {"bug/A:F~2", "bug/B:G~2"};
    for (size_t i = 0; i < 2; i++) {
        take_task_status(w, "2026-12-01", "C", there[i], 1, REPORTED_VERIFIED);
        drop(w, state_task_key(w->arena, STR("C"), str_of(there[i])));
    }
    drop(w, STR("C|f|A:F"));
    drop(w, STR("C|f|B:G"));
}

static void forgotten_where_it_went_to_it_goes_on_at_home(void **state)
{
    struct world *w = in_december(state, "B");
    close_with(w, closed(w, "A", 1), "F");
    take_task_status(w, "2026-12-01", "A", "bug/F", 1, REPORTED_VERIFIED);
    take_merge(w, "2026-12-01", "A", 2, "B");
    assert_int_equal(task_of(w, "B", "bug/A:F~2")->resolution, RESOLUTION_DONE);
    drop(w, STR("B|f|A:F"));
    drop(w, STR("B|t|bug/A:F~2"));
    take_merge(w, "2026-12-02", "A", 3, NULL);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DONE);
    assert_null(task_of(w, "A", "bug/F")->moved_to.p);
    assert_null(finding_of(w, "A", "F")->moved_to.p);
}

/* A is past its retention, B works on what it had of A. */
static void forgotten_where_it_began_it_is_found_by_its_merges(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    close_with(w, closed(w, "A", 1), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, AT, "A", 2, "B");
    run_until(w, "2026-12-02");
    assert_int_equal(incident_of(w, "A")->retired, 1);
    take_task_status(w, "2026-12-03", "A", "bug/F", 1, REPORTED_IN_PROGRESS);
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_IN_PROGRESS);
    struct finding_event *f = finding(w, "A", "F", 7);
    SET_FINDING(f, TITLE, title, STR("Anew"));
    take_finding(w, "2026-12-03", f);
    deliver(w);
    assert_str(task_of(w, "B", "bug/A:F")->title, "Anew");
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_IN_PROGRESS);
    /* They part: it comes home all the same. */
    take_merge(w, "2026-12-04", "A", 3, NULL);
    assert_str(task_of(w, "A", "bug/F~2")->title, "Anew");
    assert_int_equal(task_of(w, "A", "bug/F~2")->status, STATUS_IN_PROGRESS);
}

/* On its way it was forgotten as well: C, which works on it, sends it home. */
static void forgotten_on_its_way_it_comes_home(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    close_with(w, closed(w, "C", 1), "H");
    close_with(w, merged(w, "B", 1, "C"), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    run_until(w, "2026-12-02");
    assert_int_equal(incident_of(w, "B")->retired, 1);
    take_task_status(w, "2026-12-03", "C", "bug/A:F", 1, REPORTED_IN_PROGRESS);
    take_merge(w, "2026-12-04", "A", 2, NULL);
    assert_int_equal(task_of(w, "A", "bug/F~2")->status, STATUS_IN_PROGRESS);
    assert_true(is_open(w, "C", "bug/B:G"));
}

/* What was forgotten goes on where it began, not where it was a guest. */
static void a_guest_that_was_forgotten_goes_on_at_home(void **state)
{
    struct world *w = in_december(state, "C");
    struct closure_event *b = closed(w, "B", 1), *a = merged(w, "A", 1, "B");
    add_inline(w, b, lapse(w, "B", "G", -1));
    add_inline(w, a, lapse(w, "A", "F", -1));
    take_closure(w, "2026-12-01", b);
    close_it(w, "2026-12-01", a);
    take_merge(w, "2026-12-01", "B", 2, "C");
    do_and_forget_in_c(w);
    take_merge(w, "2026-12-02", "A", 2, NULL);
    assert_true(is_open(w, "A", "bug/F"));
    take_merge(w, "2026-12-02", "B", 3, NULL);
    assert_true(is_open(w, "B", "bug/G"));
    assert_true(is_open(w, "A", "bug/F"));
    assert_false(is_open(w, "B", "bug/A:F"));
}

/* C has forgotten what came to it by way of B, from where it is known where it began. */
static void forgotten_behind_the_next_it_goes_on(void **state)
{
    struct world *w = in_december(state, "C");
    take_closure(w, "2026-12-01", merged(w, "B", 1, "C"));
    static const char *const merged_ones[] = {"A", "Z"};
    for (size_t i = 0; i < 2; i++) {
        const char *id = merged_ones[i];
        struct closure_event *e = merged(w, id, 1, "B");
        add_lapses(w, e, "F", 2);
        add_party(w, e, id, PARTY_VENDOR, false);
        close_it(w, "2026-12-01", e);
        struct str party = arena_printf(w->arena, "coordination/%s", id);
        take_task_status(w, "2026-12-01", "C", arena_printf(w->arena, "bug/%s:F-0~2", id).p, 1,
                         REPORTED_VERIFIED);
        take_task_status(w, "2026-12-01", "C", arena_printf(w->arena, "bug/%s:F-1~2", id).p, 1,
                         REPORTED_VERIFIED);
        take_task_status(w, "2026-12-01", "C", arena_printf(w->arena, "%.*s~2", STR_ARG(party)).p,
                         1, REPORTED_VERIFIED);
        for (int f = 0; f < 2; f++) {
            drop(w, arena_printf(w->arena, "C|f|%s:F-%d", id, f));
            drop(w, arena_printf(w->arena, "C|t|bug/%s:F-%d~2", id, f));
        }
        drop(w, state_duty_key(w->arena, STR("C"), party, str_of(id)));
    }
    take_merge(w, "2026-12-02", "B", 2, NULL);
    for (size_t i = 0; i < 2; i++) {
        const char *id = merged_ones[i];
        assert_true(is_open(w, "B", arena_printf(w->arena, "bug/%s:F-0", id).p));
        assert_true(is_open(w, "B", arena_printf(w->arena, "bug/%s:F-1", id).p));
        assert_true(is_open(w, "B", arena_printf(w->arena, "coordination/%s", id).p));
        assert_int_equal(incident_of(w, id)->forgotten_by.n, 0);
    }
}

/* What the incident says to another, which hears of it before anything else. */
static void pass_on(struct world *w, size_t from, const char *to)
{
    for (size_t i = from; i < w->d.outputs.n; i++) {
        const struct output *output = &w->d.outputs.items[i];
        if (output->type != OUTPUT_FORWARD || !str_eq(output->incident_id, str_of(to))) continue;
        struct event event = arrived(w, output);
        assert_int_equal(take(w, &event), DECIDE_OK);
    }
}

/* C and D have forgotten what B had sent to each; both say so, C twice, before B has gone over it. */
static void forgotten_by_several_it_goes_on_at_home(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    take_closure(w, AT, closed(w, "C", 1));
    take_closure(w, AT, closed(w, "D", 1));
    run_until(w, "2026-12-01");
    struct closure_event *a = merged(w, "A", 1, "B"), *b = merged(w, "B", 1, "C");
    add_inline(w, a, lapse(w, "A", "F", -1));
    add_inline(w, b, lapse(w, "B", "G", -1));
    take_closure(w, "2026-12-01", a);
    close_it(w, "2026-12-01", b);
    do_and_forget_in_c(w);
    deliver(w);
    /* B is merged to and fro; nothing goes over its findings before all of it is said. */
    static const char *const into[] = {NULL, "C", NULL, "D", NULL};
    size_t before = w->d.outputs.n;
    for (int i = 0; i < 5; i++) {
        size_t from = w->d.outputs.n;
        take_closure(w, "2026-12-02", merged(w, "B", 2 + i, into[i]));
        pass_on(w, from, "C");
        pass_on(w, from, "D");
        run_until_ms(w, w->now);
    }
    pass_on(w, before, "B");
    const struct str_list by = incident_of(w, "B")->forgotten_by;
    assert_int_equal(by.n, 2);
    assert_str(by.items[0], "C");
    assert_str(by.items[1], "D");
    deliver(w);
    assert_true(is_open(w, "B", "bug/G"));
    assert_true(is_open(w, "B", "bug/A:F"));
    assert_int_equal(incident_of(w, "B")->forgotten_by.n, 0);
}

/* A has forgotten that its own is with B, which has not met it. */
static struct world *forgotten_by_a(void **state)
{
    struct world *w = owing(state);
    w->policy.retention = days(10);
    close_knowing(w, AT, "B", 1, NULL);
    close_knowing(w, AT, "A", 1, "B");
    run_until(w, "2026-12-02");
    assert_int_equal(incident_of(w, "A")->retired, 1);
    return w;
}

static void a_duty_that_was_forgotten_at_home_comes_home(void **state)
{
    struct world *w = forgotten_by_a(state);
    tell_tracker(w, "B", LAW, 1, "SEC-1");
    take_merge(w, "2026-12-03", "A", 2, NULL);
    assert_int_equal(task_of(w, "A", LAW "~2")->status, STATUS_IN_PROGRESS);
}

static void met_anew_it_is_not_asked_for_when_the_forgotten_one_comes_home(void **state)
{
    struct world *w = forgotten_by_a(state);
    struct closure_event *e = knowing(w, "A", 2, "C");
    add_submission(w, e, "law", t(LATER), true);
    close_it(w, "2026-12-03", e);
    close_knowing(w, "2026-12-03", "C", 1, NULL);
    close_knowing(w, "2026-12-04", "A", 3, "C");
    assert_true(task_is_done(task_of(w, "A", LAW "~2")));
    assert_false(is_open(w, "C", LAW));
    assert_true(is_open(w, "B", LAW)); /* which has not met its own */
}

/* A and B have each sent on to C what was the other's. Each tells the other, by way of C, that it is
 * forgotten there, and that has an end. */
static void who_is_told_of_it_does_not_tell_again(void **state)
{
    struct world *w = in_december(state, "C");
    static const char *const ids[] = {"A", "B"}, *const into[] = {"C", "A"};
    for (size_t i = 0; i < 2; i++) {
        struct closure_event *e = merged(w, ids[i], 1, into[i]);
        add_inline(w, e, lapse(w, ids[i], "F", -1));
        add_party(w, e, ids[i], PARTY_VENDOR, false);
        close_it(w, "2026-12-01", e);
    }
    take_merge(w, "2026-12-02", "B", 2, "C");
    take_merge(w, "2026-12-02", "A", 2, "B");
    assert_true(w->d.outputs.n < 100);
    for (size_t i = 0; i < 2; i++) {
        const char *id = ids[i];
        assert_true(is_open(w, "C", arena_printf(w->arena, "bug/%s:F~2", id).p));
        assert_true(is_open(w, "C", arena_printf(w->arena, "coordination/%s~2", id).p));
    }
    assert_str(finding_of(w, "A", "B:F")->moved_to, "B");
}

/* Merged it was past its retention; then its merge is void, and it is asked for what every incident is. */
static void gone_on_after_its_retention_it_is_asked_for_its_own(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    struct closure_event *e = merged(w, "A", 1, "B");
    SET_CLOSURE(e, POSTMORTEM, postmortem, LEVEL_FULL);
    close_it(w, AT, e);
    close_with(w, closed(w, "B", 1), "G");
    run_until(w, "2026-12-02");
    assert_int_equal(incident_of(w, "A")->retired, 1);
    take_merge(w, "2026-12-03", "B", 2, "A");
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_int_equal(incident_of(w, "A")->level, LEVEL_FULL);
    assert_true(is_open(w, "A", "postmortem~2"));
    assert_true(is_open(w, "A", "bug/B:G~2"));
}

/* C has forgotten the duty of B, and what B says of it comes by way of C to A, which has sent it home once:
 * it ends where it has been. */
static void what_is_said_of_a_forgotten_one_has_an_end(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "A", 1, NULL);
    close_knowing(w, AT, "C", 1, NULL);
    close_knowing(w, AT, "B", 1, "A");
    close_knowing(w, AT, "B", 2, "C");
    drop(w, state_duty_key(w->arena, STR("C"), STR(LAW), STR("B")));
    take_merge(w, LATER, "C", 2, "A");
    size_t n = w->d.outputs.n;
    close_it(w, LATER, known_since(merged(w, "B", 3, "C"), "2026-11-19T00:00:00Z"));
    assert_true(w->d.outputs.n - n < 20);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(forgotten_where_it_went_to_it_goes_on_at_home),
        IN_WORLD(forgotten_where_it_began_it_is_found_by_its_merges),
        IN_WORLD(forgotten_on_its_way_it_comes_home),
        IN_WORLD(a_guest_that_was_forgotten_goes_on_at_home),
        IN_WORLD(forgotten_behind_the_next_it_goes_on),
        IN_WORLD(forgotten_by_several_it_goes_on_at_home),
        IN_WORLD(who_is_told_of_it_does_not_tell_again),
        IN_WORLD(gone_on_after_its_retention_it_is_asked_for_its_own),
        IN_WORLD(what_is_said_of_a_forgotten_one_has_an_end),
        IN_WORLD(a_duty_that_was_forgotten_at_home_comes_home),
        IN_WORLD(met_anew_it_is_not_asked_for_when_the_forgotten_one_comes_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
