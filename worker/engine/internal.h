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
    bool at_end;     /* everything that is there was read */
    ms_t last_time;  /* of the last record read; TIME_NONE: none yet */
    ms_t batch_time; /* the earliest of the records in hand; INT64_MAX: none */
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
    int64_t restored; /* records so far */
    int64_t since_ms; /* monotonic: when the restore began */
    /* of the batch that is being made */
    struct state_table *table; /* NULL: the batch does not touch the shard */
    bool dropped;              /* the batch goes on without this shard */
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
/* Up to when ticks may be taken: not beyond records that are still unread (their time comes first),
 * so that the same records give the same events however late they are read. */
ms_t shard_horizon(const struct shard *shard, ms_t now);

/* batch.c */
struct tick {
    int32_t shard;
    struct str key;
    ms_t at;
    ms_t until; /* later points of the same entry up to here are taken together with it */
};
/* Takes records (of active shards) and ticks through decide, transaction and apply. OK also when the
 * batch had to be dropped: then its shards are restarting. */
enum result batch_run(struct engine *engine, const struct record *const *records, size_t records_n,
                      const struct tick *ticks, size_t ticks_n, ms_t now, struct error *error);

/* engine.c */
/* Says the same trouble once in ten seconds. */
void engine_complain(struct engine *engine, const char *what, const struct error *error);

#endif
