/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the entries that one batch has loaded or made, so that its events see each other's
 * changes. */
#ifndef EPILOGUE_CORE_STATE_H
#define EPILOGUE_CORE_STATE_H

#include "state_key.h"

struct entry {
    struct str key;
    uint64_t hash;
    enum entry_type type;
    bool exists;  /* false: known not to be stored, or deleted in this batch */
    bool dirty;   /* changed in this batch */
    bool touched; /* since the table's touched entries were last forgotten */
    ms_t wake_at; /* when it wants its next tick, once it is dirty; TIME_NONE: never */
    /* of a holder alone */
    bool loaded;     /* the engine has asked the store for it */
    bool stored;     /* it was in the store when loaded */
    bool to_write;   /* it or a part of it is dirty; deleted when it does not exist any more */
    bool to_follow;  /* a finding that was touched, and not looked at by recurrence.c since */
    bool counted;    /* the engine's own: it is among what a transaction will hold */
    unsigned events; /* the engine's own, of a header: how many were decided of it */
    const void *last_event; /* the last of them */
    union {
        void *body;
        struct incident *incident;
        struct closure *closure;
        struct finding *finding;
        struct task *task;
        struct duty *duty;
        struct merged_lists *merged;
        struct waiting *waiting;
        struct recipient_state *recipient;
        struct items *items;
        struct cause_state *cause;
    };
    struct entry *next;         /* all entries of the table, in order of arrival */
    struct entry *next_sibling; /* the entries of one header, in order of arrival */
    struct entry *next_touched;
    struct entry *next_to_write; /* of a holder: in the order in which they were first touched */
    struct entry *header;        /* its incident's or recipient's; itself for a header */
    struct entry *holder;        /* what it is stored in; itself for a holder */
    struct entry *next_part;     /* holder first, then its parts in the order of their keys */
    struct entry *last_sibling;  /* header only */
    bool whole;                  /* header only: every stored entry of the incident is here, as is
                                   true of one that the store does not know; of a recipient as many
                                   as one digest takes */
};

struct state_table;

/* A table in the arena; gone with it. `shard` is the partition whose state it holds. */
struct state_table *state_new(struct arena *arena);
/* The entry of this key, made (absent, not loaded) when it is not there yet. The key is copied.
 * The type, the header entry and the holder come from the key. */
struct entry *state_entry(struct state_table *table, struct str key);
/* The entry of this key or NULL. */
struct entry *state_find(const struct state_table *table, struct str key);
/* The first entry; go on by ->next. */
struct entry *state_first(const struct state_table *table);
/* Whether the entry is known, be it as absent: the store was asked for it, or it was made here. */
bool state_is_known(const struct entry *entry);
/* The entry is to be written, or deleted when it does not exist any more. */
void state_touch(struct state_table *table, struct entry *entry);
/* The first holder that is to be written, or deleted; go on by ->next_to_write. */
struct entry *state_first_to_write(const struct state_table *table);
/* What was touched since the last call, to be followed by ->next_touched; forgets it. decide_event
 * takes it at its end, so it is what one event has touched. */
struct entry *state_take_touched(struct state_table *table);

#endif
