/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_error.h"

static enum result fenced(const struct config *config, const char *doing, struct error *error)
{
    return error_set(error, FATAL,
                     "%s: another worker with instance.id=%s has taken over, or this one or the "
                     "broker stood still for too long; give each worker its own instance.id",
                     doing, config->instance_id);
}

enum result kafka_error_code(const struct config *config, rd_kafka_resp_err_t code,
                             const char *text, const char *doing, struct error *error)
{
    if (!text || !*text) text = rd_kafka_err2str(code);
    switch (code) {
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR__FENCED: return fenced(config, doing, error);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return error_set(error, FATAL,
                         "%s: %s; the worker needs Read on the input topics, Write on the outputs, "
                         "both on %s, Read on group %s and Write on transactional id %s/%s",
                         doing, text, config->topics[TOPIC_STATE].p, config->group_id,
                         config->group_id, config->instance_id);
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        return error_set(error, FATAL, "%s: %s; check kafka.sasl.* and kafka.ssl.*", doing, text);
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
        return error_set(error, FATAL,
                         "%s: %s; session.timeout.ms=%d is outside of the broker's "
                         "group.min.session.timeout.ms and group.max.session.timeout.ms",
                         doing, text, config->session_timeout_ms);
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
        return error_set(error, FATAL,
                         "%s: %s; transaction.timeout.ms=%d is over the broker's "
                         "transaction.max.timeout.ms",
                         doing, text, config->transaction_timeout_ms);
    default: return error_set(error, RETRY, "%s: %s", doing, text);
    }
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
