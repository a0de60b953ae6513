/* SPDX-License-Identifier: Apache-2.0 */
/* Risks that are accepted: what a wont-fix needs, until when it holds, and who may say so. */
#include "closing_support.h"

#define JUNE "2027-06-30T23:59:59.999Z"

/* A wont-fix with what it needs, but for what is absent. */
static struct task_update_event *wont_fix(struct world *w, int64_t revision, const char *reason,
                                          const char *until, const char *by)
{
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", revision);
    SET_UPDATE(u, STATUS, status, REPORTED_WONT_FIX);
    if (reason) SET_UPDATE(u, REASON, reason, str_of(reason));
    if (until) SET_UPDATE(u, ACCEPTED_UNTIL, accepted_until, t(until));
    if (by) SET_UPDATE(u, ACCEPTED_BY, accepted_by, str_of(by));
    return u;
}

/* F-1, a P3 bug. */
static struct world *p3_bug(void **state)
{
    struct world *w = full_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_LOW);
    take_finding(w, NOON, f);
    assert_int_equal(bug(w)->priority, PRIORITY_P3);
    return w;
}

static void assert_needs_reason(struct world *w, struct event *event)
{
    assert_int_equal(take(w, event), DECIDE_REJECT);
    assert_int_equal(w->d.refused.code, REFUSE_MISSING_FIELD);
    assert_str(w->d.refused.detail, "reason: wont-fix needs a reason, a text");
}

static void wont_fix_needs_a_reason(void **state)
{
    struct world *w = p3_bug(state);
    struct task_update_event *u = wont_fix(w, 1, NULL, NULL, NULL);
    assert_needs_reason(w, &(struct event){.type = EVENT_TASK_UPDATE,
                                           .incident_id = u->incident_id,
                                           .task_update = u});
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    assert_needs_reason(
        w, &(struct event){.type = EVENT_FINDING, .incident_id = f->incident_id, .finding = f});
    /* One in a closure cannot refuse all of it. */
    struct closure_event *e = closure(w, "INC-1", 2);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    /* What is stored is a reason. */
    TELL_FINDING(w, NOON, "F-1", 3, REASON, reason, STR("costs more than it saves"));
    told(w, 4, REPORTED_WONT_FIX, NULL);
    assert_int_equal(bug(w)->resolution, RESOLUTION_WONT_FIX);
    assert_str(bug(w)->reason, "costs more than it saves");
}

static void an_accepted_risk_comes_back(void **state)
{
    struct world *w = p1_bug(state);
    take_update(w, NOON, wont_fix(w, 1, "being replaced", JUNE, "ciso@example.com"));
    assert_news(w, "bug/F-1/2 closed closed:wont-fix "
                   "[status,resolution,reason,accepted_until,accepted_by,closed_at,sla]\n");
    assert_int_equal(incident_of(w, "INC-1")->accepted, 1);
    report(w, 2, REPORTED_VERIFIED, NULL); /* not a risk any more, so nothing comes back */
    assert_int_equal(incident_of(w, "INC-1")->accepted, 0);
    assert_time(bug(w)->accepted_until, NULL);
    take_update(w, NOON, wont_fix(w, 3, "being replaced", JUNE, "ciso@example.com"));
    /* Its finding says so as well, and the severity is another by then. */
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("being replaced"));
    SET_FINDING(f, SEVERITY, severity, SEVERITY_MEDIUM);
    take_finding(w, NOON, f);
    run_until(w, "2027-06-30T23:59:59.998Z");
    assert_int_equal(bug(w)->status, STATUS_CLOSED);
    run_until(w, JUNE);
    assert_news(w, "bug/F-1/6 reopened open [status,resolution,reason,accepted_until,accepted_by,"
                   "assign_due_at,due_at,closed_at,sla,occurrence]\n");
    assert_str(bug(w)->reason, "the risk was accepted by ciso@example.com until 2027-06-30");
    assert_int_equal(bug(w)->occurrence, 2);
    assert_int_equal(bug(w)->priority, PRIORITY_P2);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, REPORTED_OPEN);
    assert_null(finding_of(w, "INC-1", "F-1")->reason.p);
    assert_time(finding_of(w, "INC-1", "F-1")->accepted_until, NULL);
    assert_int_equal(incident_of(w, "INC-1")->accepted, 0);
    /* Once, and a tracker goes on with it. */
    run_until(w, "2027-07-01");
    report(w, 4, REPORTED_IN_PROGRESS, NULL);
    assert_int_equal(bug(w)->status, STATUS_IN_PROGRESS);
}

static void what_was_missed_is_made_up_for(void **state)
{
    struct world *w = p1_bug(state);
    take_update(w, NOON, wont_fix(w, 1, "being replaced", JUNE, "ciso"));
    sleep_until(w, "2027-10-01");
    const struct task *task = bug(w);
    assert_int_equal(task->sla, SLA_BREACHED);
    assert_time(task->first_breached_at, "2027-07-07T23:59:59.999Z");
    assert_true(wake_of(w, STR("INC-1|t|bug/F-1")) > t("2027-10-01"));
}

static void a_task_of_the_incident_comes_back_too(void **state)
{
    struct world *w = full_incident(state);
    struct task_update_event *u = wont_fix(w, 1, "no time", JUNE, "ciso");
    u->name = STR("postmortem");
    take_update(w, NOON, u);
    w->policy.acceptance[PRIORITY_P2] = false; /* policy or not: it was accepted for a time */
    u->name = STR("findings-report");
    u->present &= ~(unsigned)TASK_UPDATE_ACCEPTED_BY;
    take_update(w, NOON, u);
    run_until(w, "2027-07-01");
    assert_int_equal(task_of(w, "INC-1", "postmortem")->status, STATUS_OPEN);
    assert_str(task_of(w, "INC-1", "findings-report")->reason,
               "the risk was accepted until 2027-06-30");
    assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_OPEN);
}

static void an_acceptance_can_be_moved(void **state)
{
    struct world *w = p1_bug(state);
    take_update(w, NOON, wont_fix(w, 1, "being replaced", JUNE, "ciso"));
    TELL_TASK(w, LATER, "bug/F-1", 2, ACCEPTED_UNTIL, accepted_until, t("2027-09-30"));
    assert_news(w, "bug/F-1/3 updated closed:wont-fix [accepted_until]\n");
    run_until(w, "2027-08-01");
    assert_int_equal(bug(w)->status, STATUS_CLOSED);
    TELL_FINDING(w, "2027-08-01", "F-1", 2, ACCEPTED_UNTIL, accepted_until, t("2027-08-15"));
    run_until(w, "2027-08-15");
    assert_int_equal(bug(w)->status, STATUS_OPEN);
}

static void what_is_put_aside_does_not_come_back(void **state)
{
    struct world *w = p1_bug(state);
    take_update(w, NOON, wont_fix(w, 1, "being replaced", JUNE, "ciso"));
    TELL_CLOSURE(w, LATER, 2, DISPOSITION, disposition, DISPOSITION_BENIGN);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DISMISSED);
    assert_time(bug(w)->accepted_until, NULL);
    assert_int_equal(incident_of(w, "INC-1")->accepted, 0);
}

static void wont_fix_is_an_accepted_risk_at_p1(void **state)
{
    static const struct {
        const char *reason, *until, *by, *lacks;
    } cases[] = {{NULL, NULL, NULL, "not closed: it needs reason, accepted_until and accepted_by"},
                 {"no", NULL, NULL, "not closed: it needs accepted_until and accepted_by"},
                 {"no", JUNE, NULL, "not closed: it needs accepted_by"},
                 {"no", NULL, "ciso", "not closed: it needs accepted_until"}};
    struct world *w = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i) world_teardown(state);
        if (i) setup(state);
        w = p1_bug(state);
        take_update(w, NOON, wont_fix(w, 1, cases[i].reason, cases[i].until, cases[i].by));
        assert_int_equal(bug(w)->status, STATUS_OPEN);
        assert_warned(w, "wont-fix", cases[i].lacks);
    }
    w->policy.acceptance[PRIORITY_P1] = false;
    take_update(w, NOON, wont_fix(w, 2, "no", NULL, NULL));
    assert_int_equal(bug(w)->resolution, RESOLUTION_WONT_FIX);
}

/* The reminders of this kind in what came last. */
static size_t not_closed(struct world *w)
{
    size_t n = 0;
    for (size_t i = 0; i < outputs_n(w); i++) {
        const struct output *o = output_at(w, i);
        n += o->type == OUTPUT_REMINDER && (o->reminder.covers >> REMINDER_NOT_CLOSED & 1);
    }
    return n;
}

static void a_click_reaches_somebody(void **state)
{
    struct world *w = p1_bug(state);
    take_update(w, NOON, wont_fix(w, 1, "no", NULL, NULL));
    run_until(w, NOON);
    assert_news(w, "reminder not-closed/1 bug/F-1 2026-11-20T12:00 "
                   "owner=identity:dev@example.com response-lead=:response-lead@example.com\n");
    assert_str(output_at(w, 0)->reminder.summary,
               "P1 bug INC-1/bug/F-1 'Finding F-1' is due in 7 d; it was reported as wont-fix and "
               "is not closed: that needs reason, accepted_until and accepted_by");
    /* Once for all that say the same; also while it is paused. */
    take_update(w, LATER, wont_fix(w, 2, "no", NULL, NULL));
    TELL_TASK(w, LATER, "bug/F-1", 3, SNOOZED_UNTIL, snoozed_until, t("2026-12-20"));
    run_until(w, "2026-12-01");
    assert_int_equal(not_closed(w), 0);
    TELL_TASK(w, "2026-12-01", "bug/F-1", 4, STATUS, status, REPORTED_IN_PROGRESS);
    take_update(w, "2026-12-02", wont_fix(w, 5, "no", NULL, NULL));
    run_until(w, "2026-12-02");
    assert_int_equal(not_closed(w), 1);
    /* The end of the pause does not move it behind what is said then. */
    run_until(w, "2026-12-20");
    assert_int_equal(not_closed(w), 0);
    TELL_TASK(w, "2026-12-20", "bug/F-1", 6, STATUS, status, REPORTED_BLOCKED);
    take_update(w, "2026-12-20T00:00:01Z", wont_fix(w, 7, "no", NULL, NULL));
    run_until(w, "2026-12-20T00:00:01Z");
    assert_int_equal(not_closed(w), 1);
}

static void what_was_missing_may_come_by_itself(void **state)
{
    struct world *w = p1_bug(state);
    take_update(w, NOON, wont_fix(w, 1, "no", NULL, NULL));
    TELL_TASK(w, NOON, "bug/F-1", 2, ACCEPTED_BY, accepted_by, STR("ciso"));
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    TELL_TASK(w, NOON, "bug/F-1", 3, ACCEPTED_UNTIL, accepted_until, t(JUNE));
    assert_int_equal(bug(w)->resolution, RESOLUTION_WONT_FIX);
    assert_str(bug(w)->reason, "no");
    /* Nothing was wanting of this one. */
    report(w, 4, REPORTED_OPEN, NULL);
    TELL_TASK(w, NOON, "bug/F-1", 5, ACCEPTED_UNTIL, accepted_until, t(JUNE));
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("no"));
    take_finding(w, NOON, f);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, 0);
    TELL_FINDING(w, NOON, "F-1", 3, ACCEPTED_BY, accepted_by, STR("ciso"));
    assert_int_equal(bug(w)->resolution, RESOLUTION_WONT_FIX);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, REPORTED_WONT_FIX);
}

static void an_acceptance_without_a_reason_closes_nothing(void **state)
{
    struct world *w = p1_bug(state);
    take_update(w, NOON, wont_fix(w, 1, NULL, NULL, NULL));
    TELL_TASK(w, NOON, "bug/F-1", 2, ACCEPTED_BY, accepted_by, STR("ciso"));
    TELL_TASK(w, NOON, "bug/F-1", 3, ACCEPTED_UNTIL, accepted_until, t(JUNE));
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    assert_warned(w, "wont-fix", "not closed: it needs reason");
    take_update(w, NOON, wont_fix(w, 4, "no", NULL, NULL));
    assert_true(task_is_accepted(bug(w)));
}

static void what_is_not_taken_leaves_all_as_it_was(void **state)
{
    struct world *w = p1_bug(state);
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, STATUS, status, REPORTED_BLOCKED);
    SET_FINDING(f, REASON, reason, STR("waits"));
    take_finding(w, NOON, f);
    told(w, 3, REPORTED_WONT_FIX, NULL);
    assert_news(w, "bug/F-1/3 updated blocked\n");
    assert_str(bug(w)->reason, "waits");
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, REPORTED_BLOCKED);
}

static void a_finding_that_was_held_is_asked_with_its_task(void **state)
{
    struct world *w = *state;
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("no"));
    take_finding(w, NOON, f);
    f = technical(w, "F-2", 1);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("no"));
    SET_FINDING(f, ACCEPTED_UNTIL, accepted_until, t(JUNE));
    SET_FINDING(f, ACCEPTED_BY, accepted_by, STR("ciso"));
    take_finding(w, NOON, f);
    full_incident(state);
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    assert_int_equal(bug(w)->refused, REPORTED_WONT_FIX);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, 0);
    assert_true(task_is_accepted(task_of(w, "INC-1", "bug/F-2")));
}

/* A reason is needed also where nobody has to accept it after all. */
static void a_finding_that_was_held_is_asked_for_its_reason(void **state)
{
    struct world *w = *state;
    w->policy.severity_default = SEVERITY_HIGH;
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    take_finding(w, NOON, f);
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_LOW);
    take_closure(w, NOON, e);
    assert_false(w->policy.acceptance[bug(w)->priority]);
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    assert_int_equal(bug(w)->refused, REPORTED_WONT_FIX);
}

static void who_may_accept(void **state)
{
    struct world *w = p1_bug(state);
    take_update(w, NOON, wont_fix(w, 1, "no", JUNE, "Dev"));
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    const struct warnings *warnings = &output_at(w, 0)->warnings;
    assert_int_equal(warnings->n, 2);
    assert_str(warnings->items[0].member, "accepted_by");
    assert_str(warnings->items[0].taken_as, "accepted-by-owner: not taken");
    take_update(w, NOON, wont_fix(w, 2, "no", NULL, "ciso"));
    assert_true(task_is_accepted(bug(w)));
    /* Clearing it would close the task for ever. */
    TELL_TASK(w, NOON, "bug/F-1", 3, ACCEPTED_BY, accepted_by, STR_NONE);
    assert_warned(w, NULL, "not taken: wont-fix needs it");
    TELL_TASK(w, NOON, "bug/F-1", 4, ACCEPTED_UNTIL, accepted_until, TIME_NONE);
    assert_warned(w, NULL, "not taken: wont-fix needs it");
    assert_true(task_is_accepted(bug(w)));
    w->policy.acceptance[PRIORITY_P1] = false;
    TELL_TASK(w, NOON, "bug/F-1", 5, ACCEPTED_UNTIL, accepted_until, TIME_NONE);
    TELL_TASK(w, NOON, "bug/F-1", 6, ACCEPTED_BY, accepted_by, STR_NONE);
    assert_false(task_is_accepted(bug(w)));
    assert_int_equal(incident_of(w, "INC-1")->accepted, 0);
}

static void what_cannot_be_accepted(void **state)
{
    struct world *w = p3_bug(state);
    take_update(w, NOON, wont_fix(w, 1, "no", NOON, NULL));
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    assert_str(output_at(w, 0)->warnings.items[0].value, "2026-11-20T12:00:00.000Z");
    assert_str(output_at(w, 0)->warnings.items[0].taken_as, "not taken: it is past");
    assert_str(output_at(w, 0)->warnings.items[1].taken_as,
               "not closed: it needs accepted_until and accepted_by");
    /* Nor later by something else, which was not wanting. */
    TELL_TASK(w, NOON, "bug/F-1", 2, EVIDENCE, evidence, some_evidence(w));
    assert_int_equal(bug(w)->status, STATUS_OPEN);
    take_update(w, NOON, wont_fix(w, 3, "no", JUNE, NULL));
    TELL_TASK(w, LATER, "bug/F-1", 4, ACCEPTED_UNTIL, accepted_until, t(NOON));
    assert_time(bug(w)->accepted_until, JUNE);
}

static void retention_waits_for_accepted_risks(void **state)
{
    struct world *w = closed_incident(state);
    w->policy.retention = days(10);
    take_finding(w, NOON, technical(w, "F-1", 1));
    take_update(w, NOON, wont_fix(w, 1, "no", "2027-01-31", "ciso"));
    assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_COMPLETED);
    run_until(w, "2027-01-30"); /* longer than anything is kept */
    TELL_FINDING(w, "2027-01-30", "F-1", 2, TITLE, title, STR("Dumps"));
    report(w, 2, REPORTED_VERIFIED, NULL);
    run_until(w, "2027-02-08");
    assert_int_equal(incident_of(w, "INC-1")->retired, 0);
    run_until(w, "2027-02-10");
    assert_int_equal(incident_of(w, "INC-1")->retired, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(wont_fix_needs_a_reason),
        TEST(an_accepted_risk_comes_back),
        TEST(what_was_missed_is_made_up_for),
        TEST(a_task_of_the_incident_comes_back_too),
        TEST(an_acceptance_can_be_moved),
        TEST(what_is_put_aside_does_not_come_back),
        TEST(wont_fix_is_an_accepted_risk_at_p1),
        TEST(a_click_reaches_somebody),
        TEST(what_was_missing_may_come_by_itself),
        TEST(an_acceptance_without_a_reason_closes_nothing),
        TEST(what_is_not_taken_leaves_all_as_it_was),
        TEST(a_finding_that_was_held_is_asked_with_its_task),
        TEST(a_finding_that_was_held_is_asked_for_its_reason),
        TEST(who_may_accept),
        TEST(what_cannot_be_accepted),
        TEST(retention_waits_for_accepted_risks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
