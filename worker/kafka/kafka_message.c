/* SPDX-License-Identifier: Apache-2.0 */
/* Our records and messages to and from those of librdkafka, headers too. The worker's own producer does
 * it for itself, since it reuses what it has made. */
#include "kafka_message.h"

#include <stdlib.h>
#include <string.h>

/* NULL: there are none. */
static const rd_kafka_headers_t *headers_of(const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *all;
    return rd_kafka_message_headers(m, &all) ? NULL : all;
}

/* False: there is no such one. */
static bool header_at(const rd_kafka_headers_t *all, size_t i, struct header *header)
{
    const char *name;
    const void *value;
    size_t size;
    if (!all || rd_kafka_header_get_all(all, i, &name, &value, &size)) return false;
    *header = (struct header){str_of(name), {value, value ? size : 0}};
    return true;
}

/* All but its headers. */
static struct record record_of(int topic, const rd_kafka_message_t *m)
{
    int64_t at = rd_kafka_message_timestamp(m, NULL);
    return (struct record){
        .topic = topic,
        .partition = m->partition,
        .offset = m->offset,
        .timestamp = at >= 0 ? at : TIME_NONE,
        .key = {m->key, m->key ? m->key_len : 0},
        .value = {m->payload, m->payload ? m->len : 0},
    };
}

/* Copies the bytes to *at, which moves behind them; the slice is the copy then. */
static void copy_to(char **at, struct str *bytes)
{
    if (bytes->n) memcpy(*at, bytes->p, bytes->n);
    if (bytes->p) bytes->p = *at;
    *at += bytes->n;
}

struct record kafka_message_copy(int topic, const rd_kafka_message_t *m)
{
    struct record record = record_of(topic, m);
    struct header header;
    const rd_kafka_headers_t *all = headers_of(m);
    size_t bytes = record.key.n + record.value.n;
    for (; header_at(all, record.headers_n, &header); record.headers_n++)
        bytes += header.name.n + header.value.n;
    struct header *headers = malloc(record.headers_n * sizeof *headers + bytes + 1);
    if (!headers) abort();
    char *at = (char *)(headers + record.headers_n);
    copy_to(&at, &record.key);
    copy_to(&at, &record.value);
    for (size_t i = 0; header_at(all, i, &headers[i]); i++) {
        copy_to(&at, &headers[i].name);
        copy_to(&at, &headers[i].value);
    }
    record.headers = record.handle = headers;
    return record;
}

struct record kafka_message_record(struct arena *arena, int topic, const rd_kafka_message_t *m)
{
    struct record record = record_of(topic, m);
    const rd_kafka_headers_t *all = headers_of(m);
    size_t n = all ? rd_kafka_header_cnt(all) : 0;
    struct header *headers = arena_alloc(arena, (n + 1) * sizeof *headers);
    while (header_at(all, record.headers_n, &headers[record.headers_n])) record.headers_n++;
    record.headers = headers;
    return record;
}

static rd_kafka_headers_t *headers_out(const struct message *m)
{
    rd_kafka_headers_t *all = rd_kafka_headers_new(m->headers_n);
    for (size_t i = 0; i < m->headers_n; i++) {
        const struct header *h = &m->headers[i];
        rd_kafka_header_add(all, h->name.p, (ssize_t)h->name.n, h->value.p, (ssize_t)h->value.n);
    }
    return all;
}

rd_kafka_resp_err_t kafka_message_produce(rd_kafka_t *rk, const char *name,
                                          const struct message *message, void *opaque)
{
    const struct message *m = message;
    rd_kafka_headers_t *headers = headers_out(m);
    rd_kafka_resp_err_t err = rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(name),
        RD_KAFKA_V_PARTITION(m->partition < 0 ? RD_KAFKA_PARTITION_UA : m->partition),
        RD_KAFKA_V_KEY((void *)(uintptr_t)m->key.p, m->key.n),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)m->value.p, m->value.n),
        RD_KAFKA_V_TIMESTAMP(m->timestamp == TIME_NONE ? 0 : m->timestamp),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    if (err) rd_kafka_headers_destroy(headers); /* else librdkafka owns them now */
    return err;
}
