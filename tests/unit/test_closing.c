/* SPDX-License-Identifier: Apache-2.0 */
/* What counts of what is said of the end of a task, and of who says it. */
#include "closing_support.h"

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
    /* An issue is closed with its task, whatever that is closed as. */
    report(w, 6, REPORTED_DUPLICATE, NULL);
    report(w, 7, REPORTED_CLOSED, "qa");
    assert_news(w, "");
    report(w, 8, REPORTED_OPEN, NULL);
    w->policy.closed_is = REPORTED_RESOLVED;
    w->policy.verification[PRIORITY_P1] = false;
    report(w, 9, REPORTED_CLOSED, "dev");
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
}

/* The first that is heard of a verification by the owner. */
static void assert_resolved_by_its_owner(struct world *w)
{
    assert_news(w, "bug/F-1/2 resolved resolved [status]\n");
    assert_warned(w, "verified", "verified-by-owner: resolved");
}

static void an_owner_does_not_verify(void **state)
{
    struct world *w = p1_bug(state);
    report(w, 1, REPORTED_VERIFIED, "dev@example.com");
    assert_resolved_by_its_owner(w);
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
    assert_resolved_by_its_owner(w);
    /* It says no more than what counts of it, so a tracker goes on with it. */
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, REPORTED_RESOLVED);
    struct finding_event *f = said(w, 3, REPORTED_VERIFIED, "qa");
    SET_FINDING(f, OWNER, owner, owner("identity", "qa@example.com"));
    take_finding(w, NOON, f);
    assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    /* Where nobody has to verify it, anybody may. */
    f = said(w, 4, REPORTED_VERIFIED, "qa");
    SET_FINDING(f, SEVERITY, severity, SEVERITY_LOW);
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
    return said(w, 2, REPORTED_VERIFIED, "dev@example.com");
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
