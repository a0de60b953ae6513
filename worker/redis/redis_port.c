/* SPDX-License-Identifier: Apache-2.0 */
#include "redis_port.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/buf.h"
#include "common/log.h"
#include "redis_connection.h"
#include "redis_port_private.h"
#include "redis_scripts.h"

#define WATERMARK STR("$watermark")
#define FIELDS_PER_COMMAND ((size_t)5000) /* of one HMGET, so that it does not hold up others */
#define ARGUMENTS_MAX 1000000             /* Redis takes 1,048,576 in one command */
#define SCRATCH_KEEP_BYTES ((size_t)4 * 1024 * 1024)

static struct str key_of(struct redis_port *port, struct arena *arena, int32_t shard,
                         const char *what)
{
    return arena_printf(arena, "%s:{%d}:%s", port->prefix.p, (int)shard, what);
}

static void command_range(struct redis_port *port, struct arena *arena, int32_t shard,
                          const char *name, const char *what, size_t argc)
{
    redis_connection_command(port->connection, argc);
    redis_connection_arg(port->connection, str_of(name));
    redis_connection_arg(port->connection, key_of(port, arena, shard, what));
}

/* ---- load ---- */

static size_t load_commands(size_t keys)
{
    return 3 + (keys + FIELDS_PER_COMMAND) / FIELDS_PER_COMMAND;
}

/* HMGET state, in pieces; the first piece has the watermark before its keys. */
static void write_load(struct redis_port *port, struct arena *arena, const struct store_load *load)
{
    struct redis_connection *c = port->connection;
    size_t done = 0;
    do {
        bool first = done == 0;
        size_t n = load->n - done;
        if (n > FIELDS_PER_COMMAND - first) n = FIELDS_PER_COMMAND - first;
        command_range(port, arena, load->shard, "HMGET", "state", 2 + first + n);
        if (first) redis_connection_arg(c, WATERMARK);
        for (size_t i = 0; i < n; i++) redis_connection_arg(c, load->keys[done + i]);
        done += n;
    } while (done < load->n);
    command_range(port, arena, load->shard, "HLEN", "state", 2);
    command_range(port, arena, load->shard, "ZCARD", "index", 2);
    command_range(port, arena, load->shard, "ZCARD", "wake", 2);
}

static struct str value_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? (struct str){reply->str, reply->len} : STR_NONE;
}

/* The watermark, where it is to be believed; see redis_port.h. */
static void read_watermark(struct store_load *load, struct str mark, long long fields,
                           long long keys, long long timers)
{
    long long offset, at, awake;
    load->watermark = STORE_NO_WATERMARK;
    load->watermark_at = TIME_NONE;
    if (!mark.p && !fields) return;
    if (mark.p && sscanf(mark.p, "%lld %lld %lld", &offset, &at, &awake) == 3 && offset >= 0 &&
        fields == keys + 1 && awake == timers) {
        load->watermark = offset;
        load->watermark_at = at;
        return;
    }
    log_warn("the keys of a shard in Redis do not fit together; it counts as empty",
             "shard=%d fields=%lld index=%lld wake=%lld", (int)load->shard, fields, keys, timers);
}

/* Takes the answers of one shard, from replies[0] on. */
static enum result read_load(struct redis_port *port, struct arena *arena, struct store_load *load,
                             redisReply **replies, struct error *error)
{
    size_t commands = load_commands(load->n);
    for (size_t i = 0; i < commands; i++) {
        int type = i < commands - 3 ? REDIS_REPLY_ARRAY : REDIS_REPLY_INTEGER;
        enum result result = redis_connection_answer(port->connection, replies[i], type, error);
        if (result) return result;
    }
    load->values = arena_alloc(arena, (load->n + 1) * sizeof *load->values);
    size_t filled = 0;
    for (size_t i = 0; i < commands - 3; i++)
        for (size_t k = i == 0; k < replies[i]->elements && filled < load->n; k++)
            load->values[filled++] = value_of(replies[i]->element[k]);
    redisReply **sizes = replies + commands - 3;
    read_watermark(load, value_of(replies[0]->element[0]), sizes[0]->integer, sizes[1]->integer,
                   sizes[2]->integer);
    return OK;
}

static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error)
{
    struct redis_port *port = self;
    redisReply **replies;
    size_t replies_n;
    enum result result = redis_connection_ensure(port->connection, error);
    if (result || !n) return result;
    for (size_t i = 0; i < n; i++) write_load(port, arena, &loads[i]);
    result = redis_connection_exchange(port->connection, arena, &replies, &replies_n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        result = read_load(port, arena, &loads[i], replies, error);
        replies += load_commands(loads[i].n);
    }
    return result;
}

/* ---- apply ---- */

/* The writes of one shard sorted by what has to be done; the last of two writes to a key counts. */
struct plan {
    const struct store_write **sets;
    size_t sets_n;
    const struct store_write **deletes;
    size_t deletes_n;
    size_t new_n, wakes_n; /* of the sets: keys for the index, keys with a wake time */
};

static uint64_t hash(struct str key)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < key.n; i++) h = (h ^ (unsigned char)key.p[i]) * UINT64_C(1099511628211);
    return h;
}

/* Goes backwards, so that the last write to a key is met first and later ones are skipped: a
 * restore may have several values of a key in one call. */
static void make_plan(struct arena *arena, const struct store_apply *apply, struct plan *plan)
{
    size_t slots = 16;
    while (slots < apply->n * 2) slots *= 2;
    const struct store_write **seen = arena_zalloc(arena, slots * sizeof *seen);
    *plan = (struct plan){
        .sets = arena_alloc(arena, (apply->n + 1) * sizeof *plan->sets),
        .deletes = arena_alloc(arena, (apply->n + 1) * sizeof *plan->deletes),
    };
    for (size_t i = apply->n; i-- > 0;) {
        const struct store_write *w = &apply->writes[i];
        size_t at = hash(w->key) & (slots - 1);
        while (seen[at] && !str_eq(seen[at]->key, w->key)) at = (at + 1) & (slots - 1);
        if (seen[at]) continue;
        seen[at] = w;
        if (!w->value.p) {
            plan->deletes[plan->deletes_n++] = w;
            continue;
        }
        plan->sets[plan->sets_n++] = w;
        plan->new_n += !w->stored;
        plan->wakes_n += w->wake_at != TIME_NONE;
    }
}

static void write_arguments(struct redis_connection *c, const struct plan *plan)
{
    for (size_t i = 0; i < plan->sets_n; i++) {
        redis_connection_arg(c, plan->sets[i]->key);
        redis_connection_arg(c, plan->sets[i]->value);
    }
    for (size_t i = 0; i < plan->sets_n; i++) {
        if (plan->sets[i]->stored) continue;
        redis_connection_arg(c, STR("0"));
        redis_connection_arg(c, plan->sets[i]->key);
    }
    for (size_t i = 0; i < plan->sets_n; i++) {
        if (plan->sets[i]->wake_at == TIME_NONE) continue;
        redis_connection_arg_int(c, plan->sets[i]->wake_at);
        redis_connection_arg(c, plan->sets[i]->key);
    }
    for (size_t i = 0; i < plan->sets_n; i++)
        if (plan->sets[i]->wake_at == TIME_NONE) redis_connection_arg(c, plan->sets[i]->key);
    for (size_t i = 0; i < plan->deletes_n; i++) redis_connection_arg(c, plan->deletes[i]->key);
}

/* `by_name`: EVALSHA; else the script itself, for a server that has forgotten it. */
static enum result write_apply(struct redis_port *port, const struct store_apply *apply,
                               bool by_name, struct error *error)
{
    struct redis_connection *c = port->connection;
    struct plan plan;
    make_plan(port->scratch, apply, &plan);
    size_t unwake_n = plan.sets_n - plan.wakes_n;
    size_t argc = 3 + 3 + REDIS_SCRIPTS_APPLY_FIXED + 2 * plan.sets_n + 2 * plan.new_n +
                  2 * plan.wakes_n + unwake_n + plan.deletes_n;
    if (argc > ARGUMENTS_MAX)
        return error_set(error, FATAL,
                         "a batch of %zu entries for shard %d is more than Redis takes at once; "
                         "set a lower batch.max",
                         apply->n, (int)apply->shard);
    redis_connection_command(c, argc);
    redis_connection_arg(c, by_name ? STR("EVALSHA") : STR("EVAL"));
    redis_connection_arg(c, str_of(by_name ? redis_connection_script(c) : redis_scripts_apply));
    redis_connection_arg(c, STR("3"));
    redis_connection_arg(c, key_of(port, port->scratch, apply->shard, "state"));
    redis_connection_arg(c, key_of(port, port->scratch, apply->shard, "index"));
    redis_connection_arg(c, key_of(port, port->scratch, apply->shard, "wake"));
    redis_connection_arg_int(c, apply->expected);
    redis_connection_arg_int(c, apply->watermark);
    redis_connection_arg_int(c, apply->now);
    redis_connection_arg(c, apply->clear ? STR("1") : STR("0"));
    redis_connection_arg_int(c, (int64_t)(2 * plan.sets_n));
    redis_connection_arg_int(c, (int64_t)(2 * plan.new_n));
    redis_connection_arg_int(c, (int64_t)(2 * plan.wakes_n));
    redis_connection_arg_int(c, (int64_t)unwake_n);
    redis_connection_arg_int(c, (int64_t)plan.deletes_n);
    write_arguments(c, &plan);
    return OK;
}

static ms_t score_of(const redisReply *reply)
{
    return reply->len ? (ms_t)strtod(reply->str, NULL) : TIME_NONE;
}

static enum result read_apply(struct redis_port *port, struct store_apply *apply,
                              const redisReply *reply, struct error *error)
{
    enum result result = redis_connection_answer(port->connection, reply, REDIS_REPLY_ARRAY, error);
    if (result) return result;
    apply->applied = reply->element[0]->integer == 1;
    apply->wake_at = score_of(reply->element[1]);
    return OK;
}

/* One more exchange for the shards whose script was not known: nothing of theirs was done. */
static enum result apply_unknown(struct redis_port *port, struct store_apply *applies, size_t n,
                                 redisReply **replies, struct error *error)
{
    size_t again_n = 0;
    redisReply **again;
    enum result result = OK;
    for (size_t i = 0; i < n; i++) {
        if (replies[i]->type != REDIS_REPLY_ERROR || strncmp(replies[i]->str, "NOSCRIPT", 8) != 0)
            continue;
        result = write_apply(port, &applies[i], false, error);
        if (result) return result;
        again_n++;
    }
    if (!again_n) return OK;
    result = redis_connection_exchange(port->connection, port->scratch, &again, &again_n, error);
    if (result) return result;
    for (size_t i = 0; i < n; i++)
        if (replies[i]->type == REDIS_REPLY_ERROR && strncmp(replies[i]->str, "NOSCRIPT", 8) == 0)
            replies[i] = *again++;
    return OK;
}

static enum result apply(void *self, struct store_apply *applies, size_t n, struct error *error)
{
    struct redis_port *port = self;
    redisReply **replies;
    size_t replies_n;
    enum result result = redis_connection_ensure(port->connection, error);
    if (result || !n) return result;
    arena_reset(port->scratch, SCRATCH_KEEP_BYTES);
    for (size_t i = 0; i < n && result == OK; i++)
        result = write_apply(port, &applies[i], true, error);
    if (result) return result;
    result =
        redis_connection_exchange(port->connection, port->scratch, &replies, &replies_n, error);
    if (result == OK) result = apply_unknown(port, applies, n, replies, error);
    for (size_t i = 0; i < n && result == OK; i++)
        result = read_apply(port, &applies[i], replies[i], error);
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
        keys[i] = value_of(replies[0]->element[2 * i]);
        wake_at[i] = score_of(replies[0]->element[2 * i + 1]);
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
            keys[(*n)++] = value_of(replies[i]->element[k]);
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
            if (*at == '{' || *at == '}')
                buf_printf(&out, "%%%02X", *at);
            else
                buf_char(&out, *at);
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
    port->connection = connection;
    port->prefix = make_prefix(config);
    port->scratch = arena_new();
    port->port = (struct store_port){port, load, apply, due, entries};
    return &port->port;
}

void redis_port_free(struct store_port *store)
{
    if (!store) return;
    struct redis_port *port = store->self;
    redis_connection_free(port->connection);
    arena_free(port->scratch);
    free((char *)port->prefix.p);
    free(port);
}
