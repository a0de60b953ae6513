/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kafka in memory, as the brokers see it: logs, transactions with their markers, one consumer group
 * with its committed offsets. Workers speak to it by a sim_client. Time is that of a sim_clock: it is
 * looked at when somebody calls.
 */
#ifndef EPILOGUE_SIM_KAFKA_H
#define EPILOGUE_SIM_KAFKA_H

#include "common/error.h"
#include "sim_clock.h"
#include "sim_log.h"

struct sim_kafka_options {
    const struct sim_clock *clock;
    int32_t partitions; /* of every topic */
    const char *cluster;
    int64_t transaction_timeout_ms;
    int64_t session_timeout_ms;
    /* Gets each record of a transaction that commits, in the order in which they were produced;
     * false: nobody will see it in its topic. */
    bool (*on_commit)(void *self, int topic, int32_t partition, struct sim_record *record);
    void *self;
};

/* A committed offset of the group, with what its metadata says. */
struct sim_offset {
    int64_t offset; /* -1: none */
    bool ours;      /* the metadata is epilogue's; else these are 0: */
    int32_t partitions;
    int64_t batch, checkpoint;
};

struct sim_producer;
struct sim_member;

struct sim_kafka {
    struct sim_kafka_options options;
    struct sim_log *logs;       /* of each partition of each topic */
    struct sim_offset *offsets; /* committed, of the inputs */
    struct sim_producer **producers;
    size_t producers_n, producers_cap;
    struct sim_member **members; /* all that there ever were */
    size_t members_n, members_cap;
    int32_t generation;
    bool rebalancing;
    /* So many of a transaction's markers are written when it ends, and the others so much later, or
     * before the next one begins; -1: all. That of the offsets is the last one, or the first. */
    int markers_at_once;
    int64_t markers_later_ms;
    bool offsets_first;
};

/* How far somebody reads a partition. */
struct sim_fetch {
    bool is_on;
    bool has_told_end; /* of `next` */
    int64_t next;
};

struct sim_kafka *sim_kafka_new(const struct sim_kafka_options *options);
/* free(NULL) is safe. Clients go first. */
void sim_kafka_free(struct sim_kafka *kafka);
/* Lets happen what is due: sessions and transactions whose time is over, and markers. */
void sim_kafka_serve(struct sim_kafka *kafka);

struct sim_log *sim_kafka_log(const struct sim_kafka *kafka, int topic, int32_t partition);
/* The last stable offset: below it every transaction has ended. */
int64_t sim_kafka_stable_end(const struct sim_kafka *kafka, int topic, int32_t partition);
/* The first committed record at or behind fetch->next, which moves there; NULL: none. It moves past
 * what nobody sees. */
struct sim_record *sim_kafka_next(const struct sim_kafka *kafka, int topic, int32_t partition,
                                  struct sim_fetch *fetch);
/* Without a transaction, on the end of message->partition of its topic; its offset. */
int64_t sim_kafka_append(struct sim_kafka *kafka, const struct message *message);
/* Compacts followup-state; deletions older than so many ms go, too. */
void sim_kafka_compact(struct sim_kafka *kafka, int64_t delete_retention_ms);
struct sim_offset *sim_kafka_offset(const struct sim_kafka *kafka, int topic, int32_t partition);
/* Whether no transaction can still change the group's offsets of a shard. */
bool sim_kafka_is_stable(const struct sim_kafka *kafka, int32_t shard);
/* Where `logs`, `offsets` and a producer's `first` have a partition. */
size_t sim_kafka_index(const struct sim_kafka *kafka, int topic, int32_t partition);

#endif
