/* SPDX-License-Identifier: Apache-2.0 */
/* Two runs of `simulate` side by side: their events are sorted, and those that both have cancel each
 * other. */
#include "simulate_diff.h"

#include <stdlib.h>

void simulate_diff_add(struct simulate_diff *diff, int side, ms_t at, struct str text,
                       struct str shown)
{
    struct simulate_diff_item item = {
        .side = side,
        .at = at,
        .number = diff->n,
        .text = arena_str(diff->arena, text),
        .shown = arena_str(diff->arena, shown),
    };
    *ARENA_PUSH(diff->arena, diff->items, diff->n, diff->cap) = item;
}

/* Those that read the same together, of either side in its order. */
static int by_text(const void *a, const void *b)
{
    const struct simulate_diff_item *x = a, *y = b;
    int c = str_cmp(x->text, y->text);
    if (c) return c;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int by_time(const void *a, const void *b)
{
    const struct simulate_diff_item *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    if (x->side != y->side) return x->side - y->side;
    return x->number < y->number ? -1 : x->number > y->number;
}

void simulate_diff_reduce(struct simulate_diff *diff, size_t counts[simulate_diff_sides])
{
    struct simulate_diff_item *items = diff->items;
    size_t kept = 0;
    counts[SIMULATE_DIFF_OLD] = counts[SIMULATE_DIFF_NEW] = 0;
    if (!diff->n) return;
    qsort(items, diff->n, sizeof *items, by_text);
    for (size_t i = 0, end; i < diff->n; i = end) {
        size_t has[simulate_diff_sides] = {0, 0};
        for (end = i; end < diff->n && str_eq(items[end].text, items[i].text); end++)
            has[items[end].side]++;
        /* The run that has more of them has the others for itself alone. */
        int side =
            has[SIMULATE_DIFF_OLD] > has[SIMULATE_DIFF_NEW] ? SIMULATE_DIFF_OLD : SIMULATE_DIFF_NEW;
        size_t both = has[SIMULATE_DIFF_OLD] + has[SIMULATE_DIFF_NEW] - has[side];
        for (size_t j = i; j < end; j++) {
            if (items[j].side != side) continue;
            if (both) {
                both--;
                continue;
            }
            counts[side]++;
            items[kept++] = items[j];
        }
    }
    diff->n = kept;
    qsort(items, kept, sizeof *items, by_time);
}
