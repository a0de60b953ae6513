/* SPDX-License-Identifier: Apache-2.0 */
/* The rights in Kafka that a worker needs, as the commands that grant them. */
#ifndef EPILOGUE_KAFKA_KAFKA_RIGHTS_H
#define EPILOGUE_KAFKA_KAFKA_RIGHTS_H

#include "common/buf.h"
#include "config/config.h"

enum kafka_right {
    KAFKA_RIGHT_READ,             /* of a topic */
    KAFKA_RIGHT_WRITE,            /* of a topic */
    KAFKA_RIGHT_CREATE,           /* of a topic */
    KAFKA_RIGHT_DESCRIBE_CONFIGS, /* of a topic */
    KAFKA_RIGHT_GROUP,            /* Read on group.id */
    KAFKA_RIGHT_TRANSACTIONS,     /* Write on all transactional ids of group.id */
    KAFKA_RIGHT_IDEMPOTENT_WRITE, /* of the cluster: some brokers ask for it */
};

#define KAFKA_RIGHTS_COMMAND_BYTES 1024

/*
 * Appends the command that grants a right to this worker's user, quoted for a shell:
 * "kafka-acls.sh --bootstrap-server … --add --allow-principal User:… --operation Read --topic …".
 * `topics`: the names of `n` topics; none for the rights that are not of one.
 */
void kafka_rights_write(struct buf *out, const struct config *config, enum kafka_right right,
                        const char *const *topics, size_t n);
/* The same for one topic, or none with NULL. What is too long is cut. */
void kafka_rights_command(const struct config *config, enum kafka_right right, const char *topic,
                          char out[KAFKA_RIGHTS_COMMAND_BYTES]);

#endif
