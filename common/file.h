/* SPDX-License-Identifier: Apache-2.0 */
/* Files that people write: read whole. */
#ifndef EPILOGUE_COMMON_FILE_H
#define EPILOGUE_COMMON_FILE_H

#include "arena.h"
#include "error.h"

/*
 * What a descriptor still gives, to its end, in `arena`, with a NUL behind it; without the byte order
 * mark that editors of one platform put in front. It stays open. FATAL, with `path` in front of the
 * reason, when it cannot be read or there are more than `max_bytes`.
 */
enum result file_read(struct arena *arena, int fd, const char *path, size_t max_bytes,
                      struct str *text, struct error *error);

#endif
