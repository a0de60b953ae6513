/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection: it is opened and logged in before the first command, and again after any
 * failure. Commands are written to a buffer and sent piece by piece, in which the server makes a
 * start with them; every answer is read before the next batch.
 */
#include "redis_connection.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "redis_reply.h"
#include "redis_tls.h"
#include "redis_url.h"

#define CONNECT_TIMEOUT_MS 2000
#define COMMAND_TIMEOUT_MS 5000 /* the longest wait for the next byte of an answer */
#define CONNECT_PAUSE_MS 200    /* between two tries to connect */
#define SCRATCH_KEEP_BYTES ((size_t)1024 * 1024)
#define PIECE_BYTES ((size_t)128 * 1024) /* of commands: what is sent at once */
#define OUT_KEEP_BYTES ((size_t)1024 * 1024)

struct redis_connection {
    const struct config *config;
    struct redis_url url;
    redisContext *context; /* NULL: not connected */
    bool was_proven;       /* at any time */
    bool is_new;           /* since it was proven last */
    unsigned times;        /* that it was made */
    int64_t next_try_ms;   /* monotonic: no try to connect before */
    struct error last;     /* why there is none, for calls before the next try */
    enum result last_result;
    struct buf out;        /* what is not sent yet */
    int send_errno;        /* why no more can be sent */
    bool is_broken;        /* for that reason; the exchange will say so */
    size_t commands;       /* without an answer yet */
    size_t owed;           /* arguments that the last one still has to get */
    struct arena *scratch; /* answers to this file's own commands */
};

struct redis_connection *redis_connection_new(const struct config *config, struct error *error)
{
    struct redis_url url;
    if (redis_url_parse(config->redis_url, &url, error)) return NULL;
    if (url.tls && redis_tls_supported(error)) {
        redis_url_free(&url);
        return NULL;
    }
    struct redis_connection *c = calloc(1, sizeof *c);
    if (!c) abort();
    c->config = config;
    c->url = url;
    c->scratch = arena_new();
    /* hiredis writes with plain write(): a server that went away must be an error, not a signal
     * that ends the process. */
    signal(SIGPIPE, SIG_IGN);
    return c;
}

static void drop(struct redis_connection *c)
{
    if (c->context) redisFree(c->context);
    c->context = NULL;
    c->commands = c->owed = 0;
    c->out.n = 0;
    c->is_broken = false;
}

void redis_connection_free(struct redis_connection *c)
{
    if (!c) return;
    drop(c);
    redis_url_free(&c->url);
    buf_free(&c->out);
    arena_free(c->scratch);
    free(c);
}

const char *redis_connection_name(const struct redis_connection *c)
{
    return c->url.display;
}

const char *redis_connection_user(const struct redis_connection *c)
{
    const char *user = c->config->redis_username ? c->config->redis_username : c->url.username;
    return user ? user : "default";
}

/* hiredis would first copy all that it is to send. What it encrypts is left to it. */
static bool send_plain(struct redis_connection *c)
{
    for (size_t sent = 0; sent < c->out.n;) {
        ssize_t n = send(c->context->fd, c->out.p + sent, c->out.n - sent, MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
        } else if (errno != EINTR) {
            c->context->err = REDIS_ERR_IO;
            snprintf(c->context->errstr, sizeof c->context->errstr, "%s", strerror(errno));
            return false;
        }
    }
    return true;
}

static bool send_encrypted(struct redis_connection *c)
{
    int done = redisAppendFormattedCommand(c->context, c->out.p, c->out.n) == REDIS_OK ? 0 : -1;
    while (!done && redisBufferWrite(c->context, &done) == REDIS_OK) continue;
    return done > 0;
}

/* What was written so far. The server keeps its answers until they are read. */
static void send_out(struct redis_connection *c)
{
    errno = 0;
    if (!c->is_broken) {
        c->is_broken = !(c->url.tls ? send_encrypted(c) : send_plain(c));
        c->send_errno = errno;
    }
    c->out.n = 0;
}

static void head(struct redis_connection *c, char kind, size_t n)
{
    buf_room(&c->out, 32);
    buf_char(&c->out, kind);
    buf_int(&c->out, (int64_t)n);
    buf_lit(&c->out, "\r\n");
}

void redis_connection_command(struct redis_connection *c, size_t argc)
{
    assert(!c->owed && argc);
    c->commands++;
    c->owed = argc;
    head(c, '*', argc);
}

void redis_connection_arg(struct redis_connection *c, struct str arg)
{
    assert(c->owed);
    c->owed--;
    head(c, '$', arg.n);
    buf_str(&c->out, arg);
    buf_lit(&c->out, "\r\n");
    if (c->out.n >= PIECE_BYTES) send_out(c);
}

void redis_connection_arg_int(struct redis_connection *c, int64_t value)
{
    char digits[24];
    struct buf text = {digits, 0, sizeof digits}; /* never grows: 20 bytes at most */
    buf_int(&text, value);
    redis_connection_arg(c, buf_slice(&text));
}

/* Forgets the connection; `why` is what calls get until the next try to connect. */
static void drop_because(struct redis_connection *c, enum result result, const char *why)
{
    drop(c);
    c->last_result = error_set(&c->last, result, "%s", why);
}

static enum result lost(struct redis_connection *c, int error_number, struct error *error)
{
    struct error text;
    const char *why = c->context->errstr;
    if (c->context->err == REDIS_ERR_IO && (error_number == EAGAIN || error_number == EINPROGRESS))
        why = "no answer in time";
    error_set(&text, RETRY, "the connection to Redis at %s broke: %s", c->url.display, why);
    drop_because(c, RETRY, text.text);
    return error_set(error, RETRY, "%s", text.text);
}

enum result redis_connection_exchange(struct redis_connection *c, struct arena *arena,
                                      redisReply ***replies, size_t *n, struct error *error)
{
    assert(!c->owed); /* or the server would take the next command for the rest of this one */
    *n = c->commands;
    *replies = arena_alloc(arena, (*n + 1) * sizeof **replies);
    send_out(c);
    if (c->is_broken) return lost(c, c->send_errno, error);
    c->commands = 0;
    if (c->out.cap > OUT_KEEP_BYTES) buf_free(&c->out); /* one large value; do not keep it */
    redis_reply_into(c->context, arena);
    for (size_t i = 0; i < *n; i++) {
        void *reply = NULL;
        errno = 0;
        if (redisGetReply(c->context, &reply) != REDIS_OK || !reply) return lost(c, errno, error);
        (*replies)[i] = reply;
    }
    return OK;
}

enum result redis_connection_answer(struct redis_connection *c, const redisReply *reply, int type,
                                    struct error *error)
{
    if (reply->type == type) return OK;
    if (reply->type != REDIS_REPLY_ERROR)
        return error_set(error, FATAL,
                         "Redis at %s answered in a way that it never should (type "
                         "%d for %d): is it a Redis?",
                         c->url.display, reply->type, type);
    bool reconnect = false;
    struct error why;
    enum result result = redis_reply_class(reply->str, c->url.display, &reconnect, &why);
    if (reconnect) drop_because(c, result, why.text);
    return error_set(error, result, "%s", why.text);
}

/* One command of up to three words of this file's own; its answer is in *reply. */
static enum result ask(struct redis_connection *c, size_t n, const char *const *words, int type,
                       redisReply **reply, struct error *error)
{
    redisReply **replies;
    size_t replies_n;
    redis_connection_command(c, n);
    for (size_t i = 0; i < n; i++) redis_connection_arg(c, str_of(words[i]));
    enum result result = redis_connection_exchange(c, c->scratch, &replies, &replies_n, error);
    if (result) return result;
    *reply = replies[0];
    return redis_connection_answer(c, replies[0], type, error);
}

/* From a fresh connection to one that can be used: logged in, and its database chosen. */
static enum result log_in(struct redis_connection *c, struct error *error)
{
    const struct config *config = c->config;
    const char *user = config->redis_username ? config->redis_username : c->url.username;
    const char *password = config->redis_password ? config->redis_password : c->url.password;
    redisReply *reply;
    enum result result = OK;
    if (password && user)
        result =
            ask(c, 3, (const char *[]){"AUTH", user, password}, REDIS_REPLY_STATUS, &reply, error);
    else if (password)
        result = ask(c, 2, (const char *[]){"AUTH", password}, REDIS_REPLY_STATUS, &reply, error);
    if (result) return result;
    if (c->url.database) {
        char number[16];
        snprintf(number, sizeof number, "%d", c->url.database);
        result = ask(c, 2, (const char *[]){"SELECT", number}, REDIS_REPLY_STATUS, &reply, error);
        if (result) return result;
    }
    return OK;
}

static enum result open_context(struct redis_connection *c, struct error *error)
{
    const struct redis_url *at = &c->url;
    struct timeval connect = {CONNECT_TIMEOUT_MS / 1000, CONNECT_TIMEOUT_MS % 1000 * 1000};
    struct timeval command = {COMMAND_TIMEOUT_MS / 1000, COMMAND_TIMEOUT_MS % 1000 * 1000};
    c->context = at->path ? redisConnectUnixWithTimeout(at->path, connect)
                          : redisConnectWithTimeout(at->host, at->port, connect);
    if (!c->context) abort(); /* no memory */
    if (c->context->err)
        return error_set(error, RETRY, "Redis at %s cannot be reached: %s", c->url.display,
                         c->context->errstr);
    redisSetTimeout(c->context, command);
    if (!at->path) redisEnableKeepAlive(c->context);
    if (at->tls) return redis_tls_start(c->context, at->host, c->config, error);
    return OK;
}

static enum result connect_now(struct redis_connection *c, struct error *error)
{
    enum result result = open_context(c, error);
    if (result == OK) {
        arena_reset(c->scratch, SCRATCH_KEEP_BYTES);
        result = log_in(c, error);
    }
    if (result) drop(c);
    return result;
}

enum result redis_connection_ensure(struct redis_connection *c, struct error *error)
{
    if (c->context && c->commands) drop(c); /* never exchanged, and part of it may have been sent */
    if (c->context) return OK;
    int64_t now = clock_monotonic_ms();
    if (now >= c->next_try_ms || !c->last_result) {
        c->last_result = connect_now(c, &c->last);
        c->next_try_ms = clock_monotonic_ms() + CONNECT_PAUSE_MS;
        c->is_new = c->last_result == OK;
        c->times += c->last_result == OK;
    }
    if (c->last_result && error) *error = c->last;
    return c->last_result;
}

unsigned redis_connection_times(const struct redis_connection *c)
{
    return c->times;
}

/* Nothing is asked, so whatever there is to read is an end. */
static bool is_closed(const struct redis_connection *c)
{
    struct pollfd socket = {.fd = c->context->fd, .events = POLLIN};
    return poll(&socket, 1, 0) != 0;
}

void redis_connection_renew(struct redis_connection *c, bool anyway)
{
    if (c->context && (anyway || is_closed(c))) drop(c);
    c->next_try_ms = 0;
}

void redis_connection_proven(struct redis_connection *c)
{
    if (c->is_new && c->was_proven)
        log_info("connected to Redis again", LOG_TEXT("at", c->url.display));
    c->is_new = false;
    c->was_proven = true;
}

enum result redis_connection_refuse(struct redis_connection *c, const char *why,
                                    struct error *error)
{
    drop_because(c, RETRY, why);
    return error_set(error, RETRY, "%s", why);
}
