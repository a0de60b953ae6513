/* SPDX-License-Identifier: Apache-2.0 */
/* What was decided, as messages of a transaction and as writes for the store. */
#include <stdlib.h>

#include "batch_private.h"
#include "codec/state_json.h"
#include "core/wake.h"
#include "overlay.h"

/* What is stored of a holder; absent: it is deleted. */
static struct str value_of(struct batch *b, const struct entry *e)
{
    struct buf *scratch = &b->engine->encoder.scratch;
    if (!e->exists) return STR_NONE;
    scratch->n = 0;
    state_json_write(scratch, e);
    return arena_str(b->kept, buf_slice(scratch));
}

static int by_key(const void *a, const void *b)
{
    const struct store_write *x = a, *y = b;
    return str_cmp(x->key, y->key);
}

/* The holders that changed, as records of followup-state and as writes for the store. */
static enum result collect_changes(struct batch *b, struct batch_shard *bs, struct error *error)
{
    struct topic_limit limit;
    size_t n = 1;
    for (struct entry *e = state_first_to_write(bs->table); e; e = e->next_to_write) n++;
    struct store_write *writes = arena_alloc(b->kept, (n + 1) * sizeof *writes);
    n = 0;
    bs->entries = bs->shard->entries;
    bs->waiting = bs->shard->waiting;
    for (struct entry *e = state_first_to_write(bs->table); e; e = e->next_to_write) {
        bs->entries += e->exists - e->stored;
        if (e->type == ENTRY_ITEMS)
            bs->waiting += (e->exists - e->stored) * (int64_t)e->items->items.n;
        struct message_origin origin = {.shard = bs->shard,
                                        .is_entry = true,
                                        .of_several = e->header->events > 1,
                                        .last = e->header->last_event};
        struct message *m = batch_add_message(b, origin);
        m->topic = TOPIC_STATE;
        m->partition = bs->shard->id;
        m->key = arena_str(b->kept, e->key);
        m->value = value_of(b, e);
        writes[n++] = (struct store_write){.key = m->key,
                                           .value = m->value,
                                           .wake_at = wake_of_holder(b->engine->options.policy, e),
                                           .stored = e->stored};
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
        .batch = bs->batch,
        .entries = bs->entries,
        .waiting = bs->waiting,
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

/* `$position/<n>`: every batch writes one, so the checkpoint of a touched shard always moves. */
static void add_position(struct batch *b, struct batch_shard *bs)
{
    struct position_entry position = next_position(b, bs);
    struct buf *scratch = &b->engine->encoder.scratch;
    scratch->n = 0;
    state_json_write_position(scratch, &position);
    struct message *m = batch_add_message(b, (struct message_origin){.shard = bs->shard});
    m->topic = TOPIC_STATE;
    m->partition = bs->shard->id;
    m->key = arena_printf(b->kept, "$position/%d", bs->shard->id);
    m->value = arena_str(b->kept, buf_slice(scratch));
    struct store_write *writes = (struct store_write *)bs->apply.writes;
    writes[bs->apply.n++] =
        (struct store_write){.key = m->key, .value = m->value, .wake_at = TIME_NONE};
}

enum result batch_collect(struct batch *b, struct error *error)
{
    for (size_t i = 0; i < b->shards_n; i++) {
        struct batch_shard *bs = &b->shards[i];
        bs->batch = bs->shard->batch + 1;
        bs->apply = (struct store_apply){
            .shard = bs->shard->id,
            .stamp = b->now,
            .cluster = b->engine->cluster,
        };
        enum result result = collect_changes(b, bs, error);
        if (result == OK) result = batch_send_items(b, bs, error);
        if (result != OK) return result;
        add_position(b, bs);
        struct store_write *writes = (struct store_write *)bs->apply.writes;
        qsort(writes, bs->apply.n, sizeof *writes, by_key); /* as the overlay lists an incident */
        overlay_index(b->kept, bs);
    }
    return OK;
}
