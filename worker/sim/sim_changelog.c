/* SPDX-License-Identifier: Apache-2.0 */
/* followup-state as a worker reads it: committed records of several shards, side by side. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "sim_client.h"

static void release_held(struct sim_client *client)
{
    for (size_t i = 0; i < client->held_n; i++) sim_record_release(client->held[i]);
    client->held_n = 0;
}

static void hold(struct sim_client *client, struct sim_record *record)
{
    if (client->held_n == client->held_cap) {
        client->held_cap = client->held_cap ? 2 * client->held_cap : 64;
        client->held = realloc(client->held, client->held_cap * sizeof(struct sim_record *));
        if (!client->held) abort();
    }
    sim_record_hold(record);
    client->held[client->held_n++] = record;
}

static enum result open(void *self, int32_t shard, int64_t from, struct error *error)
{
    struct sim_client *client = self;
    (void)error;
    assert(!client->readings[shard].is_on && from >= 0);
    release_held(client);
    client->readings[shard] = (struct sim_fetch){.is_on = true, .next = from};
    return OK;
}

static enum result read_shard(struct sim_client *client, int32_t shard,
                              struct changelog_record *records, size_t max, size_t *n,
                              struct error *error)
{
    struct sim_fetch *reading = &client->readings[shard];
    struct sim_record *record;
    if (reading->next < sim_kafka_log(client->kafka, TOPIC_STATE, shard)->low)
        return error_set(error, FATAL, "the changelog of shard %d no longer has offset %" PRId64,
                         shard, reading->next);
    while (*n < max && (record = sim_kafka_next(client->kafka, TOPIC_STATE, shard, reading))) {
        records[(*n)++] =
            (struct changelog_record){shard, record->key, record->value, record->offset};
        hold(client, record);
        reading->next++;
    }
    return OK;
}

static enum result read(void *self, struct changelog_record *records, size_t max, int timeout_ms,
                        size_t *n, struct error *error)
{
    struct sim_client *client = self;
    enum result result = OK;
    (void)timeout_ms;
    *n = 0;
    release_held(client);
    sim_kafka_serve(client->kafka);
    if (client->poll_max && max > client->poll_max) max = client->poll_max;
    for (int32_t i = 0; i < client->kafka->options.partitions && result == OK; i++)
        if (client->readings[i].is_on) result = read_shard(client, i, records, max, n, error);
    return result;
}

static int64_t next(void *self, int32_t shard)
{
    return ((struct sim_client *)self)->readings[shard].next;
}

static void close(void *self, int32_t shard)
{
    struct sim_client *client = self;
    release_held(client);
    client->readings[shard].is_on = false;
}

void sim_changelog_init(struct sim_client *client)
{
    client->readings = calloc((size_t)client->kafka->options.partitions, sizeof *client->readings);
    if (!client->readings) abort();
    client->changelog.self = client;
    client->changelog.open = open;
    client->changelog.read = read;
    client->changelog.next = next;
    client->changelog.close = close;
}

void sim_changelog_free(struct sim_client *client)
{
    release_held(client);
    free(client->held);
    free(client->readings);
}
