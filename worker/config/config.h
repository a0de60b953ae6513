/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration, typed: a .properties file, then the environment, then -s, the later over the
 * earlier (R8.1). What can be set, what is allowed and what it means stands in one
 * table, options.c, from which reference.c prints docs/configuration.md too.
 */
#ifndef EPILOGUE_CONFIG_CONFIG_H
#define EPILOGUE_CONFIG_CONFIG_H

#include "codec/decode.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/log.h"

/* A librdkafka setting that passes through: kafka.<name>, kafka.consumer.<name>, … */
struct property {
    const char *name; /* as librdkafka knows it: "security.protocol" */
    const char *value;
    const char *origin; /* where it was given, for messages: "worker.properties:12" */
    bool secret;        /* the value must not be printed */
};

struct property_list {
    struct property *items;
    size_t n;
};

/* http.listen taken apart; host NULL: no HTTP at all. */
struct listen_address {
    const char *host; /* without the brackets of IPv6 */
    int port;         /* 0: any free one */
};

/* Texts are NUL-terminated, never NULL unless it is said. */
struct config {
    const char *bootstrap_servers;
    const char *group_id;
    const char *instance_id; /* the worker's name; of a dynamic member "<host>-<8 hex digits>" */
    bool static_member;      /* instance.id was given */
    struct property_list kafka_common, kafka_consumer, kafka_producer;

    const char *redis_url;      /* redis://, rediss:// or unix:; may hold a password */
    const char *redis_username; /* these two come before those in the URL; NULL: not given */
    const char *redis_password;
    const char *redis_tls_ca_file;                        /* NULL: what the system trusts */
    const char *redis_tls_cert_file, *redis_tls_key_file; /* NULL: no client certificate */
    const char *redis_key_prefix;

    struct str topics[topic_end]; /* names by enum topic, NUL-terminated */
    bool topics_check;            /* by a worker, at its start and while it runs */
    int settings_check_interval_ms;
    const char *policy_file; /* NULL: the built-in default policy */
    struct limits limits;

    int batch_max;
    int session_timeout_ms, transaction_timeout_ms, watchdog_timeout_ms;

    struct listen_address http;
    enum log_level log_level;
    bool log_json;

    struct arena *arena; /* everything lives here */
};

struct config_sources {
    const char *file;               /* -c, or NULL */
    const char *const *environment; /* as `environ`: ends with NULL; NULL: none */
    const char *const *settings;    /* "key=value" of each -s */
    size_t settings_n;
};

/* Reads all sources and the secrets that they name as files. FATAL with a sentence that names file,
 * line, key and what is allowed; then *config is NULL. Otherwise free it with config_free. */
enum result config_load(const struct config_sources *sources, struct config **config,
                        struct error *error);
/* free(NULL) is safe. */
void config_free(struct config *config);

#endif
