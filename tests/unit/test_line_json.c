/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "jsonl/line_json.h"
#include "jsonl/line_texts.h"
#include "jsonl/lines.h"

static struct str names[topic_end];
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    for (int t = 1; t < topic_end; t++) names[t] = topic_name(t);
    names[TOPIC_FINDING_UPDATED] = STR("findings.v2");
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *written(const struct message *message)
{
    struct buf out = {0};
    line_json_write(&out, arena, message, names);
    const char *text = arena_str(arena, buf_slice(&out)).p;
    buf_free(&out);
    return text;
}

static void all_members(void **state)
{
    (void)state;
    const struct header headers[] = {
        {STR("a"), STR("old")}, {STR("b"), STR_NONE}, {STR("a"), STR("ne\"w")}};
    const struct message message = {.topic = TOPIC_FINDING_UPDATED,
                                    .timestamp = INT64_C(1795166100001),
                                    .key = STR("INC-1"),
                                    .value = STR("{\n\"x\": 1.0}\r\n"),
                                    .headers = headers,
                                    .headers_n = 3};
    assert_string_equal(written(&message),
                        "{\"topic\":\"findings.v2\",\"key\":\"INC-1\",\"headers\":{\"b\":null,"
                        "\"a\":\"ne\\\"w\"},\"value\":{ \"x\": 1.0}  ,"
                        "\"at\":\"2026-11-20T09:15:00.001Z\"}\n");
}

static void values_that_are_no_json(void **state)
{
    (void)state;
    struct message message = {.topic = TOPIC_TASKS, .timestamp = TIME_NONE};
    assert_string_equal(written(&message),
                        "{\"topic\":\"followup-tasks\",\"headers\":{},\"value_null\":true}\n");
    static const char *const encoded[][2] = {
        {"", ""}, {"{", "ew=="}, {"{\"", "eyI="}, {"{a\"", "e2Ei"}, {"\xFF", "/w=="}};
    for (size_t i = 0; i < sizeof encoded / sizeof *encoded; i++) {
        char expected[200];
        snprintf(expected, sizeof expected,
                 "{\"topic\":\"followup-tasks\",\"headers\":{},\"raw_base64\":\"%s\"}\n",
                 encoded[i][1]);
        message.value = str_of(encoded[i][0]);
        assert_string_equal(written(&message), expected);
    }
    message.key = STR("INC-\xC3");
    assert_non_null(strstr(written(&message), "\"key\":\"INC-\","));
}

static void what_is_written_can_be_read(void **state)
{
    (void)state;
    const struct header headers[] = {{STR("ce_id"), STR("7")}};
    const struct message messages[] = {
        {.topic = TOPIC_FINDING_UPDATED,
         .timestamp = INT64_C(1795166100005),
         .key = STR("INC \"1\""),
         .value = STR("{\"a\":[1,{}]}"),
         .headers = headers,
         .headers_n = 1},
        {.topic = TOPIC_TASK_UPDATED, .timestamp = TIME_NONE, .value = STR("{\xFF\n")},
        {.topic = TOPIC_INCIDENT_CLOSED, .timestamp = TIME_NONE},
    };
    char path[] = "/tmp/test_line_json_XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    for (size_t i = 0; i < 3; i++) fputs(written(&messages[i]), f);
    fclose(f);
    struct lines lines = {0};
    struct error error = {.text = ""};
    enum result result = lines_read(arena, path, names, 0, &lines, &error);
    unlink(path);
    assert_string_equal(error.text, "");
    assert_int_equal(result, OK);
    assert_int_equal(lines.n, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct record *r = &lines.items[i].record;
        assert_int_equal(r->topic, messages[i].topic);
        assert_true(r->timestamp == messages[i].timestamp);
        assert_true(str_eq(r->key, messages[i].key));
        assert_true(str_eq(r->value, messages[i].value));
        assert_int_equal(r->headers_n, messages[i].headers_n);
    }
    assert_true(str_eq(lines.items[0].record.headers[0].value, STR("7")));
}

static void a_finding(void **state)
{
    (void)state;
    struct buf out = {0};
    const struct line_text members[] = {{"area", "kafka"}, {"text", "say \"yes\"\n\001"}};
    line_texts_write(&out, members, 2);
    assert_string_equal(arena_str(arena, buf_slice(&out)).p,
                        "{\"area\":\"kafka\",\"text\":\"say \\\"yes\\\"\\n\\u0001\"}\n");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_members),
        cmocka_unit_test(a_finding),
        cmocka_unit_test(values_that_are_no_json),
        cmocka_unit_test(what_is_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
