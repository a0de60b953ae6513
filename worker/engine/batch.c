/* SPDX-License-Identifier: Apache-2.0 */
/* One batch from top to bottom: load, decide, one transaction, apply. */
#include "batch_private.h"

struct message *batch_add_message(struct batch *b, struct message_origin origin)
{
    *ARENA_PUSH(b->arena, b->origins, b->origins_n, b->origins_cap) = origin;
    struct message *m = ARENA_PUSH(b->arena, b->messages, b->messages_n, b->messages_cap);
    *m = (struct message){.timestamp = TIME_NONE};
    return m;
}

int32_t batch_partition_of(const struct batch *b, struct str key)
{
    const struct engine_options *options = &b->engine->options;
    return options->partition_of(key, options->partitions);
}

void batch_restart_all(struct batch *b)
{
    for (size_t i = 0; i < b->shards_n; i++) {
        if (!b->shards[i].dropped) shard_restart(b->engine, b->shards[i].shard);
        b->shards[i].dropped = true;
    }
}

/* Shards of which nothing was taken, or which are out of the batch, are not written. */
static void leave_out_untaken(struct batch *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->shards_n; i++) {
        const struct batch_shard *bs = &b->shards[i];
        if (bs->dropped) continue;
        bool has_changes = bs->taken || bs->ticks_taken;
        for (const struct entry *e = state_first(bs->table); e && !has_changes; e = e->next)
            has_changes = e->dirty;
        if (has_changes) b->shards[kept++] = *bs;
    }
    b->shards_n = kept;
}

/* Nothing was sent and nothing stored: the records are still in the inbox, and are decided again. */
static enum result again(struct batch *b)
{
    b->engine->idle = false;
    return OK;
}

static enum result run(struct batch *b, struct error *error)
{
    enum result result = batch_load(b, error);
    if (result == OK) result = batch_decide(b, error);
    if (result == REJECT) return again(b);
    if (result != OK) {
        batch_restart_all(b);
        return result == ABORT ? OK : result;
    }
    leave_out_untaken(b);
    b->engine->idle = !b->shards_n;
    if (!b->shards_n) return OK;
    result = batch_collect(b, error);
    if (result == REJECT) return again(b);
    if (result == OK) result = batch_commit(b, error);
    if (result != OK || b->shards[0].dropped) return result;
    return batch_apply(b, error);
}

enum result batch_run(struct engine *engine, const struct plan *plan, ms_t now, struct error *error)
{
    struct batch b = {
        .engine = engine,
        .arena = engine->arena,
        .now = now,
        .shards = arena_zalloc(engine->arena, (plan->n + 1) * sizeof *b.shards),
        .shards_n = plan->n,
    };
    for (size_t i = 0; i < plan->n; i++)
        b.shards[i] =
            (struct batch_shard){.plan = &plan->shards[i], .shard = plan->shards[i].shard};
    return run(&b, error);
}
