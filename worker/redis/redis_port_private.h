/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the port share. */
#ifndef EPILOGUE_REDIS_REDIS_PORT_PRIVATE_H
#define EPILOGUE_REDIS_REDIS_PORT_PRIVATE_H

#include <pthread.h>

#include "redis_connection.h"
#include "redis_port.h"

/*
 * The writer: applies have a connection and a thread of their own, which are made by the first of
 * them, or by redis_ready. `busy` is of the thread that calls: from start to take. Between the two the connection and
 * the scratch belong to the writer's thread, until it has set `done`.
 */
struct redis_writer {
    struct redis_connection *connection;
    struct arena *scratch;
    unsigned made_with; /* how often the port's connection had been made when this one was */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started; /* the thread */
    bool busy;
    /* under the lock */
    bool wanted, ending, done;
    /* of the one at work */
    struct store_apply *applies;
    size_t n;
    unsigned times; /* how often the port's connection has been made */
    bool leads;     /* out: its connection was made again, and not because the port's was */
    enum result result;
    struct error error;
};

struct redis_port {
    struct store_port port;
    const struct config *config;
    struct redis_connection *connection;
    struct redis_writer writer;
    struct str prefix;     /* of all keys, up to the colon before the hash tag; with a NUL */
    const char *beside;    /* what stands before the last part of their names: "", or of a copy */
    struct arena *scratch; /* what one call of ready or check needs */
};

/* The name of a shard's key: "state", "index" or "wake". */
struct str redis_port_key(struct redis_port *port, struct arena *arena, int32_t shard,
                          const char *what);
/* A score as a time; TIME_NONE for "". */
ms_t redis_port_score(const redisReply *reply);
/* A string; absent for anything else. It lives as long as the reply does. */
struct str redis_port_value(const redisReply *reply);

#define REDIS_PORT_CHECKPOINT STR("$checkpoint")

/* A checkpoint where it is to be believed. */
struct redis_mark {
    int64_t offset;     /* -1: none, or that of the first pieces of an apply to an empty shard */
    ms_t stamp;         /* 0 without one */
    struct str cluster; /* absent when that is not known */
};
/* From the text that stands there and the sizes of the three keys; see redis_port.h. False, with a
 * mark of none, when they do not fit together. */
bool redis_port_mark(struct redis_mark *mark, struct str text, long long fields, long long keys,
                     long long timers);

/* redis_ready.c */
enum result redis_ready(void *self, struct error *error);
/* redis_apply.c: on the writer's connection, from start to end. */
enum result redis_apply(struct redis_port *port, struct store_apply *applies, size_t n,
                        struct error *error);
/* redis_writer.c */
void redis_apply_start(void *self, struct store_apply *applies, size_t n);
bool redis_apply_take(void *self, int wait_ms, enum result *result, struct error *error);
/* Waits for what is under way, and ends the thread. */
void redis_writer_end(struct redis_port *port);

#endif
