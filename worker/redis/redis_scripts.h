/* SPDX-License-Identifier: Apache-2.0 */
/* The Lua that runs inside Redis. */
#ifndef EPILOGUE_REDIS_REDIS_SCRIPTS_H
#define EPILOGUE_REDIS_REDIS_SCRIPTS_H

/*
 * The end of one shard's part of an apply, behind its writes and in their transaction.
 * KEYS: state, index, wake. ARGV: 1 the new offset  2 its stamp in ms  3 the Kafka cluster's id.
 * Answers the earliest wake time or "".
 */
extern const char redis_scripts_checkpoint[];

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
