/* SPDX-License-Identifier: Apache-2.0 */
/* The store port on a real Redis of the test's own: what is written comes back, or nothing was. */
#include <pthread.h>
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

/* ---- short forms of the port's calls ---- */

static void is(struct str actual, const char *expected)
{
    if (!str_eq(actual, str_of(expected)))
        fail_msg("%.*s is not %s", STR_ARG(actual), expected ? expected : "absent");
}

static long long used_memory(void)
{
    long long used = 0;
    redisReply *info = redisCommand(admin, "INFO memory");
    sscanf(strstr(info->str, "used_memory:"), "used_memory:%lld", &used);
    freeReplyObject(info);
    return used;
}

/* The keys that entries() gives, joined with blanks. */
static struct str listed(const char *header, const char *after, size_t max)
{
    struct error error = {.text = ""};
    struct str keys[100];
    size_t n = max;
    assert_int_equal(
        port->entries(port->self, arena, 0, str_of(header), str_of(after), keys, &n, &error), OK);
    struct str out = STR("");
    for (size_t i = 0; i < n; i++)
        out = arena_printf(arena, "%.*s%s%.*s", STR_ARG(out), i ? " " : "", STR_ARG(keys[i]));
    return out;
}

static struct str due_until(ms_t until, size_t max)
{
    struct error error = {.text = ""};
    struct str keys[100];
    ms_t at[100];
    size_t n = max;
    assert_int_equal(port->due(port->self, arena, 0, until, keys, at, &n, &error), OK);
    struct str out = STR("");
    for (size_t i = 0; i < n; i++)
        out = arena_printf(arena, "%.*s%s%.*s@%lld", STR_ARG(out), i ? " " : "", STR_ARG(keys[i]),
                           (long long)at[i]);
    return out;
}

/* ---- tests ---- */

static void test_round_trip(void **state)
{
    (void)state;
    struct str keys[] = {STR("INC-1"), STR("nobody"), STR("INC-1|t|bug/F%2F7"), STR("empty")};
    assert_int_equal(checkpoint(), STORE_NO_CHECKPOINT);
    const struct store_write writes[] = {
        WRITE("INC-1", "{\"v\":1}", 5000),
        {.key = STR("INC-1|t|bug/F%2F7"), .value = STR("a\0b\r\n"), .wake_at = 4000},
        WRITE("empty", "", TIME_NONE),
    };
    bool did;
    ms_t wake_at;
    assert_int_equal(apply_to(0, -1, 7, writes, 3, false, &did, &wake_at), OK);
    assert_true(did);
    assert_int_equal(wake_at, 4000);
    struct store_load l = loaded(0, keys, 4);
    assert_int_equal(l.checkpoint, 7);
    assert_int_equal(l.checkpoint_at, 70);
    is(l.values[0], "{\"v\":1}");
    assert_null(l.values[1].p);
    assert_true(str_eq(l.values[2], STR("a\0b\r\n")));
    assert_true(l.values[3].p && l.values[3].n == 0);
    assert_int_equal(run("HLEN epi%%7Bx%%7D:g:{0}:state"), 4);
    assert_int_equal(loaded(1, keys, 4).checkpoint, STORE_NO_CHECKPOINT);
}

static void test_fence(void **state)
{
    (void)state;
    struct str key = STR("k");
    assert_true(applied(-1, 10, &WRITE("k", "one", 1), 1));
    assert_false(applied(-1, 11, &WRITE("k", "two", 2), 1));
    assert_false(applied(9, 11, &WRITE("k", "two", 2), 1));
    is(loaded(0, &key, 1).values[0], "one");
    assert_true(applied(10, 20, &WRITE("k", "two", 2), 1));
    is(loaded(0, &key, 1).values[0], "two");
    /* The same call again, as after a lost answer: it is done already, whatever it writes. */
    assert_true(applied(10, 20, &WRITE("k", "never", 3), 1));
    is(loaded(0, &key, 1).values[0], "two");
    /* Nothing to write but the checkpoint; and the same checkpoint once more. */
    assert_true(applied(20, 30, NULL, 0));
    assert_true(applied(30, 30, &WRITE("k", "three", 3), 1));
    is(loaded(0, &key, 1).values[0], "three");
    assert_int_equal(checkpoint(), 30);
}

static void test_delete_and_wake(void **state)
{
    (void)state;
    struct str keys[] = {STR("a"), STR("b"), STR("c"), STR("d")};
    const struct store_write first[] = {WRITE("a", "1", 100), WRITE("b", "1", 300),
                                        WRITE("c", "1", 200), WRITE("d", "1", TIME_NONE)};
    assert_true(applied(-1, 1, first, 4));
    is(due_until(250, 10), "a@100 c@200");
    is(due_until(INT64_C(200000000000000), 2), "a@100 c@200");
    is(due_until(99, 10), "");
    /* A key that stands twice: the last write counts, in whatever way. */
    const struct store_write second[] = {
        WRITE("a", NULL, TIME_NONE), WRITE("b", "2", TIME_NONE), WRITE("c", NULL, TIME_NONE),
        WRITE("c", "2", 50),         WRITE("d", "2", 400),       WRITE("d", NULL, TIME_NONE),
    };
    bool did;
    ms_t wake_at;
    assert_int_equal(apply_to(0, 1, 2, second, 6, false, &did, &wake_at), OK);
    assert_int_equal(wake_at, 50);
    is(due_until(1000, 10), "c@50");
    struct store_load l = loaded(0, keys, 4);
    is(l.values[0], NULL);
    is(l.values[1], "2");
    is(l.values[2], "2");
    is(l.values[3], NULL);
    is(listed(NULL, NULL, 10), "b c");
    const struct store_write known = {
        .key = STR("b"), .value = STR("3"), .wake_at = 60, .stored = true};
    assert_true(applied(2, 3, &known, 1));
    is(due_until(1000, 10), "c@50 b@60");
    assert_int_equal(checkpoint(), 3);
    assert_int_equal(
        apply_to(0, 3, 4,
                 (struct store_write[]){WRITE("b", NULL, TIME_NONE), WRITE("c", NULL, TIME_NONE)},
                 2, false, &did, &wake_at),
        OK);
    assert_true(wake_at == TIME_NONE);
    assert_int_equal(checkpoint(), 4);
}

static void test_clear(void **state)
{
    (void)state;
    struct str keys[] = {STR("old"), STR("new")};
    bool did;
    assert_true(applied(-1, 100, &WRITE("old", "1", 1), 1));
    assert_int_equal(apply_to(0, 99, 50, &WRITE("new", "1", 2), 1, true, &did, NULL), OK);
    assert_false(did);
    is(loaded(0, keys, 2).values[0], "1");
    assert_int_equal(apply_to(0, 100, 50, &WRITE("new", "1", 2), 1, true, &did, NULL), OK);
    assert_true(did);
    struct store_load l = loaded(0, keys, 2);
    is(l.values[0], NULL);
    is(l.values[1], "1");
    assert_int_equal(l.checkpoint, 50);
    is(due_until(10, 10), "new@2");
    is(listed(NULL, NULL, 10), "new");
}

static void test_entries(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "INC-1",     "INC-1 b",   "INC-1 b|t|bug", "INC-1%7C",  "INC-1|c",    "INC-1|f|F %25",
        "INC-1|t|x", "INC-1|zü|", "INC-1}",        "INC-1}|t|", "INC-1~",     "INC-10",
        "INC-10|c",  "[x",        "(x|t|y",        "-",         "$position/0"};
    struct store_write writes[sizeof keys / sizeof *keys];
    size_t n = sizeof keys / sizeof *keys;
    for (size_t i = 0; i < n; i++) writes[i] = WRITE(keys[i], "v", TIME_NONE);
    assert_true(applied(-1, 1, writes, n));
    is(listed("INC-1", NULL, 100), "INC-1 INC-1|c INC-1|f|F %25 INC-1|t|x INC-1|zü|");
    is(listed("INC-1", NULL, 2), "INC-1 INC-1|c");
    is(listed("INC-1", NULL, 1), "INC-1");
    is(listed("INC-1", "INC-1", 2), "INC-1|c INC-1|f|F %25");
    is(listed("INC-1", "INC-1 b", 1), "INC-1|c");
    is(listed("INC-1", "INC-1|c", 100), "INC-1|f|F %25 INC-1|t|x INC-1|zü|");
    is(listed("INC-1", "INC-1|zü|", 100), "");
    is(listed("INC-1", "A", 1), "INC-1");
    is(listed("INC-1 b", NULL, 100), "INC-1 b INC-1 b|t|bug");
    is(listed("(x", NULL, 100), "(x|t|y");
    is(listed("-", NULL, 100), "-");
    is(listed("none", NULL, 100), "");
    is(listed(NULL, NULL, 3), "$position/0 (x|t|y -");
    is(listed(NULL, "-", 2), "INC-1 INC-1 b");
    is(listed(NULL, "INC-1~", 100), "[x");
}

static void test_several_shards(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    assert_true(applied(-1, 1, NULL, 0));
    struct store_write w = WRITE("k", "v", 7), other = WRITE("k", "v", 9);
    struct store_apply all[] = {
        {.shard = 0, .expected = 1, .checkpoint = 2, .writes = &w, .n = 1},
        {.shard = 2, .expected = 8, .checkpoint = 9, .writes = &w, .n = 1},
        {.shard = 1, .expected = -1, .checkpoint = 5, .writes = &other, .n = 1},
    };
    assert_int_equal(redis_apply_now(all, 3, &error), OK);
    assert_true(all[0].applied && !all[1].applied && all[2].applied);
    assert_int_equal(all[0].wake_at, 7);
    assert_int_equal(all[1].wake_at, TIME_NONE);
    assert_int_equal(all[2].wake_at, 9);
    assert_int_equal(loaded(1, &w.key, 1).checkpoint, 5);
    assert_int_equal(loaded(2, &w.key, 1).checkpoint, STORE_NO_CHECKPOINT);
    assert_true(applied(2, 3, NULL, 0));
}

/* Another client, which writes between WATCH and EXEC: it sees that the transaction is open. */
struct meddler {
    const char *checkpoint; /* that it writes */
    bool did;
};

static void *meddle(void *arg)
{
    struct meddler *m = arg;
    redisContext *c = redisConnectUnix(url + 5);
    for (int i = 0; i < 100000 && !m->did; i++) {
        redisReply *clients = redisCommand(c, "CLIENT LIST");
        m->did = strstr(clients->str, " multi=0 ") || strstr(clients->str, " multi=1 ");
        freeReplyObject(clients);
    }
    freeReplyObject(redisCommand(c, "HSET epi%%7Bx%%7D:g:{0}:state $checkpoint %s", m->checkpoint));
    redisFree(c);
    return NULL;
}

/* 40 MB, which takes the server many turns to read. */
static bool applied_with(struct meddler *meddler, struct store_load *after)
{
    enum { N = 4000, BYTES = 10000 };
    static struct store_write writes[N];
    static char value[BYTES];
    memset(value, 'v', sizeof value);
    for (int i = 0; i < N; i++)
        writes[i] = (struct store_write){.key = arena_printf(arena, "INC-%d", i),
                                         .value = {value, sizeof value},
                                         .wake_at = TIME_NONE};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, meddle, meddler), 0);
    bool did = applied(1, 2, writes, N);
    pthread_join(thread, NULL);
    assert_true(meddler->did);
    *after = loaded(0, &writes[0].key, 1);
    return did;
}

static void test_touched_in_the_middle(void **state)
{
    (void)state;
    struct store_load after;
    assert_true(applied(-1, 1, NULL, 0));
    /* The checkpoint moves: nothing is written. */
    struct meddler moves = {.checkpoint = "9 90 0"};
    assert_false(applied_with(&moves, &after));
    assert_int_equal(after.checkpoint, 9);
    assert_null(after.values[0].p);
    /* It does not: all of it is written at the second try. */
    run("HSET epi%%7Bx%%7D:g:{0}:state $checkpoint %s", "1 10 0");
    struct meddler stays = {.checkpoint = "1 10 0"};
    assert_true(applied_with(&stays, &after));
    assert_int_equal(after.checkpoint, 2);
    assert_non_null(after.values[0].p);
}

static void test_lost_keys(void **state)
{
    (void)state;
    static const char *const lost[] = {"state", "index", "wake"};
    run("FLUSHALL");
    for (size_t i = 0; i < 3; i++) {
        assert_true(applied(-1, 10, &WRITE("k", "v", 1), 1));
        assert_int_equal(run("DEL epi%%7Bx%%7D:g:{0}:%s", lost[i]), 1);
        assert_int_equal(checkpoint(), STORE_NO_CHECKPOINT);
        assert_false(applied(10, 20, &WRITE("k", "v2", 1), 1));
        bool did;
        assert_int_equal(apply_to(0, -1, 5, &WRITE("k", "v3", 1), 1, true, &did, NULL), OK);
        assert_true(did);
        assert_int_equal(checkpoint(), 5);
        run("FLUSHALL");
        assert_int_equal(checkpoint(), STORE_NO_CHECKPOINT);
        assert_false(applied(5, 6, NULL, 0));
    }
}

static void test_wrong_type(void **state)
{
    (void)state;
    static const char *const keys[] = {"state", "index", "wake"};
    for (size_t i = 0; i < 3; i++) {
        bool did;
        struct error error = {.text = ""};
        run("FLUSHALL");
        run("SET epi%%7Bx%%7D:g:{0}:%s theirs", keys[i]);
        for (int clear = 0; clear < 2; clear++)
            assert_int_equal(apply_to(0, -1, 1, &WRITE("k", "v", 1), 1, clear, &did, NULL), FATAL);
        struct store_load l = {.shard = 0};
        assert_int_equal(port->load(port->self, arena, &l, 1, &error), FATAL);
        assert_non_null(strstr(error.text, "redis.key.prefix"));
        assert_int_equal(run("DBSIZE"), 1);
    }
}

static void test_large_batch(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct store_write *writes = calloc(N, sizeof *writes);
    struct str *keys = calloc(N, sizeof *keys);
    for (int i = 0; i < N; i++) {
        keys[i] = arena_printf(arena, "INC-%d|t|bug", i);
        writes[i] = (struct store_write){.key = keys[i],
                                         .value = arena_printf(arena, "value %d", i),
                                         .wake_at = i % 3 ? i : TIME_NONE};
    }
    assert_true(applied(-1, 1, writes, N));
    struct store_load l = loaded(0, keys, N);
    assert_int_equal(l.checkpoint, 1);
    for (int i = 0; i < N; i++) is(l.values[i], writes[i].value.p);
    for (int i = 0; i < N; i++) writes[i].value = STR_NONE;
    assert_true(applied(1, 2, writes, N - 1));
    assert_int_equal(checkpoint(), 2);
    is(listed(NULL, NULL, 10), "INC-19999|t|bug");
    /* Exactly at the edges of the pieces that a load is asked in. */
    for (size_t n = 4998; n <= 5001; n++) assert_int_equal(loaded(0, keys, n).checkpoint, 2);
    for (size_t n = 9998; n <= 10001; n++)
        is(loaded(0, keys + N - n, n).values[n - 1], "value 19999");
    free(writes);
    free(keys);
}

/* An apply of four transactions: all of it, or the old checkpoint, as after a crash between two of them. */
static void test_apply_in_pieces(void **state)
{
    (void)state;
    enum { N = 60000 };
    struct store_write *writes = calloc(N, sizeof *writes);
    struct error error = {.text = ""};
    for (int i = 0; i < N; i++)
        writes[i] = (struct store_write){.key = arena_printf(arena, "INC-%d", i),
                                         .value = arena_printf(arena, "value %d", i),
                                         .wake_at = i % 2 ? 1000 + i : TIME_NONE};
    assert_true(applied(-1, 1, &WRITE("before", "1", 7), 1));
    run("CONFIG SET maxmemory %lld", used_memory() + 6000000);
    struct store_apply a = {
        .shard = 0, .expected = 1, .checkpoint = 2, .stamp = 99, .writes = writes, .n = N};
    assert_int_not_equal(redis_apply_now(&a, 1, &error), OK);
    run("CONFIG SET maxmemory 0");
    struct str keys[] = {STR("INC-0"), STR("INC-59999"), STR("before")};
    struct store_load l = loaded(0, keys, 3);
    is(l.values[0], NULL); /* sets go from the last to the first */
    is(l.values[1], "value 59999");
    is(l.values[2], "1");
    assert_int_equal(l.checkpoint, 1);
    assert_int_equal(l.checkpoint_at, 10);

    assert_true(applied(1, 2, writes, N));
    assert_true(applied(1, 2, writes, N)); /* the answer was lost, the same again */
    l = loaded(0, keys, 3);
    is(l.values[0], "value 0");
    assert_int_equal(l.checkpoint, 2);
    assert_int_equal(l.checkpoint_at, 20);
    is(due_until(1001, 10), "before@7 INC-1@1001");
    free(writes);
    writes = NULL;
}

/* The first apply of an empty shard can be a large one as well. */
static void test_clear_in_pieces(void **state)
{
    (void)state;
    enum { N = 40000 };
    struct store_write *writes = calloc(N, sizeof *writes);
    for (int i = 0; i < N; i++)
        writes[i] = WRITE(arena_printf(arena, "INC-%d", i).p, "1", TIME_NONE);
    bool did;
    assert_true(applied(-1, 5, writes, N));
    assert_int_equal(apply_to(0, 5, 3, writes + 1, N - 1, true, &did, NULL), OK);
    assert_true(did);
    struct str keys[] = {STR("INC-0"), STR("INC-1")};
    struct store_load l = loaded(0, keys, 2);
    is(l.values[0], NULL);
    is(l.values[1], "1");
    assert_int_equal(l.checkpoint, 3);
    free(writes);
}

static void test_counts_and_cluster(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    const struct store_write writes[] = {
        WRITE("$position/0", "p", TIME_NONE), WRITE("INC-1", "1", 500),
        WRITE("INC-1|t|bug", "1", 400),       WRITE("%strange", "1", TIME_NONE),
        WRITE("$to/team:a", "1", TIME_NONE),  WRITE("$to/team:a|i|1", "1", TIME_NONE)};
    struct store_apply a = {.shard = 0,
                            .expected = -1,
                            .checkpoint = 8,
                            .stamp = 1234,
                            .cluster = STR("Some_cluster-id"),
                            .writes = writes,
                            .n = 6};
    assert_int_equal(redis_apply_now(&a, 1, &error), OK);
    struct store_load loads[] = {{.shard = 0, .counted = true}, {.shard = 1, .counted = true}};
    assert_int_equal(port->load(port->self, arena, loads, 2, &error), OK);
    assert_int_equal(loads[0].entries, 5); /* all but $position */
    assert_int_equal(loads[0].wake_at, 400);
    assert_int_equal(loads[0].checkpoint_at, 1234);
    is(loads[0].cluster, "Some_cluster-id");
    assert_int_equal(loads[1].checkpoint, STORE_NO_CHECKPOINT);
    assert_int_equal(loads[1].entries, 0);
    assert_int_equal(loads[1].wake_at, TIME_NONE);
    assert_null(loads[1].cluster.p);
    /* The same checkpoint, with a new stamp. */
    a = (struct store_apply){.shard = 0, .expected = 8, .checkpoint = 8, .stamp = 2345};
    assert_int_equal(redis_apply_now(&a, 1, &error), OK);
    assert_true(a.applied);
    struct store_load l = loaded(0, NULL, 0);
    assert_int_equal(l.checkpoint_at, 2345);
    assert_null(l.cluster.p);
    /* As an earlier version wrote it. */
    run("HSET epi%%7Bx%%7D:g:{0}:state $checkpoint %s", "9 3456 2");
    l = loaded(0, NULL, 0);
    assert_int_equal(l.checkpoint, 9);
    assert_null(l.cluster.p);
    assert_true(applied(9, 10, NULL, 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, redis_begin, redis_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip),
        TEST(test_fence),
        TEST(test_delete_and_wake),
        TEST(test_clear),
        TEST(test_entries),
        TEST(test_several_shards),
        TEST(test_touched_in_the_middle),
        TEST(test_lost_keys),
        TEST(test_wrong_type),
        TEST(test_large_batch),
        TEST(test_apply_in_pieces),
        TEST(test_clear_in_pieces),
        TEST(test_counts_and_cluster),
    };
    return cmocka_run_group_tests(tests, redis_start, redis_stop);
}
