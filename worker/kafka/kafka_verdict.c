/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of all codes that a broker or the library can say of what we write: whose fault it is,
 * what follows, and what an operator has to do. A code that is not in it counts as a condition that
 * is waited for.
 */
#include "kafka_verdict.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/buf.h"
#include "kafka_rights.h"

/* Of later versions than the oldest header that we are built with. */
enum { LATER_UNKNOWN_TOPIC_ID = 100, LATER_TRANSACTION_ABORTABLE = 120 };

#define ERR(name) RD_KAFKA_RESP_ERR##name

#define TOO_FEW_REPLICAS                                                                       \
    "fewer replicas are in sync than min.insync.replicas asks for; bring the missing brokers " \
    "back, or lower min.insync.replicas"

/*
 * All that can be said of a produced message, of the requests of a transaction (its producer's id,
 * its partitions, its offsets, its end), and of a delivery that the library has given up. A condition
 * has what to do about it; `text` NULL: kafka_verdict_say knows more than a fixed sentence.
 */
static const struct row {
    int code;
    enum verdict verdict;
    const char *text;
} table[] = {
    {ERR(_MSG_SIZE_TOO_LARGE), VERDICT_TOO_LARGE, NULL},
    {ERR(_RECORD_LIST_TOO_LARGE), VERDICT_TOO_LARGE, NULL}, /* than a segment may be */
    {ERR(_INVALID_MSG_SIZE), VERDICT_TOO_LARGE, NULL},

    {ERR(_INVALID_TIMESTAMP), VERDICT_CONDITION, NULL},
    {ERR(_TOPIC_AUTHORIZATION_FAILED), VERDICT_CONDITION, NULL},
    {ERR(_GROUP_AUTHORIZATION_FAILED), VERDICT_CONDITION, NULL},
    {ERR(_CLUSTER_AUTHORIZATION_FAILED), VERDICT_CONDITION, NULL},
    {ERR(_TRANSACTIONAL_ID_AUTHORIZATION_FAILED), VERDICT_CONDITION, NULL},
    {ERR(_KAFKA_STORAGE_ERROR), VERDICT_CONDITION,
     "a broker cannot write to its disk; look at its free space and its log"},
    {ERR(_NOT_ENOUGH_REPLICAS), VERDICT_CONDITION, TOO_FEW_REPLICAS},
    {ERR(_NOT_ENOUGH_REPLICAS_AFTER_APPEND), VERDICT_CONDITION, TOO_FEW_REPLICAS},
    {ERR(_POLICY_VIOLATION), VERDICT_CONDITION,
     "a policy of the cluster forbids it; ask who runs the brokers"},
    {ERR(_INVALID_RECORD), VERDICT_CONDITION,
     "the broker finds a record invalid: a compacted topic accepts none without a key "
     "(cleanup.policy must be delete there), or the broker validates values by a schema; run "
     "`epilogue topics check`"},
    {ERR(_INVALID_REQUIRED_ACKS), VERDICT_CONDITION,
     "the broker does not accept acks=all; look at its version and settings"},
    {ERR(_UNSUPPORTED_FOR_MESSAGE_FORMAT), VERDICT_CONDITION,
     "the topic has an old message format; set message.format.version of the topic, or upgrade the "
     "brokers"},
    {ERR(_UNSUPPORTED_COMPRESSION_TYPE), VERDICT_CONDITION,
     "the broker does not support this compression; change kafka.compression.type, or the topic's "
     "compression.type"},
    {ERR(__BAD_COMPRESSION), VERDICT_CONDITION,
     "librdkafka could not compress; change kafka.compression.type"},
    {ERR(_UNSUPPORTED_VERSION), VERDICT_CONDITION, "the brokers are too old for transactions"},
    {ERR(__UNSUPPORTED_FEATURE), VERDICT_CONDITION, "the brokers are too old for transactions"},
    {ERR(_TOPIC_EXCEPTION), VERDICT_CONDITION,
     "the broker does not allow writes to such a topic; check the topic.* settings"},
    {ERR(_OFFSET_METADATA_TOO_LARGE), VERDICT_CONDITION,
     "raise the broker's offset.metadata.max.bytes to 4096"},
    {ERR(_INVALID_COMMIT_OFFSET_SIZE), VERDICT_CONDITION,
     "raise the broker's offset.metadata.max.bytes to 4096"},
    {ERR(_SECURITY_DISABLED), VERDICT_CONDITION, "the brokers' authorizer is not set up"},
    {ERR(_INVALID_CONFIG), VERDICT_CONDITION, "a setting of the brokers is invalid"},
    {ERR(_UNKNOWN), VERDICT_CONDITION, "internal error of the broker; look at its log"},

    {ERR(__TRANSPORT), VERDICT_PASSES, NULL},
    {ERR(__RESOLVE), VERDICT_PASSES, NULL},
    {ERR(__SSL), VERDICT_PASSES, NULL},
    {ERR(__ALL_BROKERS_DOWN), VERDICT_PASSES, NULL},
    {ERR(__TIMED_OUT), VERDICT_PASSES, NULL},
    {ERR(__MSG_TIMED_OUT), VERDICT_PASSES, NULL},
    {ERR(__TIMED_OUT_QUEUE), VERDICT_PASSES, NULL},
    {ERR(__PURGE_QUEUE), VERDICT_PASSES, NULL},
    {ERR(__PURGE_INFLIGHT), VERDICT_PASSES, NULL},
    {ERR(__DESTROY), VERDICT_PASSES, NULL},
    {ERR(__RETRY), VERDICT_PASSES, NULL},
    {ERR(__STATE), VERDICT_PASSES, NULL},
    {ERR(__CONFLICT), VERDICT_PASSES, NULL},
    {ERR(__INVALID_ARG), VERDICT_PASSES, NULL},
    {ERR(__IN_PROGRESS), VERDICT_PASSES, NULL},
    {ERR(__PREV_IN_PROGRESS), VERDICT_PASSES, NULL},
    {ERR(__WAIT_COORD), VERDICT_PASSES, NULL},
    {ERR(__WAIT_CACHE), VERDICT_PASSES, NULL},
    {ERR(__OUTDATED), VERDICT_PASSES, NULL},
    {ERR(__QUEUE_FULL), VERDICT_PASSES, NULL},
    {ERR(__UNKNOWN_TOPIC), VERDICT_PASSES, NULL},
    {ERR(__UNKNOWN_PARTITION), VERDICT_PASSES, NULL},
    {ERR(__INCONSISTENT), VERDICT_PASSES, NULL},
    {ERR(__GAPLESS_GUARANTEE), VERDICT_PASSES, NULL},
    {ERR(__FATAL), VERDICT_PASSES, NULL},
    {ERR(_INVALID_MSG), VERDICT_PASSES, NULL}, /* damaged on the way */
    {ERR(_UNKNOWN_TOPIC_OR_PART), VERDICT_PASSES, NULL},
    {ERR(_LEADER_NOT_AVAILABLE), VERDICT_PASSES, NULL},
    {ERR(_NOT_LEADER_FOR_PARTITION), VERDICT_PASSES, NULL},
    {ERR(_REQUEST_TIMED_OUT), VERDICT_PASSES, NULL},
    {ERR(_BROKER_NOT_AVAILABLE), VERDICT_PASSES, NULL},
    {ERR(_REPLICA_NOT_AVAILABLE), VERDICT_PASSES, NULL},
    {ERR(_NETWORK_EXCEPTION), VERDICT_PASSES, NULL},
    {ERR(_COORDINATOR_LOAD_IN_PROGRESS), VERDICT_PASSES, NULL},
    {ERR(_COORDINATOR_NOT_AVAILABLE), VERDICT_PASSES, NULL},
    {ERR(_NOT_COORDINATOR), VERDICT_PASSES, NULL},
    {ERR(_ILLEGAL_GENERATION), VERDICT_PASSES, NULL}, /* the shards went to another */
    {ERR(_UNKNOWN_MEMBER_ID), VERDICT_PASSES, NULL},
    {ERR(_REBALANCE_IN_PROGRESS), VERDICT_PASSES, NULL},
    {ERR(_UNSTABLE_OFFSET_COMMIT), VERDICT_PASSES, NULL},
    {ERR(_OUT_OF_ORDER_SEQUENCE_NUMBER), VERDICT_PASSES, NULL},
    {ERR(_DUPLICATE_SEQUENCE_NUMBER), VERDICT_PASSES, NULL},
    {ERR(_UNKNOWN_PRODUCER_ID), VERDICT_PASSES, NULL},
    {ERR(_INVALID_PRODUCER_ID_MAPPING), VERDICT_PASSES, NULL},
    {ERR(_INVALID_TXN_STATE), VERDICT_PASSES, NULL},
    {ERR(_CONCURRENT_TRANSACTIONS), VERDICT_PASSES, NULL},
    {ERR(_OPERATION_NOT_ATTEMPTED), VERDICT_PASSES, NULL}, /* another partition has the error */
    {ERR(_FENCED_LEADER_EPOCH), VERDICT_PASSES, NULL},
    {ERR(_UNKNOWN_LEADER_EPOCH), VERDICT_PASSES, NULL},
    {ERR(_THROTTLING_QUOTA_EXCEEDED), VERDICT_PASSES, NULL},
    {LATER_UNKNOWN_TOPIC_ID, VERDICT_PASSES, NULL},
    {LATER_TRANSACTION_ABORTABLE, VERDICT_PASSES, NULL},

    {ERR(__FENCED), VERDICT_FENCED, NULL},
    {ERR(_FENCED_INSTANCE_ID), VERDICT_FENCED, NULL},
    {ERR(_PRODUCER_FENCED), VERDICT_FENCED, NULL},
    {ERR(_INVALID_PRODUCER_EPOCH), VERDICT_FENCED, NULL},
};

static const struct row *row_of(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == (int)code) return &table[i];
    return NULL;
}

enum verdict kafka_verdict_of(rd_kafka_resp_err_t code)
{
    const struct row *row = row_of(code);
    return row ? row->verdict : VERDICT_CONDITION;
}

bool kafka_verdict_is_condition(rd_kafka_resp_err_t code)
{
    const struct row *row = row_of(code);
    return row && row->verdict == VERDICT_CONDITION;
}

const char *kafka_verdict_ready(rd_kafka_resp_err_t code)
{
#define READY(name, what)          \
    case RD_KAFKA_RESP_ERR_##name: \
        return "Kafka refuses what the worker writes: " #name " (" what ")";
    switch ((int)code) {
        READY(INVALID_TIMESTAMP, "clock, or timestamp settings of a topic")
        READY(TOPIC_AUTHORIZATION_FAILED, "a right is missing")
        READY(GROUP_AUTHORIZATION_FAILED, "a right is missing")
        READY(CLUSTER_AUTHORIZATION_FAILED, "a right is missing")
        READY(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "a right is missing")
        READY(KAFKA_STORAGE_ERROR, "disk of a broker")
        READY(NOT_ENOUGH_REPLICAS, "brokers are missing")
        READY(NOT_ENOUGH_REPLICAS_AFTER_APPEND, "brokers are missing")
        READY(POLICY_VIOLATION, "a policy of the cluster")
        READY(INVALID_RECORD, "settings of a topic")
        READY(UNSUPPORTED_COMPRESSION_TYPE, "kafka.compression.type")
    default: return "Kafka refuses what the worker writes; the log says why";
    }
#undef READY
}

/* ------------------------------------------------------------------ sentences */

static void put_topics(struct buf *out, const struct config *config, unsigned topics)
{
    const char *before = "";
    for (int t = 1; t < topic_end; t++) {
        if (!(topics & 1U << t)) continue;
        buf_printf(out, "%s%.*s", before, STR_ARG(config->topics[t]));
        before = ", ";
    }
}

static enum kafka_right right_of(const struct refused_write *write)
{
    switch ((int)write->code) {
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: return KAFKA_RIGHT_GROUP;
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return KAFKA_RIGHT_TRANSACTIONS;
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return KAFKA_RIGHT_IDEMPOTENT_WRITE;
    default: return write->reading ? KAFKA_RIGHT_READ : KAFKA_RIGHT_WRITE;
    }
}

static void put_right(struct buf *out, const struct config *config,
                      const struct refused_write *write)
{
    const char *topics[topic_end];
    size_t n = 0;
    for (int t = 1; t < topic_end; t++)
        if (write->topics & 1U << t) topics[n++] = config->topics[t].p;
    buf_lit(out, "a right is missing; grant it: ");
    kafka_rights_write(out, config, right_of(write), topics, n);
}

static void put_clock(struct buf *out, const struct refused_write *write)
{
    buf_printf(out, "this machine's clock says ");
    timestamp_format(write->now, buf_room(out, TIMESTAMP_TEXT));
    out->n += TIMESTAMP_TEXT;
    buf_printf(out, ", and the broker accepts no times so far from its own "
                    "(message.timestamp.after.max.ms, message.timestamp.before.max.ms); compare "
                    "the clocks of both machines and correct the wrong one");
}

void kafka_verdict_say(const struct config *config, const struct refused_write *write,
                       const char *doing, struct error *error)
{
    const struct row *row = row_of(write->code);
    struct buf out = {0};
    buf_printf(&out, "%s", doing);
    if (write->topics && !write->reading) buf_printf(&out, " to");
    if (write->topics) buf_char(&out, ' ');
    put_topics(&out, config, write->topics);
    if (write->partition >= 0) buf_printf(&out, "/%" PRId32, write->partition);
    buf_printf(&out, ": %s (%s): ", rd_kafka_err2name(write->code), rd_kafka_err2str(write->code));
    if (row && row->text)
        buf_printf(&out, "%s", row->text);
    else if (write->code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
        put_clock(&out, write);
    else if (row)
        put_right(&out, config, write);
    else
        buf_printf(&out, "an answer that this version does not know; look at the broker's log");
    error_set(error, ABORT, "%.*s", STR_ARG(buf_slice(&out)));
    buf_free(&out);
}
