/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch needs before it can be decided: its records decoded, its entries loaded. */
#include "batch_private.h"
#include "codec/envelope.h"
#include "codec/json.h"
#include "codec/state_json.h"
#include "common/log.h"
#include "core/recipient.h"
#include "overlay.h"

/* ---- decode ---- */

/* No dead letter, for nothing is wrong with it: who knows its kind takes it once we are gone. */
static enum result unknown_kind(struct batch *b, const struct record *record, struct error *error)
{
    struct str kind = envelope_header(record, STR(ENVELOPE_KIND));
    struct str shown = json_utf8_valid(kind) ? json_excerpt(b->work, kind, 100) : STR("not UTF-8");
    return error_set(error, FATAL,
                     "%.*s partition %d offset %lld is a record of kind '%.*s', which this version "
                     "does not know: it was written by a newer version of epilogue. Run that "
                     "version here too; the record waits for it",
                     STR_ARG(b->engine->options.topic_names[record->topic]), record->partition,
                     (long long)record->offset, STR_ARG(shown));
}

static enum result decode(struct batch *b, struct item *item, struct error *error)
{
    struct engine *engine = b->engine;
    const struct record *record = item->record;
    if (!decode_record(&engine->decoder, b->work, record, b->now, &item->event, &item->refused)) {
        if (!item->refused.code) return unknown_kind(b, record, error);
        item->fate = ITEM_REFUSE;
        return OK;
    }
    struct str incident_id = item->event.incident_id;
    bool is_ours = batch_partition_of(b, incident_id) == record->partition;
    if (batch_is_oversized(b, item)) {
        if (!is_ours) item->fate = ITEM_REFUSE;
    } else if (!is_ours) {
        item->fate = ITEM_FORWARD;
        if (record->topic != TOPIC_FORWARDED) return OK;
        item->fate = ITEM_REFUSE;
        item->refused = (struct refused){
            REFUSE_KEY_MISMATCH,
            STR("incident_id: it belongs to another partition than the one that the record was "
                "forwarded to"),
            incident_id};
    }
    return OK;
}

static bool has_state(const struct item *item)
{
    return item->fate == ITEM_DECIDE || item->fate == ITEM_GIVE_UP;
}

void batch_tick_item(struct item *item, struct str key, ms_t at)
{
    *item = (struct item){.event = {.type = EVENT_TICK, .cause = {.at = at}, .tick_key = key}};
}

/* ---- what is needed ---- */

static void need(struct batch *b, struct batch_shard *bs, struct item *item)
{
    if (!has_state(item)) return;
    decide_need(b->work, &item->event, &item->need);
    item->header = state_entry(bs->table, item->need.keys[0]);
    for (size_t k = 1; k < item->need.n; k++) state_entry(bs->table, item->need.keys[k]);
}

static enum result prepare(struct batch *b, struct batch_shard *bs, struct error *error)
{
    const struct shard_plan *plan = bs->plan;
    bs->table = state_new(b->work);
    bs->items = arena_zalloc(b->arena, (plan->records_n + 1) * sizeof *bs->items);
    for (size_t i = 0; i < plan->records_n; i++) {
        bs->items[i].record = plan->records[i];
        enum result result = decode(b, &bs->items[i], error);
        if (result != OK) return result;
        need(b, bs, &bs->items[i]);
    }
    for (size_t i = 0; i < plan->ticks_n; i++) {
        struct item tick;
        batch_tick_item(&tick, plan->ticks[i].key, plan->ticks[i].at);
        need(b, bs, &tick);
        *ARENA_PUSH(b->work, bs->dues, bs->dues_n, bs->dues_cap) =
            (struct due){plan->ticks[i].at, state_entry(bs->table, plan->ticks[i].key), false};
    }
    return OK;
}

static bool is_missing(const struct entry *entry)
{
    return entry->holder == entry && !entry->loaded;
}

/* The holders of a table that were never asked for, as keys for a load. */
static size_t unloaded(struct batch *b, struct batch_shard *bs, struct str **keys,
                       struct entry ***entries)
{
    size_t n = 0;
    for (struct entry *e = state_first(bs->table); e; e = e->next) n += is_missing(e);
    *keys = arena_alloc(b->work, (n + 1) * sizeof **keys);
    *entries = arena_alloc(b->work, (n + 1) * sizeof **entries);
    n = 0;
    for (struct entry *e = state_first(bs->table); e; e = e->next) {
        if (!is_missing(e)) continue;
        (*keys)[n] = e->key;
        (*entries)[n++] = e;
    }
    return n;
}

/* The store is a copy: what is spoilt there is read again from the changelog, with its shard. When
 * the changelog says the same, it is the record itself that cannot be read. */
static enum result distrust(struct batch *b, struct batch_shard *bs, struct str key,
                            struct str value, struct error *error)
{
    struct shard *shard = bs->shard;
    uint64_t hash = mark_hash(key, value);
    if (shard->corrupt_entry == hash) {
        struct error why = *error;
        return error_set(error, FATAL, "followup-state/%d: the entry %.*s cannot be read: %s",
                         shard->id, STR_ARG(json_excerpt(b->work, key, 256)), why.text);
    }
    shard_distrust(shard, arena_str(b->work, key).p, error);
    shard->corrupt_entry = hash;
    shard->corrupt_key = mark_hash(key, STR_NONE);
    bs->dropped = true;
    shard_restart(b->engine, shard);
    return OK;
}

static enum result take_loaded(struct batch *b, struct batch_shard *bs,
                               const struct store_load *load, struct entry *const *entries,
                               struct error *error)
{
    for (size_t i = 0; i < load->n; i++) {
        struct entry *e = entries[i];
        e->loaded = true;
        /* Made or changed by this batch before it was asked for: the store's is the older one. */
        if (e->to_write) continue;
        if (!load->values[i].p) {
            /* Of a header that the store does not know nothing else is stored either. */
            if (e->header == e) e->whole = true;
            continue;
        }
        if (state_json_read(b->work, bs->table, load->values[i], e, error) != OK)
            return distrust(b, bs, e->key, load->values[i], error);
        e->exists = e->stored = true;
        if (bs->shard->corrupt_entry && mark_hash(e->key, STR_NONE) == bs->shard->corrupt_key)
            bs->shard->corrupt_entry = 0; /* it was the copy */
    }
    return OK;
}

/* The store is not where we left it: somebody else wrote, or it lost what it had. */
static void drop_shard(struct batch *b, struct batch_shard *bs, int64_t found)
{
    log_warn("shard state in Redis does not match; restoring it from followup-state",
             LOG_INT("shard", bs->shard->id), LOG_INT("expected", bs->shard->checkpoint),
             LOG_INT("found", found));
    metrics_add(b->engine->metrics, METRIC_STORE_MISMATCHES, 1);
    bs->dropped = true;
    shard_restart(b->engine, bs->shard);
}

/* One round trip for everything that the tables lack. */
static enum result load_missing(struct batch *b, struct batch_shard *shards, size_t shards_n,
                                struct error *error)
{
    struct engine *engine = b->engine;
    struct store_load *loads = arena_zalloc(b->work, (shards_n + 1) * sizeof *loads);
    struct entry ***entries = arena_alloc(b->work, (shards_n + 1) * sizeof *entries);
    struct batch_shard **of = arena_alloc(b->work, (shards_n + 1) * sizeof *of);
    size_t n = 0;
    for (size_t i = 0; i < shards_n; i++) {
        if (shards[i].dropped) continue;
        struct str *keys;
        if (overlay_load(b, &shards[i], error) != OK) return FATAL;
        loads[n].shard = shards[i].shard->id;
        loads[n].n = unloaded(b, &shards[i], &keys, &entries[n]);
        loads[n].keys = keys;
        of[n++] = &shards[i];
    }
    enum result result = engine->store->load(engine->store->self, b->work, loads, n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        if (!overlay_fits(engine, of[i]->shard, loads[i].checkpoint))
            drop_shard(b, of[i], loads[i].checkpoint);
        else
            result = take_loaded(b, of[i], &loads[i], entries[i], error);
    }
    return result;
}

#define ENTRIES_PAGE 1000

/* Puts the keys of all that is stored of an incident into the table; of what waits for somebody only
 * as much as one digest takes, the oldest first. */
static enum result list_entries(struct batch *b, struct batch_shard *bs, struct entry *header,
                                struct error *error)
{
    struct store_port *store = b->engine->store;
    /* The header is one of them; what is deleted under way is none. */
    size_t wanted = header->type == ENTRY_RECIPIENT ? RECIPIENT_ENTRIES_MAX + 1 : SIZE_MAX;
    size_t page = wanted < ENTRIES_PAGE ? wanted : ENTRIES_PAGE;
    struct str *keys = arena_alloc(b->work, page * sizeof *keys);
    struct str after = STR_NONE;
    for (size_t n = page, listed = 0; n == page && listed < wanted;) {
        enum result result = store->entries(store->self, b->work, bs->shard->id, header->key, after,
                                            keys, &n, error);
        if (result != OK) return result;
        for (size_t i = 0; i < n; i++) {
            state_entry(bs->table, keys[i]);
            listed += !overlay_deletes(b, bs, keys[i]);
            after = keys[i];
        }
    }
    overlay_entries(b, bs, header->key);
    header->whole = true;
    return OK;
}

/* *more: keys were added that are to be loaded. */
static enum result want_whole(struct batch *b, struct batch_shard *bs, const struct item *item,
                              bool *more, struct error *error)
{
    if (!has_state(item) || item->header->whole) return OK;
    if (!item->need.whole &&
        !decide_needs_whole(b->engine->options.policy, &item->event, &item->need, item->header))
        return OK;
    *more = true;
    return list_entries(b, bs, item->header, error);
}

/* A tick of a header has the whole incident before it. */
static enum result want_ticks_whole(struct batch *b, struct batch_shard *bs, bool *more,
                                    struct error *error)
{
    enum result result = OK;
    for (size_t i = 0; i < bs->dues_n && result == OK; i++) {
        struct item tick;
        batch_tick_item(&tick, bs->dues[i].entry->key, bs->dues[i].at);
        need(b, bs, &tick);
        result = want_whole(b, bs, &tick, more, error);
    }
    return result;
}

enum result batch_load(struct batch *b, struct error *error)
{
    enum result result = OK;
    for (size_t i = 0; i < b->shards_n && result == OK; i++)
        result = prepare(b, &b->shards[i], error);
    if (result == OK) result = load_missing(b, b->shards, b->shards_n, error);
    bool more = false;
    for (size_t i = 0; i < b->shards_n && result == OK; i++) {
        struct batch_shard *bs = &b->shards[i];
        if (bs->dropped) continue;
        for (size_t k = 0; k < bs->plan->records_n && result == OK; k++)
            result = want_whole(b, bs, &bs->items[k], &more, error);
        if (result == OK) result = want_ticks_whole(b, bs, &more, error);
    }
    return result == OK && more ? load_missing(b, b->shards, b->shards_n, error) : result;
}

enum result batch_load_late(struct batch *b, struct batch_shard *bs, struct item *item,
                            struct error *error)
{
    need(b, bs, item);
    bool missing = false;
    for (size_t k = 0; k < item->need.n; k++) {
        missing |= !state_is_known(state_entry(bs->table, item->need.keys[k]));
    }
    enum result result = missing ? load_missing(b, bs, 1, error) : OK;
    bool more = false;
    if (result == OK && !bs->dropped) result = want_whole(b, bs, item, &more, error);
    if (result == OK && more) result = load_missing(b, bs, 1, error);
    if (result == OK && bs->dropped)
        return error_set(error, ABORT, "the store's copy of shard %d has moved", bs->shard->id);
    return result;
}
