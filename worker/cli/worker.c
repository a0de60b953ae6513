/* SPDX-License-Identifier: Apache-2.0 */
/* `epilogue worker`: the service. It waits for what is not there yet, works until it is told to
 * stop, and exits where only a new start helps (crash-only). */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/log_writer.h"
#include "config/config.h"
#include "config/policy_file.h"
#include "config/zone_file.h"
#include "engine/engine.h"
#include "engine/machine_clock.h"
#include "engine/metrics.h"
#include "engine/watchdog.h"
#include "http/http.h"
#include "kafka/kafka_partition.h"
#include "kafka/kafka_port.h"
#include "kafka/topics.h"
#include "limits.h"
#include "redis/redis_port.h"
#include "settings_watch.h"
#include "signals.h"

#define STEP_WAIT_MS 200  /* how late a stop is noticed by an idle worker */
#define RETRY_WAIT_MS 500 /* between tries of something that is not there yet */
#define COMPLAIN_MS 10000
#define LOG_WAIT_MS 1000 /* for the last lines, if nobody reads the log */
/* How long an end may take. What hangs then is left behind: what is committed stays, and what is not
 * comes again. */
#define STOP_MS 3500

/* What the worker holds, in the order in which it is taken and given back. */
struct worker {
    const struct config *config;
    struct arena *policy_arena;
    struct policy policy;
    struct metrics *metrics;
    struct http *http;
    struct store_port *store;
    struct kafka_port *kafka;
    struct clock_port clock;
    struct engine *engine;
    struct settings_watch *watch;
    int32_t partitions;
    bool accept_state_loss;
};

/* Tries until it is OK, FATAL, or the worker is to stop (then ABORT). */
static enum result patiently(struct worker *w, const char *waiting_for,
                             enum result (*try)(struct worker *, struct error *),
                             struct error *error)
{
    int64_t complained_ms = -COMPLAIN_MS;
    while (!signals_stop_asked()) {
        enum result result = try(w, error);
        if (result != RETRY) return result;
        char reason[METRICS_REASON_BYTES];
        snprintf(reason, sizeof reason, "%s: %s", waiting_for, error->text);
        metrics_set_ready(w->metrics, reason);
        watchdog_kick();
        if (clock_monotonic_ms() - complained_ms >= COMPLAIN_MS) {
            complained_ms = clock_monotonic_ms();
            log_warn(waiting_for, LOG_TEXT("reason", error->text));
        }
        clock_sleep(RETRY_WAIT_MS);
    }
    return ABORT;
}

static enum result find_topics(struct worker *w, struct error *error)
{
    return topics_partitions(w->config, &w->partitions, error);
}

struct topic_complaint {
    char text[500];
    char unchecked[600]; /* the first whose settings may not be read */
};

/* No setting may lose records, and the topics that the worker reads back must be right in all; what
 * else is wrong with the others, or a risk, is said, and the operator's to judge. */
static void note_topic(void *arg, const struct topics_finding *finding)
{
    struct topic_complaint *complaint = arg;
    if (finding->state == TOPICS_UNCHECKED && !complaint->unchecked[0])
        snprintf(complaint->unchecked, sizeof complaint->unchecked, "%s: %s", finding->topic,
                 finding->text);
    if (finding->state != TOPICS_WRONG && finding->state != TOPICS_RISK) return;
    bool read_back = finding->id == TOPIC_STATE || finding->id == TOPIC_FORWARDED;
    bool refused = finding->loses || (finding->state == TOPICS_WRONG && read_back);
    if (refused && !complaint->text[0])
        snprintf(complaint->text, sizeof complaint->text, "%s: %s", finding->topic, finding->text);
    else
        log_warn("a topic is not set up as it should be", LOG_TEXT("topic", finding->topic),
                 LOG_TEXT("finding", finding->text));
}

static enum result check_topics(struct worker *w, struct error *error)
{
    if (!w->config->topics_check) return OK;
    struct topic_complaint complaint = {.text = ""};
    size_t wrong;
    enum result result =
        topics_check(w->config, w->partitions, note_topic, &complaint, &wrong, error);
    /* With the least rights a worker may not read settings; `epilogue topics check` can. */
    if (complaint.unchecked[0])
        log_warn("the settings of topics were not checked",
                 LOG_TEXT("finding", complaint.unchecked));
    if (result == FATAL) return OK; /* no more than these settings */
    if (result == OK && complaint.text[0]) return error_set(error, FATAL, "%s", complaint.text);
    return result;
}

/* What would break a guarantee is FATAL; the rest is said, and the operator's to judge. */
static void note_redis(void *context, enum verdict verdict, const char *what)
{
    (void)context;
    if (verdict != VERDICT_OK)
        log_warn("Redis is not set up as it should be", LOG_TEXT("finding", what));
}

static enum result check_redis(struct worker *w, struct error *error)
{
    enum result result = w->store->ready(w->store->self, error);
    /* What is refused for good, that one names more closely. */
    return result == RETRY ? result : redis_port_check(w->store, note_redis, NULL, error);
}

static enum result load_policy(struct worker *w, struct error *error)
{
    struct arena *arena = arena_new();
    struct policy policy;
    enum result result = policy_file_load(w->config->policy_file, arena, &policy, error);
    if (result != OK) {
        arena_free(arena);
        return result;
    }
    arena_free(w->policy_arena); /* no batch is in flight: nothing points into it any more */
    w->policy_arena = arena;
    w->policy = policy;
    log_info("policy loaded", LOG_STR("version", policy.version),
             LOG_STR("time_zone", policy.calendar.zone.name),
             LOG_STR("zone_data", zone_file_version(arena)));
    return OK;
}

static enum result reload_policy(struct worker *w, struct error *error)
{
    enum result result = engine_settle(w->engine, error);
    if (result == FATAL) return FATAL;
    if (load_policy(w, error) != OK)
        log_error("policy reload failed; keeping the current policy",
                  LOG_TEXT("reason", error->text));
    return OK;
}

static void make_engine(struct worker *w)
{
    const struct config *config = w->config;
    struct engine_options options = {
        .policy = &w->policy,
        .limits = &config->limits,
        .group_id = str_of(config->group_id),
        .partitions = w->partitions,
        .batch_max = config->batch_max,
        .delete_retention_ms = TOPICS_STATE_DELETE_RETENTION_MS,
        .stall_ms = config->watchdog_timeout_ms,
        .accept_state_loss = w->accept_state_loss,
        .partition_of = kafka_partition_of,
    };
    memcpy(options.topic_names, config->topics, sizeof options.topic_names);
    struct engine_ports ports = {
        .input = w->kafka->input,
        .changelog = w->kafka->changelog,
        .transaction = w->kafka->transaction,
        .store = w->store,
        .clock = &w->clock,
    };
    w->engine = engine_new(&options, &ports, w->metrics);
}

static enum result run(struct worker *w, struct error *error)
{
    enum result result = load_policy(w, error);
    if (result != OK) return result;
    w->store = redis_port_new(w->config, error);
    if (!w->store) return FATAL;
    result = limits_check(error);
    if (result != OK) return result;
    result = http_start(&w->config->http, w->metrics, &w->http, error);
    if (result != OK) return result;
    if (w->http)
        log_info("serving metrics and probes", LOG_TEXT("host", w->config->http.host),
                 LOG_INT("port", http_port(w->http)));
    result = patiently(w, "waiting for Kafka", find_topics, error);
    if (result != OK) return result;
    result = patiently(w, "waiting for Kafka", check_topics, error);
    if (result != OK) return result;
    result = patiently(w, "waiting for Redis", check_redis, error);
    if (result != OK) return result;
    w->kafka = kafka_port_new(w->config, w->partitions, error);
    if (!w->kafka) return FATAL;
    make_engine(w);
    w->watch = settings_watch_start(w->config, w->partitions, w->metrics, error);
    if (!w->watch) return FATAL;
    log_info("worker started", LOG_TEXT("group", w->config->group_id),
             LOG_TEXT("instance", w->config->instance_id), LOG_INT("partitions", w->partitions),
             LOG_TEXT("version", EPILOGUE_VERSION));
    while (result == OK && !signals_stop_asked()) {
        if (signals_take_reload()) result = reload_policy(w, error);
        if (result == OK) result = engine_step(w->engine, STEP_WAIT_MS, error);
        watchdog_kick();
    }
    return result;
}

/* Those that see to it that the process ends, before anything else can hold it up. */
static enum result start_threads(struct worker *w, struct error *error)
{
    signals_start(STOP_MS); /* first: the others do not take signals */
    enum result result = log_writer_start(error);
    return result == OK ? watchdog_start(w->config->watchdog_timeout_ms, error) : result;
}

/* librdkafka allocates and frees the buffers of its requests, some megabytes each, again and again.
 * Given back to the system each time, their pages cost an eighth of the worker's time. */
static void keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 32 * 1024 * 1024);
}

static int worker_run(const struct cli *cli)
{
    struct worker w = {
        .config = cli->config,
        .accept_state_loss = cli_value(cli, "accept-state-loss") != NULL,
        .metrics = metrics_new(),
        .clock = machine_clock(),
    };
    struct error error;
    keep_freed_memory();
    log_setup(cli->config->log_level, cli->config->log_json);
    enum result result = start_threads(&w, &error);
    if (result == OK) result = run(&w, &error);
    int code = result != FATAL ? EXIT_DONE : error.usage ? EXIT_USAGE : EXIT_FAILED;
    watchdog_end_within(STOP_MS, code);
    if (result == FATAL)
        log_error("worker exits", LOG_TEXT("reason", error.text));
    else
        log_info("stopping");
    /* Until their threads are over, producer and store may be at work on what the engine holds. */
    engine_stop(w.engine);
    kafka_port_stop(w.kafka);
    redis_port_free(w.store);
    engine_release(w.engine);
    kafka_port_free(w.kafka);
    engine_free(w.engine);
    settings_watch_stop(w.watch);
    http_stop(w.http);
    watchdog_stop();
    metrics_free(w.metrics);
    arena_free(w.policy_arena);
    log_writer_stop(LOG_WAIT_MS);
    return code;
}

static const struct cli_option options[] = {
    {"accept-state-loss", NULL,
     "continue where followup-state or an input has lost records; events can come twice or never"},
    {NULL, NULL, NULL},
};

const struct command command_worker = {
    .name = "worker",
    .summary = "run the service",
    .details =
        "Reads the closures and updates, emits tasks and reminders, until SIGTERM or SIGINT.\n"
        "SIGHUP reloads the policy file. Waits for a Kafka or Redis that is not there yet\n"
        "(/readyz says 503); exits with 1 where only a change of the set-up helps.\n"
        "It refuses to continue when followup-state, Redis, the group's offsets and the inputs do "
        "not\n"
        "tell the same story, and says what is lost. With --accept-state-loss it continues with "
        "what\n"
        "is left, and logs at level error what is given up.",
    .options = options,
    .run = worker_run,
};
