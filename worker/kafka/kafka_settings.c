/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries each kafka.* setting on an empty configuration of the library, before anything is
 * connected. So a misspelt name ends a command at once, with exit code 2 and the nearest name that
 * there is.
 */
#include "kafka_settings.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

#include "config/nearest.h"
#include "config/passthrough.h"

/* rd_kafka_conf_dump leaves out what has no value by default, and the second names of some. */
static const char *const without_default[] = {
    "acks",
    "bootstrap.servers",
    "client.rack",
    "compression.type",
    "debug",
    "max.in.flight",
    "plugin.library.paths",
    "retries",
    "sasl.kerberos.keytab",
    "sasl.mechanism",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.extensions",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.engine.location",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.sigalgs.list",
};

/* What we do not let through is no help. */
static void try_names(struct nearest *nearest, const char *const *names, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i += step)
        if (!passthrough_refused(names[i])) nearest_try(nearest, names[i]);
}

static enum result unknown_name(const struct property *p, struct error *error)
{
    struct nearest nearest = {.word = p->name};
    size_t n, topic_n;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_conf_t *topic_conf = rd_kafka_topic_conf_new();
    /* Name and value in turn. */
    const char **names = rd_kafka_conf_dump(conf, &n);
    const char **topic_names = rd_kafka_topic_conf_dump(topic_conf, &topic_n);
    try_names(&nearest, without_default, sizeof without_default / sizeof *without_default, 1);
    try_names(&nearest, names, n, 2);
    try_names(&nearest, topic_names, topic_n, 2);
    bool near = nearest_is_near(&nearest);
    error_usage(error, "%s: librdkafka %s has no setting \"%s\"%s%s%s", p->origin,
                rd_kafka_version_str(), p->name, near ? "; did you mean kafka." : "",
                near ? nearest.name : "", near ? "?" : "");
    rd_kafka_conf_dump_free(names, n);
    rd_kafka_conf_dump_free(topic_names, topic_n);
    rd_kafka_topic_conf_destroy(topic_conf);
    rd_kafka_conf_destroy(conf);
    return FATAL;
}

static enum result check_list(rd_kafka_conf_t *conf, const struct property_list *list,
                              struct error *error)
{
    char text[300];
    for (size_t i = 0; i < list->n; i++) {
        const struct property *p = &list->items[i];
        switch (rd_kafka_conf_set(conf, p->name, p->value, text, sizeof text)) {
        case RD_KAFKA_CONF_OK: break;
        case RD_KAFKA_CONF_UNKNOWN: return unknown_name(p, error);
        default:
            /* librdkafka's own sentence repeats the value. */
            return error_usage(error, "%s: kafka.%s: %s", p->origin, p->name,
                               p->secret ? "librdkafka rejected this value" : text);
        }
    }
    return OK;
}

enum result kafka_settings_check(const struct config *config, struct error *error)
{
    const struct property_list *const lists[] = {&config->kafka_common, &config->kafka_consumer,
                                                 &config->kafka_producer};
    enum result result = OK;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && result == OK; i++) {
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        result = check_list(conf, lists[i], error);
        rd_kafka_conf_destroy(conf);
    }
    return result;
}
