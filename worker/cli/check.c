/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue check: whether a worker could run with this configuration. */
#include <stdio.h>

#include "cli.h"
#include "config/policy_file.h"
#include "config/zone_file.h"
#include "http/http.h"
#include "jsonl/line_texts.h"
#include "kafka/kafka_check.h"
#include "redis/redis_port.h"
#include "view/terminal.h"

struct check {
    const struct config *config;
    const char *area; /* of the lines that come now */
    bool json;
    bool wrong; /* something was found */
    bool usage; /* something of the configuration, which a worker exits with 2 for */
};

static const struct {
    const char *mark, *result;
} verdicts[] = {
    [VERDICT_OK] = {"ok", "ok"},
    [VERDICT_NOTE] = {"--", "note"},
    [VERDICT_WRONG] = {"!!", "wrong"},
};

static void say(void *context, enum verdict verdict, const char *what)
{
    struct check *check = context;
    if (verdict == VERDICT_WRONG) check->wrong = true;
    if (!check->json) {
        terminal_say(stdout, "%s  %s", verdicts[verdict].mark, what);
    } else {
        struct buf line = {0};
        const struct line_text members[] = {
            {"area", check->area}, {"result", verdicts[verdict].result}, {"text", what}};
        line_texts_write(&line, members, sizeof members / sizeof *members);
        terminal_flush(&line, false);
        buf_free(&line);
    }
    fflush(stdout); /* the next thing looked at may take its time */
}

/* A fault that a worker ends for; of the configuration, with 2. */
static void say_error(struct check *check, const char *what, const struct error *error)
{
    char text[700];
    snprintf(text, sizeof text, "%s%s", what, error->text);
    check->usage |= error->usage;
    say(check, VERDICT_WRONG, text);
}

/* The files and settings were read before the command began, secrets too. */
static void check_configuration(struct check *check)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"}; /* by enum log_level */
    char text[700];
    check->area = "configuration";
    snprintf(text, sizeof text, "configuration: group.id %s, instance.id %s",
             check->config->group_id, check->config->instance_id);
    say(check, VERDICT_OK, text);
    snprintf(text, sizeof text, "log: from level %s on, as %s, on standard error",
             levels[check->config->log_level], check->config->log_json ? "json" : "logfmt");
    say(check, VERDICT_OK, text);
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
        snprintf(text, sizeof text, "policy: version %.*s, %s, time zone %.*s (zone data %.*s)",
                 STR_ARG(policy.version), file ? file : "the built-in default",
                 STR_ARG(policy.calendar.zone.name), STR_ARG(zone_file_version(arena)));
        say(check, VERDICT_OK, text);
    } else {
        say_error(check, "policy: ", &error);
    }
    arena_free(arena);
}

/* `runs`: the worker of our instance.id is in the group. */
static void check_http(struct check *check, bool runs)
{
    struct error error;
    char text[400];
    bool by_worker;
    const struct listen_address *at = &check->config->http;
    check->area = "http";
    if (!at->host) {
        say(check, VERDICT_OK, "http.listen: off, so no metrics and no /readyz are served");
        return;
    }
    bool taken = http_check(at, &by_worker, &error) != OK;
    if (taken && by_worker && runs)
        snprintf(text, sizeof text, "http.listen: port %d at %s is served by the worker that runs",
                 at->port, at->host);
    else if (taken && by_worker)
        snprintf(text, sizeof text,
                 "http.listen: port %d at %s is in use by another worker that runs here: give this "
                 "one another port, or http.listen=off",
                 at->port, at->host);
    else if (taken)
        say_error(check, "", &error);
    else
        snprintf(text, sizeof text, "http.listen: port %d at %s is free", at->port, at->host);
    if (taken && !by_worker) return;
    say(check, !taken ? VERDICT_OK : runs ? VERDICT_NOTE : VERDICT_WRONG, text);
}

/* True when the worker of our instance.id is in the group. */
static bool check_kafka(struct check *check)
{
    check->area = "kafka";
    struct kafka_check_result result = kafka_check(check->config, say, check);
    check->usage |= result.usage;
    return result.worker_runs;
}

static void check_redis(struct check *check)
{
    struct error error;
    check->area = "redis";
    bool wrong_before = check->wrong;
    check->wrong = false;
    struct store_port *store = redis_port_new(check->config, &error);
    enum result result = store ? redis_port_check(store, say, check, &error) : FATAL;
    /* What was found wrong was said already; being refused or unreachable was not. */
    if (result != OK && (result == RETRY || !check->wrong)) say_error(check, "redis: ", &error);
    check->wrong |= wrong_before;
    redis_port_free(store);
}

static int run(const struct cli *cli)
{
    struct check check = {.config = cli->config, .json = cli_value(cli, "json") != NULL};
    check_configuration(&check);
    check_policy(&check);
    check_http(&check, check_kafka(&check));
    check_redis(&check);
    if (check.usage) return EXIT_USAGE;
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
        "Each line is something that was looked at: `ok`; `--`, good to know, or why it was not\n"
        "looked at; or `!!` and what to change, a missing right as the command that grants it.\n"
        "What a worker does is tried: in Kafka so that nothing is written, no group is joined and\n"
        "no worker is fenced; in Redis on keys of its own, which are removed. One fault does not\n"
        "keep it from looking at the rest. Exit code 3: something is wrong; 2: something of the\n"
        "configuration, which a worker would exit with 2 for.",
    .options = options,
    .run = run,
};
