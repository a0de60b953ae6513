/* SPDX-License-Identifier: Apache-2.0 */
#include "core_support.h"

#include "core/zone.h"

#define SPRING_2026 INT64_C(1774746000000) /* 2026-03-29T01:00Z */
#define AUTUMN_2026 INT64_C(1792890000000) /* 2026-10-25T01:00Z */

/* Berlin's. */
static const struct zone_change berlin_changes[] = {{SPRING_2026, 2 * HOUR_MS},
                                                    {AUTUMN_2026, HOUR_MS}};
static const struct zone berlin = {.offset = HOUR_MS, .changes = berlin_changes, .changes_n = 2};

static ms_t local(const struct zone *zone, const char *time)
{
    return zone_utc(zone, t(time));
}

static void utc_has_no_changes(void **state)
{
    (void)state;
    static const struct zone utc = {0};
    assert_int_equal(zone_local(&utc, SPRING_2026), SPRING_2026);
    assert_int_equal(zone_utc(&utc, SPRING_2026), SPRING_2026);
    assert_int_equal(zone_utc(&utc, t("9998-12-31")), t("9998-12-31"));
    assert_int_equal(zone_utc(&utc, t("0002-01-01")), t("0002-01-01"));
}

static void clocks_show_what_they_were_set_to(void **state)
{
    (void)state;
    assert_time(zone_local(&berlin, SPRING_2026 - 1), "2026-03-29T01:59:59.999Z");
    assert_time(zone_local(&berlin, SPRING_2026), "2026-03-29T03:00:00Z");
    assert_time(zone_local(&berlin, AUTUMN_2026 - 1), "2026-10-25T02:59:59.999Z");
    assert_time(zone_local(&berlin, AUTUMN_2026), "2026-10-25T02:00:00Z");
    assert_time(local(&berlin, "2026-01-01T12:00:00Z"), "2026-01-01T11:00:00Z");
    assert_time(local(&berlin, "2026-07-01T12:00:00Z"), "2026-07-01T10:00:00Z");
    assert_time(local(&berlin, "2027-07-01T12:00:00Z"), "2027-07-01T11:00:00Z");
}

static void a_time_that_is_skipped_is_the_change(void **state)
{
    (void)state;
    assert_int_equal(local(&berlin, "2026-03-29T01:59:59.999Z"), SPRING_2026 - 1);
    assert_int_equal(local(&berlin, "2026-03-29T02:00:00Z"), SPRING_2026);
    assert_int_equal(local(&berlin, "2026-03-29T02:30:00Z"), SPRING_2026);
    assert_int_equal(local(&berlin, "2026-03-29T03:00:00Z"), SPRING_2026);
    assert_int_equal(local(&berlin, "2026-03-29T03:00:00.001Z"), SPRING_2026 + 1);
}

static void of_a_time_that_comes_twice_the_first_counts(void **state)
{
    (void)state;
    assert_int_equal(local(&berlin, "2026-10-25T02:00:00Z"), AUTUMN_2026 - HOUR_MS);
    assert_int_equal(local(&berlin, "2026-10-25T02:59:59.999Z"), AUTUMN_2026 - 1);
    assert_int_equal(local(&berlin, "2026-10-25T03:00:00Z"), AUTUMN_2026 + HOUR_MS);
}

/* In Cairo clocks are set at midnight: to 01:00, and back to 23:00. */
static void midnight_may_be_skipped_or_come_late(void **state)
{
    (void)state;
    static const struct zone_change changes[] = {{INT64_C(1776981600000), 3 * HOUR_MS},
                                                 {INT64_C(1793307600000), 2 * HOUR_MS}};
    struct zone cairo = {.offset = 2 * HOUR_MS, .changes = changes, .changes_n = 2};
    assert_time(local(&cairo, "2026-04-24T00:00:00Z"), "2026-04-23T22:00:00Z");
    assert_time(local(&cairo, "2026-10-29T23:00:00Z"), "2026-10-29T20:00:00Z");
    assert_time(local(&cairo, "2026-10-30T00:00:00Z"), "2026-10-29T22:00:00Z");
}

/* Two changes within hours of each other, as no government has made them yet. */
static void changes_may_follow_one_another(void **state)
{
    (void)state;
    static const struct zone_change changes[] = {{SPRING_2026, 14 * HOUR_MS},
                                                 {SPRING_2026 + HOUR_MS, -12 * HOUR_MS},
                                                 {SPRING_2026 + 2 * HOUR_MS, 0}};
    struct zone odd = {.changes = changes, .changes_n = 3};
    for (ms_t l = SPRING_2026 - 30 * HOUR_MS; l < SPRING_2026 + 30 * HOUR_MS; l += 10 * MINUTE_MS) {
        ms_t utc = SPRING_2026 - 60 * HOUR_MS;
        while (zone_local(&odd, utc) < l) utc += 10 * MINUTE_MS;
        assert_int_equal(zone_utc(&odd, l), utc);
    }
}

static void a_rule_goes_on_for_ever(void **state)
{
    (void)state;
    /* On 1 April and 1 October at 00:00Z, of 2025 to 2428. */
    static struct zone_change changes[404 * 2];
    for (size_t i = 0; i < 404; i++) {
        int64_t year = 2025 + (int64_t)i;
        changes[2 * i] = (struct zone_change){timestamp_days(year, 4, 1) * DAY_MS, HOUR_MS};
        changes[2 * i + 1] = (struct zone_change){timestamp_days(year, 10, 1) * DAY_MS, 0};
    }
    struct zone zone = {.changes = changes,
                        .changes_n = 404 * 2,
                        .is_endless = true,
                        .cycle_from = t("2027-01-01")};
    for (int64_t year = 2025; year < 9999; year += year < 2030 || year > 2420 ? 1 : 97) {
        ms_t spring = timestamp_days(year, 4, 1) * DAY_MS;
        ms_t autumn = timestamp_days(year, 10, 1) * DAY_MS;
        ms_t new_year = timestamp_days(year, 1, 1) * DAY_MS;
        assert_int_equal(zone_local(&zone, new_year), new_year);
        assert_int_equal(zone_utc(&zone, new_year), new_year);
        assert_int_equal(zone_local(&zone, spring - 1), spring - 1);
        assert_int_equal(zone_local(&zone, spring), spring + HOUR_MS);
        assert_int_equal(zone_utc(&zone, spring + HOUR_MS / 2), spring);
        assert_int_equal(zone_local(&zone, autumn), autumn);
        assert_int_equal(zone_utc(&zone, autumn), autumn - HOUR_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_has_no_changes),
        cmocka_unit_test(clocks_show_what_they_were_set_to),
        cmocka_unit_test(a_time_that_is_skipped_is_the_change),
        cmocka_unit_test(of_a_time_that_comes_twice_the_first_counts),
        cmocka_unit_test(midnight_may_be_skipped_or_come_late),
        cmocka_unit_test(changes_may_follow_one_another),
        cmocka_unit_test(a_rule_goes_on_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
