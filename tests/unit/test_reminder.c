/* SPDX-License-Identifier: Apache-2.0 */
/* Reminders about tasks: when, to whom, how often, and what they say. */
#include "core/reminder.h"
#include "core_support.h"

#define NOON "2026-11-20T12:00:00Z" /* a Friday */

/* An incident with F-1, a P1 technical finding: due on the 27th at noon. No reviews. */
static struct world *bug_of(void **state, struct owner who)
{
    struct world *w = *state;
    w->policy.review_every = days(10000);
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_CRITICAL);
    SET_FINDING(f, TITLE, title, STR("Dumps are not redacted"));
    SET_FINDING(f, OWNER, owner, who);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    return w;
}

/* Leaves reminders of one kind alone. */
static void only(struct world *w, int kind)
{
    struct policy *p = &w->policy;
    if (kind != REMINDER_DUE_SOON) p->due_soon.n = 0;
    if (kind != REMINDER_OVERDUE) p->overdue_max = 0;
    if (kind != REMINDER_ESCALATION) p->escalation_n = 0;
    if (kind == REMINDER_STALE) return;
    for (int i = 1; i < priority_end; i++) p->sla[i].stale = days(100000);
}

static void say(struct world *w, const char *at, int64_t revision, struct finding_event change)
{
    struct finding_event *f = finding(w, "INC-1", "F-1", revision);
    change.incident_id = f->incident_id;
    change.finding.finding_id = f->finding.finding_id;
    change.finding.order = f->finding.order;
    *f = change;
    take_finding(w, at, f);
}

static void status(struct world *w, const char *at, int64_t revision, int value)
{
    say(w, at, revision,
        (struct finding_event){.present = FINDING_STATUS, .finding.status = value});
}

/* Who is away on the day of sending, not on that of the news. */
static void who_is_away_does_not_get_it(void **state)
{
    struct world *w = bug_of(state, owner("identity", "dev@example.com"));
    int64_t monday = timestamp_day(INT64_C(1795392000000)); /* 2026-11-23 */
    struct absence away = {STR("dev@example.com"), STR("ben@example.com"), monday, monday};
    w->policy.away = &away;
    w->policy.away_n = 1;
    run_until(w, "2026-11-24T01:00:00Z");
    assert_news(
        w,
        "reminder stale/1 bug/F-1 2026-11-23T12:00 owner=identity:ben@example.com<dev@example.com "
        "on-call=identity\n"
        "reminder due-soon/1 bug/F-1 2026-11-24T00:00 owner=identity:dev@example.com\n");
}

static void twice_in_one_role_for_two(void **state)
{
    struct world *w = *state;
    int64_t day = timestamp_day(INT64_C(1795392000000));
    struct absence away[] = {{STR("ann"), STR("ben"), day, day},
                             {STR("eva"), STR("ben"), day, day}};
    w->policy.away = away;
    w->policy.away_n = 2;
    struct decision d = {.now = INT64_C(1795392000000)};
    struct step step = {.policy = &w->policy, .arena = w->arena, .d = &d};
    struct reminder_output reminder = {.kind = REMINDER_DUE};
    static const char *const all[] = {"ann", "eva", "ben", "ann", "ben", "eva"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        reminder_add(&step, &reminder, ROLE_OWNER, owner(NULL, all[i]));
    assert_int_equal(reminder.recipients_n, 3);
    assert_str(reminder.recipients[0].delegated_from, "ann");
    assert_str(reminder.recipients[1].delegated_from, "eva");
    assert_null(reminder.recipients[2].delegated_from.p);
}

static void the_life_of_a_task_that_nobody_touches(void **state)
{
    struct world *w = bug_of(state, owner("identity", "dev@example.com"));
    run_until(w, "2026-12-02T12:00:00Z");
    assert_news(
        w,
        "reminder stale/1 bug/F-1 2026-11-23T12:00 owner=identity:dev@example.com "
        "on-call=identity\n"
        "reminder due-soon/1 bug/F-1 2026-11-24T00:00 owner=identity:dev@example.com\n"
        "bug/F-1/2 updated open [sla]\n"
        "reminder escalation/1 bug/F-1 &due-soon 2026-11-25T18:00 owner=identity:dev@example.com "
        "manager=:manager@example.com\n"
        "bug/F-1/3 updated open [sla]\n"
        "reminder escalation/2 bug/F-1 &due 2026-11-27T12:00 owner=identity:dev@example.com "
        "on-call=identity\n"
        "reminder overdue/1 bug/F-1 2026-11-28T12:00 owner=identity:dev@example.com "
        "on-call=identity\n"
        "reminder overdue/2 bug/F-1 2026-11-29T12:00 owner=identity:dev@example.com "
        "on-call=identity\n"
        "reminder escalation/3 bug/F-1 &overdue 2026-11-30T12:00 "
        "owner=identity:dev@example.com response-lead=:response-lead@example.com "
        "on-call=identity\n"
        "reminder overdue/3 bug/F-1 2026-12-01T12:00 owner=identity:dev@example.com "
        "on-call=identity\n"
        "reminder overdue/4 bug/F-1 2026-12-02T12:00 owner=identity:dev@example.com "
        "on-call=identity\n");
    const char *said[] = {
        "has had no update for 3 d",
        "is due in 3 d",
        NULL,
        "is due in 42 h and is escalated",
        NULL,
        "is due now and is escalated",
        "is 24 h overdue",
        "is 2 d overdue",
        "is 3 d overdue and is escalated",
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (!said[i]) continue;
        struct str expected =
            arena_printf(w->arena, "P1 bug INC-1/bug/F-1 'Dumps are not redacted' %s", said[i]);
        assert_str(output_at(w, i)->reminder.summary, expected.p);
    }
    /* None after it closed. */
    status(w, "2026-12-02T12:00:00Z", 2, REPORTED_VERIFIED);
    run_until(w, "2027-03-01");
    assert_news(w, "");
}

static void overdue_has_an_end(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_OVERDUE);
    bug_of(state, owner("identity", NULL));
    run_until(w, "2027-06-01");
    const struct task *task = task_of(w, "INC-1", "bug/F-1");
    assert_int_equal(task->reminders[REMINDER_OVERDUE].number, 30);
    assert_time(task->reminders[REMINDER_OVERDUE].last, "2026-12-27T12:00:00Z");
    assert_int_equal(task->reminders[REMINDER_DUE].number, 1);
    assert_true(wake_of(w, STR("INC-1")) != TIME_NONE); /* its review goes on */
}

static void overdue_in_working_days_has_an_end(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_OVERDUE);
    w->policy.overdue_every = working_days(1);
    w->policy.overdue_max = 3;
    bug_of(state, owner("identity", NULL));
    run_until(w, "2027-06-01");
    assert_news(w, "bug/F-1/2 updated open [sla]\n"
                   "reminder due/1 bug/F-1 2026-11-27T12:00 owner=identity on-call=identity\n"
                   "reminder overdue/1 bug/F-1 2026-11-30T12:00 owner=identity on-call=identity\n"
                   "reminder overdue/2 bug/F-1 2026-12-01T12:00 owner=identity on-call=identity\n"
                   "reminder overdue/3 bug/F-1 2026-12-02T12:00 owner=identity on-call=identity\n");
}

static void what_was_missed_comes_once(void **state)
{
    struct world *w = bug_of(state, owner("identity", NULL));
    sleep_until(w, "2026-12-02T18:00:00Z");
    assert_news(w, "bug/F-1/2 updated open [sla]\n"
                   "bug/F-1/3 updated open [sla]\n"
                   "reminder escalation/1 bug/F-1 &overdue &due &due-soon +2 2026-11-30T12:00 "
                   "owner=identity manager=:manager@example.com on-call=identity "
                   "response-lead=:response-lead@example.com\n");
    const struct output *o = output_at(w, 2);
    assert_time(o->at, "2026-12-02T12:00:00Z"); /* the latest of all that it stands for */
    assert_str(o->reminder.summary, "P1 bug INC-1/bug/F-1 'Dumps are not redacted' is 5 d overdue "
                                    "and is escalated");
    run_until(w, "2026-12-03T12:00:00Z");
    assert_news(w, "reminder overdue/1 bug/F-1 2026-12-03T12:00 owner=identity on-call=identity\n");
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->reminders[REMINDER_OVERDUE].said, 2);
}

static void nobody_owns_it(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_ASSIGN_DUE);
    w->policy.sla[PRIORITY_P1].complete = days(1000);
    bug_of(state, owner(NULL, NULL));
    run_until(w, "2026-11-27T12:00:00Z");
    assert_news(w,
                "reminder assign-due/1 bug/F-1 2026-11-25T12:00 response-team=security-response\n"
                "reminder assign-due/2 bug/F-1 2026-11-26T12:00 response-team=security-response\n"
                "reminder assign-due/3 bug/F-1 2026-11-27T12:00 "
                "response-team=security-response\n");
    assert_str(output_at(w, 0)->reminder.summary, "P1 bug INC-1/bug/F-1 'Dumps are not redacted' "
                                                  "has no owner; assignment is due");
    assert_str(output_at(w, 1)->reminder.summary, "P1 bug INC-1/bug/F-1 'Dumps are not redacted' "
                                                  "still has no owner");
    sleep_until(w, "2026-12-01T13:00:00Z"); /* no weekend */
    assert_news(w, "reminder assign-due/4 bug/F-1 +1 2026-12-01T12:00 "
                   "response-team=security-response\n");
    /* While somebody owns it nothing is missed. */
    say(w, "2026-12-01T13:00:00Z", 2,
        (struct finding_event){.present = FINDING_OWNER, .finding.owner = owner("identity", NULL)});
    run_until(w, "2026-12-10T13:00:00Z");
    assert_news(w, "");
    say(w, "2026-12-10T13:00:00Z", 3, (struct finding_event){.present = FINDING_OWNER});
    run_until(w, "2026-12-11T13:00:00Z");
    assert_news(w, "reminder assign-due/5 bug/F-1 2026-12-11T12:00 "
                   "response-team=security-response\n");
    assert_str(output_at(w, 0)->reminder.summary, "P1 bug INC-1/bug/F-1 'Dumps are not redacted' "
                                                  "has no owner; assignment is due");
}

static void resolved_but_not_verified(void **state)
{
    struct world *w = bug_of(state, owner("identity", NULL));
    run_until(w, "2026-11-22T12:00:00Z");
    status(w, "2026-11-22T12:00:00Z", 2, REPORTED_RESOLVED);
    run_until(w, "2026-12-06T12:00:00Z");
    assert_news(w,
                "reminder verify-due/1 bug/F-1 2026-11-29T12:00 response-team=security-response\n"
                "reminder verify-due/2 bug/F-1 2026-12-06T12:00 "
                "response-team=security-response\n");
    assert_str(output_at(w, 1)->reminder.summary, "P1 bug INC-1/bug/F-1 'Dumps are not redacted' "
                                                  "was resolved 14 d ago and is not verified");
    status(w, "2026-12-07T12:00:00Z", 3, REPORTED_IN_PROGRESS);
    status(w, "2026-12-07T12:00:00Z", 4, REPORTED_RESOLVED);
    run_until(w, "2026-12-14T12:00:00Z");
    assert_news(w, "reminder verify-due/3 bug/F-1 2026-12-14T12:00 "
                   "response-team=security-response\n");
}

static void a_paused_task_is_silent_and_goes_on_where_it_was(void **state)
{
    struct world *w = bug_of(state, owner("identity", NULL));
    run_until(w, "2026-11-24T12:00:00Z"); /* stale/1 and due-soon/1 are out */
    say(w, "2026-11-24T12:00:00Z", 2,
        (struct finding_event){.present = FINDING_SNOOZED_UNTIL,
                               .finding.snoozed_until = t("2026-12-24T12:00:00Z")});
    run_until(w, "2026-12-24T11:59:59Z");
    assert_news(w, "");
    run_until(w, "2026-12-25T18:00:00Z");
    assert_news(w, "bug/F-1/3 updated open [assign_due_at,due_at,snoozed_until,sla]\n"
                   "bug/F-1/4 updated open [sla]\n"
                   "reminder escalation/1 bug/F-1 &due-soon 2026-12-25T18:00 owner=identity "
                   "manager=:manager@example.com on-call=identity\n");
    run_until(w, "2026-12-27T12:00:00Z");
    assert_news(w, "bug/F-1/5 updated open [sla]\n"
                   "reminder escalation/2 bug/F-1 &due 2026-12-27T12:00 owner=identity "
                   "on-call=identity\n");
}

static void a_change_is_a_sign_of_life(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_STALE);
    w->policy.sla[PRIORITY_P1].complete = days(1000);
    bug_of(state, owner("identity", NULL));
    run_until(w, "2026-11-22T11:00:00Z");
    say(w, "2026-11-22T11:00:00Z", 2,
        (struct finding_event){.present = FINDING_TITLE, .finding.title = STR("Dumps")});
    /* What says nothing new is none: a tracker's heartbeat would hide that nobody works on it. */
    say(w, "2026-11-23T11:00:00Z", 3, (struct finding_event){0});
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    take_update(w, "2026-11-24T11:00:00Z", u);
    run_until(w, "2026-12-02T11:00:00Z");
    assert_news(w, "reminder stale/1 bug/F-1 2026-11-25T11:00 owner=identity on-call=identity\n"
                   "reminder stale/2 bug/F-1 2026-12-02T11:00 owner=identity on-call=identity\n");
}

static void a_date_that_moves_takes_its_reminders_along(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_DUE_SOON);
    bug_of(state, owner("identity", NULL));
    run_until(w, "2026-11-25T18:00:00Z"); /* both due-soon are out */
    say(w, "2026-11-26T00:00:00Z", 2,
        (struct finding_event){.present = FINDING_SEVERITY, .finding.severity = SEVERITY_HIGH});
    assert_news(w, "bug/F-1/3 updated open [severity,priority,due_at,sla]\n");
    run_until(w, "2026-12-20T12:00:00Z");
    assert_news(w, "reminder due-soon/3 bug/F-1 2026-12-05T12:00 on-call=identity\n"
                   "bug/F-1/4 updated open [sla]\n"
                   "reminder due-soon/4 bug/F-1 2026-12-13T00:00 on-call=identity\n"
                   "bug/F-1/5 updated open [sla]\n"
                   "reminder due/1 bug/F-1 2026-12-20T12:00 owner=identity on-call=identity\n");
    /* Moved into the past: it is due at once, once. */
    say(w, "2026-12-21T12:00:00Z", 3,
        (struct finding_event){.present = FINDING_SEVERITY, .finding.severity = SEVERITY_CRITICAL});
    run_until(w, "2027-01-20");
    assert_news(w, "reminder due/2 bug/F-1 2026-12-21T12:00 owner=identity on-call=identity\n");
    assert_str(output_at(w, 0)->reminder.summary,
               "P1 bug INC-1/bug/F-1 'Dumps are not redacted' is 24 h overdue");
}

static void each_step_of_an_escalation_once_an_occurrence(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_ESCALATION);
    bug_of(state, owner("payments", NULL)); /* no manager is known, but who is on call */
    const char *steps = "reminder escalation/1 bug/F-1 2026-11-25T18:00 owner=payments "
                        "response-lead=:response-lead@example.com\n"
                        "bug/F-1/2 updated open [sla]\n"
                        "reminder escalation/2 bug/F-1 &due 2026-11-27T12:00 owner=payments "
                        "on-call=payments:pager@example.com\n";
    run_until(w, "2026-11-28");
    assert_news(w, steps);
    /* Later: breached, the first two steps are not repeated. */
    say(w, "2026-11-28", 2,
        (struct finding_event){.present = FINDING_DUE_AT, .finding.due_at = t("2026-12-28")});
    run_until(w, "2027-01-10");
    assert_news(w, "bug/F-1/4 updated open [sla]\n"
                   "reminder due/1 bug/F-1 2026-12-28T00:00 owner=payments "
                   "on-call=payments:pager@example.com\n"
                   "reminder escalation/3 bug/F-1 2026-12-31T00:00 owner=payments "
                   "response-lead=:response-lead@example.com\n");
    status(w, "2027-01-10", 3, REPORTED_VERIFIED);
    status(w, "2027-01-11", 4, REPORTED_OPEN);
    run_until(w, "2027-01-17");
    assert_news(w, "reminder escalation/1 bug/F-1 2027-01-16T06:00 owner=payments "
                   "response-lead=:response-lead@example.com\n");
    assert_int_equal(output_at(w, 0)->reminder.occurrence, 2);
}

static void steps_of_one_time_are_one(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_ESCALATION);
    w->policy.escalation[2].delay = days(0);
    bug_of(state, owner("payments", NULL));
    run_until(w, "2026-11-26");
    run_until(w, "2026-11-27T12:00:00Z");
    assert_news(w, "bug/F-1/2 updated open [sla]\n"
                   "reminder escalation/2 bug/F-1 &due 2026-11-27T12:00 owner=payments "
                   "on-call=payments:pager@example.com "
                   "response-lead=:response-lead@example.com\n");
}

static void steps_need_not_be_in_the_order_of_time(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_ESCALATION);
    struct escalation_step first = w->policy.escalation[0];
    w->policy.escalation[0] = w->policy.escalation[1];
    w->policy.escalation[1] = first;
    bug_of(state, owner("payments", NULL));
    run_until(w, "2026-11-26");
    assert_news(w, "reminder escalation/1 bug/F-1 2026-11-25T18:00 owner=payments "
                   "response-lead=:response-lead@example.com\n");
}

static void every_role_can_be_told(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_ESCALATION);
    w->policy.escalation_n = 1;
    w->policy.escalation[0].to = 1u << ROLE_OWNER | 1u << ROLE_MANAGER | 1u << ROLE_ON_CALL |
                                 1u << ROLE_RESPONSE_TEAM | 1u << ROLE_RESPONSE_LEAD |
                                 1u << ROLE_PARTICIPANT;
    bug_of(state, owner(NULL, NULL));
    say(w, NOON, 2,
        (struct finding_event){.present = FINDING_GROUPS,
                               .finding.groups = groups(w, "payments", "identity")});
    run_until(w, "2026-11-25T18:00:00Z");
    assert_str(render(w, output_at(w, 1)),
               "reminder escalation/1 bug/F-1 2026-11-25T18:00 "
               "response-lead=:response-lead@example.com response-team=security-response "
               "participant=payments:pager@example.com participant=identity");
}

static void groups_of_a_register_entry_are_told(void **state)
{
    struct world *w = bug_of(state, owner(NULL, NULL));
    struct finding_event *f = finding(w, "INC-1", "F-2", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_CRITICAL);
    SET_FINDING(f, GROUPS, groups, groups(w, "payments", "legal"));
    SET_FINDING(f, DUE_AT, due_at, t("2026-11-21T12:00:00Z"));
    w->policy.due_soon.n = 1;
    w->policy.escalation_n = 0;
    take_finding(w, NOON, f);
    run_until(w, "2026-11-21T00:00:00Z");
    assert_str(render(w, output_at(w, 1)),
               "reminder due-soon/1 register-entry/F-2 2026-11-21T00:00 "
               "response-team=security-response participant=payments:pager@example.com "
               "participant=legal");
    run_until(w, "2026-11-25T12:00:00Z");
    for (size_t i = 0; i < outputs_n(w); i++)
        if (output_at(w, i)->type == OUTPUT_REMINDER &&
            output_at(w, i)->reminder.kind == REMINDER_ASSIGN_DUE)
            assert_int_equal(output_at(w, i)->reminder.recipients_n, 1);
    f = finding(w, "INC-1", "F-2", 2);
    SET_FINDING(f, STATUS, status, REPORTED_RESOLVED);
    take_finding(w, "2026-11-25T12:00:00Z", f);
    run_until(w, "2026-12-02T12:00:00Z");
    const struct output *last = output_at(w, outputs_n(w) - 1);
    assert_int_equal(last->reminder.kind, REMINDER_VERIFY_DUE);
    assert_int_equal(last->reminder.recipients_n, 1);
}

static void a_share_of_no_time_is_no_reminder(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_DUE_SOON);
    w->policy.sla[PRIORITY_P1].complete = days(0);
    bug_of(state, owner("identity", NULL));
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->sla, SLA_BREACHED);
    run_until(w, "2026-12-20");
    assert_news(w, "reminder due/1 bug/F-1 2026-11-20T12:00 owner=identity on-call=identity\n");
}

static void what_repeats_never_can_be_said_once(void **state)
{
    struct world *w = *state;
    only(w, REMINDER_OVERDUE);
    w->policy.overdue_max = 5;
    w->policy.overdue_every = days(0);
    bug_of(state, owner("identity", NULL));
    run_until(w, "2026-12-20");
    assert_news(w, "bug/F-1/2 updated open [sla]\n"
                   "reminder overdue/1 bug/F-1 &due 2026-11-27T12:00 owner=identity "
                   "on-call=identity\n");
}

static void the_calendar_ends(void **state)
{
    struct world *w = *state;
    struct task task = {.priority = PRIORITY_P1,
                        .status = STATUS_OPEN,
                        .assign_due_at = t("9998-12-30"),
                        .clock_start = t("9998-12-01"),
                        .touched_at = t("9998-12-01"),
                        .paused_at = TIME_NONE,
                        .due_at = t("9998-12-30"),
                        .sla = SLA_BREACHED,
                        .escalated = 7};
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++)
        task.reminders[kind].last = t("9998-12-30");
    only(w, REMINDER_STALE);
    task.reminders[REMINDER_STALE].last = TIME_NONE;
    assert_time(reminder_next(&w->policy, &task), "9998-12-04");
    task.reminders[REMINDER_STALE].last = t("9998-12-30");
    assert_time(reminder_next(&w->policy, &task), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(the_life_of_a_task_that_nobody_touches),
        TEST(who_is_away_does_not_get_it),
        TEST(twice_in_one_role_for_two),
        TEST(overdue_has_an_end),
        TEST(overdue_in_working_days_has_an_end),
        TEST(what_was_missed_comes_once),
        TEST(nobody_owns_it),
        TEST(resolved_but_not_verified),
        TEST(a_paused_task_is_silent_and_goes_on_where_it_was),
        TEST(a_change_is_a_sign_of_life),
        TEST(a_date_that_moves_takes_its_reminders_along),
        TEST(each_step_of_an_escalation_once_an_occurrence),
        TEST(steps_of_one_time_are_one),
        TEST(steps_need_not_be_in_the_order_of_time),
        TEST(every_role_can_be_told),
        TEST(groups_of_a_register_entry_are_told),
        TEST(a_share_of_no_time_is_no_reminder),
        TEST(what_repeats_never_can_be_said_once),
        TEST(the_calendar_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
