/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: poll, decode, load, decide, one transaction, apply. It knows Kafka, Redis and time only
 * by their ports, and does everything on the one thread that calls it. Commit and apply are started
 * and asked for: while a batch is in flight the loop reads on, and serves rebalances and restores.
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
    size_t step_max;             /* struct decision's; 0: DECIDE_STEP_MAX */
    int64_t delete_retention_ms; /* of followup-state: how long a reader can count on tombstones */
    int stall_ms;                /* a batch that Kafka or the store holds up for longer ends the
                                    worker; 0: none does */
    bool accept_state_loss; /* goes on where a worker would refuse for what followup-state or an
                                    input has lost, and says what is given up */
    bool restore_only;      /* shards are brought to the store, and no record or tick is taken */
    int32_t (*partition_of)(struct str key, int32_t partitions);
};

struct engine_ports {
    struct input_port *input;
    struct changelog_port *changelog;
    struct transaction_port *transaction; /* NULL where the engine only restores */
    struct store_port *store;
    struct clock_port *clock;
};

/* Options, ports and metrics must outlive the engine; nothing is called yet. */
struct engine *engine_new(const struct engine_options *options, const struct engine_ports *ports,
                          struct metrics *metrics);
/* For the end: waits two seconds at most for the batch in flight. NULL is safe. */
void engine_stop(struct engine *engine);
/*
 * Gives back the records that were read; then nothing but engine_free is called. What the batch in
 * flight was made of is the transaction's and the store's until they have answered, so their threads
 * have to be over before; the input port must still be there. NULL is safe.
 */
void engine_release(struct engine *engine);
/* free(NULL) is safe. */
void engine_free(struct engine *engine);

/*
 * One turn: waits up to `max_wait_ms` for something to do, and does it: at most one batch is begun,
 * the one in flight goes on as far as it has come, and so does a piece of each running restore.
 * FATAL with a sentence when the process has to exit; everything else the engine mends itself.
 */
enum result engine_step(struct engine *engine, int max_wait_ms, struct error *error);

/* Waits until no batch is in flight: then nothing of the engine points into the policy. Errors as
 * engine_step. */
enum result engine_settle(struct engine *engine, struct error *error);

/* NULL when every shard that this worker owns is active (and the group was joined); otherwise the
 * reason why not, in plain words. */
const char *engine_not_ready(const struct engine *engine);

#endif
