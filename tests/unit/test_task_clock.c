/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of a task: pauses, rises and falls of its priority, a second life, late and in time. */
#include "core_incident.h"

#define SATURDAY "2026-11-21T12:00:00Z"

/* F-1, a bug of a light incident, begun on Friday the 20th at noon. */
static struct world *bug_of(struct world *w, enum severity severity)
{
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SEVERITY, severity, severity);
    SET_FINDING(f, OWNER, owner, owner("identity", "dev@example.com"));
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    return w;
}

static const struct task *bug(struct world *w)
{
    return task_of(w, "INC-1", "bug/F-1");
}

static int64_t revisions = 10;

static void rate(struct world *w, const char *at, enum severity severity)
{
    TELL_FINDING(w, at, "F-1", revisions++, SEVERITY, severity, severity);
}

static void pause_until(struct world *w, const char *at, const char *until)
{
    TELL_FINDING(w, at, "F-1", revisions++, SNOOZED_UNTIL, snoozed_until, t(until));
    run_until(w, until);
}

static void say(struct world *w, const char *at, enum reported_status status)
{
    take_status(w, at, revisions++, status);
}

/* ---- days off ---- */

static void a_pause_ends_on_a_working_day(void **state)
{
    struct world *w = *state;
    w->policy.sla[PRIORITY_P1].complete = working_days(5);
    bug_of(w, SEVERITY_CRITICAL);
    assert_time(bug(w)->due_at, "2026-11-27T12:00:00Z");
    run_until(w, LATER);
    pause_until(w, LATER, "2026-11-25T12:00:00Z");
    assert_time(bug(w)->due_at, "2026-11-30T12:00:00Z"); /* not on Saturday */
    assert_time(bug(w)->assign_due_at, "2026-11-26T12:00:00Z");
    /* The points of the time given lie as they did: what was sent is not sent again, and 75 % comes
     * as late as the deadline. */
    assert_time(bug(w)->clock_start, "2026-11-23T12:00:00Z");
    run_until(w, "2026-11-28T17:00:00Z");
    assert_int_equal(bug(w)->reminders[REMINDER_DUE_SOON].number, 1);
    assert_int_equal(bug(w)->sla, SLA_ON_TRACK);
    run_until(w, "2026-11-28T18:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_AT_RISK);
    /* The time that it stood is a day, whatever the calendar made of it. */
    rate(w, "2026-11-28T18:00:00Z", SEVERITY_HIGH);
    assert_time(bug(w)->due_at, "2026-12-21T12:00:00Z");
}

/* It has been asked for; the deadline that comes once more does not ask again. */
static void who_was_asked_for_an_owner_is_not_asked_again(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    add_inline(w, e, technical(w, "F-1", 1));
    take_closure(w, "2026-11-23T12:00:00Z", e);
    run_until(w, "2026-11-26T13:00:00Z"); /* asked on Thursday at noon */
    assert_int_equal(bug(w)->reminders[REMINDER_ASSIGN_DUE].number, 1);
    pause_until(w, "2026-11-26T13:00:00Z", "2026-11-28T13:00:00Z");
    assert_time(bug(w)->assign_due_at, "2026-11-30T12:00:00Z");
    run_until(w, "2026-12-01T11:00:00Z");
    assert_int_equal(bug(w)->reminders[REMINDER_ASSIGN_DUE].number, 1);
    run_until(w, "2026-12-01T12:00:00Z");
    assert_int_equal(bug(w)->reminders[REMINDER_ASSIGN_DUE].number, 2);
}

/* ---- rises and falls ---- */

static void a_rise_leaves_a_share_of_the_new_time(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_MEDIUM);
    assert_time(bug(w)->due_at, "2027-01-19T12:00:00Z");
    rate(w, "2026-12-20T12:00:00Z", SEVERITY_CRITICAL);
    assert_time(bug(w)->due_at, "2026-12-22T06:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_AT_RISK);
    assert_time(bug(w)->assign_due_at, "2026-11-25T12:00:00Z"); /* it was that, and is no later */
    assert_time(bug(w)->first_breached_at, NULL);
}

static void an_early_rise_counts_from_the_start(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_LOW);
    assert_time(bug(w)->assign_due_at, "2026-11-27T12:00:00Z");
    pause_until(w, "2026-11-20T12:00:00Z", "2026-11-22T12:00:00Z");
    assert_time(bug(w)->assign_due_at, "2026-11-30T12:00:00Z"); /* from a Sunday */
    rate(w, "2026-11-23T12:00:00Z", SEVERITY_CRITICAL);
    assert_time(bug(w)->due_at, "2026-11-29T12:00:00Z");
    assert_time(bug(w)->assign_due_at, "2026-11-27T12:00:00Z");
}

static void the_share_of_working_days_ends_on_one(void **state)
{
    struct world *w = *state;
    w->policy.sla[PRIORITY_P1].complete = working_days(5);
    bug_of(w, SEVERITY_MEDIUM);
    rate(w, "2026-12-17T12:00:00Z", SEVERITY_CRITICAL); /* a quarter of a week ends on Saturday */
    assert_time(bug(w)->due_at, "2026-12-21T06:00:00Z");
}

static void a_rise_makes_nothing_later(void **state)
{
    struct world *w = *state;
    w->policy.sla[PRIORITY_P3].complete = days(2); /* the urgent ones have more */
    bug_of(w, SEVERITY_MEDIUM);
    rate(w, SATURDAY, SEVERITY_HIGH);
    assert_time(bug(w)->due_at, "2026-11-22T12:00:00Z");
    run_until(w, "2026-11-23T12:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_BREACHED);
    rate(w, "2026-11-23T12:00:00Z", SEVERITY_CRITICAL);
    assert_int_equal(bug(w)->priority, PRIORITY_P1);
    assert_time(bug(w)->due_at, "2026-11-22T12:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_BREACHED);
}

static void a_rise_during_a_pause_counts_from_its_end(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_MEDIUM);
    TELL_FINDING(w, "2026-12-10T12:00:00Z", "F-1", 2, SNOOZED_UNTIL, snoozed_until,
                 t("2026-12-30T12:00:00Z"));
    rate(w, "2026-12-20T12:00:00Z", SEVERITY_CRITICAL);
    assert_time(bug(w)->due_at, "2026-12-12T06:00:00Z"); /* as the clock stands */
    run_until(w, "2026-12-30T12:00:00Z");
    assert_time(bug(w)->due_at, "2027-01-01T06:00:00Z");
}

static void a_fall_takes_no_time_away(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_MEDIUM);
    rate(w, "2026-12-20T12:00:00Z", SEVERITY_CRITICAL);
    assert_time(bug(w)->due_at, "2026-12-22T06:00:00Z");
    rate(w, "2026-12-21T12:00:00Z", SEVERITY_HIGH); /* 30 days from the start are over */
    assert_time(bug(w)->due_at, "2026-12-22T06:00:00Z");
    rate(w, "2026-12-21T13:00:00Z", SEVERITY_MEDIUM);
    assert_time(bug(w)->due_at, "2027-01-19T12:00:00Z");
}

/* A Saturday is right for what was given in days, and no more when business days are. */
static void a_fall_to_working_days_ends_on_one(void **state)
{
    struct world *w = *state;
    w->policy.sla[PRIORITY_P1].complete = days(8);
    w->policy.sla[PRIORITY_P2].complete = working_days(2);
    bug_of(w, SEVERITY_CRITICAL);
    assert_time(bug(w)->due_at, "2026-11-28T12:00:00Z");
    rate(w, SATURDAY, SEVERITY_HIGH);
    assert_time(bug(w)->due_at, "2026-11-30T12:00:00Z");
}

static void no_priority_moves_a_date_that_was_given(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_MEDIUM);
    TELL_FINDING(w, SATURDAY, "F-1", 2, DUE_AT, due_at, t("2026-12-31"));
    rate(w, LATER, SEVERITY_CRITICAL);
    assert_time(bug(w)->due_at, "2026-12-31");
    /* It is taken back: the time of the priority that it has now, and of the pauses. */
    pause_until(w, LATER, "2026-11-25T12:00:00Z");
    TELL_FINDING(w, "2026-11-25T12:00:00Z", "F-1", revisions++, DUE_AT, due_at, TIME_NONE);
    assert_time(bug(w)->due_at, "2026-11-28T12:00:00Z");
}

/* ---- a second life ---- */

static void what_is_opened_again_is_rated_anew(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    evaluate(e, 0, 0);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_LOW);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_MEDIUM);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    say(w, NOON, REPORTED_RESOLVED);
    w->policy.evidence[KIND_RESPONSE_EVALUATION] = false;
    TELL_TASK(w, NOON, "response-evaluation", 1, STATUS, status, REPORTED_VERIFIED);
    e = closure(w, "INC-1", 2);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_CRITICAL);
    take_closure(w, LATER, e);
    assert_int_equal(bug(w)->priority, PRIORITY_P3); /* it is closed */
    TELL_TASK(w, LATER, "bug/F-1", 1, STATUS, status, REPORTED_OPEN);
    assert_int_equal(bug(w)->priority, PRIORITY_P2);
    assert_time(bug(w)->due_at, "2026-12-24T12:00:00Z");
    TELL_TASK(w, LATER, "response-evaluation", 2, STATUS, status, REPORTED_OPEN);
    const struct task *own = task_of(w, "INC-1", "response-evaluation");
    assert_int_equal(own->severity, SEVERITY_CRITICAL);
    assert_int_equal(own->priority, PRIORITY_P1);
    assert_time(own->due_at, "2026-12-01T12:00:00Z");
}

/* One of another kind knows no more of its finding than it did when it was superseded. */
static void what_was_superseded_is_rated_by_its_finding(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_LOW);
    TELL_FINDING(w, NOON, "F-1", 2, WORK, work, KIND_CHANGE_REQUEST);
    rate(w, NOON, SEVERITY_CRITICAL);
    assert_int_equal(bug(w)->severity, SEVERITY_LOW);
    TELL_TASK(w, LATER, "bug/F-1", 1, STATUS, status, REPORTED_IN_PROGRESS);
    assert_int_equal(bug(w)->severity, SEVERITY_CRITICAL);
    assert_time(bug(w)->due_at, "2026-12-01T12:00:00Z");
}

/* ---- late, in time, waived ---- */

static void late_once_is_done_late(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_CRITICAL);
    run_until(w, "2026-11-28T12:00:00Z");
    assert_time(bug(w)->first_breached_at, "2026-11-27T12:00:00Z");
    rate(w, "2026-11-28T12:00:00Z", SEVERITY_HIGH);
    assert_int_equal(bug(w)->sla, SLA_ON_TRACK);
    assert_time(bug(w)->first_breached_at, "2026-11-27T12:00:00Z");
    say(w, "2026-11-29T12:00:00Z", REPORTED_RESOLVED);
    say(w, "2026-11-30T12:00:00Z", REPORTED_VERIFIED);
    assert_int_equal(bug(w)->sla, SLA_MET_LATE);
    assert_int_equal(incident_of(w, "INC-1")->counts.met_late, 1);
    /* Another occurrence, another word. */
    say(w, "2026-12-01T12:00:00Z", REPORTED_OPEN);
    assert_time(bug(w)->first_breached_at, NULL);
    say(w, "2026-12-02T12:00:00Z", REPORTED_VERIFIED);
    assert_int_equal(bug(w)->sla, SLA_MET);
}

/* A date goes by while nobody looks: the end of the pause is its end, too. */
static void late_within_a_pause_is_late(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_CRITICAL);
    TELL_FINDING(w, NOON, "F-1", 2, DUE_AT, due_at, t("2026-11-22"));
    TELL_FINDING(w, SATURDAY, "F-1", 3, SNOOZED_UNTIL, snoozed_until, t("2026-12-01"));
    run_until(w, LATER);
    assert_int_equal(bug(w)->sla, SLA_PAUSED);
    say(w, LATER, REPORTED_VERIFIED);
    assert_int_equal(bug(w)->sla, SLA_MET_LATE);
    assert_time(bug(w)->first_breached_at, LATER);
}

static void what_was_not_done_is_waived(void **state)
{
    struct world *w = bug_of(*state, SEVERITY_CRITICAL);
    static const enum reported_status statuses[] = {REPORTED_WONT_FIX, REPORTED_DISMISSED};
    for (size_t i = 0; i < 2; i++) {
        say(w, NOON, statuses[i]);
        assert_int_equal(bug(w)->sla, SLA_WAIVED);
        assert_int_equal(incident_of(w, "INC-1")->counts.waived, 1);
    }
    say(w, NOON, REPORTED_VERIFIED);
    assert_int_equal(bug(w)->sla, SLA_MET);
    assert_int_equal(incident_of(w, "INC-1")->counts.waived, 0);
    assert_int_equal(incident_of(w, "INC-1")->counts.met, 1);
    say(w, NOON, REPORTED_OPEN);
    TELL_FINDING(w, NOON, "F-1", revisions++, WORK, work, KIND_CHANGE_REQUEST);
    assert_int_equal(bug(w)->resolution, RESOLUTION_SUPERSEDED);
    assert_int_equal(bug(w)->sla, SLA_WAIVED);
    /* It was late before it was given up: that is known, and no more. */
    run_until(w, "2026-11-28T12:00:00Z");
    TELL_CLOSURE(w, "2026-11-28T12:00:00Z", 2, MERGED_INTO, merged_into, STR("INC-2"));
    const struct task *request = task_of(w, "INC-1", "change-request/F-1");
    assert_int_equal(request->sla, SLA_WAIVED);
    assert_time(request->first_breached_at, "2026-11-27T12:00:00Z");
    assert_int_equal(incident_of(w, "INC-1")->counts.waived, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(a_pause_ends_on_a_working_day),
        TEST(who_was_asked_for_an_owner_is_not_asked_again),
        TEST(a_rise_leaves_a_share_of_the_new_time),
        TEST(an_early_rise_counts_from_the_start),
        TEST(the_share_of_working_days_ends_on_one),
        TEST(a_rise_makes_nothing_later),
        TEST(a_rise_during_a_pause_counts_from_its_end),
        TEST(a_fall_takes_no_time_away),
        TEST(a_fall_to_working_days_ends_on_one),
        TEST(no_priority_moves_a_date_that_was_given),
        TEST(what_is_opened_again_is_rated_anew),
        TEST(what_was_superseded_is_rated_by_its_finding),
        TEST(late_once_is_done_late),
        TEST(late_within_a_pause_is_late),
        TEST(what_was_not_done_is_waived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
