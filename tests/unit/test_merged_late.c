/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What merged incidents say to each other, where it comes late: the finding was forgotten where it is
 * sent to, or the incident is past its retention, merged on, none, or was never heard of. Nothing may
 * end the worker, for the record would come again for ever; and where it can, it goes on.
 */
#include "merged_support.h"

/* ---- records, by their bytes ---- */

/* A record for `to`; its value with ' for ". */
static struct event record_of(struct world *w, const char *kind, const char *to, const char *value)
{
    static const struct limits limits = LIMITS_DEFAULT;
    struct decoder decoder = {.policy = &w->policy, .limits = &limits};
    for (int topic = 1; topic < topic_end; topic++) decoder.topic_names[topic] = topic_name(topic);
    const struct header headers[] = {
        {STR("epilogue-kind"), str_of(kind)},
        {STR("epilogue-topic"), STR("incident-closed")},
        {STR("epilogue-partition"), STR("0")},
        {STR("epilogue-offset"), arena_printf(w->arena, "%lld", (long long)w->offset++)}};
    struct str text = arena_printf(w->arena, "{'incident_id':'%s',%s}", to, value);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\'') ((char *)(uintptr_t)text.p)[i] = '"';
    const struct record record = {.topic = TOPIC_FORWARDED,
                                  .timestamp = w->now,
                                  .key = str_of(to),
                                  .value = text,
                                  .headers = arena_copy(w->arena, headers, sizeof headers),
                                  .headers_n = 4};
    struct event event;
    struct refused refused;
    if (!decode_record(&decoder, w->arena, &record, w->now, &event, &refused))
        fail_msg("refused: %.*s", STR_ARG(refused.detail));
    return event;
}

static enum decide_result give(struct world *w, const char *kind, const char *to, const char *value)
{
    struct event event = record_of(w, kind, to, value);
    w->seen = w->d.outputs.n;
    return take(w, &event);
}

#define ORIGIN "'origin':{'incident_id':'A','finding_id':'F'},'passed':['A']"
#define TOLD "'finding_id':'A:F'," ORIGIN ",'title':'Late','severity':'low'"
#define TOLD_DUPLICATE TOLD ",'status':'duplicate','duplicate_of':'A:E'"
#define TRACKED "'task_id':'A/bug/F'," ORIGIN ",'kind':'bug','status':'in-progress'"
#define TRACKED_SOP "'task_id':'A/sop-update/F'," ORIGIN ",'kind':'sop-update','status':'resolved'"

#define TIMES                                                                                    \
    "'created_at':1793610000000,'updated_at':1793610000000,'touched_at':1793610000000,"          \
    "'assign_due_at':1793620000000,'due_at':1793630000000,'clock_start':1793610000000,'overdue_" \
    "from':1793610000000,'priority':'P2','severity':'high','occurrence':1,'version':1,'moved_"   \
    "from':'A/bug/F'"

/* ---- where it is sent to ---- */

static void never_heard_of(struct world *w)
{
    (void)w;
}

static void not_closed(struct world *w)
{
    take_finding(w, AT, lapse(w, "B", "G", 1));
}

static void followed_up(struct world *w)
{
    close_with(w, closed(w, "B", 1), "G");
}

static void completed(struct world *w)
{
    take_closure(w, AT, closed(w, "B", 1));
}

static void retired(struct world *w)
{
    w->policy.retention = days(10);
    completed(w);
    run_until(w, "2026-12-20");
    assert_int_equal(incident_of(w, "B")->retired, 1);
}

/* The tick that deletes its past has yet to come. */
static void to_be_retired(struct world *w)
{
    w->policy.retention = days(10);
    completed(w);
    w->now = t("2026-12-20");
    assert_int_equal(incident_of(w, "B")->retired, 0);
}

static void none(struct world *w)
{
    struct closure_event *e = closed(w, "B", 1);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    close_with(w, e, "G");
}

static void merged_on(struct world *w)
{
    close_with(w, closed(w, "C", 1), "H");
    close_with(w, merged(w, "B", 1, "C"), "G");
}

static void merged_on_and_retired(struct world *w)
{
    w->policy.retention = days(10);
    merged_on(w);
    run_until(w, "2026-12-20");
    assert_int_equal(incident_of(w, "B")->retired, 1);
}

/* It was there, and is deleted with all of it. */
static void forgotten_by_retention(struct world *w)
{
    w->policy.retention = days(10);
    completed(w);
    close_with(w, merged(w, "A", 1, "B"), "F");
    take_task_status(w, LATER, "B", "bug/A:F", 1, REPORTED_VERIFIED);
    run_until(w, "2026-12-20");
    assert_int_equal(incident_of(w, "B")->retired, incident_of(w, "B")->occurrence);
    assert_false(is_stored(w, STR("B|f|A:F")));
}

static void (*const places[])(struct world *w) = {
    never_heard_of,
    not_closed,
    followed_up,
    completed,
    retired,
    none,
    merged_on,
    to_be_retired,
    merged_on_and_retired,
    forgotten_by_retention,
};
#define PLACES (sizeof places / sizeof *places)

/* ---- whatever comes, wherever it comes to ---- */

static void any_record_is_taken_anywhere(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *value;
    } records[] = {
        {"finding-updated", TOLD},
        {"finding-updated", TOLD_DUPLICATE},
        {"task-updated", TRACKED},
        {"task-updated", TRACKED_SOP},
        {"parting", "'from':'A','into':'B','passed':['A']"},
        {"parting", "'from':'X','into':'A','passed':['X','A']"},
        {"merge", "'passed':['A'],'severity':'critical','data_breach':'true'"},
        {"merge", "'passed':['A','B']"},
        {"merge", "'circle':['B','C']"},
        {"forgotten", "'passed':[]"},
        {"facts", "'passed':['A'],'severity':'high','lists':{'takeaways':['Late']}"},
        {"facts", "'passed':['A','B'],'data_breach':'true','full':true"},
        {"finding", ORIGIN ",'finding':{'title':'T','duplicate_of':'A:E','status':'duplicate'}"},
        {"finding", ORIGIN
         ",'finding':{'title':'T','carried':[{'kind':'bug','status':'open'," TIMES
         "},{'kind':'sop-update','status':'resolved','resolved_at':1793610000000," TIMES "}]}"},
    };
    for (size_t place = 0; place < PLACES; place++) {
        for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
            for (size_t then = 0; then < sizeof records / sizeof *records; then++) {
                struct world *w = world_new();
                taken = 0;
                places[place](w);
                give(w, records[i].kind, "B", records[i].value);
                give(w, records[then].kind, "B", records[then].value);
                deliver(w);
                run_until_ms(w, w->now + 30 * DAY_MS);
                world_free(w);
            }
        }
    }
}

/* ---- where it goes on to ---- */

static void a_finding_that_is_not_known_goes_home(void **state)
{
    (void)state;
    static void (*const closed_places[])(struct world *) = {
        followed_up, completed, retired, forgotten_by_retention, none, to_be_retired};
    for (size_t i = 0; i < sizeof closed_places / sizeof *closed_places; i++) {
        struct world *w = world_new();
        taken = 0;
        closed_places[i](w);
        deliver(w);
        assert_int_equal(give(w, "finding-updated", "B", TOLD), DECIDE_OK);
        assert_news(w, "finding-updated F to A\n");
        assert_int_equal(give(w, "task-updated", "B", TRACKED), DECIDE_OK);
        assert_news(w, "task-updated A/bug/F to A\n");
        deliver(w);
        world_free(w);
    }
}

static void or_on_with_the_merge(void **state)
{
    (void)state;
    static void (*const merged_places[])(struct world *) = {merged_on, merged_on_and_retired};
    for (size_t i = 0; i < 2; i++) {
        struct world *w = world_new();
        taken = 0;
        merged_places[i](w);
        assert_int_equal(give(w, "finding-updated", "B", TOLD), DECIDE_OK);
        assert_news(w, "finding-updated A:F to C\n");
        assert_int_equal(give(w, "task-updated", "B", TRACKED), DECIDE_OK);
        assert_news(w, "task-updated A/bug/F to C\n");
        deliver(w);
        world_free(w);
    }
}

/* Of two incidents that are merged into each other by now it does not go from one to the other for ever. */
static void but_not_where_it_has_been(void **state)
{
    struct world *w = *state;
    merged_on(w);
    assert_int_equal(give(w, "finding-updated", "B",
                          "'finding_id':'A:F','origin':{'incident_id':'A','finding_id':'F'},"
                          "'passed':['A','C'],'title':'Late'"),
                     DECIDE_OK);
    assert_news(w, "finding-updated F to A\n");
    assert_int_equal(give(w, "task-updated", "B",
                          "'task_id':'A/bug/F','origin':{'incident_id':'A','finding_id':'F'},"
                          "'passed':['A','C'],'kind':'bug','status':'blocked'"),
                     DECIDE_OK);
    assert_news(w, "task-updated A/bug/F to A\n");
    deliver(w);
}

/* The same from end to end: told of where it began, and deleted where it went to. */
static void told_of_after_the_other_incident_has_forgotten_it(void **state)
{
    struct world *w = *state;
    forgotten_by_retention(w);
    struct finding_event *told = finding(w, "A", "F", 7);
    SET_FINDING(told, TITLE, title, STR("Late"));
    take_finding(w, "2026-12-21", told);
    take_task_status(w, "2026-12-21", "A", "bug/F", 7, REPORTED_OPEN);
    deliver(w);
    /* It stays known at home, from where it goes on if they part. */
    assert_str(finding_of(w, "A", "F")->title, "Late");
    take_merge(w, "2026-12-22", "A", 2, NULL);
    assert_null(finding_of(w, "A", "F")->moved_to.p);
}

/* ---- duplicates of what may not be known where they are held ---- */

static void say_duplicate(struct world *w, const char *other, int64_t revision)
{
    struct finding_event *told = finding(w, "A", "F", revision);
    SET_FINDING(told, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(told, DUPLICATE_OF, duplicate_of, str_of(other));
    take_finding(w, LATER, told);
    deliver(w);
}

/* F and E of A have tasks, which go along to B, and wait there. */
static void wait_with_tasks(struct world *w)
{
    struct closure_event *e = closed(w, "A", 1);
    add_inline(w, e, lapse(w, "A", "E", -1));
    close_with(w, e, "F");
    take_merge(w, AT, "A", 2, "B");
    assert_int_equal(finding_of(w, "B", "A:F")->carried.n, 1);
}

static void held_with_its_task_it_becomes_a_duplicate(void **state)
{
    struct world *w = *state;
    wait_with_tasks(w);
    say_duplicate(w, "E", 5);
    assert_int_equal(finding_of(w, "B", "A:F")->carried.items[0].status, STATUS_OPEN);
    take_closure(w, LATER, closed(w, "B", 1));
    const struct task *task = task_of(w, "B", "bug/A:F");
    assert_int_equal(task->resolution, RESOLUTION_DUPLICATE);
    assert_str(task->reason, "duplicate of B/bug/A:E");
    assert_true(is_open(w, "B", "bug/A:E"));
}

static void of_one_that_is_not_known_it_stays_open(void **state)
{
    struct world *w = *state;
    wait_with_tasks(w);
    say_duplicate(w, "X", 5);
    say_duplicate(w, "Y", 6);
    take_closure(w, LATER, closed(w, "B", 1));
    assert_true(is_open(w, "B", "bug/A:F"));
    assert_null(task_of(w, "B", "bug/A:F")->reason.p);
    assert_int_equal(finding_of(w, "B", "A:F")->doubt, DOUBT_UNKNOWN);
}

/* What its tracker makes of it there is as it would be while it is in doubt: when it counts it is a duplicate,
 * and else what its tracker said last. */
static void a_duplicate_that_is_held_is_worked_on(void **state)
{
    for (int is_known = 0; is_known < 2; is_known++) {
        if (is_known) world_teardown(state);
        if (is_known) setup(state);
        struct world *w = *state;
        wait_with_tasks(w);
        say_duplicate(w, is_known ? "E" : "X", 5);
        take_task_status(w, LATER, "A", "bug/F", 1, REPORTED_VERIFIED);
        deliver(w);
        assert_int_equal(finding_of(w, "B", "A:F")->carried.items[0].status, STATUS_CLOSED);
        if (!is_known) take_task_status(w, LATER, "A", "bug/F", 2, REPORTED_BLOCKED);
        deliver(w);
        take_closure(w, LATER, closed(w, "B", 1));
        const struct task *task = task_of(w, "B", "bug/A:F");
        if (is_known)
            assert_int_equal(task->resolution, RESOLUTION_DUPLICATE);
        else
            assert_int_equal(task->status, STATUS_BLOCKED);
    }
}

/* It was one before, and its task is closed; while it is held it is said to be one of another. */
static void a_duplicate_that_is_held_names_another(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    take_finding(w, AT, lapse(w, "A", "E", 1));
    say_duplicate(w, "E", 5);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DUPLICATE);
    take_merge(w, LATER, "A", 2, "B");
    say_duplicate(w, "X", 6);
    take_closure(w, LATER, closed(w, "B", 1));
    assert_true(is_open(w, "B", "bug/A:F"));
    assert_int_equal(finding_of(w, "B", "A:F")->doubt, DOUBT_UNKNOWN);
}

/* One that was closed as a duplicate, held, and said to be one of the same: so it stays closed. */
static void a_duplicate_that_is_held_names_the_same(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    add_inline(w, e, lapse(w, "A", "E", -1));
    close_with(w, e, "F");
    say_duplicate(w, "E", 5);
    take_merge(w, LATER, "A", 2, "B");
    say_duplicate(w, "E", 6);
    take_task_status(w, LATER, "A", "bug/F", 1, REPORTED_OPEN);
    deliver(w);
    assert_int_equal(finding_of(w, "B", "A:F")->carried.items[0].resolution, RESOLUTION_DUPLICATE);
    take_closure(w, LATER, closed(w, "B", 1));
    const struct task *task = task_of(w, "B", "bug/A:F");
    assert_int_equal(task->resolution, RESOLUTION_DUPLICATE);
    assert_int_equal(task->occurrence, 1);
    assert_int_equal(finding_of(w, "B", "A:F")->doubt, DOUBT_NONE);
    assert_true(is_open(w, "B", "bug/A:E"));
}

/* Its incident is none: what is held there is told of by its own topic, too. */
static void a_duplicate_is_held_where_there_is_no_incident(void **state)
{
    struct world *w = *state;
    none(w);
    close_with(w, closed(w, "A", 1), "F");
    take_merge(w, AT, "A", 2, "B");
    say_duplicate(w, "X", 5);
    close_it(w, LATER, closed(w, "B", 2));
    struct closure_event *e = closed(w, "B", 3);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    close_it(w, LATER, e);
    assert_true(is_open(w, "B", "bug/A:F"));
}

/* By a policy that has other work for it only its change of the procedures goes along. */
static void a_duplicate_comes_without_its_work(void **state)
{
    struct world *w = *state;
    followed_up(w);
    assert_int_equal(give(w, "finding", "B",
                          ORIGIN ",'finding':{'status':'duplicate','duplicate_of':'A:X','carried':"
                                 "[{'kind':'sop-update','status':'closed','resolution':'done','"
                                 "closed_at':1793610000000," TIMES "}]}"),
                     DECIDE_OK);
    assert_int_equal(finding_of(w, "B", "A:F")->doubt, DOUBT_UNKNOWN);
    assert_true(is_open(w, "B", "register-entry/A:F"));
}

/* ---- what no record says ---- */

/* An event that no record makes: it says whose the finding is, but not by which way it has come. */
static void its_origin_says_which_one_it_is(void **state)
{
    struct world *w = *state;
    followed_up(w);
    struct finding_event *told = finding(w, "B", "A:F", 5);
    told->finding.origin = (struct origin){STR("A"), STR("F")};
    struct event event = {.type = EVENT_FINDING,
                          .incident_id = STR("B"),
                          .cause = {.topic = TOPIC_FORWARDED, .at = w->now},
                          .finding = told};
    w->seen = w->d.outputs.n;
    assert_int_equal(take(w, &event), DECIDE_OK);
    assert_news(w, "finding-updated F to A\n");
}

/* Where it was a guest it is told of a duplicate that has never been there. */
static void told_where_it_was_a_guest_it_is_a_duplicate(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    close_with(w, closed(w, "A", 1), "F");
    take_merge(w, AT, "A", 2, "B");
    take_merge(w, AT, "A", 3, NULL);
    take_finding(w, AT, lapse(w, "A", "G", 1));
    take_finding(w, LATER, duplicate(w, "B", "A:F", 2, "A:G"));
    deliver(w);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DUPLICATE);
    assert_false(task_of(w, "A", "bug/F")->moved_to.p);
    assert_str(finding_of(w, "A", "F")->duplicate_of, "G");
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_record_is_taken_anywhere),
        cmocka_unit_test(a_finding_that_is_not_known_goes_home),
        cmocka_unit_test(or_on_with_the_merge),
        IN_WORLD(but_not_where_it_has_been),
        IN_WORLD(told_of_after_the_other_incident_has_forgotten_it),
        IN_WORLD(held_with_its_task_it_becomes_a_duplicate),
        IN_WORLD(of_one_that_is_not_known_it_stays_open),
        IN_WORLD(a_duplicate_that_is_held_is_worked_on),
        IN_WORLD(a_duplicate_that_is_held_names_another),
        IN_WORLD(a_duplicate_that_is_held_names_the_same),
        IN_WORLD(a_duplicate_is_held_where_there_is_no_incident),
        IN_WORLD(a_duplicate_comes_without_its_work),
        IN_WORLD(its_origin_says_which_one_it_is),
        IN_WORLD(told_where_it_was_a_guest_it_is_a_duplicate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
