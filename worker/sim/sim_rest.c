/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs a simulation lets workers step until nothing is left to do, and only then moves the
 * clock. The engine is not asked: what the brokers and the store have is all that counts. */
#include "sim_rest.h"

#include "sim_producer.h"

static bool is_read(const struct sim_kafka *kafka, int topic, int32_t shard, int64_t from)
{
    struct sim_fetch fetch = {.next = from < 0 ? 0 : from};
    return !sim_kafka_next(kafka, topic, shard, &fetch);
}

static bool is_shard_at_rest(const struct sim_kafka *kafka, const struct sim_store *store,
                             int32_t shard, ms_t now)
{
    int64_t checkpoint = store->shards[shard].checkpoint;
    ms_t wake_at = sim_store_wake_at(store, shard);
    for (int t = TOPIC_INCIDENT_CLOSED; t <= TOPIC_FORWARDED; t++)
        if (!is_read(kafka, t, shard, sim_kafka_offset(kafka, t, shard)->offset)) return false;
    return checkpoint >= 0 && is_read(kafka, TOPIC_STATE, shard, checkpoint) &&
           (wake_at == TIME_NONE || wake_at > now);
}

bool sim_is_at_rest(const struct sim_kafka *kafka, const struct sim_store *store, ms_t now)
{
    for (size_t i = 0; i < kafka->producers_n; i++)
        if (kafka->producers[i]->state != SIM_NO_TRANSACTION) return false;
    for (int32_t p = 0; p < store->partitions; p++)
        if (!is_shard_at_rest(kafka, store, p, now)) return false;
    return true;
}

ms_t sim_next_wake(const struct sim_store *store)
{
    ms_t next = TIME_NONE;
    for (int32_t p = 0; p < store->partitions; p++) {
        ms_t at = sim_store_wake_at(store, p);
        if (at != TIME_NONE && (next == TIME_NONE || at < next)) next = at;
    }
    return next;
}
