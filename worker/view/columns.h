/* SPDX-License-Identifier: Apache-2.0 */
/* Cells as lines whose columns stand one below the other. */
#ifndef EPILOGUE_VIEW_COLUMNS_H
#define EPILOGUE_VIEW_COLUMNS_H

#include "common/arena.h"
#include "common/buf.h"

/* A text of others as a cell: safe on a terminal, cut to so many columns of it; absent stays absent. */
struct str columns_text(struct arena *arena, struct str text, size_t columns);
/* Appends `rows` lines of `columns` cells each, the first line that of the headings. Columns are as
 * wide as what stands in them, in columns of a terminal; bit n of `right` sets the n-th flush right. */
void columns_write(struct buf *out, const struct str *cells, size_t rows, size_t columns,
                   unsigned right);

#endif
