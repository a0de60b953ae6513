/* SPDX-License-Identifier: Apache-2.0 */
/* Reads by descriptor, so that the caller says what may be opened: a pipe, a plain file, the input. */
#include "file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

#define PIECE_BYTES ((size_t)64 * 1024)

enum result file_read(struct arena *arena, int fd, const char *path, size_t max_bytes,
                      struct str *text, struct error *error)
{
    struct buf content = {0};
    ssize_t got = 1;
    while (content.n <= max_bytes && got != 0) {
        got = read(fd, buf_room(&content, PIECE_BYTES), PIECE_BYTES);
        if (got > 0) content.n += (size_t)got;
        if (got < 0 && errno != EINTR) break;
    }
    enum result result = OK;
    if (got < 0)
        result = error_set(error, FATAL, "%s: %s", path, strerror(errno));
    else if (content.n > max_bytes)
        result = error_set(error, FATAL, "%s: larger than %zu bytes", path, max_bytes);
    else
        *text = arena_str(arena, buf_slice(&content));
    buf_free(&content);
    if (result == OK && str_starts(*text, STR("\xEF\xBB\xBF"))) text->p += 3, text->n -= 3;
    return result;
}
