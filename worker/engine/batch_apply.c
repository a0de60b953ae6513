/* SPDX-License-Identifier: Apache-2.0 */
/* The store follows what is committed. Whatever becomes of that, nothing is lost: a restore brings
 * it there from the changelog. */
#include <assert.h>

#include "batch_private.h"
#include "common/log.h"
#include "failpoint.h"
#include "overlay.h"

void batch_apply(struct batch *b)
{
    struct engine *engine = b->engine;
    assert(b->phase == BATCH_COMMITTED && engine->applying == b);
    b->applies = arena_alloc(b->kept, b->shards_n * sizeof *b->applies);
    for (size_t i = 0; i < b->shards_n; i++) {
        const struct store_apply *apply = &b->shards[i].apply;
        assert(apply->checkpoint > apply->expected && apply->n > 0);
        b->applies[i] = *apply;
    }
    failpoint("before-apply");
    if (engine->membership.store_down) { /* since the transaction began */
        batch_restart_all(b);
        batch_enter(b, BATCH_OVER);
        return;
    }
    engine->store->apply_start(engine->store->self, b->applies, b->shards_n);
    batch_enter(b, BATCH_APPLYING);
}

static void take_applied(struct batch *b, struct batch_shard *bs, const struct store_apply *apply)
{
    struct shard *shard = bs->shard;
    assert(apply->shard == shard->id);
    if (!batch_holds(bs)) return; /* what it stands at is asked for again */
    assert(shard->checkpoint == apply->expected);
    if (apply->applied) {
        shard->checkpoint = apply->checkpoint;
        shard->next_wake = overlay_wake(b->engine, shard, apply->wake_at);
        return;
    }
    log_warn("shard state in Redis does not match; restoring it from followup-state",
             LOG_INT("shard", shard->id), LOG_INT("expected", shard->checkpoint));
    metrics_add(b->engine->metrics, METRIC_STORE_MISMATCHES, 1);
    shard_restart(b->engine, shard);
}

enum result batch_applied(struct batch *b, enum result result, struct error *error)
{
    (void)error;
    assert(b->phase == BATCH_APPLYING && b->engine->applying == b);
    failpoint("after-apply");
    if (result == FATAL) return FATAL;
    if (result != OK) batch_restart_all(b);
    for (size_t i = 0; i < b->shards_n && result == OK; i++)
        take_applied(b, &b->shards[i], &b->applies[i]);
    batch_enter(b, BATCH_OVER);
    return result;
}
