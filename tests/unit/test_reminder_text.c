/* SPDX-License-Identifier: Apache-2.0 */
/* What the sentences of reminders are made of: spans of time, and titles. */
#include "core/reminder.h"
#include "core_support.h"

static void how_long_a_time_is(void **state)
{
    struct arena *a = ((struct world *)*state)->arena;
    assert_str(reminder_span(a, 50 * HOUR_MS), "2 d");
    assert_str(reminder_span(a, 48 * HOUR_MS), "2 d");
    assert_str(reminder_span(a, 48 * HOUR_MS - 1), "47 h");
    assert_str(reminder_span(a, DAY_MS), "24 h");
    assert_str(reminder_span(a, 2 * HOUR_MS), "2 h");
    assert_str(reminder_span(a, 90 * MINUTE_MS), "90 min");
    assert_str(reminder_span(a, 119 * SECOND_MS), "119 s");
    assert_str(reminder_span(a, 1999), "1 s");
    assert_str(reminder_span(a, 0), "0 s");
}

static void titles_in_a_sentence(void **state)
{
    struct world *w = *state;
    struct arena *a = w->arena;
    struct step step = {.d = &w->d, .arena = a};
    assert_str(arena_str(a, reminder_title(&step, STR("one\nline\there"))), "one line here");
    char text[400];
    memset(text, 'x', sizeof text);
    struct str cut = reminder_title(&step, (struct str){text, 161});
    assert_int_equal(cut.n, 163);
    assert_memory_equal(cut.p + 160, "…", 3);
    assert_int_equal(reminder_title(&step, (struct str){text, 160}).n, 160);
    memcpy(text + 158, "…", 3); /* never within a character */
    cut = reminder_title(&step, (struct str){text, 161});
    assert_int_equal(cut.n, 161);
    assert_int_equal(reminder_title(&step, STR_NONE).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
        TEST(how_long_a_time_is),
        TEST(titles_in_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
