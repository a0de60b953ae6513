/* SPDX-License-Identifier: Apache-2.0 */
/* A consumer with a small queue, on librdkafka's mock cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"
#include "kafka/kafka_wake.h"

#include <librdkafka/rdkafka_mock.h>

#define TOPIC "input"
#define PARTITIONS 4
#define MESSAGES 4000 /* of each partition, of which the mock keeps 5 MiB */
#define VALUE_BYTES 1024
#define LONG_MS 300
#define TIMEOUT_MS 20000

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;

static rd_kafka_t *open_handle(rd_kafka_type_t type, const char *const *settings)
{
    char text[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), NULL,
                      0);
    for (; *settings; settings += 2)
        assert_int_equal(rd_kafka_conf_set(conf, settings[0], settings[1], text, sizeof text),
                         RD_KAFKA_CONF_OK);
    rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
    assert_non_null(rk);
    return rk;
}

static void fill(void)
{
    static const char *const settings[] = {"linger.ms", "20", NULL};
    char value[VALUE_BYTES] = {0};
    rd_kafka_t *rk = open_handle(RD_KAFKA_PRODUCER, settings);
    for (int n = 0; n < MESSAGES * PARTITIONS; n++)
        assert_int_equal(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(TOPIC),
                                           RD_KAFKA_V_PARTITION(n % PARTITIONS),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                           RD_KAFKA_V_VALUE(value, sizeof value), RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(rk, TIMEOUT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(rk);
}

static int setup(void **state)
{
    (void)state;
    char text[300];
    host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text);
    cluster = rd_kafka_mock_cluster_new(host, 1);
    assert_non_null(cluster);
    rd_kafka_mock_topic_create(cluster, TOPIC, PARTITIONS, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return 0;
}

static rd_kafka_t *open_consumer(void)
{
    static const char *const settings[] = {"group.id",
                                           "wake",
                                           "queued.min.messages",
                                           "1",
                                           "fetch.message.max.bytes",
                                           "262144",
                                           "enable.auto.commit",
                                           "false",
                                           NULL};
    rd_kafka_t *rk = open_handle(RD_KAFKA_CONSUMER, settings);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(list, TOPIC, i)->offset = 0;
    assert_int_equal(rd_kafka_assign(rk, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return rk;
}

/* Without being woken the library of Debian 12 stands still here after each fetch, for a second. */
static void test_a_full_queue_is_filled_again(void **state)
{
    (void)state;
    int taken = 0, long_waits = 0;
    fill();
    rd_kafka_t *rk = open_consumer();
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    struct kafka_wake wake;
    kafka_wake_start(&wake, queue);
    while (taken < MESSAGES * PARTITIONS) {
        int64_t before_ms = clock_monotonic_ms();
        kafka_wake_before(&wake);
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 0);
        kafka_wake_after(&wake, rk, m != NULL, m == NULL);
        if (!m) m = rd_kafka_consumer_poll(rk, TIMEOUT_MS);
        assert_non_null(m);
        long_waits += taken > 0 && clock_monotonic_ms() - before_ms > LONG_MS;
        taken += !m->err;
        rd_kafka_message_destroy(m);
    }
    assert_in_range(long_waits, 0, 2); /* a busy machine's own */
    kafka_wake_stop(&wake);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

/* Waking sets the name and the password: to what they were. */
static void test_name_and_password_stay(void **state)
{
    (void)state;
    static const char *const settings[] = {"group.id",
                                           "wake",
                                           "security.protocol",
                                           "sasl_plaintext",
                                           "sasl.mechanism",
                                           "PLAIN",
                                           "sasl.username",
                                           "user",
                                           "sasl.password",
                                           "a secret",
                                           NULL};
    char text[100];
    size_t n = sizeof text;
    rd_kafka_t *rk = open_handle(RD_KAFKA_CONSUMER, settings);
    struct kafka_wake wake = {0};
    kafka_wake_before(&wake);
    kafka_wake_after(&wake, rk, true, true);
    assert_int_equal(rd_kafka_conf_get(rd_kafka_conf(rk), "sasl.username", text, &n),
                     RD_KAFKA_CONF_OK);
    assert_string_equal(text, "user");
    n = sizeof text;
    assert_int_equal(rd_kafka_conf_get(rd_kafka_conf(rk), "sasl.password", text, &n),
                     RD_KAFKA_CONF_OK);
    assert_string_equal(text, "a secret");
    rd_kafka_destroy(rk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_queue_is_filled_again),
        cmocka_unit_test(test_name_and_password_stay),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
