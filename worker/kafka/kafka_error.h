/* SPDX-License-Identifier: Apache-2.0 */
/* librdkafka's errors as our classes, with sentences for the person who has to act. */
#ifndef EPILOGUE_KAFKA_ERROR_H
#define EPILOGUE_KAFKA_ERROR_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "common/error.h"
#include "config/config.h"

/*
 * The class of an error code outside of transactions: RETRY when waiting may help, FATAL when only
 * a person does; fills the sentence, which begins with `doing` ("reading followup-state").
 */
enum result kafka_error_code(const struct config *config, rd_kafka_resp_err_t code,
                             const char *text, const char *doing, struct error *error);

/* The same for an error that a consumer gives in a message's place: FATAL with topic, partition and
 * offset, too, when what stands there can never be read. */
enum result kafka_error_message(const struct config *config, const rd_kafka_message_t *m,
                                const char *doing, struct error *error);

/* Whether the code says that this member or producer was replaced by another, or timed out. */
bool kafka_error_is_fenced(rd_kafka_resp_err_t code);
/* Whether a right is missing. */
bool kafka_error_is_denied(rd_kafka_resp_err_t code);
/* Whether a topic or a partition is said not to exist. */
bool kafka_error_is_missing(rd_kafka_resp_err_t code);
/* Whether the partition does not have the offset (any more); then it is not fetched any more. */
bool kafka_error_is_out_of_range(rd_kafka_resp_err_t code);

#define KAFKA_ERROR_PATIENCE_MS 60000 /* with an error that nobody knows */
#define KAFKA_ERROR_SAY_EVERY_MS 10000

/* The errors of one partition since it last made progress; all zero then. */
struct kafka_trouble {
    rd_kafka_resp_err_t code; /* the last one */
    int64_t since_ms, last_ms, said_ms;
};

/* Counts an error that came in a message's place. RETRY: it is time to say it; OK: it is not, or it
 * is not worth a line; FATAL with a sentence: an unknown error has lasted for too long. */
enum result kafka_trouble_note(struct kafka_trouble *trouble, const rd_kafka_message_t *m,
                               int64_t now_ms, struct error *error);

/* kafka_error_code for the fatal error of a handle that said ERR__FATAL. */
enum result kafka_error_fatal(const struct config *config, rd_kafka_t *rk, const char *doing,
                              struct error *error);

/*
 * The class of what a transactional call returned: ABORT when the transaction cannot commit, RETRY
 * when the call may be made again. Takes (and destroys) `e`.
 */
enum result kafka_error_transaction(const struct config *config, rd_kafka_t *rk,
                                    rd_kafka_error_t *e, const char *doing, struct error *error);

#endif
