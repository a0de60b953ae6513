/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What merged incidents hear once more, late, or in the middle of a parting or closure: no finding
 * is lost, and none leaves twice.
 */
#include "merged_support.h"

/* ---- told once more of what is there already ---- */

static void arrive_in_b(struct world *w, struct arrival_event *again)
{
    struct event event = {.type = EVENT_ARRIVAL,
                          .incident_id = STR("B"),
                          .cause = {.topic = TOPIC_FORWARDED, .at = t(LATER)},
                          .arrival = again};
    assert_int_equal(take(w, &event), DECIDE_OK);
}

/* Of a finding on its way nothing of what it says is lost where it is already. */
static void told_of_anew_it_is_what_was_said_last(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    struct arrival_event *again = arena_zalloc(w->arena, sizeof *again);
    struct finding *f = &again->finding;
    *f = *finding_of(w, "B", "A:F");
    f->order = (struct order){.revision = 9, .time = TIME_NONE};
    f->severity = SEVERITY_HIGH;
    f->title = STR("Anew");
    f->description = STR("Told again.");
    f->status = REPORTED_DUPLICATE;
    f->reason = STR("seen before");
    f->owner = owner("t", "p");
    f->groups = groups(w, "x", "y");
    f->work = KIND_BUG;
    f->sop_change = true;
    f->due_at = t(LATER_STILL);
    f->snoozed_until = t(LATER_STILL);
    f->tracker = (struct tracker){STR("jira"), STR("K-1"), STR_NONE};
    f->action_type = ACTION_PREVENT;
    f->references = groups(w, "r", "s");
    f->duplicate_of = STR("B:G");
    f->accepted_until = t(LATER_STILL);
    f->cause_key = STR("k");
    f->accepted_by = STR("ciso");
    f->labels = labels_of("a", "b");
    arrive_in_b(w, again);
    const struct task *now = task_of(w, "B", "bug/A:F");
    assert_int_equal(now->resolution, RESOLUTION_DUPLICATE);
    assert_str(now->title, "Anew");
    assert_str(now->tracker.key, "K-1");
    assert_str(now->owner.person, "p");
    assert_str(finding_of(w, "B", "A:F")->duplicate_of, "G");
    assert_true(is_open(w, "B", "sop-update/A:F"));
}

static void told_of_anew_it_keeps_what_is_not_said(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "B", 1), "G");
    struct closure_event *e = merged(w, "A", 1, "B");
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, TITLE, title, STR("Dumps"));
    add_inline(w, e, f);
    close_it(w, AT, e);
    struct arrival_event *again = arena_zalloc(w->arena, sizeof *again);
    const struct finding *is = finding_of(w, "B", "A:F");
    again->finding = finding_none;
    again->finding.finding_id = is->finding_id;
    again->finding.origin = is->origin;
    again->finding.passed = is->passed;
    again->finding.order = (struct order){.revision = 9, .time = TIME_NONE};
    again->finding.status = REPORTED_IN_PROGRESS;
    arrive_in_b(w, again);
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_IN_PROGRESS);
    assert_str(task_of(w, "B", "bug/A:F")->title, "Dumps");
}

/* ---- in the middle of a closure ---- */

static void (*visitor)(struct world *w);
static enum stage visited_at;
static const char *visited;

/* Between two parts, in the first gap at this stage. */
static bool visit(struct world *w, const struct event *event)
{
    restart(w, event);
    if (!visitor || incident_of(w, visited)->cursor.stage != visited_at) return true;
    void (*now)(struct world * w) = visitor;
    visitor = NULL;
    now(w);
    return true;
}

static void expect_visit(struct world *w, const char *id, enum stage at,
                         void (*by)(struct world *w))
{
    w->d.step_max = 1;
    w->between = visit;
    visited = id;
    visited_at = at;
    visitor = by;
}

/* B hears of it at once, and once more later. */
static void a_parts(struct world *w)
{
    size_t from = w->d.outputs.n;
    take_closure(w, LATER, merged(w, "A", 2, NULL));
    for (size_t i = from; i < w->d.outputs.n; i++) {
        const struct output *output = &w->d.outputs.items[i];
        if (output->type != OUTPUT_FORWARD || output->forward->type != EVENT_PARTING) continue;
        struct event event = arrived(w, output);
        assert_int_equal(take(w, &event), DECIDE_OK);
    }
}

/* A parts while what has come from C goes home, when its own were passed over already. */
static void parted_while_others_go_home(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    for (int i = 0; i < 2; i++) {
        const char *id = i ? "C" : "A";
        struct closure_event *e = merged(w, id, 1, "B");
        add_lapses(w, e, "F", 4);
        close_it(w, AT, e);
    }
    expect_visit(w, "B", STAGE_MOVE, a_parts);
    take_merge(w, LATER, "C", 2, NULL);
    assert_null(visitor);
    assert_int_equal(incident_of(w, "B")->gone.n, 0);
    assert_int_equal(incident_of(w, "B")->counts.open, 0);
    assert_int_equal(incident_of(w, "A")->counts.open, 4);
    assert_int_equal(incident_of(w, "C")->counts.open, 4);
}

/* A parts while what it had there is put aside with B, which turns out to be none: behind the stage in
 * which it would have gone home. */
static void parted_while_the_other_is_put_aside(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    struct closure_event *e = merged(w, "A", 1, "B");
    add_lapses(w, e, "F", 4);
    close_it(w, AT, e);
    expect_visit(w, "B", STAGE_CLOSE, a_parts);
    close_it(w, LATER, closed_as_test(w, "B", 2));
    assert_null(visitor);
    assert_int_equal(incident_of(w, "B")->gone.n, 0);
    assert_int_equal(incident_of(w, "B")->counts.open, 0);
    assert_int_equal(incident_of(w, "A")->counts.open, 4);
}

static void a_tracker_speaks(struct world *w)
{
    take_task_status(w, LATER, "A", "bug/F-3", 1, REPORTED_IN_PROGRESS);
    assert_int_equal(outputs_n(w), 1);
    assert_int_equal(output_at(w, 0)->warnings.n, 0); /* it is taken, and goes along */
}

static void a_tracker_is_heard_of_what_is_about_to_go(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    struct closure_event *e = closed(w, "A", 1);
    add_lapses(w, e, "F", 4);
    take_closure(w, AT, e);
    expect_visit(w, "A", STAGE_MOVE, a_tracker_speaks);
    take_merge(w, LATER, "A", 2, "B");
    assert_null(visitor);
    assert_int_equal(task_of(w, "B", "bug/A:F-3")->status, STATUS_IN_PROGRESS);
}

static void f_is_told_of(struct world *w)
{
    struct finding_event *f = finding(w, "A", "F", 5);
    SET_FINDING(f, TITLE, title, STR("Anew"));
    take_finding(w, LATER, f);
    deliver(w);
}

/* It is held with its work till the closure comes to it, whatever is told of it before. */
static void told_while_the_other_is_closed_it_keeps_its_work(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    SET_UPDATE(u, TRACKER, tracker, ((struct tracker){STR("jira"), STR("K-1"), STR_NONE}));
    take_update(w, AT, u);
    take_merge(w, AT, "A", 2, "B");
    struct closure_event *e = closed(w, "B", 1);
    add_lapses(w, e, "G", 3);
    expect_visit(w, "B", STAGE_TAKE, f_is_told_of);
    close_it(w, LATER, e);
    assert_null(visitor);
    const struct task *now = task_of(w, "B", "bug/A:F");
    assert_int_equal(now->status, STATUS_IN_PROGRESS);
    assert_str(now->tracker.key, "K-1");
    assert_str(now->title, "Anew");
    assert_str(now->moved_from, "A/bug/F");
}

/* ---- records that no incident of ours would send now, or not any more ---- */

static void part(struct world *w, const char *id, const char *from, struct str_list passed)
{
    struct parting_event parting = {{str_of(from), str_of(id)}, passed};
    struct event event = {.type = EVENT_PARTING, .incident_id = str_of(id), .parting = &parting};
    assert_int_equal(give_event(w, event), DECIDE_OK);
}

static void a_task_that_nobody_knows_is_refused(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "B", 1), "G");
    struct task_update_event *u = task_update(w, "B", "bug/F", 1);
    struct event event = {.type = EVENT_TASK_UPDATE, .incident_id = STR("B"), .task_update = u};
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    u->name = STR_NONE;
    u->origin = (struct origin){STR("B"), STR("F")};
    u->kind = KIND_BUG;
    assert_int_equal(give_event(w, event), DECIDE_REJECT);
    u->origin.incident_id = STR("X");
    assert_int_equal(give_event(w, event), DECIDE_OK);
    assert_news(w, "task-updated B/bug/F to X\n");
    u->origin = (struct origin){STR_NONE, STR_NONE};
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    assert_int_equal(give_event(w, event), DECIDE_REJECT);
    u->name = STR("bug/X:F");
    assert_int_equal(give_event(w, event), DECIDE_REJECT);
}

static void partings_are_told_once_and_apart(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "B", 1);
    add_lapses(w, e, "F", 6);
    close_it(w, AT, e);
    w->d.step_max = 1;
    struct str_list none = {NULL, 0};
    part(w, "B", "X", none);
    assert_int_equal(incident_of(w, "B")->gone.n, 1);
    part(w, "B", "Y", none);
    part(w, "B", "Y", none);
    assert_int_equal(incident_of(w, "B")->gone.n, 2);
    part(w, "B", "Z", list_of(w, 1, (const char *[]){"B"}));
    assert_int_equal(incident_of(w, "B")->gone.n, 2);
    /* Of another one that it was merged into, from where it was merged on. */
    struct parting_event other = {{STR("X"), STR("W")}, none};
    struct event event = {.type = EVENT_PARTING, .incident_id = STR("B"), .parting = &other};
    assert_int_equal(give_event(w, event), DECIDE_OK);
    assert_int_equal(incident_of(w, "B")->gone.n, 3);
    run_until(w, LATER);
    assert_int_equal(incident_of(w, "B")->gone.n, 0);
}

/* What has gone on from here once goes on by itself. */
static void come_once_more_it_does_not_leave_twice(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "H");
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    take_merge(w, LATER, "B", 2, "C");
    int64_t version = task_of(w, "B", "bug/A:F")->version;
    struct arrival_event again = {.finding = *finding_of(w, "C", "A:F")};
    again.finding.passed = list_of(w, 1, (const char *[]){"A"});
    again.finding.moved_to = STR("X"); /* which no worker says */
    struct event event = {.type = EVENT_ARRIVAL, .incident_id = STR("B"), .arrival = &again};
    assert_int_equal(give_event(w, event), DECIDE_OK);
    assert_news(w, "finding A:F to C\n");
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->version, version);
    assert_true(is_open(w, "C", "bug/A:F"));
}

/* What comes late from before its second life begins no life anew. */
static void an_older_life_that_comes_late_counts_on(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    size_t sent = w->d.outputs.n;
    while (w->d.outputs.items[sent - 1].type != OUTPUT_FORWARD ||
           w->d.outputs.items[sent - 1].forward->type != EVENT_ARRIVAL)
        sent--;
    deliver(w);
    for (int64_t revision = 1; revision < 3; revision++) {
        take_task_status(w, LATER, "B", "bug/A:F", revision,
                         revision == 1 ? REPORTED_VERIFIED : REPORTED_OPEN);
    }
    take_merge(w, LATER, "B", 2, "C");
    take_closure(w, LATER, merged(w, "B", 3, NULL));
    struct event event = arrived(w, &w->d.outputs.items[sent - 1]);
    assert_int_equal(give_event(w, event), DECIDE_OK);
    assert_int_equal(task_of(w, "B", "bug/A:F")->occurrence, 2);
    assert_true(is_open(w, "B", "bug/A:F"));
}

static void nothing_goes_on_where_there_is_nothing(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    struct forgotten_event nobody = {STR_NONE, STR_NONE};
    struct event event = {.type = EVENT_FORGOTTEN, .incident_id = STR("B"), .forgotten = &nobody};
    assert_int_equal(give_event(w, event), DECIDE_OK);
    assert_news(w, "");
    event.incident_id = STR("Z"); /* which nobody has heard of */
    assert_int_equal(give_event(w, event), DECIDE_OK);
    assert_news(w, "");
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(told_of_anew_it_is_what_was_said_last),
        IN_WORLD(told_of_anew_it_keeps_what_is_not_said),
        IN_WORLD(parted_while_others_go_home),
        IN_WORLD(parted_while_the_other_is_put_aside),
        IN_WORLD(a_tracker_is_heard_of_what_is_about_to_go),
        IN_WORLD(told_while_the_other_is_closed_it_keeps_its_work),
        IN_WORLD(a_task_that_nobody_knows_is_refused),
        IN_WORLD(partings_are_told_once_and_apart),
        IN_WORLD(come_once_more_it_does_not_leave_twice),
        IN_WORLD(an_older_life_that_comes_late_counts_on),
        IN_WORLD(nothing_goes_on_where_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
