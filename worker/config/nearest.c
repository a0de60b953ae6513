/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name that is nearest to a misspelt one, by edit distance with swaps: how many letters to put
 * in, leave out, replace or swap. A sentence asks whether it was meant only where few differ.
 */
#include "nearest.h"

#include <string.h>

#define NEAR 2       /* letters by which a name may differ and still be the one that was meant */
#define WORD_MAX 120 /* longer words are compared by their beginnings: no name is that long */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, left out, replaced, or swapped with their neighbour to make one
 * word of the other (optimal string alignment; three rows are enough). */
static size_t distance(const char *a, const char *b)
{
    size_t a_n = strnlen(a, WORD_MAX), b_n = strnlen(b, WORD_MAX);
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_n; j++) above[j] = j;
    for (size_t i = 1; i <= a_n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_n; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b_n];
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
    size_t d = distance(nearest->word, candidate);
    if (nearest->name && d >= nearest->distance) return;
    nearest->name = candidate;
    nearest->distance = d;
}

bool nearest_is_near(const struct nearest *nearest)
{
    return nearest->distance <= NEAR || nearest->distance < strlen(nearest->word) / 3;
}

const char *nearest_hint(struct arena *arena, const struct nearest *nearest)
{
    return arena_printf(arena,
                        nearest_is_near(nearest) ? "did you mean \"%s\"?"
                                                 : "the nearest known one is \"%s\"",
                        nearest->name)
        .p;
}
