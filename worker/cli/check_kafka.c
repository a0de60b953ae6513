/* SPDX-License-Identifier: Apache-2.0 */
#include "check_kafka.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "kafka/kafka_conf.h"
#include "kafka/kafka_error.h"

#define TIMEOUT_MS 10000
#define POLL_MS 500

static const int read_topics[] = {TOPIC_INCIDENT_CLOSED, TOPIC_FINDING_UPDATED, TOPIC_TASK_UPDATED,
                                  TOPIC_FORWARDED, TOPIC_STATE};
#define READ_TOPICS (sizeof read_topics / sizeof *read_topics)

__attribute__((format(printf, 4, 5))) static void say(check_kafka_found *found, void *context,
                                                      bool ok, const char *format, ...)
{
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    found(context, ok, text);
}

/* A handle of one side; NULL, and the reason in `error`, when its settings are not taken. */
static rd_kafka_t *open_side(const struct config *config, enum kafka_side side,
                             struct kafka_watch *watch, struct error *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(config, side, watch, error);
    return conf ? kafka_conf_open(conf, side, error) : NULL;
}

/* Takes from the queue until each of the topics has answered; false and the reason at the first that
 * refuses, or when not all of them have answered in time. */
static bool fetch_all(const struct config *config, rd_kafka_t *rk, rd_kafka_queue_t *queue,
                      struct error *error)
{
    size_t answered = 0;
    time_t end = time(NULL) + TIMEOUT_MS / 1000;
    error_set(error, RETRY, "kafka reading: not all of the topics have answered in time");
    while (answered < READ_TOPICS && time(NULL) <= end) {
        rd_kafka_poll(rk, 0);
        rd_kafka_message_t *m = rd_kafka_consume_queue(queue, POLL_MS);
        enum result result = OK;
        if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            answered++;
        else if (m && m->err)
            result = kafka_error_code(config, m->err, rd_kafka_message_errstr(m), "kafka reading",
                                      error);
        if (m) rd_kafka_message_destroy(m);
        if (result == FATAL) return false;
    }
    return answered == READ_TOPICS;
}

/* Without a group: partitions are started one by one, into one queue. */
static bool read_ends(const struct config *config, rd_kafka_t *rk, struct error *error)
{
    rd_kafka_topic_t *topics[READ_TOPICS];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    for (size_t i = 0; i < READ_TOPICS; i++) {
        topics[i] = rd_kafka_topic_new(rk, config->topics[read_topics[i]].p, NULL);
        rd_kafka_consume_start_queue(topics[i], 0, RD_KAFKA_OFFSET_END, queue);
    }
    bool ok = fetch_all(config, rk, queue, error);
    for (size_t i = 0; i < READ_TOPICS; i++) {
        rd_kafka_consume_stop(topics[i], 0);
        rd_kafka_topic_destroy(topics[i]);
    }
    rd_kafka_queue_destroy(queue);
    return ok;
}

void check_kafka_reading(const struct config *config, check_kafka_found *found, void *context)
{
    struct error error;
    struct kafka_watch watch = {0};
    rd_kafka_t *rk = open_side(config, KAFKA_READER, &watch, &error);
    bool ok = rk && read_ends(config, rk, &error);
    if (rk) rd_kafka_destroy(rk);
    if (ok)
        say(found, context, true, "kafka reading: the inputs and %s can be read",
            config->topics[TOPIC_STATE].p);
    else
        say(found, context, false, "%s", error.text);
}

/* The group's committed offset of one partition; asked again while its coordinator is not there yet,
 * as on a cluster where no group ever was. */
static enum result ask_group(const struct config *config, rd_kafka_t *rk,
                             const struct kafka_watch *watch, struct error *error)
{
    time_t end = time(NULL) + TIMEOUT_MS / 1000;
    enum result result;
    do {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, config->topics[TOPIC_INCIDENT_CLOSED].p, 0);
        rd_kafka_resp_err_t err = rd_kafka_committed(rk, list, TIMEOUT_MS);
        if (!err) err = list->elems[0].err;
        rd_kafka_topic_partition_list_destroy(list);
        result = err ? kafka_error_code(config, err, watch->reason, "kafka group", error) : OK;
        if (result == RETRY) rd_kafka_poll(rk, POLL_MS);
    } while (result == RETRY && time(NULL) < end);
    return result;
}

void check_kafka_group(const struct config *config, check_kafka_found *found, void *context)
{
    struct error error;
    struct kafka_watch watch = {0};
    rd_kafka_t *rk = open_side(config, KAFKA_CONSUMER, &watch, &error);
    if (rk && ask_group(config, rk, &watch, &error) == OK)
        say(found, context, true, "kafka group: %s can be used", config->group_id);
    else
        say(found, context, false, "%s", error.text);
    if (!rk) return;
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

void check_kafka_transactions(const struct config *config, check_kafka_found *found, void *context)
{
    struct error error;
    struct kafka_watch watch = {0};
    char id[700], text[200];
    rd_kafka_conf_t *conf = kafka_conf_new(config, KAFKA_PRODUCER, &watch, &error);
    snprintf(id, sizeof id, "%s/%s-check", config->group_id, config->instance_id);
    if (conf) rd_kafka_conf_set(conf, "transactional.id", id, text, sizeof text);
    rd_kafka_t *rk = conf ? kafka_conf_open(conf, KAFKA_PRODUCER, &error) : NULL;
    rd_kafka_error_t *failed = rk ? rd_kafka_init_transactions(rk, TIMEOUT_MS) : NULL;
    if (rk) rd_kafka_poll(rk, 0); /* the reason, if there is one */
    if (!rk)
        say(found, context, false, "%s", error.text);
    else if (failed)
        say(found, context, false,
            "kafka transactions: %s; the worker needs Write on the transactional ids that begin "
            "with %s/%s",
            watch.reason[0] ? watch.reason : rd_kafka_error_string(failed), config->group_id,
            config->instance_id);
    else
        say(found, context, true, "kafka transactions: ids that begin with %s/%s can be used",
            config->group_id, config->instance_id);
    if (failed) rd_kafka_error_destroy(failed);
    if (rk) rd_kafka_destroy(rk);
}
