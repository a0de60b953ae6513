/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a commit promises, against a real broker whose address is in EPILOGUE_TEST_KAFKA (without
 * it: exit code 77, skipped). Each test has topics and a group of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kafka/kafka_producer.h"
#include "kafka/offset_mark.h"
#include "kafka/topics.h"
#include "support/kafka_fixture.h"

static const char *bootstrap;
static struct fixture f;
static struct member *m, *other;
static struct kafka_producer *p;

static rd_kafka_t *new_reader(const char *isolation)
{
    char text[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, text, sizeof text);
    rd_kafka_conf_set(conf, "group.id", f.group, text, sizeof text);
    rd_kafka_conf_set(conf, "isolation.level", isolation, text, sizeof text);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", text, sizeof text);
    rd_kafka_conf_set(conf, "enable.auto.commit", "false", text, sizeof text);
    rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    assert_non_null(reader);
    rd_kafka_poll_set_consumer(reader);
    return reader;
}

/*
 * A worker has joined its group before it commits, so the group has a coordinator. Where it has none
 * yet (the first group of a broker that was just started) librdkafka asks three times for one, and
 * then rd_kafka_send_offsets_to_transaction waits for ever, whatever its time-out.
 */
static void await_coordinator(void)
{
    rd_kafka_t *reader = new_reader("read_committed");
    rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(one, f.names[TOPIC_INCIDENT_CLOSED], 0);
    rd_kafka_resp_err_t err;
    int64_t until = now_us() + FIXTURE_MS * 1000;
    while ((err = rd_kafka_committed(reader, one, 1000)) && now_us() < until) usleep(50000);
    if (err) fail_msg("no coordinator of %s: %s", f.group, rd_kafka_err2str(err));
    rd_kafka_topic_partition_list_destroy(one);
    rd_kafka_destroy(reader);
}

static void make_topics(const char *name)
{
    fixture_setup(&f, bootstrap, name);
    fixture_topics(&f, FIXTURE_PARTITIONS);
    await_coordinator();
}

static int teardown(void **state)
{
    (void)state;
    member_free(m);
    member_free(other);
    kafka_producer_free(p);
    m = other = NULL;
    p = NULL;
    fixture_teardown(&f);
    return 0;
}

/* One past the last record, decided or not: a handle that reads what is committed would be told
 * where the first open transaction begins. Waits while the broker does not tell: it may still be
 * making the partition. */
static int64_t high_of(rd_kafka_t *client, const char *topic, int32_t partition)
{
    int64_t low, high;
    rd_kafka_resp_err_t err;
    for (int64_t until = now_us() + FIXTURE_MS * 1000;;) {
        err = rd_kafka_query_watermark_offsets(client, topic, partition, &low, &high, FIXTURE_MS);
        if (!err) return high;
        if (now_us() > until)
            fail_msg("no end of partition %d: %s", partition, rd_kafka_err2str(err));
        usleep(50000);
    }
}

/* How many committed records a topic has. A commit is over before its markers are everywhere, so
 * each partition is read up to where all that was written is decided. */
static size_t count_committed(const char *topic, int32_t partitions)
{
    rd_kafka_t *reader = new_reader("read_committed");
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(all, topic, i)->offset = 0;
    assert_int_equal(rd_kafka_assign(reader, all), 0);
    rd_kafka_t *uncommitted = new_reader("read_uncommitted");
    for (int32_t i = 0; i < partitions; i++) all->elems[i].offset = high_of(uncommitted, topic, i);
    rd_kafka_destroy(uncommitted);
    size_t n = 0;
    int32_t left = partitions;
    for (int64_t until = now_us() + FIXTURE_MS * 1000; left && now_us() < until;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 100);
        if (!message) continue;
        n += !message->err;
        int64_t *end = &all->elems[message->partition].offset;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && message->offset >= *end) {
            *end = INT64_MAX;
            left--;
        }
        rd_kafka_message_destroy(message);
    }
    assert_int_equal(left, 0);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_destroy(reader);
    return n;
}

/* ------------------------------------------------------------------ nothing is missing */

#define NEW_PARTITIONS 40
#define NEW_MESSAGES 10000
#define NEW_ROUNDS 6

/* Makes a topic, and waits just until the broker tells of it: then it still makes the partitions. */
static void create_topic(const char *name)
{
    char text[300];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, NEW_PARTITIONS, 1, text, sizeof text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(f.client);
    rd_kafka_CreateTopics(f.client, &topic, 1, NULL, queue);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(f.client, name, NULL);
    bool there = false;
    for (int64_t until = now_us() + FIXTURE_MS * 1000; !there && now_us() < until;) {
        const struct rd_kafka_metadata *metadata;
        if (rd_kafka_metadata(f.client, 0, handle, &metadata, FIXTURE_MS)) continue;
        there = metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt == NEW_PARTITIONS;
        rd_kafka_metadata_destroy(metadata);
    }
    assert_true(there);
    rd_kafka_topic_destroy(handle);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
}

static enum result one_transaction(struct error *error)
{
    struct position position = {TOPIC_INCIDENT_CLOSED, 0, 1};
    struct shard_commit shard = {.shard = 0};
    enum result r = kafka_producer_begin(p, error);
    for (int i = 0; i < NEW_MESSAGES && r == OK; i++)
        r = kafka_producer_produce(p,
                                   &(struct message){.topic = TOPIC_TASKS,
                                                     .partition = i % NEW_PARTITIONS,
                                                     .timestamp = TIME_NONE,
                                                     .key = STR("key"),
                                                     .value = STR("value")},
                                   error);
    return r == OK ? fixture_commit(&f, p, &position, &shard, error) : r;
}

/* Requests for a partition that a broker is still making fail and are sent again: not always are
 * they, although librdkafka says so. */
static void test_topics_made_while_producing(void **state)
{
    (void)state;
    /* Small requests: several are under way for a partition when the first one fails. */
    static struct property small[] = {{"batch.num.messages", "10", "test", false}};
    int aborted = 0;
    make_topics("new");
    f.config.kafka_producer = (struct property_list){small, 1};
    for (int round = 0; round < NEW_ROUNDS; round++) {
        struct error error;
        char name[140];
        snprintf(name, sizeof name, "%s-%d", f.names[TOPIC_TASKS], round);
        f.config.topics[TOPIC_TASKS] = str_of(name);
        p = kafka_producer_new(&f.config, NEW_PARTITIONS, &error);
        assert_non_null(p);
        if (kafka_producer_ready(p, FIXTURE_MS, &error) != OK) fail_msg("%s", error.text);
        create_topic(name);
        enum result r;
        while ((r = one_transaction(&error)) == ABORT) {
            print_message("aborted: %s\n", error.text);
            assert_true(++aborted < 3 * NEW_ROUNDS);
            r = kafka_producer_abort(p, &error);
            if (r != OK) r = kafka_producer_recover(p, &error);
            assert_int_equal(r, OK);
        }
        if (r != OK) fail_msg("%s", error.text);
        assert_int_equal(count_committed(name, NEW_PARTITIONS), NEW_MESSAGES);
        kafka_producer_free(p);
        p = NULL;
    }
    print_message("%d transactions on new topics, %d more were aborted\n", NEW_ROUNDS, aborted);
}

/* ------------------------------------------------------------------ marks and checkpoints */

/* The group's offsets of some partitions; the caller destroys the list. */
static rd_kafka_topic_partition_list_t *committed(const struct position *positions, int n)
{
    rd_kafka_t *reader = new_reader("read_committed");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, f.names[positions[i].topic], positions[i].shard);
    assert_int_equal(rd_kafka_committed(reader, list, FIXTURE_MS), 0);
    rd_kafka_destroy(reader);
    return list;
}

static void test_offsets_carry_our_mark(void **state)
{
    (void)state;
    make_topics("mark");
    m = member_new(&f, "a");
    member_join(m, FIXTURE_PARTITIONS);
    struct position positions[] = {
        {TOPIC_INCIDENT_CLOSED, 1, 10}, {TOPIC_FORWARDED, 1, 4}, {TOPIC_INCIDENT_CLOSED, 2, 30}};
    struct shard_commit shards[] = {{.shard = 2, .batch = 41, .checkpoint = 0},
                                    {.shard = 1, .batch = 7, .checkpoint = 345}};
    struct kafka_port *port = m->port;
    assert_int_equal(port->transaction->begin(port->transaction->self, &m->error), OK);
    assert_int_equal(member_produce(m, 2, 1), OK);
    if (member_commit(m, positions, 3, shards, 2) != OK) fail_msg("%s", m->error.text);
    assert_int_equal(shards[0].state_end, 1);
    assert_int_equal(shards[1].state_end, -1);

    rd_kafka_topic_partition_list_t *list = committed(positions, 3);
    for (int i = 0; i < 3; i++) {
        struct offset_mark mark;
        const struct shard_commit *of = &shards[positions[i].shard == 2 ? 0 : 1];
        char text[OFFSET_MARK_BYTES] = ""; /* librdkafka's copy has no NUL */
        assert_true(list->elems[i].metadata_size < sizeof text);
        memcpy(text, list->elems[i].metadata, list->elems[i].metadata_size);
        print_message("%s\n", text);
        assert_int_equal(list->elems[i].offset, positions[i].offset);
        assert_true(offset_mark_read(text, &mark));
        assert_int_equal(mark.partitions, FIXTURE_PARTITIONS);
        assert_int_equal(mark.batch, of->batch);
        assert_int_equal(mark.checkpoint, of->checkpoint);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void test_a_changelog_that_lost_records(void **state)
{
    (void)state;
    int64_t end;
    make_topics("lost");
    m = member_new(&f, "a");
    member_join(m, FIXTURE_PARTITIONS);
    struct kafka_port *port = m->port;
    assert_int_equal(member_transaction(m, 3, 2, 1, &end), OK);
    assert_int_equal(end, 2);
    struct position position = {TOPIC_INCIDENT_CLOSED, 3, 5};
    /* Behind the marker is as far as a checkpoint can be. */
    struct shard_commit shard = {.shard = 3, .batch = 2, .checkpoint = 3};
    assert_int_equal(port->transaction->begin(port->transaction->self, &m->error), OK);
    assert_int_equal(member_produce(m, 3, 2), OK);
    assert_int_equal(member_commit(m, &position, 1, &shard, 1), OK);
    assert_int_equal(shard.state_end, 5);

    shard = (struct shard_commit){.shard = 3, .batch = 3, .checkpoint = 100};
    assert_int_equal(port->transaction->begin(port->transaction->self, &m->error), OK);
    assert_int_equal(member_produce(m, 3, 2), OK);
    position.offset = 9;
    assert_int_equal(member_commit(m, &position, 1, &shard, 1), FATAL);
    print_message("%s\n", m->error.text);
    assert_non_null(strstr(m->error.text, "/3 took a record at offset 6"));
    assert_non_null(strstr(m->error.text, "state is of offset 100"));
    /* It is aborted, and not left open: committed records and offsets can be read at once. */
    assert_int_equal(count_committed(f.names[TOPIC_STATE], FIXTURE_PARTITIONS), 4);
    rd_kafka_topic_partition_list_t *list = committed(&position, 1);
    assert_int_equal(list->elems[0].offset, 5);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ------------------------------------------------------------------ revocations */

static int64_t committed_offset(int32_t shard)
{
    struct position position = {TOPIC_INCIDENT_CLOSED, shard, 0};
    rd_kafka_topic_partition_list_t *list = committed(&position, 1);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return offset;
}

/* The poll that reports it has not given them back yet, so what was decided of them can be ended:
 * nobody else has them before the next poll. */
static void test_what_is_revoked_can_still_be_committed(void **state)
{
    (void)state;
    int64_t end;
    make_topics("revoked");
    m = member_new(&f, "a");
    member_join(m, FIXTURE_PARTITIONS);
    for (int32_t shard = 0; shard < FIXTURE_PARTITIONS; shard++) member_resume(m, shard, 0);
    other = member_new(&f, "b");
    for (int64_t until = now_us() + FIXTURE_MS * 1000; !m->revoked && now_us() < until;) {
        member_poll(other, 10);
        member_poll(m, 10);
    }
    assert_int_equal(m->revoked, 1);
    fixture_produce(&f, TOPIC_INCIDENT_CLOSED, 1, 0, 10);
    for (int i = 0; i < 50; i++) member_poll(other, 20);
    assert_int_equal(other->assigned, 0);
    assert_int_equal(member_transaction(m, 1, 1, 7, &end), OK);
    assert_int_equal(committed_offset(1), 7);
    for (int64_t until = now_us() + FIXTURE_MS * 1000; !other->assigned && now_us() < until;) {
        member_poll(m, 10);
        member_poll(other, 10);
    }
    assert_int_equal(other->assigned, 1);
    assert_int_equal(m->records, 0);
    struct position position = {TOPIC_INCIDENT_CLOSED, other->owned[1] ? 1 : 3, 8};
    struct shard_commit shard = {.shard = position.shard, .batch = 1};
    assert_int_equal(m->port->transaction->begin(m->port->transaction->self, &m->error), OK);
    assert_int_equal(member_commit(m, &position, 1, &shard, 1), ABORT);
    assert_int_equal(m->port->transaction->abort(m->port->transaction->self, &m->error), OK);
}

/* ------------------------------------------------------------------ time */

/* A worker that stood still in a transaction is fenced by nobody but the clock. */
static void test_fenced_by_the_clock(void **state)
{
    (void)state;
    make_topics("late");
    f.config.transaction_timeout_ms = 1000;
    m = member_new(&f, "a");
    member_join(m, FIXTURE_PARTITIONS);
    struct kafka_port *port = m->port;
    assert_int_equal(port->transaction->begin(port->transaction->self, &m->error), OK);
    assert_int_equal(member_produce(m, 0, 1), OK);
    /* The record, and the marker with which the broker ends the transaction. */
    for (int64_t until = now_us() + FIXTURE_MS * 1000;
         high_of(f.client, f.names[TOPIC_STATE], 0) < 2;)
        assert_true(now_us() < until);
    struct position position = {TOPIC_INCIDENT_CLOSED, 0, 2};
    struct shard_commit shard = {.shard = 0, .batch = 1};
    assert_int_equal(member_commit(m, &position, 1, &shard, 1), ABORT);
    print_message("%s\n", m->error.text);
    assert_non_null(strstr(m->error.text, "given up after"));
    assert_int_equal(port->transaction->abort(port->transaction->self, &m->error), FATAL);
    print_message("%s\n", m->error.text);
    assert_non_null(strstr(m->error.text, "transaction.timeout.ms is 1000"));
    assert_null(strstr(m->error.text, "another worker"));
}

/* ------------------------------------------------------------------ what is not there any more */

static void delete_records(const char *topic, int32_t partition, int64_t before)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = before;
    rd_kafka_DeleteRecords_t *records = rd_kafka_DeleteRecords_new(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(f.client);
    rd_kafka_DeleteRecords(f.client, &records, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, FIXTURE_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), 0);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(records);
    rd_kafka_topic_partition_list_destroy(list);
}

/* Deleted under a consumer, which is told so, and can then be placed at what there is; the other
 * shards lose and repeat nothing by it (the fixture fails on an offset that does not rise). */
static void test_records_deleted_under_a_consumer(void **state)
{
    (void)state;
    make_topics("deleted");
    const char *topic = f.names[TOPIC_INCIDENT_CLOSED];
    fixture_produce(&f, TOPIC_INCIDENT_CLOSED, 1, 0, 100);
    fixture_produce(&f, TOPIC_INCIDENT_CLOSED, 2, 0, 100);
    m = member_new(&f, "a");
    member_join(m, FIXTURE_PARTITIONS);
    member_resume(m, 2, 0);
    member_await_records(m, 100);
    for (int round = 0; round < 3; round++) {
        int first = 100 + round * 100;
        fixture_produce(&f, TOPIC_INCIDENT_CLOSED, 1, first, 100);
        fixture_produce(&f, TOPIC_INCIDENT_CLOSED, 2, first, 100);
        delete_records(topic, 1, first + 40);
        member_clear(m);
        member_resume(m, 1, first);
        int64_t until = now_us() + FIXTURE_MS * 1000;
        while (!m->out_of_range && now_us() < until) assert_int_equal(member_poll(m, 20), OK);
        assert_int_equal(m->out_of_range, 1);
        assert_int_equal(m->out_of_range_at.topic, TOPIC_INCIDENT_CLOSED);
        assert_int_equal(m->out_of_range_at.partition, 1);
        assert_int_equal(m->out_of_range_at.offset, first);
        assert_int_equal(m->last[TOPIC_INCIDENT_CLOSED][1], -1);

        assert_int_equal(m->port->input->pause(m->port->input->self, 1, &m->error), OK);
        int64_t low = first + 40, t0 = now_us();
        member_resume(m, 1, low);
        print_message("placed again after %lld ms\n", (long long)(now_us() - t0) / 1000);
        member_await_records(m, 160);
        assert_int_equal(m->first[TOPIC_INCIDENT_CLOSED][1], low);
        assert_int_equal(m->last[TOPIC_INCIDENT_CLOSED][1], first + 99);
        assert_int_equal(m->last[TOPIC_INCIDENT_CLOSED][2], first + 99);
        for (int i = 0; i < 20; i++) assert_int_equal(member_poll(m, 10), OK);
        assert_int_equal(m->records, 160);
    }
}

int main(void)
{
    bootstrap = getenv("EPILOGUE_TEST_KAFKA");
    if (!bootstrap) return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_topics_made_while_producing, teardown),
        cmocka_unit_test_teardown(test_offsets_carry_our_mark, teardown),
        cmocka_unit_test_teardown(test_a_changelog_that_lost_records, teardown),
        cmocka_unit_test_teardown(test_what_is_revoked_can_still_be_committed, teardown),
        cmocka_unit_test_teardown(test_fenced_by_the_clock, teardown),
        cmocka_unit_test_teardown(test_records_deleted_under_a_consumer, teardown),
    };
    cmocka_set_test_filter(getenv("EPILOGUE_TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
