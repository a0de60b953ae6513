/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of every handle of librdkafka: those that the guarantees need, those that were
 * measured, and the user's. librdkafka's own log lines come through here; those about connections
 * are said once in a while.
 */
#include "kafka_conf.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/clock.h"
#include "core/state_key.h"
#include "kafka_limits.h"

#define CONNECTION_LOG_EVERY_MS 10000
#define SOCKET_TIMEOUT_MS 10000
#define SOCKET_TIMEOUT_MIN_MS 1000
#define CLOSE_TIMEOUT_MS 1000
#define UNSECURED_TOKENS_SINCE 0x02020000

struct setting {
    const char *name, *value;
};

/* Ours, where the user says nothing else (measured). A lost broker is tried again
 * soon, since a restart of one is an everyday event. */
static const struct setting common_settings[] = {
    {"socket.nagle.disable", "true"},
    {"reconnect.backoff.max.ms", "1000"},
    {"log.connection.close", "false"},
    /* A topic that is missing or deleted is to be said, and not made with the brokers' defaults. */
    {"allow.auto.create.topics", "false"},
    {NULL, NULL},
};

/* A fetch that waits at the broker holds up a partition that was resumed or sought meanwhile. The
 * queue is where memory goes; a smaller one makes librdkafka 2.0.2 pause for whole seconds, which
 * fetch.queue.backoff.ms of later ones cures (and this one does not know). Beyond it there is one
 * answer of a broker, which else brings a megabyte of each partition. */
static const struct setting fetch_settings[] = {
    {"fetch.wait.max.ms", "100"},
    {"fetch.max.bytes", "8388608"},
    {"queued.max.messages.kbytes", "32768"},
    {"fetch.queue.backoff.ms", "10"},
    {"message.max.bytes", "8388608"},
    {NULL, NULL},
};

/* While anything is in its queue the member of the group does not fetch; it is woken when that was
 * taken (kafka_wake.c). So there is one fetch for each poll, with all that has come since, instead of
 * one for each record: at low rates half of a broker's work. And the queue holds one answer at most. */
static const struct setting member_settings[] = {
    {"queued.min.messages", "1"},
    {"fetch.queue.backoff.ms", "5"},
    {"fetch.message.max.bytes", "262144"},
    {"fetch.wait.max.ms", "250"}, /* what there is to fetch does not wait for it */
    /* So much room librdkafka makes for what lz4 has made smaller, before it knows how much it is: more
     * is added where it has to be. */
    {"message.max.bytes", "262144"},
    {NULL, NULL},
};

/* What is fetched ahead is what memory goes to: more comes once there is less than what a restore reads
 * at once (PIECE_RECORDS), while that is written. */
static const struct setting changelog_settings[] = {
    {"queued.min.messages", "2000"},
    {"queued.max.messages.kbytes", "8192"},
    {NULL, NULL},
};

/* The retry back-off is what a small transaction waits for; in the other handles it would only make
 * them ask for offsets that are not stable yet 500 times a second. Dead letters may be twice as
 * large as inputs and outputs; the broker has the last word. */
static const struct setting producer_settings[] = {
    {"retry.backoff.ms", "2"},
    {"linger.ms", "0"},
    {"message.max.bytes", "8388608"},
    {NULL, NULL},
};

/* Events and state are text that lz4 makes three times smaller: brokers then need half as much for
 * them, and the worker a tenth more.
 *
 * A transaction is flushed when all of it is handed over, and nothing of a partition is to go before:
 * librdkafka 2.0.2 has one request a partition under way, and while more waits for its answer its
 * thread asks for it without a pause. linger.ms has to be below the least transaction.timeout.ms.
 *
 * What is larger than message.copy.max.bytes is compressed from where it lies; of what is smaller each
 * request keeps a copy beside what it sends, until it is answered, in room for as much as all of it.
 *
 * What a broker refuses again and again (too few replicas in sync, a full disk) is told after some
 * seconds, by its code; without a bound it would only look slow. A broker that is away is tried again
 * less often than transaction.timeout.ms allows. */
static const struct setting transactional_settings[] = {
    {"compression.type", "lz4"}, {"linger.ms", "100"},           {"message.copy.max.bytes", "0"},
    {"retries", "300"},          {"retry.backoff.max.ms", "10"}, {NULL, NULL},
};

static const struct setting reader_guarantees[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"isolation.level", "read_committed"},
    {"enable.partition.eof", "true"},
    {NULL, NULL},
};

static const struct setting consumer_guarantees[] = {
    {"partition.assignment.strategy", "range"},
    /* Positions are always given: one that is not there (any more) has to be said, not replaced. */
    {"auto.offset.reset", "error"},
    {NULL, NULL},
};

/* For somebody who waits at a terminal: an answer within half a minute, also when it is no. */
static const struct setting publisher_settings[] = {
    {"message.timeout.ms", "30000"},
    {NULL, NULL},
};

/* Each report counts: it is what tells whether a message has arrived. */
static const struct setting producer_guarantees[] = {
    {"delivery.report.only.error", "false"},
    {NULL, NULL},
};

static const struct setting publisher_guarantees[] = {
    {"delivery.report.only.error", "false"},
    {"enable.idempotence", "true"},
    {"partitioner", "murmur2_random"},
    {NULL, NULL},
};

static int to_log_level(int syslog_level)
{
    if (syslog_level <= 3) return LOG_ERROR;
    if (syslog_level == 4) return LOG_WARN;
    return syslog_level <= 6 ? LOG_INFO : LOG_DEBUG;
}

/* What is said again and again while a broker is away: each handle has several connections, tried
 * every second, and the producer asks for its id every retry.backoff.ms. The last four come with each
 * transaction that a broker refuses, of which the worker speaks itself. */
static bool is_about_connections(const char *facility)
{
    static const char *const facilities[] = {"FAIL",     "ERROR",      "REQTMOUT",
                                             "GETPID",   "TERMINATE",  "TXNERR",
                                             "ADDPARTS", "ADDOFFSETS", "FATAL"};
    for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
        if (strcmp(facility, facilities[i]) == 0) return true;
    return false;
}

static bool connection_line_is_due(void)
{
    static _Atomic int64_t last_ms = -CONNECTION_LOG_EVERY_MS;
    int64_t now_ms = clock_monotonic_ms();
    int64_t before = atomic_load(&last_ms);
    return now_ms - before >= CONNECTION_LOG_EVERY_MS &&
           atomic_compare_exchange_strong(&last_ms, &before, now_ms);
}

/* Warnings that are none. CONFWARN: kafka.* is for all handles alike, so each hears of some that are
 * not its own. AUTOCREATE: topics were asked for before the broker had said its version; one that is
 * so old has no transactions, and is refused for that. */
static bool is_beside_the_point(const char *facility)
{
    return strcmp(facility, "CONFWARN") == 0 || strcmp(facility, "AUTOCREATE") == 0;
}

/* Called by librdkafka's own threads. */
static void on_log(const rd_kafka_t *rk, int syslog_level, const char *facility, const char *text)
{
    enum log_level level = to_log_level(syslog_level);
    bool connection = is_about_connections(facility);
    if (is_beside_the_point(facility) || (connection && !connection_line_is_due()))
        level = LOG_DEBUG;
    else if (connection)
        level = LOG_WARN;
    log_write(level, "kafka client", LOG_TEXT("client", rk ? rd_kafka_name(rk) : "-"),
              LOG_TEXT("facility", facility), LOG_TEXT("text", text));
}

void kafka_conf_reason(char *out, size_t size, const char *text)
{
    const char *tail = strstr(text, " (after ");
    bool hung_up = strstr(text, "Broken pipe") || strstr(text, "unexpected eof");
    snprintf(out, size, "%.*s%s", tail ? (int)(tail - text) : (int)strlen(text), text,
             hung_up && !strstr(text, "security.protocol")
                 ? ": the broker may expect TLS or SASL, see kafka.security.protocol"
                 : "");
}

static void on_error(rd_kafka_t *rk, int err, const char *text, void *opaque)
{
    struct kafka_watch *watch = opaque;
    (void)rk;
    if (!watch) return;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        /* Its text only counts brokers: what each of them said before tells more. */
        watch->brokers_down = true;
        if (watch->reason[0]) return;
    }
    if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION) watch->refused = true;
    kafka_conf_reason(watch->reason, sizeof watch->reason, text ? text : "");
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *error)
{
    char text[300];
    rd_kafka_conf_res_t r = rd_kafka_conf_set(conf, name, value, text, sizeof text);
    if (r == RD_KAFKA_CONF_OK) return true;
    error_usage(error, "librdkafka %s rejected %s=%s: %s", rd_kafka_version_str(), name, value,
                text);
    return false;
}

static bool set_int(rd_kafka_conf_t *conf, const char *name, int value, struct error *error)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    return set(conf, name, text, error);
}

/* Settings that an older librdkafka does not know are left out: they only tune. */
static void set_tuning(rd_kafka_conf_t *conf, const struct setting *s)
{
    for (; s->name; s++) rd_kafka_conf_set(conf, s->name, s->value, NULL, 0);
}

static bool set_all(rd_kafka_conf_t *conf, const struct setting *s, struct error *error)
{
    for (; s->name; s++)
        if (!set(conf, s->name, s->value, error)) return false;
    return true;
}

static bool set_users(rd_kafka_conf_t *conf, const struct property_list *list, struct error *error)
{
    char text[300];
    for (size_t i = 0; i < list->n; i++) {
        const struct property *p = &list->items[i];
        rd_kafka_conf_res_t r = rd_kafka_conf_set(conf, p->name, p->value, text, sizeof text);
        if (r == RD_KAFKA_CONF_OK) continue;
        /* librdkafka's own sentence repeats the value. */
        error_usage(error, "%s: kafka.%s: %s", p->origin, p->name,
                    p->secret ? "librdkafka rejected this value" : text);
        return false;
    }
    return true;
}

static bool set_session(rd_kafka_conf_t *conf, const struct config *config, struct error *error)
{
    /* A heartbeat is also how a member hears of a rebalance: a joining worker waits that long. */
    int heartbeat_ms = config->session_timeout_ms / 3;
    if (heartbeat_ms > 1000) heartbeat_ms = 1000;
    return set_int(conf, "session.timeout.ms", config->session_timeout_ms, error) &&
           set_int(conf, "heartbeat.interval.ms", heartbeat_ms, error);
}

static bool set_member(rd_kafka_conf_t *conf, const struct config *config, struct error *error)
{
    return set(conf, "group.id", config->group_id, error) &&
           (!config->static_member || set(conf, "group.instance.id", config->instance_id, error)) &&
           set_all(conf, consumer_guarantees, error);
}

static bool set_transactional(rd_kafka_conf_t *conf, const struct config *config,
                              struct error *error)
{
    /* Two pairs of names must never give one id, or they would fence each other for ever. */
    struct arena *arena = arena_new();
    struct str id = arena_printf(arena, "%.*s/%.*s",
                                 STR_ARG(state_encode_part(arena, str_of(config->group_id))),
                                 STR_ARG(state_encode_part(arena, str_of(config->instance_id))));
    bool done = set(conf, "transactional.id", id.p, error) && set(conf, "acks", "all", error) &&
                set_int(conf, "transaction.timeout.ms", config->transaction_timeout_ms, error);
    arena_free(arena);
    return done;
}

static bool has_compression(const struct property_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i].name, "compression.type") == 0 ||
            strcmp(list->items[i].name, "compression.codec") == 0)
            return true;
    return false;
}

bool kafka_conf_has_users_compression(const struct config *config)
{
    return has_compression(&config->kafka_common) || has_compression(&config->kafka_producer);
}

int kafka_conf_producer_timeout_ms(const struct config *config)
{
    int limit_ms = config->transaction_timeout_ms / 2;
    if (limit_ms < SOCKET_TIMEOUT_MIN_MS) limit_ms = SOCKET_TIMEOUT_MIN_MS;
    return limit_ms < SOCKET_TIMEOUT_MS ? limit_ms : SOCKET_TIMEOUT_MS;
}

static bool is_consumer(enum kafka_side side)
{
    return side == KAFKA_CONSUMER || side == KAFKA_READER || side == KAFKA_CHANGELOG;
}

static bool set_side(rd_kafka_conf_t *conf, const struct config *config, enum kafka_side side,
                     struct error *error)
{
    set_tuning(conf, common_settings);
    int timeout_ms =
        side == KAFKA_PRODUCER ? kafka_conf_producer_timeout_ms(config) : SOCKET_TIMEOUT_MS;
    if (!set_int(conf, "socket.timeout.ms", timeout_ms, error)) return false;
    if (is_consumer(side)) set_tuning(conf, fetch_settings);
    if (side == KAFKA_CHANGELOG) set_tuning(conf, changelog_settings);
    if (side == KAFKA_CONSUMER) set_tuning(conf, member_settings);
    if (side == KAFKA_PRODUCER || side == KAFKA_PUBLISHER) set_tuning(conf, producer_settings);
    if (side == KAFKA_PRODUCER) set_tuning(conf, transactional_settings);
    if (side == KAFKA_PRODUCER &&
        !set_int(conf, "batch.size", (int)KAFKA_LIMITS_BATCH_BYTES, error))
        return false;
    if (side == KAFKA_PUBLISHER) set_tuning(conf, publisher_settings);
    if (side == KAFKA_CONSUMER && !set_session(conf, config, error)) return false;

    if (!set_users(conf, &config->kafka_common, error)) return false;
    switch (side) {
    case KAFKA_CONSUMER:
        return set_users(conf, &config->kafka_consumer, error) &&
               set_all(conf, reader_guarantees, error) && set_member(conf, config, error);
    case KAFKA_READER:
    case KAFKA_CHANGELOG:
        return set_users(conf, &config->kafka_consumer, error) &&
               set_all(conf, reader_guarantees, error) &&
               set(conf, "auto.offset.reset", "error", error);
    case KAFKA_PRODUCER:
        return set_users(conf, &config->kafka_producer, error) &&
               set_all(conf, producer_guarantees, error) && set_transactional(conf, config, error);
    case KAFKA_PUBLISHER:
        return set_users(conf, &config->kafka_producer, error) &&
               set_all(conf, publisher_guarantees, error);
    case KAFKA_ADMIN: return true;
    }
    return false;
}

static bool is_set(const rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[300];
    size_t size = sizeof text;
    return rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK &&
           strcasecmp(text, value) == 0;
}

/* Tokens have to be renewed by the library, and it has to survive that: before 2.2 the renewing of
 * unsecured tokens goes to a queue that was never made. */
static bool check_tokens(const rd_kafka_conf_t *conf, struct error *error)
{
    if (!is_set(conf, "sasl.mechanisms", "OAUTHBEARER")) return true;
    bool unsecured = is_set(conf, "enable.sasl.oauthbearer.unsecure.jwt", "true");
    if (unsecured && rd_kafka_version() >= UNSECURED_TOKENS_SINCE) return true;
    if (!unsecured && is_set(conf, "sasl.oauthbearer.method", "oidc")) return true;
    if (unsecured)
        error_usage(
            error,
            "kafka.enable.sasl.oauthbearer.unsecure.jwt: librdkafka %s crashes when it renews "
            "such a token; use librdkafka 2.2 or later, or another kafka.sasl.mechanism (PLAIN "
            "over TLS), or client certificates",
            rd_kafka_version_str());
    else
        error_usage(
            error,
            "kafka.sasl.mechanism=OAUTHBEARER: no tokens would be fetched; set "
            "kafka.sasl.oauthbearer.method=oidc (with a librdkafka that is built with it), or "
            "use another mechanism");
    return false;
}

rd_kafka_conf_t *kafka_conf_new(const struct config *config, enum kafka_side side,
                                struct kafka_watch *watch, struct error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char client_id[300];
    snprintf(client_id, sizeof client_id, "epilogue-%s", config->instance_id);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, watch);
    if (set(conf, "client.id", client_id, error) &&
        set(conf, "bootstrap.servers", config->bootstrap_servers, error) &&
        set_side(conf, config, side, error) && check_tokens(conf, error))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_t *kafka_conf_open(rd_kafka_conf_t *conf, enum kafka_side side, struct error *error)
{
    char text[300];
    rd_kafka_t *rk = rd_kafka_new(is_consumer(side) ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf,
                                  text, sizeof text);
    if (rk) return rk;
    rd_kafka_conf_destroy(conf);
    error_usage(error, "Kafka cannot be set up: %s; change the kafka.* settings", text);
    return NULL;
}

static void *destroy(void *rk)
{
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

void kafka_conf_close(rd_kafka_t *rk)
{
    if (!rk) return;
    /* librdkafka before 2.1 waits for ever when partitions were lost or a topic was deleted. */
    pthread_t thread;
    if (pthread_create(&thread, NULL, destroy, rk)) abort();
    clock_join(thread, CLOSE_TIMEOUT_MS);
}
