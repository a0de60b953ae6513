/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A publisher that begins a transaction and does not end it holds up what comes behind it, for all
 * who read what is committed. Nothing is wrong with this worker, which stays ready; but whoever looks
 * for the reason has to find one.
 */

#include "common/log.h"
#include "internal.h"

#define SAY_AFTER_MS 10000
#define SAY_AGAIN_MS (5 * 60 * 1000)

static void say(struct engine *engine, const struct input_end *end, struct blocked *blocked)
{
    int64_t now = monotonic(engine);
    if (now - blocked->since_ms < SAY_AFTER_MS) return;
    if (blocked->said_ms && now - blocked->said_ms < SAY_AGAIN_MS) return;
    blocked->said_ms = now;
    log_warn(end->topic == TOPIC_FORWARDED
                 ? "an input is blocked by a transaction of a worker that is gone; Kafka ends it "
                   "after transaction.timeout.ms"
                 : "an input is blocked by a transaction that its publisher has not ended",
             LOG_STR("topic", engine->options.topic_names[end->topic]),
             LOG_INT("partition", end->shard), LOG_INT("offset", end->end),
             LOG_INT("waiting_s", (now - blocked->since_ms) / 1000));
}

static void over(struct engine *engine, const struct input_end *end, struct blocked *blocked)
{
    if (blocked->said_ms)
        log_info("the transaction that blocked an input has ended",
                 LOG_STR("topic", engine->options.topic_names[end->topic]),
                 LOG_INT("partition", end->shard), LOG_INT("offset", blocked->offset),
                 LOG_INT("waited_s", (monotonic(engine) - blocked->since_ms) / 1000));
    *blocked = (struct blocked){0};
}

void blocked_note(struct engine *engine, const struct input_end *end)
{
    struct input *input = &engine->shards[end->shard].inputs[end->topic - input_topic(0)];
    struct blocked *blocked = &input->blocked;
    if (end->high < 0) return;
    bool waits = end->high > end->end && input->seen >= end->end;
    if (blocked->since_ms && (!waits || end->end != blocked->offset)) over(engine, end, blocked);
    if (!waits) return;
    if (!blocked->since_ms)
        *blocked = (struct blocked){.offset = end->end, .since_ms = monotonic(engine)};
    say(engine, end, blocked);
}

bool blocked_count(struct engine *engine)
{
    int64_t n = 0;
    bool suspected = false;
    for (int32_t i = 0; i < engine->options.partitions; i++)
        for (int t = 0; t < INPUTS && engine->shards[i].phase == SHARD_ACTIVE; t++) {
            n += engine->shards[i].inputs[t].blocked.said_ms != 0;
            suspected |= engine->shards[i].inputs[t].blocked.since_ms != 0;
        }
    metrics_set(engine->metrics, METRIC_INPUTS_BLOCKED, n);
    return suspected;
}
