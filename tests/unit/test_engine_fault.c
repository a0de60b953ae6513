/* SPDX-License-Identifier: Apache-2.0 */
/* Each call of Kafka and of the store that can fail does so once, in the middle of a batch. */
#include "engine_support.h"

#include <stdio.h>
#include <stdlib.h>

#define WISH "the test's fault"

static struct fake f;
static struct error error;

/* The call behind the next `left` ones ends so; OK: none does. */
struct fault {
    enum result result;
    int left;
};

static struct fault on_poll, on_begin, on_produce, on_abort, on_recover;
static struct fault on_ready, on_load, on_due, on_apply;
static struct store_port store; /* behind the faults */
static struct input_port input;
static struct transaction_port transaction;

static enum result strike(struct fault *fault, struct error *out)
{
    if (fault->result == OK || fault->left-- > 0) return OK;
    enum result result = fault->result;
    fault->result = OK;
    return error_set(out, result, WISH);
}

static enum result poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                        size_t *n, struct error *out)
{
    enum result result = strike(&on_poll, out);
    *n = 0;
    return result != OK ? result : input.poll(self, events, max, timeout_ms, n, out);
}

static enum result begin(void *self, struct error *out)
{
    enum result result = strike(&on_begin, out);
    return result != OK ? result : transaction.begin(self, out);
}

static enum result produce(void *self, const struct message *message, struct error *out)
{
    enum result result = strike(&on_produce, out);
    return result != OK ? result : transaction.produce(self, message, out);
}

static enum result abort_it(void *self, struct error *out)
{
    (void)self;
    return strike(&on_abort, out);
}

static enum result recover(void *self, struct error *out)
{
    (void)self;
    return strike(&on_recover, out);
}

static enum result ready(void *self, struct error *out)
{
    enum result result = strike(&on_ready, out);
    return result != OK ? result : store.ready(self, out);
}

static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *out)
{
    enum result result = strike(&on_load, out);
    return result != OK ? result : store.load(self, arena, loads, n, out);
}

static enum result due(void *self, struct arena *arena, int32_t shard, ms_t until, struct str *keys,
                       ms_t *wake_at, size_t *n, struct error *out)
{
    enum result result = strike(&on_due, out);
    return result != OK ? result : store.due(self, arena, shard, until, keys, wake_at, n, out);
}

static bool apply_take(void *self, int wait_ms, enum result *result, struct error *out)
{
    if (!store.apply_take(self, wait_ms, result, out)) return false;
    enum result struck = strike(&on_apply, out);
    if (struck != OK) *result = struck;
    return true;
}

static int set_up(void **state)
{
    static struct fault *const all[] = {&on_poll,  &on_begin, &on_produce, &on_abort, &on_recover,
                                        &on_ready, &on_load,  &on_due,     &on_apply};
    (void)state;
    fake_set_up(&f, 4000, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) *all[i] = (struct fault){OK, 0};
    store = f.store;
    input = f.input;
    transaction = f.transaction;
    f.input.poll = poll;
    f.transaction.begin = begin;
    f.transaction.produce = produce;
    f.transaction.abort = abort_it;
    f.transaction.recover = recover;
    f.store.ready = ready;
    f.store.load = load;
    f.store.due = due;
    f.store.apply_take = apply_take;
    fake_step(&f); /* the store is ready */
    f.engine->next_watch_ms = INT64_MAX;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_tear_down(&f);
    return 0;
}

static void put(int n)
{
    char value[200];
    snprintf(
        value, sizeof value,
        "{\"incident_id\":\"I%d-%d\",\"closed_at\":\"2026-11-01\",\"findings\":[{\"finding_id\":"
        "\"F\"}]}",
        n, n % FAKE_SHARDS);
    fake_put(&f, TOPIC_INCIDENT_CLOSED, n % FAKE_SHARDS, f.clock.now, value);
}

static void is_fatal(const char *sentence)
{
    error.text[0] = 0;
    assert_int_equal(engine_step(f.engine, 0, &error), FATAL);
    if (!strstr(error.text, sentence)) fail_msg("%s", error.text);
}

/* Nothing is committed, nothing is under way, and the shard begins again. */
static void all_is_let_go(size_t records)
{
    assert_null(f.engine->flight);
    assert_int_equal(f.transactions, 0);
    assert_int_equal(f.released, records);
    assert_int_equal(f.engine->inbox_n, 0);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->shards[0].inputs[0].next, 0);
}

/* ---- the transaction ---- */

static void a_transaction_that_cannot_begin(void **state)
{
    (void)state;
    on_begin.result = ABORT;
    put(0);
    fake_step(&f);
    all_is_let_go(1);
}

static void a_message_that_is_not_taken(void **state)
{
    (void)state;
    on_produce = (struct fault){ABORT, 2};
    put(0);
    fake_step(&f);
    all_is_let_go(1);
}

static void fenced_while_it_produces(void **state)
{
    (void)state;
    on_produce = (struct fault){FATAL, 1};
    put(0);
    is_fatal(WISH);
    engine_stop(f.engine);
    engine_release(f.engine);
    assert_int_equal(f.released, 1);
}

static void fenced_while_it_aborts(void **state)
{
    (void)state;
    f.abort_next = 1;
    on_abort.result = FATAL;
    on_recover = (struct fault){FATAL, 0};
    put(0);
    is_fatal(WISH);
    assert_int_equal(on_recover.result, FATAL); /* not called: there is nothing to recover */
}

static void fenced_while_it_recovers(void **state)
{
    (void)state;
    f.abort_next = 1;
    on_recover.result = FATAL;
    put(0);
    is_fatal(WISH);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
}

static enum result pass_s(int seconds)
{
    enum result result = OK;
    for (int i = 0; i < seconds && result == OK; i++) {
        fake_pass(&f, 1000);
        result = engine_step(f.engine, 0, &error);
    }
    return result;
}

static void a_send_that_never_comes_back(void **state)
{
    (void)state;
    f.prepare_waits = INT32_MAX;
    put(0);
    fake_step(&f);
    assert_int_equal(pass_s(70), FATAL);
    assert_non_null(strstr(error.text, "a transaction has not been sent for 60 s"));
}

static void without_a_watchdog_it_is_waited_for(void **state)
{
    (void)state;
    f.engine->options.stall_ms = 0;
    f.prepare_waits = 500;
    put(0);
    fake_step(&f);
    assert_int_equal(pass_s(400), OK);
    assert_non_null(f.engine->flight);
    assert_int_equal(pass_s(110), OK);
    assert_int_equal(f.transactions, 1);
}

/* ---- the brokers ---- */

static void brokers_that_are_away_are_named(void **state)
{
    (void)state;
    on_poll.result = RETRY;
    fake_step(&f);
    assert_string_equal(engine_not_ready(f.engine), "waiting for Kafka: " WISH);
    fake_step(&f);
    assert_null(engine_not_ready(f.engine));
}

static void no_poll_without_room(void **state)
{
    (void)state;
    f.commit_waits = INT32_MAX;
    put(0);
    fake_step(&f);
    for (size_t i = 0; i <= 2 * f.engine->inbox_cap; i++) put(0);
    fake_step(&f); /* a full batch is decided beside the first one */
    fake_step(&f);
    assert_int_equal(f.engine->inbox_n, f.engine->inbox_cap);
    int polls = f.polls;
    fake_step(&f);
    assert_int_equal(f.polls, polls);
    f.commit_waits = f.waits_left = 0;
    fake_work_off(&f);
    assert_int_equal(f.released, 2 * f.engine->inbox_cap + 2);
}

/* Both inputs of a shard have lost their place: the second one finds it beginning again. */
static void out_of_range_twice(void **state)
{
    (void)state;
    for (int t = 0; t < 2; t++)
        *ARENA_PUSH(f.arena, f.queue, f.queue_n, f.queue_cap) = (struct kafka_event){
            .type = KAFKA_OUT_OF_RANGE, .record = {.topic = input_topic(t), .partition = 0}};
    fake_step(&f);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->shards[1].phase, SHARD_ACTIVE);
    assert_int_equal(f.asked_for[0], 1);
    assert_string_equal(engine_not_ready(f.engine), "restoring shards");
}

/* ---- the store ---- */

static void store_fails(struct fault *fault)
{
    fault->result = RETRY;
    for (int i = 0; i < 5 && fault->result != OK; i++) fake_step(&f);
    assert_true(f.engine->membership.store_down);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->inbox_n, 0);
    assert_null(f.engine->flight);
}

static void a_load_that_fails(void **state)
{
    (void)state;
    put(0);
    store_fails(&on_load);
    assert_int_equal(f.transactions, 0);
    assert_int_equal(f.released, 1);
}

static void a_watch_that_fails(void **state)
{
    (void)state;
    f.engine->next_watch_ms = 0;
    store_fails(&on_load);
}

static void ticks_that_cannot_be_asked_for(void **state)
{
    (void)state;
    put(0);
    fake_work_off(&f);
    int before = f.transactions;
    fake_pass(&f, 40 * DAY_MS);
    fake_ends(&f, 0);
    store_fails(&on_due);
    assert_int_equal(f.transactions, before);
}

/* A wake time that the store does not know is asked for anew, and the watch looks. */
static void a_wake_time_that_is_gone(void **state)
{
    (void)state;
    f.engine->shards[0].next_wake = f.clock.now - 1000;
    fake_ends(&f, 0);
    fake_step(&f);
    assert_true(f.engine->shards[0].next_wake == TIME_NONE);
    assert_int_equal(f.engine->next_watch_ms, 0);
    f.engine->shards[0].next_wake = f.clock.now - 1000;
    on_due = (struct fault){RETRY, 1};
    fake_step(&f);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
}

/* The store knows of a later one only. */
static void a_wake_time_that_is_too_early(void **state)
{
    (void)state;
    put(0);
    fake_work_off(&f);
    ms_t stored = sim_store_wake_at(f.stored, 0);
    assert_true(stored > f.clock.now);
    f.engine->shards[0].next_wake = f.clock.now - 1000;
    fake_ends(&f, 0);
    fake_step(&f);
    assert_true(f.engine->shards[0].next_wake == stored);
}

/* A restore writes to the store, too, so it waits until the batch has. */
static void a_restore_waits_for_the_apply(void **state)
{
    (void)state;
    f.apply_waits = 3;
    put(0);
    fake_step(&f);
    f.engine->shards[1].phase = SHARD_WAITS_FOR_STORE;
    fake_step(&f);
    assert_non_null(f.engine->applying);
    assert_int_equal(f.engine->shards[1].phase, SHARD_WAITS_FOR_STORE);
}

static void a_store_that_refuses_at_last(void **state)
{
    (void)state;
    on_apply.result = FATAL;
    put(0);
    is_fatal(WISH);
    assert_int_equal(f.transactions, 1);
}

static void a_store_that_refuses_at_once(void **state)
{
    (void)state;
    f.engine->membership.store_down = true;
    f.engine->membership.next_ms = 0;
    on_ready.result = FATAL;
    is_fatal(WISH);
}

static void a_store_that_moved_before_the_load(void **state)
{
    (void)state;
    f.stored->shards[0].checkpoint += 7;
    put(0);
    put(1);
    fake_step(&f);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->shards[1].phase, SHARD_ACTIVE);
    assert_int_equal(fake_count(&f, "epilogue.incident.opened.v1", NULL), 1);
}

static void a_store_that_moved_before_the_apply(void **state)
{
    (void)state;
    f.apply_waits = 1;
    put(0);
    put(1);
    fake_step(&f);
    f.stored->shards[0].checkpoint += 7;
    fake_step(&f);
    assert_null(f.engine->flight);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->shards[0].inputs[0].next, 1); /* it is committed */
    assert_int_equal(f.engine->shards[1].phase, SHARD_ACTIVE);
    assert_int_equal(f.engine->shards[1].checkpoint, f.stored->shards[1].checkpoint);
}

static enum result settled(enum result commit)
{
    f.commit_waits = 2;
    f.commit_result = commit;
    put(0);
    fake_step(&f);
    return engine_settle(f.engine, &error);
}

static void settled_without_a_store(void **state)
{
    (void)state;
    on_apply.result = RETRY;
    assert_int_equal(settled(OK), OK);
    assert_null(f.engine->flight);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->shards[1].phase, SHARD_WAITS_FOR_BROKERS);
}

static void fenced_while_it_settles(void **state)
{
    (void)state;
    assert_int_equal(settled(FATAL), FATAL);
}

/* An outage is not over while something is restored; a failure long after is of the next one. */
static void a_new_outage_while_something_is_restored(void **state)
{
    (void)state;
    f.engine->shards[0].phase = SHARD_WAITS_FOR_BROKERS;
    f.stored->away = true;
    f.engine->next_watch_ms = 0;
    assert_int_equal(pass_s(2), OK);
    assert_true(f.engine->membership.store_down);
    int64_t first_ms = f.engine->membership.since_ms;
    f.stored->away = false;
    assert_int_equal(pass_s(16), OK);
    assert_int_equal(f.engine->membership.since_ms, first_ms);
    f.engine->shards[1].phase = SHARD_ACTIVE;
    f.engine->next_watch_ms = 0;
    f.stored->away = true;
    assert_int_equal(pass_s(1), OK);
    assert_true(f.engine->membership.since_ms >= first_ms + 16000);
    assert_int_equal(pass_s(20), OK);
    assert_true(f.member);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transaction_that_cannot_begin),
        TEST(a_message_that_is_not_taken),
        TEST(fenced_while_it_produces),
        TEST(fenced_while_it_aborts),
        TEST(fenced_while_it_recovers),
        TEST(a_send_that_never_comes_back),
        TEST(without_a_watchdog_it_is_waited_for),
        TEST(brokers_that_are_away_are_named),
        TEST(no_poll_without_room),
        TEST(out_of_range_twice),
        TEST(a_load_that_fails),
        TEST(a_watch_that_fails),
        TEST(ticks_that_cannot_be_asked_for),
        TEST(a_wake_time_that_is_gone),
        TEST(a_wake_time_that_is_too_early),
        TEST(a_restore_waits_for_the_apply),
        TEST(a_store_that_refuses_at_last),
        TEST(a_store_that_refuses_at_once),
        TEST(a_store_that_moved_before_the_load),
        TEST(a_store_that_moved_before_the_apply),
        TEST(settled_without_a_store),
        TEST(fenced_while_it_settles),
        TEST(a_new_outage_while_something_is_restored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
