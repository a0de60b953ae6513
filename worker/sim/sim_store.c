/* SPDX-License-Identifier: Apache-2.0 */
/* The store in memory: entries with their wake times and, beside them, how far they reflect the
 * changelog. It compares that as redis_apply.c does, before each piece of an apply. */
#include "sim_store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/state_key.h"

/* ---- entries ---- */

static struct str copy_of(struct str s)
{
    char *p = s.p ? malloc(s.n + 1) : NULL;
    if (s.p && !p) abort();
    if (s.n) memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

static void free_str(struct str s)
{
    free((char *)(uintptr_t)s.p);
}

static struct sim_entry *find(const struct sim_store_shard *shard, struct str key)
{
    return sim_index_get((struct sim_index *)(uintptr_t)&shard->by_key, 0, key);
}

static void set_wake(struct sim_store_shard *shard, struct sim_entry *entry, ms_t wake_at)
{
    if (entry->wake_at == wake_at) return;
    if (entry->wake_at != TIME_NONE) sim_index_remove(&shard->by_wake, entry->wake_at, entry->key);
    entry->wake_at = wake_at;
    if (wake_at != TIME_NONE) sim_index_add(&shard->by_wake, wake_at, entry->key, entry);
}

static void delete (struct sim_store_shard *shard, struct sim_entry *entry)
{
    set_wake(shard, entry, TIME_NONE);
    sim_index_remove(&shard->by_key, 0, entry->key);
    shard->positions -= state_key_is_position(entry->key);
    free_str(entry->key);
    free_str(entry->value);
    free(entry);
}

static void write(struct sim_store_shard *shard, const struct store_write *w)
{
    struct sim_entry *entry = find(shard, w->key);
    if (!w->value.p) {
        if (entry) delete (shard, entry);
        return;
    }
    if (entry) {
        free_str(entry->value);
    } else {
        entry = calloc(1, sizeof *entry);
        if (!entry) abort();
        entry->key = copy_of(w->key);
        entry->wake_at = TIME_NONE;
        sim_index_add(&shard->by_key, 0, entry->key, entry);
        shard->positions += state_key_is_position(entry->key);
    }
    entry->value = copy_of(w->value);
    set_wake(shard, entry, w->wake_at);
}

static void clear(struct sim_store_shard *shard)
{
    while (shard->by_key.n) delete (shard, shard->by_key.first[0]->item);
}

/* ---- the port ---- */

static enum result reach(const struct sim_store_client *client, struct error *error)
{
    if (!client->store->away) return OK;
    return error_set(error, RETRY, "the store is away");
}

static enum result ready(void *self, struct error *error)
{
    return reach(self, error);
}

static void load_shard(const struct sim_store_shard *shard, struct arena *arena,
                       struct store_load *load)
{
    load->values = arena_zalloc(arena, (load->n + 1) * sizeof *load->values);
    load->checkpoint = shard->checkpoint;
    load->checkpoint_at = shard->checkpoint < 0 ? TIME_NONE : shard->stamp;
    load->cluster = shard->checkpoint < 0 || !shard->cluster[0]
                        ? STR_NONE
                        : arena_str(arena, str_of(shard->cluster));
    load->entries = load->counted ? (int64_t)(shard->by_key.n - shard->positions) : 0;
    const struct sim_node *wake = shard->by_wake.first[0];
    load->wake_at = load->counted && wake ? wake->at : TIME_NONE;
    for (size_t i = 0; i < load->n; i++) {
        const struct sim_entry *entry = find(shard, load->keys[i]);
        if (entry) load->values[i] = arena_str(arena, entry->value);
    }
}

static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error)
{
    struct sim_store_client *client = self;
    if (reach(client, error) != OK) return RETRY;
    for (size_t i = 0; i < n; i++)
        load_shard(&client->store->shards[loads[i].shard], arena, &loads[i]);
    return OK;
}

/* What Redis does to a shard: one transaction, or a piece of several, from the write `from` on. */
static void apply_piece(struct sim_store_shard *shard, struct store_apply *apply, size_t from,
                        size_t n)
{
    bool is_last = from + n == apply->n;
    int64_t next = is_last ? apply->checkpoint : apply->expected;
    apply->applied = shard->checkpoint == apply->expected;
    if (!apply->applied) {
        apply->applied = shard->checkpoint == next; /* it was done before */
        return;
    }
    if (apply->clear && !from) clear(shard);
    for (size_t i = 0; i < n; i++) write(shard, &apply->writes[from + i]);
    shard->checkpoint = next;
    if (is_last) shard->stamp = apply->stamp;
    snprintf(shard->cluster, sizeof shard->cluster, "%.*s", STR_ARG(apply->cluster));
}

/* The next piece of what was started; false: there is none. */
static bool next_piece(struct sim_store_client *client)
{
    if (client->at == client->applies_n) return false;
    struct store_apply *apply = &client->applies[client->at];
    struct sim_store_shard *shard = &client->store->shards[apply->shard];
    size_t n = apply->n - client->written;
    if (client->piece_writes && n > client->piece_writes) n = client->piece_writes;
    apply_piece(shard, apply, client->written, n);
    client->written += n;
    if (client->written < apply->n) return true;
    apply->wake_at = shard->by_wake.n ? shard->by_wake.first[0]->at : TIME_NONE;
    client->written = 0;
    client->at++;
    return true;
}

static void apply_start(void *self, struct store_apply *applies, size_t n)
{
    struct sim_store_client *client = self;
    assert(!client->applies && n);
    client->applies = applies;
    client->applies_n = n;
    client->at = client->written = 0;
    client->waits = client->late;
    client->restarts = client->store->restarts;
    if (!client->late && !client->store->away)
        while (next_piece(client)) continue;
}

static bool apply_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct sim_store_client *client = self;
    (void)wait_ms;
    assert(client->applies);
    *result = reach(client, error);
    if (*result == OK && client->restarts != client->store->restarts)
        *result = error_set(error, RETRY, "the store has restarted");
    if (*result == OK && client->waits > 0) {
        client->waits--;
        if (client->piece_writes) next_piece(client);
        return false;
    }
    while (*result == OK && next_piece(client)) continue;
    client->applies = NULL;
    return true;
}

static enum result due(void *self, struct arena *arena, int32_t shard, ms_t until, struct str *keys,
                       ms_t *wake_at, size_t *n, struct error *error)
{
    struct sim_store_client *client = self;
    size_t max = *n;
    if (reach(client, error) != OK) return RETRY;
    const struct sim_node *node = client->store->shards[shard].by_wake.first[0];
    for (*n = 0; node && node->at <= until && *n < max; node = node->next[0]) {
        keys[*n] = arena_str(arena, node->key);
        wake_at[(*n)++] = node->at;
    }
    return OK;
}

/* All of an incident stand together but for its header, before which other incidents' keys can
 * stand ("INC-1 b" is before "INC-1|t|…"). */
static enum result entries(void *self, struct arena *arena, int32_t shard, struct str header_key,
                           struct str after, struct str *keys, size_t *n, struct error *error)
{
    struct sim_store_client *client = self;
    size_t max = *n;
    *n = 0;
    if (reach(client, error) != OK) return RETRY;
    struct sim_store_shard *s = &client->store->shards[shard];
    struct str bar = arena_printf(arena, "%.*s|", STR_ARG(header_key));
    if (header_key.p && (!after.p || str_cmp(after, header_key) < 0) && max && find(s, header_key))
        keys[(*n)++] = arena_str(arena, header_key);
    struct str from = header_key.p ? bar : STR("");
    if (after.p && str_cmp(after, from) > 0) from = after;
    const struct sim_node *node = sim_index_from(&s->by_key, 0, from);
    for (; node && *n < max; node = node->next[0]) {
        if (header_key.p && !str_starts(node->key, bar)) break;
        if (after.p && str_cmp(node->key, after) <= 0) continue;
        keys[(*n)++] = arena_str(arena, node->key);
    }
    return OK;
}

/* ---- life ---- */

struct sim_store *sim_store_new(int32_t partitions)
{
    struct sim_store *store = calloc(1, sizeof *store);
    if (!store) abort();
    store->partitions = partitions;
    store->shards = calloc((size_t)partitions, sizeof *store->shards);
    if (!store->shards) abort();
    for (int32_t i = 0; i < partitions; i++) store->shards[i].checkpoint = STORE_NO_CHECKPOINT;
    return store;
}

void sim_store_free(struct sim_store *store)
{
    if (!store) return;
    for (int32_t i = 0; i < store->partitions; i++) clear(&store->shards[i]);
    free(store->shards);
    free(store);
}

void sim_store_connect(struct sim_store *store, struct sim_store_client *client)
{
    *client = (struct sim_store_client){.store = store};
    client->port = (struct store_port){client, ready, load, apply_start, apply_take, due, entries};
}

void sim_store_lose(struct sim_store *store, int32_t shard)
{
    clear(&store->shards[shard]);
    store->shards[shard].checkpoint = STORE_NO_CHECKPOINT;
}

void sim_store_roll_back(struct sim_store *store, const struct sim_store *copy, int32_t shard)
{
    struct sim_store_shard *s = &store->shards[shard];
    const struct sim_store_shard *old = &copy->shards[shard];
    clear(s);
    for (const struct sim_node *node = old->by_key.first[0]; node; node = node->next[0]) {
        const struct sim_entry *entry = node->item;
        write(s, &(struct store_write){entry->key, entry->value, entry->wake_at, false});
    }
    s->checkpoint = old->checkpoint;
    s->stamp = old->stamp;
    memcpy(s->cluster, old->cluster, sizeof s->cluster);
    store->restarts++;
}

struct sim_store *sim_store_copy(const struct sim_store *store)
{
    struct sim_store *copy = sim_store_new(store->partitions);
    for (int32_t i = 0; i < store->partitions; i++) sim_store_roll_back(copy, store, i);
    return copy;
}

ms_t sim_store_wake_at(const struct sim_store *store, int32_t shard)
{
    const struct sim_node *first = store->shards[shard].by_wake.first[0];
    return first ? first->at : TIME_NONE;
}
