/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in memory has its entries in two orders, by key and by wake time, and one structure for
 * both: a skip list needs no balancing, and a range is a walk. Its dice are its own, so that a run is
 * the same each time.
 */
#include "sim_index.h"

#include <assert.h>
#include <stdlib.h>

static bool is_before(const struct sim_node *node, ms_t at, struct str key)
{
    return node->at != at ? node->at < at : str_cmp(node->key, key) < 0;
}

/* The pointers, one of each level, behind which this place is. */
static void find(struct sim_index *index, ms_t at, struct str key,
                 struct sim_node **places[SIM_INDEX_LEVELS])
{
    struct sim_node **next = index->first;
    for (int i = SIM_INDEX_LEVELS; i-- > 0;) {
        while (next[i] && is_before(next[i], at, key)) next = next[i]->next;
        places[i] = &next[i];
    }
}

/* Of four nodes of a level one is on the next, too. */
static int throw_levels(struct sim_index *index)
{
    int levels = 1;
    index->dice = index->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    for (uint64_t bits = index->dice >> 20; !(bits & 3) && levels < SIM_INDEX_LEVELS; bits >>= 2)
        levels++;
    return levels;
}

struct sim_node *sim_index_from(struct sim_index *index, ms_t at, struct str key)
{
    struct sim_node **places[SIM_INDEX_LEVELS];
    find(index, at, key, places);
    return *places[0];
}

static bool is_at(const struct sim_node *node, ms_t at, struct str key)
{
    return node && node->at == at && str_eq(node->key, key);
}

void *sim_index_get(struct sim_index *index, ms_t at, struct str key)
{
    struct sim_node *node = sim_index_from(index, at, key);
    return is_at(node, at, key) ? node->item : NULL;
}

void sim_index_add(struct sim_index *index, ms_t at, struct str key, void *item)
{
    struct sim_node **places[SIM_INDEX_LEVELS];
    find(index, at, key, places);
    assert(!is_at(*places[0], at, key));
    int levels = throw_levels(index);
    struct sim_node *node = malloc(sizeof *node + (size_t)levels * sizeof(struct sim_node *));
    if (!node) abort();
    *node = (struct sim_node){.at = at, .key = key, .item = item};
    for (int i = 0; i < levels; i++) {
        node->next[i] = *places[i];
        *places[i] = node;
    }
    index->n++;
}

void sim_index_remove(struct sim_index *index, ms_t at, struct str key)
{
    struct sim_node **places[SIM_INDEX_LEVELS];
    find(index, at, key, places);
    struct sim_node *node = *places[0];
    assert(is_at(node, at, key));
    for (int i = 0; i < SIM_INDEX_LEVELS && *places[i] == node; i++) *places[i] = node->next[i];
    free(node);
    index->n--;
}

void sim_index_clear(struct sim_index *index)
{
    for (struct sim_node *node = index->first[0], *next; node; node = next) {
        next = node->next[0];
        free(node);
    }
    *index = (struct sim_index){.dice = index->dice};
}
