/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the records that were not read yet. A tick must not be taken while a record from
 * before its time is still unread: that record may be the one that closes the task.
 *
 * "Nothing is unread" is known in two ways. The library's queue was empty, and the last it said of
 * the partition is its end: true of now. Or the brokers were asked where the partition ends, and
 * everything before that was read since: true of the time of the question. The first is believed
 * only while the loop turns: after a freeze or a long stall the library's word is as old as the
 * stall, so the brokers are asked. Times of records prove nothing here: replays carry old ones.
 */
#include <inttypes.h>

#include "common/log.h"
#include "internal.h"

#define STALL_MS 1000      /* a turn of the loop that takes longer makes "at the end" old */
#define ASK_AGAIN_MS 100   /* while a tick or a record waits for it */
#define ASK_ANYWAY_MS 5000 /* for inputs that are not fetched any more */
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

/* Not in doubt, and not known to have more. */
static bool can_be_at_end(const struct input *input)
{
    return !input->doubted && input->asked_end < 0;
}

void unread_note_record(struct input *input, const struct record *record)
{
    input->at_end = false;
    input->last_time = record->timestamp;
    reach(input, record->offset + 1);
}

void unread_note_end(struct input *input, int64_t offset)
{
    reach(input, offset);
    input->at_end = can_be_at_end(input);
}

static bool is_active(const struct engine *engine, int32_t shard)
{
    return engine->shards[shard].phase == SHARD_ACTIVE;
}

/* Records with no end-of-partition behind them: while more keep coming, the library says none. */
static void look_at_ends(struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        for (int t = 0; t < INPUTS && is_active(engine, i); t++) {
            struct input *input = &engine->shards[i].inputs[t];
            if (input->at_end || !can_be_at_end(input)) continue;
            int64_t end = engine->kafka->known_end(engine->kafka->self, input_topic(t), i);
            if (end >= 0 && input->seen >= end) input->at_end = true;
        }
    }
}

/* Until an answer to a question asked from now on. */
static void doubt_ends(struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        for (int t = 0; t < INPUTS; t++) {
            engine->shards[i].inputs[t].at_end = false;
            engine->shards[i].inputs[t].doubted = true;
        }
    }
    engine->asked_before_stall = engine->asking;
    engine->next_ends_ms = 0;
}

void unread_polled(struct engine *engine, int wait_ms)
{
    int64_t now_ms = engine->clock->monotonic_ms(engine->clock->self);
    ms_t now = engine->clock->now(engine->clock->self);
    /* The monotonic clock stands still in a suspended machine, the other may be set. */
    int64_t turn_ms = now_ms - engine->polled_ms, by_wall_ms = now - engine->polled_at;
    bool stalled = turn_ms > STALL_MS + wait_ms || by_wall_ms > STALL_MS + wait_ms;
    engine->polled_ms = now_ms;
    engine->polled_at = now;
    if (stalled)
        doubt_ends(engine);
    else if (engine->drained)
        look_at_ends(engine);
}

ms_t unread_horizon(const struct engine *engine, const struct input *input)
{
    if (input->at_end && engine->drained) return engine->polled_at;
    ms_t known =
        input->complete_until > input->last_time ? input->complete_until : input->last_time;
    return known < engine->polled_at ? known : engine->polled_at;
}

ms_t unread_shard_horizon(const struct engine *engine, const struct shard *shard)
{
    ms_t horizon = engine->polled_at;
    for (int t = 0; t < INPUTS; t++) {
        ms_t known = unread_horizon(engine, &shard->inputs[t]);
        if (known < horizon) horizon = known;
    }
    return horizon;
}

/* ---- asking the brokers ---- */

static bool is_waited_for(const struct engine *engine, const struct shard *shard)
{
    if (shard->held_ms || shard->gathering_ms) return true;
    return shard->next_wake != TIME_NONE && shard->next_wake <= engine->polled_at &&
           unread_shard_horizon(engine, shard) < shard->next_wake;
}

static void ask(struct engine *engine, int64_t now_ms)
{
    int32_t *shards =
        arena_alloc(engine->arena, (size_t)engine->options.partitions * sizeof *shards);
    bool anyway = now_ms - engine->next_ends_ms > ASK_ANYWAY_MS, wanted = anyway;
    size_t n = 0;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        if (!is_active(engine, i)) continue;
        shards[n++] = i;
        wanted |= is_waited_for(engine, &engine->shards[i]);
    }
    if (!n || !wanted) return;
    ms_t now = engine->clock->now(engine->clock->self);
    if (!engine->kafka->ends_ask(engine->kafka->self, shards, n)) return;
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
    log_error("an input partition is not fetched any more: restart the worker if it stays so",
              "topic=%.*s partition=%d offset=%" PRId64 " end=%" PRId64,
              STR_ARG(engine->options.topic_names[end->topic]), end->shard, input->seen, end->end);
}

static void take_answer(struct engine *engine, const struct input_end *end, int64_t now_ms)
{
    struct input *input = &engine->shards[end->shard].inputs[end->topic - input_topic(0)];
    if (!is_active(engine, end->shard) || end->end < 0) return;
    watch_for_standstill(engine, end, now_ms);
    input->asked_end = end->end;
    input->asked_at = engine->asked_at;
    reach(input, input->seen);
    /* The answer is true of its time also when the loop stood still since; of now only if not. */
    if (engine->asked_before_stall) return;
    input->doubted = false;
    if (engine->drained && can_be_at_end(input)) input->at_end = true;
}

static void note_stuck(struct engine *engine)
{
    engine->has_stuck = false;
    for (int32_t i = 0; i < engine->options.partitions; i++)
        for (int t = 0; t < INPUTS && is_active(engine, i); t++)
            engine->has_stuck |= engine->shards[i].inputs[t].is_stuck;
}

void unread_serve(struct engine *engine)
{
    int64_t now_ms = engine->clock->monotonic_ms(engine->clock->self);
    const struct input_end *ends;
    size_t n;
    if (engine->asking && engine->kafka->ends_take(engine->kafka->self, &ends, &n)) {
        engine->asking = false;
        engine->next_ends_ms = now_ms + (engine->asked_before_stall ? 0 : ASK_AGAIN_MS);
        for (size_t i = 0; i < n; i++) take_answer(engine, &ends[i], now_ms);
        engine->asked_before_stall = false;
        note_stuck(engine);
    }
    if (!engine->asking && now_ms >= engine->next_ends_ms) ask(engine, now_ms);
}
