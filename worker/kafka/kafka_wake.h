/* SPDX-License-Identifier: Apache-2.0 */
/* For kafka/ only: a consumer whose queue was full fetches again as soon as there is room. */
#ifndef EPILOGUE_KAFKA_WAKE_H
#define EPILOGUE_KAFKA_WAKE_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>

/* What was taken out of the queue since the library last looked at it. */
struct kafka_wake {
    size_t taken; /* bytes of values */
};

/*
 * Says that so many bytes more were taken; every KAFKA_WAKE_BYTES of them the threads that fetch are
 * made to look. Of a library that looks by itself (fetch.queue.backoff.ms) it asks nothing.
 */
void kafka_wake_taken(struct kafka_wake *wake, rd_kafka_t *rk, size_t bytes);

#define KAFKA_WAKE_BYTES ((size_t)1 << 20)

#endif
