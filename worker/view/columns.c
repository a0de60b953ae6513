/* SPDX-License-Identifier: Apache-2.0 */
/* What commands print as a table: columns as wide as what stands in them, in columns of a terminal. */
#include "columns.h"

#include <assert.h>

#include "codec/grapheme.h"
#include "terminal.h"

#define COLUMNS_MAX 16
#define GAP 2

struct str columns_text(struct arena *arena, struct str text, size_t columns)
{
    struct buf out = {0};
    if (!text.p) return STR_NONE;
    terminal_text(&out, text);
    struct str all = buf_slice(&out), cut = grapheme_cut_columns(all, columns);
    const char *ellipsis = cut.n < all.n ? "…" : "";
    struct str cell = arena_printf(arena, "%.*s%s", STR_ARG(cut), ellipsis);
    buf_free(&out);
    return cell;
}

static void pad(struct buf *out, size_t n)
{
    while (n--) buf_char(out, ' ');
}

void columns_write(struct buf *out, const struct str *cells, size_t rows, size_t columns,
                   unsigned right)
{
    size_t widths[COLUMNS_MAX] = {0};
    assert(columns && columns <= COLUMNS_MAX);
    for (size_t i = 0; i < rows * columns; i++) {
        size_t n = grapheme_columns(cells[i]);
        if (n > widths[i % columns]) widths[i % columns] = n;
    }
    for (size_t i = 0; i < rows * columns; i++) {
        size_t column = i % columns, rest = widths[column] - grapheme_columns(cells[i]);
        bool last = column == columns - 1;
        if (right >> column & 1) pad(out, rest);
        if (cells[i].n) buf_str(out, cells[i]);
        if (!last) pad(out, GAP + (right >> column & 1 ? 0 : rest));
        if (last) buf_char(out, '\n');
    }
}
