/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue publish FILE...: JSON Lines to the right topics and partitions, checked beforehand. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli.h"
#include "codec/decode.h"
#include "config/config.h"
#include "config/policy_file.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_delivery.h"
#include "kafka/kafka_partition.h"
#include "kafka/topics.h"
#include "lines.h"

#define COMPLAINTS_MAX 20 /* bad lines that are named before the rest is only counted */
#define SCRATCH_KEEP ((size_t)4 * 1024 * 1024)
#define POLL_MS 100

struct publisher {
    const struct config *config;
    rd_kafka_t *rk;
    struct kafka_watch watch;
    int32_t partitions;
    size_t sent[topic_end]; /* acknowledged by the broker */
    size_t failed;
    size_t unknown;   /* reported as sent, but without a place in the topic */
    char reason[300]; /* of the first failure */
};

static ms_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (ms_t)t.tv_sec * SECOND_MS + t.tv_nsec / 1000000;
}

/* Reads what is on the command line; 0 for no --topic, -1 after a sentence. */
static int topic_option(const struct cli *cli)
{
    const char *name = cli_value(cli, "topic");
    if (!name) return 0;
    for (int t = TOPIC_INCIDENT_CLOSED; t <= TOPIC_TASK_UPDATED; t++)
        if (str_eq(str_of(name), topic_name(t)) || str_eq(str_of(name), cli->config->topics[t]))
            return t;
    cli_fail(0,
             "--topic %s is not an input; allowed: incident-closed, finding-updated, "
             "task-updated",
             name);
    return -1;
}

/* Every record as the worker would take it. Records without a key get their incident's, so that
 * they reach the right partition. Returns how many cannot be taken. */
static size_t validate(const struct config *config, const struct policy *policy,
                       struct arena *arena, struct lines *lines)
{
    struct decoder decoder = {.policy = policy, .limits = &config->limits};
    memcpy(decoder.topic_names, config->topics, sizeof decoder.topic_names);
    struct arena *scratch = arena_new();
    size_t bad = 0;
    for (size_t i = 0; i < lines->n; i++) {
        struct line *line = &lines->items[i];
        struct event event;
        struct refused refused;
        arena_reset(scratch, SCRATCH_KEEP);
        if (decode_record(&decoder, scratch, &line->record, now_ms(), &event, &refused)) {
            if (!line->record.key.p) line->record.key = arena_str(arena, event.incident_id);
        } else if (bad++ < COMPLAINTS_MAX) {
            fprintf(stderr, "%s:%d: %.*s: %.*s\n", line->file, line->number,
                    STR_ARG(refusal_name(refused.code)), STR_ARG(refused.detail));
        }
    }
    arena_free(scratch);
    if (bad > COMPLAINTS_MAX)
        fprintf(stderr, "and %zu more that are invalid\n", bad - COMPLAINTS_MAX);
    return bad;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    struct publisher *p = message->_private;
    enum kafka_delivery delivery = kafka_delivery_of(message->err, message->offset);
    if (delivery == DELIVERY_UNKNOWN) {
        p->unknown++;
    } else if (delivery == DELIVERY_DONE) {
        const char *name = rd_kafka_topic_name(message->rkt);
        for (int t = 1; t < topic_end; t++) p->sent[t] += strcmp(p->config->topics[t].p, name) == 0;
    } else if (p->failed++ == 0) {
        const char *why = rd_kafka_message_errstr(message);
        snprintf(p->reason, sizeof p->reason, "%s", p->watch.reason[0] ? p->watch.reason : why);
    }
}

static rd_kafka_headers_t *headers_of(const struct record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->headers_n);
    for (size_t i = 0; i < record->headers_n; i++) {
        const struct header *h = &record->headers[i];
        rd_kafka_header_add(headers, h->name.p, (ssize_t)h->name.n, h->value.p,
                            (ssize_t)h->value.n);
    }
    return headers;
}

static rd_kafka_resp_err_t produce(struct publisher *p, const struct record *record)
{
    rd_kafka_headers_t *headers = headers_of(record);
    int32_t partition =
        record->key.p ? kafka_partition_of(record->key, p->partitions) : RD_KAFKA_PARTITION_UA;
    int64_t timestamp = record->timestamp == TIME_NONE ? 0 : record->timestamp;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        p->rk, RD_KAFKA_V_TOPIC(p->config->topics[record->topic].p),
        RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(record->key.p, record->key.n),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.p, record->value.n),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(p), RD_KAFKA_V_END);
    if (err) rd_kafka_headers_destroy(headers); /* else librdkafka owns them now */
    return err;
}

/* Hands everything to librdkafka and waits until the broker has it, or has not. */
static enum result send_all(struct publisher *p, const struct lines *lines, struct error *error)
{
    for (size_t i = 0; i < lines->n; i++) {
        const struct line *line = &lines->items[i];
        rd_kafka_resp_err_t err;
        while ((err = produce(p, &line->record)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(p->rk, POLL_MS);
        if (err)
            return error_set(error, FATAL, "%s:%d: %s", line->file, line->number,
                             rd_kafka_err2str(err));
        rd_kafka_poll(p->rk, 0);
    }
    /* Ends in any case: message.timeout.ms is bounded. */
    while (rd_kafka_outq_len(p->rk) > 0) rd_kafka_poll(p->rk, POLL_MS);
    return OK;
}

static enum result open_publisher(struct publisher *p, struct error *error)
{
    enum result result = topics_partitions(p->config, &p->partitions, error);
    if (result != OK) return result;
    rd_kafka_conf_t *conf = kafka_conf_new(p->config, KAFKA_PUBLISHER, &p->watch, error);
    if (!conf) return FATAL;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    p->rk = kafka_conf_open(conf, KAFKA_PUBLISHER, error);
    return p->rk ? OK : FATAL;
}

static int report(const struct publisher *p)
{
    size_t all = 0;
    for (int t = 1; t < topic_end; t++) all += p->sent[t];
    printf("%zu record%s sent", all, all == 1 ? "" : "s");
    const char *separator = ": ";
    for (int t = 1; t < topic_end; t++) {
        if (!p->sent[t]) continue;
        printf("%s%zu to %s", separator, p->sent[t], p->config->topics[t].p);
        separator = ", ";
    }
    putchar('\n');
    if (p->unknown && !p->failed)
        return cli_fail(EXIT_FAILED, "%zu record%s not known to have arrived; send %s again",
                        p->unknown, p->unknown == 1 ? " is" : "s are",
                        p->unknown == 1 ? "it" : "them");
    if (!p->failed) return EXIT_DONE;
    return cli_fail(EXIT_FAILED, "%zu record%s not sent: %s", p->failed + p->unknown,
                    p->failed + p->unknown == 1 ? "" : "s", p->reason);
}

static int publish(const struct config *config, const struct lines *lines)
{
    struct error error;
    struct publisher p = {.config = config};
    enum result result = open_publisher(&p, &error);
    if (result == OK) result = send_all(&p, lines, &error);
    if (p.rk) {
        /* What librdkafka still holds after an error must not point into freed memory. */
        rd_kafka_purge(p.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(p.rk, POLL_MS);
        rd_kafka_destroy(p.rk);
    }
    return result == OK ? report(&p) : cli_error(&error);
}

static int read_and_publish(const struct cli *cli, struct arena *arena, int topic)
{
    struct lines lines = {0};
    struct policy policy;
    struct error error;
    for (int i = 0; i < cli->argc; i++)
        if (lines_read(arena, cli->argv[i], cli->config->topics, topic, &lines, &error) != OK)
            return cli_fail(EXIT_FAILED, "%s; nothing was sent", error.text);
    if (!cli_value(cli, "no-validate")) {
        if (policy_file_load(cli->config->policy_file, arena, &policy, &error) != OK)
            return cli_fail(EXIT_USAGE, "%s", error.text);
        size_t bad = validate(cli->config, &policy, arena, &lines);
        if (bad)
            return cli_fail(EXIT_FAILED,
                            "%zu of %zu records are invalid; nothing was sent (--no-validate "
                            "sends them anyway)",
                            bad, lines.n);
    }
    return publish(cli->config, &lines);
}

static int run(const struct cli *cli)
{
    int topic = topic_option(cli);
    if (topic < 0) return EXIT_USAGE;
    struct arena *arena = arena_new();
    int code = read_and_publish(cli, arena, topic);
    arena_free(arena);
    return code;
}

static const struct cli_option options[] = {
    {"topic", "TOPIC", "what lines without a \"topic\" are; they may be bare events then"},
    {"no-validate", NULL, "send what the worker will refuse, too"},
    {NULL, NULL, NULL},
};

static const char details[] =
    "A file holds JSON Lines,\n"
    "\n"
    "  {\"topic\":…,\"key\":…,\"headers\":{…},\"value\":{…},\"at\":…}\n"
    "\n"
    "or bare events with --topic incident-closed, finding-updated or task-updated. Without\n"
    "\"key\" the incident_id is the key; \"headers\" and \"at\" (the record's time) may be left\n"
    "out. schemas/README.md says more.\n"
    "\n"
    "All of it is checked as the worker does it before the first record is sent. A bad line is\n"
    "named by file and line, and then nothing is sent.";

const struct command command_publish = {
    .name = "publish",
    .arguments = "FILE...",
    .summary = "events from files (- is standard input) to their topics",
    .details = details,
    .min_args = 1,
    .max_args = -1,
    .options = options,
    .run = run,
};
