/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of a batch under way does not change any more, so what it has written is read from there:
 * as the bytes that go to the changelog, since what is decoded points into memory of that batch.
 */
#include "overlay.h"

#include <stdlib.h>

#include "codec/state_json.h"
#include "core/wake.h"

/* The tables of one shard, the newest first. */
struct layers {
    const struct state_table *tables[BATCHES];
    const struct policy *policy;
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
    struct layers layers = {.policy = engine->options.policy};
    if (!shard->in_flight) return layers;
    for (size_t i = 0; i < BATCHES; i++) {
        const struct batch_shard *part = part_of(under_way[i], shard);
        if (part) layers.tables[layers.n++] = part->table;
    }
    return layers;
}

/* What the newest batch has written that has written of this key; NULL: none has. */
static const struct entry *find(const struct layers *layers, struct str key)
{
    for (size_t i = 0; i < layers->n; i++) {
        const struct entry *e = state_find(layers->tables[i], key);
        if (e && e->to_write) return e;
    }
    return NULL;
}

size_t overlay_writes(const struct engine *engine, const struct shard *shard)
{
    const struct batch *under_way[] = {engine->ahead, engine->flight, engine->applying};
    size_t n = 0;
    for (size_t i = 0; i < BATCHES && shard->in_flight; i++) {
        const struct batch_shard *part = part_of(under_way[i], shard);
        if (part) n += part->apply.n;
    }
    return n;
}

/* ---- entries ---- */

static enum result copy(struct batch *b, struct batch_shard *bs, const struct entry *from,
                        struct entry *to, struct error *error)
{
    to->loaded = true;
    if (to->to_write) return OK; /* made by this batch before it was asked for */
    to->exists = to->stored = from->exists;
    if (!from->exists) {
        /* With an incident goes all that is stored of it. */
        if (to->type == ENTRY_INCIDENT) to->whole = true;
        return OK;
    }
    struct buf *scratch = &b->engine->encoder.scratch;
    scratch->n = 0;
    state_json_write(scratch, from);
    return state_json_read(b->arena, bs->table, arena_str(b->arena, buf_slice(scratch)), to, error);
}

enum result overlay_load(struct batch *b, struct batch_shard *bs, struct error *error)
{
    struct layers layers = layers_of(b->engine, bs->shard);
    enum result result = OK;
    if (!layers.n) return OK;
    for (struct entry *e = state_first(bs->table); e && result == OK; e = e->next) {
        const struct entry *written = e->holder != e || e->loaded ? NULL : find(&layers, e->key);
        if (written) result = copy(b, bs, written, e, error);
    }
    return result;
}

void overlay_entries(struct batch *b, struct batch_shard *bs, struct str header_key)
{
    struct layers layers = layers_of(b->engine, bs->shard);
    for (size_t i = 0; i < layers.n; i++) {
        const struct entry *header = state_find(layers.tables[i], header_key);
        for (const struct entry *e = header; e; e = e->next_sibling)
            if (e->to_write) state_entry(bs->table, e->key);
    }
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
    size_t n = 0;
    for (const struct entry *e = state_first(layers->tables[layer]); e; e = e->next) {
        if (!e->to_write || !e->exists || find(layers, e->key) != e) continue;
        ms_t at = wake_of_holder(layers->policy, e);
        if (at == TIME_NONE || at > until) continue;
        if (ticks) ticks[n] = (struct tick){arena_str(arena, e->key), at};
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
