/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_producer.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "kafka_conf.h"
#include "kafka_error.h"
#include "offset_mark.h"

#define READY_TIMEOUT_MS 5000
#define NOTHING_PRODUCED INT64_C(-1)

/*
 * For some milliseconds after a commit the coordinator refuses a new partition, and librdkafka then
 * waits a fixed 20 ms; offsets it tries again after retry.backoff.ms. So a small transaction right
 * behind another sends its offsets first and its messages after them. A large one takes longer than
 * that anyway, and is better under way while it is still being made.
 */
#define HOLD_MS 10
#define HOLD_MESSAGES 256

struct kafka_producer {
    const struct config *config;
    int32_t partitions;
    rd_kafka_t *rk; /* NULL: recover could not make it yet */
    struct kafka_watch watch;
    rd_kafka_topic_t *topics[topic_end];
    bool ready; /* init_transactions is done */
    bool in_transaction;
    int64_t *state_ends; /* by shard, of this transaction */
    bool unacceptable;   /* the broker refused a message for what it is: too large, a bad time */
    int64_t committed_ms;
    bool holding; /* messages wait in `held` for the offsets to go first */
    struct message held[HOLD_MESSAGES];
    size_t held_n;
};

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int remaining_ms(int64_t until_ms)
{
    int64_t left_ms = until_ms - monotonic_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

static bool is_output(int topic)
{
    return topic >= TOPIC_FORWARDED && topic < topic_end;
}

/* ------------------------------------------------------------------ life */

/*
 * Without this callback commit would wait for deliveries in steps of 10 ms. A failed delivery makes
 * librdkafka fail the transaction by itself; of those that arrived we want the place in the
 * changelog.
 */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct kafka_watch *watch = opaque;
    struct kafka_producer *p =
        (struct kafka_producer *)((char *)watch - offsetof(struct kafka_producer, watch));
    if (m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
        m->err == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP || m->err == RD_KAFKA_RESP_ERR_INVALID_RECORD)
        p->unacceptable = true;
    if (m->err || (intptr_t)m->_private != TOPIC_STATE) return;
    assert(m->partition >= 0 && m->partition < p->partitions);
    int64_t *end = &p->state_ends[m->partition];
    if (m->offset < 0)
        *end = STATE_END_UNKNOWN; /* a retry of what had arrived already */
    else if (*end != STATE_END_UNKNOWN && m->offset + 1 > *end)
        *end = m->offset + 1;
}

static bool open_handle(struct kafka_producer *p, struct error *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(p->config, KAFKA_PRODUCER, &p->watch, error);
    if (!conf) return false;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    p->rk = kafka_conf_open(conf, KAFKA_PRODUCER, error);
    if (!p->rk) return false;
    for (int t = 1; t < topic_end; t++)
        if (is_output(t)) p->topics[t] = rd_kafka_topic_new(p->rk, p->config->topics[t].p, NULL);
    return true;
}

static void close_handle(struct kafka_producer *p)
{
    if (!p->rk) return;
    rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                              RD_KAFKA_PURGE_F_NON_BLOCKING);
    for (int t = 1; t < topic_end; t++) {
        if (p->topics[t]) rd_kafka_topic_destroy(p->topics[t]);
        p->topics[t] = NULL;
    }
    kafka_conf_close(p->rk);
    p->rk = NULL;
    p->ready = p->in_transaction = false;
    p->watch = (struct kafka_watch){0};
}

struct kafka_producer *kafka_producer_new(const struct config *config, int32_t partitions,
                                          struct error *error)
{
    struct kafka_producer *p = calloc(1, sizeof *p);
    if (!p) abort();
    p->config = config;
    p->partitions = partitions;
    p->state_ends = calloc((size_t)partitions, sizeof *p->state_ends);
    if (!p->state_ends) abort();
    if (open_handle(p, error)) return p;
    kafka_producer_free(p);
    return NULL;
}

void kafka_producer_free(struct kafka_producer *p)
{
    if (!p) return;
    close_handle(p);
    free(p->state_ends);
    free(p);
}

enum result kafka_producer_ready(struct kafka_producer *p, int timeout_ms, struct error *error)
{
    static const char doing[] = "registering the transactional producer";
    if (p->ready) return OK;
    if (!p->rk && !open_handle(p, error)) return FATAL;
    rd_kafka_error_t *e = rd_kafka_init_transactions(p->rk, timeout_ms);
    rd_kafka_poll(p->rk, 0); /* the reason of a time-out comes by the error callback */
    if (!e) {
        p->ready = true;
        p->watch = (struct kafka_watch){0};
        return OK;
    }
    enum result r = kafka_error_transaction(p->config, p->rk, e, doing, error);
    if (r == FATAL) return FATAL;
    if (p->watch.refused)
        return kafka_error_code(p->config, RD_KAFKA_RESP_ERR__AUTHENTICATION, p->watch.reason,
                                doing, error);
    if (p->watch.reason[0])
        error_set(error, r, "no answer from Kafka (%s): %s", p->config->bootstrap_servers,
                  p->watch.reason);
    return RETRY;
}

/* ------------------------------------------------------------------ transactions */

enum result kafka_producer_begin(struct kafka_producer *p, struct error *error)
{
    enum result r = kafka_producer_ready(p, READY_TIMEOUT_MS, error);
    if (r != OK) return r;
    rd_kafka_poll(p->rk, 0); /* errors since the last transaction: keeps their queue empty */
    rd_kafka_error_t *e = rd_kafka_begin_transaction(p->rk);
    if (e) return kafka_error_transaction(p->config, p->rk, e, "beginning a transaction", error);
    for (int32_t i = 0; i < p->partitions; i++) p->state_ends[i] = NOTHING_PRODUCED;
    p->in_transaction = true;
    p->unacceptable = false;
    p->held_n = 0;
    p->holding = monotonic_ms() - p->committed_ms < HOLD_MS;
    return OK;
}

static rd_kafka_headers_t *headers_of(const struct message *m)
{
    if (m->headers_n == 0) return NULL;
    rd_kafka_headers_t *all = rd_kafka_headers_new(m->headers_n);
    for (size_t i = 0; i < m->headers_n; i++) {
        const struct header *h = &m->headers[i];
        rd_kafka_header_add(all, h->name.p, (ssize_t)h->name.n, h->value.p, (ssize_t)h->value.n);
    }
    return all;
}

/* One attempt; librdkafka copies the key and borrows the value until commit or abort is done. */
static rd_kafka_error_t *produce_once(struct kafka_producer *p, const struct message *m)
{
    rd_kafka_vu_t vus[8];
    size_t n = 0;
    rd_kafka_headers_t *headers = headers_of(m);
    vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = p->topics[m->topic]};
    vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = m->partition};
    vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = 0};
    vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(intptr_t)m->topic};
    vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY,
                               .u.mem = {.ptr = (void *)(uintptr_t)m->key.p, .size = m->key.n}};
    vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE,
                               .u.mem = {.ptr = (void *)(uintptr_t)m->value.p, .size = m->value.n}};
    if (m->timestamp != TIME_NONE)
        vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = m->timestamp};
    if (headers) vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    rd_kafka_error_t *e = rd_kafka_produceva(p->rk, vus, n);
    if (e && headers) rd_kafka_headers_destroy(headers);
    return e;
}

static enum result hand_over(struct kafka_producer *p, const struct message *message,
                             struct error *error)
{
    int64_t until_ms = 0;
    rd_kafka_error_t *e;
    while ((e = produce_once(p, message))) {
        if (rd_kafka_error_code(e) != RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
        if (!until_ms) until_ms = monotonic_ms() + p->config->transaction_timeout_ms;
        if (!remaining_ms(until_ms)) break;
        rd_kafka_error_destroy(e);
        rd_kafka_poll(p->rk, 5);
    }
    if (!e) return OK;

    const char *topic = p->config->topics[message->topic].p;
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    enum result r;
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        r = kafka_error_fatal(p->config, p->rk, "producing", error);
    else if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
             code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        r = error_set(error, FATAL,
                      "partition %d of %s does not exist; run `epilogue topics check`",
                      (int)message->partition, topic);
    else if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        r = error_set(error, REJECT, "a message of %zu bytes to %s is over kafka.message.max.bytes",
                      message->value.n, topic);
    else /* the queue stayed full, or the transaction has failed already */
        r = error_set(error, ABORT, "producing to %s: %s", topic, rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
    return r;
}

/* Hands over what was held; from here on messages go at once. */
static enum result hand_over_held(struct kafka_producer *p, struct error *error)
{
    enum result r = OK;
    for (size_t i = 0; i < p->held_n && r == OK; i++) r = hand_over(p, &p->held[i], error);
    p->held_n = 0;
    p->holding = false;
    return r;
}

enum result kafka_producer_produce(struct kafka_producer *p, const struct message *message,
                                   struct error *error)
{
    assert(p->in_transaction && is_output(message->topic));
    assert(message->partition >= 0 && message->partition < p->partitions);
    if (p->holding && p->held_n < HOLD_MESSAGES) {
        p->held[p->held_n++] = *message;
        return OK;
    }
    enum result r = hand_over_held(p, error);
    return r == OK ? hand_over(p, message, error) : r;
}

/* Calls again what may be called again until it is done, cannot be done, or the time is over:
 * that is RETRY. */
static enum result send_offsets(struct kafka_producer *p,
                                const rd_kafka_topic_partition_list_t *offsets,
                                const rd_kafka_consumer_group_metadata_t *group, int64_t until_ms,
                                struct error *error)
{
    enum result r;
    do {
        rd_kafka_error_t *e =
            rd_kafka_send_offsets_to_transaction(p->rk, offsets, group, remaining_ms(until_ms));
        if (!e) return OK;
        r = kafka_error_transaction(p->config, p->rk, e, "committing the input positions", error);
    } while (r == RETRY && remaining_ms(until_ms));
    return r;
}

static enum result finish(struct kafka_producer *p,
                          rd_kafka_error_t *(*call)(rd_kafka_t *rk, int timeout_ms),
                          const char *doing, struct error *error)
{
    int64_t until_ms = monotonic_ms() + p->config->transaction_timeout_ms;
    enum result r;
    do {
        rd_kafka_error_t *e = call(p->rk, remaining_ms(until_ms));
        if (!e) return OK;
        r = kafka_error_transaction(p->config, p->rk, e, doing, error);
    } while (r == RETRY && remaining_ms(until_ms));
    return r;
}

/* The positions with our mark as their metadata, which the library frees. */
static rd_kafka_topic_partition_list_t *marked_offsets(const struct kafka_producer *p,
                                                       const struct position *positions, size_t n,
                                                       const struct shard_commit *shards,
                                                       size_t shards_n)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) {
        assert(positions[i].offset >= 0);
        rd_kafka_topic_partition_t *o = rd_kafka_topic_partition_list_add(
            offsets, p->config->topics[positions[i].topic].p, positions[i].shard);
        o->offset = positions[i].offset;
        for (size_t k = 0; k < shards_n; k++) {
            if (shards[k].shard != positions[i].shard || o->metadata) continue;
            struct offset_mark mark = {p->partitions, shards[k].batch, shards[k].checkpoint};
            o->metadata = malloc(OFFSET_MARK_BYTES);
            if (!o->metadata) abort();
            offset_mark_write(o->metadata, &mark);
            o->metadata_size = strlen(o->metadata);
        }
    }
    return offsets;
}

enum result kafka_producer_commit(struct kafka_producer *p, const struct position *positions,
                                  size_t n, const rd_kafka_consumer_group_metadata_t *group,
                                  struct shard_commit *shards, size_t shards_n, struct error *error)
{
    assert(p->in_transaction && group && n > 0);
    rd_kafka_topic_partition_list_t *offsets = marked_offsets(p, positions, n, shards, shards_n);
    int64_t until_ms = monotonic_ms() + p->config->transaction_timeout_ms;
    enum result r = send_offsets(p, offsets, group, until_ms, error);
    rd_kafka_topic_partition_list_destroy(offsets);
    /* Nothing asked to commit yet, so the outcome is known. */
    if (r == RETRY) r = ABORT;
    if (r == OK) r = hand_over_held(p, error);
    if (r == OK) r = finish(p, rd_kafka_commit_transaction, "committing a transaction", error);
    if (r == ABORT && p->unacceptable) return REJECT;
    if (r != OK) return r;
    p->in_transaction = false;
    p->committed_ms = monotonic_ms();
    for (size_t i = 0; i < shards_n; i++) shards[i].state_end = p->state_ends[shards[i].shard];
    return OK;
}

enum result kafka_producer_abort(struct kafka_producer *p, struct error *error)
{
    if (!p->in_transaction) return OK;
    enum result r = finish(p, rd_kafka_abort_transaction, "aborting a transaction", error);
    if (r == OK) p->in_transaction = false;
    return r == ABORT ? RETRY : r; /* an abort that fails is settled by recover */
}

enum result kafka_producer_recover(struct kafka_producer *p, struct error *error)
{
    /* A handle that is only waiting for its registration is new enough. */
    if (p->ready) close_handle(p);
    return kafka_producer_ready(p, READY_TIMEOUT_MS, error);
}
