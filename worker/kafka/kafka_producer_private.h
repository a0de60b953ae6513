/* SPDX-License-Identifier: Apache-2.0 */
/* What kafka_producer.c and kafka_handover.c share. Not for others. */
#ifndef EPILOGUE_KAFKA_PRODUCER_PRIVATE_H
#define EPILOGUE_KAFKA_PRODUCER_PRIVATE_H

#include <pthread.h>

#include "kafka_conf.h"
#include "kafka_limits.h"
#include "kafka_producer.h"
#include "kafka_verdict.h"

#define NOTHING_PRODUCED INT64_C(-1)

/*
 * For some milliseconds after a commit the coordinator refuses a new partition, and librdkafka then
 * waits a fixed 20 ms; offsets it tries again after retry.backoff.ms. So a small transaction right
 * behind another sends its offsets first and its messages after them. A large one takes longer than
 * that anyway, and is better under way while it is still being made.
 */
#define HOLD_MS 10
#define HOLD_MESSAGES 8192
#define HOLD_BYTES ((size_t)1 << 20)

/* What was refused of one transaction: the first messages, by their numbers. */
struct refused_messages {
    size_t n; /* of all */
    rd_kafka_resp_err_t code;
    size_t numbers[REFUSAL_MESSAGES_MAX], bytes[REFUSAL_MESSAGES_MAX];
    int topics[REFUSAL_MESSAGES_MAX];
};

/*
 * What runs on the producer's thread. `busy` is of the thread that calls: from start to take.
 * Between the two all else of the producer belongs to the producer's thread, until it has set
 * `done`.
 */
struct kafka_job {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started; /* the thread */
    bool busy;
    /* under the lock */
    enum { JOB_NONE, JOB_PREPARE, JOB_COMMIT, JOB_END } wanted;
    bool done;
    /* of the one at work */
    const struct position *positions;
    size_t positions_n;
    rd_kafka_consumer_group_metadata_t *group;
    struct shard_commit *shards;
    size_t shards_n;
    enum result result;
    struct error error;
    struct kafka_limits limits; /* as they were at the start, for who asks meanwhile */
};

struct kafka_producer {
    const struct config *config;
    struct kafka_job job;
    int32_t partitions;
    rd_kafka_t *rk; /* NULL: recover could not make it yet */
    struct kafka_watch watch;
    rd_kafka_topic_t *topics[topic_end];
    bool ready;     /* init_transactions is done */
    bool was_ready; /* ever: what is refused from now on is waited for */
    bool in_transaction;
    int64_t committed_ms;
    struct kafka_limits limits;
    size_t batch_bytes;          /* of one request to a partition; 0: it has one message */
    int64_t one_by_one_until_ms; /* so that a report names a message, and not a batch */
    int64_t open_again_ms;       /* not before, after the brokers refused to register us */
    struct error unopened;       /* what they said */
    rd_kafka_resp_err_t unopened_code;
    struct transaction_refusal refusal;
    /* of this transaction */
    int64_t began_ms, until_ms;
    struct state_range {
        int64_t first, end; /* of what went to followup-state; NOTHING_PRODUCED */
    } * states;             /* by shard */
    struct deliveries {
        size_t messages, bytes;          /* handed over */
        size_t reported, reported_bytes; /* of these */
        size_t failed, unknown;
        unsigned topics;             /* a bit for each topic of the messages */
        rd_kafka_resp_err_t failure; /* the first of the failed */
        const char *topic;           /* the first of the unknown */
        int32_t partition;
        struct refused_messages too_large, hindered;
        struct refused_write condition; /* the first of the hindered */
    } sent;
    bool holding; /* messages wait in `held` for the offsets to go first */
    struct message *held;
    size_t held_n, held_cap, held_bytes;
};

/* The time for producing is over and nobody was asked to commit yet. */
enum result kafka_producer_give_up(const struct kafka_producer *p, const char *doing,
                                   struct error *error);
/* kafka_error_transaction for this producer, once its verdict was looked at. Takes `e`. */
enum result kafka_producer_judge(struct kafka_producer *p, rd_kafka_error_t *e, const char *doing,
                                 struct error *error);

/* What prepare and commit do, on whichever thread. */
enum result kafka_producer_prepare(struct kafka_producer *p, const struct kafka_job *job,
                                   struct error *error);
enum result kafka_producer_commit(struct kafka_producer *p, struct error *error);

/* kafka_producer_thread.c */
enum result kafka_job_start(struct kafka_producer *p, struct error *error);
/* Ends the thread; safe when there is none. */
void kafka_job_end(struct kafka_producer *p);

/* kafka_handover.c */
/* The delivery reports of a handle, whose opaque is the producer's watch. */
void kafka_handover_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque);
/* Hands over what was held; from here on messages go at once. */
enum result kafka_handover_held(struct kafka_producer *p, struct error *error);
/* A condition that concerns no message in particular. ABORT. */
enum result kafka_handover_condition(struct kafka_producer *p, rd_kafka_resp_err_t code,
                                     const char *doing, struct error *error);
/* `r` is ABORT: fills in the refusal from the reports that have come, and its sentence. */
enum result kafka_handover_refused(struct kafka_producer *p, enum result r, struct error *error);
/* How large the next transaction's batches may be; 0: one message each. */
size_t kafka_handover_batch(const struct kafka_producer *p);

#endif
