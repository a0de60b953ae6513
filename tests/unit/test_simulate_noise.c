/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cli/simulate_noise.h"
#include "config/policy_file.h"
#include "core/item.h"

#define ONE "{\"role\":\"owner\",\"team\":\"a\",\"person\":\"p/1\"}"

static struct arena *arena;
static struct policy policy;
static struct simulate_noise noise;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    noise = (struct simulate_noise){.arena = arena};
    return policy_file_load(NULL, arena, &policy, NULL) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static ms_t at(const char *text)
{
    ms_t t;
    assert_int_equal(timestamp_parse(str_of(text), &t), TIMESTAMP_OK);
    return t;
}

static void count_on(int topic, const char *time, const char *value)
{
    struct message message = {.topic = topic, .value = str_of(value)};
    simulate_noise_count(&noise, arena, &policy, &message, at(time));
}

static void count(const char *time, const char *value)
{
    count_on(TOPIC_REMINDERS, time, value);
}

static void assert_figures(const char *name, size_t total, size_t nights, size_t weekends)
{
    const struct simulate_noise_recipient *r = simulate_noise_find(&noise, str_of(name));
    assert_non_null(r);
    assert_int_equal(r->figures[NOISE_TOTAL], total);
    assert_int_equal(r->figures[NOISE_NIGHTS], nights);
    assert_int_equal(r->figures[NOISE_WEEKENDS], weekends);
}

static void a_reminder_is_one_for_each_of_its_recipients(void **state)
{
    (void)state;
    count("2026-11-20T10:00:00Z",
          "{\"kind\":\"due\",\"recipients\":[" ONE ",{\"role\":\"on-call\",\"team\":\"a\","
          "\"person\":null},{\"role\":\"manager\",\"team\":null,\"person\":\"p/1\"},"
          "{\"role\":\"response-team\",\"team\":null,\"person\":null}]}");
    assert_int_equal(noise.events, 1);
    assert_int_equal(noise.n, 3);
    assert_figures("person:p%2F1", 1, 0, 0);
    assert_figures("team:a", 1, 0, 0);
    assert_figures("role:response-team", 1, 0, 0);
    const struct simulate_noise_recipient *r = simulate_noise_find(&noise, STR("person:p%2F1"));
    assert_int_equal(r->roles, 1u << ROLE_OWNER | 1u << ROLE_MANAGER);
    assert_int_equal(r->kinds[REMINDER_DUE], 1);
    assert_null(simulate_noise_find(&noise, STR("team:b")));
}

static void a_digest_is_one_for_its_recipient(void **state)
{
    (void)state;
    count("2026-11-20T09:00:00Z", "{\"kind\":\"due\",\"recipients\":[" ONE "]}");
    count("2026-11-20T09:05:00Z",
          "{\"recipient\":\"person:p%2F1\",\"n\":1,\"urgent\":false,\"items\":["
          "{\"kind\":\"overdue\",\"covers\":[\"stale\"],\"roles\":[\"owner\",\"on-call\"]},"
          "{\"covers\":[\"stale\",\"due-soon\"],\"roles\":[]},{\"kind\":\"overdue\"},{}],"
          "\"reviews\":[{\"incident_id\":\"INC-1\"}]}");
    assert_int_equal(noise.n, 1);
    assert_figures("person:p%2F1", 2, 0, 0);
    const struct simulate_noise_recipient *r = noise.items[0];
    assert_int_equal(r->kinds[REMINDER_OVERDUE], 2);
    assert_int_equal(r->kinds[REMINDER_STALE], 1);
    assert_int_equal(r->kinds[REMINDER_DUE], 1);
    assert_int_equal(r->kinds[REMINDER_REVIEW_DUE], 1);
    assert_int_equal(r->roles, 1u << ROLE_OWNER | 1u << ROLE_ON_CALL | 1u << ROLE_RESPONSE_TEAM);
    assert_int_equal(r->days_n, 1);
    assert_int_equal(r->days[0].events, 2);
}

/* As its digests are named, and told from others that begin alike (R4.110). */
static void a_long_name_is_cut_and_told_apart(void **state)
{
    (void)state;
    char long_one[300];
    memset(long_one, 'x', sizeof long_one);
    for (int i = 0; i < 2; i++) {
        long_one[sizeof long_one - 1] = (char)('a' + i);
        struct recipient who = {
            ROLE_OWNER, {.team = STR_NONE, .person = {long_one, sizeof long_one}}, STR_NONE};
        struct reminder_output reminder = {.recipients = &who, .recipients_n = 1};
        size_t n;
        struct str name = item_recipients(arena, &reminder, &n)[0].name;
        assert_int_equal(name.n, sizeof "person:" - 1 + 256 + 1 + 16);
        count("2026-11-20T10:00:00Z",
              arena_printf(arena,
                           "{\"kind\":\"due\",\"recipients\":[{\"role\":\"owner\",\"team\":null,"
                           "\"person\":\"%.*s\"}]}",
                           (int)sizeof long_one, long_one)
                  .p);
        assert_figures(name.p, 1, 0, 0);
    }
    assert_int_equal(noise.n, 2);
}

static void nights_and_weekends_are_those_of_the_zone(void **state)
{
    (void)state;
    static const char value[] = "{\"kind\":\"due\",\"recipients\":[" ONE "]}";
    policy.calendar.zone.offset = 120 * MINUTE_MS;
    count("2026-11-20T04:59:59.999Z", value); /* Friday, 06:59 there */
    count("2026-11-20T05:00:00Z", value);
    count("2026-11-20T17:59:59.999Z", value);
    count("2026-11-20T18:00:00Z", value); /* 20:00 */
    count("2026-11-20T22:00:00Z", value); /* Saturday, 00:00 */
    count("2026-11-21T10:00:00Z", value); /* Saturday, noon */
    count("2026-11-22T22:00:00Z", value); /* Monday, 00:00 */
    count("2026-12-25T10:00:00Z", value); /* a holiday */
    assert_figures("person:p%2F1", 8, 4, 3);
    assert_int_equal(noise.items[0]->days_n, 4);
}

static void the_median_is_of_all_working_days_with_lines(void **state)
{
    (void)state;
    static const char value[] = "{\"kind\":\"due\",\"recipients\":[" ONE "]}";
    simulate_noise_line(&noise, &policy, at("2026-11-16T23:00:00Z")); /* Monday */
    for (int i = 0; i < 3; i++) count("2026-11-17T10:00:00Z", value);
    for (int i = 0; i < 7; i++) count("2026-11-19T10:00:00Z", value);
    simulate_noise_line(&noise, &policy, at("2026-11-19T23:00:00Z")); /* Thursday */
    simulate_noise_line(&noise, &policy, at("2026-11-18T23:00:00Z")); /* late */
    assert_int_equal(noise.working_days, 4);
    for (int i = 0; i < 9; i++) count("2026-11-21T10:00:00Z", value); /* Saturday */
    for (int i = 0; i < 9; i++) count("2026-11-23T10:00:00Z", value); /* behind the last line */
    simulate_noise_end(&noise);
    const struct simulate_noise_recipient *r = noise.items[0];
    assert_int_equal(r->figures[NOISE_MEDIAN], 3); /* of 0, 0, 3, 7 the upper of two */
    assert_int_equal(r->figures[NOISE_WORST], 9);
    assert_int_equal(r->worst->day, timestamp_day(at("2026-11-21T00:00:00Z")));
}

static void a_quiet_recipient_has_a_median_of_nothing(void **state)
{
    (void)state;
    simulate_noise_line(&noise, &policy, at("2026-11-16T10:00:00Z"));
    simulate_noise_line(&noise, &policy, at("2026-11-20T10:00:00Z"));
    for (int day = 16; day < 18; day++) {
        char time[] = "2026-11-00T10:00:00Z";
        time[8] = (char)('0' + day / 10);
        time[9] = (char)('0' + day % 10);
        count(time, "{\"kind\":\"due\",\"recipients\":[" ONE "]}");
    }
    simulate_noise_end(&noise);
    assert_int_equal(noise.items[0]->figures[NOISE_MEDIAN], 0);
}

static void what_is_no_reminder_is_not_counted(void **state)
{
    (void)state;
    count_on(TOPIC_TASKS, "2026-11-20T10:00:00Z", "{\"recipients\":[" ONE "]}");
    count("2026-11-20T10:00:00Z", "[]");
    count("2026-11-20T10:00:00Z", "{");
    assert_int_equal(noise.events, 0);
    count("2026-11-20T10:00:00Z", "{\"kind\":\"due\",\"recipients\":[]}");
    assert_int_equal(noise.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reminder_is_one_for_each_of_its_recipients, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_digest_is_one_for_its_recipient, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_name_is_cut_and_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nights_and_weekends_are_those_of_the_zone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_median_is_of_all_working_days_with_lines, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_quiet_recipient_has_a_median_of_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_reminder_is_not_counted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
