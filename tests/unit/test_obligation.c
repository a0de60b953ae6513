/* SPDX-License-Identifier: Apache-2.0 */
/* Obligations: what their clocks count from, when they are done, and what nobody can do to them. */
#include "core_incident.h"

#define DETECTED "2026-11-19T09:00:00Z"
#define KNOWN "2026-11-19T15:00:00Z"

static struct obligation duty(const char *id, enum obligation_start from, int64_t within)
{
    return (struct obligation){.id = str_of(id),
                               .title = STR("Notice"),
                               .party = STR("Authority"),
                               .party_kind = PARTY_REGULATOR,
                               .time = {.from = from, .within = hours(within)}};
}

static void owe(struct world *w, const struct obligation *all, size_t n)
{
    w->policy.obligations = arena_copy(w->arena, all, n * sizeof *all);
    w->policy.obligations_n = n;
}

/* An early warning within 24 h, a notification within 72 h, and a final report a month after that. */
static struct world *chain(void **state, unsigned when)
{
    struct world *w = *state;
    struct obligation all[] = {duty("early", FROM_KNOWN_AT, 24), duty("full", FROM_KNOWN_AT, 72),
                               duty("final", FROM_AFTER, 0)};
    all[2].time.after = 1;
    all[2].time.after_id = STR("full");
    all[2].time.months = 1;
    for (size_t i = 0; i < 3; i++) all[i].when = conditions_of(w->arena, when);
    owe(w, all, 3);
    return w;
}

static struct world *one(void **state, struct obligation o)
{
    struct world *w = *state;
    owe(w, &o, 1);
    return w;
}

static struct closure_event *known(struct world *w, int64_t revision)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    complete_closure(w, e);
    SET_CLOSURE(e, DETECTED_AT, detected_at, t(DETECTED));
    SET_CLOSURE(e, KNOWN_AT, known_at, t(KNOWN));
    return e;
}

static const struct task *task(struct world *w, const char *id)
{
    return task_of(w, "INC-1", arena_printf(w->arena, "obligation/%s", id).p);
}

static struct task_update_event *told(struct world *w, const char *id, int64_t revision)
{
    return task_update(w, "INC-1", arena_printf(w->arena, "obligation/%s", id).p, revision);
}

static void submit(struct world *w, const char *at, const char *id, int64_t revision,
                   const char *submitted_at)
{
    struct task_update_event *u = told(w, id, revision);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(submitted_at));
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, at, u);
}

static void say(struct world *w, const char *at, const char *id, int64_t revision, int status)
{
    struct task_update_event *u = told(w, id, revision);
    SET_UPDATE(u, STATUS, status, status);
    if (status == REPORTED_DISMISSED) SET_UPDATE(u, REASON, reason, STR("no risk"));
    take_update(w, at, u);
}

static void assert_warned(struct world *w, size_t output, const char *member, const char *taken_as)
{
    struct warnings warnings = output_at(w, output)->warnings;
    for (size_t i = 0; i < warnings.n; i++) {
        if (!str_eq(warnings.items[i].member, str_of(member))) continue;
        assert_str(warnings.items[i].taken_as, taken_as);
        return;
    }
    fail_msg("no warning about %s", member);
}

/* ---- what it counts from ---- */

static void three_duties_to_one_party_are_three_tasks(void **state)
{
    struct world *w = chain(state, FLAG_DATA_BREACH);
    struct closure_event *e = known(w, 1);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_TRUE);
    add_party(w, e, "Authority", PARTY_REGULATOR, true);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 full 0/0\n"
                   "postmortem/1 created open\n"
                   "findings-report/1 created open\n"
                   "coordination/Authority/1 created open\n"
                   "coordination/Authority/2 closed closed:done "
                   "[status,resolution,closed_at,sla]\n"
                   "obligation/early/1 created open\n"
                   "obligation/full/1 created open\n"
                   "obligation/final/1 created open\n");
    assert_str(task(w, "early")->title, "Notify Authority: Notice");
    assert_str(task(w, "early")->description, "regulator; counts from known_at");
    assert_str(task(w, "early")->policy_rule, "obligation/early");
    assert_int_equal(task(w, "early")->queue, QUEUE_RESPONSE_TEAM); /* of the tests' policy */
    assert_time(task(w, "early")->due_at, "2026-11-20T15:00:00Z");
    assert_time(task(w, "early")->assign_due_at, "2026-11-20T15:00:00Z");
    assert_time(task(w, "full")->due_at, "2026-11-22T15:00:00Z");
    assert_time(task(w, "final")->due_at, "2026-12-22T15:00:00Z");
    assert_str(task(w, "final")->description,
               "regulator; counts from the deadline of full until that is submitted");
    /* Said again, nothing is new. */
    take_closure(w, NOON, known(w, 2));
    assert_news(w, "");
}

static void what_it_counts_from(void **state)
{
    static const struct {
        enum obligation_start from;
        const char *due;
    } all[] = {{FROM_STARTED_AT, "2026-11-02"},
               {FROM_DETECTED_AT, "2026-11-03"},
               {FROM_KNOWN_AT, "2026-11-04"},
               {FROM_CONTAINED_AT, "2026-11-05"},
               {FROM_CLOSED_AT, "2026-11-20T17:00:00Z"}};
    struct world *w = *state;
    struct obligation duties[5];
    for (size_t i = 0; i < 5; i++)
        duties[i] = duty(obligation_start_name(all[i].from).p, all[i].from, 24);
    owe(w, duties, 5);
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, STARTED_AT, started_at, t("2026-11-01"));
    SET_CLOSURE(e, DETECTED_AT, detected_at, t("2026-11-02"));
    SET_CLOSURE(e, KNOWN_AT, known_at, t("2026-11-03"));
    SET_CLOSURE(e, CONTAINED_AT, contained_at, t("2026-11-04"));
    take_closure(w, NOON, e);
    for (size_t i = 0; i < 5; i++)
        assert_time(task(w, obligation_start_name(all[i].from).p)->due_at, all[i].due);
}

static void where_that_is_not_known_the_nearest_counts(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 24));
    take_closure(w, NOON, closure(w, "INC-1", 1));
    assert_time(task(w, "early")->due_at, "2026-11-20T17:00:00Z");
    assert_str(task(w, "early")->description,
               "regulator; counts from closed_at: known_at is not known");
    assert_warned(w, 2, "known_at", "closed_at");
    /* A second closing restarts no clock. */
    struct closure_event *e = closure(w, "INC-1", 2);
    e->incident.closed_at = t("2026-11-20T11:00:00Z");
    take_closure(w, NOON, e);
    assert_news(w, "");
    TELL_CLOSURE(w, NOON, 3, DETECTED_AT, detected_at, t(DETECTED));
    assert_news(w, "obligation/early/2 updated open [description,due_at,sla]\n");
    assert_warned(w, 0, "known_at", "detected_at");
    TELL_CLOSURE(w, NOON, 4, KNOWN_AT, known_at, t(KNOWN));
    assert_news(w, "obligation/early/3 updated open [description,due_at,sla]\n");
    assert_int_equal(output_at(w, 0)->warnings.n, 0);
    assert_str(task(w, "early")->description, "regulator; counts from known_at");
    /* Forgotten again. */
    TELL_CLOSURE(w, NOON, 5, DETECTED_AT, detected_at, TIME_NONE);
    assert_news(w, "");
    assert_time(task(w, "early")->due_at, "2026-11-20T15:00:00Z");
}

static void of_two_bounds_the_earlier_one(void **state)
{
    struct obligation o = duty("initial", FROM_KNOWN_AT, 4);
    o.has_latest = true;
    o.at_latest = (struct obligation_time){.from = FROM_DETECTED_AT, .within = hours(24)};
    struct world *w = one(state, o);
    struct closure_event *e = known(w, 1);
    take_closure(w, NOON, e);
    assert_time(task(w, "initial")->due_at, "2026-11-19T19:00:00Z");
    TELL_CLOSURE(w, NOON, 2, KNOWN_AT, known_at, t("2026-11-20T08:00:00Z"));
    assert_time(task(w, "initial")->due_at, "2026-11-20T09:00:00Z");
    /* Over before the other begins: classified too late for it. */
    TELL_CLOSURE(w, NOON, 3, KNOWN_AT, known_at, t("2026-11-20T10:00:00Z"));
    assert_time(task(w, "initial")->due_at, "2026-11-20T14:00:00Z");
    /* Not classified at all: the other bound is what is sure. */
    TELL_CLOSURE(w, NOON, 4, KNOWN_AT, known_at, TIME_NONE);
    assert_time(task(w, "initial")->due_at, "2026-11-20T09:00:00Z");
    assert_warned(w, 0, "known_at", "detected_at");
    TELL_CLOSURE(w, NOON, 5, DETECTED_AT, detected_at, TIME_NONE);
    assert_str(task(w, "initial")->description,
               "regulator; counts from closed_at: known_at is not known");
}

static void a_chain_follows_its_submissions(void **state)
{
    struct world *w = chain(state, 0);
    struct obligation more[4];
    memcpy(more, w->policy.obligations, 3 * sizeof *more);
    more[3] = duty("last", FROM_AFTER, 24);
    more[3].time.after = 2;
    more[3].time.after_id = STR("final");
    owe(w, more, 4);
    take_closure(w, NOON, known(w, 1));
    assert_time(task(w, "last")->due_at, "2026-12-23T15:00:00Z");
    submit(w, NOON, "full", 1, "2026-11-20T10:00:00Z");
    assert_news(w, "obligation/full/2 closed closed:done "
                   "[status,resolution,closed_at,sla,evidence,submitted_at,met,margin_s]\n"
                   "obligation/final/2 updated open [description,due_at]\n"
                   "obligation/last/2 updated open [due_at]\n");
    assert_time(task(w, "final")->due_at, "2026-12-20T10:00:00Z");
    assert_time(task(w, "last")->due_at, "2026-12-21T10:00:00Z");
    assert_str(task(w, "final")->description, "regulator; counts from the submission of full");
    submit(w, NOON, "final", 1, "2026-11-20T11:00:00Z");
    assert_true(task_margin_s(task(w, "final")) == 30 * 24 * 3600 - 3600);
    assert_time(task(w, "last")->due_at, "2026-11-21T11:00:00Z");
    /* Corrected by a later record, and that of one that is done as well. */
    submit(w, NOON, "full", 2, "2026-11-20T09:00:00Z");
    assert_news(w, "obligation/full/3 updated closed:done [submitted_at,margin_s]\n"
                   "obligation/final/4 updated closed:done [due_at,margin_s]\n");
    assert_true(task_margin_s(task(w, "final")) == 30 * 24 * 3600 - 2 * 3600);
    /* Late, twice, and of an earlier revision. */
    submit(w, NOON, "full", 2, "2026-11-20T09:00:00Z");
    assert_news(w, "");
    submit(w, NOON, "full", 1, "2026-11-20T11:00:00Z");
    assert_news(w, "");
}

static void a_link_that_is_not_owed_still_has_a_date(void **state)
{
    struct world *w = chain(state, 0);
    w->policy.obligations[1].when = conditions_of(w->arena, FLAG_DATA_BREACH);
    take_closure(w, NOON, known(w, 1));
    assert_time(task(w, "final")->due_at, "2026-12-22T15:00:00Z");
    assert_false(is_stored(w, STR("INC-1|t|obligation/full")));
    TELL_CLOSURE(w, NOON, 2, DATA_BREACH, data_breach, TRI_TRUE);
    submit(w, NOON, "full", 1, "2026-11-20T09:00:00Z");
    assert_time(task(w, "final")->due_at, "2026-12-20T09:00:00Z");
    /* Withdrawn and not owed any more: dismissed, with the assessment. */
    say(w, NOON, "full", 2, REPORTED_OPEN);
    assert_time(task(w, "final")->due_at, "2026-12-22T15:00:00Z");
    TELL_CLOSURE(w, NOON, 3, DATA_BREACH, data_breach, TRI_FALSE);
    assert_time(task(w, "final")->due_at, "2026-12-22T15:00:00Z");
    assert_int_equal(task(w, "full")->resolution, RESOLUTION_SUPERSEDED);
    struct task_update_event *u = told(w, "final", 1);
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, NOON, u);
    say(w, NOON, "final", 2, REPORTED_DISMISSED);
    assert_int_equal(task(w, "final")->resolution, RESOLUTION_DISMISSED);
    say(w, NOON, "early", 1, REPORTED_IN_PROGRESS); /* what is dismissed stays as it is */
    assert_news(w, "obligation/early/2 updated in-progress [status]\n");
}

/* ---- whether it is owed ---- */

static void its_condition_closes_it_and_opens_it_again(void **state)
{
    struct obligation o = duty("early", FROM_KNOWN_AT, 72);
    struct world *w = *state;
    o.when = conditions_of(w->arena, FLAG_DATA_BREACH);
    owe(w, &o, 1);
    struct closure_event *e = known(w, 1);
    SET_CLOSURE(e, DATA_BREACH, data_breach, TRI_FALSE);
    take_closure(w, NOON, e);
    assert_false(is_stored(w, STR("INC-1|t|obligation/early")));
    TELL_CLOSURE(w, NOON, 2, DATA_BREACH, data_breach, TRI_TRUE);
    TELL_CLOSURE(w, NOON, 3, DATA_BREACH, data_breach, TRI_FALSE);
    assert_news(w, "obligation/early/2 closed closed:superseded "
                   "[status,resolution,reason,closed_at,sla]\n");
    assert_str(task(w, "early")->reason,
               "no longer owed: the incident does not meet its condition any more");
    TELL_CLOSURE(w, NOON, 4, CUSTOMER_IMPACTING, customer_impacting, TRI_TRUE);
    assert_int_equal(task(w, "early")->status, STATUS_CLOSED);
    say(w, NOON, "early", 1, REPORTED_OPEN);
    assert_news(w, "obligation/early/3 updated closed:superseded\n");
    assert_warned(w, 0, "status", "closed: it is not owed");
    /* With its old clock: the law's does not begin again. */
    TELL_CLOSURE(w, LATER, 5, DATA_BREACH, data_breach, TRI_TRUE);
    assert_news(w, "obligation/early/4 reopened open "
                   "[status,resolution,reason,closed_at,sla,occurrence]\n");
    assert_time(task(w, "early")->due_at, "2026-11-22T15:00:00Z");
    submit(w, LATER, "early", 2, "2026-11-21T15:00:00Z");
    assert_int_equal(task(w, "early")->sla, SLA_MET);
    /* Done stays done. */
    TELL_CLOSURE(w, LATER, 6, DATA_BREACH, data_breach, TRI_FALSE);
    assert_news(w, "");
}

static void it_comes_back_with_its_incident(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    TELL_CLOSURE(w, NOON, 2, DISPOSITION, disposition, DISPOSITION_TEST);
    assert_int_equal(task(w, "early")->resolution, RESOLUTION_DISMISSED);
    say(w, NOON, "early", 1, REPORTED_OPEN);
    assert_warned(w, 0, "status", "closed: it is not owed");
    TELL_CLOSURE(w, NOON, 3, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    assert_int_equal(task(w, "early")->status, STATUS_OPEN);
    assert_time(task(w, "early")->due_at, "2026-11-22T15:00:00Z");
}

static void one_that_the_policy_does_not_know_any_more_stays(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    owe(w, &(struct obligation){0}, 0);
    take_closure(w, NOON, known(w, 2));
    assert_news(w, "");
    run_until(w, "2026-11-22T15:00:00Z");
    assert_int_equal(task(w, "early")->sla, SLA_BREACHED);
    struct closure_event *e = known(w, 3);
    add_submission(w, e, "early", t("2026-11-22T15:00:01Z"), true);
    add_submission(w, e, "never", t("2026-11-22T15:00:01Z"), true);
    take_closure(w, LATER, e);
    assert_warned(w, 0, "obligations[never]", "unknown-obligation: kept for the report alone");
    assert_int_equal(task(w, "early")->sla, SLA_MET_LATE);
    assert_true(task_margin_s(task(w, "early")) == -1);
}

static void a_rule_of_the_policy_may_decide_whose_it_is(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    struct policy_rule rule = {.name = STR("rules/legal"), .owner = owner("legal", NULL)};
    w->policy.rules = &rule;
    w->policy.rules_n = 1;
    take_closure(w, NOON, known(w, 1));
    assert_str(task(w, "early")->policy_rule, "rules/legal");
    assert_str(task(w, "early")->owner.team, "legal");
    assert_time(task(w, "early")->due_at, "2026-11-22T15:00:00Z");
    TELL_CLOSURE(w, NOON, 2, KNOWN_AT, known_at, t(DETECTED));
    assert_str(task(w, "early")->policy_rule, "rules/legal");
}

static void a_merged_incident_owes_nothing_itself(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 72));
    take_closure(w, NOON, known(w, 1));
    TELL_CLOSURE(w, NOON, 2, MERGED_INTO, merged_into, STR("INC-2"));
    say(w, NOON, "early", 1, REPORTED_OPEN);
    assert_warned(w, 0, "status", "closed: it is not owed");
}

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

/* ---- who is told ---- */

static void a_legal_deadline_does_not_wait_for_the_morning(void **state)
{
    struct obligation o = duty("early", FROM_KNOWN_AT, 24);
    o.lead = (struct points){{10}, 1};
    o.has_lead = true;
    struct world *w = one(state, o);
    everything_at_once(&w->policy, false);
    w->policy.escalation_n = 0;
    struct closure_event *e = known(w, 1);
    SET_CLOSURE(e, SEVERITY, severity, SEVERITY_LOW);
    SET_CLOSURE(e, KNOWN_AT, known_at, t("2026-11-20T22:00:00Z"));
    take_closure(w, NOON, e);
    run_until(w, "2026-11-21T00:24:00Z"); /* a Saturday, by night */
    assert_news(w, "obligation/early/2 updated open [sla]\n"
                   "reminder due-soon/1 obligation/early 2026-11-21T00:24 "
                   "on-call=security-response\n");
}

static void what_was_over_before_is_said_once(void **state)
{
    struct world *w = one(state, duty("early", FROM_KNOWN_AT, 24));
    struct closure_event *e = known(w, 1);
    SET_CLOSURE(e, KNOWN_AT, known_at, t("2026-11-10T12:00:00Z"));
    take_closure(w, NOON, e);
    run_until(w, NOON);
    assert_str(
        output_at(w, 0)->reminder.summary,
        "P2 obligation INC-1/obligation/early 'Notify Authority: Notice' is 9 d overdue (and "
        "was before it could be known) and is escalated");
    run_until(w, "2026-11-21T12:00:00Z");
    assert_int_equal(outputs_n(w), 1);
    assert_str(output_at(w, 0)->reminder.summary,
               "P2 obligation INC-1/obligation/early 'Notify Authority: Notice' is 10 d overdue");
    say(w, LATER, "early", 1, REPORTED_IN_PROGRESS);
    submit(w, LATER, "early", 2, LATER);
    say(w, LATER, "early", 3, REPORTED_OPEN);
    run_until(w, LATER);
    assert_null(strstr(output_at(w, 0)->reminder.summary.p, "could be known"));
}

/* An authority that works on other days than the policy's: its days count. */
static void it_may_count_by_a_calendar_of_its_own(void **state)
{
    static const struct calendar every_day = {.working_days = 0x7f};
    struct obligation o = duty("early", FROM_KNOWN_AT, 24);
    o.time.within = working_days(3); /* from a Thursday on */
    o.calendar = &every_day;
    struct world *w = one(state, o);
    take_closure(w, NOON, known(w, 1));
    assert_time(task(w, "early")->due_at, "2026-11-22T15:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(it_may_count_by_a_calendar_of_its_own),
        TEST(three_duties_to_one_party_are_three_tasks),
        TEST(what_it_counts_from),
        TEST(where_that_is_not_known_the_nearest_counts),
        TEST(of_two_bounds_the_earlier_one),
        TEST(a_chain_follows_its_submissions),
        TEST(a_link_that_is_not_owed_still_has_a_date),
        TEST(its_condition_closes_it_and_opens_it_again),
        TEST(it_comes_back_with_its_incident),
        TEST(one_that_the_policy_does_not_know_any_more_stays),
        TEST(a_rule_of_the_policy_may_decide_whose_it_is),
        TEST(a_merged_incident_owes_nothing_itself),
        TEST(what_was_done_before_wakes_nobody),
        TEST(the_same_submissions_are_no_news),
        TEST(what_was_submitted_is_recorded_owed_or_not),
        TEST(a_word_alone_does_nothing),
        TEST(nobody_moves_it),
        TEST(when_it_was_submitted),
        TEST(what_was_told_of_the_closing_is_recorded_even_of_what_is_put_aside),
        TEST(a_legal_deadline_does_not_wait_for_the_morning),
        TEST(what_was_over_before_is_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
