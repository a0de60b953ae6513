/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epilogue tail: what goes out, as it comes. All outputs are read side by side, committed records
 * only, and shown as lines for a person or as JSON.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "codec/json.h"
#include "config/config.h"
#include "core/state_key.h"
#include "jsonl/line_json.h"
#include "kafka/kafka_reader.h"
#include "kafka/topics.h"
#include "streams.h"
#include "view/render.h"
#include "view/terminal.h"

#define TOPICS_MAX 3
#define POLL_MS 200
#define SCRATCH_KEEP ((size_t)1024 * 1024)

static volatile sig_atomic_t stop_asked;

static void on_signal(int signal)
{
    (void)signal;
    stop_asked = 1;
}

struct tail {
    const struct config *config;
    struct kafka_reader *reader;
    int topics[TOPICS_MAX];
    size_t topics_n;
    const char *recipient; /* only what goes to this one; NULL: all */
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

static enum result start(struct tail *tail, bool from_beginning, struct error *error)
{
    int32_t partitions;
    enum result result = topics_partitions(tail->config, &partitions, error);
    if (result != OK) return result;
    tail->reader = kafka_reader_new(tail->config, "reading the topics", error);
    if (!tail->reader) return FATAL;
    ms_t from = from_beginning ? TIME_NONE : KAFKA_READER_END;
    for (size_t i = 0; i < tail->topics_n && result == OK; i++)
        result = kafka_reader_start(tail->reader, tail->topics[i], 0, partitions, from, error);
    return result;
}

/* ---- what goes to one recipient ---- */

/* `wanted` is "person:<name>", "team:<name>" or the name alone. */
static bool is_named(struct str wanted, struct str what, struct str name)
{
    if (!name.p) return false;
    if (str_starts(wanted, what)) {
        struct str rest = {wanted.p + what.n, wanted.n - what.n};
        if (str_eq(rest, name)) return true;
    }
    return str_eq(wanted, name);
}

static bool is_for(struct tail *tail, const struct record *record)
{
    struct json *value;
    struct str detail, wanted = str_of(tail->recipient);
    if (record->topic != TOPIC_REMINDERS || !record->value.p) return false;
    json_parse(json_scratch(), tail->arena, record->value, JSON_DEPTH_SHOWN, &value, &detail);
    if (!value || value->type != JSON_OBJECT) return false;
    struct str name = json_get_text(value, "recipient");
    if (name.p) { /* a digest */
        const char *colon = memchr(name.p, ':', name.n);
        size_t n = colon ? (size_t)(colon - name.p) + 1 : 0;
        struct str raw = state_decode_part(tail->arena, (struct str){name.p + n, name.n - n});
        return str_eq(wanted, name) || is_named(wanted, (struct str){name.p, n}, raw);
    }
    const struct json *all = json_get(value, "recipients");
    for (const struct json *r = all ? all->first : NULL; r; r = r->next)
        if (is_named(wanted, STR("person:"), json_get_text(r, "person")) ||
            is_named(wanted, STR("team:"), json_get_text(r, "team")))
            return true;
    return false;
}

static void print(struct tail *tail, const struct record *record)
{
    struct message message = record_message(record);
    arena_reset(tail->arena, SCRATCH_KEEP);
    if (tail->recipient && !is_for(tail, record)) return;
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
    enum kafka_read what = KAFKA_READ_RECORD;
    struct record record;
    enum result result = OK;
    while (!stop_asked && !streams_closed() && result == OK) {
        bool idle = what == KAFKA_READ_NOTHING;
        if (idle) fflush(stdout); /* all there was is printed: now somebody may see it */
        result = kafka_reader_next(tail->reader, idle ? POLL_MS : 0, &what, &record, error);
        if (result == OK && what == KAFKA_READ_RECORD) print(tail, &record);
    }
    return result;
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
    struct tail tail = {.config = cli->config,
                        .json = cli_value(cli, "json") != NULL,
                        .recipient = cli_value(cli, "recipient")};
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
    kafka_reader_free(tail.reader);
    arena_free(tail.arena);
    buf_free(&tail.out);
    return result == OK ? EXIT_DONE : cli_error(&error);
}

static const struct cli_option options[] = {
    {"from-beginning", NULL, "all that the topics still hold, not only what comes from now on"},
    {"topic", "TOPIC", "followup-tasks, followup-reminders or followup-dead-letters alone"},
    {"recipient", "WHO", "reminders for person:NAME, team:NAME or either NAME alone"},
    {"json", NULL, "JSON Lines: topic, key, headers, value and at of each event"},
    {NULL, NULL, NULL},
};

const struct command command_tail = {
    .name = "tail",
    .summary = "task events, reminders and dead letters as they come",
    .details = "Only what is committed is shown. Within a topic's partition the order is kept.\n"
               "With --json, `value` is the event as it is in Kafka; `publish` and `simulate`\n"
               "take inputs in the same line form.",
    .options = options,
    .run = run,
};
