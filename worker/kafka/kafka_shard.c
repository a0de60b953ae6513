/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which input partitions are fetched, and from where. They are paused when they are assigned,
 * sought when the shard is restored, and only then resumed.
 */
#include "kafka_shard.h"

#include <inttypes.h>

#include "common/clock.h"
#include "kafka_consumer_private.h"

#define SEEK_ATTEMPTS 1000
#define SEEK_PAUSE_MS 2
#define REASSIGN_EVERY 100 /* attempts */
#define SEEK_TIMEOUT_MS 2000

/* The handles of one shard's input partitions, all at offset 0. The caller destroys the list. */
static rd_kafka_topic_partition_list_t *inputs_of(const struct kafka_consumer *c, int32_t shard)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(INPUTS);
    for (int t = 1; t <= INPUTS; t++)
        rd_kafka_topic_partition_list_add(list, c->config->topics[t].p, shard)->offset = 0;
    return list;
}

/* librdkafka before 2.1 takes these milliseconds for microseconds. */
static int seek_timeout_ms(void)
{
    return rd_kafka_version() < 0x02010000 ? SEEK_TIMEOUT_MS * 1000 : SEEK_TIMEOUT_MS;
}

/* A partition that was assigned a moment ago may still be stopping from the assignment before. */
static rd_kafka_resp_err_t seek(struct kafka_consumer *c, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int attempt = 0; attempt < SEEK_ATTEMPTS; attempt++) {
        rd_kafka_error_t *e = rd_kafka_seek_partitions(c->rk, list, seek_timeout_ms());
        err = e ? rd_kafka_error_code(e) : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (e) rd_kafka_error_destroy(e);
        for (int i = 0; i < list->cnt && !err; i++) err = list->elems[i].err;
        if (err != RD_KAFKA_RESP_ERR__STATE && err != RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS) break;
        if (attempt % REASSIGN_EVERY == REASSIGN_EVERY - 1) kafka_consumer_reassign(c);
        clock_sleep(SEEK_PAUSE_MS);
    }
    return err;
}

rd_kafka_resp_err_t kafka_shard_go_on(struct kafka_consumer *c,
                                      rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t err = seek(c, list);
    return err ? err : rd_kafka_resume_partitions(c->rk, list);
}

enum result kafka_shard_resume(struct kafka_consumer *c, const struct position *positions, size_t n,
                               struct error *error)
{
    assert(n > 0);
    for (size_t i = 0; i < n; i++)
        if (!c->owned[positions[i].shard] || c->gives_back)
            return error_set(error, ABORT, "shard %" PRId32 " is not this worker's",
                             positions[i].shard);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) {
        assert(positions[i].offset >= 0);
        const char *topic = c->config->topics[positions[i].topic].p;
        rd_kafka_topic_partition_list_add(list, topic, positions[i].shard)->offset =
            positions[i].offset;
    }
    rd_kafka_resp_err_t err = kafka_shard_go_on(c, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err) return kafka_error_code(c->config, err, NULL, "starting a shard", error);
    for (size_t i = 0; i < n; i++) {
        *expected_of(c, positions[i].topic, positions[i].shard) = positions[i].offset;
        *turn_of(c, positions[i].topic, positions[i].shard) = (struct kafka_turn){0};
    }
    return OK;
}

enum result kafka_shard_pause(struct kafka_consumer *c, int32_t shard, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = inputs_of(c, shard);
    rd_kafka_resp_err_t err = rd_kafka_pause_partitions(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    for (int t = 1; t <= INPUTS; t++) {
        *expected_of(c, t, shard) = NOT_FETCHING;
        *turn_of(c, t, shard) = (struct kafka_turn){0};
    }
    if (err) return kafka_error_code(c->config, err, NULL, "pausing a shard", error);
    return OK;
}
