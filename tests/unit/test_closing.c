/* SPDX-License-Identifier: Apache-2.0 */
/* What counts of what is said of the end of a task, and of who says it. */
#include "core_incident.h"

/* By the default policy risks have to be accepted. */
static int setup(void **state)
{
    world_setup(state);
    struct world *w = *state;
    w->policy.acceptance[PRIORITY_P1] = w->policy.acceptance[PRIORITY_P2] = true;
    return 0;
}

/* F-1: a P1 bug of dev@example.com. */
static struct world *p1_bug(void **state)
{
    struct world *w = full_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, OWNER, owner, owner("identity", "dev@example.com"));
    take_finding(w, NOON, f);
    return w;
}

static const struct task *bug(struct world *w)
{
    return task_of(w, "INC-1", "bug/F-1");
}

static void report(struct world *w, int64_t revision, int status, const char *by)
{
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", revision);
    SET_UPDATE(u, STATUS, status, status);
    u->by = str_of(by);
    take_update(w, NOON, u);
}

static void told(struct world *w, int64_t revision, int status, const char *by)
{
    struct finding_event *f = finding(w, "INC-1", "F-1", revision);
    SET_FINDING(f, STATUS, status, status);
    f->by = str_of(by);
    take_finding(w, NOON, f);
}

static void assert_warned(struct world *w, const char *value, const char *taken_as)
{
    const struct warnings *warnings = &output_at(w, 0)->warnings;
    assert_int_equal(warnings->n, 1);
    assert_str(warnings->items->value, value);
    assert_str(warnings->items->taken_as, taken_as);
}

static void closed_is_resolved_where_verification_is_asked(void **state)
{
    struct world *w = p1_bug(state);
    report(w, 1, REPORTED_CLOSED, NULL);
    assert_news(w, "bug/F-1/2 resolved resolved [status]\n");
    report(w, 2, REPORTED_CLOSED, NULL);
    assert_news(w, "");
    report(w, 3, REPORTED_OPEN, NULL);
    w->policy.closed_is = REPORTED_VERIFIED;
    report(w, 4, REPORTED_CLOSED, "qa");
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
    report(w, 5, REPORTED_OPEN, NULL);
    w->policy.closed_is = REPORTED_RESOLVED;
    w->policy.verification[PRIORITY_P1] = false;
    report(w, 6, REPORTED_CLOSED, "dev");
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
}

static void an_owner_does_not_verify(void **state)
{
    struct world *w = p1_bug(state);
    report(w, 1, REPORTED_VERIFIED, "dev@example.com");
    assert_news(w, "bug/F-1/2 resolved resolved [status]\n");
    assert_warned(w, "verified", "verified-by-owner: resolved");
    /* Nor does the word that means the same, nor who hands it over in the same record. */
    w->policy.closed_is = REPORTED_VERIFIED;
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 2);
    SET_UPDATE(u, STATUS, status, REPORTED_CLOSED);
    SET_UPDATE(u, OWNER, owner, owner("identity", "other@example.com"));
    u->by = STR("dev@example.com");
    take_update(w, NOON, u);
    assert_news(w, "bug/F-1/3 updated resolved [owner]\n");
    assert_warned(w, "closed", "verified-by-owner: resolved");
    /* By now somebody else owns it. */
    report(w, 3, REPORTED_VERIFIED, "other@example.com");
    assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    report(w, 4, REPORTED_VERIFIED, "dev@example.com");
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
    /* What is done is not asked for again. */
    report(w, 5, REPORTED_VERIFIED, "other@example.com");
    assert_news(w, "");
}

static void a_policy_may_let_owners_verify(void **state)
{
    struct world *w = p1_bug(state);
    w->policy.verified_by_owner = true;
    report(w, 1, REPORTED_VERIFIED, "dev@example.com");
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
}

static void accounts_and_addresses(void **state)
{
    static const char *const same[] = {"dev@example.com", "DEV@Example.com", "Dev"};
    static const char *const others[] = {"dev@example.org", "deva", "de", "", NULL};
    struct world *w = p1_bug(state);
    int64_t revision = 0;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        report(w, ++revision, REPORTED_VERIFIED, same[i]);
        assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        report(w, ++revision, REPORTED_VERIFIED, others[i]);
        assert_int_equal(bug(w)->status, STATUS_CLOSED);
        report(w, ++revision, REPORTED_OPEN, NULL);
    }
    TELL_TASK(w, NOON, "bug/F-1", ++revision, OWNER, owner, owner("identity", "dev"));
    report(w, ++revision, REPORTED_VERIFIED, "dev@example.com");
    assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    TELL_TASK(w, NOON, "bug/F-1", ++revision, OWNER, owner, owner("identity", NULL));
    report(w, ++revision, REPORTED_VERIFIED, "dev@example.com");
    assert_int_equal(bug(w)->status, STATUS_CLOSED);
}

static void a_finding_is_judged_as_a_tracker_is(void **state)
{
    struct world *w = p1_bug(state);
    told(w, 2, REPORTED_VERIFIED, "dev");
    assert_news(w, "bug/F-1/2 resolved resolved [status]\n");
    assert_warned(w, "verified", "verified-by-owner: resolved");
    /* It says no more than what counts of it, so a tracker goes on with it. */
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, REPORTED_RESOLVED);
    struct finding_event *f = finding(w, "INC-1", "F-1", 3);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    SET_FINDING(f, OWNER, owner, owner("identity", "qa@example.com"));
    f->by = STR("qa");
    take_finding(w, NOON, f);
    assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    /* Where nobody has to verify it, anybody may. */
    f = finding(w, "INC-1", "F-1", 4);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_LOW);
    f->by = STR("qa");
    take_finding(w, NOON, f);
    assert_int_equal(bug(w)->status, STATUS_CLOSED);
}

static void a_finding_that_was_held_is_judged_with_its_task(void **state)
{
    struct world *w = *state;
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, OWNER, owner, owner("identity", "dev@example.com"));
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    f->by = STR("dev@example.com");
    take_finding(w, NOON, f);
    TELL_FINDING(w, NOON, "F-1", 2, TITLE, title, STR("Dumps"));
    assert_str(finding_of(w, "INC-1", "F-1")->status_by, "dev@example.com");
    closed_incident(state);
    assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, REPORTED_RESOLVED);
}

/* F-1 is a P4 bug of dev@example.com, unless a record makes it what `term` asks for: then it is P1,
 * and of `person`. Returns such a record that says it is verified. */
static struct finding_event *urgent(void **state, struct term term, const char *person)
{
    struct world *w = closed_incident(state);
    struct condition *when = ARENA_NEW(w->arena, struct condition);
    *when = (struct condition){STR("asked"), arena_copy(w->arena, &term, sizeof term), 1};
    struct policy_rule *rules = arena_zalloc(w->arena, 2 * sizeof *rules);
    rules[0] = (struct policy_rule){
        .name = STR("rules/urgent"), .when = {when, 1}, .priority = PRIORITY_P1};
    if (person) rules[0].owner = owner("identity", person);
    rules[1] = (struct policy_rule){.name = STR("rules/all"), .priority = PRIORITY_P4};
    w->policy.rules = rules;
    w->policy.rules_n = 2;
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, OWNER, owner, owner("identity", "dev@example.com"));
    take_finding(w, NOON, f);
    assert_int_equal(bug(w)->priority, PRIORITY_P4);
    f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    f->by = STR("dev@example.com");
    return f;
}

static void assert_not_verified(void **state, struct finding_event *f, const char *kind)
{
    struct world *w = *state;
    take_finding(w, NOON, f);
    const struct task *task = task_of(w, "INC-1", kind);
    assert_int_equal(task->priority, PRIORITY_P1);
    assert_int_equal(task->status, STATUS_RESOLVED);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, REPORTED_RESOLVED);
    world_teardown(state);
    setup(state);
}

static void what_makes_it_urgent_counts_at_once(void **state)
{
    struct term tier = {ASKED_LABEL, FOUND_EQUAL, 0, STR("1"), STR("tier")};
    struct finding_event *f = urgent(state, tier, NULL);
    SET_FINDING(f, LABELS, labels, labels_of("tier", "1"));
    assert_not_verified(state, f, "bug/F-1");
    struct term team = {ASKED_TEAM, FOUND_EQUAL, 0, STR("payments"), STR_NONE};
    f = urgent(state, team, NULL);
    SET_FINDING(f, OWNER, owner, owner("payments", "other@example.com"));
    assert_not_verified(state, f, "bug/F-1");
    struct term flaw = {ASKED_CATEGORY, FOUND_EQUAL, CATEGORY_PROCESS_FLAW, STR_NONE, STR_NONE};
    f = urgent(state, flaw, NULL);
    SET_FINDING(f, WORK, work, KIND_BUG);
    SET_FINDING(f, CATEGORY, category, CATEGORY_PROCESS_FLAW);
    assert_not_verified(state, f, "bug/F-1");
    /* Nor does another kind of work help, nor that the rule gives it to who says so. */
    f = urgent(state, tier, NULL);
    SET_FINDING(f, WORK, work, KIND_CHANGE_REQUEST);
    SET_FINDING(f, LABELS, labels, labels_of("tier", "1"));
    assert_not_verified(state, f, "change-request/F-1");
    f = urgent(state, tier, "qa@example.com");
    SET_FINDING(f, LABELS, labels, labels_of("tier", "1"));
    f->by = STR("qa");
    assert_not_verified(state, f, "bug/F-1");
    /* Somebody else may verify what he has made urgent. */
    f = urgent(state, tier, NULL);
    SET_FINDING(f, LABELS, labels, labels_of("tier", "1"));
    f->by = STR("qa");
    struct world *w = *state;
    take_finding(w, NOON, f);
    assert_int_equal(bug(w)->priority, PRIORITY_P1);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
}

static void who_did_it_is_on_the_event(void **state)
{
    struct world *w = p1_bug(state);
    report(w, 1, REPORTED_RESOLVED, "dev");
    assert_str(output_at(w, 0)->cause.by, "dev");
    told(w, 2, REPORTED_VERIFIED, "qa");
    assert_str(output_at(w, 0)->cause.by, "qa");
    told(w, 3, REPORTED_OPEN, NULL);
    assert_null(output_at(w, 0)->cause.by.p);
    /* A closure says it of its findings, each by itself; time does nothing in anybody's name. */
    for (int64_t revision = 2; revision < 4; revision++) {
        struct closure_event *e = closure(w, "INC-1", revision);
        for (int i = 0; i < 2; i++) {
            struct finding_event *f = technical(w, i ? "F-3" : "F-2", revision);
            SET_FINDING(f, TITLE, title, arena_printf(w->arena, "%d", (int)revision));
            f->by = str_of(i ? NULL : "lead");
            add_inline(w, e, f);
        }
        take_closure(w, LATER, e);
    }
    assert_int_equal(outputs_n(w), 2);
    assert_str(output_at(w, 0)->cause.by, "lead");
    assert_null(output_at(w, 1)->cause.by.p);
}

static struct finding_event *of(struct world *w, const char *id, int64_t revision, int status,
                                const char *by)
{
    struct finding_event *f = technical(w, id, revision);
    if (status) SET_FINDING(f, STATUS, status, status);
    f->by = str_of(by);
    return f;
}

/* What each event of the task says of it. */
static void assert_said_by(struct world *w, const char *id, const char *first, const char *last)
{
    const char *said[2] = {NULL, NULL};
    size_t n = 0;
    for (size_t i = 0; i < outputs_n(w); i++) {
        const struct output *o = output_at(w, i);
        if (o->type != OUTPUT_TASK || !str_eq(o->task.after->finding_id, str_of(id))) continue;
        assert_true(n < 2);
        said[n++] = o->cause.by.p;
    }
    assert_int_equal(n, last ? 2 : 1);
    assert_str(str_of(said[0]), first);
    if (last) assert_str(str_of(said[1]), last);
}

static void who_spoke_of_a_held_finding_is_on_its_tasks_events(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, of(w, "F-1", 1, 0, "ada"));
    take_finding(w, NOON, of(w, "F-2", 1, 0, "ada"));
    take_finding(w, NOON, of(w, "F-2", 2, REPORTED_VERIFIED, "qa"));
    TELL_FINDING(w, NOON, "F-2", 3, TITLE, title, STR("Dumps"));
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    add_inline(w, e, of(w, "F-3", 1, 0, "lead"));
    add_inline(w, e, of(w, "F-4", 1, REPORTED_VERIFIED, "lead"));
    add_inline(w, e, of(w, "F-5", 1, 0, NULL));
    take_closure(w, NOON, e);
    assert_said_by(w, "F-1", "ada", NULL);
    assert_said_by(w, "F-2", "qa", "qa");
    assert_said_by(w, "F-3", "lead", NULL);
    assert_said_by(w, "F-4", "lead", "lead");
    assert_said_by(w, "F-5", NULL, NULL);
    /* That the incident is one after all is nobody's word, but what was said in between is. */
    TELL_CLOSURE(w, LATER, 2, DISPOSITION, disposition, DISPOSITION_BENIGN);
    take_finding(w, LATER, of(w, "F-3", 2, REPORTED_VERIFIED, "qa"));
    TELL_CLOSURE(w, LATER, 3, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    assert_said_by(w, "F-1", NULL, NULL);
    assert_said_by(w, "F-3", "qa", NULL);
}

/* ---- risks that are accepted ---- */

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
    take_update(w, NOON, wont_fix(w, 2, "no", JUNE, NULL));
    TELL_TASK(w, LATER, "bug/F-1", 3, ACCEPTED_UNTIL, accepted_until, t(NOON));
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
        TEST(closed_is_resolved_where_verification_is_asked),
        TEST(an_owner_does_not_verify),
        TEST(a_policy_may_let_owners_verify),
        TEST(accounts_and_addresses),
        TEST(a_finding_is_judged_as_a_tracker_is),
        TEST(a_finding_that_was_held_is_judged_with_its_task),
        TEST(what_makes_it_urgent_counts_at_once),
        TEST(who_did_it_is_on_the_event),
        TEST(who_spoke_of_a_held_finding_is_on_its_tasks_events),
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
