/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of work that has gone on under the name that it had in an incident on its way, which did
 * not ask for it itself.
 */
#include "duty_support.h"

static bool is_refused(struct world *w, const char *id, const char *name, int64_t revision)
{
    struct task_update_event *u = task_update(w, id, name, revision);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    struct event event = {.type = EVENT_TASK_UPDATE, .incident_id = str_of(id), .task_update = u};
    enum decide_result result = give_event(w, event);
    deliver(w);
    return result == DECIDE_REJECT;
}

static void tell_status(struct world *w, const char *id, const char *name, int64_t revision,
                        int status)
{
    take_task_status(w, LATER_STILL, id, name, revision, status);
    deliver(w);
}

static void tell_party(struct world *w, const char *id, int status)
{
    struct task_update_event *u = task_update(w, id, VENDOR, 1);
    u->party = STR("vendor");
    SET_UPDATE(u, STATUS, status, status);
    take_update(w, LATER_STILL, u);
    deliver(w);
}

/* Z asks for it, E stands for it, R goes on with it. */
static void a_name_on_the_way(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "Z", 1);
    add_party(w, e, "Vendor", PARTY_VENDOR, false);
    add_party(w, e, "Bank", PARTY_VENDOR, false);
    close_it(w, AT, e);
    take_closure(w, AT, closed(w, "E", 1));
    take_closure(w, AT, closed(w, "R", 1));
    tell_tracker(w, "Z", VENDOR, 7, "K-1");
    take_merge(w, LATER, "Z", 2, "E");
    tell_status(w, "E", VENDOR, 1, REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "E", VENDOR)->status, STATUS_BLOCKED);
    take_merge(w, LATER, "E", 2, "R");
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_BLOCKED);
    tell_status(w, "E", VENDOR, 2, REPORTED_IN_PROGRESS);
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_IN_PROGRESS);
    /* Each name has its own order. */
    tell_status(w, "E", VENDOR, 2, REPORTED_BLOCKED);
    tell_status(w, "Z", VENDOR, 7, REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_IN_PROGRESS);
    tell_status(w, "R", VENDOR, 1, REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_BLOCKED);
    tell_status(w, "Z", VENDOR, 8, REPORTED_IN_PROGRESS);
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_IN_PROGRESS);
    /* It is at home: so is what is told of it. */
    take_merge(w, LATER_STILL, "Z", 3, NULL);
    tell_status(w, "E", VENDOR, 3, REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "Z", VENDOR)->status, STATUS_BLOCKED);
    assert_false(is_open(w, "E", VENDOR));
    assert_false(is_open(w, "R", VENDOR));
}

/* E stands for Z and for Y: what is told of it is of the task that goes on with both, then with one. */
static void a_name_for_several(void **state)
{
    struct world *w = owing(state);
    owe_if_low(w);
    static const char *const asking[] = {"Z", "Y"};
    close_knowing(w, AT, "E", 1, NULL);
    close_knowing(w, AT, "R", 1, NULL);
    for (size_t i = 0; i < 2; i++) {
        close_it(w, AT, rated(knowing(w, asking[i], 1, NULL), SEVERITY_LOW));
        take_merge(w, AT, asking[i], 2, "E");
    }
    assert_true(task_of(w, "E", LAW)->for_others);
    take_merge(w, LATER, "E", 2, "R");
    tell_tracker(w, "E", LAW, 1, "K-1");
    assert_str(task_of(w, "R", LAW)->tracker.key, "K-1");
    take_merge(w, LATER, "Y", 3, NULL);
    tell_tracker(w, "E", LAW, 2, "K-2");
    assert_str(task_of(w, "R", LAW)->tracker.key, "K-2");
    assert_str(task_of(w, "Y", LAW)->tracker.key, "K-1");
    take_merge(w, LATER, "Z", 3, "Y");
    tell_tracker(w, "E", LAW, 3, "K-3");
    assert_str(task_of(w, "Y", LAW)->tracker.key, "K-3");
    submit_to(w, "E", LAW, 4);
    assert_true(task_is_done(task_of(w, "Y", LAW)));
}

/* Both are at home: the one that went last is where the task says that it goes on. */
static void a_name_of_what_has_parted(void **state)
{
    struct world *w = *state;
    for (int turn = 0; turn < 2; turn++) {
        const char *e = turn ? "E2" : "E1", *y = turn ? "Y2" : "Y1", *z = turn ? "Z2" : "Z1";
        take_closure(w, AT, closed(w, e, 1));
        close_with_vendor(w, AT, z, 1, e, false);
        close_with_vendor(w, AT, y, 1, e, false);
        take_merge(w, LATER, turn ? y : z, 2, NULL);
        take_merge(w, LATER, turn ? z : y, 2, NULL);
        tell_status(w, e, VENDOR, 1, REPORTED_BLOCKED);
        assert_int_equal(task_of(w, turn ? z : y, VENDOR)->status, STATUS_BLOCKED);
        assert_int_equal(task_of(w, turn ? y : z, VENDOR)->status, STATUS_OPEN);
    }
}

/* Nobody has closed R yet. */
static void a_name_of_what_is_held(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "Y", 1, NULL, false);
    close_with_vendor(w, AT, "Z", 1, NULL, false);
    take_closure(w, AT, closed(w, "E", 1));
    take_merge(w, LATER, "Y", 2, "E");
    take_merge(w, LATER, "Z", 2, "E");
    take_merge(w, LATER, "E", 2, "R");
    tell_status(w, "E", VENDOR, 1, REPORTED_BLOCKED);
    tell_status(w, "E", VENDOR, 1, REPORTED_IN_PROGRESS); /* no later one */
    tell_status(w, "Z", VENDOR, 1, REPORTED_BLOCKED);
    close_it(w, LATER_STILL, closed(w, "R", 1));
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_BLOCKED);
    /* Both have gone home; E is none, and then they come again. */
    take_merge(w, LATER_STILL, "E", 3, NULL);
    close_it(w, LATER_STILL, closed_as_test(w, "E", 4));
    tell_status(w, "E", VENDOR, 2, REPORTED_IN_PROGRESS);
    tell_status(w, "E", VENDOR, 1, REPORTED_BLOCKED);
    take_merge(w, LATER_STILL, "Y", 3, NULL);
    take_merge(w, LATER_STILL, "Z", 3, NULL);
    assert_int_equal(task_of(w, "Y", VENDOR)->status, STATUS_IN_PROGRESS);
    assert_int_equal(task_of(w, "Z", VENDOR)->status, STATUS_IN_PROGRESS);
}

/* No more of one time than of any other name (R3.59). */
static void too_many_of_one_time(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "E", 1));
    close_with_vendor(w, AT, "Z", 1, "E", false);
    take_merge(w, LATER, "E", 2, "R");
    for (int i = 0; i < 9; i++) {
        struct task_update_event *u = task_update(w, "E", VENDOR, -1);
        SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
        u->order.time = t(LATER);
        u->order.taken = list_of(w, 1, (const char *[]){arena_printf(w->arena, "%d", i).p});
        struct event event = {.type = EVENT_TASK_UPDATE, .incident_id = STR("E"), .task_update = u};
        assert_int_equal(give_event(w, event), i < 8 ? DECIDE_OK : DECIDE_REJECT);
    }
    assert_int_equal(w->d.refused.code, REFUSE_BAD_TIME);
}

/* Z, for which E stood, has met it at home meanwhile: it is told of what was done there (R4.249). */
static void a_name_of_what_was_met(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "E", 1));
    close_with_vendor(w, AT, "Z", 1, "E", false);
    take_merge(w, LATER, "Z", 2, NULL);
    close_with_vendor(w, LATER, "Z", 3, NULL, true);
    take_merge(w, LATER_STILL, "Z", 4, "E");
    tell_tracker(w, "E", VENDOR, 1, "K-1");
    assert_str(task_of(w, "Z", VENDOR)->tracker.key, "K-1");
    assert_int_equal(task_of(w, "E", VENDOR)->status, STATUS_IN_PROGRESS);
    assert_str(task_of(w, "E", VENDOR)->tracker.key, "K-1");
}

/* E asks for it itself only when it is merged: the order of its name goes along. */
static void a_name_that_becomes_its_own(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "E", 1));
    take_closure(w, AT, closed(w, "R", 1));
    close_with_vendor(w, AT, "Z", 1, "E", false);
    tell_status(w, "E", VENDOR, 3, REPORTED_BLOCKED);
    take_merge(w, LATER, "E", 2, "R");
    close_with_vendor(w, LATER, "E", 3, "R", false);
    tell_status(w, "E", VENDOR, 2, REPORTED_IN_PROGRESS); /* late */
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_BLOCKED);
    tell_status(w, "E", VENDOR, 4, REPORTED_IN_PROGRESS);
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_IN_PROGRESS);
    take_merge(w, LATER_STILL, "E", 4, NULL);
    tell_status(w, "E", VENDOR, 4, REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "E", VENDOR)->status, STATUS_IN_PROGRESS);
}

static void a_findings_name_on_the_way(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "Z", 1), "F");
    close_with(w, closed(w, "E", 1), "G");
    close_with(w, closed(w, "R", 1), "H");
    take_merge(w, LATER, "Z", 2, "E");
    take_merge(w, LATER, "E", 2, "R");
    tell_status(w, "E", "bug/Z:F", 1, REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "R", "bug/Z:F")->status, STATUS_BLOCKED);
    struct finding_event *f = finding(w, "E", "Z:F", 7);
    SET_FINDING(f, TITLE, title, STR("Anew"));
    take_finding(w, LATER, f);
    deliver(w);
    assert_str(task_of(w, "R", "bug/Z:F")->title, "Anew");
    assert_true(is_refused(w, "E", "bug", 1));
    take_merge(w, LATER_STILL, "Z", 3, NULL);
    tell_status(w, "E", "bug/Z:F", 2, REPORTED_IN_PROGRESS);
    assert_int_equal(task_of(w, "Z", "bug/F")->status, STATUS_IN_PROGRESS);
}

/* E and Z are past their retention. */
static void forgotten_on_the_way(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    struct closure_event *e = closed(w, "Z", 1);
    add_inline(w, e, lapse(w, "Z", "F", -1));
    written(w, e, "Vendor", false);
    close_it(w, AT, e);
    take_closure(w, AT, closed(w, "E", 1));
    take_closure(w, AT, closed(w, "R", 1));
    take_merge(w, LATER, "Z", 2, "E");
    take_merge(w, LATER, "E", 2, "R");
    run_until(w, "2026-12-03");
    assert_true(incident_of(w, "E")->retired > 0);
    assert_int_equal(incident_of(w, "Z")->retired, 1);
    tell_status(w, "E", "bug/Z:F", 1, REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "R", "bug/Z:F")->status, STATUS_BLOCKED);
    tell_party(w, "E", REPORTED_BLOCKED);
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_BLOCKED);
    tell_party(w, "Z", REPORTED_IN_PROGRESS);
    assert_int_equal(task_of(w, "R", VENDOR)->status, STATUS_IN_PROGRESS);
}

/* Where it has gone to it was forgotten: who speaks of it goes round no more than once. */
static void forgotten_where_it_is(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    take_closure(w, AT, closed(w, "E", 1));
    close_with(w, closed(w, "Z", 1), "F");
    take_task_status(w, "2026-11-20T11:00:00Z", "Z", "bug/F", 1, REPORTED_VERIFIED);
    take_merge(w, "2026-11-20T11:00:00Z", "Z", 2, "E");
    close_with_vendor(w, "2026-11-26T11:00:00Z", "Z", 3, "E", true);
    run_until(w, "2026-12-02");
    assert_int_equal(incident_of(w, "E")->retired, 2);
    assert_int_equal(incident_of(w, "Z")->retired, 0);
    size_t before = w->d.outputs.n;
    assert_false(is_refused(w, "Z", "bug/F", 2));
    assert_false(is_refused(w, "E", "bug/Z:F", 2)); /* it is looked for at home */
    take_finding(w, "2026-12-02", lapse(w, "Z", "F", 7));
    deliver(w);
    assert_true(w->d.outputs.n - before < 20);
    assert_int_equal(finding_of(w, "Z", "F")->order.revision, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
        TEST(a_name_on_the_way),           TEST(a_name_for_several),
        TEST(a_name_of_what_has_parted),   TEST(a_name_of_what_is_held),
        TEST(too_many_of_one_time),        TEST(a_name_of_what_was_met),
        TEST(a_name_that_becomes_its_own), TEST(a_findings_name_on_the_way),
        TEST(forgotten_on_the_way),        TEST(forgotten_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
