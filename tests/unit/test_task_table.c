/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks as a person sees them in `list` and `show`. */
#include "arena_support.h"

#include <string.h>

#include "view/task_table.h"

static void is(struct str actual, const char *expected)
{
    if (!str_eq(actual, str_of(expected))) fail_msg("%.*s\nis not\n%s", STR_ARG(actual), expected);
}

static void test_table(void **state)
{
    (void)state;
    struct task late = {
        .title = STR("Zwölf\nZeilen"),
        .priority = PRIORITY_P1,
        .status = STATUS_IN_PROGRESS,
        .sla = SLA_BREACHED,
        .due_at = 0,
        .paused_at = TIME_NONE,
        .owner = {STR("identity"), STR("jö@example.com")},
    };
    struct task soon = late, never = late, done = late;
    soon.due_at = 10 * DAY_MS;
    soon.owner = (struct owner){STR("identity"), STR_NONE};
    soon.title = STR("An ordinary title");
    never.due_at = TIME_NONE;
    never.owner = (struct owner){STR_NONE, STR_NONE};
    done.status = STATUS_CLOSED;
    done.due_at = 5 * DAY_MS;
    struct task_row rows[] = {{STR("I/never"), STR("I"), &never},
                              {STR("I/soon"), STR("I"), &soon},
                              {STR("I/late2"), STR("I"), &late},
                              {STR("I/late"), STR("I"), &late},
                              {STR("I/done"), STR("I"), &done}};
    struct buf out = {0};
    task_table_write(&out, arena, rows, 0, 0);
    assert_int_equal(out.n, 0);
    task_table_sort(rows, 0);
    task_table_sort(rows, 5);
    task_table_write(&out, arena, rows, 5, 3 * DAY_MS);
    is(buf_slice(&out), "TASK     PRI  STATUS       SLA       DUE                         OWNER    "
                        "                  "
                        "TITLE\n"
                        "I/late   P1   in-progress  breached  1970-01-01 00:00  3 d late  "
                        "jö@example.com (identity)  "
                        "Zwölf\\nZeilen\n"
                        "I/late2  P1   in-progress  breached  1970-01-01 00:00  3 d late  "
                        "jö@example.com (identity)  "
                        "Zwölf\\nZeilen\n"
                        "I/done   P1   closed       breached  1970-01-06 00:00            "
                        "jö@example.com (identity)  "
                        "Zwölf\\nZeilen\n"
                        "I/soon   P1   in-progress  breached  1970-01-11 00:00  in 7 d    identity "
                        "                  "
                        "An ordinary title\n"
                        "I/never  P1   in-progress  breached  -                           nobody   "
                        "                  "
                        "Zwölf\\nZeilen\n");
    buf_free(&out);
}

/* Columns, not bytes or characters, are what lines up; a cut leaves whole letters. */
static void test_wide_texts(void **state)
{
    (void)state;
    struct task task = {.priority = PRIORITY_P1,
                        .status = STATUS_OPEN,
                        .sla = SLA_ON_TRACK,
                        .due_at = TIME_NONE,
                        .paused_at = TIME_NONE,
                        .title = STR("t"),
                        .owner = {STR_NONE, STR("漢字")}};
    struct task plain = task, accents = task;
    plain.owner.person = STR("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
    accents.owner.person = STR("e\xcc\x81\xe2\x80\xae");
    struct task_row rows[] = {{STR("I/\xf0\x9f\x94\x91"), STR("I"), &task},
                              {STR("I/abcd"), STR("I"), &plain},
                              {STR("I/x"), STR("I"), &accents}};
    struct buf out = {0};
    task_table_write(&out, arena, rows, 3, 0);
    is(buf_slice(&out),
       "TASK    PRI  STATUS  SLA       DUE    OWNER                                      TITLE\n"
       "I/\xf0\x9f\x94\x91    P1   open    on-track  -      漢字                                   "
       "    t\n"
       "I/abcd  P1   open    on-track  -      abcdefghijklmnopqrstuvwxyzabcdefghijklmn…  t\n"
       "I/x     P1   open    on-track  -      e\xcc\x81\\u202e                                    "
       "t\n");
    buf_free(&out);
}

static void test_distance(void **state)
{
    (void)state;
    is(task_table_distance(arena, 1000, 1000), "now");
    is(task_table_distance(arena, 1999, 1000), "now");
    is(task_table_distance(arena, 3000, 1000), "in 2 s");
    is(task_table_distance(arena, 0, 119 * SECOND_MS), "119 s late");
    is(task_table_distance(arena, 0, 2 * MINUTE_MS), "2 min late");
    is(task_table_distance(arena, 2 * HOUR_MS, 0), "in 2 h");
    is(task_table_distance(arena, 47 * HOUR_MS, 0), "in 47 h");
    is(task_table_distance(arena, 48 * HOUR_MS, 0), "in 2 d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wide_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_distance, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
