/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the server can be worked with: what it says of its role, and whether it takes a write in
 * a script. A worker owns no shard while it cannot.
 */
#include <stdio.h>

#include "redis_port_private.h"

#define WRITER_LOOK_MS 1000
#define SCRATCH_KEEP_BYTES ((size_t)4 * 1024 * 1024)

/* As the batches write, so that what refuses them refuses this too: a replica, no memory, a disk
 * that is full, too few replicas, a right that is missing. */
static const char probe[] = "redis.call('HSET', KEYS[1], 'probe', '1')\n"
                            "return redis.call('UNLINK', KEYS[1])\n";

/* The value of a line "name:value" of INFO. */
static struct str info_value(const redisReply *info, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = info->str; *at; at += strspn(at, "\r\n")) {
        size_t line = strcspn(at, "\r\n");
        if (line > n && strncmp(at, name, n) == 0 && at[n] == ':')
            return (struct str){at + n + 1, line - n - 1};
        at += line;
    }
    return STR_NONE;
}

/* A replica can be set up to take writes, and loses them. A user who may not ask for INFO has the
 * probe. */
static enum result check_role(struct redis_port *port, const redisReply *info, struct error *error)
{
    char why[400];
    if (info->type != REDIS_REPLY_STRING || !str_eq(info_value(info, "role"), STR("slave")))
        return OK;
    struct str host = info_value(info, "master_host"), at = info_value(info, "master_port");
    snprintf(why, sizeof why,
             "Redis at %s is a replica, of %.*s:%.*s: redis.url must lead to the master",
             redis_connection_name(port->connection), STR_ARG(host), STR_ARG(at));
    return redis_connection_refuse(port->connection, why, error);
}

/* Without the connection that writes it would not be ready, however well the other one does. */
static enum result check_writer(struct redis_port *port, struct error *error)
{
    enum result result;
    if (port->writer.busy) return OK;
    redis_apply_start(port, NULL, 0);
    while (!redis_apply_take(port, WRITER_LOOK_MS, &result, error)) continue;
    return result;
}

static enum result check_server(struct redis_port *port, struct error *error)
{
    struct redis_connection *c = port->connection;
    redisReply **replies;
    size_t n;
    enum result result = redis_connection_ensure(c, error);
    if (result) return result;
    arena_reset(port->scratch, SCRATCH_KEEP_BYTES);
    redis_connection_command(c, 2);
    redis_connection_arg(c, STR("INFO"));
    redis_connection_arg(c, STR("replication"));
    redis_connection_command(c, 4);
    redis_connection_arg(c, STR("EVAL"));
    redis_connection_arg(c, str_of(probe));
    redis_connection_arg(c, STR("1"));
    redis_connection_arg(c, redis_port_key(port, port->scratch, -1, "ready"));
    result = redis_connection_exchange(c, port->scratch, &replies, &n, error);
    if (result == OK) result = check_role(port, replies[0], error);
    if (result == OK) result = redis_connection_answer(c, replies[1], REDIS_REPLY_INTEGER, error);
    return result;
}

enum result redis_ready(void *self, struct error *error)
{
    struct redis_port *port = self;
    enum result result = check_server(port, error);
    if (result == OK) result = check_writer(port, error);
    if (result == OK) redis_connection_proven(port->connection);
    return result;
}
