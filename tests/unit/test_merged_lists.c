/* SPDX-License-Identifier: Apache-2.0 */
/* What a merged incident says of itself, beside its flags: labels, timeline, evidence, takeaways. */
#include "core/merged_lists.h"

#include "merged_support.h"

static struct closure_event *telling(struct world *w, struct closure_event *e, const char *what,
                                     const char *at)
{
    struct timeline_entry *moment = ARENA_NEW(w->arena, struct timeline_entry);
    struct evidence *evidence = ARENA_NEW(w->arena, struct evidence);
    struct str *takeaway = ARENA_NEW(w->arena, struct str);
    *moment = (struct timeline_entry){.at = at ? t(at) : TIME_NONE, .action = str_of(what)};
    *evidence = (struct evidence){.ref = str_of(what)};
    *takeaway = str_of(what);
    e->closure.timeline = (struct timeline){moment, 1};
    e->closure.evidence = (struct evidence_list){evidence, 1};
    e->closure.takeaways = (struct str_list){takeaway, 1};
    e->closure.response = STR("Restored.");
    e->present |= CLOSURE_TIMELINE | CLOSURE_TECHNICAL_SUMMARY;
    return e;
}

static struct closure_event *full(struct closure_event *e)
{
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    return e;
}

static const struct merged_lists *brought_to(struct world *w, const char *id)
{
    struct str key = state_merged_key(w->arena, str_of(id));
    for (size_t i = 0; i < w->store_n; i++)
        if (str_eq(w->store[i].key, key)) return w->store[i].body;
    return NULL;
}

static void what_is_known_of_either_is_not_asked_for(void **state)
{
    struct world *w = *state;
    for (int order = 0; order < 2; order++) {
        const char *a = order ? "A2" : "A1", *b = order ? "B2" : "B1";
        struct closure_event *of_b = telling(w, closed(w, b, 1), "b", "2026-11-19");
        struct closure_event *of_a = full(telling(w, merged(w, a, 1, b), "a", "2026-11-18"));
        SET_CLOSURE(of_a, LABELS, labels, labels_of("region", "eu"));
        close_it(w, AT, order ? of_a : of_b);
        close_it(w, AT, order ? of_b : of_a);
        assert_true(is_open(w, b, "postmortem"));
        assert_false(is_stored(w, state_task_key(w->arena, str_of(b), STR("sequence-of-events"))));
        assert_false(is_stored(w, state_task_key(w->arena, str_of(b), STR("technical-summary"))));
        assert_str(incident_of(w, b)->labels.items[0].value, "eu");
        assert_str(task_of(w, b, "postmortem")->labels.items[0].value, "eu");
        /* It stays when they part, and its own are its own. */
        take_merge(w, LATER, a, 2, NULL);
        take_closure(w, LATER, telling(w, closed(w, b, 2), "c", "2026-11-20"));
        assert_int_equal(brought_to(w, b)->timeline.n, 1);
        assert_str(incident_of(w, b)->labels.items[0].name, "region");
        assert_false(is_stored(w, state_task_key(w->arena, str_of(b), STR("sequence-of-events"))));
    }
}

static void what_comes_later_closes_what_was_asked_for(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, full(telling(w, closed(w, "C", 1), "c", "2026-11-20")));
    take_merge(w, AT, "B", 1, "C");
    take_merge(w, AT, "A", 1, "B");
    assert_true(is_open(w, "C", "sequence-of-events"));
    take_closure(w, LATER, telling(w, merged(w, "A", 2, "B"), "a", NULL));
    assert_news(w, "facts to B\n");
    deliver(w);
    assert_int_equal(task_of(w, "C", "sequence-of-events")->resolution, RESOLUTION_DONE);
    /* The same once more is no news where it comes to; and C hears of it by its own way. */
    take_closure(w, LATER, telling(w, merged(w, "A", 3, "B"), "a", NULL));
    const size_t n = w->d.outputs.n;
    deliver(w);
    assert_int_equal(w->d.outputs.n, n + 1); /* from B to C */
    assert_int_equal(brought_to(w, "C")->takeaways.n, 1);
    assert_int_equal(brought_to(w, "B")->takeaways.n, 1);
    take_closure(w, LATER, closed(w, "D", 1));
    take_merge(w, LATER, "B", 2, "D");
    assert_str(brought_to(w, "D")->takeaways.items[0], "a");
}

static void what_does_not_fit_is_said(void **state)
{
    struct world *w = *state;
    char *large = arena_alloc(w->arena, MERGED_BYTES_MAX);
    memset(large, 'x', MERGED_BYTES_MAX);
    take_closure(w, AT, closed(w, "B", 1));
    struct closure_event *e = telling(w, merged(w, "A", 1, "B"), "a", NULL);
    e->closure.timeline.items->action = (struct str){large, MERGED_BYTES_MAX - 300};
    close_it(w, AT, e);
    assert_int_equal(brought_to(w, "B")->timeline.n, 1);
    /* There is room for no more. */
    e = telling(w, merged(w, "X", 1, "B"), "x", NULL);
    e->closure.timeline.items->action = (struct str){large, 300};
    close_it(w, AT, e);
    const struct output *said = &w->d.outputs.items[w->d.outputs.n - 1];
    assert_int_equal(said->type, OUTPUT_INCIDENT);
    assert_str(said->warnings.items[0].member, "timeline");
    assert_str(said->warnings.items[0].taken_as,
               "not taken over from a merged incident: 1 entries, there is no room");
    assert_int_equal(brought_to(w, "B")->takeaways.n, 2);
    e = telling(w, merged(w, "Y", 1, "Z"), "y", NULL);
    e->closure.response = (struct str){large, MERGED_BYTES_MAX};
    take_closure(w, AT, e);
    assert_str(output_at(w, 2)->warnings.items[0].member, "technical_summary.response");
    /* Nor does all of it go along. */
    take_closure(w, LATER, closed(w, "C", 1));
    e = telling(w, merged(w, "B", 2, "C"), "b", NULL);
    e->closure.timeline.items->action = (struct str){large, 1000};
    take_closure(w, LATER, e);
    assert_str(output_at(w, 1)->warnings.items[0].taken_as,
               "not taken along with the merge: 1 entries, there is no room");
}

/* What an incident has said before may be more than goes along with a merge: what is new is told all the
 * same, and what does not fit is said. */
static void beside_what_does_not_fit_there_is_news(void **state)
{
    struct world *w = *state;
    char *large = arena_alloc(w->arena, MERGED_BYTES_MAX);
    memset(large, 'x', MERGED_BYTES_MAX);
    take_closure(w, AT, closed(w, "B", 1));
    for (int revision = 1; revision < 4; revision++) {
        struct closure_event *e = telling(w, merged(w, "A", revision, "B"), "a", NULL);
        e->closure.timeline.items->action = (struct str){large, MERGED_BYTES_MAX};
        if (revision > 1) SET_CLOSURE(e, LABELS, labels, labels_of("region", "eu"));
        take_closure(w, AT, e);
        if (revision > 2) assert_int_equal(outputs_n(w), 2); /* what does not fit, and what does */
        deliver(w);
    }
    assert_int_equal(brought_to(w, "B")->timeline.n, 0);
    assert_str(incident_of(w, "B")->labels.items[0].value, "eu");
}

static void entries_are_the_same_where_all_of_them_is(void **state)
{
    struct world *w = *state;
    struct timeline_entry at[] = {
        {.at = TIME_NONE, .action = STR("call"), .actor = STR("a"), .at_text = STR("noon")},
        {.at = TIME_NONE, .action = STR("call"), .actor = STR("b"), .at_text = STR("noon")},
        {.at = TIME_NONE, .action = STR("call"), .actor = STR("a"), .at_text = STR("night")}};
    struct evidence shown[] = {{.ref = STR("r"), .note = STR("x")},
                               {.ref = STR("r"), .note = STR("y")}};
    struct merged_lists all = {.timeline = {at, 1}, .evidence = {shown, 1}};
    const struct merged_lists from = {.timeline = {at, 3}, .evidence = {shown, 2}};
    struct merged_left left;
    assert_true(merged_lists_add(w->arena, &all, &from, &left));
    assert_int_equal(all.timeline.n, 3);
    assert_int_equal(all.evidence.n, 2);
    assert_false(merged_lists_add(w->arena, &all, &from, &left));
}

/* Another version may have kept more of them. */
static void what_is_more_than_may_be_stays_and_takes_nothing(void **state)
{
    struct world *w = *state;
    char *large = arena_zalloc(w->arena, MERGED_BYTES_MAX + 1);
    struct evidence evidence = {.ref = {large, MERGED_BYTES_MAX + 1}};
    struct str takeaway = STR("t");
    struct merged_lists all = {.evidence = {&evidence, 1}};
    const struct merged_lists from = {.takeaways = {&takeaway, 1}, .response = STR("Restored.")};
    struct merged_left left;
    assert_false(merged_lists_add(w->arena, &all, &from, &left));
    assert_int_equal(left.takeaways, 1);
    assert_int_equal(left.response, 1);
    assert_int_equal(all.evidence.n, 1);
}

static void labels_of_one_name_are_the_own_ones(void **state)
{
    struct world *w = *state;
    struct label many[MERGED_LABELS_MAX + 1];
    for (size_t i = 0; i < MERGED_LABELS_MAX + 1; i++)
        many[i] = (struct label){arena_printf(w->arena, "label-%02zu", i), STR("theirs")};
    struct label own = {STR("label-07"), STR("ours")};
    struct merged_lists all = {.labels = {&own, 1}};
    struct merged_lists from = {.labels = {many, MERGED_LABELS_MAX + 1}};
    struct merged_left left;
    assert_true(merged_lists_add(w->arena, &all, &from, &left));
    assert_int_equal(left.labels, 1);
    assert_str(all.labels.items[0].value, "ours");
    struct labels labels = merged_labels(w->arena, (struct labels){&own, 1}, from.labels);
    assert_int_equal(labels.n, MERGED_LABELS_MAX);
    assert_str(labels.items[0].value, "ours");
    assert_false(merged_lists_add(w->arena, &all, &all, &left));
}

static void the_timeline_is_in_the_order_of_its_times(void **state)
{
    struct world *w = *state;
    struct timeline_entry own[] = {{.at = t("2026-11-20"), .action = STR("late")},
                                   {.at = TIME_NONE, .action = STR("some time")},
                                   {.at = t("2026-11-18"), .action = STR("early")}};
    struct timeline_entry theirs[] = {{.at = TIME_NONE, .action = STR("whenever")},
                                      {.at = t("2026-11-19"), .action = STR("between")},
                                      {.at = t("2026-11-20"), .action = STR("late")},
                                      {.at = t("2026-11-20"), .action = STR("as late")}};
    struct closure closure = {.timeline = {own, 3}};
    struct merged_lists brought = {.timeline = {theirs, 4}};
    struct closure joined = merged_lists_join(w->arena, &closure, &brought);
    static const char *const expected[] = {"early",   "between",   "late",
                                           "as late", "some time", "whenever"};
    assert_int_equal(joined.timeline.n, 6);
    for (size_t i = 0; i < 6; i++) assert_str(joined.timeline.items[i].action, expected[i]);
    /* Where nothing was brought it stays as it was written. */
    brought.timeline.n = 0;
    joined = merged_lists_join(w->arena, &closure, &brought);
    assert_str(joined.timeline.items[0].action, "late");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
        TEST(what_is_known_of_either_is_not_asked_for),
        TEST(what_comes_later_closes_what_was_asked_for),
        TEST(what_does_not_fit_is_said),
        TEST(beside_what_does_not_fit_there_is_news),
        TEST(entries_are_the_same_where_all_of_them_is),
        TEST(what_is_more_than_may_be_stays_and_takes_nothing),
        TEST(labels_of_one_name_are_the_own_ones),
        TEST(the_timeline_is_in_the_order_of_its_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
