/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The brokers in memory: the logs, groups and producers that all workers share, and the time at which
 * they end what is too old.
 */
#include "sim_kafka.h"

#include <assert.h>
#include <stdlib.h>

#include "sim_group.h"
#include "sim_producer.h"

size_t sim_kafka_index(const struct sim_kafka *kafka, int topic, int32_t partition)
{
    assert(topic > 0 && topic < topic_end);
    assert(partition >= 0 && partition < kafka->options.partitions);
    return (size_t)topic * (size_t)kafka->options.partitions + (size_t)partition;
}

struct sim_kafka *sim_kafka_new(const struct sim_kafka_options *options)
{
    struct sim_kafka *kafka = calloc(1, sizeof *kafka);
    size_t n = (size_t)topic_end * (size_t)options->partitions;
    if (!kafka) abort();
    kafka->options = *options;
    kafka->markers_at_once = -1;
    kafka->logs = calloc(n, sizeof *kafka->logs);
    kafka->offsets = calloc(n, sizeof *kafka->offsets);
    if (!kafka->logs || !kafka->offsets) abort();
    for (size_t i = 0; i < n; i++) kafka->offsets[i].offset = -1;
    return kafka;
}

void sim_kafka_free(struct sim_kafka *kafka)
{
    if (!kafka) return;
    size_t n = (size_t)topic_end * (size_t)kafka->options.partitions;
    for (size_t i = 0; i < n; i++) sim_log_free(&kafka->logs[i]);
    for (size_t i = 0; i < kafka->producers_n; i++) sim_producer_free(kafka->producers[i]);
    for (size_t i = 0; i < kafka->members_n; i++) free(kafka->members[i]);
    free(kafka->producers);
    free(kafka->members);
    free(kafka->offsets);
    free(kafka->logs);
    free(kafka);
}

void sim_kafka_serve(struct sim_kafka *kafka)
{
    sim_producer_serve(kafka);
    sim_group_serve(kafka);
}

struct sim_log *sim_kafka_log(const struct sim_kafka *kafka, int topic, int32_t partition)
{
    return &kafka->logs[sim_kafka_index(kafka, topic, partition)];
}

struct sim_offset *sim_kafka_offset(const struct sim_kafka *kafka, int topic, int32_t partition)
{
    return &kafka->offsets[sim_kafka_index(kafka, topic, partition)];
}

int64_t sim_kafka_stable_end(const struct sim_kafka *kafka, int topic, int32_t partition)
{
    size_t index = sim_kafka_index(kafka, topic, partition);
    int64_t end = kafka->logs[index].high;
    for (size_t i = 0; i < kafka->producers_n; i++) {
        int64_t first = kafka->producers[i]->first[index];
        if (first >= 0 && first < end) end = first;
    }
    return end;
}

struct sim_record *sim_kafka_next(const struct sim_kafka *kafka, int topic, int32_t partition,
                                  struct sim_fetch *fetch)
{
    const struct sim_log *log = sim_kafka_log(kafka, topic, partition);
    int64_t end = sim_kafka_stable_end(kafka, topic, partition);
    if (fetch->next >= end) return NULL;
    for (size_t i = sim_log_find(log, fetch->next); i < log->n; i++) {
        struct sim_record *record = log->items[i];
        if (record->offset >= end) break;
        fetch->next = record->offset;
        if (record->state == SIM_COMMITTED) return record;
    }
    fetch->next = end;
    return NULL;
}

int64_t sim_kafka_append(struct sim_kafka *kafka, const struct message *message)
{
    const struct sim_clock *clock = kafka->options.clock;
    struct sim_log *log = sim_kafka_log(kafka, message->topic, message->partition);
    return sim_log_append(log, message, SIM_COMMITTED, clock->now)->offset;
}

void sim_kafka_compact(struct sim_kafka *kafka, int64_t delete_retention_ms)
{
    for (int32_t p = 0; p < kafka->options.partitions; p++)
        sim_log_compact(sim_kafka_log(kafka, TOPIC_STATE, p),
                        sim_kafka_stable_end(kafka, TOPIC_STATE, p),
                        kafka->options.clock->now - delete_retention_ms);
}

bool sim_kafka_is_stable(const struct sim_kafka *kafka, int32_t shard)
{
    for (size_t i = 0; i < kafka->producers_n; i++) {
        const struct sim_producer *producer = kafka->producers[i];
        for (size_t k = 0; k < producer->offsets_n; k++)
            if (producer->positions[k].shard == shard) return false;
    }
    return true;
}
