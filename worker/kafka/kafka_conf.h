/* SPDX-License-Identifier: Apache-2.0 */
/* librdkafka's settings for each kind of handle that the worker has, and its voice in our log. */
#ifndef EPILOGUE_KAFKA_CONF_H
#define EPILOGUE_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include "common/error.h"
#include "config/config.h"

/* Of a request to the group's coordinator the library's own time-out, as long as it may be: where it
 * gives up on a request whose coordinator it is still looking for, it ends the process (librdkafka's
 * issue 3663). We have gone on without the answer by then. */
#define KAFKA_CONF_ABANDONED_MS (60 * 60 * 1000)

enum kafka_side {
    KAFKA_CONSUMER,  /* a member of the group */
    KAFKA_READER,    /* reads partitions that it is told to, read_committed, in no group */
    KAFKA_CHANGELOG, /* the same, for what is copied to Redis as it comes */
    KAFKA_PRODUCER,  /* transactional */
    KAFKA_PUBLISHER, /* idempotent, in no transaction; partitions are murmur2 of the key */
    KAFKA_ADMIN,     /* topics and metadata */
};

/* What a handle said on its error callback, which is called by its poll on the caller's thread. */
struct kafka_watch {
    bool brokers_down; /* no broker could be reached; set back by whoever reaches one */
    bool refused;      /* the broker does not take our name or password */
    char reason[300];  /* the last one, "" for none */
};

/*
 * What the library says of a connection that broke, for a person: without its tail ("(after 0ms in
 * state CONNECT, 1 identical error(s) suppressed)"), and with what is often behind it where a peer of
 * another protocol hangs up. Cut to `size` bytes, its NUL included.
 */
void kafka_conf_reason(char *out, size_t size, const char *text);

/*
 * How long the transactional producer waits for the answer to one request: half of a transaction,
 * so that after a request without an answer there is still time to abort.
 */
int kafka_conf_producer_timeout_ms(const struct config *config);

/*
 * The settings of one handle: ours, over them the user's kafka.*, over them what the guarantees
 * depend on. `watch` must outlive the handle; NULL: its errors are only logged. NULL and a sentence
 * that names the option when a value is not taken. The caller owns it, until rd_kafka_new takes it.
 */
rd_kafka_conf_t *kafka_conf_new(const struct config *config, enum kafka_side side,
                                struct kafka_watch *watch, struct error *error);

/* Whether the user says how what is produced is compressed; else kafka_conf_new does. */
bool kafka_conf_has_users_compression(const struct config *config);

/* rd_kafka_new with kafka_conf_new's settings; the conf is gone afterwards. NULL and a sentence. */
rd_kafka_t *kafka_conf_open(rd_kafka_conf_t *conf, enum kafka_side side, struct error *error);

/*
 * Destroys a handle and waits for it up to a second; what hangs longer is left to the end of the
 * process. A consumer does not leave its group: a static member finds its shards again when it is
 * back before its session is over. NULL is safe.
 */
void kafka_conf_close(rd_kafka_t *rk);

#endif
