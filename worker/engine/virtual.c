/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual.h"

#include <assert.h>
#include <stdlib.h>

#include "codec/grapheme.h"
#include "codec/state_json.h"

#define MESSAGES_KEPT_BYTES ((size_t)1 << 20)

/* One time at which an entry wanted to be woken; void once the entry wants another one. */
struct wake {
    ms_t at;
    struct entry *entry;
};

struct virtual
{
    struct virtual_settings settings;
    struct arena *arena;    /* the state and all that it points to: to the end */
    struct arena *messages; /* what goes out for one event */
    struct decision decision;
    struct encoder encoder;
    struct decoder decoder;
    ms_t now;
    size_t events, forget_after; /* since the past was last forgotten; and when it is again */
    int64_t offsets[topic_end];  /* next one of each topic */
    struct wake *wakes;          /* a binary heap, earliest first */
    size_t wakes_n, wakes_cap;
};

struct virtual *virtual_new(const struct virtual_settings *settings)
{
    struct virtual *v = calloc(1, sizeof *v);
    if (!v) abort(); /* as an arena does */
    v->arena = arena_new();
    v->messages = arena_new();
    v->settings = *settings;
    v->now = TIME_NONE;
    v->forget_after = settings->forget_after;
    v->decision.arena = v->arena;
    v->decision.table = state_new(v->arena);
    v->decision.step_max = settings->step_max;
    v->decision.cut = grapheme_cut;
    v->decoder.limits = settings->limits;
    v->encoder.source = settings->source;
    for (int topic = 0; topic < topic_end; topic++)
        v->decoder.topic_names[topic] = v->encoder.topic_names[topic] =
            settings->topic_names[topic];
    virtual_set_policy(v, settings->policy);
    return v;
}

void virtual_free(struct virtual *v)
{
    if (!v) return;
    buf_free(&v->encoder.scratch);
    arena_free(v->messages);
    arena_free(v->arena);
    free(v);
}

void virtual_set_policy(struct virtual *v, const struct policy *policy)
{
    v->decision.policy = v->decoder.policy = policy;
}

/* ---- the schedule ---- */

/* Entries that want the same time go by their keys, so that the order is always the same. */
static bool earlier(const struct wake *a, const struct wake *b)
{
    if (a->at != b->at) return a->at < b->at;
    return str_cmp(a->entry->key, b->entry->key) < 0;
}

static void schedule(struct virtual *v, struct entry *entry)
{
    if (entry->wake_at == TIME_NONE) return;
    struct wake wake = {entry->wake_at, entry};
    (void)ARENA_PUSH(v->arena, v->wakes, v->wakes_n, v->wakes_cap);
    size_t i = v->wakes_n - 1;
    for (; i && earlier(&wake, &v->wakes[(i - 1) / 2]); i = (i - 1) / 2)
        v->wakes[i] = v->wakes[(i - 1) / 2];
    v->wakes[i] = wake;
}

static void drop_first(struct virtual *v)
{
    struct wake last = v->wakes[--v->wakes_n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < v->wakes_n; i = child) {
        if (child + 1 < v->wakes_n && earlier(&v->wakes[child + 1], &v->wakes[child])) child++;
        if (!earlier(&v->wakes[child], &last)) break;
        v->wakes[i] = v->wakes[child];
    }
    v->wakes[i] = last;
}

/* The first time that still holds; those before it go. */
static const struct wake *first_wake(struct virtual *v)
{
    while (v->wakes_n && v->wakes[0].entry->wake_at != v->wakes[0].at) drop_first(v);
    return v->wakes_n ? &v->wakes[0] : NULL;
}

ms_t virtual_next(struct virtual *v)
{
    const struct wake *wake = first_wake(v);
    return wake ? wake->at : TIME_NONE;
}

/* ---- memory ---- */

/* An entry of the old table in the new one: by way of its JSON, as the worker stores it. */
static void copy_entry(struct arena *arena, struct state_table *table, const struct entry *old)
{
    struct buf json = {0};
    struct error error;
    struct entry *entry = state_entry(table, old->key);
    state_json_write(&json, old);
    if (state_json_read(arena, arena_str(arena, buf_slice(&json)), entry, &error) != OK) abort();
    entry->exists = true;
    entry->wake_at = old->wake_at;
    buf_free(&json);
}

/* Each event leaves its old versions of what it changed behind in the arena. From time to time what
 * still counts moves into another one. */
static void forget_the_past(struct virtual *v)
{
    struct arena *arena = arena_new();
    struct state_table *table = state_new(arena);
    size_t n = 0;
    for (const struct entry *e = state_first(v->decision.table); e; e = e->next) {
        if (!e->exists) continue;
        copy_entry(arena, table, e);
        n++;
    }
    arena_free(v->arena);
    v->arena = v->decision.arena = arena;
    v->decision.table = table;
    v->decision.outputs = (struct outputs){0};
    v->decision.refused = (struct refused){0};
    v->wakes = NULL;
    v->wakes_n = v->wakes_cap = 0;
    for (struct entry *e = state_first(table); e; e = e->next) schedule(v, e);
    v->events = 0;
    v->forget_after = n > v->settings.forget_after ? n : v->settings.forget_after;
}

static void begin_event(struct virtual *v)
{
    arena_reset(v->messages, MESSAGES_KEPT_BYTES);
    if (v->events++ >= v->forget_after) forget_the_past(v);
}

/* ---- events ---- */

static void take(struct virtual *v, const struct record *record);

static void emit(struct virtual *v, const struct message *message)
{
    v->settings.emit(v->settings.self, message, v->now);
}

/* A finding for another incident comes back as a record, as it would by way of Kafka. */
static void take_forwarded(struct virtual *v, const struct message *message)
{
    take(v, &(struct record){
                .topic = TOPIC_FORWARDED,
                .offset = v->offsets[TOPIC_FORWARDED]++,
                .timestamp = message->timestamp,
                .key = message->key,
                .value = arena_str(v->arena, message->value), /* the state will point into it */
                .headers = message->headers,
                .headers_n = message->headers_n,
            });
}

static void emit_outputs(struct virtual *v)
{
    size_t n = v->decision.outputs.n;
    struct message *messages = arena_alloc(v->messages, (n + 1) * sizeof *messages);
    for (size_t i = 0; i < n; i++) {
        encode_output(&v->encoder, v->messages, &v->decision.outputs.items[i], &messages[i]);
        emit(v, &messages[i]);
    }
    v->decision.outputs.n = 0;
    for (size_t i = 0; i < n; i++)
        if (messages[i].topic == TOPIC_FORWARDED) take_forwarded(v, &messages[i]);
}

/* What an event changed is scheduled anew; nothing is stored, so it is clean. */
static void schedule_changed(struct virtual *v)
{
    struct entry *e = v->decision.touched;
    for (; e; e = e->next_touched) {
        e->dirty = false;
        schedule(v, e);
    }
}

static bool decide(struct virtual *v, const struct event *event, struct str header_key)
{
    struct entry *header = state_entry(v->decision.table, header_key);
    header->whole = header->loaded = true;
    enum decide_result result;
    /* Its parts follow each other at once; what they send is sent as if there were only one. */
    do {
        result = decide_event(&v->decision, event, v->now);
        schedule_changed(v);
    } while (result == DECIDE_MORE);
    emit_outputs(v);
    return result == DECIDE_OK;
}

static void refuse(struct virtual *v, const struct record *record, const struct refused *refused)
{
    struct message message;
    encode_dead_letter(&v->encoder, v->messages, record, refused, v->now, SIZE_MAX, &message);
    emit(v, &message);
}

static void take(struct virtual *v, const struct record *record)
{
    struct event event;
    struct refused refused;
    if (!decode_record(&v->decoder, v->arena, record, v->now, &event, &refused)) {
        assert(refused.code); /* our own kinds of records we know */
        refuse(v, record, &refused);
        return;
    }
    if (!decide(v, &event, state_incident_key(v->arena, event.incident_id)))
        refuse(v, record, &v->decision.refused);
}

void virtual_take(struct virtual *v, const struct record *record)
{
    begin_event(v);
    struct record here = *record;
    here.partition = 0;
    here.offset = v->offsets[record->topic]++;
    take(v, &here);
}

static void tick(struct virtual *v, struct wake wake)
{
    struct event event = {
        .type = EVENT_TICK,
        .cause.at = wake.at,
        .incident_id = wake.entry->header->incident->incident_id,
        .tick_key = wake.entry->key,
    };
    decide(v, &event, state_header_key(wake.entry->key));
    /* A timer that stands still would hold up time for ever. */
    assert(wake.entry->wake_at == TIME_NONE || wake.entry->wake_at > v->now);
}

void virtual_advance(struct virtual *v, ms_t until)
{
    const struct wake *first;
    while ((first = first_wake(v)) && first->at <= until) {
        begin_event(v);
        struct wake wake = *first_wake(v);
        drop_first(v);
        /* A date that had passed when it was given comes at once. */
        if (wake.at > v->now) v->now = wake.at;
        tick(v, wake);
    }
    if (until > v->now) v->now = until;
}

const struct state_table *virtual_state(const struct virtual *v)
{
    return v->decision.table;
}
