/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue simulate: what a policy would do with events over time, with no Kafka or Redis. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "codec/envelope.h"
#include "common/log.h"
#include "config/config.h"
#include "config/policy_file.h"
#include "jsonl/line_json.h"
#include "jsonl/lines.h"
#include "sim/dry_run.h"
#include "simulate_diff.h"
#include "simulate_noise_page.h"
#include "streams.h"
#include "view/progress.h"
#include "view/render.h"
#include "view/report_markdown.h"
#include "view/terminal.h"

#define GO_ON_DAYS 400
#define WRITE_AT_BYTES 65536

/* A line, and when it is taken: at its time, but never before the line that stands before it. */
struct input {
    const struct line *line;
    ms_t at;
};

struct simulation {
    const struct config *config;
    struct arena *arena;
    struct input *inputs; /* in the order in which they are taken */
    size_t inputs_n;
    ms_t until;
    bool json, colour;
    ms_t change_at; /* TIME_NONE: one policy rules all the time */
    struct policy changed;
    const char *report;           /* the incident of --report, NULL for the timeline */
    struct simulate_noise *noise; /* of each side; NULL for the timeline */
};

/* One run through the lines with one policy. */
struct run {
    const struct simulation *simulation;
    struct arena *scratch; /* of one event */
    struct buf out;
    struct simulate_diff *diff;  /* NULL: the timeline is printed */
    const struct policy *policy; /* which rules */
    int side;
    struct progress progress;
    size_t later; /* events behind the last line */
};

/* ---- what comes out ---- */

/* The contract's names of the topics: no Kafka is asked for others. */
static void set_names(struct str names[topic_end])
{
    for (int topic = 0; topic < topic_end; topic++) names[topic] = topic_name(topic);
}

static void write_json(struct buf *out, struct arena *scratch, const struct message *message)
{
    struct str names[topic_end];
    set_names(names);
    line_json_write(out, scratch, message, names);
}

static void write_out(struct run *run)
{
    const struct simulation *s = run->simulation;
    progress_clear(&run->progress);
    terminal_flush(&run->out, s->colour && !s->json && !s->report);
}

static void collect(struct run *run, const struct message *message)
{
    struct buf json = {0};
    render_message(&run->out, run->scratch, message, false);
    if (run->simulation->json) write_json(&json, run->scratch, message);
    struct str text = buf_slice(&run->out);
    simulate_diff_add(run->diff, run->side, message->timestamp, text,
                      json.n ? buf_slice(&json) : text);
    run->out.n = 0;
    buf_free(&json);
}

/* What is on its way to a digest, or to a cause and back: that is shown when something comes of it. */
static bool is_on_its_way(const struct message *message)
{
    const struct record record = {.headers = message->headers, .headers_n = message->headers_n};
    enum envelope_kind kind = envelope_kind(&record);
    return kind == ENVELOPE_ITEMS || envelope_is_of_cause(kind);
}

static void emit(void *self, const struct message *sent, ms_t now)
{
    struct run *run = self;
    struct message timed = *sent;
    const struct message *message = &timed;
    timed.timestamp = now;
    if (run->later) progress_show(&run->progress, run->later++, 0);
    const struct simulation *s = run->simulation;
    bool internal =
        message->topic == TOPIC_FORWARDED && (s->json || run->diff || is_on_its_way(message));
    if (internal || s->report) return;
    arena_reset(run->scratch, WRITE_AT_BYTES);
    if (s->noise) {
        simulate_noise_count(&s->noise[run->side], run->scratch, run->policy, message, now);
        return;
    }
    if (run->diff) {
        collect(run, message);
        return;
    }
    if (s->json)
        write_json(&run->out, run->scratch, message);
    else
        render_message(&run->out, run->scratch, message, s->colour);
    if (run->out.n > WRITE_AT_BYTES) write_out(run);
}

/* What comes in is a part of the timeline that a person reads. */
static void show_received(struct run *run, const struct input *input)
{
    const struct line *line = input->line;
    const struct simulation *s = run->simulation;
    if (s->noise) simulate_noise_line(&s->noise[run->side], run->policy, input->at);
    if (s->noise || s->json || s->report || run->diff) return;
    struct str topic = topic_name(line->record.topic);
    arena_reset(run->scratch, WRITE_AT_BYTES);
    render_time(&run->out, input->at);
    buf_printf(&run->out, "  received            %.*s ", STR_ARG(topic));
    render_subject(&run->out, run->scratch,
                   &(struct message){.key = line->record.key, .value = line->record.value});
    buf_lit(&run->out, ", ");
    terminal_text(&run->out, str_of(line->file));
    buf_printf(&run->out, ":%d\n", line->number);
}

/* ---- a run ---- */

/* One point of time after the other, so that it ends with the reader. */
static enum result advance(struct dry_run *dry, ms_t until, struct error *error)
{
    ms_t next;
    while ((next = dry_run_next(dry)) != TIME_NONE && next <= until) {
        if (streams_closed()) return OK;
        if (dry_run_advance(dry, next, error) == FATAL) return FATAL;
    }
    return dry_run_advance(dry, until, error);
}

/* Up to the next input, or to the end; the other policy comes between. */
static enum result pass(struct run *run, struct dry_run *dry, ms_t at, bool *changed,
                        struct error *error)
{
    const struct simulation *s = run->simulation;
    enum result result = OK;
    if (!*changed && s->change_at <= at) {
        *changed = true;
        result = advance(dry, s->change_at - 1, error);
        if (result == OK) result = dry_run_set_policy(dry, &s->changed, error);
        run->policy = &s->changed;
    }
    return result == OK ? advance(dry, at, error) : result;
}

static enum result play(struct run *run, struct dry_run *dry, struct error *error)
{
    const struct simulation *s = run->simulation;
    bool changed = s->change_at == TIME_NONE;
    enum result result = OK;
    for (size_t i = 0; i < s->inputs_n && result == OK && !streams_closed(); i++) {
        const struct input *input = &s->inputs[i];
        if (input->at > s->until) continue;
        result = pass(run, dry, input->at, &changed, error);
        if (result != OK) break;
        show_received(run, input);
        result = dry_run_take(dry, &input->line->record, error);
        progress_show(&run->progress, i + 1, s->inputs_n);
    }
    run->later = 1;
    run->progress.what = "events after the last line";
    if (result == OK) result = pass(run, dry, s->until, &changed, error);
    progress_clear(&run->progress);
    return result;
}

static int print_report(struct run *run, struct dry_run *dry)
{
    struct arena *arena = run->simulation->arena;
    const char *id = run->simulation->report;
    struct entry **entries;
    struct error error;
    size_t n;
    struct report_markdown report;
    if (dry_run_incident(dry, arena, str_of(id), &entries, &n, &error) != OK)
        return cli_error(&error);
    if (!report_markdown_collect(arena, entries, n, &report))
        return cli_fail(EXIT_FAILED, "no line speaks of an incident \"%s\"", id);
    report_markdown_write(&run->out, arena, &report);
    return EXIT_DONE;
}

/* The shards' business is no part of what a policy does. */
static void be_silent(void)
{
    log_setup(LOG_ERROR, false);
}

static int simulate(const struct simulation *s, const struct policy *policy,
                    struct simulate_diff *diff, int side)
{
    struct error error;
    struct run run = {.simulation = s,
                      .scratch = arena_new(),
                      .diff = diff,
                      .policy = policy,
                      .side = side,
                      .progress = {.what = "lines"}};
    struct dry_run_settings settings = {
        .policy = policy,
        .limits = &s->config->limits,
        .group_id = str_of(s->config->group_id),
        .start = s->inputs[0].at,
        .emit = emit,
        .self = &run,
    };
    set_names(settings.topic_names);
    be_silent();
    struct dry_run *dry = dry_run_new(&settings);
    int code = play(&run, dry, &error) == OK ? EXIT_DONE : cli_error(&error);
    if (s->report && code == EXIT_DONE) code = print_report(&run, dry);
    write_out(&run);
    dry_run_free(dry);
    buf_free(&run.out);
    arena_free(run.scratch);
    return code;
}

static void print_difference(const struct simulate_diff_item *item, bool json)
{
    struct str rest = item->shown;
    const char *sign = item->side == SIMULATE_DIFF_OLD ? "-" : "+";
    struct buf out = {0};
    if (json) {
        buf_printf(&out, "{\"in\":\"%s\",", item->side == SIMULATE_DIFF_OLD ? "old" : "new");
        buf_add(&out, rest.p + 1, rest.n - 1);
        rest.n = 0;
    }
    while (rest.n) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) + 1 : rest.n;
        buf_printf(&out, "%s ", sign);
        buf_add(&out, rest.p, n);
        rest = (struct str){rest.p + n, rest.n - n};
    }
    terminal_flush(&out, false);
    buf_free(&out);
}

static int compare(const struct simulation *s, const char *const files[simulate_diff_sides])
{
    struct simulate_diff diff = {.arena = s->arena};
    for (int side = 0; side < simulate_diff_sides; side++) {
        struct policy policy;
        struct error error;
        if (policy_file_load(files[side], s->arena, &policy, &error) != OK)
            return cli_fail(EXIT_USAGE, "%s", error.text);
        int code = simulate(s, &policy, &diff, side);
        if (code != EXIT_DONE) return code;
    }
    size_t counts[simulate_diff_sides];
    simulate_diff_reduce(&diff, counts);
    for (size_t i = 0; i < diff.n; i++) print_difference(&diff.items[i], s->json);
    return cli_fail(EXIT_DONE, "%zu events with %s alone, %zu with %s alone",
                    counts[SIMULATE_DIFF_OLD], files[SIMULATE_DIFF_OLD], counts[SIMULATE_DIFF_NEW],
                    files[SIMULATE_DIFF_NEW]);
}

/* ---- how much it is ---- */

static int print_noise(const struct simulation *s, size_t sides,
                       const struct simulate_budget *budget)
{
    struct buf out = {0};
    struct simulate_noise_page page = {s->arena, &out, s->noise, sides, budget};
    for (size_t side = 0; side < sides; side++) simulate_noise_end(&s->noise[side]);
    struct simulate_noise_sum sum =
        s->json ? simulate_noise_page_json(&page) : simulate_noise_page_table(&page);
    terminal_flush(&out, false);
    buf_free(&out);
    const struct simulate_noise *last = &s->noise[sides - 1];
    cli_fail(0, "%zu events to %zu recipients; medians are of %zu working days", last->events,
             sum.recipients, last->working_days);
    if (!budget) return EXIT_DONE;
    if (!sum.over) return cli_fail(EXIT_DONE, "nobody gets more than the budget");
    return cli_fail(EXIT_FOUND, "%zu of %zu recipients get more than the budget", sum.over,
                    sum.recipients);
}

/* With one policy, or an old and a new one. */
static int count_noise(struct simulation *s, const struct cli *cli, const char *const *files,
                       size_t sides)
{
    struct simulate_noise noise[simulate_diff_sides] = {{.arena = s->arena}, {.arena = s->arena}};
    const char *text = cli_value(cli, "budget");
    struct simulate_budget budget;
    struct error error;
    if (text && simulate_budget_read(s->arena, text, &budget, &error) != OK)
        return cli_error(&error);
    s->noise = noise;
    int code = EXIT_DONE;
    for (size_t side = 0; side < sides && code == EXIT_DONE; side++) {
        struct policy policy;
        if (policy_file_load(files[side], s->arena, &policy, &error) != OK)
            return cli_fail(EXIT_USAGE, "%s", error.text);
        code = simulate(s, &policy, NULL, (int)side);
    }
    return code == EXIT_DONE ? print_noise(s, sides, text ? &budget : NULL) : code;
}

/* ---- what is asked for ---- */

static int by_time(const void *a, const void *b)
{
    const struct input *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return x->line < y->line ? -1 : 1;
}

static int read_inputs(struct simulation *s, const struct cli *cli)
{
    struct lines lines = {0};
    struct error error;
    for (int i = 0; i < cli->argc; i++)
        if (lines_read(s->arena, cli->argv[i], s->config->topics, 0, &lines, &error) != OK)
            return cli_error(&error);
    if (!lines.n) return cli_fail(EXIT_FAILED, "%s: there is no record in it", cli->argv[0]);
    s->inputs = arena_alloc(s->arena, lines.n * sizeof *s->inputs);
    s->inputs_n = lines.n;
    ms_t at = TIME_NONE;
    for (size_t i = 0; i < lines.n; i++) {
        struct line *line = &lines.items[i];
        if (i && line->file != lines.items[i - 1].file) at = TIME_NONE;
        if (line->record.timestamp == TIME_NONE) line->record.timestamp = at;
        if (line->record.timestamp == TIME_NONE)
            return cli_fail(EXIT_FAILED, "%s:%d: the first line of a file must say when: \"at\"",
                            line->file, line->number);
        if (line->record.timestamp > at) at = line->record.timestamp;
        s->inputs[i] = (struct input){line, at};
    }
    qsort(s->inputs, s->inputs_n, sizeof *s->inputs, by_time);
    return EXIT_DONE;
}

static int read_until(struct simulation *s, const struct cli *cli)
{
    const char *text = cli_value(cli, "until");
    assert(s->inputs && s->inputs_n); /* read_inputs has refused less */
    s->until = s->inputs[s->inputs_n - 1].at + GO_ON_DAYS * DAY_MS;
    if (!text) return EXIT_DONE;
    enum timestamp_result result = timestamp_parse(str_of(text), &s->until);
    bool is_time = result == TIMESTAMP_OK || result == TIMESTAMP_PARTIAL;
    char first[TIMESTAMP_TEXT];
    timestamp_format(s->inputs[0].at, first);
    if (is_time && s->until < s->inputs[0].at)
        return cli_fail(EXIT_USAGE, "--until %s is before the first event, which comes at %.*s",
                        text, (int)sizeof first, first);
    if (is_time) return EXIT_DONE;
    return cli_fail(EXIT_USAGE, "--until %s is not a time like 2026-11-20T10:15:00Z", text);
}

/* --change TIME=FILE */
static int read_change(struct simulation *s, const struct cli *cli)
{
    const char *text = cli_value(cli, "change");
    s->change_at = TIME_NONE;
    if (!text) return EXIT_DONE;
    const char *equals = strchr(text, '=');
    struct str time = {text, equals ? (size_t)(equals - text) : 0};
    enum timestamp_result result = timestamp_parse(time, &s->change_at);
    if (!equals || (result != TIMESTAMP_OK && result != TIMESTAMP_PARTIAL))
        return cli_fail(EXIT_USAGE,
                        "--change %s is not a time and a file like "
                        "2026-12-01T00:00:00Z=policy.json",
                        text);
    struct error error;
    if (policy_file_load(equals + 1, s->arena, &s->changed, &error) != OK)
        return cli_fail(EXIT_USAGE, "%s", error.text);
    return EXIT_DONE;
}

/* What can be asked for together. */
static int check_combination(const struct cli *cli)
{
    const char *diff = cli_value(cli, "diff"), *report = cli_value(cli, "report");
    if (diff && (cli_value(cli, "policy") || report))
        return cli_fail(EXIT_USAGE, "--diff cannot be combined with --policy or --report");
    if (report && (cli_value(cli, "noise") || cli_value(cli, "budget")))
        return cli_fail(EXIT_USAGE, "--report cannot be combined with --noise or --budget");
    return EXIT_DONE;
}

static int run_all(struct simulation *s, const struct cli *cli)
{
    int code = check_combination(cli);
    if (code == EXIT_DONE) code = read_inputs(s, cli);
    if (code == EXIT_DONE) code = read_until(s, cli);
    if (code == EXIT_DONE) code = read_change(s, cli);
    if (code != EXIT_DONE) return code;
    const char *policy_file = cli_value(cli, "policy");
    const char *files[simulate_diff_sides] = {policy_file ? policy_file : s->config->policy_file};
    bool two = cli_value(cli, "diff") != NULL;
    if (two) {
        files[SIMULATE_DIFF_OLD] = cli_value(cli, "diff");
        files[SIMULATE_DIFF_NEW] = cli_second(cli, "diff");
    }
    if (cli_value(cli, "noise") || cli_value(cli, "budget"))
        return count_noise(s, cli, files, two ? simulate_diff_sides : 1);
    if (two) return compare(s, files);
    struct policy policy;
    struct error error;
    if (policy_file_load(files[0], s->arena, &policy, &error) != OK)
        return cli_fail(EXIT_USAGE, "%s", error.text);
    return simulate(s, &policy, NULL, 0);
}

static int run_command(const struct cli *cli)
{
    struct simulation s = {
        .config = cli->config,
        .arena = arena_new(),
        .json = cli_value(cli, "json") != NULL,
        .report = cli_value(cli, "report"),
        .colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
    };
    int code = run_all(&s, cli);
    arena_free(s.arena);
    return code;
}

static const struct cli_option options[] = {
    {"policy", "FILE", "the policy to try; else the configured one"},
    {"change", "TIME=FILE", "from TIME on another policy rules"},
    {"until", "TIME", "when to stop; else 400 days after the last line"},
    {"json", NULL, "what goes out as JSON Lines, in the form that publish reads"},
    {"diff", "OLD NEW", "two policy files: what goes out with only one of them"},
    {"noise", NULL, "at the end who was reminded how often, in place of the timeline"},
    {"budget", "N/day|FILE", "the same, and who is reminded more often than that: exit code 3"},
    {"report", "INCIDENT", "at the end the report of an incident, in place of the timeline"},
    {0},
};

const struct command command_simulate = {
    .name = "simulate",
    .arguments = "FILE...",
    .summary = "what a policy would do with events over time",
    .details =
        "Reads lines as publish does ({\"topic\":...,\"key\":...,\"value\":{...},\"at\":TIME}; - "
        "is\n"
        "standard input) and prints what would go out and when, with no Kafka, Redis or waiting.\n"
        "`at` is when a line comes in; without it, it comes with the line before. Lines of one\n"
        "file come in their order; one that says an earlier time than the line before it is late.\n"
        "Lines of several files come in the order of their times. Lines that begin with # or >\n"
        "are passed over. Time advances until nothing is scheduled any more, at most until "
        "--until.\n"
        "Times are UTC.\n"
        "\n"
        "--diff marks what goes out with OLD alone by -, with NEW alone by +, a change by both.\n"
        "\n"
        "--noise counts the events that each recipient gets, with --diff those of both policies. "
        "A\n"
        "night is outside of reminders.hours, a weekend any day off, both in the calendar's zone.\n"
        "A file of --budget bounds figures of a recipient, a role, or all others:\n"
        "{\"default\": \"10/day\", \"response-team\": {\"worst\": 8, \"median\": 2},\n"
        " \"person:ada@example.com\": {\"nights\": 0}}",
    .min_args = 1,
    .max_args = -1,
    .options = options,
    .run = run_command,
};
