/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epilogue stats: how much was created and done, how fast, and how much of it in time, from Redis. What
 * of Redis is missing is said, and the rest is counted.
 */
#include "view/stats.h"

#include "cli.h"
#include "common/clock.h"
#include "config/policy_file.h"
#include "store_reader.h"
#include "view/progress.h"
#include "view/terminal.h"

struct stats_command {
    struct stats stats;
    struct policy policy;
    struct progress progress;
};

static enum result take(void *context, const struct entry *entry, struct str value,
                        struct error *error)
{
    struct stats_command *command = context;
    (void)value;
    (void)error;
    if (entry->type == ENTRY_TASK)
        stats_add(&command->stats, entry->task);
    else
        stats_add_forgotten(&command->stats, &entry->incident->forgotten);
    return OK;
}

static void tell(void *context, size_t done, size_t all)
{
    struct stats_command *command = context;
    progress_show(&command->progress, done, all);
}

/* --by; false after a sentence. */
static bool choose_by(struct stats *stats, const char *text)
{
    static const struct str label = {"label:", 6};
    if (!text) return true;
    struct str by = str_of(text);
    if (str_starts(by, label) && by.n > label.n) {
        stats->by = STATS_BY_LABEL;
        stats->label = (struct str){by.p + label.n, by.n - label.n};
        return true;
    }
    stats->by = stats_by_parse(by);
    if (stats->by == STATS_BY_LABEL) stats->by = STATS_BY_NONE; /* of which name? */
    if (!stats->by)
        cli_fail(0,
                 "--by %s is not known; allowed: team, kind, category, priority, month, label:NAME",
                 text);
    return stats->by;
}

/* --since, in the zone of the calendar; false after a sentence. */
static bool choose_since(struct stats *stats, const char *text)
{
    if (!text) return true;
    enum timestamp_result result = timestamp_parse(str_of(text), &stats->since);
    if (result == TIMESTAMP_PARTIAL) stats->since = zone_utc(&stats->calendar->zone, stats->since);
    if (result == TIMESTAMP_OK || result == TIMESTAMP_PARTIAL) return true;
    cli_fail(0, "--since must be a date or a time like 2026-11-20 or 2026-11-20T10:15:00Z, is %s",
             text);
    return false;
}

static void print(const struct cli *cli, const struct stats *stats)
{
    struct buf out = {0};
    if (cli_value(cli, "json"))
        stats_write_json(&out, stats);
    else if (cli_value(cli, "csv"))
        stats_write_csv(&out, stats);
    else
        stats_write_table(&out, stats);
    terminal_flush(&out, false);
    buf_free(&out);
}

static int read_and_print(const struct cli *cli, struct stats_command *command)
{
    struct error error;
    struct store_reader *reader = store_reader_open(cli->config, &error);
    if (!reader) return cli_error(&error);
    store_reader_progress(reader, tell, command);
    enum result result = store_reader_walk(reader, true, take, command, &error);
    progress_clear(&command->progress);
    if (result == OK) {
        stats_end(&command->stats);
        print(cli, &command->stats);
    }
    bool complete = result == OK && !store_reader_tell_gaps(reader);
    store_reader_close(reader);
    if (result != OK) return cli_error(&error);
    return complete ? EXIT_DONE : EXIT_FAILED;
}

static int run(const struct cli *cli)
{
    struct stats_command command = {.progress = {.what = "shards read"}};
    struct error error;
    struct arena *arena = arena_new();
    int code = EXIT_USAGE;
    command.stats = (struct stats){.arena = arena,
                                   .calendar = &command.policy.calendar,
                                   .since = TIME_NONE,
                                   .now = clock_now()};
    if (cli_value(cli, "json") && cli_value(cli, "csv"))
        cli_fail(0, "--json and --csv cannot be combined");
    else if (policy_file_load(cli->config->policy_file, arena, &command.policy, &error) != OK)
        code = cli_error(&error);
    else if (choose_by(&command.stats, cli_value(cli, "by")) &&
             choose_since(&command.stats, cli_value(cli, "since")))
        code = read_and_print(cli, &command);
    arena_free(arena);
    return code;
}

static const struct cli_option options[] = {
    {"by", "WHAT", "grouped by team, kind, category, priority, month, or label:NAME"},
    {"since", "DATE", "only tasks made since then"},
    {"json", NULL, "JSON Lines, one object a group"},
    {"csv", NULL, "for a spreadsheet"},
    {NULL, NULL, NULL},
};

const struct command command_stats = {
    .name = "stats",
    .summary = "how much was done, how fast, and how much of it in time",
    .details = "Counts all tasks that the worker has in Redis, and of those that retention has "
               "deleted what\n"
               "is left of them by month; nothing is changed. In time counts of what is done "
               "alone. Days are\n"
               "those from the start of a task's present life to when somebody owned it and to "
               "when it was\n"
               "resolved, and from there to when it was verified.",
    .options = options,
    .run = run,
};
