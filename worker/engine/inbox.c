/* SPDX-License-Identifier: Apache-2.0 */
/* Records that were read and are not decided yet: a batch takes no more of them than a transaction
 * holds, and a record whose time has not come waits here. */
#include <assert.h>

#include "common/log.h"
#include "internal.h"

#define OLD_MS (20 * DAY_MS) /* of the 30 days for which epilogue-forwarded keeps a record */
#define SAY_OLD_MS (10 * MINUTE_MS)

#define INBOX_BYTES_MAX ((size_t)32 << 20) /* and what one poll brings beyond it */

void inbox_add(struct engine *engine, const struct record *record, ms_t appended_at)
{
    assert(engine->inbox_n < engine->inbox_cap);
    assert(record->partition >= 0 && record->partition < engine->options.partitions);
    assert(record->topic >= input_topic(0) && record->topic < input_topic(INPUTS));
    engine->inbox[engine->inbox_n++] =
        (struct inbox_slot){.record = *record, .appended_at = appended_at};
    engine->inbox_bytes += record->key.n + record->value.n;
}

size_t inbox_room(const struct engine *engine)
{
    return engine->inbox_bytes < INBOX_BYTES_MAX ? engine->inbox_cap - engine->inbox_n : 0;
}

void inbox_drop(struct engine *engine, int32_t shard)
{
    for (size_t i = 0; i < engine->inbox_n; i++)
        if (engine->inbox[i].record.partition == shard) engine->inbox[i].done = true;
    engine->shards[shard].held_ms = engine->shards[shard].gathering_ms = 0;
}

static struct inbox_slot *slot_of(const struct record *record)
{
    return (struct inbox_slot *)(uintptr_t)record;
}

struct record inbox_take(const struct record *record)
{
    struct inbox_slot *slot = slot_of(record);
    assert(!slot->done && !slot->taken);
    slot->taken = true;
    return slot->record;
}

void inbox_sweep(struct engine *engine)
{
    size_t kept = 0;
    for (size_t i = 0; i < engine->inbox_n; i++) {
        const struct inbox_slot *slot = &engine->inbox[i];
        const struct record *record = &slot->record;
        if (!slot->done && !slot->taken) {
            if (kept != i) engine->inbox[kept] = *slot;
            kept++;
            continue;
        }
        engine->inbox_bytes -= record->key.n + record->value.n;
        if (!slot->taken) engine->input->release(engine->input->self, record);
    }
    engine->inbox_n = kept;
}

void inbox_watch_forwarded(struct engine *engine)
{
    ms_t now = engine->clock->now(engine->clock->self);
    const struct inbox_slot *oldest = NULL;
    for (size_t i = 0; i < engine->inbox_n; i++) {
        const struct inbox_slot *slot = &engine->inbox[i];
        if (slot->record.topic != TOPIC_FORWARDED || slot->appended_at < 0) continue;
        if (!oldest || slot->appended_at < oldest->appended_at) oldest = slot;
    }
    int64_t age_ms = oldest && oldest->appended_at < now ? now - oldest->appended_at : 0;
    metrics_set(engine->metrics, METRIC_FORWARDED_AGE, age_ms / SECOND_MS);
    if (age_ms < OLD_MS || monotonic(engine) < engine->next_old_ms) return;
    engine->next_old_ms = monotonic(engine) + SAY_OLD_MS;
    log_warn(
        "a record of epilogue-forwarded has waited for long; what waits longer than the topic's "
        "retention.ms is lost unread",
        LOG_INT("partition", oldest->record.partition), LOG_INT("offset", oldest->record.offset),
        LOG_INT("days", age_ms / DAY_MS));
}
