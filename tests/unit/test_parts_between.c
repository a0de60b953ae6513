/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes between two parts of an event, when a restart has let other records before it, or when
 * its record is gone for good: each is decided as usual, and nothing is lost, said twice, or left
 * half-done by it.
 */
#include "parts_visit.h"

/* ---- other records of the incident ---- */

static void end_the_first(struct world *w)
{
    set_status(w, "F-1", 5, REPORTED_VERIFIED);
    assert_int_equal(incident_of(w, "INC-1")->counts.open, 0);
    assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_OPEN);
}

static bool first_is_open(struct world *w)
{
    return at_release(w) && incident_of(w, "INC-1")->counts.open == 1;
}

static void it_completes_with_the_last_part_alone(void **state)
{
    struct world *w = *state;
    expect_visit(w, first_is_open, end_the_first);
    take_closure(w, AT, with_three(w, asking_for_nothing(w, 1)));
    assert_done(w);
    assert_int_equal(said(w, "completed"), 0);
    assert_int_equal(said(w, "opened"), 1);
    set_status(w, "F-2", 5, REPORTED_VERIFIED);
    set_status(w, "F-3", 5, REPORTED_VERIFIED);
    assert_int_equal(said(w, "completed/1"), 1);
}

static void work_on_the_third(struct world *w)
{
    struct finding_event *f = technical(w, "F-3", 5);
    SET_FINDING(f, STATUS, status, REPORTED_IN_PROGRESS);
    f->warnings = warning(w, "status");
    take_finding(w, LATER, f);
    assert_news(w, "bug/F-3/1 created open\nbug/F-3/2 updated in-progress [status]\n");
    assert_int_equal(output_at(w, 0)->warnings.n, 2);
    take_finding(w, LATER, technical(w, "F-0", 5));
    assert_news(w, "bug/F-0/1 created open\n");
}

static void a_held_finding_that_is_told_of_gets_its_task_at_once(void **state)
{
    struct world *w = *state;
    struct finding_event *f = technical(w, "F-3", 1);
    f->warnings = warning(w, "severity");
    take_finding(w, AT, f);
    expect_visit(w, at_release, work_on_the_third);
    take_closure(w, AT, with_three(w, asking_for_nothing(w, 1)));
    assert_done(w);
    assert_int_equal(said(w, "bug/F-3"), 2);
    assert_int_equal(said(w, "bug/F-1"), 1);
    assert_null(finding_of(w, "INC-1", "F-3")->warnings.items);
}

static void wait_for_orphans(struct world *w)
{
    run_until(w, "2027-01-20");
}

static void what_a_closure_has_yet_to_reach_is_no_orphan_and_not_missing(void **state)
{
    struct world *w = *state;
    take_finding(w, AT, technical(w, "F-9", 1));
    expect_visit(w, at_take, wait_for_orphans);
    take_closure(w, AT, with_three(w, asking_for_nothing(w, 1)));
    assert_done(w);
    assert_int_equal(said(w, "reminder orphan-finding"), 0);
    assert_int_equal(said(w, "bug/F-9/1 created"), 1);

    struct world *other = world_new();
    expect_visit(other, at_parties, wait_for_orphans);
    struct closure_event *e = closure(other, "INC-1", 1);
    add_party(other, e, "Police", PARTY_OTHER, false);
    add_party(other, e, "Press", PARTY_OTHER, false);
    take_closure(other, AT, e);
    assert_int_equal(said(other, "reminder missing-findings"), 0);
    run_until(other, "2027-01-21");
    assert_int_equal(said(other, "reminder missing-findings"), 1);
    world_free(other);
}

static void speak_of_the_second(struct world *w)
{
    take_finding(w, LATER, technical(w, "F-2", 5));
}

/* It is held by then, but what was odd about it has yet to be told. */
static void what_is_told_of_before_it_is_put_aside_keeps_its_warnings(void **state)
{
    struct world *w = *state;
    const char *const ids[] = {"F-1", "F-2"};
    for (int i = 0; i < 2; i++) {
        struct finding_event *f = technical(w, ids[i], 1);
        f->warnings = warning(w, "severity");
        take_finding(w, AT, f);
    }
    expect_visit(w, at_hold, speak_of_the_second);
    struct closure_event *e = asking_for_nothing(w, 1);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    take_closure(w, AT, e);
    assert_done(w);
    assert_int_equal(said(w, "updated/"), 2);
    assert_null(finding_of(w, "INC-1", "F-2")->warnings.items);
}

/* ---- a merge ---- */

static void three_findings(struct world *w)
{
    take_closure(w, AT, with_three(w, closure(w, "INC-1", 1)));
}

static struct closure_event *merge(struct world *w, int64_t revision)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    SET_CLOSURE(e, MERGED_INTO, merged_into, STR("INC-2"));
    return e;
}

static bool second_is_on_its_way(struct world *w)
{
    return said(w, "finding INC-1:F-2 to INC-2") == 1;
}

static void retitle(struct world *w)
{
    const char *const ids[] = {"F-1", "F-2", "F-3"};
    for (int i = 0; i < 3; i++) {
        struct finding_event *f = finding(w, "INC-1", ids[i], 7);
        SET_FINDING(f, TITLE, title, STR("Anew"));
        take_finding(w, LATER, f);
    }
}

/* What is told of those that are on their way follows them; the third takes it along. */
static void what_is_told_in_the_middle_of_a_merge(void **state)
{
    struct world *w = *state;
    three_findings(w);
    expect_visit(w, second_is_on_its_way, retitle);
    take_closure(w, AT, merge(w, 2));
    assert_done(w);
    assert_int_equal(said(w, "finding-updated INC-1:F-1 to INC-2"), 1);
    assert_int_equal(said(w, "finding-updated INC-1:F-2 to INC-2"), 1);
    assert_int_equal(said(w, "finding-updated INC-1:F-3"), 0);
    const struct output *last = NULL;
    for (size_t i = 0; i < w->d.outputs.n; i++)
        if (str_eq(render(w, &w->d.outputs.items[i]), STR("finding INC-1:F-3 to INC-2")))
            last = &w->d.outputs.items[i];
    assert_str(last->forward->arrival.finding.title, "Anew");
    assert_str(last->forward->arrival.finding.carried.items[0].title, "Anew");
}

static void nor_while_the_findings_of_its_closure_are_taken(void **state)
{
    struct world *w = *state;
    three_findings(w);
    expect_visit(w, at_take, retitle);
    struct closure_event *e = merge(w, 2);
    add_inline(w, e, technical(w, "F-4", -1));
    add_inline(w, e, technical(w, "F-5", -1));
    take_closure(w, AT, e);
    assert_done(w);
    assert_int_equal(said(w, "finding INC-1"), 5);
    assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_COMPLETED);
}

/* ---- no incident after all, and back again ---- */

static struct closure_event *disposed(struct world *w, int64_t revision, int disposition)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    SET_CLOSURE(e, DISPOSITION, disposition, disposition);
    return e;
}

static void reopen_the_first(struct world *w)
{
    set_status(w, "F-1", 9, REPORTED_OPEN);
    assert_news(w, "");
}

static void a_finding_of_no_incident_opens_nothing(void **state)
{
    struct world *w = *state;
    three_findings(w);
    expect_visit(w, at_hold, reopen_the_first);
    take_closure(w, AT, disposed(w, 2, DISPOSITION_TEST));
    assert_done(w);
    assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_COMPLETED);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->kind, 0);
}

static void reopen_the_third_task(struct world *w)
{
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-3", 9);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    take_update(w, LATER, u);
    assert_news(w, "");
    struct finding_event *f = finding(w, "INC-1", "F-2", 9);
    SET_FINDING(f, CATEGORY, category, CATEGORY_MANUAL_ERROR);
    take_finding(w, LATER, f);
    assert_news(w, "register-entry/F-2/1 created open\n"
                   "stakeholder-review/3 reopened open [status,resolution,reason,assign_due_at,"
                   "due_at,closed_at,sla,occurrence]\n");
}

static void what_comes_back_comes_back_once(void **state)
{
    struct world *w = *state;
    three_findings(w);
    struct finding_event *f = finding(w, "INC-1", "F-8", 1);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    take_finding(w, AT, f);
    take_closure(w, AT, disposed(w, 2, DISPOSITION_TEST));
    expect_visit(w, at_release, reopen_the_third_task);
    take_closure(w, LATER, disposed(w, 3, DISPOSITION_CONFIRMED));
    assert_done(w);
    assert_int_equal(said(w, "bug/F-3/3 reopened"), 1);
    assert_int_equal(said(w, "stakeholder-review/3"), 1);
    assert_int_equal(said(w, "stakeholder-review/4"), 0);
}

/* ---- another closure ---- */

static void confirm(struct world *w)
{
    take_closure(w, LATER, with_three(w, disposed(w, 3, DISPOSITION_CONFIRMED)));
    assert_int_equal(cursor_of(w)->stage, STAGE_NONE);
}

/* The later closure finds the incident as the first would have left it. */
static void a_later_closure_ends_the_one_under_way(void **state)
{
    struct world *w = *state;
    three_findings(w);
    expect_visit(w, at_close, confirm);
    struct closure_event *e = disposed(w, 2, DISPOSITION_TEST);
    e->warnings = warning(w, "disposition");
    add_inline(w, e, technical(w, "F-4", -1));
    take_closure(w, AT, e);
    assert_done(w);
    assert_int_equal(said(w, "completed/1 none"), 1);
    assert_int_equal(said(w, "opened/2 light"), 1);
    assert_int_equal(said(w, "bug/F-1/3 reopened"), 1);
    assert_false(is_stored(w, STR("INC-1|f|F-4"))); /* late now, as if it had come behind */
    assert_int_equal(said(w, "bug/"), 9);
}

static struct closure_event *numbered(struct world *w, int64_t revision)
{
    return with_three(w, asking_for_nothing(w, revision));
}

static void older(struct world *w)
{
    take_closure(w, LATER, numbered(w, 1));
    assert_news(w, "");
    assert_int_equal(cursor_of(w)->stage, STAGE_TAKE);
    struct closure_event *e = numbered(w, 2);
    e->incident.order.revision = -1;
    e->incident.order.time = t("2020-01-01");
    take_closure(w, LATER, e);
    assert_int_equal(cursor_of(w)->stage, STAGE_TAKE);
}

static void an_older_closure_changes_nothing(void **state)
{
    struct world *w = *state;
    expect_visit(w, at_take, older);
    take_closure(w, AT, numbered(w, 2));
    assert_done(w);
    assert_int_equal(said(w, "bug/"), 3);
    /* The same record again, when all is done: a duplicate. */
    size_t n = w->d.outputs.n;
    w->offset--;
    take_closure(w, AT, numbered(w, 2));
    assert_int_equal(w->d.outputs.n, n);
}

static void the_same_closure_again_brings_what_the_lost_one_had(void **state)
{
    struct world *w = *state;
    expect_visit(w, at_take, NULL);
    loses = true;
    take_closure(w, AT, numbered(w, 2));
    assert_int_equal(cursor_of(w)->stage, STAGE_TAKE);
    assert_false(is_stored(w, STR("INC-1|f|F-3")));
    run_until(w, "2027-03-01"); /* neither reminders nor retention end it */
    take_closure(w, "2027-03-01", numbered(w, 2));
    assert_done(w);
    assert_int_equal(said(w, "bug/"), 3);
}

/* Whatever is another record: by its topic, its partition, its offset, or what it says. */
static void another_record_is_never_taken_for_the_rest(void **state)
{
    (void)state;
    static const struct {
        struct cause cause;
        int64_t revision;
        bool is_the_same;
    } records[] = {
        {{.topic = TOPIC_INCIDENT_CLOSED, .partition = 3, .offset = 7}, 2, true},
        {{.topic = TOPIC_FORWARDED, .partition = 3, .offset = 7}, 2, false},
        {{.topic = TOPIC_INCIDENT_CLOSED, .partition = 4, .offset = 7}, 2, false},
        {{.topic = TOPIC_INCIDENT_CLOSED, .partition = 3, .offset = 8}, 2, false},
        {{.topic = TOPIC_INCIDENT_CLOSED, .partition = 3, .offset = 7}, 3, false},
        {{.topic = TOPIC_INCIDENT_CLOSED, .partition = 3, .offset = 7}, -1, false},
    };
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct world *w = world_new();
        struct event event = {.type = EVENT_CLOSURE, .incident_id = STR("INC-1")};
        w->now = t(LATER);
        event.cause = records[0].cause;
        event.cause.at = t(AT);
        event.closure = numbered(w, 2);
        expect_visit(w, at_release, NULL);
        loses = true;
        take(w, &event);
        size_t before = w->d.outputs.n;
        w->between = restart;
        event.cause = records[i].cause;
        event.cause.at = t(LATER);
        event.closure = numbered(w, records[i].revision);
        if (records[i].revision < 0) event.closure->incident.order.time++;
        take(w, &event);
        assert_done(w);
        /* The rest has the time of its record; another record has its own. */
        ms_t at = w->d.outputs.items[before].at;
        assert_true(at == t(records[i].is_the_same ? AT : LATER));
        assert_int_equal(said(w, "bug/F-3/1 created"), 1);
        world_free(w);
    }
}

/* ---- retention ---- */

static void update_a_task(struct world *w)
{
    struct event event = {.type = EVENT_TASK_UPDATE, .incident_id = STR("INC-1")};
    event.task_update = task_update(w, "INC-1", "bug/F-3", 9);
    SET_UPDATE(event.task_update, STATUS, status, REPORTED_OPEN);
    event.cause.at = w->now;
    assert_int_equal(take(w, &event), DECIDE_REJECT);
    assert_int_equal(w->d.refused.code, REFUSE_UNKNOWN_TASK);
    assert_int_equal(cursor_of(w)->stage, STAGE_NONE);
}

static void tell_of_a_finding(struct world *w)
{
    take_finding(w, "2027-12-30", technical(w, "F-3", 9));
    assert_news(w, "opened/2 light 0/6\nbug/F-3~2/1 created open\n");
}

static void a_longer_retention(struct world *w)
{
    w->policy.retention = days(3650);
}

static void a_retention_that_has_begun_goes_to_its_end(void **state)
{
    (void)state;
    void (*const visitors[])(struct world *) = {update_a_task, tell_of_a_finding,
                                                a_longer_retention};
    for (size_t i = 0; i < sizeof visitors / sizeof *visitors; i++) {
        struct world *w = world_new();
        /* More than the five deletions of a part. */
        static const char *const ids[] = {"F-4", "F-5", "F-6", "F-1", "F-2", "F-3"};
        for (size_t k = 0; k < 3; k++) take_finding(w, AT, technical(w, ids[k], 1));
        take_closure(w, AT, numbered(w, 1));
        for (size_t k = 0; k < 6; k++) set_status(w, ids[k], 2, REPORTED_VERIFIED);
        expect_visit(w, at_retire, visitors[i]);
        run_until(w, "2027-12-01");
        assert_done(w);
        assert_false(is_stored(w, STR("INC-1|t|bug/F-1")));
        assert_false(is_stored(w, STR("INC-1|c")));
        assert_int_equal(incident_of(w, "INC-1")->retired, 1);
        world_free(w);
    }
}

static void wait_for_retention(struct world *w)
{
    run_until(w, "2029-01-01");
    assert_int_equal(incident_of(w, "INC-1")->retired, 0);
}

static void nothing_is_deleted_under_a_closure(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, disposed(w, 1, DISPOSITION_BENIGN));
    assert_int_equal(incident_of(w, "INC-1")->phase, PHASE_COMPLETED);
    expect_visit(w, at_take, wait_for_retention);
    take_closure(w, AT, with_three(w, disposed(w, 2, DISPOSITION_TEST)));
    assert_done(w);
    assert_int_equal(incident_of(w, "INC-1")->findings, 3);
    run_until(w, "2029-01-02");
    assert_int_equal(incident_of(w, "INC-1")->retired, 1);
}

/* ---- what a closure has yet to look at again ---- */

static void tell_the_other(struct world *w)
{
    take_finding(w, LATER, technical(w, "F-9", 1));
}

static void a_doubt_that_ends_under_a_closure(void **state)
{
    struct world *w = *state;
    struct closure_event *e = with_three(w, asking_for_nothing(w, 1));
    struct finding_event *twin = technical(w, "F-0", -1);
    SET_FINDING(twin, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(twin, DUPLICATE_OF, duplicate_of, STR("F-9"));
    add_inline(w, e, twin);
    expect_visit(w, at_doubts, tell_the_other);
    take_closure(w, AT, e);
    assert_done(w);
    assert_int_equal(incident_of(w, "INC-1")->doubts, 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(it_completes_with_the_last_part_alone),
        IN_WORLD(a_held_finding_that_is_told_of_gets_its_task_at_once),
        IN_WORLD(what_a_closure_has_yet_to_reach_is_no_orphan_and_not_missing),
        IN_WORLD(what_is_told_of_before_it_is_put_aside_keeps_its_warnings),
        IN_WORLD(what_is_told_in_the_middle_of_a_merge),
        IN_WORLD(nor_while_the_findings_of_its_closure_are_taken),
        IN_WORLD(a_finding_of_no_incident_opens_nothing),
        IN_WORLD(what_comes_back_comes_back_once),
        IN_WORLD(a_later_closure_ends_the_one_under_way),
        IN_WORLD(an_older_closure_changes_nothing),
        IN_WORLD(the_same_closure_again_brings_what_the_lost_one_had),
        cmocka_unit_test(another_record_is_never_taken_for_the_rest),
        cmocka_unit_test(a_retention_that_has_begun_goes_to_its_end),
        IN_WORLD(nothing_is_deleted_under_a_closure),
        IN_WORLD(a_doubt_that_ends_under_a_closure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
