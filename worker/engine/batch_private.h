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
    /* GIVE_UP: refused, and what was taken of it in batches before is ended */
    enum { ITEM_DECIDE, ITEM_REFUSE, ITEM_GIVE_UP, ITEM_FORWARD } fate;
    bool is_oversized; /* refused for what would follow from it */
    struct need need;
    struct entry *header; /* of its incident; NULL: of none */
};

/* What a message comes from. */
struct message_origin {
    struct shard *shard;
    const struct item *item; /* NULL: state, which several may have changed, or what several send */
    bool is_entry;           /* of a state record that is not $position: what changed it is */
    bool of_several;         /* several items of its incident, or */
    const struct item *last; /* one alone; NULL: none */
};

/* A time at which an entry wants a tick: from the store, or set by an event of this batch. */
struct due {
    ms_t at;
    struct entry *entry;
    bool done;
};

/* One shard's part of the batch. */
/* Finds the writes of a shard's part of a batch by their keys (overlay.c). */
struct overlay_index {
    uint32_t *slots;
    size_t mask;
};

struct batch_shard {
    const struct shard_plan *plan;
    struct shard *shard;
    struct state_table *table;
    struct item *items;     /* of the planned records */
    size_t taken;           /* records that were decided */
    struct record *records; /* once it is decided: these, and the next; without what they say, but
                             * for those of batch_is_sent_whole */
    size_t ticks_taken;
    bool in_spite;    /* a tick was taken in spite of what may be unread from before it */
    struct due *dues; /* earliest first */
    size_t dues_n, dues_cap;
    bool owes_ticks, was_cut;   /* what becomes of those of the shard */
    bool dropped;               /* the batch goes on without it, or it has begun again since */
    struct store_apply apply;   /* its writes in the order of their keys, and in `kept` */
    struct overlay_index index; /* where each of them is */
    int64_t batch;              /* its number */
    int64_t next[INPUTS];       /* the positions behind what was taken */
    int64_t entries;            /* stored once the batch is applied */
    int64_t waiting;            /* of them items that wait for a digest */
    ms_t wake_at;               /* the earliest wake time that it sets; TIME_NONE: none */
    struct standing {           /* of the shard before the batch: what a rollback puts back */
        int64_t batch, entries, waiting, next[INPUTS];
        struct input_mark marks[INPUTS];
        bool owes_ticks, was_cut;
    } before;
    struct addressed *items_out; /* that it sends (batch_items.c) */
    size_t items_out_n, items_cap;
    size_t records_out; /* in which they go */
};

enum batch_phase {
    BATCH_DECIDED,    /* nothing of it is sent yet */
    BATCH_PREPARING,  /* its messages and positions are on their way; all can be undone */
    BATCH_COMMITTING, /* the outcome is the broker's */
    BATCH_COMMITTED,  /* it waits for its turn at the store */
    BATCH_APPLYING,   /* the store takes it */
    BATCH_OVER,
    BATCH_GIVEN_UP, /* the process ends: what it is made of may be the producer's still */
};

/* From when it is decided everything that it needs is its own, so that the next one can be made
 * beside it: nothing that lasts longer points into `work`. */
struct batch {
    struct engine *engine;
    struct arena *work;  /* the engine's: what it is made of, until it is collected */
    struct arena *arena; /* what is sent of it, until that is committed */
    struct arena *kept;  /* what is written of it, until the store has taken that */
    enum batch_phase phase;
    ms_t now;
    struct plan plan;
    struct batch_shard *shards;
    size_t shards_n;
    struct decision decision;
    struct message *messages;
    size_t messages_n, messages_cap;
    struct message_origin *origins; /* of the messages */
    size_t origins_n, origins_cap;
    struct metrics_output *outputs; /* what is counted once they are committed */
    size_t outputs_n, outputs_cap;
    size_t bytes;       /* of the messages, and what their state may take */
    size_t touched;     /* entries that are written */
    bool full;          /* it ends here */
    bool large;         /* since no more fits into one transaction */
    enum result failed; /* why a step did */
    /* in flight */
    struct shard_commit *commits; /* of `shards` */
    struct store_apply *applies;  /* of `shards` */
    int64_t began_ms;             /* monotonic */
    int64_t looked_ms, waited_ms; /* monotonic: the last look; how long nothing has come */
};

/* `origin` is what it comes from. */
struct message *batch_add_message(struct batch *b, struct message_origin origin);
int32_t batch_partition_of(const struct batch *b, struct str key);
/* Whether the shard is still worked on as it was when it was decided: it is, while a batch of it is
 * in flight, unless it begins again or is another's. */
static inline bool batch_holds(const struct batch_shard *bs)
{
    return !bs->dropped && bs->shard->phase == SHARD_ACTIVE;
}
/* What is refused or forwarded is sent as it came; of all else the messages have copies. */
static inline bool batch_is_sent_whole(const struct item *item)
{
    return item->fate != ITEM_DECIDE;
}
/* Every shard of the batch goes back to what is committed. */
void batch_restart_all(struct batch *b);
/* From here on something else is waited for. */
void batch_enter(struct batch *b, enum batch_phase phase);

/* batch_load.c: makes the items, and loads what they need in one round trip (two where an incident
 * is needed whole). A shard whose copy in the store has moved is dropped from the batch. */
enum result batch_load(struct batch *b, struct error *error);
/* The same for one item that came up while others were decided. ABORT: the store's copy has moved,
 * so nothing of the batch can be committed. */
enum result batch_load_late(struct batch *b, struct batch_shard *bs, struct item *item,
                            struct error *error);
void batch_tick_item(struct item *item, struct str key, ms_t at);

/* batch_decide.c: decides as much as one transaction holds. REJECT: a record was refused for what
 * would follow from it, and all is to be decided again; nothing was sent yet. */
enum result batch_decide(struct batch *b, struct error *error);

/* batch_items.c: reminders that go to digests. */
/* A reminder, to be sent with others. */
void batch_add_items(struct batch *b, struct batch_shard *bs, const struct output *output);
/* All of the shard's, as messages. FATAL: a topic takes too little. */
enum result batch_send_items(struct batch *b, struct batch_shard *bs, struct error *error);

/* batch_collect.c: what was decided, as messages and as writes. REJECT as above. */
enum result batch_collect(struct batch *b, struct error *error);

/* batch_standing.c: what its shards stand at, and its records. */
/* It is decided: its shards stand behind it, and its records are its own. */
void batch_take_off(struct batch *b);
/* They stand before it again. Nothing that was decided behind it may be left. */
void batch_go_back(struct batch *b);

/*
 * batch_commit.c: one transaction. Each leaves the batch in the phase that follows, BATCH_OVER where
 * it was undone; FATAL leaves it as it is.
 */
enum result batch_begin(struct batch *b, struct error *error);
/* What is under way is done, with `result` and, if that is not OK, *error. */
enum result batch_prepared(struct batch *b, enum result result, struct error *error);
enum result batch_committed(struct batch *b, enum result result, struct error *error);
/* batch_apply.c: the same change in the store. RETRY and FATAL are the store's. */
void batch_apply(struct batch *b);
enum result batch_applied(struct batch *b, enum result result, struct error *error);

/* batch_refuse.c: what is larger than its topic takes, and what the brokers refuse. */
/* What the topic of a message takes; true: the message is within it. */
bool batch_fits(const struct batch *b, const struct message *m, struct topic_limit *limit);
/* The message is too large. REJECT: the record that it comes from is refused when the batch is decided
 * again (or: it is found out which one that is). FATAL: it comes from no record. */
enum result batch_refuse(struct batch *b, const struct message_origin *origin,
                         const struct message *m, struct error *error);
/* Whether what follows from the record is known to be too large: then the item is refused, or given
 * up. */
bool batch_is_oversized(const struct batch *b, struct item *item);
/* Its dead letter is committed. */
void batch_forget_oversized(const struct batch *b, const struct record *record);
/* The incident's state was too large: the batch ends behind this event of it. */
bool batch_is_suspect(const struct batch *b, const struct item *item);
/* The transaction was aborted for this; its shards are restarting. OK or FATAL. */
enum result batch_refused(struct batch *b, const struct transaction_refusal *refusal,
                          struct error *error);

#endif
