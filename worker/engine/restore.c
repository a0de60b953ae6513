/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From "it is ours now" to "it may be worked on", for all such shards side by side:
 *
 *   brokers (stable offsets, ends) ─► store (checkpoint) ─► changelog, up to its end ─► compared
 *
 * Each arrow is one question for all shards that stand there, so that a start costs round trips and
 * not shards. A shard that has to wait holds up nobody.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "codec/state_json.h"
#include "common/log.h"
#include "internal.h"

#define STEP_MS 200        /* of one call: signals, group and HTTP want to be served */
#define RETRY_MS 100       /* after the store or a broker did not answer */
#define ASK_AGAIN_MS 50    /* what was not settled */
#define PIECE_RECORDS 2000 /* read and applied in one piece */
#define READ_WAIT_MS 10    /* for the first record of a piece */
#define PATIENCE_MS 10000  /* before it is said what a restore waits for */
#define OFFSETS_PATIENCE_MS 1000
#define STAMP_MS (24 * 60 * 60 * 1000) /* an older stamp is renewed */
#define DISTRUSTED "an entry in Redis cannot be read"
#define ARENA_KEEP_BYTES ((size_t)32 * 1024 * 1024)

/* The shards of one phase, in a list of the arena. */
static size_t shards_in(const struct engine *engine, enum shard_phase phase, struct shard ***list)
{
    size_t n = 0;
    *list = arena_alloc(engine->arena, (size_t)engine->options.partitions * sizeof **list);
    for (int32_t i = 0; i < engine->options.partitions; i++)
        if (engine->shards[i].phase == phase) (*list)[n++] = &engine->shards[i];
    return n;
}

bool restore_is_running(const struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        const struct shard *shard = &engine->shards[i];
        if (shard->phase == SHARD_NOT_OURS || shard->phase == SHARD_ACTIVE) continue;
        if (!refuse_is_waiting(engine, shard)) return true;
    }
    return false;
}

static struct str position_key(const struct engine *engine, int32_t shard)
{
    return arena_printf(engine->arena, "$position/%d", shard);
}

/* ---- the brokers ---- */

static void ask_brokers(struct engine *engine)
{
    struct shard **waiting;
    size_t n = 0, all = shards_in(engine, SHARD_WAITS_FOR_BROKERS, &waiting);
    int32_t *ids = arena_alloc(engine->arena, (all + 1) * sizeof *ids);
    bool fresh = false;
    for (size_t i = 0; i < all; i++)
        if (!waiting[i]->in_flight && !refuse_is_waiting(engine, waiting[i]))
            waiting[n++] = waiting[i];
    for (size_t i = 0; i < n; i++) {
        ids[i] = waiting[i]->id;
        fresh |= !waiting[i]->asked;
    }
    if (!n || (!fresh && monotonic(engine) < engine->next_ask_ms)) return;
    ms_t now = engine->clock->now(engine->clock->self);
    if (!engine->changelog->lookup_ask(engine->changelog->self, ids, n)) return;
    for (size_t i = 0; i < n; i++) {
        waiting[i]->asked = true;
        waiting[i]->asked_at = now;
    }
    engine->next_ask_ms = monotonic(engine) + ASK_AGAIN_MS;
}

/* For whoever asks meanwhile; whether it goes to the log, too, the caller knows. */
static void note_wait(struct engine *engine, const struct error *error)
{
    snprintf(engine->restore_waits, sizeof engine->restore_waits, "restoring shards: %.280s",
             error->text);
    engine->restore_waits_ms = monotonic(engine);
}

static void take_found(struct engine *engine, const struct lookup_answer *answer, bool *progress)
{
    for (size_t i = 0; i < answer->n; i++) {
        const struct lookup_shard *found = &answer->shards[i];
        struct shard *shard = &engine->shards[found->shard];
        /* It may have begun anew since it was asked for. */
        if (shard->phase != SHARD_WAITS_FOR_BROKERS || !shard->asked) continue;
        if (!found->settled) {
            note_wait(engine, &answer->error);
            if (monotonic(engine) - shard->since_ms > OFFSETS_PATIENCE_MS)
                engine_complain(engine, "a shard waits to be restored", &answer->error);
            continue;
        }
        shard->found = *found;
        shard->phase = SHARD_WAITS_FOR_STORE;
        *progress = true;
    }
}

static enum result take_answer(struct engine *engine, bool *progress, struct error *error)
{
    const struct lookup_answer *answer;
    if (!engine->changelog->lookup_take(engine->changelog->self, &answer)) return OK;
    if (answer->result != OK) {
        *error = answer->error;
        if (answer->result == FATAL) return FATAL;
        note_wait(engine, error);
        engine_complain(engine, "shards wait to be restored", error);
        engine->next_ask_ms = monotonic(engine) + RETRY_MS;
        return OK;
    }
    struct str cluster = str_of(answer->cluster);
    if (!str_eq(engine->cluster, cluster))
        engine->cluster = arena_str(engine->source_arena, cluster);
    enum result result = evidence_of_group(engine, answer, error);
    if (result == OK) take_found(engine, answer, progress);
    return result;
}

/* ---- the store ---- */

/* A shard whose copy in the store cannot be built upon. */
struct rebuild {
    struct shard *shard;
    const char *why;
};

struct rebuilds {
    struct rebuild *items;
    size_t n, cap;
};

/* Forgets these shards in the store: what follows is read from the start. */
static enum result clear(struct engine *engine, const struct rebuilds *rebuilds,
                         struct error *error)
{
    if (!rebuilds->n) return OK;
    struct store_apply *applies = arena_zalloc(engine->arena, rebuilds->n * sizeof *applies);
    for (size_t i = 0; i < rebuilds->n; i++) {
        struct shard *shard = rebuilds->items[i].shard;
        shard->stamp = engine->clock->now(engine->clock->self);
        applies[i] = (struct store_apply){
            .shard = shard->id,
            .expected = shard->checkpoint,
            .checkpoint = shard->found.low,
            .stamp = shard->stamp,
            .cluster = engine->cluster,
            .clear = true,
        };
    }
    enum result result = restore_write(engine, applies, rebuilds->n, error);
    for (size_t i = 0; i < rebuilds->n && result == OK; i++) {
        struct shard *shard = rebuilds->items[i].shard;
        if (!applies[i].applied) {
            shard_restart(engine, shard);
            continue;
        }
        shard->checkpoint = shard->found.low;
        shard->from_start = true;
        shard->distrusted = false;
        log_info("rebuilding the shard's state from the changelog", LOG_INT("shard", shard->id),
                 LOG_TEXT("why", rebuilds->items[i].why));
    }
    return result;
}

/* Shards that wait for the store have their checkpoint now. */
static enum result open_changelogs(struct engine *engine, struct error *error)
{
    struct shard **waiting;
    size_t n = shards_in(engine, SHARD_WAITS_FOR_STORE, &waiting);
    for (size_t i = 0; i < n; i++) {
        struct shard *shard = waiting[i];
        shard->read_to = shard->checkpoint;
        if (shard->read_to >= shard->found.high) {
            shard->phase = SHARD_RESTORED;
            continue;
        }
        enum result result =
            engine->changelog->open(engine->changelog->self, shard->id, shard->read_to, error);
        if (result != OK) return result;
        shard->phase = SHARD_READS_CHANGELOG;
    }
    return OK;
}

/* The checkpoints of the shards that wait for them; after an assignment also the partition count of
 * every `$position` there is, whoever owns it. */
static enum result load_checkpoints(struct engine *engine, struct store_load **loads, size_t *n,
                                    struct error *error)
{
    size_t all = (size_t)engine->options.partitions;
    struct str *keys = arena_alloc(engine->arena, all * sizeof *keys);
    *loads = arena_zalloc(engine->arena, all * sizeof **loads);
    *n = 0;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        bool waits = engine->shards[i].phase == SHARD_WAITS_FOR_STORE;
        if (!waits && engine->counts_compared) continue;
        keys[i] = position_key(engine, i);
        (*loads)[(*n)++] = (struct store_load){.shard = i, .keys = &keys[i], .n = 1};
    }
    enum result result = engine->store->load(engine->store->self, engine->arena, *loads, *n, error);
    for (size_t i = 0; i < *n && result == OK; i++) {
        struct shard *shard = &engine->shards[(*loads)[i].shard];
        result = evidence_of_count(engine, shard->id, (*loads)[i].values[0], error);
        if (result != REJECT) continue;
        result = OK; /* its owner will find out; here it counts when that is us */
        if (shard->phase == SHARD_WAITS_FOR_STORE) shard_distrust(shard, keys[shard->id].p, error);
    }
    if (result == OK) engine->counts_compared = true;
    return result;
}

static enum result ask_store(struct engine *engine, bool *progress, struct error *error)
{
    struct shard **waiting;
    struct store_load *loads;
    size_t n = shards_in(engine, SHARD_WAITS_FOR_STORE, &waiting);
    if (!n) return OK;
    struct rebuilds rebuilds = {0};
    enum result result = restore_settle(engine, error);
    if (result == OK) result = load_checkpoints(engine, &loads, &n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        struct shard *shard = &engine->shards[loads[i].shard];
        const char *why = NULL;
        if (shard->phase != SHARD_WAITS_FOR_STORE) continue;
        shard->checkpoint = loads[i].checkpoint;
        shard->stamp = loads[i].checkpoint_at;
        result = evidence_of_store(engine, shard, &loads[i], &why, error);
        if (result == OK && !why && shard->distrusted) why = DISTRUSTED;
        if (result == OK && why)
            *ARENA_PUSH(engine->arena, rebuilds.items, rebuilds.n, rebuilds.cap) =
                (struct rebuild){shard, why};
        if (result == ABORT) result = OK;
    }
    if (result == OK) result = clear(engine, &rebuilds, error);
    if (result == OK) result = open_changelogs(engine, error);
    *progress = true;
    return result;
}

/* ---- the changelog ---- */

/* Nothing came: is it a transaction that nobody has ended? */
static void complain_of_wait(struct engine *engine, const struct shard *shard)
{
    struct error error;
    int64_t now = monotonic(engine);
    if (now - shard->since_ms < PATIENCE_MS || now - engine->last_piece_ms < PATIENCE_MS) return;
    error_set(&error, RETRY,
              "shard %d waits for a transaction that is open in followup-state at offset %" PRId64,
              shard->id, shard->read_to);
    note_wait(engine, &error);
    engine_complain(engine, "a shard waits to be restored", &error);
}

static enum result read_changelogs(struct engine *engine, bool *progress, struct error *error)
{
    struct shard **reading;
    size_t n, shards_n = shards_in(engine, SHARD_READS_CHANGELOG, &reading);
    if (!shards_n) return OK;
    struct changelog_record *records = arena_alloc(engine->arena, PIECE_RECORDS * sizeof *records);
    enum result result = engine->changelog->read(engine->changelog->self, records, PIECE_RECORDS,
                                                 *progress ? 0 : READ_WAIT_MS, &n, error);
    if (result == OK && n) result = restore_apply(engine, records, n, error);
    if (result != OK) return result;
    if (n) engine->last_piece_ms = monotonic(engine);
    *progress |= n > 0;
    for (size_t i = 0; i < shards_n; i++) {
        struct shard *shard = reading[i];
        if (shard->phase != SHARD_READS_CHANGELOG) continue;
        shard->read_to = engine->changelog->next(engine->changelog->self, shard->id);
        if (shard->read_to < shard->found.high) {
            complain_of_wait(engine, shard);
            continue;
        }
        engine->changelog->close(engine->changelog->self, shard->id);
        shard->phase = SHARD_RESTORED;
        *progress = true;
    }
    return OK;
}

/* ---- the end ---- */

/* Those that are worked on when all goes well. */
struct ready {
    struct shard **shards;
    struct position *positions; /* INPUTS of each */
    struct store_apply *stamps;
    size_t n, stamps_n;
};

static enum result read_position(struct engine *engine, struct str value,
                                 struct position_entry *known, struct error *error)
{
    *known = (struct position_entry){.partitions = engine->options.partitions, .entries = -1};
    for (int i = 0; i < topic_end; i++) {
        known->offsets[i] = -1;
        known->marks[i] = (struct input_mark){-1, TIME_NONE, 0};
    }
    return value.p ? state_json_read_position(value, known, error) : OK;
}

/* One restored shard against what it says of itself: it is ready, has to be rebuilt, or begins
 * again. */
static enum result compare(struct engine *engine, struct shard *shard,
                           const struct store_load *load, struct ready *ready,
                           struct rebuilds *rebuilds, struct error *error)
{
    struct position_entry known;
    const char *why = NULL;
    enum result result = read_position(engine, load->values[0], &known, error);
    if (result != OK && !shard->from_start) {
        shard_distrust(shard, position_key(engine, shard->id).p, error);
        why = DISTRUSTED;
        result = OK;
    }
    if (result == OK && !why)
        result = evidence_of_entries(engine, shard, load->entries, &known, &why, error);
    if (result == OK && why) {
        *ARENA_PUSH(engine->arena, rebuilds->items, rebuilds->n, rebuilds->cap) =
            (struct rebuild){shard, why};
        return OK;
    }
    if (result == OK)
        result =
            evidence_of_inputs(engine, shard, &known, ready->positions + ready->n * INPUTS, error);
    if (result != OK) return result == ABORT ? OK : result;
    shard->batch = known.batch;
    shard->entries = load->entries;
    shard->waiting = known.waiting;
    shard->next_wake = load->wake_at;
    ready->shards[ready->n++] = shard;
    /* It stood at the end when the brokers were asked: that counts from then on. The last piece may
     * not have known, for a marker came behind it. */
    ms_t age_ms = shard->asked_at - load->checkpoint_at;
    if (age_ms > (shard->restored ? 0 : STAMP_MS) || !str_eq(load->cluster, engine->cluster))
        ready->stamps[ready->stamps_n++] = (struct store_apply){
            .shard = shard->id,
            .expected = shard->checkpoint,
            .checkpoint = shard->checkpoint,
            .stamp = shard->asked_at,
            .cluster = engine->cluster,
        };
    return OK;
}

/* What the store says of the restored shards. Partition counts of all of them come first. */
static enum result load_restored(struct engine *engine, struct shard **restored, size_t n,
                                 struct store_load *loads, struct error *error)
{
    struct str *keys = arena_alloc(engine->arena, n * sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        keys[i] = position_key(engine, restored[i]->id);
        loads[i] = (struct store_load){
            .shard = restored[i]->id, .keys = &keys[i], .n = 1, .counted = true};
    }
    enum result result = engine->store->load(engine->store->self, engine->arena, loads, n, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        result = evidence_of_count(engine, loads[i].shard, loads[i].values[0], error);
        if (result == REJECT) result = OK; /* compare() looks at it */
    }
    return result;
}

static enum result resume(struct engine *engine, const struct ready *ready, struct error *error)
{
    if (!ready->n) return OK;
    enum result result = OK;
    if (!engine->options.restore_only) /* which places no input */
        result =
            engine->input->resume(engine->input->self, ready->positions, ready->n * INPUTS, error);
    if (result == ABORT) { /* one of them is not ours any more; the next poll says which */
        for (size_t i = 0; i < ready->n; i++) shard_restart(engine, ready->shards[i]);
        return OK;
    }
    for (size_t i = 0; i < ready->n && result == OK; i++) {
        struct shard *shard = ready->shards[i];
        assert(shard->phase == SHARD_RESTORED && !shard->in_flight && shard->batch >= 0);
        shard->phase = SHARD_ACTIVE;
        shard->doubted_ms = 0;
        metrics_add(engine->metrics, METRIC_RESTORES, 1);
        if (shard->is_hindered) continue; /* it tries again, which is said at its own pace */
        log_info("shard is active", LOG_INT("shard", shard->id),
                 LOG_INT("checkpoint", shard->checkpoint),
                 LOG_INT("restored_records", shard->restored),
                 LOG_INT("took_ms", monotonic(engine) - shard->since_ms));
    }
    return result;
}

/* Nothing that is committed speaks of the present partition count, and not all of our shards are
 * restored: what one of them says may be that there was another count. */
static bool count_is_open(const struct engine *engine)
{
    for (int32_t i = 0; i < engine->options.partitions && !engine->count_confirmed; i++) {
        enum shard_phase phase = engine->shards[i].phase;
        if (phase != SHARD_NOT_OURS && phase < SHARD_RESTORED) return true;
    }
    return false;
}

static enum result activate(struct engine *engine, bool *progress, struct error *error)
{
    struct shard **restored;
    size_t n = shards_in(engine, SHARD_RESTORED, &restored);
    if (!n || count_is_open(engine)) return OK;
    enum result result = restore_settle(engine, error);
    n = shards_in(engine, SHARD_RESTORED, &restored); /* without those that begin again */
    if (!n || result != OK) return result;
    struct store_load *loads = arena_zalloc(engine->arena, n * sizeof *loads);
    struct rebuilds rebuilds = {0};
    struct ready ready = {
        .shards = arena_alloc(engine->arena, n * sizeof *ready.shards),
        .positions = arena_alloc(engine->arena, n * INPUTS * sizeof *ready.positions),
        .stamps = arena_alloc(engine->arena, n * sizeof *ready.stamps),
    };
    *progress = true;
    result = load_restored(engine, restored, n, loads, error);
    for (size_t i = 0; i < n && result == OK; i++) {
        if (loads[i].checkpoint == restored[i]->checkpoint)
            result = compare(engine, restored[i], &loads[i], &ready, &rebuilds, error);
        else
            shard_restart(engine, restored[i]); /* changed meanwhile */
    }
    for (size_t i = 0; i < rebuilds.n; i++) rebuilds.items[i].shard->phase = SHARD_WAITS_FOR_STORE;
    if (result == OK) result = clear(engine, &rebuilds, error);
    if (result == OK) result = open_changelogs(engine, error);
    if (result == OK) result = restore_write(engine, ready.stamps, ready.stamps_n, error);
    return result == OK ? resume(engine, &ready, error) : result;
}

/* ---- all of it ---- */

static enum result piece(struct engine *engine, bool *progress, struct error *error)
{
    enum result result = take_answer(engine, progress, error);
    if (result == OK) ask_brokers(engine);
    if (restore_has_to_wait(engine)) return result;
    if (result == OK) result = ask_store(engine, progress, error);
    if (result == OK) result = read_changelogs(engine, progress, error);
    if (result == OK) result = activate(engine, progress, error);
    return result;
}

/* Whether what was under way has been done is not known: it begins again, with a new question. */
static void begin_again(struct engine *engine, const struct error *error)
{
    engine_complain(engine, "shards wait to be restored", error);
    engine->next_retry_ms = monotonic(engine) + RETRY_MS;
    for (int32_t i = 0; i < engine->options.partitions; i++) {
        enum shard_phase phase = engine->shards[i].phase;
        if (phase > SHARD_WAITS_FOR_BROKERS && phase != SHARD_ACTIVE)
            shard_restart(engine, &engine->shards[i]);
    }
}

enum result restore_run(struct engine *engine, struct error *error)
{
    evidence_warn_of_losses(engine);
    if (!restore_is_running(engine) || monotonic(engine) < engine->next_retry_ms) return OK;
    int64_t until_ms = monotonic(engine) + STEP_MS;
    enum result result;
    bool progress;
    do {
        arena_reset(engine->arena, ARENA_KEEP_BYTES);
        progress = false;
        result = piece(engine, &progress, error);
    } while (result == OK && progress && monotonic(engine) < until_ms);
    struct error of_store;
    enum result last = restore_settle(engine, &of_store);
    if (last != OK && (result == OK || last == FATAL)) {
        *error = of_store;
        result = last;
    }
    if (result == FATAL) return FATAL;
    if (result != OK) begin_again(engine, error);
    return OK;
}
