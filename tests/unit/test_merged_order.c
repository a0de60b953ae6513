/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random records about incidents that are merged into each other, and findings on their way that
 * overtake each other: whatever the order, somebody follows up each finding in the end.
 */
#include "merged_support.h"

#include <stdlib.h>

static uint64_t runs = 60; /* more: test_merged_order RUNS */

static const char *const names[] = {"A", "B", "C", "D"};
#define NAMES 4

struct queues {
    size_t *items[NAMES]; /* outputs on their way to each incident, in order */
    size_t n[NAMES], cap[NAMES], done[NAMES];
    size_t delivered;
    bool known[NAMES];
};

static size_t index_of(struct str id)
{
    size_t i = 0;
    while (!str_eq(id, str_of(names[i]))) i++;
    return i;
}

static void queue_up(struct world *w, struct queues *q)
{
    for (; taken < w->d.outputs.n; taken++) {
        if (w->d.outputs.items[taken].type != OUTPUT_FORWARD) continue;
        size_t to = index_of(w->d.outputs.items[taken].incident_id);
        *ARENA_PUSH(w->arena, q->items[to], q->n[to], q->cap[to]) = taken;
    }
}

static bool deliver_one(struct world *w, struct queues *q)
{
    size_t from = (size_t)story_pick(NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        size_t to = (from + i) % NAMES;
        if (q->done[to] == q->n[to]) continue;
        struct event event = arrived(w, &w->d.outputs.items[q->items[to][q->done[to]++]]);
        assert_int_equal(take(w, &event), DECIDE_OK);
        q->delivered++;
        return true;
    }
    return false;
}

static void some_record(struct world *w, struct queues *q, int64_t number)
{
    size_t i = (size_t)story_pick(NAMES);
    if (story_chance(60)) {
        const char *into = story_chance(25) ? NULL : names[story_pick(NAMES)];
        struct closure_event *e = merged(w, names[i], number, into);
        if (story_chance(50)) add_inline(w, e, lapse(w, names[i], "F", -1));
        q->known[i] |= e->findings_n;
        take_closure(w, AT, e);
    } else {
        take_finding(w, AT, lapse(w, names[i], "F", story_chance(50) ? number : -1));
        q->known[i] = true;
    }
}

static bool is_open_somewhere(struct world *w, const char *of)
{
    bool open = is_open(w, of, "bug/F");
    for (size_t i = 0; i < NAMES; i++)
        open |= is_open(w, names[i], arena_printf(w->arena, "bug/%s:F", of).p);
    return open;
}

static size_t play(uint64_t seed)
{
    struct world *w = world_new();
    struct queues q = {0};
    size_t records = NAMES;
    taken = 0;
    story_seed(seed);
    w->d.step_max = seed % 3 ? seed % 3 : SIZE_MAX;
    w->between = restart;
    for (size_t i = 0; i < NAMES; i++) take_closure(w, AT, closed(w, names[i], 1));
    for (int64_t number = 2; number < 40; number++) {
        queue_up(w, &q);
        if (story_chance(60) && deliver_one(w, &q)) continue;
        some_record(w, &q, number);
        records++;
    }
    do queue_up(w, &q);
    while (deliver_one(w, &q));
    /* Each record sends on what is known, and each member of a circle does so twice. */
    assert_true(q.delivered <= records * NAMES * 2 * NAMES);
    for (size_t i = 0; i < NAMES; i++)
        if (q.known[i] && !is_open_somewhere(w, names[i]))
            fail_msg("seed %llu: nobody follows up F of %s", (unsigned long long)seed, names[i]);
    size_t cut = 0;
    for (size_t i = 0; i < NAMES; i++) cut += incident_of(w, names[i])->merge_void.p != NULL;
    world_free(w);
    return cut;
}

static void nothing_is_lost_whatever_overtakes_what(void **state)
{
    (void)state;
    size_t cut = 0;
    for (uint64_t seed = 1; seed <= runs; seed++) cut += play(seed);
    print_message("%zu circles\n", cut);
    assert_true(cut > runs / 4);
}

int main(int argc, char **argv)
{
    if (argc > 1) runs = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_whatever_overtakes_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
