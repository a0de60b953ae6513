/* SPDX-License-Identifier: Apache-2.0 */
/* What `list`, `show`, `report` and `stats` read: entries of the shards in Redis, page by page, and a note of
 * what is missing there. */
#include "store_reader.h"

#include <stdlib.h>

#include "cli.h"
#include "codec/json.h"
#include "codec/state_json.h"
#include "core/state_key.h"
#include "kafka/kafka_partition.h"
#include "kafka/topics.h"
#include "redis/redis_port.h"

#define PAGE 1000 /* keys asked for at a time */
#define SCRATCH_KEEP_BYTES ((size_t)4 * 1024 * 1024)

#define NAMED_MAX 20 /* entries that are named before the rest is only counted */

struct store_reader {
    struct store_port *store;
    int32_t partitions;
    struct arena *arena;
    struct store_reader_gaps gaps;
    store_reader_told *told; /* NULL: nobody is */
    void *told_context;
};

struct store_reader *store_reader_open(const struct config *config, struct error *error)
{
    int32_t partitions;
    if (topics_partitions(config, &partitions, error) != OK) return NULL;
    struct store_port *store = redis_port_new(config, error);
    if (!store) return NULL;
    struct store_reader *reader = calloc(1, sizeof *reader);
    if (!reader) abort();
    *reader = (struct store_reader){.store = store, .partitions = partitions, .arena = arena_new()};
    return reader;
}

void store_reader_close(struct store_reader *reader)
{
    if (!reader) return;
    redis_port_free(reader->store);
    arena_free(reader->arena);
    free(reader);
}

void store_reader_progress(struct store_reader *reader, store_reader_told *told, void *context)
{
    reader->told = told;
    reader->told_context = context;
}

int32_t store_reader_shard(const struct store_reader *reader, struct str incident_id)
{
    return kafka_partition_of(incident_id, reader->partitions);
}

struct str store_reader_incident_id(struct arena *arena, const struct entry *entry)
{
    return state_decode_part(arena, state_header_key(entry->key));
}

/* Whether tasks stand in the entry of this key. */
static bool has_tasks(struct str key)
{
    struct str header = state_header_key(key);
    return !state_key_is_own(key) && key.n > header.n + 1 && key.p[header.n + 1] != 'c';
}

static bool is_header(struct str key)
{
    return !state_key_is_own(key) && state_header_key(key).n == key.n;
}

/* Which keys of a page are asked for. */
enum wanted { ALL, TASKS, TASKS_AND_INCIDENTS };

static bool is_wanted(enum wanted wanted, struct str key)
{
    if (wanted == ALL || has_tasks(key)) return true;
    return wanted == TASKS_AND_INCIDENTS && is_header(key);
}

/* The keys of one page that are wanted, with their values. *last: the last key of the page, absent
 * when the page was the last one. */
struct page {
    struct str *keys, *values;
    size_t n;
    struct str last;
    bool missing;
};

static enum result read_page(struct store_reader *reader, struct arena *arena, int32_t shard,
                             struct str header_key, enum wanted wanted, struct page *page,
                             struct error *error)
{
    struct store_port *store = reader->store;
    struct str *keys = arena_alloc(arena, PAGE * sizeof *keys);
    size_t n = PAGE;
    enum result result =
        store->entries(store->self, arena, shard, header_key, page->last, keys, &n, error);
    if (result) return result;
    page->last = n == PAGE ? keys[n - 1] : STR_NONE;
    page->n = 0;
    for (size_t i = 0; i < n; i++)
        if (is_wanted(wanted, keys[i])) keys[page->n++] = keys[i];
    struct store_load load = {.shard = shard, .keys = keys, .n = page->n};
    result = store->load(store->self, arena, &load, 1, error);
    page->keys = keys;
    page->values = load.values;
    page->missing = result == OK && load.checkpoint == STORE_NO_CHECKPOINT;
    return result;
}

/* ---- what is missing ---- */

static void note_shard(struct store_reader *reader, int32_t shard)
{
    struct store_reader_gaps *gaps = &reader->gaps;
    *ARENA_PUSH(reader->arena, gaps->shards, gaps->shards_n, gaps->shards_cap) = shard;
}

static void note_entry(struct store_reader *reader, struct str key, const struct error *why)
{
    struct store_reader_gaps *gaps = &reader->gaps;
    if (gaps->entries++ >= NAMED_MAX) return;
    *ARENA_PUSH(reader->arena, gaps->keys, gaps->keys_n, gaps->keys_cap) =
        arena_str(reader->arena, key);
    cli_fail(0, "an entry in Redis cannot be read: %.*s: %s",
             STR_ARG(json_excerpt(reader->arena, key, 256)), why->text);
}

const struct store_reader_gaps *store_reader_gaps(const struct store_reader *reader)
{
    return &reader->gaps;
}

bool store_reader_tell_gaps(const struct store_reader *reader)
{
    const struct store_reader_gaps *gaps = &reader->gaps;
    if (gaps->shards_n)
        cli_fail(0,
                 "incomplete: %zu shard%s not in Redis yet; the workers that own them are "
                 "restoring them",
                 gaps->shards_n, gaps->shards_n == 1 ? " is" : "s are");
    if (gaps->entries)
        cli_fail(0,
                 "incomplete: %zu entr%s in Redis cannot be read; a worker that meets one rebuilds "
                 "its shard from followup-state",
                 gaps->entries, gaps->entries == 1 ? "y" : "ies");
    return gaps->shards_n || gaps->entries;
}

/* ---- reading ---- */

/* The entry, or NULL after it was noted as one that cannot be read. */
static struct entry *read_entry(struct store_reader *reader, struct arena *arena,
                                struct state_table *table, struct str key, struct str value)
{
    struct error error;
    struct entry *entry = state_entry(table, key);
    entry->exists = state_json_read(arena, table, value, entry, &error) == OK;
    if (!entry->exists) note_entry(reader, key, &error);
    return entry->exists ? entry : NULL;
}

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(struct entry *const *)a)->key, (*(struct entry *const *)b)->key);
}

enum result store_reader_incident(struct store_reader *reader, struct arena *arena,
                                  struct str incident_id, struct entry ***entries, size_t *n,
                                  struct error *error)
{
    struct state_table *table = state_new(arena);
    struct str header_key = state_incident_key(arena, incident_id);
    int32_t shard = store_reader_shard(reader, incident_id);
    struct page page = {0};
    size_t cap = 0;
    *entries = NULL;
    *n = 0;
    do {
        enum result result = read_page(reader, arena, shard, header_key, ALL, &page, error);
        if (result) return result;
        if (page.missing)
            return error_set(error, RETRY,
                             "the state of shard %d is not in Redis (yet); a worker that owns it "
                             "restores it",
                             (int)shard);
        for (size_t i = 0; i < page.n; i++) {
            if (!page.values[i].p) continue; /* deleted between the two questions */
            struct entry *e = read_entry(reader, arena, table, page.keys[i], page.values[i]);
            for (; e; e = e->next_part)
                if (e->exists) *ARENA_PUSH(arena, *entries, *n, cap) = e;
        }
    } while (page.last.p);
    if (*n) qsort(*entries, *n, sizeof **entries, by_key);
    return OK;
}

static enum result take_page(struct store_reader *reader, struct arena *arena,
                             const struct page *page, store_reader_take *take, void *context,
                             struct error *error)
{
    struct state_table *table = state_new(arena);
    enum result result = OK;
    for (size_t i = 0; i < page->n && result == OK; i++) {
        if (!page->values[i].p) continue;
        struct entry *e = read_entry(reader, arena, table, page->keys[i], page->values[i]);
        for (; e && result == OK; e = e->next_part)
            if (e->exists && (e->type == ENTRY_TASK || e->type == ENTRY_INCIDENT))
                result = take(context, e, page->values[i], error);
    }
    return result;
}

enum result store_reader_walk(struct store_reader *reader, bool incidents, store_reader_take *take,
                              void *context, struct error *error)
{
    struct arena *arena = arena_new();
    struct buf last = {0}; /* outlives the page that it comes from */
    enum result result = OK;
    for (int32_t shard = 0; shard < reader->partitions && result == OK; shard++) {
        struct page page = {0};
        do {
            if (reader->told)
                reader->told(reader->told_context, (size_t)shard, (size_t)reader->partitions);
            result = read_page(reader, arena, shard, STR_NONE,
                               incidents ? TASKS_AND_INCIDENTS : TASKS, &page, error);
            if (result == OK) result = take_page(reader, arena, &page, take, context, error);
            if (page.missing) note_shard(reader, shard);
            last.n = 0;
            if (page.last.p) {
                buf_str(&last, page.last);
                page.last = buf_slice(&last);
            }
            arena_reset(arena, SCRATCH_KEEP_BYTES);
        } while (result == OK && page.last.p && !page.missing);
    }
    buf_free(&last);
    arena_free(arena);
    return result;
}
