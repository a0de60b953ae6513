/* SPDX-License-Identifier: Apache-2.0 */
/* Our records and messages to and from those of librdkafka, headers too. The worker's own consumer
 * and producer do it for themselves, since they reuse what they have made. */
#include "kafka_message.h"

static const struct header *headers_in(struct arena *arena, const rd_kafka_message_t *m, size_t *n)
{
    rd_kafka_headers_t *all;
    const char *name;
    const void *value;
    size_t size;
    *n = 0;
    if (rd_kafka_message_headers(m, &all)) return NULL;
    struct header *headers = arena_alloc(arena, (rd_kafka_header_cnt(all) + 1) * sizeof *headers);
    while (!rd_kafka_header_get_all(all, *n, &name, &value, &size))
        headers[(*n)++] = (struct header){str_of(name), {value, value ? size : 0}};
    return headers;
}

struct record kafka_message_record(struct arena *arena, int topic, const rd_kafka_message_t *m)
{
    struct record record = {
        .topic = topic,
        .partition = m->partition,
        .offset = m->offset,
        .timestamp = rd_kafka_message_timestamp(m, NULL),
        .key = {m->key, m->key ? m->key_len : 0},
        .value = {m->payload, m->payload ? m->len : 0},
    };
    record.headers = headers_in(arena, m, &record.headers_n);
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
