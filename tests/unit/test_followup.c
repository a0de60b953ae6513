/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of the incident itself: made once, kept up to date, closed by what has come. */
#include "core_incident.h"

static struct closure_event *full(struct world *w, int64_t revision)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    return e;
}

static const char *summary_lacks(struct world *w)
{
    return arena_str(w->arena, task_of(w, "INC-1", "technical-summary")->description).p;
}

static void the_sequence_of_events_closes_itself(void **state)
{
    struct world *w = *state;
    struct closure_event *e = full(w, 1);
    complete_closure(w, e);
    e->closure.timeline.n = 1;
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 full 0/0\n"
                   "postmortem/1 created open\n"
                   "sequence-of-events/1 created open\n"
                   "findings-report/1 created open\n");
    take_closure(w, LATER, full(w, 2)); /* absent: what is stored stays */
    assert_news(w, "");
    e = full(w, 3);
    e->present |= CLOSURE_TIMELINE;
    e->closure.timeline.n = 2;
    take_closure(w, LATER, e);
    assert_news(w, "sequence-of-events/2 closed closed:done [status,resolution,closed_at,sla]\n");
    e = full(w, 4);
    e->present |= CLOSURE_TIMELINE; /* null: gone again; a closure never re-opens */
    take_closure(w, LATER, e);
    assert_news(w, "");
}

static void the_technical_summary_says_what_is_missing(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, full(w, 1));
    assert_string_equal(summary_lacks(w),
                        "The technical summary lacks: evidence, response, takeaways");
    struct closure_event *e = full(w, 2);
    complete_closure(w, e);
    e->closure.evidence.n = 0;
    e->closure.response = STR("");
    e->closure.sufficient = 0;
    take_closure(w, LATER, e);
    assert_news(w, "sequence-of-events/2 closed closed:done [status,resolution,closed_at,sla]\n"
                   "technical-summary/2 updated open [description]\n"
                   "response-evaluation/2 updated open [description]\n");
    assert_string_equal(summary_lacks(w), "The technical summary lacks: evidence, response");
    /* A resolved one is kept up to date as well, for who verifies it. */
    struct task_update_event *u = task_update(w, "INC-1", "technical-summary", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_RESOLVED);
    take_update(w, LATER, u);
    e = full(w, 3);
    complete_closure(w, e);
    e->closure.response = STR_NONE;
    take_closure(w, LATER, e);
    assert_string_equal(summary_lacks(w), "The technical summary lacks: response");
    e = full(w, 4);
    complete_closure(w, e);
    take_closure(w, LATER, e);
    assert_news(w, "technical-summary/5 closed closed:done [status,resolution,closed_at,sla]\n");
}

static void each_part_of_the_summary_counts(void **state)
{
    struct world *w = *state;
    struct closure_event *e = full(w, 1);
    complete_closure(w, e);
    e->closure.takeaways.n = 0;
    take_closure(w, NOON, e);
    assert_string_equal(summary_lacks(w), "The technical summary lacks: takeaways");
}

static void the_evaluation_is_asked_for_until_it_is_there(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    assert_str(task_of(w, "INC-1", "response-evaluation")->description,
               "Say whether the response was sufficient and complete.");
    struct closure_event *e = closure(w, "INC-1", 2);
    evaluate(e, TRI_TRUE, 0);
    take_closure(w, LATER, e);
    assert_news(w, "response-evaluation/2 updated open [description]\n");
    assert_str(task_of(w, "INC-1", "response-evaluation")->description,
               "Say whether the response was complete.");
    e = closure(w, "INC-1", 3);
    evaluate(e, 0, TRI_FALSE);
    take_closure(w, LATER, e);
    assert_news(w, "response-evaluation/3 updated open [description]\n"
                   "stakeholder-review/1 created open\n");
    e = closure(w, "INC-1", 4);
    evaluate(e, TRI_FALSE, TRI_TRUE);
    take_closure(w, LATER, e);
    assert_news(w, "response-evaluation/4 closed closed:done [status,resolution,closed_at,sla]\n");
}

static void one_stakeholder_review_an_incident(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    evaluate(e, TRI_FALSE, TRI_FALSE);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\n"
                   "stakeholder-review/1 created open\n");
    take_finding(w, NOON, finding(w, "INC-1", "F-1", 1));
    assert_news(w, "register-entry/F-1/1 created open\n");
    struct task_update_event *u = task_update(w, "INC-1", "stakeholder-review", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    take_update(w, NOON, u);
    take_finding(w, NOON, finding(w, "INC-1", "F-2", 1));
    assert_news(w, "register-entry/F-2/1 created open\n");
}

static void parties(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    SET_CLOSURE(e, TITLE, title, STR("Key read"));
    add_party(w, e, "National police", PARTY_LAW_ENFORCEMENT, false);
    add_party(w, e, "PR / press", PARTY_INTERNAL_GROUP, false);
    add_party(w, e, "Vendor", PARTY_VENDOR, true);
    e->closure.coordination.items[0].reference = STR("2026/118");
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\n"
                   "coordination/National police/1 created open\n"
                   "coordination/PR %2F press/1 created open\n"
                   "coordination/Vendor/1 created open\n"
                   "coordination/Vendor/2 closed closed:done [status,resolution,closed_at,sla]\n");
    const struct task *task = task_of(w, "INC-1", "coordination/National police");
    assert_int_equal(task->queue, QUEUE_EXTERNAL);
    assert_str(task->title, "Coordinate with National police on INC-1: Key read");
    assert_str(task->description, "law-enforcement; reference 2026/118");
    assert_str(task->policy_rule, "coordination");
    task = task_of(w, "INC-1", "coordination/PR %2F press");
    assert_int_equal(task->queue, QUEUE_RESPONSE_TEAM);
    assert_str(task->description, "internal-group");

    e = closure(w, "INC-1", 2);
    add_party(w, e, "PR / press", PARTY_OTHER, false);
    add_party(w, e, "National police", PARTY_LAW_ENFORCEMENT, true);
    add_party(w, e, "Vendor", PARTY_VENDOR, false); /* a closure never re-opens */
    take_closure(w, LATER, e);
    assert_news(w, "coordination/PR %2F press/2 updated open [queue,description]\n"
                   "coordination/National police/2 updated open [description]\n"
                   "coordination/National police/3 closed closed:done "
                   "[status,resolution,closed_at,sla]\n");
}

static void a_second_closing_restarts_no_clock(void **state)
{
    struct world *w = *state;
    TELL_CLOSURE(w, NOON, 1, DATA_BREACH, data_breach, TRI_TRUE);
    ms_t due_at = task_of(w, "INC-1", "postmortem")->due_at;
    struct closure_event *e = closure(w, "INC-1", 2);
    e->incident.closed_at = e->incident.order.time = t("2026-11-24T09:00:00Z");
    take_closure(w, LATER, e);
    assert_true(task_of(w, "INC-1", "postmortem")->due_at == due_at);
}

static void severity_and_owner_of_the_incident_move_its_tasks(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    add_party(w, e, "Vendor", PARTY_VENDOR, true);
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_HIGH); /* its own: it stays */
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    e = closure(w, "INC-1", 2);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_CRITICAL);
    take_closure(w, LATER, e);
    assert_news(w, "updated/1 light 2/1\n"
                   "response-evaluation/2 updated open [severity,priority,due_at]\n");
    e = closure(w, "INC-1", 3);
    SET_CLOSURE(e, OWNER, owner, owner("identity", NULL));
    take_closure(w, LATER, e);
    assert_news(w, "response-evaluation/3 updated open [owner]\n");
    e = closure(w, "INC-1", 4);
    SET_CLOSURE(e, OWNER, owner, owner(NULL, NULL));
    take_closure(w, LATER, e);
    assert_str(task_of(w, "INC-1", "response-evaluation")->owner.team, "security-response");
}

static void parties_come_back_with_their_incident(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    add_party(w, e, "Police", PARTY_LAW_ENFORCEMENT, false);
    add_party(w, e, "Vendor", PARTY_VENDOR, false);
    take_closure(w, NOON, e);
    TELL_CLOSURE(w, NOON, 2, DISPOSITION, disposition, DISPOSITION_TEST);
    e = closure(w, "INC-1", 3);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    add_party(w, e, "Police", PARTY_LAW_ENFORCEMENT, false);
    add_party(w, e, "Vendor", PARTY_VENDOR, true);
    take_closure(w, LATER, e);
    assert_news(w, "opened/2 light 0/2\n"
                   "coordination/Police/3 reopened open "
                   "[status,resolution,reason,assign_due_at,due_at,closed_at,sla,occurrence]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(the_sequence_of_events_closes_itself),
        TEST(the_technical_summary_says_what_is_missing),
        TEST(each_part_of_the_summary_counts),
        TEST(the_evaluation_is_asked_for_until_it_is_there),
        TEST(one_stakeholder_review_an_incident),
        TEST(parties),
        TEST(a_second_closing_restarts_no_clock),
        TEST(severity_and_owner_of_the_incident_move_its_tasks),
        TEST(parties_come_back_with_their_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
