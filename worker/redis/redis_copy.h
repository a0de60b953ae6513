/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store whose keys stand beside those of redis_port.h ("…:{p}:rebuild:state"), where a shard can be
 * built while a worker goes on with the one that is there; and then it takes that one's place.
 */
#ifndef EPILOGUE_REDIS_REDIS_COPY_H
#define EPILOGUE_REDIS_REDIS_COPY_H

#include "redis_port.h"

/* As redis_port_new; free it with redis_port_free. */
struct store_port *redis_copy_new(const struct config *config, struct error *error);

/* Whether Redis lets us do what the store itself does not: FATAL names the right that is missing. */
enum result redis_copy_check(struct store_port *copy, struct error *error);

/* Removes the copies of the shards from `first` on, `n` of them. Errors as of the store's apply. */
enum result redis_copy_discard(struct store_port *copy, int32_t first, int32_t n,
                               struct error *error);

/*
 * Puts the copy of a shard in the shard's place, in one step: all of it or nothing. `checkpoint` is
 * the copy's. ABORT: the copy is not as it was (another process builds it, or has put it in place);
 * FATAL: the shard is of another Kafka cluster than `cluster` (absent: not compared), or Redis
 * refuses; RETRY: not reachable, and whether it was done is not known.
 */
enum result redis_copy_install(struct store_port *copy, int32_t shard, int64_t checkpoint,
                               struct str cluster, struct error *error);

#endif
