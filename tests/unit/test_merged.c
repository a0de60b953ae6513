/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings on their way from merged incident to merged incident: names that are made once, circles
 * that are cut, and nothing that is lost on the way, whatever comes in between.
 */
#include "merged_support.h"

#include <stdlib.h>

/* ---- names ---- */

static void a_name_stays_the_same_from_incident_to_incident(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "G");
    close_with(w, merged(w, "B", 1, "C"), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    assert_true(is_open(w, "C", "bug/A:F"));
    assert_true(is_open(w, "C", "bug/B:G"));
    const struct finding *f = finding_of(w, "C", "A:F");
    assert_str(f->origin.incident_id, "A");
    assert_str(f->origin.finding_id, "F");
    assert_int_equal(f->passed.n, 2);
    /* What is told of it later goes the same way. */
    struct finding_event *told = finding(w, "A", "F", 5);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    take_finding(w, LATER, told);
    deliver(w);
    assert_news(w, "finding-updated A:F to B\nfinding-updated A:F to C\n"
                   "bug/A:F/2 updated in-progress [status]\n");
}

static void told_under_its_name_elsewhere(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    struct finding_event *told = finding(w, "B", "A:F", 5);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    told->warnings = warning(w, "severity");
    take_finding(w, LATER, told);
    assert_news(w, "bug/A:F/2 updated in-progress [status]\n");
    const struct warnings *said = &output_at(w, 0)->warnings;
    assert_int_equal(said->n, 2);
    assert_str(said->items[1].member, "finding_id");
    assert_str(said->items[1].value, "A:F");
    assert_str(said->items[1].taken_as, "finding F of A");
    /* And it keeps this name when that incident is merged. */
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    assert_str(output_at(w, 2)->forward.arrival.finding.finding_id, "A:F");
}

static void a_duplicate_names_the_other_as_it_is_called_there(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    add_inline(w, e, lapse(w, "A", "E", -1));
    add_inline(w, e, f);
    f = lapse(w, "A", "H", -1);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("unknown"));
    add_inline(w, e, f);
    take_closure(w, AT, e);
    deliver(w);
    take_closure(w, AT, closed(w, "B", 1));
    assert_str(finding_of(w, "B", "A:F")->duplicate_of, "A:E");
    assert_str(finding_of(w, "B", "A:H")->duplicate_of, "A:unknown");
    f = lapse(w, "A", "F", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("G"));
    take_finding(w, LATER, f);
    assert_str(output_at(w, 0)->forward.finding.finding.duplicate_of, "A:G");
    deliver(w);
    /* From B on, for B's own and for those of A. */
    take_finding(w, LATER, lapse(w, "B", "G", 1));
    f = lapse(w, "B", "A:E", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("G"));
    take_finding(w, LATER, f);
    f = lapse(w, "B", "K", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("A:F"));
    take_finding(w, LATER, f);
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    deliver(w);
    take_closure(w, LATER, closed(w, "C", 1));
    assert_str(finding_of(w, "C", "A:E")->duplicate_of, "B:G");
    assert_str(finding_of(w, "C", "A:H")->duplicate_of, "A:unknown");
    assert_str(finding_of(w, "C", "B:K")->duplicate_of, "A:F");
}

static void two_findings_of_one_name_are_two(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "A:F"); /* C's own */
    close_with(w, merged(w, "A", 1, "C"), "F");
    take_finding(w, AT, lapse(w, "A", "B:F", 1));
    deliver(w);
    close_with(w, merged(w, "A:B", 1, "C"), "F");
    assert_true(is_open(w, "C", "bug/A%3AF"));
    assert_true(is_open(w, "C", "bug/A:F"));
    assert_true(is_open(w, "C", "bug/A:B%3AF"));
    assert_true(is_open(w, "C", "bug/A%3AB:F"));
    /* What is said of "A:F" is of C's own, as long as it has one. */
    struct finding_event *told = finding(w, "C", "A:F", 5);
    SET_FINDING(told, STATUS, status, REPORTED_BLOCKED);
    take_finding(w, LATER, told);
    assert_news(w, "bug/A%3AF/2 updated blocked [status]\n");
}

/* ---- circles ---- */

/* F of A and G of B, merged into each other. */
static void make_circle(struct world *w)
{
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
}

static void a_circle_is_cut_at_its_smallest_member(void **state)
{
    struct world *w = *state;
    make_circle(w);
    assert_news(
        w, "merge to A\n"
           "bug/A:F/2 closed closed:duplicate [status,resolution,reason,closed_at,sla,moved_to]\n"
           "finding F to A\n"
           "bug/G/2 closed closed:duplicate [status,resolution,reason,closed_at,sla,moved_to]\n"
           "finding B:G to A\n"
           "completed/1 light 0/2\n"
           "merge to B\n"
           "finding A:F to B\n"
           "finding G to B\n"
           "circle to A\n"
           "finding F to A\n"
           "finding B:G to A\n"
           "updated/1 light 0/0\n"
           "parting of A to B\n"
           "opened/2 light 0/0\n"
           "bug/F/1 created open\n"
           "bug/B:G/1 created open\n");
    const struct output *updated = output_at(w, 12);
    assert_int_equal(updated->warnings.n, 1);
    assert_str(updated->warnings.items[0].member, "merged_into");
    assert_str(updated->warnings.items[0].value, "B");
    assert_str(updated->warnings.items[0].taken_as, "merge-cycle: not merged");
    assert_int_equal(updated->cause.topic, TOPIC_INCIDENT_CLOSED);
    assert_time(updated->at, LATER);
    assert_null(incident_of(w, "A")->merged_into.p);
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_str(incident_of(w, "B")->merged_into, "A");
}

static void whatever_is_told_last(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "C", 1, "A"), "F");
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, merged(w, "B", 1, "C"), "F");
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:F"));
    assert_true(is_open(w, "A", "bug/C:F"));
    assert_int_equal(incident_of(w, "B")->counts.open + incident_of(w, "C")->counts.open, 0);
}

static void a_void_merge_stays_void_while_there_is_its_circle(void **state)
{
    struct world *w = *state;
    make_circle(w);
    struct closure_event *e = merged(w, "A", 2, "B");
    SET_CLOSURE(e, TITLE, title, STR("Anew"));
    e->warnings = warning(w, "severity");
    take_closure(w, LATER, e);
    assert_news(w, "updated/2 light 2/0\n");
    assert_int_equal(output_at(w, 0)->warnings.n, 2);
    assert_str(output_at(w, 0)->warnings.items[1].taken_as, "merge-cycle: not merged");
    take_closure(w, LATER, closed(w, "A", 3));
    assert_news(w, "");
    assert_str(incident_of(w, "A")->merge_void, "B");
    /* "Nothing", and then the same: a merge again, and so again void. */
    take_closure(w, LATER, merged(w, "A", 4, NULL));
    assert_news(w, "");
    assert_null(incident_of(w, "A")->merge_void.p);
    take_closure(w, LATER, merged(w, "A", 5, "B"));
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    deliver(w);
    assert_int_equal(incident_of(w, "A")->counts.open, 2);
    /* B is none of its parts any more: what A said holds. */
    take_closure(w, LATER, merged(w, "B", 3, NULL));
    deliver(w);
    assert_null(incident_of(w, "A")->merge_void.p);
    assert_str(incident_of(w, "A")->merged_into, "B");
    assert_true(is_open(w, "B", "bug/A:F"));
    assert_true(is_open(w, "B", "bug/G"));
    /* Another incident. */
    take_closure(w, LATER, merged(w, "A", 6, "D"));
    deliver(w);
    take_closure(w, LATER, closed(w, "D", 1));
    assert_true(is_open(w, "D", "bug/A:F"));
    assert_true(is_open(w, "B", "bug/G"));
}

static void in_parts_a_void_merge_says_the_same(void **state)
{
    (void)state;
    struct str whole = STR_NONE;
    for (size_t step_max = SIZE_MAX; step_max; step_max = step_max == SIZE_MAX ? 2 : step_max - 1) {
        struct world *w = world_new();
        taken = 0;
        w->d.step_max = step_max;
        w->between = restart;
        struct closure_event *a = merged(w, "A", 1, "B");
        add_party(w, a, "Police", PARTY_OTHER, false);
        add_party(w, a, "Press", PARTY_OTHER, false);
        for (int i = 0; i < 4; i++)
            add_inline(w, a, lapse(w, "A", arena_printf(w->arena, "F-%d", i).p, -1));
        close_with(w, a, "F");
        close_with(w, closed(w, "B", 1), "G");
        take_closure(w, LATER, merged(w, "B", 2, "A"));
        deliver(w);
        struct closure_event *again = merged(w, "A", 2, "B");
        add_party(w, again, "Police", PARTY_OTHER, false);
        add_party(w, again, "Press", PARTY_OTHER, true);
        add_party(w, again, "Vendor", PARTY_OTHER, false);
        again->present |= CLOSURE_COORDINATION;
        take_closure(w, LATER_STILL, again);
        assert_int_equal(incident_of(w, "A")->counts.open, 8);
        struct str all = told(w);
        if (!whole.p)
            whole = (struct str){strndup(all.p, all.n), all.n};
        else
            assert_same(whole, all, "a void merge");
        assert_true(w->parts > 0 || step_max == SIZE_MAX);
        world_free(w);
    }
    free((void *)(uintptr_t)whole.p);
}

/* A was merged into B by mistake, and then into C; B into A afterwards. What comes to A from there has
 * been in A and finds it merged, but not by the way that it has gone. */
static void merged_elsewhere_since_is_no_circle(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, closed(w, "C", 1), "H");
    take_closure(w, LATER, merged(w, "A", 2, "C"));
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    assert_str(incident_of(w, "A")->merged_into, "C");
    assert_null(incident_of(w, "A")->merge_void.p);
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    assert_true(is_open(w, "C", "bug/A:F"));
    assert_true(is_open(w, "C", "bug/B:G"));
    /* A real one, by way of C, is cut as ever. */
    take_closure(w, LATER, merged(w, "C", 2, "B"));
    deliver(w);
    assert_str(incident_of(w, "A")->merge_void, "C");
    assert_true(is_open(w, "A", "bug/F"));
    assert_true(is_open(w, "A", "bug/B:G"));
    assert_true(is_open(w, "A", "bug/C:H"));
}

/* ---- what comes back to where it was ---- */

static void parted_incidents_have_what_comes_back(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, NULL));
    deliver(w);
    assert_true(is_open(w, "A", "bug/F"));
    struct finding_event *told = finding(w, "A", "F", -1);
    SET_FINDING(told, STATUS, status, REPORTED_IN_PROGRESS);
    take_finding(w, LATER, told);
    /* B's own older copy says nothing new. */
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    assert_int_equal(task_of(w, "A", "bug/F")->status, STATUS_IN_PROGRESS);
    assert_true(is_open(w, "A", "bug/B:G"));
    assert_str(incident_of(w, "B")->merged_into, "A");
}

static void news_that_comes_back_is_known_by_its_order(void **state)
{
    struct world *w = *state;
    for (int timed = 0; timed < 2; timed++) {
        const char *a = timed ? "A" : "A2", *b = timed ? "B" : "B2";
        close_with(w, merged(w, a, 1, b), "F");
        close_with(w, closed(w, b, 1), "G");
        take_closure(w, LATER, merged(w, a, 2, NULL));
        deliver(w);
        struct finding_event *told =
            finding(w, b, arena_printf(w->arena, "%s:F", a).p, timed ? -1 : 7);
        if (timed) told->finding.order.time = t(LATER);
        SET_FINDING(told, STATUS, status, REPORTED_BLOCKED);
        take_finding(w, LATER, told);
        take_closure(w, LATER, merged(w, b, 2, a));
        deliver(w);
        assert_int_equal(task_of(w, a, "bug/F")->status, STATUS_BLOCKED);
    }
}

/* Duplicates that are to be looked at again are no cut that is under way. */
static void what_comes_back_leaves_doubts_alone(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, NULL));
    deliver(w);
    struct finding_event *f = lapse(w, "A", "D", 1);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    take_finding(w, LATER, f);
    take_finding(w, LATER, lapse(w, "A", "E", 1));
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_AGAIN);
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    run_until(w, LATER_STILL);
    assert_int_equal(incident_of(w, "A")->cursor.stage, STAGE_NONE);
    assert_int_equal(task_of(w, "A", "bug/D")->resolution, RESOLUTION_DUPLICATE);
    assert_true(is_open(w, "A", "bug/B:G"));
}

static void no_incident_is_not_followed_up_for_a_circle(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    close_with(w, e, "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "B", 2, "A"));
    deliver(w);
    assert_int_equal(incident_of(w, "A")->counts.open, 0);
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_int_equal(incident_of(w, "A")->updates, 1);
}

static void a_circle_of_what_is_past_its_retention(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    close_with(w, merged(w, "A", 1, "B"), "F");
    close_with(w, closed(w, "B", 1), "G");
    run_until(w, "2027-02-01");
    assert_int_equal(incident_of(w, "A")->retired, 1);
    take_closure(w, "2027-02-02", merged(w, "B", 2, "A"));
    deliver(w);
    assert_true(is_open(w, "A", "bug/F~2"));
    assert_true(is_open(w, "A", "bug/B:G~2"));
}

/* ---- what goes along ---- */

static void the_work_goes_along(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_HIGH);
    close_with(w, e, "F");
    struct finding_event *f = lapse(w, "A", "F", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_HIGH);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, AT, f);
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    SET_UPDATE(u, OWNER, owner, owner("t", "p"));
    SET_UPDATE(u, TRACKER, tracker, ((struct tracker){STR("jira"), STR("K-1"), STR_NONE}));
    take_update(w, LATER, u);
    const struct task was = *task_of(w, "A", "bug/F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    deliver(w);
    const struct task *now = task_of(w, "B", "bug/A:F"), *old = task_of(w, "A", "bug/F");
    assert_int_equal(now->status, STATUS_IN_PROGRESS);
    assert_str(now->tracker.key, "K-1");
    assert_str(now->owner.person, "p");
    assert_int_equal(now->priority, was.priority);
    assert_true(now->due_at == was.due_at);
    assert_int_equal(now->version, 1);
    assert_str(now->moved_from, "A/bug/F");
    assert_str(old->moved_to, "B/bug/A:F");
    assert_int_equal(old->resolution, RESOLUTION_DUPLICATE);
    assert_str(now->origin.incident_id, "A");
    assert_true(is_open(w, "B", "sop-update/A:F"));
    /* The tracker reports under the name that it knows. */
    u = task_update(w, "A", "bug/F", 2);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    take_update(w, LATER, u);
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_BLOCKED);
    u = task_update(w, "A", "sop-update/F", 2);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    take_update(w, LATER, u);
    deliver(w);
    assert_int_equal(task_of(w, "B", "sop-update/A:F")->status, STATUS_BLOCKED);
    /* They part: what was done meanwhile goes back. */
    take_closure(w, LATER_STILL, merged(w, "A", 3, NULL));
    deliver(w);
    now = task_of(w, "A", "bug/F");
    assert_int_equal(now->status, STATUS_BLOCKED);
    assert_str(now->tracker.key, "K-1");
    assert_true(now->due_at == was.due_at);
    assert_null(now->moved_to.p);
    assert_str(now->moved_from, "B/bug/A:F");
    old = task_of(w, "B", "bug/A:F");
    assert_int_equal(old->resolution, RESOLUTION_SUPERSEDED);
    assert_str(old->moved_to, "A/bug/F");
    assert_true(is_open(w, "A", "sop-update/F"));
    /* And once more, with what was done at B's name of it. */
    u = task_update(w, "B", "bug/A:F", 3);
    SET_UPDATE(u, STATUS, status, REPORTED_RESOLVED);
    take_update(w, LATER_STILL, u);
    deliver(w);
    assert_int_equal(task_of(w, "A", "bug/F")->status, STATUS_RESOLVED);
    take_closure(w, LATER_STILL, merged(w, "A", 4, "B"));
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_RESOLVED);
}

static void flags_and_severity_go_along(void **state)
{
    struct world *w = *state;
    for (int order = 0; order < 2; order++) {
        const char *a = order ? "A2" : "A1", *b = order ? "B2" : "B1";
        struct closure_event *light = closed(w, b, 1);
        SET_CLOSURE(light, SEVERITY, severity, SEVERITY_LOW);
        SET_CLOSURE(light, DATA_BREACH, data_breach, TRI_FALSE);
        add_inline(w, light, lapse(w, b, "G", -1));
        struct closure_event *full = merged(w, a, 1, b);
        SET_CLOSURE(full, SEVERITY, severity, SEVERITY_HIGH);
        SET_CLOSURE(full, DATA_BREACH, data_breach, TRI_TRUE);
        SET_CLOSURE(full, CUSTOMER_IMPACTING, customer_impacting, TRI_SUSPECTED);
        take_closure(w, AT, order ? light : full);
        deliver(w);
        take_closure(w, AT, order ? full : light);
        deliver(w);
        const struct incident *now = incident_of(w, b);
        assert_int_equal(now->level, LEVEL_FULL);
        assert_int_equal(now->severity, SEVERITY_HIGH);
        assert_int_equal(now->data_breach, TRI_TRUE);
        assert_int_equal(now->customer_impacting, TRI_SUSPECTED);
        assert_true(is_open(w, b, "postmortem"));
        /* They part: it stays what it is. */
        take_closure(w, LATER, merged(w, a, 2, NULL));
        deliver(w);
        assert_int_equal(incident_of(w, b)->level, LEVEL_FULL);
    }
}

static void who_speaks_of_the_incidents_own_tasks_is_told(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closure(w, "A", 1)); /* it asks for its evaluation */
    take_closure(w, AT, closed(w, "B", 1));
    take_closure(w, AT, merged(w, "A", 2, "B"));
    deliver(w);
    struct task_update_event *u = task_update(w, "A", "response-evaluation", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    take_update(w, LATER, u);
    assert_int_equal(task_of(w, "A", "response-evaluation")->status, STATUS_CLOSED);
    const struct warnings *said = &output_at(w, 0)->warnings;
    assert_int_equal(said->n, 1);
    assert_str(said->items[0].member, "task_id");
    assert_str(said->items[0].taken_as, "of an incident that was merged into B");
}

static void what_is_done_is_done(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    take_update(w, AT, u);
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    deliver(w);
    const struct task *now = task_of(w, "B", "bug/A:F");
    assert_int_equal(now->resolution, RESOLUTION_DONE);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DUPLICATE);
    /* It is opened again there. */
    struct finding_event *f = lapse(w, "A", "F", 5);
    SET_FINDING(f, STATUS, status, REPORTED_OPEN);
    take_finding(w, LATER_STILL, f);
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->occurrence, 2);
    assert_true(is_open(w, "B", "bug/A:F"));
}

static void held_where_the_other_is_not_closed(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct finding_event *f = lapse(w, "A", "F", 1);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, AT, f);
    take_closure(w, AT, merged(w, "A", 2, "B"));
    deliver(w);
    assert_int_equal(finding_of(w, "B", "A:F")->carried.n, 2);
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    SET_UPDATE(u, TRACKER, tracker, ((struct tracker){STR("jira"), STR("K-1"), STR_NONE}));
    take_update(w, LATER, u);
    deliver(w);
    u = task_update(w, "B", "bug/A:F", 1); /* late: by the same revision */
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    take_update(w, LATER, u);
    u = task_update(w, "A", "sop-update/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    take_update(w, LATER, u);
    deliver(w);
    f = finding(w, "A", "F", 9);
    SET_FINDING(f, TITLE, title, STR("Anew"));
    take_finding(w, LATER, f);
    deliver(w);
    take_closure(w, LATER, closed(w, "B", 1));
    const struct task *now = task_of(w, "B", "bug/A:F");
    assert_int_equal(now->status, STATUS_IN_PROGRESS);
    assert_str(now->title, "Anew");
    assert_str(now->tracker.key, "K-1");
    assert_int_equal(task_of(w, "B", "sop-update/A:F")->status, STATUS_BLOCKED);
}

/* With one finding, into B. */
static void merge_into_b(struct world *w, const char *at, const char *id)
{
    struct closure_event *e = merged(w, id, 1, "B");
    add_inline(w, e, lapse(w, id, "F", -1));
    take_closure(w, at, e);
    deliver(w);
}

static void nobody_closes_what_it_was_merged_into(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    add_inline(w, e, lapse(w, "A", "G", -1));
    add_inline(w, e, lapse(w, "A", "F", -1));
    take_closure(w, AT, e);
    deliver(w);
    merge_into_b(w, LATER, "C");
    merge_into_b(w, LATER_STILL, "D");
    take_closure(w, LATER_STILL, closed(w, "D", 2));     /* says nothing of it */
    take_finding(w, LATER_STILL, lapse(w, "B", "K", 1)); /* its own, with a reminder of its own */
    take_finding(w, LATER_STILL, lapse(w, "A", "E", 1));
    deliver(w);
    run_until(w, "2026-11-28T00:00:00Z");
    assert_news(w,
                "reminder orphan-finding/1 A:F 2026-11-27T10:00 response-team=security-response\n");
    assert_str(output_at(w, 0)->reminder.summary,
               "A is merged into B, which is not closed yet: 3 findings wait there for 7 d");
    run_until(w, "2026-11-29T00:00:00Z");
    assert_news(w,
                "reminder orphan-finding/2 C:F 2026-11-28T10:00 response-team=security-response\n");
    assert_str(output_at(w, 0)->reminder.summary,
               "C is merged into B, which is not closed yet: 1 finding waits there for 7 d");
    /* Parted in time nothing is said, nor again of those that were told of. */
    e = closed(w, "D", 3);
    SET_CLOSURE(e, MERGED_INTO, merged_into, STR_NONE);
    take_closure(w, "2026-11-29T00:00:00Z", e);
    deliver(w);
    take_finding(w, "2026-11-29T00:00:00Z", lapse(w, "A", "K", 1));
    deliver(w);
    assert_true(is_open(w, "D", "bug/F"));
    run_until(w, "2026-12-10T00:00:00Z");
    size_t orphans = 0;
    for (size_t i = w->seen; i < w->d.outputs.n; i++)
        orphans += w->d.outputs.items[i].type == OUTPUT_REMINDER &&
                   w->d.outputs.items[i].reminder.kind == REMINDER_ORPHAN_FINDING;
    assert_int_equal(orphans, 2); /* of K alone */
    /* Nor where it was closed in time. */
    merge_into_b(w, "2026-12-10T00:00:00Z", "E");
    take_closure(w, "2026-12-11T00:00:00Z", closed(w, "B", 1));
    assert_true(is_open(w, "B", "bug/A:K"));
    assert_true(is_open(w, "B", "bug/E:F"));
    run_until(w, "2026-12-30T00:00:00Z");
    for (size_t i = w->seen; i < w->d.outputs.n; i++)
        assert_true(w->d.outputs.items[i].type != OUTPUT_REMINDER ||
                    w->d.outputs.items[i].reminder.kind != REMINDER_ORPHAN_FINDING);
}

/* After it has parted and come again it is said again. */
static void merged_once_more_into_what_nobody_closes(void **state)
{
    struct world *w = *state;
    merge_into_b(w, AT, "A");
    run_until(w, "2026-11-28T00:00:00Z");
    struct closure_event *e = closed(w, "A", 2);
    SET_CLOSURE(e, MERGED_INTO, merged_into, STR_NONE);
    take_closure(w, "2026-11-28T00:00:00Z", e);
    deliver(w);
    take_closure(w, "2026-11-28T01:00:00Z", merged(w, "A", 3, "B"));
    deliver(w);
    w->seen = w->d.outputs.n;
    run_until(w, "2026-12-04T00:00:00Z");
    assert_news(w, "");
    run_until(w, "2026-12-06T00:00:00Z");
    assert_news(w,
                "reminder orphan-finding/2 A:F 2026-12-05T01:00 response-team=security-response\n");
}

/* A tick tells of as many as one part takes, and the next of the rest. */
static void many_are_merged_into_what_nobody_closes(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 5; i++) merge_into_b(w, AT, arena_printf(w->arena, "A%d", i).p);
    w->d.step_max = 2;
    run_until(w, "2026-12-30T00:00:00Z");
    assert_news(
        w, "reminder orphan-finding/1 A0:F 2026-11-27T10:00 response-team=security-response\n"
           "reminder orphan-finding/2 A1:F 2026-11-27T10:00 response-team=security-response\n"
           "reminder orphan-finding/3 A2:F 2026-11-27T10:00 response-team=security-response\n"
           "reminder orphan-finding/4 A3:F 2026-11-27T10:00 response-team=security-response\n"
           "reminder orphan-finding/5 A4:F 2026-11-27T10:00 response-team=security-response\n");
}

static void what_was_put_aside_is_open_again(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct closure_event *e = closed(w, "A", 2);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    take_closure(w, LATER, e);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DISMISSED);
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 3, "B"));
    deliver(w);
    assert_true(is_open(w, "B", "bug/A:F"));
}

/* Only what was open then is open again. */
static void what_was_closed_before_stays_closed(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    take_finding(w, AT, lapse(w, "A", "E", 1));
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    take_update(w, AT, u);
    struct finding_event *f = finding(w, "A", "E", 2);
    SET_FINDING(f, STATUS, status, REPORTED_DISMISSED);
    SET_FINDING(f, REASON, reason, STR("no risk"));
    take_finding(w, AT, f);
    struct closure_event *e = closed(w, "A", 2);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    take_closure(w, LATER, e);
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 3, "B"));
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->resolution, RESOLUTION_DONE);
    assert_int_equal(task_of(w, "B", "bug/A:E")->resolution, RESOLUTION_DISMISSED);
}

/* While its incident was none it has become other work: that begins where it comes to. */
static void what_was_put_aside_is_other_work_since(void **state)
{
    struct world *w = *state;
    struct finding_event *both = lapse(w, "A", "F", 1);
    SET_FINDING(both, SOP_CHANGE, sop_change, true);
    take_closure(w, AT, closed(w, "A", 1));
    take_finding(w, AT, both);
    struct closure_event *e = closed(w, "A", 2);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    take_closure(w, LATER, e);
    struct finding_event *f = finding(w, "A", "F", 3);
    SET_FINDING(f, WORK, work, KIND_CHANGE_REQUEST);
    take_finding(w, LATER, f);
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 3, "B"));
    deliver(w);
    assert_true(is_open(w, "B", "change-request/A:F"));
    assert_true(is_open(w, "B", "sop-update/A:F"));
}

static void a_duplicate_goes_behind_what_it_is_of(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = lapse(w, "A", "D", -1);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    add_inline(w, e, f);
    add_inline(w, e, lapse(w, "A", "E", -1));
    take_closure(w, AT, e);
    deliver(w);
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    assert_news(
        w, "merge to B\n"
           "bug/E/2 closed closed:duplicate [status,resolution,reason,closed_at,sla,moved_to]\n"
           "finding A:E to B\n"
           "bug/D/3 updated closed:duplicate [reason,moved_to]\n"
           "finding A:D to B\n"
           "completed/1 light 0/2\n");
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:D")->resolution, RESOLUTION_DUPLICATE);
    assert_str(finding_of(w, "B", "A:D")->duplicate_of, "A:E");
    /* One that is in doubt is so wherever it comes, until what it names has come. */
    f = lapse(w, "A", "H", 1);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("K"));
    take_finding(w, LATER, f);
    deliver(w);
    assert_int_equal(finding_of(w, "B", "A:H")->doubt, DOUBT_UNKNOWN);
    take_finding(w, LATER, lapse(w, "A", "K", 1));
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:H")->resolution, RESOLUTION_DUPLICATE);
    /* Opened, it goes home with what it is. */
    take_closure(w, LATER_STILL, merged(w, "A", 3, NULL));
    deliver(w);
    assert_str(finding_of(w, "A", "H")->duplicate_of, "K");
    assert_int_equal(task_of(w, "A", "bug/H")->resolution, RESOLUTION_DUPLICATE);
}

/* ---- what may be so where it comes to ---- */

/* A duplicate in doubt has an open task, which goes along; the doubt is looked at anew. */
static void a_doubt_goes_along(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct finding_event *f = lapse(w, "A", "D", 1);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    take_finding(w, AT, f);
    assert_true(is_open(w, "A", "bug/D"));
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    deliver(w);
    assert_true(is_open(w, "B", "bug/A:D"));
    assert_int_equal(finding_of(w, "B", "A:D")->doubt, DOUBT_UNKNOWN);
    take_finding(w, LATER, lapse(w, "A", "E", 1));
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:D")->resolution, RESOLUTION_DUPLICATE);
}

/* What a record of B calls by B's name is B's, though the finding is a guest there. */
static void a_guest_is_a_duplicate_of_what_is_not_known_yet(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    struct finding_event *f = lapse(w, "B", "A:F", 7);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("Z"));
    take_finding(w, LATER, f);
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    deliver(w);
    assert_str(finding_of(w, "C", "A:F")->duplicate_of, "B:Z");
}

/* By a slip it is said to be a duplicate of itself. */
static void a_guest_is_no_duplicate_of_itself(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "H");
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    deliver(w);
    struct finding_event *f = lapse(w, "B", "A:F", 7);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("A:F"));
    take_finding(w, LATER, f);
    deliver(w);
    assert_int_equal(finding_of(w, "C", "A:F")->doubt, DOUBT_CIRCULAR);
    assert_true(is_open(w, "C", "bug/A:F"));
}

static void a_tracker_is_heard_over_two_merges(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "G");
    close_with(w, merged(w, "B", 1, "C"), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    take_update(w, LATER, u);
    deliver(w);
    assert_int_equal(task_of(w, "C", "bug/A:F")->status, STATUS_BLOCKED);
}

/* A light incident's work comes to a full one: it rises, and is else what it was. */
static void it_rises_where_it_matters_more(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    const struct task was = *task_of(w, "A", "bug/F");
    struct closure_event *full = closed(w, "B", 1);
    SET_CLOSURE(full, DATA_BREACH, data_breach, TRI_TRUE);
    close_with(w, full, "G");
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    deliver(w);
    const struct task *now = task_of(w, "B", "bug/A:F");
    assert_true(now->priority < was.priority);
    assert_true(now->due_at < was.due_at);
    assert_int_equal(now->queue, was.queue);
}

/* The policy has other work for it since: it is that from then on. */
static void it_is_other_work_by_another_policy(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, "C"));
    w->policy.routing[CATEGORY_TECHNICAL_LAPSE].kind = KIND_SERVICE_INVESTMENT;
    deliver(w);
    take_closure(w, LATER, closed(w, "C", 1));
    const struct task *now = task_of(w, "C", "service-investment/A:F");
    assert_int_equal(now->kind, KIND_SERVICE_INVESTMENT);
    assert_str(now->moved_from, "A/bug/F");
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
    f->accepted_by = STR("ciso");
    f->labels = labels_of("a", "b");
    struct event event = {.type = EVENT_ARRIVAL,
                          .incident_id = STR("B"),
                          .cause = {.topic = TOPIC_FORWARDED, .at = t(LATER)},
                          .arrival = again};
    assert_int_equal(take(w, &event), DECIDE_OK);
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
    take_closure(w, AT, e);
    deliver(w);
    struct arrival_event *again = arena_zalloc(w->arena, sizeof *again);
    const struct finding *is = finding_of(w, "B", "A:F");
    again->finding = finding_none;
    again->finding.finding_id = is->finding_id;
    again->finding.origin = is->origin;
    again->finding.passed = is->passed;
    again->finding.order = (struct order){.revision = 9, .time = TIME_NONE};
    again->finding.status = REPORTED_IN_PROGRESS;
    struct event event = {.type = EVENT_ARRIVAL,
                          .incident_id = STR("B"),
                          .cause = {.topic = TOPIC_FORWARDED, .at = t(LATER)},
                          .arrival = again};
    assert_int_equal(take(w, &event), DECIDE_OK);
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
        if (output->type != OUTPUT_FORWARD || output->forward.type != EVENT_PARTING) continue;
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
        for (int k = 0; k < 4; k++)
            add_inline(w, e, lapse(w, id, arena_printf(w->arena, "F-%d", k).p, -1));
        take_closure(w, AT, e);
        deliver(w);
    }
    expect_visit(w, "B", STAGE_MOVE, a_parts);
    take_closure(w, LATER, merged(w, "C", 2, NULL));
    deliver(w);
    assert_null(visitor);
    assert_int_equal(incident_of(w, "B")->gone.n, 0);
    assert_int_equal(incident_of(w, "B")->counts.open, 0);
    assert_int_equal(incident_of(w, "A")->counts.open, 4);
    assert_int_equal(incident_of(w, "C")->counts.open, 4);
}

static void a_tracker_speaks(struct world *w)
{
    struct task_update_event *u = task_update(w, "A", "bug/F-3", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    take_update(w, LATER, u);
    assert_int_equal(outputs_n(w), 1);
    assert_int_equal(output_at(w, 0)->warnings.n, 0); /* it is taken, and goes along */
}

static void a_tracker_is_heard_of_what_is_about_to_go(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    struct closure_event *e = closed(w, "A", 1);
    for (int i = 0; i < 4; i++)
        add_inline(w, e, lapse(w, "A", arena_printf(w->arena, "F-%d", i).p, -1));
    take_closure(w, AT, e);
    expect_visit(w, "A", STAGE_MOVE, a_tracker_speaks);
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    deliver(w);
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
    take_closure(w, AT, merged(w, "A", 2, "B"));
    deliver(w);
    struct closure_event *e = closed(w, "B", 1);
    for (int i = 0; i < 3; i++)
        add_inline(w, e, lapse(w, "B", arena_printf(w->arena, "G-%d", i).p, -1));
    expect_visit(w, "B", STAGE_TAKE, f_is_told_of);
    take_closure(w, LATER, e);
    deliver(w);
    assert_null(visitor);
    const struct task *now = task_of(w, "B", "bug/A:F");
    assert_int_equal(now->status, STATUS_IN_PROGRESS);
    assert_str(now->tracker.key, "K-1");
    assert_str(now->title, "Anew");
    assert_str(now->moved_from, "A/bug/F");
}

/* ---- records that no incident of ours would send now, or not any more ---- */

static enum decide_result give(struct world *w, struct event event)
{
    event.cause =
        (struct cause){.topic = TOPIC_INCIDENT_CLOSED, .at = w->now, .offset = w->offset++};
    w->seen = w->d.outputs.n;
    return take(w, &event);
}

static struct str_list list_of(struct world *w, size_t n, const char *const *names)
{
    struct str *items = arena_alloc(w->arena, n * sizeof *items);
    for (size_t i = 0; i < n; i++) items[i] = str_of(names[i]);
    return (struct str_list){items, n};
}

static void merge_to(struct world *w, const char *id, struct merge_event merge)
{
    struct event event = {.type = EVENT_MERGE, .incident_id = str_of(id), .merge = &merge};
    assert_int_equal(give(w, event), DECIDE_OK);
}

static void part(struct world *w, const char *id, const char *from, struct str_list passed)
{
    struct parting_event parting = {{str_of(from), str_of(id)}, passed};
    struct event event = {.type = EVENT_PARTING, .incident_id = str_of(id), .parting = &parting};
    assert_int_equal(give(w, event), DECIDE_OK);
}

static void a_circle_of_others_is_none(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    merge_to(w, "A", (struct merge_event){.circle = list_of(w, 2, (const char *[]){"X", "Y"})});
    merge_to(w, "A", (struct merge_event){.circle = list_of(w, 1, (const char *[]){"A"})});
    assert_str(incident_of(w, "A")->merged_into, "B");
    assert_null(incident_of(w, "A")->merge_void.p);
}

/* A way longer than any record may be is cut where it is at its end. */
static void a_way_without_end_is_cut(void **state)
{
    struct world *w = *state;
    const char *names[PASSED_MAX];
    for (size_t i = 0; i < PASSED_MAX; i++) names[i] = arena_printf(w->arena, "X-%zu", i).p;
    struct merge_event merge = {.passed = list_of(w, PASSED_MAX, names)};
    close_with(w, closed(w, "B", 1), "G");
    merge_to(w, "B", merge);
    assert_news(w, "");
    close_with(w, merged(w, "A", 1, "B"), "F");
    merge_to(w, "A", merge);
    assert_str(incident_of(w, "A")->merge_void, "B");
    assert_null(incident_of(w, "A")->merged_into.p);
    deliver(w);
    assert_true(is_open(w, "A", "bug/F"));
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
    assert_int_equal(give(w, event), DECIDE_REJECT);
    u->origin.incident_id = STR("X");
    assert_int_equal(give(w, event), DECIDE_OK);
    assert_news(w, "task-updated B/bug/F to X\n");
    u->origin = (struct origin){STR_NONE, STR_NONE};
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    assert_int_equal(give(w, event), DECIDE_REJECT);
    u->name = STR("bug/X:F");
    assert_int_equal(give(w, event), DECIDE_REJECT);
}

static void partings_are_told_once_and_apart(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "B", 1);
    for (int i = 0; i < 6; i++)
        add_inline(w, e, lapse(w, "B", arena_printf(w->arena, "F-%d", i).p, -1));
    take_closure(w, AT, e);
    deliver(w);
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
    assert_int_equal(give(w, event), DECIDE_OK);
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
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    deliver(w);
    int64_t version = task_of(w, "B", "bug/A:F")->version;
    struct arrival_event again = {.finding = *finding_of(w, "C", "A:F")};
    again.finding.passed = list_of(w, 1, (const char *[]){"A"});
    struct event event = {.type = EVENT_ARRIVAL, .incident_id = STR("B"), .arrival = &again};
    assert_int_equal(give(w, event), DECIDE_OK);
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
           w->d.outputs.items[sent - 1].forward.type != EVENT_ARRIVAL)
        sent--;
    deliver(w);
    for (int64_t revision = 1; revision < 3; revision++) {
        struct task_update_event *u = task_update(w, "B", "bug/A:F", revision);
        SET_UPDATE(u, STATUS, status, revision == 1 ? REPORTED_VERIFIED : REPORTED_OPEN);
        take_update(w, LATER, u);
    }
    take_closure(w, LATER, merged(w, "B", 2, "C"));
    deliver(w);
    take_closure(w, LATER, merged(w, "B", 3, NULL));
    struct event event = arrived(w, &w->d.outputs.items[sent - 1]);
    assert_int_equal(give(w, event), DECIDE_OK);
    assert_int_equal(task_of(w, "B", "bug/A:F")->occurrence, 2);
    assert_true(is_open(w, "B", "bug/A:F"));
}

static void nothing_goes_on_where_there_is_nothing(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    assert_int_equal(give(w, (struct event){.type = EVENT_FORGOTTEN, .incident_id = STR("B")}),
                     DECIDE_OK);
    assert_news(w, "");
}

static void what_says_less_takes_nothing_away(void **state)
{
    struct world *w = *state;
    struct closure_event *high = closed(w, "B", 1);
    SET_CLOSURE(high, SEVERITY, severity, SEVERITY_HIGH);
    close_with(w, high, "G");
    struct closure_event *low = merged(w, "A", 1, "B");
    SET_CLOSURE(low, SEVERITY, severity, SEVERITY_LOW);
    close_with(w, low, "F");
    assert_int_equal(incident_of(w, "B")->severity, SEVERITY_HIGH);
    assert_int_equal(incident_of(w, "B")->merged_severity, SEVERITY_LOW);
}

/* They part before the other closes: what waited there goes home. */
static void held_and_parted(void **state)
{
    struct world *w = *state;
    close_with(w, merged(w, "A", 1, "B"), "F");
    assert_int_equal(incident_of(w, "B")->phase, PHASE_WAITING);
    struct finding_event *f = finding(w, "A", "F", 3);
    SET_FINDING(f, OWNER, owner, owner("t", "p"));
    take_finding(w, LATER, f);
    deliver(w);
    take_closure(w, LATER, merged(w, "A", 2, NULL));
    deliver(w);
    assert_true(is_open(w, "A", "bug/F"));
    assert_str(task_of(w, "A", "bug/F")->owner.person, "p");
    /* Again, with a task; its owner is told where it is held. */
    take_closure(w, LATER, merged(w, "A", 3, "B"));
    deliver(w);
    f = finding(w, "A", "F", 4);
    SET_FINDING(f, OWNER, owner, owner("t", "q"));
    take_finding(w, LATER, f);
    /* What the finding has ended no tracker opens. */
    f = finding(w, "A", "F", 5);
    SET_FINDING(f, STATUS, status, REPORTED_DISMISSED);
    SET_FINDING(f, REASON, reason, STR("no risk"));
    take_finding(w, LATER, f);
    deliver(w);
    struct task_update_event *u = task_update(w, "A", "bug/F", 6);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    take_update(w, LATER, u);
    deliver(w);
    take_closure(w, LATER_STILL, closed(w, "B", 1));
    assert_int_equal(task_of(w, "B", "bug/A:F")->resolution, RESOLUTION_DISMISSED);
    assert_str(task_of(w, "B", "bug/A:F")->owner.person, "q");
}

/* F of A, with an sop-update, in B, which is not closed. */
static void hold_with_sop_update(struct world *w)
{
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    add_inline(w, e, f);
    take_closure(w, AT, e);
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, OWNER, owner, owner("t", "p"));
    take_update(w, AT, u);
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    deliver(w);
}

static void held_it_keeps_the_rest_of_its_owner(void **state)
{
    struct world *w = *state;
    hold_with_sop_update(w);
    struct finding_event *f = finding(w, "A", "F", 3);
    SET_FINDING(f, OWNER, owner, owner("u", NULL));
    f->owner_part = OWNER_TEAM;
    struct owner expected = policy_owner(&w->policy, owner("t", "p"), owner("u", NULL), OWNER_TEAM);
    take_finding(w, LATER, f);
    deliver(w);
    take_closure(w, LATER, closed(w, "B", 1));
    assert_true(owner_eq(task_of(w, "B", "bug/A:F")->owner, expected));
}

/* Its sop-update has its own life, also where its finding has ended. */
static void held_its_sop_update_goes_on(void **state)
{
    struct world *w = *state;
    hold_with_sop_update(w);
    struct finding_event *f = finding(w, "A", "F", 3);
    SET_FINDING(f, STATUS, status, REPORTED_DISMISSED);
    SET_FINDING(f, REASON, reason, STR("no risk"));
    take_finding(w, LATER, f);
    deliver(w);
    struct task_update_event *u = task_update(w, "A", "sop-update/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    take_update(w, LATER, u);
    deliver(w);
    take_closure(w, LATER, closed(w, "B", 1));
    assert_int_equal(task_of(w, "B", "bug/A:F")->resolution, RESOLUTION_DISMISSED);
    assert_int_equal(task_of(w, "B", "sop-update/A:F")->status, STATUS_IN_PROGRESS);
}

/* A duplicate in doubt is worked on, also where it is held. */
static void held_a_doubt_is_worked_on(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct finding_event *f = lapse(w, "A", "D", 1);
    SET_FINDING(f, STATUS, status, REPORTED_DUPLICATE);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("E"));
    take_finding(w, AT, f);
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    deliver(w);
    struct task_update_event *u = task_update(w, "A", "bug/D", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    take_update(w, LATER, u);
    deliver(w);
    take_closure(w, LATER, closed(w, "B", 1));
    assert_int_equal(task_of(w, "B", "bug/A:D")->status, STATUS_IN_PROGRESS);
}

/* What was closed as no incident hears of a merge and is no incident all the same. */
static void no_incident_is_none_by_a_merge(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "B", 1);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_LOW);
    close_with(w, e, "G");
    e = merged(w, "A", 1, "B");
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_HIGH);
    close_with(w, e, "F");
    assert_int_equal(incident_of(w, "B")->severity, SEVERITY_HIGH);
    assert_int_equal(incident_of(w, "B")->counts.open, 0);
}

/* What needs somebody's acceptance needs it where the finding is held as well. */
static void held_it_is_not_closed_without_acceptance(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    take_closure(w, AT, merged(w, "A", 2, "B"));
    deliver(w);
    for (int p = 0; p < priority_end; p++) w->policy.acceptance[p] = true;
    struct finding_event *f = lapse(w, "A", "F", 3);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("too dear"));
    take_finding(w, LATER, f);
    deliver(w);
    take_closure(w, LATER, closed(w, "B", 1));
    assert_true(is_open(w, "B", "bug/A:F"));
    assert_int_equal(task_of(w, "B", "bug/A:F")->refused, REPORTED_WONT_FIX);
}

/* ---- what was forgotten ---- */

static void drop(struct world *w, struct str key)
{
    for (size_t i = 0; i < w->store_n; i++)
        if (str_eq(w->store[i].key, key)) w->store[i].body = NULL, w->store[i].wake_at = TIME_NONE;
}

static void forgotten_where_it_went_to_it_goes_on_at_home(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    take_closure(w, AT, closed(w, "B", 1));
    run_until(w, "2026-12-01");
    assert_int_equal(incident_of(w, "B")->retired, 1);
    close_with(w, closed(w, "A", 1), "F");
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    take_update(w, "2026-12-01", u);
    take_closure(w, "2026-12-01", merged(w, "A", 2, "B"));
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F~2")->resolution, RESOLUTION_DONE);
    drop(w, STR("B|f|A:F"));
    drop(w, STR("B|t|bug/A:F~2"));
    take_closure(w, "2026-12-02", merged(w, "A", 3, NULL));
    deliver(w);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DONE);
    assert_null(task_of(w, "A", "bug/F")->moved_to.p);
    assert_null(finding_of(w, "A", "F")->moved_to.p);
}

/* A is past its retention, B works on what it had of A. */
static void forgotten_where_it_began_it_is_found_by_its_merges(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    close_with(w, closed(w, "A", 1), "F");
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, AT, merged(w, "A", 2, "B"));
    deliver(w);
    run_until(w, "2026-12-02");
    assert_int_equal(incident_of(w, "A")->retired, 1);
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    take_update(w, "2026-12-03", u);
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_IN_PROGRESS);
    struct finding_event *f = finding(w, "A", "F", 7);
    SET_FINDING(f, TITLE, title, STR("Anew"));
    take_finding(w, "2026-12-03", f);
    deliver(w);
    assert_str(task_of(w, "B", "bug/A:F")->title, "Anew");
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_IN_PROGRESS);
    /* They part: it comes home all the same. */
    take_closure(w, "2026-12-04", merged(w, "A", 3, NULL));
    deliver(w);
    assert_str(task_of(w, "A", "bug/F~2")->title, "Anew");
    assert_int_equal(task_of(w, "A", "bug/F~2")->status, STATUS_IN_PROGRESS);
}

/* On its way it was forgotten as well: C, which works on it, sends it home. */
static void forgotten_on_its_way_it_comes_home(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    close_with(w, closed(w, "C", 1), "H");
    close_with(w, merged(w, "B", 1, "C"), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    run_until(w, "2026-12-02");
    assert_int_equal(incident_of(w, "B")->retired, 1);
    struct task_update_event *u = task_update(w, "C", "bug/A:F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    take_update(w, "2026-12-03", u);
    take_closure(w, "2026-12-04", merged(w, "A", 2, NULL));
    deliver(w);
    assert_int_equal(task_of(w, "A", "bug/F~2")->status, STATUS_IN_PROGRESS);
    assert_true(is_open(w, "C", "bug/B:G"));
}

/* What was forgotten goes on where it began, not where it was a guest. */
static void a_guest_that_was_forgotten_goes_on_at_home(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    take_closure(w, AT, closed(w, "C", 1));
    run_until(w, "2026-12-01");
    assert_int_equal(incident_of(w, "C")->retired, 1);
    struct closure_event *b = closed(w, "B", 1), *a = merged(w, "A", 1, "B");
    add_inline(w, b, lapse(w, "B", "G", -1));
    add_inline(w, a, lapse(w, "A", "F", -1));
    take_closure(w, "2026-12-01", b);
    take_closure(w, "2026-12-01", a);
    deliver(w);
    take_closure(w, "2026-12-01", merged(w, "B", 2, "C"));
    deliver(w);
    static const char *const there[] = {"bug/A:F~2", "bug/B:G~2"};
    for (size_t i = 0; i < 2; i++) {
        struct task_update_event *u = task_update(w, "C", there[i], 1);
        SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
        take_update(w, "2026-12-01", u);
        drop(w, state_task_key(w->arena, STR("C"), str_of(there[i])));
    }
    drop(w, STR("C|f|A:F"));
    drop(w, STR("C|f|B:G"));
    take_closure(w, "2026-12-02", merged(w, "A", 2, NULL));
    deliver(w);
    assert_true(is_open(w, "A", "bug/F"));
    take_closure(w, "2026-12-02", merged(w, "B", 3, NULL));
    deliver(w);
    assert_true(is_open(w, "B", "bug/G"));
    assert_true(is_open(w, "A", "bug/F"));
    assert_false(is_open(w, "B", "bug/A:F"));
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_name_stays_the_same_from_incident_to_incident),
        IN_WORLD(told_under_its_name_elsewhere),
        IN_WORLD(a_duplicate_names_the_other_as_it_is_called_there),
        IN_WORLD(two_findings_of_one_name_are_two),
        IN_WORLD(a_circle_is_cut_at_its_smallest_member),
        IN_WORLD(whatever_is_told_last),
        IN_WORLD(a_void_merge_stays_void_while_there_is_its_circle),
        cmocka_unit_test(in_parts_a_void_merge_says_the_same),
        IN_WORLD(parted_incidents_have_what_comes_back),
        IN_WORLD(news_that_comes_back_is_known_by_its_order),
        IN_WORLD(what_comes_back_leaves_doubts_alone),
        IN_WORLD(no_incident_is_not_followed_up_for_a_circle),
        IN_WORLD(merged_elsewhere_since_is_no_circle),
        IN_WORLD(a_circle_of_what_is_past_its_retention),
        IN_WORLD(the_work_goes_along),
        IN_WORLD(flags_and_severity_go_along),
        IN_WORLD(who_speaks_of_the_incidents_own_tasks_is_told),
        IN_WORLD(what_is_done_is_done),
        IN_WORLD(held_where_the_other_is_not_closed),
        IN_WORLD(nobody_closes_what_it_was_merged_into),
        IN_WORLD(merged_once_more_into_what_nobody_closes),
        IN_WORLD(many_are_merged_into_what_nobody_closes),
        IN_WORLD(what_was_put_aside_is_open_again),
        IN_WORLD(what_was_closed_before_stays_closed),
        IN_WORLD(what_was_put_aside_is_other_work_since),
        IN_WORLD(a_duplicate_goes_behind_what_it_is_of),
        IN_WORLD(a_doubt_goes_along),
        IN_WORLD(a_guest_is_a_duplicate_of_what_is_not_known_yet),
        IN_WORLD(a_guest_is_no_duplicate_of_itself),
        IN_WORLD(a_tracker_is_heard_over_two_merges),
        IN_WORLD(it_rises_where_it_matters_more),
        IN_WORLD(it_is_other_work_by_another_policy),
        IN_WORLD(told_of_anew_it_is_what_was_said_last),
        IN_WORLD(told_of_anew_it_keeps_what_is_not_said),
        IN_WORLD(parted_while_others_go_home),
        IN_WORLD(a_tracker_is_heard_of_what_is_about_to_go),
        IN_WORLD(told_while_the_other_is_closed_it_keeps_its_work),
        IN_WORLD(a_circle_of_others_is_none),
        IN_WORLD(a_way_without_end_is_cut),
        IN_WORLD(a_task_that_nobody_knows_is_refused),
        IN_WORLD(partings_are_told_once_and_apart),
        IN_WORLD(come_once_more_it_does_not_leave_twice),
        IN_WORLD(an_older_life_that_comes_late_counts_on),
        IN_WORLD(nothing_goes_on_where_there_is_nothing),
        IN_WORLD(what_says_less_takes_nothing_away),
        IN_WORLD(held_and_parted),
        IN_WORLD(held_it_keeps_the_rest_of_its_owner),
        IN_WORLD(held_its_sop_update_goes_on),
        IN_WORLD(held_a_doubt_is_worked_on),
        IN_WORLD(no_incident_is_none_by_a_merge),
        IN_WORLD(held_it_is_not_closed_without_acceptance),
        IN_WORLD(forgotten_where_it_went_to_it_goes_on_at_home),
        IN_WORLD(forgotten_where_it_began_it_is_found_by_its_merges),
        IN_WORLD(forgotten_on_its_way_it_comes_home),
        IN_WORLD(a_guest_that_was_forgotten_goes_on_at_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
