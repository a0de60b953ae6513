/* SPDX-License-Identifier: Apache-2.0 */
/* A batch that was decided moves on what its shards stand at, so that the next one can be decided
 * behind it; and takes its records, so that the inbox fills again beside it. */
#include <assert.h>

#include "batch_private.h"
#include "overlay.h"

/* ---- forth ---- */

static void take_records(struct batch *b, struct batch_shard *bs)
{
    size_t n = bs->taken;
    bs->records = arena_alloc(b->arena, (n + 1) * sizeof *bs->records);
    for (size_t i = 0; i < n; i++) {
        bs->records[i] = inbox_take(bs->plan->records[i]);
        bs->items[i].record = &bs->records[i];
    }
    if (n == bs->plan->records_n) return;
    /* Perhaps decided in part, which messages come from; it is the inbox's still. */
    bs->records[n] = *bs->plan->records[n];
    bs->items[n].record = &bs->records[n];
}

static void forget_bytes(struct record *record)
{
    record->key = record->value = STR_NONE;
    record->headers = NULL;
    record->headers_n = 0;
}

static void give_back_records(const struct engine *engine, struct batch_shard *bs)
{
    for (size_t i = 0; i < bs->taken; i++) {
        if (batch_is_sent_whole(&bs->items[i])) continue;
        engine->input->release(engine->input->self, &bs->records[i]);
        forget_bytes(&bs->records[i]);
    }
    if (bs->taken < bs->plan->records_n) forget_bytes(&bs->records[bs->taken]);
}

static ms_t earliest_wake(const struct store_apply *apply)
{
    ms_t earliest = TIME_NONE;
    for (size_t i = 0; i < apply->n; i++) {
        ms_t at = apply->writes[i].wake_at;
        if (at != TIME_NONE && (earliest == TIME_NONE || at < earliest)) earliest = at;
    }
    return earliest;
}

static void keep_standing(struct batch_shard *bs)
{
    const struct shard *shard = bs->shard;
    bs->before = (struct standing){.batch = shard->batch,
                                   .entries = shard->entries,
                                   .waiting = shard->waiting,
                                   .owes_ticks = shard->owes_ticks,
                                   .was_cut = shard->was_cut};
    for (int t = 0; t < INPUTS; t++) {
        bs->before.next[t] = shard->inputs[t].next;
        bs->before.marks[t] = shard->inputs[t].mark;
    }
}

static void move_on(const struct engine *engine, struct batch_shard *bs)
{
    struct shard *shard = bs->shard;
    shard->batch = bs->batch;
    shard->entries = bs->entries;
    shard->waiting = bs->waiting;
    shard->owes_ticks = bs->owes_ticks;
    shard->was_cut = bs->was_cut;
    for (size_t i = 0; i < bs->taken; i++) {
        const struct record *record = &bs->records[i];
        struct input *input = &shard->inputs[record->topic - input_topic(0)];
        assert(record->offset >= input->next); /* nothing is taken twice */
        input->next = record->offset + 1;
        /* Of the input's last record alone; the hash is of no use for the others. */
        if (input->next == bs->next[record->topic - input_topic(0)]) input->mark = mark_of(record);
    }
    for (int t = 0; t < INPUTS; t++) assert(shard->inputs[t].next == bs->next[t]);
    shard->next_wake = overlay_wake(engine, shard, shard->next_wake);
}

void batch_take_off(struct batch *b)
{
    struct engine *engine = b->engine;
    assert(!engine->ahead && b->phase == BATCH_DECIDED && b->shards_n);
    assert(engine->spares[engine->spares_n - 1] == b);
    engine->spares_n--;
    engine->ahead = b;
    for (size_t i = 0; i < b->shards_n; i++) {
        struct batch_shard *bs = &b->shards[i];
        assert(batch_holds(bs));
        bs->shard->in_flight++;
        take_records(b, bs);
        bs->wake_at = earliest_wake(&bs->apply);
        keep_standing(bs);
        move_on(engine, bs);
        give_back_records(engine, bs);
    }
}

/* ---- back ---- */

void batch_go_back(struct batch *b)
{
    assert(!b->engine->ahead || b->engine->ahead == b);
    for (size_t i = 0; i < b->shards_n; i++) {
        const struct batch_shard *bs = &b->shards[i];
        struct shard *shard = bs->shard;
        shard->batch = bs->before.batch;
        shard->entries = bs->before.entries;
        shard->waiting = bs->before.waiting;
        shard->owes_ticks = bs->before.owes_ticks;
        shard->was_cut = bs->before.was_cut;
        for (int t = 0; t < INPUTS; t++) {
            shard->inputs[t].next = bs->before.next[t];
            shard->inputs[t].mark = bs->before.marks[t];
        }
    }
}
