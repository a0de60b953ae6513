/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from each answer to what we write, and what is known of how large it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "codec/encode.h"
#include "kafka/kafka_limits.h"
#include "kafka/kafka_verdict.h"

#define NOW INT64_C(1793610000000) /* 2026-11-02T09:00:00Z */

static struct property settings[] = {{"security.protocol", "sasl_ssl", "test", false},
                                     {"sasl.username", "epilogue", "test", false}};
static struct config config = {
    .bootstrap_servers = "kafka:9092",
    .group_id = "a/group",
    .instance_id = "one",
    .kafka_common = {settings, 2},
};

static int setup(void **state)
{
    (void)state;
    for (int t = 1; t < topic_end; t++) config.topics[t] = topic_name(t);
    return 0;
}

/* ------------------------------------------------------------------ the table */

static void test_each_condition_says_what_to_do(void **state)
{
    (void)state;
    static const struct {
        rd_kafka_resp_err_t code;
        const char *says, *ready;
    } rows[] = {
        {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, "clock says 2026-11-02T09:00:00.000Z", "clock"},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
         "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:epilogue "
         "--operation Write --topic followup-tasks --topic followup-state",
         "right"},
        {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "--operation Read --group a/group", "right"},
        {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "IdempotentWrite --cluster", "right"},
        {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
         "--operation Write --transactional-id a%2Fgroup/ --resource-pattern-type prefixed",
         "right"},
        {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, "free space", "disk"},
        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, "min.insync.replicas", "brokers are missing"},
        {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, "min.insync.replicas", "brokers"},
        {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, "policy", "policy"},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD, "cleanup.policy", "settings"},
        {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, "acks=all", "log"},
        {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, "message.format.version", "log"},
        {RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, "compression.type", "compression"},
        {RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, "offset.metadata.max.bytes", "log"},
        {RD_KAFKA_RESP_ERR_SECURITY_DISABLED, "authorizer", "log"},
        {RD_KAFKA_RESP_ERR_UNKNOWN, "log", "log"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error;
        struct refused_write write = {.code = rows[i].code,
                                      .topics = 1U << TOPIC_TASKS | 1U << TOPIC_STATE,
                                      .partition = 3,
                                      .now = NOW};
        assert_int_equal(kafka_verdict_of(rows[i].code), VERDICT_CONDITION);
        assert_true(kafka_verdict_is_condition(rows[i].code));
        kafka_verdict_say(&config, &write, "writing", &error);
        if (!strstr(error.text, rows[i].says)) fail_msg("%s", error.text);
        if (!strstr(error.text, rd_kafka_err2name(rows[i].code))) fail_msg("%s", error.text);
        if (!strstr(kafka_verdict_ready(rows[i].code), rows[i].ready))
            fail_msg("%s", kafka_verdict_ready(rows[i].code));
    }
}

/* Nothing that nobody thought of is tried for ever in silence, and no record is given up for it. */
static void test_an_unknown_code_is_a_condition_with_its_name(void **state)
{
    (void)state;
    struct error error;
    struct refused_write write = {.code = (rd_kafka_resp_err_t)12345, .partition = -1};
    assert_int_equal(kafka_verdict_of(write.code), VERDICT_CONDITION);
    assert_false(kafka_verdict_is_condition(write.code));
    kafka_verdict_say(&config, &write, "writing", &error);
    if (!strstr(error.text, "12345")) fail_msg("%s", error.text);
    assert_non_null(kafka_verdict_ready(write.code));
}

static void test_the_rest_of_the_table(void **state)
{
    (void)state;
    assert_int_equal(kafka_verdict_of(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), VERDICT_TOO_LARGE);
    assert_int_equal(kafka_verdict_of(RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE), VERDICT_TOO_LARGE);
    assert_int_equal(kafka_verdict_of(RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE), VERDICT_TOO_LARGE);
    assert_int_equal(kafka_verdict_of(RD_KAFKA_RESP_ERR__PURGE_QUEUE), VERDICT_PASSES);
    assert_int_equal(kafka_verdict_of(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION), VERDICT_PASSES);
    assert_int_equal(kafka_verdict_of(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER),
                     VERDICT_PASSES);
    assert_int_equal(kafka_verdict_of(RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED), VERDICT_PASSES);
    assert_int_equal(kafka_verdict_of(RD_KAFKA_RESP_ERR_PRODUCER_FENCED), VERDICT_FENCED);
}

/* ------------------------------------------------------------------ limits */

static struct topic_limit limit_of(const struct kafka_limits *limits, int topic, int64_t now_ms)
{
    struct topic_limit limit;
    kafka_limits_get(limits, topic, now_ms, &limit);
    return limit;
}

static void test_a_limit_that_is_told(void **state)
{
    (void)state;
    struct kafka_limits limits = {0};
    kafka_limits_init(&limits, 8388608, false);
    assert_int_equal(limit_of(&limits, TOPIC_TASKS, 0).bytes, 4194304);
    assert_int_equal(limit_of(&limits, TOPIC_DEAD_LETTERS, 0).bytes, 8388608);
    assert_int_equal(kafka_limits_batch(&limits, 0), KAFKA_LIMITS_BATCH_BYTES);
    kafka_limits_refused(&limits, TOPIC_TASKS, 5000, 600, 1000);
    assert_int_equal(limit_of(&limits, TOPIC_TASKS, 1000).bytes, 600);
    assert_int_equal(limit_of(&limits, TOPIC_TASKS, 1000).safe, 600);
    assert_true(limit_of(&limits, TOPIC_TASKS, 1000).is_known);
    assert_int_equal(kafka_limits_batch(&limits, 1000),
                     600); /* two small ones in one are too much */
    int64_t later_ms = 1000 + KAFKA_LIMITS_KEEP_MS;
    assert_int_equal(limit_of(&limits, TOPIC_TASKS, later_ms).bytes, 4194304);
    assert_int_equal(kafka_limits_batch(&limits, later_ms), KAFKA_LIMITS_BATCH_BYTES);
}

static void test_a_limit_that_is_felt_for(void **state)
{
    (void)state;
    struct kafka_limits limits = {0};
    kafka_limits_init(&limits, 8388608, false);
    size_t bytes = 1500000;
    int tries = 0;
    for (; bytes > 700; tries++) { /* takes 700 */
        kafka_limits_refused(&limits, TOPIC_DEAD_LETTERS, bytes, 0, 0);
        struct topic_limit limit = limit_of(&limits, TOPIC_DEAD_LETTERS, 0);
        assert_int_equal(limit.bytes, bytes - 1);
        assert_false(limit.is_known);
        assert_true(kafka_limits_is_silent(&limits, TOPIC_DEAD_LETTERS, 0));
        bytes = limit.safe ? limit.safe : 300; /* the least that it can be */
    }
    assert_true(tries <= 12);
    assert_int_equal(kafka_limits_batch(&limits, 0), 0); /* one at a time */
    for (int i = tries; i < 12; i++) kafka_limits_refused(&limits, TOPIC_DEAD_LETTERS, 400, 0, 0);
    assert_int_equal(limit_of(&limits, TOPIC_DEAD_LETTERS, 0).safe, 0);
}

/* A topic that refuses less than it says, and one whose batches are compressed. */
static void test_what_is_told_does_not_always_hold(void **state)
{
    (void)state;
    struct kafka_limits limits = {0};
    kafka_limits_init(&limits, 8388608, false);
    kafka_limits_refused(&limits, TOPIC_TASKS, 5000, 6000, 0);
    assert_int_equal(limit_of(&limits, TOPIC_TASKS, 0).bytes, 4999);
    struct kafka_limits compressed = {0};
    kafka_limits_init(&compressed, 2000, true);
    kafka_limits_refused(&compressed, TOPIC_TASKS, 1500, 600, 0);
    assert_int_equal(limit_of(&compressed, TOPIC_TASKS, 0).bytes, 1499);
    assert_int_equal(limit_of(&compressed, TOPIC_STATE, 0).bytes, 2000);
    assert_string_equal(limit_of(&compressed, TOPIC_STATE, 0).setting, "kafka.message.max.bytes");
}

/* By the definition of record batches: 61 bytes in front, lengths in seven bits a byte. */
static void test_the_size_of_a_message(void **state)
{
    (void)state;
    struct message m = {.key = STR_NONE, .value = STR_NONE};
    assert_int_equal(encode_size(&m), 61 + 1 + 6);
    m.key = STR("key");
    m.value = STR("value");
    assert_int_equal(encode_size(&m), 61 + 1 + 3 + 4 + 6 + 1);
    static char text[100];
    m.value = (struct str){text, 100}; /* two bytes of length, for it and for the record */
    struct header h = {STR("h"), STR_NONE};
    m.headers = &h;
    m.headers_n = 1;
    assert_int_equal(encode_size(&m), 61 + 2 + 3 + 4 + 102 + 1 + 2 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_condition_says_what_to_do),
        cmocka_unit_test(test_an_unknown_code_is_a_condition_with_its_name),
        cmocka_unit_test(test_the_rest_of_the_table),
        cmocka_unit_test(test_a_limit_that_is_told),
        cmocka_unit_test(test_a_limit_that_is_felt_for),
        cmocka_unit_test(test_what_is_told_does_not_always_hold),
        cmocka_unit_test(test_the_size_of_a_message),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
