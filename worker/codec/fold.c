/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What names are compared by that people type: "Police", "police " and "POLICE" are one party. How a
 * name is shown stays as it was written.
 */
#include "fold.h"

#include <utf8proc.h>

#define FOLDED (UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)

static bool is_space(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return (c >= '\t' && c <= '\r') || c == 0x85 || category == UTF8PROC_CATEGORY_ZS ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* In place: no character gets longer by it. utf8proc has no option for it: UTF8PROC_STRIPCC makes spaces
 * of line ends, but takes all other control characters out, UTF8PROC_LUMP makes one hyphen of all kinds
 * of them, and neither makes one space of several. */
static size_t collapse_spaces(utf8proc_int32_t *text, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool space = is_space(text[i]);
        if (space && (!kept || text[kept - 1] == ' ')) continue;
        text[kept++] = space ? ' ' : text[i];
    }
    return kept && text[kept - 1] == ' ' ? kept - 1 : kept;
}

struct str fold_name(struct arena *arena, struct str name)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)name.p;
    utf8proc_ssize_t room =
        utf8proc_decompose(bytes, (utf8proc_ssize_t)name.n, NULL, 0, (utf8proc_option_t)FOLDED);
    if (room <= 0) return name;
    /* The one more is for the end that utf8proc_reencode sets. */
    utf8proc_int32_t *text = arena_alloc(arena, ((size_t)room + 1) * sizeof *text);
    utf8proc_decompose(bytes, (utf8proc_ssize_t)name.n, text, room, (utf8proc_option_t)FOLDED);
    size_t n = collapse_spaces(text, (size_t)room);
    if (!n) return name;
    utf8proc_ssize_t written =
        utf8proc_reencode(text, (utf8proc_ssize_t)n, (utf8proc_option_t)FOLDED);
    return (struct str){(const char *)text, (size_t)written};
}
