/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks counted in groups, and the percentiles of what they took. */
#include "codec_support.h"

#include "view/stats.h"

#define MADE INT64_C(1795169700000) /* 2026-11-20T10:15:00.000Z */
#define IN_DAYS(n) (MADE + (n)*DAY_MS)

static const struct calendar calendar = {.working_days = 0x7f};

static struct stats stats_by(enum stats_by by)
{
    return (struct stats){
        .arena = arena, .calendar = &calendar, .by = by, .since = TIME_NONE, .now = IN_DAYS(100)};
}

static struct task open_task(const char *team)
{
    struct task task = task_none;
    task.kind = KIND_BUG;
    task.priority = PRIORITY_P2;
    task.status = STATUS_OPEN;
    task.sla = SLA_ON_TRACK;
    task.owner.team = str_of(team);
    task.created_at = task.clock_start = MADE;
    task.due_at = IN_DAYS(30);
    task.occurrence = 1;
    return task;
}

static struct task done_task(const char *team, int64_t resolve_days, int64_t verify_days)
{
    struct task task = open_task(team);
    task.status = STATUS_CLOSED;
    task.resolution = RESOLUTION_DONE;
    task.sla = resolve_days > 30 ? SLA_MET_LATE : SLA_MET;
    task.assigned_at = MADE;
    task.resolved_at = IN_DAYS(resolve_days);
    task.closed_at = IN_DAYS(resolve_days + verify_days);
    return task;
}

static void assert_page(struct str page, const char *expected)
{
    if (!str_eq(page, str_of(expected)))
        fail_msg("\n%.*s\ninstead of\n%s", STR_ARG(page), expected);
}

static struct str page_of(struct stats *stats, void (*write)(struct buf *, const struct stats *))
{
    struct buf out = {0};
    write(&out, stats);
    struct str text = arena_str(arena, buf_slice(&out));
    buf_free(&out);
    return text;
}

/* Nearest rank: always a value that is there. */
static void percentiles(void **state)
{
    (void)state;
    int64_t values[1000];
    for (int i = 0; i < 1000; i++) values[i] = i + 1;
    static const struct {
        size_t n;
        int percent;
        int64_t value;
    } cases[] = {{1, 1, 1},    {1, 50, 1},      {1, 90, 1},       {1, 100, 1},   {2, 50, 1},
                 {2, 51, 2},   {3, 50, 2},      {4, 50, 2},       {9, 90, 9},    {10, 90, 9},
                 {11, 90, 10}, {99, 90, 90},    {100, 90, 90},    {101, 90, 91}, {250, 50, 125},
                 {251, 1, 3},  {1000, 90, 900}, {1000, 100, 1000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(stats_percentile(values, cases[i].n, cases[i].percent), cases[i].value);
    /* By the definition, for all of a few. */
    for (size_t n = 1; n <= 210; n++)
        for (int percent = 1; percent <= 100; percent++) {
            size_t rank = (size_t)stats_percentile(values, n, percent);
            assert_true(rank * 100 >= n * (size_t)percent);
            assert_true((rank - 1) * 100 < n * (size_t)percent);
        }
}

static void nothing_at_all_is_a_row_of_nothing(void **state)
{
    (void)state;
    struct stats stats = stats_by(STATS_BY_NONE);
    stats_end(&stats);
    assert_page(page_of(&stats, stats_write_json),
                "{\"by\":null,\"group\":null,\"created\":0,\"done\":0,\"in_time\":0,\"waived\":0,"
                "\"open\":0,\"overdue\":0,\"reopened\":0,\"postponed\":0,\"recurrences\":0,"
                "\"days_to_assign\":{\"n\":0,\"median\":null,\"p90\":null},"
                "\"days_to_resolve\":{\"n\":0,\"median\":null,\"p90\":null},"
                "\"days_to_verify\":{\"n\":0,\"median\":null,\"p90\":null},"
                "\"forgotten\":0,\"deleted\":false}\n");
    stats = stats_by(STATS_BY_TEAM);
    stats_end(&stats);
    assert_page(page_of(&stats, stats_write_json), "");
    assert_page(page_of(&stats, stats_write_table), "");
}

static void every_figure(void **state)
{
    (void)state;
    struct stats stats = stats_by(STATS_BY_TEAM);
    for (int i = 1; i <= 10; i++) {
        struct task task = done_task("a", i, i <= 5 ? 2 : 0);
        stats_add(&stats, &task);
    }
    struct task late = done_task("a", 40, 0);
    late.occurrence = 3;
    late.postponed = 4;
    late.recurrences = 2;
    stats_add(&stats, &late);
    struct task waived = open_task("a");
    waived.status = STATUS_CLOSED;
    waived.resolution = RESOLUTION_DUPLICATE;
    waived.sla = SLA_WAIVED;
    waived.resolved_at = waived.closed_at = IN_DAYS(1);
    stats_add(&stats, &waived);
    struct task overdue = open_task("b"), paused = open_task("b"), nobody = open_task(NULL);
    paused.paused_at = MADE;
    stats_add(&stats, &overdue);
    stats_add(&stats, &paused);
    nobody.due_at = IN_DAYS(200);
    stats_add(&stats, &nobody);
    struct task resolved = open_task("b"); /* not verified, and not open to being late any more */
    resolved.status = STATUS_RESOLVED;
    resolved.resolved_at = IN_DAYS(3);
    resolved.assigned_at = IN_DAYS(1);
    /* Pauses move where the clock seems to begin, not how long it took. */
    resolved.clock_start += DAY_MS;
    resolved.clock_moved = DAY_MS;
    stats_add(&stats, &resolved);
    stats_end(&stats);
    assert_page(
        page_of(&stats, stats_write_csv),
        "\"team\",created,done,in_time,waived,open,overdue,reopened,postponed,recurrences,days_to_"
        "assign_"
        "median,"
        "days_to_assign_p90,days_to_resolve_median,days_to_resolve_p90,days_to_verify_median,"
        "days_to_verify_p90,forgotten\n"
        "\"a\",12,11,10,1,0,0,2,4,2,0.000,0.000,6.000,10.000,2.000,2.000,0\n"
        "\"b\",3,0,0,0,3,1,0,0,0,1.000,1.000,3.000,3.000,,,0\n"
        "\"(none)\",1,0,0,0,1,0,0,0,0,,,,,,,0\n");
    assert_page(
        page_of(&stats, stats_write_table),
        "        CREATED  DONE  IN TIME       WAIVED  OPEN  OVERDUE   ASSIGN d   RESOLVE d  "
        " VERIFY d  REOPENED  POSTPONED  RECURRED\n"
        "a            12    11       10  90%       1     0        0  0.0 / 0.0  6.0 / 10.0  "
        "2.0 / 2.0         2          4         2\n"
        "b             3     0        0    -       0     3        1  1.0 / 1.0   3.0 / 3.0  "
        "        -         0          0         0\n"
        "(none)        1     0        0    -       0     1        0          -           -  "
        "        -         0          0         0\n"
        "Days are the median / the 90th percentile.\n");
}

static void add_to(struct stats *stats, const struct task *task)
{
    stats_add(stats, task);
    struct forgotten_month months[] = {{STR("2026-10"), 5, 3, 2, 2, 1, 4, 6},
                                       {STR("2026-11"), 1, 1, 0, 0, 0, 0, 0}};
    struct forgotten forgotten = {months, 2};
    stats_add_forgotten(stats, &forgotten);
    stats_add_forgotten(stats, &forgotten);
    stats_end(stats);
}

static const struct stats_group *group(const struct stats *stats, size_t i, const char *name)
{
    assert_true(i < stats->n);
    assert_str(stats->groups[i].name, name);
    return &stats->groups[i];
}

static void what_retention_deleted_is_counted_by_month(void **state)
{
    (void)state;
    struct task task = open_task("a");
    struct stats stats = stats_by(STATS_BY_MONTH);
    add_to(&stats, &task);
    assert_int_equal(stats.n, 2);
    assert_int_equal(group(&stats, 0, "2026-10")->counts[STATS_CREATED], 10);
    assert_int_equal(stats.groups[0].counts[STATS_DONE], 6);
    assert_int_equal(stats.groups[0].counts[STATS_IN_TIME], 4);
    assert_int_equal(stats.groups[0].counts[STATS_WAIVED], 4);
    assert_int_equal(stats.groups[0].counts[STATS_REOPENED], 2);
    assert_int_equal(stats.groups[0].counts[STATS_POSTPONED], 8);
    assert_int_equal(stats.groups[0].counts[STATS_RECURRENCES], 12);
    assert_int_equal(stats.groups[0].forgotten, 10);
    assert_int_equal(group(&stats, 1, "2026-11")->counts[STATS_CREATED], 3);
    assert_int_equal(stats.groups[1].forgotten, 2);

    stats = stats_by(STATS_BY_NONE);
    add_to(&stats, &task);
    assert_int_equal(stats.n, 1);
    assert_int_equal(group(&stats, 0, NULL)->counts[STATS_CREATED], 13);
    assert_int_equal(stats.groups[0].forgotten, 12);

    /* Whose it was is not known any more. */
    stats = stats_by(STATS_BY_TEAM);
    add_to(&stats, &task);
    assert_int_equal(stats.n, 2);
    assert_int_equal(group(&stats, 0, "a")->counts[STATS_CREATED], 1);
    assert_true(stats.groups[1].is_deleted);
    assert_int_equal(stats.groups[1].counts[STATS_CREATED], 12);
    assert_non_null(strstr(page_of(&stats, stats_write_table).p, "(deleted by retention)"));
    assert_non_null(strstr(page_of(&stats, stats_write_table).p,
                           "12 of the tasks were deleted by retention and have none."));
    assert_non_null(strstr(page_of(&stats, stats_write_json).p, "\"group\":null,\"created\":12,"));
}

static void since_a_time(void **state)
{
    (void)state;
    struct task task = open_task("a");
    static const struct {
        ms_t since;
        int64_t created;
    } cases[] = {
        {TIME_NONE, 13},
        {MADE, 1}, /* November began before that: it is not known how much of it */
        {MADE + 1, 0},
        {MADE - 20 * DAY_MS, 3},      /* the 31st of October */
        {INT64_C(1793491200000), 3},  /* November */
        {INT64_C(1790812800000), 13}, /* October */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stats stats = stats_by(STATS_BY_NONE);
        stats.since = cases[i].since;
        add_to(&stats, &task);
        assert_int_equal(group(&stats, 0, NULL)->counts[STATS_CREATED], cases[i].created);
    }
}

static void every_group(void **state)
{
    (void)state;
    static const struct {
        enum stats_by by;
        const char *name;
    } cases[] = {{STATS_BY_TEAM, "a"},
                 {STATS_BY_KIND, "bug"},
                 {STATS_BY_CATEGORY, "manual-error"},
                 {STATS_BY_PRIORITY, "P2"},
                 {STATS_BY_MONTH, "2026-11"}};
    struct task task = open_task("a"), other = open_task("a");
    task.category = CATEGORY_MANUAL_ERROR;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stats stats = stats_by(cases[i].by);
        stats_add(&stats, &task);
        stats_end(&stats);
        group(&stats, 0, cases[i].name);
    }
    struct label labels[] = {{STR("tier"), STR("1")}, {STR("product"), STR("pay")}};
    struct stats of_label = stats_by(STATS_BY_LABEL);
    of_label.label = STR("product");
    task.labels = (struct labels){labels, 2};
    stats_add(&of_label, &task);
    stats_add(&of_label, &other);
    stats_end(&of_label);
    assert_int_equal(of_label.n, 2);
    group(&of_label, 0, "pay");
    group(&of_label, 1, NULL);
    assert_non_null(strstr(page_of(&of_label, stats_write_json).p,
                           "{\"by\":\"label:product\",\"group\":\"pay\","));
    assert_non_null(strstr(page_of(&of_label, stats_write_csv).p, "\"label:product\",created,"));
    /* An incident's own tasks have no category. */
    struct stats stats = stats_by(STATS_BY_CATEGORY);
    stats_add(&stats, &other);
    stats_end(&stats);
    group(&stats, 0, NULL);
}

/* As many groups as there are names, each with its own. */
static void many_groups(void **state)
{
    (void)state;
    struct stats stats = stats_by(STATS_BY_TEAM);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 1000; i++) {
            char team[20];
            snprintf(team, sizeof team, "t%04d", i);
            struct task task = open_task(team);
            stats_add(&stats, &task);
        }
    struct task nobody = open_task(NULL), empty = open_task("");
    stats_add(&stats, &nobody);
    stats_add(&stats, &empty);
    stats_end(&stats);
    assert_int_equal(stats.n, 1002);
    group(&stats, 0, "");
    for (size_t i = 0; i < 1000; i++) {
        char team[20];
        snprintf(team, sizeof team, "t%04d", (int)i);
        assert_int_equal(group(&stats, i + 1, team)->counts[STATS_CREATED], 3);
    }
    group(&stats, 1001, NULL);
}

/* Neither a terminal nor a spreadsheet does what a team is called. */
static void names_are_only_names(void **state)
{
    (void)state;
    struct stats stats = stats_by(STATS_BY_TEAM);
    static const char *const names[] = {"=1+1", "+1", "-1", "@x", "a\"b,c\n\x1b[31m\xe2\x80\xae"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct task task = open_task(names[i]);
        stats_add(&stats, &task);
    }
    stats_end(&stats);
    struct str csv = page_of(&stats, stats_write_csv);
    assert_non_null(strstr(csv.p, "\"'=1+1\",1"));
    assert_non_null(strstr(csv.p, "\"'+1\",1"));
    assert_non_null(strstr(csv.p, "\"'-1\",1"));
    assert_non_null(strstr(csv.p, "\"'@x\",1"));
    assert_non_null(strstr(csv.p, "\"a\"\"b,c\\n\\u001b[31m\\u202e\",1"));
    struct str table = page_of(&stats, stats_write_table);
    assert_null(strchr(table.p, '\x1b'));
    assert_null(strstr(table.p, "\xe2\x80\xae"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles),
        cmocka_unit_test(nothing_at_all_is_a_row_of_nothing),
        cmocka_unit_test(every_figure),
        cmocka_unit_test(what_retention_deleted_is_counted_by_month),
        cmocka_unit_test(since_a_time),
        cmocka_unit_test(every_group),
        cmocka_unit_test(many_groups),
        cmocka_unit_test(names_are_only_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
