/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the Kafka port need: topics of their own, records on them, and a polling loop. */
#ifndef EPILOGUE_TESTS_KAFKA_FIXTURE_H
#define EPILOGUE_TESTS_KAFKA_FIXTURE_H

#include <librdkafka/rdkafka.h>

#include "kafka/kafka_port.h"
#include "kafka/kafka_producer.h"

#define FIXTURE_PARTITIONS 4
#define FIXTURE_EVENTS 512
#define FIXTURE_MS 20000 /* what a test waits for at most */

struct fixture {
    struct config config; /* topic names and group of this test alone */
    rd_kafka_t *client;   /* plain producer */
    char names[topic_end][120], group[60];
    int64_t start_ms; /* record "n" has the time start_ms + n: now, or retention deletes it */
};

/* Configuration and names; the topics are the caller's to make. */
void fixture_setup(struct fixture *f, const char *bootstrap, const char *name);
/* Makes all topics. */
void fixture_topics(const struct fixture *f, int32_t partitions);
void fixture_teardown(struct fixture *f);
/* Plain records "<first>", "<first+1>"… on one partition; waits for their delivery. */
void fixture_produce(struct fixture *f, int topic, int32_t partition, int first, int n);

/* A worker's side: the port, and what its polls have brought so far. */
struct member {
    struct kafka_port *port;
    struct config config;
    struct kafka_event events[FIXTURE_EVENTS];
    size_t n;
    bool owned[FIXTURE_PARTITIONS];
    int assigned, revoked;                       /* how often */
    size_t records, ends, out_of_range;          /* of all polls since member_clear */
    struct record out_of_range_at;               /* the place of the last one */
    int64_t last[topic_end][FIXTURE_PARTITIONS]; /* offset of the last record, -1 for none */
    int64_t first[topic_end][FIXTURE_PARTITIONS];
    struct error error;
};

struct member *member_new(const struct fixture *f, const char *instance_id);
void member_free(struct member *m);
/* Forgets what was counted. */
void member_clear(struct member *m);
/* One poll; its events stay readable until the next. Asserts that offsets only rise. */
enum result member_poll(struct member *m, int timeout_ms);
/* Polls until `n` shards are owned. */
void member_join(struct member *m, int n);
/* Polls until this many records were seen since member_clear. */
void member_await_records(struct member *m, size_t n);
/* Resumes all four inputs of a shard at `offset`. */
void member_resume(struct member *m, int32_t shard, int64_t offset);
/* One transaction: `n` state records on the shard, the position of incident-closed; its result. */
enum result member_transaction(struct member *m, int32_t shard, int n, int64_t position,
                               int64_t *state_end);
/* A bare producer prepares and commits, with the group's metadata of nobody. */
enum result fixture_commit(const struct fixture *f, struct kafka_producer *p,
                           const struct position *position, struct shard_commit *shard,
                           struct error *error);
/* Prepares and commits the open transaction: the first result that is not OK. */
enum result member_commit(struct member *m, const struct position *positions, size_t n,
                          struct shard_commit *shards, size_t shards_n);
/* Puts `n` state records into an open transaction. */
enum result member_produce(struct member *m, int32_t shard, int n);

/* Asks the brokers about a shard until it is settled; the answer is valid until the next. */
const struct lookup_shard *member_lookup(struct member *m, int32_t shard);

int64_t now_us(void);

#endif
