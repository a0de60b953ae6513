/* SPDX-License-Identifier: Apache-2.0 */
/* What is done only where something shows that: evidence, or of an evaluation its answers. */
#include "closing_support.h"

#define NEEDS_EVIDENCE "not closed: it needs evidence"
#define NEEDS_ANSWERS "not closed: it needs evaluation, sufficient and complete"

/* F-1 at this severity, whose kind is done only with evidence; of nobody else than dev. */
static struct world *shown_bug(void **state, enum severity severity)
{
    struct world *w = closed_incident(state);
    w->policy.evidence[KIND_BUG] = true;
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, SEVERITY, severity, severity);
    SET_FINDING(f, OWNER, owner, owner("identity", "dev@example.com"));
    take_finding(w, NOON, f);
    return w;
}

static struct task_update_event *with_evidence(struct world *w, int64_t revision, bool some)
{
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", revision);
    SET_UPDATE(u, EVIDENCE, evidence, some ? some_evidence(w) : (struct evidence_list){0});
    return u;
}

static void without_evidence_it_stays_open(void **state)
{
    struct world *w = shown_bug(state, SEVERITY_MEDIUM);
    report(w, 1, REPORTED_IN_PROGRESS, NULL);
    report(w, 2, REPORTED_CLOSED, "dev@example.com");
    assert_news(w, "bug/F-1/3 updated in-progress\n");
    assert_warned(w, "closed", NEEDS_EVIDENCE);
    report(w, 3, REPORTED_RESOLVED, "dev@example.com");
    assert_warned(w, "resolved", NEEDS_EVIDENCE);
    /* Nobody has to look at it here, so nobody's word stands for it. */
    report(w, 4, REPORTED_VERIFIED, "qa@example.com");
    assert_warned(w, "verified", NEEDS_EVIDENCE);
    told(w, 2, REPORTED_RESOLVED, "dev@example.com");
    assert_warned(w, "resolved", NEEDS_EVIDENCE);
    assert_int_equal(finding_of(w, "INC-1", "F-1")->status, reported_status_none);
    assert_int_equal(bug(w)->status, STATUS_IN_PROGRESS);
    /* Other ends need none. */
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 5);
    SET_UPDATE(u, STATUS, status, REPORTED_DISMISSED);
    SET_UPDATE(u, REASON, reason, STR("Not ours"));
    take_update(w, NOON, u);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DISMISSED);
    report(w, 6, REPORTED_CLOSED, NULL); /* it is */
    assert_news(w, "");
    report(w, 7, REPORTED_VERIFIED, NULL);
    assert_warned(w, "verified", NEEDS_EVIDENCE);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DISMISSED);
}

static void evidence_may_come_by_itself(void **state)
{
    struct world *w = shown_bug(state, SEVERITY_MEDIUM);
    take_update(w, NOON, with_evidence(w, 1, true)); /* which says nothing of an end */
    assert_news(w, "bug/F-1/2 updated open [evidence]\n");
    take_update(w, NOON, with_evidence(w, 2, false));
    report(w, 3, REPORTED_RESOLVED, NULL);
    assert_warned(w, "resolved", NEEDS_EVIDENCE);
    take_update(w, NOON, with_evidence(w, 4, true));
    assert_news(w, "bug/F-1/5 closed closed:done [status,resolution,closed_at,sla,evidence]\n"
                   "completed/2 light 0/1\n");
    report(w, 5, REPORTED_OPEN, NULL);
    struct task_update_event *u = with_evidence(w, 6, true);
    SET_UPDATE(u, STATUS, status, REPORTED_CLOSED);
    take_update(w, NOON, u);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
    /* A finding has it from its task. */
    report(w, 7, REPORTED_OPEN, NULL);
    take_update(w, NOON, with_evidence(w, 8, true));
    told(w, 2, REPORTED_VERIFIED, NULL);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
}

static void resolved_after_all_it_is_to_be_shown_too(void **state)
{
    struct world *w = shown_bug(state, SEVERITY_LOW);
    struct finding_event *f = said(w, 2, REPORTED_DISMISSED, NULL);
    SET_FINDING(f, REASON, reason, STR("not ours"));
    take_finding(w, NOON, f);
    told(w, 3, REPORTED_RESOLVED, NULL);
    assert_warned(w, "resolved", NEEDS_EVIDENCE);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DISMISSED);
    take_update(w, NOON, with_evidence(w, 1, true));
    told(w, 4, REPORTED_RESOLVED, NULL);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
}

static void a_verifiers_word_is_evidence(void **state)
{
    struct world *w = shown_bug(state, SEVERITY_HIGH);
    report(w, 1, REPORTED_CLOSED, "dev@example.com"); /* is resolved, which needs none */
    assert_news(w, "bug/F-1/2 resolved resolved [status]\n");
    report(w, 2, REPORTED_VERIFIED, NULL);
    assert_warned(w, "verified", NEEDS_EVIDENCE);
    assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    report(w, 3, REPORTED_VERIFIED, "dev@example.com");
    assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    report(w, 4, REPORTED_VERIFIED, "qa@example.com");
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
    /* What he has looked at may be added, and taken back. */
    take_update(w, NOON, with_evidence(w, 5, true));
    assert_news(w, "bug/F-1/6 updated closed:done [evidence]\n");
    report(w, 6, REPORTED_OPEN, NULL);
    w->policy.closed_is = REPORTED_VERIFIED;
    report(w, 7, REPORTED_CLOSED, "qa@example.com"); /* a click is no look */
    assert_warned(w, "closed", NEEDS_EVIDENCE);
    w->policy.verified_by_owner = true;
    report(w, 8, REPORTED_VERIFIED, "dev@example.com");
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
}

/* Nobody has to verify it any more, but it is not shown either. */
static void a_fall_of_priority_needs_it_too(void **state)
{
    struct world *w = shown_bug(state, SEVERITY_HIGH);
    report(w, 1, REPORTED_RESOLVED, NULL);
    TELL_FINDING(w, NOON, "F-1", 2, SEVERITY, severity, SEVERITY_LOW);
    assert_int_equal(bug(w)->status, STATUS_RESOLVED);
    assert_int_equal(bug(w)->refused, REPORTED_RESOLVED);
    take_update(w, NOON, with_evidence(w, 2, true));
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
}

static void what_shows_it_stays(void **state)
{
    struct world *w = shown_bug(state, SEVERITY_MEDIUM);
    struct task_update_event *u = with_evidence(w, 1, true);
    SET_UPDATE(u, STATUS, status, REPORTED_CLOSED);
    take_update(w, NOON, u);
    take_update(w, NOON, with_evidence(w, 2, false));
    assert_news(w, "bug/F-1/3 updated closed:done\n");
    assert_str(output_at(w, 0)->warnings.items->taken_as,
               "not taken: what is done is withdrawn by open");
    assert_int_equal(bug(w)->evidence.n, 1);
    u = with_evidence(w, 3, false);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    take_update(w, NOON, u);
    assert_int_equal(bug(w)->evidence.n, 0);
    w->policy.evidence[KIND_BUG] = false; /* turned off */
    report(w, 4, REPORTED_CLOSED, NULL);
    assert_int_equal(bug(w)->resolution, RESOLUTION_DONE);
    take_update(w, NOON, with_evidence(w, 5, true));
    take_update(w, NOON, with_evidence(w, 6, false));
    assert_news(w, "bug/F-1/7 updated closed:done [evidence]\n");
}

/* ---- evaluations ---- */

static const struct task *evaluation(struct world *w)
{
    return task_of(w, "INC-1", "response-evaluation");
}

static struct task_update_event *answer(struct world *w, int64_t revision, unsigned answers,
                                        enum tristate sufficient, enum tristate complete)
{
    struct task_update_event *u = task_update(w, "INC-1", "response-evaluation", revision);
    const struct evaluation said = {sufficient, complete, STR_NONE};
    SET_UPDATE(u, EVALUATION, evaluation, said);
    u->answers = answers;
    return u;
}

static void tell(struct world *w, int64_t revision, int status)
{
    TELL_TASK(w, NOON, "response-evaluation", revision, STATUS, status, status);
}

static void an_evaluation_is_done_by_its_answers(void **state)
{
    static const int ends[] = {REPORTED_RESOLVED, REPORTED_VERIFIED, REPORTED_CLOSED};
    struct world *w = *state;
    TELL_CLOSURE(w, NOON, 1, SEVERITY, severity, SEVERITY_HIGH);
    for (int i = 0; i < 3; i++) {
        tell(w, i + 1, ends[i]);
        assert_warned(w, reported_status_name(ends[i]).p, NEEDS_ANSWERS);
        assert_int_equal(evaluation(w)->status, STATUS_OPEN);
    }
    /* Evidence is none of them. */
    struct task_update_event *u = task_update(w, "INC-1", "response-evaluation", 4);
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, NOON, u);
    assert_warned(w, "closed", NEEDS_ANSWERS);
    take_update(w, NOON, answer(w, 5, ANSWER_SUFFICIENT, TRI_TRUE, 0));
    assert_int_equal(evaluation(w)->evaluation.sufficient, TRI_TRUE);
    assert_int_equal(evaluation(w)->status, STATUS_OPEN);
    assert_str(evaluation(w)->description, "Say whether the response was complete.");
    /* The other one, by itself: both are there. */
    take_update(w, NOON, answer(w, 6, ANSWER_COMPLETE, 0, TRI_FALSE));
    assert_news(w, "response-evaluation/7 closed closed:done "
                   "[status,resolution,closed_at,sla,evaluation]\n"
                   "stakeholder-review/1 created open\n");
    tell(w, 7, REPORTED_CLOSED);
    assert_news(w, "");
    tell(w, 8, REPORTED_VERIFIED);
    assert_news(w, "");
}

static void an_answer_without_a_word_is_enough(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    struct task_update_event *u = answer(w, 1, ANSWER_ALL, TRI_TRUE, TRI_TRUE);
    u->evaluation.note = STR("As planned.");
    take_update(w, NOON, u);
    assert_news(w, "response-evaluation/2 closed closed:done "
                   "[status,resolution,closed_at,sla,evaluation]\n"
                   "completed/1 light 0/1\n");
    assert_str(evaluation(w)->evaluation.note, "As planned.");
    /* It may be corrected, which opens nothing, but not taken back. */
    take_update(w, NOON, answer(w, 2, ANSWER_COMPLETE, 0, TRI_FALSE));
    assert_news(w, "response-evaluation/3 updated closed:done [evaluation]\n"
                   "opened/2 light 0/1\n"
                   "stakeholder-review/1 created open\n");
    take_update(w, NOON, answer(w, 3, ANSWER_ALL, 0, 0));
    assert_str(output_at(w, 0)->warnings.items->taken_as,
               "not taken: what is done is withdrawn by open");
    assert_true(evaluation_is_answered(evaluation(w)->evaluation));
    take_update(w, NOON, answer(w, 4, ANSWER_NOTE, 0, 0));
    assert_null(evaluation(w)->evaluation.note.p);
    /* Another occurrence begins without. */
    tell(w, 5, REPORTED_IN_PROGRESS);
    assert_int_equal(evaluation(w)->evaluation.sufficient, 0);
    u = answer(w, 6, ANSWER_ALL, TRI_TRUE, TRI_TRUE);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN); /* on which it goes on */
    take_update(w, NOON, u);
    assert_int_equal(evaluation(w)->status, STATUS_OPEN);
    tell(w, 7, REPORTED_RESOLVED);
    assert_int_equal(evaluation(w)->resolution, RESOLUTION_DONE);
    u = answer(w, 8, 0, 0, 0); /* {} */
    take_update(w, NOON, u);
    assert_news(w, "");
}

static void an_evaluation_may_end_otherwise(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    struct task_update_event *u = task_update(w, "INC-1", "response-evaluation", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_DISMISSED);
    SET_UPDATE(u, REASON, reason, STR("A drill"));
    take_update(w, NOON, u);
    assert_int_equal(evaluation(w)->resolution, RESOLUTION_DISMISSED);
    tell(w, 2, REPORTED_CLOSED);
    assert_news(w, "");
    take_update(w, NOON, answer(w, 3, ANSWER_ALL, TRI_TRUE, TRI_TRUE)); /* kept, and no more */
    assert_news(w, "response-evaluation/3 updated closed:dismissed [evaluation]\n");
}

static void turned_off_it_needs_no_answers(void **state)
{
    struct world *w = *state;
    w->policy.evidence[KIND_RESPONSE_EVALUATION] = false;
    TELL_CLOSURE(w, NOON, 1, SEVERITY, severity, SEVERITY_HIGH);
    tell(w, 1, REPORTED_CLOSED);
    assert_int_equal(evaluation(w)->status, STATUS_RESOLVED);
    tell(w, 2, REPORTED_VERIFIED);
    assert_int_equal(evaluation(w)->resolution, RESOLUTION_DONE);
    tell(w, 3, REPORTED_OPEN);
    take_update(w, NOON, answer(w, 4, ANSWER_ALL, TRI_TRUE, TRI_TRUE));
    assert_int_equal(evaluation(w)->resolution, RESOLUTION_DONE);
    take_update(w, NOON, answer(w, 5, ANSWER_ALL, 0, 0));
    assert_int_equal(evaluation(w)->evaluation.complete, 0);
}

static void only_an_evaluation_has_answers(void **state)
{
    struct world *w = p1_bug(state);
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    const struct evaluation both = {TRI_TRUE, TRI_FALSE, STR_NONE};
    SET_UPDATE(u, EVALUATION, evaluation, both);
    u->answers = ANSWER_ALL;
    take_update(w, NOON, u);
    assert_news(w, "bug/F-1/2 updated open\n");
    assert_str(output_at(w, 0)->warnings.items->taken_as,
               "not taken: only a response-evaluation has one");
}

/* ---- what closures answer ---- */

static void take_answers(struct world *w, int64_t revision, enum tristate sufficient,
                         enum tristate complete)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    evaluate(e, sufficient, complete);
    take_closure(w, LATER, e);
}

static void a_closure_and_a_tracker_answer_together(void **state)
{
    struct world *w = *state;
    take_answers(w, 1, 0, TRI_TRUE);
    assert_int_equal(evaluation(w)->evaluation.complete, TRI_TRUE);
    assert_str(evaluation(w)->description, "Say whether the response was sufficient.");
    take_update(w, LATER, answer(w, 1, ANSWER_SUFFICIENT, TRI_TRUE, 0));
    assert_int_equal(evaluation(w)->resolution, RESOLUTION_DONE);
    /* What it has said before is no news; what is new corrects. */
    take_answers(w, 2, 0, TRI_TRUE);
    assert_news(w, "");
    take_answers(w, 3, TRI_FALSE, TRI_TRUE);
    assert_news(w, "response-evaluation/3 updated closed:done [evaluation]\n"
                   "opened/2 light 0/1\n"
                   "stakeholder-review/1 created open\n");
    assert_int_equal(evaluation(w)->evaluation.sufficient, TRI_FALSE);
    /* Withdrawn, the same answers do not close it again. */
    TELL_TASK(w, LATER, "response-evaluation", 2, STATUS, status, REPORTED_OPEN);
    take_answers(w, 4, TRI_FALSE, TRI_TRUE);
    assert_news(w, "");
    assert_str(evaluation(w)->description, "Say whether the response was sufficient and complete.");
    take_answers(w, 5, 0, 0);
    assert_news(w, "");
    take_update(w, LATER, answer(w, 3, ANSWER_SUFFICIENT, TRI_TRUE, 0));
    take_answers(w, 6, TRI_FALSE, 0); /* in the place of that */
    assert_int_equal(evaluation(w)->evaluation.sufficient, TRI_FALSE);
    take_answers(w, 7, TRI_TRUE, TRI_TRUE);
    assert_int_equal(evaluation(w)->resolution, RESOLUTION_DONE);
    take_answers(w, 8, 0, TRI_FALSE);
    assert_int_equal(evaluation(w)->evaluation.sufficient, TRI_TRUE);
    assert_int_equal(evaluation(w)->evaluation.complete, TRI_FALSE);
    take_answers(w, 9, TRI_FALSE, 0);
    assert_int_equal(evaluation(w)->evaluation.sufficient, TRI_FALSE);
    assert_int_equal(evaluation(w)->evaluation.complete, TRI_FALSE);
}

static void of_an_incident_that_is_none_nothing_follows(void **state)
{
    struct world *w = *state;
    take_answers(w, 1, TRI_TRUE, 0);
    TELL_CLOSURE(w, LATER, 2, DISPOSITION, disposition, DISPOSITION_TEST);
    take_update(w, LATER, answer(w, 1, ANSWER_COMPLETE, 0, TRI_FALSE));
    assert_news(w, "response-evaluation/3 updated closed:dismissed [evaluation]\n");
    /* Back again it asks for what the closure lacks. */
    TELL_CLOSURE(w, LATER, 3, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    assert_int_equal(evaluation(w)->status, STATUS_OPEN);
    assert_int_equal(evaluation(w)->evaluation.sufficient, TRI_TRUE);
    assert_int_equal(evaluation(w)->evaluation.complete, 0);
    /* One that was dismissed is not answered by a closure. */
    struct task_update_event *u = task_update(w, "INC-1", "response-evaluation", 2);
    SET_UPDATE(u, STATUS, status, REPORTED_DISMISSED);
    SET_UPDATE(u, REASON, reason, STR("A drill"));
    take_update(w, LATER, u);
    take_answers(w, 4, TRI_TRUE, TRI_TRUE);
    assert_int_equal(evaluation(w)->resolution, RESOLUTION_DISMISSED);
}

static void who_has_to_know_is_told(void **state)
{
    struct world *w = *state;
    take_closure(w, NOON, closure(w, "INC-1", 1));
    tell(w, 1, REPORTED_CLOSED);
    run_until(w, "2026-11-23T09:00:00Z");
    const struct reminder_output *r = &output_at(w, 0)->reminder;
    assert_int_equal(r->kind, REMINDER_NOT_CLOSED);
    assert_non_null(strstr(r->summary.p, "it was reported as closed and is not closed: that needs "
                                         "evaluation, sufficient and complete"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
        TEST(without_evidence_it_stays_open),
        TEST(evidence_may_come_by_itself),
        TEST(resolved_after_all_it_is_to_be_shown_too),
        TEST(a_verifiers_word_is_evidence),
        TEST(a_fall_of_priority_needs_it_too),
        TEST(what_shows_it_stays),
        TEST(an_evaluation_is_done_by_its_answers),
        TEST(an_answer_without_a_word_is_enough),
        TEST(an_evaluation_may_end_otherwise),
        TEST(turned_off_it_needs_no_answers),
        TEST(only_an_evaluation_has_answers),
        TEST(a_closure_and_a_tracker_answer_together),
        TEST(of_an_incident_that_is_none_nothing_follows),
        TEST(who_has_to_know_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
