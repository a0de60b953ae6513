/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes due about an incident: reviews, missing findings, the end of retention. */
#include <stdio.h>

#include "core_incident.h"

static void a_review_of_what_is_open(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, TITLE, title, STR("Key\nread"));
    add_party(w, e, "Vendor", PARTY_VENDOR, true);
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    SET_FINDING(f, DUE_AT, due_at, t("2026-11-25"));
    add_inline(w, e, f);
    f = finding(w, "INC-1", "F-2", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    assert_time(wake_of(w, STR("INC-1")), "2026-11-27T12:00:00Z");
    sleep_until(w, "2026-11-27T12:00:00Z");
    const struct reminder_output *r = NULL;
    for (size_t i = 0; i < outputs_n(w); i++)
        if (output_at(w, i)->type == OUTPUT_REMINDER && !output_at(w, i)->reminder.task)
            r = &output_at(w, i)->reminder;
    assert_non_null(r);
    assert_str(r->summary, "Review of INC-1 'Key read' is due: 3 open, 1 of them overdue");
    assert_str(r->incident->incident_id, "INC-1");
    assert_int_equal(r->open_n, 3);
    assert_str(r->open[0]->name, "bug/F-1"); /* the most urgent first */
    assert_str(r->open[1]->name, "bug/F-2");
    assert_str(r->open[2]->name, "response-evaluation");
}

/* Overdue is what somebody is late with: not what is done or paused. */
static void what_a_review_calls_overdue(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    const char *ids[] = {"F-1", "F-2", "F-3"};
    for (int i = 0; i < 3; i++) {
        struct finding_event *f = technical(w, ids[i], 1);
        SET_FINDING(f, DUE_AT, due_at, t("2026-11-25"));
        if (i == 1) SET_FINDING(f, STATUS, status, REPORTED_RESOLVED);
        if (i == 2) SET_FINDING(f, SNOOZED_UNTIL, snoozed_until, t("2026-12-25"));
        add_inline(w, e, f);
    }
    take_closure(w, NOON, e);
    sleep_until(w, "2026-11-27T12:00:00Z");
    const struct reminder_output *r = NULL;
    for (size_t i = 0; i < outputs_n(w); i++)
        if (output_at(w, i)->type == OUTPUT_REMINDER && !output_at(w, i)->reminder.task)
            r = &output_at(w, i)->reminder;
    assert_non_null(r);
    assert_str(r->summary, "Review of INC-1 is due: 3 open, 1 of them overdue, 1 paused");
}

/* A scanner in a loop can make any number of findings; the reminder must still fit a record. */
static void a_review_of_more_than_anybody_reads(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    for (int i = 0; i < 301; i++) {
        char id[16];
        snprintf(id, sizeof id, "F-%d", i);
        add_inline(w, e, technical(w, id, 1));
    }
    take_closure(w, NOON, e);
    sleep_until(w, "2026-11-27T12:00:00Z");
    const struct reminder_output *r = NULL;
    for (size_t i = 0; i < outputs_n(w); i++)
        if (output_at(w, i)->type == OUTPUT_REMINDER && !output_at(w, i)->reminder.task)
            r = &output_at(w, i)->reminder;
    assert_non_null(r);
    assert_int_equal(r->open_n, 300);
    assert_str(r->summary,
               "Review of INC-1 is due: 301 open, 0 of them overdue; the 300 most urgent "
               "are listed");
}

static void reviews_repeat_and_coalesce(void **state)
{
    struct world *w = *state;
    w->policy.escalation_n = w->policy.due_soon.n = 0;
    w->policy.sla[PRIORITY_P2].complete = w->policy.sla[PRIORITY_P2].stale = days(1000);
    take_closure(w, NOON, closure(w, "INC-1", 1));
    TELL_FINDING(w, NOON, "F-1", 1, STATUS, status, REPORTED_VERIFIED);
    run_until(w, "2026-12-04T12:00:00Z");
    assert_news(w,
                "reminder review-due/1 INC-1 2026-11-27T12:00 response-team=security-response\n"
                "reminder review-due/2 INC-1 2026-12-04T12:00 response-team=security-response\n");
    sleep_until(w, "2026-12-31T12:00:00Z");
    assert_news(
        w, "reminder review-due/3 INC-1 +2 2026-12-25T12:00 response-team=security-response\n");
    assert_str(output_at(w, 0)->reminder.summary,
               "Review of INC-1 is due: 2 open, 0 of them overdue");
    /* The next occurrence counts afresh. */
    w->policy.evidence[KIND_RESPONSE_EVALUATION] = false;
    TELL_TASK(w, "2026-12-31T12:00:00Z", "response-evaluation", 1, STATUS, status,
              REPORTED_VERIFIED);
    TELL_TASK(w, "2026-12-31T12:00:00Z", "stakeholder-review", 1, STATUS, status,
              REPORTED_VERIFIED);
    run_until(w, "2027-02-01");
    assert_news(w, "");
    TELL_TASK(w, "2027-02-01", "response-evaluation", 2, STATUS, status, REPORTED_OPEN);
    run_until(w, "2027-02-08");
    assert_news(w,
                "reminder review-due/1 INC-1 2027-02-08T00:00 response-team=security-response\n");
    assert_int_equal(output_at(w, 0)->reminder.occurrence, 2);
}

static void no_finding_came(void **state)
{
    struct world *w = *state;
    w->policy.review_every = days(1000);
    w->policy.escalation_n = w->policy.due_soon.n = 0;
    w->policy.sla[PRIORITY_P2].complete = w->policy.sla[PRIORITY_P2].stale = days(1000);
    TELL_CLOSURE(w, NOON, 1, TITLE, title, STR("Key read"));
    take_closure(w, NOON, closure(w, "INC-2", 1));
    take_finding(w, NOON, finding(w, "INC-2", "F-1", 1));
    struct closure_event *e = closure(w, "INC-3", 1);
    complete_closure(w, e); /* nothing to do: it completes at once, and is not asked */
    take_closure(w, NOON, e);
    struct task_update_event *u = task_update(w, "INC-2", "register-entry/F-1", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    take_update(w, NOON, u);
    run_until(w, "2027-06-01");
    assert_news(w, "reminder missing-findings/1 INC-1 2026-12-04T12:00 "
                   "response-team=security-response\n");
    const struct reminder_output *r = &output_at(w, 0)->reminder;
    assert_str(r->summary,
               "No finding has come for INC-1 'Key read' since its follow-up began 14 d ago");
    assert_int_equal(r->open_n, 1);
    assert_null(r->task);
}

static void retention_deletes_the_past(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    assert_time(wake_of(w, STR("INC-1")), "2027-11-20T12:00:00Z");
    run_until(w, "2027-11-20T11:59:59Z");
    assert_true(is_stored(w, STR("INC-1|f|F-1")));
    run_until(w, "2027-11-20T12:00:00Z");
    assert_news(w, "");
    assert_false(is_stored(w, STR("INC-1|c")));
    assert_false(is_stored(w, STR("INC-1|f|F-1")));
    assert_false(is_stored(w, STR("INC-1|t|bug/F-1")));
    assert_true(is_stored(w, STR("INC-1")));
    assert_true(wake_of(w, STR("INC-1")) == TIME_NONE);
    take_closure(w, "2027-12-01", e); /* late for ever */
    assert_news(w, "");
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    struct event event = {
        .type = EVENT_TASK_UPDATE, .incident_id = u->incident_id, .task_update = u};
    assert_int_equal(take(w, &event), DECIDE_REJECT);

    /* A later life has ids that were never used. */
    f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, "2027-12-01", f);
    assert_news(w, "opened/2 light 0/1\n"
                   "register-entry/F-1~2/1 created open\n"
                   "sop-update/F-1~2/1 created open\n"
                   "stakeholder-review~2/1 created open\n");
    f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    take_finding(w, "2027-12-01", f);
    assert_news(w, "register-entry/F-1~2/2 closed closed:done [status,resolution,closed_at,sla]\n");
    u = task_update(w, "INC-1", "register-entry/F-1~2", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    take_update(w, "2027-12-01", u);
    assert_news(w, "");
    const char *rest[] = {"sop-update/F-1~2", "stakeholder-review~2"};
    for (int i = 0; i < 2; i++) {
        TELL_TASK(w, "2027-12-01", rest[i], 1, STATUS, status, REPORTED_VERIFIED);
    }
    assert_news(w, "stakeholder-review~2/2 closed closed:done [status,resolution,closed_at,sla]\n"
                   "completed/2 light 0/4\n");
    run_until(w, "2029-01-01");
    assert_false(is_stored(w, STR("INC-1|f|F-1")));
    take_finding(w, "2029-01-01", finding(w, "INC-1", "F-1", 1));
    assert_news(w, "opened/3 light 0/4\n"
                   "register-entry/F-1~3/1 created open\n"
                   "stakeholder-review~3/1 created open\n");
}

/* INC-1 is closed with this finding, which is done: nothing is left to do. */
static void complete_with(struct world *w, const char *finding_id)
{
    struct closure_event *e = closure(w, "INC-1", 1);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    struct finding_event *f = technical(w, finding_id, -1);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
}

/* What a second life adds to a name cannot be a part of another finding's. */
static void no_name_of_a_later_life_is_one_of_the_first(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    complete_with(w, "F~2");
    run_until(w, "2026-12-20");
    take_finding(w, "2026-12-20",
                 technical(w, "F", 1)); /* check_outputs looks for ids that were used */
    assert_news(w, "opened/2 light 0/1\nbug/F~2/1 created open\n");
}

/* A worker that was late gives the events of one that was in time: what a record from after the end
 * of retention finds does not depend on whether the tick of that end has come before it. */
static void late(struct world *w, bool in_time)
{
    w->policy.retention = days(10);
    w->d.step_max = 2;
    struct closure_event *e = closure(w, "INC-1", 1);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    for (int i = 0; i < 20; i++) {
        struct finding_event *f = technical(w, arena_printf(w->arena, "F-%d", i).p, -1);
        SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
        add_inline(w, e, f);
    }
    take_closure(w, NOON, e);
    assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_COMPLETED);
    size_t parts = w->parts;
    if (in_time) run_until(w, "2026-11-30T12:00:00Z");
    take_finding(w, "2026-11-30T12:00:00Z", technical(w, "F-1", 7));
    assert_news(w, "opened/2 light 0/20\nbug/F-1~2/1 created open\n");
    assert_true(w->parts > parts + 1);
    assert_false(is_stored(w, STR("INC-1|t|bug/F-1")));
}

static void a_record_from_after_retention_finds_the_past_deleted(void **state)
{
    late(*state, true);
    struct world *w = world_new();
    late(w, false);
    struct closure_event *e = closure(w, "INC-2", 1);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    take_closure(w, NOON, e);
    /* In the last moment it is the old life. */
    take_finding(w, "2026-11-30T11:59:59Z", finding(w, "INC-2", "F-1", 1));
    assert_news(w, "opened/2 light 0/0\n"
                   "register-entry/F-1/1 created open\n"
                   "stakeholder-review/1 created open\n");
    world_free(w);
}

/* A closure that opens nothing brings texts again; nobody else would ever delete them. */
static void what_is_stored_after_retention_goes_too(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    complete_with(w, "F-1");
    run_until(w, "2026-12-20");
    assert_false(is_stored(w, STR("INC-1|c")));
    assert_true(wake_of(w, STR("INC-1")) == TIME_NONE);
    for (int revision = 2; revision < 4; revision++) {
        struct closure_event *e = closure(w, "INC-1", revision);
        SET_CLOSURE(e, TITLE, title, STR("Key read"));
        evaluate(e, TRI_TRUE, TRI_TRUE);
        take_closure(w, revision == 2 ? "2026-12-20T12:00:00Z" : "2026-12-29", e);
        assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_COMPLETED);
        assert_true(is_stored(w, STR("INC-1|c")));
        assert_time(wake_of(w, STR("INC-1")), "2026-12-30T12:00:00Z");
    }
    run_until(w, "2026-12-31");
    assert_false(is_stored(w, STR("INC-1|c")));
    assert_int_equal(incident_of(w, "INC-1")->title.n, 0);
    assert_true(wake_of(w, STR("INC-1")) == TIME_NONE);
}

static void an_update_from_after_retention_finds_no_task(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    struct finding_event *f = technical(w, "F-1", -1);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    struct task_update_event *update = task_update(w, "INC-1", "bug/F-1", 1);
    SET_UPDATE(update, OWNER, owner, owner("identity", NULL));
    struct event event = {.type = EVENT_TASK_UPDATE,
                          .cause = {.topic = TOPIC_TASK_UPDATED, .at = t("2027-12-01")},
                          .incident_id = STR("INC-1"),
                          .task_update = update};
    w->now = event.cause.at;
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    assert_int_equal(w->d.refused.code, REFUSE_UNKNOWN_TASK);
}

static void nothing_wakes_an_incident_that_waits(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, finding(w, "INC-1", "F-1", 1));
    assert_true(wake_of(w, STR("INC-1")) == TIME_NONE);
}

static void the_end_of_time_ends_reviews(void **state)
{
    struct world *w = *state;
    w->policy.escalation_n = w->policy.due_soon.n = 0;
    w->policy.sla[PRIORITY_P2].stale = days(365);
    w->policy.sla[PRIORITY_P2].complete = days(365);
    take_closure(w, "9998-12-20", closure(w, "INC-1", 1));
    take_finding(w, "9998-12-20", finding(w, "INC-1", "F-1", 1));
    run_until(w, "9998-12-29");
    assert_news(w,
                "reminder review-due/1 INC-1 9998-12-27T00:00 response-team=security-response\n");
    assert_time(wake_of(w, STR("INC-1")), "9998-12-30");
    sleep_until(w, "9998-12-31");
    struct str line = render(w, output_at(w, 0));
    assert_str(line,
               "reminder review-due/2 INC-1 9998-12-30T00:00 response-team=security-response");
    assert_true(wake_of(w, STR("INC-1")) == TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(a_review_of_what_is_open),
        TEST(what_a_review_calls_overdue),
        TEST(a_review_of_more_than_anybody_reads),
        TEST(reviews_repeat_and_coalesce),
        TEST(no_finding_came),
        TEST(retention_deletes_the_past),
        TEST(no_name_of_a_later_life_is_one_of_the_first),
        TEST(a_record_from_after_retention_finds_the_past_deleted),
        TEST(what_is_stored_after_retention_goes_too),
        TEST(an_update_from_after_retention_finds_no_task),
        TEST(nothing_wakes_an_incident_that_waits),
        TEST(the_end_of_time_ends_reviews),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
