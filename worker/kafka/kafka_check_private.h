/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of kafka_check.h share. */
#ifndef EPILOGUE_KAFKA_CHECK_PRIVATE_H
#define EPILOGUE_KAFKA_CHECK_PRIVATE_H

#include "kafka_check.h"
#include "kafka_conf.h"
#include "kafka_error.h"
#include "kafka_rights.h"

#define KAFKA_CHECK_POLL_MS 200
#define KAFKA_CHECK_NO_ANSWER RD_KAFKA_RESP_ERR__TIMED_OUT

struct kafka_check {
    const struct config *config;
    bool visible[topic_end]; /* by enum topic: of the others it was said already what is wrong */
    bool reached;            /* a broker has told of the topics */
    int64_t until_ms;        /* monotonic: when all of it has to be over */
    verdict_report *found;
    void *context;
    struct kafka_check_result result;
};

/* Fetches from the end of the first partition of each topic that the worker reads. */
void kafka_check_reading(const struct kafka_check *check);
/* Offers a record to each topic that the worker writes to, with a number of acknowledgements that
 * no broker takes: rights are looked at before it, and nothing is written. */
void kafka_check_writing(const struct kafka_check *check);
/* Commits an offset of a partition that does not exist: the right is looked at before that. Sets
 * result.worker_runs. */
void kafka_check_group(struct kafka_check *check);
/*
 * Registers the worker's transactional id with a time-out that no broker takes: the right is looked
 * at before it, and whoever uses the id is not fenced. On a broker that would take it (it is then
 * seen with another id) an id is left alone while its worker is in the group.
 */
void kafka_check_transactions(const struct kafka_check *check);

void kafka_check_say(const struct kafka_check *check, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Says what came of a try: a missing right as the command that grants it. `subject`: what was tried,
 * as in "reading incident-closed"; `topic` NULL for a right that is not of one. */
void kafka_check_fault(const struct kafka_check *check, rd_kafka_resp_err_t err,
                       const char *subject, enum kafka_right right, const char *topic,
                       const struct kafka_watch *watch);
/* A handle of one side with these settings, which are gone afterwards (NULL: they were not taken,
 * which *error says). NULL is said; the caller closes it by kafka_conf_close. */
rd_kafka_t *kafka_check_open(const struct kafka_check *check, rd_kafka_conf_t *conf,
                             enum kafka_side side, struct error *error);
/* Until when (monotonic) a step that begins now may last. */
int64_t kafka_check_until(const struct kafka_check *check);

#endif
