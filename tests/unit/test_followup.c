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
                   "response-evaluation/2 updated open [description,evaluation]\n");
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
    assert_news(w, "response-evaluation/2 updated open [description,evaluation]\n");
    assert_str(task_of(w, "INC-1", "response-evaluation")->description,
               "Say whether the response was complete.");
    e = closure(w, "INC-1", 3);
    evaluate(e, 0, TRI_FALSE);
    take_closure(w, LATER, e);
    assert_news(w, "response-evaluation/3 updated open [description,evaluation]\n"
                   "stakeholder-review/1 created open\n");
    e = closure(w, "INC-1", 4);
    evaluate(e, TRI_FALSE, TRI_TRUE);
    take_closure(w, LATER, e);
    assert_news(w, "response-evaluation/4 closed closed:done "
                   "[status,resolution,closed_at,sla,evaluation]\n");
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
    assert_news(w, "register-entry/F-2/1 created open\n"
                   "stakeholder-review/3 reopened open "
                   "[status,resolution,reason,closed_at,sla,occurrence]\n");
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
    add_party(w, e, "Vendor", PARTY_VENDOR, true);
    take_closure(w, LATER, e);
    assert_news(w, "coordination/PR %2F press/2 updated open [queue,description]\n"
                   "coordination/National police/2 updated open [description]\n"
                   "coordination/National police/3 closed closed:done "
                   "[status,resolution,closed_at,sla]\n");
}

static void take_party(struct world *w, int64_t revision, const char *party, bool closed)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    complete_closure(w, e);
    if (party) add_party(w, e, party, PARTY_VENDOR, closed);
    e->present |= CLOSURE_COORDINATION; /* or null */
    take_closure(w, revision == 1 ? NOON : LATER, e);
}

static void a_party_that_is_open_again(void **state)
{
    struct world *w = *state;
    take_party(w, 1, "Vendor", true);
    take_party(w, 2, "Vendor", false);
    assert_news(w, "opened/2 light 0/1\n"
                   "coordination/Vendor/3 reopened open "
                   "[status,resolution,assign_due_at,due_at,closed_at,sla,occurrence]\n");
    /* Not named any more, which closes nothing; whoever then closed it, it is named again. */
    take_party(w, 3, NULL, false);
    assert_news(w, "");
    TELL_TASK(w, LATER, "coordination/Vendor", 1, STATUS, status, REPORTED_VERIFIED);
    take_party(w, 4, "Vendor", false);
    assert_news(w, "opened/3 light 0/1\n"
                   "coordination/Vendor/5 reopened open "
                   "[status,resolution,closed_at,sla,occurrence]\n");
    /* Named again as closed it stays so. */
    take_party(w, 5, NULL, false);
    TELL_TASK(w, LATER, "coordination/Vendor", 2, STATUS, status, REPORTED_VERIFIED);
    take_party(w, 6, "Vendor", true);
    assert_news(w, "");
    assert_int_equal(task_of(w, "INC-1", "coordination/Vendor")->occurrence, 3);
}

static void a_party_that_is_said_to_be_open_all_along(void **state)
{
    struct world *w = *state;
    take_party(w, 1, "Vendor", false);
    TELL_TASK(w, NOON, "coordination/Vendor", 1, STATUS, status, REPORTED_VERIFIED);
    take_party(w, 2, "Vendor", false);
    assert_news(w, "");
    /* Nor does a closure that says nothing of parties. */
    TELL_CLOSURE(w, LATER, 3, TITLE, title, STR("Key read"));
    assert_news(w, "updated/1 light 0/1\n");
}

/* `key`: NULL as in what older versions have stored. */
static void take_written(struct world *w, int64_t revision, const char *party, const char *key,
                         bool closed)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    complete_closure(w, e);
    add_party(w, e, party, PARTY_VENDOR, closed);
    e->closure.coordination.items[0].key = key ? str_of(key) : STR_NONE;
    take_closure(w, LATER, e);
}

static void one_party_however_it_is_written(void **state)
{
    struct world *w = *state;
    take_written(w, 1, "Vendor", "vendor", false);
    assert_news(w, "opened/1 light 0/0\n"
                   "coordination/Vendor/1 created open\n");
    take_written(w, 2, "VENDOR", "vendor", false);
    assert_news(w, "");
    take_written(w, 3, "vendor", "vendor", true);
    assert_news(w, "coordination/Vendor/2 closed closed:done [status,resolution,closed_at,sla]\n"
                   "completed/1 light 0/1\n");
    take_written(w, 4, "VENDOR", "vendor", false);
    const struct task *task = task_of(w, "INC-1", "coordination/Vendor");
    assert_int_equal(task->status, STATUS_OPEN);
    assert_str(task->title, "Coordinate with Vendor on INC-1");
    take_written(w, 5, "Another", "another", false);
    assert_news(w, "coordination/Another/1 created open\n");
}

static void parties_of_an_older_version(void **state)
{
    struct world *w = *state;
    take_written(w, 1, "Vendor", NULL, false);
    TELL_TASK(w, LATER, "coordination/Vendor", 1, STATUS, status, REPORTED_VERIFIED);
    take_written(w, 2, "Vendor", "vendor", false); /* as it was said before */
    assert_news(w, "");
    /* Of one that was two there the first counts, now that their keys are known. */
    take_written(w, 3, "VENDOR", NULL, false);
    take_written(w, 4, "VENDOR", "vendor", false);
    take_written(w, 5, "Vendor", "vendor", true);
    take_written(w, 6, "Vendor", "vendor", false);
    take_written(w, 7, "vendor", "vendor", true);
    assert_news(w, "coordination/VENDOR/2 closed closed:done [status,resolution,closed_at,sla]\n");
}

/* F-1 is known, and the review is closed. */
static struct world *reviewed_incident(void **state, enum category category)
{
    struct world *w = full_incident(state);
    struct finding_event *f = finding(w, "INC-1", "F-0", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_PROCESS_FLAW);
    take_finding(w, NOON, f);
    f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, category);
    take_finding(w, NOON, f);
    TELL_TASK(w, NOON, "stakeholder-review", 1, STATUS, status, REPORTED_VERIFIED);
    return w;
}

#define REVIEW_AGAIN "reopened open [status,resolution,reason,closed_at,sla,occurrence]\n"

static void what_comes_after_the_review_re_opens_it(void **state)
{
    struct world *w = reviewed_incident(state, CATEGORY_TECHNICAL_LAPSE);
    TELL_FINDING(w, NOON, "F-2", 1, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    assert_news(w, "bug/F-2/1 created open\n");
    TELL_FINDING(w, NOON, "F-1", 2, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    assert_news(w, "bug/F-1/2 closed closed:superseded [status,resolution,reason,closed_at,sla]\n"
                   "register-entry/F-1/1 created open\n"
                   "stakeholder-review/3 " REVIEW_AGAIN);
    assert_str(task_of(w, "INC-1", "stakeholder-review")->reason,
               "finding F-1 came after it was closed");
    TELL_FINDING(w, NOON, "F-3", 1, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    assert_news(w, "register-entry/F-3/1 created open\n");
    TELL_TASK(w, NOON, "stakeholder-review", 2, STATUS, status, REPORTED_VERIFIED);
    take_finding(w, NOON, finding(w, "INC-1", "F-4", 1)); /* of no category: it concerns all */
    assert_news(w, "register-entry/F-4/1 created open\n"
                   "stakeholder-review/5 " REVIEW_AGAIN);
    /* Inside a closure as well. */
    TELL_TASK(w, NOON, "stakeholder-review", 3, STATUS, status, REPORTED_VERIFIED);
    struct closure_event *e = closure(w, "INC-1", 2);
    add_inline(w, e, finding(w, "INC-1", "F-5", 1));
    take_closure(w, NOON, e);
    assert_news(w, "register-entry/F-5/1 created open\n"
                   "stakeholder-review/7 " REVIEW_AGAIN);
}

static void who_was_there_before_re_opens_no_review(void **state)
{
    struct world *w = reviewed_incident(state, CATEGORY_MANUAL_ERROR);
    TELL_FINDING(w, NOON, "F-1", 2, TITLE, title, STR("Told late"));
    TELL_FINDING(w, NOON, "F-1", 3, CATEGORY, category, CATEGORY_PROCESS_FLAW);
    TELL_FINDING(w, NOON, "F-1", 4, WORK, work, KIND_BUG);
    take_status(w, NOON, 5, REPORTED_VERIFIED);
    take_status(w, NOON, 6, REPORTED_OPEN);
    /* Nor when the incident was none meanwhile. */
    TELL_CLOSURE(w, NOON, 2, DISPOSITION, disposition, DISPOSITION_TEST);
    TELL_CLOSURE(w, NOON, 3, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->status, STATUS_OPEN);
    assert_int_equal(task_of(w, "INC-1", "stakeholder-review")->version, 2);
}

/* An older version did not say that the review is open. */
static void a_review_of_an_older_version(void **state)
{
    struct world *w = *state;
    TELL_CLOSURE(w, NOON, 1, TITLE, title, STR("Key read"));
    take_finding(w, NOON, finding(w, "INC-1", "F-1", 1));
    struct incident *incident = (struct incident *)(uintptr_t)incident_of(w, "INC-1");
    incident->review_open = false;
    take_finding(w, NOON, finding(w, "INC-1", "F-2", 1));
    assert_news(w, "register-entry/F-2/1 created open\n");
    assert_true(incident_of(w, "INC-1")->review_open);
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
        TEST(a_party_that_is_open_again),
        TEST(a_party_that_is_said_to_be_open_all_along),
        TEST(one_party_however_it_is_written),
        TEST(parties_of_an_older_version),
        TEST(what_comes_after_the_review_re_opens_it),
        TEST(who_was_there_before_re_opens_no_review),
        TEST(a_review_of_an_older_version),
        TEST(a_second_closing_restarts_no_clock),
        TEST(severity_and_owner_of_the_incident_move_its_tasks),
        TEST(parties_come_back_with_their_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
