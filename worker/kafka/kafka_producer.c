/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transactional producer from begin to commit, abort and recover. A commit flushes, looks at
 * every delivery report, sends the offsets, and only then ends the transaction. Where it is fenced
 * it says why.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "kafka_error.h"
#include "kafka_producer_private.h"
#include "offset_mark.h"

#define READY_TIMEOUT_MS 5000
#define STOP_TIMEOUT_MS 1000
/* From begin to the request to commit. What is left of transaction.timeout.ms is for the abort:
 * a broker that ends the transaction by itself fences its producer, too. */
#define PRODUCE_PERCENT 80
/* How often a flush that lasts looks whether the transaction still can commit. */
#define FLUSH_STEP_MS 100
/* From so many bytes on the messages go before the offsets: what they wait for behind a quota, a
 * flush can stop waiting for, and the request with the offsets cannot. */
#define LARGE_BYTES ((size_t)2 << 20)
/* The least that sending the offsets may take. */
#define OFFSETS_MIN_MS 1000
/* Between two tries to register where the brokers refuse it. */
#define OPEN_AGAIN_MS 2000

/* ------------------------------------------------------------------ life */

/* The code of a fatal handle is that of its first error. */
static rd_kafka_resp_err_t code_of(const struct kafka_producer *p, const rd_kafka_error_t *e)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    if (!rd_kafka_error_is_fatal(e) && code != RD_KAFKA_RESP_ERR__FATAL) return code;
    return rd_kafka_fatal_error(p->rk, NULL, 0);
}

static size_t conf_number(const rd_kafka_conf_t *conf, const char *name)
{
    char text[32] = "";
    size_t n = sizeof text;
    rd_kafka_conf_get(conf, name, text, &n);
    return strtoull(text, NULL, 10);
}

/* What the user compresses may need that to fit. Our own compression only saves: what fits without it
 * is known from what the broker says, and nothing depends on it. */
static bool needs_compression(const struct kafka_producer *p, const rd_kafka_conf_t *conf)
{
    char text[32] = "none";
    size_t n = sizeof text;
    rd_kafka_conf_get(conf, "compression.codec", text, &n);
    return kafka_conf_has_users_compression(p->config) && strcmp(text, "none") != 0;
}

/* How much goes into one request to a partition, where a topic takes less than batch.size says. */
static void set_batch(struct kafka_producer *p, rd_kafka_conf_t *conf)
{
    char bytes[32];
    p->batch_bytes = kafka_handover_batch(p);
    if (!p->batch_bytes) {
        rd_kafka_conf_set(conf, "batch.num.messages", "1", NULL, 0);
        /* How much is taken is found out by what is refused, so sizes have to be those of messages. */
        if (!kafka_conf_has_users_compression(p->config))
            rd_kafka_conf_set(conf, "compression.type", "none", NULL, 0);
        /* Of two under way the second one would fail for the first. */
        rd_kafka_conf_set(conf, "max.in.flight.requests.per.connection", "1", NULL, 0);
    } else if (p->batch_bytes < conf_number(conf, "batch.size")) {
        snprintf(bytes, sizeof bytes, "%zu", p->batch_bytes);
        rd_kafka_conf_set(conf, "batch.size", bytes, NULL, 0);
    }
}

static bool open_handle(struct kafka_producer *p, struct error *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(p->config, KAFKA_PRODUCER, &p->watch, error);
    if (!conf) return false;
    kafka_limits_init(&p->limits, conf_number(conf, "message.max.bytes"),
                      needs_compression(p, conf));
    set_batch(p, conf);
    rd_kafka_conf_set_dr_msg_cb(conf, kafka_handover_report);
    p->rk = kafka_conf_open(conf, KAFKA_PRODUCER, error);
    if (!p->rk) return false;
    for (int t = TOPIC_FORWARDED; t < topic_end; t++)
        p->topics[t] = rd_kafka_topic_new(p->rk, p->config->topics[t].p, NULL);
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
    p->states = calloc((size_t)partitions, sizeof *p->states);
    if (!p->states) abort();
    if (open_handle(p, error) && kafka_job_start(p, error) == OK) return p;
    kafka_producer_free(p);
    return NULL;
}

void kafka_producer_serve(struct kafka_producer *p)
{
    assert(!p->job.busy);
    if (p->rk) rd_kafka_poll(p->rk, 0);
}

void kafka_producer_stop(struct kafka_producer *p)
{
    struct error ignored;
    enum result result;
    if (p->job.busy && !kafka_producer_take(p, STOP_TIMEOUT_MS, &result, &ignored)) return;
    if (!p->rk || !p->in_transaction) return;
    rd_kafka_error_t *e = rd_kafka_abort_transaction(p->rk, STOP_TIMEOUT_MS);
    if (e) rd_kafka_error_destroy(e);
}

void kafka_producer_free(struct kafka_producer *p)
{
    if (!p) return;
    kafka_job_end(p);
    close_handle(p);
    free(p->states);
    free(p->held);
    free(p);
}

/* Refused by brokers that had registered us before: a right was taken away, and may be given back.
 * The handle has failed for good, so another one asks again. */
static enum result wait_to_open(struct kafka_producer *p, rd_kafka_resp_err_t code,
                                const char *doing, struct error *error)
{
    kafka_handover_condition(p, code, doing, error);
    close_handle(p);
    p->open_again_ms = clock_monotonic_ms() + OPEN_AGAIN_MS;
    p->unopened = *error;
    p->unopened_code = code;
    return RETRY;
}

static enum result not_registered(struct kafka_producer *p, rd_kafka_error_t *e, const char *doing,
                                  struct error *error)
{
    rd_kafka_resp_err_t code = code_of(p, e);
    if (p->was_ready && kafka_verdict_is_condition(code)) {
        rd_kafka_error_destroy(e);
        return wait_to_open(p, code, doing, error);
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

enum result kafka_producer_ready(struct kafka_producer *p, int timeout_ms, struct error *error)
{
    assert(!p->job.busy);
    if (p->ready) return OK;
    if (!p->rk && clock_left_ms(p->open_again_ms)) {
        *error = p->unopened;
        return RETRY;
    }
    if (!p->rk && !open_handle(p, error)) return FATAL;
    rd_kafka_error_t *e = rd_kafka_init_transactions(p->rk, timeout_ms);
    rd_kafka_poll(p->rk, 0); /* the reason of a time-out comes by the error callback */
    if (e) return not_registered(p, e, "registering the transactional producer", error);
    p->ready = p->was_ready = true;
    p->watch = (struct kafka_watch){0};
    return OK;
}

bool kafka_producer_was_ready(const struct kafka_producer *p)
{
    return p->was_ready;
}

/* ------------------------------------------------------------------ transactions */

/* A fenced producer need not have a rival: the broker fences the one whose time is over, too. */
static enum result name_fence(const struct kafka_producer *p, enum result r, const char *doing,
                              struct error *error)
{
    int64_t age_ms = clock_monotonic_ms() - p->began_ms;
    int limit_ms = p->config->transaction_timeout_ms;
    if (r != FATAL || !p->in_transaction || age_ms < limit_ms) return r;
    if (!kafka_error_is_fenced(rd_kafka_fatal_error(p->rk, NULL, 0))) return r;
    return error_set(error, FATAL,
                     "%s: the transaction was open for %" PRId64
                     " ms and transaction.timeout.ms is %d, so the broker has ended it. The worker "
                     "or the brokers stood still, or are too slow for so short a time; after a "
                     "restart the worker continues from what is committed",
                     doing, age_ms, limit_ms);
}

enum result kafka_producer_judge(struct kafka_producer *p, rd_kafka_error_t *e, const char *doing,
                                 struct error *error)
{
    rd_kafka_resp_err_t code = code_of(p, e);
    bool fatal = code != rd_kafka_error_code(e) || rd_kafka_error_is_fatal(e);
    if (kafka_verdict_is_condition(code) || (!fatal && rd_kafka_error_txn_requires_abort(e) &&
                                             kafka_verdict_of(code) == VERDICT_CONDITION)) {
        rd_kafka_error_destroy(e);
        return kafka_handover_condition(p, code, doing, error);
    }
    return name_fence(p, kafka_error_transaction(p->config, p->rk, e, doing, error), doing, error);
}

enum result kafka_producer_give_up(const struct kafka_producer *p, const char *doing,
                                   struct error *error)
{
    const struct deliveries *sent = &p->sent;
    return error_set(
        error, ABORT,
        "%s: given up after %" PRId64
        " ms, of transaction.timeout.ms=%d; %zu of %zu messages (%zu of %zu bytes) "
        "were not acknowledged. The brokers are slow, a topic was deleted, or a produce "
        "quota holds the worker back: raise the quota or transaction.timeout.ms, or "
        "lower batch.max",
        doing, clock_monotonic_ms() - p->began_ms, p->config->transaction_timeout_ms,
        sent->messages - sent->reported, sent->messages, sent->bytes - sent->reported_bytes,
        sent->bytes);
}

enum result kafka_producer_begin(struct kafka_producer *p, struct error *error)
{
    assert(!p->job.busy && !p->in_transaction);
    p->refusal = (struct transaction_refusal){0};
    kafka_limits_renew(&p->limits, p->config, clock_monotonic_ms());
    if (p->ready && kafka_handover_batch(p) != p->batch_bytes) close_handle(p);
    enum result r = kafka_producer_ready(p, READY_TIMEOUT_MS, error);
    if (r == RETRY && !p->rk) {
        p->refusal = (struct transaction_refusal){
            .kind = REFUSAL_CONDITION, .condition = kafka_verdict_ready(p->unopened_code)};
        return ABORT;
    }
    if (r != OK) return r;
    rd_kafka_poll(p->rk, 0); /* errors since the last transaction: keeps their queue empty */
    rd_kafka_error_t *e = rd_kafka_begin_transaction(p->rk);
    if (e) return kafka_producer_judge(p, e, "beginning a transaction", error);
    for (int32_t i = 0; i < p->partitions; i++)
        p->states[i] = (struct state_range){NOTHING_PRODUCED, NOTHING_PRODUCED};
    p->in_transaction = true;
    p->sent = (struct deliveries){0};
    p->began_ms = clock_monotonic_ms();
    p->until_ms = p->began_ms + (int64_t)p->config->transaction_timeout_ms * PRODUCE_PERCENT / 100;
    p->held_n = p->held_bytes = 0;
    p->holding = p->began_ms - p->committed_ms < HOLD_MS;
    return OK;
}

static const struct shard_commit *commit_of(const struct shard_commit *shards, size_t n,
                                            int32_t shard)
{
    for (size_t i = 0; i < n; i++)
        if (shards[i].shard == shard) return &shards[i];
    assert(!"a position of a shard that is not in the commit");
    return NULL;
}

/* The positions as offsets that carry our mark. The caller destroys the list. */
static rd_kafka_topic_partition_list_t *offsets_of(const struct kafka_producer *p,
                                                   const struct position *positions, size_t n,
                                                   const struct shard_commit *shards,
                                                   size_t shards_n)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) {
        const struct shard_commit *of = commit_of(shards, shards_n, positions[i].shard);
        assert(positions[i].offset >= 0 && of->batch >= 0 && of->checkpoint >= 0);
        const char *topic = p->config->topics[positions[i].topic].p;
        rd_kafka_topic_partition_t *offset =
            rd_kafka_topic_partition_list_add(offsets, topic, positions[i].shard);
        offset->offset = positions[i].offset;
        offset->metadata =
            rd_kafka_mem_malloc(NULL, OFFSET_MARK_BYTES); /* the list's from now on */
        offset_mark_write(offset->metadata, &(struct offset_mark){.partitions = p->partitions,
                                                                  .batch = of->batch,
                                                                  .checkpoint = of->checkpoint});
        offset->metadata_size = strlen(offset->metadata);
    }
    return offsets;
}

/*
 * What the call may still try: librdkafka looks at this time only between its requests, and each of
 * them lasts until socket.timeout.ms.
 */
static int offsets_ms(const struct kafka_producer *p)
{
    int left_ms = clock_left_ms(p->until_ms);
    int try_ms = left_ms - kafka_conf_producer_timeout_ms(p->config);
    if (try_ms < OFFSETS_MIN_MS) try_ms = OFFSETS_MIN_MS;
    return try_ms < left_ms ? try_ms : left_ms;
}

/* Nothing is asked to commit yet, so the outcome of all that ends badly here is known. */
static enum result send_offsets(struct kafka_producer *p,
                                const rd_kafka_topic_partition_list_t *offsets,
                                const rd_kafka_consumer_group_metadata_t *group, const char *doing,
                                struct error *error)
{
    enum result r;
    bool timed_out;
    do {
        if (!clock_left_ms(p->until_ms)) return kafka_producer_give_up(p, doing, error);
        rd_kafka_error_t *e =
            rd_kafka_send_offsets_to_transaction(p->rk, offsets, group, offsets_ms(p));
        if (e && rd_kafka_error_code(e) == RD_KAFKA_RESP_ERR__STATE) {
            /* The transaction failed under it; the next call is told for what. */
            rd_kafka_error_destroy(e);
            e = rd_kafka_send_offsets_to_transaction(p->rk, offsets, group, offsets_ms(p));
        }
        if (!e) return OK;
        timed_out = rd_kafka_error_code(e) == RD_KAFKA_RESP_ERR__TIMED_OUT;
        r = kafka_producer_judge(p, e, doing, error);
    } while (r == RETRY);
    return r == ABORT && timed_out ? kafka_producer_give_up(p, doing, error) : r;
}

/* Whether the transaction can still take messages; asks nobody. */
static bool is_whole(const struct kafka_producer *p)
{
    /* A message of no topic is refused in any case, but an unfit transaction is refused before. */
    rd_kafka_error_t *e = rd_kafka_produceva(p->rk, NULL, 0);
    bool whole = rd_kafka_error_code(e) == RD_KAFKA_RESP_ERR__INVALID_ARG;
    rd_kafka_error_destroy(e);
    return whole && !p->sent.failed;
}

/*
 * Waits until all that was handed over is reported. A transaction that has failed keeps what it has
 * not sent yet; why it has failed is told by a call that needs an open one.
 */
static enum result flush(struct kafka_producer *p, const rd_kafka_topic_partition_list_t *offsets,
                         const rd_kafka_consumer_group_metadata_t *group, struct error *error)
{
    while (is_whole(p)) {
        int left_ms = clock_left_ms(p->until_ms);
        rd_kafka_resp_err_t err =
            rd_kafka_flush(p->rk, left_ms < FLUSH_STEP_MS ? left_ms : FLUSH_STEP_MS);
        if (p->sent.failed) break;
        if (!err) return OK;
        if (!clock_left_ms(p->until_ms)) return kafka_producer_give_up(p, "producing", error);
    }
    enum result r = send_offsets(p, offsets, group, "producing", error);
    if (r != OK) return r;
    return error_set(error, ABORT, "producing: %zu of %zu messages failed: %s", p->sent.failed,
                     p->sent.messages, rd_kafka_err2str(p->sent.failure));
}

/* Everything is reported: whether it may be committed. */
static enum result check_deliveries(const struct kafka_producer *p,
                                    const struct shard_commit *shards, size_t n,
                                    struct error *error)
{
    const struct deliveries *sent = &p->sent;
    if (sent->unknown || sent->reported != sent->messages)
        return error_set(error, ABORT,
                         "%zu of %zu messages are not known to have arrived (the first: partition "
                         "%" PRId32 " of %s): a broker was making the partition or took over its "
                         "leadership. Nothing is committed; the batch is done again",
                         sent->unknown + sent->messages - sent->reported, sent->messages,
                         sent->partition, sent->topic ? sent->topic : "an output");
    const char *topic = p->config->topics[TOPIC_STATE].p;
    for (size_t i = 0; i < n; i++) {
        int64_t first = p->states[shards[i].shard].first;
        if (first == NOTHING_PRODUCED || first >= shards[i].checkpoint) continue;
        return error_set(error, FATAL,
                         "%s/%" PRId32 " took a record at offset %" PRId64
                         ", but the worker's state is of offset %" PRId64
                         ": the topic has lost records (recreated, or truncated by an unclean "
                         "leader election). Nothing was committed. Restore %s from a mirror or a "
                         "backup, or see \"followup-state has lost records\" in docs/operations.md",
                         topic, shards[i].shard, first, shards[i].checkpoint, topic);
    }
    return OK;
}

static enum result finish(struct kafka_producer *p,
                          rd_kafka_error_t *(*call)(rd_kafka_t *rk, int timeout_ms),
                          const char *doing, struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + p->config->transaction_timeout_ms;
    enum result r;
    do {
        rd_kafka_error_t *e = call(p->rk, clock_left_ms(until_ms));
        if (!e) return OK;
        r = kafka_producer_judge(p, e, doing, error);
    } while (r == RETRY && clock_left_ms(until_ms));
    return r;
}

/* All that can still be undone: OK when there is nothing left but to commit. */
static enum result prepare(struct kafka_producer *p, const rd_kafka_topic_partition_list_t *offsets,
                           const rd_kafka_consumer_group_metadata_t *group,
                           struct shard_commit *shards, size_t shards_n, struct error *error)
{
    enum result r = OK;
    if (p->sent.bytes >= LARGE_BYTES) r = flush(p, offsets, group, error);
    if (r == OK) r = send_offsets(p, offsets, group, "committing the input positions", error);
    if (r == OK) r = kafka_handover_held(p, error);
    if (r == OK) r = flush(p, offsets, group, error);
    if (r != OK) return kafka_handover_refused(p, r, error);
    r = check_deliveries(p, shards, shards_n, error);
    if (r == FATAL) {
        struct error ignored; /* the transaction ends with its time, if not by this */
        if (finish(p, rd_kafka_abort_transaction, "aborting a transaction", &ignored) == OK)
            p->in_transaction = false;
    }
    for (size_t i = 0; i < shards_n; i++) shards[i].state_end = p->states[shards[i].shard].end;
    return r;
}

enum result kafka_producer_prepare(struct kafka_producer *p, const struct kafka_job *job,
                                   struct error *error)
{
    assert(p->in_transaction && job->group && job->positions_n > 0);
    rd_kafka_topic_partition_list_t *offsets =
        offsets_of(p, job->positions, job->positions_n, job->shards, job->shards_n);
    enum result r = prepare(p, offsets, job->group, job->shards, job->shards_n, error);
    rd_kafka_topic_partition_list_destroy(offsets);
    return r;
}

enum result kafka_producer_commit(struct kafka_producer *p, struct error *error)
{
    assert(p->in_transaction && !p->holding && p->sent.reported == p->sent.messages);
    enum result r = finish(p, rd_kafka_commit_transaction, "committing a transaction", error);
    if (r != OK) return r;
    p->in_transaction = false;
    p->committed_ms = clock_monotonic_ms();
    return OK;
}

enum result kafka_producer_abort(struct kafka_producer *p, struct error *error)
{
    assert(!p->job.busy);
    if (!p->in_transaction) return OK;
    enum result r = finish(p, rd_kafka_abort_transaction, "aborting a transaction", error);
    if (r == OK) p->in_transaction = false;
    /* All that the coordinator was told of may have been refused: then it knows of no transaction
     * that it could end, and the library gives up the handle for that. */
    bool is_unknown =
        r == FATAL && rd_kafka_fatal_error(p->rk, NULL, 0) == RD_KAFKA_RESP_ERR_INVALID_TXN_STATE;
    return r == ABORT || is_unknown ? RETRY : r; /* an abort that fails is settled by recover */
}

enum result kafka_producer_recover(struct kafka_producer *p, struct error *error)
{
    assert(!p->job.busy);
    /* A handle that is only waiting for its registration is new enough. */
    if (p->ready) close_handle(p);
    return kafka_producer_ready(p, READY_TIMEOUT_MS, error);
}

const struct transaction_refusal *kafka_producer_refusal(const struct kafka_producer *p)
{
    assert(!p->job.busy);
    return &p->refusal;
}

void kafka_producer_limit(const struct kafka_producer *p, int topic, struct topic_limit *limit)
{
    kafka_limits_get(p->job.busy ? &p->job.limits : &p->limits, topic, clock_monotonic_ms(), limit);
}
