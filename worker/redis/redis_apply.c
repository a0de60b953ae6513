/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port's apply: the writes of each shard as calls of one script, pipelined. A shard with more
 * writes than a script takes goes in pieces, of which the last alone moves the checkpoint.
 */
#include <assert.h>

#include "common/hash.h"
#include "redis_port_private.h"
#include "redis_scripts.h"

#define ARGUMENTS_MAX ((size_t)100000) /* of one script, so that it does not hold up others */
#define SCRATCH_KEEP_BYTES ((size_t)4 * 1024 * 1024)

/* The writes of one shard sorted by what has to be done; the last of two writes to a key counts. */
struct plan {
    const struct store_write **sets;
    size_t sets_n;
    const struct store_write **deletes;
    size_t deletes_n;
    size_t new_n, wakes_n; /* of the sets: keys for the index, keys with a wake time */
};

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
        size_t at = hash_bytes(HASH_START, w->key) & (slots - 1);
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

/* One script call: an apply, or a piece of a large one. */
struct piece {
    const struct store_apply *apply;
    struct plan plan;
    bool first, last;
};

struct pieces {
    struct piece *items;
    size_t n, cap;
};

static size_t arguments_of(const struct store_write *w)
{
    size_t new = w->stored ? 0 : 2, wake = w->wake_at == TIME_NONE ? 1 : 2;
    return 2 + new + wake;
}

/* As many writes as fit into one script, from the head of `rest`, which loses them. */
static void cut(struct plan *rest, struct plan *plan)
{
    size_t arguments = 0;
    *plan = (struct plan){.sets = rest->sets, .deletes = rest->deletes};
    while (plan->sets_n < rest->sets_n && arguments < ARGUMENTS_MAX) {
        const struct store_write *w = plan->sets[plan->sets_n++];
        arguments += arguments_of(w);
        plan->new_n += !w->stored;
        plan->wakes_n += w->wake_at != TIME_NONE;
    }
    while (plan->deletes_n < rest->deletes_n && arguments < ARGUMENTS_MAX) {
        plan->deletes_n++;
        arguments++;
    }
    rest->sets += plan->sets_n;
    rest->sets_n -= plan->sets_n;
    rest->deletes += plan->deletes_n;
    rest->deletes_n -= plan->deletes_n;
}

static void add_pieces(struct arena *arena, struct pieces *pieces, const struct store_apply *apply)
{
    struct plan rest;
    bool first = true;
    make_plan(arena, apply, &rest);
    do {
        struct piece *piece = ARENA_PUSH(arena, pieces->items, pieces->n, pieces->cap);
        *piece = (struct piece){.apply = apply, .first = first};
        cut(&rest, &piece->plan);
        piece->last = !rest.sets_n && !rest.deletes_n;
        first = false;
    } while (rest.sets_n || rest.deletes_n);
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

/* `by_name`: EVALSHA; else the script itself, for a server that has forgotten it. A piece that is
 * not the last leaves checkpoint and stamp as they are. */
static void write_piece(struct redis_port *port, const struct piece *piece, bool by_name)
{
    struct redis_connection *c = port->writer.connection;
    const struct store_apply *apply = piece->apply;
    const struct plan *plan = &piece->plan;
    size_t unwake_n = plan->sets_n - plan->wakes_n;
    size_t argc = 3 + 3 + REDIS_SCRIPTS_APPLY_FIXED + 2 * plan->sets_n + 2 * plan->new_n +
                  2 * plan->wakes_n + unwake_n + plan->deletes_n;
    redis_connection_command(c, argc);
    redis_connection_arg(c, by_name ? STR("EVALSHA") : STR("EVAL"));
    redis_connection_arg(c, str_of(by_name ? redis_connection_script(c) : redis_scripts_apply));
    redis_connection_arg(c, STR("3"));
    redis_connection_arg(c, redis_port_key(port, port->writer.scratch, apply->shard, "state"));
    redis_connection_arg(c, redis_port_key(port, port->writer.scratch, apply->shard, "index"));
    redis_connection_arg(c, redis_port_key(port, port->writer.scratch, apply->shard, "wake"));
    redis_connection_arg_int(c, apply->expected);
    redis_connection_arg_int(c, piece->last ? apply->checkpoint : apply->expected);
    if (piece->last)
        redis_connection_arg_int(c, apply->stamp);
    else
        redis_connection_arg(c, STR(""));
    redis_connection_arg(c, apply->clear && piece->first ? STR("1") : STR("0"));
    redis_connection_arg(c, apply->cluster.p ? apply->cluster : STR(""));
    redis_connection_arg_int(c, (int64_t)(2 * plan->sets_n));
    redis_connection_arg_int(c, (int64_t)(2 * plan->new_n));
    redis_connection_arg_int(c, (int64_t)(2 * plan->wakes_n));
    redis_connection_arg_int(c, (int64_t)unwake_n);
    redis_connection_arg_int(c, (int64_t)plan->deletes_n);
    write_arguments(c, plan);
}

static enum result read_apply(struct redis_port *port, struct store_apply *apply,
                              const redisReply *reply, struct error *error)
{
    enum result result =
        redis_connection_answer(port->writer.connection, reply, REDIS_REPLY_ARRAY, error);
    if (result) return result;
    apply->applied = reply->element[0]->integer == 1;
    apply->wake_at = redis_port_score(reply->element[1]);
    return OK;
}

static bool is_unknown_script(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0;
}

/* One more exchange for the shards whose script was not known: nothing of theirs was done. */
static enum result apply_unknown(struct redis_port *port, const struct pieces *pieces,
                                 redisReply **replies, struct error *error)
{
    size_t again_n = 0;
    redisReply **again;
    for (size_t i = 0; i < pieces->n; i++) {
        if (!is_unknown_script(replies[i])) continue;
        write_piece(port, &pieces->items[i], false);
        again_n++;
    }
    if (!again_n) return OK;
    enum result result = redis_connection_exchange(port->writer.connection, port->writer.scratch,
                                                   &again, &again_n, error);
    if (result) return result;
    for (size_t i = 0; i < pieces->n; i++)
        if (is_unknown_script(replies[i])) replies[i] = *again++;
    return OK;
}

/* The pieces of one shard go by the script itself: were they called by name, another client could
 * teach the server that name between two of them, and the first alone would be missing. */
static bool goes_by_name(const struct piece *piece)
{
    return piece->first && piece->last;
}

enum result redis_apply(struct redis_port *port, struct store_apply *applies, size_t n,
                        struct error *error)
{
    redisReply **replies;
    size_t replies_n;
    struct pieces pieces = {0};
    enum result result = redis_connection_ensure(port->writer.connection, error);
    if (result || !n) return result;
    arena_reset(port->writer.scratch, SCRATCH_KEEP_BYTES);
    for (size_t i = 0; i < n; i++) add_pieces(port->writer.scratch, &pieces, &applies[i]);
    for (size_t i = 0; i < pieces.n; i++)
        write_piece(port, &pieces.items[i], goes_by_name(&pieces.items[i]));
    result = redis_connection_exchange(port->writer.connection, port->writer.scratch, &replies,
                                       &replies_n, error);
    if (result == OK) result = apply_unknown(port, &pieces, replies, error);
    size_t at = 0;
    for (size_t i = 0; i < pieces.n && result == OK; i++) {
        result = read_apply(port, &applies[at], replies[i], error);
        at += pieces.items[i].last;
    }
    assert(result != OK || at == n); /* each shard has its answer */
    return result;
}
