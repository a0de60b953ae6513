/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the group, or out of it. The engine asks for membership only while the store can be used; a
 * static member has to unsubscribe to leave, a dynamic one leaves when its handle is closed.
 */
#include "kafka_consumer_private.h"

#include "common/clock.h"

#define LEAVE_TIMEOUT_MS 1000
#define LEAVE_STEP_MS 20

enum result kafka_consumer_subscribe(struct kafka_consumer *c, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(INPUTS);
    for (int t = 1; t <= INPUTS; t++)
        rd_kafka_topic_partition_list_add(list, c->config->topics[t].p, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err) return kafka_error_code(c->config, err, NULL, "joining the group", error);
    c->subscribed = true;
    return OK;
}

void kafka_consumer_be_member(struct kafka_consumer *c, bool wanted)
{
    c->wanted = wanted;
    if (wanted || !c->subscribed) return;
    rd_kafka_unsubscribe(c->rk); /* a static member leaves by it, too */
    c->subscribed = false;
}

void kafka_consumer_leave(struct kafka_consumer *c)
{
    c->leaving = true;
    if (c->gives_back) kafka_consumer_give_back(c);
    if (c->config->static_member) return;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
    int64_t until_ms = clock_monotonic_ms() + LEAVE_TIMEOUT_MS;
    rd_kafka_error_t *e = rd_kafka_consumer_close_queue(c->rk, queue);
    while (!e && !rd_kafka_consumer_closed(c->rk) && clock_monotonic_ms() < until_ms) {
        /* The revocation comes by it; and records that were fetched, which no callback takes. */
        rd_kafka_message_t *m = rd_kafka_consume_queue(queue, LEAVE_STEP_MS);
        if (m) rd_kafka_message_destroy(m);
    }
    if (e) rd_kafka_error_destroy(e);
    if (rd_kafka_consumer_closed(c->rk)) rd_kafka_queue_destroy(queue);
}
