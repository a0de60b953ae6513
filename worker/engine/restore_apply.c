/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece of the changelog, of many shards, brought to the store in one round trip. While the store
 * takes one, the next one is read and decoded.
 */
#include <assert.h>
#include <inttypes.h>

#include "codec/state_json.h"
#include "core/state_key.h"
#include "core/wake.h"
#include "failpoint.h"
#include "internal.h"

#define APPLY_WAIT_MS 1000
#define PIECE_KEEP_BYTES ((size_t)8 << 20)

bool restore_has_to_wait(const struct engine *engine)
{
    return engine->applying;
}

static enum result take(struct engine *engine, struct error *error)
{
    struct store_port *store = engine->store;
    enum result result;
    while (!store->apply_take(store->self, APPLY_WAIT_MS, &result, error))
        ;
    return result;
}

enum result restore_write(struct engine *engine, struct store_apply *applies, size_t n,
                          struct error *error)
{
    if (!n) return OK;
    assert(!engine->applying && !engine->piece.n);
    for (size_t i = 0; i < n; i++)
        assert(applies[i].clear || applies[i].checkpoint >= applies[i].expected);
    engine->store->apply_start(engine->store->self, applies, n);
    return take(engine, error);
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

/* The records go back with the next read, and the rest of the piece with the next one. */
static struct store_write *writes_to_keep(struct arena *arena, const struct portion *portion)
{
    struct store_write *writes =
        arena_copy(arena, portion->writes, portion->n * sizeof *portion->writes);
    for (size_t i = 0; i < portion->n; i++) {
        writes[i].key = arena_str(arena, writes[i].key);
        writes[i].value = arena_str(arena, writes[i].value);
    }
    return writes;
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
        .writes = writes_to_keep(engine->piece.arena, portion),
        .n = portion->n,
    };
}

static void start(struct engine *engine, const struct portion *portions)
{
    struct restore_piece *piece = &engine->piece;
    size_t all = (size_t)engine->options.partitions;
    assert(!piece->n && !engine->applying);
    arena_reset(piece->arena, PIECE_KEEP_BYTES);
    piece->applies = arena_alloc(piece->arena, all * sizeof *piece->applies);
    piece->records = arena_alloc(piece->arena, all * sizeof *piece->records);
    for (size_t i = 0; i < all; i++) {
        const struct portion *portion = &portions[i];
        /* The piece before may have found that it has moved. */
        if (!portion->records || portion->shard->phase != SHARD_READS_CHANGELOG) continue;
        piece->applies[piece->n] = as_apply(engine, portion);
        piece->records[piece->n++] = portion->records;
    }
    if (piece->n) engine->store->apply_start(engine->store->self, piece->applies, piece->n);
}

enum result restore_settle(struct engine *engine, struct error *error)
{
    struct restore_piece *piece = &engine->piece;
    size_t n = piece->n;
    if (!n) return OK;
    enum result result = take(engine, error);
    piece->n = 0;
    if (result != OK) return result;
    failpoint("in-restore");
    for (size_t i = 0; i < n; i++) {
        const struct store_apply *apply = &piece->applies[i];
        struct shard *shard = &engine->shards[apply->shard];
        metrics_add(engine->metrics, METRIC_RESTORED_RECORDS, piece->records[i]);
        if (!apply->applied) {
            shard_restart(engine, shard);
            continue;
        }
        shard->checkpoint = apply->checkpoint;
        shard->stamp = apply->stamp;
        shard->restored += (int64_t)piece->records[i];
    }
    engine->large_ms = monotonic(engine);
    return OK;
}

enum result restore_apply(struct engine *engine, const struct changelog_record *records,
                          size_t records_n, struct error *error)
{
    size_t all = (size_t)engine->options.partitions;
    struct portion *portions = arena_zalloc(engine->arena, all * sizeof *portions);
    enum result result = sort_records(engine, records, records_n, portions, error);
    if (result == OK) result = restore_settle(engine, error);
    if (result == OK) start(engine, portions);
    return result;
}
