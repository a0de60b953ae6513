/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our committed offsets carry in their metadata. It tells them from a stranger's (a console
 * consumer, a reset by hand), and it outlives the state: an offset of ours that speaks of a later
 * batch than followup-state has means that followup-state has lost its end.
 */
#ifndef EPILOGUE_KAFKA_OFFSET_MARK_H
#define EPILOGUE_KAFKA_OFFSET_MARK_H

#include <stdbool.h>
#include <stdint.h>

/* The longest mark, with its NUL; brokers take 4,096 bytes of metadata. */
#define OFFSET_MARK_BYTES 100

struct offset_mark {
    int32_t partitions; /* of every topic when the offset was committed */
    int64_t batch;      /* the number of the shard's batch that committed it */
    int64_t checkpoint; /* where the shard's changelog ended when that batch was decided */
};

/* "epilogue/1 partitions=12 batch=7 checkpoint=345". */
void offset_mark_write(char out[OFFSET_MARK_BYTES], const struct offset_mark *mark);
/* False: the metadata (NULL for none) is not one of ours. It ends with a NUL, which librdkafka's own
 * copy in a partition list does not. */
bool offset_mark_read(const char *metadata, struct offset_mark *mark);

#endif
