/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue tail: what goes out, as it comes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "config/config.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_error.h"
#include "kafka/topics.h"
#include "line_json.h"
#include "render.h"
#include "streams.h"
#include "terminal.h"

#define TOPICS_MAX 3
#define POLL_MS 200
#define OFFSETS_TIMEOUT_MS 10000
#define SCRATCH_KEEP ((size_t)1024 * 1024)
#define HEADERS_MAX 64 /* ours are a dozen; a dead letter keeps its own as well */

static volatile sig_atomic_t stop_asked;

static void on_signal(int signal)
{
    (void)signal;
    stop_asked = 1;
}

struct tail {
    const struct config *config;
    struct kafka_watch watch;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* where all partitions go: we are in no group */
    int topics[TOPICS_MAX];
    rd_kafka_topic_t *handles[TOPICS_MAX];
    size_t topics_n;
    int32_t partitions;
    bool json, colour;
    struct arena *arena;
    struct buf out;
};

/* Fills tail->topics from --topic; false after a sentence. */
static bool choose_topics(struct tail *tail, const struct cli *cli)
{
    static const int outputs[TOPICS_MAX] = {TOPIC_TASKS, TOPIC_REMINDERS, TOPIC_DEAD_LETTERS};
    const char *name = cli_value(cli, "topic");
    for (size_t i = 0; i < TOPICS_MAX; i++)
        if (!name || str_eq(str_of(name), topic_name(outputs[i])) ||
            str_eq(str_of(name), cli->config->topics[outputs[i]]))
            tail->topics[tail->topics_n++] = outputs[i];
    if (!tail->topics_n)
        cli_fail(0,
                 "--topic %s is not an output; allowed: followup-tasks, followup-reminders, "
                 "followup-dead-letters",
                 name);
    return tail->topics_n > 0;
}

/* Turns "the end" into offsets once and for all, so that nothing is missed between now and the
 * first fetch. */
static enum result find_ends(struct tail *tail, rd_kafka_topic_partition_list_t *list,
                             struct error *error)
{
    for (int i = 0; i < list->cnt; i++) list->elems[i].offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(tail->rk, list, OFFSETS_TIMEOUT_MS);
    for (int i = 0; i < list->cnt && !err; i++) err = list->elems[i].err;
    rd_kafka_poll(tail->rk, 0); /* the reason, if there is one */
    if (!err) return OK;
    return kafka_error_code(tail->config, err, tail->watch.reason[0] ? tail->watch.reason : NULL,
                            "looking for the ends of the topics", error);
}

/* All partitions, with the offsets to begin at. The caller destroys the list. */
static enum result find_offsets(struct tail *tail, bool from_beginning,
                                rd_kafka_topic_partition_list_t *list, struct error *error)
{
    for (size_t i = 0; i < tail->topics_n; i++)
        for (int32_t p = 0; p < tail->partitions; p++)
            rd_kafka_topic_partition_list_add(list, tail->config->topics[tail->topics[i]].p, p)
                ->offset = RD_KAFKA_OFFSET_BEGINNING;
    return from_beginning ? OK : find_ends(tail, list, error);
}

static enum result start(struct tail *tail, bool from_beginning, struct error *error)
{
    enum result result = topics_partitions(tail->config, &tail->partitions, error);
    if (result != OK) return result;
    rd_kafka_conf_t *conf = kafka_conf_new(tail->config, KAFKA_READER, &tail->watch, error);
    tail->rk = conf ? kafka_conf_open(conf, KAFKA_READER, error) : NULL;
    if (!tail->rk) return FATAL;
    tail->queue = rd_kafka_queue_new(tail->rk);
    for (size_t i = 0; i < tail->topics_n; i++)
        tail->handles[i] =
            rd_kafka_topic_new(tail->rk, tail->config->topics[tail->topics[i]].p, NULL);

    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)tail->topics_n * tail->partitions);
    result = find_offsets(tail, from_beginning, list, error);
    for (int i = 0; i < list->cnt && result == OK; i++)
        if (rd_kafka_consume_start_queue(tail->handles[i / tail->partitions],
                                         list->elems[i].partition, list->elems[i].offset,
                                         tail->queue))
            result = kafka_error_code(tail->config, rd_kafka_last_error(), NULL,
                                      "reading the topics", error);
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

static void stop(struct tail *tail)
{
    for (size_t i = 0; i < tail->topics_n && tail->handles[i]; i++) {
        for (int32_t p = 0; p < tail->partitions; p++) rd_kafka_consume_stop(tail->handles[i], p);
        rd_kafka_topic_destroy(tail->handles[i]);
    }
    if (tail->queue) rd_kafka_queue_destroy(tail->queue);
    if (tail->rk) rd_kafka_destroy(tail->rk);
}

static int topic_of(const struct tail *tail, const rd_kafka_message_t *message)
{
    const char *name = rd_kafka_topic_name(message->rkt);
    int topic = topic_none;
    for (size_t i = 0; i < tail->topics_n; i++)
        if (strcmp(tail->config->topics[tail->topics[i]].p, name) == 0) topic = tail->topics[i];
    return topic;
}

static size_t read_headers(const rd_kafka_message_t *message, struct header headers[HEADERS_MAX])
{
    rd_kafka_headers_t *all;
    size_t n = 0;
    if (rd_kafka_message_headers(message, &all) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    const char *name;
    const void *value;
    size_t size;
    /* From the end: of a dead letter's headers ours come last. */
    size_t count = rd_kafka_header_cnt(all);
    size_t skip = count > HEADERS_MAX ? count - HEADERS_MAX : 0;
    while (!rd_kafka_header_get_all(all, skip + n, &name, &value, &size))
        headers[n++] = (struct header){str_of(name), {value, value ? size : 0}};
    return n;
}

static void print(struct tail *tail, const rd_kafka_message_t *m)
{
    struct header headers[HEADERS_MAX];
    struct message message = {
        .topic = topic_of(tail, m),
        .partition = m->partition,
        .timestamp = rd_kafka_message_timestamp(m, NULL),
        .key = {m->key, m->key ? m->key_len : 0},
        .value = {m->payload, m->payload ? m->len : 0},
        .headers = headers,
        .headers_n = read_headers(m, headers),
    };
    arena_reset(tail->arena, SCRATCH_KEEP);
    if (tail->json)
        line_json_write(&tail->out, tail->arena, &message, tail->config->topics);
    else
        render_message(&tail->out, tail->arena, &message, tail->colour);
    terminal_flush(&tail->out, tail->colour && !tail->json);
}

/* Until a signal comes, or nobody reads what is printed any more: `tail | head` is to end without
 * waiting for one event more. */
static enum result follow(struct tail *tail, struct error *error)
{
    while (!stop_asked && !streams_closed()) {
        rd_kafka_poll(tail->rk, 0);
        rd_kafka_message_t *m = rd_kafka_consume_queue(tail->queue, 0);
        if (!m) {
            fflush(stdout); /* all there was is printed: now somebody may see it */
            m = rd_kafka_consume_queue(tail->queue, POLL_MS);
        }
        if (!m) continue;
        enum result result = OK;
        if (!m->err)
            print(tail, m);
        else if (m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            result = kafka_error_code(tail->config, m->err, rd_kafka_message_errstr(m),
                                      "reading the topics", error);
        rd_kafka_message_destroy(m);
        /* What only needs patience (RETRY) librdkafka tries again itself, and logs. */
        if (result == FATAL) return result;
    }
    return OK;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int run(const struct cli *cli)
{
    struct error error;
    struct tail tail = {.config = cli->config, .json = cli_value(cli, "json") != NULL};
    tail.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    if (!choose_topics(&tail, cli)) return EXIT_USAGE;
    catch_signals();
    tail.arena = arena_new();
    enum result result = start(&tail, cli_value(cli, "from-beginning") != NULL, &error);
    if (result == OK) {
        log_info("following the outputs; Ctrl-C ends it",
                 LOG_TEXT("bootstrap", cli->config->bootstrap_servers));
        result = follow(&tail, &error);
    }
    stop(&tail);
    arena_free(tail.arena);
    buf_free(&tail.out);
    return result == OK ? EXIT_DONE : cli_error(&error);
}

static const struct cli_option options[] = {
    {"from-beginning", NULL, "all that the topics still hold, not only what comes from now on"},
    {"topic", "TOPIC", "followup-tasks, followup-reminders or followup-dead-letters alone"},
    {"json", NULL, "JSON Lines: topic, key, headers, value and at of each event"},
    {NULL, NULL, NULL},
};

const struct command command_tail = {
    .name = "tail",
    .summary = "task events, reminders and dead letters as they come",
    .details = "Only what is committed is shown. Within a topic's partition the order is kept.\n"
               "With --json, `value` is the event as it stands in Kafka; `publish` and `simulate`\n"
               "take inputs in the same line form.",
    .options = options,
    .run = run,
};
