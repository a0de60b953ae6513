/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large a message may be, by topic: told by the topic's settings, or felt for by halves after a
 * refusal. What was learned is forgotten after ten minutes, since operators raise limits.
 */
#include "kafka_limits.h"

#include <stdlib.h>

#include "common/log.h"
#include "kafka_conf.h"
#include "topics.h"

#define TRIES_MAX 12 /* each with half of what was refused before; then with as little as can be */
#define ASK_MS 2000

void kafka_limits_init(struct kafka_limits *limits, size_t client, bool compresses)
{
    limits->client = client;
    limits->compresses = compresses;
}

/* NULL: nothing was learned, or it is forgotten. */
static const struct kafka_limit *learned(const struct kafka_limits *limits, int topic,
                                         int64_t now_ms)
{
    const struct kafka_limit *limit = &limits->topics[topic];
    return limit->refused && now_ms < limit->until_ms ? limit : NULL;
}

void kafka_limits_get(const struct kafka_limits *limits, int topic, int64_t now_ms,
                      struct topic_limit *out)
{
    const struct kafka_limit *limit = learned(limits, topic, now_ms);
    size_t made =
        topic == TOPIC_DEAD_LETTERS ? TOPICS_DEAD_LETTER_BYTES_MAX : TOPICS_OUTPUT_BYTES_MAX;
    *out = (struct topic_limit){made, made, true, "max.message.bytes"};
    if (limit && limit->told)
        out->bytes = out->safe = limit->told;
    else if (limit)
        *out = (struct topic_limit){limit->refused - 1 < made ? limit->refused - 1 : made,
                                    limit->tries < TRIES_MAX ? limit->refused / 2 : 0, false,
                                    "max.message.bytes"};
    if (out->bytes <= limits->client) return;
    *out = (struct topic_limit){limits->client, limits->client, true, "kafka.message.max.bytes"};
}

void kafka_limits_refused(struct kafka_limits *limits, int topic, size_t bytes, size_t told,
                          int64_t now_ms)
{
    struct kafka_limit *limit = &limits->topics[topic];
    if (!learned(limits, topic, now_ms)) *limit = (struct kafka_limit){0};
    if (!limit->refused || bytes < limit->refused) limit->refused = bytes;
    limit->tries++;
    /* A compressed batch can be refused or taken at any size of ours; and what the broker says
     * does not hold if it refused less. */
    limit->told = told < limit->refused && !limits->compresses ? told : 0;
    limit->until_ms = now_ms + KAFKA_LIMITS_KEEP_MS;
}

size_t kafka_limits_batch(const struct kafka_limits *limits, int64_t now_ms)
{
    size_t bytes = KAFKA_LIMITS_BATCH_BYTES;
    for (int t = 1; t < topic_end; t++) {
        const struct kafka_limit *limit = learned(limits, t, now_ms);
        if (!limit) continue;
        size_t most = limit->told ? limit->told : limit->refused / 2;
        if (most >= bytes) continue;
        if (!limit->told) return 0;
        bytes = most;
    }
    return bytes;
}

bool kafka_limits_is_silent(const struct kafka_limits *limits, int topic, int64_t now_ms)
{
    const struct kafka_limit *limit = learned(limits, topic, now_ms);
    return limit && !limit->told;
}

void kafka_limits_renew(struct kafka_limits *limits, const struct config *config, int64_t now_ms)
{
    for (int t = 1; t < topic_end; t++) {
        struct kafka_limit *limit = &limits->topics[t];
        if (!limit->told || now_ms < limit->until_ms) continue;
        size_t told = kafka_limits_ask(config, t);
        *limit = (struct kafka_limit){0};
        if (told) kafka_limits_refused(limits, t, told + 1, told, now_ms);
    }
}

/* ------------------------------------------------------------------ the question */

static size_t number_of(const rd_kafka_ConfigResource_t *resource, const char *name)
{
    size_t n;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);
    for (size_t i = 0; i < n; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0 && value)
            return strtoull(value, NULL, 10);
    }
    return 0;
}

/* A batch must fit into a segment, too. */
static size_t smaller(size_t a, size_t b)
{
    return b && b < a ? b : a;
}

static size_t read_answer(const rd_kafka_event_t *event)
{
    size_t n;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result((rd_kafka_event_t *)(uintptr_t)event), &n);
    if (n != 1 || rd_kafka_ConfigResource_error(resources[0])) return 0;
    return smaller(number_of(resources[0], "max.message.bytes"),
                   number_of(resources[0], "segment.bytes"));
}

static size_t ask(const struct config *config, rd_kafka_t *rk, int topic)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, config->topics[topic].p);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_AdminOptions_set_request_timeout(options, ASK_MS, NULL, 0);
    rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ASK_MS);
    size_t bytes = 0;
    if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT &&
        !rd_kafka_event_error(event))
        bytes = read_answer(event);
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    return bytes;
}

size_t kafka_limits_ask(const struct config *config, int topic)
{
    struct error error;
    rd_kafka_conf_t *conf = kafka_conf_new(config, KAFKA_ADMIN, NULL, &error);
    rd_kafka_t *rk = conf ? kafka_conf_open(conf, KAFKA_ADMIN, &error) : NULL;
    if (!rk) return 0;
    size_t bytes = ask(config, rk, topic);
    kafka_conf_close(rk);
    log_info("read the size limit of a topic", LOG_STR("topic", config->topics[topic]),
             LOG_UINT("max_message_bytes", bytes));
    return bytes;
}
