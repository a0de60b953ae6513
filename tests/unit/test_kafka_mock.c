/* SPDX-License-Identifier: Apache-2.0 */
/* The Kafka port against librdkafka's embedded broker: as far as `epilogue dev` needs it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "kafka/mock_broker.h"
#include "kafka/topics.h"
#include "support/kafka_fixture.h"

static struct mock_broker *broker;
static struct fixture f;
static struct member *m;

static int setup(void **state)
{
    (void)state;
    struct error error;
    struct fixture names;
    fixture_setup(&names, "127.0.0.1:1", "mock");
    rd_kafka_destroy(names.client);
    broker = mock_broker_start(&names.config, FIXTURE_PARTITIONS, &error);
    if (!broker) fail_msg("%s", error.text);
    fixture_setup(&f, mock_broker_bootstrap(broker), "mock");
    for (int t = 1; t < topic_end; t++) {
        memcpy(f.names[t], names.names[t], sizeof f.names[t]);
        f.config.topics[t] = str_of(f.names[t]);
    }
    m = member_new(&f, "dev");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    member_free(m);
    fixture_teardown(&f);
    mock_broker_free(broker);
    return 0;
}

static void test_partitions(void **state)
{
    (void)state;
    struct error error;
    int32_t n = 0;
    if (topics_partitions(&f.config, &n, &error) != OK) fail_msg("%s", error.text);
    assert_int_equal(n, FIXTURE_PARTITIONS);
}

static void test_records_and_transactions(void **state)
{
    (void)state;
    int64_t end;
    size_t n, seen = 0;
    struct changelog_record records[10];
    struct kafka_port *port = m->port;
    fixture_produce(&f, TOPIC_INCIDENT_CLOSED, 1, 0, 20);
    member_join(m, FIXTURE_PARTITIONS);
    const struct lookup_shard *found = member_lookup(m, 1);
    for (int t = TOPIC_INCIDENT_CLOSED; t <= TOPIC_FORWARDED; t++) {
        assert_int_equal(found->inputs[t].committed, -1);
        assert_int_equal(found->inputs[t].low, 0);
        assert_int_equal(found->inputs[t].high, t == TOPIC_INCIDENT_CLOSED ? 20 : 0);
    }

    member_resume(m, 1, 5);
    member_await_records(m, 15);
    assert_int_equal(m->first[TOPIC_INCIDENT_CLOSED][1], 5);
    member_clear(m);
    member_resume(m, 1, 12); /* back, as after an abort */
    member_await_records(m, 8);
    assert_int_equal(m->first[TOPIC_INCIDENT_CLOSED][1], 12);

    assert_int_equal(member_transaction(m, 1, 4, 20, &end), OK);
    assert_int_equal(end, 4);
    assert_int_equal(member_transaction(m, 1, 1, 20, &end), OK);
    assert_int_equal(end, 5);
    assert_int_equal(member_lookup(m, 1)->high, 5);
    assert_int_equal(port->changelog->open(port->changelog->self, 1, 2, &m->error), OK);
    for (int64_t until = now_us() + FIXTURE_MS * 1000;
         port->changelog->next(port->changelog->self, 1) < 5 && now_us() < until; seen += n)
        assert_int_equal(
            port->changelog->read(port->changelog->self, records, 10, 20, &n, &m->error), OK);
    assert_int_equal(port->changelog->next(port->changelog->self, 1), 5);
    assert_int_equal(seen, 3);
    port->changelog->close(port->changelog->self, 1);
}

static void test_recover(void **state)
{
    (void)state;
    int64_t end;
    member_join(m, FIXTURE_PARTITIONS);
    assert_int_equal(m->port->transaction->begin(m->port->transaction->self, &m->error), OK);
    assert_int_equal(member_produce(m, 0, 2), OK);
    assert_int_equal(m->port->transaction->abort(m->port->transaction->self, &m->error), OK);
    assert_int_equal(m->port->transaction->recover(m->port->transaction->self, &m->error), OK);
    assert_int_equal(member_transaction(m, 0, 1, 1, &end), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_partitions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records_and_transactions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recover, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
