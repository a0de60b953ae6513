/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transactional producer. The comments of engine/ports.h say what begin to recover owe; these
 * are the port's functions of the same names. prepare and commit run on a thread of the producer's
 * own: between a start and its take the producer is that thread's, and only kafka_producer_limit
 * and kafka_producer_is_busy may be called.
 */
#ifndef EPILOGUE_KAFKA_PRODUCER_H
#define EPILOGUE_KAFKA_PRODUCER_H

#include <librdkafka/rdkafka.h>

#include "config/config.h"
#include "engine/ports.h"

struct kafka_producer;

/* Starts its thread, and contacts nobody yet; NULL and a sentence on a bad setting. */
struct kafka_producer *kafka_producer_new(const struct config *config, int32_t partitions,
                                          struct error *error);
/* Leaves an open transaction to its time-out or to the next kafka_producer_ready. Waits for its
 * thread, which can be for ever where a call of the library does not come back: at the end of the
 * process the watchdog ends that. free(NULL) is safe. */
void kafka_producer_free(struct kafka_producer *p);
/* Serves the handle's events (errors, tokens that are renewed), which nobody does while it is idle. */
void kafka_producer_serve(struct kafka_producer *p);
/* For the end of the process: aborts what is open, so that nobody has to wait for it to run out; in
 * a second at most, and one more where the thread is at work. */
void kafka_producer_stop(struct kafka_producer *p);

/* Registers with the brokers if that is not done yet: from then on no older producer of this
 * instance.id can commit, and what it left open is aborted. Waits `timeout_ms`, then RETRY. */
enum result kafka_producer_ready(struct kafka_producer *p, int timeout_ms, struct error *error);

/* Whether that was ever done: then what the brokers refuse is waited for. */
bool kafka_producer_was_ready(const struct kafka_producer *p);

enum result kafka_producer_begin(struct kafka_producer *p, struct error *error);
enum result kafka_producer_produce(struct kafka_producer *p, const struct message *message,
                                   struct error *error);
/* `group`: what the positions are fenced by, the producer's from now on; NULL: the transaction has
 * to be aborted, for `why`. Each position's shard is one of `shards`. A shard of which no state was
 * produced gets -1 for its state_end. */
void kafka_producer_prepare_start(struct kafka_producer *p, const struct position *positions,
                                  size_t n, rd_kafka_consumer_group_metadata_t *group,
                                  const struct error *why, struct shard_commit *shards,
                                  size_t shards_n);
void kafka_producer_commit_start(struct kafka_producer *p);
/* Of either. */
bool kafka_producer_take(struct kafka_producer *p, int wait_ms, enum result *result,
                         struct error *error);
/* Whether something was started and not taken yet. */
bool kafka_producer_is_busy(const struct kafka_producer *p);
enum result kafka_producer_abort(struct kafka_producer *p, struct error *error);
enum result kafka_producer_recover(struct kafka_producer *p, struct error *error);
const struct transaction_refusal *kafka_producer_refusal(const struct kafka_producer *p);
void kafka_producer_limit(const struct kafka_producer *p, int topic, struct topic_limit *limit);

#endif
