/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the records that were not read yet. A tick must not be taken while a record from
 * before its time is still unread: that record may be the one that closes the task.
 *
 * So when a tick's time has come the brokers are asked where the shard's inputs end; once all
 * before that was read, nothing from before the question is unread. The library's own word, an
 * end-of-partition, is not enough: it is true of when it was fetched, and that can be long ago,
 * behind a full queue, a freeze, or a broker that has just lost its partitions to another. Nor are
 * the times of records, for replays carry old ones: they only help to work off a backlog in order.
 */

#include "common/log.h"
#include "internal.h"

#define ASK_AGAIN_MS 10    /* while a tick or a record waits for the answer */
#define ASK_ANYWAY_MS 5000 /* for inputs that are not fetched any more */
#define ASK_SOON_MS 1000   /* where one may wait for a transaction */
#define STUCK_MS 30000

void unread_begin(struct input *input, int64_t next)
{
    *input = (struct input){
        .next = next,
        .seen = next,
        .mark = {.offset = -1, .time = TIME_NONE},
        .last_time = TIME_NONE,
        .complete_until = TIME_NONE,
        .asked_end = -1,
    };
}

static void reach(struct input *input, int64_t offset)
{
    if (offset > input->seen) {
        input->seen = offset;
        input->standing_ms = 0;
        input->is_stuck = false;
    }
    if (input->asked_end < 0 || input->seen < input->asked_end) return;
    if (input->asked_at > input->complete_until) input->complete_until = input->asked_at;
    input->asked_end = -1;
}

void unread_note_record(struct input *input, const struct record *record, ms_t now)
{
    /* One that counts as now, because its time is none or ahead, says nothing of what follows. */
    if (record_time(record, now) < now) input->last_time = record->timestamp;
    reach(input, record->offset + 1);
}

void unread_note_end(struct input *input, int64_t offset)
{
    reach(input, offset);
}

/* A young record's time may come from a clock that is ahead, so it says nothing of what follows. */
ms_t unread_horizon(const struct input *input, ms_t now)
{
    ms_t known = input->complete_until;
    if (input->last_time > known && input->last_time < now - BACKLOG_MS) known = input->last_time;
    return known < now ? known : now;
}

ms_t unread_shard_horizon(const struct shard *shard, ms_t now)
{
    ms_t horizon = now;
    for (int t = 0; t < INPUTS; t++) {
        ms_t known = unread_horizon(&shard->inputs[t], now);
        if (known < horizon) horizon = known;
    }
    return horizon;
}

/* ---- asking the brokers ---- */

static bool is_waited_for(const struct shard *shard, ms_t now)
{
    if (shard->held_ms || shard->gathering_ms) return true;
    return shard->next_wake != TIME_NONE && shard->next_wake <= now &&
           unread_shard_horizon(shard, now) < shard->next_wake;
}

static void ask(struct engine *engine, int64_t now_ms)
{
    ms_t now = engine->clock->now(engine->clock->self);
    int32_t partitions = engine->options.partitions;
    int32_t *shards = arena_alloc(engine->arena, (size_t)partitions * sizeof *shards);
    bool all = now_ms >= engine->next_all_ms;
    size_t n = 0;
    for (int32_t i = 0; i < partitions; i++) {
        const struct shard *shard = &engine->shards[i];
        if (shard->phase == SHARD_ACTIVE && (all || is_waited_for(shard, now))) shards[n++] = i;
    }
    if (!n || !engine->input->ends_ask(engine->input->self, shards, n, all)) return;
    if (all) engine->next_all_ms = now_ms + (blocked_count(engine) ? ASK_SOON_MS : ASK_ANYWAY_MS);
    engine->asking = true;
    engine->asked_at = now;
}

/* An input that ends behind what was read of it, while nothing more comes. */
static void watch_for_standstill(struct engine *engine, const struct input_end *end, int64_t now_ms)
{
    struct input *input = &engine->shards[end->shard].inputs[end->topic - input_topic(0)];
    if (input->seen >= end->end)
        input->standing_ms = 0;
    else if (!input->standing_ms)
        input->standing_ms = now_ms;
    if (!input->standing_ms || input->is_stuck || now_ms - input->standing_ms < STUCK_MS) return;
    input->is_stuck = true;
    log_error("an input partition is no longer fetched; restart the worker if this persists",
              LOG_STR("topic", engine->options.topic_names[end->topic]),
              LOG_INT("partition", end->shard), LOG_INT("offset", input->seen),
              LOG_INT("end", end->end));
}

static void take_answer(struct engine *engine, const struct input_end *end, int64_t now_ms)
{
    struct shard *shard = &engine->shards[end->shard];
    if (shard->phase != SHARD_ACTIVE || end->end < 0) return;
    watch_for_standstill(engine, end, now_ms);
    blocked_note(engine, end);
    struct input *input = &shard->inputs[end->topic - input_topic(0)];
    /* In steady traffic the end is always ahead: the question that is open stays until it is
     * reached, or else none would ever be. A log that lost its end does not reach it any more. */
    if (input->asked_end >= 0 && input->asked_end <= end->end) return;
    input->asked_end = end->end;
    input->asked_at = engine->asked_at;
    reach(input, input->seen);
}

static void note_stuck(struct engine *engine)
{
    engine->has_stuck = false;
    for (int32_t i = 0; i < engine->options.partitions; i++)
        for (int t = 0; t < INPUTS && engine->shards[i].phase == SHARD_ACTIVE; t++)
            engine->has_stuck |= engine->shards[i].inputs[t].is_stuck;
}

void unread_serve(struct engine *engine)
{
    int64_t now_ms = engine->clock->monotonic_ms(engine->clock->self);
    const struct input_end *ends;
    size_t n;
    if (engine->asking && engine->input->ends_take(engine->input->self, &ends, &n)) {
        engine->asking = false;
        engine->next_ends_ms = now_ms + ASK_AGAIN_MS;
        for (size_t i = 0; i < n; i++) take_answer(engine, &ends[i], now_ms);
    }
    note_stuck(engine);
    blocked_count(engine);
    if (!engine->asking && now_ms >= engine->next_ends_ms) ask(engine, now_ms);
}
