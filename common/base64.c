/* SPDX-License-Identifier: Apache-2.0 */
/* Both ways of base64: values that are no JSON travel in lines of JSON. */
#include "base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buf *out, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
        unsigned group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < n ? (unsigned char)bytes.p[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            buf_char(out, j <= n ? digits[group >> (18 - 6 * j) & 63] : '=');
    }
}

bool base64_read(struct arena *arena, struct str text, struct str *bytes)
{
    while (text.n && text.p[text.n - 1] == '=') text.n--;
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = memchr(digits, text.p[i], sizeof digits - 1);
        if (!digit) return false;
        held = held << 6 | (unsigned)(digit - digits);
        if (i % 4) out[n++] = (char)(held >> (6 - i % 4 * 2));
    }
    *bytes = (struct str){out, n};
    return true;
}
