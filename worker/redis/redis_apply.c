/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The port's apply: a transaction of Redis (MULTI … EXEC) for the shards of a batch, under WATCH of
 * their keys. First their checkpoints are read, and then only those shards are written whose
 * checkpoint is the expected one; when anything has touched a key between the two, Redis does none
 * of it, and it is begun again. No value goes through Lua, which would copy and hash each of them:
 * that was half of what Redis had to do. A shard with more writes than a transaction takes goes in
 * pieces, of which the last alone moves the checkpoint.
 */
#include <assert.h>

#include "common/hash.h"
#include "redis_port_private.h"
#include "redis_scripts.h"

/* Of one transaction, so that it does not hold up others: of a shard's piece, and where no further
 * shard joins it. */
#define ARGUMENTS_MAX ((size_t)100000)
#define ARGUMENTS_FULL ((size_t)20000)
#define DELETES 3    /* commands that have the key of what is deleted */
#define TRIES_MAX 10 /* of one transaction, while others touch its keys */
#define SCRATCH_KEEP_BYTES ((size_t)4 * 1024 * 1024)

/* The writes of one shard sorted by what has to be done; the last of two writes to a key counts. */
struct plan {
    const struct store_write **sets;
    size_t sets_n;
    const struct store_write **deletes;
    size_t deletes_n;
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
    }
}

/* An apply, or a piece of a large one. */
struct piece {
    struct store_apply *apply;
    struct plan plan;
    size_t new_n, wakes_n; /* of the sets: keys for the index, keys with a wake time */
    size_t arguments;
    bool first, last;
    bool fits;  /* the checkpoint is the expected one */
    ms_t stamp; /* that stands beside it now */
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

/* As many writes as fit into the piece, from the head of `rest`, which loses them. */
static void cut(struct plan *rest, struct piece *piece)
{
    struct plan *plan = &piece->plan;
    *plan = (struct plan){.sets = rest->sets, .deletes = rest->deletes};
    while (plan->sets_n < rest->sets_n && piece->arguments < ARGUMENTS_MAX) {
        const struct store_write *w = plan->sets[plan->sets_n++];
        piece->arguments += arguments_of(w);
        piece->new_n += !w->stored;
        piece->wakes_n += w->wake_at != TIME_NONE;
    }
    while (plan->deletes_n < rest->deletes_n && piece->arguments < ARGUMENTS_MAX) {
        plan->deletes_n++;
        piece->arguments += DELETES;
    }
    rest->sets += plan->sets_n;
    rest->sets_n -= plan->sets_n;
    rest->deletes += plan->deletes_n;
    rest->deletes_n -= plan->deletes_n;
}

static void add_pieces(struct arena *arena, struct pieces *pieces, struct store_apply *apply)
{
    struct plan rest;
    bool first = true;
    make_plan(arena, apply, &rest);
    do {
        struct piece *piece = ARENA_PUSH(arena, pieces->items, pieces->n, pieces->cap);
        *piece = (struct piece){.apply = apply, .first = first};
        cut(&rest, piece);
        piece->last = !rest.sets_n && !rest.deletes_n;
        first = false;
    } while (rest.sets_n || rest.deletes_n);
}

/* ---- what stands there ---- */

#define READS 5

static struct str key_of(struct redis_port *port, const struct piece *piece, const char *what)
{
    return redis_port_key(port, port->writer.scratch, piece->apply->shard, what);
}

static void command(struct redis_port *port, const struct piece *piece, const char *name,
                    const char *what, size_t argc)
{
    redis_connection_command(port->writer.connection, argc);
    redis_connection_arg(port->writer.connection, str_of(name));
    redis_connection_arg(port->writer.connection, key_of(port, piece, what));
}

static void write_reads(struct redis_port *port, const struct piece *piece)
{
    struct redis_connection *c = port->writer.connection;
    command(port, piece, "HGET", "state", 3);
    redis_connection_arg(c, REDIS_PORT_CHECKPOINT);
    command(port, piece, "HLEN", "state", 2);
    command(port, piece, "ZCARD", "index", 2);
    command(port, piece, "ZCARD", "wake", 2);
    command(port, piece, "ZRANGE", "wake", 5);
    redis_connection_arg(c, STR("0"));
    redis_connection_arg(c, STR("0"));
    redis_connection_arg(c, STR("WITHSCORES"));
}

/* What becomes of a piece is known from here on, but whether it can be written. */
static enum result read_reads(struct redis_port *port, struct piece *piece, redisReply **replies,
                              struct error *error)
{
    static const int types[] = {REDIS_REPLY_INTEGER, REDIS_REPLY_INTEGER, REDIS_REPLY_INTEGER,
                                REDIS_REPLY_ARRAY};
    struct redis_connection *c = port->writer.connection;
    struct store_apply *apply = piece->apply;
    enum result result = replies[0]->type == REDIS_REPLY_NIL
                             ? OK
                             : redis_connection_answer(c, replies[0], REDIS_REPLY_STRING, error);
    for (size_t i = 1; i < READS && result == OK; i++)
        result = redis_connection_answer(c, replies[i], types[i - 1], error);
    if (result) return result;
    struct redis_mark mark;
    redis_port_mark(&mark, redis_port_value(replies[0]), replies[1]->integer, replies[2]->integer,
                    replies[3]->integer);
    piece->fits = mark.offset == apply->expected;
    piece->stamp = mark.stamp;
    /* Else an answer was lost and the call is made again, or another restored up to there too. */
    apply->applied = piece->fits || mark.offset == apply->checkpoint;
    apply->wake_at =
        replies[4]->elements == 2 ? redis_port_score(replies[4]->element[1]) : TIME_NONE;
    return OK;
}

/* MULTI is answered before anything is written behind it: were it refused, what follows would be
 * done at once, whatever the checkpoint is. */
static enum result begin(struct redis_port *port, struct piece *pieces, size_t n,
                         struct error *error)
{
    struct redis_connection *c = port->writer.connection;
    redisReply **replies;
    size_t replies_n;
    redis_connection_command(c, 1 + 3 * n);
    redis_connection_arg(c, STR("WATCH"));
    for (size_t i = 0; i < n; i++) {
        redis_connection_arg(c, key_of(port, &pieces[i], "state"));
        redis_connection_arg(c, key_of(port, &pieces[i], "index"));
        redis_connection_arg(c, key_of(port, &pieces[i], "wake"));
    }
    for (size_t i = 0; i < n; i++) write_reads(port, &pieces[i]);
    redis_connection_command(c, 1);
    redis_connection_arg(c, STR("MULTI"));
    enum result result =
        redis_connection_exchange(c, port->writer.scratch, &replies, &replies_n, error);
    if (result) return result;
    result = redis_connection_answer(c, replies[0], REDIS_REPLY_STATUS, error);
    for (size_t i = 0; i < n && result == OK; i++)
        result = read_reads(port, &pieces[i], &replies[1 + READS * i], error);
    if (result == OK)
        result = redis_connection_answer(c, replies[replies_n - 1], REDIS_REPLY_STATUS, error);
    /* Or it would be in the transaction still. */
    if (result) redis_connection_renew(c, true);
    return result;
}

/* ---- what is written ---- */

static void write_wakes(struct redis_port *port, const struct piece *piece)
{
    struct redis_connection *c = port->writer.connection;
    const struct plan *plan = &piece->plan;
    size_t unwake_n = plan->sets_n - piece->wakes_n;
    if (piece->wakes_n) command(port, piece, "ZADD", "wake", 2 + 2 * piece->wakes_n);
    for (size_t i = 0; i < plan->sets_n; i++) {
        if (plan->sets[i]->wake_at == TIME_NONE) continue;
        redis_connection_arg_int(c, plan->sets[i]->wake_at);
        redis_connection_arg(c, plan->sets[i]->key);
    }
    if (unwake_n) command(port, piece, "ZREM", "wake", 2 + unwake_n);
    for (size_t i = 0; i < plan->sets_n; i++)
        if (plan->sets[i]->wake_at == TIME_NONE) redis_connection_arg(c, plan->sets[i]->key);
}

static void write_sets(struct redis_port *port, const struct piece *piece)
{
    struct redis_connection *c = port->writer.connection;
    const struct plan *plan = &piece->plan;
    if (plan->sets_n) command(port, piece, "HSET", "state", 2 + 2 * plan->sets_n);
    for (size_t i = 0; i < plan->sets_n; i++) {
        redis_connection_arg(c, plan->sets[i]->key);
        redis_connection_arg(c, plan->sets[i]->value);
    }
    if (piece->new_n) command(port, piece, "ZADD", "index", 2 + 2 * piece->new_n);
    for (size_t i = 0; i < plan->sets_n; i++) {
        if (plan->sets[i]->stored) continue;
        redis_connection_arg(c, STR("0"));
        redis_connection_arg(c, plan->sets[i]->key);
    }
    write_wakes(port, piece);
}

static void write_deletes(struct redis_port *port, const struct piece *piece)
{
    static const char *const commands[DELETES][2] = {
        {"HDEL", "state"}, {"ZREM", "index"}, {"ZREM", "wake"}};
    const struct plan *plan = &piece->plan;
    for (size_t i = 0; i < DELETES && plan->deletes_n; i++) {
        command(port, piece, commands[i][0], commands[i][1], 2 + plan->deletes_n);
        for (size_t k = 0; k < plan->deletes_n; k++)
            redis_connection_arg(port->writer.connection, plan->deletes[k]->key);
    }
}

/* The script counts the wake times, which is known only when all is written. A piece that is not
 * the last leaves checkpoint and stamp as they are. */
static void write_checkpoint(struct redis_port *port, const struct piece *piece)
{
    struct redis_connection *c = port->writer.connection;
    const struct store_apply *apply = piece->apply;
    redis_connection_command(c, 3 + 3 + 3);
    redis_connection_arg(c, STR("EVAL"));
    redis_connection_arg(c, str_of(redis_scripts_checkpoint));
    redis_connection_arg(c, STR("3"));
    redis_connection_arg(c, key_of(port, piece, "state"));
    redis_connection_arg(c, key_of(port, piece, "index"));
    redis_connection_arg(c, key_of(port, piece, "wake"));
    redis_connection_arg_int(c, piece->last ? apply->checkpoint : apply->expected);
    redis_connection_arg_int(c, piece->last ? apply->stamp : piece->stamp);
    redis_connection_arg(c, apply->cluster.p ? apply->cluster : STR(""));
}

static void write_piece(struct redis_port *port, const struct piece *piece)
{
    if (piece->apply->clear && piece->first) {
        command(port, piece, "UNLINK", "state", 4);
        redis_connection_arg(port->writer.connection, key_of(port, piece, "index"));
        redis_connection_arg(port->writer.connection, key_of(port, piece, "wake"));
    }
    write_sets(port, piece);
    write_deletes(port, piece);
    write_checkpoint(port, piece);
}

/* ---- the transaction ---- */

/* The answers of EXEC: of each piece that fits those of its writes, which are numbers, and then the
 * script's, which is a string. */
static enum result read_done(struct redis_port *port, struct piece *pieces, size_t n,
                             const redisReply *done, struct error *error)
{
    struct redis_connection *c = port->writer.connection;
    size_t at = 0;
    for (size_t i = 0; i < done->elements; i++)
        if (done->element[i]->type == REDIS_REPLY_ERROR)
            return redis_connection_answer(c, done->element[i], REDIS_REPLY_INTEGER, error);
    for (size_t i = 0; i < n; i++) {
        if (!pieces[i].fits) continue;
        while (at < done->elements && done->element[at]->type != REDIS_REPLY_STRING) at++;
        assert(at < done->elements);
        pieces[i].apply->wake_at = redis_port_score(done->element[at++]);
    }
    return OK;
}

/* What a command was refused for when it was queued is the reason why EXEC is. */
static enum result finish(struct redis_port *port, struct piece *pieces, size_t n, bool *done,
                          struct error *error)
{
    struct redis_connection *c = port->writer.connection;
    redisReply **replies;
    size_t replies_n;
    for (size_t i = 0; i < n; i++)
        if (pieces[i].fits) write_piece(port, &pieces[i]);
    redis_connection_command(c, 1);
    redis_connection_arg(c, STR("EXEC"));
    enum result result =
        redis_connection_exchange(c, port->writer.scratch, &replies, &replies_n, error);
    for (size_t i = 0; i + 1 < replies_n && result == OK; i++)
        result = redis_connection_answer(c, replies[i], REDIS_REPLY_STATUS, error);
    if (result) return result;
    const redisReply *exec = replies[replies_n - 1];
    *done = exec->type != REDIS_REPLY_NIL;
    if (!*done) return OK;
    result = redis_connection_answer(c, exec, REDIS_REPLY_ARRAY, error);
    return result == OK ? read_done(port, pieces, n, exec, error) : result;
}

/* Nothing connects anew between WATCH and EXEC: a connection that breaks there fails the apply. */
static enum result transact(struct redis_port *port, struct piece *pieces, size_t n,
                            struct error *error)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        bool done = false;
        enum result result = begin(port, pieces, n, error);
        if (result == OK) result = finish(port, pieces, n, &done, error);
        if (result || done) return result;
    }
    return error_set(error, RETRY, "others write to the worker's keys in Redis at %s all the time",
                     redis_connection_name(port->writer.connection));
}

/* How many pieces from the first on go together: of several shards, or a further one of one. */
static size_t together(const struct piece *pieces, size_t n)
{
    size_t arguments = pieces[0].arguments, count = 1;
    while (pieces[0].first && count < n && pieces[count].first && arguments < ARGUMENTS_FULL)
        arguments += pieces[count++].arguments;
    return count;
}

/* Nothing to write: whether the connection is let in, which is known from the first answer on. */
static enum result try_out(struct redis_port *port, struct error *error)
{
    struct redis_connection *c = port->writer.connection;
    redisReply **replies;
    size_t n;
    redis_connection_command(c, 1);
    redis_connection_arg(c, STR("MULTI"));
    redis_connection_command(c, 1);
    redis_connection_arg(c, STR("EXEC"));
    enum result result = redis_connection_exchange(c, port->writer.scratch, &replies, &n, error);
    if (result == OK) result = redis_connection_answer(c, replies[0], REDIS_REPLY_STATUS, error);
    if (result == OK) result = redis_connection_answer(c, replies[1], REDIS_REPLY_ARRAY, error);
    return result;
}

enum result redis_apply(struct redis_port *port, struct store_apply *applies, size_t n,
                        struct error *error)
{
    struct pieces pieces = {0};
    enum result result = redis_connection_ensure(port->writer.connection, error);
    if (result) return result;
    arena_reset(port->writer.scratch, SCRATCH_KEEP_BYTES);
    if (!n) return try_out(port, error);
    for (size_t i = 0; i < n; i++) add_pieces(port->writer.scratch, &pieces, &applies[i]);
    for (size_t at = 0, count; at < pieces.n && result == OK; at += count) {
        struct piece *piece = &pieces.items[at];
        count = together(piece, pieces.n - at);
        if (piece->first || piece[-1].fits) /* else its shard is done with */
            result = transact(port, piece, count, error);
    }
    return result;
}
