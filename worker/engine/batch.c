/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One batch from top to bottom. It is made in one go, up to where nothing of it is sent yet; from
 * there on it goes on whenever what it waits for has come, with one batch at each stage:
 *
 *                                     ahead       flight                       applying
 *   plan ─► load ─► decide ─► collect ─► DECIDED ─► PREPARING ─► COMMITTING ─► COMMITTED ─► APPLYING
 *     └── records stay in the inbox ──┘  └── they are the batch's ──┘           └ its writes alone ┘
 */
#include "batch_private.h"

#include <assert.h>
#include <stdlib.h>

#include "failpoint.h"

#define ARENA_KEEP_BYTES ((size_t)32 * 1024 * 1024)
#define KEPT_KEEP_BYTES ((size_t)16 * 1024 * 1024)
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

#define MESSAGES_OF_A_RECORD 3 /* mostly: the event of a task, its finding, its incident */

/* Room for what the planned records are likely to need: arrays that grow leave behind as much again. */
static void make_room(struct batch *b)
{
    size_t records = 0;
    for (size_t i = 0; i < b->plan.n; i++) records += b->plan.shards[i].records_n;
    b->messages_cap = b->origins_cap = MESSAGES_OF_A_RECORD * records + b->plan.n;
    b->messages = arena_alloc(b->arena, b->messages_cap * sizeof *b->messages);
    b->origins = arena_alloc(b->arena, b->origins_cap * sizeof *b->origins);
}

/* ---- life ---- */

struct batch *batch_new(struct engine *engine)
{
    struct batch *b = calloc(1, sizeof *b);
    if (!b) abort();
    *b = (struct batch){.engine = engine, .arena = arena_new(), .kept = arena_new()};
    return b;
}

void batch_free(struct batch *b)
{
    if (!b) return;
    arena_free(b->arena);
    arena_free(b->kept);
    free(b);
}

void batch_give_memory_back(struct engine *engine)
{
    assert(!batch_is_under_way(engine));
    for (size_t i = 0; i < engine->spares_n; i++) {
        arena_reset(engine->spares[i]->arena, 0);
        arena_reset(engine->spares[i]->kept, 0);
    }
    arena_reset(engine->spare_writes->kept, 0);
}

static void make_empty(struct batch *b, ms_t now)
{
    arena_reset(b->arena, ARENA_KEEP_BYTES);
    arena_reset(b->kept, KEPT_KEEP_BYTES);
    *b = (struct batch){.engine = b->engine,
                        .work = b->engine->arena,
                        .arena = b->arena,
                        .kept = b->kept,
                        .now = now};
}

/* The batch of a stage is over. */
static void land(struct batch **stage)
{
    struct batch *b = *stage;
    struct engine *engine = b->engine;
    size_t records = 0;
    for (size_t i = 0; i < b->shards_n; i++) {
        struct batch_shard *bs = &b->shards[i];
        bs->shard->in_flight--;
        records += bs->taken;
        for (size_t k = 0; k < bs->taken; k++)
            if (batch_is_sent_whole(&bs->items[k]))
                engine->input->release(engine->input->self, &bs->records[k]);
    }
    if (stage == &engine->flight)
        plan_note_landed(engine, records, monotonic(engine) - b->began_ms);
    if (stage == &engine->applying)
        engine->spare_writes = b;
    else
        engine->spares[engine->spares_n++] = b;
    *stage = NULL;
}

bool batch_is_under_way(const struct engine *engine)
{
    return engine->ahead || engine->flight || engine->applying;
}

void batch_drop_ahead(struct engine *engine)
{
    if (!engine->ahead) return;
    batch_go_back(engine->ahead);
    batch_restart_all(engine->ahead);
    land(&engine->ahead);
}

void batch_abandon(struct engine *engine)
{
    if (engine->ahead) land(&engine->ahead);
    if (engine->flight) land(&engine->flight);
    if (engine->applying) land(&engine->applying);
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
    case BATCH_COMMITTED:
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

/* The batch of a stage goes on if what it waits for has come. */
static enum result go_on_at(struct batch **stage, int wait_ms, bool *moved, struct error *error)
{
    struct batch *b = *stage;
    enum result result = OK;
    if (b->phase != BATCH_OVER) {
        if (!take(b, wait_ms, &result, error)) return look_at_time(b, error);
        result = go_on(b, result, error);
    }
    *moved = true;
    if (result == FATAL) return give_up(b);
    if (b->phase == BATCH_OVER) land(stage);
    return result;
}

/* Whether it can still be committed: a shard that begins again takes what was decided with it. */
static bool is_good(const struct engine *engine, const struct batch *b)
{
    bool good = !engine->membership.store_down;
    for (size_t i = 0; i < b->shards_n; i++) good &= batch_holds(&b->shards[i]);
    return good;
}

/* What is committed: the store needs its writes, and so does the next batch until the store has
 * taken them. All else of it goes, which is most of its memory. */
static void hand_to_store(struct engine *engine)
{
    struct batch *from = engine->flight, *to = engine->spare_writes;
    make_empty(to, from->now);
    struct arena *kept = from->kept;
    from->kept = to->kept;
    to->kept = kept;
    to->shards = arena_alloc(kept, from->shards_n * sizeof *to->shards);
    to->shards_n = from->shards_n;
    for (size_t i = 0; i < from->shards_n; i++) {
        const struct batch_shard *bs = &from->shards[i];
        to->shards[i] = (struct batch_shard){
            .shard = bs->shard, .apply = bs->apply, .index = bs->index, .dropped = bs->dropped};
        bs->shard->in_flight++;
    }
    batch_enter(to, BATCH_COMMITTED);
    engine->spare_writes = NULL;
    engine->applying = to;
    land(&engine->flight);
}

/* Each batch enters the stage that follows its own, if that is free. */
static enum result move_up(struct engine *engine, bool *moved, struct error *error)
{
    if (engine->flight && engine->flight->phase == BATCH_COMMITTED && !engine->applying) {
        hand_to_store(engine);
        *moved = true;
    }
    if (engine->ahead && !is_good(engine, engine->ahead)) batch_drop_ahead(engine);
    if (!engine->ahead || engine->flight) return OK;
    engine->flight = engine->ahead;
    engine->ahead = NULL;
    *moved = true;
    enum result result = batch_begin(engine->flight, error);
    return result == FATAL ? give_up(engine->flight) : result;
}

/* Not given up: then it is the threads' that are at work on it. */
static bool is_at_work(const struct batch *b)
{
    return b && b->phase != BATCH_GIVEN_UP;
}

/* The store serves one after the other, so this comes behind what the next batch loads. True: it
 * has begun just now. */
static bool begin_apply(struct engine *engine)
{
    if (!engine->applying || engine->applying->phase != BATCH_COMMITTED) return false;
    batch_apply(engine->applying);
    return true;
}

enum result batch_apply_committed(struct engine *engine, struct error *error)
{
    bool moved = false;
    return begin_apply(engine) ? go_on_at(&engine->applying, 0, &moved, error) : OK;
}

/* What one waits for is the transaction, if there is one: it holds up the most. */
enum result batch_advance(struct engine *engine, int wait_ms, struct error *error)
{
    enum result result = OK;
    begin_apply(engine);
    for (bool moved = true; moved && result == OK; wait_ms = 0) {
        moved = false;
        bool in_kafka = is_at_work(engine->flight) && engine->flight->phase != BATCH_COMMITTED;
        if (is_at_work(engine->applying) && engine->applying->phase != BATCH_COMMITTED)
            result = go_on_at(&engine->applying, in_kafka ? 0 : wait_ms, &moved, error);
        if (result == OK && in_kafka)
            result = go_on_at(&engine->flight, moved ? 0 : wait_ms, &moved, error);
        if (result == OK) result = move_up(engine, &moved, error);
    }
    return result;
}

/* ---- on the ground ---- */

/* Of a shard of which nothing was taken nothing is written, so what was found out holds at once. */
static void leave_out(struct batch_shard *bs)
{
    bs->shard->owes_ticks = bs->owes_ticks;
    bs->shard->was_cut = bs->was_cut;
}

static bool has_changes(const struct batch_shard *bs)
{
    return bs->taken || bs->ticks_taken || state_first_to_write(bs->table);
}

/* Shards of which nothing was taken, or which are out of the batch, are not written. */
static void leave_out_untaken(struct batch *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->shards_n; i++) {
        struct batch_shard *bs = &b->shards[i];
        if (bs->dropped) continue;
        if (has_changes(bs))
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

/* Up to where nothing of it is sent yet. */
static enum result make(struct batch *b, struct error *error)
{
    enum result result = batch_load(b, error);
    if (result == OK) begin_apply(b->engine);
    if (result == OK) result = batch_decide(b, error);
    if (result != OK) return result;
    leave_out_untaken(b);
    return batch_collect(b, error);
}

static enum result run(struct batch *b, struct error *error)
{
    enum result result = make(b, error);
    if (result == REJECT) return again(b);
    if (result != OK) {
        batch_restart_all(b);
        return result == ABORT ? OK : result;
    }
    b->engine->idle = !b->shards_n;
    if (!b->shards_n) return OK;
    batch_take_off(b);
    return batch_advance(b->engine, 0, error);
}

enum result batch_start(struct engine *engine, ms_t now, struct error *error)
{
    assert(engine->spares_n && !engine->ahead);
    struct batch *b = engine->spares[engine->spares_n - 1];
    make_empty(b, now);
    enum result result = plan_make(engine, b->arena, now, &b->plan, error);
    engine->idle = true;
    if (result != OK || !b->plan.n) return result;
    failpoint("after-poll");
    make_room(b);
    b->shards = arena_zalloc(b->arena, b->plan.n * sizeof *b->shards);
    b->shards_n = b->plan.n;
    for (size_t i = 0; i < b->plan.n; i++) {
        struct shard *shard = b->plan.shards[i].shard;
        assert(shard->phase == SHARD_ACTIVE);
        b->shards[i] = (struct batch_shard){.plan = &b->plan.shards[i],
                                            .shard = shard,
                                            .owes_ticks = shard->owes_ticks,
                                            .was_cut = shard->was_cut};
    }
    return run(b, error);
}
