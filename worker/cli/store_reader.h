/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's state as it stands in Redis, for commands that only look at it. */
#ifndef EPILOGUE_CLI_STORE_READER_H
#define EPILOGUE_CLI_STORE_READER_H

#include "config/config.h"
#include "core/state.h"

struct store_reader;

/* Asks Kafka for the partition count and contacts Redis. NULL with a sentence. `config` must stay
 * until store_reader_close. */
struct store_reader *store_reader_open(const struct config *config, struct error *error);
/* close(NULL) is safe. */
void store_reader_close(struct store_reader *reader);

/* The shard (and partition) of an incident; its id raw. */
int32_t store_reader_shard(const struct store_reader *reader, struct str incident_id);

/*
 * All entries of one incident, its id raw: those that exist, filled, in the order of their keys, in
 * the arena. *n is 0 when nothing is known of it. Fails with a sentence, also when the shard's
 * state is not in Redis at all.
 */
enum result store_reader_incident(struct store_reader *reader, struct arena *arena,
                                  struct str incident_id, struct entry ***entries, size_t *n,
                                  struct error *error);

/* Gets each task of a walk (and, where it was asked for, each incident), filled; what it points to is gone after the call. `value` are the bytes
 * that its holder was read from, for state_json_read into memory that stays. */
typedef enum result store_reader_take(void *context, const struct entry *entry, struct str value,
                                      struct error *error);
/* Is told during a walk how many shards of all are read. */
typedef void store_reader_told(void *context, size_t done, size_t all);
void store_reader_progress(struct store_reader *reader, store_reader_told *told, void *context);

/*
 * Walks the tasks of all shards, and the headers of `incidents`, in the order of shards and of what they are stored in, a page at a
 * time. Shards whose state is not in Redis are gaps. What `take` returns other than OK ends the
 * walk.
 */
enum result store_reader_walk(struct store_reader *reader, bool incidents, store_reader_take *take,
                              void *context, struct error *error);

/* What the reads so far did not give: Redis is a copy, and a part of it can be missing or spoilt. */
struct store_reader_gaps {
    int32_t *shards; /* whose state is not in Redis */
    size_t shards_n, shards_cap;
    struct str *keys; /* of entries that cannot be read: the first of them */
    size_t keys_n, keys_cap;
    size_t entries; /* how many there are */
};

/* Valid as long as the reader. */
const struct store_reader_gaps *store_reader_gaps(const struct store_reader *reader);
/* Says on standard error what is missing; whether anything is. Then the command ends with 1. */
bool store_reader_tell_gaps(const struct store_reader *reader);

/* The raw incident_id of an entry, from its key; in the arena. */
struct str store_reader_incident_id(struct arena *arena, const struct entry *entry);

#endif
