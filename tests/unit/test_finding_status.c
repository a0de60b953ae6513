/* SPDX-License-Identifier: Apache-2.0 */
/* How findings end and come back, and what moves their priority and their deadlines. */
#include "core_incident.h"

#define JUNE "2027-06-30T23:59:59.999Z"

/* F-1 is a risk that is accepted. */
static struct finding_event *accepted(struct world *w, int64_t revision)
{
    struct finding_event *f = technical(w, "F-1", revision);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("too dear"));
    SET_FINDING(f, ACCEPTED_UNTIL, accepted_until, t(JUNE));
    SET_FINDING(f, ACCEPTED_BY, accepted_by, STR("ciso"));
    return f;
}

static void statuses_of_p2(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    take_status(w, NOON, 2, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/2 updated in-progress [status]\n");
    take_status(w, NOON, 3, REPORTED_RESOLVED);
    assert_news(w, "bug/F-1/3 resolved resolved [status]\n");
    take_status(w, LATER, 4, REPORTED_RESOLVED);
    assert_news(w, "");
    assert_time(task_of(w, "INC-1", "bug/F-1")->resolved_at, NOON);
    take_status(w, LATER, 5, REPORTED_OPEN);
    assert_news(w, "bug/F-1/4 updated open [status]\n");
    take_status(w, LATER, 6, REPORTED_RESOLVED);
    take_status(w, LATER_STILL, 7, REPORTED_VERIFIED);
    assert_news(w, "bug/F-1/6 closed closed:done [status,resolution,closed_at,sla]\n"
                   "completed/2 light 0/1\n");
    assert_time(task_of(w, "INC-1", "bug/F-1")->closed_at, LATER_STILL);
    take_status(w, LATER_STILL, 8, REPORTED_RESOLVED);
    assert_news(w, "");
    take_status(w, LATER_STILL, 9, REPORTED_DISMISSED);
    assert_news(w, "bug/F-1/7 updated closed:dismissed [resolution,reason,sla]\n");
    /* Again: the next occurrence, fresh deadlines. */
    take_status(w, "2026-12-01T12:00:00Z", 10, REPORTED_BLOCKED);
    assert_news(w, "opened/3 light 0/1\n"
                   "bug/F-1/8 reopened blocked "
                   "[status,resolution,reason,assign_due_at,due_at,closed_at,sla,occurrence]\n");
    const struct task *task = task_of(w, "INC-1", "bug/F-1");
    assert_int_equal(task->occurrence, 2);
    assert_time(task->due_at, "2026-12-31T12:00:00Z");
    assert_time(task->assign_due_at, "2026-12-04T12:00:00Z");
    assert_time(task->created_at, NOON);
    assert_time(task->resolved_at, NULL);
}

static void p3_needs_no_verification(void **state)
{
    struct world *w = closed_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_MEDIUM);
    take_finding(w, NOON, f);
    take_status(w, NOON, 2, REPORTED_RESOLVED);
    assert_news(w, "bug/F-1/2 closed closed:done [status,resolution,closed_at,sla]\n"
                   "completed/2 light 0/1\n");
}

/* Whatever it was closed as: where nobody has to verify it it is done, else it is open for that. */
static void resolved_after_all(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    take_finding(w, NOON, accepted(w, 2));
    take_status(w, LATER, 3, REPORTED_RESOLVED);
    assert_news(w, "opened/3 light 0/1\n"
                   "bug/F-1/3 reopened resolved "
                   "[status,resolution,reason,accepted_until,accepted_by,assign_due_at,due_at,"
                   "closed_at,sla,occurrence]\n");
    assert_int_equal(incident_of(w, "INC-1")->accepted, 0);
    take_finding(w, LATER, accepted(w, 4));
    TELL_FINDING(w, LATER, "F-1", 5, SEVERITY, severity, SEVERITY_LOW);
    take_status(w, LATER_STILL, 6, REPORTED_RESOLVED);
    assert_news(w, "bug/F-1/6 updated closed:done "
                   "[resolution,reason,accepted_until,accepted_by,sla]\n");
    assert_time(task_of(w, "INC-1", "bug/F-1")->closed_at, LATER);
    assert_int_equal(incident_of(w, "INC-1")->accepted, 0);
    /* A word more is none. */
    take_status(w, LATER_STILL, 7, REPORTED_RESOLVED);
    assert_news(w, "");
}

/* It is known of no task of another kind, and of none that is made later. */
static void an_acceptance_goes_with_its_status(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, accepted(w, 1));
    TELL_FINDING(w, NOON, "F-1", 2, TITLE, title, STR("Dumps"));
    take_status(w, NOON, 3, REPORTED_DUPLICATE); /* which may not count */
    assert_time(finding_of(w, "INC-1", "F-1")->accepted_until, JUNE);
    take_finding(w, NOON, accepted(w, 4));
    take_status(w, NOON, 5, REPORTED_IN_PROGRESS);
    assert_time(finding_of(w, "INC-1", "F-1")->accepted_until, NULL);
    closed_incident(state);
    const struct task *task = task_of(w, "INC-1", "bug/F-1");
    assert_int_equal(task->status, STATUS_IN_PROGRESS);
    assert_null(task->accepted_by.p);
    take_finding(w, LATER, accepted(w, 6));
    take_status(w, LATER, 7, REPORTED_OPEN);
    TELL_FINDING(w, LATER, "F-1", 8, CATEGORY, category, CATEGORY_UNKNOWN_ATTACK_VECTOR);
    assert_time(task_of(w, "INC-1", "service-investment/F-1")->accepted_until, NULL);
    /* What its tracker accepted is the finding's too where that is closed by it. */
    struct task_update_event *u = task_update(w, "INC-1", "service-investment/F-1", 1);
    SET_UPDATE(u, ACCEPTED_UNTIL, accepted_until, t(JUNE));
    SET_UPDATE(u, ACCEPTED_BY, accepted_by, STR("ciso"));
    take_update(w, LATER, u);
    struct finding_event *f = finding(w, "INC-1", "F-1", 9);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("too dear"));
    take_finding(w, LATER, f);
    assert_time(finding_of(w, "INC-1", "F-1")->accepted_until, JUNE);
    assert_str(finding_of(w, "INC-1", "F-1")->accepted_by, "ciso");
}

static void a_dismissal_needs_a_reason(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, STATUS, status, REPORTED_DISMISSED);
    struct event event = {.type = EVENT_FINDING, .incident_id = f->incident_id, .finding = f};
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    assert_int_equal(w->d.refused.code, REFUSE_MISSING_FIELD);
    assert_str(w->d.refused.incident_id, "INC-1");
    SET_FINDING(f, REASON, reason, STR(""));
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    /* Also one that nobody knows yet. */
    f->finding.finding_id = STR("F-2");
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    /* A reason that is known already counts. */
    TELL_FINDING(w, NOON, "F-1", 2, REASON, reason, STR("accepted risk"));
    TELL_FINDING(w, NOON, "F-1", 3, STATUS, status, REPORTED_DISMISSED);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->resolution, RESOLUTION_DISMISSED);
}

static void a_reason_goes_with_its_status(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, STATUS, status, REPORTED_BLOCKED);
    SET_FINDING(f, REASON, reason, STR("waits"));
    take_finding(w, NOON, f);
    take_status(w, NOON, 3, REPORTED_BLOCKED); /* the same: it still waits */
    assert_news(w, "");
    take_status(w, NOON, 4, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/3 updated in-progress [status,reason]\n");
    assert_null(finding_of(w, "INC-1", "F-1")->reason.p);
    /* A word for none is open. */
    TELL_FINDING(w, NOON, "F-1", 5, REASON, reason, STR("well on its way"));
    TELL_FINDING(w, NOON, "F-1", 6, STATUS, status, reported_status_none);
    assert_news(w, "bug/F-1/5 updated open [status,reason]\n");
    TELL_FINDING(w, NOON, "F-1", 7, REASON, reason, STR("why not"));
    take_status(w, NOON, 8, REPORTED_OPEN);
    assert_news(w, "");
    /* The finding says what it did, and its tracker had another word: the reason was the tracker's. */
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    SET_UPDATE(u, REASON, reason, STR("no tester"));
    take_update(w, NOON, u);
    take_status(w, NOON, 9, REPORTED_OPEN);
    assert_news(w, "bug/F-1/8 updated open [status,reason]\n");
    /* The tracker was there before it. */
    u->order.revision = 2;
    take_update(w, NOON, u);
    take_status(w, NOON, 10, REPORTED_BLOCKED);
    assert_news(w, "");
    assert_str(task_of(w, "INC-1", "bug/F-1")->reason, "no tester");
}

static void a_closure_is_not_refused_for_one_dismissal(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, STATUS, status, REPORTED_DISMISSED);
    f->warnings = warning(w, "severity");
    add_inline(w, e, f);
    f = technical(w, "F-2", 1);
    SET_FINDING(f, STATUS, status, REPORTED_DISMISSED);
    SET_FINDING(f, REASON, reason, STR("not ours"));
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\n"
                   "bug/F-1/1 created open\n"
                   "bug/F-2/1 created open\n"
                   "bug/F-2/2 closed closed:dismissed [status,resolution,reason,closed_at,sla]\n");
    assert_int_equal(output_at(w, 1)->warnings.n, 2);
    assert_str(output_at(w, 1)->warnings.items[1].member, "reason");
}

static void a_duplicate_points_to_the_other(void **state)
{
    struct world *w = full_incident(state);
    take_finding(w, NOON, technical(w, "F-0", 1));
    take_finding(w, NOON, technical(w, "F-1", 1));
    struct finding_event *f = finding(w, "INC-1", "F-1", 3);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("F-0"));
    take_finding(w, NOON, f);
    assert_news(w, "bug/F-1/2 closed closed:duplicate [status,resolution,reason,closed_at,sla]\n");
    assert_str(task_of(w, "INC-1", "bug/F-1")->reason, "duplicate of INC-1/bug/F-0");
    TELL_FINDING(w, NOON, "F-1", 4, REASON, reason, STR("the same leak"));
    assert_str(task_of(w, "INC-1", "bug/F-1")->reason, "the same leak");
    /* The task that goes on, once the other finding has one; said again it changes nothing. */
    take_finding(w, NOON, technical(w, "F-2", 1));
    f = finding(w, "INC-1", "F-2", 2);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("F-1"));
    take_finding(w, NOON, f);
    assert_str(task_of(w, "INC-1", "bug/F-2")->reason, "duplicate of INC-1/bug/F-1");
    TELL_FINDING(w, NOON, "F-2", 3, STATUS, status, REPORTED_DUPLICATE);
    assert_news(w, "");
    /* What is known of it changes nothing while it is open. */
    take_status(w, NOON, 5, REPORTED_OPEN);
    TELL_FINDING(w, NOON, "F-1", 6, DUPLICATE_OF, duplicate_of, STR("F-9"));
    assert_news(w, "");
}

static void a_duplicate_that_moves_back(void **state)
{
    struct world *w = full_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    take_finding(w, NOON, technical(w, "F-2", 1));
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, WORK, work, KIND_CHANGE_REQUEST);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("F-2"));
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    take_finding(w, NOON, f);
    assert_str(task_of(w, "INC-1", "change-request/F-1")->reason, "duplicate of INC-1/bug/F-2");
    f = finding(w, "INC-1", "F-1", 3);
    SET_FINDING(f, WORK, work, 0);
    take_finding(w, NOON, f); /* F-2 is not at hand: the record does not name it */
    assert_str(task_of(w, "INC-1", "bug/F-1")->reason, "duplicate of F-2");
}

static void duplicates_in_one_closure(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    for (int i = 0; i < 2; i++) {
        struct finding_event *f = technical(w, i ? "F-2" : "F-1", 1);
        if (!i) SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
        if (!i) SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("F-2"));
        add_inline(w, e, f);
    }
    take_closure(w, NOON, e);
    assert_str(task_of(w, "INC-1", "bug/F-1")->reason, "duplicate of INC-1/bug/F-2");
}

static void another_severity_moves_priority_and_deadlines(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    TELL_FINDING(w, LATER, "F-1", 2, SEVERITY, severity, SEVERITY_CRITICAL);
    assert_news(w, "bug/F-1/2 updated open [severity,priority,due_at]\n");
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-11-27T12:00:00Z");
    TELL_FINDING(w, LATER, "F-1", 3, SEVERITY, severity, SEVERITY_LOW);
    assert_news(w, "bug/F-1/3 updated open [severity,priority,assign_due_at,due_at]\n");
    TELL_FINDING(w, LATER, "F-1", 4, SEVERITY, severity, SEVERITY_INFORMATIONAL);
    assert_news(w, "bug/F-1/4 updated open [severity]\n");
    struct finding_event *f = finding(w, "INC-1", "F-1", 5);
    f->present = FINDING_SEVERITY; /* null: the default */
    take_finding(w, LATER, f);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->priority, PRIORITY_P2);
    /* Counted from the re-opening in a second life; a closed one keeps what it was judged by. */
    take_status(w, LATER, 6, REPORTED_VERIFIED);
    TELL_FINDING(w, LATER, "F-1", 7, SEVERITY, severity, SEVERITY_CRITICAL);
    assert_news(w, "bug/F-1/7 updated closed:done [severity,priority]\n");
    take_status(w, LATER_STILL, 8, REPORTED_OPEN);
    TELL_FINDING(w, "2026-11-27T12:00:00Z", "F-1", 9, SEVERITY, severity, SEVERITY_HIGH);
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-12-26T12:00:00Z");
}

static void a_lower_priority_can_make_verification_needless(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    take_status(w, NOON, 2, REPORTED_RESOLVED);
    TELL_FINDING(w, NOON, "F-1", 3, SEVERITY, severity, SEVERITY_CRITICAL);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->status, STATUS_RESOLVED);
    TELL_FINDING(w, LATER, "F-1", 4, SEVERITY, severity, SEVERITY_LOW);
    assert_news(w, "bug/F-1/4 closed closed:done "
                   "[severity,priority,status,resolution,assign_due_at,due_at,closed_at,sla]\n"
                   "completed/2 light 0/1\n");
}

static void a_full_postmortem_raises_its_findings_once(void **state)
{
    struct world *w = closed_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_MEDIUM);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, NOON, f);
    f = technical(w, "F-2", 1);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    take_finding(w, NOON, f);
    f = technical(w, "F-3", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_CRITICAL);
    take_finding(w, NOON, f);
    struct closure_event *e = closure(w, "INC-1", 2);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    f = technical(w, "F-4", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_MEDIUM);
    add_inline(w, e, f);
    take_closure(w, LATER, e);
    assert_news(w, "updated/1 full 3/1\n"
                   "postmortem/1 created open\n"
                   "findings-report/1 created open\n"
                   "bug/F-1/2 updated open [priority,reason,due_at]\n"
                   "sop-update/F-1/2 updated open [priority,reason,due_at]\n"
                   "bug/F-4/1 created open\n");
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->priority, PRIORITY_P2);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->severity, SEVERITY_MEDIUM);
    assert_int_equal(task_of(w, "INC-1", "bug/F-4")->priority, PRIORITY_P2);
    take_closure(w, LATER, closure(w, "INC-1", 3));
    assert_news(w, "");
    /* Why it was raised is no reason of what comes later. */
    assert_non_null(task_of(w, "INC-1", "bug/F-1")->reason.p);
    TELL_TASK(w, LATER, "bug/F-1", 1, STATUS, status, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/3 updated in-progress [status,reason]\n");
    assert_null(task_of(w, "INC-1", "bug/F-1")->reason.p);
}

static void due_at_overrides_and_stays(void **state)
{
    struct world *w = closed_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, DUE_AT, due_at, t("2026-12-02"));
    take_finding(w, NOON, f);
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-12-02");
    TELL_FINDING(w, NOON, "F-1", 2, SEVERITY, severity, SEVERITY_LOW);
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-12-02");
    TELL_FINDING(w, NOON, "F-1", 3, DUE_AT, due_at, t("2026-12-04"));
    assert_news(w, "bug/F-1/3 updated open [due_at]\n");
    /* Done and open again before that day: it stays. */
    take_status(w, NOON, 4, REPORTED_VERIFIED);
    take_status(w, LATER, 5, REPORTED_OPEN);
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-12-04");
    take_status(w, LATER, 6, REPORTED_VERIFIED);
    TELL_FINDING(w, LATER, "F-1", 7, DUE_AT, due_at, t("2026-12-06"));
    assert_news(w, "");
    take_status(w, LATER, 8, REPORTED_OPEN);
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-12-06");
    /* After it: the policy's time. */
    take_status(w, LATER, 9, REPORTED_VERIFIED);
    take_status(w, "2026-12-07", 10, REPORTED_OPEN);
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2027-03-07");
    TELL_FINDING(w, "2026-12-07", "F-1", 11, DUE_AT, due_at, t("2026-12-20"));
    TELL_FINDING(w, "2026-12-07", "F-1", 12, DUE_AT, due_at, TIME_NONE);
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2027-03-07");
}

static void a_date_that_is_past_does_not_fit_what_is_taken_up_again(void **state)
{
    struct world *w = closed_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, DUE_AT, due_at, t("2026-11-25"));
    take_finding(w, NOON, f);
    TELL_FINDING(w, LATER, "F-1", 2, WORK, work, KIND_CHANGE_REQUEST);
    assert_time(task_of(w, "INC-1", "change-request/F-1")->due_at, "2026-11-25");
    TELL_FINDING(w, LATER_STILL, "F-1", 3, WORK, work, 0);
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-12-26T12:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(statuses_of_p2),
        TEST(p3_needs_no_verification),
        TEST(resolved_after_all),
        TEST(an_acceptance_goes_with_its_status),
        TEST(a_dismissal_needs_a_reason),
        TEST(a_reason_goes_with_its_status),
        TEST(a_closure_is_not_refused_for_one_dismissal),
        TEST(a_duplicate_points_to_the_other),
        TEST(a_duplicate_that_moves_back),
        TEST(duplicates_in_one_closure),
        TEST(another_severity_moves_priority_and_deadlines),
        TEST(a_lower_priority_can_make_verification_needless),
        TEST(a_full_postmortem_raises_its_findings_once),
        TEST(due_at_overrides_and_stays),
        TEST(a_date_that_is_past_does_not_fit_what_is_taken_up_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
