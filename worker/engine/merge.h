/* SPDX-License-Identifier: Apache-2.0 */
/* Records of one shard, from several topics, in the order of their times. */
#ifndef EPILOGUE_ENGINE_MERGE_H
#define EPILOGUE_ENGINE_MERGE_H

#include "codec/record.h"
#include "common/arena.h"

/*
 * Brings records into the order in which they are to be taken: shard by shard, of each shard the
 * earliest first (record_time at `now`), at one time a closure before findings before task updates
 * before what was forwarded. Records of one partition keep their order, whatever their times.
 * Consumers give the records of several partitions in any order; after an outage a tracker's update
 * must not come before the closure that made its task. `partitions` bounds record->partition.
 */
void merge_by_time(struct arena *arena, const struct record **records, size_t n, int32_t partitions,
                   ms_t now);

#endif
