/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the store port may work on a Redis, and what it says where it may not: the login, the rights
 * of its user, the settings, and a server that takes no write. On a real Redis of the test's own.
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
#include "redis/redis_scripts.h"
#include "support/redis_fixture.h"

static void log_in_as(const char *user, const char *password)
{
    struct error error;
    redis_port_free(port);
    config.redis_username = user;
    config.redis_password = password;
    port = redis_port_new(&config, &error);
    assert_non_null(port);
}

static void test_login(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    struct store_load l = {.shard = 0};
    run("CONFIG SET requirepass se:cret");
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), FATAL);
    assert_non_null(strstr(error.text, "redis.password"));
    config.redis_password = "wrong";
    pause_ms(210);
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), FATAL);
    config.redis_password = "se:cret";
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), FATAL); /* still pausing */
    pause_ms(210);
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), OK);
    run("AUTH se:cret");
    run("CONFIG SET requirepass %s", "");
    run("ACL SETUSER epi on >pw +@all ~*");
    log_in_as("epi", "pw");
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), OK);
    run("ACL DELUSER epi");
}

/* What a check said, by finding, and the last thing that was wrong. */
struct said {
    int counts[3];
    char wrong[500];
};

static void note_finding(void *context, enum verdict verdict, const char *what)
{
    struct said *said = context;
    said->counts[verdict]++;
    if (verdict == VERDICT_WRONG) snprintf(said->wrong, sizeof said->wrong, "%s", what);
}

static struct said checked(enum result expected)
{
    struct error error = {.text = ""};
    struct said said = {{0}, ""};
    assert_int_equal(redis_port_check(port, note_finding, &said, &error), expected);
    if (expected == FATAL && said.counts[VERDICT_WRONG] == 1)
        assert_string_equal(error.text, said.wrong);
    assert_int_equal(run("DBSIZE"), 0);
    return said;
}

static void test_check(void **state)
{
    (void)state;
    struct said said = checked(OK);
    assert_int_equal(said.counts[VERDICT_OK], 5);
    assert_int_equal(said.counts[VERDICT_NOTE] + said.counts[VERDICT_WRONG], 0);
    run("CONFIG SET maxmemory-policy allkeys-lru");
    said = checked(FATAL);
    assert_non_null(strstr(said.wrong, "noeviction"));
    assert_int_equal(said.counts[VERDICT_OK], 4); /* what comes behind it was looked at, too */
    run("CONFIG SET maxmemory-policy noeviction");
}

/* As docs/operations.md has it: nothing is missing, and nothing is too much. */
static const char *const rights[] = {
    "hget",   "hmget", "hlen",   "hset",          "hdel",        "zadd",
    "zcard",  "zrem",  "zrange", "zrangebyscore", "zrangebylex", "zlexcount",
    "unlink", "eval",  "watch",  "multi",         "exec"};
#define RIGHTS (sizeof rights / sizeof *rights)
#define SHARD_0 "epi%7Bx%7D:g:{0}"
#define KEYS "~epi%%7Bx%%7D:g:*"

static void give_rights_but(const char *without)
{
    char command[1000] = "ACL SETUSER epi reset on >pw " KEYS;
    for (size_t i = 0; i < RIGHTS; i++)
        if (!without || strcmp(rights[i], without) != 0)
            snprintf(command + strlen(command), 30, " +%s", rights[i]);
    run(command);
}

static void test_check_without_a_right(void **state)
{
    (void)state;
    give_rights_but(NULL);
    log_in_as("epi", "pw");
    struct said said = checked(OK);
    assert_int_equal(said.counts[VERDICT_NOTE], 2); /* version and maxmemory-policy, without INFO */
    for (size_t i = 0; i < RIGHTS; i++) {
        char grant[60];
        give_rights_but(rights[i]);
        log_in_as("epi", "pw");
        said = checked(FATAL);
        snprintf(grant, sizeof grant, "ACL SETUSER epi +%s", rights[i]);
        if (said.counts[VERDICT_WRONG] != 1 || !strstr(said.wrong, grant))
            fail_msg("%d: %s, for %s", said.counts[VERDICT_WRONG], said.wrong, grant);
    }
    run("ACL DELUSER epi");
}

static void test_check_of_keys(void **state)
{
    (void)state;
    run("ACL SETUSER epi reset on >pw +@all ~other:*");
    log_in_as("epi", "pw");
    struct said said = checked(FATAL);
    assert_int_equal(said.counts[VERDICT_WRONG], 1);
    assert_non_null(strstr(said.wrong, "ACL SETUSER epi ~epi%7Bx%7D:g:*"));
    run("ACL DELUSER epi");
}

/* A running worker meets what was taken from its user meanwhile, by itself or in its script. */
static void test_denied_in_the_middle(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    struct store_apply a = {.shard = 0, .expected = -1, .checkpoint = 1};
    struct store_load l = {.shard = 0};
    run("ACL SETUSER epi reset on >pw +@all ~*");
    log_in_as("epi", "pw");
    run("ACL SETUSER epi -hmget");
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), FATAL);
    assert_non_null(strstr(error.text, "ACL SETUSER <user> +hmget"));
    log_in_as("epi", "pw");
    run("ACL SETUSER epi +hmget");
    assert_int_equal(port->load(port->self, arena, &l, 1, &error), OK);
    run("ACL SETUSER epi -hset");
    assert_int_equal(redis_apply_now(&a, 1, &error), FATAL);
    assert_non_null(strstr(error.text, "`epilogue check` says which"));
    run("ACL SETUSER epi +hset");
    /* Whatever is denied of a transaction, nothing of it is done. */
    static const char *const some[] = {"watch", "multi", "hset", "zadd", "zrem", "hdel", "exec"};
    const struct store_write writes[] = {WRITE("k", "v", 1), WRITE("l", "v", TIME_NONE),
                                         WRITE("m", NULL, TIME_NONE)};
    a = (struct store_apply){.shard = 0, .expected = -1, .checkpoint = 1, .writes = writes, .n = 3};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        char grant[60];
        snprintf(grant, sizeof grant, "ACL SETUSER <user> +%s", some[i]);
        log_in_as("epi", "pw");
        run("ACL SETUSER epi -%s", some[i]);
        assert_int_equal(redis_apply_now(&a, 1, &error), FATAL);
        if (!strstr(error.text, grant)) fail_msg("%s, for %s", error.text, grant);
        assert_int_equal(run("DBSIZE"), 0);
        run("ACL SETUSER epi +%s", some[i]);
    }
    assert_int_equal(redis_apply_now(&a, 1, &error), OK);
    assert_true(a.applied);
    run("ACL DELUSER epi");
}

/* Redis skips a command of a transaction whose right was taken since it was queued: then the
 * checkpoint must not move. */
static void test_denied_between_queue_and_exec(void **state)
{
    (void)state;
    static const char *const some[] = {"hset", "hdel", "zadd", "zrem"};
    assert_true(applied(-1, 1, &WRITE("k", "v", 1), 1));
    for (size_t i = 0; i <= sizeof some / sizeof *some; i++) {
        const char *right = i < sizeof some / sizeof *some ? some[i] : NULL;
        if (right) run("ACL SETUSER default -%s", right);
        redisReply *reply = redisCommand(admin, "EVAL %s 3 %s:state %s:index %s:wake 2 20 x",
                                         redis_scripts_checkpoint, SHARD_0, SHARD_0, SHARD_0);
        assert_int_equal(reply->type, right ? REDIS_REPLY_ERROR : REDIS_REPLY_STRING);
        freeReplyObject(reply);
        if (right) run("ACL SETUSER default +%s", right);
        assert_int_equal(checkpoint(), right ? 1 : 2);
    }
}

/* Not ready, and the sentence says so; the port may have to wait before it connects again. */
static void is_not_ready(const char *why)
{
    struct error error = {.text = ""};
    pause_ms(210);
    assert_int_equal(port->ready(port->self, &error), RETRY);
    if (!strstr(error.text, why)) fail_msg("%s does not say \"%s\"", error.text, why);
}

static void is_ready(void)
{
    struct error error = {.text = ""};
    pause_ms(210);
    if (port->ready(port->self, &error) != OK) fail_msg("%s", error.text);
}

/* What a server can say instead of taking a write. */
static void test_ready(void **state)
{
    (void)state;
    static const struct {
        const char *begin, *end, *why;
    } conditions[] = {
        {"REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "is a replica, of 127.0.0.1:1"},
        {"CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "no memory left"},
        {"CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0",
         "fewer replicas"},
    };
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        is_ready();
        freeReplyObject(redisCommand(admin, conditions[i].begin));
        is_not_ready(conditions[i].why);
        is_not_ready(conditions[i].why);
        freeReplyObject(redisCommand(admin, conditions[i].end));
        is_ready();
    }
    assert_int_equal(run("DBSIZE"), 0);
}

/* It takes writes, and loses them at the next synchronization. */
static void test_a_writable_replica_is_not_ready(void **state)
{
    (void)state;
    run("CONFIG SET replica-read-only no");
    run("REPLICAOF 127.0.0.1 1");
    is_not_ready("is a replica");
    run("REPLICAOF NO ONE");
    run("CONFIG SET replica-read-only yes");
    is_ready();
}

static void test_ready_while_a_script_runs(void **state)
{
    (void)state;
    run("CONFIG SET lua-time-limit 50");
    is_ready();
    redisContext *other = redisConnectUnix(url + 5);
    int done = 0;
    redisAppendCommand(other, "EVAL %s 0", "while true do end");
    redisBufferWrite(other, &done);
    pause_ms(200);
    is_not_ready("a script of another client");
    run("SCRIPT KILL");
    redisFree(other);
    is_ready();
}

/* Without the right to ask for the role, the write tells. */
static void test_ready_without_info(void **state)
{
    (void)state;
    log_in_as("epi", "pw");
    run("ACL SETUSER epi on >pw +@all -info ~*");
    is_ready();
    run("REPLICAOF 127.0.0.1 1");
    is_not_ready("replica now");
    run("REPLICAOF NO ONE");
    is_ready();
    run("ACL DELUSER epi");
}

static void test_tls_refused(void **state)
{
    (void)state;
    struct error error = {.text = ""};
    struct config tls = config;
    tls.redis_url = "rediss://localhost";
    struct store_port *refused = redis_port_new(&tls, &error);
#if HIREDIS_MAJOR < 1
    assert_null(refused);
    assert_non_null(strstr(error.text, "stunnel"));
#endif
    redis_port_free(refused);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, redis_begin, redis_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_login),
        TEST(test_check),
        TEST(test_tls_refused),
        TEST(test_check_without_a_right),
        TEST(test_check_of_keys),
        TEST(test_denied_in_the_middle),
        TEST(test_denied_between_queue_and_exec),
        TEST(test_ready),
        TEST(test_a_writable_replica_is_not_ready),
        TEST(test_ready_while_a_script_runs),
        TEST(test_ready_without_info),
    };
    return cmocka_run_group_tests(tests, redis_start, redis_stop);
}
