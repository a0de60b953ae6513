/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redis in memory: what the store port promises, for any number of workers. Nothing of it is lost
 * unless somebody calls for it.
 */
#ifndef EPILOGUE_SIM_STORE_H
#define EPILOGUE_SIM_STORE_H

#include "engine/ports.h"
#include "sim_index.h"

struct sim_entry {
    struct str key, value;
    ms_t wake_at; /* TIME_NONE: none */
};

struct sim_store_shard {
    struct sim_index by_key, by_wake; /* of struct sim_entry; by_key at the time 0 */
    int64_t checkpoint;
    ms_t stamp;
    char cluster[64];
    size_t positions; /* `$position/<n>`, which is no entry */
};

struct sim_store {
    struct sim_store_shard *shards;
    int32_t partitions;
    bool away;    /* every call is RETRY */
    int restarts; /* which break connections, and what is under way on them */
};

/* One worker's connection. */
struct sim_store_client {
    struct store_port port;
    struct sim_store *store;
    size_t piece_writes; /* an apply goes in pieces of so many writes; 0: all at once */
    int late; /* so many takes of each apply come too early; each does a piece, if it goes in pieces */
    /* the apply that was started */
    struct store_apply *applies;
    size_t applies_n, at, written;
    int waits, restarts;
};

struct sim_store *sim_store_new(int32_t partitions);
/* free(NULL) is safe. */
void sim_store_free(struct sim_store *store);
/* The client must not move in memory afterwards; it owns nothing. */
void sim_store_connect(struct sim_store *store, struct sim_store_client *client);

/* What FLUSHALL does to one shard. */
void sim_store_lose(struct sim_store *store, int32_t shard);
/* A copy, as a snapshot on disk is one. The caller frees it. */
struct sim_store *sim_store_copy(const struct sim_store *store);
/* One shard is again what it was in the copy. An apply that is under way fails: what has gone back is
 * another process. */
void sim_store_roll_back(struct sim_store *store, const struct sim_store *copy, int32_t shard);
/* The earliest wake time of a shard; TIME_NONE: none. */
ms_t sim_store_wake_at(const struct sim_store *store, int32_t shard);

#endif
