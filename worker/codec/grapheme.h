/* SPDX-License-Identifier: Apache-2.0 */
/* Where a text can be cut so that a person sees no half characters, and how wide it is. */
#ifndef EPILOGUE_CODEC_GRAPHEME_H
#define EPILOGUE_CODEC_GRAPHEME_H

#include "common/str.h"

/* The start of `s`, at most `max_bytes`, cut between grapheme clusters: a letter keeps its accents,
 * an emoji its skin, a flag both of its halves. What has more than 128 bytes is none that anybody
 * writes, and is cut between code points. */
struct str grapheme_cut(struct str s, size_t max_bytes);

/* The columns that a text takes in a terminal; it has no control characters. */
size_t grapheme_columns(struct str s);
/* The start of `s`, at most `max_columns` wide, cut as above. */
struct str grapheme_cut_columns(struct str s, size_t max_columns);

#endif
