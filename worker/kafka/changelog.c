/* SPDX-License-Identifier: Apache-2.0 */
#include "changelog.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "kafka_conf.h"
#include "kafka_error.h"

#define REQUEST_TIMEOUT_MS 5000

struct shard_reader {
    rd_kafka_queue_t *queue; /* NULL: not open */
    int64_t next;
};

struct changelog {
    const struct config *config;
    int32_t partitions;
    struct kafka_watch watch;
    rd_kafka_t *reader;      /* read_committed */
    rd_kafka_topic_t *topic; /* of the reader */
    rd_kafka_t
        *watermarks; /* read_uncommitted: the other would call the last stable offset the end */
    struct shard_reader *shards;
    int32_t open_n;
    rd_kafka_message_t **held; /* what the last read gave out */
    size_t held_n, held_cap;
};

struct changelog *changelog_new(const struct config *config, int32_t partitions)
{
    struct changelog *log = calloc(1, sizeof *log);
    if (!log) abort();
    log->config = config;
    log->partitions = partitions;
    log->shards = calloc((size_t)partitions, sizeof *log->shards);
    if (!log->shards) abort();
    return log;
}

static void release(struct changelog *log)
{
    for (size_t i = 0; i < log->held_n; i++) rd_kafka_message_destroy(log->held[i]);
    log->held_n = 0;
}

static void disconnect(struct changelog *log)
{
    release(log);
    if (log->topic) rd_kafka_topic_destroy(log->topic);
    kafka_conf_close(log->reader);
    kafka_conf_close(log->watermarks);
    log->topic = NULL;
    log->reader = log->watermarks = NULL;
}

void changelog_free(struct changelog *log)
{
    if (!log) return;
    for (int32_t i = 0; i < log->partitions; i++) changelog_close(log, i);
    disconnect(log);
    free(log->held);
    free(log->shards);
    free(log);
}

static bool connect_watermarks(struct changelog *log, struct error *error)
{
    if (log->watermarks) return true;
    rd_kafka_conf_t *conf = kafka_conf_new(log->config, KAFKA_READER, &log->watch, error);
    if (!conf) return false;
    rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", NULL, 0);
    log->watermarks = kafka_conf_open(conf, KAFKA_READER, error);
    return log->watermarks != NULL;
}

static bool connect_reader(struct changelog *log, struct error *error)
{
    if (log->reader) return true;
    rd_kafka_conf_t *conf = kafka_conf_new(log->config, KAFKA_READER, &log->watch, error);
    if (!conf) return false;
    log->reader = kafka_conf_open(conf, KAFKA_READER, error);
    if (!log->reader) return false;
    log->topic = rd_kafka_topic_new(log->reader, log->config->topics[TOPIC_STATE].p, NULL);
    return true;
}

enum result changelog_bounds(struct changelog *log, int32_t shard, int64_t *low, int64_t *high,
                             struct error *error)
{
    if (!connect_watermarks(log, error)) return FATAL;
    const char *topic = log->config->topics[TOPIC_STATE].p;
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(log->watermarks, topic, shard, low,
                                                               high, REQUEST_TIMEOUT_MS);
    rd_kafka_poll(log->watermarks, 0);
    if (!err) return OK;
    return kafka_error_code(log->config, err, NULL, "reading the ends of followup-state", error);
}

enum result changelog_open(struct changelog *log, int32_t shard, int64_t from, struct error *error)
{
    assert(shard >= 0 && shard < log->partitions && from >= 0);
    struct shard_reader *s = &log->shards[shard];
    assert(!s->queue);
    if (!connect_reader(log, error)) return FATAL;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->reader);
    /* The API without a group: starting one partition leaves the others alone. */
    if (rd_kafka_consume_start_queue(log->topic, shard, from, queue)) {
        rd_kafka_resp_err_t err = rd_kafka_last_error();
        rd_kafka_queue_destroy(queue);
        return kafka_error_code(log->config, err, NULL, "starting to read followup-state", error);
    }
    *s = (struct shard_reader){queue, from};
    log->open_n++;
    return OK;
}

void changelog_close(struct changelog *log, int32_t shard)
{
    struct shard_reader *s = &log->shards[shard];
    if (!s->queue) return;
    release(log);
    rd_kafka_consume_stop(log->topic, shard);
    rd_kafka_queue_destroy(s->queue);
    s->queue = NULL;
    if (--log->open_n == 0) disconnect(log);
}

static void hold(struct changelog *log, rd_kafka_message_t *m)
{
    if (log->held_n == log->held_cap) {
        log->held_cap = log->held_cap ? 2 * log->held_cap : 1024;
        log->held = realloc(log->held, log->held_cap * sizeof(rd_kafka_message_t *));
        if (!log->held) abort();
    }
    log->held[log->held_n++] = m;
}

/* What came instead of a record: OK when reading goes on. Takes the message. */
static enum result take_error(struct changelog *log, struct shard_reader *s, rd_kafka_message_t *m,
                              struct error *error)
{
    enum result r = OK;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (m->offset > s->next) s->next = m->offset;
    } else if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        r = error_set(error, FATAL,
                      "%s no longer has offset %" PRId64 " of partition %" PRId32
                      "; the worker has to be started again to read it from the start",
                      log->config->topics[TOPIC_STATE].p, s->next, m->partition);
    } else {
        r = kafka_error_message(log->config, m, "reading followup-state", error);
    }
    rd_kafka_message_destroy(m);
    return r;
}

enum result changelog_read(struct changelog *log, int32_t shard, struct changelog_record *records,
                           size_t max, int timeout_ms, size_t *n, int64_t *next,
                           struct error *error)
{
    struct shard_reader *s = &log->shards[shard];
    assert(s->queue);
    release(log);
    rd_kafka_poll(log->reader, 0);
    enum result r = OK;
    *n = 0;
    while (*n < max && r == OK) {
        rd_kafka_message_t *m = rd_kafka_consume_queue(s->queue, timeout_ms);
        if (!m) break;
        timeout_ms = 0;
        if (m->err) {
            r = take_error(log, s, m, error);
            continue;
        }
        records[(*n)++] = (struct changelog_record){
            .key = {m->key, m->key_len}, .value = {m->payload, m->len}, .offset = m->offset};
        s->next = m->offset + 1;
        hold(log, m);
    }
    *next = s->next;
    /* Records that came before an error are not lost by it: the error comes again or is over. */
    return *n > 0 && r == RETRY ? OK : r;
}
