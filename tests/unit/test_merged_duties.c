/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an incident owes, and the parties that it coordinates with, where incidents are merged: one task
 * for all of them, which goes along, comes back, and is not asked for where it was done.
 */
#include "duty_support.h"

/* ---- along ---- */

static void a_duty_goes_along(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    tell_tracker(w, "A", VENDOR, 1, "K-1");
    const struct task was = *task_of(w, "A", VENDOR);
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, LATER, "A", 2, "B");
    const struct task *now = task_of(w, "B", VENDOR), *old = task_of(w, "A", VENDOR);
    assert_int_equal(now->version, 1);
    assert_int_equal(now->status, STATUS_IN_PROGRESS);
    assert_str(now->tracker.key, "K-1");
    assert_str(now->owner.person, "counsel");
    assert_true(now->due_at == was.due_at);
    assert_str(now->moved_from, "A/coordination/Vendor");
    assert_int_equal(old->resolution, RESOLUTION_DUPLICATE);
    assert_str(old->moved_to, "B/coordination/Vendor");
    /* Who speaks of the old one is heard. */
    take_task_status(w, LATER, "A", VENDOR, 2, REPORTED_BLOCKED);
    deliver(w);
    assert_int_equal(task_of(w, "B", VENDOR)->status, STATUS_BLOCKED);
    /* They part, and it goes back with what was done; and comes once more. */
    take_merge(w, LATER_STILL, "A", 3, NULL);
    now = task_of(w, "A", VENDOR);
    assert_int_equal(now->status, STATUS_BLOCKED);
    assert_true(now->due_at == was.due_at);
    assert_str(now->moved_from, "B/coordination/Vendor");
    assert_null(now->moved_to.p);
    assert_superseded(w, "B", VENDOR, "A/coordination/Vendor");
    take_merge(w, LATER_STILL, "A", 4, "B");
    assert_int_equal(task_of(w, "B", VENDOR)->status, STATUS_BLOCKED);
    assert_false(is_open(w, "A", VENDOR));
}

static void of_two_that_are_open_one_goes_on(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "A", 1, NULL);
    close_knowing(w, AT, "B", 1, NULL);
    tell_tracker(w, "A", LAW, 1, "K-1");
    take_merge(w, LATER, "A", 2, "B");
    const struct task *now = task_of(w, "B", LAW);
    assert_true(now->due_at == known_at("A") + 72 * HOUR_MS);
    assert_str(now->tracker.key, "K-1");
    assert_str(now->owner.person, "counsel");
    assert_int_equal(now->status, STATUS_IN_PROGRESS);
    assert_str(now->moved_from, "A/obligation/law");
    assert_str(task_of(w, "A", LAW)->moved_to, "B/obligation/law");
    /* A later closing of the other restarts no clock. */
    close_knowing(w, LATER, "B", 2, NULL);
    assert_true(task_of(w, "B", LAW)->due_at == known_at("A") + 72 * HOUR_MS);
    /* They part: each has its own date again, and the work was done for both. */
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_true(task_of(w, "B", LAW)->due_at == known_at("B") + 72 * HOUR_MS);
    assert_true(task_of(w, "A", LAW)->due_at == known_at("A") + 72 * HOUR_MS);
    assert_true(is_open(w, "B", LAW));
    assert_int_equal(task_of(w, "A", LAW)->status, STATUS_IN_PROGRESS);
    assert_str(task_of(w, "A", LAW)->tracker.key, "K-1");
}

/* As grave as the graver one is, whichever of them was there first. */
static void of_two_the_graver_counts(void **state)
{
    struct world *w = owing(state);
    struct closure_event *high = closed(w, "M", 1);
    SET_CLOSURE(high, SEVERITY, severity, SEVERITY_HIGH);
    close_it(w, AT, high);
    for (int graver = 0; graver < 2; graver++) {
        const char *ids[] = {graver ? "A2" : "A1", graver ? "B2" : "B1"};
        for (int k = 0; k < 2; k++) {
            struct closure_event *low = knowing(w, ids[k], 1, NULL);
            SET_CLOSURE(low, SEVERITY, severity, SEVERITY_LOW);
            close_it(w, AT, low);
        }
        /* What was graver where it was stays so at home. */
        take_merge(w, AT, ids[graver], 2, "M");
        take_merge(w, LATER, ids[graver], 3, NULL);
        assert_int_equal(task_of(w, ids[graver], LAW)->severity, SEVERITY_HIGH);
        take_merge(w, LATER, ids[0], 4, ids[1]);
        assert_int_equal(task_of(w, ids[1], LAW)->severity, SEVERITY_HIGH);
    }
}

static void each_keeps_its_ticket(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    close_with_vendor(w, AT, "B", 1, NULL, false);
    close_with_vendor(w, AT, "C", 1, NULL, false);
    tell_tracker(w, "A", VENDOR, 1, "K-1");
    tell_tracker(w, "B", VENDOR, 1, "K-2");
    take_merge(w, LATER, "A", 2, "B");
    take_merge(w, LATER, "C", 2, "B");
    assert_str(task_of(w, "B", VENDOR)->tracker.key, "K-2");
    take_merge(w, LATER, "B", 2, "D"); /* which nobody has closed */
    tell_tracker(w, "A", VENDOR, 2, "K-3");
    tell_tracker(w, "C", VENDOR, 1, "K-4");
    close_it(w, LATER, closed(w, "D", 1));
    assert_true(is_open(w, "D", VENDOR));
    take_merge(w, LATER_STILL, "A", 3, NULL);
    take_merge(w, LATER_STILL, "C", 3, NULL);
    assert_true(is_open(w, "D", VENDOR));
    take_merge(w, LATER_STILL, "B", 3, NULL);
    assert_str(task_of(w, "A", VENDOR)->tracker.key, "K-3");
    assert_str(task_of(w, "B", VENDOR)->tracker.key, "K-2");
    assert_str(task_of(w, "C", VENDOR)->tracker.key, "K-4");
    assert_false(is_open(w, "D", VENDOR));
}

/* Where A is closed only now, nobody has heard of a task of it. */
static void a_duty_that_begins_merged_begins_in_the_other(void **state)
{
    struct world *w = owing(state);
    take_closure(w, AT, closed(w, "B", 1));
    owe_by_flag(w);
    struct closure_event *e = with_breach(knowing(w, "A", 1, "C"), TRI_TRUE);
    add_party(w, e, "Vendor", PARTY_VENDOR, false);
    close_it(w, AT, e);
    assert_false(is_stored(w, state_task_key(w->arena, STR("A"), STR(LAW))));
    close_it(w, AT, closed(w, "C", 1));
    const struct task *now = task_of(w, "C", LAW);
    assert_int_equal(now->version, 2); /* it owes it itself as well, by the flag that came */
    assert_null(now->moved_from.p);
    assert_true(now->due_at == known_at("A") + 72 * HOUR_MS);
    assert_true(is_open(w, "C", VENDOR));
    take_merge(w, LATER, "A", 2, NULL);
    assert_true(is_open(w, "A", LAW));
    assert_int_equal(task_of(w, "A", VENDOR)->version, 1);
    assert_true(is_open(w, "C", LAW)); /* flags stay */
    assert_superseded(w, "C", VENDOR, "A/coordination/Vendor");
}

/* It was submitted before anybody had heard of its task. */
static void submitted_while_it_is_held_it_is_created_and_closed(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "A", 1, "B");
    struct closure_event *e = knowing(w, "A", 2, "B");
    add_submission(w, e, "law", t(AT), true);
    close_it(w, LATER, e);
    close_it(w, LATER, closed(w, "B", 1));
    size_t created = 0;
    for (size_t i = 0; i < w->d.outputs.n; i++) {
        const struct output *o = &w->d.outputs.items[i];
        if (o->type != OUTPUT_TASK || o->task.after->version != 1) continue;
        assert_int_equal(o->task.after->status, STATUS_OPEN);
        created++;
    }
    assert_int_equal(created, 1);
    assert_int_equal(task_of(w, "B", LAW)->resolution, RESOLUTION_DONE);
}

static void what_waits_of_two_waits_where_both_do(void **state)
{
    struct world *w = *state;
    for (int waits = 1; waits < 4; waits++) {
        const char *a = arena_printf(w->arena, "A%d", waits).p;
        const char *b = arena_printf(w->arena, "B%d", waits).p;
        close_with_vendor(w, AT, a, 1, NULL, false);
        close_with_vendor(w, AT, b, 1, NULL, false);
        for (int i = 0; i < 2; i++) {
            if (!(waits >> i & 1)) continue;
            struct task_update_event *u = task_update(w, i ? b : a, VENDOR, 1);
            SET_UPDATE(u, SNOOZED_UNTIL, snoozed_until, t("2026-12-10"));
            take_update(w, AT, u);
        }
        take_merge(w, LATER, a, 2, b);
        assert_int_equal(task_is_paused(task_of(w, b, VENDOR)), waits == 3);
    }
}

/* ---- what a closure says later ---- */

static void a_closure_of_the_merged_one_counts_too(void **state)
{
    for (int held = 0; held < 2; held++) {
        struct world *w = owing(state);
        const char *a = held ? "A2" : "A1", *b = held ? "B2" : "B1";
        close_with_vendor(w, AT, a, 1, NULL, false);
        if (!held) take_closure(w, AT, closed(w, b, 1));
        take_merge(w, LATER, a, 2, b);
        struct closure_event *e = merged(w, a, 3, b);
        add_party(w, e, "Vendor", PARTY_REGULATOR, false);
        close_it(w, LATER, e);
        take_merge(w, LATER, a, 4, b); /* which says nothing new */
        e = merged(w, a, 5, b);
        add_submission(w, e, "law", t(LATER), true);
        add_party(w, e, "Vendor", PARTY_REGULATOR, true);
        SET_CLOSURE(e, KNOWN_AT, known_at, known_at("A"));
        close_it(w, LATER_STILL, e);
        if (held) take_closure(w, LATER_STILL, closed(w, b, 1));
        deliver(w);
        assert_true(task_is_done(task_of(w, b, LAW)));
        assert_true(task_is_done(task_of(w, b, VENDOR)));
        assert_str(task_of(w, b, VENDOR)->description, "regulator");
        take_merge(w, LATER_STILL, a, 6, NULL);
        assert_true(task_is_done(task_of(w, a, LAW)));
        assert_true(task_is_done(task_of(w, a, VENDOR)));
    }
}

static void one_party_however_it_is_written(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, written(w, closed(w, "A", 1), "Vendor", false));
    tell_tracker(w, "A", VENDOR, 1, "K-1");
    take_closure(w, AT, written(w, closed(w, "B", 1), "VENDOR", false));
    take_merge(w, LATER, "A", 2, "B");
    assert_str(task_of(w, "B", "coordination/VENDOR")->tracker.key, "K-1");
    assert_false(is_stored(w, state_task_key(w->arena, STR("B"), STR(VENDOR))));
    take_task_status(w, LATER, "A", VENDOR, 2, REPORTED_BLOCKED);
    deliver(w);
    assert_int_equal(task_of(w, "B", "coordination/VENDOR")->status, STATUS_BLOCKED);
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_int_equal(task_of(w, "A", VENDOR)->status, STATUS_BLOCKED);
    assert_str(task_of(w, "A", VENDOR)->moved_from, "B/coordination/VENDOR");
}

static void a_party_that_is_open_again_is_so_where_it_goes_on(void **state)
{
    struct world *w = *state;
    for (int at_home = 0; at_home < 2; at_home++) {
        const char *a = at_home ? "A2" : "A1", *b = at_home ? "B2" : "B1";
        take_closure(w, AT, closed(w, b, 1));
        take_closure(w, AT, written(w, closed(w, a, 1), "Vendor", at_home));
        take_merge(w, LATER, a, 2, b);
        if (!at_home) take_closure(w, LATER, written(w, merged(w, a, 3, b), "Vendor", true));
        deliver(w);
        assert_true(task_is_done(task_of(w, at_home ? a : b, VENDOR)));
        close_it(w, LATER, written(w, merged(w, a, 4, b), "Vendor", false));
        assert_true(is_open(w, b, VENDOR));
        assert_str(task_of(w, a, VENDOR)->moved_to,
                   at_home ? "B2/coordination/Vendor" : "B1/coordination/Vendor");
        /* What a closure says where it is held is of that work. */
        take_merge(w, LATER_STILL, a, 5, "X");
        close_it(w, LATER_STILL, written(w, merged(w, a, 6, "X"), "Vendor", true));
        close_it(w, LATER_STILL, written(w, merged(w, a, 7, "X"), "Vendor", false));
        take_merge(w, LATER_STILL, a, 8, NULL);
        assert_true(is_open(w, a, VENDOR));
    }
}

/* ---- where nothing is followed up ---- */

static void held_where_nobody_has_closed_it(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "A", 1, NULL);
    take_merge(w, LATER, "A", 2, "B");
    tell_tracker(w, "A", LAW, 1, "K-1");
    take_task_status(w, LATER, "A", LAW, 1, REPORTED_BLOCKED); /* no later one */
    deliver(w);
    /* Corrected: it is all at home again. */
    take_merge(w, LATER_STILL, "A", 3, "C");
    close_knowing(w, LATER_STILL, "C", 1, NULL);
    assert_str(task_of(w, "C", LAW)->tracker.key, "K-1");
    assert_int_equal(task_of(w, "C", LAW)->status, STATUS_IN_PROGRESS);
    close_knowing(w, LATER_STILL, "B", 1, NULL);
    assert_null(task_of(w, "B", LAW)->tracker.key.p);
}

static void held_where_it_turns_out_to_be_none(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    tell_tracker(w, "A", VENDOR, 1, "K-1");
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, AT, "A", 2, "B");
    take_closure(w, LATER, closed_as_test(w, "B", 2));
    assert_false(is_open(w, "B", VENDOR));
    take_task_status(w, LATER, "A", VENDOR, 2, REPORTED_BLOCKED);
    deliver(w);
    struct closure_event *e = closed(w, "B", 3);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    take_closure(w, LATER_STILL, e);
    assert_int_equal(task_of(w, "B", VENDOR)->status, STATUS_BLOCKED);
    take_closure(w, LATER_STILL, closed_as_test(w, "B", 4));
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_int_equal(task_of(w, "A", VENDOR)->status, STATUS_BLOCKED);
}

static void what_somebody_has_put_aside_stays_so(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, AT, "A", 2, "B");
    dismiss(w, "A", VENDOR, 1);
    assert_int_equal(task_of(w, "B", VENDOR)->resolution, RESOLUTION_DISMISSED);
    take_merge(w, LATER, "A", 3, "C"); /* it stays where it began */
    assert_int_equal(task_of(w, "A", VENDOR)->resolution, RESOLUTION_DISMISSED);
    take_merge(w, LATER, "A", 4, NULL);
    assert_false(is_open(w, "A", VENDOR));
    /* The duty of another one is none that was put aside. */
    close_with_vendor(w, LATER, "D", 1, NULL, false);
    take_merge(w, LATER, "D", 2, "B");
    assert_true(is_open(w, "B", VENDOR));
}

/* ---- open again ---- */

/* Parted and merged into another one in the breath in which it is open again. */
static void open_again_it_goes_where_it_is_merged_now(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "D", 1));
    take_closure(w, AT, closed(w, "E", 1));
    close_with_vendor(w, AT, "C", 1, "D", false);
    close_with_vendor(w, LATER, "C", 2, "D", true);
    close_with_vendor(w, LATER_STILL, "C", 3, "E", false);
    assert_false(is_open(w, "C", VENDOR));
    assert_true(is_open(w, "E", VENDOR));
}

/* B had met A's as well; A's is open again, and B is merged by now. */
static void open_again_where_it_was_met_it_goes_along(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    close_with_vendor(w, AT, "B", 1, NULL, true);
    take_closure(w, AT, closed(w, "C", 1));
    take_merge(w, AT, "A", 2, "B");
    take_merge(w, AT, "B", 2, "C");
    close_with_vendor(w, LATER, "A", 3, "B", true);
    close_with_vendor(w, LATER, "A", 4, "B", false);
    assert_true(is_open(w, "C", VENDOR));
    take_task_status(w, LATER, "A", VENDOR, 1, REPORTED_BLOCKED);
    deliver(w);
    assert_int_equal(task_of(w, "C", VENDOR)->status, STATUS_BLOCKED);
    take_merge(w, LATER_STILL, "A", 5, NULL);
    assert_int_equal(task_of(w, "A", VENDOR)->status, STATUS_BLOCKED);
}

/* As B's own closure says; A's has not seen that work. */
static void what_its_own_has_left_behind_is_not_lost(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    close_with_vendor(w, AT, "B", 1, NULL, true);
    take_merge(w, AT, "A", 2, "B");
    take_merge(w, AT, "B", 2, "C"); /* which nobody has closed */
    close_with_vendor(w, LATER, "B", 3, "C", false);
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_true(is_open(w, "A", VENDOR));
    take_merge(w, LATER_STILL, "B", 4, NULL);
    assert_true(is_open(w, "B", VENDOR));
}

static int64_t reminders_of(const struct task *task)
{
    int64_t n = 0;
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++) n += task->reminders[kind].number;
    return n;
}

/* What went home from here had been reminded of; what begins here then has its numbers from 1. */
static void another_that_comes_is_numbered_from_1(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, "B", false);
    take_closure(w, AT, closed(w, "B", 1));
    run_until(w, "2026-12-20T10:00:00Z");
    assert_true(reminders_of(task_of(w, "B", VENDOR)) > 0);
    take_merge(w, "2026-12-20T10:00:00Z", "A", 2, NULL);
    close_with_vendor(w, "2026-12-21T10:00:00Z", "C", 1, "B", false);
    assert_int_equal(task_of(w, "B", VENDOR)->occurrence, 2);
    assert_int_equal(reminders_of(task_of(w, "B", VENDOR)), 0);
}

/* ---- the incident's other tasks ---- */

static void other_tasks_go_on_from_where_they_were(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closure(w, "A", 1)); /* it asks for its evaluation */
    take_task_status(w, AT, "A", "response-evaluation", 1, REPORTED_IN_PROGRESS);
    run_until(w, "2026-12-20T10:00:00Z");
    const struct task was = *task_of(w, "A", "response-evaluation");
    assert_true(reminders_of(&was) > 0);
    struct closure_event *e = closure(w, "A", 2);
    SET_CLOSURE(e, MERGED_INTO, merged_into, STR("B"));
    take_closure(w, "2026-12-21T10:00:00Z", e);
    e = closure(w, "A", 3);
    SET_CLOSURE(e, MERGED_INTO, merged_into, STR_NONE);
    take_closure(w, "2026-12-22T10:00:00Z", e);
    const struct task *now = task_of(w, "A", "response-evaluation");
    assert_int_equal(now->status, STATUS_IN_PROGRESS);
    assert_int_equal(now->occurrence, 2);
    assert_true(now->due_at == was.due_at);
    assert_true(now->assign_due_at == was.assign_due_at);
    assert_int_equal(reminders_of(now), 0); /* numbers are of an occurrence (R5.31) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
        TEST(a_duty_goes_along),
        TEST(of_two_that_are_open_one_goes_on),
        TEST(of_two_the_graver_counts),
        TEST(each_keeps_its_ticket),
        TEST(a_duty_that_begins_merged_begins_in_the_other),
        TEST(submitted_while_it_is_held_it_is_created_and_closed),
        TEST(what_waits_of_two_waits_where_both_do),
        TEST(a_closure_of_the_merged_one_counts_too),
        TEST(one_party_however_it_is_written),
        TEST(a_party_that_is_open_again_is_so_where_it_goes_on),
        TEST(held_where_nobody_has_closed_it),
        TEST(held_where_it_turns_out_to_be_none),
        TEST(what_somebody_has_put_aside_stays_so),
        TEST(open_again_it_goes_where_it_is_merged_now),
        TEST(open_again_where_it_was_met_it_goes_along),
        TEST(what_its_own_has_left_behind_is_not_lost),
        TEST(another_that_comes_is_numbered_from_1),
        TEST(other_tasks_go_on_from_where_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
