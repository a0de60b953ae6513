/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wall clock stands at the time of an event until all that follows from it is done, while the
 * monotonic one goes on: so what is decided does not depend on faults, and every run of a story has
 * to give the same events.
 */
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/policy_file.h"
#include "sim/sim_group.h"
#include "sim/sim_rest.h"

#define ROUND_MS 10      /* what a turn of all workers takes */
#define ROUNDS_MAX 30000 /* of one event; more is never */
#define SESSION_MS 300
#define TRANSACTION_MS 900
#define MARKERS_MS 400 /* longer than a session: the next owner can be there before */
#define DOWN_MS 50     /* before a worker that has ended is started again */
#define RETENTION_MS (2 * DAY_MS)

static void fail(struct fleet *w, const char *what, const char *why)
{
    if (w->failure[0]) return;
    snprintf(w->failure, sizeof w->failure, "%s: %s", what, why);
}

static int dice(struct fleet *w, int64_t n)
{
    w->dice = w->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((w->dice >> 33) % (uint64_t)n);
}

/* ---- workers ---- */

static void start_worker(struct fleet_worker *worker)
{
    struct fleet *w = worker->fleet;
    char name[32], id[32];
    snprintf(name, sizeof name, "worker-%d", worker->index);
    /* A dynamic member's transactional id is never used again. */
    snprintf(id, sizeof id, "worker-%d/%d", worker->index,
             w->options.is_static ? 0 : worker->starts);
    worker->starts++;
    worker->client = sim_client_new(w->kafka, name, id, w->options.is_static);
    worker->client->late = w->options.late;
    worker->client->poll_max = w->options.poll_max;
    sim_store_connect(w->store, &worker->store);
    worker->store.late = w->options.late_applies;
    worker->store.piece_writes = w->options.piece_writes;
    faulty_init(&worker->faulty, worker->client, &worker->store, &w->clock.port, &w->plan,
                worker->index);
    struct engine_options options = {
        .policy = &w->policy,
        .limits = &w->limits,
        .group_id = STR("sim"),
        .partitions = w->options.partitions,
        .batch_max = w->options.batch_max ? w->options.batch_max : 4000,
        .delete_retention_ms = RETENTION_MS,
        .partition_of = story_partition_of,
    };
    for (int t = 0; t < topic_end; t++) options.topic_names[t] = topic_name(t);
    worker->engine = engine_new(&options, &worker->faulty.ports, NULL);
    worker->is_up = true;
}

/* Its process is gone; the brokers and the store keep what they have. */
static void drop_worker(struct fleet_worker *worker)
{
    worker->faulty.is_dead = true;
    engine_free(worker->engine);
    sim_client_free(worker->client);
    worker->engine = NULL;
    worker->client = NULL;
    worker->is_up = false;
    worker->up_ms = worker->fleet->clock.monotonic_ms + DOWN_MS;
}

/* It ends as a process does that is asked to. */
static void stop_worker(struct fleet_worker *worker)
{
    if (!worker->is_up) return;
    worker->faulty.is_dead = true; /* nothing goes wrong any more */
    struct sim_member *member = worker->client->member;
    engine_stop(worker->engine);
    engine_release(worker->engine);
    if (member) sim_group_leave(worker->fleet->kafka, member);
    drop_worker(worker);
}

/* A worker that is fenced, or whose transaction the broker has ended, ends and is started again. Any
 * other reason is a fault of its own. */
static bool is_fence(const char *text)
{
    return strstr(text, "is fenced") || strstr(text, "has a successor");
}

/* False: it has crashed. */
static bool guarded_step(struct fleet_worker *worker, enum result *result, struct error *error)
{
    if (setjmp(worker->faulty.crash)) return false;
    *result = engine_step(worker->engine, 0, error);
    return true;
}

static void step_worker(struct fleet_worker *worker)
{
    struct fleet *w = worker->fleet;
    struct error error = {.text = ""};
    enum result result = OK;
    if (worker->is_frozen) return;
    if (!worker->is_up) {
        if (w->clock.monotonic_ms >= worker->up_ms) start_worker(worker);
        return;
    }
    bool lives = guarded_step(worker, &result, &error);
    if (lives && result == FATAL && !is_fence(error.text)) fail(w, "a worker ends", error.text);
    if (!lives || result == FATAL) drop_worker(worker);
}

static void turn(struct fleet *w)
{
    for (int i = 0; i < w->options.workers; i++) step_worker(&w->workers[i]);
    w->clock.monotonic_ms += ROUND_MS;
    sim_kafka_serve(w->kafka);
}

/* ---- faults ---- */

static void freeze(void *fleet, int worker, bool long_time)
{
    struct fleet *w = fleet;
    int64_t rest_ms = (long_time ? TRANSACTION_MS : SESSION_MS) * 3 / 2;
    w->workers[worker].is_frozen = true;
    for (; rest_ms > 0; rest_ms -= ROUND_MS) turn(w);
    w->workers[worker].is_frozen = false;
}

static void harm(void *fleet, enum fault fault)
{
    struct fleet *w = fleet;
    for (int32_t i = 0; i < w->options.partitions; i++) {
        if (fault == FAULT_LOSES)
            sim_store_lose(w->store, i);
        else
            sim_store_roll_back(w->store, w->snapshot, i);
    }
}

static void next_fault(void *fleet)
{
    struct fleet *w = fleet;
    w->plan.at = -1;
    if (!w->every || !w->faults_left) return;
    w->faults_left--;
    w->plan.at = w->plan.calls + dice(w, w->every);
    w->plan.fault = 1 + dice(w, fault_end - 1);
}

/* ---- a story ---- */

static void settle(struct fleet *w)
{
    for (int i = 0; i < ROUNDS_MAX && !w->failure[0]; i++) {
        turn(w);
        if (sim_is_at_rest(w->kafka, w->store, w->clock.now)) return;
    }
    fail(w, "the fleet does not come to rest", w->plan.name ? w->plan.name : "no fault yet");
}

/* Time goes on to `until`, from tick to tick. */
static void advance(struct fleet *w, ms_t until)
{
    ms_t next;
    while (!w->failure[0] && (next = sim_next_wake(w->store)) != TIME_NONE && next <= until) {
        w->clock.now = next;
        settle(w);
    }
    w->clock.now = until;
}

static void unrest(struct fleet *w)
{
    if (!w->options.restless || dice(w, 100) >= w->options.restless) return;
    struct fleet_worker *worker = &w->workers[dice(w, w->options.workers)];
    stop_worker(worker);
    worker->up_ms += dice(w, 3) * SESSION_MS;
}

static void keep_snapshot(struct fleet *w)
{
    if (w->snapshot && dice(w, 3)) return;
    sim_store_free(w->snapshot);
    w->snapshot = sim_store_copy(w->store);
}

bool fleet_run(struct fleet *w)
{
    for (size_t i = 0; i < w->story->n && !w->failure[0]; i++) {
        const struct story_step *step = &w->story->steps[i];
        advance(w, step->at - 1);
        w->clock.now = step->at; /* what is due just then comes together with the records */
        unrest(w);
        for (size_t k = 0; k < step->n; k++) sim_kafka_append(w->kafka, &step->messages[k]);
        settle(w);
        if (w->options.compacts) sim_kafka_compact(w->kafka, RETENTION_MS);
        keep_snapshot(w);
    }
    advance(w, w->story->until);
    return !w->failure[0];
}

/* ---- life ---- */

static void connect(struct fleet *w)
{
    const struct fleet_options *options = &w->options;
    struct sim_kafka_options kafka = {.clock = &w->clock,
                                      .partitions = options->partitions,
                                      .cluster = "sim",
                                      .transaction_timeout_ms = TRANSACTION_MS,
                                      .session_timeout_ms = SESSION_MS};
    w->kafka = sim_kafka_new(&kafka);
    if (options->slow_markers) w->kafka->markers_at_once = options->slow_markers - 1;
    w->kafka->markers_later_ms = MARKERS_MS;
    w->kafka->offsets_first = options->offsets_first;
    w->store = sim_store_new(options->partitions);
    w->snapshot = sim_store_new(options->partitions);
    for (int i = 0; i < options->workers; i++)
        w->workers[i] = (struct fleet_worker){.fleet = w, .index = i};
}

struct fleet *fleet_new(const struct story *story, const struct fleet_options *options)
{
    struct fleet *w = calloc(1, sizeof *w);
    struct error error;
    if (!w) abort();
    w->arena = arena_new();
    w->story = story;
    w->options = *options;
    w->limits = LIMITS_DEFAULT;
    w->dice = story->seed;
    if (policy_file_load(SOURCE_DIR "/tests/sim/policy.json", w->arena, &w->policy, &error) != OK)
        abort();
    /* What a merge finds that is deleted just then is chance. */
    if (!story->merges) w->policy.retention = (struct duration){RETENTION_MS, false};
    sim_clock_init(&w->clock, STORY_START);
    w->plan = (struct fault_plan){
        .at = -1, .freeze = freeze, .harm = harm, .next = next_fault, .fleet = w};
    connect(w);
    return w;
}

void fleet_free(struct fleet *w)
{
    if (!w) return;
    for (int i = 0; i < w->options.workers; i++)
        if (w->workers[i].is_up) drop_worker(&w->workers[i]);
    sim_store_free(w->store);
    sim_store_free(w->snapshot);
    sim_kafka_free(w->kafka);
    arena_free(w->arena);
    free(w);
}
