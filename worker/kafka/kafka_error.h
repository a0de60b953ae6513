/* SPDX-License-Identifier: Apache-2.0 */
/* librdkafka's errors as our classes, with sentences for the person who has to act. */
#ifndef EPILOGUE_KAFKA_ERROR_H
#define EPILOGUE_KAFKA_ERROR_H

#include <librdkafka/rdkafka.h>

#include "common/error.h"
#include "config/config.h"

/*
 * The class of an error code outside of transactions: RETRY when waiting may help, FATAL when only
 * a person does; fills the sentence, which begins with `doing` ("reading followup-state").
 */
enum result kafka_error_code(const struct config *config, rd_kafka_resp_err_t code,
                             const char *text, const char *doing, struct error *error);

/* The same for the fatal error of a handle that said ERR__FATAL. */
enum result kafka_error_fatal(const struct config *config, rd_kafka_t *rk, const char *doing,
                              struct error *error);

/*
 * The class of what a transactional call returned: ABORT when the transaction cannot commit, RETRY
 * when the call may be made again. Takes (and destroys) `e`.
 */
enum result kafka_error_transaction(const struct config *config, rd_kafka_t *rk,
                                    rd_kafka_error_t *e, const char *doing, struct error *error);

#endif
