/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says of two texts that are not the same what a person does not see: that one has its accents apart
 * (NFD, as macOS writes file names) and the other has not (NFC), or that one has characters without
 * width, which come along when something is copied.
 */
#include "lookalike.h"

#include <stdlib.h>
#include <utf8proc.h>

#define COMPOSED (UTF8PROC_STABLE | UTF8PROC_COMPOSE)

static bool same_by(struct str a, struct str b, int options)
{
    utf8proc_uint8_t *x = NULL, *y = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)a.p, (utf8proc_ssize_t)a.n, &x,
                                      (utf8proc_option_t)options);
    utf8proc_ssize_t m = utf8proc_map((const utf8proc_uint8_t *)b.p, (utf8proc_ssize_t)b.n, &y,
                                      (utf8proc_option_t)options);
    bool same = n >= 0 && n == m && memcmp(x, y, (size_t)n) == 0;
    free(x);
    free(y);
    return same;
}

const char *lookalike_of(struct str a, struct str b)
{
    if (a.n > LOOKALIKE_BYTES || b.n > LOOKALIKE_BYTES || str_eq(a, b)) return NULL;
    if (same_by(a, b, COMPOSED)) return "they differ in Unicode normalisation alone (NFC, NFD)";
    if (same_by(a, b, COMPOSED | UTF8PROC_IGNORE))
        return "they differ in characters that cannot be seen alone";
    return NULL;
}
