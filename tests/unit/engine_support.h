/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine on the simulated store and clock, and a Kafka that gives out event by event what a test
 * has put there. Shards are active from the start; a restore is another test's subject.
 */
#ifndef EPILOGUE_TESTS_ENGINE_SUPPORT_H
#define EPILOGUE_TESTS_ENGINE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/internal.h"
#include "sim/sim_clock.h"
#include "sim/sim_store.h"

#define FAKE_START INT64_C(1793610000000) /* 2026-11-02T09:00:00Z */
#define FAKE_SHARDS 2

struct fake_message {
    int topic;
    int32_t partition;
    struct str key, value, type, ce_time, truncated, refused;
    int transaction; /* the how-manieth committed one */
};

struct fake {
    struct arena *arena;
    struct policy policy;
    struct limits limits;
    struct engine *engine;
    struct input_port input;
    struct changelog_port changelog;
    struct transaction_port transaction;
    struct store_port store;
    struct sim_clock clock;
    struct sim_store *stored;
    struct sim_store_client connection; /* behind `store` */
    size_t keys_loaded, keys_written;
    size_t loaded_before; /* keys, when the last apply began */
    /* what polls give out next */
    struct kafka_event *queue;
    size_t queue_n, queue_cap, given;
    /* Polls give what was fetched, and a fetch begins when a poll has taken all that was: it brings what
     * there is by then, or else the next record alone. */
    bool fetches;
    size_t fetched;
    int64_t ends[topic_end][FAKE_SHARDS]; /* next offset of each input */
    int64_t open[topic_end][FAKE_SHARDS]; /* records behind them, of an open transaction */
    size_t released;
    int polls;
    int32_t asked_for[FAKE_SHARDS]; /* lookups, by shard */
    /* what went out */
    struct fake_message *sent;
    size_t sent_n, sent_cap, pending_n;
    int begun, transactions; /* transactions: those that were committed */
    bool is_open;
    size_t largest, largest_bytes; /* transaction: messages, bytes */
    size_t bytes;
    struct position positions[FAKE_SHARDS * INPUTS];
    size_t positions_n;
    enum result commit_result;          /* of all commits from now on */
    int abort_next;                     /* so many commits from now on are ABORT */
    struct transaction_refusal refusal; /* for what they are */
    size_t limits_of[topic_end];        /* what the topics take; 0: 4 MB */
    int64_t commit_ms;                  /* what a commit takes */
    /* so many takes find nothing yet, of each that is started from now on */
    int prepare_waits, commit_waits, apply_waits;
    int waits_left;
    struct shard_commit *commits;
    size_t commits_n;
    int64_t state_end[FAKE_SHARDS];
    bool asked, silent; /* of ends_ask; ends_take has no answer while `silent` */
    struct input_end answer[FAKE_SHARDS * INPUTS];
    size_t answer_n;
    bool member; /* the engine wants to be in the group */
    int ready_asked;
};

/* `batch_max`: of the engine. `policy`: a file, NULL for the default one. */
void fake_set_up(struct fake *f, int batch_max, const char *policy);
void fake_tear_down(struct fake *f);
/* The fake `f` of a file of tests, and cmocka's set_up and tear_down for it. */
#define FAKE_FIXTURE(batch_max)             \
    static struct fake f;                   \
    static int set_up(void **state)         \
    {                                       \
        (void)state;                        \
        fake_set_up(&f, (batch_max), NULL); \
        return 0;                           \
    }                                       \
    static int tear_down(void **state)      \
    {                                       \
        (void)state;                        \
        fake_tear_down(&f);                 \
        return 0;                           \
    }
/* A record on the end of an input of its incident's shard; its key is cut from the value. */
void fake_put(struct fake *f, int topic, int32_t shard, ms_t at, const char *value);
/* Incident I<n>, of shard n % FAKE_SHARDS, is closed with findings F0, F1, … of so many bytes of
 * description each. */
void fake_close(struct fake *f, int n, int findings, int bytes);
/* The end of an input is seen next, behind what was put so far. */
void fake_end(struct fake *f, int topic, int32_t shard);
void fake_ends(struct fake *f, int32_t shard);
/* One step of the engine, which must not be FATAL. */
void fake_step(struct fake *f);
/* Steps until nothing is left in queue and inbox, and a step sends nothing. */
void fake_work_off(struct fake *f);
/* Lets time pass, on both clocks. */
void fake_pass(struct fake *f, int64_t ms);
/* How many committed messages have this ce_type and a key that begins so (NULL: any). */
size_t fake_count(const struct fake *f, const char *type, const char *key);

#endif
