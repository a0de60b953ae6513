/* SPDX-License-Identifier: Apache-2.0 */
/* Obligations: what their clocks count from, whether they are owed, and who is told. */
#include "obligation_support.h"

/* ---- what it counts from ---- */

static void three_duties_to_one_party_are_three_tasks(void **state)
{
    struct world *w = chain(state, FLAG_DATA_BREACH);
    struct closure_event *e = known(w, 1);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    add_party(w, e, "Authority", PARTY_REGULATOR, true);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 full 0/0\n"
                   "postmortem/1 created open\n"
                   "findings-report/1 created open\n"
                   "coordination/Authority/1 created open\n"
                   "coordination/Authority/2 closed closed:done "
                   "[status,resolution,closed_at,sla]\n"
                   "obligation/early/1 created open\n"
                   "obligation/full/1 created open\n"
                   "obligation/final/1 created open\n");
    assert_str(task(w, "early")->title, "Notify Authority: Notice");
    assert_str(task(w, "early")->description, "regulator; counts from known_at");
    assert_str(task(w, "early")->policy_rule, "obligation/early");
    assert_int_equal(task(w, "early")->queue, QUEUE_RESPONSE_TEAM); /* of the tests' policy */
    assert_time(task(w, "early")->due_at, "2026-11-20T15:00:00Z");
    assert_time(task(w, "early")->assign_due_at, "2026-11-20T15:00:00Z");
    assert_time(task(w, "full")->due_at, "2026-11-22T15:00:00Z");
    assert_time(task(w, "final")->due_at, "2026-12-22T15:00:00Z");
    assert_str(task(w, "final")->description,
               "regulator; counts from the deadline of full until that is submitted");
    /* Said again, nothing is new. */
    take_closure(w, NOON, known(w, 2));
    assert_news(w, "");
}

static void what_it_counts_from(void **state)
{
    static const struct {
        enum obligation_start from;
        const char *due;
    } all[] = {{FROM_STARTED_AT, "2026-11-02"},
               {FROM_DETECTED_AT, "2026-11-03"},
               {FROM_KNOWN_AT, "2026-11-04"},
               {FROM_CONTAINED_AT, "2026-11-05"},
               {FROM_CLOSED_AT, "2026-11-20T17:00:00Z"}};
    struct world *w = *state;
    struct obligation duties[5];
    for (size_t i = 0; i < 5; i++)
        duties[i] = duty(obligation_start_name(all[i].from).p, all[i].from, 24);
    owe(w, duties, 5);
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, STARTED_AT, started_at, t("2026-11-01"));
    SET_CLOSURE(e, DETECTED_AT, detected_at, t("2026-11-02"));
    SET_CLOSURE(e, KNOWN_AT, known_at, t("2026-11-03"));
    SET_CLOSURE(e, CONTAINED_AT, contained_at, t("2026-11-04"));
    take_closure(w, NOON, e);
    for (size_t i = 0; i < 5; i++)
        assert_time(task(w, obligation_start_name(all[i].from).p)->due_at, all[i].due);
}

static void where_that_is_not_known_the_nearest_counts(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 24));
    take_closure(w, NOON, closure(w, "INC-1", 1));
    assert_time(task(w, "early")->due_at, "2026-11-20T17:00:00Z");
    assert_str(task(w, "early")->description,
               "regulator; counts from closed_at: known_at is not known");
    assert_warned(w, 2, "known_at", "closed_at");
    /* A second closing restarts no clock. */
    struct closure_event *e = closure(w, "INC-1", 2);
    e->incident.closed_at = t("2026-11-20T11:00:00Z");
    take_closure(w, NOON, e);
    assert_news(w, "");
    TELL_CLOSURE(w, NOON, 3, DETECTED_AT, detected_at, t(DETECTED));
    assert_news(w, "obligation/early/2 updated open [description,due_at,sla]\n");
    assert_warned(w, 0, "known_at", "detected_at");
    TELL_CLOSURE(w, NOON, 4, KNOWN_AT, known_at, t(KNOWN));
    assert_news(w, "obligation/early/3 updated open [description,due_at,sla]\n");
    assert_int_equal(output_at(w, 0)->warnings.n, 0);
    assert_str(task(w, "early")->description, "regulator; counts from known_at");
    /* Forgotten again. */
    TELL_CLOSURE(w, NOON, 5, DETECTED_AT, detected_at, TIME_NONE);
    assert_news(w, "");
    assert_time(task(w, "early")->due_at, "2026-11-20T15:00:00Z");
}

static void of_two_bounds_the_earlier_one(void **state)
{
    struct obligation o = duty("initial", FROM_KNOWN_AT, 4);
    o.has_latest = true;
    o.at_latest = (struct obligation_time){.from = FROM_DETECTED_AT, .within = hours(24)};
    struct world *w = one(state, o);
    struct closure_event *e = known(w, 1);
    take_closure(w, NOON, e);
    assert_time(task(w, "initial")->due_at, "2026-11-19T19:00:00Z");
    TELL_CLOSURE(w, NOON, 2, KNOWN_AT, known_at, t("2026-11-20T08:00:00Z"));
    assert_time(task(w, "initial")->due_at, "2026-11-20T09:00:00Z");
    /* Over before the other begins: classified too late for it. */
    TELL_CLOSURE(w, NOON, 3, KNOWN_AT, known_at, t("2026-11-20T10:00:00Z"));
    assert_time(task(w, "initial")->due_at, "2026-11-20T14:00:00Z");
    /* Not classified at all: the other bound is what is sure. */
    TELL_CLOSURE(w, NOON, 4, KNOWN_AT, known_at, TIME_NONE);
    assert_time(task(w, "initial")->due_at, "2026-11-20T09:00:00Z");
    assert_warned(w, 0, "known_at", "detected_at");
    TELL_CLOSURE(w, NOON, 5, DETECTED_AT, detected_at, TIME_NONE);
    assert_str(task(w, "initial")->description,
               "regulator; counts from closed_at: known_at is not known");
}

static void a_chain_follows_its_submissions(void **state)
{
    struct world *w = chain(state, 0);
    struct obligation more[4];
    memcpy(more, w->policy.obligations, 3 * sizeof *more);
    more[3] = duty("last", FROM_AFTER, 24);
    more[3].time.after = 2;
    more[3].time.after_id = STR("final");
    owe(w, more, 4);
    take_closure(w, NOON, known(w, 1));
    assert_time(task(w, "last")->due_at, "2026-12-23T15:00:00Z");
    submit(w, NOON, "full", 1, "2026-11-20T10:00:00Z");
    assert_news(w, "obligation/full/2 closed closed:done "
                   "[status,resolution,closed_at,sla,evidence,submitted_at,met,margin_s]\n"
                   "obligation/final/2 updated open [description,due_at]\n"
                   "obligation/last/2 updated open [due_at]\n");
    assert_time(task(w, "final")->due_at, "2026-12-20T10:00:00Z");
    assert_time(task(w, "last")->due_at, "2026-12-21T10:00:00Z");
    assert_str(task(w, "final")->description, "regulator; counts from the submission of full");
    submit(w, NOON, "final", 1, "2026-11-20T11:00:00Z");
    assert_true(task_margin_s(task(w, "final")) == 30 * 24 * 3600 - 3600);
    assert_time(task(w, "last")->due_at, "2026-11-21T11:00:00Z");
    /* Corrected by a later record, and that of one that is done as well. */
    submit(w, NOON, "full", 2, "2026-11-20T09:00:00Z");
    assert_news(w, "obligation/full/3 updated closed:done [submitted_at,margin_s]\n"
                   "obligation/final/4 updated closed:done [due_at,margin_s]\n");
    assert_true(task_margin_s(task(w, "final")) == 30 * 24 * 3600 - 2 * 3600);
    /* Late, twice, and of an earlier revision. */
    submit(w, NOON, "full", 2, "2026-11-20T09:00:00Z");
    assert_news(w, "");
    submit(w, NOON, "full", 1, "2026-11-20T11:00:00Z");
    assert_news(w, "");
}

static void a_link_that_is_not_owed_still_has_a_date(void **state)
{
    struct world *w = chain(state, 0);
    w->policy.obligations[1].when = conditions_of(w->arena, FLAG_DATA_BREACH);
    take_closure(w, NOON, known(w, 1));
    assert_time(task(w, "final")->due_at, "2026-12-22T15:00:00Z");
    assert_false(is_stored(w, STR("INC-1|t|obligation/full")));
    TELL_CLOSURE(w, NOON, 2, DATA_BREACH, data_breach, TRI_TRUE);
    submit(w, NOON, "full", 1, "2026-11-20T09:00:00Z");
    assert_time(task(w, "final")->due_at, "2026-12-20T09:00:00Z");
    /* Withdrawn and not owed any more: dismissed, with the assessment. */
    say(w, NOON, "full", 2, REPORTED_OPEN);
    assert_time(task(w, "final")->due_at, "2026-12-22T15:00:00Z");
    TELL_CLOSURE(w, NOON, 3, DATA_BREACH, data_breach, TRI_FALSE);
    assert_time(task(w, "final")->due_at, "2026-12-22T15:00:00Z");
    assert_int_equal(task(w, "full")->resolution, RESOLUTION_SUPERSEDED);
    struct task_update_event *u = told(w, "final", 1);
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, NOON, u);
    say(w, NOON, "final", 2, REPORTED_DISMISSED);
    assert_int_equal(task(w, "final")->resolution, RESOLUTION_DISMISSED);
    say(w, NOON, "early", 1, REPORTED_IN_PROGRESS); /* what is dismissed stays as it is */
    assert_news(w, "obligation/early/2 updated in-progress [status]\n");
}

/* An authority's days off count, those of the policy do not: they move no date of the law's. */
static void it_may_count_by_a_calendar_of_its_own(void **state)
{
    static const struct calendar weekdays = {.working_days = 0x1f};
    struct obligation o[] = {duty("early", FROM_KNOWN_AT, 24), duty("full", FROM_KNOWN_AT, 24)};
    o[0].time.within = o[1].time.within = working_days(3); /* from a Thursday on */
    o[0].calendar = &weekdays;
    struct world *w = *state;
    owe(w, o, 2);
    take_closure(w, NOON, known(w, 1));
    assert_time(task(w, "early")->due_at, "2026-11-24T15:00:00Z");
    assert_time(task(w, "full")->due_at, "2026-11-22T15:00:00Z");
}

/* Whenever on the Thursday it was known. Another bound is as it says. */
static void whole_days_may_end_at_one_time(void **state)
{
    static const struct calendar weekdays = {.working_days = 0x1f};
    struct obligation o = duty("early", FROM_KNOWN_AT, 24);
    o.time.within = working_days(4);
    o.calendar = &weekdays;
    o.has_until = true;
    o.until = 17 * HOUR_MS + 30 * MINUTE_MS;
    struct world *w = one(state, o);
    take_closure(w, NOON, known(w, 1));
    assert_time(task(w, "early")->due_at, "2026-11-25T17:30:00Z");
    TELL_CLOSURE(w, NOON, 2, KNOWN_AT, known_at, t("2026-11-19T22:00:00Z"));
    assert_time(task(w, "early")->due_at, "2026-11-25T17:30:00Z");
    w->policy.obligations[0].has_latest = true;
    w->policy.obligations[0].at_latest =
        (struct obligation_time){.from = FROM_DETECTED_AT, .within = working_days(2)};
    TELL_CLOSURE(w, NOON, 3, KNOWN_AT, known_at, t("2026-11-19T15:00:00Z"));
    assert_time(task(w, "early")->due_at, "2026-11-23T09:00:00Z");
}

/* ---- whether it is owed ---- */

static void its_condition_closes_it_and_opens_it_again(void **state)
{
    struct obligation o = duty("early", FROM_KNOWN_AT, 72);
    struct world *w = *state;
    o.when = conditions_of(w->arena, FLAG_DATA_BREACH);
    owe(w, &o, 1);
    struct closure_event *e = known(w, 1);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_FALSE);
    take_closure(w, NOON, e);
    assert_false(is_stored(w, STR("INC-1|t|obligation/early")));
    TELL_CLOSURE(w, NOON, 2, DATA_BREACH, data_breach, TRI_TRUE);
    TELL_CLOSURE(w, NOON, 3, DATA_BREACH, data_breach, TRI_FALSE);
    assert_news(w, "obligation/early/2 closed closed:superseded "
                   "[status,resolution,reason,closed_at,sla]\n");
    assert_str(task(w, "early")->reason,
               "no longer owed: the incident does not meet its condition any more");
    TELL_CLOSURE(w, NOON, 4, CUSTOMER_IMPACTING, customer_impacting, TRI_TRUE);
    assert_int_equal(task(w, "early")->status, STATUS_CLOSED);
    say(w, NOON, "early", 1, REPORTED_OPEN);
    assert_news(w, "obligation/early/3 updated closed:superseded\n");
    assert_warned(w, 0, "status", "closed: it is not owed");
    /* With its old clock: the law's does not begin again. */
    TELL_CLOSURE(w, LATER, 5, DATA_BREACH, data_breach, TRI_TRUE);
    assert_news(w, "obligation/early/4 reopened open "
                   "[status,resolution,reason,closed_at,sla,occurrence]\n");
    assert_time(task(w, "early")->due_at, "2026-11-22T15:00:00Z");
    submit(w, LATER, "early", 2, "2026-11-21T15:00:00Z");
    assert_int_equal(task(w, "early")->sla, SLA_MET);
    /* Done stays done. */
    TELL_CLOSURE(w, LATER, 6, DATA_BREACH, data_breach, TRI_FALSE);
    assert_news(w, "");
}

static void it_comes_back_with_its_incident(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    TELL_CLOSURE(w, NOON, 2, DISPOSITION, disposition, DISPOSITION_TEST);
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DISMISSED);
    say(w, NOON, "early", 1, REPORTED_OPEN);
    assert_warned(w, 0, "status", "closed: it is not owed");
    TELL_CLOSURE(w, NOON, 3, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    assert_int_equal(task(w, "early")->status, STATUS_OPEN);
    assert_time(task(w, "early")->due_at, "2026-11-22T15:00:00Z");
}

static void one_that_the_policy_does_not_know_any_more_stays(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    owe(w, &(struct obligation){0}, 0);
    take_closure(w, NOON, known(w, 2));
    assert_news(w, "");
    run_until(w, "2026-11-22T15:00:00Z");
    assert_int_equal(task(w, "early")->sla, SLA_BREACHED);
    struct closure_event *e = known(w, 3);
    add_submission(w, e, "early", t("2026-11-22T15:00:01Z"), true);
    add_submission(w, e, "never", t("2026-11-22T15:00:01Z"), true);
    take_closure(w, LATER, e);
    assert_warned(w, 0, "obligations[never]", "unknown-obligation: kept for the report alone");
    assert_int_equal(task(w, "early")->sla, SLA_MET_LATE);
    assert_true(task_margin_s(task(w, "early")) == -1);
}

static void a_rule_of_the_policy_may_decide_whose_it_is(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    struct policy_rule rule = {.name = STR("rules/legal"), .owner = owner("legal", NULL)};
    w->policy.rules = &rule;
    w->policy.rules_n = 1;
    take_closure(w, NOON, known(w, 1));
    assert_str(task(w, "early")->policy_rule, "rules/legal");
    assert_str(task(w, "early")->owner.team, "legal");
    assert_time(task(w, "early")->due_at, "2026-11-22T15:00:00Z");
    TELL_CLOSURE(w, NOON, 2, KNOWN_AT, known_at, t(DETECTED));
    assert_str(task(w, "early")->policy_rule, "rules/legal");
}

static void what_a_merged_incident_owed_is_owed_where_it_goes_on(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    submit(w, NOON, "early", 1, NOON);
    TELL_CLOSURE(w, NOON, 2, MERGED_INTO, merged_into, STR("INC-2"));
    say(w, NOON, "early", 2, REPORTED_OPEN);
    assert_str(task(w, "early")->moved_to, "INC-2/obligation/early");
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DUPLICATE);
}

static void what_is_not_owed_stays_so_where_it_is_none(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    submit(w, NOON, "early", 1, NOON);
    TELL_CLOSURE(w, NOON, 2, DISPOSITION, disposition, DISPOSITION_TEST);
    say(w, NOON, "early", 2, REPORTED_OPEN);
    assert_warned(w, 0, "status", "closed: it is not owed");
}

/* ---- who is told ---- */

static void a_legal_deadline_does_not_wait_for_the_morning(void **state)
{
    struct obligation o = duty("early", FROM_KNOWN_AT, 24);
    o.lead = (struct points){{10}, 1};
    o.has_lead = true;
    struct world *w = one(state, o);
    everything_at_once(&w->policy, false);
    w->policy.escalation_n = 0;
    struct closure_event *e = known(w, 1);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_LOW);
    SET_CLOSURE(e, KNOWN_AT, known_at, t("2026-11-20T22:00:00Z"));
    take_closure(w, NOON, e);
    run_until(w, "2026-11-21T00:24:00Z"); /* a Saturday, by night */
    assert_news(w, "obligation/early/2 updated open [sla]\n"
                   "reminder due-soon/1 obligation/early 2026-11-21T00:24 "
                   "on-call=security-response\n");
}

static void what_was_over_before_is_said_once(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 24));
    struct closure_event *e = known(w, 1);
    SET_CLOSURE(e, KNOWN_AT, known_at, t("2026-11-10T12:00:00Z"));
    take_closure(w, NOON, e);
    run_until(w, NOON);
    assert_str(
        output_at(w, 0)->reminder.summary,
        "P2 obligation INC-1/obligation/early 'Notify Authority: Notice' is 9 d overdue (and "
        "was before it could be known) and is escalated");
    run_until(w, "2026-11-21T12:00:00Z");
    assert_int_equal(outputs_n(w), 1);
    assert_str(output_at(w, 0)->reminder.summary,
               "P2 obligation INC-1/obligation/early 'Notify Authority: Notice' is 10 d overdue");
    say(w, LATER, "early", 1, REPORTED_IN_PROGRESS);
    submit(w, LATER, "early", 2, LATER);
    say(w, LATER, "early", 3, REPORTED_OPEN);
    run_until(w, LATER);
    assert_null(strstr(output_at(w, 0)->reminder.summary.p, "could be known"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(three_duties_to_one_party_are_three_tasks),
        TEST(what_it_counts_from),
        TEST(where_that_is_not_known_the_nearest_counts),
        TEST(of_two_bounds_the_earlier_one),
        TEST(a_chain_follows_its_submissions),
        TEST(a_link_that_is_not_owed_still_has_a_date),
        TEST(it_may_count_by_a_calendar_of_its_own),
        TEST(whole_days_may_end_at_one_time),
        TEST(its_condition_closes_it_and_opens_it_again),
        TEST(it_comes_back_with_its_incident),
        TEST(one_that_the_policy_does_not_know_any_more_stays),
        TEST(a_rule_of_the_policy_may_decide_whose_it_is),
        TEST(what_a_merged_incident_owed_is_owed_where_it_goes_on),
        TEST(what_is_not_owed_stays_so_where_it_is_none),
        TEST(a_legal_deadline_does_not_wait_for_the_morning),
        TEST(what_was_over_before_is_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
