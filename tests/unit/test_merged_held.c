/* SPDX-License-Identifier: Apache-2.0 */
/* Findings that wait in an incident that their own was merged into and that is not closed yet. */
#include "merged_support.h"

static void held_where_the_other_is_not_closed(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct finding_event *f = lapse(w, "A", "F", 1);
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, AT, f);
    take_merge(w, AT, "A", 2, "B");
    assert_int_equal(finding_of(w, "B", "A:F")->carried.n, 2);
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    SET_UPDATE(u, TRACKER, tracker, ((struct tracker){STR("jira"), STR("K-1"), STR_NONE}));
    take_update(w, LATER, u);
    deliver(w);
    u = task_update(w, "B", "bug/A:F", 1); /* late: by the same revision */
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    take_update(w, LATER, u);
    take_task_status(w, LATER, "A", "sop-update/F", 1, REPORTED_BLOCKED);
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
    take_merge(w, LATER, "A", 2, NULL);
    assert_true(is_open(w, "A", "bug/F"));
    assert_str(task_of(w, "A", "bug/F")->owner.person, "p");
    /* Again, with a task; its owner is told where it is held. */
    take_merge(w, LATER, "A", 3, "B");
    f = finding(w, "A", "F", 4);
    SET_FINDING(f, OWNER, owner, owner("t", "q"));
    take_finding(w, LATER, f);
    /* What the finding has ended no tracker opens. */
    f = dismissed(w, "A", "F", 5);
    take_finding(w, LATER, f);
    deliver(w);
    take_task_status(w, LATER, "A", "bug/F", 6, REPORTED_OPEN);
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
    take_merge(w, LATER, "A", 2, "B");
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
    struct finding_event *f = dismissed(w, "A", "F", 3);
    take_finding(w, LATER, f);
    deliver(w);
    take_task_status(w, LATER, "A", "sop-update/F", 1, REPORTED_IN_PROGRESS);
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
    struct finding_event *f = duplicate(w, "A", "D", 1, "E");
    take_finding(w, AT, f);
    take_merge(w, LATER, "A", 2, "B");
    take_task_status(w, LATER, "A", "bug/D", 1, REPORTED_IN_PROGRESS);
    deliver(w);
    take_closure(w, LATER, closed(w, "B", 1));
    assert_int_equal(task_of(w, "B", "bug/A:D")->status, STATUS_IN_PROGRESS);
}

/* What needs somebody's acceptance needs it where the finding is held as well. */
static void held_it_is_not_closed_without_acceptance(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    take_merge(w, AT, "A", 2, "B");
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

static struct finding_event *refused_until(struct world *w, const char *until)
{
    struct finding_event *f = lapse(w, "A", "F", 2);
    SET_FINDING(f, STATUS, status, REPORTED_WONT_FIX);
    SET_FINDING(f, REASON, reason, STR("too dear"));
    SET_FINDING(f, ACCEPTED_UNTIL, accepted_until, t(until));
    return f;
}

static void accept_till_december(struct world *w, const char *name)
{
    struct task_update_event *u = task_update(w, "A", name, 5);
    SET_UPDATE(u, STATUS, status, REPORTED_WONT_FIX);
    SET_UPDATE(u, REASON, reason, STR("too dear"));
    SET_UPDATE(u, ACCEPTED_UNTIL, accepted_until, t("2026-12-10T00:00:00Z"));
    SET_UPDATE(u, ACCEPTED_BY, accepted_by, STR("ciso"));
    take_update(w, LATER, u);
    deliver(w);
}

/* Where it was followed up it would be open again, and closed by that. */
static void held_till_its_acceptance_is_over(void **state)
{
    struct world *w = *state;
    hold_with_sop_update(w);
    static const char *const names[] = {"bug/F", "sop-update/F"};
    for (int i = 0; i < 2; i++) {
        accept_till_december(w, names[i]);
        take_task_status(w, LATER, "A", names[i], 6, REPORTED_CLOSED);
        deliver(w);
        assert_int_equal(finding_of(w, "B", "A:F")->carried.items[i].resolution,
                         RESOLUTION_WONT_FIX);
    }
    for (int i = 0; i < 2; i++) {
        take_task_status(w, "2026-12-11T00:00:00Z", "A", names[i], 7, REPORTED_CLOSED);
        deliver(w);
    }
    take_closure(w, "2026-12-12T00:00:00Z", closed(w, "B", 1));
    for (int i = 0; i < 2; i++) {
        const struct task *task = task_of(w, "B", i ? "sop-update/A:F" : "bug/A:F");
        assert_int_equal(task->occurrence, 2);
        assert_true(task->status == STATUS_RESOLVED || task->resolution == RESOLUTION_DONE);
    }
}

/* What is accepted for a time goes along with the work, and ends where that is, once. */
static void an_accepted_risk_ends_where_the_work_is(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    struct finding_event *f = refused_until(w, LATER_STILL);
    SET_FINDING(f, ACCEPTED_BY, accepted_by, STR("ciso"));
    take_finding(w, AT, f);
    assert_int_equal(incident_of(w, "A")->accepted, 1);
    take_closure(w, AT, closed(w, "B", 1));
    take_merge(w, LATER, "A", 3, "B");
    assert_int_equal(incident_of(w, "A")->accepted, 0);
    assert_int_equal(incident_of(w, "B")->accepted, 1);
    assert_int_equal(task_of(w, "A", "bug/F")->resolution, RESOLUTION_DUPLICATE);
    assert_int_equal(task_of(w, "B", "bug/A:F")->resolution, RESOLUTION_WONT_FIX);
    assert_time(task_of(w, "B", "bug/A:F")->accepted_until, LATER_STILL);
    const struct task before = *task_of(w, "A", "bug/F");
    run_until(w, LATER_STILL);
    deliver(w);
    assert_true(is_open(w, "B", "bug/A:F"));
    assert_int_equal(task_of(w, "B", "bug/A:F")->occurrence, before.occurrence + 1);
    assert_int_equal(finding_of(w, "B", "A:F")->status, REPORTED_OPEN);
    assert_time(finding_of(w, "B", "A:F")->accepted_until, NULL);
    assert_int_equal(incident_of(w, "B")->accepted, 0);
    assert_int_equal(task_of(w, "A", "bug/F")->version, before.version);
}

/* It was over while nobody had closed the other incident: it is open as soon as somebody has. */
static void an_accepted_risk_ends_while_it_is_held(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    take_finding(w, AT, refused_until(w, LATER));
    take_merge(w, AT, "A", 3, "B");
    run_until(w, LATER_STILL);
    assert_int_equal(incident_of(w, "A")->accepted, 0);
    close_it(w, LATER_STILL, closed(w, "B", 1));
    assert_true(is_open(w, "B", "bug/A:F"));
    assert_int_equal(finding_of(w, "B", "A:F")->status, REPORTED_OPEN);
}

/* ---- who is told ---- */

/* With one finding, into B. */
static void merge_into_b(struct world *w, const char *at, const char *id)
{
    struct closure_event *e = merged(w, id, 1, "B");
    add_inline(w, e, lapse(w, id, "F", -1));
    close_it(w, at, e);
}

/* The finding says no severity: it has that of the incident which it has left. */
static void held_it_is_rated_by_what_was_brought(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_MEDIUM);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    w->policy.severity_default = SEVERITY_LOW;
    close_with(w, e, "F");
    const struct task *task = task_of(w, "A", "bug/F");
    assert_int_equal(task->priority, PRIORITY_P2);
    ms_t due = task->due_at;
    take_merge(w, AT, "A", 2, "B");
    struct finding_event *f = finding(w, "A", "F", 2);
    SET_FINDING(f, OWNER, owner, owner("identity", NULL));
    take_finding(w, LATER, f);
    deliver(w);
    task = &finding_of(w, "B", "A:F")->carried.items[0];
    assert_int_equal(task->priority, PRIORITY_P2);
    assert_true(task->due_at == due);
}

/* How far the ticks of the shard have come when it is closed makes no difference to what is sent. */
static void held_till_it_is_late_it_is_one_reminder(void **state)
{
    struct world *w = *state;
    close_with(w, closed(w, "A", 1), "F");
    take_merge(w, AT, "A", 2, "B");
    ms_t due = task_of(w, "A", "bug/F")->due_at;
    w->now = due + 3 * DAY_MS;
    char at[TIMESTAMP_TEXT + 1] = {0};
    timestamp_format(w->now, at);
    take_closure(w, at, closed(w, "B", 1));
    const struct task *here = task_of(w, "B", "bug/A:F");
    assert_true(here->due_at == due);
    w->known_until = wake_of(w, state_task_key(w->arena, STR("B"), STR("bug/A:F")));
    assert_true(w->known_until < due);
    run_until_ms(w, w->now);
    size_t reminders = 0;
    for (size_t i = 0; i < w->d.outputs.n; i++)
        reminders += w->d.outputs.items[i].type == OUTPUT_REMINDER;
    assert_int_equal(reminders, 1);
}

static void nobody_closes_what_it_was_merged_into(void **state)
{
    struct world *w = *state;
    struct closure_event *e = merged(w, "A", 1, "B");
    add_inline(w, e, lapse(w, "A", "G", -1));
    add_inline(w, e, lapse(w, "A", "F", -1));
    close_it(w, AT, e);
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
    close_it(w, "2026-11-29T00:00:00Z", e);
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
    close_it(w, "2026-11-28T00:00:00Z", e);
    take_merge(w, "2026-11-28T01:00:00Z", "A", 3, "B");
    w->seen = w->d.outputs.n;
    run_until(w, "2026-12-04T00:00:00Z");
    assert_news(w, "");
    run_until(w, "2026-12-06T00:00:00Z");
    assert_news(w,
                "reminder orphan-finding/2 A:F 2026-12-05T01:00 response-team=security-response\n");
}

/* It was silent for as long as it was held. */
static void released_it_is_not_stale(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, OWNER, owner, owner("t", "p"));
    SET_FINDING(f, DUE_AT, due_at, t("2027-06-01"));
    add_inline(w, e, f);
    take_closure(w, AT, e);
    take_merge(w, AT, "A", 2, "B");
    run_until(w, "2027-02-01T00:00:00Z");
    take_closure(w, "2027-02-01T00:00:00Z", closed(w, "B", 1));
    run_until(w, "2027-02-03T00:00:00Z");
    assert_true(is_open(w, "B", "bug/A:F"));
    for (size_t i = w->seen; i < w->d.outputs.n; i++)
        assert_true(w->d.outputs.items[i].type != OUTPUT_REMINDER ||
                    w->d.outputs.items[i].reminder.kind != REMINDER_STALE);
}

/* Also where nothing has come, or nothing but duties. */
static void merged_without_findings_into_what_nobody_closes(void **state)
{
    struct world *w = *state;
    take_merge(w, AT, "A", 1, "B");
    struct closure_event *e = merged(w, "C", 1, "A");
    add_party(w, e, "Vendor", PARTY_VENDOR, false);
    close_it(w, AT, e);
    e = merged(w, "D", 1, "B");
    add_party(w, e, "Vendor", PARTY_VENDOR, false);
    add_party(w, e, "Police", PARTY_LAW_ENFORCEMENT, false);
    add_inline(w, e, lapse(w, "D", "F", -1));
    close_it(w, AT, e);
    take_merge(w, AT, "E", 1, "B");
    take_merge(w, LATER, "E", 2, NULL);
    take_merge(w, LATER, "A", 2, "B"); /* says nothing new */
    w->seen = w->d.outputs.n;
    run_until(w, "2027-01-30T00:00:00Z");
    assert_news(w,
                "reminder orphan-finding/1 B 2026-11-27T10:00 response-team=security-response\n"
                "reminder orphan-finding/2 B 2026-11-27T10:00 response-team=security-response\n"
                "reminder orphan-finding/3 D:F 2026-11-27T10:00 response-team=security-response\n");
    assert_str(output_at(w, 0)->reminder.summary,
               "A is merged into B, which has not been closed for 7 d");
    assert_str(output_at(w, 1)->reminder.summary,
               "C is merged into B, which is not closed yet: 1 duty waits there for 7 d");
    assert_str(
        output_at(w, 2)->reminder.summary,
        "D is merged into B, which is not closed yet: 1 finding and 2 duties wait there for 7 d");
    /* Corrected, and merged there again: that is another one. */
    take_merge(w, "2027-02-01T00:00:00Z", "A", 3, NULL);
    take_merge(w, "2027-02-01T00:00:00Z", "A", 4, "B");
    w->seen = w->d.outputs.n;
    run_until(w, "2027-03-30T00:00:00Z");
    assert_int_equal(outputs_n(w), 2); /* of A, and of C, which is merged into it */
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

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(held_where_the_other_is_not_closed),
        IN_WORLD(held_and_parted),
        IN_WORLD(held_it_keeps_the_rest_of_its_owner),
        IN_WORLD(held_its_sop_update_goes_on),
        IN_WORLD(held_a_doubt_is_worked_on),
        IN_WORLD(held_it_is_not_closed_without_acceptance),
        IN_WORLD(held_till_its_acceptance_is_over),
        IN_WORLD(an_accepted_risk_ends_where_the_work_is),
        IN_WORLD(an_accepted_risk_ends_while_it_is_held),
        IN_WORLD(held_it_is_rated_by_what_was_brought),
        IN_WORLD(held_till_it_is_late_it_is_one_reminder),
        IN_WORLD(nobody_closes_what_it_was_merged_into),
        IN_WORLD(merged_once_more_into_what_nobody_closes),
        IN_WORLD(released_it_is_not_stale),
        IN_WORLD(merged_without_findings_into_what_nobody_closes),
        IN_WORLD(many_are_merged_into_what_nobody_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
