/* SPDX-License-Identifier: Apache-2.0 */
/* One consumer handle of librdkafka without a group, and one queue for all partitions that are read:
 * what `tail` follows, `show` reads as history, and `redrive` scans. */
#include "kafka_reader.h"

#include <stdlib.h>

#include "kafka_conf.h"
#include "kafka_error.h"
#include "kafka_message.h"

#define LOOK_UP_TIMEOUT_MS 10000
#define ARENA_KEEP_BYTES ((size_t)64 * 1024)

/* One that is read. */
struct started {
    int topic;
    int32_t partition;
};

struct kafka_reader {
    const struct config *config;
    const char *doing;
    struct kafka_watch watch;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* where all that was started comes to; NULL: nothing was */
    rd_kafka_topic_t *topics[topic_end];
    struct started *started;
    size_t started_n;
    rd_kafka_message_t *held; /* what the last record points into */
    struct arena *arena;      /* its headers */
};

struct kafka_reader *kafka_reader_new(const struct config *config, const char *doing,
                                      struct error *error)
{
    struct kafka_reader *reader = calloc(1, sizeof *reader);
    if (!reader) abort();
    *reader = (struct kafka_reader){.config = config, .doing = doing, .arena = arena_new()};
    rd_kafka_conf_t *conf = kafka_conf_new(config, KAFKA_READER, &reader->watch, error);
    reader->rk = conf ? kafka_conf_open(conf, KAFKA_READER, error) : NULL;
    if (reader->rk) return reader;
    kafka_reader_free(reader);
    return NULL;
}

static void let_go(struct kafka_reader *reader)
{
    if (reader->held) rd_kafka_message_destroy(reader->held);
    reader->held = NULL;
    arena_reset(reader->arena, ARENA_KEEP_BYTES);
}

void kafka_reader_free(struct kafka_reader *reader)
{
    if (!reader) return;
    kafka_reader_stop(reader);
    for (int t = 0; t < topic_end; t++)
        if (reader->topics[t]) rd_kafka_topic_destroy(reader->topics[t]);
    kafka_conf_close(reader->rk);
    arena_free(reader->arena);
    free(reader->started);
    free(reader);
}

static enum result failed(struct kafka_reader *reader, rd_kafka_resp_err_t err, const char *doing,
                          struct error *error)
{
    rd_kafka_poll(reader->rk, 0); /* the reason, if there is one */
    return kafka_error_code(reader->config, err,
                            reader->watch.reason[0] ? reader->watch.reason : NULL, doing, error);
}

enum result kafka_reader_timed_out(struct kafka_reader *reader, struct error *error)
{
    return failed(reader, RD_KAFKA_RESP_ERR__TIMED_OUT, reader->doing, error);
}

/* Turns a time or "the end" into offsets, all in one question. */
static enum result look_up(struct kafka_reader *reader, rd_kafka_topic_partition_list_t *list,
                           ms_t from, struct error *error)
{
    bool end = from == KAFKA_READER_END;
    if (from <= 0) return OK;
    for (int i = 0; i < list->cnt; i++) list->elems[i].offset = end ? RD_KAFKA_OFFSET_END : from;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(reader->rk, list, LOOK_UP_TIMEOUT_MS);
    for (int i = 0; i < list->cnt && !err; i++) err = list->elems[i].err;
    if (err)
        return failed(reader, err, end ? "looking for the ends of the topics" : reader->doing,
                      error);
    /* None: nothing so late, or a broker that cannot search by time (librdkafka's own). */
    for (int i = 0; i < list->cnt && !end; i++)
        if (list->elems[i].offset < 0) list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    return OK;
}

static enum result start_one(struct kafka_reader *reader, int topic, int32_t partition,
                             int64_t offset, struct error *error)
{
    if (rd_kafka_consume_start_queue(reader->topics[topic], partition, offset, reader->queue))
        return failed(reader, rd_kafka_last_error(), reader->doing, error);
    reader->started[reader->started_n++] = (struct started){topic, partition};
    return OK;
}

enum result kafka_reader_start(struct kafka_reader *reader, int topic, int32_t first, int32_t n,
                               ms_t from, struct error *error)
{
    const char *name = reader->config->topics[topic].p;
    size_t room = reader->started_n + (size_t)n;
    reader->started = realloc(reader->started, (room + 1) * sizeof *reader->started);
    if (!reader->started) abort();
    if (!reader->queue) reader->queue = rd_kafka_queue_new(reader->rk);
    if (!reader->topics[topic]) reader->topics[topic] = rd_kafka_topic_new(reader->rk, name, NULL);

    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
    for (int32_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, name, first + i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    enum result result = look_up(reader, list, from, error);
    for (int i = 0; i < list->cnt && result == OK; i++)
        result = start_one(reader, topic, list->elems[i].partition, list->elems[i].offset, error);
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

void kafka_reader_stop(struct kafka_reader *reader)
{
    let_go(reader);
    for (size_t i = 0; i < reader->started_n; i++) {
        const struct started *s = &reader->started[i];
        rd_kafka_consume_stop(reader->topics[s->topic], s->partition);
    }
    reader->started_n = 0;
    if (reader->queue) rd_kafka_queue_destroy(reader->queue);
    reader->queue = NULL;
}

static int topic_of(const struct kafka_reader *reader, const rd_kafka_message_t *m)
{
    for (int t = 0; t < topic_end; t++)
        if (reader->topics[t] && reader->topics[t] == m->rkt) return t;
    return topic_none;
}

enum result kafka_reader_next(struct kafka_reader *reader, int timeout_ms, enum kafka_read *what,
                              struct record *record, struct error *error)
{
    let_go(reader);
    *what = KAFKA_READ_NOTHING;
    rd_kafka_poll(reader->rk, 0);
    rd_kafka_message_t *m = reader->held = rd_kafka_consume_queue(reader->queue, timeout_ms);
    if (!m) return OK;
    if (!m->err) {
        *what = KAFKA_READ_RECORD;
        *record = kafka_message_record(reader->arena, topic_of(reader, m), m);
        return OK;
    }
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        *what = KAFKA_READ_END;
        *record = (struct record){
            .topic = topic_of(reader, m), .partition = m->partition, .offset = m->offset};
        return OK;
    }
    /* What only needs patience (RETRY) librdkafka tries again itself, and logs. */
    enum result result = kafka_error_message(reader->config, m, reader->doing, error);
    return result == RETRY ? OK : result;
}
