/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One batch from top to bottom. It is made in one go, up to where its transaction is under way;
 * from there on it is in flight, and goes on whenever what it waits for has come:
 *
 *   plan ─► load ─► decide ─► collect ─► begin ─► PREPARING ─► COMMITTING ─► APPLYING ─► OVER
 *     └── records stay in the inbox ──┘  └── they are the batch's, and are released at the end ──┘
 */
#include "batch_private.h"

#include <assert.h>
#include <stdlib.h>

#include "failpoint.h"

#define ARENA_KEEP_BYTES ((size_t)32 * 1024 * 1024)
#define LOOK_MS 1000 /* a longer time between two looks is one in which the process stood still */

struct message *batch_add_message(struct batch *b, struct message_origin origin)
{
    *ARENA_PUSH(b->arena, b->origins, b->origins_n, b->origins_cap) = origin;
    struct message *m = ARENA_PUSH(b->arena, b->messages, b->messages_n, b->messages_cap);
    *m = (struct message){.timestamp = TIME_NONE};
    return m;
}

int32_t batch_partition_of(const struct batch *b, struct str key)
{
    const struct engine_options *options = &b->engine->options;
    return options->partition_of(key, options->partitions);
}

void batch_restart_all(struct batch *b)
{
    for (size_t i = 0; i < b->shards_n; i++) {
        if (batch_holds(&b->shards[i])) shard_restart(b->engine, b->shards[i].shard);
        b->shards[i].dropped = true;
    }
}

void batch_enter(struct batch *b, enum batch_phase phase)
{
    assert(phase > b->phase);
    b->phase = phase;
    b->looked_ms = monotonic(b->engine);
    b->waited_ms = 0;
}

/* ---- life ---- */

struct batch *batch_new(struct engine *engine)
{
    struct batch *b = calloc(1, sizeof *b);
    if (!b) abort();
    *b = (struct batch){.engine = engine, .arena = arena_new()};
    return b;
}

void batch_free(struct batch *b)
{
    if (!b) return;
    arena_free(b->arena);
    free(b);
}

void batch_give_memory_back(struct engine *engine)
{
    assert(!engine->flight);
    arena_reset(engine->spare->arena, 0);
}

static void make_empty(struct batch *b, ms_t now)
{
    arena_reset(b->arena, ARENA_KEEP_BYTES);
    *b = (struct batch){.engine = b->engine, .arena = b->arena, .now = now};
}

/* Its records go back: what was committed of them is done, and the rest comes again. */
static void land(struct batch *b)
{
    struct engine *engine = b->engine;
    assert(engine->flight == b && !engine->spare);
    size_t records = 0;
    for (size_t i = 0; i < b->shards_n; i++) {
        struct batch_shard *bs = &b->shards[i];
        bs->shard->is_in_flight = false;
        records += bs->taken;
        for (size_t k = 0; k < bs->taken; k++)
            engine->input->release(engine->input->self, &bs->records[k]);
        if (bs->pinned) inbox_unpin(engine, bs->pinned);
    }
    engine->flight = NULL;
    plan_note_landed(engine, records, monotonic(engine) - b->began_ms);
    engine->spare = b;
}

void batch_abandon(struct engine *engine)
{
    if (engine->flight) land(engine->flight);
}

/* ---- in flight ---- */

static bool take(struct batch *b, int wait_ms, enum result *result, struct error *error)
{
    struct transaction_port *transaction = b->engine->transaction;
    struct store_port *store = b->engine->store;
    switch (b->phase) {
    case BATCH_PREPARING:
        return transaction->prepare_take(transaction->self, wait_ms, result, error);
    case BATCH_COMMITTING:
        return transaction->commit_take(transaction->self, wait_ms, result, error);
    case BATCH_APPLYING: return store->apply_take(store->self, wait_ms, result, error);
    case BATCH_DECIDED:
    case BATCH_OVER:
    case BATCH_GIVEN_UP: break;
    }
    assert(!"it waits for nothing");
    return false;
}

static enum result go_on(struct batch *b, enum result result, struct error *error)
{
    switch (b->phase) {
    case BATCH_PREPARING: return batch_prepared(b, result, error);
    case BATCH_COMMITTING: return batch_committed(b, result, error);
    default: return batch_applied(b, result, error);
    }
}

/* The libraries' calls can outlast their time-outs; the loop moves on, so the watchdog sees nothing
 * of it. Time in which the whole process stood still does not count. */
static enum result look_at_time(struct batch *b, struct error *error)
{
    int64_t now_ms = monotonic(b->engine), since_ms = now_ms - b->looked_ms;
    int stall_ms = b->engine->options.stall_ms;
    b->looked_ms = now_ms;
    b->waited_ms += since_ms < LOOK_MS ? since_ms : LOOK_MS;
    if (!stall_ms || b->waited_ms < stall_ms) return OK;
    const char *what = b->phase == BATCH_APPLYING     ? "Redis has not taken a batch"
                       : b->phase == BATCH_COMMITTING ? "a transaction has not been committed"
                                                      : "a transaction has not been sent";
    return error_set(
        error, FATAL,
        "%s for %d s (watchdog.timeout.ms): a call of the client library does not come "
        "back. Nothing is lost; start the worker again, which goes on from what is "
        "committed",
        what, stall_ms / 1000);
}

/* The process ends: there is nothing to take any more. */
static enum result give_up(struct batch *b)
{
    b->phase = BATCH_GIVEN_UP;
    return FATAL;
}

enum result batch_advance(struct engine *engine, int wait_ms, struct error *error)
{
    while (engine->flight && engine->flight->phase != BATCH_GIVEN_UP) {
        struct batch *b = engine->flight;
        enum result result = OK;
        if (b->phase != BATCH_OVER) {
            if (!take(b, wait_ms, &result, error)) return look_at_time(b, error);
            result = go_on(b, result, error);
        }
        wait_ms = 0;
        if (result == FATAL) return give_up(b);
        if (b->phase == BATCH_OVER) land(b);
        if (result != OK) return result;
    }
    return OK;
}

/* ---- on the ground ---- */

/* Of a shard of which nothing was taken nothing is written, so what was found out holds at once. */
static void leave_out(struct batch_shard *bs)
{
    bs->shard->owes_ticks = bs->owes_ticks;
    bs->shard->was_cut = bs->was_cut;
}

/* Shards of which nothing was taken, or which are out of the batch, are not written. */
static void leave_out_untaken(struct batch *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->shards_n; i++) {
        struct batch_shard *bs = &b->shards[i];
        if (bs->dropped) continue;
        bool has_changes = bs->taken || bs->ticks_taken;
        for (const struct entry *e = state_first(bs->table); e && !has_changes; e = e->next)
            has_changes = e->dirty;
        if (has_changes)
            b->shards[kept++] = *bs;
        else
            leave_out(bs);
    }
    b->shards_n = kept;
}

/* Nothing was sent and nothing stored: the records are still in the inbox, and are decided again. */
static enum result again(struct batch *b)
{
    b->engine->idle = false;
    return OK;
}

static enum result run(struct batch *b, struct error *error)
{
    enum result result = batch_load(b, error);
    if (result == OK) result = batch_decide(b, error);
    if (result == REJECT) return again(b);
    if (result != OK) {
        batch_restart_all(b);
        return result == ABORT ? OK : result;
    }
    leave_out_untaken(b);
    b->engine->idle = !b->shards_n;
    if (!b->shards_n) return OK;
    result = batch_collect(b, error);
    if (result == REJECT) return again(b);
    if (result == OK) result = batch_begin(b, error);
    if (result == FATAL) return give_up(b);
    return result == OK ? batch_advance(b->engine, 0, error) : result;
}

enum result batch_start(struct engine *engine, ms_t now, struct error *error)
{
    struct batch *b = engine->spare;
    assert(b && !engine->flight);
    make_empty(b, now);
    enum result result = plan_make(engine, b->arena, now, &b->plan, error);
    engine->idle = true;
    if (result != OK || !b->plan.n) return result;
    failpoint("after-poll");
    b->shards = arena_zalloc(b->arena, b->plan.n * sizeof *b->shards);
    b->shards_n = b->plan.n;
    for (size_t i = 0; i < b->plan.n; i++) {
        struct shard *shard = b->plan.shards[i].shard;
        assert(shard->phase == SHARD_ACTIVE && !shard->is_in_flight);
        b->shards[i] = (struct batch_shard){.plan = &b->plan.shards[i],
                                            .shard = shard,
                                            .owes_ticks = shard->owes_ticks,
                                            .was_cut = shard->was_cut};
    }
    return run(b, error);
}
