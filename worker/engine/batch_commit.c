/* SPDX-License-Identifier: Apache-2.0 */
/* One transaction of Kafka: begun, under way while the loop goes on, and committed or undone. */
#include <assert.h>

#include "batch_private.h"
#include "common/log.h"
#include "failpoint.h"
#include "overlay.h"

/* ---- begin ---- */

static enum result produce_all(struct batch *b, struct error *error)
{
    struct transaction_port *transaction = b->engine->transaction;
    enum result result = transaction->begin(transaction->self, error);
    for (size_t i = 0; i < b->messages_n && result == OK; i++)
        result = transaction->produce(transaction->self, &b->messages[i], error);
    return result;
}

/*
 * The positions of a shard that its transaction commits. Each costs the brokers a record, so only
 * those that have moved go, after all have gone once since the shard began. One goes in any case: a
 * transaction without a position proves neither that the shard is ours nor how many batches there
 * were.
 */
static size_t add_positions(const struct batch_shard *bs, struct position *positions)
{
    const struct shard *shard = bs->shard;
    size_t n = 0;
    for (int t = 0; t < INPUTS; t++) {
        bool has_moved = bs->next[t] != bs->before.next[t];
        if (has_moved || !shard->are_positions_committed)
            positions[n++] = (struct position){input_topic(t), shard->id, bs->next[t]};
    }
    if (!n) positions[n++] = (struct position){input_topic(0), shard->id, bs->next[0]};
    return n;
}

static void prepare(struct batch *b)
{
    struct engine *engine = b->engine;
    struct position *positions = arena_alloc(b->arena, b->shards_n * INPUTS * sizeof *positions);
    size_t n = 0;
    b->commits = arena_alloc(b->arena, b->shards_n * sizeof *b->commits);
    for (size_t i = 0; i < b->shards_n; i++) {
        const struct batch_shard *bs = &b->shards[i];
        b->commits[i] = (struct shard_commit){.shard = bs->shard->id,
                                              .batch = bs->batch,
                                              .checkpoint = bs->apply.expected,
                                              .state_end = -1};
        n += add_positions(bs, positions + n);
    }
    metrics_wait(engine->metrics, WAIT_TRANSACTION, "waiting for Kafka: committing a transaction");
    engine->transaction->prepare_start(engine->transaction->self, positions, n, b->commits,
                                       b->shards_n);
    batch_enter(b, BATCH_PREPARING);
}

/* ---- undo ---- */

static size_t records_taken(const struct batch *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->shards_n; i++) n += b->shards[i].taken;
    return n;
}

/* Perhaps it was more than the brokers take in time, so the next one is half as large. */
static void take_less(struct batch *b)
{
    size_t half = records_taken(b) / 2;
    b->engine->take_max = half ? half : 1;
}

/* The transaction did not go through: what has to happen before the next one. */
static enum result undo(struct batch *b, enum result result, struct error *error)
{
    struct engine *engine = b->engine;
    struct transaction_port *transaction = engine->transaction;
    struct transaction_refusal refusal = {0};
    struct error why = *error;
    if (result == FATAL) return FATAL;
    if (result == ABORT) refusal = *transaction->refusal(transaction->self);
    if (refusal.kind != REFUSAL_CONDITION)
        log_warn("a transaction was aborted; returning to the committed state",
                 LOG_TEXT("reason", error->text));
    metrics_add(engine->metrics, METRIC_ABORTS, 1);
    batch_drop_ahead(engine); /* it was decided behind this one */
    batch_go_back(b);
    batch_restart_all(b);
    if (refusal.kind == REFUSAL_NONE) take_less(b);
    const char *what = "waiting for Kafka: aborting a transaction";
    const char *before = metrics_wait(engine->metrics, WAIT_CALL, what);
    if (result == ABORT) result = transaction->abort(transaction->self, error);
    /* Also after an abort that went well: what the producer believes of its partitions may be what
     * was wrong. */
    if (result != FATAL) result = transaction->recover(transaction->self, error);
    metrics_wait(engine->metrics, WAIT_CALL, before);
    if (result == FATAL) return FATAL;
    batch_enter(b, BATCH_OVER);
    *error = why;
    return batch_refused(b, &refusal, error);
}

enum result batch_begin(struct batch *b, struct error *error)
{
    struct engine *engine = b->engine;
    assert(engine->flight == b && b->phase == BATCH_DECIDED);
    for (size_t i = 0; i < b->shards_n; i++)
        b->shards[i].apply.expected = overlay_checkpoint(engine, b->shards[i].shard);
    b->began_ms = monotonic(engine);
    metrics_wait(engine->metrics, WAIT_CALL, "waiting for Kafka: producing a transaction");
    enum result result = produce_all(b, error);
    metrics_wait(engine->metrics, WAIT_CALL, NULL);
    failpoint("before-commit");
    if (result != OK) return undo(b, result, error);
    prepare(b);
    return OK;
}

enum result batch_prepared(struct batch *b, enum result result, struct error *error)
{
    struct engine *engine = b->engine;
    assert(b->phase == BATCH_PREPARING);
    if (result != OK) {
        metrics_wait(engine->metrics, WAIT_TRANSACTION, NULL);
        return undo(b, result, error);
    }
    for (size_t i = 0; i < b->shards_n; i++)
        assert(b->commits[i].state_end > b->commits[i].checkpoint);
    failpoint("prepared");
    engine->transaction->commit_start(engine->transaction->self);
    batch_enter(b, BATCH_COMMITTING);
    return OK;
}

/* ---- committed ---- */

static void count_refused(const struct batch *b, const struct item *item)
{
    const struct record *record = item->record;
    struct engine *engine = b->engine;
    batch_forget_oversized(b, record);
    metrics_refused(engine->metrics, item->refused.code);
    log_warn("record refused", LOG_STR("topic", engine->options.topic_names[record->topic]),
             LOG_INT("partition", record->partition), LOG_INT("offset", record->offset),
             LOG_STR("code", refusal_name(item->refused.code)));
}

static void count_output(struct engine *engine, const struct metrics_output *output)
{
    metrics_output(engine->metrics, output);
    if (output->type == OUTPUT_DIGEST)
        metrics_digest(engine->metrics, engine->clock->now(engine->clock->self) - output->at);
}

static void count_shard(const struct batch *b, const struct batch_shard *bs)
{
    struct engine *engine = b->engine;
    ms_t now = engine->clock->now(engine->clock->self);
    metrics_add(engine->metrics, METRIC_TICKS, bs->ticks_taken);
    for (size_t k = 0; k < bs->taken; k++) {
        const struct record *record = &bs->records[k];
        metrics_consumed(engine->metrics, record->topic, now - record_time(record, now));
    }
}

static void count_committed(const struct batch *b)
{
    struct engine *engine = b->engine;
    metrics_add(engine->metrics, METRIC_BATCHES, 1);
    metrics_commit(engine->metrics, monotonic(engine) - b->began_ms);
    for (size_t i = 0; i < b->outputs_n; i++) count_output(engine, &b->outputs[i]);
    for (size_t i = 0; i < b->messages_n; i++) {
        const struct item *item = b->origins[i].item;
        if (b->messages[i].topic == TOPIC_DEAD_LETTERS) count_refused(b, item);
        if (item && item->fate == ITEM_FORWARD) metrics_add(engine->metrics, METRIC_FORWARDED, 1);
    }
    for (size_t i = 0; i < b->shards_n; i++) count_shard(b, &b->shards[i]);
}

/* What was cut tells how much fits; what was not may grow. */
static void set_next_size(struct batch *b)
{
    struct engine *engine = b->engine;
    size_t most = (size_t)engine->options.batch_max, base = engine->take_max;
    if (b->large) base = records_taken(b);
    engine->take_max = base < 8 ? 16 : base * 2;
    if (engine->take_max > most) engine->take_max = most;
}

enum result batch_committed(struct batch *b, enum result result, struct error *error)
{
    struct engine *engine = b->engine;
    assert(b->phase == BATCH_COMMITTING);
    metrics_wait(engine->metrics, WAIT_TRANSACTION, NULL);
    failpoint("after-commit");
    if (result != OK) return undo(b, result, error);
    count_committed(b);
    set_next_size(b);
    for (size_t i = 0; i < b->shards_n; i++) {
        struct batch_shard *bs = &b->shards[i];
        assert(b->commits[i].shard == bs->shard->id);
        assert(b->commits[i].checkpoint == bs->apply.expected);
        bs->apply.checkpoint = b->commits[i].state_end;
        if (!batch_holds(bs)) continue; /* a restore finds out */
        refuse_is_over(engine, bs->shard);
        bs->shard->corrupt_entry = 0;
        bs->shard->are_positions_committed = true;
    }
    batch_enter(b, BATCH_COMMITTED);
    return OK;
}
