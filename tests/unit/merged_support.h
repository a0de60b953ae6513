/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of merged incidents share: the incidents, and the way of a finding from one to another. */
#ifndef EPILOGUE_TESTS_MERGED_SUPPORT_H
#define EPILOGUE_TESTS_MERGED_SUPPORT_H

#include "codec/decode.h"
#include "parts_support.h"

#define AT "2026-11-20T10:00:00Z"
#define LATER "2026-11-21T10:00:00Z"
#define LATER_STILL "2026-11-22T10:00:00Z"

/* ---- the way of a record ---- */

/* What the incident gets that a finding goes on to, by way of its bytes. */
static inline struct event arrived(struct world *w, const struct output *output)
{
    static const struct limits limits = LIMITS_DEFAULT;
    struct encoder encoder = {.source = STR("/epilogue/test")};
    struct decoder decoder = {.policy = &w->policy, .limits = &limits};
    for (int topic = 1; topic < topic_end; topic++)
        encoder.topic_names[topic] = decoder.topic_names[topic] = topic_name(topic);
    struct message m;
    encode_output(&encoder, w->arena, output, &m);
    buf_free(&encoder.scratch);
    const struct record record = {.topic = TOPIC_FORWARDED,
                                  .timestamp = m.timestamp,
                                  .key = m.key,
                                  .value = m.value,
                                  .headers = m.headers,
                                  .headers_n = m.headers_n};
    struct event event;
    struct refused refused;
    if (!decode_record(&decoder, w->arena, &record, w->now, &event, &refused))
        fail_msg("refused: %.*s", STR_ARG(refused.detail));
    return event;
}

static size_t taken; /* outputs that were looked at */

/* More than any story of few findings makes: then something goes round. */
#define OUTPUTS_MAX 20000

/* Takes what goes on to other incidents until nothing does, and the ticks that go on with it; `seen`
 * is where the news begins. */
static inline void deliver(struct world *w)
{
    size_t seen = w->seen;
    do {
        run_until_ms(w, w->now);
        for (; taken < w->d.outputs.n; taken++) {
            if (w->d.outputs.items[taken].type != OUTPUT_FORWARD) continue;
            assert_true(w->d.outputs.n - seen < OUTPUTS_MAX);
            struct event event = arrived(w, &w->d.outputs.items[taken]);
            run_until_ms(w, w->now);
            enum decide_result result = take(w, &event);
            assert_true(result == DECIDE_OK || result == DECIDE_REJECT);
        }
        run_until_ms(w, w->now);
    } while (taken < w->d.outputs.n);
    w->seen = seen;
}

static inline int setup(void **state)
{
    taken = 0;
    return world_setup(state);
}

/* As if another incident had sent it just now; what comes out is news. */
static inline enum decide_result give_event(struct world *w, struct event event)
{
    event.cause =
        (struct cause){.topic = TOPIC_INCIDENT_CLOSED, .at = w->now, .offset = w->offset++};
    w->seen = w->d.outputs.n;
    return take(w, &event);
}

static inline struct str_list list_of(struct world *w, size_t n, const char *const *names)
{
    struct str *items = arena_alloc(w->arena, n * sizeof *items);
    for (size_t i = 0; i < n; i++) items[i] = str_of(names[i]);
    return (struct str_list){items, n};
}

/* ---- incidents ---- */

static inline struct closure_event *closed(struct world *w, const char *id, int64_t revision)
{
    struct closure_event *e = closure(w, id, revision);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    return e;
}

static inline struct closure_event *merged(struct world *w, const char *id, int64_t revision,
                                           const char *into)
{
    struct closure_event *e = closed(w, id, revision);
    SET_CLOSURE(e, MERGED_INTO, merged_into, str_of(into));
    return e;
}

static inline struct closure_event *closed_as_test(struct world *w, const char *id,
                                                   int64_t revision)
{
    struct closure_event *e = closed(w, id, revision);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    return e;
}

static inline struct closure_event *rated(struct closure_event *e, int severity)
{
    SET_CLOSURE(e, SEVERITY, severity, severity);
    return e;
}

/* Takes a closure, and what goes on to other incidents by it. */
static inline void close_it(struct world *w, const char *at, struct closure_event *e)
{
    take_closure(w, at, e);
    deliver(w);
}

/* Merges it, or parts it with NULL. */
static inline void take_merge(struct world *w, const char *at, const char *id, int64_t revision,
                              const char *into)
{
    close_it(w, at, merged(w, id, revision, into));
}

/* ---- findings and tasks ---- */

static inline struct finding_event *lapse(struct world *w, const char *id, const char *finding_id,
                                          int64_t revision)
{
    struct finding_event *f = finding(w, id, finding_id, revision);
    SET_FINDING(f, CATEGORY, category, CATEGORY_TECHNICAL_LAPSE);
    return f;
}

static inline struct finding_event *duplicate(struct world *w, const char *id,
                                              const char *finding_id, int64_t revision,
                                              const char *of)
{
    struct finding_event *f = lapse(w, id, finding_id, revision);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, str_of(of));
    return f;
}

static inline struct finding_event *dismissed(struct world *w, const char *id,
                                              const char *finding_id, int64_t revision)
{
    struct finding_event *f = finding(w, id, finding_id, revision);
    SET_FINDING(f, STATUS, status, REPORTED_DISMISSED);
    SET_FINDING(f, REASON, reason, STR("no risk"));
    return f;
}

/* NAME-0, NAME-1, … of the closure's incident. */
static inline void add_lapses(struct world *w, struct closure_event *e, const char *name, int n)
{
    for (int i = 0; i < n; i++)
        add_inline(w, e,
                   lapse(w, e->incident_id.p, arena_printf(w->arena, "%s-%d", name, i).p, -1));
}

static inline void take_task_status(struct world *w, const char *at, const char *id,
                                    const char *task_name, int64_t revision, int status)
{
    struct task_update_event *u = task_update(w, id, task_name, revision);
    SET_UPDATE(u, STATUS, status, status);
    take_update(w, at, u);
}

static inline void close_with(struct world *w, struct closure_event *e, const char *finding_id)
{
    add_inline(w, e, lapse(w, arena_str(w->arena, e->incident_id).p, finding_id, -1));
    close_it(w, AT, e);
}

static inline bool is_open(struct world *w, const char *incident_id, const char *name)
{
    struct str key = state_task_key(w->arena, str_of(incident_id), str_of(name));
    return is_stored(w, key) && task_of(w, incident_id, name)->status != STATUS_CLOSED;
}

static inline void drop(struct world *w, struct str key)
{
    for (size_t i = 0; i < w->store_n; i++)
        if (str_eq(w->store[i].key, key)) w->store[i].body = NULL, w->store[i].wake_at = TIME_NONE;
}

#endif
