/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer group as its coordinator sees it. */
#ifndef EPILOGUE_SIM_GROUP_H
#define EPILOGUE_SIM_GROUP_H

#include "sim_kafka.h"

struct sim_member {
    char name[64]; /* shards are given in the order of the names */
    int64_t seen_ms;
    bool is_gone;     /* left, or was not heard of for the session's time */
    bool is_fenced;   /* gone since another one has come with its name */
    bool has_joined;  /* the rebalance that is under way */
    bool has_news;    /* `first` and `n` are of a generation that it has not heard of */
    int32_t first, n; /* its shards */
    int32_t generation;
};

/* A static member of this name is taken over, with its shards. */
struct sim_member *sim_group_join(struct sim_kafka *kafka, const char *name, bool is_static);
void sim_group_leave(struct sim_kafka *kafka, struct sim_member *member);
/* It has given back its shards and waits for new ones. */
void sim_group_rejoin(struct sim_kafka *kafka, struct sim_member *member);
/* Members that were not heard of for too long are gone. */
void sim_group_serve(struct sim_kafka *kafka);

#endif
