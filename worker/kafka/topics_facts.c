/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the brokers tell of our topics: which are there, with how many partitions, and whether we
 * may see them. A worker starts by it; topics check and the watch look at it again.
 */
#include <inttypes.h>

#include "kafka_error.h"
#include "topics_private.h"

/* With what it takes to close the handle, a command ends within ten seconds where no broker answers. */
#define REQUEST_TIMEOUT_MS 8000

rd_kafka_t *topics_open(const struct config *config, struct kafka_watch *watch, struct error *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(config, KAFKA_ADMIN, watch, error);
    return conf ? kafka_conf_open(conf, KAFKA_ADMIN, error) : NULL;
}

enum result topics_unanswered(const struct config *config, rd_kafka_t *rk,
                              struct kafka_watch *watch, rd_kafka_resp_err_t err, const char *doing,
                              struct error *error)
{
    rd_kafka_poll(rk, 0);
    if (watch->refused) err = RD_KAFKA_RESP_ERR__AUTHENTICATION;
    if (kafka_error_code(config, err, watch->refused ? watch->reason : NULL, doing, error) == FATAL)
        return FATAL;
    return error_set(error, RETRY, "no answer from Kafka (%s): %s", config->bootstrap_servers,
                     watch->reason[0] ? watch->reason : rd_kafka_err2str(err));
}

enum result topics_find(const struct config *config, rd_kafka_t *rk, struct kafka_watch *watch,
                        struct topics_fact facts[topic_end], struct error *error)
{
    rd_kafka_topic_t *handles[topic_end] = {NULL};
    for (int t = 1; t < topic_end; t++) {
        facts[t] = (struct topics_fact){0};
        handles[t] = rd_kafka_topic_new(rk, config->topics[t].p, NULL);
    }
    const struct rd_kafka_metadata *metadata;
    /* Of the topics that this handle knows: with less rights than a list of all of them. */
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, NULL, &metadata, REQUEST_TIMEOUT_MS);
    for (int t = 1; t < topic_end; t++) rd_kafka_topic_destroy(handles[t]);
    if (err) return topics_unanswered(config, rk, watch, err, "reading the topics", error);
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *m = &metadata->topics[i];
        bool settled =
            !m->err || m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || m->partition_cnt > 0;
        for (int t = 1; t < topic_end; t++)
            if (strcmp(config->topics[t].p, m->topic) == 0)
                facts[t] = (struct topics_fact){m->partition_cnt, settled ? 0 : m->err};
    }
    rd_kafka_metadata_destroy(metadata);
    return OK;
}

/* Any right on a topic lets it be seen; this is the one that the worker needs anyway. */
void topics_name_right(const struct config *config, int t, char command[KAFKA_RIGHTS_COMMAND_BYTES])
{
    bool written = t == TOPIC_TASKS || t == TOPIC_REMINDERS || t == TOPIC_DEAD_LETTERS;
    kafka_rights_command(config, written ? KAFKA_RIGHT_WRITE : KAFKA_RIGHT_READ,
                         config->topics[t].p, command);
}

enum result topics_judge(const struct config *config, const struct topics_fact facts[topic_end],
                         struct error *error)
{
    char command[KAFKA_RIGHTS_COMMAND_BYTES];
    for (int t = 1; t < topic_end; t++) {
        if (!facts[t].err) continue;
        if (facts[t].err != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            return kafka_error_code(config, facts[t].err, NULL, config->topics[t].p, error);
        topics_name_right(config, t, command);
        return error_set(error, FATAL, "topic %s may not be seen by this user: %s",
                         config->topics[t].p, command);
    }
    return OK;
}

enum result topics_partitions(const struct config *config, int32_t *partitions, struct error *error)
{
    struct kafka_watch watch = {0};
    struct topics_fact facts[topic_end];
    rd_kafka_t *rk = topics_open(config, &watch, error);
    if (!rk) return FATAL;
    enum result r = topics_find(config, rk, &watch, facts, error);
    kafka_conf_close(rk);
    if (r == OK) r = topics_judge(config, facts, error);
    if (r != OK) return r;
    for (int t = 1; t < topic_end; t++)
        if (facts[t].partitions == 0)
            return error_set(error, FATAL, "topic %s does not exist; run `epilogue topics create`",
                             config->topics[t].p);
    for (int t = 2; t < topic_end; t++)
        if (facts[t].partitions != facts[1].partitions)
            return error_set(error, FATAL,
                             "topic %s has %" PRId32 " partitions, but %s has %" PRId32
                             ": all must have the same number; run `epilogue topics check`",
                             config->topics[t].p, facts[t].partitions, config->topics[1].p,
                             facts[1].partitions);
    *partitions = facts[1].partitions;
    return OK;
}
