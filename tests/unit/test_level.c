/* SPDX-License-Identifier: Apache-2.0 */
/* The postmortem of an incident: what makes it full, and what follows. */
#include "core_incident.h"

#include <stdio.h>

/* "a, b" */
static void assert_because(const struct incident *incident, const char *expected)
{
    char text[200] = "";
    for (size_t i = 0; i < incident->because.n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s", i ? ", " : "",
                 STR_ARG(incident->because.items[i]));
    assert_string_equal(text, expected);
}

static void full_asks_for_everything_that_is_missing(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, CUSTOMER_IMPACTING, customer_impacting, TRI_TRUE);
    SET_CLOSURE(e, TITLE, title, STR("Signing key read"));
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_CRITICAL);
    SET_CLOSURE(e, OWNER, owner, owner("identity", "lead@example.com"));
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 full 0/0\n"
                   "postmortem/1 created open\n"
                   "sequence-of-events/1 created open\n"
                   "technical-summary/1 created open\n"
                   "findings-report/1 created open\n"
                   "response-evaluation/1 created open\n");
    assert_because(output_at(w, 0)->incident.incident, "customer_impacting");
    const struct task *task = task_of(w, "INC-1", "postmortem");
    assert_str(task->title, "Hold the full postmortem of INC-1: Signing key read");
    assert_int_equal(task->queue, QUEUE_RESPONSE_TEAM);
    assert_int_equal(task->priority, PRIORITY_P1);
    assert_int_equal(task->severity, SEVERITY_CRITICAL);
    assert_int_equal(task->category, 0);
    assert_null(task->finding_id.p);
    assert_str(task->owner.person, "lead@example.com");
    assert_str(task->policy_rule, "postmortem/full");
    assert_time(task->created_at, NOON);
    assert_time(task->due_at, "2026-11-27T12:00:00Z");
    assert_time(task->assign_due_at, "2026-11-25T12:00:00Z");
}

static void assert_level(struct world *w, const char *id, int customer, int breach, int level,
                         const char *because)
{
    struct closure_event *e = closure(w, id, 1);
    SET_CLOSURE(e, CUSTOMER_IMPACTING, customer_impacting, customer);
    SET_CLOSURE(e, DATA_BREACH, data_breach, breach);
    take_closure(w, NOON, e);
    assert_int_equal(incident_of(w, id)->level, level);
    assert_because(incident_of(w, id), because);
}

static void what_makes_it_full(void **state)
{
    struct world *w = *state;
    const char *customer = "customer_impacting", *breach = "data_breach";
    assert_level(w, "A", TRI_TRUE, TRI_TRUE, LEVEL_FULL, "customer_impacting, data_breach");
    assert_level(w, "B", TRI_FALSE, TRI_TRUE, LEVEL_FULL, breach);
    assert_level(w, "C", TRI_SUSPECTED, 0, LEVEL_FULL, customer);
    assert_level(w, "D", 0, TRI_FALSE, LEVEL_LIGHT, "");
    w->policy.suspected_is_true = false;
    assert_level(w, "E", TRI_SUSPECTED, TRI_SUSPECTED, LEVEL_LIGHT, "");
    w->policy.full_when = conditions_of(w->arena, FLAG_DATA_BREACH);
    assert_level(w, "F", TRI_TRUE, TRI_FALSE, LEVEL_LIGHT, "");
}

static void a_closure_may_ask_for_it(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closure(w, "A", 1);
    SET_CLOSURE(e, POSTMORTEM, postmortem, LEVEL_FULL);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    take_closure(w, NOON, e);
    assert_because(incident_of(w, "A"), "request, data_breach");
    /* The request is taken back: what else asks for it is still a reason. */
    e = closure(w, "A", 2);
    e->present = CLOSURE_POSTMORTEM;
    take_closure(w, LATER, e);
    assert_because(incident_of(w, "A"), "data_breach");
    assert_level(w, "B", 0, 0, LEVEL_LIGHT, "");
    e = closure(w, "B", 2);
    SET_CLOSURE(e, POSTMORTEM, postmortem, LEVEL_LIGHT); /* is no request */
    take_closure(w, LATER, e);
    assert_int_equal(incident_of(w, "B")->level, LEVEL_LIGHT);
    e = closure(w, "C", 1);
    SET_CLOSURE(e, POSTMORTEM, postmortem, LEVEL_LIGHT); /* and forbids nothing */
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    take_closure(w, NOON, e);
    assert_because(incident_of(w, "C"), "data_breach");
}

/* What asks for it may be a label, too. */
static void a_label_may_ask_for_it(void **state)
{
    struct world *w = *state;
    struct term tier = {ASKED_LABEL, FOUND_EQUAL, 0, STR("1"), STR("tier")};
    w->policy.full_when =
        (struct conditions){&(struct condition){STR("label.tier=1"), &tier, 1}, 1};
    assert_level(w, "A", TRI_TRUE, 0, LEVEL_LIGHT, "");
    struct closure_event *e = closure(w, "A", 2);
    SET_CLOSURE(e, LABELS, labels, labels_of("tier", "1"));
    take_closure(w, LATER, e);
    assert_because(incident_of(w, "A"), "label.tier=1");
}

static void a_severity_may_ask_for_it(void **state)
{
    struct world *w = *state;
    struct term high = {
        .asked = ASKED_SEVERITY, .operator= FOUND_EQUAL | FOUND_ABOVE, .value = SEVERITY_HIGH};
    w->policy.full_when =
        (struct conditions){&(struct condition){STR("severity>=high"), &high, 1}, 1};
    assert_level(w, "A", TRI_TRUE, 0, LEVEL_FULL, "severity>=high"); /* by default */
    struct closure_event *e = closure(w, "B", 1);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_MEDIUM);
    take_closure(w, NOON, e);
    assert_int_equal(incident_of(w, "B")->level, LEVEL_LIGHT);
    e = closure(w, "B", 2);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_CRITICAL);
    take_closure(w, LATER, e);
    assert_because(incident_of(w, "B"), "severity>=high");
}

static void light_turns_full_once_and_never_back(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    TELL_CLOSURE(w, LATER, 2, DATA_BREACH, data_breach, TRI_TRUE);
    assert_news(w, "updated/1 full 1/0\n"
                   "postmortem/1 created open\n"
                   "sequence-of-events/1 created open\n"
                   "technical-summary/1 created open\n"
                   "findings-report/1 created open\n");
    TELL_CLOSURE(w, LATER_STILL, 3, DATA_BREACH, data_breach, TRI_FALSE);
    assert_news(w, "");
    assert_int_equal(incident_of(w, "INC-1")->level, LEVEL_FULL);
    assert_because(incident_of(w, "INC-1"), "data_breach");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(full_asks_for_everything_that_is_missing),
        TEST(what_makes_it_full),
        TEST(a_closure_may_ask_for_it),
        TEST(a_severity_may_ask_for_it),
        TEST(a_label_may_ask_for_it),
        TEST(light_turns_full_once_and_never_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
