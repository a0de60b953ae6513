/* SPDX-License-Identifier: Apache-2.0 */
/* When what fell due is sent, and what one reminder stands for. */
#include "core/schedule.h"
#include "core_incident.h"

static struct world *w;

/* Nothing but P1 is sent at once. INC-1 has F-1, of medium severity, owned by a person. */
static void begin(void **state, const char *at, int severity)
{
    w = *state;
    everything_at_once(&w->policy, false);
    w->policy.at_once[PRIORITY_P1] = true;
    w->policy.review_every = days(10000);
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SEVERITY, severity, severity);
    SET_FINDING(f, TITLE, title, STR("Dumps"));
    SET_FINDING(f, OWNER, owner, owner("identity", "dev@example.com"));
    add_inline(w, e, f);
    take_closure(w, at, e);
}

/* Gives F-1 this date, or changes it. */
static void set_due(const char *at, int64_t revision, const char *due)
{
    TELL_FINDING(w, at, "F-1", revision, DUE_AT, due_at, t(due));
}

static const struct task *bug(void)
{
    return task_of(w, "INC-1", "bug/F-1");
}

static const struct output *last(void)
{
    return output_at(w, outputs_n(w) - 1);
}

static void assert_says(const char *says)
{
    struct str prefix = STR("INC-1/bug/F-1 'Dumps' "), all = last()->reminder.summary;
    const char *at = memmem(all.p, all.n, prefix.p, prefix.n);
    assert_non_null(at);
    at += prefix.n;
    assert_str((struct str){at, all.n - (size_t)(at - all.p)}, says);
}

static void no_due_soon_no_escalation(void)
{
    w->policy.due_soon.n = w->policy.escalation_n = 0;
}

static void what_can_wait_is_sent_in_the_morning(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    no_due_soon_no_escalation();
    set_due(NOON, 2, "2026-11-28T18:00:00Z"); /* a Saturday */
    run_until(w, "2026-11-30T08:59:59Z");
    assert_news(w, "bug/F-1/3 updated open [sla]\n");
    assert_time(wake_of(w, state_task_key(w->arena, STR("INC-1"), STR("bug/F-1"))),
                "2026-11-30T09:00:00Z");
    run_until(w, "2026-11-30T09:00:00Z");
    assert_news(w, "reminder overdue/1 bug/F-1 &due 2026-11-29T18:00 "
                   "owner=identity:dev@example.com on-call=identity\n");
    assert_time(last()->at, "2026-11-30T09:00:00Z");
    assert_false(last()->reminder.urgent);
    assert_says("is 39 h overdue");
    /* What fell due before it was sent is said now; the next falls due at 18:00. */
    run_until(w, "2026-12-01T09:00:00Z");
    assert_news(w, "reminder overdue/2 bug/F-1 2026-11-30T18:00 owner=identity:dev@example.com "
                   "on-call=identity\n");
    assert_says("is 2 d overdue");
}

static void what_is_urgent_is_sent_by_night(void **state)
{
    begin(state, NOON, SEVERITY_CRITICAL);
    no_due_soon_no_escalation();
    set_due(NOON, 2, "2026-11-22T03:00:00Z"); /* a Sunday */
    run_until(w, "2026-11-22T03:00:00Z");
    assert_news(w, "bug/F-1/3 updated open [sla]\n"
                   "reminder due/1 bug/F-1 2026-11-22T03:00 owner=identity:dev@example.com "
                   "on-call=identity\n");
    assert_true(last()->reminder.urgent);
    assert_says("is due now");
}

static void who_closes_it_in_time_hears_nothing(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    set_due(NOON, 2, "2026-11-28T18:00:00Z");
    run_until(w, "2026-11-30T08:59:00Z");
    take_status(w, "2026-11-30T08:59:00Z", 3, REPORTED_RESOLVED);
    run_until(w, "2026-12-31");
    assert_news(w, "");
}

/* A date that moves before anybody heard of the old one takes what waits along. */
static void a_date_that_moves_takes_along_what_waits(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    no_due_soon_no_escalation();
    set_due(NOON, 2, "2026-11-28T18:00:00Z");
    set_due("2026-11-29T12:00:00Z", 3, "2026-12-02T18:00:00Z");
    run_until(w, "2026-12-03T08:59:00Z");
    assert_news(w, "bug/F-1/5 updated open [sla]\n");
    run_until(w, "2026-12-04T09:00:00Z");
    assert_news(w, "reminder due/1 bug/F-1 2026-12-02T18:00 owner=identity:dev@example.com "
                   "on-call=identity\n"
                   "reminder overdue/1 bug/F-1 2026-12-03T18:00 "
                   "owner=identity:dev@example.com on-call=identity\n");
    /* The loss of its owner forgets nothing of what waits. */
    TELL_FINDING(w, "2026-12-05T12:00:00Z", "F-1", 4, OWNER, owner, owner(NULL, NULL));
    run_until(w, "2026-12-07T09:00:00Z");
    assert_news(w, "reminder overdue/2 bug/F-1 +2 2026-12-06T18:00 "
                   "response-team=security-response\n");
    run_until(w, "2026-12-08T09:00:00Z");
    assert_news(w, "reminder overdue/3 bug/F-1 &assign-due 2026-12-07T18:00 "
                   "response-team=security-response\n");
    assert_says("is 5 d overdue and has no owner");
}

/* What waited when a pause began waits for a morning behind its end. */
static void a_pause_takes_along_what_waits(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    w->policy.escalation_n = 0;
    w->policy.due_soon.n = 1;
    w->policy.sla[PRIORITY_P3].complete = days(18); /* half of it is over on a Sunday */
    TELL_FINDING(w, NOON, "F-1", 2, STATUS, status, REPORTED_VERIFIED);
    TELL_FINDING(w, NOON, "F-1", 3, STATUS, status, REPORTED_OPEN);
    TELL_FINDING(w, "2026-11-29T13:00:00Z", "F-1", 4, SNOOZED_UNTIL, snoozed_until,
                 t("2026-12-02T13:00:00Z"));
    run_until(w, "2026-12-03T08:59:59Z");
    assert_news(w, "bug/F-1/6 updated open [assign_due_at,due_at,snoozed_until,sla]\n");
    run_until(w, "2026-12-03T09:00:00Z");
    assert_news(w, "reminder due-soon/1 bug/F-1 2026-12-02T12:00 "
                   "owner=identity:dev@example.com\n");
}

/* An outage: all that fell due meanwhile is one, and speaks of now. */
static void one_reminder_stands_for_all(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    TELL_FINDING(w, NOON, "F-1", 2, OWNER, owner, owner(NULL, NULL));
    set_due(NOON, 3, "2026-12-02T18:00:00Z");
    sleep_until(w, "2026-12-08T10:00:00Z");
    assert_news(w, "bug/F-1/4 updated open [sla]\n"
                   "bug/F-1/5 updated open [sla]\n"
                   "reminder escalation/1 bug/F-1 &overdue &due &due-soon &assign-due +2 "
                   "2026-12-05T18:00 response-lead=:response-lead@example.com "
                   "response-team=security-response\n");
    assert_says("is 5 d overdue, has no owner and is escalated");
    assert_time(last()->at, "2026-12-08T09:00:00Z");
    assert_int_equal(bug()->reminders[REMINDER_ESCALATION].number, 1);
    assert_int_equal(bug()->reminders[REMINDER_DUE].number, 0); /* only what is sent is numbered */
}

/* What F-1's tick of that morning says at this time. */
static void assert_says_at(const char *now, const char *says)
{
    struct event tick = {.type = EVENT_TICK, .cause = {.at = t("2026-11-27T09:00:00Z")}};
    tick.tick_key = state_task_key(w->arena, STR("INC-1"), STR("bug/F-1"));
    w->seen = w->d.outputs.n;
    w->d.table = state_new(w->arena);
    struct entry *header = state_entry(w->d.table, STR("INC-1"));
    struct entry *holder = state_entry(w->d.table, STR("INC-1|f|F-1"));
    struct entry *entry = state_entry(w->d.table, tick.tick_key);
    header->exists = holder->exists = entry->exists = true;
    header->incident = arena_copy(w->arena, incident_of(w, "INC-1"), sizeof *header->incident);
    holder->finding = arena_copy(w->arena, finding_of(w, "INC-1", "F-1"), sizeof *holder->finding);
    entry->task = arena_copy(w->arena, bug(), sizeof *entry->task);
    w->d.now = t(now);
    assert_int_equal(decide_event(&w->d, &tick, tick.cause.at), DECIDE_OK);
    assert_news(w, "reminder due-soon/1 bug/F-1 2026-11-26T15:00 "
                   "owner=identity:dev@example.com\n");
    assert_time(last()->at, "2026-11-27T09:00:00Z");
    assert_says(says);
}

/* The horizon decides what is sent, the clock what it says of it. */
static void sentences_speak_from_the_time_of_sending(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    w->policy.escalation_n = 0;
    set_due(NOON, 2, "2026-12-02T18:00:00Z");
    assert_says_at("2026-11-27T09:00:00Z", "is due in 5 d");
    assert_says_at("2026-11-30T18:00:05Z", "is due in 2 d"); /* some seconds late are none */
    assert_says_at("2026-12-01T17:59:31Z", "is due in 24 h");
    assert_says_at("2026-12-01T18:00:31Z", "is due in 23 h");
    assert_says_at("2026-12-02T17:30:00.100Z", "is due in 30 min");
    assert_says_at("2026-12-02T17:59:57.020Z", "is due in 3 s");
    assert_says_at("2026-12-02T18:00:00.500Z", "is due now");
    assert_says_at("2026-12-03T18:00:05Z", "is 24 h overdue");
}

static void stale_ends_at_the_breach(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    no_due_soon_no_escalation();
    w->policy.overdue_max = 1;
    set_due(NOON, 2, "2026-12-05T06:00:00Z"); /* a Saturday; stale on the Friday before at noon */
    run_until(w, "2027-03-01");
    assert_news(w, "bug/F-1/3 updated open [sla]\n"
                   "reminder overdue/1 bug/F-1 &due +1 2026-12-07T06:00 "
                   "owner=identity:dev@example.com on-call=identity\n");
    assert_time(bug()->reminders[REMINDER_STALE].last, "2026-12-04T12:00:00Z");
    assert_int_equal(bug()->reminders[REMINDER_STALE].number, 0);
}

static void stale_and_nobody(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    no_due_soon_no_escalation();
    w->policy.assign_every = days(9);
    TELL_FINDING(w, NOON, "F-1", 2, OWNER, owner, owner(NULL, NULL));
    run_until(w, "2026-12-07T09:00:00Z");
    assert_news(w, "reminder assign-due/1 bug/F-1 2026-11-25T12:00 "
                   "response-team=security-response\n"
                   "reminder stale/1 bug/F-1 &assign-due 2026-12-04T12:00 "
                   "response-team=security-response\n");
    assert_says("has had no update for 16 d and has no owner");
}

/* `overdue_max` counts what was sent, not the days on which nobody looked. */
static void overdue_max_counts_what_was_sent(void **state)
{
    begin(state, NOON, SEVERITY_MEDIUM);
    no_due_soon_no_escalation();
    w->policy.overdue_max = 2;
    set_due(NOON, 2, "2026-11-27T18:00:00Z"); /* a Friday */
    run_until(w, "2027-01-30");
    assert_news(w, "bug/F-1/3 updated open [sla]\n"
                   "reminder overdue/1 bug/F-1 &due +1 2026-11-29T18:00 "
                   "owner=identity:dev@example.com on-call=identity\n"
                   "reminder overdue/2 bug/F-1 2026-11-30T18:00 "
                   "owner=identity:dev@example.com on-call=identity\n");
    /* Another date: afresh, with `due` at once though it is past. */
    set_due("2027-02-01T12:00:00Z", 3, "2027-01-20");
    run_until(w, "2027-03-01");
    assert_news(w, "reminder due/1 bug/F-1 2027-02-01T12:00 owner=identity:dev@example.com "
                   "on-call=identity\n"
                   "reminder overdue/3 bug/F-1 2027-02-02T12:00 "
                   "owner=identity:dev@example.com on-call=identity\n"
                   "reminder overdue/4 bug/F-1 2027-02-03T12:00 "
                   "owner=identity:dev@example.com on-call=identity\n");
    /* So after a snooze, */
    TELL_FINDING(w, "2027-03-01", "F-1", 4, SNOOZED_UNTIL, snoozed_until, t("2027-04-01"));
    run_until(w, "2027-05-01");
    assert_news(w, "bug/F-1/6 updated open [assign_due_at,snoozed_until,sla]\n"
                   "reminder due/2 bug/F-1 2027-04-01T00:00 owner=identity:dev@example.com "
                   "on-call=identity\n"
                   "reminder overdue/5 bug/F-1 2027-04-02T00:00 "
                   "owner=identity:dev@example.com on-call=identity\n"
                   "reminder overdue/6 bug/F-1 +2 2027-04-05T00:00 "
                   "owner=identity:dev@example.com on-call=identity\n");
    /* and when it becomes more urgent; not when less. */
    TELL_FINDING(w, "2027-05-03T12:00:00Z", "F-1", 5, SEVERITY, severity, SEVERITY_HIGH);
    run_until(w, "2027-06-01");
    assert_news(w, "reminder due/3 bug/F-1 2027-05-03T12:00 owner=identity:dev@example.com "
                   "on-call=identity\n"
                   "reminder overdue/7 bug/F-1 2027-05-04T12:00 "
                   "owner=identity:dev@example.com on-call=identity\n"
                   "reminder overdue/8 bug/F-1 2027-05-05T12:00 "
                   "owner=identity:dev@example.com on-call=identity\n");
    TELL_FINDING(w, "2027-06-01T12:00:00Z", "F-1", 6, SEVERITY, severity, SEVERITY_LOW);
    run_until(w, "2027-07-01");
    assert_news(w, "");
}

/* Asked for often enough it is the lead's matter; and asked for again when it is resolved again. */
static void verification_has_an_end(void **state)
{
    begin(state, NOON, SEVERITY_HIGH);
    w->policy.verify_max = 2;
    take_status(w, NOON, 2, REPORTED_RESOLVED);
    run_until(w, "2027-03-01");
    assert_news(w, "reminder verify-due/1 bug/F-1 2026-11-27T12:00 "
                   "response-team=security-response\n"
                   "reminder verify-due/2 bug/F-1 2026-12-04T12:00 "
                   "response-team=security-response\n"
                   "reminder escalation/1 bug/F-1 &verify-due 2026-12-11T12:00 "
                   "response-lead=:response-lead@example.com response-team=security-response\n");
    assert_time(last()->at, "2026-12-14T09:00:00Z");
    assert_says("was resolved 23 d ago, is not verified and is escalated");
    take_status(w, "2027-03-01", 3, REPORTED_IN_PROGRESS);
    take_status(w, "2027-03-01", 4, REPORTED_RESOLVED);
    run_until(w, "2027-03-09");
    assert_news(w, "reminder verify-due/3 bug/F-1 2027-03-08T00:00 "
                   "response-team=security-response\n");
    assert_says("was resolved 7 d ago and is not verified");
}

/* The register's groups are told of work; that it is done concerns the response team. */
static void groups_are_not_told_of_verification(void **state)
{
    begin(state, NOON, SEVERITY_HIGH);
    w->policy.verify_max = 0;
    struct finding_event *f = finding(w, "INC-1", "F-2", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    SET_FINDING(f, GROUPS, groups, groups(w, "payments", "legal"));
    SET_FINDING(f, STATUS, status, REPORTED_RESOLVED);
    take_finding(w, NOON, f);
    take_status(w, NOON, 2, REPORTED_WONT_FIX);
    TELL_TASK(w, NOON, "stakeholder-review", 1, STATUS, status, REPORTED_VERIFIED);
    run_until(w, "2027-03-01");
    assert_news(w, "reminder escalation/1 register-entry/F-2 &verify-due 2026-11-27T12:00 "
                   "response-lead=:response-lead@example.com response-team=security-response\n");
}

static void incidents_wait_for_the_morning_too(void **state)
{
    w = *state;
    everything_at_once(&w->policy, true);
    w->policy.at_once[PRIORITY_P4] = false;
    w->policy.review_every = days(12);
    w->policy.escalation_n = w->policy.due_soon.n = 0;
    w->policy.sla[PRIORITY_P2] = (struct sla_times){days(1000), days(1000), days(1000), days(1000)};
    take_closure(w, NOON, closure(w, "INC-1", 1));
    take_finding(w, NOON, technical(w, "F-1", 1));
    take_closure(w, NOON, closure(w, "INC-2", 1));
    take_finding(w, "2026-11-21T12:00:00Z", technical(w, "F-1", 1)); /* late, says nothing */
    struct finding_event *f = finding(w, "INC-3", "F-1", 1);
    take_finding(w, "2026-11-21T12:00:00Z", f);
    run_until(w, "2026-12-07T08:59:00Z");
    assert_news(w,
                "reminder orphan-finding/1 F-1 2026-11-28T12:00 "
                "response-team=security-response\n"
                "reminder review-due/1 INC-1 2026-12-02T12:00 response-team=security-response\n"
                "reminder review-due/1 INC-2 2026-12-02T12:00 response-team=security-response\n");
    assert_time(output_at(w, 0)->at, "2026-11-30T09:00:00Z");
    assert_time(output_at(w, 1)->at, "2026-12-03T09:00:00Z");
    run_until(w, "2026-12-07T09:00:00Z");
    assert_news(w, "reminder missing-findings/1 INC-2 2026-12-04T12:00 "
                   "response-team=security-response\n"
                   "reminder orphan-finding/2 F-1 2026-12-05T12:00 "
                   "response-team=security-response\n");
    assert_str(output_at(w, 0)->reminder.summary,
               "No finding has come for INC-2 since its follow-up began 16 d ago");
    assert_false(output_at(w, 0)->reminder.urgent);
}

static void reviews_are_of_one_day(void **state)
{
    w = *state;
    everything_at_once(&w->policy, false);
    w->policy.review_on = 1;
    w->policy.escalation_n = w->policy.due_soon.n = 0;
    w->policy.missing_findings_after = days(1000);
    w->policy.sla[PRIORITY_P2].stale = w->policy.sla[PRIORITY_P2].complete = days(1000);
    *w->policy.calendar.holidays = timestamp_days(2026, 11, 30);
    take_closure(w, NOON, closure(w, "INC-1", 1));
    run_until(w, "2026-11-23T09:00:00Z"); /* a Monday */
    assert_news(w, "reminder review-due/1 INC-1 2026-11-23T09:00 "
                   "response-team=security-response\n");
    take_closure(w, "2026-11-23T09:00:00Z", closure(w, "INC-2", 1));
    run_until(w, "2026-12-08");
    assert_news(w, "reminder review-due/2 INC-1 2026-12-01T09:00 response-team=security-response\n"
                   "reminder review-due/1 INC-2 2026-12-01T09:00 response-team=security-response\n"
                   "reminder review-due/3 INC-1 2026-12-07T09:00 response-team=security-response\n"
                   "reminder review-due/2 INC-2 2026-12-07T09:00 "
                   "response-team=security-response\n");
}

static void assert_sent(const struct policy *p, const char *due, const char *sent)
{
    assert_time(schedule_send_at(p, false, t(due)), sent);
    assert_time(schedule_send_at(p, true, t(due)), due);
}

static void the_next_morning(void **state)
{
    w = *state;
    struct policy *p = &w->policy;
    assert_sent(p, "2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z");
    assert_sent(p, "2026-11-20T09:00:00.001Z", "2026-11-23T09:00:00Z");
    assert_sent(p, "2026-11-20T00:00:00Z", "2026-11-20T09:00:00Z");
    assert_sent(p, "2026-12-24T10:00:00Z", "2026-12-28T09:00:00Z"); /* a holiday, a weekend */
    p->calendar.zone.offset = 330 * MINUTE_MS;
    assert_sent(p, "2026-11-20T03:30:00Z", "2026-11-20T03:30:00Z");
    assert_sent(p, "2026-11-20T18:45:00Z", "2026-11-23T03:30:00Z");
    p->calendar.zone.offset = -660 * MINUTE_MS;
    assert_sent(p, "2026-11-20T23:00:00Z", "2026-11-23T20:00:00Z");
    p->remind_at = 0;
    assert_sent(p, "2026-11-23T11:00:00Z", "2026-11-23T11:00:00Z");
    assert_sent(p, "2026-11-23T11:00:01Z", "2026-11-24T11:00:00Z");
    assert_true(schedule_send_at(p, false, TIME_NONE) == TIME_NONE);
}

static void the_next_day_of_review(void **state)
{
    w = *state;
    struct policy *p = &w->policy;
    p->review_on = 3;
    assert_time(schedule_review_on(p, t("2026-11-25T08:59:59Z")), "2026-11-25T09:00:00Z");
    assert_time(schedule_review_on(p, t("2026-11-25T09:00:00Z")), "2026-12-02T09:00:00Z");
    assert_time(schedule_review_on(p, t("2026-11-26")), "2026-12-02T09:00:00Z");
    /* A day off: the next working day, though the week is over. */
    p->review_on = 7;
    assert_time(schedule_review_on(p, t("2026-11-20")), "2026-11-23T09:00:00Z");
    assert_time(schedule_review_on(p, t("2026-11-23T08:00:00Z")), "2026-11-23T09:00:00Z");
    assert_time(schedule_review_on(p, t("2026-11-23T09:00:00Z")), "2026-11-30T09:00:00Z");
    p->review_on = 5;
    assert_time(schedule_review_on(p, t("2026-12-24T12:00:00Z")), "2026-12-28T09:00:00Z");
    assert_time(schedule_review_on(p, t("2026-12-28T09:00:00Z")), "2027-01-01T09:00:00Z");
    p->review_on = 1;
    assert_true(schedule_review_on(p, t("9998-12-31")) == TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(what_can_wait_is_sent_in_the_morning),
        TEST(what_is_urgent_is_sent_by_night),
        TEST(who_closes_it_in_time_hears_nothing),
        TEST(a_date_that_moves_takes_along_what_waits),
        TEST(a_pause_takes_along_what_waits),
        TEST(one_reminder_stands_for_all),
        TEST(sentences_speak_from_the_time_of_sending),
        TEST(stale_ends_at_the_breach),
        TEST(stale_and_nobody),
        TEST(overdue_max_counts_what_was_sent),
        TEST(verification_has_an_end),
        TEST(groups_are_not_told_of_verification),
        TEST(incidents_wait_for_the_morning_too),
        TEST(reviews_are_of_one_day),
        TEST(the_next_morning),
        TEST(the_next_day_of_review),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
