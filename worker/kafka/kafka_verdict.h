/* SPDX-License-Identifier: Apache-2.0 */
/* What the brokers and the library say of what we write, and what follows. */
#ifndef EPILOGUE_KAFKA_VERDICT_H
#define EPILOGUE_KAFKA_VERDICT_H

#include <librdkafka/rdkafka.h>

#include "common/error.h"
#include "common/timestamp.h"
#include "config/config.h"

enum verdict {
    VERDICT_PASSES,    /* brokers or network are in motion: abort, and the batch comes again */
    VERDICT_TOO_LARGE, /* the message's fault: it is too large for its topic or for the client */
    VERDICT_CONDITION, /* not the message's: clock, disk, rights, settings. To be waited for */
    VERDICT_FENCED,    /* another has our name, or our time was over */
};

/* A code that is not in the table is a condition: it is said with its name, and no record is given
 * up for it. */
enum verdict kafka_verdict_of(rd_kafka_resp_err_t code);
/* Whether the code is in the table as a condition. */
bool kafka_verdict_is_condition(rd_kafka_resp_err_t code);
/* A condition for /readyz: "Kafka refuses …: CODE". A literal, so any thread may keep it. */
const char *kafka_verdict_ready(rd_kafka_resp_err_t code);

/* What a condition was met with. */
struct refused_write {
    rd_kafka_resp_err_t code;
    unsigned topics;   /* a bit for each enum topic that it may concern; 0: none in particular */
    int32_t partition; /* -1: none in particular */
    ms_t now;          /* this machine's clock */
    bool reading;      /* or rather a refused read */
};

/* The sentence of a condition: what is refused, why, and what to do. */
void kafka_verdict_say(const struct config *config, const struct refused_write *write,
                       const char *doing, struct error *error);

#endif
