/* SPDX-License-Identifier: Apache-2.0 */
/* The Lua that runs inside Redis. */
#ifndef EPILOGUE_REDIS_REDIS_SCRIPTS_H
#define EPILOGUE_REDIS_REDIS_SCRIPTS_H

/*
 * One shard's part of a batch, or a piece of it, all of it or nothing.
 * KEYS: state, index, wake. ARGV:
 *   1 expected offset (-1: none)  2 new offset: of a piece that is not the last, the same
 *   3 its stamp in ms; "": leave it  4 "1": forget the shard first  5 the Kafka cluster's id
 *   6 to 10: how many arguments follow for each of: HSET state, ZADD index, ZADD wake, ZREM wake,
 *   and keys to delete everywhere; then these arguments.
 * Answers {applied, earliest wake time or ""}; applied is 0 when the checkpoint was not the
 * expected one. It is 1 without a write when the new offset is already there: an answer was lost
 * and the call is made again, or another worker restored up to the same offset.
 */
extern const char redis_scripts_apply[];

/* How many arguments stand before those that are counted. */
#define REDIS_SCRIPTS_APPLY_FIXED 10

/*
 * A copy of a shard in the place of the shard, whatever stands there.
 * KEYS: state, index, wake of the copy; then of the shard. ARGV: 1 the copy's offset, 2 the Kafka
 * cluster's id. Answers 1; 0 when the copy has another offset or does not fit together; 2 when the
 * shard is of another cluster. The shard's checkpoint is then a little lower than the copy's, and
 * another than before: so a worker that owns the shard sees that it was replaced, and what it reads
 * again is what is there.
 */
extern const char redis_scripts_install[];

#endif
