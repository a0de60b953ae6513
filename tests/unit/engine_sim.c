/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing goes wrong here by itself: a test changes what the brokers or the store have. */
#include "engine_sim.h"

#include "config/policy_file.h"

#define STEPS_MAX 5000
#define STEP_MS 10
#define SESSION_MS 300
#define TRANSACTION_MS 900

static int32_t partition_of(struct str key, int32_t partitions)
{
    return key.n ? key.p[key.n - 1] % partitions : 0;
}

static void start(struct engine_sim *s)
{
    s->client = sim_client_new(s->kafka, "worker", "worker", false);
    sim_store_connect(s->store, &s->store_client);
    s->ports =
        (struct engine_ports){&s->client->input, &s->client->changelog, &s->client->transaction,
                              &s->store_client.port, &s->clock.port};
    s->engine = engine_new(&s->options, &s->ports, NULL);
}

static void drop(struct engine_sim *s)
{
    engine_free(s->engine);
    sim_client_free(s->client);
}

void engine_sim_set_up(struct engine_sim *s)
{
    *s = (struct engine_sim){.arena = arena_new(), .limits = LIMITS_DEFAULT};
    if (policy_file_load(NULL, s->arena, &s->policy, &s->error) != OK)
        fail_msg("%s", s->error.text);
    sim_clock_init(&s->clock, SIM_START);
    s->kafka = sim_kafka_new(&(struct sim_kafka_options){.clock = &s->clock,
                                                         .partitions = SIM_SHARDS,
                                                         .cluster = "cluster",
                                                         .transaction_timeout_ms = TRANSACTION_MS,
                                                         .session_timeout_ms = SESSION_MS});
    s->store = sim_store_new(SIM_SHARDS);
    s->options = (struct engine_options){
        .policy = &s->policy,
        .limits = &s->limits,
        .group_id = STR("test"),
        .partitions = SIM_SHARDS,
        .batch_max = 100,
        .delete_retention_ms = DAY_MS,
        .partition_of = partition_of,
    };
    for (int t = 0; t < topic_end; t++) s->options.topic_names[t] = topic_name(t);
    start(s);
}

void engine_sim_tear_down(struct engine_sim *s)
{
    drop(s);
    sim_store_free(s->store);
    sim_kafka_free(s->kafka);
    arena_free(s->arena);
}

void engine_sim_put(struct engine_sim *s, int topic, const char *id, const char *value)
{
    struct str key = str_of(id);
    sim_kafka_append(s->kafka, &(struct message){.topic = topic,
                                                 .partition = partition_of(key, SIM_SHARDS),
                                                 .timestamp = s->clock.now,
                                                 .key = key,
                                                 .value = str_of(value)});
}

enum result engine_sim_work(struct engine_sim *s)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        if (engine_step(s->engine, 0, &s->error) == FATAL) return FATAL;
        s->clock.monotonic_ms += STEP_MS;
        bool is_ready = !engine_not_ready(s->engine);
        if (is_ready && sim_is_at_rest(s->kafka, s->store, s->clock.now)) return OK;
    }
    fail_msg("there is always something left to do");
    return FATAL;
}

void engine_sim_restart(struct engine_sim *s)
{
    drop(s);
    s->clock.monotonic_ms += SESSION_MS;
    start(s);
}

void engine_sim_goes_on(struct engine_sim *s, const char *id, const char *other,
                        const char *finding)
{
    static const char created[] = "epilogue.task.created.v1";
    size_t before = engine_sim_count(s, TOPIC_TASKS, created);
    engine_sim_find(s, id, finding);
    engine_sim_find(s, other, finding);
    assert_int_equal(engine_sim_work(s), OK);
    assert_int_equal(engine_sim_count(s, TOPIC_TASKS, created), before + 2);
}

void engine_sim_is_stored(struct engine_sim *s, struct sim_store *expected)
{
    for (int32_t p = 0; p < SIM_SHARDS; p++) {
        const struct sim_node *a = expected->shards[p].by_key.first[0];
        const struct sim_node *b = s->store->shards[p].by_key.first[0];
        for (; a && b; a = a->next[0], b = b->next[0]) {
            const struct sim_entry *x = a->item, *y = b->item;
            assert_true(str_eq(x->key, y->key) && str_eq(x->value, y->value));
            assert_true(x->wake_at == y->wake_at);
        }
        assert_true(!a && !b);
    }
    sim_store_free(expected);
}

size_t engine_sim_count(const struct engine_sim *s, int topic, const char *type)
{
    size_t n = 0;
    for (int32_t p = 0; p < SIM_SHARDS; p++) {
        const struct sim_log *log = sim_kafka_log(s->kafka, topic, p);
        for (size_t i = log->first; i < log->n; i++)
            for (size_t k = 0; k < log->items[i]->headers_n; k++)
                n += log->items[i]->state == SIM_COMMITTED &&
                     str_eq(log->items[i]->headers[k].name, STR("ce_type")) &&
                     str_eq(log->items[i]->headers[k].value, str_of(type));
    }
    return n;
}

void engine_sim_close(struct engine_sim *s, const char *id)
{
    engine_sim_put(s, TOPIC_INCIDENT_CLOSED, id,
                   arena_printf(s->arena,
                                "{\"incident_id\":\"%s\",\"closed_at\":\"2026-11-01\","
                                "\"findings\":[{\"finding_id\":\"F\"}]}",
                                id)
                       .p);
}

void engine_sim_find(struct engine_sim *s, const char *id, const char *finding)
{
    engine_sim_put(
        s, TOPIC_FINDING_UPDATED, id,
        arena_printf(s->arena, "{\"incident_id\":\"%s\",\"finding_id\":\"%s\"}", id, finding).p);
}
