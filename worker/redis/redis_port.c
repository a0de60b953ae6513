/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's reading side: what a batch needs, what is due, all entries of an incident, and the
 * checkpoint. Each call is one round trip for all shards. Writing is in redis_apply.c.
 */
#include "redis_port.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/text.h"
#include "redis_connection.h"
#include "redis_port_private.h"

/* Tries of a load while somebody writes, and how long the last one waits for an apply of ours. */
#define LOADS_MAX 3
#define BESIDE_WAIT_MS 1000
#define KEYS_PER_COMMAND ((size_t)5000) /* of one HMGET, so that it does not hold up others */

struct str redis_port_key(struct redis_port *port, struct arena *arena, int32_t shard,
                          const char *what)
{
    return arena_printf(arena, "%s:{%d}:%s%s", port->prefix.p, (int)shard, port->beside, what);
}

static void command_range(struct redis_port *port, struct arena *arena, int32_t shard,
                          const char *name, const char *what, size_t argc)
{
    redis_connection_command(port->connection, argc);
    redis_connection_arg(port->connection, str_of(name));
    redis_connection_arg(port->connection, redis_port_key(port, arena, shard, what));
}

/* ---- load ---- */

/* Of how many entries there are, and of `$position/<n>`, which is none. */
#define COUNTS 3
#define DETAILS 2

static size_t hash_commands(const struct store_load *load)
{
    return load->n ? (load->n - 1) / KEYS_PER_COMMAND + 1 : 1;
}

static size_t load_commands(const struct store_load *load)
{
    return hash_commands(load) + COUNTS + (load->counted ? DETAILS : 0);
}

static void write_details(struct redis_port *port, struct arena *arena,
                          const struct store_load *load)
{
    command_range(port, arena, load->shard, "ZLEXCOUNT", "index", 4);
    redis_connection_arg(port->connection, STR("[$position/"));
    redis_connection_arg(port->connection, STR("($position0")); /* 0 comes right after / */
    command_range(port, arena, load->shard, "ZRANGE", "wake", 5);
    redis_connection_arg(port->connection, STR("0"));
    redis_connection_arg(port->connection, STR("0"));
    redis_connection_arg(port->connection, STR("WITHSCORES"));
}

/* HMGET state, in pieces, each with the checkpoint before its keys. */
static void write_load(struct redis_port *port, struct arena *arena, const struct store_load *load)
{
    struct redis_connection *c = port->connection;
    size_t done = 0;
    for (size_t i = 0; i < hash_commands(load); i++) {
        size_t n = load->n - done;
        if (n > KEYS_PER_COMMAND) n = KEYS_PER_COMMAND;
        command_range(port, arena, load->shard, "HMGET", "state", 3 + n);
        redis_connection_arg(c, REDIS_PORT_CHECKPOINT);
        for (size_t k = 0; k < n; k++) redis_connection_arg(c, load->keys[done + k]);
        done += n;
    }
    command_range(port, arena, load->shard, "HLEN", "state", 2);
    command_range(port, arena, load->shard, "ZCARD", "index", 2);
    command_range(port, arena, load->shard, "ZCARD", "wake", 2);
    if (load->counted) write_details(port, arena, load);
}

struct str redis_port_value(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? (struct str){reply->str, reply->len} : STR_NONE;
}

ms_t redis_port_score(const redisReply *reply)
{
    return reply->len ? (ms_t)strtod(reply->str, NULL) : TIME_NONE;
}

bool redis_port_mark(struct redis_mark *mark, struct str text, long long fields, long long keys,
                     long long timers)
{
    long long offset, stamp, awake;
    int end = 0;
    *mark = (struct redis_mark){.offset = STORE_NO_CHECKPOINT};
    if (!text.p) return !fields;
    if (sscanf(text.p, "%lld %lld %lld%n", &offset, &stamp, &awake, &end) != 3 ||
        fields != keys + 1 || awake != timers)
        return false;
    mark->offset = offset;
    mark->stamp = stamp;
    if (text.n > (size_t)end + 1)
        mark->cluster = (struct str){text.p + end + 1, text.n - (size_t)end - 1};
    return true;
}

/* The checkpoint that stands before each of the pieces. False: not the same before all of them, or
 * the sizes do not fit to it. */
static bool read_checkpoint(struct store_load *load, redisReply **pieces, size_t pieces_n,
                            redisReply **sizes)
{
    struct redis_mark mark;
    struct str text = redis_port_value(pieces[0]->element[0]);
    bool fits =
        redis_port_mark(&mark, text, sizes[0]->integer, sizes[1]->integer, sizes[2]->integer);
    for (size_t i = 1; i < pieces_n; i++)
        fits &= str_eq(redis_port_value(pieces[i]->element[0]), text);
    bool none = !fits || mark.offset < 0;
    load->checkpoint = none ? STORE_NO_CHECKPOINT : mark.offset;
    load->checkpoint_at = none ? TIME_NONE : mark.stamp;
    load->cluster = none ? STR_NONE : mark.cluster;
    return fits;
}

static enum result read_details(struct redis_port *port, struct store_load *load, long long keys,
                                redisReply **replies, struct error *error)
{
    load->entries = 0;
    load->wake_at = TIME_NONE;
    if (!load->counted) return OK;
    enum result result =
        redis_connection_answer(port->connection, replies[0], REDIS_REPLY_INTEGER, error);
    if (result == OK)
        result = redis_connection_answer(port->connection, replies[1], REDIS_REPLY_ARRAY, error);
    if (result) return result;
    load->entries = keys - replies[0]->integer;
    if (replies[1]->elements == 2) load->wake_at = redis_port_score(replies[1]->element[1]);
    return OK;
}

/* Takes the answers of one shard, from replies[0] on. *fits: its keys fit together. */
static enum result read_load(struct redis_port *port, struct arena *arena, struct store_load *load,
                             redisReply **replies, bool *fits, struct error *error)
{
    size_t hashes = hash_commands(load);
    for (size_t i = 0; i < hashes + COUNTS; i++) {
        int type = i < hashes ? REDIS_REPLY_ARRAY : REDIS_REPLY_INTEGER;
        enum result result = redis_connection_answer(port->connection, replies[i], type, error);
        if (result) return result;
    }
    load->values = arena_alloc(arena, (load->n + 1) * sizeof *load->values);
    size_t filled = 0;
    for (size_t i = 0; i < hashes; i++)
        for (size_t k = 1; k < replies[i]->elements && filled < load->n; k++)
            load->values[filled++] = redis_port_value(replies[i]->element[k]);
    redisReply **sizes = replies + hashes;
    *fits = read_checkpoint(load, replies, hashes, sizes);
    return read_details(port, load, sizes[1]->integer, sizes + COUNTS, error);
}

/* The sizes of a shard's three keys, where they do not fit together. */
struct torn {
    const struct store_load *load; /* NULL: they do */
    long long fields, keys, timers;
};

/* One round trip. *torn: of the first shard that is. */
static enum result load_once(struct redis_port *port, struct arena *arena, struct store_load *loads,
                             size_t n, struct torn *torn, struct error *error)
{
    redisReply **replies;
    size_t replies_n;
    *torn = (struct torn){.load = NULL};
    for (size_t i = 0; i < n; i++) write_load(port, arena, &loads[i]);
    enum result result =
        redis_connection_exchange(port->connection, arena, &replies, &replies_n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        bool fits = true;
        result = read_load(port, arena, &loads[i], replies, &fits, error);
        redisReply **sizes = replies + hash_commands(&loads[i]);
        if (!fits && !torn->load)
            *torn =
                (struct torn){&loads[i], sizes[0]->integer, sizes[1]->integer, sizes[2]->integer};
        replies += load_commands(&loads[i]);
    }
    return result;
}

/* The answers of one shard are several, so what is written meanwhile can come between them: an apply
 * under way, or what others write. Then they are asked for again, and in the end behind the apply. */
static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error)
{
    struct redis_port *port = self;
    struct torn torn = {.load = NULL};
    enum result result = redis_connection_ensure(port->connection, error);
    if (result || !n) return result;
    for (int tries = 1; tries <= LOADS_MAX; tries++) {
        if (tries == LOADS_MAX) redis_writer_wait(port, BESIDE_WAIT_MS);
        result = load_once(port, arena, loads, n, &torn, error);
        if (result != OK || !torn.load) break;
    }
    if (result == OK && torn.load)
        log_warn("the shard's keys in Redis are inconsistent; rebuilding the shard",
                 LOG_INT("shard", torn.load->shard), LOG_INT("fields", torn.fields),
                 LOG_INT("index", torn.keys), LOG_INT("wake", torn.timers));
    return result;
}

/* ---- due and entries ---- */

static enum result due(void *self, struct arena *arena, int32_t shard, ms_t until, struct str *keys,
                       ms_t *wake_at, size_t *n, struct error *error)
{
    struct redis_port *port = self;
    struct redis_connection *c = port->connection;
    redisReply **replies;
    size_t replies_n;
    enum result result = redis_connection_ensure(c, error);
    if (result) return result;
    command_range(port, arena, shard, "ZRANGEBYSCORE", "wake", 8);
    redis_connection_arg(c, STR("-inf"));
    redis_connection_arg_int(c, until);
    redis_connection_arg(c, STR("WITHSCORES"));
    redis_connection_arg(c, STR("LIMIT"));
    redis_connection_arg(c, STR("0"));
    redis_connection_arg_int(c, (int64_t)*n);
    result = redis_connection_exchange(c, arena, &replies, &replies_n, error);
    if (result == OK) result = redis_connection_answer(c, replies[0], REDIS_REPLY_ARRAY, error);
    if (result) return result;
    *n = replies[0]->elements / 2;
    for (size_t i = 0; i < *n; i++) {
        keys[i] = redis_port_value(replies[0]->element[2 * i]);
        wake_at[i] = redis_port_score(replies[0]->element[2 * i + 1]);
    }
    return OK;
}

/* ZRANGEBYLEX over index from one end to the other; both as Redis writes them: "(a", "[b", "-". */
static void write_range(struct redis_port *port, struct arena *arena, int32_t shard,
                        struct str from, struct str to, size_t limit)
{
    struct redis_connection *c = port->connection;
    command_range(port, arena, shard, "ZRANGEBYLEX", "index", 7);
    redis_connection_arg(c, from);
    redis_connection_arg(c, to);
    redis_connection_arg(c, STR("LIMIT"));
    redis_connection_arg(c, STR("0"));
    redis_connection_arg_int(c, (int64_t)limit);
}

/* The header first, then "<header>|…"; other incidents' keys ("INC-1 b") can stand between. */
static void write_entries(struct redis_port *port, struct arena *arena, int32_t shard,
                          struct str header, struct str after, size_t limit)
{
    struct str bar = arena_printf(arena, "[%.*s|", STR_ARG(header));
    struct str end = arena_printf(arena, "(%.*s}", STR_ARG(header)); /* `}` comes right after `|` */
    struct str from = after.p ? arena_printf(arena, "(%.*s", STR_ARG(after)) : STR_NONE;
    bool past_header = after.p && str_cmp(after, header) >= 0;
    struct str bar_key = {bar.p + 1, bar.n - 1};
    if (!past_header) {
        struct str exact = arena_printf(arena, "[%.*s", STR_ARG(header));
        write_range(port, arena, shard, exact, exact, 1);
    }
    write_range(port, arena, shard, past_header && str_cmp(after, bar_key) >= 0 ? from : bar, end,
                limit);
}

static enum result entries(void *self, struct arena *arena, int32_t shard, struct str header_key,
                           struct str after, struct str *keys, size_t *n, struct error *error)
{
    struct redis_port *port = self;
    redisReply **replies;
    size_t replies_n, limit = *n;
    enum result result = redis_connection_ensure(port->connection, error);
    if (result) return result;
    if (header_key.p)
        write_entries(port, arena, shard, header_key, after, limit);
    else
        write_range(port, arena, shard,
                    after.p ? arena_printf(arena, "(%.*s", STR_ARG(after)) : STR("-"), STR("+"),
                    limit);
    result = redis_connection_exchange(port->connection, arena, &replies, &replies_n, error);
    *n = 0;
    for (size_t i = 0; i < replies_n && result == OK; i++) {
        result = redis_connection_answer(port->connection, replies[i], REDIS_REPLY_ARRAY, error);
        for (size_t k = 0; result == OK && k < replies[i]->elements && *n < limit; k++)
            keys[(*n)++] = redis_port_value(replies[i]->element[k]);
    }
    return result;
}

/* ---- the port ---- */

/* Braces in it would be taken for the hash tag. */
static struct str make_prefix(const struct config *config)
{
    struct buf out = {0};
    const char *parts[] = {config->redis_key_prefix, ":", config->group_id};
    for (size_t i = 0; i < 3; i++)
        for (const char *at = parts[i]; *at; at++) {
            if (*at == '{' || *at == '}') {
                text_percent(buf_room(&out, TEXT_PERCENT), (unsigned char)*at);
                out.n += TEXT_PERCENT;
            } else {
                buf_char(&out, *at);
            }
        }
    buf_char(&out, 0);
    return (struct str){out.p, out.n - 1};
}

struct store_port *redis_port_new(const struct config *config, struct error *error)
{
    struct redis_connection *connection = redis_connection_new(config, error);
    if (!connection) return NULL;
    struct redis_port *port = calloc(1, sizeof *port);
    if (!port) abort();
    port->config = config;
    port->connection = connection;
    port->prefix = make_prefix(config);
    port->beside = "";
    port->scratch = arena_new();
    port->port = (struct store_port){port, redis_ready, load, redis_apply_start, redis_apply_take,
                                     due,  entries};
    return &port->port;
}

void redis_port_free(struct store_port *store)
{
    if (!store) return;
    struct redis_port *port = store->self;
    redis_writer_end(port);
    redis_connection_free(port->connection);
    arena_free(port->scratch);
    free((char *)port->prefix.p);
    free(port);
}
