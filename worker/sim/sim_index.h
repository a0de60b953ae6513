/* SPDX-License-Identifier: Apache-2.0 */
/* Items in the order of a time and, at the same time, of their keys' bytes; a skip list. */
#ifndef EPILOGUE_SIM_INDEX_H
#define EPILOGUE_SIM_INDEX_H

#include "common/str.h"
#include "common/timestamp.h"

#define SIM_INDEX_LEVELS 20

struct sim_node {
    ms_t at;
    struct str key; /* the item's: it lives as long as the node */
    void *item;
    struct sim_node *next[]; /* next[0] is the one behind it */
};

/* All zero is an empty one. */
struct sim_index {
    struct sim_node *first[SIM_INDEX_LEVELS]; /* first[0] is the first one */
    uint64_t dice;
    size_t n;
};

/* The first node at or behind this place; NULL: none. */
struct sim_node *sim_index_from(struct sim_index *index, ms_t at, struct str key);
/* The item at exactly this place; NULL: none. */
void *sim_index_get(struct sim_index *index, ms_t at, struct str key);
/* There must be none at this place yet. */
void sim_index_add(struct sim_index *index, ms_t at, struct str key, void *item);
/* Takes it out; there must be one. */
void sim_index_remove(struct sim_index *index, ms_t at, struct str key);
/* Frees the nodes, not the items, and leaves an empty index. */
void sim_index_clear(struct sim_index *index);

#endif
