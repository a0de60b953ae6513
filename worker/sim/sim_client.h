/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's connection to the Kafka in memory: its inputs, the changelog, its transactions. What
 * is asked for or started is done at once, unless `late` says otherwise.
 */
#ifndef EPILOGUE_SIM_CLIENT_H
#define EPILOGUE_SIM_CLIENT_H

#include "sim_kafka.h"

struct sim_client {
    struct input_port input;
    struct changelog_port changelog;
    struct transaction_port transaction;
    struct sim_kafka *kafka;
    /* settings of whoever runs it */
    size_t poll_max;         /* events of one poll; 0: as many as are wanted */
    int late;                /* so many takes of what was started, or asked for, come too early */
    size_t limit[topic_end]; /* the largest message that a topic takes; 0: 4 MB */
    /* the group */
    char name[64];
    bool is_static, wanted;
    struct sim_member *member; /* NULL: not joined */
    bool *owned;
    int32_t *shards;           /* of the last rebalance, as the event has them */
    bool gives_back;           /* a revocation was told; the next poll joins again */
    struct sim_fetch *fetches; /* of each partition of each topic */
    int32_t turn;              /* the shard whose records come first */
    struct sim_given *given;   /* what was not released yet */
    size_t given_n;
    /* questions */
    struct lookup_answer answer;
    struct input_end *ends;
    size_t ends_n;
    bool asked_facts, asked_ends;
    int facts_wait, ends_wait;
    /* the changelog */
    struct sim_fetch *readings;
    struct sim_record **held;
    size_t held_n, held_cap;
    /* transactions */
    char transactional_id[64];
    struct sim_producer *producer; /* NULL: not registered */
    int32_t epoch;
    bool is_open;
    int64_t *state_first, *state_end; /* of each shard; -1: nothing was produced */
    const struct position *positions;
    size_t positions_n;
    struct shard_commit *commits;
    size_t commits_n;
    enum { SIM_NOTHING_STARTED, SIM_PREPARES, SIM_COMMITS_NOW } started;
    bool is_done; /* what was started, with: */
    enum result result;
    struct error error;
    int waits;
    struct transaction_refusal refusal;
};

/* `name`: of the member; a static one is taken over when it comes again. Each start has a
 * transactional id of its own, but for that of a static member. */
struct sim_client *sim_client_new(struct sim_kafka *kafka, const char *name,
                                  const char *transactional_id, bool is_static);
/* As when its process dies: what it has begun stays with the brokers. free(NULL) is safe. */
void sim_client_free(struct sim_client *client);

/* Of client files. */
void sim_changelog_init(struct sim_client *client);
void sim_changelog_free(struct sim_client *client);
void sim_lookup_init(struct sim_client *client);
void sim_lookup_free(struct sim_client *client);
void sim_sender_init(struct sim_client *client);
void sim_sender_free(struct sim_client *client);
#endif
