/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends records for a command, each by itself: none waits for another, and of each it is told what
 * became of it. kafka_sender.h sends several, all of them or none.
 */
#ifndef EPILOGUE_KAFKA_PUBLISHER_H
#define EPILOGUE_KAFKA_PUBLISHER_H

#include "codec/record.h"
#include "common/error.h"
#include "config/config.h"

struct kafka_publisher;

enum kafka_published {
    KAFKA_PUBLISHED,         /* acknowledged by the broker */
    KAFKA_PUBLISHED_UNKNOWN, /* reported as sent, but without a place in the topic */
    KAFKA_PUBLISHED_NOT,
};

/* Called once for each record that was taken, in any order, by the calls below. `number` is the one
 * that it was sent with; `why`: a few words for KAFKA_PUBLISHED_NOT, gone after the call. */
typedef void kafka_publisher_report(void *context, size_t number, enum kafka_published what,
                                    const char *why);

/* `config` must outlive it. Contacts nobody; NULL and a sentence on a bad setting. */
struct kafka_publisher *kafka_publisher_new(const struct config *config,
                                            kafka_publisher_report *report, void *context,
                                            struct error *error);
/* Drops what is under way, and reports it. free(NULL) is safe. */
void kafka_publisher_free(struct kafka_publisher *publisher);

/* Takes a copy of a message; the partition -1: any, by the key. RETRY: the queue was full, and a
 * moment has been waited for it; FATAL: it is not a message that can be sent. */
enum result kafka_publisher_send(struct kafka_publisher *publisher, const struct message *message,
                                 size_t number, struct error *error);
/* Waits a moment for reports; false: none is to come any more. That is so after message.timeout.ms
 * (of librdkafka) at the latest. */
bool kafka_publisher_wait(struct kafka_publisher *publisher);

#endif
