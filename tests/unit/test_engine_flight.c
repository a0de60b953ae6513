/* SPDX-License-Identifier: Apache-2.0 */
/* A batch in flight: what goes on meanwhile, and every way in which it can end; how long it may take is
 * in test_engine_pace.c. */
#include "engine_support.h"

#include <stdio.h>
#include <stdlib.h>

FAKE_FIXTURE(4000)

/* A small closure. */
static void put(int n)
{
    fake_close(&f, n, 1, 1);
}

/* So much follows from it that no transaction holds it. */
static void put_in_parts(void)
{
    struct buf value = {0};
    buf_lit(&value, "{\"incident_id\":\"L-0\",\"closed_at\":\"2026-11-01\",\"coordination\":[");
    for (int i = 0; i < 30; i++) buf_printf(&value, "%s{\"party\":\"P-%d\"}", i ? "," : "", i);
    buf_lit(&value, "],\"findings\":[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&value, "%s{\"finding_id\":\"F-%d\"}", i ? "," : "", i);
    buf_printf(&value, "]}%c", 0);
    fake_put(&f, TOPIC_INCIDENT_CLOSED, 0, f.clock.now, value.p);
    buf_free(&value);
}

static void tell(struct kafka_event event)
{
    *ARENA_PUSH(f.arena, f.queue, f.queue_n, f.queue_cap) = event;
}

static void revoke(bool lost)
{
    static const int32_t all[FAKE_SHARDS] = {0, 1};
    tell((struct kafka_event){
        .type = KAFKA_REVOKED, .shards = all, .shards_n = FAKE_SHARDS, .lost = lost});
}

static size_t opened(void)
{
    return fake_count(&f, "epilogue.incident.opened.v1", NULL);
}

static void steps(int n)
{
    for (int i = 0; i < n; i++) fake_step(&f);
}

static void all_are(enum shard_phase phase)
{
    for (int32_t i = 0; i < FAKE_SHARDS; i++) assert_int_equal(f.engine->shards[i].phase, phase);
}

/* ---- meanwhile ---- */

static void records_are_read_while_it_commits(void **state)
{
    (void)state;
    f.commit_waits = 5;
    put(0);
    put(1);
    fake_step(&f);
    assert_non_null(f.engine->flight);
    for (int i = 2; i < 6; i++) put(i);
    steps(3);
    assert_int_equal(f.engine->inbox_n, 4);
    assert_int_equal(f.transactions, 0);
    assert_int_equal(f.released, 2); /* what is in flight would be read again */
    f.commit_waits = 0;
    steps(3);
    assert_null(f.engine->flight);
    assert_int_equal(f.transactions, 2);
    assert_int_equal(opened(), 6);
    assert_int_equal(f.released, 6);
    assert_int_equal(f.engine->shards[0].inputs[0].next, 3);
    assert_int_equal(f.engine->shards[0].checkpoint, f.stored->shards[0].checkpoint);
}

/* What has not moved costs the brokers nothing, but one position goes with every batch of a shard. */
static void positions_that_moved_are_committed(void **state)
{
    (void)state;
    put(0);
    steps(2);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(f.positions_n, INPUTS); /* the first time all of them */
    put(2);
    steps(2);
    assert_int_equal(f.transactions, 2);
    assert_int_equal(f.positions_n, 1);
    assert_int_equal(f.positions[0].topic, TOPIC_INCIDENT_CLOSED);
    assert_int_equal(f.positions[0].offset, 2);
    fake_pass(&f, INT64_C(400) * 86400 * 1000); /* ticks alone */
    for (int i = 0; i < 20 && f.transactions == 2; i++) fake_step(&f);
    assert_true(f.transactions > 2);
    assert_int_equal(f.positions_n, 1);
    assert_int_equal(f.positions[0].offset, 2);
    shard_restart(f.engine, &f.engine->shards[0]);
    f.engine->shards[0].phase = SHARD_ACTIVE;
    put(4);
    steps(2);
    assert_int_equal(f.positions_n, INPUTS);
}

/* A full batch, so that it is looked at the store while another is under way. */
static void watch_beside(int n)
{
    fake_pass(&f, 5000);
    put(n);
    f.engine->take_max = 1;
    fake_step(&f);
}

/* The watch would else take what is being applied for a loss. */
static void the_watch_knows_of_it(void **state)
{
    (void)state;
    f.apply_waits = 9;
    put(0);
    fake_step(&f);
    int64_t applied = f.state_end[0];
    watch_beside(2);
    all_are(SHARD_ACTIVE);
    f.stored->shards[0].checkpoint = applied; /* it is done, and not taken yet */
    watch_beside(4);
    all_are(SHARD_ACTIVE);
    assert_non_null(f.engine->ahead);
}

static void the_watch_sees_a_loss_beside_it(void **state)
{
    (void)state;
    f.apply_waits = 9;
    put(0);
    fake_step(&f);
    f.stored->shards[0].checkpoint = f.state_end[0] + 1;
    watch_beside(2);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->shards[1].phase, SHARD_ACTIVE);
}

static void a_shard_that_begins_again_asks_when_it_is_over(void **state)
{
    (void)state;
    f.commit_waits = 4;
    put(0);
    put(1);
    fake_step(&f);
    tell((struct kafka_event){
        .type = KAFKA_OUT_OF_RANGE,
        .record = {.topic = TOPIC_TASK_UPDATED, .partition = 0, .timestamp = TIME_NONE}});
    steps(2);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_non_null(f.engine->flight);
    assert_int_equal(f.asked_for[0], 0);
    steps(3);
    assert_null(f.engine->flight);
    assert_int_equal(f.asked_for[0], 1);
    /* What is committed is applied; but the shard has not heard of it yet. */
    assert_int_equal(f.transactions, 1);
    assert_true(f.stored->shards[0].checkpoint > 0 && f.engine->shards[0].checkpoint == 0);
    assert_int_equal(f.engine->shards[1].inputs[0].next, 1);
    assert_int_equal(f.released, 2);
}

/* ---- revocations ---- */

static void revoked_in_flight(bool lost)
{
    f.commit_waits = 4;
    put(0);
    put(1);
    fake_step(&f);
    put(2); /* read, and never decided */
    revoke(lost);
    fake_step(&f);
    int polls = f.polls;
    steps(2);
    assert_int_equal(f.polls, polls); /* the next poll gives the shards back */
    assert_non_null(f.engine->flight);
    fake_step(&f);
    assert_null(f.engine->flight);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(opened(), 2);
    assert_int_equal(f.released, 3);
    assert_true(f.stored->shards[0].checkpoint > 0); /* the next owner has less to read */
    assert_int_equal(f.polls, polls);
    fake_step(&f);
    assert_int_equal(f.polls, polls + 1);
    all_are(SHARD_NOT_OURS);
}

static void a_revocation_waits_for_it(void **state)
{
    (void)state;
    revoked_in_flight(false);
}

static void what_is_lost_waits_for_it_too(void **state)
{
    (void)state;
    revoked_in_flight(true);
    assert_false(f.engine->joined);
}

static void aborted_behind_a_revocation(void **state)
{
    (void)state;
    f.prepare_waits = 3;
    f.abort_next = 1;
    put(0);
    fake_step(&f);
    revoke(false);
    steps(4);
    assert_null(f.engine->flight);
    assert_int_equal(f.released, 1);
    all_are(SHARD_NOT_OURS);
}

/* A message that is on its way has nothing of the record of which it is a part. */
static void a_record_decided_in_part_goes_with_its_shard(void **state)
{
    (void)state;
    f.commit_waits = 4;
    put_in_parts();
    fake_step(&f);
    assert_non_null(f.engine->flight);
    assert_int_equal(f.engine->inbox_n, 1);
    revoke(false);
    steps(2);
    assert_non_null(f.engine->flight);
    assert_int_equal(f.released, 1);
    assert_int_equal(f.engine->inbox_n, 0);
    steps(3);
    assert_null(f.engine->flight);
    assert_int_equal(f.released, 1);
}

/* ---- ends ---- */

static void an_abort_lets_everything_go(void **state)
{
    (void)state;
    f.prepare_waits = 2;
    f.abort_next = 1;
    f.engine->shards[0].was_cut = true;
    put(0);
    put(1);
    fake_step(&f);
    put(2);
    steps(2);
    assert_null(f.engine->flight);
    all_are(SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->inbox_n, 0);
    assert_int_equal(f.released, 3);
    assert_int_equal(f.transactions, 0);
    assert_true(f.engine->shards[0].was_cut); /* nothing of it has happened */
    assert_false(f.engine->shards[0].owes_ticks);
    assert_int_equal(f.engine->shards[0].inputs[0].next, 0);
}

static void an_unknown_outcome_is_found_out_by_a_restore(void **state)
{
    (void)state;
    f.commit_waits = 1;
    f.commit_result = RETRY;
    put(0);
    steps(3);
    assert_null(f.engine->flight);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.engine->shards[0].inputs[0].next, 0);
    assert_int_equal(f.released, 1);
    assert_int_equal(f.stored->shards[0].checkpoint, 0);
}

static void fenced_ends_the_worker(void **state)
{
    (void)state;
    struct error error;
    f.commit_result = FATAL;
    put(0);
    assert_int_equal(engine_step(f.engine, 0, &error), FATAL);
    assert_string_equal(error.text, "the test wants it");
    engine_stop(f.engine); /* asks for nothing that was taken */
    engine_release(f.engine);
    assert_int_equal(f.released, 1);
}

static void a_store_that_fails_leaves_it_to_a_restore(void **state)
{
    (void)state;
    f.apply_waits = 2;
    put(0);
    put(1);
    fake_step(&f);
    f.stored->away = true;
    steps(3);
    assert_null(f.engine->flight);
    assert_true(f.engine->membership.store_down);
    all_are(SHARD_WAITS_FOR_BROKERS);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(f.engine->shards[0].inputs[0].next, 1); /* it is committed */
    assert_int_equal(f.stored->shards[0].checkpoint, 0);
    assert_int_equal(f.released, 2);
}

static void nothing_is_applied_to_a_store_that_is_away(void **state)
{
    (void)state;
    f.commit_waits = 2;
    put(0);
    fake_step(&f);
    f.engine->membership.store_down = true;
    f.engine->membership.next_ms = INT64_MAX;
    steps(3);
    assert_null(f.engine->flight);
    assert_int_equal(f.transactions, 1);
    assert_int_equal(f.stored->shards[0].checkpoint, 0);
    assert_int_equal(f.engine->shards[0].phase, SHARD_WAITS_FOR_BROKERS);
}

/* ---- what is counted ---- */

static long counted(const char *name)
{
    struct buf out = {0};
    metrics_write(f.engine->metrics, &out);
    buf_char(&out, 0);
    const char *at = strstr(out.p, name);
    assert_non_null(at);
    long value = strtol(at + strlen(name), NULL, 10);
    buf_free(&out);
    return value;
}

static void what_is_aborted_is_not_counted(void **state)
{
    (void)state;
    static const char name[] = "\nepilogue_incident_events_total{event=\"opened\"} ";
    struct metrics *metrics = f.engine->metrics = metrics_new();
    f.abort_next = 1;
    put(0);
    fake_step(&f);
    assert_int_equal(counted(name), 0);
    f.engine->shards[0].phase = SHARD_ACTIVE;
    unread_begin(&f.engine->shards[0].inputs[0], 0);
    f.given = 0;
    fake_step(&f);
    assert_int_equal(counted(name), 1);
    f.engine->metrics = NULL;
    metrics_free(metrics);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_are_read_while_it_commits),
        TEST(positions_that_moved_are_committed),
        TEST(the_watch_knows_of_it),
        TEST(the_watch_sees_a_loss_beside_it),
        TEST(a_shard_that_begins_again_asks_when_it_is_over),
        TEST(a_revocation_waits_for_it),
        TEST(what_is_lost_waits_for_it_too),
        TEST(aborted_behind_a_revocation),
        TEST(a_record_decided_in_part_goes_with_its_shard),
        TEST(an_abort_lets_everything_go),
        TEST(an_unknown_outcome_is_found_out_by_a_restore),
        TEST(fenced_ends_the_worker),
        TEST(a_store_that_fails_leaves_it_to_a_restore),
        TEST(nothing_is_applied_to_a_store_that_is_away),
        TEST(what_is_aborted_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
