/* SPDX-License-Identifier: Apache-2.0 */
/* What commands read and send by, against librdkafka's embedded broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "kafka/kafka_publisher.h"
#include "kafka/kafka_reader.h"
#include "kafka/kafka_scan.h"
#include "kafka/mock_broker.h"

#define PARTITIONS 2
#define STEPS_MAX 100 /* of 200 ms: what a test waits for at most */

static struct config config = {.group_id = "reader",
                               .instance_id = "worker-1",
                               .bootstrap_servers = "127.0.0.1:1",
                               .session_timeout_ms = 6000,
                               .transaction_timeout_ms = 10000};
static struct mock_broker *broker;
static size_t published;

static int set_up(void **state)
{
    (void)state;
    struct error error;
    for (int t = 1; t < topic_end; t++) config.topics[t] = topic_name(t);
    broker = mock_broker_start(&config, PARTITIONS, &error);
    if (!broker) fail_msg("%s", error.text);
    config.bootstrap_servers = mock_broker_bootstrap(broker);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mock_broker_free(broker);
    return 0;
}

static void count(void *context, size_t number, enum kafka_published what, const char *why)
{
    bool *seen = context;
    if (what != KAFKA_PUBLISHED) fail_msg("%s", why ? why : "not known");
    assert_false(seen[number]);
    seen[number] = true;
    published++;
}

/* Records with the keys "0", "1"…, on one partition. */
static void publish(int topic, int32_t partition, size_t n)
{
    struct error error;
    bool seen[16] = {false};
    const struct header headers[] = {{STR("a"), STR("x")}, {STR("a"), STR_NONE}};
    struct kafka_publisher *publisher = kafka_publisher_new(&config, count, seen, &error);
    published = 0;
    for (size_t i = 0; i < n; i++) {
        char key[8];
        snprintf(key, sizeof key, "%zu", i);
        const struct message message = {.topic = topic,
                                        .partition = partition,
                                        .timestamp = INT64_C(1795166100000) + (int64_t)i,
                                        .key = str_of(key),
                                        .value = i % 2 ? STR_NONE : STR(""),
                                        .headers = headers,
                                        .headers_n = 2};
        assert_int_equal(kafka_publisher_send(publisher, &message, i, &error), OK);
    }
    while (kafka_publisher_wait(publisher))
        ;
    assert_int_equal(published, n);
    kafka_publisher_free(publisher);
}

/* The next record or end; anything else is waited over. */
static enum kafka_read step(struct kafka_reader *reader, struct record *record)
{
    struct error error;
    enum kafka_read what = KAFKA_READ_NOTHING;
    for (int i = 0; i < STEPS_MAX && what == KAFKA_READ_NOTHING; i++)
        if (kafka_reader_next(reader, 200, &what, record, &error) != OK) fail_msg("%s", error.text);
    return what;
}

static void assert_record(const struct record *record, int topic, int32_t partition, int64_t i)
{
    assert_int_equal(record->topic, topic);
    assert_int_equal(record->partition, partition);
    assert_int_equal(record->offset, i);
    assert_int_equal(record->timestamp, INT64_C(1795166100000) + i);
    assert_int_equal(record->key.n, 1);
    assert_int_equal(record->key.p[0], '0' + i);
    assert_int_equal(record->value.p != NULL, i % 2 == 0);
    assert_int_equal(record->headers_n, 2);
    assert_true(str_eq(record->headers[0].value, STR("x")));
    assert_null(record->headers[1].value.p);
}

static struct kafka_reader *reader_new(void)
{
    struct error error;
    struct kafka_reader *reader = kafka_reader_new(&config, "reading", &error);
    if (!reader) fail_msg("%s", error.text);
    return reader;
}

static void test_what_was_published_is_read(void **state)
{
    (void)state;
    struct error error;
    struct record record;
    publish(TOPIC_TASKS, 1, 3);
    struct kafka_reader *reader = reader_new();
    assert_int_equal(kafka_reader_start(reader, TOPIC_TASKS, 1, 1, TIME_NONE, &error), OK);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(step(reader, &record), KAFKA_READ_RECORD);
        assert_record(&record, TOPIC_TASKS, 1, i);
    }
    assert_int_equal(step(reader, &record), KAFKA_READ_END);
    assert_int_equal(record.offset, 3);
    assert_int_equal(record.topic, TOPIC_TASKS);
    kafka_reader_free(reader);
}

static void test_what_comes_from_now_on(void **state)
{
    (void)state;
    struct error error;
    struct record record;
    publish(TOPIC_REMINDERS, 0, 2);
    struct kafka_reader *reader = reader_new();
    assert_int_equal(
        kafka_reader_start(reader, TOPIC_REMINDERS, 0, PARTITIONS, KAFKA_READER_END, &error), OK);
    publish(TOPIC_REMINDERS, 0, 1);
    while (step(reader, &record) == KAFKA_READ_END)
        ;
    assert_int_equal(record.partition, 0);
    assert_int_equal(record.offset, 2);
    kafka_reader_free(reader);
}

/* What was fetched ahead before a stop does not come again behind it. */
static void test_started_again(void **state)
{
    (void)state;
    struct error error;
    struct record record;
    publish(TOPIC_FORWARDED, 0, 4);
    struct kafka_reader *reader = reader_new();
    for (int again = 0; again < 2; again++) {
        assert_int_equal(kafka_reader_start(reader, TOPIC_FORWARDED, 0, 1, TIME_NONE, &error), OK);
        for (int64_t i = 0; i < 2; i++) {
            assert_int_equal(step(reader, &record), KAFKA_READ_RECORD);
            assert_record(&record, TOPIC_FORWARDED, 0, i);
        }
        kafka_reader_stop(reader);
    }
    kafka_reader_free(reader);
}

static enum result take(void *context, const struct record *record, struct error *error)
{
    int64_t *next = context;
    (void)error;
    assert_record(record, TOPIC_DEAD_LETTERS, 0, *next);
    (*next)++;
    return OK;
}

static void test_scan(void **state)
{
    (void)state;
    static const volatile sig_atomic_t stop = 0;
    struct error error;
    int64_t low, high, next = 0;
    publish(TOPIC_DEAD_LETTERS, 0, 5);
    struct kafka_scan *scan = kafka_scan_new(&config, TOPIC_DEAD_LETTERS, &stop, &error);
    assert_non_null(scan);
    assert_int_equal(kafka_scan_range(scan, 0, &low, &high, &error), OK);
    assert_int_equal(low, 0);
    assert_int_equal(high, 5);
    assert_int_equal(kafka_scan_read(scan, 0, 3, take, &next, &error), OK);
    assert_int_equal(next, 3);
    next = 0;
    assert_int_equal(kafka_scan_read(scan, 0, high, take, &next, &error), OK);
    assert_int_equal(next, 5);
    kafka_scan_free(scan);
}

/* A record that cannot be sent is said at once, and not reported once more. */
static void test_too_large(void **state)
{
    (void)state;
    struct error error;
    bool seen[1] = {false};
    size_t n = 64 << 20;
    char *large = calloc(n, 1);
    assert_non_null(large);
    const struct message message = {
        .topic = TOPIC_TASKS, .partition = -1, .timestamp = TIME_NONE, .value = {large, n}};
    struct kafka_publisher *publisher = kafka_publisher_new(&config, count, seen, &error);
    assert_int_equal(kafka_publisher_send(publisher, &message, 0, &error), FATAL);
    assert_false(kafka_publisher_wait(publisher));
    assert_string_equal(error.text, "Broker: Message size too large");
    kafka_publisher_free(publisher);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_published_is_read),
        cmocka_unit_test(test_what_comes_from_now_on),
        cmocka_unit_test(test_started_again),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
