/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions as their coordinator sees them. FATAL of any of these: the epoch is an old one. */
#ifndef EPILOGUE_SIM_PRODUCER_H
#define EPILOGUE_SIM_PRODUCER_H

#include "sim_kafka.h"

enum sim_transaction {
    SIM_NO_TRANSACTION,
    SIM_UNDER_WAY,
    SIM_COMMITS, /* decided, and not all of its markers are written yet */
    SIM_ABORTS,
};

/* A record of a transaction. */
struct sim_sent {
    int topic;
    int32_t partition;
    struct sim_record *record;
    bool is_withheld; /* by on_commit */
};

struct sim_producer {
    char *id; /* the transactional id */
    int32_t epoch;
    enum sim_transaction state;
    int64_t began_ms, decided_ms; /* monotonic */
    int64_t *first; /* of each partition of each topic: its first record that is open; -1: none */
    struct sim_sent *sent;
    size_t sent_n, sent_cap;
    struct position *positions; /* which the commit makes the group's */
    struct sim_offset *offsets;
    size_t offsets_n, offsets_cap;
};

/* Registers: ends what is open under this id, and fences whoever had it. */
struct sim_producer *sim_producer_register(struct sim_kafka *kafka, const char *id, int32_t *epoch);
enum result sim_producer_begin(struct sim_kafka *kafka, struct sim_producer *producer,
                               int32_t epoch, struct error *error);
/* *offset: where it stands. */
enum result sim_producer_produce(struct sim_kafka *kafka, struct sim_producer *producer,
                                 int32_t epoch, const struct message *message, int64_t *offset,
                                 struct error *error);
/* ABORT: the member is not one of the present generation. */
enum result sim_producer_offsets(struct sim_kafka *kafka, struct sim_producer *producer,
                                 int32_t epoch, const struct sim_member *member,
                                 const struct position *positions, const struct sim_offset *offsets,
                                 size_t n, struct error *error);
enum result sim_producer_end(struct sim_kafka *kafka, struct sim_producer *producer, int32_t epoch,
                             bool commit, struct error *error);
void sim_producer_free(struct sim_producer *producer);
/* Ends what is over its time, and writes markers that are late. */
void sim_producer_serve(struct sim_kafka *kafka);

#endif
