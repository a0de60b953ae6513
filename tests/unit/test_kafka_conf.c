/* SPDX-License-Identifier: Apache-2.0 */
/* Whose word counts on a setting of librdkafka. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka/kafka_conf.h"

static const enum kafka_side readers[] = {KAFKA_CONSUMER, KAFKA_READER, KAFKA_CHANGELOG};
#define READERS (sizeof readers / sizeof *readers)

static void assert_setting(enum kafka_side side, const struct property_list *users,
                           const char *name, const char *value)
{
    struct config config = {.group_id = "group",
                            .instance_id = "one",
                            .bootstrap_servers = "kafka-1:9092",
                            .session_timeout_ms = 10000,
                            .transaction_timeout_ms = 10000,
                            .kafka_consumer = *users};
    struct error error;
    char text[100];
    size_t size = sizeof text;
    rd_kafka_conf_t *conf = kafka_conf_new(&config, side, NULL, &error);
    assert_non_null(conf);
    assert_int_equal(rd_kafka_conf_get(conf, name, text, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(text, value);
    rd_kafka_conf_destroy(conf);
}

static void the_users_word_counts_over_ours(void **state)
{
    (void)state;
    struct property items[] = {
        {.name = "queued.min.messages", .value = "500", .origin = "test"},
        {.name = "fetch.wait.max.ms", .value = "77", .origin = "test"},
    };
    struct property_list users = {items, 2};
    for (size_t i = 0; i < READERS; i++) {
        assert_setting(readers[i], &users, "queued.min.messages", "500");
        assert_setting(readers[i], &users, "fetch.wait.max.ms", "77");
    }
}

static void ours_count_where_nothing_is_said(void **state)
{
    (void)state;
    struct property_list none = {NULL, 0};
    assert_setting(KAFKA_CONSUMER, &none, "queued.min.messages", "1");
    assert_setting(KAFKA_CHANGELOG, &none, "queued.min.messages", "2000");
    assert_setting(KAFKA_CHANGELOG, &none, "fetch.wait.max.ms", "100");
    assert_setting(KAFKA_READER, &none, "queued.min.messages", "100000"); /* the library's */
}

static void nobody_makes_a_topic_by_asking_for_it(void **state)
{
    (void)state;
    struct property_list none = {NULL, 0};
    for (enum kafka_side side = KAFKA_CONSUMER; side <= KAFKA_ADMIN; side++)
        assert_setting(side, &none, "allow.auto.create.topics", "false");
}

static void guarantees_count_over_the_users(void **state)
{
    (void)state;
    struct property items[] = {
        {.name = "isolation.level", .value = "read_uncommitted", .origin = "test"}};
    struct property_list users = {items, 1};
    for (size_t i = 0; i < READERS; i++)
        assert_setting(readers[i], &users, "isolation.level", "read_committed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_users_word_counts_over_ours),
        cmocka_unit_test(ours_count_where_nothing_is_said),
        cmocka_unit_test(nobody_makes_a_topic_by_asking_for_it),
        cmocka_unit_test(guarantees_count_over_the_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
