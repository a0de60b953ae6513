/* SPDX-License-Identifier: Apache-2.0 */
/* What the next batch may take: of each shard the records in hand, in the order of their times, and
 * the ticks that fall between or behind them. */
#include "internal.h"
#include "merge.h"
#include "overlay.h"

#define TICKS_OF_A_SHARD 1000
#define GATHER_MS 500   /* how long at most they do */
#define FORGET_MS 10000 /* how long a hindered shard may have nothing to do */
#define REST_MAX_MS 20  /* and no longer than the batch before took */
#define CYCLE_MS 40     /* and no longer than until so long after that one had begun */
#define FETCH_MS 3      /* from a poll until what it has made room for is there, mostly */
#define LARGE_BATCH 500 /* records that take more memory than is worth keeping */

/* The records of active shards, shard by shard; *first[p] is where those of shard p begin. */
static const struct record **sort_inbox(struct engine *engine, struct arena *arena, ms_t now,
                                        size_t *first)
{
    const struct record **records = arena_alloc(arena, (engine->inbox_n + 1) * sizeof *records);
    size_t n = 0;
    for (size_t i = 0; i < engine->inbox_n; i++) {
        const struct inbox_slot *slot = &engine->inbox[i];
        if (!slot->done && !slot->taken &&
            engine->shards[slot->record.partition].phase == SHARD_ACTIVE)
            records[n++] = &slot->record;
    }
    int32_t partitions = engine->options.partitions;
    merge_by_time(arena, records, n, partitions, now);
    size_t at = 0;
    for (int32_t p = 0; p <= partitions; p++) {
        first[p] = at;
        while (at < n && records[at]->partition == p) at++;
    }
    return records;
}

/* Whether the shard works off a backlog, and it is not known yet what stands at the head of one of
 * its inputs: an earlier record, perhaps. What happens now never waits for that. */
static bool has_unseen_input(const struct shard *shard, const struct record *const *records,
                             size_t n, ms_t now)
{
    bool in_hand[INPUTS] = {false}, unseen = false;
    ms_t at = record_time(records[0], now);
    for (size_t i = 0; i < n; i++) in_hand[records[i]->topic - input_topic(0)] = true;
    for (int t = 0; t < INPUTS; t++)
        unseen |= !in_hand[t] && unread_horizon(&shard->inputs[t], now) < at;
    return unseen && at < now - BACKLOG_MS;
}

static bool must_gather(struct engine *engine, struct shard_plan *sp, ms_t now)
{
    struct shard *shard = sp->shard;
    int64_t now_ms = engine->clock->monotonic_ms(engine->clock->self);
    bool has_room = inbox_room(engine) > 0;
    bool wait = has_room && has_unseen_input(shard, sp->records, sp->in_hand, now);
    if (wait && !shard->gathering_ms) shard->gathering_ms = now_ms;
    if (wait && now_ms - shard->gathering_ms < GATHER_MS) return true;
    shard->gathering_ms = 0;
    return false;
}

/* The ticks that can fall before the last of the records, or behind them all. */
static enum result plan_ticks(struct engine *engine, struct arena *arena, struct shard_plan *sp,
                              ms_t now, struct error *error)
{
    struct shard *shard = sp->shard;
    ms_t until = unread_shard_horizon(shard, now);
    for (size_t i = 0; i < sp->records_n; i++) {
        ms_t at = record_time(sp->records[i], now);
        if (at > until) until = at;
    }
    sp->ticks_until = INT64_MAX;
    sp->ticks_to = until;
    if (shard->next_wake == TIME_NONE || shard->next_wake > until) return OK;

    size_t max = TICKS_OF_A_SHARD < engine->take_max ? TICKS_OF_A_SHARD : engine->take_max;
    /* What the overlay has taken is in the store's page still. */
    size_t written = overlay_writes(engine, shard), page = max + written, n = page;
    struct str *keys = arena_alloc(arena, n * sizeof *keys);
    ms_t *wake_at = arena_alloc(arena, n * sizeof *wake_at);
    struct store_port *store = engine->store;
    enum result result = store->due(store->self, arena, shard->id, until, keys, wake_at, &n, error);
    if (result != OK) return result;
    if (!n && !written) {
        /* Less than we know of: perhaps the store has lost something; the watch will say so. */
        engine->next_watch_ms = 0;
        return shard_refresh_wake(engine, shard, error);
    }
    struct tick *ticks = arena_alloc(arena, n * sizeof *ticks);
    for (size_t i = 0; i < n; i++) ticks[i] = (struct tick){keys[i], wake_at[i]};
    sp->ticks = ticks;
    sp->ticks_n = n;
    if (n == page) sp->ticks_until = sp->ticks_to = wake_at[n - 1];
    overlay_due(engine, arena, sp, until, max);
    return OK;
}

/* What Kafka refused may have been another's since then. */
static void forget_hindered(struct engine *engine, const struct shard_plan *sp)
{
    int64_t now_ms = engine->clock->monotonic_ms(engine->clock->self);
    if (now_ms - sp->shard->hindered_until_ms > FORGET_MS) refuse_is_over(engine, sp->shard);
}

/* Shards that Kafka refused something of try again by themselves: another refusal is theirs alone. One
 * whose record waits for what may be before it holds up nobody. */
static void keep_hindered(struct plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->n; i++)
        if (plan->shards[i].shard->is_hindered && !plan->shards[i].shard->held_ms)
            plan->shards[kept++] = plan->shards[i];
    if (kept) plan->n = kept;
}

enum result plan_make(struct engine *engine, struct arena *arena, ms_t now, struct plan *plan,
                      struct error *error)
{
    int32_t partitions = engine->options.partitions;
    size_t *first = arena_alloc(arena, ((size_t)partitions + 1) * sizeof *first);
    const struct record **records = sort_inbox(engine, arena, now, first);
    plan->shards = arena_zalloc(arena, (size_t)partitions * sizeof *plan->shards);
    plan->n = 0;
    size_t room = engine->take_max;
    for (int32_t k = 0; k < partitions; k++) {
        int32_t p = (engine->first + k) % partitions;
        struct shard_plan *sp = &plan->shards[plan->n];
        *sp = (struct shard_plan){.shard = &engine->shards[p], .records = records + first[p]};
        if (sp->shard->phase != SHARD_ACTIVE) continue;
        sp->in_hand = first[p + 1] - first[p];
        sp->records_n = sp->in_hand < room ? sp->in_hand : room;
        if (sp->in_hand && must_gather(engine, sp, now))
            sp->records_n = 0;
        else if (sp->shard->held_ms && sp->records_n)
            sp->records_n = 1; /* to see whether it may go now */
        room -= sp->records_n;
        enum result result = plan_ticks(engine, arena, sp, now, error);
        if (result != OK) return result;
        if (sp->shard->is_hindered && !sp->in_hand && !sp->ticks_n) forget_hindered(engine, sp);
        if (sp->records_n || sp->ticks_n) plan->n++;
    }
    if (plan->n) engine->first = (engine->first + 1) % partitions;
    keep_hindered(plan);
    return OK;
}

/*
 * A transaction costs brokers by the partitions that it touches, however little it writes there. So
 * where batches follow one another, which are small then, the next one waits for some records more.
 * The first record after a pause never waits, nor does what has waited for a slow batch.
 *
 * What is fetched behind a poll is what has come by then, or else the first record alone (kafka_wake.c).
 * So the rest is cut in two by a poll: what has come in most of it is fetched in the last part.
 */
void plan_note_landed(struct engine *engine, size_t records, int64_t took_ms)
{
    if (records >= LARGE_BATCH) engine->large_ms = monotonic(engine);
    int64_t rest_ms = took_ms < REST_MAX_MS ? took_ms : REST_MAX_MS;
    if (rest_ms > CYCLE_MS - took_ms) rest_ms = CYCLE_MS - took_ms;
    engine->rest_ms = rest_ms > 0 ? (int)rest_ms : 0;
}

int plan_rest_ms(struct engine *engine)
{
    if (batch_is_under_way(engine)) return 0;
    bool is_large = engine->inbox_n >= engine->take_max / 2 || !inbox_room(engine);
    if (!engine->inbox_n || is_large) engine->rest_ms = 0;
    int rest_ms = engine->rest_ms > FETCH_MS ? engine->rest_ms - FETCH_MS : engine->rest_ms;
    engine->rest_ms -= rest_ms;
    return rest_ms;
}
