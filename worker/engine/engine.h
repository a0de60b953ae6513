/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: poll, decode, load, decide, one transaction, apply. It knows Kafka,
 * Redis and time only by their ports, and does everything on the one thread that calls it.
 *
 *     ASSIGNED             restored              batch aborted, store lost or moved
 *   ──────────► restoring ──────────► active ───────────────────────────────────┐
 *                   ▲                                                            │
 *                   └────────────────────────────────────────────────────────────┘
 *   A revocation ends a shard from any state; nothing of it is kept.
 */
#ifndef EPILOGUE_ENGINE_ENGINE_H
#define EPILOGUE_ENGINE_ENGINE_H

#include "codec/decode.h"
#include "codec/encode.h"
#include "ports.h"

struct engine;
struct metrics;

struct engine_options {
    const struct policy *policy;
    const struct limits *limits;
    struct str group_id;
    struct str topic_names[topic_end];
    int32_t partitions;          /* of every topic */
    int batch_max;               /* records (and, apart from them, ticks) of one batch */
    int64_t delete_retention_ms; /* of followup-state: how long a reader can count on tombstones */
    bool accept_state_loss; /* goes on where a worker would refuse for what followup-state or an
                                    input has lost, and says what is given up */
    bool restore_only;      /* shards are brought to the store, and no record or tick is taken */
    int32_t (*partition_of)(struct str key, int32_t partitions);
};

/* Options, ports and metrics must outlive the engine; nothing is called yet. */
struct engine *engine_new(const struct engine_options *options, struct kafka_port *kafka,
                          struct store_port *store, struct clock_port *clock,
                          struct metrics *metrics);
/* Gives back the records that were read and are not decided; before the Kafka port is freed, which
 * goes before the engine. NULL is safe. */
void engine_stop(struct engine *engine);
/* free(NULL) is safe. Leaves no transaction open: none outlives a step. */
void engine_free(struct engine *engine);

/*
 * One turn: waits up to `max_wait_ms` for something to do, and does it: at most one batch and a
 * piece of each running restore. FATAL with a sentence when the process has to exit; everything
 * else the engine mends itself.
 */
enum result engine_step(struct engine *engine, int max_wait_ms, struct error *error);

/* NULL when every shard that this worker owns is active (and the group was joined); otherwise the
 * reason why not, in plain words. */
const char *engine_not_ready(const struct engine *engine);

#endif
