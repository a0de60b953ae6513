/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of followup-state for a restore. One client and one queue for all shards, since a
 * connection a shard would cost more than the records; records are held until the caller has taken
 * them.
 */
#include "changelog.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/clock.h"
#include "kafka_conf.h"
#include "kafka_error.h"
#include "kafka_wake.h"

#define IDLE_MS 3000 /* so long without an open shard, and the client is closed */
#define READ_BYTES_MAX ((size_t)16 << 20) /* of one read: it is copied on its way to Redis */

struct shard_reader {
    bool open;
    int64_t next;
    bool at_end; /* nothing that is committed stands behind `next`, as far as it was fetched */
};

struct changelog {
    const struct config *config;
    int32_t partitions;
    struct kafka_watch watch;
    rd_kafka_t *reader;      /* read_committed; NULL while it is not used */
    rd_kafka_topic_t *topic; /* of the reader */
    rd_kafka_queue_t
        *queue; /* of all open shards: the limits of a queue then hold for all of them */
    struct kafka_wake wake; /* of that queue */
    struct shard_reader *shards;
    int32_t open_n;
    int64_t used_ms;           /* monotonic: when the last shard was closed */
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

static void disconnect_reader(struct changelog *log)
{
    release(log);
    kafka_wake_stop(&log->wake);
    if (log->queue) rd_kafka_queue_destroy(log->queue);
    if (log->topic) rd_kafka_topic_destroy(log->topic);
    kafka_conf_close(log->reader);
    log->queue = NULL;
    log->topic = NULL;
    log->reader = NULL;
    log->watch = (struct kafka_watch){0};
}

void changelog_free(struct changelog *log)
{
    if (!log) return;
    for (int32_t i = 0; i < log->partitions; i++) changelog_close(log, i);
    disconnect_reader(log);
    free(log->held);
    free(log->shards);
    free(log);
}

void changelog_serve(struct changelog *log)
{
    if (!log->reader) return;
    rd_kafka_poll(log->reader, 0);
    if (!log->open_n && clock_monotonic_ms() - log->used_ms >= IDLE_MS) disconnect_reader(log);
}

static bool connect_reader(struct changelog *log, struct error *error)
{
    if (log->reader) return true;
    rd_kafka_conf_t *conf = kafka_conf_new(log->config, KAFKA_CHANGELOG, &log->watch, error);
    log->reader = conf ? kafka_conf_open(conf, KAFKA_CHANGELOG, error) : NULL;
    if (!log->reader) return false;
    log->topic = rd_kafka_topic_new(log->reader, log->config->topics[TOPIC_STATE].p, NULL);
    log->queue = rd_kafka_queue_new(log->reader);
    kafka_wake_start(&log->wake, log->queue);
    return true;
}

enum result changelog_open(struct changelog *log, int32_t shard, int64_t from, struct error *error)
{
    assert(shard >= 0 && shard < log->partitions && from >= 0);
    struct shard_reader *s = &log->shards[shard];
    assert(!s->open);
    if (!connect_reader(log, error)) return FATAL;
    /* The API without a group: starting one partition leaves the others alone. What an earlier
     * reading of it left in the queue is of an older version for the library, and dropped. */
    if (rd_kafka_consume_start_queue(log->topic, shard, from, log->queue))
        return kafka_error_code(log->config, rd_kafka_last_error(), NULL,
                                "starting to read followup-state", error);
    *s = (struct shard_reader){.open = true, .next = from};
    log->open_n++;
    return OK;
}

void changelog_close(struct changelog *log, int32_t shard)
{
    struct shard_reader *s = &log->shards[shard];
    if (!s->open) return;
    rd_kafka_consume_stop(log->topic, shard);
    s->open = false;
    log->open_n--;
    log->used_ms = clock_monotonic_ms();
}

int64_t changelog_next(const struct changelog *log, int32_t shard)
{
    return log->shards[shard].next;
}

bool changelog_at_end(const struct changelog *log, int32_t shard)
{
    return log->shards[shard].at_end;
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

/* The open shard that a message is of; NULL: none, or it speaks of the whole client. */
static struct shard_reader *reader_of(struct changelog *log, const rd_kafka_message_t *m)
{
    bool ours = m->rkt && m->partition >= 0 && m->partition < log->partitions;
    return ours && log->shards[m->partition].open ? &log->shards[m->partition] : NULL;
}

/* What came instead of a record: OK when reading goes on. */
static enum result take_error(struct changelog *log, const rd_kafka_message_t *m,
                              struct error *error)
{
    struct shard_reader *s = reader_of(log, m);
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (s && m->offset > s->next) s->next = m->offset;
        if (s) s->at_end = true;
        return OK;
    }
    if (m->rkt && !s) return OK; /* of a shard that was closed meanwhile */
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return error_set(error, FATAL,
                         "%s/%" PRId32 " no longer has offset %" PRId64
                         "; restart the worker, which checks what is left",
                         log->config->topics[TOPIC_STATE].p, m->partition, s ? s->next : -1);
    return kafka_error_message(log->config, m, "reading followup-state", error);
}

static enum result take_message(struct changelog *log, rd_kafka_message_t *m,
                                struct changelog_record *records, size_t *n, struct error *error)
{
    struct shard_reader *s = reader_of(log, m);
    if (m->err || !s) {
        enum result r = m->err ? take_error(log, m, error) : OK;
        rd_kafka_message_destroy(m);
        return r;
    }
    records[(*n)++] = (struct changelog_record){
        .shard = m->partition,
        .key = {m->key, m->key_len},
        .value = {m->payload, m->len},
        .offset = m->offset,
    };
    s->next = m->offset + 1;
    s->at_end = false;
    hold(log, m);
    return OK;
}

enum result changelog_read(struct changelog *log, struct changelog_record *records, size_t max,
                           int timeout_ms, size_t *n, struct error *error)
{
    enum result r = OK;
    size_t bytes = 0;
    bool has_taken = false, is_empty = false;
    *n = 0;
    if (!log->reader) return OK;
    release(log);
    rd_kafka_poll(log->reader, 0);
    while (*n < max && bytes < READ_BYTES_MAX && r == OK) {
        kafka_wake_before(&log->wake);
        rd_kafka_message_t *m = rd_kafka_consume_queue(log->queue, timeout_ms);
        is_empty = !m;
        if (!m) break;
        timeout_ms = 0;
        has_taken = true;
        bytes += m->len;
        r = take_message(log, m, records, n, error);
    }
    /* What is left may be so little that more is to be fetched. */
    kafka_wake_after(&log->wake, log->reader, has_taken, is_empty || has_taken);
    /* Records that came before an error are not lost by it: the error comes again or is over. */
    return *n > 0 && r == RETRY ? OK : r;
}
