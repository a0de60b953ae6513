/* SPDX-License-Identifier: Apache-2.0 */
/* What the brokers tell of our topics, for those who make, check and watch them. */
#ifndef EPILOGUE_KAFKA_TOPICS_PRIVATE_H
#define EPILOGUE_KAFKA_TOPICS_PRIVATE_H

#include <librdkafka/rdkafka.h>

#include "kafka_conf.h"
#include "kafka_rights.h"
#include "topics.h"

/* What the brokers say of a topic. */
struct topics_fact {
    int32_t partitions; /* 0: it does not exist, or is not told */
    rd_kafka_resp_err_t err;
};

/* A handle to ask with; the caller closes it by kafka_conf_close. NULL and a sentence: the settings
 * are not taken. */
rd_kafka_t *topics_open(const struct config *config, struct kafka_watch *watch,
                        struct error *error);
/* The sentence of a request that no broker answered: the watch knows more than "timed out". FATAL:
 * we are refused. */
enum result topics_unanswered(const struct config *config, rd_kafka_t *rk,
                              struct kafka_watch *watch, rd_kafka_resp_err_t err, const char *doing,
                              struct error *error);
/* Facts by enum topic; eight seconds at most. RETRY: no broker answers; FATAL: we are refused. */
enum result topics_find(const struct config *config, rd_kafka_t *rk, struct kafka_watch *watch,
                        struct topics_fact facts[topic_end], struct error *error);
/* The first topic of which the brokers do not tell, as a sentence: FATAL or RETRY. */
enum result topics_judge(const struct config *config, const struct topics_fact facts[topic_end],
                         struct error *error);
/* The command that lets a topic be seen. */
void topics_name_right(const struct config *config, int t,
                       char command[KAFKA_RIGHTS_COMMAND_BYTES]);

#endif
