/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the member share; nobody else includes it. */
#ifndef EPILOGUE_KAFKA_KAFKA_CONSUMER_PRIVATE_H
#define EPILOGUE_KAFKA_KAFKA_CONSUMER_PRIVATE_H

#include <assert.h>

#include "kafka_conf.h"
#include "kafka_consumer.h"
#include "kafka_error.h"
#include "kafka_group.h"
#include "kafka_wake.h"

/* The input topics are the first of enum topic. */
#define INPUTS 4
_Static_assert(TOPIC_INCIDENT_CLOSED == 1 && TOPIC_FORWARDED == INPUTS, "input topics come first");

#define NOT_FETCHING INT64_C(-1)

/* Whose turn it is: kafka_turns.c. Times are monotonic. */
struct kafka_turn {
    bool has_given;        /* a record, in this turn */
    size_t bytes;          /* since it had nothing more last, or was paused */
    int64_t end, end_high; /* where the last end was told, and the high watermark then */
    /* at the end of the last turn: */
    bool had_more;
    int64_t at;        /* the offset that it stood at */
    bool is_first;     /* it had given much, and had more */
    bool is_waiting;   /* it had stood for all of it, and had more */
    bool is_paused;    /* by its turn; NOT_FETCHING is something else */
    int64_t passed_ms; /* nobody waits for it until then */
};

struct kafka_turns {
    struct kafka_turn *inputs; /* by shard and input */
    bool has_given;            /* any of them */
    int64_t ends_ms;           /* 0: the turn begins when the queue is found empty next */
    bool is_round;
    int64_t turn_ms, moved_ms, round_ends_ms;
};

struct kafka_consumer {
    const struct config *config;
    int32_t partitions;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* what a poll reads */
    struct kafka_wake wake;  /* of that queue */
    struct kafka_watch watch;
    rd_kafka_topic_t *topics[INPUTS + 1]; /* by enum topic; the very handles that messages have */
    bool wanted;                          /* to be a member */
    bool subscribed;
    bool gives_back; /* a revocation was reported: the next poll follows it */
    bool leaving;    /* for good: nobody polls any more */

    bool *owned;       /* by shard */
    int64_t *expected; /* by shard and input: no record before it is given out, or NOT_FETCHING */
    struct kafka_turns turns;
    struct kafka_trouble *troubles; /* by shard and input, and one more for all else */
    struct kafka_group group;

    /* What the rebalance callback left for the poll that called it. */
    bool rebalanced;
    struct kafka_event rebalance;
    enum result failed;
    struct error failure;

    bool was_member;
    int64_t denied_ms;       /* monotonic: when a right was said last to be missing; 0: none is */
    int64_t denied_again_ms; /* when to fetch again what may not be read; 0: nothing */
    struct error denied;
    int64_t missing_since_ms; /* a topic was said not to exist; 0: none */
    int64_t probed_ms;

    int32_t *rebalance_shards; /* what the event of a rebalance points to, until the next one */
};

static inline int64_t *expected_of(struct kafka_consumer *c, int topic, int32_t shard)
{
    assert(topic >= 1 && topic <= INPUTS && shard >= 0 && shard < c->partitions);
    return &c->expected[shard * INPUTS + topic - 1];
}

static inline struct kafka_turn *turn_of(struct kafka_consumer *c, int topic, int32_t shard)
{
    return &c->turns.inputs[expected_of(c, topic, shard) - c->expected];
}

/*
 * Assigns again what is owned: what is fetched goes on where it is, the rest is paused. librdkafka
 * drops a partition whose offset is out of range from fetching for good, and no seek brings it back.
 */
void kafka_consumer_reassign(struct kafka_consumer *c);

/* What was revoked is not ours from here on. */
void kafka_consumer_give_back(struct kafka_consumer *c);

/* kafka_shard.c: seeks the offsets of a list and fetches on from there. */
rd_kafka_resp_err_t kafka_shard_go_on(struct kafka_consumer *c,
                                      rd_kafka_topic_partition_list_t *list);

/* kafka_turns.c: none that has much holds up another one for long. */
/* A record or an end that is given out. */
void kafka_turns_note(struct kafka_consumer *c, int topic, const rd_kafka_message_t *m);
/* To be called when the queue was found empty: pauses and resumes what is fetched. */
void kafka_turns_serve(struct kafka_consumer *c);
/* How long a poll may wait. */
int kafka_turns_wait_ms(const struct kafka_consumer *c, int timeout_ms);

/* kafka_denied.c */
/* Notes that a right was said to be missing; `topics`: a bit for each, 0 for another right. */
void kafka_denied_note(struct kafka_consumer *c, rd_kafka_resp_err_t code, unsigned topics);
/* RETRY with the sentence while one is missing. librdkafka says once of a partition that it may not be
 * read, and nothing when it may again: so what is owned is assigned again from time to time. */
enum result kafka_denied_serve(struct kafka_consumer *c, struct error *error);
/* kafka_member.c: asks for a place in the group; the polls that follow tell what comes of it. */
enum result kafka_consumer_subscribe(struct kafka_consumer *c, struct error *error);

static inline int topic_of_name(const struct kafka_consumer *c, const char *name)
{
    for (int t = 1; t <= INPUTS; t++)
        if (strcmp(c->config->topics[t].p, name) == 0) return t;
    return 0;
}

#endif
