/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from librdkafka's errors and delivery reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kafka/kafka_conf.h"
#include "kafka/kafka_delivery.h"
#include "kafka/kafka_error.h"

static const struct config config = {
    .group_id = "group",
    .instance_id = "one",
    .bootstrap_servers = "kafka-1:9092",
    .static_member = true,
    .topics[TOPIC_STATE] = {"state", 5},
};

static enum result of(rd_kafka_resp_err_t code, struct error *error)
{
    return kafka_error_code(&config, code, NULL, "consuming", error);
}

static void test_what_waiting_helps(void **state)
{
    (void)state;
    static const rd_kafka_resp_err_t codes[] = {
        RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        RD_KAFKA_RESP_ERR_UNKNOWN,
        (rd_kafka_resp_err_t)12345,
    };
    struct error error;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(of(codes[i], &error), RETRY);
}

static void test_what_ends_the_worker(void **state)
{
    (void)state;
    static const struct {
        rd_kafka_resp_err_t code;
        const char *says;
    } cases[] = {
        {RD_KAFKA_RESP_ERR__FENCED, "instance.id=one"},
        {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "instance.id=one"},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "run `epilogue check`"},
        {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "--operation Read --group group"},
        {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
         "--operation Write --transactional-id group/"},
        {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "--operation IdempotentWrite --cluster"},
        {RD_KAFKA_RESP_ERR__AUTHENTICATION, "kafka.sasl"},
        {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, "group.min.session.timeout.ms"},
        {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, "transaction.max.timeout.ms"},
        {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, "another group.id"},
        {RD_KAFKA_RESP_ERR__BAD_MSG, "consuming"},
    };
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(of(cases[i].code, &error), FATAL);
        if (!strstr(error.text, cases[i].says)) fail_msg("%s", error.text);
    }
    /* Nobody else can have a dynamic member's name. */
    struct config dynamic = config;
    dynamic.static_member = false;
    dynamic.transaction_timeout_ms = 10000;
    assert_int_equal(
        kafka_error_code(&dynamic, RD_KAFKA_RESP_ERR__FENCED, NULL, "consuming", &error), FATAL);
    assert_non_null(strstr(error.text, "longer than transaction.timeout.ms (10000)"));
    assert_true(kafka_error_is_fenced(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH));
    assert_false(kafka_error_is_fenced(RD_KAFKA_RESP_ERR__TRANSPORT));
    assert_true(kafka_error_is_missing(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART));
    assert_true(kafka_error_is_out_of_range(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET));
    assert_false(kafka_error_is_out_of_range(RD_KAFKA_RESP_ERR_NO_ERROR));
}

static void test_what_cannot_be_read_is_named(void **state)
{
    (void)state;
    static const rd_kafka_resp_err_t codes[] = {
        RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION,
        RD_KAFKA_RESP_ERR__UNDERFLOW, RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED,
        RD_KAFKA_RESP_ERR_INVALID_MSG};
    struct error error;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        rd_kafka_message_t m = {.err = codes[i], .partition = 3, .offset = 77};
        assert_int_equal(kafka_error_message(&config, &m, "consuming", &error), FATAL);
        assert_non_null(strstr(error.text, "/3 cannot be read at offset 77"));
        assert_non_null(strstr(error.text, "Restore the topic"));
    }
    rd_kafka_message_t m = {.err = RD_KAFKA_RESP_ERR__TRANSPORT};
    assert_int_equal(kafka_error_message(&config, &m, "consuming", &error), RETRY);
}

static enum result note(struct kafka_trouble *t, rd_kafka_resp_err_t code, int64_t at_s)
{
    struct error error;
    rd_kafka_message_t m = {.err = code, .partition = 0, .offset = 5};
    return kafka_trouble_note(t, &m, 1000000 + at_s * 1000, &error);
}

static void test_an_unknown_error_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    const rd_kafka_resp_err_t unknown = (rd_kafka_resp_err_t)12345;
    struct kafka_trouble t = {0};
    assert_int_equal(note(&t, unknown, 0), RETRY); /* said */
    for (int s = 1; s < 10; s++) assert_int_equal(note(&t, unknown, s), OK);
    assert_int_equal(note(&t, unknown, 10), RETRY);
    for (int s = 11; s < 60; s++) assert_true(note(&t, unknown, s) != FATAL);
    assert_int_equal(note(&t, unknown, 60), FATAL);
    /* One that comes again after a long time is another. */
    assert_int_equal(note(&t, unknown, 300), RETRY);
    /* Progress makes it begin from the start. */
    t = (struct kafka_trouble){0};
    assert_int_equal(note(&t, unknown, 310), RETRY);
}

static void test_a_known_error_is_waited_for(void **state)
{
    (void)state;
    struct kafka_trouble t = {0};
    for (int s = 0; s < 600; s++) {
        enum result r = note(&t, RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, s);
        assert_int_equal(r, s % 10 == 0 ? RETRY : OK);
    }
    for (int s = 600; s < 1200; s++)
        assert_int_equal(note(&t, RD_KAFKA_RESP_ERR__WAIT_COORD, s), OK);
}

static void test_a_broken_connection(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"b:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in "
         "state CONNECT, 1 identical error(s) suppressed)",
         "b:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection refused"},
        {"b:9092/bootstrap: Send failed: Broken pipe (after 0ms in state UP)",
         "b:9092/bootstrap: Send failed: Broken pipe: the broker may expect TLS or SASL, see "
         "kafka.security.protocol"},
        {"ssl://b:9092/bootstrap: SSL handshake failed: unexpected eof while reading",
         "ssl://b:9092/bootstrap: SSL handshake failed: unexpected eof while reading: the broker "
         "may expect TLS or SASL, see kafka.security.protocol"},
        {"Broken pipe: might be caused by incorrect security.protocol configuration",
         "Broken pipe: might be caused by incorrect security.protocol configuration"},
    };
    char reason[300];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kafka_conf_reason(reason, sizeof reason, cases[i].text);
        assert_string_equal(reason, cases[i].reason);
    }
    kafka_conf_reason(reason, 5, "Connection refused");
    assert_string_equal(reason, "Conn");
}

static void test_delivery_reports(void **state)
{
    (void)state;
    assert_int_equal(kafka_delivery_of(RD_KAFKA_RESP_ERR_NO_ERROR, 0), DELIVERY_DONE);
    assert_int_equal(kafka_delivery_of(RD_KAFKA_RESP_ERR_NO_ERROR, 7), DELIVERY_DONE);
    assert_int_equal(kafka_delivery_of(RD_KAFKA_RESP_ERR_NO_ERROR, -1), DELIVERY_UNKNOWN);
    assert_int_equal(kafka_delivery_of(RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_OFFSET_INVALID),
                     DELIVERY_UNKNOWN);
    assert_int_equal(kafka_delivery_of(RD_KAFKA_RESP_ERR__PURGE_QUEUE, -1), DELIVERY_FAILED);
    assert_int_equal(kafka_delivery_of(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, -1), DELIVERY_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_waiting_helps),
        cmocka_unit_test(test_what_ends_the_worker),
        cmocka_unit_test(test_what_cannot_be_read_is_named),
        cmocka_unit_test(test_an_unknown_error_is_not_waited_for_for_ever),
        cmocka_unit_test(test_a_known_error_is_waited_for),
        cmocka_unit_test(test_a_broken_connection),
        cmocka_unit_test(test_delivery_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
