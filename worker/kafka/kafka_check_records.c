/* SPDX-License-Identifier: Apache-2.0 */
/* Whether records can be read and written: tried on the first partition of each topic, so that
 * nothing is written. */
#include <stdio.h>

#include "common/clock.h"
#include "kafka_check_private.h"

static const int read_topics[] = {TOPIC_INCIDENT_CLOSED, TOPIC_FINDING_UPDATED, TOPIC_TASK_UPDATED,
                                  TOPIC_FORWARDED, TOPIC_STATE};
static const int written_topics[] = {TOPIC_FORWARDED, TOPIC_TASKS, TOPIC_REMINDERS, TOPIC_STATE,
                                     TOPIC_DEAD_LETTERS};
#define READ_TOPICS (sizeof read_topics / sizeof *read_topics)
#define WRITTEN_TOPICS (sizeof written_topics / sizeof *written_topics)

/* ------------------------------------------------------------------ reading */

struct fetched {
    rd_kafka_topic_t *handle; /* NULL: not looked at */
    rd_kafka_resp_err_t err;  /* KAFKA_CHECK_NO_ANSWER at first */
};

/* Takes from the queue until each of the topics has answered, or the time is over. */
static void fetch_all(rd_kafka_t *rk, rd_kafka_queue_t *queue, struct fetched fetched[READ_TOPICS],
                      size_t wanted, int64_t until_ms)
{
    while (wanted && clock_left_ms(until_ms)) {
        rd_kafka_poll(rk, 0);
        rd_kafka_message_t *m = rd_kafka_consume_queue(queue, KAFKA_CHECK_POLL_MS);
        if (!m) continue;
        rd_kafka_resp_err_t err = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? 0 : m->err;
        for (size_t i = 0; i < READ_TOPICS; i++) {
            if (!fetched[i].handle || fetched[i].handle != m->rkt) continue;
            bool settled = fetched[i].err == 0 || kafka_error_is_denied(fetched[i].err);
            if (!settled) fetched[i].err = err;
            if (!settled && (err == 0 || kafka_error_is_denied(err))) wanted--;
        }
        rd_kafka_message_destroy(m);
    }
}

/* Without a group: partitions are started one by one, into one queue. */
static void read_ends(const struct kafka_check *check, rd_kafka_t *rk,
                      struct fetched fetched[READ_TOPICS])
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    size_t wanted = 0;
    for (size_t i = 0; i < READ_TOPICS; i++) {
        fetched[i] = (struct fetched){NULL, KAFKA_CHECK_NO_ANSWER};
        if (!check->visible[read_topics[i]]) continue;
        fetched[i].handle = rd_kafka_topic_new(rk, check->config->topics[read_topics[i]].p, NULL);
        rd_kafka_consume_start_queue(fetched[i].handle, 0, RD_KAFKA_OFFSET_END, queue);
        wanted++;
    }
    fetch_all(rk, queue, fetched, wanted, kafka_check_until(check));
    for (size_t i = 0; i < READ_TOPICS; i++) {
        if (!fetched[i].handle) continue;
        rd_kafka_consume_stop(fetched[i].handle, 0);
        rd_kafka_topic_destroy(fetched[i].handle);
    }
    rd_kafka_queue_destroy(queue);
}

void kafka_check_reading(const struct kafka_check *check)
{
    struct error error;
    struct kafka_watch watch = {0};
    struct fetched fetched[READ_TOPICS];
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_READER, &watch, &error);
    rd_kafka_t *rk = kafka_check_open(check, conf, KAFKA_READER, &error);
    if (!rk) return;
    read_ends(check, rk, fetched);
    kafka_conf_close(rk);
    size_t read = 0;
    for (size_t i = 0; i < READ_TOPICS; i++) {
        const char *topic = check->config->topics[read_topics[i]].p;
        char subject[300];
        snprintf(subject, sizeof subject, "reading %s", topic);
        if (fetched[i].handle && fetched[i].err)
            kafka_check_fault(check, fetched[i].err, subject, KAFKA_RIGHT_READ, topic, &watch);
        read += fetched[i].handle && !fetched[i].err;
    }
    if (read == READ_TOPICS)
        kafka_check_say(check, VERDICT_OK, "kafka reading: the inputs, %s and %s can be read",
                        check->config->topics[TOPIC_FORWARDED].p,
                        check->config->topics[TOPIC_STATE].p);
}

/* ------------------------------------------------------------------ writing */

/* What no broker takes: all, none or the leader's are the only ones. */
#define ACKNOWLEDGEMENTS "2"
#define NOT_TAKEN RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS

struct written {
    struct kafka_watch watch; /* first: it is what callbacks get */
    rd_kafka_resp_err_t errs[topic_end];
    size_t reported;
};

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct written *written = opaque;
    (void)rk;
    written->errs[(intptr_t)m->_private] = m->err;
    written->reported++;
}

static size_t offer_records(const struct kafka_check *check, rd_kafka_t *rk, int timeout_ms)
{
    size_t offered = 0;
    char text[16];
    snprintf(text, sizeof text, "%d", timeout_ms);
    for (size_t i = 0; i < WRITTEN_TOPICS; i++) {
        int t = written_topics[i];
        if (!check->visible[t]) continue;
        rd_kafka_topic_conf_t *conf = rd_kafka_topic_conf_new();
        rd_kafka_topic_conf_set(conf, "request.required.acks", ACKNOWLEDGEMENTS, NULL, 0);
        rd_kafka_topic_conf_set(conf, "message.timeout.ms", text, NULL, 0);
        rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, check->config->topics[t].p, conf);
        offered += rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, "", 0, "check", 5,
                                    (void *)(intptr_t)t) == 0;
        rd_kafka_topic_destroy(topic);
    }
    return offered;
}

static void say_written(const struct kafka_check *check, const struct written *written)
{
    size_t good = 0;
    for (size_t i = 0; i < WRITTEN_TOPICS; i++) {
        int t = written_topics[i];
        const char *topic = check->config->topics[t].p;
        char subject[300];
        if (!check->visible[t]) continue;
        snprintf(subject, sizeof subject, "writing %s", topic);
        if (written->errs[t] == NOT_TAKEN || !written->errs[t])
            good++;
        else
            kafka_check_fault(check, written->errs[t], subject, KAFKA_RIGHT_WRITE, topic,
                              &written->watch);
    }
    if (good == WRITTEN_TOPICS)
        kafka_check_say(
            check, VERDICT_OK, "kafka writing: the outputs, %s and %s may be written to",
            check->config->topics[TOPIC_FORWARDED].p, check->config->topics[TOPIC_STATE].p);
}

void kafka_check_writing(const struct kafka_check *check)
{
    struct error error;
    struct written written = {.reported = 0};
    for (int t = 1; t < topic_end; t++) written.errs[t] = KAFKA_CHECK_NO_ANSWER;
    /* The side that is not idempotent: with it, librdkafka does not take these acknowledgements. */
    rd_kafka_conf_t *conf = kafka_conf_new(check->config, KAFKA_ADMIN, &written.watch, &error);
    if (conf) rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_t *rk = kafka_check_open(check, conf, KAFKA_ADMIN, &error);
    if (!rk) return;
    int64_t until_ms = kafka_check_until(check);
    size_t offered = offer_records(check, rk, clock_left_ms(until_ms));
    while (written.reported < offered && clock_left_ms(until_ms))
        rd_kafka_poll(rk, KAFKA_CHECK_POLL_MS);
    rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                           RD_KAFKA_PURGE_F_NON_BLOCKING);
    struct written seen = written;
    kafka_conf_close(rk);
    say_written(check, &seen);
}
