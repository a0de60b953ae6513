/* SPDX-License-Identifier: Apache-2.0 */
/* Records and messages as librdkafka has them, for what reads and sends on behalf of a command. */
#ifndef EPILOGUE_KAFKA_MESSAGE_H
#define EPILOGUE_KAFKA_MESSAGE_H

#include <librdkafka/rdkafka.h>

#include "codec/record.h"
#include "common/arena.h"

/* The record that a message without error is, of `topic` (enum topic). It points into the message,
 * its array of headers is in the arena. */
struct record kafka_message_record(struct arena *arena, int topic, const rd_kafka_message_t *m);

/* The same with a copy of everything in one piece of memory, record.handle, which the caller frees. */
struct record kafka_message_copy(int topic, const rd_kafka_message_t *m);

/*
 * Hands a copy of a message to a producer; `name` is its topic, the partition -1: any, by the key.
 * `opaque` comes back in the delivery report. What librdkafka does not take comes back as its code.
 */
rd_kafka_resp_err_t kafka_message_produce(rd_kafka_t *rk, const char *name,
                                          const struct message *message, void *opaque);

#endif
