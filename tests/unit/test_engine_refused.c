/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of records, ticks and shards when Kafka refuses what would be written for them. */
#include "engine/batch_private.h"
#include "engine_support.h"

#include <stdio.h>
#include <stdlib.h>

static struct fake f;

static int set_up(void **state)
{
    (void)state;
    fake_set_up(&f, 4000, NULL);
    f.engine->next_retry_ms = INT64_MAX; /* no restore here: see read_again */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_tear_down(&f);
    return 0;
}

static void put_closure(int n)
{
    char value[200];
    snprintf(
        value, sizeof value,
        "{\"incident_id\":\"I%d-%d\",\"closed_at\":\"2026-11-01\",\"findings\":[{\"finding_id\":"
        "\"F\",\"title\":\"t\"}]}",
        n, n % FAKE_SHARDS);
    fake_put(&f, TOPIC_INCIDENT_CLOSED, n % FAKE_SHARDS, f.clock.now, value);
}

static void put_finding(const char *finding, int bytes)
{
    struct buf value = {0};
    buf_printf(&value,
               "{\"incident_id\":\"I0-0\",\"finding_id\":\"%s\",\"description\":\"%0*d\"}%c",
               finding, bytes, 7, 0);
    fake_put(&f, TOPIC_FINDING_UPDATED, 0, f.clock.now, value.p);
    buf_free(&value);
}

/* What a restore does: the shards begin again at what is committed. */
static void read_again(void)
{
    for (int32_t i = 0; i < FAKE_SHARDS; i++) {
        struct shard *shard = &f.engine->shards[i];
        if (shard->phase == SHARD_ACTIVE || refuse_is_waiting(f.engine, shard)) continue;
        shard->phase = SHARD_ACTIVE;
        for (int t = 0; t < INPUTS; t++) unread_begin(&shard->inputs[t], shard->inputs[t].next);
        int64_t last[topic_end];
        memset(last, -1, sizeof last);
        for (size_t k = 0, n = f.given; k < n; k++) {
            struct kafka_event event = f.queue[k];
            if (event.type != KAFKA_RECORD || event.record.partition != i) continue;
            if (event.record.offset <= last[event.record.topic]) continue;
            last[event.record.topic] = event.record.offset;
            *ARENA_PUSH(f.arena, f.queue, f.queue_n, f.queue_cap) = event;
        }
    }
}

static size_t dead_letters(void)
{
    size_t n = 0;
    for (size_t i = 0; i < f.sent_n; i++) n += f.sent[i].topic == TOPIC_DEAD_LETTERS;
    return n;
}

static size_t opened(void)
{
    return fake_count(&f, "epilogue.incident.opened.v1", NULL);
}

/* The number of a message of the batch that is being made: the first with this key. */
static void refuse_message(enum refusal_kind kind, size_t number)
{
    f.abort_next = 1;
    f.refusal = (struct transaction_refusal){
        .kind = kind, .messages = {number}, .n = 1, .condition = "waiting for the test"};
}

/* The record of the message is refused, and it alone. */
static void the_record_of_a_refused_message_is_a_dead_letter(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) put_closure(i);
    refuse_message(REFUSAL_TOO_LARGE, 0);
    fake_step(&f);
    assert_int_equal(f.transactions, 0);
    read_again();
    fake_work_off(&f);
    assert_int_equal(dead_letters(), 1);
    assert_int_equal(opened(), 9);
    assert_int_equal(f.engine->take_max, 4000); /* size in bytes is not number of records */
}

/* A condition holds up the shard whose message it was, and no other; no record is given up. */
static void a_condition_holds_up_its_shard_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) put_closure(i);
    refuse_message(REFUSAL_CONDITION, 0);
    fake_step(&f);
    struct shard *held =
        f.engine->shards[0].is_hindered ? &f.engine->shards[0] : &f.engine->shards[1];
    assert_true(held->is_hindered);
    assert_string_equal(engine_not_ready(f.engine), "waiting for the test");
    read_again();
    fake_work_off(&f);
    assert_int_equal(opened(), 5);
    assert_string_equal(engine_not_ready(f.engine), "waiting for the test");
    /* Once more in vain, and then it goes through. */
    fake_pass(&f, 1001);
    read_again();
    refuse_message(REFUSAL_CONDITION, 0);
    put_closure(held->id == 0 ? 11 : 10);
    fake_step(&f);
    assert_true(held->is_hindered);
    fake_work_off(&f);
    assert_int_equal(opened(), 6); /* the other shard was not in that batch */
    fake_pass(&f, 5001);
    read_again();
    fake_work_off(&f);
    assert_int_equal(opened(), 11);
    assert_int_equal(dead_letters(), 0);
    assert_null(engine_not_ready(f.engine));
}

/* It waits longer each time, and five seconds at most. */
static void the_wait_is_bounded(void **state)
{
    (void)state;
    put_closure(0);
    for (int i = 0; i < 10; i++) {
        refuse_message(REFUSAL_CONDITION, 0);
        while (f.abort_next) {
            fake_step(&f);
            fake_pass(&f, f.abort_next ? 5 : 0);
        }
        int64_t wait_ms = f.engine->shards[0].hindered_until_ms - f.clock.monotonic_ms;
        assert_true(wait_ms >= 1000 && wait_ms <= 5000);
        fake_pass(&f, 5001);
        read_again();
    }
    fake_work_off(&f);
    assert_int_equal(opened(), 1);
}

/* Seen before anything is sent: what is left of the batch is decided at once, from the same inbox. */
static void more_refused_records_than_are_remembered(void **state)
{
    (void)state;
    f.limits_of[TOPIC_STATE] = 2000;
    put_closure(0);
    char id[20];
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "F-%d", i);
        put_finding(id, i % 3 == 1 ? 3000 : 10);
    }
    fake_work_off(&f);
    assert_int_equal(dead_letters(), 20);
    assert_int_equal(fake_count(&f, "epilogue.task.created.v1", NULL), 40 + 3);
    assert_int_equal(f.engine->shards[0].phase, SHARD_ACTIVE);
}

/* Of several events of one finding the one that made its state too large is the one. */
static void the_event_that_made_the_state_too_large(void **state)
{
    (void)state;
    f.limits_of[TOPIC_STATE] = 2000;
    put_closure(0);
    put_finding("F", 10);
    put_finding("F", 5000);
    fake_put(&f, TOPIC_FINDING_UPDATED, 0, f.clock.now,
             "{\"incident_id\":\"I0-0\",\"finding_id\":\"F\",\"status\":\"in-progress\"}");
    fake_work_off(&f);
    assert_int_equal(dead_letters(), 1);
    for (size_t i = 0; i < f.sent_n; i++)
        if (f.sent[i].topic == TOPIC_DEAD_LETTERS)
            assert_non_null(
                memmem(f.sent[i].value.p, f.sent[i].value.n, "00000000000000000000", 20));
}

static void put_pair(int shard)
{
    char value[5200];
    for (int n = 0; n < 2; n++) {
        snprintf(value, sizeof value,
                 "{\"incident_id\":\"J-%d\",\"finding_id\":\"F\",\"description\":\"%0*d\"}", shard,
                 n ? 5000 : 10, 7);
        fake_put(&f, TOPIC_FINDING_UPDATED, shard, f.clock.now, value);
    }
}

/* While it is found out which event of one incident is at fault, another one of another shard has the
 * same question: each has its turn, and neither asks for ever. */
static void two_shards_with_a_state_too_large(void **state)
{
    (void)state;
    f.limits_of[TOPIC_STATE] = 2000;
    for (int shard = 0; shard < FAKE_SHARDS; shard++) put_pair(shard);
    for (int i = 0; i < 50; i++) fake_step(&f);
    assert_int_equal(dead_letters(), FAKE_SHARDS);
    assert_int_equal(f.engine->inbox_n, 0);
}

/* A closure of so many entries that it is taken in parts; one finding of the last part is too large. */
static void put_large_closure(void)
{
    struct buf value = {0};
    buf_lit(&value, "{\"incident_id\":\"L-0\",\"closed_at\":\"2026-11-01\",\"coordination\":[");
    for (int i = 0; i < 30; i++) buf_printf(&value, "%s{\"party\":\"P-%d\"}", i ? "," : "", i);
    buf_lit(&value, "],\"findings\":[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&value, "%s{\"finding_id\":\"F-%d\",\"description\":\"%0*d\"}", i ? "," : "", i,
                   i == 990 ? 9000 : 1, 7);
    buf_printf(&value, "]}%c", 0);
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 0, f.clock.now, value.p);
    buf_free(&value);
}

static bool is_cut(const char *header_key)
{
    bool cut = false;
    for (size_t i = 0; i < f.sent_n; i++)
        if (f.sent[i].topic == TOPIC_STATE && str_eq(f.sent[i].key, str_of(header_key)))
            cut = memmem(f.sent[i].value.p, f.sent[i].value.n, "\"cursor\"", 8) != NULL;
    return cut;
}

/* It waited for the rest for ever: no review, no end of retention. */
static void a_closure_that_is_refused_half_way(void **state)
{
    (void)state;
    f.limits_of[TOPIC_TASKS] = 8000;
    put_large_closure();
    while (!f.transactions) fake_step(&f);
    assert_true(is_cut("L-0"));
    fake_work_off(&f);
    assert_int_equal(dead_letters(), 1);
    assert_false(is_cut("L-0"));
    assert_int_equal(fake_count(&f, "epilogue.task.created.v1", "L-0"), 2 + 30 + 1000);
}

/* When that cannot be ended, either, the record goes all the same. */
static void a_closure_whose_end_is_refused_too(void **state)
{
    (void)state;
    put_large_closure();
    f.limits_of[TOPIC_TASKS] = 8000;
    while (!f.transactions) fake_step(&f);
    f.limits_of[TOPIC_STATE] = 300;
    fake_work_off(&f);
    assert_int_equal(dead_letters(), 1);
}

/* An event of time goes out without its long parts. */
static void a_tick_is_cut(void **state)
{
    (void)state;
    put_closure(0);
    put_finding("F", 9000);
    fake_work_off(&f);
    f.limits_of[TOPIC_TASKS] = f.limits_of[TOPIC_REMINDERS] = 2000;
    fake_pass(&f, 40 * DAY_MS);
    fake_ends(&f, 0);
    fake_work_off(&f);
    size_t cut = 0;
    for (size_t i = 0; i < f.sent_n; i++) cut += f.sent[i].truncated.p != NULL;
    assert_true(cut > 0);
    assert_true(fake_count(&f, "epilogue.reminder.overdue.v1", NULL) > 0);
    assert_int_equal(dead_letters(), 0);
}

/* The number of the first message of the flight to this topic. */
static size_t number_of(int topic)
{
    size_t n = 0;
    while (f.engine->flight->messages[n].topic != topic) n++;
    assert_true(n < f.engine->flight->messages_n);
    return n;
}

/* Reminders on their way to a digest are of no record that could be refused in their place: what is
 * known of the topic by then makes smaller records of them. */
static void refused_items_go_in_smaller_records(void **state)
{
    (void)state;
    f.policy.digest = true;
    for (int i = 0; i < 10; i++) put_closure(2 * i);
    fake_work_off(&f);
    int before = f.transactions;
    fake_pass(&f, 40 * DAY_MS);
    f.prepare_waits = 1;
    for (int i = 0; i < 100 && !f.engine->flight; i++) fake_step(&f);
    assert_non_null(f.engine->flight);
    refuse_message(REFUSAL_TOO_LARGE, number_of(TOPIC_FORWARDED));
    f.limits_of[TOPIC_FORWARDED] = 2000;
    for (int i = 0; i < 100 && f.engine->flight; i++) fake_step(&f);
    assert_int_equal(f.abort_next, 0);
    assert_int_equal(f.transactions, before);
    assert_int_equal(f.engine->oversized_n, 0);
    read_again();
    f.engine->shards[0].next_wake = f.clock.now; /* which a restore asks the store for */
    for (int i = 0; i < 100 && f.transactions == before; i++) {
        fake_pass(&f, 10);
        fake_step(&f);
    }
    size_t records = 0;
    for (size_t i = 0; i < f.sent_n; i++) records += f.sent[i].topic == TOPIC_FORWARDED;
    assert_true(records > 5);
    assert_int_equal(dead_letters(), 0);
}

/* A store that breaks in the middle of a batch says so. */
static enum result broken(void *self, struct arena *arena, struct store_load *loads, size_t n,
                          struct error *error)
{
    (void)self, (void)arena, (void)loads, (void)n;
    return error_set(error, FATAL, "the store is of another kind");
}

static enum result (*working)(void *, struct arena *, struct store_load *, size_t, struct error *);
static int loads_left;

static enum result breaks(void *self, struct arena *arena, struct store_load *loads, size_t n,
                          struct error *error)
{
    return (loads_left-- > 0 ? working : broken)(self, arena, loads, n, error);
}

static void a_late_load_that_is_fatal_says_why(void **state)
{
    (void)state;
    f.engine->next_watch_ms = INT64_MAX;
    put_closure(0);
    fake_work_off(&f);
    working = f.store.load;
    f.store.load = breaks;
    fake_pass(&f, 20 * DAY_MS);
    /* Ticks from before its time, of an incident that is not loaded. */
    put_closure(0);
    fake_ends(&f, 0);
    struct error error = {.text = ""};
    enum result result = OK;
    for (int i = 0; i < 5 && result == OK; i++) {
        loads_left = i;
        result = engine_step(f.engine, 0, &error);
    }
    assert_int_equal(result, FATAL);
    assert_string_equal(error.text, "the store is of another kind");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_record_of_a_refused_message_is_a_dead_letter),
        TEST(a_condition_holds_up_its_shard_alone),
        TEST(the_wait_is_bounded),
        TEST(more_refused_records_than_are_remembered),
        TEST(the_event_that_made_the_state_too_large),
        TEST(two_shards_with_a_state_too_large),
        TEST(a_closure_that_is_refused_half_way),
        TEST(a_closure_whose_end_is_refused_too),
        TEST(a_tick_is_cut),
        TEST(refused_items_go_in_smaller_records),
        TEST(a_late_load_that_is_fatal_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
