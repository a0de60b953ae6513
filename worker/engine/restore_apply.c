/* SPDX-License-Identifier: Apache-2.0 */
/* A piece of the changelog, of many shards, brought to the store in one round trip. */
#include <assert.h>
#include <inttypes.h>

#include "codec/state_json.h"
#include "core/state_key.h"
#include "core/wake.h"
#include "failpoint.h"
#include "internal.h"

#define APPLY_WAIT_MS 1000

bool restore_has_to_wait(const struct engine *engine)
{
    return engine->applying;
}

enum result restore_write(struct engine *engine, struct store_apply *applies, size_t n,
                          struct error *error)
{
    struct store_port *store = engine->store;
    enum result result;
    if (!n) return OK;
    assert(!engine->applying);
    for (size_t i = 0; i < n; i++)
        assert(applies[i].clear || applies[i].checkpoint >= applies[i].expected);
    store->apply_start(store->self, applies, n);
    while (!store->apply_take(store->self, APPLY_WAIT_MS, &result, error))
        ;
    return result;
}

/* What one piece has for one shard. */
struct portion {
    struct shard *shard;
    struct state_table *table; /* the keys that were met */
    struct store_write *writes;
    size_t records, n;
};

/* What the changelog says of one key, with the wake time that follows from it. */
static enum result as_write(struct engine *engine, const struct changelog_record *record,
                            struct state_table *table, struct entry *entry,
                            struct store_write *write, struct error *error)
{
    *write = (struct store_write){.key = record->key, .value = record->value, .wake_at = TIME_NONE};
    if (!record->value.p || state_key_is_position(record->key)) return OK;
    struct error why;
    if (state_json_read(engine->arena, table, record->value, entry, &why) != OK)
        return error_set(error, FATAL, "%.*s/%d at offset %" PRId64 ": %s",
                         STR_ARG(engine->options.topic_names[TOPIC_STATE]), record->shard,
                         record->offset, why.text);
    entry->exists = true;
    write->wake_at = wake_of_holder(engine->options.policy, entry);
    return OK;
}

/* By shard, the last record of each key: what came before it in this piece does not count. */
static enum result sort_records(struct engine *engine, const struct changelog_record *records,
                                size_t n, struct portion *portions, struct error *error)
{
    for (size_t i = 0; i < n; i++) portions[records[i].shard].records++;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        struct portion *portion = &portions[i];
        if (!portion->records) continue;
        portion->shard = &engine->shards[i];
        portion->table = state_new(engine->arena);
        portion->writes = arena_alloc(engine->arena, portion->records * sizeof *portion->writes);
    }
    for (size_t i = n; i-- > 0;) {
        struct portion *portion = &portions[records[i].shard];
        struct entry *entry = state_entry(portion->table, records[i].key);
        if (entry->loaded) continue;
        entry->loaded = true;
        enum result result = as_write(engine, &records[i], portion->table, entry,
                                      &portion->writes[portion->n++], error);
        if (result != OK) return result;
    }
    return OK;
}

static struct store_apply as_apply(const struct engine *engine, const struct portion *portion)
{
    struct shard *shard = portion->shard;
    int64_t next = engine->changelog->next(engine->changelog->self, shard->id);
    return (struct store_apply){
        .shard = shard->id,
        .expected = shard->checkpoint,
        .checkpoint = next,
        .stamp = next >= shard->found.high ? shard->asked_at : shard->stamp,
        .cluster = engine->cluster,
        .writes = portion->writes,
        .n = portion->n,
    };
}

enum result restore_apply(struct engine *engine, const struct changelog_record *records,
                          size_t records_n, struct error *error)
{
    size_t all = (size_t)engine->options.partitions, n = 0;
    struct portion *portions = arena_zalloc(engine->arena, all * sizeof *portions);
    struct store_apply *applies = arena_alloc(engine->arena, all * sizeof *applies);
    enum result result = sort_records(engine, records, records_n, portions, error);
    if (result != OK) return result;
    for (size_t i = 0; i < all; i++)
        if (portions[i].records) applies[n++] = as_apply(engine, &portions[i]);
    result = restore_write(engine, applies, n, error);
    if (result != OK) return result;
    failpoint("in-restore");
    for (size_t i = 0; i < n; i++) {
        struct shard *shard = &engine->shards[applies[i].shard];
        if (!applies[i].applied) {
            shard_restart(engine, shard);
            continue;
        }
        shard->checkpoint = applies[i].checkpoint;
        shard->stamp = applies[i].stamp;
        shard->restored += (int64_t)portions[shard->id].records;
    }
    metrics_add(engine->metrics, METRIC_RESTORED_RECORDS, records_n);
    engine->large_ms = monotonic(engine);
    return OK;
}
