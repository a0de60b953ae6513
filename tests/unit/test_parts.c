/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event that concerns more entries than one transaction holds is decided in parts: whatever
 * their size, and with a restart between any two of them, the same goes out and is stored in the
 * end as if there were one part alone.
 */
#include "parts_support.h"

#include <stdlib.h>

static uint64_t runs = 25; /* more: test_parts RUNS */

#define AT "2026-11-20T10:00:00Z"
#define MANY 9

static const char *id_of(struct world *w, const char *prefix, int i)
{
    return arena_printf(w->arena, "%s-%d", prefix, i).p;
}

/* The i-th of several that are all different. */
static struct finding_event *some_finding(struct world *w, int i, int64_t revision)
{
    struct finding_event *f = finding(w, "INC-1", id_of(w, "F", i), revision);
    SET_FINDING(f, CATEGORY, category, 1 + i % (category_end - 1));
    SET_FINDING(f, SEVERITY, severity, 1 + i % (severity_end - 1));
    SET_FINDING(f, STATUS, status, i % REPORTED_VERIFIED);
    SET_FINDING(f, REASON, reason, STR("because"));
    SET_FINDING(f, SOP_CHANGE, sop_change, i % 3 == 0);
    if (i % 4 == 0) SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("F-1"));
    if (i % 8 == 7) SET_FINDING(f, DUPLICATE_OF, duplicate_of, str_of(id_of(w, "F", i + 7)));
    if (i % 2) f->warnings = warning(w, "severity");
    return f;
}

static struct closure_event *some_closure(struct world *w, int64_t revision)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    for (int i = 0; i < 3; i++) add_party(w, e, id_of(w, "Party", i), PARTY_VENDOR, i == 1);
    e->warnings = warning(w, "closed_at");
    return e;
}

static struct closure_event *with_findings(struct world *w, struct closure_event *e, int from)
{
    for (int i = from; i < from + MANY; i++) add_inline(w, e, some_finding(w, i, -1));
    return e;
}

static void hold_findings(struct world *w)
{
    for (int i = 0; i < MANY; i++) take_finding(w, AT, some_finding(w, i, i));
}

/* ---- the events that go over many entries ---- */

static void findings_inside_a_closure(struct world *w)
{
    take_closure(w, AT, with_findings(w, some_closure(w, 1), 0));
    take_closure(w, AT, with_findings(w, some_closure(w, 2), 3));
    /* Told twice: nothing new, whether as the same revision or as another one. */
    take_closure(w, AT, with_findings(w, some_closure(w, 2), 3));
    take_closure(w, AT, with_findings(w, some_closure(w, 3), 3));
}

static void held_findings(struct world *w)
{
    hold_findings(w);
    take_closure(w, AT, some_closure(w, 1));
}

static void parties_and_duties(struct world *w)
{
    struct obligation duties[] = {{.id = STR("a"),
                                   .title = STR("A"),
                                   .party = STR("X"),
                                   .time = {.from = FROM_DETECTED_AT, .within = hours(1)}},
                                  {.id = STR("b"),
                                   .title = STR("B"),
                                   .party = STR("Party-2"),
                                   .time = {.from = FROM_AFTER, .months = 1}}};
    w->policy.obligations = arena_copy(w->arena, duties, sizeof duties);
    w->policy.obligations_n = 2;
    struct closure_event *e = some_closure(w, 1);
    for (int i = 3; i < MANY; i++) add_party(w, e, id_of(w, "Party", i), PARTY_CUSTOMER, false);
    take_closure(w, AT, e);
    /* Not said again: those that are stored. */
    e = closure(w, "INC-1", 2);
    SET_CLOSURE(e, DETECTED_AT, detected_at, t("2026-11-01"));
    take_closure(w, AT, e);
}

static void another_severity_and_owner(struct world *w)
{
    parties_and_duties(w);
    struct closure_event *e = closure(w, "INC-1", 3);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_CRITICAL);
    take_closure(w, AT, e);
    e = closure(w, "INC-1", 4);
    SET_CLOSURE(e, OWNER, owner, owner("identity", NULL));
    /* The first event that has its warnings comes late, or never. */
    e->warnings = warning(w, "severity");
    take_closure(w, AT, e);
    e = closure(w, "INC-1", 5);
    e->warnings = warning(w, "severity");
    take_closure(w, AT, e);
}

static void light_becomes_full(struct world *w)
{
    held_findings(w);
    struct closure_event *e = with_findings(w, some_closure(w, 2), 5);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    take_closure(w, "2026-11-21", e);
}

static void merge(struct world *w, int64_t revision, const char *into)
{
    struct closure_event *e = with_findings(w, some_closure(w, revision), (int)revision);
    SET_CLOSURE(e, MERGED_INTO, merged_into, str_of(into));
    take_closure(w, "2026-11-22", e);
}

static void a_merge(struct world *w)
{
    light_becomes_full(w);
    merge(w, 3, "INC-2");
    merge(w, 14, "INC-2");
    merge(w, 15, "INC-3");
}

static void a_merge_that_is_undone(struct world *w)
{
    a_merge(w);
    merge(w, 16, NULL);
}

static void no_incident_after_all(struct world *w)
{
    light_becomes_full(w);
    struct closure_event *e = with_findings(w, some_closure(w, 3), 8);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_BENIGN);
    take_closure(w, "2026-11-22", e);
}

static void an_incident_again(struct world *w)
{
    no_incident_after_all(w);
    struct closure_event *e = with_findings(w, some_closure(w, 4), 4);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    take_closure(w, "2026-11-23", e);
}

/* Records of several topics overtake each other: a task's time is later than its cause's. */
static void times_that_run_back(struct world *w)
{
    an_incident_again(w);
    for (int i = 0; i < MANY; i += 2) {
        struct finding_event *f = some_finding(w, i, 100);
        SET_FINDING(f, TITLE, title, STR("Anew"));
        take_finding(w, i % 4 ? "2026-11-26" : "2026-11-25", f);
    }
    struct closure_event *e = with_findings(w, some_closure(w, 5), 20);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_LOW);
    take_closure(w, "2026-11-24", e);
    merge(w, 30, "INC-2");
}

static void the_end_of_retention(struct world *w)
{
    w->policy.retention = days(10);
    no_incident_after_all(w);
    run_until(w, "2027-01-01");
    take_finding(w, "2027-01-02", some_finding(w, 1, 1000));
    struct closure_event *e = with_findings(w, some_closure(w, 100), 0);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    take_closure(w, "2027-01-03", e);
}

static struct world *play(void (*story)(struct world *w), size_t step_max)
{
    struct world *w = world_new();
    w->d.step_max = step_max;
    w->between = restart;
    story(w);
    return w;
}

static void the_same_in_parts_of_any_size(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*story)(struct world *w);
    } stories[] = {
#define STORY(name) {#name, name}
        STORY(findings_inside_a_closure),  STORY(held_findings),         STORY(parties_and_duties),
        STORY(another_severity_and_owner), STORY(light_becomes_full),    STORY(a_merge),
        STORY(a_merge_that_is_undone),     STORY(no_incident_after_all), STORY(an_incident_again),
        STORY(times_that_run_back),        STORY(the_end_of_retention),
    };
    static const size_t sizes[] = {1, 2, 7};
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        struct world *whole = play(stories[i].story, SIZE_MAX);
        assert_int_equal(whole->parts, 0);
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct world *parts = play(stories[i].story, sizes[k]);
            assert_true(parts->parts > 0);
            assert_same(told(whole), told(parts), stories[i].what);
            world_free(parts);
        }
        world_free(whole);
    }
}

/* ---- how large a part is ---- */

static size_t parts_of(size_t findings_n, size_t description_bytes)
{
    struct world *w = world_new();
    char *text = arena_alloc(w->arena, description_bytes + 1);
    memset(text, 'x', description_bytes);
    struct closure_event *e = closure(w, "INC-1", 1);
    e->findings = arena_alloc(w->arena, findings_n * sizeof *e->findings);
    for (; e->findings_n < findings_n; e->findings_n++) {
        struct finding_event *f = technical(w, id_of(w, "F", (int)e->findings_n), -1);
        SET_FINDING(f, DESCRIPTION, description, ((struct str){text, description_bytes}));
        e->findings[e->findings_n] = *f;
    }
    take_closure(w, AT, e);
    assert_int_equal(incident_of(w, "INC-1")->findings, findings_n);
    size_t parts = w->parts;
    world_free(w);
    return parts;
}

static void a_part_is_a_thousand_entries_or_some_megabytes(void **state)
{
    (void)state;
    assert_int_equal(parts_of(10, 10), 0);
    assert_int_equal(parts_of(400, 10), 0);
    /* A thousand are taken, then the last one, and in this part the first tasks are made. */
    assert_true(parts_of(1001, 10) >= 1);
    assert_true(parts_of(100, 60000) >= 3);
}

/* ---- random stories ---- */

static void any_story_in_small_parts(void **state)
{
    (void)state;
    size_t parts = 0;
    for (uint64_t i = 1; i <= runs; i++) {
        print_message("\rseed %llu", (unsigned long long)i);
        struct world *whole = world_new(), *w = world_new();
        whole->d.step_max = SIZE_MAX;
        w->d.step_max = 1 + i % 3;
        w->between = restart;
        story_run(whole, i, NULL, NULL);
        story_run(w, i, NULL, NULL);
        assert_same(told(whole), told(w), "the story");
        parts += w->parts;
        world_free(whole);
        world_free(w);
    }
    print_message("\n%zu parts\n", parts);
    assert_true(parts > runs * 10);
}

static bool visit_at_random(struct world *w, const struct event *event)
{
    restart(w, event);
    while (story_chance(40)) {
        struct event other = story_record(w);
        w->between = story_chance(20) ? visit_at_random : restart;
        take(w, &other);
        if (story_chance(20)) run_until_ms(w, w->now + story_pick(20) * DAY_MS);
    }
    w->between = visit_at_random;
    return !story_chance(2);
}

/* The checks of core_support hold in every gap: no id twice, no version left out, nothing sent of a
 * closed task, counts that are true. */
static void any_story_with_anything_between(void **state)
{
    (void)state;
    size_t parts = 0;
    for (uint64_t i = 1; i <= runs; i++) {
        print_message("\rseed %llu", (unsigned long long)i);
        struct world *w = world_new();
        w->d.step_max = 1 + i % 2;
        w->between = visit_at_random;
        story_run(w, i, NULL, NULL);
        parts += w->parts;
        world_free(w);
    }
    print_message("\n%zu parts\n", parts);
    assert_true(parts > runs * 10);
}

int main(int argc, char **argv)
{
    if (argc > 1) runs = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_in_parts_of_any_size),
        cmocka_unit_test(a_part_is_a_thousand_entries_or_some_megabytes),
        cmocka_unit_test(any_story_in_small_parts),
        cmocka_unit_test(any_story_with_anything_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
