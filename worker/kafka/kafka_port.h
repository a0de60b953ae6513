/* SPDX-License-Identifier: Apache-2.0 */
/* The real side of the Kafka ports: librdkafka. */
#ifndef EPILOGUE_KAFKA_KAFKA_PORT_H
#define EPILOGUE_KAFKA_KAFKA_PORT_H

#include "config/config.h"
#include "engine/ports.h"

/* What it hands out; they live as long as it does. */
struct kafka_port {
    struct input_port *input;
    struct changelog_port *changelog;
    struct transaction_port *transaction;
};

/*
 * `partitions`: of every topic (topics_partitions). `config` must outlive the port. Contacts nobody
 * before the first poll, which registers the producer and joins the group, in this order: so what
 * this instance.id left open in an earlier life is aborted before anybody waits for it.
 * NULL and a sentence on a setting that librdkafka does not take. Free it with kafka_port_free.
 */
struct kafka_port *kafka_port_new(const struct config *config, int32_t partitions,
                                  struct error *error);
/* Leaves the group and ends the producer: nothing but the release of records is called from then on.
 * An open transaction is not committed. NULL is safe. */
void kafka_port_stop(struct kafka_port *port);
/* Stops it first, if need be. free(NULL) is safe. */
void kafka_port_free(struct kafka_port *port);

#endif
