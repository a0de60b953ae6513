/* SPDX-License-Identifier: Apache-2.0 */
/* What the files batch*.c share. Not for others. */
#ifndef EPILOGUE_ENGINE_BATCH_PRIVATE_H
#define EPILOGUE_ENGINE_BATCH_PRIVATE_H

#include "internal.h"

/* One record or tick on its way. */
struct item {
    const struct record *record; /* NULL: a tick */
    struct event event;
    struct refused refused;
    enum { ITEM_DECIDE, ITEM_REFUSE, ITEM_FORWARD } fate;
    struct need need;
    struct entry *header; /* of its incident; NULL: of none */
};

/* A time at which an entry wants a tick: from the store, or set by an event of this batch. */
struct due {
    ms_t at;
    struct entry *entry;
    bool done;
};

/* One shard's part of the batch. */
struct batch_shard {
    const struct shard_plan *plan;
    struct shard *shard;
    struct state_table *table;
    struct item *items; /* of the planned records */
    size_t taken;       /* records that were decided */
    size_t ticks_taken;
    bool in_spite;    /* a tick was taken in spite of what may be unread from before it */
    struct due *dues; /* earliest first */
    size_t dues_n, dues_cap;
    bool dropped; /* the batch goes on without it */
    struct store_apply apply;
    int64_t next[INPUTS]; /* the positions behind what was taken */
    int64_t entries;      /* stored once the batch is applied */
};

struct batch {
    struct engine *engine;
    struct arena *arena;
    ms_t now;
    struct batch_shard *shards;
    size_t shards_n;
    struct decision decision;
    size_t encoded; /* outputs that are messages already */
    struct message *messages;
    size_t messages_n, messages_cap;
    size_t bytes;           /* of the messages, and what their state may take */
    size_t touched;         /* entries that are written */
    bool full;              /* no more fits into one transaction */
    struct item *too_large; /* its effects do not fit any topic: once more, without it */
};

struct message *batch_add_message(struct batch *b);
int32_t batch_partition_of(const struct batch *b, struct str key);
/* Every shard of the batch goes back to what is committed. */
void batch_restart_all(struct batch *b);

/* batch_load.c: makes the items, and loads what they need in one round trip (two where an incident
 * is needed whole). A shard whose copy in the store has moved is dropped from the batch. */
enum result batch_load(struct batch *b, struct error *error);
/* The same for one item that came up while others were decided. ABORT: the store's copy has moved,
 * so nothing of the batch can be committed. */
enum result batch_load_late(struct batch *b, struct batch_shard *bs, struct item *item,
                            struct error *error);
void batch_tick_item(struct item *item, struct str key, ms_t at);

/* batch_decide.c: decides as much as one transaction holds. REJECT: b->too_large is. */
enum result batch_decide(struct batch *b, struct error *error);

/* batch_commit.c: one transaction, then the store. */
bool batch_collect(struct batch *b);
enum result batch_commit(struct batch *b, struct error *error);
enum result batch_apply(struct batch *b, struct error *error);
/* The next batches take one record each, until the one that is too much is found and refused. */
enum result batch_refuse_too_large(struct batch *b, struct error *error);

#endif
