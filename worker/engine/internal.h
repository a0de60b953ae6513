/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the engine share. Not for others. */
#ifndef EPILOGUE_ENGINE_INTERNAL_H
#define EPILOGUE_ENGINE_INTERNAL_H

#include "core/decide.h"
#include "engine.h"
#include "mark.h"
#include "metrics.h"

#define INPUTS 4 /* incident-closed, finding-updated, task-updated, epilogue-forwarded */

#define POISONED_MAX 16

/* Enum topic and index of an input are one apart. */
static inline int input_topic(int index)
{
    return index + TOPIC_INCIDENT_CLOSED;
}

enum shard_phase {
    SHARD_NOT_OURS,
    SHARD_WAITS_FOR_OFFSETS,   /* stable committed offsets */
    SHARD_WAITS_FOR_WATERMARK, /* the end of the changelog, and how far the store is */
    SHARD_READS_CHANGELOG,
    SHARD_ACTIVE,
};

/* One input partition as the shard sees it. */
struct input {
    int64_t next;           /* the next offset to consume, committed with the state */
    struct input_mark mark; /* the last record before it */
    bool unverified;        /* fetching began at the mark: its record comes first, to be compared */
    /* what is known of what is unread: unread.c */
    int64_t seen;        /* all before this offset was read, decided or not */
    ms_t last_time;      /* of the last record read; TIME_NONE: none yet */
    bool at_end;         /* nothing was behind `seen` when the library's queue was empty */
    bool doubted;        /* the loop stood still: what the library says may be old */
    ms_t complete_until; /* all that was appended before was read; TIME_NONE: not known */
    int64_t asked_end;   /* the end at the time asked_at, and it is not reached yet; -1: none */
    ms_t asked_at;
    int64_t standing_ms; /* monotonic: since when `seen` has been the same behind the end; 0: no */
    bool is_stuck;       /* for so long that it is taken for an error */
};

struct shard {
    int32_t id;
    enum shard_phase phase;
    struct input inputs[INPUTS];
    int64_t watermark; /* the changelog offset that the store reflects, as far as we know */
    int64_t batch;     /* the number of the last committed batch of the shard */
    int64_t entries;   /* how many entries are stored, internal ones apart */
    ms_t next_wake;    /* the earliest tick; TIME_NONE: none */
    /* while restoring */
    int64_t committed[INPUTS];
    int64_t high, read_to;
    int64_t restored;     /* records so far */
    int64_t since_ms;     /* monotonic: when the restore began */
                          /* monotonic; 0: they do not */
    int64_t gathering_ms; /* since when its records wait for inputs that are not seen yet */
    int64_t held_ms;      /* since when the first one waits for what may be before it */
};

/* A record that was read, until it is decided. */
struct inbox_slot {
    struct record record; /* first, so that a record of the inbox leads to its slot */
    bool done;            /* committed, or not ours any more: goes at the end of the step */
};

struct engine {
    struct engine_options options;
    struct kafka_port *kafka;
    struct store_port *store;
    struct clock_port *clock;
    struct metrics *metrics;
    struct decoder decoder;
    struct encoder encoder;
    struct arena *arena;        /* of one batch, or of one piece of a restore */
    struct arena *source_arena; /* lives as long as the engine */
    struct shard *shards;
    bool joined;
    bool store_down;
    int64_t next_retry_ms;      /* monotonic: restores wait until then after a failure */
    int64_t next_watch_ms;      /* monotonic: when to look at the watermarks again */
    int64_t last_complaint_ms;  /* monotonic: one log line in ten seconds */
    struct kafka_event *events; /* batch_max of them */
    struct inbox_slot *inbox;   /* batch_max of them */
    size_t inbox_n;
    bool drained;      /* the last poll left nothing in the library's queue */
    ms_t polled_at;    /* when it ended */
    int64_t polled_ms; /* the same, monotonic */
    bool asking;       /* for the ends of the inputs, since asked_at */
    ms_t asked_at;
    bool asked_before_stall; /* the loop has stood still since */
    int64_t next_ask_ms;     /* monotonic */
    bool has_stuck;          /* an input is_stuck */
    size_t take_max;         /* records of the next batch: less after one that was too much */
    int32_t first;           /* the shard that comes first in the next batch */
    bool idle;               /* the last batch took nothing */
    int careful; /* records still to be taken one at a time: the effect of one of them is too large */
    int32_t restore_first; /* the shard whose restore has the next turn */
    bool kafka_down;
    struct record_place {
        int topic;
        int32_t partition;
        int64_t offset;
    } poisoned
        [POISONED_MAX]; /* records whose effects no topic takes: refused when they come again */
    size_t poisoned_n;  /* ever; the latest POISONED_MAX are kept */
};

/* shard.c */
/* A shard begins (again) with what is committed: pauses it, restores it, resumes it. */
void shard_restart(struct engine *engine, struct shard *shard);
/* One piece of a restore; returns at once when it has to wait. */
enum result shard_restore(struct engine *engine, struct shard *shard, struct error *error);
/* Takes what the store says is the earliest tick. */
enum result shard_refresh_wake(struct engine *engine, struct shard *shard, struct error *error);

/* inbox.c */
/* Takes over the record of an event of poll; there is room. */
void inbox_add(struct engine *engine, const struct record *record);
/* The records of one shard are not taken any more: they are read again, or another's. */
void inbox_drop(struct engine *engine, int32_t shard);
void inbox_done(const struct record *record);
/* Gives back what is done. Nothing may point into the inbox. */
void inbox_sweep(struct engine *engine);

/* unread.c */
void unread_begin(struct input *input, int64_t next);
void unread_note_record(struct input *input, const struct record *record);
void unread_note_end(struct input *input, int64_t offset);
/* After each poll that was allowed to wait `wait_ms`. */
void unread_polled(struct engine *engine, int wait_ms);
/* Up to when all records of an input are known, those in the inbox included. */
ms_t unread_horizon(const struct engine *engine, const struct input *input);
/* The same of all inputs of a shard. */
ms_t unread_shard_horizon(const struct engine *engine, const struct shard *shard);
/* Asks where the inputs end when somebody waits for it, and takes the answers. */
void unread_serve(struct engine *engine);

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
};
struct plan {
    struct shard_plan *shards;
    size_t n;
};
enum result plan_make(struct engine *engine, ms_t now, struct plan *plan, struct error *error);

/* batch.c */
/* Takes what was planned through decide, transaction and apply. OK also when the batch had to be
 * dropped: then its shards are restarting. */
enum result batch_run(struct engine *engine, const struct plan *plan, ms_t now,
                      struct error *error);

/* engine.c */
/* Says the same trouble once in ten seconds. */
void engine_complain(struct engine *engine, const char *what, const struct error *error);

#endif
