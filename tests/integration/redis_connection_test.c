/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store port while its Redis is away, full, a replica or slow, and on connections that were closed:
 * what a batch sees of it. On a real Redis of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "redis/redis_port.h"
#include "support/redis_fixture.h"

static void test_no_memory(void **state)
{
    (void)state;
    bool did;
    assert_true(applied(-1, 1, &WRITE("k", "v", 1), 1));
    run("CONFIG SET maxmemory 1");
    assert_int_equal(apply_to(0, 1, 2, &WRITE("k", "w", 1), 1, false, &did, NULL), RETRY);
    assert_int_equal(apply_to(0, 1, 2, NULL, 0, false, &did, NULL), RETRY);
    run("CONFIG SET maxmemory 0");
    assert_int_equal(checkpoint(), 1);
    assert_true(applied(1, 2, &WRITE("k", "w", 1), 1));
}

static void test_replica(void **state)
{
    (void)state;
    bool did;
    assert_true(applied(-1, 1, &WRITE("k", "v", 1), 1));
    run("REPLICAOF 127.0.0.1 1");
    assert_int_equal(apply_to(0, 1, 2, &WRITE("k", "w", 1), 1, false, &did, NULL), RETRY);
    run("REPLICAOF NO ONE");
    pause_ms(250);
    assert_true(applied(1, 2, &WRITE("k", "w", 1), 1));
}

/* A server that was started again: not before the pause between two tries is over. */
static void load_again(struct store_load *l)
{
    struct error error;
    enum result result = RETRY;
    for (int i = 0; i < 50 && result == RETRY; i++) {
        result = port->load(port->self, arena, l, 1, &error);
        if (result) pause_ms(20);
    }
    assert_int_equal(result, OK);
}

static void test_restart(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    bool did;
    struct store_load l = {.shard = 0};
    assert_true(applied(-1, 1, &WRITE("k", "v", 1), 1));
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), OK);
    kill_server();
    assert_int_equal(apply_to(0, 1, 2, &WRITE("k", "w", 1), 1, false, &did, NULL), RETRY);
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), RETRY);
    assert_non_null(strstr(error.text, "broke")); /* no new try yet */
    pause_ms(210);
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), RETRY);
    assert_non_null(strstr(error.text, "cannot be reached"));
    start_server();
    load_again(&l);
    assert_int_equal(l.checkpoint, STORE_NO_CHECKPOINT);
    assert_false(applied(1, 2, NULL, 0));
}

/* Writes wait at the server, and what is read meanwhile does not wait behind them. */
static void test_loads_while_it_applies(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    enum result result;
    struct store_write write = WRITE("k", "w", 1);
    struct store_apply a = {.shard = 0, .expected = 1, .checkpoint = 2, .writes = &write, .n = 1};
    assert_true(applied(-1, 1, &WRITE("k", "v", 1), 1));
    run("CLIENT PAUSE 5000 WRITE");
    port->apply_start(port->self, &a, 1);
    assert_false(port->apply_take(port->self, 100, &result, &error));
    assert_int_equal(loaded(0, NULL, 0).checkpoint, 1);
    assert_false(port->apply_take(port->self, 0, &result, &error));
    run("CLIENT UNPAUSE");
    assert_true(port->apply_take(port->self, 5000, &result, &error));
    assert_int_equal(result, OK);
    assert_true(a.applied);
    assert_int_equal(loaded(0, NULL, 0).checkpoint, 2);
}

/* A load has several answers, and an apply can come between them, as it does here with so many keys:
 * that must not look like a loss. */
static void test_loads_that_applies_come_between(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    enum { ROUNDS = 30, KEYS = 20000 };
    struct str *keys = arena_alloc(arena, KEYS * sizeof *keys);
    for (int i = 0; i < KEYS; i++) keys[i] = arena_printf(arena, "a key that is not there %d", i);
    assert_true(applied(-1, 1, &WRITE("k", "v", 1), 1));
    for (int round = 1; round <= ROUNDS; round++) {
        char name[20];
        snprintf(name, sizeof name, "k%d", round);
        struct store_write write = WRITE(name, "w", 1);
        struct store_apply a = {
            .shard = 0, .expected = round, .checkpoint = round + 1, .writes = &write, .n = 1};
        enum result result = FATAL;
        port->apply_start(port->self, &a, 1);
        for (bool done = false; !done;) {
            int64_t found = loaded(0, keys, KEYS).checkpoint;
            assert_true(found == round || found == round + 1);
            done = port->apply_take(port->self, 0, &result, &error);
        }
        assert_int_equal(result, OK);
        assert_true(a.applied);
    }
}

/* Another writes, `rebuild` or a worker that does not know yet that it has lost the shard: what is read of
 * many keys is of one checkpoint, and says of which. */
static void test_loads_that_others_write_between(void **state)
{
    (void)state;
    struct error error;
    enum { ROUNDS = 20, KEYS = 20000 };
    struct str *keys = arena_alloc(arena, KEYS * sizeof *keys);
    struct store_write *writes = arena_alloc(arena, KEYS * sizeof *writes);
    struct store_port *other = redis_port_new(&config, &error);
    assert_non_null(other);
    for (int i = 0; i < KEYS; i++) keys[i] = arena_printf(arena, "key %d", i);
    for (int round = 0; round < ROUNDS; round++) {
        struct str value = arena_printf(arena, "%d", round);
        struct store_apply a = {
            .shard = 0, .expected = round - 1, .checkpoint = round, .writes = writes, .n = KEYS};
        enum result result = FATAL;
        for (int i = 0; i < KEYS; i++)
            writes[i] = (struct store_write){
                .key = keys[i], .value = value, .wake_at = TIME_NONE, .stored = round > 0};
        other->apply_start(other->self, &a, 1);
        for (bool done = false; !done;) {
            struct store_load l = loaded(0, keys, KEYS);
            struct str of = arena_printf(arena, "%d", (int)l.checkpoint);
            for (int i = 0; i < KEYS && l.checkpoint != STORE_NO_CHECKPOINT; i++)
                assert_true(str_eq(l.values[i], of));
            done = other->apply_take(other->self, 0, &result, &error);
        }
        assert_int_equal(result, OK);
        assert_true(a.applied);
    }
    redis_port_free(other);
}

/* A server that closes what is idle, or was restarted while nothing was written: no batch fails for
 * it, once the other connection has seen that all is well. */
static void test_a_connection_that_was_closed_meanwhile(void **state)
{
    (void)state;
    struct error error;
    struct store_load l = {.shard = 0};
    assert_true(applied(-1, 1, &WRITE("k", "v", 1), 1));
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), OK);
    run("CLIENT KILL TYPE normal SKIPME yes");
    assert_true(applied(1, 2, &WRITE("k", "w", 1), 1));
    kill_server();
    pause_ms(250);
    start_server();
    load_again(&l);
    assert_true(applied(-1, 3, &WRITE("k", "w", 1), 1));
}

/* The one that reads has its connection still, and the one that writes gets none. */
static void test_no_more_clients(void **state)
{
    (void)state;
    struct error error;
    assert_true(applied(-1, 1, &WRITE("k", "v", 1), 1));
    assert_int_equal(port->ready(port->self, &error), OK);
    run("CLIENT KILL TYPE normal SKIPME yes");
    struct store_load l = {.shard = 0};
    for (int i = 0; i < 50 && port->load(port->self, arena, &l, 1, &error) != OK; i++) pause_ms(20);
    run("CONFIG SET maxclients 2");
    /* Whether its reason is still read depends on who is first, the server that closes or we. */
    enum result result = port->ready(port->self, &error);
    run("CONFIG SET maxclients 100");
    assert_int_equal(result, RETRY);
    pause_ms(250);
    assert_int_equal(port->ready(port->self, &error), OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, redis_begin, redis_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_memory),
        TEST(test_replica),
        TEST(test_restart),
        TEST(test_loads_while_it_applies),
        TEST(test_loads_that_applies_come_between),
        TEST(test_loads_that_others_write_between),
        TEST(test_a_connection_that_was_closed_meanwhile),
        TEST(test_no_more_clients),
    };
    return cmocka_run_group_tests(tests, redis_start, redis_stop);
}
