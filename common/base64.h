/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text (RFC 4648, part 4). */
#ifndef EPILOGUE_COMMON_BASE64_H
#define EPILOGUE_COMMON_BASE64_H

#include "arena.h"
#include "buf.h"

/* Appends the bytes, padded with `=`. */
void base64_write(struct buf *out, struct str bytes);
/* The bytes that a text stands for, in `arena`, whatever padding it has; false where it is none. */
bool base64_read(struct arena *arena, struct str text, struct str *bytes);

#endif
