/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of Redis, made in the arena in place of hiredis's mallocs, and the table of error words
 * that say what follows: wait, wait on a new connection, or exit.
 */
#include "redis_reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "redis_rights.h"

/* The reader is inside an array when the task has a parent; the value goes into its place. */
static redisReply *make(const redisReadTask *task, int type)
{
    redisReply *r = arena_zalloc(task->privdata, sizeof *r);
    r->type = type;
    if (task->parent) {
        redisReply *parent = task->parent->obj;
        parent->element[task->idx] = r;
    }
    return r;
}

static void *make_string(const redisReadTask *task, char *bytes, size_t n)
{
    redisReply *r = make(task, task->type);
    char *copy = arena_alloc(task->privdata, n + 1);
    memcpy(copy, bytes, n);
    copy[n] = 0;
    r->str = copy;
    r->len = n;
    return r;
}

static void *make_elements(const redisReadTask *task, size_t n)
{
    redisReply *r = make(task, task->type);
    r->elements = n;
    r->element = arena_zalloc(task->privdata, n ? n * sizeof *r->element : 1);
    return r;
}

static void *make_integer(const redisReadTask *task, long long value)
{
    redisReply *r = make(task, REDIS_REPLY_INTEGER);
    r->integer = value;
    return r;
}

static void *make_nil(const redisReadTask *task)
{
    return make(task, REDIS_REPLY_NIL);
}

static void free_nothing(void *reply)
{
    (void)reply; /* the arena's */
}

#if HIREDIS_MAJOR >= 1
/* RESP3 only, which is never asked for; the reader wants them to be there. */
static void *make_double(const redisReadTask *task, double value, char *text, size_t n)
{
    (void)value;
    return make_string(task, text, n);
}

static void *make_bool(const redisReadTask *task, int value)
{
    return make_integer(task, value);
}

static redisReplyObjectFunctions functions = {
    .createString = make_string,
    .createArray = make_elements,
    .createInteger = make_integer,
    .createDouble = make_double,
    .createNil = make_nil,
    .createBool = make_bool,
    .freeObject = free_nothing,
};
#else
static void *make_array(const redisReadTask *task, int n)
{
    return make_elements(task, (size_t)n);
}

static redisReplyObjectFunctions functions = {
    .createString = make_string,
    .createArray = make_array,
    .createInteger = make_integer,
    .createNil = make_nil,
    .freeObject = free_nothing,
};
#endif

void redis_reply_into(redisContext *context, struct arena *arena)
{
    context->reader->fn = &functions;
    context->reader->privdata = arena;
}

static const struct error_class {
    const char *word; /* what the answer begins with */
    enum result result;
    bool reconnect;
    const char *sentence;
} classes[] = {
    {"LOADING", RETRY, false, "it is still loading its data"},
    {"BUSY", RETRY, false, "a script of another client has been running for too long"},
    {"MASTERDOWN", RETRY, true, "it is a replica that has lost its master"},
    {"READONLY", RETRY, true, "it is a replica now: redis.url must lead to the master"},
    {"CLUSTERDOWN", RETRY, true, "its cluster is down"},
    {"TRYAGAIN", RETRY, false, "its cluster is being resharded"},
    {"NOREPLICAS", RETRY, false, "it has fewer replicas than its min-replicas-to-write"},
    {"MISCONF", RETRY, false, "it takes no writes because it could not save: see its log"},
    {"OOM", RETRY, false, "it has no memory left: raise its maxmemory, or add shards and nodes"},
    {"ERR max number of clients", RETRY, true, "it has too many clients: raise its maxclients"},
    {"MOVED", FATAL, true,
     "it is a node of a Redis Cluster, and epilogue cannot follow a cluster "
     "yet: use a Redis without cluster mode"},
    {"ASK", FATAL, true,
     "it is a node of a Redis Cluster, and epilogue cannot follow a cluster "
     "yet: use a Redis without cluster mode"},
    {"CROSSSLOT", FATAL, false,
     "it is a node of a Redis Cluster, and epilogue cannot follow a "
     "cluster yet: use a Redis without cluster mode"},
    {"NOAUTH", FATAL, true, "it requires a password: set redis.password or redis.password.file"},
    {"WRONGPASS", FATAL, true,
     "the user name or the password is wrong: see redis.username, redis.password"},
    {"ERR invalid password", FATAL, true, "the password is wrong: see redis.password"},
    {"ERR AUTH", FATAL, true, "it has no password set, but redis.url or redis.password gives one"},
    {"WRONGTYPE", FATAL, false,
     "a key of the worker has another type: another program uses the same "
     "names; set another redis.key.prefix or database"},
    {"ERR DB index", FATAL, true, "it has no such database: see the number in redis.url"},
};

/* Whether `word` stands at `at` as a whole word. */
static bool stands_at(const char *at, const char *word)
{
    size_t n = strlen(word);
    return strncmp(at, word, n) == 0 && (at[n] == ' ' || at[n] == 0);
}

static bool is_class(const char *text, const char *word)
{
    if (stands_at(text, word)) return true;
    /* Redis 6 wraps what a script met: "ERR Error running script (…): @user_script:2: -OOM …"; and
     * a transaction says "EXECABORT Transaction discarded because of: OOM …". */
    if (strncmp(text, "ERR Error running script", 24) != 0 && !stands_at(text, "EXECABORT"))
        return false;
    for (const char *at = text; (at = strstr(at, word)); at++)
        if ((at[-1] == ' ' || at[-1] == '-') && stands_at(at, word)) return true;
    return false;
}

enum result redis_reply_class(const char *text, const char *server, bool *reconnect,
                              struct error *error)
{
    char denied[300];
    /* Dropped, since a user's rights count anew from the next login on. */
    *reconnect = true;
    if (redis_rights_denied(text, NULL, NULL, NULL, denied, sizeof denied))
        return error_set(error, FATAL, "Redis at %s: %s (it answered: %.150s)", server, denied,
                         text);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (!is_class(text, classes[i].word)) continue;
        *reconnect = classes[i].reconnect;
        return error_set(error, classes[i].result, "Redis at %s: %s (it answered: %.200s)", server,
                         classes[i].sentence, text);
    }
    *reconnect = false;
    return error_set(error, FATAL, "Redis at %s refused a command: %.300s", server, text);
}
