/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epilogue topics create and check: prints a line a topic and gives the exit code; what is right
 * for a topic is in kafka/topics.c.
 */
#include "kafka/topics.h"

#include <stdio.h>

#include "cli.h"
#include "jsonl/line_texts.h"
#include "view/terminal.h"

static const char *state_name(enum topics_state state)
{
    switch (state) {
    case TOPICS_FINE: return "ok";
    case TOPICS_CREATED: return "created";
    case TOPICS_EXISTED: return "exists";
    case TOPICS_UNCHECKED: return "unknown";
    case TOPICS_RISK: return "risk";
    case TOPICS_WRONG: return "wrong";
    }
    return "";
}

static void print_text(void *arg, const struct topics_finding *finding)
{
    if (finding->state == TOPICS_UNCHECKED) *(bool *)arg = true;
    terminal_say(stdout, "%-8s %-24s %s", state_name(finding->state), finding->topic,
                 finding->text);
    fflush(stdout);
}

static void print_json(void *arg, const struct topics_finding *finding)
{
    if (finding->state == TOPICS_UNCHECKED) *(bool *)arg = true;
    struct buf line = {0};
    const struct line_text members[] = {
        {"topic", finding->topic}, {"result", state_name(finding->state)}, {"text", finding->text}};
    line_texts_write(&line, members, sizeof members / sizeof *members);
    terminal_flush(&line, false);
    fflush(stdout);
    buf_free(&line);
}

static int run_create(const struct cli *cli, topics_report *report)
{
    struct error error;
    int32_t partitions =
        (int32_t)cli_integer(cli, "partitions", 1, 10000, TOPICS_PARTITIONS_DEFAULT);
    int replication = (int)cli_integer(cli, "replication", 1, 100, TOPICS_REPLICATION_OF_BROKER);
    if (topics_create(cli->config, partitions, replication, report, &(bool){false}, &error) != OK)
        return cli_error(&error);
    return EXIT_DONE;
}

static int run_check(const struct cli *cli, topics_report *report)
{
    struct error error;
    size_t wrong;
    bool unchecked = false;
    int32_t partitions = (int32_t)cli_integer(cli, "partitions", 1, 10000, 0);
    if (topics_check(cli->config, partitions, report, &unchecked, &wrong, &error) != OK)
        return cli_error(&error);
    return wrong > 0 || unchecked ? EXIT_FOUND : EXIT_DONE;
}

static int run(const struct cli *cli)
{
    topics_report *report = cli_value(cli, "json") ? print_json : print_text;
    if (strcmp(cli->argv[0], "create") == 0) return run_create(cli, report);
    if (strcmp(cli->argv[0], "check") == 0) return run_check(cli, report);
    return cli_fail(EXIT_USAGE, "topics: `%s` is not known; allowed are create and check",
                    cli->argv[0]);
}

static const struct cli_option options[] = {
    {"partitions", "N", "of every topic; 12 if not said. check: how many there must be"},
    {"replication", "R", "copies of each partition; the broker's default if not said"},
    {"json", NULL, "one JSON object a line"},
    {NULL, NULL, NULL},
};

const struct command command_topics = {
    .name = "topics",
    .arguments = "create|check",
    .summary = "create the topics, or say what is wrong with them",
    .details =
        "create makes the topics that are missing, with the settings that the worker relies\n"
        "on; topics that exist stay as they are.\n"
        "\n"
        "check compares all of them with these settings. Each line is one topic: ok, or wrong "
        "with\n"
        "the command that puts it right, or risk: records go if the worker is away for long, or\n"
        "unknown: its settings may not be read. Exit code 3: something is wrong or unknown.\n"
        "\n"
        "All topics must have the same number of partitions, and it cannot be changed later\n"
        "without splitting the records of an incident: choose more than the number\n"
        "of workers that may ever be needed.",
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .run = run,
};
