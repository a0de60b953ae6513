/* SPDX-License-Identifier: Apache-2.0 */
/* For kafka/ only: a consumer whose queue was full fetches again as soon as there is room. */
#ifndef EPILOGUE_KAFKA_WAKE_H
#define EPILOGUE_KAFKA_WAKE_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>

/* One queue that is read until it is empty. Zeroed: nothing has come. */
struct kafka_wake {
    rd_kafka_queue_t *queue;
    atomic_bool filled; /* since the last look; set by the library's threads */
    bool has_come;      /* something since the queue was found empty last */
};

/* From now on it is noted when something comes into the queue, which stays the caller's. *wake must
 * not move until kafka_wake_stop. */
void kafka_wake_start(struct kafka_wake *wake, rd_kafka_queue_t *queue);
/* To be called while the queue is there. */
void kafka_wake_stop(struct kafka_wake *wake);

/* To be called before each look into the queue: what came later than the last one is the next reading's,
 * and what a look has waited for is this one's, or it would be woken for twice. */
void kafka_wake_before(struct kafka_wake *wake);
/*
 * To be called behind it; `has_taken`: it gave something; `is_empty`: nothing is left. Then, if anything
 * had come, the threads that fetch are woken, and look whether there is room: also if it was the marker
 * of a transaction alone, which the library takes without a word. Of a library that looks by itself
 * (fetch.queue.backoff.ms) it asks nothing.
 */
void kafka_wake_after(struct kafka_wake *wake, rd_kafka_t *rk, bool has_taken, bool is_empty);

#endif
