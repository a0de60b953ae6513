/* SPDX-License-Identifier: Apache-2.0 */
#include "history.h"

#include "kafka/kafka_conf.h"
#include "kafka/kafka_error.h"

#define POLL_MS 1000
#define PATIENCE_POLLS 20 /* without anything, before it is given up */
#define TIMEOUT_MS 10000
#define DOING "reading the history from followup-tasks"

struct history {
    const struct config *config;
    struct kafka_watch watch;
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    int32_t partition;
    struct str incident_id, task_id;
    history_take *take;
    void *context;
    struct arena *arena; /* of one message */
};

static enum result failed(struct history *h, rd_kafka_resp_err_t err, struct error *error)
{
    rd_kafka_poll(h->rk, 0); /* the reason, if there is one */
    return kafka_error_code(h->config, err, h->watch.reason[0] ? h->watch.reason : NULL, DOING,
                            error);
}

/* Begins at the first event at `since` or later: whatever order the times are in, no event of the
 * incident stands before it. */
static enum result start(struct history *h, ms_t since, struct error *error)
{
    const char *name = h->config->topics[TOPIC_TASKS].p;
    int64_t offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (since > 0) {
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, name, h->partition)->offset = since;
        err = rd_kafka_offsets_for_times(h->rk, list, TIMEOUT_MS);
        if (!err) err = list->elems[0].err;
        /* None: nothing so late, or a broker that cannot search by time (librdkafka's own). */
        if (list->elems[0].offset >= 0) offset = list->elems[0].offset;
        rd_kafka_topic_partition_list_destroy(list);
    }
    if (err) return failed(h, err, error);
    h->topic = rd_kafka_topic_new(h->rk, name, NULL);
    if (rd_kafka_consume_start(h->topic, h->partition, offset))
        return failed(h, rd_kafka_last_error(), error);
    return OK;
}

static struct str header_of(const struct message *message, struct str name)
{
    for (size_t i = 0; i < message->headers_n; i++)
        if (str_eq(message->headers[i].name, name)) return message->headers[i].value;
    return STR_NONE;
}

static void read_headers(struct history *h, const rd_kafka_message_t *m, struct message *message)
{
    rd_kafka_headers_t *all;
    const char *name;
    const void *value;
    size_t size, n = 0;
    if (rd_kafka_message_headers(m, &all)) return;
    struct header *headers = arena_alloc(h->arena, rd_kafka_header_cnt(all) * sizeof *headers);
    while (!rd_kafka_header_get_all(all, n, &name, &value, &size))
        headers[n++] = (struct header){str_of(name), {value, value ? size : 0}};
    message->headers = headers;
    message->headers_n = n;
}

static void take(struct history *h, const rd_kafka_message_t *m)
{
    struct message message = {
        .topic = TOPIC_TASKS,
        .partition = m->partition,
        .timestamp = rd_kafka_message_timestamp(m, NULL),
        .key = {m->key, m->key_len},
        .value = {m->payload, m->payload ? m->len : 0},
    };
    if (!str_eq(message.key, h->incident_id)) return;
    arena_reset(h->arena, 0);
    read_headers(h, m, &message);
    if (h->task_id.p && !str_eq(header_of(&message, STR("ce_subject")), h->task_id)) return;
    h->take(h->context, &message);
}

static enum result read_all(struct history *h, struct error *error)
{
    for (int idle = 0; idle < PATIENCE_POLLS;) {
        rd_kafka_message_t *m = rd_kafka_consume(h->topic, h->partition, POLL_MS);
        rd_kafka_resp_err_t err = m ? m->err : RD_KAFKA_RESP_ERR_NO_ERROR;
        enum result result = OK;
        if (m && !err) take(h, m);
        if (err && err != RD_KAFKA_RESP_ERR__PARTITION_EOF) result = failed(h, err, error);
        idle = m && !err ? 0 : idle + 1;
        if (m) rd_kafka_message_destroy(m);
        if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return OK;
        if (result == FATAL) return result; /* on RETRY librdkafka goes on by itself */
    }
    return failed(h, RD_KAFKA_RESP_ERR__TIMED_OUT, error);
}

enum result history_read(const struct config *config, int32_t partition, struct str incident_id,
                         struct str task_id, ms_t since, history_take *take_one, void *context,
                         struct error *error)
{
    struct history h = {.config = config,
                        .partition = partition,
                        .incident_id = incident_id,
                        .task_id = task_id,
                        .take = take_one,
                        .context = context};
    rd_kafka_conf_t *conf = kafka_conf_new(config, KAFKA_READER, &h.watch, error);
    h.rk = conf ? kafka_conf_open(conf, KAFKA_READER, error) : NULL;
    if (!h.rk) return FATAL;
    h.arena = arena_new();
    enum result result = start(&h, since, error);
    if (result == OK) result = read_all(&h, error);
    if (h.topic) {
        rd_kafka_consume_stop(h.topic, partition);
        rd_kafka_topic_destroy(h.topic);
    }
    rd_kafka_destroy(h.rk);
    arena_free(h.arena);
    return result;
}
