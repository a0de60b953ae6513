/* SPDX-License-Identifier: Apache-2.0 */
/* Whether Kafka lets this worker do what it has to, tried without touching its group or topics. */
#ifndef EPILOGUE_CLI_CHECK_KAFKA_H
#define EPILOGUE_CLI_CHECK_KAFKA_H

#include "config/config.h"

/* Called once for each thing looked at: a whole line, of what is so, or what to change. */
typedef void check_kafka_found(void *context, bool ok, const char *what);

/* Reading the inputs and followup-state: fetches from the end of their first partitions. */
void check_kafka_reading(const struct config *config, check_kafka_found *found, void *context);
/* The group: asks for its committed offsets, without joining it. */
void check_kafka_group(const struct config *config, check_kafka_found *found, void *context);
/* Transactions: registers the transactional id "<group.id>-<instance.id>-check", which rights that
 * are given by prefix cover as well, so that a running worker is not fenced. */
void check_kafka_transactions(const struct config *config, check_kafka_found *found, void *context);

#endif
