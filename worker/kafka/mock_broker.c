/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka's embedded broker with our topics on it, in this process. dev is its only user, for it
 * drops what the guarantees stand on.
 */
#include "mock_broker.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

struct mock_broker {
    rd_kafka_t *host; /* the handle in whose threads it runs */
    rd_kafka_mock_cluster_t *cluster;
};

static void be_quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

struct mock_broker *mock_broker_start(const struct config *config, int32_t partitions,
                                      struct error *error)
{
    struct mock_broker *broker = calloc(1, sizeof *broker);
    if (!broker) abort();
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, be_quiet);
    broker->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!broker->host) {
        rd_kafka_conf_destroy(conf);
        error_set(error, FATAL, "the embedded broker did not start: %s", why);
        goto failed;
    }
    broker->cluster = rd_kafka_mock_cluster_new(broker->host, 1);
    if (!broker->cluster) {
        error_set(error, FATAL, "the embedded broker did not start");
        goto failed;
    }
    for (int topic = 1; topic < topic_end; topic++) {
        rd_kafka_resp_err_t e =
            rd_kafka_mock_topic_create(broker->cluster, config->topics[topic].p, partitions, 1);
        if (e) {
            error_set(error, FATAL, "the embedded broker could not create topic %s: %s",
                      config->topics[topic].p, rd_kafka_err2str(e));
            goto failed;
        }
    }
    return broker;
failed:
    mock_broker_free(broker);
    return NULL;
}

void mock_broker_free(struct mock_broker *broker)
{
    if (!broker) return;
    if (broker->cluster) rd_kafka_mock_cluster_destroy(broker->cluster);
    if (broker->host) rd_kafka_destroy(broker->host);
    free(broker);
}

const char *mock_broker_bootstrap(const struct mock_broker *broker)
{
    return rd_kafka_mock_cluster_bootstraps(broker->cluster);
}
