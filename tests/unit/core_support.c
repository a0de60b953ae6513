/* SPDX-License-Identifier: Apache-2.0 */
#include "core_support.h"

#include "common/text.h"

/* Between code points; how the worker cuts is tested with the codec. */
static struct str cut(struct str text, size_t max_bytes)
{
    return (struct str){text.p, text_whole(text.p, max_bytes)};
}

struct world *world_new(void)
{
    struct arena *arena = arena_new();
    struct world *w = ARENA_NEW(arena, struct world);
    w->arena = arena;
    default_policy(arena, &w->policy);
    w->d.policy = &w->policy;
    w->d.arena = arena;
    w->d.cut = cut;
    w->ids_mask = 1023;
    w->ids = arena_zalloc(arena, (w->ids_mask + 1) * sizeof *w->ids);
    return w;
}

void world_free(struct world *w)
{
    arena_free(w->arena);
}

int world_setup(void **state)
{
    *state = world_new();
    return 0;
}

int world_teardown(void **state)
{
    world_free(*state);
    return 0;
}

/* Where the key stands in the store, or would. */
static size_t place_of(const struct world *w, struct str key)
{
    size_t from = 0, to = w->store_n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (str_cmp(w->store[middle].key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct stored *stored(struct world *w, struct str key)
{
    size_t at = place_of(w, key);
    return at < w->store_n && str_eq(w->store[at].key, key) ? &w->store[at] : NULL;
}

/* Makes room; the store is in the order of its keys, whatever came first. */
static struct stored *insert(struct world *w, struct str key)
{
    size_t at = place_of(w, key);
    (void)ARENA_PUSH(w->arena, w->store, w->store_n, w->store_cap);
    memmove(&w->store[at + 1], &w->store[at], (w->store_n - 1 - at) * sizeof *w->store);
    w->store[at] = (struct stored){.key = key};
    return &w->store[at];
}

static struct entry *load_entry(struct world *w, struct str key)
{
    struct entry *entry = state_entry(w->d.table, key);
    struct stored *s = stored(w, key);
    entry->loaded = true;
    if (!s || !s->body) return entry;
    entry->exists = entry->stored = true;
    entry->body = s->body;
    entry->wake_at = s->wake_at;
    return entry;
}

/* A holder with its parts. */
static struct entry *load(struct world *w, struct str key)
{
    struct entry *holder = load_entry(w, key);
    assert_ptr_equal(holder->holder, holder);
    if (holder->type != ENTRY_FINDING) return holder;
    struct str tasks = state_task_key(w->arena, holder->header->key, STR(""));
    for (size_t i = place_of(w, tasks); i < w->store_n && str_starts(w->store[i].key, tasks); i++)
        if (str_eq(state_holder_key(w->arena, w->store[i].key), key))
            load_entry(w, w->store[i].key);
    return holder;
}

/* Just what the engine does before an event is decided. */
static void load_needed(struct world *w, const struct event *event)
{
    struct need need;
    w->d.table = state_new(w->arena);
    decide_need(w->arena, event, &need);
    assert_true(need.n <= sizeof need.keys / sizeof *need.keys);
    struct entry *header = load(w, need.keys[0]);
    assert_true(header->type == ENTRY_INCIDENT || header->type == ENTRY_CAUSE);
    for (size_t i = 1; i < need.n; i++) load(w, need.keys[i]);
    if (!need.whole && !decide_needs_whole(w->d.policy, event, &need, header)) return;
    header->whole = true;
    for (size_t i = 0; i < w->store_n; i++)
        if (str_eq(state_header_key(w->store[i].key), header->key)) load_entry(w, w->store[i].key);
}

static void save(struct world *w)
{
    for (struct entry *e = state_first(w->d.table); e; e = e->next) {
        if (!e->dirty) continue;
        assert_true(e->wake_at == wake_time(&w->policy, e));
        struct stored *s = stored(w, e->key);
        if (!s) s = insert(w, e->key);
        *s = (struct stored){s->key, e->type, e->exists ? e->body : NULL, e->wake_at};
    }
}

static enum decide_result take_part(struct world *w, struct event *event)
{
    load_needed(w, event);
    w->cause = event->cause;
    w->d.now = w->now;
    size_t before = w->d.outputs.n;
    enum decide_result result =
        decide_event(&w->d, event, w->known_until ? w->known_until : w->now);
    if (result == DECIDE_REJECT) {
        assert_int_equal(w->d.outputs.n, before);
        for (struct entry *e = state_first(w->d.table); e; e = e->next) assert_false(e->dirty);
        return result;
    }
    check_outputs(w, before);
    save(w);
    check_store(w);
    return result;
}

enum decide_result take(struct world *w, struct event *event)
{
    enum decide_result result;
    while ((result = take_part(w, event)) == DECIDE_MORE) {
        if (w->parts++ > 100000) fail_msg("an event without an end");
        bool again = !w->between || w->between(w, event);
        if (!again && event->type != EVENT_TICK) return DECIDE_OK; /* a tick is never lost */
    }
    return result;
}

/* ---- records ---- */

static void accept(struct world *w, struct event event, const char *at)
{
    w->seen = w->d.outputs.n;
    event.cause.at = t(at);
    event.cause.offset = w->offset++;
    if (event.cause.at > w->now) w->now = event.cause.at;
    assert_int_equal(take(w, &event), DECIDE_OK);
}

void take_closure(struct world *w, const char *at, struct closure_event *e)
{
    accept(w,
           (struct event){.type = EVENT_CLOSURE,
                          .cause = {.topic = TOPIC_INCIDENT_CLOSED},
                          .incident_id = e->incident_id,
                          .closure = e},
           at);
}

void take_finding(struct world *w, const char *at, struct finding_event *e)
{
    accept(w,
           (struct event){.type = EVENT_FINDING,
                          .cause = {.topic = TOPIC_FINDING_UPDATED},
                          .incident_id = e->incident_id,
                          .finding = e},
           at);
}

void take_update(struct world *w, const char *at, struct task_update_event *e)
{
    accept(w,
           (struct event){.type = EVENT_TASK_UPDATE,
                          .cause = {.topic = TOPIC_TASK_UPDATED},
                          .incident_id = e->incident_id,
                          .task_update = e},
           at);
}

/* ---- time ---- */

static void go_on(struct world *w, ms_t until, bool asleep)
{
    w->seen = w->d.outputs.n;
    for (int n = 0;; n++) {
        struct stored *first = NULL;
        for (size_t i = 0; i < w->store_n; i++) {
            struct stored *s = &w->store[i];
            if (s->wake_at == TIME_NONE || s->wake_at > until) continue;
            if (!first || s->wake_at < first->wake_at) first = s;
        }
        if (!first) break;
        if (n > 100000) fail_msg("time stands still");
        struct event event = {.type = EVENT_TICK, .cause = {.at = first->wake_at}};
        event.tick_key = first->key;
        if (first->wake_at > w->now || asleep) w->now = asleep ? until : first->wake_at;
        assert_int_equal(take(w, &event), DECIDE_OK);
        first = stored(w, event.tick_key);
        assert_true(first->wake_at == TIME_NONE || first->wake_at > w->now);
    }
    if (until > w->now) w->now = until;
}

void run_until_ms(struct world *w, ms_t until)
{
    go_on(w, until, false);
}

void run_until(struct world *w, const char *until)
{
    go_on(w, t(until), false);
}

void sleep_until(struct world *w, const char *until)
{
    go_on(w, t(until), true);
}

/* ---- the store ---- */

static void *body_of(struct world *w, struct str key)
{
    struct stored *s = stored(w, key);
    if (!s || !s->body) fail_msg("no entry %.*s", STR_ARG(key));
    return s->body;
}

bool is_stored(struct world *w, struct str key)
{
    struct stored *s = stored(w, key);
    return s && s->body;
}

ms_t wake_of(struct world *w, struct str key)
{
    body_of(w, key);
    return stored(w, key)->wake_at;
}

const struct task *task_of(struct world *w, const char *incident_id, const char *name)
{
    return body_of(w, state_task_key(w->arena, str_of(incident_id), str_of(name)));
}

const struct incident *incident_of(struct world *w, const char *incident_id)
{
    return body_of(w, state_incident_key(w->arena, str_of(incident_id)));
}

const struct finding *finding_of(struct world *w, const char *incident_id, const char *finding_id)
{
    struct str part = str_of(finding_id);
    if (!state_is_finding_name(part))
        part = state_finding_part(w->arena, &finding_none.origin, part);
    return body_of(w, state_finding_key(w->arena, str_of(incident_id), part));
}
