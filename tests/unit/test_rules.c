/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy: which one decides, what it sets, and what follows when that changes. */
#include "core_incident.h"

static struct conditions asking(struct world *w, struct term term)
{
    struct condition *condition = ARENA_NEW(w->arena, struct condition);
    *condition = (struct condition){STR("asked"), arena_copy(w->arena, &term, sizeof term), 1};
    return (struct conditions){condition, 1};
}

static struct conditions of_label(struct world *w, const char *name, const char *text)
{
    return asking(w, (struct term){ASKED_LABEL, FOUND_EQUAL, 0, str_of(text), str_of(name)});
}

static struct policy_rule *add_rule(struct world *w, const char *name)
{
    struct policy *p = &w->policy;
    struct policy_rule *rules = arena_zalloc(w->arena, (p->rules_n + 1) * sizeof *rules);
    if (p->rules_n) memcpy(rules, p->rules, p->rules_n * sizeof *rules);
    p->rules = rules;
    rules[p->rules_n].name = str_of(name);
    return &rules[p->rules_n++];
}

static struct finding_event *labelled(struct world *w, const char *id, int64_t revision,
                                      const char *name, const char *text)
{
    struct finding_event *f = technical(w, id, revision);
    SET_FINDING(f, LABELS, labels, labels_of(name, text));
    return f;
}

static void the_first_that_matches_decides(void **state)
{
    struct world *w = closed_incident(state);
    struct policy_rule *r = add_rule(w, "rules/payments");
    r->when = of_label(w, "product", "pay");
    r->queue = QUEUE_RESPONSE_TEAM;
    r->owner = owner("payments", NULL);
    r->priority_by = 1;
    r->participants = groups(w, "fraud", "legal");
    r = add_rule(w, "rules/all");
    r->priority = PRIORITY_P4;
    struct finding_event *f = labelled(w, "F-1", 1, "product", "pay");
    SET_FINDING(f, GROUPS, groups, groups(w, "legal", "web"));
    SET_FINDING(f, OWNER, owner, owner("web", NULL));
    take_finding(w, NOON, f);
    const struct task *task = task_of(w, "INC-1", "bug/F-1");
    assert_str(task->policy_rule, "rules/payments");
    assert_int_equal(task->queue, QUEUE_RESPONSE_TEAM);
    assert_str(task->owner.team, "payments");
    assert_int_equal(task->priority, PRIORITY_P1);
    assert_int_equal(task->participants.n, 3);
    assert_str(task->participants.items[2], "fraud");
    take_finding(w, NOON, technical(w, "F-2", 1));
    task = task_of(w, "INC-1", "bug/F-2");
    assert_str(task->policy_rule, "rules/all");
    assert_int_equal(task->priority, PRIORITY_P4);
    assert_int_equal(task->queue, QUEUE_ENGINEERING);
}

static void priorities_end_at_both_ends(void **state)
{
    struct world *w = closed_incident(state);
    add_rule(w, "rules/up")->priority_by = 3;
    take_finding(w, NOON, technical(w, "F-1", 1));
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->priority, PRIORITY_P1);
    w->policy.rules->priority_by = -3;
    take_finding(w, NOON, technical(w, "F-2", 1));
    assert_int_equal(task_of(w, "INC-1", "bug/F-2")->priority, PRIORITY_P4);
}

/* F-1, which no rule asks for; labelled "pay", rules/payments decides of it. */
static struct world *bug_before_payments(void **state)
{
    struct world *w = closed_incident(state);
    struct policy_rule *r = add_rule(w, "rules/payments");
    r->when = of_label(w, "product", "pay");
    r->owner = owner("payments", NULL);
    r->queue = QUEUE_RESPONSE_TEAM;
    r->priority = PRIORITY_P1;
    take_finding(w, NOON, technical(w, "F-1", 1));
    return w;
}

static void later_labels_decide_anew(void **state)
{
    struct world *w = bug_before_payments(state);
    news(w);
    TELL_FINDING(w, LATER, "F-1", 2, LABELS, labels, labels_of("product", "pay"));
    assert_news(w, "bug/F-1/2 updated open [queue,priority,owner,labels,due_at,policy]\n");
    /* A tracker's word stays while the decision does. */
    TELL_TASK(w, LATER, "bug/F-1", 1, OWNER, owner, owner("mail", NULL));
    news(w);
    TELL_FINDING(w, LATER_STILL, "F-1", 3, SEVERITY, severity, SEVERITY_LOW);
    assert_str(task_of(w, "INC-1", "bug/F-1")->owner.team, "mail");
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->priority, PRIORITY_P1);
    TELL_FINDING(w, LATER_STILL, "F-1", 4, LABELS, labels, (struct labels){0});
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->priority, PRIORITY_P4);
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->queue, QUEUE_ENGINEERING);
    assert_str(task_of(w, "INC-1", "bug/F-1")->policy_rule, "finding/technical-lapse");
    assert_str(task_of(w, "INC-1", "bug/F-1")->owner.team, "mail");
    /* A rule that says another owner than before is a decision of its own. */
    TELL_FINDING(w, LATER_STILL, "F-1", 5, LABELS, labels, labels_of("product", "pay"));
    assert_str(task_of(w, "INC-1", "bug/F-1")->owner.team, "payments");
    TELL_TASK(w, LATER_STILL, "bug/F-1", 2, OWNER, owner, owner(NULL, NULL));
    assert_str(task_of(w, "INC-1", "bug/F-1")->owner.team, "payments");
}

static void a_kind_is_decided_by_the_finding_itself(void **state)
{
    struct world *w = closed_incident(state);
    struct policy_rule *r = add_rule(w, "rules/breach");
    r->when = asking(
        w, (struct term){.asked = ASKED_FLAG, .operator= FOUND_EQUAL, .value = FLAG_DATA_BREACH});
    r->priority = PRIORITY_P1;
    r = add_rule(w, "rules/tooling");
    r->of_finding = true;
    r->when = of_label(w, "product", "tool");
    r->kind = KIND_CHANGE_REQUEST;
    r = add_rule(w, "rules/own");
    r->of_finding = true;
    r->when = of_label(w, "product", "pay");
    r->priority = PRIORITY_P3;
    take_finding(w, NOON, labelled(w, "F-1", 1, "product", "tool"));
    take_finding(w, NOON, labelled(w, "F-2", 1, "product", "pay"));
    take_finding(w, NOON, labelled(w, "F-3", 1, "product", "mail"));
    assert_str(task_of(w, "INC-1", "change-request/F-1")->policy_rule, "rules/tooling");
    assert_int_equal(task_of(w, "INC-1", "bug/F-2")->priority, PRIORITY_P3);
    assert_str(task_of(w, "INC-1", "bug/F-3")->policy_rule, "finding/technical-lapse");
    news(w);
    /* The breach comes out later: other rules decide the rest, and each task stays what it is. */
    TELL_CLOSURE(w, LATER, 2, DATA_BREACH, data_breach, TRI_TRUE);
    assert_str(task_of(w, "INC-1", "change-request/F-1")->policy_rule, "rules/breach");
    assert_int_equal(task_of(w, "INC-1", "change-request/F-1")->status, STATUS_OPEN);
    assert_int_equal(task_of(w, "INC-1", "bug/F-2")->priority, PRIORITY_P1);
}

static void a_flag_alone_decides_anew(void **state)
{
    struct world *w = *state;
    w->policy.full_when.n = 0;
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    take_closure(w, NOON, e);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, NOON, f);
    news(w);
    TELL_CLOSURE(w, LATER, 2, CUSTOMER_IMPACTING, customer_impacting, TRI_TRUE);
    assert_news(w, ""); /* there is no rule that asks for it */
    struct policy_rule *r = add_rule(w, "rules/breach");
    r->when = asking(
        w, (struct term){.asked = ASKED_FLAG, .operator= FOUND_EQUAL, .value = FLAG_DATA_BREACH});
    r->owner = owner("legal", NULL);
    TELL_CLOSURE(w, LATER, 3, DATA_BREACH, data_breach, TRI_TRUE);
    assert_str(task_of(w, "INC-1", "bug/F-1")->owner.team, "legal");
    assert_str(task_of(w, "INC-1", "sop-update/F-1")->owner.team, "legal");
}

static void labels_of_the_incident_are_asked_where_the_finding_has_none(void **state)
{
    struct world *w = *state;
    add_rule(w, "rules/pay")->when = of_label(w, "product", "pay");
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, LABELS, labels, labels_of("product", "pay"));
    take_closure(w, NOON, e);
    take_finding(w, NOON, technical(w, "F-1", 1));
    take_finding(w, NOON, labelled(w, "F-2", 1, "product", "mail"));
    assert_str(task_of(w, "INC-1", "response-evaluation")->policy_rule, "rules/pay");
    assert_str(task_of(w, "INC-1", "bug/F-1")->policy_rule, "rules/pay");
    assert_str(task_of(w, "INC-1", "bug/F-2")->policy_rule, "finding/technical-lapse");
    TELL_CLOSURE(w, LATER, 2, LABELS, labels, labels_of("product", "mail"));
    assert_str(task_of(w, "INC-1", "bug/F-1")->policy_rule, "finding/technical-lapse");
    assert_str(task_of(w, "INC-1", "response-evaluation")->policy_rule, "postmortem/light");
}

static struct sla_set set_of(const char *name, struct duration complete)
{
    struct sla_set set = {.name = str_of(name)};
    set.times[priority_none].complete = complete;
    return set;
}

static void times_by_kind_and_by_name(void **state)
{
    struct world *w = *state;
    struct policy *p = &w->policy;
    struct sla_times all = {days(1), days(2), days(3), days(4)};
    p->sla_kinds[KIND_BUG] = set_of(NULL, days(10));
    p->sla_kinds[KIND_BUG].times[PRIORITY_P1] = all;
    struct sla_times times = policy_times(p, KIND_BUG, PRIORITY_P2, STR_NONE);
    assert_int_equal(times.complete.amount, days(10).amount);
    assert_int_equal(times.stale.amount, p->sla[PRIORITY_P2].stale.amount);
    times = policy_times(p, KIND_BUG, PRIORITY_P1, STR("unknown"));
    assert_memory_equal(&times, &all, sizeof all);
    struct sla_set named[] = {set_of("slow", days(300)), set_of("fast", days(1))};
    p->sla_named = named;
    p->sla_named_n = 2;
    assert_int_equal(policy_times(p, KIND_BUG, PRIORITY_P1, STR("slow")).complete.amount,
                     days(300).amount);
    assert_int_equal(policy_times(p, KIND_BUG, PRIORITY_P1, STR("slow")).verify.amount,
                     days(4).amount);
}

static void other_times_move_the_deadline(void **state)
{
    struct world *w = closed_incident(state);
    struct sla_set named[] = {set_of("fast", days(4)), set_of("slow", days(90))};
    w->policy.sla_named = named;
    w->policy.sla_named_n = 2;
    struct policy_rule *r = add_rule(w, "rules/fast");
    r->when = of_label(w, "pace", "fast");
    r->times = STR("fast");
    r = add_rule(w, "rules/slow");
    r->when = of_label(w, "pace", "slow");
    r->times = STR("slow");
    take_finding(w, "2026-11-20T12:00:00Z", technical(w, "F-1", 1));
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-12-20T12:00:00Z");
    TELL_FINDING(w, "2026-11-20T12:00:00Z", "F-1", 2, LABELS, labels, labels_of("pace", "slow"));
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2027-02-18T12:00:00Z");
    /* Ten days later four days from the beginning are over: a quarter of them is left. */
    TELL_FINDING(w, "2026-11-30T12:00:00Z", "F-1", 3, LABELS, labels, labels_of("pace", "fast"));
    assert_time(task_of(w, "INC-1", "bug/F-1")->due_at, "2026-12-01T12:00:00Z");
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->priority, PRIORITY_P2);
}

static void parties_and_duties(void **state)
{
    struct world *w = *state;
    struct policy_rule *r = add_rule(w, "rules/parties");
    r->when = asking(
        w, (struct term){.asked = ASKED_KIND, .operator= FOUND_EQUAL, .value = KIND_COORDINATION});
    r->owner = owner("legal", NULL);
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    add_party(w, e, "Police", PARTY_LAW_ENFORCEMENT, false);
    take_closure(w, NOON, e);
    assert_str(task_of(w, "INC-1", "coordination/Police")->owner.team, "legal");
    assert_int_equal(task_of(w, "INC-1", "coordination/Police")->queue, QUEUE_EXTERNAL);
    assert_str(task_of(w, "INC-1", "coordination/Police")->policy_rule, "rules/parties");
    TELL_CLOSURE(w, LATER, 2, SEVERITY, severity, SEVERITY_LOW);
    assert_int_equal(task_of(w, "INC-1", "coordination/Police")->queue, QUEUE_EXTERNAL);
    w->policy.rules->queue = QUEUE_RESPONSE_TEAM;
    TELL_CLOSURE(w, LATER, 3, SEVERITY, severity, SEVERITY_CRITICAL);
    assert_int_equal(task_of(w, "INC-1", "coordination/Police")->queue, QUEUE_RESPONSE_TEAM);
    e = closure(w, "INC-2", 1);
    add_party(w, e, "Police", PARTY_LAW_ENFORCEMENT, false);
    take_closure(w, NOON, e);
    assert_int_equal(task_of(w, "INC-2", "coordination/Police")->queue, QUEUE_RESPONSE_TEAM);
    w->policy.rules_n = 0; /* no rule any more */
    TELL_CLOSURE(w, LATER, 4, SEVERITY, severity, SEVERITY_LOW);
    assert_str(task_of(w, "INC-1", "coordination/Police")->policy_rule, "coordination");
}

/* What is said of a task's owner by a finding or an incident does not count where a rule says it: so it
 * takes nothing from a tracker either. And a rule that says none takes nothing at all. */
static void a_trackers_owner_stays_while_rules_say_the_same(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    struct policy_rule *r = add_rule(w, "rules/payments");
    r->when = of_label(w, "product", "pay");
    r->owner = owner("payments", NULL);
    add_rule(w, "rules/all")->queue = QUEUE_RESPONSE_TEAM;
    take_finding(w, NOON, labelled(w, "F-1", 1, "product", "pay"));
    take_finding(w, NOON, technical(w, "F-2", 1));
    TELL_TASK(w, NOON, "bug/F-1", 1, OWNER, owner, owner("mail", NULL));
    TELL_TASK(w, NOON, "bug/F-2", 1, OWNER, owner, owner("mail", NULL));
    TELL_FINDING(w, LATER, "F-1", 2, OWNER, owner, owner("web", NULL));
    assert_str(task_of(w, "INC-1", "bug/F-1")->owner.team, "mail");
    w->policy.routing[CATEGORY_MANUAL_ERROR] = w->policy.routing[CATEGORY_TECHNICAL_LAPSE];
    w->policy.routing[CATEGORY_MANUAL_ERROR].owner = owner("web", NULL);
    TELL_FINDING(w, LATER, "F-2", 2, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    assert_str(task_of(w, "INC-1", "bug/F-2")->owner.team, "mail");
    w->policy.rules->when.n = 0;
    TELL_TASK(w, LATER, "response-evaluation", 1, OWNER, owner, owner("mail", NULL));
    TELL_CLOSURE(w, LATER, 2, SEVERITY, severity, SEVERITY_LOW);
    TELL_TASK(w, LATER, "response-evaluation", 2, OWNER, owner, owner("mail", NULL));
    TELL_CLOSURE(w, LATER, 3, OWNER, owner, owner("web", NULL));
    assert_str(task_of(w, "INC-1", "response-evaluation")->owner.team, "mail");
}

static void a_closed_task_is_decided_when_it_is_open_again(void **state)
{
    struct world *w = bug_before_payments(state);
    TELL_TASK(w, NOON, "bug/F-1", 1, STATUS, status, REPORTED_VERIFIED);
    news(w);
    TELL_FINDING(w, LATER, "F-1", 2, LABELS, labels, labels_of("product", "pay"));
    assert_news(w, "bug/F-1/3 updated closed:done [priority,labels]\n");
    TELL_TASK(w, LATER, "bug/F-1", 2, STATUS, status, REPORTED_OPEN);
    const struct task *task = task_of(w, "INC-1", "bug/F-1");
    assert_str(task->policy_rule, "rules/payments");
    assert_str(task->owner.team, "payments");
    assert_int_equal(task->queue, QUEUE_RESPONSE_TEAM);
    assert_int_equal(task->priority, PRIORITY_P1);
}

static void nobody_takes_part_twice(void **state)
{
    struct world *w = closed_incident(state);
    add_rule(w, "rules/all")->participants = groups(w, "legal", "legal");
    take_finding(w, NOON, technical(w, "F-1", 1));
    assert_int_equal(task_of(w, "INC-1", "bug/F-1")->participants.n, 1);
}

/* Maps of many languages have no order: the same in another one is no news. */
static void labels_have_no_order(void **state)
{
    struct world *w = closed_incident(state);
    struct label items[] = {{STR("a"), STR("1")}, {STR("b"), STR("2")}},
                 other[] = {{STR("b"), STR("2")}, {STR("a"), STR("1")}},
                 more[] = {{STR("b"), STR("2")}, {STR("c"), STR("1")}};
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, LABELS, labels, ((struct labels){items, 2}));
    take_finding(w, NOON, f);
    news(w);
    TELL_FINDING(w, LATER, "F-1", 2, LABELS, labels, ((struct labels){other, 2}));
    assert_news(w, "");
    TELL_FINDING(w, LATER, "F-1", 3, LABELS, labels, ((struct labels){more, 2}));
    assert_news(w, "bug/F-1/2 updated open [labels]\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_that_matches_decides),
        TEST(priorities_end_at_both_ends),
        TEST(later_labels_decide_anew),
        TEST(a_kind_is_decided_by_the_finding_itself),
        TEST(a_flag_alone_decides_anew),
        TEST(labels_of_the_incident_are_asked_where_the_finding_has_none),
        TEST(times_by_kind_and_by_name),
        TEST(other_times_move_the_deadline),
        TEST(parties_and_duties),
        TEST(a_trackers_owner_stays_while_rules_say_the_same),
        TEST(a_closed_task_is_decided_when_it_is_open_again),
        TEST(nobody_takes_part_twice),
        TEST(labels_have_no_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
