/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metadata of committed offsets, written and read. What does not read as ours byte for byte is
 * a stranger's.
 */
#include "offset_mark.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void offset_mark_write(char out[OFFSET_MARK_BYTES], const struct offset_mark *mark)
{
    snprintf(out, OFFSET_MARK_BYTES,
             "epilogue/1 partitions=%" PRId32 " batch=%" PRId64 " checkpoint=%" PRId64,
             mark->partitions, mark->batch, mark->checkpoint);
}

bool offset_mark_read(const char *metadata, struct offset_mark *mark)
{
    char again[OFFSET_MARK_BYTES];
    if (!metadata) return false;
    int n =
        sscanf(metadata, "epilogue/1 partitions=%" SCNd32 " batch=%" SCNd64 " checkpoint=%" SCNd64,
               &mark->partitions, &mark->batch, &mark->checkpoint);
    if (n != 3 || mark->partitions <= 0 || mark->batch <= 0 || mark->checkpoint < 0) return false;
    /* sscanf forgives blanks, signs and numbers that do not fit: ours is what we would write. */
    offset_mark_write(again, mark);
    return strcmp(again, metadata) == 0;
}
