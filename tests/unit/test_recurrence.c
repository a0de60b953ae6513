/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back: who is told of it, what is raised, and what does not count. */
#include "recurrence_support.h"

static void told_of_what_was_before(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "tokens in logs");
    ASSERT_LINES(w, "recurred", "");
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P4);
    come(w, TWO, "B", " Tokens  in logs ");
    ASSERT_LINES(w, "recurred", "recurred/1 F Tokens in logs, 2: A/bug/F=open\n");
    ASSERT_LINES(w, "again", "again Tokens in logs to A\n");
    const struct task *raised = task_of(w, "A", "bug/F");
    assert_int_equal(raised->priority, PRIORITY_P3);
    assert_str(raised->reason, "its cause was seen again, in B: Tokens in logs");
    assert_int_equal(task_of(w, "B", "bug/F")->priority, PRIORITY_P4);
    come(w, THREE, "C", "tokens in logs");
    ASSERT_LINES(w, "recurred", "recurred/1 F tokens in logs, 3: A/bug/F=open B/bug/F=open\n");
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P2);
    assert_str(task_of(w, "A", "bug/F")->reason, "its cause was seen again, in C: tokens in logs");
    assert_int_equal(task_of(w, "B", "bug/F")->priority, PRIORITY_P3);
    assert_int_equal(finding_of(w, "C", "F")->seen_before.n, 2);
    assert_int_equal(task_of(w, "C", "bug/F")->recurrences, 1);
    /* The reason is that of one event. */
    take_task_status(w, THREE, "A", "bug/F", 1, REPORTED_IN_PROGRESS);
    assert_false(task_of(w, "A", "bug/F")->reason.p);
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P2);
}

static void never_above_p1_nor_lowered(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = caused(w, "A", "F", -1, "k");
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    add_inline(w, e, f);
    close_it(w, ONE, e);
    come(w, ONE, "B", "k");
    come(w, ONE, "C", "k");
    come(w, ONE, "D", "k");
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P1);
    assert_int_equal(task_of(w, "A", "sop-update/F")->priority, PRIORITY_P1);
    come(w, ONE, "E", "k");
    assert_int_equal(finding_of(w, "A", "F")->raised_by.n, 3);
    f = finding(w, "A", "F", 1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_LOW);
    take_finding(w, TWO, f);
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P1);
}

static void a_persons_reason_stays(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    SET_UPDATE(u, REASON, reason, STR("the vendor is late"));
    take_update(w, ONE, u);
    deliver(w);
    come(w, TWO, "B", "k");
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P3);
    assert_str(task_of(w, "A", "bug/F")->reason, "the vendor is late");
}

static void nothing_is_raised_that_is_closed_or_where_nobody_wants_it(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    come(w, ONE, "A2", "other");
    take_task_status(w, ONE, "A", "bug/F", 1, REPORTED_RESOLVED);
    assert_int_equal(task_of(w, "A", "bug/F")->status, STATUS_CLOSED);
    deliver(w);
    come(w, TWO, "B", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: A/bug/F=closed\n");
    ASSERT_LINES(w, "again", "");
    w->policy.recurrence.boost = false;
    come(w, TWO, "C", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 3: A/bug/F=closed B/bug/F=open\n");
    ASSERT_LINES(w, "again", "");
}

/* It was open when it was told so. */
static void closed_on_the_way(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    struct closure_event *e = closed(w, "B", 1);
    add_inline(w, e, caused(w, "B", "F", -1, "k"));
    take_closure(w, TWO, e);
    take_task_status(w, TWO, "A", "bug/F", 1, REPORTED_RESOLVED);
    tell_again(w, "A", "F", "B");
    assert_int_equal(finding_of(w, "A", "F")->raised_by.n, 0);
    /* Of one that nobody knows nothing comes. */
    tell_again(w, "A", "G", "B");
    tell_again(w, "NOBODY", "G", "B");
    assert_int_equal(outputs_n(w), 0);
    assert_false(is_stored(w, STR("NOBODY")));
}

/* Two causes that both have are one recurrence for what is raised. */
static void raised_once_for_each_incident(void **state)
{
    struct world *w = *state;
    everything_at_once(&w->policy, false);
    for (int i = 0; i < 2; i++) {
        const char *id = i ? "B" : "A";
        static const char *const references[] = {
            "CVE-2026-1", "CVE-2026-2", "cve-2026-1", " ", "https://example.com/CVE-2026-3",
            "a:b/",       "a:/b"};
        struct closure_event *e = closed(w, id, 1);
        struct finding_event *f = lapse(w, id, "F", -1);
        SET_FINDING(f, SEVERITY, severity, SEVERITY_LOW);
        SET_FINDING(f, REFERENCES, references, list_of(w, i ? 5 : 7, references));
        add_inline(w, e, f);
        close_it(w, i ? TWO : ONE, e);
    }
    ASSERT_LINES(w, "recurred",
                 "recurred/1 F CVE-2026-1, 2: A/bug/F=open\n"
                 "recurred/2 F CVE-2026-2, 2: A/bug/F=open\n");
    assert_int_equal(task_of(w, "A", "bug/F")->priority, PRIORITY_P3);
    assert_int_equal(finding_of(w, "B", "F")->seen_before.n, 1);
    /* In the morning one item tells of both. */
    run_until(w, "2026-04-22T00:00:00Z");
    const struct incident *b = incident_of(w, "B");
    assert_int_equal(b->recurred, 1);
    assert_int_equal(finding_of(w, "B", "F")->recurrences, 2);
    assert_int_equal(finding_of(w, "B", "F")->recurrences_told, 2);
}

/* What the response team was told last of a cause. */
static struct str last_summary(struct world *w)
{
    for (size_t i = outputs_n(w); i-- > 0;) {
        const struct output *output = output_at(w, i);
        if (output->type == OUTPUT_REMINDER && output->reminder.kind == REMINDER_RECURRED)
            return output->reminder.summary;
    }
    return STR_NONE;
}

static void the_response_team_is_told_in_the_morning(void **state)
{
    struct world *w = *state;
    everything_at_once(&w->policy, false);
    come(w, ONE, "A", "k");
    come(w, "2026-03-03T22:00:00Z", "B", "k");
    run_until(w, "2026-03-04T09:00:00Z");
    ASSERT_LINES(w, "reminder recurred",
                 "reminder recurred/1 F 2026-03-03T22:00 response-team=security-response\n");
    assert_str(last_summary(w),
               "The cause of finding F 'Finding F' of B was seen before: 1 earlier task, 1 of them "
               "open, 0 overdue; look at A/bug/F");
}

/* As it stands when it is said: what is snoozed is not late. */
static void how_it_stands_is_said(void **state)
{
    struct world *w = *state;
    everything_at_once(&w->policy, false);
    come(w, ONE, "A", "k");
    come(w, ONE, "B", "k");
    come(w, ONE, "C", "k");
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, SNOOZED_UNTIL, snoozed_until, t("2027-01-01T00:00:00Z"));
    take_update(w, ONE, u);
    take_task_status(w, ONE, "C", "bug/F", 1, REPORTED_RESOLVED);
    deliver(w);
    come(w, "2026-07-01T22:00:00Z", "D", "k");
    run_until(w, "2026-07-02T09:00:00Z");
    assert_str(
        last_summary(w),
        "The cause of finding F 'Finding F' of D was seen before: 3 earlier tasks, 2 of them "
        "open, 1 overdue; look at B/bug/F");
}

static void dismissed_before_the_morning(void **state)
{
    struct world *w = *state;
    everything_at_once(&w->policy, false);
    come(w, ONE, "A", "k");
    come(w, "2026-03-03T22:00:00Z", "B", "k");
    take_finding(w, "2026-03-03T23:00:00Z", dismissed(w, "B", "F", 1));
    run_until(w, "2026-03-04T10:00:00Z");
    ASSERT_LINES(w, "reminder recurred", "");
    assert_true(finding_of(w, "B", "F")->recurred_at == TIME_NONE);
}

static void what_does_not_count(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    /* First seen as dismissed, or as a duplicate of one that is known. */
    struct finding_event *f = dismissed(w, "A", "D", -1);
    SET_FINDING(f, CAUSE_KEY, cause_key, STR("dismissed"));
    add_inline(w, e, f);
    add_inline(w, e, lapse(w, "A", "O", -1));
    f = duplicate(w, "A", "E", -1, "O");
    SET_FINDING(f, CAUSE_KEY, cause_key, STR("duplicate"));
    add_inline(w, e, f);
    /* Whose duplicate nobody knows counts: its task is open. */
    f = duplicate(w, "A", "G", -1, "unknown");
    SET_FINDING(f, CAUSE_KEY, cause_key, STR("doubtful"));
    add_inline(w, e, f);
    f = duplicate(w, "A", "H", -1, "H");
    SET_FINDING(f, CAUSE_KEY, cause_key, STR("circular"));
    add_inline(w, e, f);
    take_closure(w, ONE, e);
    ASSERT_LINES(w, "new", "new doubtful of A\nnew circular of A\n");
    /* Nor do they while their incident is not closed, or is none. */
    take_finding(w, ONE, caused(w, "B", "F", 1, "k"));
    ASSERT_LINES(w, "new", "");
    take_closure(w, ONE, closed_as_test(w, "B", 1));
    ASSERT_LINES(w, "new", "");
    take_closure(w, TWO, closed(w, "B", 2));
    ASSERT_LINES(w, "new", "");
}

static void what_counts_no_more(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    take_finding(w, ONE, dismissed(w, "A", "F", 1));
    ASSERT_LINES(w, "gone", "gone k of A\n");
    deliver(w);
    come(w, ONE, "B", "k");
    ASSERT_LINES(w, "recurred", "");
    /* It is back: nobody has been told of these two. */
    struct finding_event *f = finding(w, "A", "F", 2);
    SET_FINDING(f, STATUS, status, REPORTED_OPEN);
    take_finding(w, TWO, f);
    deliver(w);
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: B/bug/F=open\n");
    /* And once is enough. */
    take_finding(w, TWO, dismissed(w, "A", "F", 3));
    deliver(w);
    f = finding(w, "A", "F", 4);
    SET_FINDING(f, STATUS, status, REPORTED_OPEN);
    take_finding(w, TWO, f);
    deliver(w);
    ASSERT_LINES(w, "recurred", "");
    assert_int_equal(task_of(w, "B", "bug/F")->priority, PRIORITY_P3);
}

static void another_key(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    come(w, ONE, "B", "l");
    struct finding_event *f = finding(w, "B", "F", 1);
    SET_FINDING(f, CAUSE_KEY, cause_key, STR("k"));
    take_finding(w, TWO, f);
    ASSERT_LINES(w, "gone", "gone l of B\n");
    deliver(w);
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: A/bug/F=open\n");
    /* None any more. */
    f = finding(w, "B", "F", 2);
    SET_FINDING(f, CAUSE_KEY, cause_key, STR_NONE);
    take_finding(w, TWO, f);
    ASSERT_LINES(w, "gone", "gone k of B\n");
    deliver(w);
    come(w, THREE, "C", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: A/bug/F=open\n");
}

static void two_of_one_incident(void **state)
{
    struct world *w = *state;
    struct closure_event *e = closed(w, "A", 1);
    add_inline(w, e, caused(w, "A", "F", -1, "k"));
    add_inline(w, e, caused(w, "A", "G", -1, "k"));
    close_it(w, ONE, e);
    ASSERT_LINES(w, "recurred", "");
    come(w, TWO, "B", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: A/bug/F=open A/bug/G=open\n");
    /* Another one of the same incident comes too late to be news. */
    take_finding(w, TWO, caused(w, "B", "G", 1, "k"));
    deliver(w);
    ASSERT_LINES(w, "recurred", "");
    assert_int_equal(task_of(w, "A", "bug/G")->priority, PRIORITY_P3);
}

static void told_anew(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, OWNER, owner, owner("t", "p"));
    take_update(w, ONE, u);
    ASSERT_LINES(w, "changed", "changed k of A\n");
    u = task_update(w, "A", "bug/F", 2);
    SET_UPDATE(u, TRACKER, tracker, ((struct tracker){STR("jira"), STR("K"), STR_NONE}));
    take_update(w, ONE, u);
    ASSERT_LINES(w, "changed", ""); /* nobody is told of that */
    deliver(w);
    come(w, TWO, "B", "k");
    assert_str(finding_of(w, "B", "F")->seen_before.items[0].owner.person, "p");
}

/* What is long is known by its beginning; of what has come to it alone it tells. */
static void told_in_short(void **state)
{
    struct world *w = *state;
    static const char *const references[] = {"CVE-2026-1", "CVE-2026-2"};
    char text[300];
    memset(text, 'x', sizeof text);
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, TITLE, title, ((struct str){text, sizeof text}));
    SET_FINDING(f, OWNER, owner, ((struct owner){{text, sizeof text}, {text, sizeof text}}));
    SET_FINDING(f, REFERENCES, references, list_of(w, 1, references));
    add_inline(w, e, f);
    take_closure(w, ONE, e);
    const struct output *last = output_at(w, outputs_n(w) - 1);
    const struct seen *seen = &last->forward->recurrence.finding;
    assert_int_equal(seen->title.n, 128);
    assert_int_equal(seen->owner.team.n, 256);
    assert_int_equal(seen->owner.person.n, 256);
    f = finding(w, "A", "F", 1);
    SET_FINDING(f, REFERENCES, references, list_of(w, 2, references));
    take_finding(w, ONE, f);
    assert_news(w, "new CVE-2026-2 of A\n");
}

/* A link names a place, not a cause. */
static void links_are_no_causes(void **state)
{
    struct world *w = *state;
    static const char *const links[] = {"https://example.com/1", "https://example.com/2"};
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, REFERENCES, references, list_of(w, 2, links));
    add_inline(w, e, f);
    take_closure(w, ONE, e);
    ASSERT_LINES(w, "new", "");
    assert_int_equal(finding_of(w, "A", "F")->causes.n, 0);
}

/* ---- by the policy ---- */

static void nothing_by_a_policy_without(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    w->policy.recurrence.off = true;
    come(w, ONE, "B", "k");
    ASSERT_LINES(w, "new", "");
    struct finding_event *f = finding(w, "A", "F", 1);
    SET_FINDING(f, TITLE, title, STR("Anew"));
    take_finding(w, TWO, f); /* it is known no more */
    ASSERT_LINES(w, "gone", "gone k of A\n");
    deliver(w);
}

static void by_members(void **state)
{
    struct world *w = *state;
    struct cause_member members[] = {{CAUSE_CATEGORY, STR_NONE},    {CAUSE_SEVERITY, STR_NONE},
                                     {CAUSE_TITLE, STR_NONE},       {CAUSE_WORK, STR_NONE},
                                     {CAUSE_ACTION_TYPE, STR_NONE}, {CAUSE_TEAM, STR_NONE},
                                     {CAUSE_LABEL, STR("product")}};
    w->policy.recurrence.by_references = false;
    w->policy.recurrence.members = members;
    w->policy.recurrence.members_n = 7;
    struct closure_event *e = closed(w, "A", 1);
    struct finding_event *f = lapse(w, "A", "F", -1);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_LOW);
    SET_FINDING(f, TITLE, title, STR("Logs"));
    SET_FINDING(f, WORK, work, KIND_BUG);
    SET_FINDING(f, ACTION_TYPE, action_type, ACTION_PREVENT);
    SET_FINDING(f, OWNER, owner, owner("t", NULL));
    SET_FINDING(f, LABELS, labels, labels_of("product", "signing"));
    add_inline(w, e, f);
    f = lapse(w, "A", "G", -1); /* it lacks some */
    SET_FINDING(f, LABELS, labels, labels_of("system", "signing"));
    add_inline(w, e, f);
    take_closure(w, ONE, e);
    ASSERT_LINES(w, "new",
                 "new category=technical-lapse; severity=low; title=Logs; work=bug; "
                 "action_type=prevent; team=t; label.product=signing of A\n");
    members[0] = (struct cause_member){CAUSE_LABEL, STR("none")};
    w->policy.recurrence.members_n = 1;
    take_closure(w, ONE, e);
    f = finding(w, "A", "F", 1);
    SET_FINDING(f, DESCRIPTION, description, STR("d"));
    take_finding(w, ONE, f);
    ASSERT_LINES(w, "gone",
                 "gone category=technical-lapse; severity=low; title=Logs; work=bug; "
                 "action_type=prevent; team=t; label.product=signing of A\n");
    w->policy.recurrence.members_n = 0;
    come(w, ONE, "B", "k"); /* what a finding says itself counts still */
    ASSERT_LINES(w, "new", "new k of B\n");
    take_finding(w, ONE, lapse(w, "B", "G", 1));
    ASSERT_LINES(w, "new", "");
}

/* ---- in parts, and with time ---- */

static void forgotten_after_retention(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(30);
    come(w, ONE, "A", "k");
    take_task_status(w, TWO, "A", "bug/F", 1, REPORTED_RESOLVED);
    deliver(w);
    assert_true(is_stored(w, cause_key_of(w, "k")));
    run_until(w, "2026-06-01T00:00:00Z");
    ASSERT_LINES(w, "forgotten", "forgotten k of A\n");
    deliver(w);
    assert_false(is_stored(w, cause_key_of(w, "k")));
    /* A later life is told of by other ids. */
    take_closure(w, "2026-06-02T00:00:00Z", closed(w, "A", 2));
    come(w, "2026-06-02T00:00:00Z", "B", "k");
    take_finding(w, "2026-06-02T00:00:00Z", caused(w, "A", "F", 2, "k"));
    deliver(w);
    ASSERT_LINES(w, "recurred", "recurred/1 F~2 k, 2: B/bug/F=open\n");
}

static void a_task_for_a_time(void **state)
{
    struct world *w = *state;
    come(w, ONE, "A", "k");
    struct task_update_event *u = task_update(w, "A", "bug/F", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_WONT_FIX);
    SET_UPDATE(u, REASON, reason, STR("later"));
    SET_UPDATE(u, ACCEPTED_UNTIL, accepted_until, t("2026-06-01T00:00:00Z"));
    SET_UPDATE(u, ACCEPTED_BY, accepted_by, STR("ciso"));
    take_update(w, TWO, u);
    ASSERT_LINES(w, "changed", "changed k of A\n");
    deliver(w);
    /* A tick says that it is open again, and what it says comes through as what time has caused. */
    run_until(w, "2026-06-02T00:00:00Z");
    ASSERT_LINES(w, "changed", "changed k of A\n");
    deliver(w);
    come(w, "2026-06-03T00:00:00Z", "B", "k");
    ASSERT_LINES(w, "recurred", "recurred/1 F k, 2: A/bug/F=open\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
        TEST(told_of_what_was_before),
        TEST(never_above_p1_nor_lowered),
        TEST(a_persons_reason_stays),
        TEST(nothing_is_raised_that_is_closed_or_where_nobody_wants_it),
        TEST(closed_on_the_way),
        TEST(raised_once_for_each_incident),
        TEST(the_response_team_is_told_in_the_morning),
        TEST(how_it_stands_is_said),
        TEST(dismissed_before_the_morning),
        TEST(what_does_not_count),
        TEST(what_counts_no_more),
        TEST(another_key),
        TEST(two_of_one_incident),
        TEST(told_anew),
        TEST(told_in_short),
        TEST(links_are_no_causes),
        TEST(nothing_by_a_policy_without),
        TEST(by_members),
        TEST(forgotten_after_retention),
        TEST(a_task_for_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
