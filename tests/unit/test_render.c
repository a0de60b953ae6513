/* SPDX-License-Identifier: Apache-2.0 */
/* What the traces do not show of the lines for a person: colours, and what cannot be read. */
#include <stdio.h>

#include "page_support.h"

#include "view/render.h"

static const char *rendered(int topic, const char *type, const char *value, bool colour)
{
    struct header headers[] = {{STR("ce_type"), str_of(type)},
                               {STR("ce_time"), STR("2026-11-20T10:15:00.999Z")}};
    struct message message = {.topic = topic,
                              .timestamp = TIME_NONE,
                              .value = str_of(value),
                              .headers = headers,
                              .headers_n = type ? 2 : 0};
    render_message(&out, arena, &message, colour);
    return written();
}

static void times(void **state)
{
    (void)state;
    static const struct {
        ms_t t;
        const char *text;
    } cases[] = {
        {0, "Thu 1970-01-01 00:00:00"},
        {-1, "Wed 1969-12-31 23:59:59"},
        {INT64_C(1795169700999), "Fri 2026-11-20 10:15:00"},
        {TIME_NONE, "never"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        render_time(&out, cases[i].t);
        assert_string_equal(written(), cases[i].text);
    }
}

static void a_closed_task_in_colour(void **state)
{
    (void)state;
    assert_string_equal(
        rendered(TOPIC_TASKS, "epilogue.task.closed.v1",
                 "{\"task_id\":\"I/bug/F\",\"title\":\"T\",\"resolution\":\"done\",\"sla\":\"met\","
                 "\"reason\":null,\"changes\":{},\"warnings\":[]}",
                 true),
        "Fri 2026-11-20 10:15:00  \033[32mclosed\033[0m              I/bug/F 'T': done, met\n");
}

static void assert_answers(const char *evaluation, const char *shown)
{
    char event[400], expected[400];
    snprintf(event, sizeof event,
             "{\"task_id\":\"I/response-evaluation\",\"title\":\"T\",\"changes\":{\"evaluation\":"
             "{\"from\":null,\"to\":%s}},\"warnings\":[]}",
             evaluation);
    snprintf(expected, sizeof expected, "evaluation none \xe2\x86\x92 %s\n", shown);
    assert_non_null(
        strstr(rendered(TOPIC_TASKS, "epilogue.task.updated.v1", event, false), expected));
}

static void answers_are_words(void **state)
{
    (void)state;
    assert_answers("{\"sufficient\":true,\"complete\":false,\"note\":\"n\"}",
                   "sufficient, not complete 'n'");
    assert_answers("{\"sufficient\":null,\"complete\":true,\"note\":null}", "complete");
    assert_answers("{\"sufficient\":false,\"complete\":null,\"note\":null}", "not sufficient");
    assert_answers("{\"sufficient\":null,\"complete\":null,\"note\":\"n\"}", "'n'");
}

static void escapes_of_a_terminal_do_not_get_through(void **state)
{
    (void)state;
    const char *text =
        rendered(TOPIC_TASKS, "epilogue.task.updated.v1",
                 "{\"task_id\":\"I/bug/F\",\"title\":\"\\u001b[31m\\u009bé\\\"\",\"changes\":"
                 "{\"owner\":{\"from\":{\"team\":\"\\u001b]0;x\",\"person\":null},"
                 "\"to\":null}},\"warnings\":[]}",
                 false);
    assert_null(strchr(text, '\033'));
    assert_non_null(strstr(text, "'\\u001b[31m\\u009bé\"'"));
}

static void what_cannot_be_read_is_shown_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(rendered(TOPIC_TASKS, "epilogue.task.created.v1", "{\"a\":", false),
                        "{\"a\":\n");
    assert_string_equal(rendered(TOPIC_TASKS, NULL, "{\"a\":1}", false), "{\"a\":1}\n");
    assert_string_equal(rendered(TOPIC_REMINDERS, NULL, NULL, false), "null\n");
    /* of another version: whatever is there */
    assert_non_null(strstr(rendered(TOPIC_TASKS, "x", "[]", false), "2026-11-20"));
}

static void a_dead_letter_that_says_nothing(void **state)
{
    (void)state;
    assert_non_null(strstr(rendered(TOPIC_DEAD_LETTERS, NULL, "\xff\xfe", false), "without a key"));
}

#define ITEM(text) \
    "{\"kind\":\"due\",\"number\":2,\"roles\":[\"owner\",\"on-call\"],\"summary\":\"" text "\"}"

/* The sentence of one that is alone; of several a line each. */
static void digests(void **state)
{
    (void)state;
    assert_string_equal(
        rendered(TOPIC_REMINDERS, "epilogue.reminder.digest.v1",
                 "{\"recipient\":\"team:web\",\"n\":3,\"urgent\":true,\"items\":[" ITEM(
                     "F is due now") "],\"reviews\":[],\"omitted\":0,\"summary\":\"F is due now\"}",
                 false),
        "Fri 2026-11-20 10:15:00  digest 3            to team:web, at once: F is due now (due 2, "
        "to owner, on-call)\n");
    assert_string_equal(
        rendered(TOPIC_REMINDERS, "epilogue.reminder.digest.v1",
                 "{\"recipient\":\"team:web\",\"n\":1,\"urgent\":false,\"items\":[" ITEM(
                     "F") "," ITEM("\\u001b[31mG") "],\"reviews\":[{\"number\":4,\"roles\":[],"
                                                   "\"summary\":\"R\"}],\"omitted\":7}",
                 false),
        "Fri 2026-11-20 10:15:00  digest              to team:web: 2 reminders, 1 review\n"
        "                         F (due 2, to owner, on-call)\n"
        "                         \\u001b[31mG (due 2, to owner, on-call)\n"
        "                         R (review-due 4, to )\n"
        "                         and 7 more\n");
    /* Of another version: whatever is there. */
    assert_non_null(strstr(rendered(TOPIC_REMINDERS, "epilogue.reminder.digest.v1",
                                    "{\"items\":7,\"reviews\":[[],1]}", false),
                           "digest"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times),
        cmocka_unit_test(a_closed_task_in_colour),
        cmocka_unit_test(answers_are_words),
        cmocka_unit_test(escapes_of_a_terminal_do_not_get_through),
        cmocka_unit_test(what_cannot_be_read_is_shown_as_it_is),
        cmocka_unit_test(a_dead_letter_that_says_nothing),
        cmocka_unit_test(digests),
    };
    return cmocka_run_group_tests(tests, setup, free_page);
}
