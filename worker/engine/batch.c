/* SPDX-License-Identifier: Apache-2.0 */
/* One batch: decode, load, decide, one transaction, apply. */
#include <stdlib.h>

#include "codec/state_json.h"
#include "common/log.h"
#include "failpoint.h"
#include "internal.h"

/* One record or tick on its way. */
struct item {
    const struct record *record; /* NULL: a tick */
    struct shard *shard;
    struct event event;
    struct refused refused;
    enum { ITEM_DECIDE, ITEM_REFUSE, ITEM_FORWARD } fate;
    ms_t until; /* of a tick */
    struct need need;
};

struct batch {
    struct engine *engine;
    struct arena *arena;
    ms_t now;
    struct item *items;
    size_t items_n;
    struct decision decision;
    size_t encoded; /* outputs that are messages already */
    struct message *messages;
    size_t messages_n, messages_cap;
    struct store_apply *applies; /* one for each shard touched */
    int32_t *shard_ids;
    size_t applies_n;
    struct item *too_large; /* its effects do not fit any topic: once more, without it */
};

static struct message *add_message(struct batch *b)
{
    struct message *m = ARENA_PUSH(b->arena, b->messages, b->messages_n, b->messages_cap);
    *m = (struct message){.timestamp = TIME_NONE};
    return m;
}

static int32_t partition_of(const struct batch *b, struct str key)
{
    const struct engine_options *options = &b->engine->options;
    return options->partition_of(key, options->partitions);
}

/* ---- 2. decode ---- */

static bool is_poisoned(const struct engine *engine, const struct record *record)
{
    for (size_t i = 0; i < POISONED_MAX; i++) {
        const struct record_place *p = &engine->poisoned[i];
        if (p->topic == record->topic && p->partition == record->partition &&
            p->offset == record->offset)
            return true;
    }
    return false;
}

static void decode(struct batch *b, struct item *item)
{
    struct engine *engine = b->engine;
    const struct record *record = item->record;
    if (!decode_record(&engine->decoder, b->arena, record, b->now, &item->event, &item->refused)) {
        item->fate = ITEM_REFUSE;
        return;
    }
    struct str incident_id = item->event.incident_id;
    if (is_poisoned(engine, record)) {
        item->fate = ITEM_REFUSE;
        item->refused = (struct refused){
            REFUSE_TOO_LARGE, STR("what follows from this record is larger than the topics take"),
            incident_id};
    } else if (partition_of(b, incident_id) != record->partition) {
        item->fate = ITEM_FORWARD;
        if (record->topic != TOPIC_FORWARDED) return;
        item->fate = ITEM_REFUSE;
        item->refused = (struct refused){
            REFUSE_KEY_MISMATCH,
            STR("incident_id: it belongs to another partition than the one that the record was "
                "forwarded to"),
            incident_id};
    }
}

static void make_items(struct batch *b, const struct record *const *records, size_t records_n,
                       const struct tick *ticks, size_t ticks_n)
{
    struct engine *engine = b->engine;
    b->items = arena_zalloc(b->arena, (records_n + ticks_n + 1) * sizeof *b->items);
    for (size_t i = 0; i < ticks_n; i++) {
        struct item *item = &b->items[b->items_n++];
        item->shard = &engine->shards[ticks[i].shard];
        item->until = ticks[i].until;
        item->event = (struct event){
            .type = EVENT_TICK, .cause = {.at = ticks[i].at}, .tick_key = ticks[i].key};
    }
    for (size_t i = 0; i < records_n; i++) {
        struct item *item = &b->items[b->items_n++];
        item->record = records[i];
        item->shard = &engine->shards[records[i]->partition];
        decode(b, item);
    }
}

/* ---- 3. load ---- */

static void touch(struct batch *b, struct shard *shard)
{
    if (shard->table) return;
    shard->table = state_new(b->arena);
    shard->dropped = false;
    b->shard_ids[b->applies_n++] = shard->id;
}

/* The entries of a table that were never asked for, as keys for a load. */
static size_t unloaded(struct batch *b, struct shard *shard, struct str **keys,
                       struct entry ***entries)
{
    size_t n = 0;
    for (struct entry *e = state_first(shard->table); e; e = e->next) n += !e->loaded;
    *keys = arena_alloc(b->arena, (n + 1) * sizeof **keys);
    *entries = arena_alloc(b->arena, (n + 1) * sizeof **entries);
    n = 0;
    for (struct entry *e = state_first(shard->table); e; e = e->next) {
        if (e->loaded) continue;
        (*keys)[n] = e->key;
        (*entries)[n++] = e;
    }
    return n;
}

static enum result take_loaded(struct batch *b, const struct store_load *load,
                               struct entry *const *entries, struct error *error)
{
    for (size_t i = 0; i < load->n; i++) {
        struct entry *e = entries[i];
        e->loaded = true;
        if (!load->values[i].p) {
            /* Of an incident that the store does not know nothing else is stored either. */
            if (e->type == ENTRY_INCIDENT) e->whole = true;
            continue;
        }
        enum result result = state_json_read(b->arena, load->values[i], e, error);
        if (result != OK) return result;
        e->exists = e->stored = true;
    }
    return OK;
}

/* The store is not where we left it: somebody else wrote, or it lost what it had. The rest of the
 * batch goes on. */
static void drop_shard(struct batch *b, struct shard *shard, int64_t found)
{
    log_warn("the store's copy of the shard is not the one we built upon: restoring it",
             "shard=%d expected=%lld found=%lld", shard->id, (long long)shard->watermark,
             (long long)found);
    metrics_add(b->engine->metrics, METRIC_WATERMARK_MISMATCHES, 1);
    shard->dropped = true;
    shard_restart(b->engine, shard);
}

/* One round trip for everything that the batch's tables lack. */
static enum result load_missing(struct batch *b, struct error *error)
{
    struct engine *engine = b->engine;
    struct store_load *loads = arena_zalloc(b->arena, (b->applies_n + 1) * sizeof *loads);
    struct entry ***entries = arena_alloc(b->arena, (b->applies_n + 1) * sizeof *entries);
    size_t n = 0;
    for (size_t i = 0; i < b->applies_n; i++) {
        struct shard *shard = &engine->shards[b->shard_ids[i]];
        if (shard->dropped) continue;
        struct str *keys;
        struct store_load *load = &loads[n];
        load->shard = shard->id;
        load->n = unloaded(b, shard, &keys, &entries[n]);
        load->keys = keys;
        n++;
    }
    enum result result = engine->store->load(engine->store->self, b->arena, loads, n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        struct shard *shard = &engine->shards[loads[i].shard];
        if (loads[i].watermark != shard->watermark)
            drop_shard(b, shard, loads[i].watermark);
        else
            result = take_loaded(b, &loads[i], entries[i], error);
    }
    return result;
}

#define ENTRIES_PAGE 1000

/* Puts the keys of all that is stored of an incident into the table. */
static enum result list_entries(struct batch *b, struct shard *shard, struct entry *header,
                                struct error *error)
{
    struct store_port *store = b->engine->store;
    struct str *keys = arena_alloc(b->arena, ENTRIES_PAGE * sizeof *keys);
    struct str after = STR_NONE;
    for (;;) {
        size_t n = ENTRIES_PAGE;
        enum result result =
            store->entries(store->self, b->arena, shard->id, header->key, after, keys, &n, error);
        if (result != OK) return result;
        for (size_t i = 0; i < n; i++) state_entry(shard->table, keys[i]);
        if (n < ENTRIES_PAGE) break;
        after = keys[n - 1];
    }
    header->whole = true;
    return OK;
}

static struct entry *header_of(struct item *item)
{
    return state_entry(item->shard->table, item->need.keys[0]);
}

static enum result load(struct batch *b, struct error *error)
{
    for (size_t i = 0; i < b->items_n; i++) {
        struct item *item = &b->items[i];
        touch(b, item->shard);
        if (item->fate != ITEM_DECIDE) continue;
        decide_need(b->arena, &item->event, &item->need);
        for (size_t k = 0; k < item->need.n; k++)
            state_entry(item->shard->table, item->need.keys[k]);
    }
    enum result result = load_missing(b, error);
    if (result != OK) return result;

    bool more = false;
    for (size_t i = 0; i < b->items_n; i++) {
        struct item *item = &b->items[i];
        if (item->fate != ITEM_DECIDE || item->shard->dropped) continue;
        struct entry *header = header_of(item);
        if (header->whole) continue;
        if (!item->need.whole && !decide_needs_whole(&item->event, header)) continue;
        result = list_entries(b, item->shard, header, error);
        if (result != OK) return result;
        more = true;
    }
    return more ? load_missing(b, error) : OK;
}

/* ---- 4. decide ---- */

static void add_dead_letter(struct batch *b, struct item *item)
{
    struct engine *engine = b->engine;
    const struct record *record = item->record;
    struct message *m = add_message(b);
    encode_dead_letter(&engine->encoder, b->arena, record, &item->refused, b->now,
                       engine->options.dead_letter_bytes_max, m);
    struct str key = record->key.p ? record->key : item->refused.incident_id;
    m->partition = key.p ? partition_of(b, key) : record->partition;
    metrics_refused(engine->metrics, item->refused.code);
    log_warn("record refused", "topic=%.*s partition=%d offset=%lld code=%.*s",
             STR_ARG(engine->options.topic_names[record->topic]), record->partition,
             (long long)record->offset, STR_ARG(refusal_name(item->refused.code)));
}

static void add_forwarded(struct batch *b, struct item *item)
{
    struct message *m = add_message(b);
    encode_forwarded(&b->engine->encoder, b->arena, item->record, item->event.incident_id, b->now,
                     m);
    m->partition = partition_of(b, item->event.incident_id);
    metrics_add(b->engine->metrics, METRIC_FORWARDED, 1);
}

static bool encode_outputs(struct batch *b, struct shard *shard)
{
    struct engine *engine = b->engine;
    const struct outputs *outputs = &b->decision.outputs;
    for (; b->encoded < outputs->n; b->encoded++) {
        const struct output *output = &outputs->items[b->encoded];
        struct message *m = add_message(b);
        encode_output(&engine->encoder, b->arena, output, m);
        m->partition = output->type == OUTPUT_FORWARD ? partition_of(b, m->key) : shard->id;
        if (m->value.n > engine->options.output_bytes_max) return false;
        metrics_output(engine->metrics, output);
    }
    return true;
}

static bool decide(struct batch *b)
{
    b->decision = (struct decision){.policy = b->engine->options.policy, .arena = b->arena};
    for (size_t i = 0; i < b->items_n; i++) {
        struct item *item = &b->items[i];
        if (item->shard->dropped) continue;
        if (item->fate == ITEM_DECIDE) {
            b->decision.table = item->shard->table;
            if (item->event.type == EVENT_TICK) metrics_add(b->engine->metrics, METRIC_TICKS, 1);
            if (decide_event(&b->decision, &item->event, item->until) == DECIDE_REJECT) {
                item->refused = b->decision.refused;
                item->fate = ITEM_REFUSE;
            } else if (!encode_outputs(b, item->shard)) {
                b->too_large = item;
                return false;
            }
        }
        if (item->fate == ITEM_REFUSE) add_dead_letter(b, item);
        if (item->fate == ITEM_FORWARD) add_forwarded(b, item);
    }
    return true;
}

/* ---- 5. commit ---- */

/* The entries that changed, as records of followup-state and as writes for the store. */
static bool collect_changes(struct batch *b, struct shard *shard, struct store_apply *apply)
{
    struct buf *scratch = &b->engine->encoder.scratch;
    size_t n = 1;
    for (struct entry *e = state_first(shard->table); e; e = e->next) n += e->dirty;
    struct store_write *writes = arena_alloc(b->arena, (n + 1) * sizeof *writes);
    n = 0;
    for (struct entry *e = state_first(shard->table); e; e = e->next) {
        if (!e->dirty) continue;
        struct store_write *write = &writes[n++];
        *write = (struct store_write){.key = e->key, .wake_at = e->wake_at, .stored = e->stored};
        if (e->exists) {
            scratch->n = 0;
            state_json_write(scratch, e);
            if (scratch->n > b->engine->options.output_bytes_max) return false;
            write->value = arena_str(b->arena, buf_slice(scratch));
        }
        struct message *m = add_message(b);
        m->topic = TOPIC_STATE;
        m->partition = shard->id;
        m->key = e->key;
        m->value = write->value;
    }
    apply->writes = writes;
    apply->n = n;
    return true;
}

/* How far the inputs of a shard are read once this batch is committed, and what stands there. */
static void next_offsets(const struct batch *b, const struct shard *shard, int64_t next[INPUTS],
                         struct input_mark marks[INPUTS])
{
    for (int t = 0; t < INPUTS; t++) {
        next[t] = shard->inputs[t].next;
        marks[t] = shard->inputs[t].mark;
    }
    for (size_t i = 0; i < b->items_n; i++) {
        const struct record *record = b->items[i].record;
        if (!record || b->items[i].shard != shard) continue;
        int index = record->topic - input_topic(0);
        if (record->offset < next[index]) continue;
        next[index] = record->offset + 1;
        marks[index] = mark_of(record);
    }
}

/* How many entries the shard has once this batch is committed. */
static int64_t count_entries(const struct shard *shard)
{
    int64_t n = shard->entries;
    for (const struct entry *e = state_first(shard->table); e; e = e->next)
        if (e->dirty) n += e->exists - e->stored;
    return n;
}

/* `$position/<n>`: every batch writes one, so the watermark of a touched shard always moves. */
static void add_position(struct batch *b, struct shard *shard, struct store_apply *apply,
                         const int64_t next[INPUTS], const struct input_mark marks[INPUTS])
{
    struct position_entry position = {.partitions = b->engine->options.partitions,
                                      .batch = shard->batch + 1,
                                      .entries = count_entries(shard)};
    for (int t = 0; t < topic_end; t++) position.offsets[t] = position.marks[t].offset = -1;
    for (int t = 0; t < INPUTS; t++) {
        position.offsets[input_topic(t)] = next[t];
        position.marks[input_topic(t)] = marks[t];
    }
    struct buf *scratch = &b->engine->encoder.scratch;
    scratch->n = 0;
    state_json_write_position(scratch, &position);
    struct message *m = add_message(b);
    m->topic = TOPIC_STATE;
    m->partition = shard->id;
    m->key = arena_printf(b->arena, "$position/%d", shard->id);
    m->value = arena_str(b->arena, buf_slice(scratch));
    struct store_write *writes = (struct store_write *)apply->writes;
    writes[apply->n++] =
        (struct store_write){.key = m->key, .value = m->value, .wake_at = TIME_NONE};
}

static enum result produce_all(struct batch *b, struct error *error)
{
    struct kafka_port *kafka = b->engine->kafka;
    enum result result = kafka->begin(kafka->self, error);
    for (size_t i = 0; i < b->messages_n && result == OK; i++)
        result = kafka->produce(kafka->self, &b->messages[i], error);
    return result;
}

/* All shards of the batch go back to what is committed. */
static void restart_all(struct batch *b)
{
    for (size_t i = 0; i < b->applies_n; i++) {
        struct shard *shard = &b->engine->shards[b->shard_ids[i]];
        if (!shard->dropped) shard_restart(b->engine, shard);
        shard->dropped = true;
    }
}

/* A transaction did not go through: what has to happen before the next one. */
static enum result undo(struct batch *b, enum result result, struct error *error)
{
    struct engine *engine = b->engine;
    if (result == FATAL) return FATAL;
    log_warn("a transaction was aborted; going back to what is committed", "reason=%s",
             log_quote(error->text));
    metrics_add(engine->metrics, METRIC_ABORTS, 1);
    restart_all(b);
    if (result == ABORT) result = engine->kafka->abort(engine->kafka->self, error);
    if (result == RETRY || result == ABORT)
        result = engine->kafka->recover(engine->kafka->self, error);
    return result == FATAL ? FATAL : OK;
}

/* Once more without the record that is too much. Which one it is, a batch of one finds out: so the
 * next records are taken one at a time, until as many as one batch holds are committed. */
static enum result refuse_too_large(struct batch *b, struct error *error)
{
    struct engine *engine = b->engine;
    struct item *item = b->too_large;
    if (!item && b->items_n == 1) item = &b->items[0];
    restart_all(b);
    if (item && !item->record)
        return error_set(error, FATAL,
                         "an event of '%.*s' is larger than the output topics take (%zu bytes)",
                         STR_ARG(item->event.tick_key), engine->options.output_bytes_max);
    if (item)
        engine->poisoned[engine->poisoned_n++ % POISONED_MAX] = (struct record_place){
            item->record->topic, item->record->partition, item->record->offset};
    engine->careful = engine->options.batch_max;
    return OK;
}

static void count_committed(const struct batch *b, int64_t began_ms)
{
    struct engine *engine = b->engine;
    metrics_add(engine->metrics, METRIC_BATCHES, 1);
    metrics_commit(engine->metrics, engine->clock->monotonic_ms(engine->clock->self) - began_ms);
    ms_t now = engine->clock->now(engine->clock->self);
    for (size_t i = 0; i < b->items_n; i++) {
        const struct record *record = b->items[i].record;
        if (!record || b->items[i].shard->dropped) continue;
        if (engine->careful) engine->careful--;
        int64_t age_ms = record->timestamp == TIME_NONE ? 0 : now - record->timestamp;
        metrics_consumed(engine->metrics, record->topic, age_ms);
    }
}

static enum result commit(struct batch *b, struct error *error)
{
    struct engine *engine = b->engine;
    struct position *positions =
        arena_alloc(b->arena, (b->applies_n + 1) * INPUTS * sizeof *positions);
    int64_t(*next)[INPUTS] = arena_alloc(b->arena, (b->applies_n + 1) * sizeof *next);
    struct input_mark(*marks)[INPUTS] = arena_alloc(b->arena, (b->applies_n + 1) * sizeof *marks);
    struct shard_commit *shards = arena_alloc(b->arena, (b->applies_n + 1) * sizeof *shards);
    size_t n = 0;
    for (size_t i = 0; i < b->applies_n; i++) {
        struct shard *shard = &engine->shards[b->shard_ids[i]];
        shards[i] = (struct shard_commit){
            .shard = shard->id, .batch = shard->batch + 1, .checkpoint = shard->watermark};
        next_offsets(b, shard, next[i], marks[i]);
        add_position(b, shard, &b->applies[i], next[i], marks[i]);
        for (int t = 0; t < INPUTS; t++)
            positions[n++] = (struct position){input_topic(t), shard->id, next[i][t]};
    }
    int64_t began_ms = engine->clock->monotonic_ms(engine->clock->self);
    enum result result = produce_all(b, error);
    failpoint("before-commit");
    if (result == OK)
        result =
            engine->kafka->commit(engine->kafka->self, positions, n, shards, b->applies_n, error);
    failpoint("after-commit");
    if (result == REJECT) {
        result = undo(b, ABORT, error);
        return result == OK ? refuse_too_large(b, error) : result;
    }
    if (result != OK) return undo(b, result, error);
    for (size_t i = 0; i < b->applies_n; i++) {
        struct shard *shard = &engine->shards[b->shard_ids[i]];
        b->applies[i].watermark = shards[i].state_end;
        for (int t = 0; t < INPUTS; t++) {
            shard->inputs[t].next = next[i][t];
            shard->inputs[t].mark = marks[i][t];
        }
        shard->entries = count_entries(shard);
        shard->batch++;
        if (shards[i].state_end > shard->watermark) continue;
        /* The broker did not say where it put the state (a retry of what had arrived): a restore
         * finds out. */
        shard_restart(engine, shard);
        shard->dropped = true;
    }
    count_committed(b, began_ms);
    return OK;
}

/* ---- 6. apply ---- */

static enum result apply(struct batch *b, struct error *error)
{
    struct engine *engine = b->engine;
    failpoint("before-apply");
    enum result result = engine->store->apply(engine->store->self, b->applies, b->applies_n, error);
    failpoint("after-apply");
    if (result != OK) {
        /* What is committed is safe; the store is brought there by a restore. */
        restart_all(b);
        return result;
    }
    for (size_t i = 0; i < b->applies_n; i++) {
        struct shard *shard = &engine->shards[b->applies[i].shard];
        if (!b->applies[i].applied) {
            drop_shard(b, shard, STORE_NO_WATERMARK);
            continue;
        }
        shard->watermark = b->applies[i].watermark;
        shard->next_wake = b->applies[i].wake_at;
    }
    return OK;
}

/* Shards whose copy in the store had moved are out of this batch. */
static void leave_out_dropped(struct batch *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->applies_n; i++) {
        if (b->engine->shards[b->shard_ids[i]].dropped) continue;
        if (b->applies) b->applies[kept] = b->applies[i];
        b->shard_ids[kept++] = b->shard_ids[i];
    }
    b->applies_n = kept;
}

static bool collect(struct batch *b)
{
    b->applies = arena_zalloc(b->arena, (b->applies_n + 1) * sizeof *b->applies);
    for (size_t i = 0; i < b->applies_n; i++) {
        struct shard *shard = &b->engine->shards[b->shard_ids[i]];
        b->applies[i] = (struct store_apply){.shard = shard->id,
                                             .expected = shard->watermark,
                                             .stamp = b->now,
                                             .cluster = b->engine->cluster};
        if (!collect_changes(b, shard, &b->applies[i])) return false;
    }
    return true;
}

static enum result run(struct batch *b, struct error *error)
{
    enum result result = load(b, error);
    if (result != OK) {
        restart_all(b);
        return result;
    }
    leave_out_dropped(b);
    if (!b->applies_n) return OK;
    if (!decide(b) || !collect(b)) return refuse_too_large(b, error);
    result = commit(b, error);
    leave_out_dropped(b);
    if (result != OK || !b->applies_n) return result;
    return apply(b, error);
}

enum result batch_run(struct engine *engine, const struct record *const *records, size_t records_n,
                      const struct tick *ticks, size_t ticks_n, ms_t now, struct error *error)
{
    struct batch b = {
        .engine = engine,
        .arena = engine->arena,
        .now = now,
        .shard_ids =
            arena_alloc(engine->arena, ((size_t)engine->options.partitions + 1) * sizeof(int32_t)),
    };
    make_items(&b, records, records_n, ticks, ticks_n);
    enum result result = run(&b, error);
    for (int32_t i = 0; i < engine->options.partitions; i++) engine->shards[i].table = NULL;
    return result;
}
