/* SPDX-License-Identifier: Apache-2.0 */
/* What was ignored of an input reaches somebody, once, also where nothing else has changed. */
#include "core_incident.h"

static struct world *incident_with_bug(void **state)
{
    struct world *w = full_incident(state);
    take_finding(w, NOON, technical(w, "F-1", 1));
    return w;
}

static struct finding_event *with_warning(struct world *w, struct finding_event *f,
                                          const char *member)
{
    f->warnings = warning(w, member);
    return f;
}

/* The only output of the last call has one warning, about this member. */
static void assert_told(struct world *w, const char *expected, const char *member)
{
    assert_news(w, expected);
    assert_int_equal(output_at(w, 0)->warnings.n, 1);
    assert_str(output_at(w, 0)->warnings.items[0].member, member);
    for (size_t i = 1; i < outputs_n(w); i++) assert_int_equal(output_at(w, i)->warnings.n, 0);
}

static void of_a_task_update(void **state)
{
    struct world *w = incident_with_bug(state);
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", 1);
    SET_UPDATE(u, STATUS, status, REPORTED_OPEN);
    u->warnings = warning(w, "record_time");
    take_update(w, LATER, u);
    assert_told(w, "bug/F-1/2 updated open\n", "record_time");
    assert_int_equal(output_at(w, 0)->task.changed, 0);
    assert_time(task_of(w, "INC-1", "bug/F-1")->updated_at, LATER);
    /* Late: it was told with the first one. */
    take_update(w, LATER, u);
    assert_news(w, "");
    u = task_update(w, "INC-1", "bug/F-1", 2);
    SET_UPDATE(u, STATUS, status, REPORTED_BLOCKED);
    u->warnings = warning(w, "record_time");
    take_update(w, LATER, u);
    assert_told(w, "bug/F-1/3 updated blocked [status]\n", "record_time");
}

static void of_a_finding(void **state)
{
    struct world *w = incident_with_bug(state);
    take_finding(w, LATER, with_warning(w, technical(w, "F-1", 2), "severity"));
    assert_told(w, "bug/F-1/2 updated open\n", "severity");
    take_finding(w, LATER, with_warning(w, technical(w, "F-1", 2), "severity"));
    assert_news(w, "");
    /* On its own task's event, not on what is made beside it. */
    struct finding_event *f = with_warning(w, technical(w, "F-1", 3), "title");
    SET_FINDING(f, SOP_CHANGE, sop_change, true);
    take_finding(w, LATER, f);
    assert_told(w, "bug/F-1/3 updated open\nsop-update/F-1/1 created open\n", "title");
    /* A task that is closed stays so. */
    f = technical(w, "F-1", 4);
    SET_FINDING(f, STATUS, status, REPORTED_VERIFIED);
    take_finding(w, LATER, f);
    take_finding(w, LATER, with_warning(w, technical(w, "F-1", 5), "title"));
    assert_told(w, "bug/F-1/5 updated closed:done\n", "title");
}

static void of_a_closure(void **state)
{
    struct world *w = incident_with_bug(state);
    struct closure_event *e = closure(w, "INC-1", 2);
    e->warnings = warning(w, "closed_at");
    take_closure(w, LATER, e);
    assert_told(w, "updated/1 full 3/0\n", "closed_at");
    take_closure(w, LATER, e);
    assert_news(w, "");
    /* On the incident's event also where tasks change. */
    e = closure(w, "INC-1", 3);
    SET_CLOSURE(e, OWNER, owner, owner("identity", NULL));
    e->warnings = warning(w, "closed_at");
    take_closure(w, LATER, e);
    assert_told(w,
                "updated/2 full 3/0\nfindings-report/2 updated open [owner]\n"
                "postmortem/2 updated open [owner]\n",
                "closed_at");
}

static void of_a_finding_inside_a_closure(void **state)
{
    struct world *w = incident_with_bug(state);
    struct finding_event *f = technical(w, "F-2", -1);
    struct closure_event *e = closure(w, "INC-1", 2);
    add_inline(w, e, with_warning(w, f, "findings[0].severity"));
    take_closure(w, LATER, e);
    assert_told(w, "bug/F-2/1 created open\n", "findings[0].severity");
    e = closure(w, "INC-1", 3);
    add_inline(w, e, f);
    take_closure(w, LATER, e);
    assert_told(w, "bug/F-2/2 updated open\n", "findings[0].severity");
}

static void of_a_finding_that_is_held(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, with_warning(w, technical(w, "F-1", 1), "severity"));
    take_finding(w, NOON, with_warning(w, technical(w, "F-1", 2), "title"));
    take_finding(w, NOON, with_warning(w, technical(w, "F-1", 3), "severity"));
    assert_news(w, "");
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 light 0/0\nbug/F-1/1 created open\n");
    assert_int_equal(output_at(w, 1)->warnings.n, 2);
    assert_str(output_at(w, 1)->warnings.items[0].member, "title");
    assert_str(output_at(w, 1)->warnings.items[1].member, "severity");
}

/* No task will be made of it, so its incident's event tells. */
static void of_an_incident_that_is_none(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, with_warning(w, technical(w, "F-1", 1), "severity"));
    struct closure_event *e = closure(w, "INC-1", 1);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_TEST);
    add_inline(w, e, with_warning(w, technical(w, "F-2", -1), "findings[0].severity"));
    take_closure(w, NOON, e);
    assert_news(w, "opened/1 none 0/0\nupdated/1 none 0/0\nupdated/2 none 0/0\n"
                   "completed/1 none 0/0\n");
    assert_str(output_at(w, 1)->warnings.items[0].member, "findings[F-1].severity");
    assert_str(output_at(w, 2)->warnings.items[0].member, "findings[0].severity");
    take_finding(w, NOON, with_warning(w, technical(w, "F-3", 1), "title"));
    assert_told(w, "updated/3 none 0/0\n", "findings[F-3].title");
    take_finding(w, NOON, technical(w, "F-3", 2));
    assert_news(w, "");
    /* An incident after all: they were told. */
    e = closure(w, "INC-1", 2);
    complete_closure(w, e);
    SET_CLOSURE(e, DISPOSITION, disposition, DISPOSITION_CONFIRMED);
    take_closure(w, LATER, e);
    for (size_t i = 0; i < outputs_n(w); i++) assert_int_equal(output_at(w, i)->warnings.n, 0);
}

static void of_an_incident_that_was_merged(void **state)
{
    struct world *w = *state;
    take_finding(w, NOON, with_warning(w, technical(w, "F-1", 1), "severity"));
    run_until(w, LATER);
    take_finding(w, LATER, technical(w, "F-2", 1));
    run_until(w, "2026-11-28"); /* the first is an orphan by now */
    struct closure_event *e = closure(w, "INC-1", 1);
    complete_closure(w, e);
    SET_CLOSURE(e, MERGED_INTO, merged_into, STR("INC-9"));
    add_inline(w, e, with_warning(w, technical(w, "F-3", -1), "findings[0].severity"));
    take_closure(w, "2026-11-29", e);
    assert_news(w, "opened/1 light 0/0\n"
                   "merge to INC-9\n"
                   "facts to INC-9\n"
                   "updated/1 light 0/0\n"
                   "updated/2 light 0/0\n"
                   "finding INC-1:F-1 to INC-9\n"
                   "finding INC-1:F-2 to INC-9\n"
                   "finding INC-1:F-3 to INC-9\n"
                   "completed/1 light 0/0\n");
    assert_str(output_at(w, 3)->warnings.items[0].member, "findings[0].severity");
    assert_str(output_at(w, 4)->warnings.items[0].member, "findings[F-1].severity");
    take_finding(w, "2026-11-30", with_warning(w, technical(w, "F-1", 2), "title"));
    assert_news(w, "finding-updated INC-1:F-1 to INC-9\nupdated/3 light 0/0\n");
    assert_str(output_at(w, 1)->warnings.items[0].member, "findings[F-1].title");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(of_a_task_update),
        TEST(of_a_finding),
        TEST(of_a_closure),
        TEST(of_a_finding_inside_a_closure),
        TEST(of_a_finding_that_is_held),
        TEST(of_an_incident_that_is_none),
        TEST(of_an_incident_that_was_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
