/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones of the system against what the C library says of them, and zone files that are odd, cut off or
 * hostile. The package tzdata is needed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/buf.h"
#include "config/zone_file.h"
#include "config/zone_rule.h"

static char folder[] = "/tmp/test_zone_XXXXXX";
static struct arena *arena;
static struct zone zone;
static struct error error;
static const char *why;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return mkdtemp(folder) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return rmdir(folder);
}

static ms_t t(const char *text)
{
    ms_t at;
    assert_int_equal(timestamp_parse(str_of(text), &at), TIMESTAMP_OK);
    return at;
}

/* ---- the system's ---- */

static void assert_as_the_library(const char *name, ms_t at)
{
    time_t seconds = (time_t)(at / SECOND_MS);
    struct tm tm;
    localtime_r(&seconds, &tm);
    ms_t local = zone_local(&zone, at);
    if (local - at != tm.tm_gmtoff * SECOND_MS) {
        char text[TIMESTAMP_TEXT];
        timestamp_format(at, text);
        fail_msg("%s at %.24s: %lld, not %ld", name, text, (long long)(local - at) / 1000,
                 tm.tm_gmtoff);
    }
    /* Back again: to this time, or to the first at which the clocks showed it. */
    ms_t utc = zone_utc(&zone, local);
    assert_true(utc <= at && zone_local(&zone, utc) == local);
    assert_true(utc == at || zone_local(&zone, utc) - utc > local - at);
}

static void zones_are_as_the_library_has_them(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Europe/Berlin",
        "Europe/Dublin",
        "Europe/London",
        "America/New_York",
        "America/St_Johns",
        "America/Havana",
        "America/Santiago",
        "America/Nuuk",
        "America/Scoresbysund",
        "America/Sao_Paulo",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Asia/Gaza",
        "Asia/Beirut",
        "Asia/Tehran",
        "Asia/Jerusalem",
        "Africa/Cairo",
        "Africa/Casablanca",
        "Africa/Monrovia",
        "Australia/Lord_Howe",
        "Australia/Sydney",
        "Antarctica/Troll",
        "Pacific/Apia",
        "Pacific/Chatham",
        "Pacific/Kiritimati",
        "Etc/GMT+5",
        "Etc/UTC",
        "EST5EDT",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (zone_file_load(arena, str_of(names[i]), &zone, &error) != OK)
            fail_msg("%s", error.text);
        setenv("TZ", names[i], 1);
        tzset();
        for (ms_t at = t("1880-01-01T00:00:00Z"); at < t("2110-01-01T00:00:00Z");
             at += 29 * HOUR_MS)
            assert_as_the_library(names[i], at);
        for (ms_t at = t("2110-01-01T00:00:00Z"); at < t("9998-01-01T00:00:00Z");
             at += 1999 * HOUR_MS)
            assert_as_the_library(names[i], at);
        for (size_t k = 0; k < zone.changes_n; k++) {
            if (zone.changes[k].at < t("1880-01-01T00:00:00Z")) continue;
            assert_as_the_library(names[i], zone.changes[k].at - SECOND_MS);
            assert_as_the_library(names[i], zone.changes[k].at);
        }
    }
}

static void utc_needs_no_file(void **state)
{
    (void)state;
    setenv("TZDIR", "/nowhere", 1);
    assert_int_equal(zone_file_load(arena, STR("UTC"), &zone, &error), OK);
    assert_int_equal(zone_local(&zone, 7), 7);
    assert_true(str_eq(zone_file_version(arena), STR("unknown")));
    unsetenv("TZDIR");
}

static void assert_refused(const char *name, const char *sentence)
{
    assert_int_equal(zone_file_load(arena, str_of(name), &zone, &error), FATAL);
    if (!strstr(error.text, sentence)) fail_msg("%s: %s", name, error.text);
}

static void names_lead_nowhere_else(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",        "/etc/passwd", "../../../etc/passwd", "Europe/..",       "Europe//Berlin",
        "Europe/", "./UTC",       "localtime",           "Europe/Berlin\n", "Europ\xc3\xa9"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_refused(names[i], "allowed: a name of the zone database like \"Europe/Berlin\"");
    assert_refused("Europe/Belin", "\"Europe/Belin\" is no zone of /usr/share/zoneinfo; names are");
    assert_refused("Europe/Berlin/x", "is no zone of");
    assert_refused("Europe", "/usr/share/zoneinfo/Europe: is not a plain file");
    setenv("TZDIR", "/nowhere", 1);
    assert_refused("Europe/Berlin", "there is no zone database at /nowhere; install the package "
                                    "tzdata, or set TZDIR");
    unsetenv("TZDIR");
}

/* ---- files of our own ---- */

static const char *put_file(const char *name, const void *bytes, size_t n)
{
    const char *path = arena_printf(arena, "%s/%s", folder, name).p;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
    return path;
}

static void the_version_is_that_of_the_database(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text, *version;
    } examples[] = {
        {"tzdata.zi", "# version 2026a\n# This zic input", "2026a"},
        {"tzdata.zi", "# no version\n", "unknown"},
        {"tzdata.zi", "# version \n", "unknown"},
        {"tzdata.zi", "", "unknown"},
        {"+VERSION", "2026b\n", "2026b"},
        {"+VERSION", "2026c", "2026c"},
        {"+VERSION", "0123456789012345678901234567890123456789012345678901234567890123456789",
         "unknown"},
    };
    setenv("TZDIR", folder, 1);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const char *path = put_file(examples[i].file, examples[i].text, strlen(examples[i].text));
        struct str version = zone_file_version(arena);
        unlink(path);
        if (!str_eq(version, str_of(examples[i].version))) fail_msg("%zu: %s", i, version.p);
    }
    unsetenv("TZDIR");
    assert_false(str_eq(zone_file_version(arena), STR("unknown")));
}

static void put_number(struct buf *out, int bytes, uint64_t value)
{
    while (bytes--) buf_char(out, (char)(value >> 8 * bytes));
}

/* What a file is made of, with one change an array's entry; -1 ends it. */
struct made {
    char version;
    int64_t at[4];
    int type[4];
    int n;
    int64_t offsets[4]; /* seconds */
    int types;
    int leaps;
    const char *footer; /* with its line breaks */
};

static struct str make(const struct made *m)
{
    struct buf out = {0};
    for (int block = 0; block < 2; block++) {
        buf_lit(&out, "TZif");
        buf_char(&out, m->version);
        for (int i = 0; i < 15; i++) buf_char(&out, 0);
        bool is_second = block == 1;
        const uint64_t counts[] = {
            0, 0, (uint64_t)m->leaps, is_second ? (uint64_t)m->n : 0, (uint64_t)m->types, 4};
        for (size_t i = 0; i < 6; i++) put_number(&out, 4, counts[i]);
        for (int i = 0; is_second && i < m->n; i++) put_number(&out, 8, (uint64_t)m->at[i]);
        for (int i = 0; is_second && i < m->n; i++) buf_char(&out, (char)m->type[i]);
        for (int i = 0; i < m->types; i++) {
            put_number(&out, 4, (uint64_t)m->offsets[i]);
            put_number(&out, 2, 0);
        }
        put_number(&out, 4, 0x414141 << 8);
        for (int i = 0; i < m->leaps; i++)
            put_number(&out, is_second ? 8 : 4, 1), put_number(&out, 4, 1);
    }
    if (m->footer) buf_printf(&out, "%s", m->footer);
    struct str bytes = arena_str(arena, buf_slice(&out));
    buf_free(&out);
    return bytes;
}

static const struct made plain = {.version = '2',
                                  .at = {0, 1000000},
                                  .type = {1, 0},
                                  .n = 2,
                                  .offsets = {3600, 7200},
                                  .types = 2,
                                  .footer = "\n\n"};

static void assert_why(const struct made *m, const char *expected)
{
    assert_false(zone_file_parse(arena, make(m), &zone, &why));
    assert_string_equal(why, expected);
}

static void a_file_without_a_rule_has_a_last_change(void **state)
{
    (void)state;
    assert_true(zone_file_parse(arena, make(&plain), &zone, &why));
    assert_int_equal(zone_local(&zone, -1), -1 + HOUR_MS);
    assert_int_equal(zone_local(&zone, 0), 2 * HOUR_MS);
    assert_int_equal(zone_local(&zone, t("9998-01-01T00:00:00Z")), t("9998-01-01T01:00:00Z"));
    assert_false(zone.is_endless);
}

static void a_rule_alone_is_a_zone(void **state)
{
    (void)state;
    struct made m = plain;
    m.n = 0;
    m.footer = "\n<+03>-3\n";
    assert_true(zone_file_parse(arena, make(&m), &zone, &why));
    assert_int_equal(zone_local(&zone, 0), 3 * HOUR_MS);
    m.footer = "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
    assert_true(zone_file_parse(arena, make(&m), &zone, &why));
    assert_int_equal(zone_local(&zone, t("1901-01-01T00:00:00Z")), t("1901-01-01T01:00:00Z"));
    assert_int_equal(zone_local(&zone, t("1950-07-01T00:00:00Z")), t("1950-07-01T02:00:00Z"));
    assert_int_equal(zone_local(&zone, t("2026-03-29T01:00:00Z")), t("2026-03-29T03:00:00Z"));
    /* Summer all year (RFC 8536, part 3.3.1). */
    m.footer = "\nEST5EDT,0/0,J365/25\n";
    assert_true(zone_file_parse(arena, make(&m), &zone, &why));
    for (ms_t at = t("1990-01-01T00:00:00Z"); at < t("2010-01-01T00:00:00Z"); at += HOUR_MS)
        assert_int_equal(zone_local(&zone, at) - at, -4 * HOUR_MS);
}

static void times_at_the_end_of_the_world(void **state)
{
    (void)state;
    struct made m = plain;
    m.at[0] = INT64_MIN;
    m.at[1] = INT64_MAX;
    m.footer = "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
    assert_true(zone_file_parse(arena, make(&m), &zone, &why));
    assert_int_equal(zone_local(&zone, 0), 2 * HOUR_MS);
    assert_int_equal(zone_utc(&zone, 0), -2 * HOUR_MS);
    m.n = 1;
    assert_true(zone_file_parse(arena, make(&m), &zone, &why));
    assert_int_equal(zone_local(&zone, t("2026-07-01T00:00:00Z")), t("2026-07-01T02:00:00Z"));
}

static void what_is_no_zone_file_is_refused(void **state)
{
    (void)state;
    struct made m = plain;
    m.version = 0;
    assert_why(&m, "it is of version 1, which has no rule for the future");
    m = plain, m.leaps = 1;
    assert_why(&m, "it counts leap seconds, which no time of ours does");
    m = plain, m.types = 0;
    assert_why(&m, "it has no offset");
    m = plain, m.type[1] = 2;
    assert_why(&m, "a change has a type that is not there");
    m = plain, m.at[1] = 0;
    assert_why(&m, "its times do not ascend");
    m = plain, m.offsets[0] = 26 * 3600;
    assert_why(&m, "an offset is out of range");
    m = plain, m.offsets[1] = INT32_MIN;
    assert_why(&m, "an offset is out of range");
    m = plain, m.footer = NULL;
    assert_why(&m, "it ends before its rule");
    m = plain, m.footer = "\nCET-1";
    assert_why(&m, "it ends before its rule");
    m = plain, m.footer = "CET-1\n";
    assert_why(&m, "it ends before its rule");
    m = plain, m.footer = "\nCET\n";
    assert_why(&m, "its rule cannot be read");
}

static void a_file_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    struct made m = plain;
    m.footer = "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
    struct str whole = make(&m);
    for (size_t n = 0; n < whole.n; n++) {
        struct str cut = {arena_copy(arena, whole.p, n), n};
        assert_false(zone_file_parse(arena, cut, &zone, &why));
    }
    assert_true(zone_file_parse(arena, whole, &zone, &why));
    /* With counts that no file can have. */
    for (size_t i = 20; i < 44; i++) {
        char *bytes = arena_copy(arena, whole.p, whole.n);
        bytes[i] = (char)0xff;
        assert_false(zone_file_parse(arena, (struct str){bytes, whole.n}, &zone, &why));
        bytes = arena_copy(arena, whole.p, whole.n);
        bytes[60 + i] = (char)0xff;
        (void)zone_file_parse(arena, (struct str){bytes, whole.n}, &zone, &why);
    }
}

static void a_bad_file_is_named(void **state)
{
    (void)state;
    setenv("TZDIR", folder, 1);
    const char *path = put_file("Berlin", "TZi", 3);
    assert_refused("Berlin",
                   "/Berlin: it is no compiled zone file (TZif); install the package tzdata");
    unlink(path);
    unsetenv("TZDIR");
    assert_refused(
        "right/Europe/Berlin",
        "zoneinfo/right/Europe/Berlin: it counts leap seconds, which no time of ours does");
}

/* ---- rules ---- */

static void rules_that_are_none(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "",
        "C",
        "CE-1",
        "CET",
        "CET-",
        "CET-25",
        "CET-1:60",
        "CET-1:00:60",
        "CET-1:",
        "<+03",
        "<+03>",
        "CET-1C",
        "CET-1CEST",
        "CET-1CEST,",
        "CET-1CEST,M3.5.0",
        "CET-1CEST-99,M3.5.0,M10.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5,M10.5.0",
        "CET-1CEST,M3,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,J366,J300",
        "CET-1CEST,366,300",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0/,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0 ",
        "CET-1CEST,M3.5.0,M10.5.0,",
        "CET-1CEST,x,M10.5.0",
        "CET-1234",
        "CET-1CEST,M3.5.0,",
    };
    struct zone_rule rule;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (zone_rule_parse(str_of(rules[i]), &rule)) fail_msg("\"%s\"", rules[i]);
}

static void assert_summer(const char *text, int64_t year, const char *begins, const char *ends)
{
    struct zone_rule rule;
    if (!zone_rule_parse(str_of(text), &rule)) fail_msg("%s", text);
    assert_int_equal(zone_rule_summer_begins(&rule, year), t(begins));
    assert_int_equal(zone_rule_summer_ends(&rule, year), t(ends));
}

static void rules_of_all_forms(void **state)
{
    (void)state;
    assert_summer("CET-1CEST,M3.5.0,M10.5.0/3", 2026, "2026-03-29T01:00:00Z",
                  "2026-10-25T01:00:00Z");
    assert_summer("EST5EDT,M3.2.0,M11.1.0", 2026, "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z");
    assert_summer("IST-1GMT0,M10.5.0,M3.5.0/1", 2026, "2026-10-25T01:00:00Z",
                  "2026-03-29T01:00:00Z");
    assert_summer("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, "2026-03-29T01:00:00Z",
                  "2026-10-25T01:00:00Z");
    assert_summer("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026, "2026-10-03T15:30:00Z",
                  "2026-04-04T15:00:00Z");
    assert_summer("AAA+0BBB-0:00:30,M12.5.4/+24:00:01,M1.1.4/167", 2026, "2027-01-01T00:00:01Z",
                  "2026-01-07T22:59:30Z");
    assert_summer("AAA0BBB,J59,J60", 2028, "2028-02-28T02:00:00Z", "2028-03-01T01:00:00Z");
    assert_summer("AAA0BBB,59,60", 2028, "2028-02-29T02:00:00Z", "2028-03-01T01:00:00Z");
    assert_summer("AAA0BBB,J59,J60", 2027, "2027-02-28T02:00:00Z", "2027-03-01T01:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_as_the_library_has_them),
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(names_lead_nowhere_else),
        cmocka_unit_test(the_version_is_that_of_the_database),
        cmocka_unit_test(a_file_without_a_rule_has_a_last_change),
        cmocka_unit_test(a_rule_alone_is_a_zone),
        cmocka_unit_test(times_at_the_end_of_the_world),
        cmocka_unit_test(what_is_no_zone_file_is_refused),
        cmocka_unit_test(a_file_that_is_cut_off_is_refused),
        cmocka_unit_test(a_bad_file_is_named),
        cmocka_unit_test(rules_that_are_none),
        cmocka_unit_test(rules_of_all_forms),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
