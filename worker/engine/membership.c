/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the group only while the store can be used: a worker that owns shards and cannot serve them
 * keeps them from one that can. Every call of the store goes by here, so that a failure of any of
 * them is seen, and so is a call that lasts.
 */
#include <stdio.h>

#include "common/log.h"
#include "internal.h"

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 1000
#define LEAVE_MS 30000
#define ONE_OUTAGE_MS 15000 /* failures that are closer together are of one outage */

static void leave(struct engine *engine)
{
    struct membership *m = &engine->membership;
    log_warn("leaving the group until Redis can be used, so that another worker takes the shards",
             LOG_INT("down_s", (monotonic(engine) - m->since_ms) / 1000));
    engine->input->be_member(engine->input->self, false);
    m->in_group = engine->joined = false;
}

/* The sentence goes to /readyz; who called the store says it in the log. */
static void note_failure(struct engine *engine, int64_t called_ms, const struct error *error)
{
    struct membership *m = &engine->membership;
    int64_t now = monotonic(engine);
    if (!m->since_ms || now - m->failed_ms > ONE_OUTAGE_MS) m->since_ms = called_ms;
    m->failed_ms = now;
    m->store_down = true;
    m->next_ms = now + m->pause_ms;
    m->pause_ms = m->pause_ms * 2 < PAUSE_MAX_MS ? m->pause_ms * 2 : PAUSE_MAX_MS;
    snprintf(m->not_ready, sizeof m->not_ready, "waiting for Redis: %.380s", error->text);
    metrics_add(engine->metrics, METRIC_STORE_ERRORS, 1);
}

/* ---- the store as the engine calls it ---- */

static const char *begin_call(struct engine *engine)
{
    engine->membership.called_ms = monotonic(engine);
    return metrics_wait(engine->metrics, WAIT_CALL, "waiting for Redis: no answer to a command");
}

static enum result end_call(struct engine *engine, const char *before, enum result result,
                            const struct error *error)
{
    metrics_wait(engine->metrics, WAIT_CALL, before);
    if (result == RETRY) note_failure(engine, engine->membership.called_ms, error);
    return result;
}

static enum result ready(void *self, struct error *error)
{
    struct engine *e = self;
    const char *before = begin_call(e);
    return end_call(e, before, e->real_store->ready(e->real_store->self, error), error);
}

static enum result load(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error)
{
    struct engine *e = self;
    const char *before = begin_call(e);
    return end_call(e, before, e->real_store->load(e->real_store->self, arena, loads, n, error),
                    error);
}

static void apply_start(void *self, struct store_apply *applies, size_t n)
{
    struct engine *e = self;
    e->membership.apply_ms = monotonic(e);
    metrics_wait(e->metrics, WAIT_APPLY, "waiting for Redis: no answer to a command");
    e->real_store->apply_start(e->real_store->self, applies, n);
}

static bool apply_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct engine *e = self;
    if (!e->real_store->apply_take(e->real_store->self, wait_ms, result, error)) return false;
    metrics_wait(e->metrics, WAIT_APPLY, NULL);
    if (*result == RETRY) note_failure(e, e->membership.apply_ms, error);
    return true;
}

static enum result due(void *self, struct arena *arena, int32_t shard, ms_t until, struct str *keys,
                       ms_t *wake_at, size_t *n, struct error *error)
{
    struct engine *e = self;
    struct store_port *store = e->real_store;
    const char *before = begin_call(e);
    return end_call(e, before,
                    store->due(store->self, arena, shard, until, keys, wake_at, n, error), error);
}

static enum result entries(void *self, struct arena *arena, int32_t shard, struct str header_key,
                           struct str after, struct str *keys, size_t *n, struct error *error)
{
    struct engine *e = self;
    struct store_port *store = e->real_store;
    const char *before = begin_call(e);
    return end_call(e, before,
                    store->entries(store->self, arena, shard, header_key, after, keys, n, error),
                    error);
}

void membership_set_up(struct engine *engine, struct store_port *store)
{
    engine->real_store = store;
    engine->watched_store =
        (struct store_port){engine, ready, load, apply_start, apply_take, due, entries};
    engine->store = &engine->watched_store;
    engine->membership = (struct membership){
        .store_down = true, .pause_ms = PAUSE_MIN_MS, .not_ready = "waiting for Redis"};
}

enum result membership_serve(struct engine *engine, struct error *error)
{
    struct membership *m = &engine->membership;
    if (!m->store_down) {
        /* An outage is over when nothing is left to mend, not with the first answer. */
        if (m->since_ms && !restore_is_running(engine)) {
            m->since_ms = 0;
            m->pause_ms = PAUSE_MIN_MS;
        }
        return OK;
    }
    if (m->in_group && m->since_ms && monotonic(engine) - m->since_ms >= LEAVE_MS) leave(engine);
    if (monotonic(engine) < m->next_ms) return OK;
    enum result result = engine->store->ready(engine->store->self, error);
    if (result == RETRY) engine_complain(engine, "waiting for Redis", error);
    if (result != OK) return result == FATAL ? FATAL : OK;
    m->store_down = false;
    if (m->in_group) return OK;
    engine->input->be_member(engine->input->self, true);
    m->in_group = true;
    if (m->since_ms)
        log_info("Redis can be used: joining the group again",
                 LOG_INT("down_s", (monotonic(engine) - m->since_ms) / 1000));
    return OK;
}
