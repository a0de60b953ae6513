/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings that go from merged incident to merged incident: names that are made once,
 * and what goes along: work, owners, duplicates, flags and severity.
 */
#include "merged_support.h"

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
    assert_str(output_at(w, 3)->forward->arrival.finding.finding_id, "A:F");
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
    take_merge(w, LATER, "A", 2, "B");
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
    take_task_status(w, LATER, "A", "bug/F", 2, REPORTED_BLOCKED);
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:F")->status, STATUS_BLOCKED);
    take_task_status(w, LATER, "A", "sop-update/F", 2, REPORTED_BLOCKED);
    deliver(w);
    assert_int_equal(task_of(w, "B", "sop-update/A:F")->status, STATUS_BLOCKED);
    /* They part: what was done meanwhile goes back. */
    take_merge(w, LATER_STILL, "A", 3, NULL);
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
    take_task_status(w, LATER_STILL, "B", "bug/A:F", 3, REPORTED_RESOLVED);
    deliver(w);
    assert_int_equal(task_of(w, "A", "bug/F")->status, STATUS_RESOLVED);
    take_merge(w, LATER_STILL, "A", 4, "B");
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
        close_it(w, AT, order ? light : full);
        close_it(w, AT, order ? full : light);
        const struct incident *now = incident_of(w, b);
        assert_int_equal(now->level, LEVEL_FULL);
        assert_int_equal(now->severity, SEVERITY_HIGH);
        assert_int_equal(now->data_breach, TRI_TRUE);
        assert_int_equal(now->customer_impacting, TRI_SUSPECTED);
        assert_true(is_open(w, b, "postmortem"));
        /* They part: it stays what it is. */
        take_merge(w, LATER, a, 2, NULL);
        assert_int_equal(incident_of(w, b)->level, LEVEL_FULL);
    }
}

/* Whatever asked for it, and where nothing does any more. */
static void a_full_postmortem_goes_along(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    struct closure_event *e = closed(w, "A", 1);
    SET_CLOSURE(e, POSTMORTEM, postmortem, LEVEL_FULL);
    take_closure(w, AT, e);
    e = merged(w, "A", 2, "B");
    SET_CLOSURE(e, POSTMORTEM, postmortem, LEVEL_LIGHT);
    close_it(w, LATER, e);
    const struct incident *now = incident_of(w, "B");
    assert_int_equal(now->level, LEVEL_FULL);
    assert_int_equal(now->because.n, 1);
    assert_str(now->because.items[0], "merge");
    assert_true(is_open(w, "B", "postmortem"));
}

/* Each by itself, of an incident that is merged already. */
static void what_is_said_later_goes_along_too(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, AT, "A", 1, "B");
    struct closure_event *e = merged(w, "A", 2, "B");
    SET_CLOSURE(e, POSTMORTEM, postmortem, LEVEL_FULL);
    close_it(w, LATER, e);
    assert_int_equal(incident_of(w, "B")->level, LEVEL_FULL);
    e = merged(w, "A", 3, "B");
    SET_CLOSURE(e, CUSTOMER_IMPACTING, customer_impacting, TRI_SUSPECTED);
    close_it(w, LATER, e);
    assert_int_equal(incident_of(w, "B")->customer_impacting, TRI_SUSPECTED);
    e = merged(w, "A", 4, "B");
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    close_it(w, LATER, e);
    assert_int_equal(incident_of(w, "B")->data_breach, TRI_TRUE);
    e = merged(w, "A", 5, "B");
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_CRITICAL);
    close_it(w, LATER_STILL, e);
    assert_int_equal(incident_of(w, "B")->severity, SEVERITY_CRITICAL);
    take_closure(w, LATER_STILL, merged(w, "A", 6, "B"));
    assert_news(w, "facts to B\n");
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

static void who_speaks_of_the_incidents_own_tasks_is_told(void **state)
{
    struct world *w = *state;
    take_closure(w, AT, closure(w, "A", 1)); /* it asks for its evaluation */
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, AT, "A", 2, "B");
    take_task_status(w, LATER, "A", "response-evaluation", 1, REPORTED_IN_PROGRESS);
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
    take_task_status(w, AT, "A", "bug/F", 1, REPORTED_VERIFIED);
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "A", 2, "B");
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

static void what_was_put_aside_is_open_again(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct closure_event *e = closed_as_test(w, "A", 2);
    take_closure(w, LATER, e);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DISMISSED);
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "A", 3, "B");
    assert_true(is_open(w, "B", "bug/A:F"));
}

/* Only what was open then is open again. */
static void what_was_closed_before_stays_closed(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    take_finding(w, AT, lapse(w, "A", "E", 1));
    take_task_status(w, AT, "A", "bug/F", 1, REPORTED_VERIFIED);
    struct finding_event *f = dismissed(w, "A", "E", 2);
    take_finding(w, AT, f);
    struct closure_event *e = closed_as_test(w, "A", 2);
    take_closure(w, LATER, e);
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "A", 3, "B");
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
    struct closure_event *e = closed_as_test(w, "A", 2);
    take_closure(w, LATER, e);
    struct finding_event *f = finding(w, "A", "F", 3);
    SET_FINDING(f, WORK, work, KIND_CHANGE_REQUEST);
    take_finding(w, LATER, f);
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "A", 3, "B");
    assert_true(is_open(w, "B", "change-request/A:F"));
    assert_true(is_open(w, "B", "sop-update/A:F"));
}

static void a_tracker_is_heard_over_two_merges(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "G");
    close_with(w, merged(w, "B", 1, "C"), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    take_task_status(w, LATER, "A", "bug/F", 1, REPORTED_BLOCKED);
    deliver(w);
    assert_int_equal(task_of(w, "C", "bug/A:F")->status, STATUS_BLOCKED);
}

/* A light incident's work comes to a full one: it rises, and is else what it was. */
static void it_rises_where_it_matters_more(void **state)
{
    struct world *w = *state;
    struct closure_event *low = closed(w, "A", 1), *full = closed(w, "B", 1);
    SET_CLOSURE(low, SEVERITY, severity, SEVERITY_LOW);
    close_with(w, low, "F");
    const struct task was = *task_of(w, "A", "bug/F");
    SET_CLOSURE(full, SEVERITY, severity, SEVERITY_MEDIUM);
    SET_CLOSURE(full, DATA_BREACH, data_breach, TRI_TRUE);
    close_with(w, full, "G");
    take_merge(w, LATER, "A", 2, "B");
    const struct task *now = task_of(w, "B", "bug/A:F");
    assert_int_equal(now->severity, SEVERITY_MEDIUM);
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

/* ---- duplicates ---- */

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
    close_it(w, AT, e);
    take_closure(w, AT, closed(w, "B", 1));
    assert_str(finding_of(w, "B", "A:F")->duplicate_of, "A:E");
    assert_str(finding_of(w, "B", "A:H")->duplicate_of, "A:unknown");
    f = lapse(w, "A", "F", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("G"));
    take_finding(w, LATER, f);
    assert_str(output_at(w, 0)->forward->finding.finding.duplicate_of, "A:G");
    deliver(w);
    /* From B on, for B's own and for those of A. */
    take_finding(w, LATER, lapse(w, "B", "G", 1));
    f = lapse(w, "B", "A:E", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("G"));
    take_finding(w, LATER, f);
    f = lapse(w, "B", "K", 7);
    SET_FINDING(f, DUPLICATE_OF, duplicate_of, STR("A:F"));
    take_finding(w, LATER, f);
    take_merge(w, LATER, "B", 2, "C");
    take_closure(w, LATER, closed(w, "C", 1));
    assert_str(finding_of(w, "C", "A:E")->duplicate_of, "B:G");
    assert_str(finding_of(w, "C", "A:H")->duplicate_of, "A:unknown");
    assert_str(finding_of(w, "C", "B:K")->duplicate_of, "A:F");
}

static void a_duplicate_goes_behind_what_it_is_of(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = duplicate(w, "A", "D", -1, "E");
    add_inline(w, e, f);
    add_inline(w, e, lapse(w, "A", "E", -1));
    close_it(w, AT, e);
    close_with(w, closed(w, "B", 1), "G");
    take_closure(w, LATER, merged(w, "A", 2, "B"));
    assert_news(
        w, "merge to B\n"
           "facts to B\n"
           "bug/E/2 closed closed:duplicate [status,resolution,reason,closed_at,sla,moved_to]\n"
           "finding A:E to B\n"
           "bug/D/3 updated closed:duplicate [reason,moved_to]\n"
           "finding A:D to B\n"
           "completed/1 light 0/2\n");
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:D")->resolution, RESOLUTION_DUPLICATE);
    assert_str(finding_of(w, "B", "A:D")->duplicate_of, "A:E");
    /* One that is in doubt is so wherever it comes, until what it names has come. */
    f = duplicate(w, "A", "H", 1, "K");
    take_finding(w, LATER, f);
    deliver(w);
    assert_int_equal(finding_of(w, "B", "A:H")->doubt, DOUBT_UNKNOWN);
    take_finding(w, LATER, lapse(w, "A", "K", 1));
    deliver(w);
    assert_int_equal(task_of(w, "B", "bug/A:H")->resolution, RESOLUTION_DUPLICATE);
    /* Opened, it goes home with what it is. */
    take_merge(w, LATER_STILL, "A", 3, NULL);
    assert_str(finding_of(w, "A", "H")->duplicate_of, "K");
    assert_int_equal(task_of(w, "A", "bug/H")->resolution, RESOLUTION_DUPLICATE);
}

/* A duplicate in doubt has an open task, which goes along; the doubt is looked at anew. */
static void a_doubt_goes_along(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct finding_event *f = duplicate(w, "A", "D", 1, "E");
    take_finding(w, AT, f);
    assert_true(is_open(w, "A", "bug/D"));
    close_with(w, closed(w, "B", 1), "G");
    take_merge(w, LATER, "A", 2, "B");
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
    struct finding_event *f = duplicate(w, "B", "A:F", 7, "Z");
    take_finding(w, LATER, f);
    take_merge(w, LATER, "B", 2, "C");
    assert_str(finding_of(w, "C", "A:F")->duplicate_of, "B:Z");
}

/* By a slip it is said to be a duplicate of itself. */
static void a_guest_is_no_duplicate_of_itself(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "C", 1), "H");
    close_with(w, closed(w, "B", 1), "G");
    close_with(w, merged(w, "A", 1, "B"), "F");
    take_merge(w, LATER, "B", 2, "C");
    struct finding_event *f = duplicate(w, "B", "A:F", 7, "A:F");
    take_finding(w, LATER, f);
    deliver(w);
    assert_int_equal(finding_of(w, "C", "A:F")->doubt, DOUBT_CIRCULAR);
    assert_true(is_open(w, "C", "bug/A:F"));
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_name_stays_the_same_from_incident_to_incident),
        IN_WORLD(told_under_its_name_elsewhere),
        IN_WORLD(two_findings_of_one_name_are_two),
        IN_WORLD(the_work_goes_along),
        IN_WORLD(flags_and_severity_go_along),
        IN_WORLD(a_full_postmortem_goes_along),
        IN_WORLD(what_is_said_later_goes_along_too),
        IN_WORLD(what_says_less_takes_nothing_away),
        IN_WORLD(no_incident_is_none_by_a_merge),
        IN_WORLD(who_speaks_of_the_incidents_own_tasks_is_told),
        IN_WORLD(what_is_done_is_done),
        IN_WORLD(what_was_put_aside_is_open_again),
        IN_WORLD(what_was_closed_before_stays_closed),
        IN_WORLD(what_was_put_aside_is_other_work_since),
        IN_WORLD(a_tracker_is_heard_over_two_merges),
        IN_WORLD(it_rises_where_it_matters_more),
        IN_WORLD(it_is_other_work_by_another_policy),
        IN_WORLD(a_duplicate_names_the_other_as_it_is_called_there),
        IN_WORLD(a_duplicate_goes_behind_what_it_is_of),
        IN_WORLD(a_doubt_goes_along),
        IN_WORLD(a_guest_is_a_duplicate_of_what_is_not_known_yet),
        IN_WORLD(a_guest_is_no_duplicate_of_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
