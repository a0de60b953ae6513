/* SPDX-License-Identifier: Apache-2.0 */
/* Java's .properties files: `key=value` or `key: value`, comments after # or !, a backslash at the
 * end of a line goes on with the next one, \uXXXX is UTF-16. */
#ifndef EPILOGUE_CONFIG_PROPERTIES_H
#define EPILOGUE_CONFIG_PROPERTIES_H

#include "common/arena.h"
#include "common/error.h"

struct properties_line {
    const char *key, *value; /* without the white space around them */
    int line;                /* where it begins, from 1 */
};

struct properties {
    struct properties_line *items;
    size_t n, cap;
};

/* Reads a whole file into the arena, in its order. FATAL names file and line. */
enum result properties_read(struct arena *arena, const char *path, struct properties *properties,
                            struct error *error);

/* The bytes of a file behind its byte order mark, if it has one; at most `max` of them. FATAL says
 * why it cannot be read. */
enum result properties_read_bytes(struct arena *arena, const char *path, size_t max,
                                  struct str *bytes, struct error *error);

/* The same of a plain file: FATAL for a FIFO, which would be waited for, a device or a folder. */
enum result properties_read_plain(struct arena *arena, const char *path, size_t max,
                                  struct str *bytes, struct error *error);

#endif
