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

#include "codec/json.h"
#include "codec/state_json.h"
#include "ends.h"

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

/* Reminders on their way: in which records they go depends on how batches were cut. */
static bool is_items(const struct sim_record *record)
{
    return str_eq(header_of(record, "epilogue-kind"), STR("items"));
}

static void write_outputs(const struct fleet *w, struct lines *lines, int topic)
{
    for (int32_t p = 0; p < w->options.partitions; p++) {
        const struct sim_log *log = sim_kafka_log(w->kafka, topic, p);
        for (size_t i = log->first; i < log->n; i++)
            if (log->items[i]->state == SIM_COMMITTED && !is_items(log->items[i]))
                *ARENA_PUSH(lines->arena, lines->items, lines->n, lines->cap) =
                    line_of(lines->arena, topic, p, log->items[i]);
    }
}

/* One reminder for one recipient. */
static struct str line_of_item(struct arena *arena, struct str recipient,
                               const struct digest_item *item)
{
    struct str id = item->name.p ? item->name : item->finding_id;
    return arena_printf(arena, "%.*s %.*s %.*s %.*s %" PRId64 " %" PRId64, STR_ARG(recipient),
                        STR_ARG(item->incident_id), STR_ARG(id),
                        STR_ARG(reminder_kind_name(item->kind)), item->occurrence, item->number);
}

static void add_items(struct lines *lines, struct str recipient, struct str value)
{
    struct entry entry = {.type = ENTRY_ITEMS, .key = recipient};
    struct error error;
    if (state_json_read(lines->arena, NULL, value, &entry, &error) != OK) return;
    const struct digest_item_list *list = &entry.items->items;
    for (size_t i = 0; i < list->n; i++)
        *ARENA_PUSH(lines->arena, lines->items, lines->n, lines->cap) =
            line_of_item(lines->arena, recipient, &list->items[i]);
}

/* What waits for a digest, whatever entries it lies in. */
static void write_waiting(struct lines *lines, const struct sim_entry *entry)
{
    struct lines items = {.arena = lines->arena};
    add_items(&items, state_recipient_of(entry->key), entry->value);
    for (size_t i = 0; i < items.n; i++)
        *ARENA_PUSH(lines->arena, lines->items, lines->n, lines->cap) =
            arena_printf(lines->arena, "waits %.*s", STR_ARG(items.items[i]));
}

static bool is_waiting(struct str key)
{
    return state_key_is_own(key) && !state_key_is_position(key) && state_header_key(key).n < key.n;
}

/* Positions and marks of the worker's own depend on how batches were cut. */
static void write_state(const struct fleet *w, struct lines *lines)
{
    for (int32_t p = 0; p < w->options.partitions; p++) {
        const struct sim_node *node = w->store->shards[p].by_key.first[0];
        for (; node; node = node->next[0]) {
            const struct sim_entry *entry = node->item;
            if (state_key_is_position(entry->key)) continue;
            if (is_waiting(entry->key)) {
                write_waiting(lines, entry);
                continue;
            }
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

/* ---- places ---- */

static void check_place(struct fleet *w, int32_t shard, struct str of, struct str what)
{
    int32_t place = story_partition_of(of, w->options.partitions);
    if (place != shard)
        fail(w, "%.*s is in shard %d, not %d", STR_ARG(what), (int)shard, (int)place);
}

/* All that goes out, or on to another incident, is on the partition of its key, and what is stored in
 * the shard of its incident or recipient, wherever a record arrived and whatever is merged into what. */
static void check_places(struct fleet *w)
{
    struct arena *arena = arena_new();
    for (int32_t p = 0; p < w->options.partitions; p++) {
        for (int t = TOPIC_FORWARDED; t <= TOPIC_REMINDERS; t++) {
            const struct sim_log *log = sim_kafka_log(w->kafka, t, p);
            for (size_t i = log->first; i < log->n; i++)
                if (log->items[i]->state == SIM_COMMITTED && t != TOPIC_STATE)
                    check_place(w, p, log->items[i]->key, log->items[i]->key);
        }
        const struct sim_node *node = w->store->shards[p].by_key.first[0];
        for (; node; node = node->next[0]) {
            if (state_key_is_own(node->key) && !str_starts(node->key, STR("$to/"))) continue;
            struct str of = state_key_is_own(node->key)
                                ? state_recipient_of(node->key)
                                : state_decode_part(arena, state_header_key(node->key));
            check_place(w, p, of, node->key);
        }
    }
    arena_free(arena);
}

/* ---- reminders ---- */

static struct str text_of(const struct json *object, const char *name)
{
    const struct json *value = object ? json_get(object, name) : NULL;
    return value && value->type == JSON_STRING ? value->text : STR_NONE;
}

static int64_t integer_of(const struct json *object, const char *name)
{
    const struct json *value = json_get(object, name);
    return value && value->type == JSON_INT ? value->integer : -1;
}

/* One of a digest, as line_of_item has it. */
static struct str line_of_json(struct arena *arena, struct str recipient, const struct json *item)
{
    struct str id = text_of(item, "task_id"), kind = text_of(item, "kind");
    struct str incident_id = text_of(item, "incident_id");
    if (id.p) { /* behind the incident */
        size_t n = state_incident_key(arena, incident_id).n + 1;
        id = (struct str){id.p + n, id.n - n};
    } else {
        id = text_of(json_get(item, "finding"), "finding_id");
    }
    if (!kind.p) kind = STR("review-due");
    return arena_printf(arena, "%.*s %.*s %.*s %.*s %" PRId64 " %" PRId64, STR_ARG(recipient),
                        STR_ARG(incident_id), STR_ARG(id), STR_ARG(kind),
                        integer_of(item, "occurrence"), integer_of(item, "number"));
}

static void add_digest(struct fleet *w, struct lines *lines, const struct sim_record *record,
                       struct sim_index *numbers)
{
    struct json *root;
    struct str detail;
    struct arena *arena = lines->arena;
    if (json_parse(arena, arena, record->value, 100, &root, &detail) != JSON_OK) {
        fail(w, "a digest cannot be read: %.*s", STR_ARG(detail));
        return;
    }
    int64_t *last = sim_index_get(numbers, 0, record->key), n = integer_of(root, "n");
    if (!last) {
        last = arena_zalloc(arena, sizeof *last);
        sim_index_add(numbers, 0, record->key, last);
    }
    if (n != *last + 1) fail(w, "digest %" PRId64 " comes after %" PRId64, n, *last);
    *last = n;
    if (integer_of(root, "omitted")) fail(w, "a digest leaves out items");
    const char *const members[] = {"items", "reviews"};
    for (int m = 0; m < 2; m++)
        for (const struct json *i = json_get(root, members[m])->first; i; i = i->next)
            *ARENA_PUSH(arena, lines->items, lines->n, lines->cap) =
                line_of_json(arena, record->key, i);
}

/* Of all reminders that were sent on their way. */
static void add_sent(const struct fleet *w, struct lines *lines)
{
    for (int32_t p = 0; p < w->options.partitions; p++) {
        const struct sim_log *log = sim_kafka_log(w->kafka, TOPIC_FORWARDED, p);
        for (size_t i = log->first; i < log->n; i++)
            if (log->items[i]->state == SIM_COMMITTED && is_items(log->items[i]))
                add_items(lines, log->items[i]->key, log->items[i]->value);
    }
}

/* Of all that have come: those in digests, and those that still wait. */
static void add_come(struct fleet *w, struct lines *lines)
{
    struct sim_index numbers = {0};
    for (int32_t p = 0; p < w->options.partitions; p++) {
        const struct sim_log *log = sim_kafka_log(w->kafka, TOPIC_REMINDERS, p);
        for (size_t i = log->first; i < log->n; i++)
            if (log->items[i]->state == SIM_COMMITTED &&
                str_eq(header_of(log->items[i], "ce_type"), STR("epilogue.reminder.digest.v1")))
                add_digest(w, lines, log->items[i], &numbers);
        const struct sim_node *node = w->store->shards[p].by_key.first[0];
        for (; node; node = node->next[0]) {
            const struct sim_entry *entry = node->item;
            if (is_waiting(entry->key))
                add_items(lines, state_recipient_of(entry->key), entry->value);
        }
    }
    sim_index_clear(&numbers);
}

static void sort(struct lines *lines)
{
    if (lines->n) qsort(lines->items, lines->n, sizeof *lines->items, by_bytes);
}

/* Every item is in exactly one digest, or waits; none is there that was not sent, none twice. */
static void check_items(struct fleet *w)
{
    struct arena *arena = arena_new();
    struct lines sent = {.arena = arena}, come = {.arena = arena};
    add_sent(w, &sent);
    add_come(w, &come);
    sort(&sent);
    sort(&come);
    for (size_t i = 0; i < sent.n || i < come.n; i++) {
        struct str a = i < sent.n ? sent.items[i] : STR("nothing");
        struct str b = i < come.n ? come.items[i] : STR("nothing");
        if (!str_eq(a, b)) fail(w, "sent is %.*s, come is %.*s", STR_ARG(a), STR_ARG(b));
        if (i + 1 < sent.n && str_eq(a, sent.items[i + 1]))
            fail(w, "%.*s is sent twice", STR_ARG(a));
    }
    arena_free(arena);
}

/* ---- positions and the store ---- */

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

/* What stands there: some of a line from here on. */
static struct str rest_of_line(struct str text, size_t from, size_t most)
{
    size_t n = 0;
    while (n < most && from + n < text.n && text.p[from + n] != '\n') n++;
    return (struct str){text.p + from, n};
}

/* The first line that is another one: how it begins, and from where it differs. */
static void check_same(struct fleet *w, struct str found, struct str expected)
{
    size_t from = 0, at = 0;
    for (; at < found.n && at < expected.n && found.p[at] == expected.p[at]; at++)
        if (found.p[at] == '\n') from = at + 1;
    if (str_eq(found, expected)) return;
    size_t near = at - from > 40 ? at - 40 : from;
    fail(w, "%.*s\nexpected %.*s\nfound %.*s", STR_ARG(rest_of_line(found, from, 150)),
         STR_ARG(rest_of_line(expected, near, 250)), STR_ARG(rest_of_line(found, near, 250)));
}

/* Whether what merges has come there on other ways. */
static bool check_end(struct fleet *w, const struct expected *expected)
{
    struct buf history = {0}, ends = {0};
    history_write(w, &history);
    ends_write(w, &ends);
    bool same = str_eq(buf_slice(&history), expected->history);
    if (w->story->merges)
        check_same(w, buf_slice(&ends), expected->ends);
    else
        check_same(w, buf_slice(&history), expected->history);
    buf_free(&history);
    buf_free(&ends);
    return !same;
}

bool history_check(struct fleet *w, const struct expected *expected)
{
    check_ids(w);
    check_items(w);
    check_places(w);
    for (int32_t p = 0; p < w->options.partitions; p++) check_store(w, p);
    w->went_another_way = check_end(w, expected);
    return !w->failure[0];
}
