/* SPDX-License-Identifier: Apache-2.0 */
/* One member of the group with its producer, as the ports that the engine calls. */
#include "kafka_port.h"

#include <stdlib.h>

#include "changelog_port.h"
#include "kafka_consumer.h"
#include "kafka_producer.h"
#include "kafka_shard.h"

/* The first poll may have to wait for a connection, however short its own time-out is. */
#define READY_TIMEOUT_MS 1000

struct real {
    struct kafka_port port; /* first: a port leads to it */
    struct input_port input;
    struct transaction_port transaction;
    struct real_changelog changelog;
    struct kafka_consumer *consumer;
    struct kafka_producer *producer;
};

/* While it is at work it is its own thread's, and needs nobody. */
static enum result serve_producer(struct real *k, int timeout_ms, struct error *error)
{
    if (kafka_producer_is_busy(k->producer)) return OK;
    kafka_producer_serve(k->producer);
    int wait_ms = timeout_ms > READY_TIMEOUT_MS ? timeout_ms : READY_TIMEOUT_MS;
    return kafka_producer_ready(k->producer, wait_ms, error);
}

static enum result port_poll(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                             size_t *n, struct error *error)
{
    struct real *k = self;
    *n = 0;
    enum result r = serve_producer(k, timeout_ms, error);
    changelog_serve(k->changelog.log);
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

static bool port_ends_ask(void *self, const int32_t *shards, size_t n, bool high)
{
    struct real *k = self;
    return lookup_ends_ask(k->changelog.lookup, shards, n, high);
}

static bool port_ends_take(void *self, const struct input_end **ends, size_t *n)
{
    struct real *k = self;
    return lookup_ends_take(k->changelog.lookup, ends, n);
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

static void port_prepare_start(void *self, const struct position *positions, size_t n,
                               struct shard_commit *shards, size_t shards_n)
{
    struct real *k = self;
    struct error why = {.text = ""};
    rd_kafka_consumer_group_metadata_t *group =
        kafka_consumer_group(k->consumer, positions, n, &why);
    kafka_producer_prepare_start(k->producer, positions, n, group, &why, shards, shards_n);
}

static void port_commit_start(void *self)
{
    struct real *k = self;
    kafka_producer_commit_start(k->producer);
}

static bool port_take(void *self, int wait_ms, enum result *result, struct error *error)
{
    struct real *k = self;
    return kafka_producer_take(k->producer, wait_ms, result, error);
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

static void hand_out(struct real *k)
{
    k->input = (struct input_port){
        .self = k,
        .be_member = port_be_member,
        .poll = port_poll,
        .release = port_release,
        .resume = port_resume,
        .pause = port_pause,
        .ends_ask = port_ends_ask,
        .ends_take = port_ends_take,
    };
    k->transaction = (struct transaction_port){
        .self = k,
        .begin = port_begin,
        .produce = port_produce,
        .prepare_start = port_prepare_start,
        .prepare_take = port_take,
        .commit_start = port_commit_start,
        .commit_take = port_take,
        .abort = port_abort,
        .recover = port_recover,
        .refusal = port_refusal,
        .limit = port_limit,
    };
    k->port = (struct kafka_port){&k->input, &k->changelog.port, &k->transaction};
}

struct kafka_port *kafka_port_new(const struct config *config, int32_t partitions,
                                  struct error *error)
{
    struct real *k = calloc(1, sizeof *k);
    if (!k) abort();
    hand_out(k);
    k->consumer = kafka_consumer_new(config, partitions, error);
    k->producer = k->consumer ? kafka_producer_new(config, partitions, error) : NULL;
    if (k->producer && changelog_port_init(&k->changelog, config, partitions, error))
        return &k->port;
    kafka_port_free(&k->port);
    return NULL;
}

void kafka_port_stop(struct kafka_port *port)
{
    struct real *k = (struct real *)port;
    if (!k || !k->producer) return;
    /* What others wait for comes first: the rest is only memory, and can hang. */
    kafka_producer_stop(k->producer);
    kafka_consumer_leave(k->consumer);
    kafka_producer_free(k->producer);
    k->producer = NULL;
}

void kafka_port_free(struct kafka_port *port)
{
    if (!port) return;
    struct real *k = (struct real *)port;
    kafka_port_stop(port);
    changelog_port_clear(&k->changelog);
    kafka_consumer_free(k->consumer);
    free(k);
}
