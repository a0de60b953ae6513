/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts and widths by Unicode's own rules, from utf8proc's tables. It is behind one header, so that
 * nothing else has to know the library.
 */
#include "grapheme.h"

#include <utf8proc.h>

#include "common/text.h"

/* Unicode's stream-safe format has at most 30 marks on a letter; these are some more. */
#define CLUSTER_BYTES 128

/* The length of the cluster that begins at `at`, and how wide it is. */
static size_t cluster(struct str s, size_t at, size_t *columns)
{
    utf8proc_int32_t c, before = 0, state = 0;
    size_t n = 0;
    *columns = 0;
    while (at + n < s.n) {
        const char *p = s.p + at + n;
        uint32_t decoded;
        size_t length = text_char(p, s.n - at - n, &decoded);
        c = length ? (utf8proc_int32_t)decoded : 0xfffd;
        if (!length) length = 1;
        if (n &&
            (n + length > CLUSTER_BYTES || utf8proc_grapheme_break_stateful(before, c, &state)))
            break;
        *columns += (size_t)utf8proc_charwidth(c);
        n += length;
        before = c;
    }
    return n;
}

struct str grapheme_cut(struct str s, size_t max_bytes)
{
    if (s.n <= max_bytes) return s;
    size_t n = 0, columns, step;
    while (n < s.n && n + (step = cluster(s, n, &columns)) <= max_bytes) n += step;
    s.n = n ? n : text_whole(s.p, max_bytes);
    return s;
}

size_t grapheme_columns(struct str s)
{
    size_t all = 0, columns;
    for (size_t n = 0; n < s.n; n += cluster(s, n, &columns), all += columns) {
    }
    return all;
}

struct str grapheme_cut_columns(struct str s, size_t max_columns)
{
    size_t n = 0, all = 0, columns;
    while (n < s.n) {
        size_t step = cluster(s, n, &columns);
        if (all + columns > max_columns) break;
        all += columns;
        n += step;
    }
    s.n = n;
    return s;
}
