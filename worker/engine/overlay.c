/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a batch under way has written is read from its writes: as the bytes that go to the changelog,
 * since what was decoded points into memory that goes earlier. They lie in the order of their keys.
 */
#include "overlay.h"

#include <stdlib.h>

#include "codec/state_json.h"
#include "common/hash.h"

/* The writes of one shard, the newest batch's first. */
struct layers {
    const struct batch_shard *parts[UNDER_WAY_MAX];
    size_t n;
};

static const struct batch_shard *part_of(const struct batch *b, const struct shard *shard)
{
    for (size_t i = 0; b && i < b->shards_n; i++)
        if (b->shards[i].shard == shard) return &b->shards[i];
    return NULL;
}

static struct layers layers_of(const struct engine *engine, const struct shard *shard)
{
    const struct batch *under_way[] = {engine->ahead, engine->flight, engine->applying};
    struct layers layers = {.n = 0};
    if (!shard->in_flight) return layers;
    for (size_t i = 0; i < UNDER_WAY_MAX; i++) {
        const struct batch_shard *part = part_of(under_way[i], shard);
        if (part) layers.parts[layers.n++] = part;
    }
    return layers;
}

/* The first write whose key is `key` or comes behind it. */
static size_t lower_bound(const struct store_apply *apply, struct str key)
{
    size_t from = 0, to = apply->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (str_cmp(apply->writes[middle].key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Open addressing: the slots hold 1 + the number of a write, 0 where they are empty. */
void overlay_index(struct arena *arena, struct batch_shard *bs)
{
    const struct store_apply *apply = &bs->apply;
    size_t slots = 16;
    while (slots < apply->n * 2) slots *= 2;
    bs->index = (struct overlay_index){arena_zalloc(arena, slots * sizeof(uint32_t)), slots - 1};
    for (size_t i = 0; i < apply->n; i++) {
        size_t at = hash_key(apply->writes[i].key) & bs->index.mask;
        while (bs->index.slots[at]) at = (at + 1) & bs->index.mask;
        bs->index.slots[at] = (uint32_t)i + 1;
    }
}

/* What the newest batch has written that has written of this key; NULL: none has. `hash` is the key's. */
static const struct store_write *find_hashed(const struct layers *layers, struct str key,
                                             uint64_t hash)
{
    for (size_t i = 0; i < layers->n; i++) {
        const struct overlay_index *index = &layers->parts[i]->index;
        for (size_t at = hash & index->mask; index->slots[at]; at = (at + 1) & index->mask) {
            const struct store_write *write = &layers->parts[i]->apply.writes[index->slots[at] - 1];
            if (str_eq(write->key, key)) return write;
        }
    }
    return NULL;
}

static const struct store_write *find(const struct layers *layers, struct str key)
{
    return find_hashed(layers, key, hash_key(key));
}

size_t overlay_writes(const struct engine *engine, const struct shard *shard)
{
    struct layers layers = layers_of(engine, shard);
    size_t n = 0;
    for (size_t i = 0; i < layers.n; i++) n += layers.parts[i]->apply.n;
    return n;
}

/* ---- entries ---- */

static enum result take(struct batch *b, struct batch_shard *bs, struct str value, struct entry *to,
                        struct error *error)
{
    to->loaded = true;
    if (to->to_write) return OK; /* made by this batch before it was asked for */
    if (!value.p) {
        /* With an incident goes all that is stored of it. */
        if (to->type == ENTRY_INCIDENT) to->whole = true;
        return OK;
    }
    to->exists = to->stored = true;
    /* What is read points into the text, which goes before this batch does. */
    return state_json_read(b->work, bs->table, arena_str(b->work, value), to, error);
}

enum result overlay_load(struct batch *b, struct batch_shard *bs, struct error *error)
{
    struct layers layers = layers_of(b->engine, bs->shard);
    enum result result = OK;
    if (!layers.n) return OK;
    for (struct entry *e = state_first(bs->table); e && result == OK; e = e->next) {
        const struct store_write *write =
            e->holder != e || e->loaded ? NULL : find_hashed(&layers, e->key, e->hash);
        if (write) result = take(b, bs, write->value, e, error);
    }
    return result;
}

void overlay_entries(struct batch *b, struct batch_shard *bs, struct str header_key)
{
    struct layers layers = layers_of(b->engine, bs->shard);
    struct str prefix = arena_printf(b->work, "%.*s|", STR_ARG(header_key));
    for (size_t i = 0; i < layers.n; i++) {
        const struct store_apply *apply = &layers.parts[i]->apply;
        for (size_t k = lower_bound(apply, prefix);
             k < apply->n && str_starts(apply->writes[k].key, prefix); k++)
            state_entry(bs->table, apply->writes[k].key);
    }
}

bool overlay_deletes(const struct batch *b, const struct batch_shard *bs, struct str key)
{
    struct layers layers = layers_of(b->engine, bs->shard);
    const struct store_write *write = find(&layers, key);
    return write && !write->value.p;
}

/* ---- ticks ---- */

static int by_time(const void *a, const void *b)
{
    const struct tick *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return str_cmp(x->key, y->key);
}

/* What the layer says of its own entries that no newer one has written. */
static size_t add_ticks(const struct layers *layers, size_t layer, struct arena *arena, ms_t until,
                        struct tick *ticks)
{
    const struct store_apply *apply = &layers->parts[layer]->apply;
    size_t n = 0;
    for (size_t i = 0; i < apply->n; i++) {
        const struct store_write *write = &apply->writes[i];
        if (write->wake_at == TIME_NONE || write->wake_at > until) continue;
        if (find(layers, write->key) != write) continue;
        if (ticks) ticks[n] = (struct tick){arena_str(arena, write->key), write->wake_at};
        n++;
    }
    return n;
}

void overlay_due(const struct engine *engine, struct arena *arena, struct shard_plan *sp,
                 ms_t until, size_t max)
{
    struct layers layers = layers_of(engine, sp->shard);
    if (!layers.n) return;
    size_t most = sp->ticks_n, n = 0;
    for (size_t i = 0; i < layers.n; i++) most += add_ticks(&layers, i, arena, until, NULL);
    struct tick *ticks = arena_alloc(arena, (most + 1) * sizeof *ticks);
    for (size_t i = 0; i < sp->ticks_n; i++)
        if (!find(&layers, sp->ticks[i].key)) ticks[n++] = sp->ticks[i];
    for (size_t i = 0; i < layers.n; i++) n += add_ticks(&layers, i, arena, until, ticks + n);
    qsort(ticks, n, sizeof *ticks, by_time);
    if (n > max) {
        n = max;
        sp->ticks_until = sp->ticks_to = ticks[n - 1].at;
    }
    sp->ticks = ticks;
    sp->ticks_n = n;
}

ms_t overlay_wake(const struct engine *engine, const struct shard *shard, ms_t wake_at)
{
    const struct batch *newer[] = {engine->ahead, engine->flight};
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) {
        const struct batch_shard *part = part_of(newer[i], shard);
        if (!part || part->wake_at == TIME_NONE) continue;
        if (wake_at == TIME_NONE || part->wake_at < wake_at) wake_at = part->wake_at;
    }
    return wake_at;
}

/* ---- checkpoints ---- */

int64_t overlay_checkpoint(const struct engine *engine, const struct shard *shard)
{
    const struct batch_shard *part = part_of(engine->applying, shard);
    return part ? part->apply.checkpoint : shard->checkpoint;
}

bool overlay_fits(const struct engine *engine, const struct shard *shard, int64_t checkpoint)
{
    return checkpoint == shard->checkpoint || checkpoint == overlay_checkpoint(engine, shard);
}
