/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether Kafka lets this worker do what it has to. It is tried, in ways that leave no trace: nothing
 * is written to a topic, the group is not joined, and no worker is fenced.
 */
#ifndef EPILOGUE_KAFKA_CHECK_H
#define EPILOGUE_KAFKA_CHECK_H

#include "common/verdict.h"
#include "config/config.h"

struct kafka_check_result {
    bool worker_runs; /* a member of the group has our instance.id, or the name that comes of it */
    bool usage;       /* something of the configuration, which a worker exits with 2 for */
};

/*
 * Looks at the topics, then at the rights to read, to write, on the group and on the transactional
 * id, and reports what is fine, too. Without an answer about the topics nothing else is tried; after
 * it, it takes half a minute at most.
 */
struct kafka_check_result kafka_check(const struct config *config, verdict_report *found,
                                      void *context);

#endif
