/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the engine share. Not for others. */
#ifndef EPILOGUE_ENGINE_INTERNAL_H
#define EPILOGUE_ENGINE_INTERNAL_H

#include "core/decide.h"
#include "engine.h"
#include "mark.h"
#include "metrics.h"

#define BATCHES 2       /* with records; of what the store takes the writes alone are kept */
#define UNDER_WAY_MAX 3 /* ahead, flight, applying */
#define INPUTS 4        /* incident-closed, finding-updated, task-updated, epilogue-forwarded */

/* Refused records that a batch still has to take: it ends behind the first of them. */
#define OVERSIZED_MAX REFUSAL_MESSAGES_MAX

/* Records older than that are a backlog: they can wait for each other. */
#define BACKLOG_MS 2000

/* Enum topic and index of an input are one apart. */
static inline int input_topic(int index)
{
    return index + TOPIC_INCIDENT_CLOSED;
}

enum shard_phase {
    SHARD_NOT_OURS,
    SHARD_WAITS_FOR_BROKERS, /* stable committed offsets, and the ends of its partitions */
    SHARD_WAITS_FOR_STORE,   /* how far the store is */
    SHARD_READS_CHANGELOG,
    SHARD_RESTORED, /* the store is at the end; what it says has to be compared with the rest */
    SHARD_ACTIVE,
};

/* One input partition as the shard sees it. */
struct input {
    int64_t next;           /* the next offset to consume, committed with the state */
    struct input_mark mark; /* the last record before it */
    bool unverified;        /* fetching began at the mark: its record comes first, to be compared */
    /* what is known of what is unread: unread.c */
    int64_t seen;        /* all before this offset was read, decided or not */
    ms_t last_time;      /* of the last record read that has one; TIME_NONE: none yet */
    ms_t complete_until; /* all that was appended before was read; TIME_NONE: not known */
    int64_t asked_end;   /* the end at the time asked_at, and it is not reached yet; -1: none */
    ms_t asked_at;
    int64_t standing_ms; /* monotonic: since when `seen` has been the same behind the end; 0: no */
    bool is_stuck;       /* for so long that it is taken for an error */
    struct blocked {
        int64_t offset; /* all before it was read, and there an open transaction begins */
        int64_t since_ms, said_ms; /* monotonic; 0: it does not, it was not said yet */
    } blocked;
};

/* Batches move on what a shard stands at as soon as they are decided: it is what will be committed
 * when all that is under way is. */
struct shard {
    int32_t id;
    enum shard_phase phase;
    struct input inputs[INPUTS];
    int64_t checkpoint; /* the changelog offset that the store reflects, as far as we know */
    int64_t batch;      /* the number of the last batch of the shard */
    int64_t entries;    /* how many entries are stored, `$position` apart */
    int64_t waiting;    /* items of them that wait for a digest */
    ms_t next_wake;     /* no tick is earlier; exact when no batch is under way; TIME_NONE: none */
    /* while restoring */
    bool asked;                /* the brokers, since the restore began */
    struct lookup_shard found; /* what they answered */
    ms_t asked_at;             /* when: all that came later lies behind found.high */
    ms_t stamp;                /* of the store's copy until the end is reached */
    bool from_start;           /* the store was cleared: the whole changelog is read */
    bool distrusted;           /* the store's copy has something that cannot be read */
    uint64_t corrupt_entry;    /* that entry, as a hash; 0: none */
    uint64_t corrupt_key;      /* its key, as a hash: until an entry of this key could be read */
    int64_t doubted_ms; /* monotonic: since when something does not fit together; 0: it does */
    int64_t read_to;
    int64_t restored;                   /* records so far */
    int64_t since_ms;                   /* monotonic: when the restore began */
    struct input_mark given_up[INPUTS]; /* of inputs that begin anew: --accept-state-loss */
    int in_flight;                      /* batches under way that have written of it */
    bool owes_ticks; /* the last batch took its records, and of the ticks only those before them */
    bool was_cut;    /* the last batch was full before its ticks had their turn */
    /* All its positions were committed since it began; else the next commit has all of them. */
    bool are_positions_committed;
    /* monotonic; 0: they do not */
    int64_t gathering_ms; /* since when its records wait for inputs that are not seen yet */
    int64_t held_ms;      /* since when the first one waits for what may be before it */
    /* Kafka refused what was to be written, for a reason that is not a record's */
    bool is_hindered;          /* until a batch of it is committed */
    const char *condition;     /* that reason, for /readyz */
    int64_t hindered_until_ms; /* monotonic: it waits until then before it tries again */
};

/* A record that was read, until a batch takes it. */
struct inbox_slot {
    struct record record; /* first, so that a record of the inbox leads to its slot */
    ms_t appended_at;     /* its Kafka time, where record.timestamp is that at which it counts */
    bool done;            /* not ours any more: goes back at the end of the step */
    bool taken;           /* by a batch, which gives it back */
};

struct engine {
    struct engine_options options;
    struct input_port *input;
    struct changelog_port *changelog;
    struct transaction_port *transaction;
    struct store_port *store;
    struct clock_port *clock;
    struct metrics *metrics;
    struct decoder decoder;
    struct encoder encoder;
    struct arena *arena;        /* of one step, or of one piece of a restore */
    struct arena *source_arena; /* lives as long as the engine */
    struct shard *shards;
    bool joined;
    struct membership {
        bool in_group;     /* or on its way there */
        bool store_down;   /* nothing is asked of the store until it says that it is ready */
        int64_t called_ms; /* monotonic: the last call */
        int64_t apply_ms;  /* the last start of an apply */
        int64_t since_ms;  /* of this outage; 0: there is none */
        int64_t failed_ms; /* its last failure */
        int64_t next_ms;   /* when it is asked whether it is ready */
        int64_t pause_ms;  /* between two such questions: longer from one to the next */
        char not_ready[METRICS_REASON_BYTES]; /* why, for /readyz */
    } membership;
    struct store_port *real_store; /* behind `store`, which membership.c makes */
    struct store_port watched_store;
    int64_t next_retry_ms;     /* monotonic: restores wait until then after a failure */
    int64_t next_ask_ms;       /* monotonic: when what was not settled is asked again */
    int64_t last_piece_ms;     /* monotonic: when a restore read something last */
    int64_t next_loss_ms;      /* monotonic: when a changelog that lost its start is spoken of */
    bool counts_compared;      /* the partition count of all positions in the store, since the
                                   last assignment */
    bool count_confirmed;      /* something that is committed was made with the present count */
    struct str cluster;        /* the id of the Kafka cluster, as it is kept in the store */
    int64_t next_watch_ms;     /* monotonic: when to look at the checkpoints again */
    int64_t last_complaint_ms; /* monotonic: one log line in ten seconds */
    /* One batch at each stage, or NULL; from the last to the first they are in the order in which
     * they were decided. */
    struct batch *ahead;    /* decided, and nothing of it is sent */
    struct batch *flight;   /* in a transaction; or it is committed, and waits for the store */
    struct batch *applying; /* committed, and the store takes what is left of it: its writes */
    struct batch *spares[BATCHES]; /* for the next ones */
    size_t spares_n;
    struct batch *spare_writes; /* for what the store takes next */
    bool must_give_back; /* shards, by the next poll, for which all of them have to be over */
    struct kafka_event *events; /* inbox_cap of them */
    struct inbox_slot *inbox;
    size_t inbox_n, inbox_cap, inbox_bytes;
    bool asking; /* for the ends of inputs, since asked_at */
    ms_t asked_at;
    int64_t next_ends_ms; /* monotonic: not again before */
    int64_t next_all_ms;  /* when all shards are asked for */
    /* Of a restore: what the store takes while more is read. None of it outlasts restore_run(). */
    struct restore_piece {
        struct arena *arena; /* of all that follows */
        struct store_apply *applies;
        size_t *records; /* of each */
        size_t n;        /* 0: nothing is under way */
    } piece;
    /* Why a shard is not restored yet, at restore_waits_ms. */
    char restore_waits[METRICS_REASON_BYTES];
    int64_t restore_waits_ms;
    bool has_stuck;   /* an input is_stuck */
    size_t take_max;  /* records of the next batch: less after one that was too much */
    int32_t first;    /* the shard that comes first in the next batch */
    bool idle;        /* the last batch took nothing */
    int rest_ms;      /* how long the next one may still wait for more */
    int64_t large_ms; /* monotonic: when the last large batch was over; 0: its memory went back */
    bool kafka_down;
    char kafka_not_ready[METRICS_REASON_BYTES];
    struct oversized {
        int topic;
        int32_t partition;
        int64_t offset;
        int refusing; /* enum topic: which one does not take what follows from the record */
        size_t bytes; /* that it would have */
        bool is_rest; /* what ends the part of it that was taken before is too large as well */
    } oversized[OVERSIZED_MAX];
    size_t oversized_n; /* ever; the latest OVERSIZED_MAX are kept */
    /* The header of an incident whose state is too large: a batch takes one of its events, so that
     * it is known which one made it so. Empty: none. */
    struct buf suspect;
    int64_t suspect_until_ms;  /* monotonic */
    const char *condition;     /* the last that was said of why shards are hindered */
    int condition_tries;       /* in a row */
    int64_t next_condition_ms; /* monotonic: when it is said again */
    int64_t next_old_ms;       /* monotonic: when a record that waits for long is spoken of */
};

/* Milliseconds that never go back. */
static inline int64_t monotonic(const struct engine *engine)
{
    return engine->clock->monotonic_ms(engine->clock->self);
}

/* shard.c */
/* A shard begins (again) with what is committed: pauses it, restores it, resumes it. */
void shard_restart(struct engine *engine, struct shard *shard);
/* The store's copy has an entry that cannot be read: the next restore begins with an empty one. */
void shard_distrust(struct shard *shard, const char *key, const struct error *why);
/* Takes what the store says is the earliest tick. */
enum result shard_refresh_wake(struct engine *engine, struct shard *shard, struct error *error);
/*
 * The first that comes of an input whose `unverified` is set (and is not any more afterwards): the
 * record that was consumed last, again. FATAL when it is another one: the topic was recreated.
 * Records below the input's `next` are not to be handled. The shard can be restarting afterwards.
 */
enum result shard_verify(struct engine *engine, struct shard *shard, const struct record *first,
                         struct error *error);

/* evidence.c: what is refused. OK: go on; ABORT: the shard is restarting; FATAL: the sentence. */
/* Whether the brokers' answer speaks of another partition count. */
enum result evidence_of_group(struct engine *engine, const struct lookup_answer *answer,
                              struct error *error);
/* Whether a `$position` does (absent: it does not); notes one that has the present count. REJECT: it
 * cannot be read. */
enum result evidence_of_count(struct engine *engine, int32_t shard, struct str position,
                              struct error *error);
/* What the store has against what the changelog has. *clear: why it cannot be built upon and the
 * changelog has to be read from its start; NULL when it can be. */
enum result evidence_of_store(struct engine *engine, struct shard *shard,
                              const struct store_load *load, const char **clear,
                              struct error *error);
/* The number of entries at the end of the changelog. *clear as above. */
enum result evidence_of_entries(struct engine *engine, struct shard *shard, int64_t found,
                                const struct position_entry *known, const char **clear,
                                struct error *error);
/* Where consuming starts: fills the shard's inputs, and one position to resume at for each. */
enum result evidence_of_inputs(struct engine *engine, struct shard *shard,
                               const struct position_entry *known,
                               struct position positions[INPUTS], struct error *error);
/* The sentence in *error is a loss: FATAL with it, or OK with a log line where it is accepted;
 * `then`: what happens in this case. */
enum result evidence_of_loss(struct engine *engine, const struct shard *shard, const char *then,
                             struct error *error);
/* Says now and then that a changelog has lost its start: Redis is whole, so work goes on, but it is
 * the only whole copy. */
void evidence_warn_of_losses(struct engine *engine);

/* membership.c */
/* The store as the engine calls it: what it waits for can be seen, and failures are noted. */
void membership_set_up(struct engine *engine, struct store_port *store);
/* Where the store is away: asks it whether it is ready. Joins the group once it is, and leaves it
 * when it was not for too long. Whether the store may be called now is !membership.store_down.
 * FATAL: it refuses us. */
enum result membership_serve(struct engine *engine, struct error *error);

/* restore.c */
/* Pieces of all restores that run, for some 200 ms at most; returns at once when all have to wait. */
enum result restore_run(struct engine *engine, struct error *error);
bool restore_is_running(const struct engine *engine);

/* restore_apply.c */
/* Whether a batch is at work on the store: one at a time writes there. */
bool restore_has_to_wait(const struct engine *engine);
/* The store's apply from start to take. */
enum result restore_write(struct engine *engine, struct store_apply *applies, size_t n,
                          struct error *error);
/* Has the store take what was read of the changelogs, once it has taken what was read before. The
 * error may be of either. */
enum result restore_apply(struct engine *engine, const struct changelog_record *records,
                          size_t records_n, struct error *error);
/* Waits until the store has taken it; what had moved there begins again. */
enum result restore_settle(struct engine *engine, struct error *error);

/* inbox.c */
/* How many records it still takes; 0: it is full. */
size_t inbox_room(const struct engine *engine);
/* Takes over the record of an event of poll; there is room. `appended_at`: its Kafka time, TIME_NONE
 * for none. */
void inbox_add(struct engine *engine, const struct record *record, ms_t appended_at);
/* Says how long the oldest record of epilogue-forwarded in hand has stood there, and warns before
 * retention takes what stands behind it. */
void inbox_watch_forwarded(struct engine *engine);
/* The records of one shard are not taken any more: they are read again, or another's. */
void inbox_drop(struct engine *engine, int32_t shard);
/* A batch takes the record, and releases it. */
struct record inbox_take(const struct record *record);
/* Gives back what is done. No pointer to a slot of the inbox is good behind it. */
void inbox_sweep(struct engine *engine);

/* unread.c */
void unread_begin(struct input *input, int64_t next);
void unread_note_record(struct input *input, const struct record *record, ms_t now);
void unread_note_end(struct input *input, int64_t offset);
/* Up to when all records of an input are known, those in the inbox included; at most `now`. */
ms_t unread_horizon(const struct input *input, ms_t now);
/* The same of all inputs of a shard. */
ms_t unread_shard_horizon(const struct shard *shard, ms_t now);
/* Asks where the inputs end when somebody waits for it, and takes the answers. */
void unread_serve(struct engine *engine);

/* blocked.c */
/* Says when an input waits for a transaction that nobody ends, and when that is over. */
void blocked_note(struct engine *engine, const struct input_end *end);
/* Counts such inputs. Whether one may be of them, so that the brokers should be asked soon. */
bool blocked_count(struct engine *engine);

/* plan.c */
struct tick {
    struct str key;
    ms_t at;
};
/* What a batch may take of one shard. */
struct shard_plan {
    struct shard *shard;
    const struct record *const *records; /* in the order in which they are to be taken */
    size_t records_n;                    /* as many as the batch may take */
    size_t in_hand;                      /* as many as there are */
    const struct tick *ticks;            /* earliest first */
    size_t ticks_n;
    ms_t ticks_until; /* the store may have more ticks from this time on */
    ms_t ticks_to;    /* up to this time they are known */
};
struct plan {
    struct shard_plan *shards;
    size_t n;
};
/* The plan lies in `arena`, but for its records, which are those of the inbox. */
enum result plan_make(struct engine *engine, struct arena *arena, ms_t now, struct plan *plan,
                      struct error *error);
/* A batch of so many records is over, and took so long. */
void plan_note_landed(struct engine *engine, size_t records, int64_t took_ms);
/* How long to wait for more records before the next poll: twice behind a batch, then 0. */
int plan_rest_ms(struct engine *engine);

/* batch.c: plan ─► load ─► decide ─► DECIDED ─► PREPARING ─► COMMITTING ─► COMMITTED ─► APPLYING */
struct batch *batch_new(struct engine *engine);
/* free(NULL) is safe. */
void batch_free(struct batch *b);
/* Plans and decides a batch, when there is something to do, and begins its transaction if none is
 * open; no batch is ahead. OK also when the batch had to be dropped: then its shards are restarting.
 * RETRY: the store did not answer. */
enum result batch_start(struct engine *engine, ms_t now, struct error *error);
/* Whether a batch is at any stage. */
bool batch_is_under_way(const struct engine *engine);
/* Lets the batches under way go on as far as they have come; waits up to `wait_ms` for what the
 * first of them waits for. Results as of batch_start; FATAL also when one has been held up for too
 * long. */
enum result batch_advance(struct engine *engine, int wait_ms, struct error *error);
/* At the end of a turn: what was committed in it, and waited for what the next batch loads, goes to the
 * store. Results as of batch_advance. */
enum result batch_apply_committed(struct engine *engine, struct error *error);
/* The batch that is ahead is not to be: its shards are restarting. */
void batch_drop_ahead(struct engine *engine);
/* Frees what the last batches needed; none is under way. */
void batch_give_memory_back(struct engine *engine);
/* For the end: gives back the records of the batches under way, however far they are. */
void batch_abandon(struct engine *engine);

/* batch_refuse.c */
/* Whether Kafka refuses what a shard writes, and it is not time to try again. */
bool refuse_is_waiting(const struct engine *engine, const struct shard *shard);
/* A batch of the shard is committed, or it has nothing left to write. */
void refuse_is_over(struct engine *engine, struct shard *shard);

/* engine.c */
/* Says the same trouble once in ten seconds. */
void engine_complain(struct engine *engine, const char *what, const struct error *error);

#endif
