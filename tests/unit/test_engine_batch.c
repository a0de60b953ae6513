/* SPDX-License-Identifier: Apache-2.0 */
/* What one transaction holds, and what becomes of the rest. */
#include "engine_support.h"

#include <stdio.h>
#include <stdlib.h>

FAKE_FIXTURE(4000)

static int64_t position(int topic, int32_t shard)
{
    for (size_t i = 0; i < f.positions_n; i++)
        if (f.positions[i].topic == topic && f.positions[i].shard == shard)
            return f.positions[i].offset;
    return -1;
}

static void many_large_closures_go_in_pieces(void **state)
{
    (void)state;
    for (int i = 0; i < 110; i++) fake_close(&f, i, 300, 1);
    fake_step(&f);
    assert_int_equal(f.transactions, 1);
    assert_true(f.engine->inbox_n > 0 && f.engine->inbox_n < 110);
    int64_t taken =
        (position(TOPIC_INCIDENT_CLOSED, 0) > 0 ? position(TOPIC_INCIDENT_CLOSED, 0) : 0) +
        (position(TOPIC_INCIDENT_CLOSED, 1) > 0 ? position(TOPIC_INCIDENT_CLOSED, 1) : 0);
    assert_int_equal(taken, 110 - f.engine->inbox_n);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 110);
    assert_int_equal(f.released, 110);
    assert_true(f.largest <= 20000 + 2000);
    assert_true(f.transactions >= 4);
}

static void a_transaction_is_bounded_in_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) fake_close(&f, i, 20, 30000);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 60);
    assert_true(f.largest_bytes < (size_t)24 << 20);
    assert_true(f.transactions >= 4);
}

/* Perhaps it was too much for the brokers: half of it next time, and again more when it works. */
static void after_an_abort_half_as_much(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) fake_close(&f, i, 1, 1);
    f.abort_next = 1;
    f.engine->next_retry_ms = INT64_MAX; /* no restore here */
    struct error error;
    assert_int_equal(engine_step(f.engine, 0, &error), OK);
    assert_int_equal(f.engine->take_max, 50);
    assert_int_equal(f.engine->inbox_n, 0); /* they are read again after the restore */
    assert_int_equal(f.released, 100);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
}

static void every_shard_has_its_turn(void **state)
{
    (void)state;
    f.engine->take_max = 1;
    for (int i = 0; i < 40; i++) fake_close(&f, i, 0, 1);
    fake_step(&f);
    fake_step(&f);
    assert_true(position(TOPIC_INCIDENT_CLOSED, 0) > 0 || f.transactions == 2);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 40);
}

static void what_is_revoked_is_given_back(void **state)
{
    (void)state;
    f.engine->shards[0].phase = SHARD_NOT_OURS;
    for (int i = 0; i < 20; i++) fake_close(&f, i, 0, 1);
    fake_step(&f);
    inbox_drop(f.engine, 0);
    inbox_sweep(f.engine);
    assert_int_equal(f.engine->inbox_n, 0);
    assert_int_equal(f.released, 20);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 10);
}

/* Records of the same poll that come behind what made the shard begin again. */
static void what_comes_while_a_shard_begins_again_is_given_back(void **state)
{
    (void)state;
    f.engine->next_retry_ms = INT64_MAX; /* no restore here */
    fake_close(&f, 0, 0, 1);
    fake_step(&f);
    f.engine->shards[0].inputs[0].unverified = true;
    f.engine->shards[0].inputs[0].mark.offset = 1;
    f.engine->options.accept_state_loss = true;
    for (int i = 1; i < 5; i++) fake_close(&f, 2 * i, 0, 1);
    fake_step(&f);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->inbox_n, 0);
    assert_int_equal(f.released, 5);
}

/* A tick whose event no topic takes has no record that could be refused for it. */
static void a_tick_that_is_too_large_ends_the_worker(void **state)
{
    (void)state;
    fake_close(&f, 0, 1, 1);
    fake_work_off(&f);
    fake_pass(&f, 200 * DAY_MS);
    f.limits_of[TOPIC_REMINDERS] = 300;
    struct error error;
    enum result result = OK;
    for (int i = 0; i < 10 && result == OK; i++) result = engine_step(f.engine, 0, &error);
    assert_int_equal(result, FATAL);
    assert_non_null(
        strstr(error.text,
               "followup-reminders takes no record of more than 300 bytes (max.message.bytes)"));
}

/* The number of the batch and of the stored entries go with every position. */
static void positions_say_how_much_there_is(void **state)
{
    (void)state;
    fake_close(&f, 0, 3, 1);
    fake_work_off(&f);
    fake_close(&f, 2, 2, 1);
    fake_work_off(&f);
    assert_int_equal(f.engine->shards[0].batch, 2);
    size_t entries = 0;
    for (size_t i = 0; i < f.sent_n; i++)
        if (f.sent[i].topic == TOPIC_STATE && !state_key_is_position(f.sent[i].key)) entries++;
    assert_int_equal(f.engine->shards[0].entries, entries);
}

/* One finding ends the doubts of thousands: what it concerns is loaded from the store, batch by
 * batch, and each transaction holds a part. */
static void thousands_of_duplicates_of_one_that_comes_late(void **state)
{
    (void)state;
    char value[200];
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 0, f.clock.now,
             "{\"incident_id\":\"I0-0\",\"closed_at\":\"2026-11-01\"}");
    for (int i = 0; i < 2500; i++) {
        snprintf(value, sizeof value,
                 "{\"incident_id\":\"I0-0\",\"finding_id\":\"D%d\",\"status\":\"duplicate\","
                 "\"duplicate_of\":\"%s\"}",
                 i, i % 2 ? "X" : "D1");
        fake_put(&f, TOPIC_FINDING_UPDATED, 0, f.clock.now, value);
    }
    fake_ends(&f, 0);
    fake_work_off(&f);
    /* D0 too, which came before the one that it names. */
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 1250);
    int before = f.transactions;
    fake_pass(&f, 1000);
    fake_put(&f, TOPIC_FINDING_UPDATED, 0, f.clock.now,
             "{\"incident_id\":\"I0-0\",\"finding_id\":\"X\"}");
    fake_ends(&f, 0);
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.task.closed.v1", NULL), 2500);
    assert_true(f.transactions >= before + 2);
    assert_true(f.largest <= 20000 + 2000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_large_closures_go_in_pieces),
        TEST(a_transaction_is_bounded_in_bytes),
        TEST(after_an_abort_half_as_much),
        TEST(every_shard_has_its_turn),
        TEST(what_is_revoked_is_given_back),
        TEST(what_comes_while_a_shard_begins_again_is_given_back),
        TEST(a_tick_that_is_too_large_ends_the_worker),
        TEST(positions_say_how_much_there_is),
        TEST(thousands_of_duplicates_of_one_that_comes_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
