/* SPDX-License-Identifier: Apache-2.0 */
/* A partition from its beginning to where it ends now. A reader of what is committed is told of the
 * last stable offset alone, so a second handle asks where the partition really ends, and the reading
 * waits for the transactions that are open below it. */
#include "kafka_scan.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/clock.h"
#include "kafka_conf.h"
#include "kafka_error.h"
#include "kafka_reader.h"

#define POLL_MS 200
#define RANGE_TIMEOUT_MS 5000
#define RANGE_PATIENCE_MS 30000
#define PATIENCE_MS 120000 /* without a record or an end */
#define SAY_EVERY_MS 10000

struct kafka_scan {
    const struct config *config;
    int topic;
    const char *name; /* of the topic */
    char doing[300];
    const volatile sig_atomic_t *stop;
    struct kafka_reader *reader;
    struct kafka_watch watch; /* of the asker */
    rd_kafka_t *asker;        /* read_uncommitted: is told where a partition really ends */
    int64_t heard_ms;         /* monotonic: when something came last */
    int64_t said_ms;
};

static rd_kafka_t *open_asker(struct kafka_scan *scan, struct error *error)
{
    rd_kafka_conf_t *conf = kafka_conf_new(scan->config, KAFKA_READER, &scan->watch, error);
    if (!conf) return NULL;
    rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", NULL, 0);
    return kafka_conf_open(conf, KAFKA_READER, error);
}

struct kafka_scan *kafka_scan_new(const struct config *config, int topic,
                                  const volatile sig_atomic_t *stop, struct error *error)
{
    struct kafka_scan *scan = calloc(1, sizeof *scan);
    if (!scan) abort();
    *scan = (struct kafka_scan){
        .config = config, .topic = topic, .name = config->topics[topic].p, .stop = stop};
    snprintf(scan->doing, sizeof scan->doing, "reading %s", scan->name);
    scan->reader = kafka_reader_new(config, scan->doing, error);
    scan->asker = scan->reader ? open_asker(scan, error) : NULL;
    if (scan->asker) return scan;
    kafka_scan_free(scan);
    return NULL;
}

void kafka_scan_free(struct kafka_scan *scan)
{
    if (!scan) return;
    kafka_reader_free(scan->reader);
    kafka_conf_close(scan->asker);
    free(scan);
}

static enum result failed(struct kafka_scan *scan, rd_kafka_resp_err_t err, struct error *error)
{
    rd_kafka_poll(scan->asker, 0); /* the reason, if there is one */
    return kafka_error_code(scan->config, err, scan->watch.reason[0] ? scan->watch.reason : NULL,
                            scan->doing, error);
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
              " on: a transaction is open there, or its broker is unreachable",
              scan->name, partition, next);
    if (now_ms - scan->heard_ms >= PATIENCE_MS) return RETRY;
    log_warn("waiting for Kafka", LOG_TEXT("reason", error->text));
    return OK;
}

enum result kafka_scan_read(struct kafka_scan *scan, int32_t partition, int64_t high,
                            kafka_scan_take *take, void *context, struct error *error)
{
    struct record record;
    enum kafka_read what;
    int64_t next = 0; /* the offset to go on from, also past the records that end a transaction */
    scan->heard_ms = clock_monotonic_ms();
    enum result result =
        kafka_reader_start(scan->reader, scan->topic, partition, 1, TIME_NONE, error);
    while (result == OK && next < high) {
        result = kafka_reader_next(scan->reader, POLL_MS, &what, &record, error);
        if (result == OK && what == KAFKA_READ_NOTHING) {
            result = wait_on(scan, partition, next, error);
        } else if (result == OK && what == KAFKA_READ_RECORD) {
            scan->heard_ms = clock_monotonic_ms();
            next = record.offset + 1;
            if (record.offset < high) result = take(context, &record, error);
        } else if (result == OK && record.offset > next) {
            next = record.offset;
        }
        if (result == OK && *scan->stop) result = ABORT;
    }
    kafka_reader_stop(scan->reader);
    return result;
}
