/* SPDX-License-Identifier: Apache-2.0 */
/* More than one worker in a group of a real broker (support/kafka_workers.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kafka_workers.h"

static void test_same_instance_id_is_fenced(void **state)
{
    (void)state;
    int64_t end;
    make_topics("fence");
    a = member_new(&f, "same");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 0, 1, 1, &end), OK);
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    assert_int_equal(member_produce(a, 0, 1), OK);
    b = member_new(&f, "same");
    member_join(b, FIXTURE_PARTITIONS);
    struct position p = {TOPIC_INCIDENT_CLOSED, 0, 2};
    struct shard_commit part = {.shard = 0};
    enum result r = member_commit(a, &p, 1, &part, 1);
    print_message("zombie's commit: %s\n", a->error.text);
    assert_int_equal(r, FATAL);
    assert_non_null(strstr(a->error.text, "instance.id"));
    r = OK;
    for (int i = 0; i < 500 && r != FATAL; i++) r = member_poll(a, 20);
    print_message("zombie's poll: %s\n", a->error.text);
    assert_int_equal(r, FATAL);
    assert_non_null(strstr(a->error.text, "instance.id"));
    assert_int_equal(committed(b, 0), 1);
    assert_int_equal(member_transaction(b, 0, 1, 2, &end), OK);
}

/* Polls both until each has `n` shards. */
static void share(int n)
{
    int left = 0;
    int64_t t0 = now_us();
    do {
        assert_true(member_poll(a, 5) != FATAL && member_poll(b, 5) != FATAL);
        int of_a = 0, of_b = 0;
        for (int i = 0; i < FIXTURE_PARTITIONS; i++) {
            of_a += a->owned[i];
            of_b += b->owned[i];
        }
        left = of_a != n || of_b != FIXTURE_PARTITIONS - n;
    } while (left && now_us() - t0 < FIXTURE_MS * 1000);
    assert_false(left);
    print_message("shared after %lld ms\n", (long long)(now_us() - t0) / 1000);
}

/* One that has no use of its shards gives them up, in whichever form it is a member: the other has
 * them long before a session of two minutes is over. And it comes back, more than once. */
static void leaves_and_joins(const char *name, bool is_static)
{
    make_topics(name);
    f.config.session_timeout_ms = 120000;
    f.config.static_member = is_static;
    a = member_new(&f, "leaves");
    b = member_new(&f, "stays");
    share(FIXTURE_PARTITIONS / 2);
    for (int i = 0; i < 2; i++) {
        a->port->input->be_member(a->port->input->self, false);
        int64_t until = now_us() + 30000000;
        int of_b = 0;
        while (of_b < FIXTURE_PARTITIONS && now_us() < until) {
            assert_true(member_poll(a, 20) != FATAL && member_poll(b, 20) != FATAL);
            of_b = 0;
            for (int p = 0; p < FIXTURE_PARTITIONS; p++) of_b += b->owned[p];
        }
        assert_int_equal(of_b, FIXTURE_PARTITIONS);
        a->port->input->be_member(a->port->input->self, true);
        share(FIXTURE_PARTITIONS / 2);
    }
}

static void test_a_static_member_leaves_and_joins(void **state)
{
    (void)state;
    leaves_and_joins("leavestatic", true);
}

static void test_a_dynamic_member_leaves_and_joins(void **state)
{
    (void)state;
    leaves_and_joins("leavedynamic", false);
}

static void test_rebalance(void **state)
{
    (void)state;
    int64_t end;
    make_topics("rebalance");
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++)
        fixture_produce(&f, TOPIC_INCIDENT_CLOSED, p, 0, 2000);
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) {
        member_resume(a, p, 0);
        assert_int_equal(member_transaction(a, p, 1, 100 + p, &end), OK);
    }
    /* A transaction that is open while the shards go. */
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    b = member_new(&f, "b");
    share(2);
    assert_int_equal(a->revoked, 1);
    assert_int_equal(a->assigned, 2);
    member_clear(a);
    member_clear(b);
    int32_t lost = a->owned[0] ? 2 : 0, kept = a->owned[0] ? 0 : 2;
    struct position p = {TOPIC_INCIDENT_CLOSED, lost, 150};
    struct shard_commit part = {.shard = lost};
    assert_int_equal(member_commit(a, &p, 1, &part, 1), ABORT);
    assert_int_equal(a->port->transaction->abort(a->port->transaction->self, &a->error), OK);
    assert_int_equal(committed(b, lost), 100 + lost);
    assert_int_equal(member_transaction(a, kept, 1, 200, &end), OK);
    assert_int_equal(member_transaction(b, lost, 1, 200, &end), OK);
    for (int i = 0; i < 30; i++) {
        member_poll(a, 10);
        member_poll(b, 10);
    }
    assert_int_equal(a->records + b->records, 0); /* all are paused again */
    member_resume(b, lost, 200);
    member_await_records(b, 1800);
    assert_int_equal(b->first[TOPIC_INCIDENT_CLOSED][lost], 200);
    member_resume(a, kept, 200);
    member_await_records(a, 1800);
    assert_int_equal(a->first[TOPIC_INCIDENT_CLOSED][kept], 200);
}

/* A member that does not poll any more is taken for dead; its commit must not go through. */
static void test_slow_member_loses_its_shards(void **state)
{
    (void)state;
    make_topics("slow");
    struct property slow[] = {{"max.poll.interval.ms", "6000", "test", false}};
    f.config.transaction_timeout_ms = 60000; /* it is the group that has to refuse the commit */
    f.config.kafka_consumer = (struct property_list){slow, 1};
    a = member_new(&f, "a");
    b = member_new(&f, "b");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    assert_int_equal(member_produce(a, 0, 1), OK);
    member_join(b, FIXTURE_PARTITIONS); /* once a has not polled for its 6 s */
    struct position p = {TOPIC_INCIDENT_CLOSED, 0, 77};
    struct shard_commit part = {.shard = 0};
    enum result r = member_commit(a, &p, 1, &part, 1);
    print_message("slow member's commit: %d %s\n", r, a->error.text);
    assert_int_equal(r, ABORT);
    assert_int_equal(a->port->transaction->abort(a->port->transaction->self, &a->error), OK);
    assert_int_equal(committed(b, 0), -1);
    for (int i = 0; i < 100 && !a->revoked; i++) assert_int_equal(member_poll(a, 20), OK);
    assert_int_equal(a->revoked, 1);
}

int main(void)
{
    if (!find_broker()) return NO_BROKER;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_same_instance_id_is_fenced, teardown),
        cmocka_unit_test_teardown(test_rebalance, teardown),
        cmocka_unit_test_teardown(test_a_static_member_leaves_and_joins, teardown),
        cmocka_unit_test_teardown(test_a_dynamic_member_leaves_and_joins, teardown),
        cmocka_unit_test_teardown(test_slow_member_loses_its_shards, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
