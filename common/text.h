/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters: UTF-8, case, control characters, hexadecimal digits and the escapes made of them, once
 * for all. And text that others wrote, on its way to a person: no character of it may act on a
 * terminal, begin a line, change the direction of what stands beside it, or be there unseen.
 */
#ifndef EPILOGUE_COMMON_TEXT_H
#define EPILOGUE_COMMON_TEXT_H

#include <stdint.h>

#include "arena.h"
#include "buf.h"

/* The length of the well-formed UTF-8 character at `p`, of which `n` bytes (at least one) are
 * there, and its code point in *c; 0 when it is none: overlong, a surrogate, above U+10FFFF, cut. */
size_t text_char(const char *p, size_t n, uint32_t *c);

/* Writes a code point as UTF-8; its length, at most 4. */
size_t text_put_char(char *out, uint32_t c);

/* Of A to Z, and of no other: whatever the locale is. */
static inline char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* White space of ASCII. */
static inline bool text_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without the white space around it; absent when nothing is left. */
struct str text_trim(struct str text);

/* The same but for the case of A to Z. */
bool text_same(struct str a, struct str b);

/* The same word as platforms write it: in_progress, In Progress and IN-PROGRESS are one. */
bool text_same_word(struct str a, struct str b);

/* The length of the control character at `p`, of which `n` bytes (at least one) are there: 1 for C0
 * and DEL, 2 for C1 (U+0080 to U+009F: 0xC2 and one more byte in UTF-8), 0 for any other. */
static inline size_t text_control(const char *p, size_t n)
{
    unsigned char c = (unsigned char)*p;
    if (c < 0x20 || c == 0x7f) return 1;
    return c == 0xc2 && n > 1 && (unsigned char)p[1] < 0xa0 ? 2 : 0;
}

/* What a hexadecimal digit of either case stands for; -1 where it is none. */
int text_hex_digit(char c);

#define TEXT_PERCENT 3
/* A byte as %XX. */
void text_percent(char out[TEXT_PERCENT], unsigned char byte);
/* The byte that the %XX at `p` stands for, of which `n` bytes are there; -1 where it is none. */
int text_percent_value(const char *p, size_t n);

#define TEXT_NO_ESCAPE (-1)
#define TEXT_LONE_SURROGATE (-2)
/* The code point that the \uXXXX at `p` stands for, or two of them, one of a pair each, of which `n`
 * bytes are there; *length is how long it is. TEXT_NO_ESCAPE or TEXT_LONE_SURROGATE where none. */
int32_t text_unescape(const char *p, size_t n, size_t *length);

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
