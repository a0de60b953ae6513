/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's transactions. Records stand in the logs from `produce` on; who sees them is decided when
 * the transaction ends. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "sim_client.h"
#include "sim_producer.h"

#define LIMIT_BYTES 4000000

static void register_producer(struct sim_client *client)
{
    client->producer =
        sim_producer_register(client->kafka, client->transactional_id, &client->epoch);
    client->is_open = false;
}

static enum result begin(void *self, struct error *error)
{
    struct sim_client *client = self;
    sim_kafka_serve(client->kafka);
    client->refusal = (struct transaction_refusal){0};
    if (!client->producer) register_producer(client);
    enum result result = sim_producer_begin(client->kafka, client->producer, client->epoch, error);
    client->is_open = result == OK;
    for (int32_t i = 0; i < client->kafka->options.partitions; i++)
        client->state_first[i] = client->state_end[i] = -1;
    return result;
}

static enum result produce(void *self, const struct message *message, struct error *error)
{
    struct sim_client *client = self;
    int64_t offset;
    assert(client->is_open && client->started == SIM_NOTHING_STARTED);
    enum result result = sim_producer_produce(client->kafka, client->producer, client->epoch,
                                              message, &offset, error);
    if (result != OK || message->topic != TOPIC_STATE) return result;
    if (client->state_first[message->partition] < 0)
        client->state_first[message->partition] = offset;
    client->state_end[message->partition] = offset + 1;
    return OK;
}

/* ---- prepare and commit ---- */

static const struct shard_commit *commit_of(const struct sim_client *client, int32_t shard)
{
    for (size_t i = 0; i < client->commits_n; i++)
        if (client->commits[i].shard == shard) return &client->commits[i];
    assert(!"a position of a shard that is not in the commit");
    return NULL;
}

static enum result send_offsets(struct sim_client *client)
{
    size_t n = client->positions_n;
    struct sim_offset *offsets = calloc(n + 1, sizeof *offsets);
    if (!offsets) abort();
    for (size_t i = 0; i < n; i++) {
        const struct position *position = &client->positions[i];
        const struct shard_commit *of = commit_of(client, position->shard);
        assert(position->offset >= 0 && "no offset fences nothing");
        offsets[i] = (struct sim_offset){position->offset, true, client->kafka->options.partitions,
                                         of->batch, of->checkpoint};
    }
    enum result result =
        sim_producer_offsets(client->kafka, client->producer, client->epoch, client->member,
                             client->positions, offsets, n, &client->error);
    free(offsets);
    return result;
}

static enum result prepare(struct sim_client *client)
{
    sim_kafka_serve(client->kafka);
    for (size_t i = 0; i < client->commits_n; i++)
        if (!client->member || !client->owned[client->commits[i].shard])
            return error_set(&client->error, ABORT, "shard %d was reassigned before its commit",
                             client->commits[i].shard);
    enum result result = send_offsets(client);
    for (size_t i = 0; i < client->commits_n && result == OK; i++) {
        struct shard_commit *commit = &client->commits[i];
        int64_t first = client->state_first[commit->shard];
        commit->state_end = client->state_end[commit->shard];
        if (first >= 0 && first < commit->checkpoint)
            return error_set(&client->error, FATAL, "the changelog of shard %d has lost records",
                             commit->shard);
    }
    return result;
}

static enum result commit(struct sim_client *client)
{
    sim_kafka_serve(client->kafka);
    enum result result =
        sim_producer_end(client->kafka, client->producer, client->epoch, true, &client->error);
    if (result == OK) client->is_open = false;
    return result;
}

static void run_started(struct sim_client *client)
{
    client->result = client->started == SIM_PREPARES ? prepare(client) : commit(client);
    client->is_done = true;
}

static void start(struct sim_client *client)
{
    client->is_done = false;
    client->waits = client->late;
    if (!client->late) run_started(client);
}

static bool take(struct sim_client *client, enum result *result, struct error *error)
{
    if (client->waits > 0) {
        client->waits--;
        return false;
    }
    if (!client->is_done) run_started(client);
    client->started = SIM_NOTHING_STARTED;
    *result = client->result;
    if (*result != OK && error) *error = client->error;
    return true;
}

static void prepare_start(void *self, const struct position *positions, size_t n,
                          struct shard_commit *shards, size_t shards_n)
{
    struct sim_client *client = self;
    assert(client->is_open && client->started == SIM_NOTHING_STARTED && n);
    client->started = SIM_PREPARES;
    client->positions = positions;
    client->positions_n = n;
    client->commits = shards;
    client->commits_n = shards_n;
    start(client);
}

static bool prepare_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    (void)wait_ms;
    assert(((struct sim_client *)self)->started == SIM_PREPARES);
    return take(self, result, error);
}

static void commit_start(void *self)
{
    struct sim_client *client = self;
    assert(client->is_open && client->started == SIM_NOTHING_STARTED);
    client->started = SIM_COMMITS_NOW;
    start(client);
}

static bool commit_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    (void)wait_ms;
    assert(((struct sim_client *)self)->started == SIM_COMMITS_NOW);
    return take(self, result, error);
}

static enum result abort_transaction(void *self, struct error *error)
{
    struct sim_client *client = self;
    if (!client->is_open) return OK;
    assert(client->started == SIM_NOTHING_STARTED);
    client->is_open = false;
    return sim_producer_end(client->kafka, client->producer, client->epoch, false, error);
}

static enum result recover(void *self, struct error *error)
{
    struct sim_client *client = self;
    (void)error;
    register_producer(client);
    return OK;
}

static const struct transaction_refusal *refusal(void *self)
{
    return &((struct sim_client *)self)->refusal;
}

static void limit(void *self, int topic, struct topic_limit *out)
{
    const struct sim_client *client = self;
    size_t bytes = client->limit[topic] ? client->limit[topic] : LIMIT_BYTES;
    *out = (struct topic_limit){bytes, bytes, true, "max.message.bytes"};
}

void sim_sender_init(struct sim_client *client)
{
    size_t partitions = (size_t)client->kafka->options.partitions;
    client->state_first = calloc(partitions, sizeof *client->state_first);
    client->state_end = calloc(partitions, sizeof *client->state_end);
    if (!client->state_first || !client->state_end) abort();
    client->transaction =
        (struct transaction_port){client,       begin,        produce,     prepare_start,
                                  prepare_take, commit_start, commit_take, abort_transaction,
                                  recover,      refusal,      limit};
}

void sim_sender_free(struct sim_client *client)
{
    free(client->state_first);
    free(client->state_end);
}
