/* SPDX-License-Identifier: Apache-2.0 */
/* What lookup.c and lookup_answer.c share. */
#ifndef EPILOGUE_KAFKA_LOOKUP_PRIVATE_H
#define EPILOGUE_KAFKA_LOOKUP_PRIVATE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "kafka_conf.h"
#include "lookup.h"

enum state { IDLE, ASKED, ANSWERED };

/* While ASKED, shards and answer are the thread's; else they are the caller's. */
struct question {
    enum state state;
    int32_t *shards;
    size_t n;
};

struct lookup {
    const struct config *config;
    int32_t partitions;
    rd_kafka_t *all;    /* read_uncommitted: the end of a partition is its high watermark */
    rd_kafka_t *stable; /* read_committed: it is the last stable offset */
    struct kafka_watch watch;
    int64_t *at; /* by shard: its place in the question, -1 for none */
    char cluster[200];
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; /* of stop and the questions' states */
    pthread_cond_t changed;
    bool stop;
    struct question facts, ends;
    bool high; /* of the question for ends: the high watermarks, too */
    struct lookup_answer answer;
    struct input_end *input_ends;
    size_t input_ends_n;
};

/* On the thread: answer what is asked. */
void lookup_answer_facts(struct lookup *l);
void lookup_answer_ends(struct lookup *l);

#endif
