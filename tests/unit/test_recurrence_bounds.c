/* SPDX-License-Identifier: Apache-2.0 */
/* The entry of a cause: how much it knows, for how long, and which of two records about one finding
 * counts. */
#include "core/cause.h"
#include "core/recurrence.h"
#include "recurrence_support.h"

static const struct cause_state *cause_of(struct world *w, const char *name)
{
    struct str key = cause_key_of(w, name);
    for (size_t i = 0; i < w->store_n; i++)
        if (str_eq(w->store[i].key, key)) return w->store[i].body;
    return NULL;
}

static struct seen seen(const char *incident_id, const char *finding_id, int64_t tellings)
{
    return (struct seen){.incident_id = str_of(incident_id),
                         .origin = {STR("A"), str_of(finding_id)},
                         .name = STR("bug/x"),
                         .priority = PRIORITY_P3,
                         .status = STATUS_OPEN,
                         .due_at = TIME_NONE,
                         .closed_at = TIME_NONE,
                         .snoozed_until = TIME_NONE,
                         .since = TIME_NONE,
                         .tellings = tellings};
}

static void say(struct world *w, enum telling what, struct seen finding)
{
    struct recurrence_event *told = ARENA_NEW(w->arena, struct recurrence_event);
    if (finding.since == TIME_NONE) finding.since = w->now;
    *told = (struct recurrence_event){STR("k"), what, finding};
    if (what >= TELLING_GONE) told->finding.name = STR_NONE;
    assert_int_equal(give_event(w, (struct event){.type = EVENT_RECURRENCE,
                                                  .incident_id = cause_key_of(w, "k"),
                                                  .recurrence = told}),
                     DECIDE_OK);
}

/* Of what two shards say of one finding the later counts, in whichever order it comes. */
static void a_finding_that_goes_on(void **state)
{
    struct world *w = *state;
    w->now = t(AT);
    say(w, TELLING_NEW, seen("A", "F", 1));
    say(w, TELLING_CHANGED, seen("M", "F", 3));
    say(w, TELLING_GONE, seen("A", "F", 2)); /* late */
    assert_int_equal(cause_of(w, "k")->findings.n, 1);
    assert_str(cause_of(w, "k")->findings.items[0].incident_id, "M");
    assert_str(cause_of(w, "k")->findings.items[0].name, "bug/x");
    say(w, TELLING_CHANGED, seen("M", "F", 3)); /* twice */
    say(w, TELLING_GONE, seen("M", "F", 4));
    assert_false(cause_of(w, "k")->findings.items[0].name.p);
    say(w, TELLING_FORGOTTEN, seen("M", "F", 5));
    assert_null(cause_of(w, "k"));
    say(w, TELLING_GONE, seen("M", "F", 6)); /* of one that is not known */
    assert_null(cause_of(w, "k"));
    assert_int_equal(outputs_n(w), 0);
}

static void of_one_incident_the_last_four(void **state)
{
    struct world *w = *state;
    w->now = t(AT);
    say(w, TELLING_NEW, seen("B", "B", 1));
    for (int i = 0; i < 10000; i++)
        say(w, TELLING_NEW, seen("A", arena_printf(w->arena, "F-%d", i).p, 1));
    const struct cause_state *cause = cause_of(w, "k");
    assert_int_equal(cause->findings.n, 5);
    assert_int_equal(cause->incidents, 2);
    assert_str(cause->findings.items[1].origin.finding_id, "F-9996");
    /* The first of them alone was news: to it, and to the one that was there. */
    size_t answers = 0;
    for (size_t i = 0; i < w->d.outputs.n; i++)
        answers += w->d.outputs.items[i].forward->type == EVENT_RECURRED;
    assert_int_equal(answers, 2);
    /* What had to go and tells of itself again is no news either. */
    say(w, TELLING_CHANGED, seen("A", "F-0", 2));
    assert_int_equal(outputs_n(w), 0);
    assert_int_equal(cause_of(w, "k")->incidents, 2);
}

static void of_all_the_last(void **state)
{
    struct world *w = *state;
    w->now = t(AT);
    for (int i = 0; i < 100; i++) {
        struct str id = arena_printf(w->arena, "I-%d", i);
        struct seen one = seen(id.p, id.p, 1);
        say(w, TELLING_NEW, one);
        /* One that is told, and all that are open of those that are known. */
        size_t known = i < CAUSE_FINDINGS_MAX ? (size_t)i : CAUSE_FINDINGS_MAX - 1;
        assert_int_equal(outputs_n(w), known ? 1 + known : 0);
    }
    const struct cause_state *cause = cause_of(w, "k");
    assert_int_equal(cause->findings.n, CAUSE_FINDINGS_MAX);
    assert_int_equal(cause->incidents, 100);
    assert_str(cause->findings.items[CAUSE_FINDINGS_MAX - 1].incident_id, "I-99");
}

static void only_within(void **state)
{
    struct world *w = *state;
    come(w, "2026-03-01T00:00:00Z", "A", "k");
    /* As long as one of them counts, the entry stays; what is over does not count. */
    come(w, "2026-12-01T00:00:00Z", "B", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: A/bug/F=open\n");
    come(w, "2027-03-01T00:00:00Z", "C", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 3: B/bug/F=open\n");
    run_until(w, "2028-02-28T23:59:59Z");
    assert_non_null(cause_of(w, "k"));
    run_until(w, "2028-02-29T00:00:00Z");
    assert_null(cause_of(w, "k"));
}

static void opened_again_it_counts_from_then_on(void **state)
{
    struct world *w = *state;
    come(w, "2026-03-01T00:00:00Z", "A", "k");
    take_task_status(w, "2026-03-02T00:00:00Z", "A", "bug/F", 1, REPORTED_VERIFIED);
    deliver(w);
    assert_time(cause_of(w, "k")->findings.items[0].since, "2026-03-01T00:00:00Z");
    take_task_status(w, "2026-04-01T00:00:00Z", "A", "bug/F", 2, REPORTED_OPEN);
    deliver(w);
    assert_time(cause_of(w, "k")->findings.items[0].since, "2026-04-01T00:00:00Z");
    /* A policy that lets it count for longer is asked when the time has come. */
    struct event tick = {.type = EVENT_TICK, .tick_key = cause_key_of(w, "k")};
    tick.cause.at = w->now;
    assert_int_equal(take(w, &tick), DECIDE_OK);
    assert_non_null(cause_of(w, "k"));
}

/* What tells of itself when its time is over does not come once more. */
static void over_it_is_over(void **state)
{
    struct world *w = *state;
    w->policy.recurrence.within = days(30);
    come(w, "2026-03-01T00:00:00Z", "A", "k");
    run_until(w, "2026-04-01T00:00:00Z");
    assert_null(cause_of(w, "k"));
    take_task_status(w, "2026-04-02T00:00:00Z", "A", "bug/F", 1, REPORTED_VERIFIED);
    ASSERT_LINES(w, "changed", "changed k of A\n");
    deliver(w);
    assert_null(cause_of(w, "k"));
    come(w, "2026-04-03T00:00:00Z", "B", "k");
    ASSERT_LINES(w, "recurred", "");
    take_task_status(w, "2026-04-04T00:00:00Z", "A", "bug/F", 2, REPORTED_OPEN);
    deliver(w);
    assert_int_equal(cause_of(w, "k")->findings.n, 2);
}

static void no_more_causes_than_sixteen(void **state)
{
    struct world *w = *state;
    struct str names[20];
    for (size_t i = 0; i < 20; i++) names[i] = arena_printf(w->arena, "R-%zu", i);
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, REFERENCES, references, ((struct str_list){names, 20}));
    add_inline(w, e, f);
    take_closure(w, AT, e);
    assert_int_equal(finding_of(w, "A", "F")->causes.n, RECURRENCE_CAUSES_MAX);
}

static void a_few_are_remembered(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 12; i++) {
        const char *id = arena_printf(w->arena, "I-%02d", i).p;
        come(w, AT, id, "k");
        if (i % 2) continue;
        take_task_status(w, AT, id, "bug/F", 1, REPORTED_VERIFIED);
        deliver(w);
    }
    const struct seen_list *before = &finding_of(w, "I-11", "F")->seen_before;
    assert_int_equal(before->n, RECURRENCE_SEEN_MAX);
    assert_str(before->items[0].incident_id, "I-09"); /* the last that is open */
    assert_str(before->items[5].incident_id, "I-10"); /* the last that is not */
    /* By another cause some of them once more, and one that was not known. */
    come(w, AT, "L", "l");
    struct finding_event *f = finding(w, "I-11", "F", 1);
    SET_FINDING(f, CAUSE_KEY, cause_key, STR("l"));
    take_finding(w, AT, f);
    deliver(w);
    before = &finding_of(w, "I-11", "F")->seen_before;
    assert_int_equal(before->n, RECURRENCE_SEEN_MAX);
    assert_str(before->items[0].incident_id, "L");
    assert_str(before->items[1].incident_id, "I-09");
}

static void a_key_is_short_and_the_same_for_one_cause(void **state)
{
    struct world *w = *state;
    struct arena *a = w->arena;
    assert_false(state_cause_name(a, STR(" \t\n ")).p);
    assert_str(state_cause_name(a, STR(" a\t\r b  ")), "a b");
    assert_str(state_cause_name(a, STR("\xc3\xa9t\xc3\xa9")), "\xc3\xa9t\xc3\xa9");
    assert_str(cause_key_of(w, "CVE-2026-1 | x"), "$cause/cve-2026-1 %7C x");
    char text[1000];
    memset(text, 'A', sizeof text);
    struct str one = state_cause_name(a, (struct str){text, 1000});
    struct str other = state_cause_name(a, (struct str){text, 999});
    assert_int_equal(one.n, 256);
    assert_int_equal(other.n, 256);
    assert_false(str_eq(one, other));
    assert_true(str_eq(state_cause_name(a, one), one));
    memset(text, 'a', sizeof text);
    assert_true(str_eq(state_cause_key(a, one),
                       state_cause_key(a, state_cause_name(a, (struct str){text, 1000}))));
    assert_int_equal(state_cause_name(a, (struct str){text, 256}).p[255], 'a');
}

/* Whatever the number of a part's entries is, what is told is the same, in the same order. */
static void the_same_in_parts(void **state)
{
    (void)state;
    struct str told[2];
    struct world *worlds[2];
    for (int i = 0; i < 2; i++) {
        struct world *w = worlds[i] = world_new();
        taken = 0;
        w->d.step_max = i ? 1 : 1000;
        struct closure_event *e = closed(w, "A", 1);
        for (int n = 0; n < 5; n++)
            add_inline(w, e, caused(w, "A", arena_printf(w->arena, "F%d", n).p, -1, "k"));
        struct finding_event *f = duplicate(w, "A", "D", -1, "F1");
        SET_FINDING(f, CAUSE_KEY, cause_key, STR("d"));
        add_inline(w, e, f);
        take_closure(w, AT, e);
        told[i] = news(w);
        take_closure(w, LATER, closed_as_test(w, "A", 2));
        told[i] = arena_printf(w->arena, "%.*s%.*s", STR_ARG(told[i]), STR_ARG(news(w)));
    }
    assert_true(str_eq(told[0], told[1]));
    assert_non_null(strstr(told[0].p, "new k of A"));
    assert_non_null(strstr(told[0].p, "gone k of A"));
    assert_null(strstr(told[0].p, "new d of A"));
    world_free(worlds[0]);
    world_free(worlds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
        TEST(a_finding_that_goes_on),
        TEST(of_one_incident_the_last_four),
        TEST(of_all_the_last),
        TEST(only_within),
        TEST(opened_again_it_counts_from_then_on),
        TEST(over_it_is_over),
        TEST(no_more_causes_than_sixteen),
        TEST(a_few_are_remembered),
        TEST(a_key_is_short_and_the_same_for_one_cause),
        TEST(the_same_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
