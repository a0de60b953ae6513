/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One turn of the loop: be in the group or not, poll, work on a batch, restore what has to be
 * restored, and how long the next poll may wait. An idle turn looks whether Redis still has what it
 * had.
 */
#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/envelope.h"
#include "common/clock.h"
#include "common/log.h"
#include "internal.h"
#include "overlay.h"

#define WATCH_MS 1000         /* how often an idle worker looks whether Redis still has its state */
#define BUSY_WAIT_MS 5        /* the longest poll while something else is under way */
#define STORE_WAIT_MS 50      /* the same while the store is away */
#define RESTORE_WAITS_MS 6000 /* so long what a restore waits for is not old yet */
#define LARGE_OVER_MS 5000    /* so long without a large batch, and what it needed is not kept */
#define COMPLAIN_MS 10000     /* R7.8: a log line every 10 s */
#define INBOX_MIN \
    ((size_t)4000) /* for records of several topics to be ordered, whatever batch.max is */
#define ARENA_KEEP_BYTES ((size_t)32 * 1024 * 1024)
#define STOP_WAIT_MS 100
#define STOP_LOOKS 20

struct engine *engine_new(const struct engine_options *options, const struct engine_ports *ports,
                          struct metrics *metrics)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine) abort();
    engine->options = *options;
    engine->input = ports->input;
    engine->changelog = ports->changelog;
    engine->transaction = ports->transaction;
    membership_set_up(engine, ports->store);
    engine->clock = ports->clock;
    engine->metrics = metrics;
    engine->arena = arena_new();
    engine->piece.arena = arena_new();
    engine->last_complaint_ms = -COMPLAIN_MS;
    engine->decoder = (struct decoder){.policy = options->policy, .limits = options->limits};
    memcpy(engine->decoder.topic_names, options->topic_names, sizeof options->topic_names);
    memcpy(engine->encoder.topic_names, options->topic_names, sizeof options->topic_names);
    engine->source_arena = arena_new();
    engine->encoder.source = encode_source(engine->source_arena, options->group_id);
    engine->shards = calloc((size_t)options->partitions, sizeof *engine->shards);
    size_t batch_max = (size_t)options->batch_max;
    engine->inbox_cap = batch_max > INBOX_MIN ? batch_max : INBOX_MIN;
    engine->events = calloc(engine->inbox_cap, sizeof *engine->events);
    engine->inbox = calloc(engine->inbox_cap, sizeof *engine->inbox);
    if (!engine->shards || !engine->events || !engine->inbox) abort();
    engine->take_max = batch_max;
    while (engine->spares_n < BATCHES) engine->spares[engine->spares_n++] = batch_new(engine);
    engine->spare_writes = batch_new(engine);
    for (int32_t i = 0; i < options->partitions; i++) engine->shards[i].id = i;
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine) return;
    batch_free(engine->ahead);
    batch_free(engine->flight);
    batch_free(engine->applying);
    batch_free(engine->spare_writes);
    while (engine->spares_n) batch_free(engine->spares[--engine->spares_n]);
    arena_free(engine->arena);
    arena_free(engine->piece.arena);
    arena_free(engine->source_arena);
    buf_free(&engine->encoder.scratch);
    buf_free(&engine->suspect);
    free(engine->shards);
    free(engine->events);
    free(engine->inbox);
    free(engine);
}

void engine_complain(struct engine *engine, const char *what, const struct error *error)
{
    int64_t now = monotonic(engine);
    if (now - engine->last_complaint_ms < COMPLAIN_MS) return;
    engine->last_complaint_ms = now;
    log_warn(what, LOG_TEXT("reason", error->text));
}

/* The store did not answer: what was read is dropped, and read again after a restore. */
static void store_lost(struct engine *engine, const struct error *error)
{
    engine_complain(engine, "waiting for Redis", error);
    for (int32_t i = 0; i < engine->options.partitions; i++)
        if (engine->shards[i].phase == SHARD_ACTIVE) shard_restart(engine, &engine->shards[i]);
}

void engine_stop(struct engine *engine)
{
    struct error ignored;
    if (!engine) return;
    enum result result = OK;
    batch_drop_ahead(engine);
    for (int i = 0; i < STOP_LOOKS && batch_is_under_way(engine) && result != FATAL; i++)
        result = batch_advance(engine, STOP_WAIT_MS, &ignored);
}

void engine_release(struct engine *engine)
{
    if (!engine) return;
    batch_abandon(engine);
    for (size_t i = 0; i < engine->inbox_n; i++) engine->inbox[i].done = true;
    inbox_sweep(engine);
}

enum result engine_settle(struct engine *engine, struct error *error)
{
    while (batch_is_under_way(engine)) {
        enum result result = batch_advance(engine, STOP_WAIT_MS, error);
        if (result == FATAL) return FATAL;
        if (result == RETRY) store_lost(engine, error);
    }
    return OK;
}

/* ---- who owns what ---- */

static void log_shards(const char *message, const struct kafka_event *event)
{
    struct buf list = {0};
    for (size_t i = 0; i < event->shards_n; i++)
        buf_printf(&list, "%s%d", i ? "," : "", event->shards[i]);
    log_info(message, LOG_STR("shards", buf_slice(&list)), LOG_UINT("count", event->shards_n));
    buf_free(&list);
}

static void assigned(struct engine *engine, const struct kafka_event *event)
{
    engine->joined = true;
    log_shards("shards assigned", event);
    for (size_t i = 0; i < event->shards_n; i++) {
        struct shard *shard = &engine->shards[event->shards[i]];
        assert(!shard->in_flight);
        /* Paused already; and nothing of an earlier ownership counts. */
        *shard = (struct shard){.id = shard->id, .phase = SHARD_NOT_OURS, .next_wake = TIME_NONE};
        shard_restart(engine, shard);
    }
    engine->next_retry_ms = 0;
    engine->counts_compared = false;
}

static void revoked(struct engine *engine, const struct kafka_event *event)
{
    if (event->lost) engine->joined = false; /* out of the group until it is joined again */
    engine->must_give_back = true;
    log_shards(event->lost ? "shards lost" : "shards revoked", event);
    for (size_t i = 0; i < event->shards_n; i++) {
        struct shard *shard = &engine->shards[event->shards[i]];
        if (shard->phase == SHARD_READS_CHANGELOG)
            engine->changelog->close(engine->changelog->self, shard->id);
        shard->phase = SHARD_NOT_OURS;
        inbox_drop(engine, shard->id);
    }
}

static void count_owned(struct engine *engine)
{
    int64_t owned = 0, active = 0, waiting = 0;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        const struct shard *shard = &engine->shards[i];
        owned += shard->phase != SHARD_NOT_OURS;
        active += shard->phase == SHARD_ACTIVE;
        if (shard->phase == SHARD_ACTIVE) waiting += shard->waiting;
    }
    metrics_set(engine->metrics, METRIC_ITEMS_WAITING, waiting);
    metrics_set(engine->metrics, METRIC_SHARDS_OWNED, owned);
    metrics_set(engine->metrics, METRIC_SHARDS_ACTIVE, active);
    const char *reason = engine_not_ready(engine);
    metrics_set_ready(engine->metrics, reason);
}

const char *engine_not_ready(const struct engine *engine)
{
    if (engine->membership.store_down) return engine->membership.not_ready;
    for (int32_t i = 0; i < engine->options.partitions; i++)
        if (engine->shards[i].phase != SHARD_NOT_OURS && engine->shards[i].is_hindered)
            return engine->shards[i].condition;
    if (engine->kafka_down) return engine->kafka_not_ready;
    if (!engine->joined) return "waiting for Kafka: the consumer group is not joined yet";
    if (engine->has_stuck) return "an input partition is no longer fetched";
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        enum shard_phase phase = engine->shards[i].phase;
        if (phase == SHARD_NOT_OURS || phase == SHARD_ACTIVE) continue;
        bool waits = monotonic(engine) - engine->restore_waits_ms < RESTORE_WAITS_MS;
        return waits && engine->restore_waits[0] ? engine->restore_waits : "restoring shards";
    }
    return NULL;
}

/* ---- what there is to do ---- */

static struct input *input_of(struct engine *engine, const struct record *record)
{
    return &engine->shards[record->partition].inputs[record->topic - input_topic(0)];
}

/* Takes over the record, unless it was processed (fetching began at the last such one), or its shard
 * has just begun again: then it comes again. */
static void take_record(struct engine *engine, const struct record *record, ms_t appended_at)
{
    struct input *input = input_of(engine, record);
    if (engine->shards[record->partition].phase != SHARD_ACTIVE || record->offset < input->next) {
        engine->input->release(engine->input->self, record);
        return;
    }
    unread_note_record(input, record, engine->clock->now(engine->clock->self));
    inbox_add(engine, record, appended_at);
}

/* The position is before what the topic still has, or behind its end: where it goes on is found
 * out as at a start. */
static void out_of_range(struct engine *engine, const struct record *at)
{
    struct shard *shard = &engine->shards[at->partition];
    log_warn("an input no longer has this offset; repositioning the shard",
             LOG_STR("topic", engine->options.topic_names[at->topic]),
             LOG_INT("partition", at->partition), LOG_INT("offset", at->offset));
    if (shard->phase == SHARD_ACTIVE) shard_restart(engine, shard);
}

/* What comes first of an input is the record that was processed last, to be compared with it. */
static enum result verify(struct engine *engine, const struct record *record, struct error *error)
{
    struct shard *shard = &engine->shards[record->partition];
    if (shard->phase != SHARD_ACTIVE || !input_of(engine, record)->unverified) return OK;
    return shard_verify(engine, shard, record, error);
}

static enum result take_event(struct engine *engine, const struct kafka_event *event,
                              struct error *error)
{
    struct record own = event->record, *record = &own;
    enum result result = OK;
    switch (event->type) {
    case KAFKA_ASSIGNED: assigned(engine, event); break;
    case KAFKA_REVOKED: revoked(engine, event); break;
    case KAFKA_OUT_OF_RANGE: out_of_range(engine, record); break;
    case KAFKA_RECORD:
        if (record->topic == TOPIC_FORWARDED) record->timestamp = envelope_forwarded_time(record);
        result = verify(engine, record, error);
        take_record(engine, record, event->record.timestamp);
        break;
    case KAFKA_END:
        /* An end before the mark's record says nothing of it: a new leader can tell an older end. */
        if (record->offset > input_of(engine, record)->mark.offset)
            result = verify(engine, record, error);
        unread_note_end(input_of(engine, record), record->offset);
        break;
    }
    return result;
}

static void note_kafka(struct engine *engine, enum result result, const struct error *error)
{
    engine->kafka_down = result == RETRY;
    if (result != RETRY) return;
    engine_complain(engine, "waiting for Kafka", error);
    snprintf(engine->kafka_not_ready, sizeof engine->kafka_not_ready, "waiting for Kafka: %.380s",
             error->text);
}

/* Polls for as many records as the inbox has room for. With none, rebalances have to wait, which
 * the next batch ends: it takes one record at least. The poll behind a revocation gives the shards
 * back, so all that is under way has to be over before. */
static enum result gather(struct engine *engine, int max_wait_ms, struct error *error)
{
    size_t n, room = inbox_room(engine);
    if (!room || (engine->must_give_back && batch_is_under_way(engine))) return OK;
    engine->must_give_back = false;
    struct input_port *input = engine->input;
    metrics_wait(engine->metrics, WAIT_CALL, "waiting for Kafka: polling for records");
    enum result failed = OK,
                result = input->poll(input->self, engine->events, room, max_wait_ms, &n, error);
    metrics_wait(engine->metrics, WAIT_CALL, NULL);
    for (size_t i = 0; i < n; i++)
        if (take_event(engine, &engine->events[i], error) != OK) failed = FATAL;
    unread_serve(engine);
    return failed != OK ? failed : result;
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
    /* One that stands by must not wait for a shard to find out. */
    if (!n) return engine->store->ready(engine->store->self, error);
    enum result result = engine->store->load(engine->store->self, engine->arena, loads, n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        struct shard *shard = &engine->shards[loads[i].shard];
        if (overlay_fits(engine, shard, loads[i].checkpoint)) continue;
        log_warn("shard state in Redis was lost or changed; restoring it from followup-state",
                 LOG_INT("shard", shard->id), LOG_INT("expected", shard->checkpoint),
                 LOG_INT("found", loads[i].checkpoint));
        metrics_add(engine->metrics, METRIC_STORE_MISMATCHES, 1);
        shard_restart(engine, shard);
    }
    return result;
}

/* A while after the last large batch, or a restore: what it needed goes back to the system. Until
 * then the arenas keep it, and malloc what is freed meanwhile (cli/worker.c raises its thresholds, by
 * which it would give back at each free), so that the next large batch does not fault it in anew. */
static void give_memory_back(struct engine *engine)
{
    if (!engine->large_ms || batch_is_under_way(engine)) return;
    if (monotonic(engine) - engine->large_ms < LARGE_OVER_MS) return;
    engine->large_ms = 0;
    batch_give_memory_back(engine);
    arena_reset(engine->arena, 0);
    arena_reset(engine->piece.arena, 0);
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/* How long the poll may wait: until the first tick, and hardly at all while there is work. */
static int wait_ms(const struct engine *engine, int max_wait_ms)
{
    if (batch_is_under_way(engine)) return 0; /* it is waited for instead */
    if (engine->membership.store_down)
        return max_wait_ms < STORE_WAIT_MS ? max_wait_ms : STORE_WAIT_MS;
    if (engine->inbox_n && !engine->idle) return 0;
    if (engine->inbox_n || engine->asking || restore_is_running(engine))
        return max_wait_ms < BUSY_WAIT_MS ? max_wait_ms : BUSY_WAIT_MS;
    ms_t now = engine->clock->now(engine->clock->self);
    int64_t wait = max_wait_ms;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        const struct shard *shard = &engine->shards[i];
        if (shard->phase != SHARD_ACTIVE || shard->next_wake == TIME_NONE) continue;
        int64_t left = shard->next_wake - now;
        /* One that waits for unread records is woken by them, or by the brokers' answer. */
        if (left <= 0 && unread_shard_horizon(shard, now) < shard->next_wake) left = BUSY_WAIT_MS;
        if (left < wait) wait = left;
    }
    return wait < 0 ? 0 : (int)wait;
}

static enum result work(struct engine *engine, struct error *error)
{
    if (engine->options.restore_only) return OK;
    enum result result = watch(engine, error);
    engine->idle = true;
    if (result != OK) return result;
    return batch_start(engine, engine->clock->now(engine->clock->self), error);
}

/* A while for what is under way. The same turn polls for more without waiting, so that this is
 * the only place where it waits. */
static enum result serve_flight(struct engine *engine, int max_wait_ms, struct error *error)
{
    int wait = max_wait_ms < BUSY_WAIT_MS ? max_wait_ms : BUSY_WAIT_MS;
    enum result result = batch_advance(engine, wait, error);
    if (result == RETRY) store_lost(engine, error);
    return result == FATAL ? FATAL : OK;
}

/* Whether the open transaction tries what Kafka has refused before: it would take others along. */
static bool flight_is_hindered(const struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partitions; i++)
        if (engine->shards[i].is_hindered && engine->shards[i].in_flight) return true;
    return false;
}

/* Beside another batch only a full one is decided: what is less gathers until nothing is under way, for
 * each transaction costs. A shard that begins again needs its turn at the store. */
static bool may_start(const struct engine *engine)
{
    if (!batch_is_under_way(engine)) return true;
    if (engine->ahead || !engine->spares_n) return false;
    if (engine->must_give_back || restore_is_running(engine)) return false;
    bool is_full = engine->inbox_n >= engine->take_max || !inbox_room(engine);
    return is_full && !flight_is_hindered(engine);
}

/* Whether it has let a little time pass for more records to come. */
static bool rest(struct engine *engine, int max_wait_ms)
{
    int ms = plan_rest_ms(engine);
    if (ms > max_wait_ms) ms = max_wait_ms;
    if (ms) clock_sleep(ms);
    return ms > 0;
}

/* What needs the store. */
static enum result serve_shards(struct engine *engine, struct error *error)
{
    enum result result = may_start(engine) ? work(engine, error) : OK;
    if (result == OK) result = batch_apply_committed(engine, error);
    inbox_sweep(engine);
    if (result == RETRY) store_lost(engine, error);
    return result == FATAL || engine->membership.store_down ? result : restore_run(engine, error);
}

enum result engine_step(struct engine *engine, int max_wait_ms, struct error *error)
{
    arena_reset(engine->arena, ARENA_KEEP_BYTES);
    give_memory_back(engine);
    enum result result = membership_serve(engine, error);
    if (result == OK) result = gather(engine, wait_ms(engine, max_wait_ms), error);
    if (result == FATAL) return FATAL;
    note_kafka(engine, result, error);
    if (serve_flight(engine, max_wait_ms, error) == FATAL) return FATAL;
    if (rest(engine, max_wait_ms)) return OK;
    result = OK;
    if (!engine->membership.store_down) result = serve_shards(engine, error);
    inbox_sweep(engine);
    inbox_watch_forwarded(engine);
    count_owned(engine);
    return result == FATAL ? FATAL : OK;
}
