/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine on a Kafka and a store in memory: something goes wrong at each call of a port, and
 * afterwards the history has to be that of a run in which nothing did.
 *
 *   sim_test each FAULT    a short story, with this fault at every call, one call a run
 *   sim_test stories       longer ones, with faults of all kinds
 *   sim_test report        the history of a story
 *
 *   --seed N  the first story    --stories N  how many    --steps N  how long    --every N  one call of N
 *   --shards N  --workers N      --at N  the call of `each` alone     --long  much more of it
 *   --merges     incidents merge and part in all of them
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "ends.h"
#include "history.h"
#include "unit/core_stories.h"

struct options {
    uint64_t seed;
    int stories, steps, shards, workers, every, at;
    bool is_long, merges;
};

/* A fleet that is like no other of its seed. */
static struct fleet_options some_options(const struct options *options)
{
    return (struct fleet_options){
        .partitions = options->shards ? options->shards : 1 + story_pick(3),
        .workers = options->workers ? options->workers : 1 + story_pick(FLEET_WORKERS_MAX),
        .is_static = story_chance(30),
        .late = story_pick(5),
        .late_applies = story_pick(9),
        .poll_max = story_chance(50) ? 0 : 1 + (size_t)story_pick(4),
        .piece_writes = story_chance(50) ? 0 : 1 + (size_t)story_pick(4),
        .slow_markers = story_chance(50) ? 0 : 1 + story_pick(2),
        .offsets_first = story_chance(50),
        .batch_max = story_chance(50) ? 0 : 1 + story_pick(3),
        .compacts = story_chance(50),
        .restless = story_chance(30) ? 30 : 0,
    };
}

static void make(struct arena *arena, const struct options *options, uint64_t seed, int32_t shards,
                 int steps, struct story *story)
{
    if (options->steps) steps = options->steps;
    story_make(arena, seed, shards, (size_t)steps, options->merges ? 100 : 40, story);
}

static struct str kept(struct arena *arena, struct buf *out)
{
    struct str copy = arena_str(arena, buf_slice(out));
    buf_free(out);
    return copy;
}

static struct expected reference(struct arena *arena, const struct story *story, int32_t partitions,
                                 bool *ok)
{
    struct buf history = {0}, ends = {0};
    struct fleet_options plain = {.partitions = partitions, .workers = 1};
    struct fleet *w = fleet_new(story, &plain);
    *ok = fleet_run(w);
    history_write(w, &history);
    ends_write(w, &ends);
    struct expected expected = {kept(arena, &history), kept(arena, &ends)};
    if (*ok) *ok = history_check(w, &expected);
    if (!*ok) fprintf(stderr, "seed %" PRIu64 ", the plain run: %s\n", story->seed, w->failure);
    fleet_free(w);
    return expected;
}

/* So many there were, and so many of them had another history and the same end. */
static int runs_all, runs_elsewhere;

static bool check(struct fleet *w, const struct expected *expected, const char *mode)
{
    bool ok = fleet_run(w) && history_check(w, expected);
    runs_all++;
    runs_elsewhere += w->went_another_way;
    if (!ok)
        fprintf(stderr,
                "%s: seed %" PRIu64 ", %d shards, %d workers, after %" PRId64
                " faults, the last one '%s' at %s (call %" PRId64 "):\n%s\n",
                mode, w->story->seed, w->options.partitions, w->options.workers, w->plan.happened,
                fault_name(w->plan.fault), w->plan.name ? w->plan.name : "none", w->plan.calls,
                w->failure);
    return ok;
}

/* ---- each call ---- */

static int64_t count_calls(const struct story *story, const struct fleet_options *options,
                           const struct expected *expected, bool *ok)
{
    struct fleet *w = fleet_new(story, options);
    *ok = check(w, expected, "each");
    int64_t calls = w->plan.calls;
    fleet_free(w);
    return calls;
}

static int digests_in(struct str history)
{
    const char type[] = "ce_type=epilogue.reminder.digest.v1", *at = history.p;
    int n = 0;
    while ((at = memmem(at, (size_t)(history.p + history.n - at), type, sizeof type - 1)))
        at++, n++;
    return n;
}

static bool at_each_call(struct arena *arena, const struct options *options, uint64_t seed,
                         enum fault fault)
{
    struct story story;
    bool ok;
    int32_t shards = options->shards ? options->shards : 2;
    make(arena, options, seed, shards, 4, &story);
    /* Till the first reminders, in digests. Each call more is a run more, and makes each run longer. */
    story.until = story.steps[story.n - 1].at + (options->is_long ? 5 : 3) * DAY_MS;
    struct fleet_options fleet = some_options(options);
    fleet.partitions = shards;
    fleet.restless = 0;
    if (!options->workers) fleet.workers = 2; /* one that goes on where the other is frozen */
    struct expected expected = reference(arena, &story, shards, &ok);
    if (!ok) return false;
    int64_t calls = count_calls(&story, &fleet, &expected, &ok), runs = 0;
    int every = options->every ? options->every : 1;
    int64_t first = options->at ? options->at : (int64_t)(seed % (uint64_t)every);
    for (int64_t at = first; at < calls && ok; at += every, runs++) {
        struct fleet *w = fleet_new(&story, &fleet);
        w->plan.at = at;
        w->plan.fault = fault;
        ok = check(w, &expected, "each");
        fleet_free(w);
        if (options->at) break;
    }
    printf("seed %" PRIu64 ": '%s' at %" PRId64 " of %" PRId64 " calls, %d digests\n", seed,
           fault_name(fault), runs, calls, digests_in(expected.history));
    return ok;
}

/* ---- long stories ---- */

/* How many calls of ports there were. */
static int64_t with_faults(const struct story *story, const struct fleet_options *options,
                           uint64_t seed, const struct expected *expected, bool *ok)
{
    struct fleet *w = fleet_new(story, options);
    story_seed(seed);
    w->dice = seed;
    w->every = 50 << story_pick(4); /* so many calls, at most, from one fault to the next */
    w->faults_left = 1 + story_pick(30);
    w->plan.at = story_pick((int)w->every);
    w->plan.fault = 1 + story_pick(fault_end - 1);
    *ok = check(w, expected, "stories");
    int64_t calls = w->plan.calls;
    fleet_free(w);
    return calls;
}

static bool live_through(struct arena *arena, const struct options *options, uint64_t seed)
{
    struct story story;
    bool ok;
    story_seed(seed);
    int32_t shards = options->shards ? options->shards : 1 + story_pick(4);
    make(arena, options, seed, shards, 20, &story);
    struct fleet_options fleet = some_options(options);
    fleet.partitions = shards;
    struct expected expected = reference(arena, &story, shards, &ok);
    if (!ok) return false;
    uint64_t faults = (uint64_t)story_pick(1 << 30);
    int64_t calls = with_faults(&story, &fleet, faults, &expected, &ok);
    int64_t again = ok ? with_faults(&story, &fleet, faults, &expected, &ok) : calls;
    if (calls != again) fprintf(stderr, "seed %" PRIu64 " is not the same twice\n", seed);
    return ok && calls == again;
}

static int report(struct arena *arena, const struct options *options)
{
    struct story story;
    int32_t shards = options->shards ? options->shards : 2;
    make(arena, options, options->seed, shards, 20, &story);
    struct fleet_options fleet = {.partitions = shards,
                                  .workers = options->workers ? options->workers : 1};
    struct fleet *w = fleet_new(&story, &fleet);
    struct buf out = {0};
    bool ok = fleet_run(w);
    history_write(w, &out);
    printf("%.*s", STR_ARG(buf_slice(&out)));
    if (!ok) fprintf(stderr, "%s\n", w->failure);
    buf_free(&out);
    fleet_free(w);
    return ok ? 0 : 1;
}

/* ---- what is asked for ---- */

static void read_options(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'},    {"stories", 1, NULL, 'n'},
        {"steps", 1, NULL, 't'},   {"shards", 1, NULL, 'p'},
        {"workers", 1, NULL, 'w'}, {"every", 1, NULL, 'e'},
        {"at", 1, NULL, 'a'},      {"long", 0, NULL, 'l'},
        {"merges", 0, NULL, 'm'},  {0},
    };
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        int number = optarg ? atoi(optarg) : 0;
        switch (c) {
        case 's': options->seed = strtoull(optarg, NULL, 10); break;
        case 'n': options->stories = number; break;
        case 't': options->steps = number; break;
        case 'p': options->shards = number; break;
        case 'w': options->workers = number; break;
        case 'e': options->every = number; break;
        case 'a': options->at = number; break;
        case 'l': options->is_long = true; break;
        case 'm': options->merges = true; break;
        default: exit(2);
        }
    }
}

static enum fault fault_of(const char *name)
{
    for (int fault = 1; fault < fault_end; fault++)
        if (strcmp(fault_name((enum fault)fault), name) == 0) return (enum fault)fault;
    fprintf(stderr, "there is no fault '%s'\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 1};
    read_options(argc, argv, &options);
    const char *what = optind < argc ? argv[optind] : "stories";
    log_setup(getenv("SIM_LOG") ? LOG_INFO : LOG_ERROR, false);
    bool ok = true, each = strcmp(what, "each") == 0;
    if (each && optind + 1 == argc) return fprintf(stderr, "which fault?\n"), 2;
    int stories = options.stories ? options.stories : options.is_long ? 200 : each ? 1 : 20;
    for (int i = 0; i < stories && ok; i++) {
        struct arena *arena = arena_new();
        uint64_t seed = options.seed + (uint64_t)i;
        if (strcmp(what, "report") == 0) {
            int code = report(arena, &options);
            arena_free(arena);
            return code;
        }
        ok = each ? at_each_call(arena, &options, seed, fault_of(argv[optind + 1]))
                  : live_through(arena, &options, seed);
        arena_free(arena);
    }
    if (!runs_elsewhere) return ok ? 0 : 1;
    printf("%d of %d runs came to the same end on another way\n", runs_elsewhere, runs_all);
    /* The ways are chance where some things meet, and nowhere else. */
    return ok && runs_elsewhere * 4 <= runs_all ? 0 : 1;
}
