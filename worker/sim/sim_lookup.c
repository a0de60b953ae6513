/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker asks the brokers in memory: where its shards stand, and where inputs end. Of a lookup
 * the stable offsets are those of the question, the ends those of the answer, so that between the two
 * others can go on, as they can between two requests.
 */
#include <stdlib.h>

#include "sim_client.h"

#define INPUTS 4

/* Counts down to the answer of a question. */
static bool is_early(int *waits)
{
    if (!*waits) return false;
    --*waits;
    return true;
}

static struct lookup_input offset_of(const struct sim_kafka *kafka, int topic, int32_t shard)
{
    const struct sim_offset *offset = sim_kafka_offset(kafka, topic, shard);
    return (struct lookup_input){.committed = offset->offset,
                                 .ours = offset->ours,
                                 .batch = offset->batch,
                                 .checkpoint = offset->checkpoint};
}

/* Whether the group's offsets speak of the present partition count. */
static void compare_counts(const struct sim_kafka *kafka, struct lookup_answer *answer)
{
    for (int t = TOPIC_INCIDENT_CLOSED; t <= INPUTS; t++)
        for (int32_t p = 0; p < kafka->options.partitions; p++) {
            const struct sim_offset *offset = sim_kafka_offset(kafka, t, p);
            if (!offset->ours) continue;
            answer->count_confirmed |= offset->partitions == kafka->options.partitions;
            if (offset->partitions == kafka->options.partitions) continue;
            answer->other = offset->partitions;
            answer->other_shard = p;
            answer->other_topic = t;
        }
}

static bool lookup_ask(void *self, const int32_t *shards, size_t n)
{
    struct sim_client *client = self;
    if (client->asked_facts) return false;
    sim_kafka_serve(client->kafka);
    free(client->answer.shards);
    client->answer =
        (struct lookup_answer){.result = OK, .n = n, .cluster = client->kafka->options.cluster};
    client->answer.shards = calloc(n + 1, sizeof *client->answer.shards);
    if (!client->answer.shards) abort();
    compare_counts(client->kafka, &client->answer);
    for (size_t i = 0; i < n; i++) {
        struct lookup_shard *shard = &client->answer.shards[i];
        shard->shard = shards[i];
        shard->settled = sim_kafka_is_stable(client->kafka, shards[i]);
        for (int t = TOPIC_INCIDENT_CLOSED; t <= INPUTS; t++)
            shard->inputs[t] = offset_of(client->kafka, t, shards[i]);
        if (!shard->settled)
            error_set(&client->answer.error, RETRY, "shard %d: a transaction is open", shards[i]);
    }
    client->facts_wait = client->late;
    return client->asked_facts = true;
}

static bool lookup_take(void *self, const struct lookup_answer **answer)
{
    struct sim_client *client = self;
    if (!client->asked_facts || is_early(&client->facts_wait)) return false;
    client->asked_facts = false;
    for (size_t i = 0; i < client->answer.n; i++) {
        struct lookup_shard *shard = &client->answer.shards[i];
        const struct sim_log *log = sim_kafka_log(client->kafka, TOPIC_STATE, shard->shard);
        shard->low = log->low;
        shard->high = log->high;
        for (int t = TOPIC_INCIDENT_CLOSED; t <= INPUTS; t++) {
            log = sim_kafka_log(client->kafka, t, shard->shard);
            shard->inputs[t].low = log->low;
            shard->inputs[t].high = log->high;
        }
    }
    *answer = &client->answer;
    return true;
}

static bool ends_ask(void *self, const int32_t *shards, size_t n, bool high)
{
    struct sim_client *client = self;
    struct sim_kafka *kafka = client->kafka;
    if (client->asked_ends) return false;
    client->ends_n = 0;
    for (size_t i = 0; i < n; i++)
        for (int t = TOPIC_INCIDENT_CLOSED; t <= INPUTS; t++)
            client->ends[client->ends_n++] =
                (struct input_end){t, shards[i], sim_kafka_stable_end(kafka, t, shards[i]),
                                   high ? sim_kafka_log(kafka, t, shards[i])->high : -1};
    client->ends_wait = client->late;
    return client->asked_ends = true;
}

static bool ends_take(void *self, const struct input_end **ends, size_t *n)
{
    struct sim_client *client = self;
    if (!client->asked_ends || is_early(&client->ends_wait)) return false;
    client->asked_ends = false;
    *ends = client->ends;
    *n = client->ends_n;
    return true;
}

void sim_lookup_init(struct sim_client *client)
{
    size_t partitions = (size_t)client->kafka->options.partitions;
    client->ends = calloc(partitions * INPUTS, sizeof *client->ends);
    if (!client->ends) abort();
    client->input.ends_ask = ends_ask;
    client->input.ends_take = ends_take;
    client->changelog.lookup_ask = lookup_ask;
    client->changelog.lookup_take = lookup_take;
}

void sim_lookup_free(struct sim_client *client)
{
    free(client->answer.shards);
    free(client->ends);
}
