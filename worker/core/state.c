/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the entries of a batch: found by their keys, and linked to their headers and to what they
 * are stored in. */
#include "state.h"

#include "common/hash.h"

struct state_table {
    struct arena *arena;
    struct entry **slots; /* open addressing; a power of two, at most half full */
    size_t mask;
    size_t n;
    struct entry *first, *last;
    struct entry *touched;
    struct entry *to_write, *last_to_write;
};

struct state_table *state_new(struct arena *arena)
{
    struct state_table *t = ARENA_NEW(arena, struct state_table);
    t->arena = arena;
    t->mask = 63;
    t->slots = arena_zalloc(arena, (t->mask + 1) * sizeof(struct entry *));
    return t;
}

static struct entry **slot_of(const struct state_table *t, struct str key, uint64_t hash)
{
    size_t at = hash & t->mask;
    while (t->slots[at] && !(t->slots[at]->hash == hash && str_eq(t->slots[at]->key, key)))
        at = (at + 1) & t->mask;
    return &t->slots[at];
}

static void widen(struct state_table *t)
{
    t->mask = t->mask * 2 + 1;
    t->slots = arena_zalloc(t->arena, (t->mask + 1) * sizeof(struct entry *));
    for (struct entry *e = t->first; e; e = e->next) *slot_of(t, e->key, e->hash) = e;
}

struct entry *state_find(const struct state_table *table, struct str key)
{
    return *slot_of(table, key, hash_key(key));
}

static void add_to_header(struct entry *e, struct entry *header)
{
    e->header = header;
    header->last_sibling->next_sibling = e;
    header->last_sibling = e;
}

static void add_to_holder(struct entry *e, struct entry *holder)
{
    struct entry *before = holder;
    while (before->next_part && str_cmp(before->next_part->key, e->key) < 0)
        before = before->next_part;
    e->holder = holder;
    e->next_part = before->next_part;
    before->next_part = e;
}

struct entry *state_entry(struct state_table *t, struct str key)
{
    uint64_t hash = hash_key(key);
    struct entry **slot = slot_of(t, key, hash);
    if (*slot) return *slot;
    if (t->n * 2 >= t->mask) {
        widen(t);
        slot = slot_of(t, key, hash);
    }
    struct entry *e = ARENA_NEW(t->arena, struct entry);
    e->key = arena_str(t->arena, key);
    e->hash = hash;
    e->wake_at = TIME_NONE;
    *slot = e;
    t->n++;
    if (t->last)
        t->last->next = e;
    else
        t->first = e;
    t->last = e;

    struct str header_key = state_header_key(e->key);
    e->type = state_type_of(e->key);
    e->header = e->last_sibling = e->holder = e;
    if (header_key.n < e->key.n) add_to_header(e, state_entry(t, header_key));
    struct str holder_key = state_holder_key(t->arena, e->key);
    if (holder_key.p != e->key.p) add_to_holder(e, state_entry(t, holder_key));
    return e;
}

struct entry *state_first(const struct state_table *table)
{
    return table->first;
}

bool state_is_known(const struct entry *entry)
{
    return entry->exists || entry->holder->loaded || entry->header->whole;
}

static void add_to_write(struct state_table *t, struct entry *holder)
{
    if (holder->to_write) return;
    holder->to_write = true;
    if (t->last_to_write)
        t->last_to_write->next_to_write = holder;
    else
        t->to_write = holder;
    t->last_to_write = holder;
}

struct entry *state_first_to_write(const struct state_table *table)
{
    return table->to_write;
}

void state_touch(struct state_table *table, struct entry *entry)
{
    entry->dirty = true;
    add_to_write(table, entry->holder);
    if (entry->touched) return;
    entry->touched = true;
    entry->next_touched = table->touched;
    table->touched = entry;
}

struct entry *state_take_touched(struct state_table *table)
{
    struct entry *touched = table->touched;
    for (struct entry *e = touched; e; e = e->next_touched) e->touched = false;
    table->touched = NULL;
    return touched;
}
