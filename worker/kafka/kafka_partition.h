/* SPDX-License-Identifier: Apache-2.0 */
/* Which partition, and so which shard, a key belongs to. */
#ifndef EPILOGUE_KAFKA_PARTITION_H
#define EPILOGUE_KAFKA_PARTITION_H

#include <stdint.h>

#include "common/str.h"

/* murmur2 of the key, as Java clients and librdkafka's murmur2_random compute it; an absent key is
 * taken as an empty one. `partitions` > 0; the answer lies in [0, partitions). */
int32_t kafka_partition_of(struct str key, int32_t partitions);

#endif
