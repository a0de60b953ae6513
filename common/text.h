/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that others wrote, on its way to a person: no character of it may act on a terminal, begin a
 * line, change the direction of what stands beside it, or be there without being seen.
 */
#ifndef EPILOGUE_COMMON_TEXT_H
#define EPILOGUE_COMMON_TEXT_H

#include <stdint.h>

#include "arena.h"
#include "buf.h"

/* The length of the well-formed UTF-8 character at `p`, of which `n` bytes (at least one) are
 * there, and its code point in *c; 0 when it is none: overlong, a surrogate, above U+10FFFF, cut. */
size_t text_char(const char *p, size_t n, uint32_t *c);

/* Whether a character is shown as an escape: C0, DEL, C1, line and paragraph separators, and all
 * that Unicode calls default-ignorable (bidirectional controls, zero-width characters, tags, …) but
 * for variation selectors, which only choose how the character before them looks. */
bool text_is_unsafe(uint32_t c);

#define TEXT_ESCAPE 12
/* The escape of a character as JSON writes it, \n or \u001b or two surrogates; returns its length.
 */
size_t text_escape(char escape[TEXT_ESCAPE], uint32_t c);

/*
 * Appends a text as a person may see it: unsafe characters as escapes, and each byte that is no
 * UTF-8 as \ufffd. It is one line. Quotes and backslashes stay as they are, so text that is JSON
 * already (with no line ends or tabs between its tokens) stays the same JSON.
 */
void text_show(struct buf *out, struct str text);
/* The same for a page whose lines are ours: line ends stay. */
void text_show_page(struct buf *out, struct str page);

/* A sentence that we compose around texts of others, for people, chats and mail: what would break
 * a line is a space, other unsafe characters are left out; but U+200C and U+200D stay, which Persian
 * and emoji need. The text itself where nothing is to be done, else a copy in `arena`. */
struct str text_clean(struct arena *arena, struct str text);

/* Takes the part of a character off the end of a text that was cut at `n` bytes: the new length. */
size_t text_whole(const char *p, size_t n);

#endif
