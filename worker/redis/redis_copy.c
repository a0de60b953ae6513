/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shard built beside the one that is there, for rebuild: other keys, the same port. Installing it
 * is one script, so there is the old one or the new one and nothing between.
 */
#include "redis_copy.h"

#include "redis_port_private.h"
#include "redis_scripts.h"

#define BESIDE "rebuild:"

static const char *const parts[] = {"state", "index", "wake"};

struct store_port *redis_copy_new(const struct config *config, struct error *error)
{
    struct store_port *store = redis_port_new(config, error);
    if (store) ((struct redis_port *)store->self)->beside = BESIDE;
    return store;
}

static void write_keys(struct redis_port *port, int32_t shard)
{
    for (size_t i = 0; i < 3; i++)
        redis_connection_arg(port->connection,
                             redis_port_key(port, port->scratch, shard, parts[i]));
}

enum result redis_copy_discard(struct store_port *copy, int32_t first, int32_t n,
                               struct error *error)
{
    struct redis_port *port = copy->self;
    redisReply **replies;
    size_t replies_n;
    enum result result = redis_connection_ensure(port->connection, error);
    if (result || !n) return result;
    arena_reset(port->scratch, 0);
    redis_connection_command(port->connection, 1 + 3 * (size_t)n);
    redis_connection_arg(port->connection, STR("UNLINK"));
    for (int32_t i = 0; i < n; i++) write_keys(port, first + i);
    result =
        redis_connection_exchange(port->connection, port->scratch, &replies, &replies_n, error);
    if (result) return result;
    return redis_connection_answer(port->connection, replies[0], REDIS_REPLY_INTEGER, error);
}

/* A name that is not there is the answer of a server that lets us. */
enum result redis_copy_check(struct store_port *copy, struct error *error)
{
    struct redis_port *port = copy->self;
    redisReply **replies;
    size_t n;
    enum result result = redis_connection_ensure(port->connection, error);
    if (result) return result;
    arena_reset(port->scratch, 0);
    redis_connection_command(port->connection, 3);
    redis_connection_arg(port->connection, STR("RENAME"));
    for (int i = 0; i < 2; i++)
        redis_connection_arg(port->connection, redis_port_key(port, port->scratch, -1, parts[0]));
    result = redis_connection_exchange(port->connection, port->scratch, &replies, &n, error);
    if (result) return result;
    const char *said = replies[0]->type == REDIS_REPLY_ERROR ? replies[0]->str : "no such key";
    if (strstr(said, "no such key")) return OK;
    return error_set(
        error, FATAL,
        "Redis at %s denies RENAME, which puts the rebuilt shard in place: %s. Grant it: "
        "ACL SETUSER <user> +rename",
        redis_connection_name(port->connection), said);
}

static enum result other_cluster(int32_t shard, struct str cluster, struct error *error)
{
    return error_set(error, FATAL,
                     "Redis has the state of shard %d from another Kafka cluster than %.*s: "
                     "kafka.bootstrap.servers or redis.url is of another installation. Correct it; "
                     "or, when the topics were moved to this cluster, delete the group's keys from "
                     "Redis first",
                     (int)shard, STR_ARG(cluster));
}

static void write_install(struct redis_port *port, int32_t shard, int64_t checkpoint,
                          struct str cluster)
{
    redis_connection_command(port->connection, 3 + 6 + 2);
    redis_connection_arg(port->connection, STR("EVAL"));
    redis_connection_arg(port->connection, str_of(redis_scripts_install));
    redis_connection_arg(port->connection, STR("6"));
    write_keys(port, shard);
    port->beside = "";
    write_keys(port, shard);
    port->beside = BESIDE;
    redis_connection_arg_int(port->connection, checkpoint);
    redis_connection_arg(port->connection, cluster.p ? cluster : STR(""));
}

enum result redis_copy_install(struct store_port *copy, int32_t shard, int64_t checkpoint,
                               struct str cluster, struct error *error)
{
    struct redis_port *port = copy->self;
    redisReply **replies;
    size_t n;
    enum result result = redis_connection_ensure(port->connection, error);
    if (result) return result;
    arena_reset(port->scratch, 0);
    write_install(port, shard, checkpoint, cluster);
    result = redis_connection_exchange(port->connection, port->scratch, &replies, &n, error);
    if (result == OK)
        result = redis_connection_answer(port->connection, replies[0], REDIS_REPLY_INTEGER, error);
    if (result) return result;
    if (replies[0]->integer == 2) return other_cluster(shard, cluster, error);
    return replies[0]->integer == 1
               ? OK
               : error_set(error, ABORT, "another process has changed the copy of shard %d",
                           (int)shard);
}
