/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random records about incidents that are merged into each other, and what they say to each other on
 * ways that overtake each other, in parts between which others come: whatever the order, each
 * finding is followed up by one task in the end, and where its merges lead; and so is each duty, by the
 * one task of all incidents that are merged there.
 */
#include "merged_support.h"
#include "owe_support.h"

#include <stdlib.h>

static uint64_t runs = 60, first = 1; /* test_merged_order RUNS FIRST */

static const char *const names[] = {"A", "B", "C", "D", "E"};
#define NAMES 5

static struct play {
    size_t *items[NAMES]; /* outputs on their way to each incident, in order */
    size_t n[NAMES], cap[NAMES], done[NAMES];
    size_t delivered, depth;
    bool known[NAMES];
    bool asks[NAMES];        /* for coordination with a party */
    bool met;                /* something was submitted */
    bool reopened;           /* somebody has said that it is open, whoever has met it */
    const char *into[NAMES]; /* what each one says last */
    uint64_t seed;
} play;

static size_t index_of(struct str id)
{
    size_t i = 0;
    while (!str_eq(id, str_of(names[i]))) i++;
    return i;
}

static void queue_up(struct world *w)
{
    for (; taken < w->d.outputs.n; taken++) {
        if (w->d.outputs.items[taken].type != OUTPUT_FORWARD) continue;
        size_t to = index_of(w->d.outputs.items[taken].incident_id);
        *ARENA_PUSH(w->arena, play.items[to], play.n[to], play.cap[to]) = taken;
    }
}

static bool deliver_one(struct world *w)
{
    size_t from = (size_t)story_pick(NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        size_t to = (from + i) % NAMES;
        if (play.done[to] == play.n[to]) continue;
        struct event event = arrived(w, &w->d.outputs.items[play.items[to][play.done[to]++]]);
        assert_int_equal(take(w, &event), DECIDE_OK);
        play.delivered++;
        queue_up(w);
        return true;
    }
    return false;
}

/* Between two parts the process may be another one, and others may come. */
static bool meanwhile(struct world *w, const struct event *event)
{
    restart(w, event);
    if (play.depth || !story_chance(30)) return true;
    play.depth++;
    queue_up(w);
    deliver_one(w);
    play.depth--;
    return true;
}

static ms_t detected(const struct world *w, size_t i)
{
    return w->policy.obligations_n
               ? t("2026-11-20T00:00:00Z") - (ms_t)((i * 3 + play.seed) % NAMES) * HOUR_MS
               : TIME_NONE;
}

static void some_update(struct world *w, int64_t number)
{
    const char *id = names[story_pick(NAMES)];
    struct task_update_event *u =
        task_update(w, id, story_chance(50) ? "coordination/V" : "obligation/law", number);
    struct event event = {.type = EVENT_TASK_UPDATE, .incident_id = str_of(id), .task_update = u};
    int what = play.seed % 2 ? story_pick(3) : 0;
    if (what == 1) { /* what was done is not, or it is worked on */
        SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
        play.reopened = true;
    } else if (what == 2) {
        SET_UPDATE(u, SUBMITTED_AT, submitted_at, w->now - number * MINUTE_MS);
        SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
        play.met = true;
    } else {
        SET_UPDATE(u, TRACKER, tracker, ((struct tracker){STR("jira"), STR("K-1"), STR_NONE}));
    }
    (void)give_event(w, event);
}

static void some_record(struct world *w, int64_t number)
{
    size_t i = (size_t)story_pick(NAMES);
    if (story_chance(60)) {
        const char *into = story_chance(25) ? NULL : names[story_pick(NAMES)];
        struct closure_event *e = merged(w, names[i], number, into);
        if (story_chance(50)) add_inline(w, e, lapse(w, names[i], "F", -1));
        play.known[i] |= e->findings_n;
        SET_CLOSURE(e, DETECTED_AT, detected_at, detected(w, i));
        if (story_chance(30)) {
            add_party(w, e, "V", PARTY_VENDOR, false);
            play.asks[i] = true;
        }
        if (play.seed % 2 && story_chance(10)) {
            add_submission(w, e, "law", w->now, true);
            play.met = true;
        }
        if (!into || strcmp(into, names[i]) != 0) play.into[i] = into;
        take_closure(w, AT, e);
    } else if (story_chance(30)) {
        some_update(w, number);
    } else {
        take_finding(w, AT, lapse(w, names[i], "F", story_chance(50) ? number : -1));
        play.known[i] = true;
    }
}

/* Where the merges lead from there; the smallest member of a circle has none. */
static size_t root_of(size_t at)
{
    const char *into[NAMES];
    memcpy(into, play.into, sizeof into);
    for (size_t i = 0; i < NAMES; i++) {
        size_t way = i, smallest = i;
        for (size_t steps = 0; steps < NAMES && into[way]; steps++)
            way = index_of(str_of(into[way]));
        if (!into[way]) continue;
        smallest = way;
        for (size_t k = index_of(str_of(into[way])); k != way; k = index_of(str_of(into[k])))
            if (k < smallest) smallest = k;
        into[smallest] = NULL;
    }
    while (into[at]) at = index_of(str_of(into[at]));
    return at;
}

static bool goes_on(struct world *w, const char *incident_id, const char *name)
{
    struct str key = state_task_key(w->arena, str_of(incident_id), str_of(name));
    return is_stored(w, key) && !task_of(w, incident_id, name)->moved_to.p;
}

static void check_place(struct world *w, size_t of)
{
    size_t live = 0, root = root_of(of);
    for (size_t i = 0; i < NAMES; i++) {
        const char *name = i == of ? "bug/F" : arena_printf(w->arena, "bug/%s:F", names[of]).p;
        if (!goes_on(w, names[i], name)) continue;
        live++;
        if (i != root || !is_open(w, names[i], name))
            fail_msg("seed %llu: F of %s is in %s", (unsigned long long)play.seed, names[of],
                     names[i]);
    }
    if (live != 1)
        fail_msg("seed %llu: F of %s has %zu tasks", (unsigned long long)play.seed, names[of],
                 live);
}

/* Whether the incident is to have it done, or knows that it was. */
static bool is_met(struct world *w, const char *id, const char *name)
{
    struct str start = arena_printf(w->arena, "%s|d|%s/", id, name);
    for (size_t i = 0; i < w->store_n; i++)
        if (w->store[i].body && str_starts(w->store[i].key, start) &&
            ((struct duty *)w->store[i].body)->met)
            return true;
    return is_stored(w, state_task_key(w->arena, str_of(id), str_of(name))) &&
           task_is_done(task_of(w, id, name));
}

/* One task of all that are merged into it, and due when the first of them is; in none else is there one. */
static void check_duty(struct world *w, size_t at, const char *name, bool by_law)
{
    bool is_asked = false, is_root = root_of(at) == at, found = is_open(w, names[at], name);
    ms_t due_at = TIME_NONE;
    for (size_t i = 0; i < NAMES; i++) {
        if (root_of(i) != at) continue;
        is_asked |= by_law || play.asks[i];
        due_at = time_first(due_at, detected(w, i) + 72 * HOUR_MS);
    }
    bool wanted = is_root && is_asked && !is_met(w, names[at], name);
    bool is_again = found && is_root && is_asked && play.reopened;
    if (found != wanted && !is_again)
        fail_msg("seed %llu: %s of %s is %s", (unsigned long long)play.seed, name, names[at],
                 found ? "open" : "not open");
    if (wanted && by_law && task_of(w, names[at], name)->due_at != due_at)
        fail_msg("seed %llu: %s of %s has another date", (unsigned long long)play.seed, name,
                 names[at]);
    assert_true(play.met || !is_met(w, names[at], name));
}

static size_t play_one(uint64_t seed)
{
    struct world *w = world_new();
    struct obligation law = duty("law", FROM_DETECTED_AT, 72);
    owe(w, &law, 1);
    size_t records = NAMES;
    play = (struct play){.seed = seed};
    taken = 0;
    story_seed(seed);
    w->d.step_max = seed % 3 ? seed % 3 : SIZE_MAX;
    w->between = meanwhile;
    for (size_t i = 0; i < NAMES; i++) {
        struct closure_event *e = closed(w, names[i], 1);
        SET_CLOSURE(e, DETECTED_AT, detected_at, detected(w, i));
        take_closure(w, AT, e);
    }
    for (int64_t number = 2; number < 40; number++) {
        queue_up(w);
        if (story_chance(50)) run_until_ms(w, w->now);
        queue_up(w);
        if (story_chance(60) && deliver_one(w)) continue;
        some_record(w, number);
        records++;
    }
    do {
        run_until_ms(w, w->now);
        queue_up(w);
    } while (deliver_one(w));
    run_until_ms(w, w->now);
    assert_true(play.n[0] == play.done[0]);
    assert_true(play.delivered <= records * (NAMES + 2) * 4 * NAMES);
    for (size_t i = 0; i < NAMES; i++)
        if (play.known[i]) check_place(w, i);
    for (size_t i = 0; i < NAMES; i++) {
        check_duty(w, i, "obligation/law", true);
        check_duty(w, i, "coordination/V", false);
    }
    size_t cut = 0;
    for (size_t i = 0; i < NAMES; i++) cut += incident_of(w, names[i])->merge_void.p != NULL;
    world_free(w);
    return cut;
}

static void nothing_is_lost_whatever_overtakes_what(void **state)
{
    (void)state;
    size_t cut = 0;
    for (uint64_t seed = first; seed < first + runs; seed++) cut += play_one(seed);
    print_message("%zu circles\n", cut);
    assert_true(cut > runs / 8);
}

int main(int argc, char **argv)
{
    if (argc > 1) runs = strtoull(argv[1], NULL, 10);
    if (argc > 2) first = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_whatever_overtakes_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
