/* SPDX-License-Identifier: Apache-2.0 */
/* What was decided, as one Kafka transaction; and the same change in the store behind it. */
#include <assert.h>

#include "batch_private.h"
#include "codec/state_json.h"
#include "common/log.h"
#include "failpoint.h"

/* What is stored of an entry; absent: it is deleted. */
static struct str value_of(struct batch *b, const struct entry *e)
{
    struct buf *scratch = &b->engine->encoder.scratch;
    if (!e->exists) return STR_NONE;
    scratch->n = 0;
    state_json_write(scratch, e);
    return arena_str(b->arena, buf_slice(scratch));
}

/* The entries that changed, as records of followup-state and as writes for the store. */
static enum result collect_changes(struct batch *b, struct batch_shard *bs, struct error *error)
{
    struct topic_limit limit;
    size_t n = 1;
    for (struct entry *e = state_first(bs->table); e; e = e->next) n += e->dirty;
    struct store_write *writes = arena_alloc(b->arena, (n + 1) * sizeof *writes);
    n = 0;
    bs->entries = bs->shard->entries;
    for (struct entry *e = state_first(bs->table); e; e = e->next) {
        if (!e->dirty) continue;
        bs->entries += e->exists - e->stored;
        struct message_origin origin = {.bs = bs, .entry = e};
        struct message *m = batch_add_message(b, origin);
        m->topic = TOPIC_STATE;
        m->partition = bs->shard->id;
        m->key = e->key;
        m->value = value_of(b, e);
        writes[n++] = (struct store_write){
            .key = e->key, .value = m->value, .wake_at = e->wake_at, .stored = e->stored};
        if (!batch_fits(b, m, &limit)) return batch_refuse(b, &origin, m, error);
    }
    bs->apply.writes = writes;
    bs->apply.n = n;
    return OK;
}

/* How far the inputs are read once this batch is committed, and the last record of each. */
static struct position_entry next_position(const struct batch *b, struct batch_shard *bs)
{
    struct position_entry position = {
        .partitions = b->engine->options.partitions,
        .batch = bs->shard->batch + 1,
        .entries = bs->entries,
    };
    for (int t = 0; t < topic_end; t++) {
        position.offsets[t] = -1;
        position.marks[t] = (struct input_mark){.offset = -1, .time = TIME_NONE};
    }
    const struct record *last[INPUTS] = {NULL};
    for (size_t i = 0; i < bs->taken; i++)
        last[bs->plan->records[i]->topic - input_topic(0)] = bs->plan->records[i];
    for (int t = 0; t < INPUTS; t++) {
        const struct input *input = &bs->shard->inputs[t];
        bs->next[t] = last[t] ? last[t]->offset + 1 : input->next;
        position.offsets[input_topic(t)] = bs->next[t];
        position.marks[input_topic(t)] = last[t] ? mark_of(last[t]) : input->mark;
    }
    return position;
}

/* `$position/<n>`: every batch writes one, so the watermark of a touched shard always moves. */
static void add_position(struct batch *b, struct batch_shard *bs)
{
    struct position_entry position = next_position(b, bs);
    struct buf *scratch = &b->engine->encoder.scratch;
    scratch->n = 0;
    state_json_write_position(scratch, &position);
    struct message *m = batch_add_message(b, (struct message_origin){.bs = bs});
    m->topic = TOPIC_STATE;
    m->partition = bs->shard->id;
    m->key = arena_printf(b->arena, "$position/%d", bs->shard->id);
    m->value = arena_str(b->arena, buf_slice(scratch));
    struct store_write *writes = (struct store_write *)bs->apply.writes;
    writes[bs->apply.n++] =
        (struct store_write){.key = m->key, .value = m->value, .wake_at = TIME_NONE};
}

enum result batch_collect(struct batch *b, struct error *error)
{
    for (size_t i = 0; i < b->shards_n; i++) {
        struct batch_shard *bs = &b->shards[i];
        bs->apply = (struct store_apply){
            .shard = bs->shard->id,
            .expected = bs->shard->watermark,
            .stamp = b->now,
            .cluster = b->engine->cluster,
        };
        enum result result = collect_changes(b, bs, error);
        if (result != OK) return result;
        add_position(b, bs);
    }
    return OK;
}

static enum result produce_all(struct batch *b, struct error *error)
{
    struct kafka_port *kafka = b->engine->kafka;
    enum result result = kafka->begin(kafka->self, error);
    for (size_t i = 0; i < b->messages_n && result == OK; i++)
        result = kafka->produce(kafka->self, &b->messages[i], error);
    return result;
}

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

/* A transaction did not go through: what has to happen before the next one. */
static enum result undo(struct batch *b, enum result result, struct error *error)
{
    struct engine *engine = b->engine;
    struct transaction_refusal refusal = {0};
    struct error why = *error;
    if (result == FATAL) return FATAL;
    if (result == ABORT) refusal = *engine->kafka->refusal(engine->kafka->self);
    if (refusal.kind != REFUSAL_CONDITION)
        log_warn("a transaction was aborted; going back to what is committed",
                 LOG_TEXT("reason", error->text));
    metrics_add(engine->metrics, METRIC_ABORTS, 1);
    batch_restart_all(b);
    if (refusal.kind == REFUSAL_NONE) take_less(b);
    metrics_wait(engine->metrics, "waiting for Kafka: a transaction is aborted");
    if (result == ABORT) result = engine->kafka->abort(engine->kafka->self, error);
    /* Also after an abort that went well: what the producer believes of its partitions may be what
     * was wrong. */
    if (result != FATAL) result = engine->kafka->recover(engine->kafka->self, error);
    metrics_wait(engine->metrics, NULL);
    if (result == FATAL) return FATAL;
    *error = why;
    return batch_refused(b, &refusal, error);
}

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

static void count_committed(const struct batch *b, int64_t began_ms)
{
    struct engine *engine = b->engine;
    metrics_add(engine->metrics, METRIC_BATCHES, 1);
    metrics_commit(engine->metrics, engine->clock->monotonic_ms(engine->clock->self) - began_ms);
    ms_t now = engine->clock->now(engine->clock->self);
    for (size_t i = 0; i < b->messages_n; i++)
        if (b->messages[i].topic == TOPIC_DEAD_LETTERS) count_refused(b, b->origins[i].item);
    for (size_t i = 0; i < b->shards_n; i++) {
        for (size_t k = 0; k < b->shards[i].taken; k++) {
            const struct record *record = b->shards[i].plan->records[k];
            metrics_consumed(engine->metrics, record->topic, now - record_time(record, now));
        }
    }
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

static void take_committed(struct batch *b, struct batch_shard *bs, int64_t state_end)
{
    struct shard *shard = bs->shard;
    assert(state_end > shard->watermark); /* the port compared it with the checkpoint */
    bs->apply.watermark = state_end;
    refuse_is_over(b->engine, shard);
    shard->batch++;
    shard->spoilt = 0;
    shard->entries = bs->entries;
    for (size_t i = 0; i < bs->taken; i++) {
        const struct record *record = bs->plan->records[i];
        struct input *input = &shard->inputs[record->topic - input_topic(0)];
        assert(record->offset >= input->next); /* nothing is taken twice */
        input->next = record->offset + 1;
        /* Of the input's last record alone; the hash is of no use for the others. */
        if (input->next == bs->next[record->topic - input_topic(0)]) input->mark = mark_of(record);
        inbox_done(record);
    }
}

enum result batch_commit(struct batch *b, struct error *error)
{
    struct engine *engine = b->engine;
    struct position *positions =
        arena_alloc(b->arena, (b->shards_n + 1) * INPUTS * sizeof *positions);
    struct shard_commit *shards = arena_alloc(b->arena, (b->shards_n + 1) * sizeof *shards);
    size_t n = 0;
    for (size_t i = 0; i < b->shards_n; i++) {
        const struct batch_shard *bs = &b->shards[i];
        shards[i] = (struct shard_commit){.shard = bs->shard->id,
                                          .batch = bs->shard->batch + 1,
                                          .checkpoint = bs->shard->watermark};
        for (int t = 0; t < INPUTS; t++)
            positions[n++] = (struct position){input_topic(t), bs->shard->id, bs->next[t]};
    }
    int64_t began_ms = engine->clock->monotonic_ms(engine->clock->self);
    metrics_wait(engine->metrics, "waiting for Kafka: a transaction is produced");
    enum result result = produce_all(b, error);
    failpoint("before-commit");
    metrics_wait(engine->metrics, "waiting for Kafka: a transaction is committed");
    if (result == OK)
        result =
            engine->kafka->commit(engine->kafka->self, positions, n, shards, b->shards_n, error);
    metrics_wait(engine->metrics, NULL);
    failpoint("after-commit");
    if (result != OK) return undo(b, result, error);
    count_committed(b, began_ms);
    set_next_size(b);
    for (size_t i = 0; i < b->shards_n; i++) take_committed(b, &b->shards[i], shards[i].state_end);
    return OK;
}

enum result batch_apply(struct batch *b, struct error *error)
{
    struct engine *engine = b->engine;
    struct store_apply *applies = arena_alloc(b->arena, (b->shards_n + 1) * sizeof *applies);
    for (size_t i = 0; i < b->shards_n; i++) applies[i] = b->shards[i].apply;
    failpoint("before-apply");
    enum result result = engine->store->apply(engine->store->self, applies, b->shards_n, error);
    failpoint("after-apply");
    if (result != OK) {
        /* What is committed is safe; the store is brought there by a restore. */
        batch_restart_all(b);
        return result;
    }
    for (size_t i = 0; i < b->shards_n; i++) {
        struct shard *shard = b->shards[i].shard;
        if (applies[i].applied) {
            shard->watermark = applies[i].watermark;
            shard->next_wake = applies[i].wake_at;
            continue;
        }
        log_warn("the store's copy of the shard is not the one we built upon: restoring it",
                 LOG_INT("shard", shard->id), LOG_INT("expected", shard->watermark));
        metrics_add(engine->metrics, METRIC_WATERMARK_MISMATCHES, 1);
        shard_restart(engine, shard);
    }
    return OK;
}
