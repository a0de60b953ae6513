/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue check: whether a worker could run with this configuration. */
#include <stdio.h>

#include "check_kafka.h"
#include "cli.h"
#include "codec/json.h"
#include "config/policy_file.h"
#include "kafka/topics.h"
#include "redis/redis_port.h"
#include "terminal.h"

struct check {
    const struct config *config;
    const char *area; /* of the lines that come now */
    bool json;
    bool wrong; /* something was found */
};

static void say(void *context, bool ok, const char *what)
{
    struct check *check = context;
    if (!ok) check->wrong = true;
    if (!check->json) {
        terminal_say(stdout, "%s  %s", ok ? "ok" : "!!", what);
    } else {
        struct buf line = {0};
        buf_lit(&line, "{\"area\":");
        json_write_string(&line, str_of(check->area));
        buf_lit(&line, ",\"result\":");
        json_write_string(&line, ok ? STR("ok") : STR("wrong"));
        buf_lit(&line, ",\"text\":");
        json_write_string(&line, str_of(what));
        buf_lit(&line, "}\n");
        terminal_flush(&line, false);
        buf_free(&line);
    }
    fflush(stdout); /* the next thing looked at may take its time */
}

/* The configuration itself was read before the command began. */
static void check_configuration(struct check *check)
{
    char text[700];
    check->area = "configuration";
    snprintf(text, sizeof text, "configuration: group.id %s, instance.id %s",
             check->config->group_id, check->config->instance_id);
    say(check, true, text);
}

static void check_policy(struct check *check)
{
    struct error error;
    struct policy policy;
    struct arena *arena = arena_new();
    char text[700];
    const char *file = check->config->policy_file;
    check->area = "policy";
    if (policy_file_load(file, arena, &policy, &error) == OK) {
        snprintf(text, sizeof text, "policy: version %.*s, %s", STR_ARG(policy.version),
                 file ? file : "the built-in default");
        say(check, true, text);
    } else {
        snprintf(text, sizeof text, "policy: %s", error.text);
        say(check, false, text);
    }
    arena_free(arena);
}

static void report_topic(void *context, const struct topics_finding *finding)
{
    char text[700];
    snprintf(text, sizeof text, "kafka topic %s: %s", finding->topic, finding->text);
    say(context, finding->state != TOPICS_WRONG, text);
}

static void check_kafka(struct check *check)
{
    struct error error;
    size_t wrong;
    int32_t partitions;
    check->area = "kafka";
    if (topics_check(check->config, 0, report_topic, check, &wrong, &error) != OK) {
        say(check, false, error.text);
        return; /* each of the others would only wait for its own time-out */
    }
    /* What does not exist cannot be read, and was said. */
    if (topics_partitions(check->config, &partitions, &error) == OK)
        check_kafka_reading(check->config, say, check);
    check_kafka_group(check->config, say, check);
    check_kafka_transactions(check->config, say, check);
}

static void check_redis(struct check *check)
{
    struct error error;
    check->area = "redis";
    bool wrong_before = check->wrong;
    check->wrong = false;
    struct store_port *store = redis_port_new(check->config, &error);
    enum result result = store ? redis_port_check(store, say, check, &error) : FATAL;
    /* A setting that was found wrong was said already; being refused or unreachable was not. */
    if (result != OK && !check->wrong) say(check, false, error.text);
    check->wrong |= wrong_before;
    redis_port_free(store);
}

static int run(const struct cli *cli)
{
    struct check check = {.config = cli->config, .json = cli_value(cli, "json") != NULL};
    check_configuration(&check);
    check_policy(&check);
    check_kafka(&check);
    check_redis(&check);
    return check.wrong ? EXIT_FOUND : EXIT_DONE;
}

static const struct cli_option options[] = {
    {"json", NULL, "one JSON object a line"},
    {NULL, NULL, NULL},
};

const struct command command_check = {
    .name = "check",
    .summary = "configuration, policy, connections, permissions, Redis settings",
    .details =
        "Each line is something that was looked at: `ok`, or `!!` and what to change. Nothing\n"
        "is changed, and a worker that runs is not disturbed. Exit code 3: something is\n"
        "wrong. Whether the output topics may be written to is not tried.",
    .options = options,
    .run = run,
};
