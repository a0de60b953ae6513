/* SPDX-License-Identifier: Apache-2.0 */
/* A transactional producer of librdkafka: what its calls and its delivery reports mean together, so
 * that a transaction commits with all of its messages or not at all. */
#include "kafka_sender.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/clock.h"
#include "core/state_key.h"
#include "kafka_conf.h"
#include "kafka_delivery.h"
#include "kafka_error.h"
#include "kafka_message.h"

#define START_TIMEOUT_MS 30000
#define PRODUCE_PERCENT 80 /* of transaction.timeout.ms, from begin on; the rest is for the abort */
#define FLUSH_STEP_MS 100

struct kafka_sender {
    const struct config *config;
    const char *name;
    struct arena *arena;
    struct str id; /* transactional.id */
    struct kafka_watch watch;
    rd_kafka_t *rk;
    intptr_t number;           /* of this transaction: reports of one that was aborted come late */
    int64_t until_ms;          /* of its producing */
    size_t messages, reported; /* of this transaction */
    size_t failed, unacceptable, unknown;
    rd_kafka_resp_err_t failure; /* of the first unacceptable one, else of the first failed one */
    int failure_topic;
    bool replaced[topic_end]; /* the broker's time stands on messages to this topic */
};

static void note_failure(struct kafka_sender *sender, rd_kafka_resp_err_t err, int topic)
{
    sender->failure = err;
    sender->failure_topic = topic;
}

/* Whether a message is refused for what it is. */
static bool is_its_fault(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
           err == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP || err == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           err == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct kafka_sender *sender =
        (struct kafka_sender *)((char *)opaque - offsetof(struct kafka_sender, watch));
    intptr_t tag = (intptr_t)m->_private;
    int topic = (int)(tag % topic_end);
    rd_kafka_timestamp_type_t type;
    if (tag / topic_end != sender->number) return;
    sender->reported++;
    enum kafka_delivery delivery = kafka_delivery_of(m->err, m->offset);
    if (delivery == DELIVERY_DONE) {
        rd_kafka_message_timestamp(m, &type);
        if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) sender->replaced[topic] = true;
    } else if (delivery == DELIVERY_UNKNOWN) {
        sender->unknown++;
    } else if (is_its_fault(m->err)) {
        if (!sender->unacceptable++) note_failure(sender, m->err, topic);
    } else if (!sender->failed++ && !sender->unacceptable) {
        note_failure(sender, m->err, topic);
    }
}

struct kafka_sender *kafka_sender_new(const struct config *config, const char *name,
                                      struct error *error)
{
    struct kafka_sender *sender = calloc(1, sizeof *sender);
    if (!sender) abort();
    sender->config = config;
    sender->name = name;
    sender->arena = arena_new();
    sender->id =
        arena_printf(sender->arena, "%.*s/$%s",
                     STR_ARG(state_encode_part(sender->arena, str_of(config->group_id))), name);
    rd_kafka_conf_t *conf = kafka_conf_new(config, KAFKA_PRODUCER, &sender->watch, error);
    if (conf) {
        rd_kafka_conf_set(conf, "transactional.id", sender->id.p, NULL, 0);
        rd_kafka_conf_set(conf, "partitioner", "murmur2_random", NULL, 0);
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        sender->rk = kafka_conf_open(conf, KAFKA_PRODUCER, error);
    }
    if (sender->rk) return sender;
    kafka_sender_free(sender);
    return NULL;
}

void kafka_sender_free(struct kafka_sender *sender)
{
    if (!sender) return;
    if (sender->rk)
        rd_kafka_purge(sender->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                       RD_KAFKA_PURGE_F_NON_BLOCKING);
    kafka_conf_close(sender->rk);
    arena_free(sender->arena);
    free(sender);
}

/* ---- errors ---- */

static enum result fenced(const struct kafka_sender *sender, struct error *error)
{
    return error_set(
        error, FATAL,
        "another `epilogue %s` of group %s has started and continues from here, or this "
        "one stood still for longer than transaction.timeout.ms (%d ms); nothing was "
        "sent twice",
        sender->name, sender->config->group_id, sender->config->transaction_timeout_ms);
}

static enum result denied(const struct kafka_sender *sender, const char *text, struct error *error)
{
    return error_set(error, FATAL,
                     "%s: `epilogue %s` needs Write on transactional id %s, on %s and on the "
                     "topics that it sends to",
                     text, sender->name, sender->id.p,
                     sender->config->topics[TOPIC_DEAD_LETTERS].p);
}

static enum result of_code(const struct kafka_sender *sender, rd_kafka_resp_err_t code,
                           const char *text, enum result otherwise, struct error *error)
{
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(sender->rk, NULL, 0);
    if (fatal) code = fatal; /* what it has caused is reported with other codes */
    if (kafka_error_is_fenced(code)) return fenced(sender, error);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
        return denied(sender, rd_kafka_err2str(code), error);
    if (sender->watch.refused)
        return kafka_error_code(sender->config, RD_KAFKA_RESP_ERR__AUTHENTICATION,
                                sender->watch.reason, sender->name, error);
    if (sender->watch.reason[0]) text = sender->watch.reason;
    return error_set(error, otherwise, "%s: %s", sender->name, text);
}

/* What a transactional call returned. Takes `e`. */
static enum result judge(const struct kafka_sender *sender, rd_kafka_error_t *e,
                         struct error *error)
{
    rd_kafka_poll(sender->rk, 0); /* the reason comes by the error callback */
    enum result otherwise = rd_kafka_error_is_fatal(e)             ? FATAL
                            : rd_kafka_error_txn_requires_abort(e) ? ABORT
                                                                   : RETRY;
    enum result result =
        of_code(sender, rd_kafka_error_code(e), rd_kafka_error_string(e), otherwise, error);
    rd_kafka_error_destroy(e);
    return result;
}

/* Makes a call until it is not to be made again, or its time is over. */
static enum result finish(struct kafka_sender *sender,
                          rd_kafka_error_t *(*call)(rd_kafka_t *rk, int timeout_ms), int timeout_ms,
                          struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        int64_t left = until_ms - clock_monotonic_ms();
        rd_kafka_error_t *e = call(sender->rk, left > 0 ? (int)left : 0);
        if (!e) return OK;
        bool again = rd_kafka_error_is_retriable(e) && clock_monotonic_ms() < until_ms;
        enum result result = judge(sender, e, error);
        if (!again || result == FATAL) return result;
    }
}

/* ---- transactions ---- */

enum result kafka_sender_start(struct kafka_sender *sender, struct error *error)
{
    return finish(sender, rd_kafka_init_transactions, START_TIMEOUT_MS, error);
}

enum result kafka_sender_begin(struct kafka_sender *sender, struct error *error)
{
    rd_kafka_poll(sender->rk, 0);
    sender->number++;
    sender->messages = sender->reported = 0;
    sender->failed = sender->unacceptable = sender->unknown = 0;
    sender->until_ms = clock_monotonic_ms() +
                       (int64_t)sender->config->transaction_timeout_ms * PRODUCE_PERCENT / 100;
    rd_kafka_error_t *e = rd_kafka_begin_transaction(sender->rk);
    return e ? judge(sender, e, error) : OK;
}

static rd_kafka_resp_err_t produce_once(struct kafka_sender *sender, const struct message *m)
{
    return kafka_message_produce(sender->rk, sender->config->topics[m->topic].p, m,
                                 (void *)(sender->number * topic_end + m->topic));
}

/* A broker does not take a message for what it is: which limit that is. */
static enum result rejected(const struct kafka_sender *sender, rd_kafka_resp_err_t err, int topic,
                            struct error *error)
{
    const char *limit = "";
    if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) limit = " (max.message.bytes)";
    if (err == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
        limit = " (message.timestamp.before.max.ms and message.timestamp.after.max.ms)";
    return error_set(error, REJECT, "%s does not take it: %s%s", sender->config->topics[topic].p,
                     rd_kafka_err2str(err), limit);
}

enum result kafka_sender_produce(struct kafka_sender *sender, const struct message *message,
                                 struct error *error)
{
    rd_kafka_resp_err_t err;
    while ((err = produce_once(sender, message)) == RD_KAFKA_RESP_ERR__QUEUE_FULL &&
           clock_left_ms(sender->until_ms))
        rd_kafka_poll(sender->rk, FLUSH_STEP_MS);
    rd_kafka_poll(sender->rk, 0);
    if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return rejected(sender, err, message->topic, error);
    /* A transaction that has failed takes nothing more; why, the reports say. */
    if (err && sender->unacceptable)
        return rejected(sender, sender->failure, sender->failure_topic, error);
    if (err) return of_code(sender, err, rd_kafka_err2str(err), ABORT, error);
    sender->messages++;
    return OK;
}

/* Waits for all reports. A transaction that has failed does not send the rest. */
static enum result flush(struct kafka_sender *sender, struct error *error)
{
    while (sender->reported < sender->messages && !sender->failed && !sender->unacceptable &&
           clock_left_ms(sender->until_ms))
        rd_kafka_flush(sender->rk, FLUSH_STEP_MS);
    /* Messages that were only in one request with what is not acceptable are reported, too. */
    if (sender->failed && !sender->unacceptable) rd_kafka_flush(sender->rk, FLUSH_STEP_MS);
    if (sender->unacceptable)
        return rejected(sender, sender->failure, sender->failure_topic, error);
    if (sender->failed)
        return of_code(sender, sender->failure, rd_kafka_err2str(sender->failure), ABORT, error);
    if (sender->reported == sender->messages && !sender->unknown) return OK;
    return error_set(
        error, ABORT, "%s: %zu of %zu messages are not known to have arrived; run it again",
        sender->name, sender->messages - sender->reported + sender->unknown, sender->messages);
}

enum result kafka_sender_commit(struct kafka_sender *sender, struct error *error)
{
    enum result result = flush(sender, error);
    if (result != OK) return result;
    return finish(sender, rd_kafka_commit_transaction, sender->config->transaction_timeout_ms,
                  error);
}

enum result kafka_sender_abort(struct kafka_sender *sender, struct error *error)
{
    return finish(sender, rd_kafka_abort_transaction, sender->config->transaction_timeout_ms,
                  error);
}

bool kafka_sender_time_was_replaced(const struct kafka_sender *sender, int topic)
{
    return sender->replaced[topic];
}
