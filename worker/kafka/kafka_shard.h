/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting, stopping and placing the input partitions of shards. The comments of engine/ports.h say
 * what each function owes; these are the port's functions of the same names.
 */
#ifndef EPILOGUE_KAFKA_KAFKA_SHARD_H
#define EPILOGUE_KAFKA_KAFKA_SHARD_H

#include "kafka_consumer.h"

/* ABORT: a shard is not ours (any more). */
enum result kafka_shard_resume(struct kafka_consumer *c, const struct position *positions, size_t n,
                               struct error *error);
enum result kafka_shard_pause(struct kafka_consumer *c, int32_t shard, struct error *error);

#endif
