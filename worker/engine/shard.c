/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shard from "it is ours now" to "it may be worked on": Redis is brought to the end of the
 * changelog before the first record is read.
 */
#include <inttypes.h>

#include "codec/state_json.h"
#include "common/log.h"
#include "failpoint.h"
#include "internal.h"

#define RESTORE_RECORDS 1000 /* read and applied in one piece */
#define PATIENCE_MS 10000    /* before it is said what a restore waits for */

static struct str position_key(struct engine *engine, int32_t shard)
{
    return arena_printf(engine->arena, "$position/%d", shard);
}

void shard_restart(struct engine *engine, struct shard *shard)
{
    struct error ignored; /* a pause that fails is a consumer that is gone: the poll will say so */
    if (shard->phase == SHARD_ACTIVE)
        engine->kafka->pause(engine->kafka->self, shard->id, &ignored);
    if (shard->phase == SHARD_READS_CHANGELOG)
        engine->kafka->changelog_close(engine->kafka->self, shard->id);
    inbox_drop(engine, shard->id);
    shard->phase = SHARD_WAITS_FOR_OFFSETS;
    shard->since_ms = engine->clock->monotonic_ms(engine->clock->self);
    shard->restored = 0;
    shard->next_wake = TIME_NONE;
}

static enum result wait_for_offsets(struct engine *engine, struct shard *shard, struct error *error)
{
    struct position positions[INPUTS];
    size_t n = INPUTS;
    enum result result =
        engine->kafka->committed(engine->kafka->self, shard->id, positions, &n, error);
    if (result != OK) return result;
    for (int i = 0; i < INPUTS; i++) shard->committed[i] = -1;
    for (size_t i = 0; i < n; i++)
        shard->committed[positions[i].topic - input_topic(0)] = positions[i].offset;
    shard->phase = SHARD_WAITS_FOR_WATERMARK;
    return OK;
}

/* Why the store's copy of the shard cannot be built upon; NULL when it can. */
static const char *useless(const struct engine *engine, const struct store_load *load, int64_t low,
                           int64_t high)
{
    ms_t now = engine->clock->now(engine->clock->self);
    if (load->watermark == STORE_NO_WATERMARK) return "it is empty";
    if (load->watermark > high) return "it is of another changelog";
    if (load->watermark < low) return "the changelog no longer has what follows it";
    /* One offset behind the watermark stands the marker of the transaction that wrote it. */
    if (high - load->watermark > 1 &&
        now - load->watermark_at > engine->options.delete_retention_ms)
        return "deletions that follow it may be gone from the changelog";
    return NULL;
}

/* Forgets the shard in the store: what follows is read from `from` on. */
static enum result clear(struct engine *engine, struct shard *shard, int64_t expected, int64_t from,
                         const char *why, struct error *error)
{
    struct store_apply apply = {
        .shard = shard->id,
        .expected = expected,
        .watermark = from,
        .now = engine->clock->now(engine->clock->self),
        .clear = true,
    };
    enum result result = engine->store->apply(engine->store->self, &apply, 1, error);
    if (result != OK) return result;
    if (!apply.applied) return error_set(error, RETRY, "shard %d is being changed", shard->id);
    log_info("rebuilding the shard's state from the changelog", "shard=%d why=%s", shard->id,
             log_quote(why));
    return OK;
}

static bool has_consumed(const struct shard *shard)
{
    for (int i = 0; i < INPUTS; i++)
        if (shard->committed[i] > 0) return true;
    return false;
}

static enum result begin_reading(struct engine *engine, struct shard *shard, struct error *error)
{
    int64_t low;
    enum result result =
        engine->kafka->changelog_bounds(engine->kafka->self, shard->id, &low, &shard->high, error);
    if (result != OK) return result;
    struct store_load load = {.shard = shard->id};
    result = engine->store->load(engine->store->self, engine->arena, &load, 1, error);
    if (result != OK) return result;
    shard->watermark = load.watermark;
    if (load.watermark > shard->high && has_consumed(shard))
        return error_set(
            error, FATAL,
            "shard %d: Redis reflects %.*s up to offset %" PRId64 ", but the topic ends at %" PRId64
            ": it was made anew or has lost records. Bring it back; or start afresh with "
            "a new group.id and new topics",
            shard->id, STR_ARG(engine->options.topic_names[TOPIC_STATE]), load.watermark,
            shard->high);
    const char *why = useless(engine, &load, low, shard->high);
    if (why) {
        result = clear(engine, shard, load.watermark, low, why, error);
        if (result != OK) return result;
        shard->watermark = low;
    }
    shard->read_to = shard->watermark;
    result = engine->kafka->changelog_open(engine->kafka->self, shard->id, shard->read_to, error);
    if (result == OK) shard->phase = SHARD_READS_CHANGELOG;
    return result;
}

/* What the changelog says of one key, with the wake time that follows from it. */
static enum result as_write(struct engine *engine, const struct changelog_record *record,
                            struct entry *entry, struct store_write *write, struct error *error)
{
    *write = (struct store_write){.key = record->key, .value = record->value, .wake_at = TIME_NONE};
    if (!record->value.p || state_key_is_internal(record->key)) return OK;
    enum result result = state_json_read(engine->arena, record->value, entry, error);
    if (result != OK) return result;
    entry->exists = true;
    write->wake_at = decide_wake_at(engine->options.policy, entry);
    return OK;
}

/* The last record of each key: what came before it in this piece does not count. */
static enum result last_writes(struct engine *engine, const struct changelog_record *records,
                               size_t n, struct store_write *writes, size_t *writes_n,
                               struct error *error)
{
    struct state_table *table = state_new(engine->arena);
    *writes_n = 0;
    for (size_t i = n; i-- > 0;) {
        struct entry *entry = state_entry(table, records[i].key);
        if (entry->loaded) continue;
        entry->loaded = true;
        enum result result = as_write(engine, &records[i], entry, &writes[(*writes_n)++], error);
        if (result != OK) return result;
    }
    return OK;
}

static enum result apply_records(struct engine *engine, struct shard *shard,
                                 const struct changelog_record *records, size_t n, int64_t next,
                                 struct error *error)
{
    struct store_write *writes = arena_alloc(engine->arena, n * sizeof *writes);
    size_t writes_n;
    enum result result = last_writes(engine, records, n, writes, &writes_n, error);
    if (result != OK) return result;
    struct store_apply apply = {
        .shard = shard->id,
        .expected = shard->watermark,
        .watermark = next,
        .now = engine->clock->now(engine->clock->self),
        .writes = writes,
        .n = writes_n,
    };
    result = engine->store->apply(engine->store->self, &apply, 1, error);
    if (result != OK) return result;
    if (!apply.applied) return error_set(error, RETRY, "shard %d changed meanwhile", shard->id);
    failpoint("in-restore");
    shard->watermark = next;
    shard->restored += (int64_t)n;
    metrics_add(engine->metrics, METRIC_RESTORED_RECORDS, n);
    return OK;
}

/* What the state says of its own inputs: `$position/<n>`. */
static enum result known_position(struct engine *engine, struct shard *shard,
                                  struct position_entry *known, struct error *error)
{
    struct str key = position_key(engine, shard->id);
    struct store_load load = {.shard = shard->id, .keys = &key, .n = 1};
    enum result result = engine->store->load(engine->store->self, engine->arena, &load, 1, error);
    if (result != OK) return result;
    if (load.watermark != shard->watermark)
        return error_set(error, RETRY, "shard %d changed meanwhile", shard->id);
    *known = (struct position_entry){.partitions = engine->options.partitions, .entries = -1};
    for (int i = 0; i < topic_end; i++) known->offsets[i] = -1;
    struct str value = load.values[0];
    if (value.p && (result = state_json_read_position(value, known, error)) != OK) return result;
    if (known->partitions == engine->options.partitions) return OK;
    return error_set(
        error, FATAL,
        "the state of group '%.*s' was made with %d partitions, but the topics have %d "
        "now: incidents would change their shard. Give the topics %d partitions again, "
        "or start afresh with a new group.id and new topics",
        STR_ARG(engine->options.group_id), known->partitions, engine->options.partitions,
        known->partitions);
}

/* Both were written by the same transactions, so they say the same, unless one of them was lost or
 * changed by hand. */
static enum result compare_positions(struct engine *engine, struct shard *shard, int topic,
                                     int64_t committed, int64_t known, struct error *error)
{
    struct str name = engine->options.topic_names[topic];
    if (committed > known)
        return error_set(
            error, FATAL,
            "group '%.*s' has consumed %.*s partition %d up to offset %" PRId64
            ", but %.*s only knows of %" PRId64
            ": it was made anew or has lost records, and everything would be done "
            "again. Bring that topic back; or, if the offsets were moved by hand, delete "
            "those of the group",
            STR_ARG(engine->options.group_id), STR_ARG(name), shard->id, committed,
            STR_ARG(engine->options.topic_names[TOPIC_STATE]), known);
    if (committed >= 0 && committed < known)
        log_warn("the group's committed offset is behind the state: going on from the state",
                 "topic=%.*s partition=%d committed=%" PRId64 " state=%" PRId64, STR_ARG(name),
                 shard->id, committed, known);
    return OK;
}

/* Where consuming starts: where the state says, for it outlives the group's offsets; else at the
 * beginning. */
static enum result choose_positions(struct engine *engine, struct shard *shard, struct error *error)
{
    struct position_entry known;
    enum result result = known_position(engine, shard, &known, error);
    for (int i = 0; i < INPUTS && result == OK; i++) {
        int topic = input_topic(i);
        int64_t at = known.offsets[topic], first;
        result = compare_positions(engine, shard, topic, shard->committed[i], at, error);
        if (result == OK)
            result = engine->kafka->beginning(engine->kafka->self, topic, shard->id, &first, error);
        if (result != OK) return result;
        if (at >= 0 && at < first)
            log_error(
                "records were deleted before they were read: give the topic a longer retention",
                "topic=%.*s partition=%d from=%" PRId64 " to=%" PRId64,
                STR_ARG(engine->options.topic_names[topic]), shard->id, at, first);
        unread_begin(&shard->inputs[i], at > first ? at : first);
    }
    return result;
}

enum result shard_refresh_wake(struct engine *engine, struct shard *shard, struct error *error)
{
    struct str key;
    ms_t wake_at;
    size_t n = 1;
    enum result result = engine->store->due(engine->store->self, engine->arena, shard->id,
                                            INT64_MAX, &key, &wake_at, &n, error);
    if (result == OK) shard->next_wake = n ? wake_at : TIME_NONE;
    return result;
}

static enum result activate(struct engine *engine, struct shard *shard, struct error *error)
{
    enum result result = choose_positions(engine, shard, error);
    if (result == OK) result = shard_refresh_wake(engine, shard, error);
    if (result != OK) return result;
    struct position positions[INPUTS];
    for (int i = 0; i < INPUTS; i++)
        positions[i] = (struct position){input_topic(i), shard->id, shard->inputs[i].next};
    result = engine->kafka->resume(engine->kafka->self, positions, INPUTS, error);
    if (result != OK) return result;
    engine->kafka->changelog_close(engine->kafka->self, shard->id);
    shard->phase = SHARD_ACTIVE;
    int64_t took = engine->clock->monotonic_ms(engine->clock->self) - shard->since_ms;
    metrics_add(engine->metrics, METRIC_RESTORES, 1);
    log_info("shard is active",
             "shard=%d watermark=%" PRId64 " restored_records=%" PRId64 " took_ms=%" PRId64,
             shard->id, shard->watermark, shard->restored, took);
    return OK;
}

static enum result read_changelog(struct engine *engine, struct shard *shard, struct error *error)
{
    struct changelog_record *records =
        arena_alloc(engine->arena, RESTORE_RECORDS * sizeof *records);
    while (shard->read_to < shard->high) {
        size_t n;
        int64_t next = shard->read_to;
        enum result result = engine->kafka->changelog_read(engine->kafka->self, shard->id, records,
                                                           RESTORE_RECORDS, 20, &n, &next, error);
        if (result != OK) return result;
        if (next == shard->read_to) { /* not readable yet */
            if (engine->clock->monotonic_ms(engine->clock->self) - shard->since_ms > PATIENCE_MS) {
                error_set(error, RETRY,
                          "shard %d waits for a transaction that is open in followup-state at "
                          "offset %" PRId64,
                          shard->id, next);
                engine_complain(engine, "a shard waits to be restored", error);
            }
            return OK;
        }
        if (n) result = apply_records(engine, shard, records, n, next, error);
        if (result != OK) return result;
        shard->read_to = next;
        if (n) return OK; /* one piece: the group wants to be polled */
    }
    return activate(engine, shard, error);
}

enum result shard_restore(struct engine *engine, struct shard *shard, struct error *error)
{
    enum result result = OK;
    if (shard->phase == SHARD_WAITS_FOR_OFFSETS) result = wait_for_offsets(engine, shard, error);
    if (result == OK && shard->phase == SHARD_WAITS_FOR_WATERMARK)
        result = begin_reading(engine, shard, error);
    if (result == OK && shard->phase == SHARD_READS_CHANGELOG)
        result = read_changelog(engine, shard, error);
    if (result == RETRY || result == ABORT) {
        shard_restart(engine, shard);
        return RETRY;
    }
    return result;
}
