/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated group: what a worker can still do of shards that it is told to give back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/sim_client.h"

#define SHARDS 2

static struct sim_clock clock;
static struct sim_kafka *kafka;
static struct sim_client *first, *second;

static int set_up(void **state)
{
    (void)state;
    sim_clock_init(&clock, 0);
    kafka = sim_kafka_new(&(struct sim_kafka_options){.clock = &clock,
                                                      .partitions = SHARDS,
                                                      .cluster = "",
                                                      .transaction_timeout_ms = 10000,
                                                      .session_timeout_ms = 10000});
    first = sim_client_new(kafka, "first", "first", false);
    second = sim_client_new(kafka, "second", "second", false);
    first->input.be_member(first, true);
    second->input.be_member(second, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_client_free(first);
    sim_client_free(second);
    sim_kafka_free(kafka);
    return 0;
}

static int poll(struct sim_client *client)
{
    struct kafka_event events[8];
    struct error error;
    size_t n;
    assert_int_equal(client->input.poll(client, events, 8, 0, &n, &error), OK);
    return n ? (int)events[0].type : -1;
}

/* One transaction of shard 0. */
static enum result transact(struct sim_client *client)
{
    struct transaction_port *port = &client->transaction;
    struct message message = {.topic = TOPIC_STATE, .key = STR("k"), .value = STR("v")};
    struct position position = {.topic = TOPIC_INCIDENT_CLOSED, .offset = 1};
    struct shard_commit commit = {.batch = 1};
    struct error error;
    enum result result;
    assert_int_equal(port->begin(client, &error), OK);
    assert_int_equal(port->produce(client, &message, &error), OK);
    port->prepare_start(client, &position, 1, &commit, 1);
    assert_true(port->prepare_take(client, 0, &result, &error));
    if (result != OK) return result;
    port->commit_start(client);
    assert_true(port->commit_take(client, 0, &result, &error));
    return result;
}

static void what_is_revoked_is_given_back_by_the_next_poll(void **state)
{
    (void)state;
    assert_int_equal(poll(first), KAFKA_ASSIGNED);
    assert_int_equal(poll(second), -1); /* it waits for the first one */
    assert_int_equal(poll(first), KAFKA_REVOKED);
    assert_int_equal(transact(first), OK);
    assert_int_equal(poll(second), -1); /* and for its transaction */
    assert_int_equal(poll(first), KAFKA_ASSIGNED);
    assert_int_equal(poll(second), KAFKA_ASSIGNED);
}

static void what_is_revoked_is_not_fetched(void **state)
{
    (void)state;
    struct error error;
    struct position position = {.topic = TOPIC_INCIDENT_CLOSED};
    assert_int_equal(poll(first), KAFKA_ASSIGNED);
    assert_int_equal(poll(second), -1);
    assert_int_equal(poll(first), KAFKA_REVOKED);
    assert_int_equal(first->input.resume(first, &position, 1, &error), ABORT);
}

static void what_is_lost_is_gone_at_once(void **state)
{
    (void)state;
    assert_int_equal(poll(first), KAFKA_ASSIGNED);
    clock.monotonic_ms += 10000;
    assert_int_equal(poll(second), KAFKA_ASSIGNED);
    assert_int_equal(poll(first), KAFKA_REVOKED);
    assert_int_equal(transact(first), ABORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_revoked_is_given_back_by_the_next_poll, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_revoked_is_not_fetched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_lost_is_gone_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
