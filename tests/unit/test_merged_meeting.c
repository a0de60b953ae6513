/* SPDX-License-Identifier: Apache-2.0 */
/* Works of several incidents that meet in one: what the task that is there keeps, and what it takes (R4.241). */
#include "merged_support.h"
#include "owe_support.h"

#define LAW "obligation/law"
#define REPORT "obligation/report"
#define VENDOR "coordination/Vendor"

static void with_participant(struct world *w, const char *who)
{
    struct str *name = ARENA_NEW(w->arena, struct str);
    struct policy_rule *rule = ARENA_NEW(w->arena, struct policy_rule);
    *name = str_of(who);
    *rule = (struct policy_rule){.name = STR("rules/who"), .participants = {name, 1}};
    w->policy.rules = rule;
    w->policy.rules_n = 1;
}

static struct evidence_list shown(struct world *w, const char *ref)
{
    struct evidence *items = ARENA_NEW(w->arena, struct evidence);
    items->ref = str_of(ref);
    return (struct evidence_list){items, 1};
}

/* Owes two things, of which each has half of what it takes to be done. */
static void owing(struct world *w, const char *id, ms_t submitted_at)
{
    struct obligation all[] = {duty("law", FROM_CLOSED_AT, 72), duty("report", FROM_CLOSED_AT, 72)};
    owe(w, all, 2);
    with_participant(w, id);
    take_closure(w, AT, closed(w, id, 1));
    struct task_update_event *u = task_update(w, id, LAW, 1);
    SET_UPDATE(u, REASON, reason, str_of(id));
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, submitted_at);
    take_update(w, AT, u);
    u = task_update(w, id, REPORT, 1);
    SET_UPDATE(u, EVIDENCE, evidence, shown(w, id));
    take_update(w, AT, u);
}

static void what_was_said_of_both_is_as_it_was_said_there(void **state)
{
    struct world *w = *state;
    owing(w, "A", t("2026-11-20T08:00:00Z"));
    owing(w, "B", t("2026-11-20T09:00:00Z"));
    take_merge(w, LATER, "A", 2, "B");
    const struct task *law = task_of(w, "B", LAW), *report = task_of(w, "B", REPORT);
    assert_str(law->moved_from, "A/obligation/law");
    assert_int_not_equal(law->status, STATUS_CLOSED);
    assert_str(law->reason, "B");
    assert_time(law->submitted_at, "2026-11-20T09:00:00Z");
    assert_int_equal(law->participants.n, 1);
    assert_str(law->participants.items[0], "B");
    assert_str(report->evidence.items[0].ref, "B");
}

/* Of both, one was sent and the other has the receipt: so it is done, for both. */
static void what_each_has_half_of_is_done(void **state)
{
    struct world *w = *state;
    struct obligation law = duty("law", FROM_CLOSED_AT, 72);
    owe(w, &law, 1);
    take_closure(w, AT, closed(w, "A", 1));
    take_closure(w, AT, closed(w, "B", 1));
    struct task_update_event *u = task_update(w, "A", LAW, 1);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(AT));
    take_update(w, AT, u);
    u = task_update(w, "B", LAW, 1);
    SET_UPDATE(u, EVIDENCE, evidence, shown(w, "receipt"));
    take_update(w, AT, u);
    take_merge(w, LATER, "A", 2, "B");
    assert_true(task_is_done(task_of(w, "B", LAW)));
    assert_str(task_of(w, "B", LAW)->evidence.items[0].ref, "receipt");
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_true(task_is_done(task_of(w, "A", LAW)));
}

/* With both, but worked on all the same: that somebody has said so counts, whichever of the two it is. */
static void what_somebody_works_on_is_not_done(void **state)
{
    struct world *w = *state;
    struct obligation law = duty("law", FROM_CLOSED_AT, 72);
    owe(w, &law, 1);
    for (int guest = 0; guest < 2; guest++) {
        const char *a = guest ? "A2" : "A1", *b = guest ? "B2" : "B1";
        take_closure(w, AT, closed(w, a, 1));
        take_closure(w, AT, closed(w, b, 1));
        struct task_update_event *u = task_update(w, guest ? a : b, LAW, 1);
        SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
        SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(AT));
        SET_UPDATE(u, EVIDENCE, evidence, shown(w, "receipt"));
        take_update(w, AT, u);
        take_merge(w, LATER, a, 2, b);
        assert_int_equal(task_of(w, b, LAW)->status, STATUS_IN_PROGRESS);
        assert_time(task_of(w, b, LAW)->submitted_at, AT);
    }
}

static void own(struct world *w, const char *id, struct owner who)
{
    struct task_update_event *u = task_update(w, id, VENDOR, 1);
    SET_UPDATE(u, OWNER, owner, who);
    take_update(w, AT, u);
}

static void coordinating(struct world *w, const char *at, const char *id)
{
    struct closure_event *e = closed(w, id, 1);
    SET_CLOSURE(e, OWNER, owner, owner("response", id));
    add_party(w, e, "Vendor", PARTY_VENDOR, false);
    take_closure(w, at, e);
}

/* That it is nobody's, where the policy knows nobody either, is no owner that somebody has named. */
static void nobody_is_no_owner(void **state)
{
    struct world *w = *state;
    coordinating(w, AT, "A");
    coordinating(w, AT, "B");
    const struct owner given = task_of(w, "B", VENDOR)->owner;
    assert_false(owner_is_nobody(given));
    w->policy.response_team = owner(NULL, NULL);
    own(w, "A", owner(NULL, NULL));
    assert_true(owner_is_nobody(task_of(w, "A", VENDOR)->owner));
    take_merge(w, LATER, "A", 2, "B");
    assert_true(owner_eq(task_of(w, "B", VENDOR)->owner, given));
}

/* Of both the earlier deadline; but when it was breached first stays (R5.24). */
static void when_it_was_breached_stays(void **state)
{
    struct world *w = *state;
    coordinating(w, "2026-09-01T10:00:00Z", "A");
    coordinating(w, "2026-09-10T10:00:00Z", "B");
    run_until(w, AT);
    const struct task a = *task_of(w, "A", VENDOR), b = *task_of(w, "B", VENDOR);
    assert_true(a.first_breached_at != TIME_NONE && a.first_breached_at < b.first_breached_at);
    take_merge(w, AT, "A", 2, "B");
    const struct task *now = task_of(w, "B", VENDOR);
    assert_true(now->due_at == a.due_at);
    assert_true(now->first_breached_at == b.first_breached_at);
    /* And of one that was not, it is when the other was. */
    coordinating(w, AT, "C");
    take_merge(w, LATER, "B", 3, "C");
    now = task_of(w, "C", VENDOR);
    assert_true(now->due_at == a.due_at);
    assert_true(now->first_breached_at == b.first_breached_at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
        TEST(what_was_said_of_both_is_as_it_was_said_there),
        TEST(what_each_has_half_of_is_done),
        TEST(what_somebody_works_on_is_not_done),
        TEST(nobody_is_no_owner),
        TEST(when_it_was_breached_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
