/* SPDX-License-Identifier: Apache-2.0 */
/* Records of one time: what is new counts once, a replay never, and there is an end to it. */
#include "core_incident.h"

/* The order of a record without a revision, by a number for what it says. */
static struct order said(struct world *w, const char *at, int what)
{
    struct str *hash = ARENA_NEW(w->arena, struct str);
    *hash = arena_printf(w->arena, "%016x", (unsigned)what);
    return (struct order){.revision = -1, .time = t(at), .taken = {hash, 1}};
}

static struct finding_event *titled(struct world *w, int what)
{
    struct finding_event *f = technical(w, "F-1", -1);
    f->finding.order = said(w, NOON, what);
    SET_FINDING(f, TITLE, title, arena_printf(w->arena, "Title %d", what));
    return f;
}

static struct task_update_event *tracked(struct world *w, int what)
{
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", -1);
    u->order = said(w, NOON, what);
    SET_UPDATE(u, TRACKER, tracker,
               ((struct tracker){.key = arena_printf(w->arena, "K-%d", what)}));
    return u;
}

static struct closure_event *named(struct world *w, int what)
{
    struct closure_event *e = closure(w, "INC-1", -1);
    complete_closure(w, e);
    e->incident.order = said(w, NOON, what);
    SET_CLOSURE(e, TITLE, title, arena_printf(w->arena, "Incident %d", what));
    return e;
}

static void a_replay_changes_nothing(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, named(w, 1));
    take_closure(w, NOON, named(w, 2));
    assert_str(incident_of(w, "INC-1")->title, "Incident 2");
    for (int what = 1; what <= 3; what++) take_finding(w, NOON, titled(w, what));
    for (int what = 1; what <= 3; what++) take_update(w, NOON, tracked(w, what));
    const struct task *task = task_of(w, "INC-1", "bug/F-1");
    assert_str(task->title, "Title 3");
    assert_str(task->tracker.key, "K-3");
    size_t before = w->d.outputs.n;
    for (int what = 1; what <= 3; what++) {
        if (what < 3) take_closure(w, LATER, named(w, what));
        take_finding(w, LATER, titled(w, what));
        take_update(w, LATER, tracked(w, what));
    }
    assert_int_equal(w->d.outputs.n, before);
    /* It is its time that makes it late, when another one is the last. */
    struct finding_event *f = titled(w, 4);
    f->finding.order = said(w, LATER, 4);
    take_finding(w, LATER, f);
    take_finding(w, LATER, titled(w, 5));
    assert_str(task_of(w, "INC-1", "bug/F-1")->title, "Title 4");
}

static void assert_crowded(struct world *w, struct event event)
{
    size_t before = w->d.outputs.n;
    event.incident_id = STR("INC-1");
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    assert_int_equal(w->d.refused.code, REFUSE_BAD_TIME);
    assert_str(w->d.refused.detail, "updated_at: too many different records of this time; send a "
                                    "revision or a later time");
    assert_str(w->d.refused.incident_id, "INC-1");
    assert_int_equal(w->d.outputs.n, before);
}

static void the_ninth_is_refused(void **state)
{
    struct world *w = *state;
    for (int what = 1; what <= 8; what++) take_closure(w, NOON, named(w, what));
    for (int what = 1; what <= 8; what++) take_finding(w, NOON, titled(w, what));
    for (int what = 1; what <= 8; what++) take_update(w, NOON, tracked(w, what));
    assert_crowded(w, (struct event){.type = EVENT_CLOSURE, .closure = named(w, 9)});
    assert_crowded(w, (struct event){.type = EVENT_FINDING, .finding = titled(w, 9)});
    assert_crowded(w, (struct event){.type = EVENT_TASK_UPDATE, .task_update = tracked(w, 9)});
    /* All of it once more is a replay. */
    size_t before = w->d.outputs.n;
    for (int what = 1; what <= 8; what++) {
        take_closure(w, LATER, named(w, what));
        take_finding(w, LATER, titled(w, what));
        take_update(w, LATER, tracked(w, what));
    }
    assert_int_equal(w->d.outputs.n, before);
    /* What tells itself by a revision is taken. */
    struct finding_event *f = titled(w, 9);
    f->finding.order.revision = 1;
    take_finding(w, LATER, f);
    assert_str(task_of(w, "INC-1", "bug/F-1")->title, "Title 9");
}

static struct closure_event *closure_with(struct world *w, int what)
{
    struct closure_event *e = named(w, what);
    add_inline(w, e, titled(w, what));
    return e;
}

static void the_ninth_inside_a_closure_is_warned_of(void **state)
{
    struct world *w = *state;
    for (int what = 1; what <= 9; what++) {
        struct closure_event *e = closure_with(w, what);
        e->incident.order.revision = what;
        take_closure(w, NOON, e);
    }
    assert_str(task_of(w, "INC-1", "bug/F-1")->title, "Title 8");
    assert_str(incident_of(w, "INC-1")->title, "Incident 9");
    assert_int_equal(outputs_n(w), 2);
    const struct warnings *warnings = &output_at(w, 1)->warnings;
    assert_int_equal(warnings->n, 1);
    assert_str(warnings->items[0].member, "findings[F-1].updated_at");
    assert_str(warnings->items[0].value, "2026-11-20T12:00:00.000Z");
    assert_str(warnings->items[0].taken_as, "not taken: too many records of this time");
    /* One that its own topic has told of is no closure's to tell of. */
    take_finding(w, LATER, technical(w, "F-1", -1));
    struct closure_event *e = closure_with(w, 10);
    e->incident.order.revision = 10;
    take_closure(w, LATER, e);
    assert_news(w, "updated/10 light 1/0\n");
}

/* A closure in parts, and an older one of the same time between them: that is a replay. */
static bool replay(struct world *w, const struct event *event)
{
    (void)event;
    w->between = NULL;
    size_t before = w->d.outputs.n;
    take_closure(w, NOON, closure_with(w, 1));
    assert_int_equal(w->d.outputs.n, before);
    return true;
}

static void a_replay_between_two_parts_changes_nothing(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure_with(w, 1));
    w->d.step_max = 1;
    w->between = replay;
    struct closure_event *e = closure_with(w, 2);
    add_inline(w, e, technical(w, "F-2", -1));
    add_inline(w, e, technical(w, "F-3", -1));
    take_closure(w, LATER, e);
    assert_null(w->between);
    assert_str(incident_of(w, "INC-1")->title, "Incident 2");
    assert_int_equal(incident_of(w, "INC-1")->findings, 3);
    assert_int_equal(incident_of(w, "INC-1")->cursor.stage, STAGE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(a_replay_changes_nothing),
        TEST(the_ninth_is_refused),
        TEST(the_ninth_inside_a_closure_is_warned_of),
        TEST(a_replay_between_two_parts_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
