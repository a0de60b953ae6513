/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generation under which shards were assigned. librdkafka 2.0 gives it out only as serialized
 * bytes, which are read here; a commit without a real generation would be taken by brokers, and
 * fence nobody.
 */
#include "kafka_group.h"

#include <string.h>

/* What rd_kafka_consumer_group_metadata_write begins with; the generation comes behind it. There is
 * no other way to read it in librdkafka 2.0 (later ones kept the format). */
static const char magic[] = "CGMDv2:";

static int32_t generation_of(const rd_kafka_consumer_group_metadata_t *metadata)
{
    void *bytes;
    size_t n;
    rd_kafka_error_t *e = rd_kafka_consumer_group_metadata_write(metadata, &bytes, &n);
    if (e) {
        rd_kafka_error_destroy(e);
        return -1;
    }
    int32_t generation = -1;
    size_t at = sizeof magic - 1;
    if (n >= at + sizeof generation && memcmp(bytes, magic, at) == 0)
        memcpy(&generation, (char *)bytes + at, sizeof generation);
    rd_kafka_mem_free(NULL, bytes);
    return generation;
}

void kafka_group_take(struct kafka_group *group, rd_kafka_t *rk)
{
    kafka_group_forget(group);
    group->metadata = rd_kafka_consumer_group_metadata(rk);
    if (group->metadata) group->generation = generation_of(group->metadata);
}

void kafka_group_forget(struct kafka_group *group)
{
    if (group->metadata) rd_kafka_consumer_group_metadata_destroy(group->metadata);
    *group = (struct kafka_group){NULL, -1};
}

rd_kafka_consumer_group_metadata_t *kafka_group_copy(const struct kafka_group *group)
{
    rd_kafka_consumer_group_metadata_t *copy = NULL;
    void *bytes;
    size_t n;
    if (!group->metadata || group->generation < 0) return NULL;
    rd_kafka_error_t *e = rd_kafka_consumer_group_metadata_write(group->metadata, &bytes, &n);
    if (!e) {
        e = rd_kafka_consumer_group_metadata_read(&copy, bytes, n);
        rd_kafka_mem_free(NULL, bytes);
    }
    if (e) rd_kafka_error_destroy(e);
    return e ? NULL : copy;
}
