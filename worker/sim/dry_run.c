/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One shard, and one event a batch: so each event is decided at its time and before the next one,
 * and what goes out has the order of what comes in. What is read and told is forgotten at once.
 */
#include "dry_run.h"

#include <assert.h>
#include <stdlib.h>

#include "codec/state_json.h"
#include "core/state_key.h"
#include "sim_client.h"
#include "sim_rest.h"

#define STEP_MS 10 /* what a step takes, of the monotonic clock */
#define STEPS_MAX 1000000
#define ENTRIES_PAGE 1000

struct dry_run {
    struct dry_run_settings settings;
    struct policy policy; /* the engine's, which is changed as a worker's is */
    struct sim_clock clock;
    struct sim_kafka *kafka;
    struct sim_store *store;
    struct sim_client *client;
    struct sim_store_client store_client;
    struct engine_ports ports;
    struct engine *engine;
};

static struct message message_of(int topic, const struct sim_record *record)
{
    return (struct message){.topic = topic,
                            .timestamp = record->timestamp,
                            .key = record->key,
                            .value = record->value,
                            .headers = record->headers,
                            .headers_n = record->headers_n};
}

static bool emit(void *self, int topic, int32_t partition, struct sim_record *record)
{
    struct dry_run *run = self;
    struct message message = message_of(topic, record);
    (void)partition;
    if (topic == TOPIC_STATE) return true;
    run->settings.emit(run->settings.self, &message, run->clock.now);
    return true;
}

static int32_t only_partition(struct str key, int32_t partitions)
{
    (void)key, (void)partitions;
    return 0;
}

static void connect(struct dry_run *run)
{
    struct sim_kafka_options kafka = {.clock = &run->clock,
                                      .partitions = 1,
                                      .cluster = "",
                                      .transaction_timeout_ms = INT64_MAX,
                                      .session_timeout_ms = INT64_MAX,
                                      .on_commit = emit,
                                      .self = run};
    run->kafka = sim_kafka_new(&kafka);
    run->store = sim_store_new(1);
    run->client = sim_client_new(run->kafka, "dry-run", "dry-run", false);
    for (int t = 0; t < topic_end; t++) run->client->limit[t] = SIZE_MAX;
    sim_store_connect(run->store, &run->store_client);
    run->ports =
        (struct engine_ports){&run->client->input, &run->client->changelog,
                              &run->client->transaction, &run->store_client.port, &run->clock.port};
}

struct dry_run *dry_run_new(const struct dry_run_settings *settings)
{
    struct dry_run *run = calloc(1, sizeof *run);
    if (!run) abort(); /* as an arena does */
    run->settings = *settings;
    run->policy = *settings->policy;
    sim_clock_init(&run->clock, settings->start);
    connect(run);
    struct engine_options options = {
        .policy = &run->policy,
        .limits = settings->limits,
        .group_id = settings->group_id,
        .partitions = 1,
        .batch_max = 1,
        .step_max = settings->step_max,
        .delete_retention_ms = INT64_MAX,
        .partition_of = only_partition,
    };
    memcpy(options.topic_names, settings->topic_names, sizeof options.topic_names);
    run->engine = engine_new(&options, &run->ports, NULL);
    return run;
}

void dry_run_free(struct dry_run *run)
{
    if (!run) return;
    engine_stop(run->engine);
    engine_release(run->engine);
    engine_free(run->engine);
    sim_client_free(run->client);
    sim_store_free(run->store);
    sim_kafka_free(run->kafka);
    free(run);
}

/* Nobody asks for what is read, told or stored any more. */
static void forget_the_past(struct dry_run *run)
{
    for (int t = TOPIC_INCIDENT_CLOSED; t < topic_end; t++) {
        struct sim_log *log = sim_kafka_log(run->kafka, t, 0);
        int64_t until = log->high;
        if (t <= TOPIC_FORWARDED) until = sim_kafka_offset(run->kafka, t, 0)->offset;
        sim_log_trim(log, until);
    }
}

/* Steps until nothing is left to do at this time. */
static enum result settle(struct dry_run *run, struct error *error)
{
    int steps = 0;
    do {
        if (engine_step(run->engine, 0, error) == FATAL) return FATAL;
        run->clock.monotonic_ms += STEP_MS;
        assert(++steps < STEPS_MAX);
    } while (!sim_is_at_rest(run->kafka, run->store, run->clock.now));
    forget_the_past(run);
    return OK;
}

enum result dry_run_set_policy(struct dry_run *run, const struct policy *policy,
                               struct error *error)
{
    if (engine_settle(run->engine, error) == FATAL) return FATAL;
    run->policy = *policy;
    return OK;
}

ms_t dry_run_next(const struct dry_run *run)
{
    return sim_next_wake(run->store);
}

enum result dry_run_advance(struct dry_run *run, ms_t until, struct error *error)
{
    ms_t next;
    while ((next = dry_run_next(run)) != TIME_NONE && next <= until) {
        if (next > run->clock.now) run->clock.now = next;
        if (settle(run, error) == FATAL) return FATAL;
    }
    if (until > run->clock.now) run->clock.now = until;
    return OK;
}

enum result dry_run_take(struct dry_run *run, const struct record *record, struct error *error)
{
    sim_kafka_append(run->kafka, &(struct message){.topic = record->topic,
                                                   .timestamp = record->timestamp,
                                                   .key = record->key,
                                                   .value = record->value,
                                                   .headers = record->headers,
                                                   .headers_n = record->headers_n});
    return settle(run, error);
}

static enum result read_holder(struct dry_run *run, struct arena *arena, struct state_table *table,
                               struct str key, struct error *error)
{
    struct store_port *store = &run->store_client.port;
    struct store_load load = {.keys = &key, .n = 1};
    enum result result = store->load(store->self, arena, &load, 1, error);
    struct entry *holder = state_entry(table, key);
    if (result == OK) result = state_json_read(arena, table, load.values[0], holder, error);
    holder->exists = true;
    return result;
}

enum result dry_run_incident(struct dry_run *run, struct arena *arena, struct str incident_id,
                             struct entry ***entries, size_t *n, struct error *error)
{
    struct store_port *store = &run->store_client.port;
    struct state_table *table = state_new(arena);
    struct str *keys = arena_alloc(arena, ENTRIES_PAGE * sizeof *keys), after = STR_NONE;
    size_t cap = 0, page;
    *entries = NULL;
    *n = 0;
    do {
        page = ENTRIES_PAGE;
        enum result result =
            store->entries(store->self, arena, 0, state_incident_key(arena, incident_id), after,
                           keys, &page, error);
        for (size_t i = 0; i < page && result == OK; i++) {
            result = read_holder(run, arena, table, after = keys[i], error);
            struct entry *e = result == OK ? state_find(table, keys[i]) : NULL;
            for (; e; e = e->next_part)
                if (e->exists) *ARENA_PUSH(arena, *entries, *n, cap) = e;
        }
        if (result != OK) return result;
    } while (page == ENTRIES_PAGE);
    return OK;
}
