/* SPDX-License-Identifier: Apache-2.0 */
/* The eight topics of R1.1: made with the right settings, and checked. */
#ifndef EPILOGUE_KAFKA_TOPICS_H
#define EPILOGUE_KAFKA_TOPICS_H

#include "config/config.h"

/* What the topics are made with, for those who have to stay within it (topics.c has the table). */
#define TOPICS_OUTPUT_BYTES_MAX 4194304
#define TOPICS_DEAD_LETTER_BYTES_MAX 8388608
#define TOPICS_STATE_DELETE_RETENTION_MS INT64_C(604800000)

#define TOPICS_PARTITIONS_DEFAULT 12
#define TOPICS_REPLICATION_OF_BROKER (-1)

enum topics_state {
    TOPICS_FINE,
    TOPICS_CREATED,
    TOPICS_EXISTED,
    TOPICS_UNCHECKED, /* it is there, but its settings could not be looked at */
    TOPICS_RISK,      /* a setting that can lose records one day; the publishers' choice */
    TOPICS_WRONG,
};

/* What create or check has to say about one topic. */
struct topics_finding {
    const char *topic;
    enum topics_state state;
    const char *text; /* one sentence; what to do about it, too, where something is to be done */
    int id;           /* enum topic */
    bool visible;     /* it exists, and we may know it */
    bool loses;       /* TOPICS_WRONG: a setting by which records or state are lost */
};

typedef void topics_report(void *arg, const struct topics_finding *finding);

/*
 * Makes the topics that are not there yet; the others stay as they are (check them afterwards).
 * `replication`: TOPICS_REPLICATION_OF_BROKER takes the broker's default. Reports each topic, and
 * waits until all of them can be seen. RETRY: no broker answers; FATAL: one could not be made.
 */
enum result topics_create(const struct config *config, int32_t partitions, int replication,
                          topics_report *report, void *arg, struct error *error);

/*
 * Compares the topics with what the worker relies on. `expected_partitions` 0: any, as long as all
 * have the same. Reports each topic at least once; *wrong counts the TOPICS_WRONG ones. A topic that
 * may not be seen, or whose settings may not be read, keeps it from no other one.
 * RETRY: no broker answers; FATAL: we are refused. When only the settings were not told, the topics
 * have been reported all the same.
 */
enum result topics_check(const struct config *config, int32_t expected_partitions,
                         topics_report *report, void *arg, size_t *wrong, struct error *error);

/* The partition count of all topics, for the worker's start. FATAL: one is missing, or the counts
 * are unequal; RETRY: no broker answers. */
enum result topics_partitions(const struct config *config, int32_t *partitions,
                              struct error *error);

/* Looks again and again whether the topics are there; not for two threads at once. */
struct topics_watch;

/* `partitions`: how many each topic must have. NULL and a sentence on a bad setting. */
struct topics_watch *topics_watch_new(const struct config *config, int32_t partitions,
                                      struct error *error);
/* free(NULL) is safe. */
void topics_watch_free(struct topics_watch *watch);
/* Reports each topic that does not exist, or has come back with another partition count; eight
 * seconds at most. RETRY: no broker answers; FATAL: we are refused. */
enum result topics_watch_look(struct topics_watch *watch, topics_report *report, void *arg,
                              struct error *error);

#endif
