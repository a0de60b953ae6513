/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: routing, what they say of their task, order, holding, moving, orphans. */
#include "core_incident.h"

static void assert_route(struct world *w, const char *finding_id, int category, const char *name,
                         int queue, const char *rule)
{
    struct finding_event *f = finding(w, "INC-1", finding_id, 1);
    if (category) SET_FINDING(f, CATEGORY, category, category);
    take_finding(w, NOON, f);
    assert_int_equal(task_of(w, "INC-1", name)->queue, queue);
    assert_str(task_of(w, "INC-1", name)->policy_rule, rule);
    assert_str(task_of(w, "INC-1", name)->finding_id, finding_id);
}

static void categories_are_routed(void **state)
{
    struct world *w = full_incident(state);
    assert_route(w, "1", CATEGORY_TECHNICAL_LAPSE, "bug/1", QUEUE_ENGINEERING,
                 "finding/technical-lapse");
    assert_route(w, "2", CATEGORY_UNKNOWN_ATTACK_VECTOR, "service-investment/2", QUEUE_ENGINEERING,
                 "finding/unknown-attack-vector");
    assert_false(is_stored(w, STR("INC-1|t|stakeholder-review")));
    assert_route(w, "3", CATEGORY_PROCEDURAL_FAILURE, "register-entry/3", QUEUE_RESPONSE_REGISTER,
                 "finding/procedural-failure");
    assert_news(w, "register-entry/3/1 created open\n"
                   "stakeholder-review/1 created open\n");
    assert_route(w, "4", CATEGORY_MANUAL_ERROR, "register-entry/4", QUEUE_RESPONSE_REGISTER,
                 "finding/manual-error");
    assert_news(w, "register-entry/4/1 created open\n");
    assert_route(w, "5", CATEGORY_PROCESS_FLAW, "register-entry/5", QUEUE_RESPONSE_REGISTER,
                 "finding/process-flaw");
    assert_route(w, "6", CATEGORY_COMMUNICATION_GLITCH, "register-entry/6", QUEUE_RESPONSE_REGISTER,
                 "finding/communication-glitch");
    assert_route(w, "7", 0, "register-entry/7", QUEUE_RESPONSE_REGISTER, "finding/uncategorized");
    assert_str(task_of(w, "INC-1", "register-entry/7")->owner.team, "security-response");
    assert_int_equal(task_of(w, "INC-1", "register-entry/7")->category, CATEGORY_UNCATEGORIZED);
}

/* Whenever it comes; and it follows, while one with its own stays where it is. */
static void without_a_severity_it_has_its_incident_s(void **state)
{
    struct world *w = closed_incident(state);
    TELL_CLOSURE(w, NOON, 2, SEVERITY, severity, SEVERITY_MEDIUM);
    take_finding(w, NOON, technical(w, "F-1", 1));
    struct finding_event *f = technical(w, "F-2", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_HIGH);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, NOON, f);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->severity, SEVERITY_MEDIUM);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->priority, PRIORITY_P3);
    assert_int_equal(task_of(w, "INC-1", "bug/F-2")->severity, SEVERITY_HIGH);
    TELL_CLOSURE(w, LATER, 3, SEVERITY, severity, SEVERITY_CRITICAL);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->priority, PRIORITY_P1);
    assert_null(task_of(w, "INC-1", "bug/F-1")->reason.p);
    assert_int_equal(task_of(w, "INC-1", "bug/F-2")->version, 1);
    /* One that takes its own back has the incident's again. */
    TELL_FINDING(w, LATER_STILL, "F-2", 2, SEVERITY, severity, severity_none);
    assert_int_equal(task_of(w, "INC-1", "bug/F-2")->severity, SEVERITY_CRITICAL);
}

static void work_overrides_the_routing(void **state)
{
    struct world *w = full_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, WORK, work, KIND_CHANGE_REQUEST);
    take_finding(w, NOON, f);
    assert_news(w, "change-request/F-1/1 created open\n");
    assert_str(task_of(w, "INC-1", "change-request/F-1")->policy_rule, "finding/work");
}

static void all_that_a_finding_says_is_in_its_task(void **state)
{
    struct world *w = full_incident(state);
    struct finding_event *f = technical(w, "F/1", 1);
    SET_FINDING(f, TITLE, title, STR("Dumps are not redacted"));
    SET_FINDING(f, DESCRIPTION, description, STR("All of them"));
    SET_FINDING(f, SEVERITY, severity, SEVERITY_MEDIUM);
    SET_FINDING(f, OWNER, owner, owner("crash-reporting", "dev@example.com"));
    SET_FINDING(f, GROUPS, groups, groups(w, "identity", "payments"));
    SET_FINDING(f, TRACKER, tracker, ((struct tracker){.key = STR("SEC-311")}));
    SET_FINDING(f, REASON, reason, STR("seen in the review"));
    SET_FINDING(f, ACTION_TYPE, action_type, ACTION_PREVENT);
    SET_FINDING(f, REFERENCES, references, groups(w, "CVE-1", NULL));
    take_finding(w, LATER, f);
    assert_news(w, "bug/F%2F1/1 created open\nnew CVE-1 of INC-1\n");
    const struct task *task = task_of(w, "INC-1", "bug/F%2F1");
    assert_str(task->title, "Dumps are not redacted");
    assert_str(task->description, "All of them");
    assert_str(task->finding_id, "F/1");
    assert_int_equal(task->category, CATEGORY_TECHNICAL_LAPSE);
    assert_int_equal(task->severity, SEVERITY_MEDIUM);
    assert_int_equal(task->priority, PRIORITY_P2); /* one up: the postmortem is full */
    assert_str(task->owner.person, "dev@example.com");
    assert_int_equal(task->participants.n, 2);
    assert_str(task->tracker.key, "SEC-311");
    assert_str(task->reason, "seen in the review");
    assert_time(task->created_at, LATER);
    assert_time(task->assign_due_at, "2026-11-27T12:00:00Z");
    assert_time(task->due_at, "2026-12-24T12:00:00Z");
    assert_int_equal(output_at(w, 0)->cause.topic, TOPIC_FINDING_UPDATED);
}

static void labels_go_with_the_finding(void **state)
{
    struct world *w = closed_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, LABELS, labels, labels_of("product", "pay"));
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, NOON, f);
    assert_str(task_of(w, "INC-1", "bug/F-1")->labels.items->value, "pay");
    assert_str(task_of(w, "INC-1", "sop-update/F-1")->labels.items->value, "pay");
    assert_news(w, "opened/2 light 0/0\n"
                   "bug/F-1/1 created open\n"
                   "sop-update/F-1/1 created open\n");
    TELL_FINDING(w, LATER, "F-1", 2, TITLE, title, STR("Of what is not said nothing changes"));
    assert_news(w, "bug/F-1/2 updated open [title]\n"
                   "sop-update/F-1/2 updated open [title]\n");
    TELL_FINDING(w, LATER, "F-1", 3, LABELS, labels, labels_of("product", "mail"));
    assert_news(w, "bug/F-1/3 updated open [labels]\n"
                   "sop-update/F-1/3 updated open [labels]\n");
    TELL_FINDING(w, LATER, "F-1", 4, LABELS, labels, (struct labels){0});
    assert_news(w, "bug/F-1/4 updated open [labels]\n"
                   "sop-update/F-1/4 updated open [labels]\n");
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->labels.n, 0);
}

static void what_is_not_said_has_a_default(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    const struct task *task = task_of(w, "INC-1", "bug/F-1");
    assert_str(task->title, "Finding F-1");
    assert_int_equal(task->severity, SEVERITY_HIGH);
    assert_int_equal(task->priority, PRIORITY_P2);
    assert_null(task->owner.team.p);
    TELL_FINDING(w, NOON, "F-1", 2, TITLE, title, STR(""));
    assert_news(w, "");
}

static void held_until_the_incident_is_closed(void **state)
{
    struct world *w = *state;
    struct finding_event *f = technical(w, "F-2", 1);
    f->warnings = warning(w, "severity");
    take_finding(w, "2026-11-18", f);
    assert_news(w, "");
    f = technical(w, "F-1", 1);
    SET_FINDING(f, STATUS, status, REPORTED_RESOLVED);
    take_finding(w, "2026-11-18", f);
    f = finding(w, "INC-1", "F-2", 2);
    SET_FINDING(f, TITLE, title, STR("Second"));
    f->warnings = warning(w, "title");
    take_finding(w, "2026-11-18", f);
    f = finding(w, "INC-1", "F-2", 3);
    f->warnings = warning(w, "severity"); /* said anew */
    take_finding(w, "2026-11-18", f);
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\n"
                   "bug/F-1/1 created open\n"
                   "bug/F-1/2 resolved resolved [status]\n"
                   "bug/F-2/1 created open\n");
    assert_int_equal(output_at(w, 0)->warnings.n, 0);
    assert_int_equal(output_at(w, 3)->warnings.n, 2);
    assert_str(output_at(w, 3)->warnings.items[0].member, "title");
    assert_str(output_at(w, 3)->warnings.items[1].member, "severity");
    assert_str(task_of(w, "INC-1", "bug/F-2")->title, "Second");
    assert_time(task_of(w, "INC-1", "bug/F-2")->created_at, NOON);
}

static void first_seen_ended_is_still_logged(void **state)
{
    struct world *w = closed_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("by design"));
    SET_FINDING(f, SNOOZED_UNTIL, snoozed_until, t("2027-01-01"));
    take_finding(w, NOON, f);
    assert_news(w, "opened/2 light 0/0\n"
                   "bug/F-1/1 created open\n"
                   "bug/F-1/2 closed closed:wont-fix [status,resolution,reason,closed_at,sla]\n"
                   "completed/2 light 0/1\n");
    f = technical(w, "F-2", 1);
    SET_FINDING(f, STATUS, status, REPORTED_IN_PROGRESS);
    SET_FINDING(f, SNOOZED_UNTIL, snoozed_until, t("2027-01-01"));
    take_finding(w, NOON, f);
    assert_news(w, "opened/3 light 0/1\n"
                   "bug/F-2/1 created open\n"
                   "bug/F-2/2 updated in-progress [status,snoozed_until,sla]\n");
}

static void members_change_one_by_one(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    TELL_FINDING(w, LATER, "F-1", 2, TITLE, title, STR("New"));
    assert_news(w, "bug/F-1/2 updated open [title]\n");
    assert_int_equal(output_at(w, 0)->task.changed, 1u << TASK_MEMBER_title);
    struct finding_event *f = finding(w, "INC-1", "F-1", 3);
    SET_FINDING(f, DESCRIPTION, description, STR("New"));
    SET_FINDING(f, GROUPS, groups, groups(w, "identity", NULL));
    SET_FINDING(f, TRACKER, tracker, ((struct tracker){.url = STR("https://x")}));
    SET_FINDING(f, OWNER, owner, owner(NULL, "dev@example.com"));
    take_finding(w, LATER, f);
    assert_news(w, "bug/F-1/3 updated open [description,owner,participants,tracker]\n");
    f = finding(w, "INC-1", "F-1", 4);
    SET_FINDING(f, REASON, reason, STR("waits for a part"));
    SET_FINDING(f, STATUS, status, REPORTED_BLOCKED);
    take_finding(w, LATER, f);
    assert_news(w, "bug/F-1/4 updated blocked [status,reason]\n");
    /* Absent leaves, null clears: an owner falls back to the routing, a status to open. */
    f = finding(w, "INC-1", "F-1", 5);
    f->present = FINDING_DESCRIPTION | FINDING_OWNER | FINDING_STATUS | FINDING_REASON |
                 FINDING_GROUPS | FINDING_TRACKER | FINDING_ACTION_TYPE | FINDING_REFERENCES |
                 FINDING_DUE_AT | FINDING_SNOOZED_UNTIL | FINDING_DUPLICATE_OF;
    take_finding(w, LATER, f);
    assert_news(w,
                "bug/F-1/5 updated open [description,status,reason,owner,participants,tracker]\n");
    f = finding(w, "INC-1", "F-1", 6);
    take_finding(w, LATER_STILL, f);
    assert_news(w, "");
    assert_time(task_of(w, "INC-1", "bug/F-1")->touched_at, LATER); /* it was no change */
}

static void late_and_duplicate_records(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 5));
    struct finding_event *f = finding(w, "INC-1", "F-1", 5);
    SET_FINDING(f, TITLE, title, STR("Duplicate"));
    take_finding(w, LATER, f);
    assert_news(w, "");
    f->finding.order.revision = 4;
    take_finding(w, LATER, f);
    assert_news(w, "");
    f->finding.order = (struct order){.revision = -1, .time = t(LATER)};
    take_finding(w, LATER, f);
    assert_news(w, "bug/F-1/2 updated open [title]\n");
    SET_FINDING(f, TITLE, title, STR("Not later"));
    take_finding(w, LATER, f);
    assert_news(w, "");
    f->finding.order = (struct order){.revision = -1, .time = TIME_NONE};
    take_finding(w, LATER, f);
    assert_news(w, "bug/F-1/3 updated open [title]\n");
}

static void inline_against_its_own_topic(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, technical(w, "F-1", 5));
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    struct finding_event *f = finding(w, "INC-1", "F-1", -1);
    f->finding.order.time = t("2027-01-01");
    SET_FINDING(f, TITLE, title, STR("Inline"));
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    assert_str(task_of(w, "INC-1", "bug/F-1")->title, "Finding F-1");
    e->incident.order.revision = 2;
    e->findings->finding.order = (struct order){.revision = 5, .time = TIME_NONE};
    take_closure(w, LATER, e);
    assert_news(w, "");
    e->incident.order.revision = 3;
    e->findings->finding.order = (struct order){.revision = 6, .time = TIME_NONE};
    take_closure(w, LATER, e);
    assert_news(w, "bug/F-1/2 updated open [title]\n");
}

static void inline_ones_follow_their_closure(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    add_inline(w, e, technical(w, "F-1", -1));
    take_closure(w, NOON, e);
    e->incident.order.revision = 2;
    SET_FINDING(e->findings, TITLE, title, STR("Second"));
    take_closure(w, LATER, e);
    assert_news(w, "bug/F-1/2 updated open [title]\n");
    struct finding_event *f = finding(w, "INC-1", "F-1", -1);
    SET_FINDING(f, TITLE, title, STR("Own topic"));
    take_finding(w, LATER, f);
    assert_news(w, "bug/F-1/3 updated open [title]\n");
    e->incident.order.revision = 3;
    take_closure(w, LATER, e);
    assert_news(w, "");
}

static void another_kind_supersedes_and_comes_back(void **state)
{
    struct world *w = closed_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, NOON, f);
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    SET_UPDATE(u, OWNER, owner, owner("crash-reporting", NULL));
    SET_UPDATE(u, TRACKER, tracker, ((struct tracker){.key = STR("SEC-1")}));
    take_update(w, NOON, u);
    f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    SET_FINDING(f, TITLE, title, STR("By hand"));
    take_finding(w, LATER, f);
    assert_news(w, "bug/F-1/3 closed closed:superseded [status,resolution,reason,closed_at,sla]\n"
                   "register-entry/F-1/1 created open\n"
                   "sop-update/F-1/2 updated open [title,category]\n"
                   "stakeholder-review/1 created open\n");
    assert_str(task_of(w, "INC-1", "bug/F-1")->reason, "now a register-entry");
    assert_str(task_of(w, "INC-1", "sop-update/F-1")->policy_rule, "finding/sop-change");
    f = finding(w, "INC-1", "F-1", 3);
    SET_FINDING(f, WORK, work, KIND_BUG);
    SET_FINDING(f, STATUS, status, REPORTED_IN_PROGRESS);
    take_finding(w, LATER_STILL, f);
    assert_news(w, "register-entry/F-1/2 closed closed:superseded "
                   "[status,resolution,reason,closed_at,sla]\n"
                   "bug/F-1/4 reopened open [title,category,status,resolution,reason,assign_due_at,"
                   "due_at,closed_at,sla,occurrence,policy]\n"
                   "bug/F-1/5 updated in-progress [status]\n");
    const struct task *task = task_of(w, "INC-1", "bug/F-1");
    assert_str(task->tracker.key, "SEC-1"); /* what the tracker knows stays */
    assert_str(task->owner.team, "crash-reporting");
    assert_str(task->policy_rule, "finding/work");
    /* What the finding itself says comes before that; once done, its move opens nothing. */
    f = finding(w, "INC-1", "F-1", 4);
    SET_FINDING(f, WORK, work, 0);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    SET_FINDING(f, OWNER, owner, owner("identity", NULL));
    SET_FINDING(f, TRACKER, tracker, ((struct tracker){.key = STR("SEC-2")}));
    take_finding(w, LATER_STILL, f);
    assert_news(w,
                "bug/F-1/6 closed closed:superseded [status,resolution,reason,closed_at,sla]\n"
                "register-entry/F-1/3 updated closed:done [resolution,reason,owner,sla,tracker]\n"
                "sop-update/F-1/3 updated open [owner]\n");
}

static void another_category_of_the_same_kind(void **state)
{
    struct world *w = full_incident(state);
    TELL_FINDING(w, NOON, "F-1", 1, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    TELL_FINDING(w, NOON, "F-1", 2, CATEGORY, category, CATEGORY_UNCATEGORIZED);
    assert_news(w, "register-entry/F-1/2 updated open [category,owner,policy]\n");
    assert_str(task_of(w, "INC-1", "register-entry/F-1")->owner.team, "security-response");
    /* An owner whom somebody named stays. */
    TELL_TASK(w, NOON, "register-entry/F-1", 1, OWNER, owner, owner("identity", NULL));
    TELL_FINDING(w, NOON, "F-1", 3, CATEGORY, category, CATEGORY_PROCESS_FLAW);
    assert_news(w, "register-entry/F-1/4 updated open [category,policy]\n");
}

static void a_procedure_changes_too(void **state)
{
    struct world *w = full_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    SET_FINDING(f, STATUS, status, REPORTED_IN_PROGRESS);
    SET_FINDING(f, DUE_AT, due_at, t("2026-12-02"));
    take_finding(w, NOON, f);
    assert_news(w, "bug/F-1/1 created open\n"
                   "bug/F-1/2 updated in-progress [status]\n"
                   "sop-update/F-1/1 created open\n");
    const struct task *task = task_of(w, "INC-1", "sop-update/F-1");
    assert_int_equal(task->queue, QUEUE_RESPONSE_TEAM);
    assert_str(task->policy_rule, "finding/sop-change");
    assert_time(task->due_at, "2026-11-27T12:00:00Z");
    /* It does not end with its finding. */
    take_status(w, NOON, 2, REPORTED_VERIFIED);
    assert_news(w, "bug/F-1/3 closed closed:done [status,resolution,closed_at,sla]\n");
    /* Said later: made then, and once. */
    take_finding(w, NOON, technical(w, "F-2", 1));
    TELL_FINDING(w, NOON, "F-2", 2, SOP_CHANGE, sop_change, true);
    assert_news(w, "sop-update/F-2/1 created open\n");
    /* Withdrawn, and asked for again. */
    TELL_FINDING(w, NOON, "F-2", 3, SOP_CHANGE, sop_change, false);
    assert_news(
        w, "sop-update/F-2/2 closed closed:superseded [status,resolution,reason,closed_at,sla]\n");
    assert_str(task_of(w, "INC-1", "sop-update/F-2")->reason,
               "its finding asks for no change of the procedures any more");
    TELL_FINDING(w, NOON, "F-2", 4, TITLE, title, STR("Dumps"));
    assert_news(w, "bug/F-2/2 updated open [title]\n");
    TELL_FINDING(w, NOON, "F-2", 5, SOP_CHANGE, sop_change, true);
    assert_news(w, "sop-update/F-2/3 reopened open "
                   "[status,resolution,reason,closed_at,sla,occurrence]\n");
}

static void an_sop_update_that_is_done_stays_done(void **state)
{
    struct world *w = full_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, NOON, f);
    TELL_TASK(w, NOON, "sop-update/F-1", 1, STATUS, status, REPORTED_VERIFIED);
    TELL_CLOSURE(w, NOON, 2, DISPOSITION, disposition, DISPOSITION_TEST);
    TELL_CLOSURE(w, NOON, 3, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    assert_int_equal(task_of(w, "INC-1", "sop-update/F-1")->status, STATUS_CLOSED);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->status, STATUS_OPEN);
    TELL_FINDING(w, NOON, "F-1", 2, SOP_CHANGE, sop_change, false);
    assert_news(w, "");
    TELL_FINDING(w, NOON, "F-1", 3, SOP_CHANGE, sop_change, true);
    assert_news(w, "");
}

static void an_incident_that_never_closes(void **state)
{
    struct world *w = *state;
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, TITLE, title, STR("Dumps"));
    take_finding(w, NOON, f);
    TELL_FINDING(w, LATER, "F-2", 1, OWNER, owner, owner("identity", NULL));
    run_until(w, "2026-12-05");
    assert_news(w,
                "reminder orphan-finding/1 F-1 2026-11-27T12:00 response-team=security-response\n"
                "reminder orphan-finding/2 F-2 2026-12-01T12:00 response-team=security-response "
                "owner=identity\n"
                "reminder orphan-finding/3 F-1 2026-12-04T12:00 response-team=security-response\n");
    assert_str(output_at(w, 0)->reminder.summary,
               "Finding F-1 'Dumps' (technical-lapse) came 7 d ago, and INC-1 is not closed yet");
    assert_str(output_at(w, 1)->reminder.finding->finding_id, "F-2");
    /* It has an end; and what was missed comes once. */
    w->policy.overdue_max = 3;
    sleep_until(w, "2026-12-30");
    assert_news(w,
                "reminder orphan-finding/4 F-2 +3 2026-12-29T12:00 response-team=security-response "
                "owner=identity\n"
                "reminder orphan-finding/5 F-1 +2 2026-12-25T12:00 "
                "response-team=security-response\n");
    run_until(w, "2027-03-01");
    assert_news(w, "reminder orphan-finding/6 F-2 2027-01-05T12:00 response-team=security-response "
                   "owner=identity\n");
    w->policy.overdue_max = 0; /* once it is said all the same */
    take_finding(w, "2027-03-01", finding(w, "INC-9", "F-1", 1));
    run_until(w, "2027-03-31");
    assert_news(w,
                "reminder orphan-finding/1 F-1 2027-03-08T00:00 response-team=security-response\n");
    w->policy.overdue_max = 5;
    w->policy.orphan_every = days(0);
    take_finding(w, "2027-03-31", finding(w, "INC-8", "F-1", 1));
    run_until(w, "2027-04-30");
    assert_news(w,
                "reminder orphan-finding/1 F-1 2027-04-07T00:00 response-team=security-response\n");
    take_closure(w, "2027-03-02", closure(w, "INC-1", 1));
    assert_news(w, "opened/1 light 0/0\n"
                   "response-evaluation/1 created open\n"
                   "bug/F-1/1 created open\n"
                   "register-entry/F-2/1 created open\n"
                   "stakeholder-review/1 created open\n");
}

/* The rule is a part of what is told: a change that was kept quiet stood on the next event, and not
 * among its changes. */
static void another_rule_alone_is_told(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    take_closure(w, "2026-11-20", e);
    take_finding(w, "2026-11-20", technical(w, "F-1", 1));
    TELL_FINDING(w, "2026-11-21", "F-1", 2, WORK, work, KIND_BUG);
    assert_news(w, "bug/F-1/2 updated open [policy]\n");
    assert_str(task_of(w, "INC-1", "bug/F-1")->policy_rule, "finding/work");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(categories_are_routed),
        TEST(without_a_severity_it_has_its_incident_s),
        TEST(work_overrides_the_routing),
        TEST(all_that_a_finding_says_is_in_its_task),
        TEST(labels_go_with_the_finding),
        TEST(what_is_not_said_has_a_default),
        TEST(held_until_the_incident_is_closed),
        TEST(first_seen_ended_is_still_logged),
        TEST(members_change_one_by_one),
        TEST(late_and_duplicate_records),
        TEST(inline_against_its_own_topic),
        TEST(inline_ones_follow_their_closure),
        TEST(another_kind_supersedes_and_comes_back),
        TEST(another_category_of_the_same_kind),
        TEST(a_procedure_changes_too),
        TEST(an_sop_update_that_is_done_stays_done),
        TEST(an_incident_that_never_closes),
        TEST(another_rule_alone_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
