/* SPDX-License-Identifier: Apache-2.0 */
/* Delivery reports that are guesses, and brokers that do not answer, on librdkafka's mock cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "kafka/kafka_delivery.h"
#include "kafka/kafka_producer.h"
#include "support/kafka_fixture.h"

#include <librdkafka/rdkafka_mock.h>

#define PRODUCE 0 /* the request's number in Kafka's protocol */
#define END_TXN 26
#define MESSAGES_TO 2

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static struct fixture f;
static struct kafka_producer *p;

static int setup(void **state)
{
    (void)state;
    char text[300];
    host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text);
    cluster = rd_kafka_mock_cluster_new(host, 2);
    assert_non_null(cluster);
    fixture_setup(&f, rd_kafka_mock_cluster_bootstraps(cluster), "delivery");
    for (int t = 1; t < topic_end; t++)
        rd_kafka_mock_topic_create(cluster, f.names[t], FIXTURE_PARTITIONS, 1);
    /* Messages go to one broker, all else to the other. */
    rd_kafka_mock_partition_set_leader(cluster, f.names[TOPIC_TASKS], 0, MESSAGES_TO);
    rd_kafka_mock_coordinator_set(cluster, "group", f.group, 1);
    char id[120];
    snprintf(id, sizeof id, "%s/%s", f.group, f.config.instance_id);
    rd_kafka_mock_coordinator_set(cluster, "transaction", id, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kafka_producer_free(p);
    p = NULL;
    fixture_teardown(&f);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return 0;
}

/* ------------------------------------------------------------------ the library */

static size_t reports[4];

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk, (void)opaque;
    reports[kafka_delivery_of(message->err, message->offset)]++;
}

static rd_kafka_t *new_idempotent(void)
{
    char text[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", f.config.bootstrap_servers, text, sizeof text);
    rd_kafka_conf_set(conf, "enable.idempotence", "true", text, sizeof text);
    rd_kafka_conf_set(conf, "retry.backoff.ms", "2", text, sizeof text);
    rd_kafka_conf_set(conf, "linger.ms", "0", text, sizeof text);
    rd_kafka_conf_set(conf, "batch.num.messages", "1", text, sizeof text);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(rk);
    return rk;
}

/*
 * The first of two requests under way is not written, since the broker is not the partition's leader
 * yet, and the second is: librdkafka reports both as delivered. The mock looks at no sequence
 * numbers outside of transactions, as a broker does not that has no state of the producer.
 */
static void test_the_library_reports_what_never_arrived(void **state)
{
    (void)state;
    int64_t low, high;
    rd_kafka_t *rk = new_idempotent();
    const char *topic = f.names[TOPIC_TASKS];
    for (int i = 0; i < 2; i++) { /* the first gets the producer's id and the connection */
        size_t n = i == 0 ? 1 : 2;
        memset(reports, 0, sizeof reports);
        if (i == 1) {
            rd_kafka_mock_broker_set_rtt(cluster, MESSAGES_TO, 200);
            rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1,
                                              RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
        }
        for (size_t k = 0; k < n; k++)
            assert_int_equal(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                                               RD_KAFKA_V_VALUE("value", 5), RD_KAFKA_V_END),
                             0);
        assert_int_equal(rd_kafka_flush(rk, FIXTURE_MS), 0);
    }
    rd_kafka_mock_broker_set_rtt(cluster, MESSAGES_TO, 0);
    assert_int_equal(rd_kafka_query_watermark_offsets(rk, topic, 0, &low, &high, FIXTURE_MS), 0);
    print_message("reported: %zu with an offset, %zu without; in the partition: %lld of 3\n",
                  reports[DELIVERY_DONE] + 1, reports[DELIVERY_UNKNOWN], (long long)high);
    assert_int_equal(reports[DELIVERY_FAILED], 0);
    assert_int_equal(high, 2);
    assert_int_equal(reports[DELIVERY_DONE], 1);
    assert_int_equal(reports[DELIVERY_UNKNOWN], 1);
    rd_kafka_destroy(rk);
}

/* ------------------------------------------------------------------ the port */

static void begin(const struct property *settings, size_t n, int timeout_ms)
{
    struct error error;
    f.config.transaction_timeout_ms = timeout_ms;
    f.config.kafka_producer = (struct property_list){(struct property *)(uintptr_t)settings, n};
    p = kafka_producer_new(&f.config, FIXTURE_PARTITIONS, &error);
    if (!p) fail_msg("%s", error.text);
    if (kafka_producer_begin(p, &error) != OK) fail_msg("%s", error.text);
}

static enum result produce(int n, struct error *error)
{
    enum result r = OK;
    for (int i = 0; i < n && r == OK; i++)
        r = kafka_producer_produce(p,
                                   &(struct message){.topic = TOPIC_TASKS,
                                                     .timestamp = TIME_NONE,
                                                     .key = STR("key"),
                                                     .value = STR("value")},
                                   error);
    return r;
}

static enum result commit(struct error *error)
{
    struct position position = {TOPIC_INCIDENT_CLOSED, 0, 1};
    struct shard_commit shard = {.shard = 0, .batch = 1};
    return fixture_commit(&f, p, &position, &shard, error);
}

/* A report without error and without offset must not be committed. Here the message was written and
 * the answer did not come in time; the one to the repeated request tells no offset. */
static void test_a_guess_is_not_committed(void **state)
{
    (void)state;
    static const struct property quick[] = {{"socket.timeout.ms", "1000", "test", false}};
    struct error error;
    begin(quick, 1, 10000);
    assert_int_equal(produce(1, &error), OK);
    if (commit(&error) != OK) fail_msg("%s", error.text);

    assert_int_equal(kafka_producer_begin(p, &error), OK);
    rd_kafka_mock_broker_push_request_error_rtts(cluster, MESSAGES_TO, PRODUCE, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, 3000);
    assert_int_equal(produce(1, &error), OK);
    assert_int_equal(commit(&error), ABORT);
    print_message("%s\n", error.text);
    assert_non_null(strstr(error.text, "1 of 1 messages are not known to have arrived"));
    assert_int_equal(kafka_producer_abort(p, &error), OK);

    assert_int_equal(kafka_producer_begin(p, &error), OK);
    assert_int_equal(produce(1, &error), OK);
    if (commit(&error) != OK) fail_msg("%s", error.text);
}

/* Brokers that do not answer, with everything handed over: the abort comes before the broker's. */
static void test_the_time_for_producing_is_bounded(void **state)
{
    (void)state;
    struct error error;
    begin(NULL, 0, 2000);
    assert_int_equal(produce(10, &error), OK);
    rd_kafka_mock_broker_set_rtt(cluster, MESSAGES_TO, 30000);
    int64_t t0 = now_us();
    assert_int_equal(commit(&error), ABORT);
    int64_t ms = (now_us() - t0) / 1000;
    print_message("after %lld ms: %s\n", (long long)ms, error.text);
    assert_non_null(strstr(error.text, "of transaction.timeout.ms=2000; 10 of 10 messages"));
    assert_true(ms >= 1000 && ms < 2000);
}

/* The same while the queue is full. */
static void test_a_full_queue_is_waited_for_no_longer(void **state)
{
    (void)state;
    static const struct property small[] = {{"queue.buffering.max.messages", "5", "test", false}};
    struct error error;
    begin(small, 1, 2000);
    rd_kafka_mock_broker_set_rtt(cluster, MESSAGES_TO, 30000);
    int64_t t0 = now_us();
    assert_int_equal(produce(100, &error), ABORT);
    int64_t ms = (now_us() - t0) / 1000;
    print_message("after %lld ms: %s\n", (long long)ms, error.text);
    assert_non_null(strstr(error.text, "given up after"));
    assert_true(ms >= 1000 && ms < 2000);
    rd_kafka_mock_broker_set_rtt(cluster, MESSAGES_TO, 0);
}

static void refuse(rd_kafka_resp_err_t code, int times)
{
    for (int i = 0; i < times; i++) rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, code);
}

/* What the library tries again without a word is told by its code, long before the transaction's time
 * is over: too few replicas, a full disk. */
static void test_what_a_broker_refuses_again_and_again_is_told(void **state)
{
    (void)state;
    static const rd_kafka_resp_err_t codes[] = {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                                RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR};
    for (size_t i = 0; i < 2; i++) {
        struct error error;
        begin(NULL, 0, 60000);
        refuse(codes[i], 400);
        assert_int_equal(produce(1, &error), OK);
        int64_t t0 = now_us();
        assert_int_equal(commit(&error), ABORT);
        print_message("after %lld ms: %s\n", (long long)(now_us() - t0) / 1000, error.text);
        const struct transaction_refusal *refusal = kafka_producer_refusal(p);
        assert_int_equal(refusal->kind, REFUSAL_CONDITION);
        assert_int_equal(refusal->n, 1);
        assert_int_equal(refusal->messages[0], 0);
        assert_non_null(strstr(refusal->condition, rd_kafka_err2name(codes[i])));
        assert_non_null(strstr(error.text, f.names[TOPIC_TASKS]));
        kafka_producer_free(p);
        rd_kafka_mock_clear_request_errors(cluster, PRODUCE);
    }
    p = NULL;
}

/* Of a batch it is not known which message was meant; the next time it is. */
static void test_a_message_that_is_too_large_is_named(void **state)
{
    (void)state;
    struct error error;
    begin(NULL, 0, 60000);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
    for (int i = 0; i < 3; i++) assert_int_equal(produce(1, &error), OK);
    assert_int_equal(commit(&error), ABORT);
    const struct transaction_refusal *refusal = kafka_producer_refusal(p);
    if (refusal->kind != REFUSAL_TOO_LARGE) { /* they went out together */
        assert_int_equal(refusal->kind, REFUSAL_UNNAMED);
        assert_int_equal(kafka_producer_abort(p, &error), OK);
        assert_int_equal(kafka_producer_recover(p, &error), OK);
        assert_int_equal(kafka_producer_begin(p, &error), OK);
        refuse(RD_KAFKA_RESP_ERR_NO_ERROR, 1);
        refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
        for (int i = 0; i < 3; i++) assert_int_equal(produce(1, &error), OK);
        assert_int_equal(commit(&error), ABORT);
        refusal = kafka_producer_refusal(p);
        assert_int_equal(refusal->kind, REFUSAL_TOO_LARGE);
        assert_int_equal(refusal->messages[0], 1);
    }
    assert_int_equal(refusal->n, 1);
    struct topic_limit limit;
    kafka_producer_limit(p, TOPIC_TASKS, &limit);
    print_message("%s; now it takes %zu\n", error.text, limit.bytes);
    assert_true(limit.bytes < 100 && !limit.is_known);
    assert_int_equal(kafka_producer_abort(p, &error), OK);
}

/* What a coordinator says that has refused all it was told of a transaction. */
static void test_an_abort_of_what_nobody_knows_is_settled(void **state)
{
    (void)state;
    struct error error;
    begin(NULL, 0, 10000);
    assert_int_equal(produce(1, &error), OK);
    if (commit(&error) != OK) fail_msg("%s", error.text);
    assert_int_equal(kafka_producer_begin(p, &error), OK);
    refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
    assert_int_equal(produce(1, &error), OK);
    assert_int_equal(commit(&error), ABORT);
    for (int i = 0; i < 20; i++)
        rd_kafka_mock_push_request_errors(cluster, END_TXN, 1, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE);
    assert_int_equal(kafka_producer_abort(p, &error), RETRY);
    print_message("%s\n", error.text);
    rd_kafka_mock_clear_request_errors(cluster, END_TXN);
    assert_int_equal(kafka_producer_recover(p, &error), OK);
    assert_int_equal(kafka_producer_begin(p, &error), OK);
    assert_int_equal(produce(1, &error), OK);
    if (commit(&error) != OK) fail_msg("%s", error.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_library_reports_what_never_arrived, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_guess_is_not_committed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_time_for_producing_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_queue_is_waited_for_no_longer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_broker_refuses_again_and_again_is_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_message_that_is_too_large_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_abort_of_what_nobody_knows_is_settled, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
