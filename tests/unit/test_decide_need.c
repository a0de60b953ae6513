/* SPDX-License-Identifier: Apache-2.0 */
/* What is loaded for an event: its own entries, or all of its incident. */
#include "core_support.h"

static bool needs(const struct need *need, const char *key)
{
    for (size_t i = 0; i < need->n; i++)
        if (str_eq(need->keys[i], str_of(key))) return true;
    return false;
}

static void what_each_event_needs(void **state)
{
    struct world *w = *state;
    struct need need;
    struct event event = {.type = EVENT_CLOSURE, .incident_id = STR("A/1")};
    decide_need(w->arena, &event, &need);
    assert_true(need.whole);
    assert_true(needs(&need, "A%2F1"));

    struct finding_event *f = finding(w, "A/1", "F/1", 1);
    event = (struct event){.type = EVENT_FINDING, .incident_id = f->incident_id, .finding = f};
    decide_need(w->arena, &event, &need);
    assert_false(need.whole);
    assert_int_equal(need.n, 2);
    assert_true(needs(&need, "A%2F1"));
    assert_true(needs(&need, "A%2F1|f|F%2F1"));

    struct task_update_event *u = task_update(w, "A/1", "bug/F%2F1", 1);
    event =
        (struct event){.type = EVENT_TASK_UPDATE, .incident_id = u->incident_id, .task_update = u};
    decide_need(w->arena, &event, &need);
    assert_int_equal(need.n, 2);
    assert_true(needs(&need, "A%2F1"));
    assert_true(needs(&need, "A%2F1|f|F%2F1"));
    u->name = STR("postmortem");
    decide_need(w->arena, &event, &need);
    assert_int_equal(need.n, 2);
    assert_true(needs(&need, "A%2F1|t|postmortem"));
    u->name = STR_NONE;
    decide_need(w->arena, &event, &need);
    assert_int_equal(need.n, 1);

    event = (struct event){.type = EVENT_TICK, .tick_key = STR("A%2F1|t|bug/F%2F1")};
    decide_need(w->arena, &event, &need);
    assert_false(need.whole);
    assert_int_equal(need.n, 2);
    assert_true(needs(&need, "A%2F1|f|F%2F1"));
    event.tick_key = STR("A%2F1");
    decide_need(w->arena, &event, &need);
    assert_true(need.whole);
}

static const struct need nothing = {.n = 0};

static void a_later_life_needs_all_of_it(void **state)
{
    const struct policy *policy = &((struct world *)*state)->policy;
    struct incident incident = {.retired = 0};
    struct entry header = {.exists = false, .incident = &incident};
    struct event event = {.type = EVENT_TASK_UPDATE};
    assert_false(decide_needs_whole(policy, &event, &nothing, &header));
    header.exists = true;
    assert_false(decide_needs_whole(policy, &event, &nothing, &header));
    incident.retired = 1;
    assert_true(decide_needs_whole(policy, &event, &nothing, &header));
}

static void the_end_of_a_life_needs_all_of_it(void **state)
{
    const struct policy *policy = &((struct world *)*state)->policy;
    struct incident incident = {.phase = PHASE_COMPLETED, .occurrence = 1, .completed_at = DAY_MS};
    struct entry header = {.exists = true, .incident = &incident};
    struct event event = {.type = EVENT_TASK_UPDATE, .cause.at = 366 * DAY_MS - 1};
    assert_false(decide_needs_whole(policy, &event, &nothing, &header));
    event.cause.at++;
    assert_true(decide_needs_whole(policy, &event, &nothing, &header));
    incident.retired = 1; /* over, and no second time */
    assert_true(decide_needs_whole(policy, &event, &nothing, &header));
    incident.retired = 0;
    incident.phase = PHASE_OPEN;
    incident.opened_at = incident.review_last = DAY_MS;
    assert_false(decide_needs_whole(policy, &event, &nothing, &header));
}

/* A task of a finding, by its name or by none, is none of a duty. */
static void a_duty_of_merged_incidents_needs_all_of_it(void **state)
{
    struct world *w = *state;
    struct incident incident = {.phase = PHASE_WAITING, .duties = 1};
    struct entry header = {.exists = true, .incident = &incident};
    struct task_update_event *u = task_update(w, "A", "coordination/Vendor", 1);
    struct event event = {.type = EVENT_TASK_UPDATE, .task_update = u};
    assert_true(decide_needs_whole(&w->policy, &event, &nothing, &header));
    u->name = STR("bug/F");
    assert_false(decide_needs_whole(&w->policy, &event, &nothing, &header));
    u->name = STR_NONE;
    assert_false(decide_needs_whole(&w->policy, &event, &nothing, &header));
}

static struct entry *found(struct entry *header, struct entry *e, struct finding *f,
                           const char *key)
{
    *f = finding_none;
    *e = (struct entry){
        .key = str_of(key), .type = ENTRY_FINDING, .exists = true, .finding = f, .header = header};
    e->next_sibling = header->next_sibling;
    header->next_sibling = e;
    return e;
}

static void a_review_that_is_over_is_loaded_for_what_is_new(void **state)
{
    struct world *w = *state;
    const struct policy *policy = &w->policy;
    struct incident incident = incident_none;
    struct entry header = {.exists = true, .incident = &incident}, other, own;
    struct finding_event *f = finding(w, "A", "F", 1);
    struct finding another, stored;
    struct event event = {.type = EVENT_FINDING, .incident_id = f->incident_id, .finding = f};
    struct need need;
    incident.phase = PHASE_OPEN;
    incident.opened_at = incident.review_last = DAY_MS;
    decide_need(w->arena, &event, &need);
    found(&header, &other, &another, "A|f|G");
    assert_false(decide_needs_whole(policy, &event, &need, &header)); /* there is none yet */
    incident.made = 1u << KIND_STAKEHOLDER_REVIEW;
    assert_true(decide_needs_whole(policy, &event, &need, &header));
    incident.review_open = true;
    assert_false(decide_needs_whole(policy, &event, &need, &header));
    incident.review_open = false;
    incident.merged_into = STR("B");
    assert_false(decide_needs_whole(policy, &event, &need, &header));
    incident.merged_into = STR_NONE;
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    assert_false(decide_needs_whole(policy, &event, &need, &header));
    SET_FINDING(f, CATEGORY, category, CATEGORY_MANUAL_ERROR);

    found(&header, &own, &stored, "A|f|F")->exists = false;
    assert_true(decide_needs_whole(policy, &event, &need, &header));
    own.exists = true; /* held */
    assert_true(decide_needs_whole(policy, &event, &need, &header));
    stored.kind = KIND_BUG;
    stored.category = CATEGORY_PROCESS_FLAW;
    assert_false(decide_needs_whole(policy, &event, &need, &header));
    stored.category = CATEGORY_TECHNICAL_LAPSE;
    assert_true(decide_needs_whole(policy, &event, &need, &header));
    f->present &= ~(unsigned)FINDING_CATEGORY; /* it stays what it is */
    assert_false(decide_needs_whole(policy, &event, &need, &header));

    struct arrival_event arrival = {.finding = f->finding};
    event.type = EVENT_ARRIVAL;
    event.arrival = &arrival;
    assert_true(decide_needs_whole(policy, &event, &need, &header));
    arrival.finding.category = CATEGORY_TECHNICAL_LAPSE;
    assert_false(decide_needs_whole(policy, &event, &need, &header));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(what_each_event_needs),
        TEST(a_later_life_needs_all_of_it),
        TEST(the_end_of_a_life_needs_all_of_it),
        TEST(a_duty_of_merged_incidents_needs_all_of_it),
        TEST(a_review_that_is_over_is_loaded_for_what_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
