/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of events in several parts share: everything that went out and is stored, to the
 * byte; and a restart between two parts, after which only the stored JSON is left.
 */
#ifndef EPILOGUE_TESTS_PARTS_SUPPORT_H
#define EPILOGUE_TESTS_PARTS_SUPPORT_H

#include "codec/encode.h"
#include "codec/state_json.h"
#include "core_stories.h"

static inline void tell(struct buf *out, struct str text)
{
    buf_add(out, text.p ? text.p : "", text.n);
    buf_char(out, '\n');
}

static inline void tell_outputs(struct world *w, struct buf *out)
{
    struct encoder encoder = {.source = STR("/epilogue/test")};
    for (int topic = 1; topic < topic_end; topic++) encoder.topic_names[topic] = topic_name(topic);
    for (size_t i = 0; i < w->d.outputs.n; i++) {
        struct message m = {0};
        encode_output(&encoder, w->arena, &w->d.outputs.items[i], &m);
        tell(out, m.key);
        for (size_t k = 0; k < m.headers_n; k++) {
            tell(out, m.headers[k].name);
            tell(out, m.headers[k].value);
        }
        tell(out, m.value);
    }
    buf_free(&encoder.scratch);
}

static inline void tell_state(struct world *w, struct buf *out)
{
    for (size_t i = 0; i < w->store_n; i++) {
        const struct stored *s = &w->store[i];
        struct entry entry = {.key = s->key, .type = s->type, .body = s->body};
        tell(out, s->key);
        buf_printf(out, "%lld ", (long long)s->wake_at);
        if (s->body) state_json_write(out, &entry);
    }
}

/* All of it, in the world's arena. */
static inline struct str told(struct world *w)
{
    struct buf out = {0};
    tell_outputs(w, &out);
    tell_state(w, &out);
    struct str all = arena_str(w->arena, buf_slice(&out));
    buf_free(&out);
    return all;
}

/* Through its value, as the holder that it is. */
static inline void store_and_load(struct world *w, const struct entry *holder,
                                  struct state_table *table)
{
    struct buf json = {0};
    struct error error;
    state_json_write(&json, holder);
    struct str text = arena_str(w->arena, buf_slice(&json));
    struct entry *entry = state_entry(table, holder->key);
    if (state_json_read(w->arena, table, text, entry, &error) != OK) fail_msg("%s", error.text);
    buf_free(&json);
}

/* Another process reads what this one has stored. */
static inline bool restart(struct world *w, const struct event *event)
{
    (void)event;
    struct state_table *written = state_new(w->arena), *read = state_new(w->arena);
    for (size_t i = 0; i < w->store_n; i++) {
        if (!w->store[i].body) continue;
        struct entry *entry = state_entry(written, w->store[i].key);
        entry->body = w->store[i].body;
        entry->exists = true;
    }
    for (const struct entry *e = state_first(written); e; e = e->next)
        if (e->exists && e->holder == e) store_and_load(w, e, read);
    for (size_t i = 0; i < w->store_n; i++)
        if (w->store[i].body) w->store[i].body = state_find(read, w->store[i].key)->body;
    return true;
}

/* Names the first line that differs. */
static inline void assert_same(struct str expected, struct str actual, const char *what)
{
    if (str_eq(expected, actual)) return;
    size_t n = expected.n < actual.n ? expected.n : actual.n, at = 0, line = 0;
    for (; at < n && expected.p[at] == actual.p[at]; at++)
        if (expected.p[at] == '\n') line = at + 1;
    fail_msg("%s differs:\n%.*s\n---\n%.*s", what,
             (int)(expected.n - line < 2000 ? expected.n - line : 2000), expected.p + line,
             (int)(actual.n - line < 2000 ? actual.n - line : 2000), actual.p + line);
}

#endif
