/* SPDX-License-Identifier: Apache-2.0 */
#include "core_support.h"

static int64_t holidays[4];
static struct calendar calendar = {.working_days = 0x1f, .holidays = holidays};

/* Berlin's, of two years. */
static const struct zone_change changes[] = {{INT64_C(1774746000000), 2 * HOUR_MS}, /* 2026-03-29 */
                                             {INT64_C(1792890000000), HOUR_MS},     /* 10-25 */
                                             {INT64_C(1806195600000), 2 * HOUR_MS}, /* 2027-03-28 */
                                             {INT64_C(1824944400000), HOUR_MS}};    /* 10-31 */
static const struct zone berlin = {
    .name = STR_NONE, .offset = HOUR_MS, .changes = changes, .changes_n = 4};

static int setup(void **state)
{
    (void)state;
    holidays[0] = timestamp_days(2026, 12, 24);
    holidays[1] = timestamp_days(2026, 12, 25);
    holidays[2] = timestamp_days(2027, 1, 1);
    calendar.holidays_n = 3;
    calendar.zone = (struct zone){0};
    calendar.working_days = 0x1f;
    return 0;
}

static void assert_add(const char *from, struct duration d, const char *expected)
{
    assert_time(deadline_add(&calendar, t(from), d), expected);
}

static void fixed_time(void **state)
{
    (void)state;
    assert_add("2026-11-20T10:15:00Z", days(7), "2026-11-27T10:15:00Z");
    assert_add("2026-11-20T10:15:00Z", hours(72), "2026-11-23T10:15:00Z");
    assert_add("2026-11-20T10:15:00Z", days(0), "2026-11-20T10:15:00Z");
}

static void working_days_keep_the_time_of_day(void **state)
{
    (void)state;
    assert_add("2026-11-16T10:15:00Z", working_days(3), "2026-11-19T10:15:00Z"); /* from Monday */
    assert_add("2026-11-20T10:15:00Z", working_days(3), "2026-11-25T10:15:00Z"); /* from Friday */
    assert_add("2026-11-20T10:15:00Z", working_days(0), "2026-11-20T10:15:00Z");
    assert_add("1969-12-31T10:15:00Z", working_days(1), "1970-01-01T10:15:00Z"); /* Wednesday */
    assert_add("1969-12-19T10:15:00Z", working_days(1), "1969-12-22T10:15:00Z"); /* Friday */
}

static void a_day_off_begins_with_the_next_working_day(void **state)
{
    (void)state;
    /* Saturday: counted from Monday 00:00. */
    assert_add("2026-11-21T10:15:00Z", working_days(3), "2026-11-26T00:00:00Z");
    assert_add("2026-11-22T23:59:59.999Z", working_days(1), "2026-11-24T00:00:00Z");
    assert_add("2026-11-21T10:15:00Z", working_days(0), "2026-11-23T00:00:00Z");
}

static void whole_days_end_at_one_time(void **state)
{
    (void)state;
    const ms_t half_past_five = 17 * HOUR_MS + 30 * MINUTE_MS;
    /* From a Thursday, early and late: Friday, Monday, Tuesday, Wednesday. */
    assert_time(deadline_add_whole_days(&calendar, t("2026-11-19T00:00:00Z"), 4, half_past_five),
                "2026-11-25T17:30:00Z");
    assert_time(deadline_add_whole_days(&calendar, t("2026-11-19T23:59:59Z"), 4, half_past_five),
                "2026-11-25T17:30:00Z");
    /* Of a Saturday Monday is the first. */
    assert_time(deadline_add_whole_days(&calendar, t("2026-11-21T10:15:00Z"), 4, DAY_MS),
                "2026-11-27T00:00:00Z");
    assert_time(deadline_add_whole_days(&calendar, t("9998-12-01T12:00:00Z"), 999999, 1),
                "9998-12-30T00:00:00Z");
}

static void assert_move(const char *at, int64_t by, struct duration given, const char *expected)
{
    assert_time(deadline_move(&calendar, t(at), by, given), expected);
}

static void what_was_given_in_working_days_is_on_one(void **state)
{
    (void)state;
    assert_move("2026-11-19T10:15:00Z", DAY_MS, working_days(3), "2026-11-20T10:15:00Z");
    assert_move("2026-11-20T10:15:00Z", DAY_MS, working_days(3), "2026-11-23T10:15:00Z");
    assert_move("2026-11-20T10:15:00Z", 2 * DAY_MS, working_days(3), "2026-11-23T10:15:00Z");
    assert_move("2026-11-22T10:15:00Z", 0, working_days(3), "2026-11-23T10:15:00Z");
    assert_move("2026-12-23T10:15:00Z", DAY_MS, working_days(3), "2026-12-28T10:15:00Z");
    assert_move("2026-11-20T10:15:00Z", DAY_MS, days(3), "2026-11-21T10:15:00Z");
    calendar.zone.offset = 9 * HOUR_MS; /* Saturday there: on to Monday, at the same time */
    assert_move("2026-11-20T20:00:00Z", 0, working_days(3), "2026-11-22T20:00:00Z");
    const char *end = "9998-12-30T00:00:00Z";
    assert_move("9998-12-29T10:15:00Z", INT64_MAX / 4, days(1), end);
    assert_move("9998-12-29T10:15:00Z", INT64_MAX / 4, working_days(1), end);
    calendar.working_days = 0;
    assert_move("9998-12-01T10:15:00Z", 0, working_days(1), end);
}

static void holidays_are_days_off(void **state)
{
    (void)state;
    assert_add("2026-12-23T09:00:00Z", working_days(1), "2026-12-28T09:00:00Z");
    assert_add("2026-12-24T09:00:00Z", working_days(1), "2026-12-29T00:00:00Z");
    assert_add("2026-12-31T09:00:00Z", working_days(2), "2027-01-05T09:00:00Z");
}

static void the_calendar_has_its_own_midnight(void **state)
{
    (void)state;
    calendar.zone.offset = 9 * HOUR_MS;
    /* Friday 20:00Z is Saturday 05:00 there: counted from Monday 00:00 there. */
    assert_add("2026-11-20T20:00:00Z", working_days(1), "2026-11-23T15:00:00Z");
    calendar.zone.offset = -5 * HOUR_MS;
    /* Saturday 03:00Z is still Friday there. */
    assert_add("2026-11-21T03:00:00Z", working_days(1), "2026-11-24T03:00:00Z");
}

/* Days of 23 and of 25 hours are days: what is due in working days keeps its time of day. */
static void working_days_over_a_change(void **state)
{
    (void)state;
    calendar.zone = berlin;
    assert_add("2026-03-27T15:00:00Z", working_days(1), "2026-03-30T14:00:00Z"); /* 16:00 */
    assert_add("2026-10-23T14:00:00Z", working_days(1), "2026-10-26T15:00:00Z");
    assert_add("2026-03-28T12:00:00Z", working_days(0), "2026-03-29T22:00:00Z"); /* Monday 00:00 */
    assert_add("2026-10-24T12:00:00Z", working_days(0), "2026-10-25T23:00:00Z");
    assert_move("2026-03-27T15:00:00Z", DAY_MS, working_days(1), "2026-03-30T14:00:00Z");
    /* Hours and days of 24 of them are time that passes. */
    assert_add("2026-03-27T15:00:00Z", days(3), "2026-03-30T15:00:00Z");
    assert_add("2026-10-23T14:00:00Z", hours(72), "2026-10-26T14:00:00Z");
    /* Where Sundays are worked: at half past two, which is skipped, and at the half past two that
     * comes twice. The second one is that of the same day still. */
    calendar.working_days = 0x7f;
    assert_add("2026-03-28T01:30:00Z", working_days(1), "2026-03-29T01:00:00Z");
    assert_add("2026-10-24T00:30:00Z", working_days(1), "2026-10-25T00:30:00Z");
    assert_add("2026-10-25T01:30:00Z", working_days(0), "2026-10-25T01:30:00Z");
    assert_add("2026-10-25T01:30:00Z", working_days(1), "2026-10-26T01:30:00Z");
}

static void assert_months(const char *from, int64_t months, const char *expected)
{
    assert_time(deadline_add_months(&calendar, t(from), months), expected);
}

static void months_keep_day_and_time(void **state)
{
    (void)state;
    assert_months("2026-11-20T10:15:00Z", 1, "2026-12-20T10:15:00Z");
    assert_months("2026-12-31T10:15:00Z", 1, "2027-01-31T10:15:00Z");
    assert_months("2027-01-31T10:15:00Z", 1, "2027-02-28T10:15:00Z");
    assert_months("2028-01-31T10:15:00Z", 1, "2028-02-29T10:15:00Z");
    assert_months("2026-08-31T10:15:00Z", 13, "2027-09-30T10:15:00Z");
    assert_months("2026-11-20T10:15:00Z", 0, "2026-11-20T10:15:00Z");
    assert_months("2026-11-20T10:15:00Z", 1000000, "9998-12-30T00:00:00Z");
    /* By the clocks there: 31 October 23:30, and a change of them between. */
    calendar.zone = berlin;
    assert_months("2026-09-30T21:30:00Z", 1, "2026-10-30T22:30:00Z");
    assert_months("2027-01-31T22:30:00Z", 1, "2027-02-28T22:30:00Z");
    assert_months("2027-01-31T23:30:00Z", 1, "2027-02-28T23:30:00Z"); /* 1 February there */
}

static void a_week_may_be_any_set_of_days(void **state)
{
    (void)state;
    calendar.working_days = 1u << 6; /* Sundays */
    assert_add("2026-11-20T10:15:00Z", working_days(2), "2026-12-06T00:00:00Z");
}

static void the_end_of_time_is_9998(void **state)
{
    (void)state;
    const char *end = "9998-12-30T00:00:00Z";
    assert_add("2026-11-20T10:15:00Z", (struct duration){INT64_MAX, false}, end);
    assert_add("2026-11-20T10:15:00Z", working_days(INT64_MAX), end);
    assert_add("9998-12-29T10:15:00Z", working_days(1), end);
    assert_add("9998-12-29T10:15:00Z", days(1), end);
    assert_add("9998-12-31T10:15:00Z", working_days(1), end);
    /* No day is a working day: nothing ever comes round, and nothing hangs. */
    calendar.working_days = 0;
    assert_add("9998-12-01T10:15:00Z", working_days(1), end);
}

static void points(void **state)
{
    (void)state;
    ms_t start = t("2026-11-20T00:00:00Z");
    assert_time(deadline_point(start, start + 8 * DAY_MS, 50), "2026-11-24T00:00:00Z");
    assert_time(deadline_point(start, start + 8 * DAY_MS, 75), "2026-11-26T00:00:00Z");
    assert_time(deadline_point(start, start + 8 * DAY_MS, 100), "2026-11-28T00:00:00Z");
    assert_int_equal(deadline_point(0, 199, 50), 99);
    assert_int_equal(deadline_point(0, INT64_MAX / 2, 100), INT64_MAX / 2);
    assert_int_equal(deadline_point(100, 0, 50), 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fixed_time, setup),
        cmocka_unit_test_setup(working_days_keep_the_time_of_day, setup),
        cmocka_unit_test_setup(a_day_off_begins_with_the_next_working_day, setup),
        cmocka_unit_test_setup(whole_days_end_at_one_time, setup),
        cmocka_unit_test_setup(what_was_given_in_working_days_is_on_one, setup),
        cmocka_unit_test_setup(holidays_are_days_off, setup),
        cmocka_unit_test_setup(the_calendar_has_its_own_midnight, setup),
        cmocka_unit_test_setup(working_days_over_a_change, setup),
        cmocka_unit_test_setup(months_keep_day_and_time, setup),
        cmocka_unit_test_setup(a_week_may_be_any_set_of_days, setup),
        cmocka_unit_test_setup(the_end_of_time_is_9998, setup),
        cmocka_unit_test_setup(points, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
