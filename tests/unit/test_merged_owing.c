/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks for a duty where incidents are merged: one of them and not the other, both, neither any
 * more; what their closures say meanwhile; and what of it was lost, or comes from elsewhere.
 */
#include "duty_support.h"

static ms_t due_at(struct world *w, const char *id, const char *name)
{
    return task_of(w, id, name)->due_at;
}

static bool has_task(struct world *w, const char *id, const char *name)
{
    return is_stored(w, state_task_key(w->arena, str_of(id), str_of(name)));
}

/* ---- obligations ---- */

/* A was closed earlier than B, and does not owe what B does: B's date counts, though A's is before it. */
static void for_others_it_has_their_date(void **state)
{
    struct world *w = owing(state);
    owe_if_low(w);
    close_it(w, AT, rated(knowing(w, "B", 1, NULL), SEVERITY_LOW));
    close_knowing(w, AT, "A", 1, NULL);
    assert_false(has_task(w, "A", LAW));
    take_merge(w, LATER, "B", 2, "A");
    struct str title = task_of(w, "A", LAW)->title;
    w->policy.obligations[0].title = STR("Another notice");
    close_knowing(w, LATER, "A", 2, NULL);
    assert_true(is_open(w, "A", LAW));
    assert_true(task_of(w, "A", LAW)->for_others);
    assert_true(due_at(w, "A", LAW) == known_at("B") + 72 * HOUR_MS);
    assert_true(str_eq(task_of(w, "A", LAW)->title, title));
    /* Once it was submitted, that is the date that it was measured against. */
    submit_to(w, "B", LAW, 1);
    close_knowing(w, LATER_STILL, "A", 3, NULL);
    assert_true(task_is_done(task_of(w, "A", LAW)));
    assert_true(due_at(w, "A", LAW) == known_at("B") + 72 * HOUR_MS);
}

/* What was for others alone is the incident's own where it owes it later. */
static void what_went_home_is_owed_here_later(void **state)
{
    struct world *w = owing(state);
    owe_if_low(w);
    close_it(w, AT, rated(knowing(w, "A", 1, NULL), SEVERITY_LOW));
    close_knowing(w, AT, "B", 1, NULL);
    take_merge(w, LATER, "A", 2, "B");
    take_merge(w, LATER, "A", 3, NULL);
    assert_superseded(w, "B", LAW, "A/obligation/law");
    close_it(w, LATER_STILL, rated(knowing(w, "B", 2, NULL), SEVERITY_LOW));
    assert_true(is_open(w, "B", LAW));
    assert_null(task_of(w, "B", LAW)->moved_to.p);
    assert_true(due_at(w, "B", LAW) == known_at("B") + 72 * HOUR_MS);
}

/* The same, where it is merged itself by then: it is asked for in that one. */
static void what_went_home_is_owed_where_it_is_merged(void **state)
{
    struct world *w = owing(state);
    owe_if_low(w);
    close_it(w, AT, rated(knowing(w, "A", 1, NULL), SEVERITY_LOW));
    close_knowing(w, AT, "B", 1, NULL);
    close_knowing(w, AT, "C", 1, NULL);
    take_merge(w, LATER, "A", 2, "B");
    take_merge(w, LATER, "A", 3, NULL);
    take_merge(w, LATER, "B", 2, "C");
    assert_false(has_task(w, "C", LAW));
    close_it(w, LATER_STILL, rated(knowing(w, "B", 3, "C"), SEVERITY_LOW));
    assert_true(is_open(w, "C", LAW));
    assert_true(due_at(w, "C", LAW) == known_at("B") + 72 * HOUR_MS);
    assert_str(task_of(w, "B", LAW)->moved_to, "C/obligation/law");
}

/* B does not owe it any more, and A does: it is for A alone. */
static void what_is_owed_no_more_is_owed_by_another(void **state)
{
    struct world *w = owing(state);
    owe_if_low(w);
    close_it(w, AT, rated(knowing(w, "B", 1, NULL), SEVERITY_LOW));
    close_it(w, AT, rated(knowing(w, "B", 2, NULL), SEVERITY_HIGH));
    assert_int_equal(task_of(w, "B", LAW)->resolution, RESOLUTION_SUPERSEDED);
    close_it(w, AT, rated(knowing(w, "A", 1, "B"), SEVERITY_LOW));
    assert_true(is_open(w, "B", LAW));
    assert_true(due_at(w, "B", LAW) == known_at("A") + 72 * HOUR_MS);
    take_merge(w, LATER, "A", 2, NULL);
    assert_superseded(w, "B", LAW, "A/obligation/law");
    assert_true(is_open(w, "A", LAW));
}

/* Not owed any more, it is owed again with the merge. */
static void owed_again_with_the_merge_it_is_asked_for_there(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "B", 1, NULL);
    owe_by_flag(w);
    close_it(w, AT, with_breach(knowing(w, "A", 1, NULL), TRI_TRUE));
    close_it(w, LATER, with_breach(knowing(w, "A", 2, NULL), TRI_FALSE));
    assert_int_equal(task_of(w, "A", LAW)->resolution, RESOLUTION_SUPERSEDED);
    close_it(w, LATER_STILL, with_breach(knowing(w, "A", 3, "B"), TRI_TRUE));
    assert_true(is_open(w, "B", LAW));
    assert_true(due_at(w, "B", LAW) == known_at("A") + 72 * HOUR_MS);
    assert_str(task_of(w, "A", LAW)->moved_to, "B/obligation/law");
}

static void what_is_not_owed_is_not_asked_for_there(void **state)
{
    struct world *w = owing(state);
    owe_by_flag(w);
    close_knowing(w, AT, "B", 1, NULL);
    close_knowing(w, AT, "A", 1, "B");
    assert_false(has_task(w, "A", LAW));
    assert_false(has_task(w, "B", LAW));
}

/* Half of what a submission needs goes along; the other half comes by its task. */
static void what_was_submitted_in_part_goes_along(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "B", 1, NULL);
    struct closure_event *e = knowing(w, "A", 1, "B");
    add_submission(w, e, "law", t(AT), false);
    close_it(w, LATER, e);
    assert_true(is_open(w, "B", LAW));
    assert_time(task_of(w, "B", LAW)->submitted_at, AT);
    struct task_update_event *u = task_update(w, "A", LAW, 1);
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, LATER, u);
    deliver(w);
    assert_true(task_is_done(task_of(w, "B", LAW)));
}

/* B's own report would be due later: while nobody has submitted what it counts from, A's date counts. */
static void what_counts_from_a_deadline_has_the_earlier_date(void **state)
{
    struct world *w = owing_a_report(state);
    close_knowing(w, AT, "A", 1, NULL);
    close_knowing(w, AT, "B", 1, NULL);
    assert_true(due_at(w, "B", REPORT) == known_at("B") + 96 * HOUR_MS);
    take_merge(w, LATER, "A", 2, "B");
    close_knowing(w, LATER, "B", 2, NULL);
    assert_true(due_at(w, "B", REPORT) == known_at("A") + 96 * HOUR_MS);
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_true(due_at(w, "B", REPORT) == known_at("B") + 96 * HOUR_MS);
}

/* Of a merged incident it is learnt that more was known, and earlier. */
static void a_time_that_is_learnt_later_counts_there(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "A", 1, NULL);
    close_knowing(w, AT, "B", 1, NULL);
    take_merge(w, LATER, "A", 2, "B");
    close_it(w, LATER, known_since(merged(w, "A", 3, "B"), "2026-11-19T00:00:00Z"));
    assert_true(due_at(w, "B", LAW) == t("2026-11-22T00:00:00Z"));
    take_merge(w, LATER, "A", 4, NULL);
    assert_true(due_at(w, "A", LAW) == t("2026-11-22T00:00:00Z"));
    assert_true(due_at(w, "B", LAW) == known_at("B") + 72 * HOUR_MS);
}

/* The date stays, for another bound is before it; what it is said to count from does not. */
static void a_start_that_is_learnt_later_counts_too(void **state)
{
    struct world *w = *state;
    struct obligation law = duty("law", FROM_KNOWN_AT, 72);
    law.has_latest = true;
    law.at_latest = (struct obligation_time){.from = FROM_DETECTED_AT, .within = hours(48)};
    owe(w, &law, 1);
    struct closure_event *e = knowing(w, "A", 1, NULL);
    SET_CLOSURE(e, DETECTED_AT, detected_at, t("2026-11-20T00:00:00Z"));
    close_it(w, AT, e);
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, LATER, "A", 2, "B");
    e = merged(w, "A", 3, "B");
    SET_CLOSURE(e, KNOWN_AT, known_at, t("2026-11-20T06:00:00Z"));
    close_it(w, LATER, e);
    take_merge(w, LATER, "A", 4, NULL);
    assert_time(task_of(w, "A", LAW)->clock_start, "2026-11-20T06:00:00Z");
    assert_time(due_at(w, "A", LAW), "2026-11-22T00:00:00Z");
}

static void one_that_the_policy_does_not_know_any_more_is_submitted_there(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "A", 1, NULL);
    close_knowing(w, AT, "B", 1, NULL);
    take_merge(w, LATER, "A", 2, "B");
    w->policy.obligations_n = 0;
    struct closure_event *e = merged(w, "A", 3, "B");
    add_submission(w, e, "law", t(LATER), true);
    close_it(w, LATER_STILL, e);
    assert_true(task_is_done(task_of(w, "B", LAW)));
    assert_time(task_of(w, "B", LAW)->submitted_at, LATER);
}

/* The incident is followed up again, and what a person has put aside is not. */
static void what_was_dismissed_before_stays_so(void **state)
{
    struct world *w = owing(state);
    struct closure_event *e = knowing(w, "A", 1, NULL);
    add_party(w, e, "Vendor", PARTY_VENDOR, false);
    take_closure(w, AT, e);
    dismiss(w, "A", LAW, 1);
    dismiss(w, "A", VENDOR, 1);
    take_closure(w, LATER, closed_as_test(w, "A", 2));
    e = closed(w, "A", 3);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    take_closure(w, LATER_STILL, e);
    assert_int_equal(task_of(w, "A", LAW)->resolution, RESOLUTION_DISMISSED);
    assert_int_equal(task_of(w, "A", VENDOR)->resolution, RESOLUTION_DISMISSED);
}

/* ---- parties ---- */

static void a_party_that_was_told_elsewhere_is_not_asked_for(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, true);
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, LATER, "A", 2, "B");
    close_with_vendor(w, LATER_STILL, "B", 2, NULL, false);
    assert_false(has_task(w, "B", VENDOR));
    /* Nor again where it was asked for already. */
    close_with_vendor(w, AT, "C", 1, NULL, false);
    take_merge(w, LATER, "A", 3, "C");
    assert_str(task_of(w, "C", VENDOR)->moved_to, "A/coordination/Vendor");
    close_with_vendor(w, LATER_STILL, "C", 2, NULL, false);
    assert_false(is_open(w, "C", VENDOR));
}

static void a_party_of_another_kind_is_in_its_queue_there(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, LATER, "A", 2, "B");
    assert_int_equal(task_of(w, "B", VENDOR)->queue, QUEUE_EXTERNAL);
    struct closure_event *e = merged(w, "A", 3, "B");
    add_party(w, e, "Vendor", PARTY_INTERNAL_GROUP, false);
    close_it(w, LATER, e);
    assert_int_equal(task_of(w, "B", VENDOR)->queue, QUEUE_RESPONSE_TEAM);
}

/* Left out of a closure and named again, it is open again: the work on it goes on. */
static void named_again_while_it_is_worked_on_it_goes_on(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, LATER, "A", 2, "B");
    tell_tracker(w, "A", VENDOR, 1, "K-1");
    struct closure_event *e = merged(w, "A", 3, "B");
    add_party(w, e, "Bank", PARTY_VENDOR, false);
    close_it(w, LATER, e);
    close_with_vendor(w, LATER, "A", 4, "B", false);
    assert_int_equal(task_of(w, "B", VENDOR)->status, STATUS_IN_PROGRESS);
    assert_int_equal(task_of(w, "B", VENDOR)->occurrence, 1);
    assert_str(task_of(w, "B", VENDOR)->tracker.key, "K-1");
}

/* B asks for it itself: it is B's, whoever has put it aside, and stays when A goes. */
static void what_was_put_aside_here_is_asked_for_by_another(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "B", 1, NULL, false);
    dismiss(w, "B", VENDOR, 1);
    close_with_vendor(w, LATER, "A", 1, "B", false);
    assert_true(is_open(w, "B", VENDOR));
    assert_int_equal(task_of(w, "B", VENDOR)->occurrence, 2);
    take_merge(w, LATER_STILL, "A", 2, NULL);
    assert_true(is_open(w, "A", VENDOR));
    assert_true(is_open(w, "B", VENDOR));
}

/* ---- of older versions ---- */

/* Their closures and tasks have no keys of parties. */
static void a_party_without_a_key_goes_along(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    add_party(w, e, "Vendor", PARTY_VENDOR, false);
    e->closure.coordination.items->key = STR_NONE;
    take_closure(w, AT, e);
    assert_null(task_of(w, "A", VENDOR)->party.p);
    tell_tracker(w, "A", VENDOR, 1, "K-1");
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, LATER, "A", 2, "B");
    assert_str(task_of(w, "B", VENDOR)->tracker.key, "K-1");
    assert_str(task_of(w, "A", VENDOR)->moved_to, "B/coordination/Vendor");
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_true(is_open(w, "A", VENDOR));
}

static const char *const written_as[] = {"VENDOR", "Vendor", "vENDOR"};

static struct str called(struct world *w, size_t i)
{
    return arena_printf(w->arena, "coordination/%s", written_as[i]);
}

/* They made a task of each way in which a party is written; here one of them is done. */
static void close_with_several(struct world *w, const char *id, size_t done)
{
    struct closure_event *e = closed(w, id, 1);
    for (size_t i = 0; i < 3; i++) add_party(w, e, written_as[i], PARTY_VENDOR, false);
    take_closure(w, AT, e);
    for (size_t i = 0; i < 3; i++)
        take_closure(w, AT, written(w, closed(w, id, 2 + (int64_t)i), written_as[i], false));
    take_closure(w, AT, written(w, closed(w, id, 5), written_as[done], true));
    for (size_t i = 0; i < 3; i++) assert_int_equal(is_open(w, id, called(w, i).p), i != done);
}

static size_t open_of(struct world *w, const char *id)
{
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) n += is_open(w, id, called(w, i).p);
    return n;
}

static void of_several_tasks_of_a_party_the_first_counts(void **state)
{
    struct world *w = *state;
    close_with_several(w, "A", 1);
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, LATER, "A", 6, "B");
    assert_int_equal(open_of(w, "B"), 1);
    assert_str(task_of(w, "A", called(w, 0).p)->moved_to, "B/coordination/VENDOR");
    assert_int_equal(open_of(w, "A"), 0);
    close_with_several(w, "C", 0);
    take_closure(w, AT, closed(w, "D", 1));
    take_merge(w, LATER, "C", 6, "D");
    assert_int_equal(open_of(w, "C") + open_of(w, "D"), 0);
}

/* ---- what was lost, or comes from elsewhere ---- */

/* The task in B is lost: what is said of it then, and all that A had, comes home when they part. */
static void lost_there_it_comes_home_with_what_was_said(void **state)
{
    struct world *w = *state;
    close_with_vendor(w, AT, "A", 1, NULL, false);
    tell_tracker(w, "A", VENDOR, 1, "K-1");
    close_with(w, closed(w, "B", 1), "F"); /* B has more to do */
    take_merge(w, LATER, "A", 2, "B");
    ((struct incident *)(uintptr_t)incident_of(w, "B"))->counts.open--;
    drop(w, state_task_key(w->arena, STR("B"), STR(VENDOR)));
    struct closure_event *e = merged(w, "A", 3, "B");
    add_party(w, e, "Vendor", PARTY_REGULATOR, false);
    close_it(w, LATER, e);
    assert_false(has_task(w, "B", VENDOR));
    take_merge(w, LATER_STILL, "A", 4, NULL);
    const struct task *now = task_of(w, "A", VENDOR);
    assert_true(is_open(w, "A", VENDOR));
    assert_str(now->tracker.key, "K-1");
    assert_str(now->description, "regulator");
}

/* That it was met is told where it was told already, and where it was met. */
static void what_was_met_goes_no_way_twice(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "A", 1, NULL);
    submit_to(w, "A", LAW, 1);
    close_knowing(w, AT, "B", 1, "C");
    struct duty met = duty_none;
    struct task done = *task_of(w, "A", LAW);
    done.moved_from = STR("A/obligation/law");
    met.incident_id = STR("A");
    met.name = STR(LAW);
    met.met = true;
    met.carried = (struct task_list){&done, 1};
    struct event event = {.type = EVENT_DUTY, .duty = &met};
    static const struct {
        const char *at, *passed[3];
    } all[] = {{"B", {"A", "B", "C"}}, {"A", {"C", "D", "E"}}};
    for (size_t i = 0; i < 2; i++) {
        event.incident_id = str_of(all[i].at);
        met.passed = list_of(w, 3, all[i].passed);
        assert_int_equal(give_event(w, event), DECIDE_OK);
        assert_news(w, "");
        assert_false(is_stored(w, state_duty_key(w->arena, event.incident_id, STR(LAW), STR("A"))));
    }
}

/* It comes home on its way from B to C as it was when it left, behind the closure that gives it another date. */
static void what_was_said_meanwhile_counts_at_home(void **state)
{
    struct world *w = owing(state);
    close_knowing(w, AT, "B", 1, NULL);
    close_knowing(w, AT, "C", 1, NULL);
    close_knowing(w, AT, "A", 1, "B");
    close_it(w, LATER, known_since(merged(w, "A", 2, "C"), "2026-11-20T06:00:00Z"));
    assert_time(task_of(w, "C", LAW)->due_at, "2026-11-23T06:00:00Z");
    close_knowing(w, LATER, "A", 3, "C");
    assert_time(task_of(w, "C", LAW)->due_at, "2026-11-23T00:00:00Z");
    assert_time(task_of(w, "B", LAW)->due_at, "2026-11-23T09:00:00Z");
}

/* ---- who waits for an incident that is not closed ---- */

/* What was done before does not wait. */
static void only_what_is_open_waits(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    add_party(w, e, "Vendor", PARTY_VENDOR, true);
    add_party(w, e, "Bank", PARTY_VENDOR, false);
    close_it(w, AT, e);
    sleep_until(w, "2026-11-28T10:00:00Z");
    assert_int_equal(outputs_n(w), 1);
    assert_str(output_at(w, 0)->reminder.summary,
               "A is merged into B, which is not closed yet: 1 duty waits there for 8 d");
}

/* Nor does a finding that B has sent home, and that A has still to send anew. */
static void what_is_on_its_way_home_does_not_wait(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    take_closure(w, AT, merged(w, "A", 2, NULL));
    take_closure(w, AT, merged(w, "A", 3, "B"));
    for (; taken < w->d.outputs.n; taken++) {
        const struct output *output = &w->d.outputs.items[taken];
        if (output->type != OUTPUT_FORWARD || !str_eq(output->incident_id, STR("B"))) continue;
        struct event event = arrived(w, output);
        assert_int_equal(take(w, &event), DECIDE_OK);
        run_until_ms(w, w->now);
    }
    assert_str(finding_of(w, "B", "A:F")->moved_to, "A");
    sleep_until(w, "2026-11-28T10:00:00Z");
    assert_int_equal(outputs_n(w), 1);
    assert_str(output_at(w, 0)->reminder.summary,
               "A is merged into B, which has not been closed for 8 d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
        TEST(for_others_it_has_their_date),
        TEST(what_went_home_is_owed_here_later),
        TEST(what_went_home_is_owed_where_it_is_merged),
        TEST(what_is_owed_no_more_is_owed_by_another),
        TEST(owed_again_with_the_merge_it_is_asked_for_there),
        TEST(what_is_not_owed_is_not_asked_for_there),
        TEST(what_was_submitted_in_part_goes_along),
        TEST(what_counts_from_a_deadline_has_the_earlier_date),
        TEST(a_time_that_is_learnt_later_counts_there),
        TEST(a_start_that_is_learnt_later_counts_too),
        TEST(one_that_the_policy_does_not_know_any_more_is_submitted_there),
        TEST(what_was_dismissed_before_stays_so),
        TEST(a_party_that_was_told_elsewhere_is_not_asked_for),
        TEST(a_party_of_another_kind_is_in_its_queue_there),
        TEST(named_again_while_it_is_worked_on_it_goes_on),
        TEST(what_was_put_aside_here_is_asked_for_by_another),
        TEST(a_party_without_a_key_goes_along),
        TEST(of_several_tasks_of_a_party_the_first_counts),
        TEST(lost_there_it_comes_home_with_what_was_said),
        TEST(what_was_met_goes_no_way_twice),
        TEST(what_was_said_meanwhile_counts_at_home),
        TEST(only_what_is_open_waits),
        TEST(what_is_on_its_way_home_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
