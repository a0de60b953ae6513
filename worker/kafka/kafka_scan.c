/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_scan.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/clock.h"
#include "kafka_conf.h"
#include "kafka_error.h"

#define POLL_MS 200
#define RANGE_TIMEOUT_MS 5000
#define RANGE_PATIENCE_MS 30000
#define PATIENCE_MS 120000 /* without a record or an end */
#define SAY_EVERY_MS 10000

struct kafka_scan {
    const struct config *config;
    const char *name; /* of the topic */
    const volatile sig_atomic_t *stop;
    struct kafka_watch watch;
    rd_kafka_t *reader; /* read_committed */
    rd_kafka_t *asker;  /* read_uncommitted: is told where a partition really ends */
    rd_kafka_topic_t *topic;
    int64_t heard_ms; /* monotonic: when something came last */
    int64_t said_ms;
};

static rd_kafka_t *open_handle(struct kafka_scan *scan, const char *isolation, struct error *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(scan->config, KAFKA_READER, &scan->watch, error);
    if (!conf) return NULL;
    rd_kafka_conf_set(conf, "isolation.level", isolation, NULL, 0);
    return kafka_conf_open(conf, KAFKA_READER, error);
}

struct kafka_scan *kafka_scan_new(const struct config *config, int topic,
                                  const volatile sig_atomic_t *stop, struct error *error)
{
    struct kafka_scan *scan = calloc(1, sizeof *scan);
    if (!scan) abort();
    *scan = (struct kafka_scan){.config = config, .name = config->topics[topic].p, .stop = stop};
    scan->reader = open_handle(scan, "read_committed", error);
    scan->asker = scan->reader ? open_handle(scan, "read_uncommitted", error) : NULL;
    if (scan->asker) {
        scan->topic = rd_kafka_topic_new(scan->reader, scan->name, NULL);
        return scan;
    }
    kafka_scan_free(scan);
    return NULL;
}

void kafka_scan_free(struct kafka_scan *scan)
{
    if (!scan) return;
    if (scan->topic) rd_kafka_topic_destroy(scan->topic);
    kafka_conf_close(scan->reader);
    kafka_conf_close(scan->asker);
    free(scan);
}

static enum result failed(struct kafka_scan *scan, rd_kafka_resp_err_t err, struct error *error)
{
    char doing[300];
    snprintf(doing, sizeof doing, "reading %s", scan->name);
    rd_kafka_poll(scan->reader, 0); /* the reason, if there is one */
    rd_kafka_poll(scan->asker, 0);
    return kafka_error_code(scan->config, err, scan->watch.reason[0] ? scan->watch.reason : NULL,
                            doing, error);
}

enum result kafka_scan_range(struct kafka_scan *scan, int32_t partition, int64_t *low,
                             int64_t *high, struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + RANGE_PATIENCE_MS;
    for (;;) {
        rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
            scan->asker, scan->name, partition, low, high, RANGE_TIMEOUT_MS);
        if (!err) return OK;
        enum result result = failed(scan, err, error);
        if (result == FATAL || clock_monotonic_ms() >= until_ms) return result;
        if (*scan->stop) return ABORT;
        rd_kafka_poll(scan->asker, POLL_MS);
    }
}

/* Nothing came. */
static enum result wait_on(struct kafka_scan *scan, int32_t partition, int64_t next,
                           struct error *error)
{
    int64_t now_ms = clock_monotonic_ms();
    if (*scan->stop) return ABORT;
    if (now_ms - scan->heard_ms < SAY_EVERY_MS || now_ms - scan->said_ms < SAY_EVERY_MS) return OK;
    scan->said_ms = now_ms;
    error_set(error, RETRY,
              "%s/%" PRId32 " gives nothing from offset %" PRId64
              " on: a transaction is open there, or its broker is away",
              scan->name, partition, next);
    if (now_ms - scan->heard_ms >= PATIENCE_MS) return RETRY;
    log_warn("waiting for Kafka", LOG_TEXT("reason", error->text));
    return OK;
}

/* Takes what came. *next: the offset to go on from, also past the records that end a transaction. */
static enum result take_one(struct kafka_scan *scan, rd_kafka_message_t *m, int64_t high,
                            int64_t *next, kafka_scan_take *take, void *context,
                            struct error *error)
{
    enum result result = OK;
    if (!m->err) {
        scan->heard_ms = clock_monotonic_ms();
        *next = m->offset + 1;
        if (m->offset < high) return take(context, m, error);
    } else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (m->offset > *next) *next = m->offset;
    } else {
        result = kafka_error_is_out_of_range(m->err)
                     ? failed(scan, m->err, error)
                     : kafka_error_message(scan->config, m, scan->name, error);
        if (result == RETRY) result = OK; /* librdkafka tries again; wait_on has the patience */
    }
    rd_kafka_message_destroy(m);
    return result;
}

enum result kafka_scan_read(struct kafka_scan *scan, int32_t partition, int64_t high,
                            kafka_scan_take *take, void *context, struct error *error)
{
    int64_t next = 0;
    enum result result = OK;
    scan->heard_ms = clock_monotonic_ms();
    if (rd_kafka_consume_start(scan->topic, partition, RD_KAFKA_OFFSET_BEGINNING))
        return failed(scan, rd_kafka_last_error(), error);
    while (result == OK && next < high) {
        rd_kafka_message_t *m = rd_kafka_consume(scan->topic, partition, POLL_MS);
        rd_kafka_poll(scan->reader, 0);
        result = m ? take_one(scan, m, high, &next, take, context, error)
                   : wait_on(scan, partition, next, error);
        if (result == OK && *scan->stop) result = ABORT;
    }
    rd_kafka_consume_stop(scan->topic, partition);
    return result;
}
