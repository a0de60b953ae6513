/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka's embedded broker, for `epilogue dev`: it accepts groups and transactions, but drops
 * transactional offsets, shows aborted records and keeps little. No guarantee holds on it.
 */
#ifndef EPILOGUE_KAFKA_MOCK_BROKER_H
#define EPILOGUE_KAFKA_MOCK_BROKER_H

#include "config/config.h"

struct mock_broker;

/* Listens on a free port of the loopback address, with the eight topics. NULL with a sentence. */
struct mock_broker *mock_broker_start(const struct config *config, int32_t partitions,
                                      struct error *error);
/* free(NULL) is safe. */
void mock_broker_free(struct mock_broker *broker);
/* "127.0.0.1:40321", for kafka.bootstrap.servers. */
const char *mock_broker_bootstrap(const struct mock_broker *broker);

#endif
