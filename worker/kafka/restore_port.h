/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kafka ports of an engine that is in no group and writes nothing: they give an engine that
 * only restores one shard after the other, and lets it read the brokers' answers and
 * followup-state, beside a worker that goes on with the same shard.
 */
#ifndef EPILOGUE_KAFKA_RESTORE_PORT_H
#define EPILOGUE_KAFKA_RESTORE_PORT_H

#include "config/config.h"
#include "engine/ports.h"

/* What it hands out; they live as long as it does. */
struct restore_port {
    struct input_port *input;
    struct changelog_port *changelog;
};

/* As kafka_port_new; contacts nobody yet. */
struct restore_port *restore_port_new(const struct config *config, int32_t partitions,
                                      struct error *error);
/* free(NULL) is safe. */
void restore_port_free(struct restore_port *port);

/* The next poll takes away the shard before, and gives this one. */
void restore_port_give(struct restore_port *port, int32_t shard);

/* How far the shard in hand is. */
struct restore_progress {
    const char *cluster; /* the id of the Kafka cluster, "" while it is not known */
    int64_t end;         /* where followup-state ended when it was asked; -1: not yet */
    int64_t next;        /* the next offset to read */
    int64_t moves;       /* grows with all that comes */
};
struct restore_progress restore_port_progress(const struct restore_port *port);

#endif
