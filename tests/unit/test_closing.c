/* SPDX-License-Identifier: Apache-2.0 */
/* What counts of what is said of the end of a task, and of who says it. */
#include "core_incident.h"

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(closed_is_resolved_where_verification_is_asked),
        TEST(an_owner_does_not_verify),
        TEST(a_policy_may_let_owners_verify),
        TEST(accounts_and_addresses),
        TEST(a_finding_is_judged_as_a_tracker_is),
        TEST(a_finding_that_was_held_is_judged_with_its_task),
        TEST(who_did_it_is_on_the_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
