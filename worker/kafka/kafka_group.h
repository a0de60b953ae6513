/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are in the group: what a transaction's offsets are fenced by. It is taken when shards are
 * assigned and kept as it is until they are revoked: librdkafka joins again in the background, and
 * the metadata of a later generation would let through work on shards that belong to another now.
 */
#ifndef EPILOGUE_KAFKA_GROUP_H
#define EPILOGUE_KAFKA_GROUP_H

#include <librdkafka/rdkafka.h>

struct kafka_group {
    rd_kafka_consumer_group_metadata_t *metadata; /* NULL: in no group */
    int32_t generation;                           /* -1: none, which brokers do not fence */
};

/* Takes the present metadata of a consumer; on the poll thread. */
void kafka_group_take(struct kafka_group *group, rd_kafka_t *rk);
void kafka_group_forget(struct kafka_group *group);
/* Of its own, for another thread; who gets it destroys it. NULL: there is none of a real
 * generation. */
rd_kafka_consumer_group_metadata_t *kafka_group_copy(const struct kafka_group *group);

#endif
