/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large a message the topics take. Known from the start is what our topics are made with and
 * what the client takes. A broker that refuses a message does not say its limit: it is asked for
 * the topic's settings, and where we may not read them the limit is felt for.
 */
#ifndef EPILOGUE_KAFKA_LIMITS_H
#define EPILOGUE_KAFKA_LIMITS_H

#include "config/config.h"
#include "engine/ports.h"

/* An operator raises a limit, and within that time the worker makes use of it. */
#define KAFKA_LIMITS_KEEP_MS (10 * 60 * 1000)
/* What goes into one record batch, unless the user wants less: all that a transaction has for a
 * partition, mostly, since of two requests the second one waits for the answer to the first. The topics
 * take it, which are looked at before a worker starts (topics.h), less what comes around the messages. */
#define KAFKA_LIMITS_BATCH_BYTES ((size_t)4000000)

struct kafka_limit {
    size_t told;      /* by the broker; 0: it was not */
    size_t refused;   /* the smallest that was; 0: none */
    int tries;        /* refusals */
    int64_t until_ms; /* then it is forgotten */
};

struct kafka_limits {
    size_t client; /* kafka.message.max.bytes */
    bool compresses;
    struct kafka_limit topics[topic_end];
};

/* `client`: message.max.bytes; `compresses`: batches are, so their size is not the messages'. */
void kafka_limits_init(struct kafka_limits *limits, size_t client, bool compresses);
/* What engine/ports.h says of limit. `now_ms`: monotonic. */
void kafka_limits_get(const struct kafka_limits *limits, int topic, int64_t now_ms,
                      struct topic_limit *limit);
/* A message of so many bytes (encode_size) was refused. `told`: what the topic is set to; 0 when
 * that could not be learned. */
void kafka_limits_refused(struct kafka_limits *limits, int topic, size_t bytes, size_t told,
                          int64_t now_ms);
/* How many bytes one record batch may have so that each topic takes it, as far as limits were
 * learned; KAFKA_LIMITS_BATCH_BYTES when they allow that; 0: one message at a time. */
size_t kafka_limits_batch(const struct kafka_limits *limits, int64_t now_ms);

/* Whether the topic refused something and would not tell its limit, so that asking is of no use. */
bool kafka_limits_is_silent(const struct kafka_limits *limits, int topic, int64_t now_ms);
/* Asks for the limits that were told and are to be forgotten: perhaps they were raised. */
void kafka_limits_renew(struct kafka_limits *limits, const struct config *config, int64_t now_ms);

/* What a topic takes by its settings, asked on a handle of its own; two seconds at most. 0: no
 * answer, or we may not read them. */
size_t kafka_limits_ask(const struct config *config, int topic);

#endif
