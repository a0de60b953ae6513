/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on their way to the brokers: handed over, reported, refused. */
#include <assert.h>
#include <stdlib.h>

#include "codec/encode.h"
#include "common/clock.h"
#include "common/log.h"
#include "kafka_delivery.h"
#include "kafka_error.h"
#include "kafka_producer_private.h"

#define DENIED_MS 2000 /* for asking which topics we may write to */

/* What a delivery report is told by: number, size and topic of its message. */
#define TOPIC_BITS 4
#define NUMBER_BITS 28
static_assert(sizeof(void *) == 8 && topic_end <= 1 << TOPIC_BITS, "an opaque holds all three");

static void *tag_of(size_t number, size_t bytes, int topic)
{
    return (void *)(uintptr_t)(bytes << (TOPIC_BITS + NUMBER_BITS) | number << TOPIC_BITS |
                               (size_t)topic);
}

static int tag_topic(const void *tag)
{
    return (int)((uintptr_t)tag & ((1U << TOPIC_BITS) - 1));
}

static size_t tag_number(const void *tag)
{
    return (uintptr_t)tag >> TOPIC_BITS & ((1U << NUMBER_BITS) - 1);
}

static size_t tag_bytes(const void *tag)
{
    return (uintptr_t)tag >> (TOPIC_BITS + NUMBER_BITS);
}

/* ------------------------------------------------------------------ reports */

static void note_state(struct kafka_producer *p, int32_t shard, int64_t offset)
{
    assert(shard >= 0 && shard < p->partitions);
    struct state_range *range = &p->states[shard];
    if (range->first == NOTHING_PRODUCED || offset < range->first) range->first = offset;
    if (offset + 1 > range->end) range->end = offset + 1;
}

static void note_refused(struct refused_messages *refused, size_t number, size_t bytes, int topic)
{
    size_t n = refused->n++;
    if (n >= REFUSAL_MESSAGES_MAX) return;
    refused->numbers[n] = number;
    refused->bytes[n] = bytes;
    refused->topics[n] = topic;
}

static void note_failed(struct kafka_producer *p, const rd_kafka_message_t *m)
{
    struct deliveries *sent = &p->sent;
    const void *tag = m->_private;
    int topic = tag_topic(tag);
    if (!sent->failed++) sent->failure = m->err;
    enum verdict verdict = kafka_verdict_of(m->err);
    if (verdict == VERDICT_TOO_LARGE) sent->too_large.code = m->err;
    if (verdict == VERDICT_TOO_LARGE)
        note_refused(&sent->too_large, tag_number(tag), tag_bytes(tag), topic);
    if (verdict != VERDICT_CONDITION) return;
    if (!sent->hindered.n)
        sent->condition = (struct refused_write){
            .code = m->err, .topics = 1U << topic, .partition = m->partition, .now = clock_now()};
    note_refused(&sent->hindered, tag_number(tag), tag_bytes(tag), topic);
}

/* Without this callback commit would wait for deliveries in steps of 10 ms. What it counts is looked
 * at between the flush and the commit. */
void kafka_handover_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct kafka_watch *watch = opaque;
    struct kafka_producer *p =
        (struct kafka_producer *)((char *)watch - offsetof(struct kafka_producer, watch));
    int topic = tag_topic(m->_private);
    struct deliveries *sent = &p->sent;
    sent->reported++;
    sent->reported_bytes += m->key_len + m->len;
    switch (kafka_delivery_of(m->err, m->offset)) {
    case DELIVERY_DONE:
        if (topic == TOPIC_STATE) note_state(p, m->partition, m->offset);
        break;
    case DELIVERY_UNKNOWN:
        if (sent->unknown++) break;
        sent->topic = p->config->topics[topic].p;
        sent->partition = m->partition;
        break;
    case DELIVERY_FAILED: note_failed(p, m); break;
    }
}

/* ------------------------------------------------------------------ refusals */

static void fill_refusal(struct kafka_producer *p, enum refusal_kind kind,
                         const struct refused_messages *refused)
{
    struct transaction_refusal *refusal = &p->refusal;
    *refusal = (struct transaction_refusal){.kind = kind};
    refusal->n = refused->n < REFUSAL_MESSAGES_MAX ? refused->n : REFUSAL_MESSAGES_MAX;
    memcpy(refusal->messages, refused->numbers, refusal->n * sizeof *refused->numbers);
}

/* Topics that the brokers do not even show us; without any, all that the transaction wrote to. */
static unsigned denied_topics(struct kafka_producer *p)
{
    unsigned denied = 0;
    const struct rd_kafka_metadata *metadata;
    if (rd_kafka_metadata(p->rk, 0, NULL, &metadata, DENIED_MS)) return p->sent.topics;
    for (int i = 0; i < metadata->topic_cnt; i++)
        for (int t = 1; t < topic_end; t++)
            if (metadata->topics[i].err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED &&
                strcmp(metadata->topics[i].topic, p->config->topics[t].p) == 0)
                denied |= 1U << t;
    rd_kafka_metadata_destroy(metadata);
    return denied & p->sent.topics ? denied & p->sent.topics : p->sent.topics;
}

enum result kafka_handover_condition(struct kafka_producer *p, rd_kafka_resp_err_t code,
                                     const char *doing, struct error *error)
{
    struct refused_write write = {.code = code, .partition = -1, .now = clock_now()};
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) write.topics = denied_topics(p);
    fill_refusal(p, REFUSAL_CONDITION, &(struct refused_messages){0});
    p->refusal.condition = kafka_verdict_ready(code);
    kafka_verdict_say(p->config, &write, doing, error);
    return ABORT;
}

/* The smallest message that a topic refused; 0: none that is known. */
static size_t refused_bytes(const struct refused_messages *refused, int topic)
{
    size_t bytes = 0;
    for (size_t i = 0; i < refused->n && i < REFUSAL_MESSAGES_MAX; i++)
        if (refused->topics[i] == topic && (!bytes || refused->bytes[i] < bytes))
            bytes = refused->bytes[i];
    return bytes;
}

/* Whether each topic that refused something has told its limit. Of what was refused in a batch with
 * others no size is known but that of the limit. */
static bool learn(struct kafka_producer *p, bool named)
{
    bool all_told = true;
    for (int t = 1; t < topic_end; t++) {
        size_t bytes = refused_bytes(&p->sent.too_large, t);
        if (!bytes) continue;
        int64_t now_ms = clock_monotonic_ms();
        size_t told =
            kafka_limits_is_silent(&p->limits, t, now_ms) ? 0 : kafka_limits_ask(p->config, t);
        all_told &= told > 0;
        if (named || told)
            kafka_limits_refused(&p->limits, t, named ? bytes : told + 1, told, now_ms);
    }
    return all_told;
}

/* Broker and library fail a whole batch for one message in it. Which one that is, is known when it
 * is alone, or when the topic tells its limit. */
static void too_large(struct kafka_producer *p, struct error *error)
{
    const struct refused_messages *refused = &p->sent.too_large;
    bool named = p->batch_bytes == 0 || refused->n == 1;
    bool told = learn(p, named);
    fill_refusal(p, named ? REFUSAL_TOO_LARGE : REFUSAL_UNNAMED, refused);
    if (!named) p->refusal.n = 0;
    p->one_by_one_until_ms = named || told ? 0 : clock_monotonic_ms() + KAFKA_LIMITS_KEEP_MS;
    error_set(error, ABORT,
              "%.*s refuses %s of %zu bytes (%s); the batch is decided again, without it or with "
              "less of it",
              STR_ARG(p->config->topics[refused->topics[0]]),
              named ? "a message" : "a batch with one", refused->bytes[0],
              rd_kafka_err2name(refused->code));
}

enum result kafka_handover_refused(struct kafka_producer *p, enum result r, struct error *error)
{
    if (r != ABORT || p->refusal.kind == REFUSAL_TOO_LARGE) return r;
    rd_kafka_poll(p->rk, 0); /* a report may not be taken yet */
    struct deliveries *sent = &p->sent;
    if (sent->too_large.n) {
        too_large(p, error);
    } else if (sent->hindered.n) {
        fill_refusal(p, REFUSAL_CONDITION, &sent->hindered);
        p->refusal.condition = kafka_verdict_ready(sent->condition.code);
        kafka_verdict_say(p->config, &sent->condition, "writing", error);
    }
    return ABORT;
}

size_t kafka_handover_batch(const struct kafka_producer *p)
{
    int64_t now_ms = clock_monotonic_ms();
    return now_ms < p->one_by_one_until_ms ? 0 : kafka_limits_batch(&p->limits, now_ms);
}

/* ------------------------------------------------------------------ handing over */

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
    vus[n++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_OPAQUE,
                               .u.ptr = tag_of(p->sent.messages, encode_size(m), m->topic)};
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

/* The client's own limit. */
static enum result not_taken(struct kafka_producer *p, const struct message *m, struct error *error)
{
    size_t bytes = encode_size(m);
    kafka_limits_refused(&p->limits, m->topic, bytes, 0, clock_monotonic_ms());
    struct refused_messages refused = {.n = 1, .numbers = {p->sent.messages}};
    fill_refusal(p, REFUSAL_TOO_LARGE, &refused);
    return error_set(error, ABORT, "a message of %zu bytes to %.*s is over kafka.message.max.bytes",
                     bytes, STR_ARG(p->config->topics[m->topic]));
}

/* Why a message could not be handed over; the queue that stays full is give_up's. */
static enum result not_produced(struct kafka_producer *p, const struct message *message,
                                rd_kafka_error_t *e, struct error *error)
{
    const char *topic = p->config->topics[message->topic].p;
    if (rd_kafka_error_is_fatal(e)) return kafka_producer_judge(p, e, "producing", error);
    enum result r;
    switch ((int)rd_kafka_error_code(e)) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        r = error_set(error, FATAL,
                      "partition %d of %s does not exist; run `epilogue topics check`",
                      (int)message->partition, topic);
        break;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: r = not_taken(p, message, error); break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        r = kafka_handover_condition(p, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "writing",
                                     error);
        break;
    default: /* the transaction has failed already */
        r = error_set(error, ABORT, "producing to %s: %s", topic, rd_kafka_error_string(e));
    }
    rd_kafka_error_destroy(e);
    return r;
}

static enum result hand_over(struct kafka_producer *p, const struct message *message,
                             struct error *error)
{
    rd_kafka_error_t *e;
    p->sent.topics |= 1U << message->topic;
    while ((e = produce_once(p, message))) {
        if (rd_kafka_error_code(e) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return not_produced(p, message, e, error);
        rd_kafka_error_destroy(e);
        if (!clock_left_ms(p->until_ms)) return kafka_producer_give_up(p, "producing", error);
        rd_kafka_poll(p->rk, 5);
    }
    struct deliveries *sent = &p->sent;
    sent->messages++;
    sent->bytes += message->key.n + message->value.n;
    return OK;
}

enum result kafka_handover_held(struct kafka_producer *p, struct error *error)
{
    enum result r = OK;
    for (size_t i = 0; i < p->held_n && r == OK; i++) r = hand_over(p, &p->held[i], error);
    p->held_n = p->held_bytes = 0;
    p->holding = false;
    return r;
}

/* Whether it waits with those that are held. */
static bool hold(struct kafka_producer *p, const struct message *message)
{
    size_t bytes = message->key.n + message->value.n;
    if (!p->holding || p->held_n == HOLD_MESSAGES || p->held_bytes + bytes > HOLD_BYTES)
        return false;
    if (p->held_n == p->held_cap) {
        p->held_cap = p->held_cap ? 2 * p->held_cap : 64;
        p->held = realloc(p->held, p->held_cap * sizeof *p->held);
        if (!p->held) abort();
    }
    p->held[p->held_n++] = *message;
    p->held_bytes += bytes;
    return true;
}

static bool is_output(int topic)
{
    return topic >= TOPIC_FORWARDED && topic < topic_end;
}

enum result kafka_producer_produce(struct kafka_producer *p, const struct message *message,
                                   struct error *error)
{
    assert(!p->job.busy && p->in_transaction && is_output(message->topic));
    assert(message->partition >= 0 && message->partition < p->partitions);
    if (hold(p, message)) return OK;
    enum result r = kafka_handover_held(p, error);
    if (r == OK) r = hand_over(p, message, error);
    return kafka_handover_refused(p, r, error);
}
