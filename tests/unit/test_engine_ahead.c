/* SPDX-License-Identifier: Apache-2.0 */
/* A batch that is decided while others are under way: in which order they go on, and what becomes
 * of it. */
#include "engine/batch_private.h"
#include "engine_support.h"

#include <stdio.h>

FAKE_FIXTURE(2)

static void steps(int n)
{
    for (int i = 0; i < n; i++) fake_step(&f);
}

static void put(int topic, ms_t at, const char *format, int n)
{
    char value[600];
    snprintf(value, sizeof value, format, n, n);
    fake_put(&f, topic, 0, at, value);
}

#define CLOSE "{\"incident_id\":\"I%d-0\",\"closed_at\":\"2026-11-01\"}"

static void close_two(int n)
{
    put(TOPIC_INCIDENT_CLOSED, f.clock.now, CLOSE, n);
    put(TOPIC_INCIDENT_CLOSED, f.clock.now, CLOSE, n + 1);
}

/* One batch begins, and two records more are there in the next turn. */
static void one_behind_another(void)
{
    close_two(0);
    fake_step(&f);
    close_two(2);
    fake_step(&f);
}

static const struct shard *shard(void)
{
    return &f.engine->shards[0];
}

/* ---- stages ---- */

static void the_next_is_decided_beside_a_transaction(void **state)
{
    (void)state;
    f.commit_waits = 4;
    one_behind_another();
    assert_non_null(f.engine->flight);
    assert_non_null(f.engine->ahead);
    assert_int_equal(f.begun, 1);
    assert_int_equal(f.transactions, 0);
    assert_int_equal(f.engine->inbox_n, 0);
    assert_int_equal(shard()->in_flight, 2);
    assert_int_equal(shard()->inputs[0].next, 4); /* what it will stand at */
    close_two(4);
    fake_step(&f);
    assert_int_equal(f.engine->inbox_n, 2); /* one at a time */
    f.apply_waits = 9;
    while (f.transactions == 0) fake_step(&f);
    /* In the turn in which the commit is taken, each goes up one stage. */
    assert_int_equal(f.begun, 2);
    assert_non_null(f.engine->applying);
    assert_non_null(f.engine->flight);
    assert_non_null(f.engine->ahead);
    f.apply_waits = f.commit_waits = 0;
    fake_work_off(&f);
    steps(9);
    assert_false(batch_is_under_way(f.engine));
    assert_int_equal(f.transactions, 3);
    assert_int_equal(f.released, 6);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 6);
    assert_int_equal(shard()->batch, 3);
    assert_int_equal(shard()->in_flight, 0);
    assert_int_equal(f.stored->shards[0].checkpoint, f.state_end[0]);
}

/* Behind an apply a load would wait for all of it. */
static void the_next_loads_before_the_apply(void **state)
{
    (void)state;
    f.commit_waits = 4;
    one_behind_another();
    close_two(4);
    size_t loaded = f.keys_loaded;
    while (f.transactions == 0) fake_step(&f);
    assert_non_null(f.engine->ahead);
    assert_true(f.keys_loaded > loaded);
    assert_true(f.keys_written > 0);
    assert_int_equal(f.loaded_before, f.keys_loaded);
}

/* They gather until nothing is under way. */
static void few_are_decided_when_it_is_over(void **state)
{
    (void)state;
    fake_tear_down(&f);
    fake_set_up(&f, 4000, NULL);
    f.commit_waits = 3;
    f.apply_waits = 3;
    one_behind_another();
    assert_null(f.engine->ahead);
    assert_int_equal(f.engine->inbox_n, 2);
    while (f.transactions == 0) fake_step(&f);
    assert_non_null(f.engine->applying);
    assert_null(f.engine->flight);
    assert_int_equal(f.begun, 1);
    while (f.engine->applying) fake_step(&f);
    assert_non_null(f.engine->flight);
    assert_int_equal(f.begun, 2);
}

/* It is committed, and the store has not taken the one before. */
static void a_committed_batch_waits_for_the_store(void **state)
{
    (void)state;
    f.apply_waits = 9;
    one_behind_another();
    close_two(4);
    steps(2);
    assert_int_equal(f.transactions, 2);
    assert_int_equal(f.begun, 2);
    assert_non_null(f.engine->ahead);
    steps(9);
    assert_int_equal(f.transactions, 3);
    assert_true(f.stored->shards[0].checkpoint > 0);
}

/* ---- what becomes of it ---- */

static void two_decided(void)
{
    one_behind_another();
    assert_non_null(f.engine->flight);
    assert_non_null(f.engine->ahead);
}

static void is_as_before(void)
{
    assert_false(batch_is_under_way(f.engine));
    assert_int_equal(f.begun, 1);
    assert_int_equal(f.transactions, 0);
    assert_int_equal(f.released, 4);
    assert_int_equal(f.engine->inbox_n, 0);
    assert_int_equal(shard()->phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(shard()->batch, 0);
    assert_int_equal(shard()->entries, 0);
    assert_int_equal(shard()->inputs[0].next, 0);
    assert_int_equal(shard()->inputs[0].mark.offset, -1);
    assert_true(shard()->was_cut);
    assert_false(shard()->owes_ticks);
}

static void an_abort_takes_it_along(void **state)
{
    (void)state;
    f.engine->shards[0].was_cut = true;
    f.prepare_waits = 3;
    f.abort_next = 1;
    two_decided();
    steps(4);
    is_as_before();
}

/* Kafka has refused what the shard writes, and it is tried again. */
static void nobody_is_taken_along_by_a_trial(void **state)
{
    (void)state;
    f.commit_waits = 4;
    f.engine->shards[0].is_hindered = true;
    close_two(0);
    fake_step(&f);
    for (int i = 0; i < 9; i++)
        fake_put(&f, TOPIC_INCIDENT_CLOSED, 1, f.clock.now,
                 "{\"incident_id\":\"I-1\",\"closed_at\":\"2026-11-01\"}");
    fake_step(&f);
    assert_non_null(f.engine->flight);
    assert_null(f.engine->ahead);
    while (f.transactions == 0) fake_step(&f);
    assert_non_null(f.engine->flight);
    fake_step(&f);
    assert_non_null(f.engine->ahead);
}

static void an_unknown_outcome_takes_it_along(void **state)
{
    (void)state;
    f.engine->shards[0].was_cut = true;
    f.commit_waits = 3;
    f.commit_result = RETRY;
    two_decided();
    steps(4);
    is_as_before();
}

static void a_shard_that_begins_again_takes_it_along(void **state)
{
    (void)state;
    f.commit_waits = 9;
    two_decided();
    *ARENA_PUSH(f.arena, f.queue, f.queue_n, f.queue_cap) = (struct kafka_event){
        .type = KAFKA_OUT_OF_RANGE,
        .record = {.topic = TOPIC_TASK_UPDATED, .partition = 0, .timestamp = TIME_NONE}};
    fake_step(&f);
    assert_null(f.engine->ahead);
    assert_non_null(f.engine->flight);
    assert_int_equal(f.released, 4);
    assert_int_equal(f.asked_for[0], 0); /* the transaction is open */
    steps(9);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(f.asked_for[0], 1);
}

static void a_revocation_takes_it_along(void **state)
{
    (void)state;
    static const int32_t all[FAKE_SHARDS] = {0, 1};
    f.commit_waits = 5;
    two_decided();
    *ARENA_PUSH(f.arena, f.queue, f.queue_n, f.queue_cap) =
        (struct kafka_event){.type = KAFKA_REVOKED, .shards = all, .shards_n = FAKE_SHARDS};
    fake_step(&f);
    int polls = f.polls;
    assert_null(f.engine->ahead);
    steps(2);
    assert_int_equal(f.polls, polls);
    steps(3);
    assert_int_equal(f.begun, 1);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(f.released, 4);
    assert_true(f.polls > polls);
}

/* So much follows from it that it is decided in two parts. */
static void put_in_parts(void)
{
    struct buf value = {0};
    buf_lit(&value, "{\"incident_id\":\"L-0\",\"closed_at\":\"2026-11-01\",\"findings\":[");
    for (int i = 0; i < 600; i++)
        buf_printf(&value, "%s{\"finding_id\":\"F-%d\"}", i ? "," : "", i);
    buf_printf(&value, "]}%c", 0);
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 0, f.clock.now, value.p);
    buf_free(&value);
}

static struct str large; /* the record at offset 0, once it was given back */
static size_t large_released;

static void note_release(void *self, const struct record *record)
{
    ((struct fake *)self)->released++;
    if (record->offset) return;
    large = record->value;
    large_released++;
}

static bool points_into(const struct batch *b, struct str value)
{
    bool points = false;
    for (size_t i = 0; i < b->messages_n; i++) {
        const char *key = b->messages[i].key.p;
        points |= key >= value.p && key < value.p + value.n;
    }
    return points;
}

static bool ends_what_the_flight_began(void)
{
    const struct batch *ahead = f.engine->ahead, *flight = f.engine->flight;
    return ahead && flight && flight->shards[0].was_cut && ahead->shards[0].taken;
}

/* What is sent has nothing of the record, which goes back when its end is decided. */
static void what_is_decided_has_no_need_of_its_record(void **state)
{
    (void)state;
    static const int32_t all[FAKE_SHARDS] = {0, 1};
    f.input.release = note_release;
    large_released = 0;
    f.prepare_waits = 9;
    put_in_parts();
    for (int i = 0; !ends_what_the_flight_began(); i++) {
        assert_true(i < 100);
        if (f.engine->inbox_n + f.queue_n - f.given < 3) close_two(2 * i + 1);
        fake_step(&f);
    }
    assert_int_equal(large_released, 1);
    assert_false(points_into(f.engine->flight, large));
    assert_false(points_into(f.engine->ahead, large));
    *ARENA_PUSH(f.arena, f.queue, f.queue_n, f.queue_cap) =
        (struct kafka_event){.type = KAFKA_REVOKED, .shards = all, .shards_n = FAKE_SHARDS};
    fake_step(&f);
    assert_null(f.engine->ahead);
    assert_non_null(f.engine->flight);
    while (f.engine->flight) fake_step(&f);
    fake_step(&f);
    assert_int_equal(large_released, 1);
    assert_int_equal(f.released, f.given - 1); /* each record once */
    assert_int_equal(f.engine->inbox_n, 0);
}

/* What is too large on top of what may never be is perhaps not too large. */
static void nobody_is_refused_for_what_is_not_committed(void **state)
{
    (void)state;
    f.commit_waits = 4;
    close_two(0);
    fake_step(&f);
    close_two(2);
    f.limits_of[TOPIC_TASKS] = 100;
    fake_step(&f);
    assert_non_null(f.engine->flight);
    assert_null(f.engine->ahead);
    assert_int_equal(f.engine->oversized_n, 0);
    f.limits_of[TOPIC_TASKS] = 0;
    f.commit_waits = 0;
    fake_work_off(&f);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 4);
    f.limits_of[TOPIC_TASKS] = 100; /* with nothing under way it is */
    close_two(4);
    fake_work_off(&f);
    assert_int_equal(f.engine->oversized_n, 2);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 4);
}

/* Two batches behind each other, the first of which is being applied. */
static void one_applies_and_one_commits(void)
{
    f.apply_waits = 9;
    close_two(0);
    fake_step(&f);
    f.commit_waits = 19;
    close_two(2);
    fake_step(&f);
    assert_non_null(f.engine->applying);
    assert_non_null(f.engine->flight);
}

static void an_apply_that_fails_leaves_the_next_to_kafka(void **state)
{
    (void)state;
    one_applies_and_one_commits();
    close_two(4);
    fake_step(&f);
    assert_non_null(f.engine->ahead);
    f.stored->away = true;
    fake_step(&f);
    fake_step(&f);
    assert_null(f.engine->applying);
    assert_null(f.engine->ahead);
    assert_non_null(f.engine->flight);
    assert_int_equal(shard()->phase, SHARD_WAITS_FOR_BROKERS);
    steps(20);
    assert_false(batch_is_under_way(f.engine));
    assert_int_equal(f.transactions, 2);
    assert_int_equal(f.begun, 2);
    assert_int_equal(f.stored->shards[0].checkpoint, 0);
}

static void a_refused_apply_is_followed_by_another(void **state)
{
    (void)state;
    one_applies_and_one_commits();
    f.stored->shards[0].checkpoint = 1000;
    while (f.engine->applying) fake_step(&f);
    assert_non_null(f.engine->flight);
    assert_int_equal(shard()->phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.asked_for[0], 0);
    f.apply_waits = 0;
    steps(20);
    assert_false(batch_is_under_way(f.engine));
    assert_int_equal(f.transactions, 2);
    assert_int_equal(f.stored->shards[0].checkpoint, 1000);
    assert_int_equal(f.stored->shards[0].by_key.n, 0);
    assert_int_equal(f.asked_for[0], 1);
}

/* A load between the two: the store was set back to where it was before the apply. */
static void either_checkpoint_is_right_while_it_applies(void **state)
{
    (void)state;
    f.apply_waits = 20;
    close_two(0);
    fake_step(&f);
    f.stored->shards[0].checkpoint = f.state_end[0]; /* done, and not taken */
    close_two(2);
    fake_step(&f);
    assert_int_equal(shard()->phase, SHARD_ACTIVE);
    assert_int_equal(f.transactions, 2);
    f.stored->shards[0].checkpoint++;
    close_two(4);
    fake_step(&f);
    assert_int_equal(shard()->phase, SHARD_WAITS_FOR_BROKERS);
}

/* ---- the end ---- */

static void the_end_waits_for_what_is_sent(void **state)
{
    (void)state;
    f.commit_waits = 5;
    two_decided();
    engine_stop(f.engine);
    assert_int_equal(f.begun, 1);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(f.released, 4);
    assert_true(f.stored->shards[0].checkpoint > 0);
}

static void settled_is_without_any(void **state)
{
    (void)state;
    struct error error;
    f.commit_waits = 5;
    f.apply_waits = 7;
    two_decided();
    assert_int_equal(engine_settle(f.engine, &error), OK);
    assert_false(batch_is_under_way(f.engine));
    assert_int_equal(f.transactions, 2);
}

static void each_stage_has_its_time(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    one_applies_and_one_commits();
    f.connection.waits = INT32_MAX;
    enum result result = OK;
    for (int i = 0; i < 100 && result == OK; i++) {
        fake_pass(&f, 1000);
        result = engine_step(f.engine, 0, &error);
    }
    assert_int_equal(result, FATAL);
    assert_non_null(strstr(error.text, "Redis has not taken a batch for 60 s"));
    assert_int_equal(f.transactions, 2);
    f.connection.waits = 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_next_is_decided_beside_a_transaction),
        TEST(the_next_loads_before_the_apply),
        TEST(few_are_decided_when_it_is_over),
        TEST(a_committed_batch_waits_for_the_store),
        TEST(nobody_is_taken_along_by_a_trial),
        TEST(an_abort_takes_it_along),
        TEST(an_unknown_outcome_takes_it_along),
        TEST(a_shard_that_begins_again_takes_it_along),
        TEST(a_revocation_takes_it_along),
        TEST(what_is_decided_has_no_need_of_its_record),
        TEST(nobody_is_refused_for_what_is_not_committed),
        TEST(an_apply_that_fails_leaves_the_next_to_kafka),
        TEST(a_refused_apply_is_followed_by_another),
        TEST(either_checkpoint_is_right_while_it_applies),
        TEST(the_end_waits_for_what_is_sent),
        TEST(settled_is_without_any),
        TEST(each_stage_has_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
