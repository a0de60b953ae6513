/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON in: one pass fills a flat tree in an arena, strict RFC 8259, with duplicate members and
 * depth checked on the way. JSON out: a few functions on a buffer.
 * It is our own because it is the hot path (a library's parser took three times as long), and
 * because the refusals of R3.38 ask for more than the libraries at hand check.
 */
#ifndef EPILOGUE_CODEC_JSON_H
#define EPILOGUE_CODEC_JSON_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/timestamp.h"

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INT,
    JSON_REAL,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_type type;
    struct str name;    /* of a member */
    struct str text;    /* JSON_STRING: its bytes; numbers: as written */
    int64_t integer;    /* JSON_INT: fits int64; an integer beyond is JSON_REAL */
    struct json *first; /* child of an array or object, in the order of the text */
    struct json *next;  /* sibling */
    size_t count;       /* children */
};

enum json_result { JSON_OK, JSON_INVALID_UTF8, JSON_MALFORMED, JSON_TOO_DEEP, JSON_DUPLICATE };

/*
 * Parses a whole value. The nodes are made in `tree`; strings without escapes point into `bytes`,
 * the others are made in `texts` (which may be the same arena), so that they can outlive the tree.
 * `detail` (at most 200 bytes, one line, in `texts`) says what is wrong and where (byte offset) on
 * anything but JSON_OK. NUL characters and lone surrogates (as \u escapes) are MALFORMED.
 * INVALID_UTF8 before MALFORMED and TOO_DEEP (whichever is met first) before DUPLICATE. `*root` is
 * the tree for JSON_OK and, with all members in it, for JSON_DUPLICATE; else NULL.
 */
enum json_result json_parse(struct arena *tree, struct arena *texts, struct str bytes,
                            int max_depth, struct json **root, struct str *detail);

/* For what is only shown or counted: no event of ours is as deep. */
#define JSON_DEPTH_SHOWN 100

/* This thread's arena for a tree that is read at once and forgotten: emptied by each call. A tree
 * takes many times the room of its text, and memory that is used again is warm. */
struct arena *json_scratch(void);

/* The member of an object, NULL when there is none. */
const struct json *json_get(const struct json *object, const char *name);
/* The text of a member that is a string; absent for any other, and where `object` is NULL or none. */
struct str json_get_text(const struct json *object, const char *name);

/* Writers: append to the buffer; commas and colons are the caller's literals. */
void json_write_string(struct buf *out, struct str s);  /* "…", null if absent */
void json_write_escaped(struct buf *out, struct str s); /* what stands between the quotes */
void json_write_time(struct buf *out, ms_t t);          /* "…Z", null for TIME_NONE */
void json_write_bool(struct buf *out, bool value);
void json_write_list(struct buf *out, struct str_list list); /* ["…",…] */

/* The start of `s`, at most `max_bytes`, as a sentence for a person quotes it: what is unsafe
 * (text.h), quotes and backslashes are escaped. A copy. */
struct str json_excerpt(struct arena *arena, struct str s, size_t max_bytes);

/* Whether bytes are well-formed UTF-8: no overlong forms or surrogates, nothing above U+10FFFF. */
bool json_utf8_valid(struct str bytes);
/* How many bytes from the start are well-formed. */
size_t json_utf8_prefix(struct str bytes);

#endif
