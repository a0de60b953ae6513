/* SPDX-License-Identifier: Apache-2.0 */
/* Several workers on one Kafka and one store in memory, which live through a story and a fault. */
#ifndef EPILOGUE_TESTS_SIM_FLEET_H
#define EPILOGUE_TESTS_SIM_FLEET_H

#include "faults.h"
#include "story.h"

#define FLEET_WORKERS_MAX 3

/* How a fleet differs from the plain one; all zero is the plain one. */
struct fleet_options {
    int32_t partitions;
    int workers;
    bool is_static;      /* the members have an instance id, and one transactional id for good */
    int late;            /* so many takes of a prepare or commit come too early */
    int late_applies;    /* and of an apply */
    size_t poll_max;     /* events of one poll; 0: all */
    size_t piece_writes; /* of an apply; 0: all */
    int slow_markers;    /* those of a transaction, but for the first or none, come late; 0: none */
    bool offsets_first;
    int batch_max; /* 0: 4000 */
    bool compacts; /* followup-state, between two steps of the story */
    int restless;  /* so many percent: a worker leaves or comes before a step */
};

struct fleet_worker {
    struct fleet *fleet;
    int index;
    bool is_up, is_frozen;
    int64_t up_ms; /* monotonic: when it is started */
    int starts;    /* so far */
    struct sim_client *client;
    struct sim_store_client store;
    struct faulty faulty;
    struct engine *engine;
};

struct fleet {
    struct arena *arena;
    const struct story *story;
    struct fleet_options options;
    struct policy policy;
    struct limits limits;
    struct sim_clock clock;
    struct sim_kafka *kafka;
    struct sim_store *store, *snapshot; /* the snapshot is of some steps ago */
    struct fleet_worker workers[FLEET_WORKERS_MAX];
    struct fault_plan plan;
    int64_t every;   /* after a fault another one comes so many calls later, at most; 0: none */
    int faults_left; /* of those */
    uint64_t dice;
    bool went_another_way; /* it ends as expected, and its history is another one */
    char failure[800];     /* "": all is well so far */
};

/* Does not start anything. */
struct fleet *fleet_new(const struct story *story, const struct fleet_options *options);
void fleet_free(struct fleet *w);
/* The whole story, from the first record until its last tick is taken; false: see w->failure. */
bool fleet_run(struct fleet *w);

#endif
