/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "failpoint.h"
#include "internal.h"
#include "merge.h"

#define RETRY_MS 100      /* between tries of a restore that had to wait */
#define WATCH_MS 1000     /* how often an idle worker looks whether Redis still has its state */
#define BACKLOG_MS 2000   /* records older than that are a backlog, and can wait for each other */
#define GATHER_MS 500     /* how long at most they do, in one step */
#define COMPLAIN_MS 10000 /* CONTRACT part 7: a log line every 10 s */
#define ARENA_KEEP_BYTES ((size_t)32 * 1024 * 1024)

static int64_t monotonic(const struct engine *engine)
{
    return engine->clock->monotonic_ms(engine->clock->self);
}

struct engine *engine_new(const struct engine_options *options, struct kafka_port *kafka,
                          struct store_port *store, struct clock_port *clock,
                          struct metrics *metrics)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) abort();
    engine->options = *options;
    engine->kafka = kafka;
    engine->store = store;
    engine->clock = clock;
    engine->metrics = metrics;
    engine->arena = arena_new();
    engine->last_complaint_ms = -COMPLAIN_MS;
    engine->decoder = (struct decoder){.policy = options->policy, .limits = options->limits};
    memcpy(engine->decoder.topic_names, options->topic_names, sizeof options->topic_names);
    memcpy(engine->encoder.topic_names, options->topic_names, sizeof options->topic_names);
    engine->source_arena = arena_new();
    engine->encoder.source = encode_source(engine->source_arena, options->group_id);
    engine->shards = calloc((size_t)options->partitions, sizeof *engine->shards);
    engine->events = calloc((size_t)options->batch_max, sizeof *engine->events);
    if (!engine->shards || !engine->events) abort();
    for (int32_t i = 0; i < options->partitions; i++) engine->shards[i].id = i;
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine) return;
    arena_free(engine->arena);
    arena_free(engine->source_arena);
    buf_free(&engine->encoder.scratch);
    free(engine->shards);
    free(engine->events);
    free(engine);
}

void engine_complain(struct engine *engine, const char *what, const struct error *error)
{
    int64_t now = monotonic(engine);
    if (now - engine->last_complaint_ms < COMPLAIN_MS) return;
    engine->last_complaint_ms = now;
    log_warn(what, "reason=%s", log_quote(error->text));
}

/* ---- who owns what ---- */

static void log_shards(const char *message, const struct kafka_event *event)
{
    struct buf list = {0};
    for (size_t i = 0; i < event->shards_n; i++)
        buf_printf(&list, "%s%d", i ? "," : "", event->shards[i]);
    log_info(message, "shards=%.*s count=%zu", STR_ARG(buf_slice(&list)), event->shards_n);
    buf_free(&list);
}

static void assigned(struct engine *engine, const struct kafka_event *event)
{
    engine->joined = true;
    log_shards("shards assigned", event);
    for (size_t i = 0; i < event->shards_n; i++) {
        struct shard *shard = &engine->shards[event->shards[i]];
        /* Paused already; and nothing of an earlier ownership counts. */
        *shard = (struct shard){.id = shard->id, .phase = SHARD_NOT_OURS, .next_wake = TIME_NONE};
        shard_restart(engine, shard);
    }
    engine->next_retry_ms = 0;
}

static void revoked(struct engine *engine, const struct kafka_event *event)
{
    if (event->lost) engine->joined = false; /* out of the group until it is joined again */
    log_shards(event->lost ? "shards lost" : "shards revoked", event);
    for (size_t i = 0; i < event->shards_n; i++) {
        struct shard *shard = &engine->shards[event->shards[i]];
        if (shard->phase == SHARD_READS_CHANGELOG)
            engine->kafka->changelog_close(engine->kafka->self, shard->id);
        shard->phase = SHARD_NOT_OURS;
    }
}

static void count_owned(struct engine *engine)
{
    int64_t owned = 0, active = 0;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        owned += engine->shards[i].phase != SHARD_NOT_OURS;
        active += engine->shards[i].phase == SHARD_ACTIVE;
    }
    metrics_set(engine->metrics, METRIC_SHARDS_OWNED, owned);
    metrics_set(engine->metrics, METRIC_SHARDS_ACTIVE, active);
    const char *reason = engine_not_ready(engine);
    metrics_set_ready(engine->metrics, reason);
}

const char *engine_not_ready(const struct engine *engine)
{
    if (!engine->joined) return "waiting for Kafka: the consumer group is not joined yet";
    if (engine->kafka_down) return "waiting for Kafka";
    if (engine->store_down) return "waiting for Redis";
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        enum shard_phase phase = engine->shards[i].phase;
        if (phase != SHARD_NOT_OURS && phase != SHARD_ACTIVE) return "restoring shards";
    }
    return NULL;
}

/* ---- what there is to do ---- */

static void note_record(struct input *input, const struct record *record)
{
    input->at_end = false;
    input->last_time = record->timestamp;
    if (record->timestamp < input->batch_time) input->batch_time = record->timestamp;
}

static size_t keep_active(const struct engine *engine, const struct record **records, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (engine->shards[records[i]->partition].phase == SHARD_ACTIVE)
            records[kept++] = records[i];
    return kept;
}

/* What the events say of shards and their inputs. */
static void note_events(struct engine *engine, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct kafka_event *event = &engine->events[i];
        const struct record *record = &event->record;
        struct input *input = NULL;
        if (event->type == KAFKA_RECORD || event->type == KAFKA_END)
            input = &engine->shards[record->partition].inputs[record->topic - input_topic(0)];
        switch (event->type) {
        case KAFKA_ASSIGNED: assigned(engine, event); break;
        case KAFKA_REVOKED: revoked(engine, event); break;
        case KAFKA_END: input->at_end = true; break;
        case KAFKA_OUT_OF_RANGE: { /* where to go on from is decided as at the start */
            struct shard *shard = &engine->shards[record->partition];
            if (shard->phase == SHARD_ACTIVE) shard_restart(engine, shard);
            break;
        }
        case KAFKA_RECORD: note_record(input, record); break;
        }
    }
}

/* The records among the events, of shards that are still ours after all of them, by time. */
static const struct record **take_records(struct engine *engine, size_t n, size_t *records_n)
{
    const struct record **records = arena_alloc(engine->arena, (n + 1) * sizeof *records);
    *records_n = 0;
    for (size_t i = 0; i < n; i++)
        if (engine->events[i].type == KAFKA_RECORD)
            records[(*records_n)++] = &engine->events[i].record;
    *records_n = keep_active(engine, records, *records_n);
    merge_by_time(engine->arena, records, *records_n, engine->options.partitions);
    return records;
}

/* Whether the shard works off a backlog, and it is not known yet what stands at the head of one of
 * its inputs: an earlier record, perhaps. */
static bool has_unseen_input(const struct shard *shard, ms_t now)
{
    bool backlog = false, unseen = false;
    for (int t = 0; t < INPUTS; t++) {
        const struct input *input = &shard->inputs[t];
        if (input->batch_time != INT64_MAX)
            backlog |= input->batch_time < now - BACKLOG_MS;
        else
            unseen |= !input->at_end;
    }
    return shard->phase == SHARD_ACTIVE && backlog && unseen;
}

static bool has_unseen_inputs(const struct engine *engine)
{
    ms_t now = engine->clock->now(engine->clock->self);
    for (int32_t i = 0; i < engine->options.partitions; i++)
        if (has_unseen_input(&engine->shards[i], now)) return true;
    return false;
}

/* Polls; behind an outage a little longer, so that records of several topics can be taken by their
 * time. What happens now never waits for that. */
static enum result gather(struct engine *engine, int max_wait_ms, size_t *n, struct error *error)
{
    size_t max = engine->careful ? 1 : (size_t)engine->options.batch_max;
    struct kafka_port *kafka = engine->kafka;
    bool drained;
    enum result result = kafka->poll(kafka->self, engine->events, max, max_wait_ms, n, &drained, error);
    note_events(engine, 0, *n);
    if (result != OK) return result;
    int64_t until_ms = monotonic(engine) + GATHER_MS;
    while (*n < max && has_unseen_inputs(engine) && monotonic(engine) < until_ms) {
        size_t more = 0;
        result = kafka->poll(kafka->self, engine->events + *n, max - *n, 10, &more, &drained, error);
        note_events(engine, *n, *n + more);
        *n += more;
        if (result != OK) return result;
    }
    return OK;
}

/* The records in hand are dealt with, or dropped. */
static void forget_batch_times(struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partitions; i++)
        for (int t = 0; t < INPUTS; t++) engine->shards[i].inputs[t].batch_time = INT64_MAX;
}

#define TICKS_OF_A_SHARD 500

static enum result take_ticks(struct engine *engine, ms_t now, struct tick **ticks, size_t *n,
                              struct error *error)
{
    size_t cap = 0;
    *ticks = NULL;
    *n = 0;
    struct str *keys = NULL;
    ms_t *wake_at = NULL;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        struct shard *shard = &engine->shards[i];
        if (shard->phase != SHARD_ACTIVE || shard->next_wake == TIME_NONE) continue;
        ms_t horizon = shard_horizon(shard, now);
        if (shard->next_wake > horizon) continue;
        if (!keys) {
            keys = arena_alloc(engine->arena, TICKS_OF_A_SHARD * sizeof *keys);
            wake_at = arena_alloc(engine->arena, TICKS_OF_A_SHARD * sizeof *wake_at);
        }
        size_t due = TICKS_OF_A_SHARD;
        enum result result = engine->store->due(engine->store->self, engine->arena, i, horizon,
                                                keys, wake_at, &due, error);
        if (result != OK) return result;
        if (!due) {
            /* Less than we know of: perhaps the store has lost something; the watch will say so. */
            engine->next_watch_ms = 0;
            result = shard_refresh_wake(engine, shard, error);
            if (result != OK) return result;
        }
        for (size_t k = 0; k < due; k++)
            *ARENA_PUSH(engine->arena, *ticks, *n, cap) =
                (struct tick){i, keys[k], wake_at[k], horizon};
    }
    return OK;
}

/* Redis can lose everything at any moment: an idle worker finds out too. */
static enum result watch(struct engine *engine, struct error *error)
{
    if (monotonic(engine) < engine->next_watch_ms) return OK;
    engine->next_watch_ms = monotonic(engine) + WATCH_MS;
    struct store_load *loads =
        arena_zalloc(engine->arena, (size_t)engine->options.partitions * sizeof *loads);
    size_t n = 0;
    for (int32_t i = 0; i < engine->options.partitions; i++)
        if (engine->shards[i].phase == SHARD_ACTIVE) loads[n++].shard = i;
    if (!n) return OK;
    enum result result = engine->store->load(engine->store->self, engine->arena, loads, n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        struct shard *shard = &engine->shards[loads[i].shard];
        if (loads[i].watermark == shard->watermark) continue;
        log_warn("Redis has lost or changed the shard's state: restoring it",
                 "shard=%d expected=%lld found=%lld", shard->id, (long long)shard->watermark,
                 (long long)loads[i].watermark);
        metrics_add(engine->metrics, METRIC_WATERMARK_MISMATCHES, 1);
        shard_restart(engine, shard);
    }
    return result;
}

/* Each open changelog has a queue of its own in memory. */
#define READING_MAX 4

static int count_reading(const struct engine *engine)
{
    int n = 0;
    for (int32_t i = 0; i < engine->options.partitions; i++)
        n += engine->shards[i].phase == SHARD_READS_CHANGELOG;
    return n;
}

/* A piece of every restore that runs. One that has to wait ends the round, for each such wait can
 * block for seconds; the next round begins behind it, so it does not hold up the others. */
static enum result restore(struct engine *engine, struct error *error)
{
    if (monotonic(engine) < engine->next_retry_ms) return OK;
    for (int32_t k = 0; k < engine->options.partitions; k++) {
        int32_t i = (engine->restore_first + k) % engine->options.partitions;
        struct shard *shard = &engine->shards[i];
        if (shard->phase == SHARD_NOT_OURS || shard->phase == SHARD_ACTIVE) continue;
        if (shard->phase != SHARD_READS_CHANGELOG && count_reading(engine) >= READING_MAX) continue;
        arena_reset(engine->arena, ARENA_KEEP_BYTES);
        enum result result = shard_restore(engine, shard, error);
        if (result == FATAL) return FATAL;
        if (result == RETRY) {
            engine_complain(engine, "a shard waits to be restored", error);
            engine->next_retry_ms = monotonic(engine) + RETRY_MS;
            engine->restore_first = (i + 1) % engine->options.partitions;
            return OK;
        }
    }
    return OK;
}

static bool is_restoring(const struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        enum shard_phase phase = engine->shards[i].phase;
        if (phase != SHARD_NOT_OURS && phase != SHARD_ACTIVE) return true;
    }
    return false;
}

/* How long the poll may wait: until the first tick, and hardly at all while a restore runs. */
static int wait_ms(const struct engine *engine, int max_wait_ms)
{
    if (is_restoring(engine)) return max_wait_ms < 5 ? max_wait_ms : 5;
    ms_t now = engine->clock->now(engine->clock->self);
    int64_t wait = max_wait_ms;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        const struct shard *shard = &engine->shards[i];
        if (shard->phase != SHARD_ACTIVE || shard->next_wake == TIME_NONE) continue;
        /* A tick that waits for unread records is woken by them. */
        if (shard->next_wake <= now && shard_horizon(shard, now) < shard->next_wake) continue;
        if (shard->next_wake - now < wait) wait = shard->next_wake - now;
    }
    return wait < 0 ? 0 : (int)wait;
}

/* The store did not answer: what was polled is dropped, and read again after a restore. */
static void store_lost(struct engine *engine, const struct error *error)
{
    engine_complain(engine, "waiting for Redis", error);
    metrics_add(engine->metrics, METRIC_STORE_ERRORS, 1);
    engine->store_down = true;
    engine->next_retry_ms = monotonic(engine) + RETRY_MS;
    for (int32_t i = 0; i < engine->options.partitions; i++)
        if (engine->shards[i].phase == SHARD_ACTIVE) shard_restart(engine, &engine->shards[i]);
}

static enum result work(struct engine *engine, size_t events_n, struct error *error)
{
    size_t records_n, ticks_n = 0;
    struct tick *ticks = NULL;
    const struct record **records = take_records(engine, events_n, &records_n);
    ms_t now = engine->clock->now(engine->clock->self);
    enum result result = watch(engine, error);
    /* A record that is looked at alone must not be mixed up with ticks. */
    bool alone = engine->careful && records_n;
    if (result == OK && !alone) result = take_ticks(engine, now, &ticks, &ticks_n, error);
    if (result != OK) return result;
    records_n = keep_active(engine, records, records_n); /* the watch may have sent shards back */
    if (!records_n && !ticks_n) return OK;
    failpoint("after-poll");
    return batch_run(engine, records, records_n, ticks, ticks_n, now, error);
}

enum result engine_step(struct engine *engine, int max_wait_ms, struct error *error)
{
    size_t n = 0;
    arena_reset(engine->arena, ARENA_KEEP_BYTES);
    enum result result = gather(engine, wait_ms(engine, max_wait_ms), &n, error);
    if (result == RETRY) engine_complain(engine, "waiting for Kafka", error);
    if (result == FATAL) return FATAL;
    engine->kafka_down = result == RETRY;
    result = work(engine, n, error);
    forget_batch_times(engine);
    for (size_t i = 0; i < n; i++)
        if (engine->events[i].type == KAFKA_RECORD)
            engine->kafka->release(engine->kafka->self, &engine->events[i].record);
    if (result == RETRY) store_lost(engine, error);
    if (result != FATAL) result = restore(engine, error);
    if (!is_restoring(engine)) engine->store_down = false;
    count_owned(engine);
    return result == FATAL ? FATAL : OK;
}
