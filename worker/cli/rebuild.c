/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epilogue rebuild: Redis afresh from followup-state, beside running workers or without any. A
 * shard is built in a copy beside the one that is there, by the code with which a worker restores
 * it, held against all that a worker holds it against, and then takes the other's place in one step
 * of Redis. A worker that owns the shard sees that, and reads what it has done meanwhile from
 * followup-state. Until then, and whatever ends the command, nothing of Redis is touched.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "common/clock.h"
#include "config/config.h"
#include "config/policy_file.h"
#include "engine/engine.h"
#include "engine/failpoint.h"
#include "engine/machine_clock.h"
#include "kafka/kafka_partition.h"
#include "kafka/restore_port.h"
#include "kafka/topics.h"
#include "redis/redis_copy.h"
#include "view/progress.h"
#include "view/terminal.h"

#define STEP_WAIT_MS 50
#define SAY_EVERY_MS 1000
#define PATIENCE_MS 60000 /* with brokers and Redis, beside transaction.timeout.ms */
#define TRIES 20          /* with a copy that somebody else has built, too */

static volatile sig_atomic_t stop_asked;

static void on_signal(int signal)
{
    (void)signal;
    stop_asked = 1;
}

struct rebuild {
    const struct cli *cli;
    const struct config *config;
    struct arena *policy_arena, *arena; /* the second is of one shard */
    struct policy policy;
    struct clock_port clock;
    struct store_port *live, *copy;
    struct restore_port *kafka;
    struct engine *engine;
    int32_t partitions;
    bool *chosen; /* by shard */
    int32_t chosen_n, done_n;
    int64_t moves, moved_ms, said_ms; /* of the shard in hand */
    struct progress progress;         /* on a terminal */
    char what[80];
};

static const char *state_name(const struct rebuild *r)
{
    return r->config->topics[TOPIC_STATE].p;
}

/* ---- one shard ---- */

static void say_progress(struct rebuild *r, int32_t shard)
{
    struct restore_progress p = restore_port_progress(r->kafka);
    int64_t now_ms = clock_monotonic_ms();
    if (p.moves != r->moves) r->moved_ms = now_ms;
    r->moves = p.moves;
    if (isatty(STDERR_FILENO)) {
        snprintf(r->what, sizeof r->what, "records of shard %d (%d of %d) read", shard,
                 r->done_n + 1, r->chosen_n);
        r->progress.what = r->what;
        progress_show(&r->progress, p.next > 0 ? (size_t)p.next : 0, p.end > 0 ? (size_t)p.end : 0);
        return;
    }
    if (now_ms - r->said_ms < SAY_EVERY_MS) return;
    r->said_ms = now_ms;
    if (p.end < 0)
        terminal_say(stderr, "shard %d (%d of %d): waits for the brokers", shard, r->done_n + 1,
                     r->chosen_n);
    else
        terminal_say(stderr, "shard %d (%d of %d): at offset %" PRId64 " of %" PRId64, shard,
                     r->done_n + 1, r->chosen_n, p.next, p.end);
}

/* Builds the copy: OK when it is whole and compared. */
static enum result build(struct rebuild *r, int32_t shard, struct error *error)
{
    int64_t patience_ms = PATIENCE_MS + r->config->transaction_timeout_ms;
    r->said_ms = r->moved_ms = clock_monotonic_ms();
    restore_port_give(r->kafka, shard);
    do {
        if (stop_asked) return ABORT;
        if (engine_step(r->engine, STEP_WAIT_MS, error) == FATAL) return FATAL;
        say_progress(r, shard);
        if (clock_monotonic_ms() - r->moved_ms > patience_ms)
            return error_set(error, RETRY,
                             "shard %d: no progress for %" PRId64
                             " s (%s); the lines above say what it waits for",
                             shard, patience_ms / 1000, engine_not_ready(r->engine));
    } while (engine_not_ready(r->engine));
    return OK;
}

/* All that Redis reflected before the end was asked for lies before that end. */
static enum result compare(struct rebuild *r, int32_t shard, int64_t checkpoint,
                           struct error *error)
{
    struct restore_progress p = restore_port_progress(r->kafka);
    if (checkpoint <= p.end) return OK;
    return error_set(error, FATAL,
                     "Redis reflects %s/%d up to offset %" PRId64 ", but it ends at %" PRId64
                     ": the topic was recreated or has lost its end. Redis may be the last copy: "
                     "restore the topic, or rewrite it from Redis (docs/operations.md)",
                     state_name(r), shard, checkpoint, p.end);
}

static void report(struct rebuild *r, int32_t shard, const struct store_load *copy)
{
    progress_clear(&r->progress);
    if (cli_value(r->cli, "json"))
        terminal_say(stdout, "{\"shard\":%d,\"entries\":%" PRId64 ",\"offset\":%" PRId64 "}", shard,
                     copy->entries, copy->checkpoint);
    else
        terminal_say(stdout, "shard %d: %" PRId64 " entries, as of offset %" PRId64 " of %s", shard,
                     copy->entries, copy->checkpoint, state_name(r));
    fflush(stdout);
}

/* ABORT with a sentence: the copy is not ours alone; without, it is to stop. */
static enum result rebuild_once(struct rebuild *r, int32_t shard, struct error *error)
{
    struct store_load live = {.shard = shard}, copy = {.shard = shard, .counted = true};
    arena_reset(r->arena, 0);
    enum result result = r->live->load(r->live->self, r->arena, &live, 1, error);
    if (result == OK) result = build(r, shard, error);
    if (result == OK) result = compare(r, shard, live.checkpoint, error);
    if (result == OK) result = r->copy->load(r->copy->self, r->arena, &copy, 1, error);
    if (result != OK) return result;
    failpoint("rebuild-before-install");
    struct restore_progress p = restore_port_progress(r->kafka);
    result = redis_copy_install(r->copy, shard, copy.checkpoint, str_of(p.cluster), error);
    failpoint("rebuild-after-install");
    if (result == OK) report(r, shard, &copy);
    return result;
}

static enum result rebuild_shard(struct rebuild *r, int32_t shard, struct error *error)
{
    enum result result = ABORT;
    for (int i = 0; i < TRIES && result == ABORT && !stop_asked; i++)
        result = rebuild_once(r, shard, error);
    if (result == ABORT && !stop_asked)
        return error_set(error, FATAL,
                         "other processes keep building shard %d at the same time: run one "
                         "`epilogue rebuild` of a shard at a time",
                         shard);
    r->done_n += result == OK;
    return result;
}

/* ---- the command ---- */

static bool choose(struct rebuild *r)
{
    const char *text;
    r->chosen = calloc((size_t)r->partitions, sizeof *r->chosen);
    if (!r->chosen) abort();
    for (size_t at = 0; (text = cli_next(r->cli, "shard", &at));) {
        size_t digits = strspn(text, "0123456789");
        long shard = digits && digits < 10 && !text[digits] ? strtol(text, NULL, 10) : -1;
        if (shard < 0 || shard >= r->partitions) {
            cli_fail(0, "--shard %s is not allowed; allowed: an integer from 0 to %d", text,
                     r->partitions - 1);
            return false;
        }
        r->chosen[shard] = true;
    }
    bool all = !cli_value(r->cli, "shard");
    for (int32_t i = 0; i < r->partitions; i++) {
        r->chosen[i] |= all;
        r->chosen_n += r->chosen[i];
    }
    return true;
}

static void make_engine(struct rebuild *r)
{
    const struct config *config = r->config;
    struct engine_options options = {
        .policy = &r->policy,
        .limits = &config->limits,
        .group_id = str_of(config->group_id),
        .partitions = r->partitions,
        .batch_max = 1,
        .delete_retention_ms = TOPICS_STATE_DELETE_RETENTION_MS,
        .restore_only = true,
        .partition_of = kafka_partition_of,
    };
    memcpy(options.topic_names, config->topics, sizeof options.topic_names);
    struct engine_ports ports = {.input = r->kafka->input,
                                 .changelog = r->kafka->changelog,
                                 .store = r->copy,
                                 .clock = &r->clock};
    r->engine = engine_new(&options, &ports, NULL);
}

static enum result open_all(struct rebuild *r, struct error *error)
{
    r->live = redis_port_new(r->config, error);
    r->copy = r->live ? redis_copy_new(r->config, error) : NULL;
    r->kafka = r->copy ? restore_port_new(r->config, r->partitions, error) : NULL;
    if (!r->kafka) return FATAL;
    make_engine(r);
    enum result result = redis_port_check(r->live, NULL, NULL, error);
    if (result == OK) result = redis_copy_check(r->copy, error);
    /* What one left that was killed. */
    return result == OK ? redis_copy_discard(r->copy, 0, r->partitions, error) : result;
}

static enum result rebuild_all(struct rebuild *r, struct error *error)
{
    struct error ignored;
    enum result result = open_all(r, error);
    for (int32_t i = 0; i < r->partitions && result == OK; i++) {
        if (!r->chosen[i]) continue;
        result = stop_asked ? ABORT : rebuild_shard(r, i, error);
        if (result != OK) redis_copy_discard(r->copy, i, 1, &ignored);
    }
    return result;
}

static int finish(struct rebuild *r, enum result result, const struct error *error)
{
    progress_clear(&r->progress);
    const char *rest = r->done_n == r->chosen_n ? "" : "; the rest is unchanged in Redis";
    terminal_say(stderr, "%d of %d shards rebuilt%s", r->done_n, r->chosen_n, rest);
    if (result == OK) return EXIT_DONE;
    if (result == ABORT) return cli_fail(EXIT_FAILED, "stopped before the end");
    return cli_error(error);
}

static int rebuild(struct rebuild *r)
{
    struct error error;
    if (policy_file_load(r->config->policy_file, r->policy_arena, &r->policy, &error) != OK)
        return cli_fail(EXIT_USAGE, "%s", error.text);
    if (topics_partitions(r->config, &r->partitions, &error) != OK) return cli_error(&error);
    if (!choose(r)) return EXIT_USAGE;
    return finish(r, rebuild_all(r, &error), &error);
}

static int run(const struct cli *cli)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct rebuild r = {
        .cli = cli,
        .config = cli->config,
        .policy_arena = arena_new(),
        .arena = arena_new(),
        .clock = machine_clock(),
    };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* The restore tells a worker's story at this level; ours is shorter. */
    if (cli->config->log_level == LOG_INFO) log_setup(LOG_WARN, cli->config->log_json);
    int code = rebuild(&r);
    engine_release(r.engine);
    restore_port_free(r.kafka);
    engine_free(r.engine);
    redis_port_free(r.copy);
    redis_port_free(r.live);
    free(r.chosen);
    arena_free(r.arena);
    arena_free(r.policy_arena);
    return code;
}

static const struct cli_option options[] = {
    {"shard", "N", "this one alone; as often as needed"},
    {"json", NULL, "JSON Lines: shard, entries and offset of each"},
    {NULL, NULL, NULL},
};

static const char details[] =
    "Each shard is built beside the one that Redis has, compared with what followup-state and the\n"
    "group's offsets say of it, and put in its place at once. Workers may run: the one that owns "
    "a\n"
    "shard notices, within a second, and continues with it. Redis needs room for one shard more.\n"
    "Where followup-state has lost something nothing is changed, and the exit code is 1.";

const struct command command_rebuild = {
    .name = "rebuild",
    .summary = "Redis afresh from followup-state",
    .details = details,
    .options = options,
    .run = run,
};
