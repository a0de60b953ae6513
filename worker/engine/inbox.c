/* SPDX-License-Identifier: Apache-2.0 */
/* Records that were read and are not decided yet: a batch takes no more of them than a transaction
 * holds, and a record whose time has not come waits here. */
#include <assert.h>

#include "internal.h"

#define INBOX_BYTES_MAX ((size_t)32 << 20) /* and what one poll brings beyond it */

void inbox_add(struct engine *engine, const struct record *record)
{
    assert(engine->inbox_n < engine->inbox_cap);
    engine->inbox[engine->inbox_n++] = (struct inbox_slot){.record = *record};
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

void inbox_done(const struct record *record)
{
    ((struct inbox_slot *)(uintptr_t)record)->done = true;
}

void inbox_sweep(struct engine *engine)
{
    size_t kept = 0;
    for (size_t i = 0; i < engine->inbox_n; i++) {
        const struct record *record = &engine->inbox[i].record;
        if (!engine->inbox[i].done) {
            engine->inbox[kept++] = engine->inbox[i];
            continue;
        }
        engine->inbox_bytes -= record->key.n + record->value.n;
        engine->kafka->release(engine->kafka->self, record);
    }
    engine->inbox_n = kept;
}
