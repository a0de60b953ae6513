/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The member of the group: polls, follows rebalances, starts and stops partitions. The comments of
 * engine/ports.h say what each function owes; these are the port's functions of the same names.
 */
#ifndef EPILOGUE_KAFKA_CONSUMER_H
#define EPILOGUE_KAFKA_CONSUMER_H

#include <librdkafka/rdkafka.h>

#include "config/config.h"
#include "engine/ports.h"

struct kafka_consumer;

/* `partitions`: of every topic. Contacts nobody yet; NULL and a sentence on a bad setting. */
struct kafka_consumer *kafka_consumer_new(const struct config *config, int32_t partitions,
                                          struct error *error);
void kafka_consumer_be_member(struct kafka_consumer *c, bool wanted);
/* For the end of the process: a dynamic member leaves its group, which takes a second at most. A
 * static one stays in it: it finds its shards again when it is back before its session is over.
 * After it nothing but free. */
void kafka_consumer_leave(struct kafka_consumer *c);
/* Frees everything. free(NULL) is safe. */
void kafka_consumer_free(struct kafka_consumer *c);

/* Joins the group when it is to be a member. */
enum result kafka_consumer_poll(struct kafka_consumer *c, struct kafka_event *events, size_t max,
                                int timeout_ms, size_t *n, struct error *error);
void kafka_consumer_release(struct kafka_consumer *c, const struct record *record);

/*
 * What a commit of these positions has to be sent with: the group metadata as it was when the
 * shards were assigned, a copy for the caller. NULL and a sentence when a shard is not ours, or the
 * member had no generation: then the transaction must be aborted.
 */
rd_kafka_consumer_group_metadata_t *kafka_consumer_group(const struct kafka_consumer *c,
                                                         const struct position *positions, size_t n,
                                                         struct error *error);

#endif
