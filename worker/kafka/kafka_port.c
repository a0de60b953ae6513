/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_port.h"

#include <stdlib.h>

#include "changelog.h"
#include "kafka_consumer.h"
#include "kafka_producer.h"
#include "kafka_shard.h"
#include "lookup.h"

/* The first poll may have to wait for a connection, however short its own time-out is. */
#define READY_TIMEOUT_MS 1000

struct real {
    struct kafka_port port;
    struct kafka_consumer *consumer;
    struct kafka_producer *producer;
    struct changelog *changelog;
    struct lookup *lookup;
};

static enum result port_poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                             size_t *n, struct error *error)
{
    struct real *k = self;
    *n = 0;
    kafka_producer_serve(k->producer);
    changelog_serve(k->changelog);
    enum result r = kafka_producer_ready(
        k->producer, timeout_ms > READY_TIMEOUT_MS ? timeout_ms : READY_TIMEOUT_MS, error);
    if (r == FATAL || (r != OK && !kafka_producer_was_ready(k->producer))) return r;
    /* A producer that cannot be made again just now is no reason to leave the group. */
    struct error consuming;
    enum result polled = kafka_consumer_poll(k->consumer, events, max, timeout_ms, n, &consuming);
    if (polled != OK) *error = consuming;
    return polled != OK ? polled : r;
}

static void port_be_member(void *self, bool wanted)
{
    struct real *k = self;
    kafka_consumer_be_member(k->consumer, wanted);
}

static void port_release(void *self, const struct record *record)
{
    struct real *k = self;
    kafka_consumer_release(k->consumer, record);
}

static enum result port_resume(void *self, const struct position *positions, size_t n,
                               struct error *error)
{
    struct real *k = self;
    return kafka_shard_resume(k->consumer, positions, n, error);
}

static enum result port_pause(void *self, int32_t shard, struct error *error)
{
    struct real *k = self;
    return kafka_shard_pause(k->consumer, shard, error);
}

static bool port_lookup_ask(void *self, const int32_t *shards, size_t n)
{
    struct real *k = self;
    return lookup_ask(k->lookup, shards, n);
}

static bool port_lookup_take(void *self, const struct lookup_answer **answer)
{
    struct real *k = self;
    return lookup_take(k->lookup, answer);
}

static bool port_ends_ask(void *self, const int32_t *shards, size_t n, bool high)
{
    struct real *k = self;
    return lookup_ends_ask(k->lookup, shards, n, high);
}

static bool port_ends_take(void *self, const struct input_end **ends, size_t *n)
{
    struct real *k = self;
    return lookup_ends_take(k->lookup, ends, n);
}

static enum result port_changelog_open(void *self, int32_t shard, int64_t from, struct error *error)
{
    struct real *k = self;
    return changelog_open(k->changelog, shard, from, error);
}

static enum result port_changelog_read(void *self, struct changelog_record *records, size_t max,
                                       int timeout_ms, size_t *n, struct error *error)
{
    struct real *k = self;
    return changelog_read(k->changelog, records, max, timeout_ms, n, error);
}

static int64_t port_changelog_next(void *self, int32_t shard)
{
    struct real *k = self;
    return changelog_next(k->changelog, shard);
}

static void port_changelog_close(void *self, int32_t shard)
{
    struct real *k = self;
    changelog_close(k->changelog, shard);
}

static enum result port_begin(void *self, struct error *error)
{
    struct real *k = self;
    return kafka_producer_begin(k->producer, error);
}

static enum result port_produce(void *self, const struct message *message, struct error *error)
{
    struct real *k = self;
    return kafka_producer_produce(k->producer, message, error);
}

static enum result port_commit(void *self, const struct position *positions, size_t n,
                               struct shard_commit *shards, size_t shards_n, struct error *error)
{
    struct real *k = self;
    const rd_kafka_consumer_group_metadata_t *group =
        kafka_consumer_group(k->consumer, positions, n, error);
    if (!group) return ABORT;
    return kafka_producer_commit(k->producer, positions, n, group, shards, shards_n, error);
}

static enum result port_abort(void *self, struct error *error)
{
    struct real *k = self;
    return kafka_producer_abort(k->producer, error);
}

static enum result port_recover(void *self, struct error *error)
{
    struct real *k = self;
    return kafka_producer_recover(k->producer, error);
}

static const struct transaction_refusal *port_refusal(void *self)
{
    struct real *k = self;
    return kafka_producer_refusal(k->producer);
}

static void port_limit(void *self, int topic, struct topic_limit *limit)
{
    struct real *k = self;
    kafka_producer_limit(k->producer, topic, limit);
}

struct kafka_port *kafka_port_new(const struct config *config, int32_t partitions,
                                  struct error *error)
{
    struct real *k = calloc(1, sizeof *k);
    if (!k) abort();
    k->port = (struct kafka_port){
        .self = k,
        .be_member = port_be_member,
        .poll = port_poll,
        .release = port_release,
        .resume = port_resume,
        .pause = port_pause,
        .lookup_ask = port_lookup_ask,
        .lookup_take = port_lookup_take,
        .ends_ask = port_ends_ask,
        .ends_take = port_ends_take,
        .changelog_open = port_changelog_open,
        .changelog_read = port_changelog_read,
        .changelog_next = port_changelog_next,
        .changelog_close = port_changelog_close,
        .begin = port_begin,
        .produce = port_produce,
        .commit = port_commit,
        .abort = port_abort,
        .recover = port_recover,
        .refusal = port_refusal,
        .limit = port_limit,
    };
    k->changelog = changelog_new(config, partitions);
    k->consumer = kafka_consumer_new(config, partitions, error);
    k->producer = k->consumer ? kafka_producer_new(config, partitions, error) : NULL;
    k->lookup = k->producer ? lookup_new(config, partitions, error) : NULL;
    if (k->lookup) return &k->port;
    kafka_port_free(&k->port);
    return NULL;
}

void kafka_port_free(struct kafka_port *port)
{
    if (!port) return;
    struct real *k = port->self;
    /* What others wait for comes first: the rest is only memory, and can hang. */
    if (k->producer) kafka_producer_stop(k->producer);
    if (k->consumer) kafka_consumer_leave(k->consumer);
    lookup_free(k->lookup);
    kafka_producer_free(k->producer);
    kafka_consumer_free(k->consumer);
    changelog_free(k->changelog);
    free(k);
}
