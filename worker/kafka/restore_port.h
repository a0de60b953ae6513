/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Kafka port that is in no group and writes nothing: it gives an engine that only restores one
 * shard after the other, and lets it read the brokers' answers and followup-state, beside a worker
 * that goes on with the same shard.
 */
#ifndef EPILOGUE_KAFKA_RESTORE_PORT_H
#define EPILOGUE_KAFKA_RESTORE_PORT_H

#include "config/config.h"
#include "engine/ports.h"

/* As kafka_port_new; contacts nobody yet. */
struct kafka_port *restore_port_new(const struct config *config, int32_t partitions,
                                    struct error *error);
/* free(NULL) is safe. */
void restore_port_free(struct kafka_port *port);

/* The next poll takes away the shard before, and gives this one. */
void restore_port_give(struct kafka_port *port, int32_t shard);

/* How far the shard in hand is. */
struct restore_progress {
    const char *cluster; /* the id of the Kafka cluster, "" while it is not known */
    int64_t end;         /* where followup-state ended when it was asked; -1: not yet */
    int64_t next;        /* the next offset to read */
    int64_t moves;       /* grows with all that comes */
};
struct restore_progress restore_port_progress(const struct kafka_port *port);

#endif
