/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether Kafka lets this worker do what it has to. It is tried, in ways that leave no trace: nothing
 * is written to a topic, the group is not joined, and no worker is fenced.
 */
#ifndef EPILOGUE_CLI_CHECK_KAFKA_H
#define EPILOGUE_CLI_CHECK_KAFKA_H

#include "common/verdict.h"
#include "config/config.h"

/* What is checked, and where the findings go. */
struct check_kafka {
    const struct config *config;
    bool visible[topic_end]; /* by enum topic: the others were said to be missing already */
    bool worker_runs;        /* set by check_kafka_group: our instance.id is in the group */
    int64_t until_ms;        /* CLOCK_MONOTONIC: when all of it has to be over */
    verdict_report *found;
    void *context;
};

/* Fetches from the end of the first partition of each topic that the worker reads. */
void check_kafka_reading(const struct check_kafka *check);
/* Offers a record to each topic that the worker writes to, with a number of acknowledgements that
 * no broker takes: rights are looked at before it, and nothing is written. */
void check_kafka_writing(const struct check_kafka *check);
/* Commits an offset of a partition that does not exist: the right is looked at before that. */
void check_kafka_group(struct check_kafka *check);
/*
 * Registers the worker's transactional id with a time-out that no broker takes: the right is looked
 * at before it, and whoever uses the id is not fenced. On a broker that would take it (it is then
 * seen with another id) an id is left alone while its worker is in the group.
 */
void check_kafka_transactions(const struct check_kafka *check);

#endif
