/* SPDX-License-Identifier: Apache-2.0 */
/* A redis-server for a unit test, on a Unix socket in a temporary folder, and a connection of its
 * own to it. It dies with the test. Include it after cmocka.h. */
#ifndef EPILOGUE_TESTS_REDIS_SUPPORT_H
#define EPILOGUE_TESTS_REDIS_SUPPORT_H

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/epilogue-redis-XXXXXX";
static char url[100];
static pid_t server;
static redisContext *admin;

static void pause_ms(int ms)
{
    usleep((useconds_t)ms * 1000);
}

static void start_server(void)
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

static void kill_server(void)
{
    redisFree(admin);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

/* A command that has to work; its answer as an integer (of an array: its size; else 0). */
__attribute__((format(printf, 1, 2))) static long long run(const char *format, ...)
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

#endif
