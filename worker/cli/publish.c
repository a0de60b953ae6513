/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue publish FILE...: JSON Lines to the right topics and partitions, checked beforehand. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "codec/decode.h"
#include "common/clock.h"
#include "config/config.h"
#include "config/policy_file.h"
#include "jsonl/lines.h"
#include "kafka/kafka_partition.h"
#include "kafka/kafka_publisher.h"
#include "kafka/topics.h"
#include "view/progress.h"
#include "view/terminal.h"

#define COMPLAINTS_MAX 20 /* bad lines that are named before the rest is only counted */
#define SCRATCH_KEEP ((size_t)4 * 1024 * 1024)

static volatile sig_atomic_t stop_asked;

/* The first one stops the sending, a second one the process. */
static void on_signal(int signal_number)
{
    stop_asked = 1;
    signal(signal_number, SIG_DFL);
}

struct publish {
    const struct config *config;
    struct kafka_publisher *publisher;
    int32_t partitions;
    const struct lines *lines;
    bool *arrived;          /* by line: acknowledged by the broker */
    size_t sent[topic_end]; /* acknowledged by the broker */
    size_t failed;
    size_t unknown;   /* reported as sent, but without a place in the topic */
    char reason[300]; /* of the first failure */
};

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

/* Records without a key get their incident's, so that they reach the right partition, validated or
 * not: it is the partition, too, where the dead letter of a wrong one belongs. Where no incident_id
 * can be read any partition is taken, as Java clients do for records without a key. */
static void set_keys(struct arena *arena, struct lines *lines)
{
    for (size_t i = 0; i < lines->n; i++) {
        struct record *record = &lines->items[i].record;
        if (!record->key.p) record->key = decode_peek_incident_id(arena, record);
    }
}

/* Every record as the worker would take it. Returns how many cannot be taken. */
static size_t validate(const struct config *config, const struct policy *policy,
                       const struct lines *lines)
{
    struct decoder decoder = {.policy = policy, .limits = &config->limits};
    memcpy(decoder.topic_names, config->topics, sizeof decoder.topic_names);
    struct arena *scratch = arena_new();
    size_t bad = 0;
    for (size_t i = 0; i < lines->n; i++) {
        const struct line *line = &lines->items[i];
        struct event event;
        struct refused refused;
        arena_reset(scratch, SCRATCH_KEEP);
        if (decode_record(&decoder, scratch, &line->record, clock_now(), &event, &refused))
            continue;
        if (bad++ >= COMPLAINTS_MAX) continue;
        terminal_say(stderr, "%s:%d: %.*s: %.*s", line->file, line->number,
                     STR_ARG(refusal_name(refused.code)), STR_ARG(refused.detail));
    }
    arena_free(scratch);
    if (bad > COMPLAINTS_MAX)
        terminal_say(stderr, "and %zu more that are invalid", bad - COMPLAINTS_MAX);
    return bad;
}

static void on_report(void *context, size_t line, enum kafka_published what, const char *why)
{
    struct publish *p = context;
    switch (what) {
    case KAFKA_PUBLISHED:
        p->arrived[line] = true;
        p->sent[p->lines->items[line].record.topic]++;
        break;
    case KAFKA_PUBLISHED_UNKNOWN: p->unknown++; break;
    case KAFKA_PUBLISHED_NOT:
        if (!p->failed++) snprintf(p->reason, sizeof p->reason, "%s", why);
        break;
    }
}

static enum result send_line(struct publish *p, size_t number, struct error *error)
{
    const struct line *line = &p->lines->items[number];
    struct error why;
    struct message message = record_message(&line->record);
    message.partition = message.key.p ? kafka_partition_of(message.key, p->partitions) : -1;
    enum result result = kafka_publisher_send(p->publisher, &message, number, &why);
    if (result == OK || result == RETRY) return result;
    return error_set(error, FATAL, "%s:%d: %s", line->file, line->number, why.text);
}

static size_t count_sent(const struct publish *p)
{
    size_t all = 0;
    for (int t = 1; t < topic_end; t++) all += p->sent[t];
    return all;
}

/* Sends everything and waits until the broker has it, or has not. After a signal nothing more is
 * sent. */
static enum result send_all(struct publish *p, struct error *error)
{
    struct progress progress = {.what = "records sent"};
    enum result result = OK;
    for (size_t line = 0; line < p->lines->n && !stop_asked && result != FATAL;) {
        result = send_line(p, line, error);
        line += result == OK;
        progress_show(&progress, count_sent(p), p->lines->n);
    }
    while (kafka_publisher_wait(p->publisher)) progress_show(&progress, count_sent(p), p->lines->n);
    progress_clear(&progress);
    return result == FATAL ? FATAL : OK;
}

static enum result open_publisher(struct publish *p, struct error *error)
{
    enum result result = topics_partitions(p->config, &p->partitions, error);
    if (result != OK) return result;
    p->publisher = kafka_publisher_new(p->config, on_report, p, error);
    return p->publisher ? OK : FATAL;
}

/* From where on to go on: the first line that did not arrive. Lines of other partitions behind it
 * can have arrived; those come twice then, which their revision or time makes harmless. */
static int report_rest(const struct publish *p)
{
    size_t first = 0, behind = 0;
    while (first < p->lines->n && p->arrived[first]) first++;
    for (size_t i = first; i < p->lines->n; i++) behind += p->arrived[i];
    if (first == p->lines->n) return EXIT_DONE;
    const struct line *line = &p->lines->items[first];
    const char *why = stop_asked ? "stopped" : p->failed ? p->reason : "not known to have arrived";
    cli_fail(0, "%zu of %zu records %s sent: %s; continue from %s:%d", p->lines->n - first - behind,
             p->lines->n, p->unknown && !p->failed ? "may not have been" : "were not", why,
             line->file, line->number);
    if (behind) cli_fail(0, "%zu records behind that line were sent already", behind);
    return EXIT_FAILED;
}

static int report(const struct publish *p)
{
    size_t all = count_sent(p);
    struct buf line = {0};
    buf_printf(&line, "%zu record%s sent", all, all == 1 ? "" : "s");
    const char *separator = ": ";
    for (int t = 1; t < topic_end; t++) {
        if (!p->sent[t]) continue;
        buf_printf(&line, "%s%zu to ", separator, p->sent[t]);
        terminal_text(&line, p->config->topics[t]);
        separator = ", ";
    }
    buf_char(&line, '\n');
    terminal_flush(&line, false);
    buf_free(&line);
    return report_rest(p);
}

static int publish(const struct config *config, const struct lines *lines)
{
    struct error error;
    struct publish p = {.config = config, .lines = lines};
    p.arrived = calloc(lines->n + 1, sizeof *p.arrived);
    if (!p.arrived) abort();
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    enum result result = open_publisher(&p, &error);
    if (result == OK) result = send_all(&p, &error);
    kafka_publisher_free(p.publisher);
    int code = result == OK ? report(&p) : cli_error(&error);
    free(p.arrived);
    return code;
}

static int read_and_publish(const struct cli *cli, struct arena *arena, int topic)
{
    struct lines lines = {0};
    struct policy policy;
    struct error error;
    for (int i = 0; i < cli->argc; i++)
        if (lines_read(arena, cli->argv[i], cli->config->topics, topic, &lines, &error) != OK)
            return cli_fail(EXIT_FAILED, "%s; nothing was sent", error.text);
    set_keys(arena, &lines);
    if (!cli_value(cli, "no-validate")) {
        if (policy_file_load(cli->config->policy_file, arena, &policy, &error) != OK)
            return cli_fail(EXIT_USAGE, "%s", error.text);
        size_t bad = validate(cli->config, &policy, &lines);
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
    "\"key\" the incident_id is the key, with --no-validate too; \"headers\" and \"at\" (the\n"
    "record's time) may be left out. schemas/README.md says more.\n"
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
