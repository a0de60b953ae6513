/* SPDX-License-Identifier: Apache-2.0 */
/* A finding of a command as a line of JSON. */
#ifndef EPILOGUE_JSONL_LINE_TEXTS_H
#define EPILOGUE_JSONL_LINE_TEXTS_H

#include "common/buf.h"

struct line_text {
    const char *name;
    const char *text;
};

/* Appends an object of `n` members that are texts, and a line break. */
void line_texts_write(struct buf *out, const struct line_text *members, size_t n);

#endif
