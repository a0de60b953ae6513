/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What epilogue check says of Redis, and what a worker looks at before it starts: version,
 * eviction, memory, persistence, rights. The rights are tried by the port's own calls, on a shard
 * that no worker has.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "redis_rights.h"

#define OLDEST_MAJOR 6 /* ACL users, and scripts that fail before their first write */
#define APPLY_WAIT_MS 1000

struct check {
    struct redis_port *port;
    struct redis_connection *connection; /* of its own: the port's needs rights to log in */
    verdict_report *found;
    void *context;
    const char *info; /* what INFO answered; NULL when it is not allowed */
    bool replica, denied;
    enum result result;
    struct error *error;
};

__attribute__((format(printf, 3, 4))) static void say(struct check *check, enum verdict verdict,
                                                      const char *format, ...)
{
    char line[500];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (check->found) check->found(check->context, verdict, line);
}

/* Something a worker must not run on; the first of them is the sentence of the whole check. */
__attribute__((format(printf, 2, 3))) static void refuse(struct check *check, const char *format,
                                                         ...)
{
    char line[500];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (check->found) check->found(check->context, VERDICT_WRONG, line);
    if (check->result == OK) check->result = error_set(check->error, FATAL, "%s", line);
}

/* The value of "name:value" in INFO's answer; false when it is not there. */
static bool info_value(const struct check *check, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    for (const char *at = check->info; at && *at;) {
        size_t line = strcspn(at, "\r\n");
        if (line > n && strncmp(at, name, n) == 0 && at[n] == ':') {
            snprintf(out, size, "%.*s", (int)(line - n - 1), at + n + 1);
            return true;
        }
        at += line;
        at += strspn(at, "\r\n");
    }
    return false;
}

static bool info_is(const struct check *check, const char *name, const char *value)
{
    char text[64];
    return info_value(check, name, text, sizeof text) && strcmp(text, value) == 0;
}

/* One command whose words are all given; its answer, which may be an error, in *reply. */
static enum result ask(struct check *check, size_t n, const char *const *words, redisReply **reply)
{
    redisReply **replies;
    size_t replies_n;
    struct redis_connection *c = check->connection;
    enum result result = redis_connection_ensure(c, check->error);
    if (result) return result;
    redis_connection_command(c, n);
    for (size_t i = 0; i < n; i++) redis_connection_arg(c, str_of(words[i]));
    result = redis_connection_exchange(c, check->port->scratch, &replies, &replies_n, check->error);
    if (result == OK) *reply = replies[0];
    return result;
}

static void check_server(struct check *check)
{
    const char *server = redis_connection_name(check->connection);
    char version[64];
    if (!info_value(check, "redis_version", version, sizeof version)) {
        say(check, VERDICT_NOTE,
            "redis version: not checked, which needs INFO (ACL SETUSER %s +info); make sure that "
            "it is %d.0 or later, a master, and not in cluster mode",
            redis_connection_user(check->connection), OLDEST_MAJOR);
        return;
    }
    if (strtol(version, NULL, 10) < OLDEST_MAJOR)
        refuse(check, "redis version: %s at %s is too old, %d.0 or later is needed", version,
               server, OLDEST_MAJOR);
    else
        say(check, VERDICT_OK, "redis version: %s at %s", version, server);
    if (info_is(check, "cluster_enabled", "1"))
        refuse(check,
               "redis cluster: %s is a node of a Redis Cluster, and epilogue cannot follow "
               "a cluster yet: use a Redis without cluster mode",
               server);
    check->replica = info_is(check, "role", "slave");
    if (check->replica)
        say(check, VERDICT_WRONG,
            "redis role: %s is a replica and takes no writes: redis.url must lead to "
            "the master",
            server);
}

/* Managed services forbid CONFIG, careful users forbid INFO: whichever answers is taken. */
static enum result eviction_policy(struct check *check, char *out, size_t size)
{
    out[0] = 0;
    if (info_value(check, "maxmemory_policy", out, size)) return OK;
    redisReply *reply = NULL;
    enum result result =
        ask(check, 3, (const char *[]){"CONFIG", "GET", "maxmemory-policy"}, &reply);
    if (result == OK && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2)
        snprintf(out, size, "%s", reply->element[1]->str);
    return result;
}

static enum result check_memory(struct check *check)
{
    char policy[64], limit[32] = "0";
    enum result result = eviction_policy(check, policy, sizeof policy);
    if (result) return result;
    if (!policy[0])
        say(check, VERDICT_NOTE,
            "redis maxmemory-policy: not checked, which needs INFO (ACL SETUSER %s +info); make "
            "sure that it is noeviction",
            redis_connection_user(check->connection));
    else if (strcmp(policy, "noeviction") != 0)
        refuse(check,
               "redis maxmemory-policy: it is %s, which evicts state: set it to "
               "noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf)",
               policy);
    else
        say(check, VERDICT_OK, "redis maxmemory-policy: noeviction");
    if (info_value(check, "maxmemory", limit, sizeof limit) && strcmp(limit, "0") == 0)
        say(check, VERDICT_OK, "redis maxmemory: no limit; watch the memory of its machine");
    return OK;
}

static void check_persistence(struct check *check)
{
    if (!check->info) return;
    if (info_is(check, "aof_enabled", "1"))
        say(check, VERDICT_OK,
            "redis persistence: append-only file; a restart loses a second at most, "
            "which the worker takes from followup-state");
    else
        say(check, VERDICT_OK,
            "redis persistence: no append-only file; after a restart of Redis the "
            "worker rebuilds what is missing from followup-state, which takes a while on a large "
            "one (appendonly yes shortens it)");
    if (info_is(check, "rdb_last_bgsave_status", "err") && !info_is(check, "aof_enabled", "1"))
        say(check, VERDICT_WRONG,
            "redis persistence: its last save failed, and it may refuse writes: see "
            "its log");
}

static void on_denied(void *context, const char *sentence)
{
    struct check *check = context;
    check->denied = true;
    refuse(check, "redis rights: %s", sentence);
}

static enum result apply_now(struct store_port *port, struct store_apply *apply,
                             struct error *error)
{
    enum result result;
    port->apply_start(port->self, apply, 1);
    while (!port->apply_take(port->self, APPLY_WAIT_MS, &result, error))
        ;
    return result;
}

/* What the worker does with a batch, on a shard that no worker has: by the very calls. */
static enum result use_port(struct check *check, struct error *error)
{
    struct store_port *port = &check->port->port;
    struct store_write writes[] = {
        {.key = STR("check|1"), .value = STR("{}"), .wake_at = 1},
        {.key = STR("check|2"), .value = STR("{}"), .wake_at = TIME_NONE},
        {.key = STR("check|3"), .value = STR_NONE, .wake_at = TIME_NONE, .stored = true}};
    struct store_apply apply = {.shard = -1,
                                .expected = STORE_NO_CHECKPOINT,
                                .checkpoint = 1,
                                .stamp = 1,
                                .clear = true,
                                .writes = writes,
                                .n = sizeof writes / sizeof *writes};
    struct store_load load = {.shard = -1, .counted = true};
    struct str key;
    ms_t at;
    size_t one = 1;
    enum result result = apply_now(port, &apply, error);
    if (result == OK) result = port->load(port->self, check->port->scratch, &load, 1, error);
    if (result == OK)
        result = port->due(port->self, check->port->scratch, -1, 0, &key, &at, &one, error);
    one = 1;
    if (result == OK)
        result = port->entries(port->self, check->port->scratch, -1, STR_NONE, STR_NONE, &key, &one,
                               error);
    return result;
}

static enum result remove_keys(struct check *check)
{
    struct redis_port *port = check->port;
    redisReply *reply;
    const char *words[] = {"UNLINK", redis_port_key(port, port->scratch, -1, "state").p,
                           redis_port_key(port, port->scratch, -1, "index").p,
                           redis_port_key(port, port->scratch, -1, "wake").p};
    return ask(check, 4, words, &reply);
}

static enum result check_rights(struct check *check)
{
    struct error why;
    enum result result =
        redis_rights_try(check->port, check->connection, on_denied, check, check->error);
    if (result || check->denied || check->replica) return result;
    result = use_port(check, &why);
    if (result == FATAL)
        refuse(check, "redis rights: %s", why.text);
    else if (result)
        return error_set(check->error, result, "%s", why.text);
    else
        say(check, VERDICT_OK, "redis rights: user %s may do all that the worker does",
            redis_connection_user(check->connection));
    return remove_keys(check);
}

/* Asks what the server says of itself. */
static enum result ask_server(struct check *check)
{
    redisReply *reply = NULL;
    enum result result = ask(check, 1, (const char *[]){"INFO"}, &reply);
    if (result == OK && reply->type == REDIS_REPLY_STRING) check->info = reply->str;
    if (result == OK) check_server(check);
    return result == OK ? check_memory(check) : result;
}

/* Looks at one thing after the other; a fault of one does not keep it from the next. */
static enum result check_all(struct check *check)
{
    enum result result = ask_server(check);
    if (result) return result;
    check_persistence(check);
    return check_rights(check);
}

static enum result run(struct store_port *port, enum result (*look)(struct check *),
                       verdict_report *found, void *context, struct error *error)
{
    struct redis_port *self = port->self;
    struct error why = {.text = ""};
    struct check check = {.port = self, .found = found, .context = context, .error = &why};
    check.connection = redis_connection_new(self->config, error);
    if (!check.connection) return FATAL;
    arena_reset(self->scratch, 0);
    enum result result = look(&check);
    redis_connection_free(check.connection);
    return check.result || result ? error_set(error, result ? result : check.result, "%s", why.text)
                                  : OK;
}

enum result redis_port_check(struct store_port *port, verdict_report *found, void *context,
                             struct error *error)
{
    return run(port, check_all, found, context, error);
}

enum result redis_port_check_settings(struct store_port *port, struct error *error)
{
    return run(port, ask_server, NULL, NULL, error);
}
