/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks: what trackers report, the SLA, pauses, whose word counts, time that never runs back. */
#include "core_incident.h"

/* F-1: a P1 bug of team identity, due on the 27th at noon. */
static struct world *p1_bug(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_CRITICAL);
    SET_FINDING(f, OWNER, owner, owner("identity", "dev@example.com"));
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    return w;
}

static const struct task *bug(struct world *w)
{
    return task_of(w, "INC-1", "bug/F-1");
}

static void report(struct world *w, const char *at, const char *name, int64_t revision, int status)
{
    struct task_update_event *u = task_update(w, "INC-1", name, revision);
    SET_UPDATE(u, STATUS, status, status);
    if (status == REPORTED_DISMISSED || status == REPORTED_WONT_FIX)
        SET_UPDATE(u, REASON, reason, STR("no risk"));
    take_update(w, at, u);
}

static void snooze(struct world *w, const char *at, int64_t revision, ms_t until)
{
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", revision);
    SET_UPDATE(u, SNOOZED_UNTIL, snoozed_until, until);
    take_update(w, at, u);
}

static void a_tracker_reports_every_status(void **state)
{
    struct world *w = p1_bug(state);
    report(w, NOON, "bug/F-1", 1, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/2 updated in-progress [status]\n");
    report(w, NOON, "bug/F-1", 2, REPORTED_BLOCKED);
    assert_news(w, "bug/F-1/3 updated blocked [status]\n");
    report(w, NOON, "bug/F-1", 3, REPORTED_OPEN);
    assert_news(w, "bug/F-1/4 updated open [status]\n");
    report(w, NOON, "bug/F-1", 4, REPORTED_RESOLVED);
    assert_news(w, "bug/F-1/5 resolved resolved [status]\n");
    report(w, NOON, "bug/F-1", 5, REPORTED_VERIFIED);
    assert_news(w, "bug/F-1/6 closed closed:done [status,resolution,closed_at,sla]\n"
                   "completed/1 light 0/1\n");
    report(w, NOON, "bug/F-1", 6, REPORTED_DUPLICATE);
    assert_news(w, "bug/F-1/7 updated closed:duplicate [resolution,sla]\n");
    report(w, NOON, "bug/F-1", 7, REPORTED_WONT_FIX);
    assert_news(w, "bug/F-1/8 updated closed:wont-fix [resolution,reason]\n");
    report(w, NOON, "bug/F-1", 8, REPORTED_DISMISSED);
    assert_news(w, "bug/F-1/9 updated closed:dismissed [resolution]\n");
    report(w, NOON, "bug/F-1", 9, REPORTED_CLOSED); /* it is: however it came to be */
    assert_news(w, "");
    report(w, NOON, "bug/F-1", 10, REPORTED_VERIFIED);
    assert_news(w, "bug/F-1/10 updated closed:done [resolution,reason,sla]\n");
    report(w, NOON, "bug/F-1", 11, REPORTED_OPEN);
    assert_news(w, "opened/2 light 0/1\n"
                   "bug/F-1/11 reopened open "
                   "[status,resolution,closed_at,sla,occurrence]\n");
}

static void a_reason_of_a_tracker_goes_with_its_status(void **state)
{
    struct world *w = p1_bug(state);
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    SET_UPDATE(u, REASON, reason, STR("waits"));
    take_update(w, NOON, u);
    report(w, NOON, "bug/F-1", 2, REPORTED_BLOCKED);
    assert_str(bug(w)->reason, "waits");
    report(w, NOON, "bug/F-1", 3, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/3 updated in-progress [status,reason]\n");
    /* A dismissal takes what is stored for its own. */
    TELL_TASK(w, NOON, "bug/F-1", 4, TRACKER, tracker, ((struct tracker){.key = STR("K")}));
    u = task_update(w, "INC-1", "bug/F-1", 5);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    SET_UPDATE(u, REASON, reason, STR("accepted"));
    take_update(w, NOON, u);
    TELL_TASK(w, NOON, "bug/F-1", 6, STATUS, status, REPORTED_DISMISSED);
    assert_str(bug(w)->reason, "accepted");
    report(w, NOON, "bug/F-1", 7, REPORTED_DUPLICATE);
    assert_null(bug(w)->reason.p);
}

static void order_of_a_tracker_is_its_own(void **state)
{
    struct world *w = p1_bug(state);
    report(w, NOON, "bug/F-1", 9, REPORTED_BLOCKED);
    report(w, NOON, "bug/F-1", 9, REPORTED_OPEN);
    assert_news(w, "");
    report(w, NOON, "bug/F-1", 8, REPORTED_OPEN);
    assert_news(w, "");
    /* finding-updated counts apart: the later to arrive wins field by field. */
    TELL_FINDING(w, NOON, "F-1", 2, STATUS, status, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/3 updated in-progress [status]\n");
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 10);
    SET_UPDATE(u, TRACKER, tracker,
               ((struct tracker){STR("jira"), STR("SEC-1"), STR("https://x")}));
    take_update(w, NOON, u);
    assert_news(w, "bug/F-1/4 updated in-progress [tracker]\n");
    u->order.revision = 11; /* nothing new in it */
    take_update(w, LATER, u);
    assert_news(w, "");
    assert_time(bug(w)->touched_at, NOON);
    assert_int_equal(bug(w)->order.revision, 11);
}

static void an_ended_finding_keeps_its_task_closed(void **state)
{
    struct world *w = p1_bug(state);
    take_status(w, NOON, 2, REPORTED_WONT_FIX);
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    SET_UPDATE(u, TRACKER, tracker, ((struct tracker){.key = STR("SEC-1")}));
    take_update(w, NOON, u);
    assert_news(w, "bug/F-1/3 updated closed:wont-fix [tracker]\n");
    /* An issue that is closed with its task is not resolved. */
    report(w, NOON, "bug/F-1", 2, REPORTED_RESOLVED);
    assert_news(w, "");
    TELL_FINDING(w, NOON, "F-1", 3, STATUS, status, REPORTED_VERIFIED);
    assert_news(w, "bug/F-1/4 updated closed:done [resolution,reason,sla]\n");
    TELL_FINDING(w, NOON, "F-1", 4, STATUS, status, REPORTED_RESOLVED);
    assert_news(w, "");
    report(w, NOON, "bug/F-1", 3, REPORTED_IN_PROGRESS);
    assert_int_equal(bug(w)->status, STATUS_IN_PROGRESS);
    assert_int_equal(bug(w)->occurrence, 2);
}

static void a_finding_that_ends_closes_what_its_tracker_left_open(void **state)
{
    struct world *w = p1_bug(state);
    report(w, NOON, "bug/F-1", 1, REPORTED_BLOCKED);
    take_status(w, NOON, 2, REPORTED_WONT_FIX);
    assert_int_equal(bug(w)->resolution, RESOLUTION_WONT_FIX);
}

static void owners_fall_back(void **state)
{
    struct world *w = p1_bug(state);
    TELL_TASK(w, NOON, "bug/F-1", 1, OWNER, owner, owner(NULL, NULL));
    assert_null(bug(w)->owner.team.p);
    w->policy.routing[CATEGORY_TECHNICAL_LAPSE].owner = owner("triage", NULL);
    TELL_TASK(w, NOON, "bug/F-1", 2, OWNER, owner, owner(NULL, NULL));
    assert_str(bug(w)->owner.team, "triage");
    take_closure(w, NOON, closure(w, "INC-2", 1));
    struct task_update_event *u = task_update(w, "INC-2", "response-evaluation", 1);
    SET_UPDATE(u, OWNER, owner, owner(NULL, "lead@example.com"));
    take_update(w, NOON, u);
    u = task_update(w, "INC-2", "response-evaluation", 2);
    SET_UPDATE(u, OWNER, owner, owner(NULL, NULL));
    take_update(w, NOON, u);
    assert_str(task_of(w, "INC-2", "response-evaluation")->owner.team, "security-response");
}

static void updates_that_are_refused(void **state)
{
    struct world *w = p1_bug(state);
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-9", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    struct event event = {
        .type = EVENT_TASK_UPDATE, .incident_id = u->incident_id, .task_update = u};
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    assert_int_equal(w->d.refused.code, REFUSE_UNKNOWN_TASK);
    assert_str(w->d.refused.detail, "task_id: there is no task 'INC-1/bug/F-9'");
    assert_str(w->d.refused.incident_id, "INC-1");
    u->name = STR("nonsense");
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    u->name = STR_NONE; /* a task of another incident */
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    u->name = STR("bug/F-1");
    u->status = REPORTED_DISMISSED;
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    assert_int_equal(w->d.refused.code, REFUSE_MISSING_FIELD);
    SET_UPDATE(u, REASON, reason, STR(""));
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    SET_UPDATE(u, REASON, reason, STR("no risk"));
    assert_int_equal(take(w, &event), DECIDE_OK);
    u = task_update(w, "INC-1", "bug/F-1", 2); /* it has one now */
    SET_UPDATE(u, STATUS, status, REPORTED_DISMISSED);
    take_update(w, NOON, u);
}

static void the_sla_of_open_work(void **state)
{
    struct world *w = p1_bug(state);
    assert_int_equal(bug(w)->sla, SLA_ON_TRACK);
    run_until(w, "2026-11-25T17:59:59Z");
    assert_int_equal(bug(w)->sla, SLA_ON_TRACK);
    run_until(w, "2026-11-25T18:00:00Z"); /* 75 % of seven days */
    assert_news(w, "bug/F-1/2 updated open [sla]\n"
                   "reminder escalation/1 bug/F-1 &due-soon 2026-11-25T18:00 "
                   "owner=identity:dev@example.com manager=:manager@example.com\n");
    const struct output *o = output_at(w, 0);
    assert_time(o->at, "2026-11-25T18:00:00Z");
    assert_time(o->cause.at, "2026-11-25T18:00:00Z");
    assert_int_equal(o->cause.topic, 0);
    assert_int_equal(bug(w)->sla, SLA_AT_RISK);
    run_until(w, "2026-11-27T12:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_BREACHED);
    report(w, "2026-11-27T13:00:00Z", "bug/F-1", 1, REPORTED_VERIFIED);
    assert_int_equal(bug(w)->sla, SLA_MET_LATE);
    assert_int_equal(incident_of(w, "INC-1")->counts.met_late, 1);
}

static void without_due_soon_nothing_is_at_risk(void **state)
{
    struct world *w = *state;
    w->policy.due_soon.n = 0;
    p1_bug(state);
    run_until(w, "2026-11-27T11:59:59Z");
    assert_int_equal(bug(w)->sla, SLA_ON_TRACK);
    run_until(w, "2026-11-27T12:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_BREACHED);
}

/* A duty that has to be met at once, from a time that is still to come. */
static void with_no_time_to_do_it_nothing_is_at_risk(void **state)
{
    struct world *w = *state;
    w->policy.obligations_n = 1;
    w->policy.obligations = &(struct obligation){
        .id = STR("notice"), .party = STR("Regulator"), .time.from = FROM_DETECTED_AT};
    TELL_CLOSURE(w, NOON, 1, DETECTED_AT, detected_at, t(LATER));
    const char *name = "obligation/notice";
    assert_time(task_of(w, "INC-1", name)->due_at, LATER);
    run_until(w, "2026-11-24T11:59:59Z");
    assert_int_equal(task_of(w, "INC-1", name)->sla, SLA_ON_TRACK);
    run_until(w, LATER);
    assert_int_equal(task_of(w, "INC-1", name)->sla, SLA_BREACHED);
}

static void resolved_work_is_judged_by_when_it_was_resolved(void **state)
{
    struct world *w = p1_bug(state);
    report(w, LATER, "bug/F-1", 1, REPORTED_RESOLVED);
    run_until(w, "2026-12-20");
    assert_int_equal(bug(w)->sla, SLA_ON_TRACK);
    report(w, "2026-12-20", "bug/F-1", 2, REPORTED_VERIFIED);
    assert_int_equal(bug(w)->sla, SLA_MET);
}

static void not_verified_after_all_it_is_late(void **state)
{
    struct world *w = p1_bug(state);
    report(w, LATER, "bug/F-1", 1, REPORTED_RESOLVED);
    report(w, "2026-12-20", "bug/F-1", 2, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/3 updated in-progress [status,sla]\n");
    assert_int_equal(bug(w)->sla, SLA_BREACHED);
    run_until(w, "2026-12-20T12:00:00Z");
    /* Due is said, and every step of the escalation, as of now: none was promised before. */
    assert_news(w,
                "reminder review-due/1 INC-1 +3 2026-12-18T12:00 response-team=security-response\n"
                "reminder escalation/1 bug/F-1 &due 2026-12-20T00:00 "
                "owner=identity:dev@example.com manager=:manager@example.com on-call=identity "
                "response-lead=:response-lead@example.com\n");
    run_until(w, "2026-12-21");
    assert_news(w, "reminder overdue/1 bug/F-1 2026-12-21T00:00 owner=identity:dev@example.com "
                   "on-call=identity\n");
}

/* What was due before a record comes before it, though nothing ran in between. */
static void ticks_that_were_missed_come_first(void **state)
{
    struct world *w = p1_bug(state);
    report(w, "2026-11-30T12:00:00Z", "bug/F-1", 1, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/2 updated open [sla]\n"
                   "bug/F-1/3 updated open [sla]\n"
                   "bug/F-1/4 updated in-progress [status]\n");
    assert_time(output_at(w, 1)->at, "2026-11-27T12:00:00Z");
    assert_int_equal(output_at(w, 1)->cause.topic, 0);
    assert_int_equal(output_at(w, 2)->cause.topic, TOPIC_TASK_UPDATED);
}

static void a_pause_moves_every_deadline(void **state)
{
    struct world *w = p1_bug(state);
    run_until(w, LATER);
    snooze(w, LATER, 1, t("2026-12-01T12:00:00Z"));
    assert_news(w, "bug/F-1/2 updated open [snoozed_until,sla]\n");
    assert_int_equal(bug(w)->sla, SLA_PAUSED);
    assert_time(bug(w)->due_at, "2026-11-27T12:00:00Z");
    run_until(w, "2026-11-27T11:00:00Z");
    assert_news(w, "");
    /* Longer: it is one pause. */
    snooze(w, "2026-11-27T12:00:00Z", 2, t("2026-12-04T12:00:00Z"));
    assert_news(w, "bug/F-1/3 updated open [snoozed_until]\n");
    run_until(w, "2026-12-04T12:00:00Z");
    assert_news(w, "reminder review-due/1 INC-1 2026-11-27T12:00 response-team=security-response\n"
                   "reminder review-due/2 INC-1 2026-12-04T12:00 response-team=security-response\n"
                   "bug/F-1/4 updated open [assign_due_at,due_at,snoozed_until,sla]\n");
    assert_time(output_at(w, 2)->cause.at, "2026-12-04T12:00:00Z");
    assert_time(bug(w)->due_at, "2026-12-07T12:00:00Z");
    assert_time(bug(w)->assign_due_at, "2026-12-07T12:00:00Z"); /* from a Saturday */
    assert_int_equal(bug(w)->sla, SLA_ON_TRACK);
    assert_time(bug(w)->touched_at, "2026-12-04T12:00:00Z");
}

static void a_pause_can_end_early(void **state)
{
    struct world *w = p1_bug(state);
    snooze(w, LATER, 1, t("2026-12-04T12:00:00Z"));
    snooze(w, "2026-11-25T12:00:00Z", 2, TIME_NONE);
    assert_news(w, "bug/F-1/3 updated open [assign_due_at,due_at,snoozed_until,sla]\n");
    assert_time(bug(w)->due_at, "2026-11-28T12:00:00Z");
    snooze(w, "2026-11-25T12:00:00Z", 3, TIME_NONE);
    assert_news(w, "");
    snooze(w, "2026-11-25T12:00:00Z", 4, t("2026-11-25T12:00:00Z")); /* that is now */
    assert_news(w, "");
}

static void closing_ends_a_pause(void **state)
{
    struct world *w = p1_bug(state);
    snooze(w, LATER, 1, t("2026-12-04T12:00:00Z"));
    report(w, "2026-11-28T12:00:00Z", "bug/F-1", 2, REPORTED_VERIFIED);
    assert_int_equal(bug(w)->sla, SLA_MET);
    assert_time(bug(w)->due_at, "2026-12-01T12:00:00Z");
    assert_time(bug(w)->snoozed_until, NULL);
    snooze(w, "2026-11-28T12:00:00Z", 3, t("2026-12-04T12:00:00Z"));
    assert_news(w, "");
    /* Open again and snoozed in one record: the status comes first. */
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 4);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    SET_UPDATE(u, SNOOZED_UNTIL, snoozed_until, t("2026-12-10"));
    take_update(w, "2026-12-01T12:00:00Z", u);
    assert_int_equal(bug(w)->sla, SLA_PAUSED);
}

static void a_date_that_was_given_does_not_move(void **state)
{
    struct world *w = p1_bug(state);
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, DUE_AT, due_at, t("2026-11-26"));
    SET_FINDING(f, SNOOZED_UNTIL, snoozed_until, t("2026-12-01T12:00:00Z"));
    take_finding(w, "2026-11-21T12:00:00Z", f);
    run_until(w, "2026-12-02T12:00:00Z");
    assert_time(bug(w)->due_at, "2026-11-26");
    assert_news(w, "reminder review-due/1 INC-1 2026-11-27T12:00 response-team=security-response\n"
                   "bug/F-1/3 updated open [assign_due_at,snoozed_until,sla]\n"
                   "reminder escalation/1 bug/F-1 &due 2026-12-01T12:00 "
                   "owner=identity:dev@example.com manager=:manager@example.com on-call=identity "
                   "response-lead=:response-lead@example.com\n"
                   "reminder overdue/1 bug/F-1 2026-12-02T12:00 owner=identity:dev@example.com "
                   "on-call=identity\n");
}

static void resolved_work_can_be_paused_too(void **state)
{
    struct world *w = p1_bug(state);
    report(w, NOON, "bug/F-1", 1, REPORTED_RESOLVED);
    snooze(w, NOON, 2, t("2026-12-04T12:00:00Z"));
    run_until(w, "2026-12-04T11:00:00Z");
    assert_news(w,
                "reminder review-due/1 INC-1 2026-11-27T12:00 response-team=security-response\n");
    run_until(w, "2026-12-04T12:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_ON_TRACK);
}

/* A record whose Kafka time lies before what the task has said already. */
static void time_never_runs_back(void **state)
{
    struct world *w = p1_bug(state);
    run_until(w, "2026-11-27T12:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_BREACHED);
    report(w, "2026-11-27T11:59:00Z", "bug/F-1", 1, REPORTED_IN_PROGRESS);
    assert_news(w, "bug/F-1/4 updated in-progress [status]\n");
    assert_time(output_at(w, 0)->at, "2026-11-27T12:00:00Z");
    snooze(w, "2026-11-27T13:00:00Z", 2, t("2026-12-04T12:00:00Z"));
    snooze(w, "2026-11-27T12:30:00Z", 3, TIME_NONE);
    assert_time(bug(w)->due_at, "2026-11-27T12:00:00Z");
    report(w, "2026-11-20T12:00:00Z", "bug/F-1", 4, REPORTED_VERIFIED);
    assert_time(bug(w)->closed_at, "2026-11-27T13:00:00Z");
    assert_int_equal(bug(w)->sla, SLA_MET_LATE);
}

static void every_visible_member_has_its_bit(void **state)
{
    struct world *w = *state;
    struct task a = {0};
    struct task b;
    struct evidence some[] = {{STR("x"), STR_NONE}, {STR("y"), STR_NONE}, {STR("y"), STR("n")}};
    a.evidence = (struct evidence_list){some + 1, 1};
    uint64_t bits = 0;
#define DIFFERS(name, change)                                            \
    b = a;                                                               \
    b.change;                                                            \
    assert_true(task_diff(&a, &b) == UINT64_C(1) << TASK_MEMBER_##name); \
    bits |= task_diff(&a, &b);
    DIFFERS(queue, queue = 1)
    DIFFERS(title, title = STR(""))
    DIFFERS(description, description = STR("x"))
    DIFFERS(category, category = 1)
    DIFFERS(severity, severity = 1)
    DIFFERS(priority, priority = 1)
    DIFFERS(status, status = 1)
    DIFFERS(resolution, resolution = 1)
    DIFFERS(reason, reason = STR("x"))
    DIFFERS(accepted_until, accepted_until = 1)
    DIFFERS(accepted_by, accepted_by = STR("x"))
    DIFFERS(owner, owner.team = STR("x"))
    DIFFERS(owner, owner.person = STR("x"))
    DIFFERS(participants, participants = groups(w, "a", NULL))
    DIFFERS(labels, labels = labels_of("a", "x"))
    a.labels = labels_of("a", "x");
    DIFFERS(labels, labels = labels_of("a", "y"))
    DIFFERS(labels, labels = labels_of("b", "x"))
    DIFFERS(assign_due_at, assign_due_at = 1)
    DIFFERS(due_at, due_at = 1)
    DIFFERS(snoozed_until, snoozed_until = 1)
    DIFFERS(closed_at, closed_at = 1)
    DIFFERS(first_breached_at, first_breached_at = 1)
    DIFFERS(sla, sla = 1)
    DIFFERS(occurrence, occurrence = 1)
    DIFFERS(tracker, tracker.system = STR("x"))
    DIFFERS(tracker, tracker.key = STR("x"))
    DIFFERS(tracker, tracker.url = STR("x"))
    DIFFERS(evidence, evidence.n = 0)
    DIFFERS(evidence, evidence = ((struct evidence_list){some, 1}))
    DIFFERS(evidence, evidence = ((struct evidence_list){some + 2, 1}))
    DIFFERS(evaluation, evaluation.sufficient = TRI_TRUE)
    DIFFERS(evaluation, evaluation.complete = TRI_FALSE)
    DIFFERS(evaluation, evaluation.note = STR("x"))
    DIFFERS(moved_from, moved_from = STR("x"))
    DIFFERS(moved_to, moved_to = STR("x"))
    DIFFERS(submitted_at, submitted_at = 1)
    DIFFERS(policy, policy_version = STR("x"))
    DIFFERS(policy, policy_rule = STR("x"))
    bits |= UINT64_C(1) << TASK_MEMBER_met | UINT64_C(1) << TASK_MEMBER_margin_s;
    assert_true(bits == (UINT64_C(1) << TASK_MEMBER_end) - 1);
    b = a;
    b.version = b.updated_at = b.touched_at = b.clock_start = 7;
    assert_true(task_diff(&a, &b) == 0);
}

static void evidence_is_of_one_occurrence(void **state)
{
    struct world *w = p1_bug(state);
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    struct evidence shown = {STR("commit/4f1c"), STR_NONE};
    SET_UPDATE(u, EVIDENCE, evidence, ((struct evidence_list){&shown, 1}));
    take_update(w, NOON, u);
    assert_news(w, "bug/F-1/2 updated open [evidence]\n");
    report(w, NOON, "bug/F-1", 2, REPORTED_VERIFIED);
    assert_int_equal(bug(w)->evidence.n, 1);
    report(w, NOON, "bug/F-1", 3, REPORTED_OPEN);
    assert_int_equal(bug(w)->evidence.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(a_tracker_reports_every_status),
        TEST(a_reason_of_a_tracker_goes_with_its_status),
        TEST(order_of_a_tracker_is_its_own),
        TEST(an_ended_finding_keeps_its_task_closed),
        TEST(a_finding_that_ends_closes_what_its_tracker_left_open),
        TEST(owners_fall_back),
        TEST(updates_that_are_refused),
        TEST(the_sla_of_open_work),
        TEST(without_due_soon_nothing_is_at_risk),
        TEST(with_no_time_to_do_it_nothing_is_at_risk),
        TEST(resolved_work_is_judged_by_when_it_was_resolved),
        TEST(not_verified_after_all_it_is_late),
        TEST(ticks_that_were_missed_come_first),
        TEST(a_pause_moves_every_deadline),
        TEST(a_pause_can_end_early),
        TEST(closing_ends_a_pause),
        TEST(a_date_that_was_given_does_not_move),
        TEST(resolved_work_can_be_paused_too),
        TEST(time_never_runs_back),
        TEST(every_visible_member_has_its_bit),
        TEST(evidence_is_of_one_occurrence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
