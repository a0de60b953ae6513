/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A duplicate closes its task only if the other finding is known and the way from there ends: two
 * that named each other, one that named itself and one that named nobody were all closed, and their
 * incident was complete.
 */
#include "core_incident.h"

#define CLOSES " closed closed:duplicate [status,resolution,reason,closed_at,sla]\n"

static struct finding_event *duplicate(struct world *w, const char *id, int64_t revision,
                                       const char *other)
{
    struct finding_event *f = technical(w, id, revision);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    if (other) SET_FINDING(f, DUPLICATE_OF, duplicate_of, str_of(other));
    return f;
}

/* Without tasks of its own. */
static struct closure_event *bare_closure(struct world *w, int64_t revision)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    complete_closure(w, e);
    return e;
}

static const struct task *bug(struct world *w, const char *finding_id)
{
    return task_of(w, "INC-1", arena_printf(w->arena, "bug/%s", finding_id).p);
}

static void assert_warned(struct world *w, size_t i, const char *code)
{
    struct warnings warnings = output_at(w, i)->warnings;
    assert_int_equal(warnings.n, code != NULL);
    if (!code) return;
    assert_str(warnings.items[0].member, "duplicate_of");
    assert_str(warnings.items[0].taken_as, code);
}

static void an_unknown_one_is_looked_at_again_when_it_comes(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, duplicate(w, "D", 1, "X"));
    assert_news(w, "opened/2 light 0/0\nbug/D/1 created open\n");
    assert_warned(w, 1, "unknown-duplicate");
    assert_str(output_at(w, 1)->warnings.items[0].value, "X");
    assert_null(bug(w, "D")->reason.p);
    assert_int_equal(finding_of(w, "INC-1", "D")->status, REPORTED_DUPLICATE);
    /* Others do not matter, nor what is said of it beside. */
    take_finding(w, NOON, technical(w, "E", 1));
    run_until(w, NOON);
    assert_news(w, "");
    TELL_FINDING(w, NOON, "D", 2, TITLE, title, STR("Anew"));
    assert_news(w, "bug/D/2 updated open [title]\n");
    assert_warned(w, 0, NULL);
    take_finding(w, LATER, technical(w, "X", 1));
    assert_news(w, "bug/X/1 created open\n");
    struct cause cause = output_at(w, 0)->cause;
    run_until(w, LATER);
    assert_news(w, "bug/D/3" CLOSES);
    assert_str(bug(w, "D")->reason, "duplicate of INC-1/bug/X");
    /* The record that brought the other one is the cause. */
    assert_int_equal(output_at(w, 0)->cause.topic, cause.topic);
    assert_int_equal(output_at(w, 0)->cause.offset, cause.offset);
    assert_time(output_at(w, 0)->at, LATER);
    assert_int_equal(incident_of(w, "INC-1")->doubts, 0);
}

static void one_that_names_nobody_is_unknown(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, duplicate(w, "D", 1, NULL));
    assert_warned(w, 1, "unknown-duplicate");
    take_finding(w, NOON, duplicate(w, "D", 2, NULL));
    assert_news(w, "bug/D/2 updated open\n");
    take_finding(w, NOON, technical(w, "X", 1));
    TELL_FINDING(w, NOON, "D", 3, DUPLICATE_OF, duplicate_of, STR("X"));
    assert_news(w, "bug/D/3" CLOSES);
}

static void all_of_one_closure_are_known_before_they_are_judged(void **state)
{
    struct world *w = *state;
    struct closure_event *e = bare_closure(w, 1);
    static const char *const pairs[][2] = {{"A", "B"}, {"B", "A"}, {"C", "C"},
                                           {"D", "X"}, {"E", "Z"}, {"Z", NULL}};
    for (int i = 0; i < 6; i++)
        add_inline(w, e,
                   pairs[i][1] ? duplicate(w, pairs[i][0], -1, pairs[i][1])
                               : technical(w, pairs[i][0], -1));
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\n"
                   "bug/A/1 created open\n"
                   "bug/B/1 created open\n"
                   "bug/C/1 created open\n"
                   "bug/D/1 created open\n"
                   "bug/E/1 created open\n"
                   "bug/E/2" CLOSES "bug/Z/1 created open\n");
    for (size_t i = 1; i < 4; i++) assert_warned(w, i, "circular-duplicate");
    assert_warned(w, 4, "unknown-duplicate");
    assert_warned(w, 5, NULL);
    assert_int_equal(incident_of(w, "INC-1")->doubts, 4);
    /* The same for those that have tasks already. */
    e = bare_closure(w, 2);
    add_inline(w, e, duplicate(w, "D", -1, "Y"));
    add_inline(w, e, technical(w, "X", -1));
    add_inline(w, e, technical(w, "Y", -1));
    add_inline(w, e, duplicate(w, "Z", -1, "E"));
    take_closure(w, LATER, e);
    assert_news(w, "bug/X/1 created open\n"
                   "bug/Y/1 created open\n"
                   "bug/D/2" CLOSES "bug/Z/2 updated open\n");
    assert_warned(w, 3, "circular-duplicate");
    /* Said again: a new input, which has the same fault. */
    e = bare_closure(w, 3);
    add_inline(w, e, duplicate(w, "D", -1, "Y"));
    add_inline(w, e, duplicate(w, "Z", -1, "E"));
    take_closure(w, LATER, e);
    assert_news(w, "bug/Z/3 updated open\n");
}

static void who_closes_the_circle_is_left_open(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "A", 1));
    take_finding(w, NOON, technical(w, "B", 1));
    take_finding(w, NOON, technical(w, "C", 1));
    take_finding(w, NOON, duplicate(w, "A", 2, "B"));
    assert_news(w, "bug/A/2" CLOSES);
    take_finding(w, NOON, duplicate(w, "B", 2, "C"));
    assert_news(w, "bug/B/2" CLOSES);
    take_finding(w, NOON, duplicate(w, "C", 2, "A"));
    assert_news(w, "bug/C/2 updated open\n");
    assert_warned(w, 0, "circular-duplicate");
    /* The circle is open again: so is what was said before. */
    struct finding_event *f = technical(w, "B", 3);
    SET_FINDING(f, STATUS, status, REPORTED_OPEN);
    take_finding(w, LATER, f);
    run_until(w, LATER);
    assert_news(w, "bug/C/3" CLOSES);
    assert_int_equal(incident_of(w, "INC-1")->counts.open, 1);
}

/* The one that was waited for comes, and points back: the doubt is another one. */
static void one_doubt_can_become_another(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, duplicate(w, "A", 1, "B"));
    take_finding(w, NOON, duplicate(w, "B", 1, "A"));
    assert_news(w, "bug/B/1 created open\n");
    assert_warned(w, 0, "circular-duplicate");
    run_until(w, NOON);
    assert_news(w, "bug/A/2 updated open\n");
    assert_warned(w, 0, "circular-duplicate");
    run_until(w, LATER);
    assert_int_equal(incident_of(w, "INC-1")->counts.open, 2);
}

static void take_chain(struct world *w, int n)
{
    struct closure_event *e = bare_closure(w, 1);
    for (int i = 0; i < n; i++)
        add_inline(w, e,
                   duplicate(w, arena_printf(w->arena, "%02d", i).p, -1,
                             arena_printf(w->arena, "%02d", i + 1).p));
    add_inline(w, e, technical(w, arena_printf(w->arena, "%02d", n).p, -1));
    take_closure(w, NOON, e);
}

static void a_way_of_sixteen_steps_is_gone(void **state)
{
    struct world *w = *state;
    take_chain(w, 16);
    assert_int_equal(incident_of(w, "INC-1")->counts.open, 1);
    world_free(w);
    *state = w = world_new();
    take_chain(w, 17);
    assert_int_equal(incident_of(w, "INC-1")->counts.open, 2);
    assert_warned(w, 1, "circular-duplicate");
    assert_int_equal(finding_of(w, "INC-1", "00")->doubt, DOUBT_CIRCULAR);
}

static void a_tracker_goes_on_with_what_is_in_doubt(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, duplicate(w, "D", 1, "X"));
    TELL_TASK(w, NOON, "bug/D", 1, STATUS, status, REPORTED_VERIFIED);
    assert_news(w, "bug/D/2 closed closed:done [status,resolution,closed_at,sla]\n"
                   "completed/2 light 0/1\n");
    TELL_TASK(w, NOON, "bug/D", 2, STATUS, status, REPORTED_OPEN);
    assert_int_equal(bug(w, "D")->status, STATUS_OPEN);
    TELL_TASK(w, NOON, "bug/D", 3, STATUS, status, REPORTED_VERIFIED);
    /* Had it counted before, that would not have been taken. */
    take_finding(w, LATER, technical(w, "X", 1));
    run_until(w, LATER);
    assert_news(w, "bug/D/5 updated closed:duplicate [resolution,reason,sla]\n");
    assert_int_equal(finding_of(w, "INC-1", "D")->doubt, DOUBT_NONE);
    /* Now that it counts it keeps its task closed. */
    TELL_TASK(w, LATER, "bug/D", 4, STATUS, status, REPORTED_OPEN);
    assert_news(w, "");
    /* A tracker's own duplicates are in the tracker: its word is enough. */
    TELL_TASK(w, LATER, "bug/X", 1, STATUS, status, REPORTED_DUPLICATE);
    assert_int_equal(bug(w, "X")->resolution, RESOLUTION_DUPLICATE);
    take_finding(w, LATER, duplicate(w, "X", 2, "Y"));
    assert_news(w, "bug/X/3 updated closed:duplicate\n");
    assert_warned(w, 0, "unknown-duplicate");
}

/* It was closed as a duplicate of another one, and now of none that is known: it is work again. */
static void one_that_moves_away_is_open_again(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, technical(w, "X", 1));
    take_finding(w, NOON, technical(w, "Y", 1));
    take_finding(w, NOON, duplicate(w, "D", 1, "X"));
    TELL_FINDING(w, NOON, "D", 2, DUPLICATE_OF, duplicate_of, STR("?"));
    assert_int_equal(bug(w, "D")->status, STATUS_OPEN);
    assert_int_equal(bug(w, "D")->occurrence, 2);
    assert_warned(w, 0, "unknown-duplicate");
    take_finding(w, NOON, duplicate(w, "D", 3, "X"));
    assert_int_equal(bug(w, "D")->status, STATUS_CLOSED);
    /* To another one that is known: closed all the same. */
    take_finding(w, NOON, duplicate(w, "D", 4, "Y"));
    assert_news(w, "bug/D/5 updated closed:duplicate [reason]\n");
    assert_str(bug(w, "D")->reason, "duplicate of INC-1/bug/Y");
    /* Inside a closure, where it is known later. */
    static const char *const others[] = {"X", "?"};
    for (int i = 0; i < 2; i++) {
        struct closure_event *e = bare_closure(w, 2 + i);
        add_inline(w, e, duplicate(w, "D", 5 + i, others[i]));
        take_closure(w, LATER, e);
        if (!i) assert_news(w, "bug/D/6 updated closed:duplicate [reason]\n");
    }
    assert_int_equal(output_at(w, 0)->task.event, TASK_REOPENED);
    assert_int_equal(outputs_n(w), 1);
    assert_warned(w, 0, "unknown-duplicate");
    assert_int_equal(bug(w, "D")->occurrence, 3);
}

static void held_ones_are_judged_with_their_closure(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, duplicate(w, "A", 1, "B"));
    take_finding(w, NOON, duplicate(w, "C", 1, "X"));
    take_finding(w, NOON, technical(w, "B", 1));
    assert_news(w, "");
    take_closure(w, NOON, bare_closure(w, 1));
    assert_news(w, "opened/1 light 0/0\n"
                   "bug/A/1 created open\n"
                   "bug/A/2" CLOSES "bug/B/1 created open\nbug/C/1 created open\n");
    assert_warned(w, 4, "unknown-duplicate");
    /* Put aside, and back: judged anew. */
    struct closure_event *e = bare_closure(w, 2);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    take_closure(w, NOON, e);
    assert_int_equal(incident_of(w, "INC-1")->doubts, 0);
    take_finding(w, NOON, technical(w, "X", 1));
    e = bare_closure(w, 3);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    take_closure(w, NOON, e);
    assert_int_equal(incident_of(w, "INC-1")->doubts, 0);
    assert_int_equal(bug(w, "C")->resolution, RESOLUTION_DUPLICATE);
    assert_int_equal(incident_of(w, "INC-1")->counts.open, 2);
    /* In the incident that it was merged into, both have other names. */
    e = bare_closure(w, 4);
    SET_CLOSURE(e, MERGED_INTO, merged_into, STR("INC-2"));
    take_closure(w, NOON, e);
    const struct finding *goes = NULL;
    for (size_t i = 0; i < outputs_n(w); i++)
        if (str_eq(render(w, output_at(w, i)), STR("finding INC-1:A to INC-2")))
            goes = &output_at(w, i)->forward->arrival.finding;
    assert_non_null(goes);
    assert_str(goes->duplicate_of, "INC-1:B");
}

static void the_end_of_retention_ends_doubts(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, duplicate(w, "D", 1, "X"));
    TELL_TASK(w, NOON, "bug/D", 1, STATUS, status, REPORTED_VERIFIED);
    assert_int_equal(incident_of(w, "INC-1")->doubts, 1);
    run_until(w, "2028-01-01");
    assert_int_equal(incident_of(w, "INC-1")->doubts, 0);
}

/* A closure that comes before the tick does what the tick would have done. */
static void a_closure_looks_again_too(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, duplicate(w, "D", 1, "X"));
    take_finding(w, NOON, technical(w, "X", 1));
    assert_int_equal(incident_of(w, "INC-1")->cursor.stage, STAGE_AGAIN);
    take_closure(w, NOON, bare_closure(w, 1)); /* late */
    assert_int_equal(incident_of(w, "INC-1")->cursor.stage, STAGE_AGAIN);
    take_closure(w, NOON, bare_closure(w, 2));
    assert_news(w, "bug/D/2" CLOSES);
    run_until(w, LATER);
    assert_int_equal(incident_of(w, "INC-1")->cursor.stage, STAGE_NONE);
}

#define MANY 2500

static bool another_comes(struct world *w, const struct event *event)
{
    (void)event;
    w->between = NULL;
    take_finding(w, LATER, technical(w, "Y", 1));
    return true;
}

/* One finding ends the doubts of thousands: by parts, and what comes between two counts as well. */
static void thousands_wait_for_one(void **state)
{
    struct world *w = *state;
    struct closure_event *e = bare_closure(w, 1);
    e->findings = arena_alloc(w->arena, MANY * sizeof *e->findings);
    for (; e->findings_n < MANY; e->findings_n++) {
        const char *id = arena_printf(w->arena, "D-%04zu", e->findings_n).p;
        e->findings[e->findings_n] = *duplicate(w, id, -1, e->findings_n ? "X" : "Y");
    }
    take_closure(w, NOON, e);
    assert_int_equal(incident_of(w, "INC-1")->doubts, MANY);
    take_finding(w, LATER, technical(w, "X", 1));
    size_t before = w->parts;
    w->between = another_comes;
    run_until(w, LATER);
    assert_true(w->parts - before >= 2);
    assert_int_equal(incident_of(w, "INC-1")->doubts, 0);
    assert_int_equal(incident_of(w, "INC-1")->counts.open, 2);
}

/* The other one comes when a closure has looked at some of those in doubt already. */
static bool it_comes_in_the_middle(struct world *w, const struct event *event)
{
    (void)event;
    const struct cursor *cursor = &incident_of(w, "INC-1")->cursor;
    if (cursor->stage != STAGE_DOUBTS || !cursor->key.p) return true;
    w->between = NULL;
    take_finding(w, NOON, technical(w, "X", 1));
    return true;
}

static void a_look_that_is_under_way_begins_anew(void **state)
{
    struct world *w = *state;
    w->d.step_max = 1;
    w->between = it_comes_in_the_middle;
    struct closure_event *e = bare_closure(w, 1);
    for (int i = 0; i < 4; i++) {
        struct finding_event *f = technical(w, arena_printf(w->arena, "D-%d", i).p, -1);
        add_inline(w, e, f);
    }
    take_closure(w, NOON, e);
    e = bare_closure(w, 2);
    for (int i = 0; i < 4; i++)
        add_inline(w, e, duplicate(w, arena_printf(w->arena, "D-%d", i).p, -1, "X"));
    take_closure(w, NOON, e);
    assert_null(w->between);
    assert_int_equal(incident_of(w, "INC-1")->doubts, 0);
    assert_int_equal(incident_of(w, "INC-1")->counts.open, 1);
}

/* A record from before the look at doubts, that is read behind what has made it necessary. */
static void who_closes_the_last_task_completes_the_incident(void **state)
{
    struct world *w = closed_incident(state);
    take_finding(w, NOON, duplicate(w, "D", 1, "X"));
    struct finding_event *f = technical(w, "X", 1);
    take_finding(w, LATER, f);
    assert_int_equal(incident_of(w, "INC-1")->cursor.stage, STAGE_AGAIN);
    for (int i = 0; i < 2; i++) {
        TELL_TASK(w, "2026-11-23T12:00:00Z", i ? "bug/X" : "bug/D", 1, STATUS, status,
                  REPORTED_VERIFIED);
    }
    assert_news(w, "bug/X/2 closed closed:done [status,resolution,closed_at,sla]\n"
                   "completed/2 light 0/2\n");
    assert_int_equal(output_at(w, 1)->cause.topic, TOPIC_TASK_UPDATED);
    assert_int_equal(output_at(w, 1)->cause.offset, output_at(w, 0)->cause.offset);
    /* Closed as done while it was in doubt, it is a duplicate all the same. */
    run_until(w, LATER);
    assert_news(w, "bug/D/3 updated closed:duplicate [resolution,reason,sla]\n");
    assert_int_equal(incident_of(w, "INC-1")->cursor.stage, STAGE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(an_unknown_one_is_looked_at_again_when_it_comes),
        TEST(one_that_names_nobody_is_unknown),
        TEST(all_of_one_closure_are_known_before_they_are_judged),
        TEST(who_closes_the_circle_is_left_open),
        TEST(one_doubt_can_become_another),
        TEST(a_way_of_sixteen_steps_is_gone),
        TEST(a_tracker_goes_on_with_what_is_in_doubt),
        TEST(one_that_moves_away_is_open_again),
        TEST(held_ones_are_judged_with_their_closure),
        TEST(the_end_of_retention_ends_doubts),
        TEST(a_closure_looks_again_too),
        TEST(thousands_wait_for_one),
        TEST(a_look_that_is_under_way_begins_anew),
        TEST(who_closes_the_last_task_completes_the_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
