/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "redis_port_private.h"

#define OLDEST_MAJOR 6 /* ACL users, and scripts that fail before their first write */

struct check {
    struct redis_port *port;
    redis_port_found *found;
    void *context;
    const char *info; /* what INFO answered; NULL when it is not allowed */
    enum result result;
    struct error *error;
};

__attribute__((format(printf, 3, 4))) static void say(struct check *check, bool good,
                                                      const char *format, ...)
{
    char line[400];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (check->found) check->found(check->context, good, line);
}

/* Something a worker must not run on; the first of them is the sentence of the whole check. */
__attribute__((format(printf, 2, 3))) static void refuse(struct check *check, const char *format,
                                                         ...)
{
    char line[400];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (check->found) check->found(check->context, false, line);
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
static enum result ask(struct redis_port *port, size_t n, const char *const *words,
                       redisReply **reply, struct error *error)
{
    redisReply **replies;
    size_t replies_n;
    enum result result = redis_connection_ensure(port->connection, error);
    if (result) return result;
    redis_connection_command(port->connection, n);
    for (size_t i = 0; i < n; i++) redis_connection_arg(port->connection, str_of(words[i]));
    result =
        redis_connection_exchange(port->connection, port->scratch, &replies, &replies_n, error);
    if (result == OK) *reply = replies[0];
    return result;
}

static void check_server(struct check *check)
{
    const char *server = redis_connection_name(check->port->connection);
    char version[64];
    if (!info_value(check, "redis_version", version, sizeof version)) {
        say(check, false,
            "redis version: not known, INFO is not allowed to this user: give it "
            "+info, and make sure that it is %d.0 or later",
            OLDEST_MAJOR);
        return;
    }
    if (strtol(version, NULL, 10) < OLDEST_MAJOR)
        refuse(check, "redis version: %s at %s is too old, %d.0 or later is needed", version,
               server, OLDEST_MAJOR);
    else
        say(check, true, "redis version: %s at %s", version, server);
    if (info_is(check, "cluster_enabled", "1"))
        refuse(check,
               "redis cluster: %s is a node of a Redis Cluster, and epilogue cannot follow "
               "a cluster yet: use a Redis without cluster mode",
               server);
    if (info_is(check, "role", "slave"))
        say(check, false,
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
    enum result result = ask(check->port, 3, (const char *[]){"CONFIG", "GET", "maxmemory-policy"},
                             &reply, check->error);
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
        say(check, false,
            "redis maxmemory-policy: not known, neither INFO nor CONFIG GET is "
            "allowed to this user: make sure that it is noeviction");
    else if (strcmp(policy, "noeviction") != 0)
        refuse(check,
               "redis maxmemory-policy: it is %s, which would throw away state: set it to "
               "noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf)",
               policy);
    else
        say(check, true, "redis maxmemory-policy: noeviction");
    if (info_value(check, "maxmemory", limit, sizeof limit) && strcmp(limit, "0") == 0)
        say(check, true, "redis maxmemory: no limit; watch the memory of its machine");
    return OK;
}

static void check_persistence(struct check *check)
{
    if (!check->info) return;
    if (info_is(check, "aof_enabled", "1"))
        say(check, true,
            "redis persistence: append-only file; a restart loses a second at most, "
            "which the worker takes from followup-state");
    else
        say(check, true,
            "redis persistence: no append-only file; after a restart of Redis the "
            "worker rebuilds what is missing from followup-state, which takes a while on a large "
            "one (appendonly yes shortens it)");
    if (info_is(check, "rdb_last_bgsave_status", "err") && !info_is(check, "aof_enabled", "1"))
        say(check, false,
            "redis persistence: its last save failed, and it may refuse writes: see "
            "its log");
}

/* The rights that are used on every batch: on a shard that no worker has, so that nothing of it
 * stays. The script writes nothing, as its expected watermark is not there. */
static enum result check_rights(struct check *check)
{
    struct store_port *port = &check->port->port;
    struct store_load load = {.shard = -1};
    struct store_apply apply = {.shard = -1, .expected = 1, .watermark = 2};
    struct str key;
    ms_t at;
    size_t one = 1;
    enum result result = port->load(port->self, check->port->scratch, &load, 1, check->error);
    if (result == OK)
        result = port->due(port->self, check->port->scratch, -1, 0, &key, &at, &one, check->error);
    one = 1;
    if (result == OK)
        result = port->entries(port->self, check->port->scratch, -1, STR_NONE, STR_NONE, &key, &one,
                               check->error);
    if (result == OK) result = port->apply(port->self, &apply, 1, check->error);
    if (result == OK) say(check, true, "redis rights: reading and scripts are allowed");
    return result;
}

enum result redis_port_check(struct store_port *port, redis_port_found *found, void *context,
                             struct error *error)
{
    struct redis_port *self = port->self;
    struct check check = {self, found, context, NULL, OK, error};
    redisReply *reply = NULL;
    arena_reset(self->scratch, 0);
    enum result result = ask(self, 1, (const char *[]){"INFO"}, &reply, error);
    if (result) return result;
    if (reply->type == REDIS_REPLY_STRING) check.info = reply->str;
    check_server(&check);
    result = check_memory(&check);
    if (result) return result;
    check_persistence(&check);
    if (check.result) return check.result;
    return check_rights(&check);
}
