/* SPDX-License-Identifier: Apache-2.0 */
/* Submissions of obligations: what was submitted before the closure, and what a tracker may say. */
#include "obligation_support.h"

/* ---- what was submitted before the closure ---- */

static void what_was_done_before_wakes_nobody(void **state)
{
    struct world *w = chain(state, 0);
    struct closure_event *e = known(w, 1);
    add_submission(w, e, "early", t("2026-11-20T10:00:00Z"), true);
    add_submission(w, e, "full", t("2026-11-20T11:00:00Z"), false);
    add_submission(w, e, "final", t("2026-12-20T11:00:00Z"), true);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\n"
                   "obligation/early/1 created open\n"
                   "obligation/early/2 closed closed:done "
                   "[status,resolution,closed_at,sla,evidence,submitted_at,met,margin_s]\n"
                   "obligation/full/1 created open\n"
                   "obligation/full/2 updated open [submitted_at]\n"
                   "obligation/final/1 created open\n"
                   "obligation/final/2 updated open [evidence]\n");
    assert_warned(w, 0, "obligations[full]", "not submitted: submitted_at and evidence are needed");
    assert_warned(w, 0, "obligations[final]", "not submitted: submitted_at is in the future");
    assert_true(task_margin_s(task(w, "early")) == 5 * 3600);
    /* The evidence alone completes what the closure began. */
    struct task_update_event *u = told(w, "full", 1);
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, NOON, u);
    assert_int_equal(task(w, "full")->sla, SLA_MET);
}

static void the_same_submissions_are_no_news(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    for (int64_t revision = 1; revision <= 2; revision++) {
        struct closure_event *e = known(w, revision);
        add_submission(w, e, "early", t("2026-11-20T10:00:00Z"), true);
        take_closure(w, NOON, e);
        if (revision == 1) say(w, NOON, "early", 1, REPORTED_OPEN); /* it was sent back */
    }
    assert_news(w, "");
    assert_int_equal(task(w, "early")->status, STATUS_OPEN);
    assert_int_equal(task(w, "early")->occurrence, 2);
    static const char *const at[] = {"2026-11-20T11:00:00Z", "2026-11-20T11:00:00Z",
                                     "2026-11-20T11:00:00Z"};
    static const char *const refs[] = {"receipt", "other", "other"};
    static const char *const notes[] = {NULL, NULL, "note"};
    for (int i = 0; i < 3; i++) {
        struct closure_event *e = known(w, 3 + i);
        add_submission(w, e, "early", t(at[i]), true);
        e->closure.obligations.items[0].evidence.items[0] =
            (struct evidence){str_of(refs[i]), str_of(notes[i])};
        take_closure(w, NOON, e);
        assert_int_equal(outputs_n(w), 1 + (i == 0)); /* and it is complete */
        assert_str(task(w, "early")->evidence.items[0].ref, refs[i]);
    }
    struct closure_event *e = known(w, 6);
    e->present |= CLOSURE_OBLIGATIONS; /* none: nothing is taken back */
    take_closure(w, NOON, e);
    assert_news(w, "");
    static const char *const unknown[] = {"late", "later", "later"};
    for (int i = 0; i < 3; i++) { /* another one, and then without its evidence */
        e = known(w, 7 + i);
        add_submission(w, e, unknown[i], t("2026-11-20T11:00:00Z"), i < 2);
        take_closure(w, NOON, e);
        assert_int_equal(outputs_n(w), 1);
    }
    e = known(w, 10);
    add_submission(w, e, "late", t("2026-11-20T11:00:00Z"), true);
    take_closure(w, NOON, e);
    assert_warned(w, 0, "obligations[late]", "unknown-obligation: kept for the report alone");
}

static void what_was_submitted_is_recorded_owed_or_not(void **state)
{
    struct obligation o = duty("early", FROM_KNOWN_AT, 24);
    struct world *w = *state;
    o.when = conditions_of(w->arena, FLAG_DATA_BREACH);
    owe(w, &o, 1);
    struct closure_event *e = known(w, 1);
    add_submission(w, e, "early", t("2026-11-20T10:00:00Z"), false);
    take_closure(w, NOON, e);
    assert_false(is_stored(w, STR("INC-1|t|obligation/early")));
    e = known(w, 2);
    add_submission(w, e, "early", t("2026-11-19T10:00:00Z"), true);
    take_closure(w, NOON, e);
    assert_warned(w, 0, "obligations[early]", "submitted before its clock began");
    assert_int_equal(task(w, "early")->sla, SLA_MET);
}

/* ---- what a tracker says ---- */

static void a_word_alone_does_nothing(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    say(w, NOON, "early", 1, REPORTED_CLOSED);
    assert_news(w, "obligation/early/2 updated open\n");
    assert_warned(w, 0, "status", "open: submitted_at and evidence are missing");
    say(w, NOON, "early", 2, REPORTED_WONT_FIX);
    assert_warned(w, 0, "status", "open: an obligation is submitted, or dismissed with evidence");
    say(w, NOON, "early", 3, REPORTED_DUPLICATE);
    say(w, NOON, "early", 4, REPORTED_DISMISSED);
    assert_warned(w, 0, "status", "open: evidence is missing of why it is not owed");
    struct task_update_event *u = told(w, "early", 5);
    SET_UPDATE(u, STATUS, status, REPORTED_RESOLVED);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(NOON));
    take_update(w, NOON, u);
    assert_warned(w, 0, "status", "open: evidence is missing");
    u = told(w, "early", 6);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, TIME_NONE);
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, NOON, u);
    assert_warned(w, 0, "status", "open: submitted_at is missing");
    /* Its reminders go on. */
    run_until(w, "2026-11-22T15:00:00Z");
    assert_int_equal(task(w, "early")->sla, SLA_BREACHED);
    assert_int_equal(task(w, "early")->reminders[REMINDER_ESCALATION].number, 2);
    u = told(w, "early", 7);
    SET_UPDATE(u, STATUS, status, REPORTED_CLOSED);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t("2026-11-22T14:59:59Z"));
    take_update(w, LATER, u);
    assert_int_equal(task(w, "early")->sla, SLA_MET);
    assert_true(task(w, "early")->first_breached_at == TIME_NONE);
    assert_true(task_margin_s(task(w, "early")) == 1);
    say(w, LATER, "early", 8, REPORTED_CLOSED);
    assert_news(w, "");
    say(w, LATER, "early", 9, REPORTED_WONT_FIX);
    assert_warned(w, 0, "status", "closed: it was submitted");
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DONE);
}

/* A verifier's word is evidence, never the time of it; a policy may ask for none. */
static void a_policy_may_ask_for_less(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    struct task_update_event *u = told(w, "early", 1);
    SET_UPDATE(u, OWNER, owner, owner("legal", "dev@example.com"));
    SET_UPDATE(u, SUBMITTED_AT, submitted_at,
               t(NOON)); /* which says no status, and shows nothing */
    take_update(w, NOON, u);
    assert_news(w, "obligation/early/2 updated open [owner,submitted_at]\n");
    u = told(w, "early", 2);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, TIME_NONE);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    u->by = STR("qa@example.com");
    take_update(w, NOON, u);
    assert_warned(w, 0, "status", "open: submitted_at is missing");
    u = told(w, "early", 3);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(NOON));
    SET_UPDATE(u, OWNER, owner, owner("legal", "other@example.com"));
    u->by = STR("dev@example.com"); /* who has owned it till now */
    take_update(w, NOON, u);
    assert_warned(w, 0, "status", "open: evidence is missing");
    u = told(w, "early", 4);
    SET_UPDATE(u, STATUS, status, REPORTED_VERIFIED);
    u->by = STR("qa@example.com");
    take_update(w, NOON, u);
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DONE);

    say(w, NOON, "early", 5, REPORTED_OPEN);
    w->policy.evidence[KIND_OBLIGATION] = false;
    say(w, NOON, "early", 6, REPORTED_CLOSED);
    assert_warned(w, 0, "status", "open: submitted_at is missing");
    u = told(w, "early", 7);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(NOON));
    take_update(w, NOON, u);
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DONE);
}

static void a_closure_may_say_less(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    w->policy.evidence[KIND_OBLIGATION] = false;
    struct closure_event *e = known(w, 1);
    add_submission(w, e, "early", TIME_NONE, false);
    take_closure(w, NOON, e);
    assert_warned(w, 0, "obligations[early]", "not submitted: submitted_at is needed");
    e = known(w, 2);
    add_submission(w, e, "early", t(NOON), false);
    take_closure(w, NOON, e);
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DONE);
}

static void nobody_moves_it(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    struct task_update_event *u = told(w, "early", 1);
    SET_UPDATE(u, SNOOZED_UNTIL, snoozed_until, t("2027-02-01"));
    SET_UPDATE(u, DUE_AT, due_at, t("2027-02-01"));
    take_update(w, NOON, u);
    assert_news(w, "obligation/early/2 updated open\n");
    assert_warned(w, 0, "snoozed_until", "not taken: an obligation cannot be snoozed");
    assert_warned(w, 0, "due_at", "not taken: an obligation cannot be moved");
    /* What it is anyway, or is over, is no wish. */
    u = told(w, "early", 2);
    SET_UPDATE(u, SNOOZED_UNTIL, snoozed_until, t("2026-11-01"));
    SET_UPDATE(u, DUE_AT, due_at, t("2026-11-22T15:00:00Z"));
    take_update(w, NOON, u);
    assert_news(w, "");
}

static void when_it_was_submitted(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 24));
    take_closure(w, NOON, known(w, 1));
    submit(w, NOON, "early", 1, "2026-11-20T12:05:00.001Z");
    assert_warned(w, 0, "submitted_at", "not taken: it is in the future");
    assert_int_equal(task(w, "early")->status, STATUS_OPEN);
    submit(w, NOON, "early", 2, "2026-11-20T12:05:00Z"); /* clocks differ */
    assert_int_equal(task(w, "early")->sla, SLA_MET);
    submit(w, LATER, "early", 3, "2026-11-20T15:00:00.001Z");
    assert_news(w, "obligation/early/4 updated closed:done "
                   "[sla,submitted_at,met,margin_s]\n");
    assert_true(task_margin_s(task(w, "early")) == -1);
    submit(w, LATER, "early", 4, "2026-11-19T14:00:00Z");
    assert_warned(w, 0, "submitted_at", "submitted before its clock began");
    assert_int_equal(task(w, "early")->sla, SLA_MET);
    /* Null takes nothing away of what is done; `open` does. */
    struct task_update_event *u = told(w, "early", 5);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, TIME_NONE);
    SET_UPDATE(u, EVIDENCE, evidence, ((struct evidence_list){NULL, 0}));
    take_update(w, LATER, u);
    assert_warned(w, 0, "submitted_at", "not taken: what is done is withdrawn by open");
    assert_warned(w, 0, "evidence", "not taken: what is done is withdrawn by open");
    assert_int_equal(task(w, "early")->evidence.n, 1);
    say(w, LATER, "early", 6, REPORTED_OPEN);
    assert_true(task(w, "early")->submitted_at == TIME_NONE);
    assert_int_equal(task(w, "early")->evidence.n, 0);
    assert_int_equal(task(w, "early")->sla, SLA_BREACHED);
    u = told(w, "early", 7);
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, LATER, u);
    u = told(w, "early", 8);
    SET_UPDATE(u, EVIDENCE, evidence, ((struct evidence_list){NULL, 0}));
    take_update(w, LATER, u);
    assert_int_equal(task(w, "early")->evidence.n, 0);
    /* From the closing on, what came before it is no slip. */
    w->policy.obligations->time.from = FROM_CLOSED_AT;
    submit(w, LATER, "early", 9, "2026-11-19T08:00:00Z");
    assert_int_equal(output_at(w, 0)->warnings.n, 0);
}

static void what_was_told_of_the_closing_is_recorded_even_of_what_is_put_aside(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 24));
    take_closure(w, NOON, known(w, 1));
    TELL_CLOSURE(w, NOON, 2, DISPOSITION, disposition, DISPOSITION_TEST);
    submit(w, NOON, "early", 1, NOON);
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DONE);
    /* Nobody has to submit it again when the incident is one after all. */
    TELL_CLOSURE(w, NOON, 3, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DONE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_done_before_wakes_nobody),
        TEST(the_same_submissions_are_no_news),
        TEST(what_was_submitted_is_recorded_owed_or_not),
        TEST(a_word_alone_does_nothing),
        TEST(a_policy_may_ask_for_less),
        TEST(a_closure_may_say_less),
        TEST(nobody_moves_it),
        TEST(when_it_was_submitted),
        TEST(what_was_told_of_the_closing_is_recorded_even_of_what_is_put_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
