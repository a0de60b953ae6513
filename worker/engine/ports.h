/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine needs of the world, one table of functions for each conversation: the inputs, the
 * changelog, a transaction, the store, the clock. The real sides are kafka/ and redis/, the one in
 * memory is sim/; not one line of the engine knows which it has. All calls come from the engine's one
 * thread. What lasts is started, and asked for until it is done, so that the thread can go on: a
 * …_take gives its answer once, and waits for it up to `wait_ms`.
 */
#ifndef EPILOGUE_ENGINE_PORTS_H
#define EPILOGUE_ENGINE_PORTS_H

#include "codec/record.h"
#include "common/arena.h"
#include "common/error.h"

enum kafka_event_type {
    KAFKA_RECORD,
    KAFKA_END,          /* the end of topic/partition was reached at `offset` */
    KAFKA_OUT_OF_RANGE, /* topic/partition has no `offset` (any more): nothing more comes of it */
    KAFKA_ASSIGNED,     /* these shards are ours now; all their input partitions are paused */
    KAFKA_REVOKED,      /* they are not any more; `lost`: another may own them already */
};

struct kafka_event {
    enum kafka_event_type type;
    struct record record; /* KAFKA_RECORD; of KAFKA_END and KAFKA_OUT_OF_RANGE topic, partition and
                             offset */
    const int32_t *shards;
    size_t shards_n;
    bool lost;
};

/* The next offset to consume of one input partition. */
struct position {
    int topic;
    int32_t shard;
    int64_t offset;
};

/* One shard's part of a transaction. */
struct shard_commit {
    int32_t shard;
    int64_t batch;      /* its number: one above that of the shard's batch before */
    int64_t checkpoint; /* the changelog ended here when the batch was decided: what the transaction
                           adds to it must come at or behind it, or the changelog has lost some */
    int64_t state_end;  /* out: one past the last followup-state record produced for the shard */
};

struct changelog_record {
    int32_t shard;
    struct str key;
    struct str value; /* absent: a deletion */
    int64_t offset;
};

/* One input partition of a shard, as the brokers have it. */
struct lookup_input {
    int64_t committed;         /* the group's offset, once it was stable; -1: none */
    bool ours;                 /* it was committed by epilogue; else these are 0: */
    int64_t batch, checkpoint; /* of the batch that committed it (struct shard_commit) */
    int64_t low, high;         /* the first offset that is there; one past the last */
};

struct lookup_shard {
    int32_t shard;
    bool settled;      /* false: ask again, nothing else counts */
    int64_t low, high; /* of followup-state; what open transactions have written is below high */
    struct lookup_input inputs[topic_end];
};

/* What the brokers say of some shards, all read at about one time. */
struct lookup_answer {
    enum result result;          /* RETRY: nobody answered; FATAL; OK: see the shards */
    struct error error;          /* also with OK: why the first that is not settled is not */
    struct lookup_shard *shards; /* in the order asked */
    size_t n;
    const char *cluster; /* the id of the Kafka cluster; "" when it tells none */
    /* Of all offsets that epilogue has committed in this group: whether one was made with the
     * present partition count, and the place of one that was made with another (other: 0, none). */
    bool count_confirmed;
    int32_t other, other_shard;
    int other_topic;
};

/* The end of an input partition, below which every transaction has ended. */
struct input_end {
    int topic;
    int32_t shard;
    int64_t end;
    int64_t high; /* one past the last record, those of open transactions included; -1: not asked */
};

/* Why a transaction was aborted, beyond that it was. */
enum refusal_kind {
    REFUSAL_NONE,      /* no refusal: the next one may well go through */
    REFUSAL_TOO_LARGE, /* these messages are larger than their topics take */
    REFUSAL_UNNAMED, /* so is one of them, not known which: it will be when the same comes again */
    REFUSAL_CONDITION, /* no message's fault: it stays so until somebody changes something */
};

#define REFUSAL_MESSAGES_MAX 16

struct transaction_refusal {
    enum refusal_kind kind;
    /* TOO_LARGE, CONDITION: the first of the messages that are concerned, numbered in the order in
     * which they were produced; of a condition that concerns no message in particular n is 0 */
    size_t messages[REFUSAL_MESSAGES_MAX];
    size_t n;
    const char *condition; /* CONDITION: a few words for /readyz; a literal */
};

/* What a topic takes: bytes of encode_size. */
struct topic_limit {
    size_t bytes;        /* as far as is known, a larger message is refused */
    size_t safe;         /* what has to be cut is cut to this; 0: as far as it can be */
    bool is_known;       /* bytes is what the setting says; else it is below what was refused */
    const char *setting; /* which one that is */
};

/* The input topics, and the group that gives this worker its shards of them. */
struct input_port {
    void *self;

    /*
     * Whether the worker is to be in the group; at first it is not. true: the next poll joins it.
     * false: it gives back its shards, which the next polls report, and leaves.
     */
    void (*be_member)(void *self, bool wanted);

    /*
     * Up to `max` events; waits up to `timeout_ms` for the first, then takes what is there, until
     * there are `max` or some 16 MB of records. Rebalances are reported in order; when a revocation
     * is reported nothing more of these shards follows, and what this very call had taken of them
     * is left out. The shards are given back by the next call, not before (but for those that are
     * `lost`), so a transaction of them can still be ended. RETRY: brokers away; FATAL: fenced or
     * worse.
     */
    enum result (*poll)(void *self, struct kafka_event *events, size_t max, int timeout_ms,
                        size_t *n, struct error *error);
    /* Each record of poll is given back once, also when its shard is not ours any more. */
    void (*release)(void *self, const struct record *record);

    /* Fetching of input partitions (of any shards at once): only from `positions` on. Known to be
     * paused after KAFKA_ASSIGNED until resume. */
    enum result (*resume)(void *self, const struct position *positions, size_t n,
                          struct error *error);
    enum result (*pause)(void *self, int32_t shard, struct error *error);

    /* The ends of the inputs of these shards, and on demand what lies behind them, asked in the
     * background. ask: false while an earlier question is open. take: true once, when the answer is
     * there, which is valid until the next ask; n 0: no broker answered. */
    bool (*ends_ask)(void *self, const int32_t *shards, size_t n, bool high);
    bool (*ends_take)(void *self, const struct input_end **ends, size_t *n);
};

/* followup-state, and what else the brokers know of where a shard stands. */
struct changelog_port {
    void *self;

    /*
     * Asked in the background, as the ends of inputs. The stable offsets of a shard are read before
     * its ends: what is committed with an offset lies before `high`.
     */
    bool (*lookup_ask)(void *self, const int32_t *shards, size_t n);
    bool (*lookup_take)(void *self, const struct lookup_answer **answer);

    /*
     * Several shards side by side. read: up to `max` committed records of the open shards, in order
     * within each; waits up to `timeout_ms` for the first; slices are valid until the next read,
     * open or close. next: the offset to go on from, also past control records. Closing what is not
     * open is nothing.
     */
    enum result (*open)(void *self, int32_t shard, int64_t from, struct error *error);
    enum result (*read)(void *self, struct changelog_record *records, size_t max, int timeout_ms,
                        size_t *n, struct error *error);
    int64_t (*next)(void *self, int32_t shard);
    void (*close)(void *self, int32_t shard);
};

/*
 * One transaction after another, of one transactional id:
 *
 *     begin ─► produce… ─► prepare ─► commit            abort, from any of them
 *                           start,     start,
 *                           take       take
 *
 * Between a start and its take nothing else of the port is called but `limit`.
 * ABORT: call abort, then go back to what is committed; refusal says whether the same would be
 * refused again. RETRY from commit: the outcome is unknown; call recover. FATAL: fenced, or the
 * changelog has lost what is before a checkpoint.
 * Messages, positions and shards must stay as they are until commit or abort is done.
 */
struct transaction_port {
    void *self;
    enum result (*begin)(void *self, struct error *error);
    enum result (*produce)(void *self, const struct message *message, struct error *error);
    /*
     * All that can still be undone: sends `positions`, which carry in their metadata that they are
     * ours, the partition count, and their shard's batch and checkpoint; waits until every message
     * is acknowledged and every position taken; looks at what was acknowledged. It fills in the
     * state_end of each of `shards`.
     */
    void (*prepare_start)(void *self, const struct position *positions, size_t n,
                          struct shard_commit *shards, size_t shards_n);
    bool (*prepare_take)(void *self, int wait_ms, enum result *result, struct error *error);
    /* After a prepare that was OK. */
    void (*commit_start)(void *self);
    bool (*commit_take)(void *self, int wait_ms, enum result *result, struct error *error);
    enum result (*abort)(void *self, struct error *error);
    /* Makes the producer again, so that the outcome of the last commit is settled. */
    enum result (*recover)(void *self, struct error *error);
    /* After an ABORT of begin, produce or prepare, until the next begin. */
    const struct transaction_refusal *(*refusal)(void *self);
    /* What a topic takes. Follows what is refused; what was learned is forgotten after some minutes. */
    void (*limit)(void *self, int topic, struct topic_limit *limit);
};

#define STORE_NO_CHECKPOINT INT64_C(-1)

/* One shard's part of a load or an apply. */
struct store_load {
    int32_t shard;
    const struct str *keys;
    size_t n;
    struct str *values; /* out: absent where there is none; in the arena given */
    bool counted;       /* entries and wake_at are wanted too */
    int64_t checkpoint; /* out: STORE_NO_CHECKPOINT when the shard is empty */
    ms_t checkpoint_at; /* out: its stamp; TIME_NONE without one */
    struct str cluster; /* out: of which Kafka cluster it is; absent when that is not known */
    int64_t entries;    /* out: how many entries there are, `$position` apart */
    ms_t wake_at;       /* out: the earliest wake time; TIME_NONE without one */
};

struct store_write {
    struct str key;
    struct str value; /* absent: delete */
    ms_t wake_at;     /* TIME_NONE: none */
    bool stored;      /* a hint: the store has this key already; false when in doubt */
};

struct store_apply {
    int32_t shard;
    int64_t
        expected; /* the checkpoint that must be there, STORE_NO_CHECKPOINT for an empty shard */
    int64_t checkpoint; /* the new one */
    ms_t stamp; /* kept beside it: at that time nothing lay behind the checkpoint that has gone
                          from the changelog since; a restore keeps it until the end is reached */
    struct str cluster; /* kept beside it */
    bool clear;         /* forget the whole shard first */
    const struct store_write *writes;
    size_t n;
    bool applied; /* out: false: the checkpoint had moved, nothing was written */
    ms_t wake_at; /* out: the earliest wake time of the shard, TIME_NONE without one */
};

struct store_port {
    void *self;
    /* Whether it can be worked with: it answers as a master and takes writes. RETRY: not now, with
     * the sentence why; FATAL: it refuses us. */
    enum result (*ready)(void *self, struct error *error);
    /* All of them in one round trip. RETRY: not reachable (reconnects on the next call); FATAL: it
     * refuses (wrong password, wrong type, read-only). Errors leave the out members undefined. */
    enum result (*load)(void *self, struct arena *arena, struct store_load *loads, size_t n,
                        struct error *error);
    /*
     * Several shards, together or one after the other. A large one goes in pieces, of which only
     * the last moves the checkpoint: after a failure the checkpoint is the old one, and what
     * follows it has to be read again. `applies` and all that it points to stay until the take. One
     * at a time; load, due and entries can be called meanwhile, and see each shard before or after
     * it, or between two of its pieces.
     */
    void (*apply_start)(void *self, struct store_apply *applies, size_t n);
    bool (*apply_take)(void *self, int wait_ms, enum result *result, struct error *error);
    /* Keys of entries with wake_at <= until, earliest first, at most *n; sets *n. */
    enum result (*due)(void *self, struct arena *arena, int32_t shard, ms_t until, struct str *keys,
                       ms_t *wake_at, size_t *n, struct error *error);
    /* Keys of all entries of an incident (header_key and header_key + "|…"), or of the whole shard
     * with an absent header_key, from `after` on (absent: the start), in byte order, at most *n. */
    enum result (*entries)(void *self, struct arena *arena, int32_t shard, struct str header_key,
                           struct str after, struct str *keys, size_t *n, struct error *error);
};

struct clock_port {
    void *self;
    ms_t (*now)(void *self);             /* wall clock */
    int64_t (*monotonic_ms)(void *self); /* never goes back */
};

#endif
