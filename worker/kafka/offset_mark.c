/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_mark.h"

#include <inttypes.h>
#include <stdio.h>

void offset_mark_write(char out[OFFSET_MARK_BYTES], const struct offset_mark *mark)
{
    snprintf(out, OFFSET_MARK_BYTES,
             "epilogue/1 partitions=%" PRId32 " batch=%" PRId64 " checkpoint=%" PRId64,
             mark->partitions, mark->batch, mark->checkpoint);
}

bool offset_mark_read(const char *metadata, struct offset_mark *mark)
{
    int end = 0;
    if (!metadata) return false;
    int n = sscanf(metadata, "epilogue/1 partitions=%" SCNd32 " batch=%" SCNd64
                   " checkpoint=%" SCNd64 "%n",
                   &mark->partitions, &mark->batch, &mark->checkpoint, &end);
    return n == 3 && metadata[end] == 0 && mark->partitions > 0 && mark->batch > 0 &&
           mark->checkpoint >= 0;
}
