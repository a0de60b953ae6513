/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java's partitioner, byte for byte: the shard of an incident must be the same for every publisher.
 * librdkafka has it too, but only for whoever has a topic's handle.
 */
#include "kafka_partition.h"

#include <assert.h>

/* MurmurHash2 with Kafka's seed. Bytes are put together by hand: Java reads them as little-endian
 * wherever it runs, and so must we. */
static uint32_t murmur2(const unsigned char *bytes, size_t n)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t h = 0x9747b28c ^ (uint32_t)n;
    for (; n >= 4; n -= 4, bytes += 4) {
        uint32_t k = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h *= m;
        h ^= k;
    }
    if (n > 2) h ^= (uint32_t)bytes[2] << 16;
    if (n > 1) h ^= (uint32_t)bytes[1] << 8;
    if (n > 0) {
        h ^= (uint32_t)bytes[0];
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    h ^= h >> 15;
    return h;
}

int32_t kafka_partition_of(struct str key, int32_t partitions)
{
    assert(partitions > 0);
    uint32_t positive = murmur2((const unsigned char *)key.p, key.n) & 0x7fffffff;
    return (int32_t)(positive % (uint32_t)partitions);
}
