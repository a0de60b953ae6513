/* SPDX-License-Identifier: Apache-2.0 */
/* Records that were read and are not decided yet: a batch takes no more of them than a transaction
 * holds, and a record whose time has not come waits here. */
#include <assert.h>

#include "internal.h"

void inbox_add(struct engine *engine, const struct record *record)
{
    assert(engine->inbox_n < (size_t)engine->options.batch_max);
    engine->inbox[engine->inbox_n++] = (struct inbox_slot){.record = *record};
}

void inbox_drop(struct engine *engine, int32_t shard)
{
    for (size_t i = 0; i < engine->inbox_n; i++)
        if (engine->inbox[i].record.partition == shard) engine->inbox[i].done = true;
    engine->shards[shard].held_ms = engine->shards[shard].gathering_ms = 0;
}

void inbox_done(const struct record *record)
{
    ((struct inbox_slot *)(uintptr_t)record)->done = true;
}

void inbox_sweep(struct engine *engine)
{
    size_t kept = 0;
    for (size_t i = 0; i < engine->inbox_n; i++) {
        if (engine->inbox[i].done)
            engine->kafka->release(engine->kafka->self, &engine->inbox[i].record);
        else
            engine->inbox[kept++] = engine->inbox[i];
    }
    engine->inbox_n = kept;
}
