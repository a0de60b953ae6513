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

/* Whoever still stands there as in the default policy's example hears of nothing. */
static void check_address(struct check *check, const char *role, struct str team, struct owner who)
{
    static const struct str example = {"@example.com", 12};
    char text[700];
    if (who.person.n < example.n ||
        memcmp(who.person.p + who.person.n - example.n, example.p, example.n) != 0)
        return;
    snprintf(text, sizeof text,
             "policy: people.%s%s%.*s is %.*s, an address of the example; nobody reads it: name "
             "your own",
             role, team.n ? "." : "", STR_ARG(team), STR_ARG(who.person));
    say(check, VERDICT_NOTE, text);
}

/* Who stands in for each other on one day: what is meant for one of them stays with that one. */
static void check_away(struct check *check, const struct policy *policy)
{
    char text[1000], date[TIMESTAMP_TEXT];
    for (size_t i = 0; i < policy->away_n; i++) {
        const struct absence *away = &policy->away[i];
        ms_t t = TIME_NONE;
        for (size_t j = 0; j < policy->away_n && t == TIME_NONE; j++) {
            int64_t day = policy->away[j].from;
            if (day < away->from || day > away->to) continue;
            t = zone_utc(&policy->calendar.zone, day * DAY_MS);
            if (!str_eq(policy_delegate(policy, away->person, t), away->person)) t = TIME_NONE;
        }
        if (t == TIME_NONE) continue;
        timestamp_format(zone_local(&policy->calendar.zone, t), date);
        snprintf(
            text, sizeof text,
            "policy: people.away: on %.10s nobody stands in for %.*s: %.*s is away as well, and "
            "the delegates lead in a circle",
            date, STR_ARG(away->person), STR_ARG(away->to_person));
        say(check, VERDICT_NOTE, text);
    }
}

static void check_people(struct check *check, const struct policy *policy)
{
    check_address(check, "response-team", STR_NONE, policy->response_team);
    check_address(check, "response-lead", STR_NONE, policy->response_lead);
    for (size_t i = 0; i < policy->managers_n; i++)
        check_address(check, "managers", policy->managers[i].team, policy->managers[i].person);
    for (size_t i = 0; i < policy->on_call_n; i++)
        check_address(check, "on_call", policy->on_call[i].team, policy->on_call[i].person);
    for (size_t i = 0; i < policy->away_n; i++)
        check_address(check, "away", STR_NONE, (struct owner){STR_NONE, policy->away[i].to_person});
    check_away(check, policy);
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
        check_people(check, &policy);
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
