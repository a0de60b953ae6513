/* SPDX-License-Identifier: Apache-2.0 */
/* An idempotent producer of librdkafka, in no transaction, and its delivery reports. */
#include "kafka_publisher.h"

#include <stddef.h>
#include <stdlib.h>

#include "kafka_conf.h"
#include "kafka_delivery.h"
#include "kafka_message.h"

#define POLL_MS 100

struct kafka_publisher {
    const struct config *config;
    kafka_publisher_report *report;
    void *context;
    struct kafka_watch watch;
    rd_kafka_t *rk;
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    struct kafka_publisher *p =
        (struct kafka_publisher *)((char *)opaque - offsetof(struct kafka_publisher, watch));
    size_t number = (size_t)(uintptr_t)m->_private;
    switch (kafka_delivery_of(m->err, m->offset)) {
    case DELIVERY_DONE: p->report(p->context, number, KAFKA_PUBLISHED, NULL); break;
    case DELIVERY_UNKNOWN: p->report(p->context, number, KAFKA_PUBLISHED_UNKNOWN, NULL); break;
    default: {
        /* In a report rd_kafka_message_errstr() would give the record's own bytes. Why a record
         * timed out is what the connection said last. */
        bool late = m->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && p->watch.reason[0];
        p->report(p->context, number, KAFKA_PUBLISHED_NOT,
                  late ? p->watch.reason : rd_kafka_err2str(m->err));
    }
    }
}

struct kafka_publisher *kafka_publisher_new(const struct config *config,
                                            kafka_publisher_report *report, void *context,
                                            struct error *error)
{
    struct kafka_publisher *p = calloc(1, sizeof *p);
    if (!p) abort();
    *p = (struct kafka_publisher){.config = config, .report = report, .context = context};
    rd_kafka_conf_t *conf = kafka_conf_new(config, KAFKA_PUBLISHER, &p->watch, error);
    if (conf) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        p->rk = kafka_conf_open(conf, KAFKA_PUBLISHER, error);
    }
    if (p->rk) return p;
    free(p);
    return NULL;
}

void kafka_publisher_free(struct kafka_publisher *publisher)
{
    if (!publisher) return;
    /* What librdkafka still holds after an error must not be reported to nobody. */
    rd_kafka_purge(publisher->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(publisher->rk, POLL_MS);
    rd_kafka_destroy(publisher->rk);
    free(publisher);
}

enum result kafka_publisher_send(struct kafka_publisher *publisher, const struct message *message,
                                 size_t number, struct error *error)
{
    const char *name = publisher->config->topics[message->topic].p;
    rd_kafka_resp_err_t err =
        kafka_message_produce(publisher->rk, name, message, (void *)(uintptr_t)number);
    bool full = err == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    if (err && !full) return error_set(error, FATAL, "%s", rd_kafka_err2str(err));
    rd_kafka_poll(publisher->rk, full ? POLL_MS : 0);
    return full ? error_set(error, RETRY, "%s", rd_kafka_err2str(err)) : OK;
}

bool kafka_publisher_wait(struct kafka_publisher *publisher)
{
    if (rd_kafka_outq_len(publisher->rk) > 0) rd_kafka_poll(publisher->rk, POLL_MS);
    return rd_kafka_outq_len(publisher->rk) > 0;
}
