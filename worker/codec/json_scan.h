/* SPDX-License-Identifier: Apache-2.0 */
/* Many bytes at a time over what needs no escape in a JSON string: most of most records. */
#ifndef EPILOGUE_CODEC_JSON_SCAN_H
#define EPILOGUE_CODEC_JSON_SCAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define JSON_SCAN_EACH(b) (UINT64_C(0x0101010101010101) * (b))
#define JSON_SCAN_HIGH JSON_SCAN_EACH(0x80)

/* The high bit of a byte is set where it is a quote, a backslash or a control character. Bytes
 * behind the first such may be marked wrongly (the subtraction borrows), the first never is. */
static inline uint64_t json_scan_marks(uint64_t eight)
{
    uint64_t control = eight - JSON_SCAN_EACH(0x20);
    uint64_t quote = (eight ^ JSON_SCAN_EACH('"')) - JSON_SCAN_EACH(1);
    uint64_t backslash = (eight ^ JSON_SCAN_EACH('\\')) - JSON_SCAN_EACH(1);
    /* Bytes above 0x7f are none of them; with those masked out, a borrow sets the high bit. */
    return (control | quote | backslash) & ~eight & JSON_SCAN_HIGH;
}

/* The first byte from `p` on that is a quote, a backslash or a control character; `end` if none. */
static inline const char *json_scan(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1f);
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)p);
        __m128i special = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(_mm_min_epu8(v, last_control), v));
        int marks = _mm_movemask_epi8(special);
        if (marks) return p + __builtin_ctz((unsigned)marks);
        p += 16;
    }
#endif
    while ((size_t)(end - p) >= sizeof(uint64_t)) {
        uint64_t eight;
        memcpy(&eight, p, sizeof eight);
        uint64_t marks = json_scan_marks(le64toh(eight));
        if (marks) return p + __builtin_ctzll(marks) / 8;
        p += sizeof eight;
    }
    while (p < end && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\') p++;
    return p;
}

#endif
