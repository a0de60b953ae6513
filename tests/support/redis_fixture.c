/* SPDX-License-Identifier: Apache-2.0 */
/* The server is a child of the test, killed by the kernel when that ends, however it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "redis_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

static char folder[] = "/tmp/epilogue-redis-XXXXXX";
static pid_t server;

char url[100];
redisContext *admin;
struct config config;
struct store_port *port;
struct arena *arena;

void pause_ms(int ms)
{
    clock_sleep(ms);
}

void start_server(void)
{
    server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(folder)) _exit(127);
        int log = open("redis.log", O_CREAT | O_APPEND | O_WRONLY, 0600);
        dup2(log, 1);
        dup2(log, 2);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", "s", "--save", "",
               (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500; i++) {
        admin = redisConnectUnix(url + 5);
        redisReply *pong = admin->err ? NULL : redisCommand(admin, "PING");
        bool up = pong && pong->type == REDIS_REPLY_STATUS;
        freeReplyObject(pong);
        if (up) return;
        redisFree(admin);
        pause_ms(10);
    }
    fail_msg("redis-server did not start; is it installed?");
}

void kill_server(void)
{
    redisFree(admin);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

long long run(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(admin, format, args);
    va_end(args);
    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_ERROR) fail_msg("%s: %s", format, reply->str);
    long long value =
        reply->type == REDIS_REPLY_ARRAY ? (long long)reply->elements : reply->integer;
    freeReplyObject(reply);
    return value;
}

int redis_start(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(url, sizeof url, "unix:%s/s", folder);
    start_server();
    return 0;
}

int redis_stop(void **state)
{
    (void)state;
    char command[100];
    kill_server();
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int redis_begin(void **state)
{
    (void)state;
    struct error error;
    run("FLUSHALL");
    config = (struct config){.redis_url = url, .redis_key_prefix = "epi{x}", .group_id = "g"};
    arena = arena_new();
    port = redis_port_new(&config, &error);
    return port ? 0 : -1;
}

int redis_end(void **state)
{
    (void)state;
    redis_port_free(port);
    arena_free(arena);
    return 0;
}

enum result redis_apply_now(struct store_apply *applies, size_t n, struct error *error)
{
    enum result result;
    port->apply_start(port->self, applies, n);
    while (!port->apply_take(port->self, 1000, &result, error))
        ;
    return result;
}

enum result apply_to(int32_t shard, int64_t expected, int64_t checkpoint,
                     const struct store_write *writes, size_t n, bool clear, bool *applied,
                     ms_t *wake_at)
{
    struct error error = {.text = ""};
    struct store_apply a = {.shard = shard,
                            .expected = expected,
                            .checkpoint = checkpoint,
                            .stamp = checkpoint * 10,
                            .clear = clear,
                            .writes = writes,
                            .n = n};
    enum result result = redis_apply_now(&a, 1, &error);
    *applied = result == OK && a.applied;
    if (wake_at) *wake_at = a.wake_at;
    if (result) print_message("    %s\n", error.text);
    return result;
}

bool applied(int64_t expected, int64_t checkpoint, const struct store_write *writes, size_t n)
{
    bool did;
    assert_int_equal(apply_to(0, expected, checkpoint, writes, n, false, &did, NULL), OK);
    return did;
}

struct store_load loaded(int32_t shard, const struct str *keys, size_t n)
{
    struct error error = {.text = ""};
    struct store_load l = {.shard = shard, .keys = keys, .n = n};
    enum result result = port->load(port->self, arena, &l, 1, &error);
    if (result) fail_msg("%s", error.text);
    return l;
}

int64_t checkpoint(void)
{
    return loaded(0, NULL, 0).checkpoint;
}
