/* SPDX-License-Identifier: Apache-2.0 */
/* Making and checking topics on a real broker (support/kafka_workers.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "kafka/topics.h"
#include "support/kafka_workers.h"

static void ignore(void *arg, const struct topics_finding *finding)
{
    (void)arg;
    (void)finding;
}

static size_t findings;
static char last_finding[1000];

static void remember(void *arg, const struct topics_finding *finding)
{
    (void)arg;
    if (finding->state != TOPICS_WRONG) return;
    findings++;
    snprintf(last_finding, sizeof last_finding, "%s: %s", finding->topic, finding->text);
}

static void test_topics(void **state)
{
    (void)state;
    struct error error;
    int32_t n;
    size_t wrong;
    fixture_setup(&f, bootstrap, "topics");
    assert_int_equal(topics_partitions(&f.config, &n, &error), FATAL);
    assert_non_null(strstr(error.text, "epilogue topics create"));
    assert_int_equal(topics_check(&f.config, 0, remember, NULL, &wrong, &error), OK);
    assert_int_equal(wrong, topic_end - 1);
    assert_int_equal(topics_create(&f.config, 3, -1, ignore, NULL, &error), OK);
    assert_int_equal(topics_create(&f.config, 5, -1, ignore, NULL, &error), OK);
    assert_int_equal(topics_partitions(&f.config, &n, &error), OK);
    assert_int_equal(n, 3);
    assert_int_equal(topics_check(&f.config, 0, remember, NULL, &wrong, &error), OK);
    assert_int_equal(wrong, 0);
    assert_int_equal(topics_check(&f.config, 5, remember, NULL, &wrong, &error), OK);
    assert_int_equal(wrong, topic_end - 1);
}

static void test_topics_wrong_settings(void **state)
{
    (void)state;
    struct error error;
    int32_t n;
    size_t wrong;
    make_topics("wrong");
    struct fixture other;
    fixture_setup(&other, bootstrap, "inputs");
    fixture_topics(&other, 2);
    /* An input topic where the log of tasks should be, and one of another partition count. */
    f.config.topics[TOPIC_TASKS] = f.config.topics[TOPIC_INCIDENT_CLOSED];
    f.config.topics[TOPIC_INCIDENT_CLOSED] = f.config.topics[TOPIC_REMINDERS];
    f.config.topics[TOPIC_REMINDERS] = f.config.topics[TOPIC_STATE];
    f.config.topics[TOPIC_STATE] = other.config.topics[TOPIC_STATE];
    assert_int_equal(topics_partitions(&f.config, &n, &error), FATAL);
    assert_non_null(strstr(error.text, "epilogue topics check"));
    findings = 0;
    assert_int_equal(topics_check(&f.config, 0, remember, NULL, &wrong, &error), OK);
    /* retention.ms and max.message.bytes, cleanup.policy, partitions */
    assert_true(findings == wrong && wrong == 4);
    assert_non_null(strstr(last_finding, "has 2 partitions"));
    fixture_teardown(&other);
}

static void test_topics_no_broker(void **state)
{
    (void)state;
    struct error error;
    int32_t n;
    fixture_setup(&f, "127.0.0.1:1", "nobody");
    assert_int_equal(topics_partitions(&f.config, &n, &error), RETRY);
    assert_non_null(strstr(error.text, "127.0.0.1:1"));
}

int main(void)
{
    if (!find_broker()) return NO_BROKER;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_topics, teardown),
        cmocka_unit_test_teardown(test_topics_wrong_settings, teardown),
        cmocka_unit_test_teardown(test_topics_no_broker, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
