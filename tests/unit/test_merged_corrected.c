/* SPDX-License-Identifier: Apache-2.0 */
/* What was done of a duty, and is told otherwise afterwards, where incidents are merged: all hear of it that know it. */
#include "duty_support.h"

static const char *const corrected = "2026-11-21T16:00:00Z";

static void tell_status(struct world *w, const char *id, const char *name, int64_t revision,
                        int status)
{
    take_task_status(w, LATER_STILL, id, name, revision, status);
    deliver(w);
}

static void correct(struct world *w, const char *at, const char *id, const char *name,
                    int64_t revision)
{
    struct task_update_event *u = task_update(w, id, name, revision);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(corrected));
    take_update(w, at, u);
    deliver(w);
}

static ms_t due_at(struct world *w, const char *id, const char *name)
{
    return task_of(w, id, name)->due_at;
}

/* What an incident knows of the other one's. */
static const struct duty *known(struct world *w, const char *id, const char *of)
{
    struct str key = state_duty_key(w->arena, str_of(id), STR(LAW), str_of(of));
    for (size_t i = 0; i < w->store_n; i++)
        if (str_eq(w->store[i].key, key)) return w->store[i].body;
    return NULL;
}

/* A has submitted it, and is merged into B, which is merged into C: each has a report to write after it. */
static void submitted_and_merged(struct world *w)
{
    static const char *const ids[] = {"A", "B", "C"};
    for (size_t i = 0; i < 3; i++) close_knowing(w, AT, ids[i], 1, NULL);
    submit_to(w, "A", LAW, 1);
    take_merge(w, LATER_STILL, "A", 2, "B");
    take_merge(w, LATER_STILL, "B", 2, "C");
    assert_true(due_at(w, "C", REPORT) == t(LATER) + 24 * HOUR_MS);
}

static void a_correction_goes_along(void **state)
{
    struct world *w = owing_a_report(state);
    submitted_and_merged(w);
    correct(w, LATER_STILL, "A", LAW, 2);
    assert_true(due_at(w, "C", REPORT) == t(corrected) + 24 * HOUR_MS);
    /* What shows it as well. */
    struct task_update_event *u = task_update(w, "A", LAW, 3);
    struct evidence_list evidence = some_evidence(w);
    evidence.items->ref = STR("another");
    SET_UPDATE(u, EVIDENCE, evidence, evidence);
    take_update(w, LATER_STILL, u);
    deliver(w);
    assert_str(known(w, "C", "A")->carried.items->evidence.items->ref, "another");
    /* By a closure, too. */
    struct closure_event *e = merged(w, "A", 3, "B");
    add_submission(w, e, "law", t(LATER), true);
    close_it(w, LATER_STILL, e);
    assert_true(due_at(w, "C", REPORT) == t(LATER) + 24 * HOUR_MS);
    take_merge(w, LATER_STILL, "A", 4, NULL);
    take_merge(w, LATER_STILL, "B", 3, NULL);
    assert_true(due_at(w, "A", REPORT) == t(LATER) + 24 * HOUR_MS);
    assert_true(due_at(w, "B", REPORT) == t(LATER) + 24 * HOUR_MS);
}

/* Who was told once is told of it when they have parted; and when it is merged elsewhere. */
static void a_correction_reaches_who_has_parted(void **state)
{
    struct world *w = owing_a_report(state);
    submitted_and_merged(w);
    close_knowing(w, LATER_STILL, "D", 1, NULL);
    take_merge(w, LATER_STILL, "A", 3, "D");
    take_merge(w, LATER_STILL, "B", 3, NULL);
    correct(w, LATER_STILL, "A", LAW, 2);
    for (const char *id = "BCD"; *id; id++) {
        char name[2] = {*id, 0};
        assert_true(due_at(w, name, REPORT) == t(corrected) + 24 * HOUR_MS);
    }
}

/* It was sent back: it is owed again, where A is merged by now. */
static void what_is_withdrawn_is_owed_again(void **state)
{
    for (int parted = 0; parted < 2; parted++) {
        struct world *w = owing_a_report(state);
        submitted_and_merged(w);
        if (parted) take_merge(w, LATER_STILL, "B", 3, NULL);
        const char *root = parted ? "B" : "C";
        tell_status(w, "A", LAW, 2, REPORTED_IN_PROGRESS);
        assert_int_equal(task_of(w, root, LAW)->status, STATUS_IN_PROGRESS);
        assert_false(is_open(w, "A", LAW));
        assert_true(due_at(w, root, REPORT) == known_at("A") + 96 * HOUR_MS);
        if (parted) {
            assert_true(is_open(w, "C", LAW));
            assert_true(due_at(w, "C", REPORT) == known_at("B") + 96 * HOUR_MS);
        }
        submit_to(w, "A", LAW, 3);
        assert_true(task_is_done(task_of(w, root, LAW)));
        world_teardown(state);
        setup(state);
    }
}

/* A is not merged any more: it owes it again, and so do those that did not ask for it because of that. */
static void what_is_withdrawn_at_home_is_owed_again(void **state)
{
    struct world *w = owing_a_report(state);
    submitted_and_merged(w);
    take_merge(w, LATER_STILL, "A", 3, NULL);
    tell_status(w, "A", LAW, 2, REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "A", LAW)->status, STATUS_BLOCKED);
    assert_true(is_open(w, "C", LAW));
    assert_false(is_open(w, "B", LAW));
}

static void a_party_that_is_open_again(void **state)
{
    for (int by_closure = 0; by_closure < 2; by_closure++) {
        struct world *w = *state;
        close_with_vendor(w, AT, "C", 1, NULL, false);
        close_with_vendor(w, AT, "A", 1, NULL, true);
        take_merge(w, LATER, "A", 2, "C");
        assert_false(is_open(w, "C", VENDOR));
        take_merge(w, LATER, "A", 3, "D");
        close_with_vendor(w, LATER, "D", 1, NULL, false);
        if (by_closure) {
            struct closure_event *e = merged(w, "A", 4, "D");
            add_party(w, e, "Other", PARTY_VENDOR, true);
            close_it(w, LATER, e);
            close_with_vendor(w, LATER, "A", 5, "D", false);
        } else {
            tell_status(w, "A", VENDOR, 1, REPORTED_BLOCKED);
            assert_int_equal(task_of(w, "D", VENDOR)->status, STATUS_BLOCKED);
        }
        assert_false(is_open(w, "A", VENDOR));
        assert_true(is_open(w, "C", VENDOR));
        assert_true(is_open(w, "D", VENDOR));
        world_teardown(state);
        setup(state);
    }
}

/* Of two that have met it one is left. */
static void another_has_met_it(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "C", 1, NULL, false);
    close_with_vendor(w, AT, "A", 1, "C", true);
    close_with_vendor(w, AT, "B", 1, "C", true);
    take_merge(w, LATER, "A", 2, NULL);
    tell_status(w, "A", VENDOR, 1, REPORTED_BLOCKED);
    assert_false(is_open(w, "C", VENDOR));
    /* A word that withdraws nothing. */
    tell_status(w, "B", VENDOR, 1, REPORTED_VERIFIED);
    tell_tracker(w, "B", VENDOR, 2, "K-1");
    assert_true(is_open(w, "C", VENDOR));
    assert_str(task_of(w, "C", VENDOR)->tracker.key, "K-1");
}

/* Whoever rests in C has a task there again: the one that there was, or one of its own. */
static void who_rests_goes_on(void **state)
{
    for (int later = 0; later < 2; later++) {
        struct world *w = *state;
        take_closure(w, AT, closed(w, "C", 1));
        close_with_vendor(w, AT, "B", 1, NULL, false);
        if (!later) take_merge(w, LATER, "B", 2, "C");
        if (!later) tell_tracker(w, "C", VENDOR, 1, "K-1");
        close_with_vendor(w, LATER, "A", 1, "C", true);
        if (later) take_merge(w, LATER, "B", 2, "C");
        assert_false(is_open(w, "C", VENDOR));
        take_merge(w, LATER, "A", 2, NULL);
        tell_status(w, "A", VENDOR, 1, REPORTED_BLOCKED);
        assert_true(is_open(w, "C", VENDOR));
        if (!later) assert_str(task_of(w, "C", VENDOR)->tracker.key, "K-1");
        take_merge(w, LATER_STILL, "B", 3, NULL);
        assert_true(is_open(w, "B", VENDOR));
        assert_false(is_open(w, "C", VENDOR));
        world_teardown(state);
        setup(state);
    }
}

/* Nobody asks for it in C any more; or somebody has put it aside there; or it goes on elsewhere. */
static void nobody_is_asked_who_does_not_ask(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "C", 1));
    close_with_vendor(w, AT, "B", 1, "C", false);
    close_with_vendor(w, AT, "A", 1, "C", true);
    take_merge(w, LATER, "B", 2, NULL);
    close_with_vendor(w, AT, "D", 1, NULL, false);
    dismiss(w, "D", VENDOR, 1);
    take_merge(w, LATER, "A", 2, "D");
    close_with_vendor(w, AT, "E", 1, NULL, false);
    take_merge(w, LATER, "E", 2, "F");
    take_merge(w, LATER, "A", 3, "E");
    take_merge(w, LATER, "A", 4, NULL);
    close_it(w, LATER, closed(w, "F", 1));
    assert_false(is_open(w, "F", VENDOR));
    tell_status(w, "A", VENDOR, 1, REPORTED_BLOCKED);
    assert_false(is_open(w, "C", VENDOR));
    assert_int_equal(task_of(w, "D", VENDOR)->resolution, RESOLUTION_DISMISSED);
    assert_false(is_open(w, "E", VENDOR));
    assert_true(is_open(w, "F", VENDOR));
}

/* Its own closure says so, at home. */
static void open_again_by_a_closure_at_home(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "C", 1, NULL, false);
    close_with_vendor(w, AT, "A", 1, "C", true);
    take_merge(w, LATER, "A", 2, NULL);
    struct closure_event *e = closed(w, "A", 3);
    add_party(w, e, "Other", PARTY_VENDOR, true);
    close_it(w, LATER, e);
    close_with_vendor(w, LATER, "A", 4, NULL, false);
    assert_true(is_open(w, "A", VENDOR));
    assert_true(is_open(w, "C", VENDOR));
}

/* Takes what was told from there on to this incident of what is met, or not, once more. */
static void once_more(struct world *w, size_t from, const char *to)
{
    size_t end = w->d.outputs.n;
    for (size_t i = from; i < end; i++) {
        const struct output *output = &w->d.outputs.items[i];
        if (output->type != OUTPUT_FORWARD || output->forward->type != EVENT_DUTY) continue;
        const struct duty *told = &output->forward->duty;
        if (!told->met && !told->withdrawn) continue;
        if (!str_eq(output->incident_id, str_of(to))) continue;
        struct event event = arrived(w, output);
        assert_int_equal(take(w, &event), DECIDE_OK);
    }
    deliver(w);
}

/* It comes by a longer way as well, behind what was told later; and where nothing is known of it. */
static void what_comes_late_is_no_news(void **state)
{
    struct world *w = owing_a_report(state);
    submitted_and_merged(w);
    size_t before = w->d.outputs.n;
    tell_status(w, "A", LAW, 2, REPORTED_IN_PROGRESS);
    once_more(w, before, "B");
    assert_true(is_open(w, "C", LAW));
    take_merge(w, LATER_STILL, "A", 3, NULL);
    submit_to(w, "A", LAW, 3);
    correct(w, "2026-11-23T10:00:00Z", "A", LAW, 4);
    take_merge(w, LATER_STILL, "A", 4, "B");
    assert_false(is_open(w, "C", LAW));
    once_more(w, before, "B");
    assert_false(is_open(w, "C", LAW));
    assert_true(known(w, "B", "A")->met);
    drop(w, STR("B|d|obligation/law/A"));
    once_more(w, before, "B");
    assert_false(is_open(w, "C", LAW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
        TEST(a_correction_goes_along),
        TEST(a_correction_reaches_who_has_parted),
        TEST(what_is_withdrawn_is_owed_again),
        TEST(what_is_withdrawn_at_home_is_owed_again),
        TEST(a_party_that_is_open_again),
        TEST(another_has_met_it),
        TEST(who_rests_goes_on),
        TEST(nobody_is_asked_who_does_not_ask),
        TEST(open_again_by_a_closure_at_home),
        TEST(what_comes_late_is_no_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
