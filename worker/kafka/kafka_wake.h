/* SPDX-License-Identifier: Apache-2.0 */
/* For kafka/ only: a consumer whose queue was full fetches again as soon as there is room. */
#ifndef EPILOGUE_KAFKA_WAKE_H
#define EPILOGUE_KAFKA_WAKE_H

#include <librdkafka/rdkafka.h>

/*
 * To be called after what is in the queue was taken: the threads that fetch look whether there is
 * room. Of a library that looks by itself (fetch.queue.backoff.ms) it asks nothing.
 */
void kafka_wake_fetching(rd_kafka_t *rk);

#endif
