/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted of a task while it lives, and what stays when retention deletes it. */
#include "core_incident.h"

static struct closure_event *quiet_closure(struct world *w)
{
    struct closure_event *e = closure(w, "INC-1", 1);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    return e;
}

static const struct task *bug(struct world *w)
{
    return task_of(w, "INC-1", "bug/F-1");
}

static const struct forgotten_month *month(struct world *w, size_t i)
{
    const struct forgotten *all = &incident_of(w, "INC-1")->forgotten;
    assert_true(i < all->n);
    return &all->items[i];
}

static void assert_month(struct world *w, size_t i, const char *name, int64_t created, int64_t done,
                         int64_t in_time, int64_t waived)
{
    assert_str(month(w, i)->month, name);
    assert_int_equal(month(w, i)->created, created);
    assert_int_equal(month(w, i)->done, done);
    assert_int_equal(month(w, i)->in_time, in_time);
    assert_int_equal(month(w, i)->waived, waived);
}

static void who_owned_it_first(void **state)
{
    struct world *w = *state;
    w->policy.routing[CATEGORY_TECHNICAL_LAPSE].owner = (struct owner){STR_NONE, STR_NONE};
    w->policy.closed_is = REPORTED_VERIFIED;
    struct closure_event *e = quiet_closure(w);
    add_inline(w, e, technical(w, "F-1", 1));
    take_closure(w, NOON, e);
    assert_time(bug(w)->assigned_at, NULL);
    TELL_TASK(w, LATER, "bug/F-1", 1, OWNER, owner, owner("identity", NULL));
    assert_time(bug(w)->assigned_at, LATER);
    TELL_TASK(w, "2026-11-26", "bug/F-1", 2, OWNER, owner, owner("crash", NULL));
    assert_time(bug(w)->assigned_at, LATER); /* the first time counts */
    TELL_TASK(w, "2026-11-26", "bug/F-1", 3, STATUS, status, REPORTED_CLOSED);
    TELL_TASK(w, "2026-11-27", "bug/F-1", 4, STATUS, status, REPORTED_OPEN);
    assert_time(bug(w)->assigned_at, "2026-11-27T00:00:00.000Z"); /* of this occurrence */
}

static void how_often_it_was_postponed(void **state)
{
    struct world *w = *state;
    struct closure_event *e = quiet_closure(w);
    add_inline(w, e, technical(w, "F-1", 1));
    take_closure(w, NOON, e);
    assert_int_equal(bug(w)->postponed, 0);
    TELL_TASK(w, LATER, "bug/F-1", 1, SNOOZED_UNTIL, snoozed_until, t("2026-12-01"));
    TELL_TASK(w, LATER, "bug/F-1", 2, SNOOZED_UNTIL, snoozed_until, t("2026-12-01")); /* again */
    assert_int_equal(bug(w)->postponed, 1);
    TELL_TASK(w, LATER, "bug/F-1", 3, SNOOZED_UNTIL, snoozed_until, t("2026-11-30")); /* earlier */
    assert_int_equal(bug(w)->postponed, 1);
    TELL_TASK(w, LATER, "bug/F-1", 4, SNOOZED_UNTIL, snoozed_until, t("2026-12-02"));
    assert_int_equal(bug(w)->postponed, 2);
    TELL_TASK(w, LATER, "bug/F-1", 5, SNOOZED_UNTIL, snoozed_until, TIME_NONE);
    static const char *const dates[] = {"2027-06-01", "2027-05-01", "2027-07-01"};
    for (int64_t i = 0; i < 3; i++) {
        struct finding_event *f = finding(w, "INC-1", "F-1", 2 + i);
        SET_FINDING(f, DUE_AT, due_at, t(dates[i]));
        take_finding(w, LATER, f);
    }
    assert_int_equal(bug(w)->postponed, 4);
}

static void what_retention_leaves(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(10);
    w->d.step_max = 2;
    w->policy.closed_is = REPORTED_VERIFIED;
    struct closure_event *e = quiet_closure(w);
    SET_CLOSURE(e, OWNER, owner, owner("soc", "lead@example.com"));
    SET_CLOSURE(e, LABELS, labels, labels_of("reporter", "lead@example.com"));
    static const int statuses[] = {REPORTED_OPEN, REPORTED_WONT_FIX, REPORTED_OPEN,
                                   REPORTED_VERIFIED};
    for (int i = 0; i < 4; i++) {
        struct finding_event *f = technical(w, arena_printf(w->arena, "F-%d", i + 1).p, 1);
        SET_FINDING(f, STATUS, status, statuses[i]);
        if (statuses[i] == REPORTED_WONT_FIX) SET_FINDING(f, REASON, reason, STR("no risk"));
        add_inline(w, e, f);
    }
    take_closure(w, NOON, e);
    TELL_TASK(w, LATER, "bug/F-1", 1, STATUS, status, REPORTED_CLOSED);
    TELL_TASK(w, "2027-03-01", "bug/F-3", 1, STATUS, status, REPORTED_CLOSED); /* too late */
    TELL_TASK(w, "2027-03-01", "bug/F-1", 2, STATUS, status, REPORTED_OPEN);
    TELL_TASK(w, "2027-03-01", "bug/F-1", 3, SNOOZED_UNTIL, snoozed_until, t("2027-03-02"));
    TELL_TASK(w, "2027-03-03", "bug/F-1", 4, STATUS, status, REPORTED_CLOSED);
    assert_int_equal(incident_of(w, "INC-1")->forgotten.n, 0);
    run_until(w, "2027-03-14");
    assert_false(is_stored(w, STR("INC-1|f|F-1")));
    assert_true(owner_is_nobody(incident_of(w, "INC-1")->owner));
    assert_int_equal(incident_of(w, "INC-1")->labels.n, 0);
    assert_int_equal(incident_of(w, "INC-1")->forgotten.n, 1);
    assert_month(w, 0, "2026-11", 4, 3, 2, 1);
    assert_int_equal(month(w, 0)->reopened, 1);
    assert_int_equal(month(w, 0)->postponed, 1);

    /* A later life adds its own month, in the calendar of the policy. */
    w->policy.calendar.zone.offset = -HOUR_MS;
    struct finding_event *f = technical(w, "F-9", 1);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    take_finding(w, "2027-04-01T00:30:00Z", f);
    run_until(w, "2027-05-01");
    assert_int_equal(incident_of(w, "INC-1")->forgotten.n, 2);
    assert_month(w, 0, "2026-11", 4, 3, 2, 1);
    assert_month(w, 1, "2027-03", 1, 1, 1, 0);
}

/* However long an incident goes on, its header stays small. */
static void no_more_than_36_months(void **state)
{
    struct world *w = *state;
    w->policy.retention = days(5);
    take_closure(w, NOON, quiet_closure(w));
    ms_t at = t("2027-01-10");
    for (int i = 0; i < 40; i++) {
        char text[TIMESTAMP_TEXT + 1] = {0};
        timestamp_format(at, text);
        struct finding_event *f = technical(w, arena_printf(w->arena, "F-%d", i).p, 1);
        SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
        take_finding(w, text, f);
        at += 31 * DAY_MS - (i % 2) * DAY_MS;
        run_until_ms(w, at - DAY_MS);
    }
    const struct forgotten *all = &incident_of(w, "INC-1")->forgotten;
    assert_int_equal(all->n, FORGOTTEN_MONTHS_MAX);
    int64_t created = 0;
    for (size_t i = 0; i < all->n; i++) {
        created += all->items[i].created;
        if (i) assert_true(str_cmp(all->items[i - 1].month, all->items[i].month) < 0);
    }
    assert_int_equal(created, 40);
    assert_int_equal(all->items[0].created, 5);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_owned_it_first),
        TEST(how_often_it_was_postponed),
        TEST(what_retention_leaves),
        TEST(no_more_than_36_months),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
