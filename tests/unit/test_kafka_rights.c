/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that grant rights in Kafka. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kafka/kafka_rights.h"

static struct property settings[] = {{"security.protocol", "sasl_ssl", "-s", false},
                                     {"sasl.username", "epi logue's", "-s", false}};

static const char *command(struct config *config, enum kafka_right right, const char *topic)
{
    static char text[KAFKA_RIGHTS_COMMAND_BYTES];
    if (!config->bootstrap_servers) config->bootstrap_servers = "kafka-1:9092,kafka-2:9092";
    kafka_rights_command(config, right, topic, text);
    return text;
}

static void test_commands(void **state)
{
    (void)state;
    struct config config = {.group_id = "epilogue"};
    assert_string_equal(command(&config, KAFKA_RIGHT_READ, "incident-closed"),
                        "kafka-acls.sh --bootstrap-server kafka-1:9092 --add --allow-principal "
                        "User:ANONYMOUS --operation Read --topic incident-closed");
    assert_non_null(
        strstr(command(&config, KAFKA_RIGHT_GROUP, NULL), "--operation Read --group epilogue"));
    assert_non_null(
        strstr(command(&config, KAFKA_RIGHT_TRANSACTIONS, NULL),
               "--operation Write --transactional-id epilogue/ --resource-pattern-type prefixed"));
    assert_non_null(
        strstr(command(&config, KAFKA_RIGHT_DESCRIBE_CONFIGS, "a"), "--operation DescribeConfigs"));
}

static void test_whose_right(void **state)
{
    (void)state;
    struct config config = {.group_id = "g", .kafka_common = {settings, 2}};
    assert_non_null(strstr(command(&config, KAFKA_RIGHT_WRITE, "t"),
                           "--allow-principal 'User:epi logue'\\''s' --operation"));
    /* What is said for one side holds for its rights. */
    static struct property reader = {"sasl.username", "reader", "-s", false};
    config.kafka_consumer = (struct property_list){&reader, 1};
    assert_non_null(strstr(command(&config, KAFKA_RIGHT_READ, "t"), "User:reader --operation"));
    assert_null(strstr(command(&config, KAFKA_RIGHT_WRITE, "t"), "User:reader"));
    config.kafka_consumer.n = 0;
    /* A certificate's name is not in the settings. */
    config.kafka_common.n = 1;
    settings[0].value = "ssl";
    assert_non_null(
        strstr(command(&config, KAFKA_RIGHT_WRITE, "t"), "'User:<name of the worker>'"));
}

static void test_odd_groups(void **state)
{
    (void)state;
    struct config config = {.group_id = "a/b $(c)"};
    assert_non_null(strstr(command(&config, KAFKA_RIGHT_GROUP, NULL), "--group 'a/b $(c)'"));
    assert_non_null(strstr(command(&config, KAFKA_RIGHT_TRANSACTIONS, NULL), "a%2Fb "));
    config.bootstrap_servers = "k:1";
    static char huge[2000];
    memset(huge, 'x', sizeof huge - 1);
    config.group_id = huge;
    assert_int_equal(strlen(command(&config, KAFKA_RIGHT_GROUP, NULL)),
                     KAFKA_RIGHTS_COMMAND_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_whose_right),
        cmocka_unit_test(test_odd_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
