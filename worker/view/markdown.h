/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of others in Markdown: text, whatever they look like. */
#ifndef EPILOGUE_VIEW_MARKDOWN_H
#define EPILOGUE_VIEW_MARKDOWN_H

#include "common/buf.h"

/* Appends a text with all that means something in Markdown (CommonMark and GitHub's) escaped, and
 * unsafe characters (text.h) as escapes that can be read; its line ends stay. */
void markdown_text(struct buf *out, struct str text);
/* The same for within a line or a cell of a table: line ends become spaces. */
void markdown_inline(struct buf *out, struct str text);
/* A link to an http or https URL, which shows where it leads; anything else as text. */
void markdown_url(struct buf *out, struct str url);

#endif
