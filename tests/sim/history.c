/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every accepted record has its effect exactly once: what went out, and what is stored, is to the
 * byte that of a run in which nothing went wrong. What such a run itself could have wrong is looked
 * at beside it.
 */
#include "history.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/state_json.h"

struct lines {
    struct arena *arena;
    struct str *items;
    size_t n, cap;
};

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct str header_of(const struct sim_record *record, const char *name)
{
    for (size_t i = 0; i < record->headers_n; i++)
        if (str_eq(record->headers[i].name, str_of(name))) return record->headers[i].value;
    return STR_NONE;
}

static struct str line_of(struct arena *arena, int topic, int32_t partition,
                          const struct sim_record *record)
{
    struct buf line = {0};
    buf_printf(&line, "%.*s/%d %.*s", STR_ARG(topic_name(topic)), partition, STR_ARG(record->key));
    for (size_t i = 0; i < record->headers_n; i++)
        buf_printf(&line, " %.*s=%.*s", STR_ARG(record->headers[i].name),
                   STR_ARG(record->headers[i].value));
    buf_printf(&line, " %.*s", STR_ARG(record->value));
    struct str copy = arena_str(arena, buf_slice(&line));
    buf_free(&line);
    return copy;
}

static void write_outputs(const struct fleet *w, struct lines *lines, int topic)
{
    for (int32_t p = 0; p < w->options.partitions; p++) {
        const struct sim_log *log = sim_kafka_log(w->kafka, topic, p);
        for (size_t i = log->first; i < log->n; i++)
            if (log->items[i]->state == SIM_COMMITTED)
                *ARENA_PUSH(lines->arena, lines->items, lines->n, lines->cap) =
                    line_of(lines->arena, topic, p, log->items[i]);
    }
}

/* Positions and marks of the worker's own depend on how batches were cut. */
static void write_state(const struct fleet *w, struct lines *lines)
{
    for (int32_t p = 0; p < w->options.partitions; p++) {
        const struct sim_node *node = w->store->shards[p].by_key.first[0];
        for (; node; node = node->next[0]) {
            const struct sim_entry *entry = node->item;
            if (state_key_is_position(entry->key)) continue;
            *ARENA_PUSH(lines->arena, lines->items, lines->n, lines->cap) =
                arena_printf(lines->arena, "store/%d %" PRId64 " %.*s %.*s", p, entry->wake_at,
                             STR_ARG(entry->key), STR_ARG(entry->value));
        }
    }
}

void history_write(const struct fleet *w, struct buf *out)
{
    struct lines lines = {.arena = arena_new()};
    for (int t = TOPIC_FORWARDED; t < topic_end; t++)
        if (t != TOPIC_STATE) write_outputs(w, &lines, t);
    write_state(w, &lines);
    if (lines.n) qsort(lines.items, lines.n, sizeof *lines.items, by_bytes);
    for (size_t i = 0; i < lines.n; i++) buf_printf(out, "%.*s\n", STR_ARG(lines.items[i]));
    arena_free(lines.arena);
}

/* ---- what must be true ---- */

static void fail(struct fleet *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fail(struct fleet *w, const char *format, ...)
{
    va_list args;
    if (w->failure[0]) return;
    va_start(args, format);
    vsnprintf(w->failure, sizeof w->failure, format, args);
    va_end(args);
}

/* A task's events are "<task_id>/<version>", in one partition, in order. */
static void check_version(struct fleet *w, struct sim_index *versions, struct str id)
{
    size_t n = id.n;
    int64_t version = 0, factor = 1;
    for (; n && id.p[n - 1] >= '0' && id.p[n - 1] <= '9'; factor *= 10)
        version += (id.p[--n] - '0') * factor;
    struct str subject = {id.p, n};
    int64_t *last = sim_index_get(versions, 0, subject);
    if (!last) {
        last = arena_zalloc(w->arena, sizeof *last);
        sim_index_add(versions, 0, subject, last);
    }
    if (version != *last + 1) fail(w, "%.*s comes after version %" PRId64, STR_ARG(id), *last);
    *last = version;
}

static void check_ids(struct fleet *w)
{
    struct sim_index ids = {0}, versions = {0};
    for (int t = TOPIC_TASKS; t <= TOPIC_REMINDERS; t++)
        for (int32_t p = 0; p < w->options.partitions; p++) {
            const struct sim_log *log = sim_kafka_log(w->kafka, t, p);
            for (size_t i = log->first; i < log->n; i++) {
                struct sim_record *record = log->items[i];
                if (record->state != SIM_COMMITTED) continue;
                struct str id = header_of(record, "ce_id");
                if (!id.p || sim_index_get(&ids, 0, id)) {
                    fail(w, "the ce_id %.*s comes twice", STR_ARG(id));
                    continue;
                }
                sim_index_add(&ids, 0, id, record);
                if (str_starts(header_of(record, "ce_type"), STR("epilogue.task.")))
                    check_version(w, &versions, id);
            }
        }
    sim_index_clear(&ids);
    sim_index_clear(&versions);
}

/* The number of its batch, and what it says of the inputs. */
static void check_position(struct fleet *w, int32_t shard, const struct sim_record *record,
                           int64_t *batch, bool compacted, struct position_entry *position)
{
    struct error error;
    if (state_json_read_position(record->value, position, &error) != OK) {
        fail(w, "a position cannot be read: %s", error.text);
        return;
    }
    if (compacted ? position->batch <= *batch : position->batch != *batch + 1)
        fail(w, "shard %d has batch %" PRId64 " behind batch %" PRId64, shard, position->batch,
             *batch);
    *batch = position->batch;
}

static void check_store(struct fleet *w, int32_t shard)
{
    const struct sim_log *log = sim_kafka_log(w->kafka, TOPIC_STATE, shard);
    struct sim_store_shard *stored = &w->store->shards[shard];
    struct sim_index live = {0};
    struct position_entry position = {.entries = 0};
    int64_t batch = 0;
    for (size_t i = log->first; i < log->n; i++) {
        struct sim_record *record = log->items[i];
        if (record->state != SIM_COMMITTED) continue;
        if (state_key_is_position(record->key))
            check_position(w, shard, record, &batch, w->options.compacts, &position);
        if (sim_index_get(&live, 0, record->key)) sim_index_remove(&live, 0, record->key);
        if (record->value.p) sim_index_add(&live, 0, record->key, record);
    }
    const struct sim_node *a = live.first[0], *b = stored->by_key.first[0];
    for (; a && b; a = a->next[0], b = b->next[0]) {
        const struct sim_record *record = a->item;
        const struct sim_entry *entry = b->item;
        if (!str_eq(a->key, b->key) || !str_eq(record->value, entry->value))
            fail(w, "shard %d: the changelog has %.*s, the store %.*s", shard, STR_ARG(a->key),
                 STR_ARG(b->key));
    }
    if (a || b) fail(w, "shard %d: the store has not what the changelog has", shard);
    if (position.entries != (int64_t)(stored->by_key.n - stored->positions))
        fail(w, "shard %d: %" PRId64 " entries are counted", shard, position.entries);
    for (int t = TOPIC_INCIDENT_CLOSED; t <= TOPIC_FORWARDED && batch; t++)
        if (position.offsets[t] != sim_kafka_offset(w->kafka, t, shard)->offset)
            fail(w, "shard %d: positions of %.*s differ", shard, STR_ARG(topic_name(t)));
    sim_index_clear(&live);
}

/* The first line that is another one. */
static void check_same(struct fleet *w, struct str expected)
{
    struct buf out = {0};
    history_write(w, &out);
    struct str found = buf_slice(&out);
    size_t from = 0;
    for (size_t i = 0; i < found.n && i < expected.n && found.p[i] == expected.p[i]; i++)
        if (found.p[i] == '\n') from = i + 1;
    if (!str_eq(found, expected))
        fail(w, "expected %.*s\nfound %.*s",
             expected.n > from + 300 ? 300 : (int)(expected.n - from), expected.p + from,
             found.n > from + 300 ? 300 : (int)(found.n - from), found.p + from);
    buf_free(&out);
}

bool history_check(struct fleet *w, struct str expected)
{
    check_ids(w);
    for (int32_t p = 0; p < w->options.partitions; p++) check_store(w, p);
    check_same(w, expected);
    return !w->failure[0];
}
