/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of all codes that come in a message's place or from a call outside of transactions:
 * what follows from each, and its sentence. kafka_verdict.c has the one for what is written.
 */
#include "kafka_error.h"

#include <inttypes.h>

#include "kafka_rights.h"

/* What follows from an error. */
enum kind {
    UNKNOWN,      /* not in the table: as PASSES, but not for ever */
    PASSES,       /* brokers, network or group are in motion: wait, with a line in the log */
    SOON,         /* the same, over in moments: no line */
    MISSING,      /* no such topic or partition: a broker that starts says so for a moment */
    OUT_OF_RANGE, /* no such offset (any more) */
    UNREADABLE,   /* what stands in the partition cannot be read: nor will it be later */
    FENCED,       /* another has our name, or our time was over */
    DENIED,       /* a right is missing */
    REFUSED,      /* name or password are wrong */
    SESSION,      /* the broker's bounds do not allow our session.timeout.ms */
    TRANSACTION,  /* nor our transaction.timeout.ms */
    GROUP,        /* other programs in the group, or a group that cannot be joined */
};

/* Of later versions than the oldest header that we are built with. */
enum {
    LATER_LOG_TRUNCATION = -139,
    LATER_POSITION_OUT_OF_RANGE = 99,
    LATER_UNKNOWN_TOPIC_ID = 100,
    LATER_INCONSISTENT_TOPIC_ID = 103,
    LATER_FETCH_SESSION_TOPIC_ID_ERROR = 106,
    LATER_OFFSET_MOVED_TO_TIERED_STORAGE = 109,
};

#define ERR(name) RD_KAFKA_RESP_ERR##name

/*
 * What librdkafka 2.0 to 2.8 puts in a message's place, or returns where we call it. A code that is
 * not here is of a later broker or of a case that nobody thought of. To end at once for it would
 * turn a passing trouble into an outage, to wait for ever would hide a lasting one: so it is waited
 * for and logged, and what comes in a message's place ends the worker after KAFKA_ERROR_PATIENCE_MS
 * without progress. What our calls return is said every ten seconds by who waits for it.
 */
static const struct {
    int code;
    enum kind kind;
} table[] = {
    {ERR(__TRANSPORT), PASSES},
    {ERR(__RESOLVE), PASSES},
    {ERR(__ALL_BROKERS_DOWN), PASSES},
    {ERR(__SSL), PASSES},
    {ERR(__TIMED_OUT), PASSES},
    {ERR(__MSG_TIMED_OUT), PASSES},
    {ERR(__TIMED_OUT_QUEUE), PASSES},
    {ERR(__MAX_POLL_EXCEEDED), PASSES}, /* the group is joined again by the next poll */
    {ERR(__ASSIGNMENT_LOST), PASSES},
    {ERR(__STATE), PASSES}, /* a partition that is being assigned cannot be sought yet */
    {ERR(_LEADER_NOT_AVAILABLE), PASSES},
    {ERR(_NOT_LEADER_FOR_PARTITION), PASSES},
    {ERR(_REQUEST_TIMED_OUT), PASSES},
    {ERR(_BROKER_NOT_AVAILABLE), PASSES},
    {ERR(_REPLICA_NOT_AVAILABLE), PASSES},
    {ERR(_NETWORK_EXCEPTION), PASSES},
    {ERR(_NOT_ENOUGH_REPLICAS), PASSES},
    {ERR(_NOT_ENOUGH_REPLICAS_AFTER_APPEND), PASSES},
    {ERR(_KAFKA_STORAGE_ERROR), PASSES},
    {ERR(_FENCED_LEADER_EPOCH), PASSES},
    {ERR(_UNKNOWN_LEADER_EPOCH), PASSES},
    {ERR(_THROTTLING_QUOTA_EXCEEDED), PASSES},
    {ERR(_GROUP_MAX_SIZE_REACHED), PASSES}, /* until another member goes: it stands by */
    {ERR(_COORDINATOR_NOT_AVAILABLE), PASSES},
    {ERR(_ILLEGAL_GENERATION), PASSES},
    {ERR(_UNKNOWN_MEMBER_ID), PASSES},
    {ERR(_FETCH_SESSION_ID_NOT_FOUND), PASSES},
    {ERR(_INVALID_FETCH_SESSION_EPOCH), PASSES},
    {LATER_UNKNOWN_TOPIC_ID, PASSES},
    {LATER_INCONSISTENT_TOPIC_ID, PASSES},
    {LATER_FETCH_SESSION_TOPIC_ID_ERROR, PASSES},
    {LATER_OFFSET_MOVED_TO_TIERED_STORAGE, PASSES},

    {ERR(__RETRY), SOON},
    {ERR(__IN_PROGRESS), SOON},
    {ERR(__PREV_IN_PROGRESS), SOON},
    {ERR(__WAIT_COORD), SOON},
    {ERR(__WAIT_CACHE), SOON},
    {ERR(__NODE_UPDATE), SOON},
    {ERR(__OUTDATED), SOON},
    {ERR(_COORDINATOR_LOAD_IN_PROGRESS), SOON},
    {ERR(_NOT_COORDINATOR), SOON},
    {ERR(_REBALANCE_IN_PROGRESS), SOON},
    {ERR(_OFFSET_NOT_AVAILABLE), SOON},
    {ERR(_UNSTABLE_OFFSET_COMMIT), SOON},
    {ERR(_MEMBER_ID_REQUIRED), SOON},
    {ERR(_CONCURRENT_TRANSACTIONS), SOON},

    {ERR(__UNKNOWN_TOPIC), MISSING},
    {ERR(__UNKNOWN_PARTITION), MISSING},
    {ERR(_UNKNOWN_TOPIC_OR_PART), MISSING},

    {ERR(__AUTO_OFFSET_RESET), OUT_OF_RANGE},
    {ERR(_OFFSET_OUT_OF_RANGE), OUT_OF_RANGE},
    {LATER_LOG_TRUNCATION, OUT_OF_RANGE},
    {LATER_POSITION_OUT_OF_RANGE, OUT_OF_RANGE},

    {ERR(__BAD_MSG), UNREADABLE},         /* the checksum is wrong, or the length */
    {ERR(__BAD_COMPRESSION), UNREADABLE}, /* does not decompress */
    {ERR(__NOT_IMPLEMENTED), UNREADABLE}, /* a codec or a format that the library lacks */
    {ERR(__UNDERFLOW), UNREADABLE},       /* ends before it should */
    {ERR(_INVALID_MSG), UNREADABLE},      /* the broker finds it damaged itself */
    {ERR(_UNSUPPORTED_COMPRESSION_TYPE), UNREADABLE},
    {ERR(_MSG_SIZE_TOO_LARGE), UNREADABLE}, /* larger than any fetch may be */

    {ERR(_FENCED_INSTANCE_ID), FENCED},
    {ERR(_PRODUCER_FENCED), FENCED},
    {ERR(_INVALID_PRODUCER_EPOCH), FENCED},
    {ERR(__FENCED), FENCED},

    {ERR(_TOPIC_AUTHORIZATION_FAILED), DENIED},
    {ERR(_GROUP_AUTHORIZATION_FAILED), DENIED},
    {ERR(_CLUSTER_AUTHORIZATION_FAILED), DENIED},
    {ERR(_TRANSACTIONAL_ID_AUTHORIZATION_FAILED), DENIED},

    {ERR(__AUTHENTICATION), REFUSED},
    {ERR(_SASL_AUTHENTICATION_FAILED), REFUSED},
    {ERR(_UNSUPPORTED_SASL_MECHANISM), REFUSED},

    {ERR(_INVALID_SESSION_TIMEOUT), SESSION},
    {ERR(_INVALID_TRANSACTION_TIMEOUT), TRANSACTION},

    {ERR(_INCONSISTENT_GROUP_PROTOCOL), GROUP},
    {ERR(_INVALID_GROUP_ID), GROUP},
};

static enum kind kind_of(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == (int)code) return table[i].kind;
    return UNKNOWN;
}

bool kafka_error_is_fenced(rd_kafka_resp_err_t code)
{
    return kind_of(code) == FENCED;
}

bool kafka_error_is_denied(rd_kafka_resp_err_t code)
{
    return kind_of(code) == DENIED;
}

bool kafka_error_is_missing(rd_kafka_resp_err_t code)
{
    return kind_of(code) == MISSING;
}

bool kafka_error_is_out_of_range(rd_kafka_resp_err_t code)
{
    return kind_of(code) == OUT_OF_RANGE;
}

/* Names the one right that is missing, where the code tells it. `topic` NULL: it is not known which. */
static enum result say_denied(const struct config *config, rd_kafka_resp_err_t code,
                              const char *topic, const char *text, const char *doing,
                              struct error *error)
{
    enum kafka_right right = KAFKA_RIGHT_READ;
    if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) right = KAFKA_RIGHT_GROUP;
    if (code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
        right = KAFKA_RIGHT_TRANSACTIONS;
    if (code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
        right = KAFKA_RIGHT_IDEMPOTENT_WRITE;
    if (right == KAFKA_RIGHT_READ && !topic)
        return error_set(error, FATAL,
                         "%s: %s; run `epilogue check`, which names the missing right as the "
                         "command that grants it",
                         doing, text);
    char command[KAFKA_RIGHTS_COMMAND_BYTES];
    kafka_rights_command(config, right, topic, command);
    return error_set(error, FATAL, "%s: %s; grant the right: %s", doing, text, command);
}

enum result kafka_error_code(const struct config *config, rd_kafka_resp_err_t code,
                             const char *text, const char *doing, struct error *error)
{
    if (!text || !*text) text = rd_kafka_err2str(code);
    switch (kind_of(code)) {
    case FENCED:
        if (!config->static_member)
            return error_set(
                error, FATAL,
                "%s: the broker has ended this worker's transactions: the worker or the "
                "broker stood still for longer than transaction.timeout.ms (%d); after a "
                "restart the worker continues from what is committed",
                doing, config->transaction_timeout_ms);
        return error_set(error, FATAL,
                         "%s: another worker with instance.id=%s has taken over, or this one or "
                         "the broker stood still for too long; give each worker its own "
                         "instance.id",
                         doing, config->instance_id);
    case DENIED: return say_denied(config, code, NULL, text, doing, error);
    case REFUSED:
        return error_set(error, FATAL, "%s: %s; check kafka.sasl.* and kafka.ssl.*", doing, text);
    case SESSION:
        return error_set(error, FATAL,
                         "%s: %s; session.timeout.ms=%d is outside of the broker's "
                         "group.min.session.timeout.ms and group.max.session.timeout.ms",
                         doing, text, config->session_timeout_ms);
    case TRANSACTION:
        return error_set(error, FATAL,
                         "%s: %s; transaction.timeout.ms=%d is over the broker's "
                         "transaction.max.timeout.ms",
                         doing, text, config->transaction_timeout_ms);
    case GROUP:
        return error_set(error, FATAL,
                         "%s: %s; another program with another way to share partitions may be in "
                         "group %s: give it another group.id",
                         doing, text, config->group_id);
    case UNREADABLE: return error_set(error, FATAL, "%s: %s", doing, text);
    default: return error_set(error, RETRY, "%s: %s", doing, text);
    }
}

enum result kafka_error_message(const struct config *config, const rd_kafka_message_t *m,
                                const char *doing, struct error *error)
{
    const char *text = rd_kafka_message_errstr(m);
    enum kind kind = kind_of(m->err);
    if (kind == DENIED && m->rkt)
        return say_denied(config, m->err, rd_kafka_topic_name(m->rkt), text, doing, error);
    if (kind != UNREADABLE) return kafka_error_code(config, m->err, text, doing, error);
    return error_set(error, FATAL,
                     "%s: %s/%" PRId32 " cannot be read at offset %" PRId64
                     ": %s (%s). The record is damaged, or written in a way that librdkafka %s "
                     "does not know (a compression codec?). Restore the topic from a replica or a "
                     "mirror, or use a librdkafka that can read it",
                     doing, m->rkt ? rd_kafka_topic_name(m->rkt) : "a topic", m->partition,
                     m->offset, rd_kafka_err2name(m->err), text ? text : "",
                     rd_kafka_version_str());
}

enum result kafka_trouble_note(struct kafka_trouble *trouble, const rd_kafka_message_t *m,
                               int64_t now_ms, struct error *error)
{
    enum kind kind = kind_of(m->err);
    if (trouble->code != m->err || now_ms - trouble->last_ms > KAFKA_ERROR_PATIENCE_MS)
        *trouble = (struct kafka_trouble){
            .code = m->err, .since_ms = now_ms, .said_ms = now_ms - KAFKA_ERROR_SAY_EVERY_MS};
    trouble->last_ms = now_ms;
    if (kind == SOON || kind == MISSING || kind == OUT_OF_RANGE) return OK;
    if (kind == UNKNOWN && now_ms - trouble->since_ms >= KAFKA_ERROR_PATIENCE_MS)
        return error_set(error, FATAL,
                         "consuming %s/%" PRId32 " makes no progress since %" PRId64
                         " s at offset %" PRId64 ": %s (%s). A restart may help; if it does not, "
                         "look at the brokers' logs",
                         m->rkt ? rd_kafka_topic_name(m->rkt) : "the inputs", m->partition,
                         (now_ms - trouble->since_ms) / 1000, m->offset, rd_kafka_err2name(m->err),
                         rd_kafka_err2str(m->err));
    if (now_ms - trouble->said_ms < KAFKA_ERROR_SAY_EVERY_MS) return OK;
    trouble->said_ms = now_ms;
    return RETRY;
}

enum result kafka_error_fatal(const struct config *config, rd_kafka_t *rk, const char *doing,
                              struct error *error)
{
    char text[300] = "";
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(rk, text, sizeof text);
    if (kafka_error_code(config, code, text, doing, error) == FATAL) return FATAL;
    return error_set(error, FATAL, "%s: %s", doing, text);
}

enum result kafka_error_transaction(const struct config *config, rd_kafka_t *rk,
                                    rd_kafka_error_t *e, const char *doing, struct error *error)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    const char *text = rd_kafka_error_string(e);
    enum result result;
    if (rd_kafka_error_is_fatal(e) || code == RD_KAFKA_RESP_ERR__FATAL)
        result = kafka_error_fatal(config, rk, doing, error);
    else if (rd_kafka_error_txn_requires_abort(e) && kind_of(code) == UNREADABLE)
        result = error_set(error, ABORT, "%s: %s", doing, text);
    else if (kafka_error_code(config, code, text, doing, error) == FATAL)
        result = FATAL;
    else if (rd_kafka_error_txn_requires_abort(e))
        result = error_set(error, ABORT, "%s: %s", doing, text);
    else if (rd_kafka_error_is_retriable(e))
        result = error_set(error, RETRY, "%s: %s", doing, text);
    else
        result = error_set(error, FATAL, "%s: %s", doing, text);
    rd_kafka_error_destroy(e);
    return result;
}
