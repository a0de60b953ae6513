/* SPDX-License-Identifier: Apache-2.0 */
/* What turns out to be needed after the first load of a batch, and what happens when it cannot be
 * loaded then. */
#include "engine_support.h"

#include <stdio.h>

static struct fake f;
static struct store_port store; /* behind the faults */
static enum result list_result; /* of the next list */
static enum result load_result; /* of the next load behind a list */
static bool moves;              /* the store, behind the next list */
static int lists;
static size_t second_round; /* shards of it */

static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error)
{
    if (lists) second_round += n;
    if (lists && load_result != OK) return error_set(error, load_result, "the load fails");
    return store.load(self, arena, loads, n, error);
}

static enum result entries(void *self, struct arena *arena, int32_t shard, struct str header_key,
                           struct str after, struct str *keys, size_t *n, struct error *error)
{
    lists++;
    if (list_result != OK) return error_set(error, list_result, "the list fails");
    if (moves) f.stored->shards[0].checkpoint += 7;
    return store.entries(self, arena, shard, header_key, after, keys, n, error);
}

static void work_off(void)
{
    for (int i = 0; i < 400 && !lists; i++) {
        fake_step(&f);
        fake_pass(&f, 5);
    }
}

static void begin_faults(void)
{
    store = f.store;
    f.store.load = load;
    f.store.entries = entries;
    lists = 0;
    second_round = 0;
    moves = false;
    list_result = load_result = OK;
    f.engine->next_watch_ms = INT64_MAX;
}

/* An incident that is completed by the first record, and past its retention at the time of the
 * second: its end is a tick between them, which needs all of the incident. */
static int set_up(void **state)
{
    (void)state;
    fake_set_up(&f, 4000, NULL);
    f.policy.retention = (struct duration){.amount = HOUR_MS};
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 0, FAKE_START,
             "{\"incident_id\":\"I-0\",\"closed_at\":\"2026-11-01\",\"response_evaluation\":"
             "{\"sufficient\":true,\"complete\":true}}");
    fake_put(&f, TOPIC_FINDING_UPDATED, 0, FAKE_START,
             "{\"incident_id\":\"I-0\",\"finding_id\":\"F\",\"category\":\"technical-lapse\","
             "\"severity\":\"low\"}");
    fake_work_off(&f);
    begin_faults();
    fake_pass(&f, 2 * HOUR_MS);
    fake_put(&f, TOPIC_TASK_UPDATED, 0, FAKE_START + 1000,
             "{\"incident_id\":\"I-0\",\"task_id\":\"I-0/bug/F\",\"status\":\"resolved\"}");
    fake_put(&f, TOPIC_FINDING_UPDATED, 0, f.clock.now,
             "{\"incident_id\":\"I-0\",\"finding_id\":\"G\"}");
    fake_ends(&f, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_tear_down(&f);
    return 0;
}

/* The last record is one that is given up, so no tick has its turn before it. */
static void give_up_the_last(void)
{
    f.engine->oversized[0] = (struct oversized){.topic = TOPIC_FINDING_UPDATED,
                                                .offset = f.ends[TOPIC_FINDING_UPDATED][0] - 1,
                                                .refusing = TOPIC_STATE};
}

static void the_tick_between_has_the_whole_incident(void **state)
{
    (void)state;
    fake_work_off(&f);
    assert_true(lists > 0);
    assert_null(sim_index_get(&f.stored->shards[0].by_key, 0, STR("I-0|f|F")));
}

static void nothing_is_committed(int before)
{
    assert_int_equal(f.transactions, before);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->inbox_n, 0);
    assert_null(f.engine->flight);
}

static void a_list_before_a_tick_that_fails(void **state)
{
    (void)state;
    int before = f.transactions;
    list_result = RETRY;
    work_off();
    nothing_is_committed(before);
    assert_true(f.engine->membership.store_down);
}

static void a_load_before_a_tick_that_fails(void **state)
{
    (void)state;
    int before = f.transactions;
    load_result = RETRY;
    work_off();
    nothing_is_committed(before);
    assert_true(f.engine->membership.store_down);
}

static void a_store_that_moves_before_a_tick(void **state)
{
    (void)state;
    int before = f.transactions;
    moves = true;
    work_off();
    nothing_is_committed(before);
    assert_false(f.engine->membership.store_down);
}

static void a_list_before_a_record_that_fails(void **state)
{
    (void)state;
    int before = f.transactions;
    give_up_the_last();
    list_result = RETRY;
    work_off();
    nothing_is_committed(before);
    assert_true(f.engine->membership.store_down);
}

/* What its first record sent would go out with the other shard's transaction, and once more when the
 * record comes again. */
static void a_store_that_moves_before_a_record(void **state)
{
    (void)state;
    int before = f.transactions;
    give_up_the_last();
    fake_step(&f); /* shard 0 looks for earlier records first */
    fake_pass(&f, 5);
    assert_int_equal(f.engine->inbox_n, 2);
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 1, f.clock.now,
             "{\"incident_id\":\"I-1\",\"closed_at\":\"2026-11-01\"}");
    f.engine->first = 1;
    moves = true;
    work_off();
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 0);
    nothing_is_committed(before);
    assert_false(f.engine->membership.store_down);
}

static void a_record_that_is_given_up_has_the_whole_incident(void **state)
{
    (void)state;
    give_up_the_last();
    work_off();
    assert_int_equal(lists, 1);
    size_t letters = 0;
    for (size_t i = 0; i < f.sent_n; i++) letters += f.sent[i].topic == TOPIC_DEAD_LETTERS;
    assert_int_equal(letters, 1);
}

/* ---- behind the list of a closure ---- */

static void put_closure(int n)
{
    char value[100];
    snprintf(value, sizeof value, "{\"incident_id\":\"L%d-%d\",\"closed_at\":\"2026-11-01\"}", n,
             n % FAKE_SHARDS);
    fake_put(&f, TOPIC_INCIDENT_CLOSED, n % FAKE_SHARDS, f.clock.now, value);
}

/* Of each of these incidents a finding came first. A closure needs all that is stored of it: that is
 * listed, and loaded in a second round. */
static int set_up_listed(void **state)
{
    char value[100];
    (void)state;
    fake_set_up(&f, 4000, NULL);
    for (int i = 0; i < 4; i++) {
        snprintf(value, sizeof value, "{\"incident_id\":\"L%d-%d\",\"finding_id\":\"G\"}", i,
                 i % FAKE_SHARDS);
        fake_put(&f, TOPIC_FINDING_UPDATED, i % FAKE_SHARDS, f.clock.now, value);
    }
    fake_work_off(&f);
    begin_faults();
    for (int i = 0; i < 4; i++) put_closure(i);
    return 0;
}

static size_t opened(const char *id)
{
    return fake_count(&f, "epilogue.incident.opened.v1", id);
}

static void each_is_listed_once(void **state)
{
    (void)state;
    fake_step(&f);
    assert_int_equal(lists, 4);
    assert_int_equal(opened(NULL), 4);
}

static void the_list_that_fails_is_the_last(void **state)
{
    (void)state;
    int before = f.transactions;
    list_result = RETRY;
    fake_step(&f);
    assert_int_equal(lists, 1);
    nothing_is_committed(before);
    assert_true(f.engine->membership.store_down);
}

static void what_was_listed_cannot_be_loaded(void **state)
{
    (void)state;
    int before = f.transactions;
    load_result = RETRY;
    fake_step(&f);
    assert_int_equal(lists, 4);
    nothing_is_committed(before);
    assert_true(f.engine->membership.store_down);
}

static void a_store_that_moves_behind_the_list(void **state)
{
    (void)state;
    moves = true;
    fake_step(&f);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->shards[1].phase, SHARD_ACTIVE);
    assert_int_equal(opened("L0-0") + opened("L2-0"), 0);
    assert_int_equal(opened("L1-1") + opened("L3-1"), 2);
}

/* One shard drops out in the first round: the second one is without it. */
static void a_store_that_moved_before_the_list(void **state)
{
    (void)state;
    f.stored->shards[0].checkpoint += 7;
    fake_step(&f);
    assert_int_equal(lists, 2);
    assert_int_equal(second_round, 1);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(opened("L0-0") + opened("L2-0"), 0);
    assert_int_equal(opened("L1-1") + opened("L3-1"), 2);
}

/* Reviews have the list of all tasks. */
static void a_list_for_the_first_of_several_ticks(void **state)
{
    (void)state;
    fake_work_off(&f);
    fake_pass(&f, 20 * DAY_MS);
    for (int32_t i = 0; i < FAKE_SHARDS; i++) fake_ends(&f, i);
    int before = f.transactions;
    lists = 0;
    list_result = RETRY;
    work_off();
    assert_int_equal(lists, 1);
    nothing_is_committed(before);
}

#define LISTED(name) cmocka_unit_test_setup_teardown(name, set_up_listed, tear_down)
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_tick_between_has_the_whole_incident),
        TEST(a_list_before_a_tick_that_fails),
        TEST(a_load_before_a_tick_that_fails),
        TEST(a_store_that_moves_before_a_tick),
        TEST(a_list_before_a_record_that_fails),
        TEST(a_store_that_moves_before_a_record),
        TEST(a_record_that_is_given_up_has_the_whole_incident),
        LISTED(each_is_listed_once),
        LISTED(the_list_that_fails_is_the_last),
        LISTED(what_was_listed_cannot_be_loaded),
        LISTED(a_store_that_moves_behind_the_list),
        LISTED(a_store_that_moved_before_the_list),
        LISTED(a_list_for_the_first_of_several_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
