/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way out: what commands print goes through here and nowhere else (a test looks for others).
 * Whatever is in it, nothing reaches a terminal, or a file that is shown on one later, that could
 * act on it: control, bidirectional and invisible characters come out as JSON escapes (text.h).
 */
#ifndef EPILOGUE_VIEW_TERMINAL_H
#define EPILOGUE_VIEW_TERMINAL_H

#include <stdio.h>

#include "common/buf.h"

/* Writes lines of our making, plain text or JSON (with no tabs or line ends between the tokens of
 * one value). Line ends stay, so a text of others within must have been put in by terminal_text.
 * `colour`: our colours stay too. */
void terminal_write(FILE *file, struct str page, bool colour);
/* The same to standard output, for a buffer; empties it. */
void terminal_flush(struct buf *page, bool colour);
/* One sentence and a line end. What is in it cannot begin another line. */
void terminal_say(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends a text of others to a line: escaped, so that it cannot leave the line. */
void terminal_text(struct buf *out, struct str text);
/* The same, of at most `max_bytes` of the text; what was cut ends with an ellipsis. */
void terminal_excerpt(struct buf *out, struct str text, size_t max_bytes);

#endif
