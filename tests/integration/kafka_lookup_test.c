/* SPDX-License-Identifier: Apache-2.0 */
/* What the brokers are asked for on a real one (support/kafka_workers.h): offsets, marks, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "kafka/lookup.h"
#include "support/kafka_workers.h"

/* A producer that has put the offset of a shard's first input into a transaction, and ends nothing. */
static rd_kafka_t *open_transaction(int32_t shard, int64_t offset, const char *timeout_ms)
{
    char text[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, text, sizeof text);
    rd_kafka_conf_set(conf, "transactional.id", f.group, text, sizeof text);
    rd_kafka_conf_set(conf, "transaction.timeout.ms", timeout_ms, text, sizeof text);
    rd_kafka_t *other = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, f.names[TOPIC_INCIDENT_CLOSED], shard)->offset = offset;
    rd_kafka_consumer_group_metadata_t *nobody = rd_kafka_consumer_group_metadata_new(f.group);
    assert_null(rd_kafka_init_transactions(other, FIXTURE_MS));
    assert_null(rd_kafka_begin_transaction(other));
    rd_kafka_error_t *e = rd_kafka_send_offsets_to_transaction(other, list, nobody, FIXTURE_MS);
    if (e) fail_msg("%s", rd_kafka_error_string(e));
    rd_kafka_consumer_group_metadata_destroy(nobody);
    rd_kafka_topic_partition_list_destroy(list);
    return other;
}

static const struct lookup_answer *lookup_all(struct member *m)
{
    const int32_t shards[FIXTURE_PARTITIONS] = {0, 1, 2, 3};
    const struct lookup_answer *answer;
    struct timespec pause = {.tv_nsec = 1000000};
    assert_true(
        m->port->changelog->lookup_ask(m->port->changelog->self, shards, FIXTURE_PARTITIONS));
    while (!m->port->changelog->lookup_take(m->port->changelog->self, &answer))
        nanosleep(&pause, NULL);
    assert_false(m->port->changelog->lookup_take(m->port->changelog->self, &answer)); /* once */
    assert_int_equal(answer->result, OK);
    assert_int_equal(answer->n, FIXTURE_PARTITIONS);
    return answer;
}

static void test_offsets_wait_for_open_transaction(void **state)
{
    (void)state;
    int64_t end;
    make_topics("unstable");
    f.config.transaction_timeout_ms = 3000;
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 0, 1, 5, &end), OK);
    for (int32_t p = 0; p < FIXTURE_PARTITIONS; p++) member_lookup(a, p);
    rd_kafka_t *other = open_transaction(0, 9, "3000");

    int64_t t0 = now_us();
    const struct lookup_answer *answer = lookup_all(a);
    print_message("lookup with an open transaction: %lld us: %s\n", (long long)(now_us() - t0),
                  answer->error.text);
    assert_non_null(strstr(answer->error.text, "shard 0"));
    for (int i = 0; i < FIXTURE_PARTITIONS; i++) {
        assert_int_equal(answer->shards[i].shard, i);
        assert_int_equal(answer->shards[i].settled, i != 0);
    }
    rd_kafka_destroy(other);
    for (int i = 0; i < 400 && !lookup_all(a)->shards[0].settled; i++) member_poll(a, 20);
    print_message("stable again after %lld ms\n", (long long)(now_us() - t0) / 1000);
    assert_int_equal(committed(a, 0), 5);
}

/* What a commit says of itself comes back; and an offset with another partition count is found
 * whoever asks, and for which shard. */
static void test_marks_of_offsets(void **state)
{
    (void)state;
    int64_t end;
    make_topics("marks");
    a = member_new(&f, "a");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 1, 1, 5, &end), OK); /* batch 0: no mark of ours */
    assert_false(lookup_all(a)->count_confirmed);
    struct position p = {TOPIC_INCIDENT_CLOSED, 1, 6};
    struct shard_commit part = {.shard = 1, .batch = 7, .checkpoint = 2};
    assert_int_equal(a->port->transaction->begin(a->port->transaction->self, &a->error), OK);
    assert_int_equal(member_produce(a, 1, 1), OK);
    assert_int_equal(member_commit(a, &p, 1, &part, 1), OK);
    for (int i = 0; i < 400 && !lookup_all(a)->shards[1].settled; i++) member_poll(a, 20);
    const struct lookup_answer *answer = lookup_all(a);
    const struct lookup_input *input = &answer->shards[1].inputs[TOPIC_INCIDENT_CLOSED];
    assert_true(answer->count_confirmed && input->ours);
    assert_int_equal(answer->other, 0);
    assert_int_equal(input->committed, 6);
    assert_int_equal(input->batch, 7);
    assert_int_equal(input->checkpoint, 2);
    assert_false(answer->shards[0].inputs[TOPIC_INCIDENT_CLOSED].ours);

    member_free(a);
    a = NULL;
    struct error error;
    struct lookup *l = lookup_new(&f.config, 2, &error); /* a worker that sees two partitions */
    const int32_t shard = 0;
    assert_non_null(l);
    assert_true(lookup_ask(l, &shard, 1));
    assert_false(lookup_ask(l, &shard, 1)); /* one at a time */
    while (!lookup_take(l, &answer)) continue;
    assert_int_equal(answer->other, FIXTURE_PARTITIONS);
    assert_int_equal(answer->other_shard, 1);
    assert_int_equal(answer->other_topic, TOPIC_INCIDENT_CLOSED);
    lookup_free(l);
}

/* The high watermark for the changelog and the inputs, the last stable offset for `ends`. */
static void test_ends(void **state)
{
    (void)state;
    int64_t end;
    make_topics("ends");
    fixture_produce(&f, TOPIC_TASK_UPDATED, 2, 0, 30);
    a = member_new(&f, "a");
    b = member_new(&f, "b");
    member_join(a, FIXTURE_PARTITIONS);
    assert_int_equal(member_transaction(a, 2, 3, 10, &end), OK);
    assert_int_equal(b->port->transaction->begin(b->port->transaction->self, &b->error), OK);
    struct message message = {.topic = TOPIC_FORWARDED,
                              .partition = 2,
                              .timestamp = TIME_NONE,
                              .key = STR("k"),
                              .value = STR("v")};
    for (int i = 0; i < 300; i++) /* no commit is just over, so none is held */
        assert_int_equal(
            b->port->transaction->produce(b->port->transaction->self, &message, &b->error), OK);
    const struct lookup_shard *found;
    int64_t limit = now_us() + FIXTURE_MS * 1000;
    do found = member_lookup(a, 2);
    while (found->inputs[TOPIC_FORWARDED].high < 300 && now_us() < limit);
    assert_int_equal(found->inputs[TOPIC_FORWARDED].high, 300);
    assert_int_equal(found->inputs[TOPIC_TASK_UPDATED].high, 30);
    assert_int_equal(found->inputs[TOPIC_TASK_UPDATED].low, 0);

    const int32_t shards[] = {2};
    const struct input_end *ends;
    struct timespec pause = {.tv_nsec = 1000000};
    size_t n;
    assert_true(a->port->input->ends_ask(a->port->input->self, shards, 1, true));
    while (!a->port->input->ends_take(a->port->input->self, &ends, &n)) nanosleep(&pause, NULL);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ends[i].shard, 2);
        assert_int_equal(ends[i].end, ends[i].topic == TOPIC_TASK_UPDATED ? 30 : 0);
    }
    assert_false(a->port->input->ends_take(a->port->input->self, &ends, &n));
    assert_int_equal(b->port->transaction->abort(b->port->transaction->self, &b->error), OK);
}

/* Nobody answers: that is said, and nobody waits for the thread. */
static void test_lookup_without_a_broker(void **state)
{
    (void)state;
    struct error error;
    const int32_t shard = 0;
    const struct lookup_answer *answer;
    fixture_setup(&f, "127.0.0.1:1", "away");
    struct lookup *l = lookup_new(&f.config, FIXTURE_PARTITIONS, &error);
    struct timespec pause = {.tv_nsec = 1000000};
    assert_non_null(l);
    assert_true(lookup_ask(l, &shard, 1));
    while (!lookup_take(l, &answer)) nanosleep(&pause, NULL);
    assert_int_equal(answer->result, RETRY);
    print_message("%s\n", answer->error.text);
    assert_non_null(strstr(answer->error.text, "127.0.0.1:1"));
    assert_true(lookup_ask(l, &shard, 1));
    nanosleep(&pause, NULL);
    int64_t t0 = now_us();
    lookup_free(l);
    assert_true(now_us() - t0 < 3000000);
}

int main(void)
{
    if (!find_broker()) return NO_BROKER;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_offsets_wait_for_open_transaction, teardown),
        cmocka_unit_test_teardown(test_marks_of_offsets, teardown),
        cmocka_unit_test_teardown(test_ends, teardown),
        cmocka_unit_test_teardown(test_lookup_without_a_broker, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
