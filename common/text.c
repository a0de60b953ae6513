/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters and their escapes, and how text of others is shown. No library does this as it has to be
 * here: the same in every locale, and with bytes that are no UTF-8 as a part of the job.
 */
#include "text.h"

size_t text_char(const char *p, size_t n, uint32_t *c)
{
    const unsigned char *b = (const unsigned char *)p;
    unsigned char low = 0x80, high = 0xbf; /* what the second byte may be (Unicode, table 3-7) */
    size_t length;
    *c = b[0];
    if (b[0] < 0x80) return 1;
    if (b[0] >= 0xc2 && b[0] <= 0xdf) {
        length = 2;
        *c &= 0x1f;
    } else if (b[0] >= 0xe0 && b[0] <= 0xef) {
        length = 3;
        *c &= 0x0f;
        if (b[0] == 0xe0) low = 0xa0;  /* else overlong */
        if (b[0] == 0xed) high = 0x9f; /* else a surrogate */
    } else if (b[0] >= 0xf0 && b[0] <= 0xf4) {
        length = 4;
        *c &= 0x07;
        if (b[0] == 0xf0) low = 0x90;  /* else overlong */
        if (b[0] == 0xf4) high = 0x8f; /* else above U+10FFFF */
    } else {
        return 0;
    }
    if (n < length || b[1] < low || b[1] > high) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((b[i] & 0xc0) != 0x80) return 0;
        *c = *c << 6 | (b[i] & 0x3f);
    }
    return length;
}

size_t text_put_char(char *out, uint32_t c)
{
    static const uint32_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    *out = (char)(lead[n] | c);
    return n;
}

struct str text_trim(struct str text)
{
    while (text.n && text_is_space(text.p[0])) {
        text.p++;
        text.n--;
    }
    while (text.n && text_is_space(text.p[text.n - 1])) text.n--;
    return text.n ? text : STR_NONE;
}

bool text_same(struct str a, struct str b)
{
    size_t i = 0;
    if (a.n != b.n) return false;
    while (i < a.n && text_lower(a.p[i]) == text_lower(b.p[i])) i++;
    return i == a.n;
}

static char fold(char c)
{
    return c == '_' || c == ' ' ? '-' : text_lower(c);
}

bool text_same_word(struct str a, struct str b)
{
    size_t i = 0;
    if (a.n != b.n) return false;
    while (i < a.n && fold(a.p[i]) == fold(b.p[i])) i++;
    return i == a.n;
}

int text_hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = text_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void text_percent(char out[TEXT_PERCENT], unsigned char byte)
{
    static const char hex[] = "0123456789ABCDEF";
    out[0] = '%';
    out[1] = hex[byte >> 4];
    out[2] = hex[byte & 15];
}

int text_percent_value(const char *p, size_t n)
{
    if (n < TEXT_PERCENT || p[0] != '%') return -1;
    int high = text_hex_digit(p[1]), low = text_hex_digit(p[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

#define UNIT 6 /* characters of \\uXXXX */

/* The UTF-16 unit that is written at `p`; -1 for none. */
static int32_t read_unit(const char *p, size_t n)
{
    if (n < UNIT || p[0] != '\\' || p[1] != 'u') return -1;
    int32_t value = 0;
    for (int i = 2; i < UNIT; i++) {
        int digit = text_hex_digit(p[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

int32_t text_unescape(const char *p, size_t n, size_t *length)
{
    int32_t c = read_unit(p, n);
    if (c < 0) return TEXT_NO_ESCAPE;
    *length = UNIT;
    if (c < 0xd800 || c > 0xdfff) return c;
    int32_t low = c < 0xdc00 ? read_unit(p + UNIT, n - UNIT) : -1;
    if (low < 0xdc00 || low > 0xdfff) return TEXT_LONE_SURROGATE;
    *length = 2 * UNIT;
    return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

bool text_is_unsafe(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0000, 0x001f},   /* C0 */
        {0x007f, 0x009f},   /* DEL, C1 */
        {0x00ad, 0x00ad},   /* soft hyphen */
        {0x034f, 0x034f},   /* combining grapheme joiner */
        {0x061c, 0x061c},   /* Arabic letter mark */
        {0x115f, 0x1160},   /* Hangul fillers */
        {0x17b4, 0x17b5},   /* Khmer inherent vowels */
        {0x180e, 0x180e},   /* Mongolian vowel separator */
        {0x200b, 0x200f},   /* zero-width space, non-joiner, joiner; direction marks */
        {0x2028, 0x202e},   /* line and paragraph separator; embeddings and overrides */
        {0x2060, 0x206f},   /* word joiner, invisible operators, isolates */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xfeff, 0xfeff},   /* byte order mark */
        {0xffa0, 0xffa0},   /* Hangul filler */
        {0xfff0, 0xfffb},   /* interlinear annotation */
        {0x1bca0, 0x1bca3}, /* shorthand format controls */
        {0x1d173, 0x1d17a}, /* musical format controls */
        {0xe0000, 0xe00ff}, /* tags */
        {0xe01f0, 0xe0fff},
    };
    if (c >= 0x20 && c < 0x7f) return false;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && ranges[i].first <= c; i++)
        if (c <= ranges[i].last) return true;
    return false;
}

static size_t put_unit(char *p, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    p[0] = '\\';
    p[1] = 'u';
    for (int i = 0; i < 4; i++) p[2 + i] = hex[unit >> (12 - 4 * i) & 15];
    return 6;
}

size_t text_escape(char escape[TEXT_ESCAPE], uint32_t c)
{
    if (c == '\n' || c == '\r' || c == '\t') {
        escape[0] = '\\';
        escape[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        return 2;
    }
    if (c < 0x10000) return put_unit(escape, c);
    size_t n = put_unit(escape, 0xd800 + ((c - 0x10000) >> 10));
    return n + put_unit(escape + n, 0xdc00 + (c & 0x3ff));
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f;
}

static void show(struct buf *out, struct str text, bool keep_line_ends)
{
    char escape[TEXT_ESCAPE];
    for (size_t at = 0, n; at < text.n; at += n) {
        uint32_t c;
        for (n = 0; at + n < text.n && is_plain(text.p[at + n]);) n++;
        if (n) {
            buf_add(out, text.p + at, n);
            continue;
        }
        n = text_char(text.p + at, text.n - at, &c);
        bool line_end = keep_line_ends && c == '\n';
        if (!n)
            buf_lit(out, "\\ufffd");
        else if (text_is_unsafe(c) && !line_end)
            buf_add(out, escape, text_escape(escape, c));
        else
            buf_add(out, text.p + at, n);
        if (!n) n = 1;
    }
}

void text_show(struct buf *out, struct str text)
{
    show(out, text, false);
}

void text_show_page(struct buf *out, struct str page)
{
    show(out, page, true);
}

static bool is_clean(struct str text)
{
    uint32_t c;
    for (size_t at = 0, n; at < text.n; at += n) {
        n = text_char(text.p + at, text.n - at, &c);
        if (!n || text_is_unsafe(c)) return false;
    }
    return true;
}

static bool breaks_line(uint32_t c)
{
    return (c < 0xa0 && text_is_unsafe(c)) || c == 0x2028 || c == 0x2029;
}

struct str text_clean(struct arena *arena, struct str text)
{
    if (is_clean(text)) return text;
    char *p = arena_alloc(arena, text.n);
    size_t kept = 0;
    for (size_t at = 0, n; at < text.n; at += n) {
        uint32_t c;
        n = text_char(text.p + at, text.n - at, &c);
        if (n && breaks_line(c)) {
            p[kept++] = ' ';
        } else if (n && (!text_is_unsafe(c) || c == 0x200c || c == 0x200d)) {
            memcpy(p + kept, text.p + at, n);
            kept += n;
        }
        if (!n) n = 1;
    }
    return (struct str){p, kept};
}

size_t text_whole(const char *p, size_t n)
{
    size_t start = n;
    while (start && n - start < 4 && ((unsigned char)p[start - 1] & 0xc0) == 0x80) start--;
    unsigned char lead = start ? (unsigned char)p[start - 1] : 0;
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    return n - start + 1 < length ? start - 1 : n;
}
