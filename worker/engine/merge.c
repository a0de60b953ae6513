/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of one shard from several topics, put into the order of their times. Within one partition
 * nothing is moved, however odd its times are; of equal times the closure comes first.
 */
#include "merge.h"

#define INPUTS 4
#define NOBODY SIZE_MAX

/* The records of one partition, as a list of indexes. */
struct lane {
    size_t first, last;
};

static struct lane *earliest(struct lane lanes[INPUTS], const struct record *const *records,
                             ms_t now)
{
    struct lane *best = NULL;
    ms_t best_at = now;
    for (int t = 0; t < INPUTS; t++) {
        if (lanes[t].first == NOBODY) continue;
        ms_t at = record_time(records[lanes[t].first], now);
        if (best && at >= best_at) continue;
        best = &lanes[t];
        best_at = at;
    }
    return best;
}

void merge_by_time(struct arena *arena, const struct record **records, size_t n, int32_t partitions,
                   ms_t now)
{
    if (n < 2) return;
    struct lane(*shards)[INPUTS] = arena_alloc(arena, (size_t)partitions * sizeof *shards);
    size_t *next = arena_alloc(arena, n * sizeof *next);
    for (int32_t p = 0; p < partitions; p++)
        for (int t = 0; t < INPUTS; t++) shards[p][t] = (struct lane){NOBODY, NOBODY};
    for (size_t i = 0; i < n; i++) {
        struct lane *q = &shards[records[i]->partition][records[i]->topic - TOPIC_INCIDENT_CLOSED];
        next[i] = NOBODY;
        if (q->first == NOBODY)
            q->first = i;
        else
            next[q->last] = i;
        q->last = i;
    }
    const struct record **merged = arena_alloc(arena, n * sizeof *merged);
    size_t merged_n = 0;
    for (int32_t p = 0; p < partitions; p++) {
        struct lane *q;
        while ((q = earliest(shards[p], records, now))) {
            merged[merged_n++] = records[q->first];
            q->first = next[q->first];
        }
    }
    memcpy(records, merged, n * sizeof *merged);
}
