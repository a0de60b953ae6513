/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/timestamp.h"

static const char *formatted(ms_t t)
{
    static char text[TIMESTAMP_TEXT + 1];
    timestamp_format(t, text);
    text[TIMESTAMP_TEXT] = 0;
    return text;
}

static void dates_and_days_are_inverse(void **state)
{
    (void)state;
    assert_int_equal(timestamp_days(1970, 1, 1), 0);
    assert_int_equal(timestamp_days(2000, 3, 1), 11017);
    assert_int_equal(timestamp_days(1969, 12, 31), -1);
    int64_t previous = timestamp_days(-1, 12, 31);
    assert_int_equal(timestamp_days(0, 1, 1), previous + 1);
    for (int64_t days = timestamp_days(-400, 1, 1); days <= timestamp_days(2401, 1, 1); days++) {
        int64_t year;
        unsigned month, day;
        timestamp_date(days, &year, &month, &day);
        assert_int_equal(timestamp_days(year, month, day), days);
    }
}

static void formats(void **state)
{
    (void)state;
    assert_string_equal(formatted(0), "1970-01-01T00:00:00.000Z");
    assert_string_equal(formatted(-1), "1969-12-31T23:59:59.999Z");
    assert_string_equal(formatted(INT64_C(1795169700000)), "2026-11-20T10:15:00.000Z");
    assert_string_equal(formatted(INT64_C(951782399999)), "2000-02-28T23:59:59.999Z");
    assert_string_equal(formatted(INT64_C(951782400000)), "2000-02-29T00:00:00.000Z");
    assert_string_equal(formatted(timestamp_days(0, 1, 1) * DAY_MS), "0000-01-01T00:00:00.000Z");
    assert_string_equal(formatted(timestamp_days(10000, 1, 1) * DAY_MS - 1),
                        "9999-12-31T23:59:59.999Z");
    struct arena *arena = arena_new();
    struct str text = timestamp_text(arena, 0);
    assert_int_equal(text.n, TIMESTAMP_TEXT);
    assert_memory_equal(text.p, formatted(0), text.n);
    assert_null(timestamp_text(arena, TIME_NONE).p);
    arena_free(arena);
}

struct example {
    const char *text, *time; /* NULL: TIME_NONE */
    enum timestamp_result result;
};

static void check(const struct example *examples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ms_t t = 1;
        enum timestamp_result result = timestamp_parse(str_of(examples[i].text), &t);
        if (result != examples[i].result) print_error("%s\n", examples[i].text);
        assert_int_equal(result, examples[i].result);
        if (examples[i].time) {
            assert_string_equal(formatted(t), examples[i].time);
        } else {
            assert_true(t == TIME_NONE);
        }
    }
}

#define CHECK(examples) check((examples), sizeof(examples) / sizeof *(examples))

static void parses_what_platforms_write(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"2026-11-20T10:15:00Z", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20t10:15:00z", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:00.1Z", "2026-11-20T10:15:00.100Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:00.123456789Z", "2026-11-20T10:15:00.123Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:00.999999999Z", "2026-11-20T10:15:00.999Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:00+08:00", "2026-11-20T02:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:00+0800", "2026-11-20T02:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20 10:15:00+00", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:00-03:30", "2026-11-20T13:45:00.000Z", TIMESTAMP_OK},
        {"2026-11-20 10:15:00 +0100", "2026-11-20T09:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20 10:15:00 UTC", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20 10:15:00", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:00.5", "2026-11-20T10:15:00.500Z", TIMESTAMP_OK},
        {"1969-07-20T20:17:40Z", "1969-07-20T20:17:40.000Z", TIMESTAMP_OK},
        {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z", TIMESTAMP_OK},
        {"2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999Z", TIMESTAMP_OK},
        {"2017-01-01T05:29:60+05:30", "2016-12-31T23:59:59.999Z", TIMESTAMP_OK},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z", TIMESTAMP_OK},
        {"+002026-11-20T10:15:00Z", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
    };
    CHECK(examples);
}

static void parses_what_java_and_javascript_print(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"2026-11-20T10:15Z", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20 10:15 UTC", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15+08:00", "2026-11-20T02:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15Z[UTC]", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15[UTC]", "2026-11-20T10:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:30.123[UTC]", "2026-11-20T10:15:30.123Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:30.123456789Z[Etc/UTC]", "2026-11-20T10:15:30.123Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:30+01:00[Europe/Paris]", "2026-11-20T09:15:30.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15+01[Europe/Paris]", "2026-11-20T09:15:00.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:30-03:30[America/St_Johns]", "2026-11-20T13:45:30.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:30-05:00[America/Port-au-Prince]", "2026-11-20T15:15:30.000Z",
         TIMESTAMP_OK},
        {"2026-11-20T10:15:30+01:00[GMT+01:00]", "2026-11-20T09:15:30.000Z", TIMESTAMP_OK},
        {"2026-11-20T10:15:30+01:00[!Europe/Paris][u-ca=iso8601]", "2026-11-20T09:15:30.000Z",
         TIMESTAMP_OK},
        /* The offset counts, whatever the name says. */
        {"2026-11-20T10:15:30Z[Asia/Tokyo]", "2026-11-20T10:15:30.000Z", TIMESTAMP_OK},
        {"0001-01-01T00:00Z[UTC]", NULL, TIMESTAMP_ABSENT},
    };
    CHECK(examples);
}

static uint64_t random_state = 88172645463325252;

static int64_t random_below(int64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (int64_t)(random_state % (uint64_t)n);
}

/* Any time, as programs would print it, is that time again; and of what is spoilt nothing is worse
 * than refused. */
static void any_time_in_any_form(void **state)
{
    (void)state;
    static const char *const names[] = {"", "[Europe/Paris]", "[UTC]", "[!A/B_c-d][u-ca=x]"};
    for (int i = 0; i < 50000; i++) {
        ms_t t = random_below(INT64_C(8000) * 365 * DAY_MS) - 1900 * 365 * DAY_MS;
        bool seconds = random_below(3), fraction = seconds && random_below(2);
        if (!seconds) t -= (t % MINUTE_MS + MINUTE_MS) % MINUTE_MS;
        if (!fraction) t -= (t % SECOND_MS + SECOND_MS) % SECOND_MS;
        int64_t offset = random_below(24 * 60) * (random_below(2) ? 1 : -1);
        char local[TIMESTAMP_TEXT + 1] = {0}, text[120];
        timestamp_format(t + offset * MINUTE_MS, local);
        local[seconds ? fraction ? 23 : 19 : 16] = 0;
        if (random_below(2)) local[10] = ' ';
        int64_t size = offset < 0 ? -offset : offset;
        int n = snprintf(text, sizeof text, "%s%c%02d%s%02d%s", local, offset < 0 ? '-' : '+',
                         (int)(size / 60), random_below(2) ? ":" : "", (int)(size % 60),
                         names[random_below(4)]);
        ms_t read = 1;
        if (timestamp_parse(str_of(text), &read) != TIMESTAMP_OK) print_error("%s\n", text);
        assert_int_equal(timestamp_parse(str_of(text), &read), TIMESTAMP_OK);
        assert_int_equal(read, t);
        text[random_below(n)] = (char)random_below(256);
        char *copy = malloc((size_t)n); /* so that reading beyond it is seen */
        assert_non_null(copy);
        memcpy(copy, text, (size_t)n);
        enum timestamp_result result = timestamp_parse((struct str){copy, (size_t)n}, &read);
        assert_true(result <= TIMESTAMP_BAD);
        assert_int_equal(read == TIME_NONE, result >= TIMESTAMP_ABSENT);
        free(copy);
    }
}

static void partial_dates_are_the_start_of_the_period(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"2023", "2023-01-01T00:00:00.000Z", TIMESTAMP_PARTIAL},
        {"2023-07", "2023-07-01T00:00:00.000Z", TIMESTAMP_PARTIAL},
        {"2023-07-25", "2023-07-25T00:00:00.000Z", TIMESTAMP_PARTIAL},
    };
    CHECK(examples);
}

/* As people mean a date: in their own zone, and up to its end. */
static void partial_dates_have_an_end(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first, *last;
    } examples[] = {
        {"2023", "2023-01-01T00:00:00.000Z", "2023-12-31T23:59:59.999Z"},
        {"2023-07", "2023-07-01T00:00:00.000Z", "2023-07-31T23:59:59.999Z"},
        {"2023-12", "2023-12-01T00:00:00.000Z", "2023-12-31T23:59:59.999Z"},
        {"2024-02", "2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"},
        {"2023-12-31", "2023-12-31T00:00:00.000Z", "2023-12-31T23:59:59.999Z"},
        {"2024-02-29", "2024-02-29T00:00:00.000Z", "2024-02-29T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        ms_t t, expected;
        struct str text = str_of(examples[i].text);
        assert_int_equal(timestamp_parse_period(text, false, &t), TIMESTAMP_PARTIAL);
        timestamp_parse(str_of(examples[i].first), &expected);
        assert_int_equal(t, expected);
        assert_int_equal(timestamp_parse_period(text, true, &t), TIMESTAMP_PARTIAL);
        timestamp_parse(str_of(examples[i].last), &expected);
        assert_int_equal(t, expected);
    }
    /* What says its time is that. */
    ms_t t, same;
    timestamp_parse(STR("2023-07-25T10:00:00"), &same);
    assert_int_equal(timestamp_parse_period(STR("2023-07-25T10:00:00"), true, &t), TIMESTAMP_OK);
    assert_int_equal(t, same);
    assert_int_equal(timestamp_parse_period(STR("2023-02-30"), true, &t), TIMESTAMP_BAD);
    /* Over the edge it is none. */
    assert_int_equal(timestamp_parse_period(STR("9998"), true, &t), TIMESTAMP_PARTIAL);
    assert_true(timestamp_in_range(t));
    assert_false(timestamp_in_range(t + 1));
    assert_int_equal(timestamp_parse_period(STR("0002"), false, &t), TIMESTAMP_PARTIAL);
    assert_false(timestamp_in_range(t - 1));
}

static void other_systems_none(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"0001-01-01T00:00:00Z", NULL, TIMESTAMP_ABSENT},
        {"0001-12-31", NULL, TIMESTAMP_ABSENT},
        {"0000-00-00 00:00:00", NULL, TIMESTAMP_ABSENT},
        {"0002-01-01T00:00:00+08:00", NULL, TIMESTAMP_ABSENT},
        {"9999-12-31T23:59:59.999Z", NULL, TIMESTAMP_ABSENT},
        {"9999", NULL, TIMESTAMP_ABSENT},
        {"9998-12-31T23:59:59-10:00", NULL, TIMESTAMP_ABSENT},
        {"+275760-09-13T00:00:00.000Z", NULL, TIMESTAMP_ABSENT},
        {"-000001-01-01T00:00:00.000Z", NULL, TIMESTAMP_ABSENT},
    };
    CHECK(examples);
    ms_t t;
    assert_int_equal(timestamp_parse(STR("0002-01-01"), &t), TIMESTAMP_PARTIAL);
    assert_int_equal(timestamp_parse(STR("9998-12-31T23:59:59Z"), &t), TIMESTAMP_OK);
}

static void refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "x",
        "202",
        "20230",
        "2023-",
        "2023-1",
        "2023-13",
        "2023-00",
        "2023-07-",
        "2023-07-00",
        "2023-07-32",
        "2023-02-29",
        "1900-02-29",
        "20230725",
        "2023/07/25",
        "2023-07-25T",
        "2023-07-25T10:1",
        "2023-07-25T10:15.5Z",
        "2023-07-25T10:15:Z",
        "2023-07-25T10:15:0",
        "2023-07-25T10:60Z",
        "2023-07-25T10:15[Europe/Paris]",
        "2023-07-25T10:15:00[utc]",
        "2023-07-25T10:15:00[UTC]Z",
        "2023-07-25T10:15:00[UTC][UTC]",
        "2023-07-25T10:15:00Z[]",
        "2023-07-25T10:15:00Z[UTC",
        "2023-07-25T10:15:00Z]",
        "2023-07-25T10:15:00Z[UTC]x",
        "2023-07-25T10:15:00Z [UTC]",
        "2023-07-25T10:15:00Z[Europe Paris]",
        "2023-07-25T10:15:00Z[\xc3\xa4]",
        "2023-07-25T10:15:00+01:0[Europe/Paris]",
        "2023-07-25[UTC]",
        "2023-07-25T24:00:00Z",
        "2023-07-25T10:60:00Z",
        "2023-07-25T10:15:61Z",
        "2023-07-25T10:15:60Z",
        "2023-07-25T10:15:00.Z",
        "2023-07-25T10:15:00.1234567890Z",
        "2023-07-25T10:15:00ZZ",
        "2023-07-25T10:15:00+24:00",
        "2023-07-25T10:15:00+08:60",
        "2023-07-25T10:15:00+8",
        "2023-07-25T10:15:00+08:00x",
        "2023-07-25T10:15:00 GMT+1",
        "2023-07-25T10:15:00UTC",
        "2023-07-25T10:15:00 ",
        " 2023-07-25",
        "2023-07-25 ",
        "2023-07-25_10:15:00Z",
        "2023-07-25T10:15:00 UTC ",
        "yesterday",
        "-2023-07-25",
        "9999-12-31Tnever",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ms_t t = 1;
        if (timestamp_parse(str_of(bad[i]), &t) != TIMESTAMP_BAD) print_error("%s\n", bad[i]);
        assert_int_equal(timestamp_parse(str_of(bad[i]), &t), TIMESTAMP_BAD);
        assert_true(t == TIME_NONE);
    }
    ms_t t;
    assert_int_equal(timestamp_parse(STR_NONE, &t), TIMESTAMP_BAD);
}

static void epochs_by_magnitude(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *time;
    } examples[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.000Z"},
        {INT64_C(1795169700), "2026-11-20T10:15:00.000Z"},
        {INT64_C(99999999999), "5138-11-16T09:46:39.000Z"},
        {INT64_C(100000000000), "1973-03-03T09:46:40.000Z"},
        {INT64_C(1795169700123), "2026-11-20T10:15:00.123Z"},
        {INT64_C(99999999999999), "5138-11-16T09:46:39.999Z"},
        {INT64_C(100000000000000), "1973-03-03T09:46:40.000Z"},
        {INT64_C(1795169700123999), "2026-11-20T10:15:00.123Z"},
        {INT64_C(99999999999999999), "5138-11-16T09:46:39.999Z"},
        {INT64_C(100000000000000000), "1973-03-03T09:46:40.000Z"},
        {INT64_C(1795169700123999999), "2026-11-20T10:15:00.123Z"},
        {INT64_C(-1795169700123999), "1913-02-11T13:44:59.876Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145Z"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        ms_t t;
        assert_int_equal(timestamp_from_epoch(examples[i].value, 0, &t), TIMESTAMP_OK);
        assert_string_equal(formatted(t), examples[i].time);
    }
    ms_t t = 1;
    /* -62135596800 s is 0001-01-01, what .NET and Go say for "none" */
    assert_int_equal(timestamp_from_epoch(INT64_C(-62135596800), 0, &t), TIMESTAMP_ABSENT);
    assert_true(t == TIME_NONE);
    assert_int_equal(timestamp_from_epoch(INT64_C(1795169700), 123, &t), TIMESTAMP_OK);
    assert_string_equal(formatted(t), "2026-11-20T10:15:00.123Z");
    /* What is finer than a millisecond is cut off. */
    assert_int_equal(timestamp_from_epoch(INT64_C(1795169700123), 999, &t), TIMESTAMP_OK);
    assert_string_equal(formatted(t), "2026-11-20T10:15:00.123Z");
}

static void days_and_weekdays_before_1970_too(void **state)
{
    (void)state;
    static const struct {
        ms_t t;
        int64_t day;
        int weekday;
    } cases[] = {{0, 0, 3},           {DAY_MS - 1, 0, 3}, {DAY_MS, 1, 4},
                 {-1, -1, 2},         {-DAY_MS, -1, 2},   {-DAY_MS - 1, -2, 1},
                 {3 * DAY_MS, 3, 6},  {4 * DAY_MS, 4, 0}, {-3 * DAY_MS, -3, 0},
                 {-4 * DAY_MS, -4, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(timestamp_day(cases[i].t), cases[i].day);
        assert_int_equal(timestamp_weekday(cases[i].day), cases[i].weekday);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_and_days_are_inverse),
        cmocka_unit_test(days_and_weekdays_before_1970_too),
        cmocka_unit_test(formats),
        cmocka_unit_test(parses_what_platforms_write),
        cmocka_unit_test(parses_what_java_and_javascript_print),
        cmocka_unit_test(any_time_in_any_form),
        cmocka_unit_test(partial_dates_are_the_start_of_the_period),
        cmocka_unit_test(partial_dates_have_an_end),
        cmocka_unit_test(other_systems_none),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(epochs_by_magnitude),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
