/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents: opened and completed, dispositions, merges, order of closures. */
#include "core_incident.h"

#include <stdio.h>

static void light_and_nothing_to_do_completes_at_once(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\n"
                   "completed/1 light 0/0\n");
    assert_time(output_at(w, 0)->at, NOON);
    assert_int_equal(output_at(w, 0)->incident.incident->because.n, 0);
    assert_int_equal(incident_of(w, "INC-1")->severity, SEVERITY_HIGH);
    assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_COMPLETED);
}

static void light_asks_for_the_evaluation_alone(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    assert_news(w, "opened/1 light 0/0\n"
                   "response-evaluation/1 created open\n");
    assert_str(task_of(w, "INC-1", "response-evaluation")->policy_rule, "postmortem/light");
}

static void labels_go_with_the_incident(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, LABELS, labels, labels_of("product", "pay"));
    take_closure(w, NOON, e);
    assert_str(task_of(w, "INC-1", "response-evaluation")->labels.items->value, "pay");
    TELL_CLOSURE(w, LATER, 2, TITLE, title, STR("Of what is not said nothing changes"));
    assert_news(w, "updated/1 light 1/0\n");
    TELL_CLOSURE(w, LATER, 3, LABELS, labels, labels_of("product", "mail"));
    assert_news(w, "response-evaluation/2 updated open [labels]\n");
}

static void late_and_duplicate_closures_change_nothing(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 3);
    SET_CLOSURE(e, TITLE, title, STR("Third"));
    take_closure(w, NOON, e);
    take_closure(w, LATER, e);
    assert_news(w, "");
    TELL_CLOSURE(w, LATER, 2, TITLE, title, STR("Second"));
    assert_news(w, "");
    e = closure(w, "INC-1", -1); /* by closed_at */
    SET_CLOSURE(e, TITLE, title, STR("No revision"));
    take_closure(w, LATER, e);
    assert_news(w, "");
    e->incident.order.time += 1;
    take_closure(w, LATER, e);
    assert_news(w, "updated/1 light 1/0\n");
    assert_int_equal(incident_of(w, "INC-1")->order.revision, 3);
}

static void updated_tells_of_level_severity_and_title_alone(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    SET_CLOSURE(e, TITLE, title, STR("One"));
    take_closure(w, NOON, e);
    e = closure(w, "INC-1", 2);
    e->present = CLOSURE_SUMMARY | CLOSURE_STARTED_AT | CLOSURE_DETECTED_AT | CLOSURE_CONTAINED_AT |
                 CLOSURE_OWNER | CLOSURE_REFERENCES;
    e->incident.started_at = t("2026-11-01T00:00:00Z");
    e->closure.summary = STR("What happened");
    take_closure(w, LATER, e);
    assert_news(w, "");
    assert_time(incident_of(w, "INC-1")->started_at, "2026-11-01T00:00:00Z");
    e = closure(w, "INC-1", 3);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_HIGH); /* what it counted as already */
    take_closure(w, LATER, e);
    assert_news(w, "");
    TELL_CLOSURE(w, LATER, 4, SEVERITY, severity, SEVERITY_LOW);
    assert_news(w, "updated/1 light 0/0\n");
    TELL_CLOSURE(w, LATER, 5, TITLE, title, STR_NONE);
    assert_news(w, "updated/2 light 0/0\n");
}

static void unconfirmed_is_opened_and_completed(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, finding(w, "INC-1", "F-1", 1));
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_FALSE_POSITIVE);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    add_party(w, e, "Police", PARTY_LAW_ENFORCEMENT, false);
    add_inline(w, e, finding(w, "INC-1", "F-2", 1));
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 none 0/0\n"
                   "completed/1 none 0/0\n");
    assert_int_equal(incident_of(w, "INC-1")->because.n, 0);
    take_finding(w, LATER, finding(w, "INC-1", "F-1", 2));
    assert_news(w, "");
    take_finding(w, LATER, finding(w, "INC-1", "F-3", 1));
    assert_news(w, "");
    run_until(w, "2027-06-01"); /* no orphan-finding */
    assert_news(w, "");
}

static void unconfirmed_that_is_confirmed_is_a_first_closure(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_BENIGN);
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    e = closure(w, "INC-1", 2);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    SET_CLOSURE(e, CUSTOMER_IMPACTING, customer_impacting, TRI_SUSPECTED);
    take_closure(w, LATER, e);
    assert_news(w, "opened/2 full 0/0\n"
                   "postmortem/1 created open\n"
                   "sequence-of-events/1 created open\n"
                   "technical-summary/1 created open\n"
                   "findings-report/1 created open\n"
                   "response-evaluation/1 created open\n"
                   "bug/F-1/1 created open\n");
}

/* F-1 open, F-2 done, an open party, one closed, an sop-update. */
static void take_rich_incident(struct world *w)
{
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    SET_CLOSURE(e, CUSTOMER_IMPACTING, customer_impacting, TRI_TRUE);
    add_party(w, e, "Police", PARTY_LAW_ENFORCEMENT, false);
    add_party(w, e, "Vendor", PARTY_VENDOR, true);
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    add_inline(w, e, f);
    f = finding(w, "INC-1", "F-2", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 full 0/0\n"
                   "postmortem/1 created open\n"
                   "findings-report/1 created open\n"
                   "coordination/Police/1 created open\n"
                   "coordination/Vendor/1 created open\n"
                   "coordination/Vendor/2 closed closed:done [status,resolution,closed_at,sla]\n"
                   "bug/F-1/1 created open\n"
                   "sop-update/F-1/1 created open\n"
                   "bug/F-2/1 created open\n");
    TELL_FINDING(w, NOON, "F-2", 2, STATUS, status, REPORTED_VERIFIED);
    TELL_TASK(w, NOON, "findings-report", 1, STATUS, status, REPORTED_VERIFIED);
}

static void confirmed_that_turns_away_closes_its_tasks_and_can_come_back(void **state)
{
    struct world *w = *state;
    take_rich_incident(w);
    struct closure_event *e = closure(w, "INC-1", 2);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    add_inline(w, e, f);
    take_closure(w, LATER, e);
    assert_news(
        w,
        "updated/1 none 4/3\n"
        "bug/F-1/2 closed closed:dismissed [status,resolution,reason,closed_at,sla]\n"
        "coordination/Police/2 closed closed:dismissed [status,resolution,reason,closed_at,sla]\n"
        "postmortem/2 closed closed:dismissed [status,resolution,reason,closed_at,sla]\n"
        "sop-update/F-1/2 closed closed:dismissed [status,resolution,reason,closed_at,sla]\n"
        "completed/1 none 0/7\n");
    assert_str(task_of(w, "INC-1", "postmortem")->reason, "the incident is test");
    /* Nothing opens while it is put aside, not even by its tracker. */
    TELL_TASK(w, LATER, "bug/F-1", 1, STATUS, status, REPORTED_IN_PROGRESS);
    assert_news(w, "");
    f = finding(w, "INC-1", "F-2", 3);
    SET_FINDING(f, STATUS, status, REPORTED_OPEN);
    SET_FINDING(f, TITLE, title, STR("It came back"));
    take_finding(w, LATER, f);
    assert_news(w, "");

    TELL_CLOSURE(w, LATER_STILL, 3, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    const char *again = "[status,resolution,reason,assign_due_at,due_at,closed_at,sla,occurrence]";
    char expected[2000];
    snprintf(expected, sizeof expected,
             "opened/2 full 0/7\n"
             "postmortem/3 reopened open %s\n"
             "coordination/Police/3 reopened open %s\n"
             "register-entry/F-1/1 created open\n"
             "sop-update/F-1/3 reopened open %s\n"
             "stakeholder-review/1 created open\n",
             again, again, again);
    assert_news(w, expected);
    assert_int_equal(task_of(w, "INC-1", "findings-report")->status, STATUS_CLOSED);
    assert_int_equal(task_of(w, "INC-1", "bug/F-2")->status, STATUS_CLOSED);
}

static void merged_goes_on_as_a_part_of_another(void **state)
{
    struct world *w = *state;
    take_rich_incident(w);
    struct closure_event *e = closure(w, "INC-1", 2);
    SET_CLOSURE(e, MERGED_INTO, merged_into, STR("INC-9"));
    add_inline(w, e, finding(w, "INC-1", "F-3", 1));
    take_closure(w, LATER, e);
    assert_news(
        w, "merge to INC-9\n"
           "coordination/Police/2 closed closed:duplicate "
           "[status,resolution,reason,closed_at,sla,moved_to]\n"
           "duty coordination/Police of INC-1 to INC-9\n"
           "met coordination/Vendor of INC-1 to INC-9\n"
           "facts to INC-9\n"
           "bug/F-1/2 closed closed:duplicate [status,resolution,reason,closed_at,sla,moved_to]\n"
           "sop-update/F-1/2 closed closed:duplicate "
           "[status,resolution,reason,closed_at,sla,moved_to]\n"
           "finding INC-1:F-1 to INC-9\n"
           "bug/F-2/3 updated closed:duplicate [resolution,reason,sla,moved_to]\n"
           "finding INC-1:F-2 to INC-9\n"
           "finding INC-1:F-3 to INC-9\n"
           "postmortem/2 closed closed:duplicate [status,resolution,reason,closed_at,sla]\n"
           "completed/1 full 0/7\n");
    assert_str(task_of(w, "INC-1", "postmortem")->reason, "merged into INC-9");
    assert_str(output_at(w, 9)->incident_id, "INC-9");
    const struct finding *forward = &output_at(w, 9)->forward->arrival.finding;
    assert_str(forward->finding_id, "INC-1:F-2");
    assert_int_equal(forward->status, REPORTED_VERIFIED);
    assert_int_equal(forward->carried.n, 1);
    assert_int_equal(forward->carried.items[0].resolution, RESOLUTION_DONE);

    /* What is told of it later follows it; a closure brings only what is new. */
    struct finding_event *f = finding(w, "INC-1", "F-1", 2);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_LOW);
    take_finding(w, LATER, f);
    assert_news(w, "finding-updated INC-1:F-1 to INC-9\n");
    assert_int_equal(output_at(w, 0)->forward->finding.present, FINDING_SEVERITY);
    take_finding(w, LATER, f);
    assert_news(w, "");
    e = closure(w, "INC-1", 3);
    add_inline(w, e, finding(w, "INC-1", "F-4", 1));
    add_inline(w, e, finding(w, "INC-1", "F-1", 1));
    take_closure(w, LATER, e);
    assert_news(w, "facts to INC-9\nfinding INC-1:F-4 to INC-9\n");
    /* The other incident is told that they part, and sends back what it has. */
    TELL_CLOSURE(w, LATER, 4, MERGED_INTO, merged_into, STR("INC-8"));
    assert_news(w, "parting of INC-1 to INC-9\nmerge to INC-8\n"
                   "met coordination/Vendor of INC-1 to INC-8\nfacts to INC-8\n");
    run_until(w, "2027-06-01");
    assert_news(w, "");
}

static void a_merge_undone_goes_on(void **state)
{
    struct world *w = *state;
    take_rich_incident(w);
    const ms_t due_at = task_of(w, "INC-1", "postmortem")->due_at;
    TELL_CLOSURE(w, LATER, 2, MERGED_INTO, merged_into, STR("INC-9"));
    TELL_CLOSURE(w, LATER_STILL, 3, MERGED_INTO, merged_into, STR_NONE);
    assert_news(w, "parting of INC-1 to INC-9\n"
                   "opened/2 full 0/7\n"
                   "postmortem/3 reopened open "
                   "[status,resolution,reason,closed_at,sla,occurrence]\n");
    assert_true(task_of(w, "INC-1", "postmortem")->due_at == due_at);
}

static void merged_at_its_first_closure(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, finding(w, "INC-1", "F-1", 1));
    TELL_CLOSURE(w, NOON, 1, MERGED_INTO, merged_into, STR("INC-9"));
    assert_news(w, "opened/1 light 0/0\n"
                   "merge to INC-9\n"
                   "facts to INC-9\n"
                   "finding INC-1:F-1 to INC-9\n"
                   "completed/1 light 0/0\n");
    run_until(w, "2027-06-01");
    assert_news(w, "");
}

static void merged_into_itself_is_no_merge(void **state)
{
    struct world *w = *state;
    TELL_CLOSURE(w, NOON, 1, MERGED_INTO, merged_into, STR("INC-1"));
    assert_news(w, "opened/1 light 0/0\n"
                   "response-evaluation/1 created open\n");
}

static void completed_alternates_with_opened(void **state)
{
    struct world *w = *state;
    w->policy.evidence[KIND_RESPONSE_EVALUATION] = false;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    TELL_TASK(w, NOON, "response-evaluation", 1, STATUS, status, REPORTED_VERIFIED);
    assert_news(w, "response-evaluation/2 closed closed:done [status,resolution,closed_at,sla]\n"
                   "completed/1 light 0/1\n");
    assert_int_equal(output_at(w, 1)->incident.incident->counts.met, 1);
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    f->warnings = warning(w, "severity");
    take_finding(w, LATER, f);
    assert_news(w, "opened/2 light 0/1\n"
                   "bug/F-1/1 created open\n");
    assert_int_equal(output_at(w, 0)->warnings.n, 0);
    assert_int_equal(output_at(w, 1)->warnings.n, 1);
    take_status(w, LATER, 2, REPORTED_WONT_FIX);
    assert_news(w, "bug/F-1/2 closed closed:wont-fix [status,resolution,reason,closed_at,sla]\n"
                   "completed/2 light 0/2\n");
    TELL_TASK(w, LATER, "response-evaluation", 2, STATUS, status, REPORTED_IN_PROGRESS);
    assert_news(w, "opened/3 light 0/2\n"
                   "response-evaluation/3 reopened in-progress "
                   "[status,resolution,assign_due_at,due_at,closed_at,sla,occurrence]\n");
}

static void the_warnings_of_a_closure_stand_on_its_first_event(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    e->warnings = warning(w, "closed_at");
    struct finding_event *f = finding(w, "INC-1", "F-1", 1);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    f->warnings = warning(w, "severity");
    add_inline(w, e, f);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\n"
                   "response-evaluation/1 created open\n"
                   "bug/F-1/1 created open\n");
    assert_str(output_at(w, 0)->warnings.items[0].member, "closed_at");
    assert_int_equal(output_at(w, 1)->warnings.n, 0);
    assert_str(output_at(w, 2)->warnings.items[0].member, "severity");
    assert_int_equal(finding_of(w, "INC-1", "F-1")->warnings.n, 0);
}

static void a_policy_loaded_anew_leaves_what_stands(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    w->policy.version = STR("other");
    w->policy.sla[PRIORITY_P2].complete = days(1);
    TELL_TASK(w, NOON, "response-evaluation", 1, STATUS, status, REPORTED_IN_PROGRESS);
    assert_news(w, "response-evaluation/2 updated in-progress [status,policy]\n");
    assert_time(task_of(w, "INC-1", "response-evaluation")->due_at, "2026-12-20T12:00:00Z");
    assert_str(task_of(w, "INC-1", "response-evaluation")->policy_version, "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(light_and_nothing_to_do_completes_at_once),
        TEST(light_asks_for_the_evaluation_alone),
        TEST(labels_go_with_the_incident),
        TEST(late_and_duplicate_closures_change_nothing),
        TEST(updated_tells_of_level_severity_and_title_alone),
        TEST(unconfirmed_is_opened_and_completed),
        TEST(unconfirmed_that_is_confirmed_is_a_first_closure),
        TEST(confirmed_that_turns_away_closes_its_tasks_and_can_come_back),
        TEST(merged_goes_on_as_a_part_of_another),
        TEST(a_merge_undone_goes_on),
        TEST(merged_at_its_first_closure),
        TEST(merged_into_itself_is_no_merge),
        TEST(completed_alternates_with_opened),
        TEST(the_warnings_of_a_closure_stand_on_its_first_event),
        TEST(a_policy_loaded_anew_leaves_what_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
