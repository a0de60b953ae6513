/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of JSON: is it UTF-8, and how it is written. Most text needs no escape, so both go over many
 * bytes at a time (json_scan.h).
 */
#include "common/text.h"
#include "grapheme.h"
#include "json.h"
#include "json_scan.h"

size_t json_utf8_prefix(struct str bytes)
{
    size_t i = 0;
    while (i < bytes.n) {
        uint64_t words[4];
        if (bytes.n - i >= sizeof words) {
            memcpy(words, bytes.p + i, sizeof words);
            if (!((words[0] | words[1] | words[2] | words[3]) & JSON_SCAN_HIGH)) {
                i += sizeof words;
                continue;
            }
        }
        /* At most one block's worth of single characters, then blocks again. */
        for (size_t stop = i + sizeof words; i < bytes.n && i < stop;) {
            uint32_t c;
            size_t n = text_char(bytes.p + i, bytes.n - i, &c);
            if (!n) return i;
            i += n;
        }
    }
    return i;
}

bool json_utf8_valid(struct str bytes)
{
    return json_utf8_prefix(bytes) == bytes.n;
}

struct str json_excerpt(struct arena *arena, struct str s, size_t max_bytes)
{
    struct buf escaped = {0}, shown = {0};
    json_write_escaped(&escaped, grapheme_cut(s, max_bytes));
    text_show(&shown, buf_slice(&escaped));
    struct str excerpt = arena_str(arena, grapheme_cut(buf_slice(&shown), max_bytes));
    buf_free(&escaped);
    buf_free(&shown);
    return excerpt;
}

static void write_escape(struct buf *out, char c)
{
    char escape[TEXT_ESCAPE] = {'\\', c};
    size_t n = 2;
    switch (c) {
    case '"':
    case '\\': break;
    case '\b': escape[1] = 'b'; break;
    case '\f': escape[1] = 'f'; break;
    default: n = text_escape(escape, (unsigned char)c);
    }
    buf_add(out, escape, n);
}

void json_write_escaped(struct buf *out, struct str s)
{
    if (!s.n) return;
    const char *at = s.p, *end = s.p + s.n;
    while (at < end) {
        const char *plain_end = json_scan(at, end);
        buf_add(out, at, (size_t)(plain_end - at));
        at = plain_end;
        if (at < end) write_escape(out, *at++);
    }
}

void json_write_string(struct buf *out, struct str s)
{
    if (!s.p) {
        buf_lit(out, "null");
        return;
    }
    /* Nearly always nothing is to be escaped: then one piece of room does. */
    char *p = buf_room(out, s.n + 2);
    const char *plain_end = json_scan(s.p, s.p + s.n);
    size_t plain = (size_t)(plain_end - s.p);
    p[0] = '"';
    memcpy(p + 1, s.p, plain);
    out->n += plain + 1;
    if (plain < s.n) json_write_escaped(out, (struct str){plain_end, s.n - plain});
    buf_char(out, '"');
}

void json_write_time(struct buf *out, ms_t t)
{
    if (t == TIME_NONE) {
        buf_lit(out, "null");
        return;
    }
    char *p = buf_room(out, TIMESTAMP_TEXT + 2);
    p[0] = '"';
    timestamp_format(t, p + 1);
    p[TIMESTAMP_TEXT + 1] = '"';
    out->n += TIMESTAMP_TEXT + 2;
}

void json_write_bool(struct buf *out, bool value)
{
    buf_str(out, value ? STR("true") : STR("false"));
}

void json_write_list(struct buf *out, struct str_list list)
{
    buf_char(out, '[');
    for (size_t i = 0; i < list.n; i++) {
        if (i) buf_char(out, ',');
        json_write_string(out, list.items[i]);
    }
    buf_char(out, ']');
}
