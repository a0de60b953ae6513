/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever happens, in whatever order: thousands of random records and waits, each followed by the
 * checks of core_support (ids unique, versions without gaps, counts true, nothing sent about a
 * closed task, complete when and only when nothing is open, timers that follow from the state).
 * Each run is its seed; the one that fails is the last that is named.
 */
#include "core_stories.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t runs = 60; /* more: test_invariants RUNS */

/* Everything that went out, to compare with when it has all been said. */
struct said {
    struct str *lines;
    size_t n, cap;
};

static void listen(struct world *w, void *self)
{
    struct said *said = self;
    while (said->n < w->d.outputs.n) {
        struct str line = render(w, &w->d.outputs.items[said->n]);
        *ARENA_PUSH(w->arena, said->lines, said->n, said->cap) = line;
    }
}

static void run(struct world *w, uint64_t seed)
{
    struct said said = {0};
    story_run(w, seed, listen, &said);
    /* Outputs are snapshots: what came later has not changed them. */
    for (size_t i = 0; i < said.n; i++) {
        struct str line = render(w, &w->d.outputs.items[i]);
        if (!str_eq(line, said.lines[i]))
            fail_msg("changed: %.*s\nto: %.*s", STR_ARG(said.lines[i]), STR_ARG(line));
    }
}

static void any_sequence_of_events(void **state)
{
    (void)state;
    size_t outputs = 0;
    for (uint64_t i = 1; i <= runs; i++) {
        print_message("\rseed %llu", (unsigned long long)i);
        struct world *w = world_new();
        run(w, i);
        outputs += w->d.outputs.n;
        world_free(w);
    }
    print_message("\n%zu outputs\n", outputs);
    assert_true(outputs > runs * 50);
}

static void the_same_records_give_the_same_events(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 10; i++) {
        struct world *a = world_new(), *b = world_new();
        run(a, i);
        run(b, i);
        assert_int_equal(a->d.outputs.n, b->d.outputs.n);
        for (size_t k = 0; k < a->d.outputs.n; k++) {
            struct str x = render(a, &a->d.outputs.items[k]), y = render(b, &b->d.outputs.items[k]);
            assert_true(str_eq(x, y));
            assert_true(a->d.outputs.items[k].at == b->d.outputs.items[k].at);
        }
        world_free(a);
        world_free(b);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) runs = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_sequence_of_events),
        cmocka_unit_test(the_same_records_give_the_same_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
