/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "jsonl/lines.h"

static char file[] = "/tmp/test_lines_XXXXXX";
static struct arena *arena;
static struct lines lines;
static struct error error;
static struct str names[topic_end];

static int set_up(void **state)
{
    (void)state;
    for (int topic = 0; topic < topic_end; topic++) names[topic] = topic_name(topic);
    names[TOPIC_FINDING_UPDATED] = STR("our-findings");
    int fd = mkstemp(file);
    close(fd);
    arena = arena_new();
    return fd < 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return unlink(file);
}

static enum result read_as(struct str text, int topic)
{
    FILE *f = fopen(file, "wb");
    assert_non_null(f);
    fwrite(text.p, 1, text.n, f);
    fclose(f);
    lines = (struct lines){0};
    error.text[0] = 0;
    return lines_read(arena, file, names, topic, &lines, &error);
}

static void assert_text(struct str text, const char *expected)
{
    assert_non_null(text.p);
    assert_int_equal(text.n, strlen(expected));
    assert_memory_equal(text.p, expected, text.n);
}

/* The sentence must name the line and say `part`. */
static void assert_refused(const char *text, int line, const char *part)
{
    assert_int_equal(read_as(str_of(text), 0), FATAL);
    char place[100];
    snprintf(place, sizeof place, "%s:%d: ", file, line);
    assert_ptr_equal(strstr(error.text, place), error.text);
    assert_non_null(strstr(error.text, part));
}

static void a_whole_line(void **state)
{
    (void)state;
    assert_int_equal(read_as(STR("{\"topic\":\"incident-closed\",\"key\":\"I\\u002d1\",\"headers\":"
                                 "{\"ce_id\":\"7\",\"empty\":null},\"value\":{\"a\": [1, \"}\"]},"
                                 "\"at\":\"2026-11-20T10:15:00+01:00\"}\n"),
                             0),
                     OK);
    assert_int_equal(lines.n, 1);
    const struct record *r = &lines.items[0].record;
    assert_int_equal(r->topic, TOPIC_INCIDENT_CLOSED);
    assert_text(r->key, "I-1");
    assert_text(r->value, "{\"a\": [1, \"}\"]}");
    assert_int_equal(r->headers_n, 2);
    assert_text(r->headers[0].name, "ce_id");
    assert_text(r->headers[0].value, "7");
    assert_null(r->headers[1].value.p);
    assert_int_equal(r->timestamp, INT64_C(1795166100000));
}

static void a_story_with_objects_over_several_lines(void **state)
{
    (void)state;
    assert_int_equal(
        read_as(STR("# {\"topic\":\"none\"}\n\n  {\"topic\":\n  \"task-updated\",\n"
                    "  \"value\": {}}\n> what is expected\n{\"topic\":\"our-findings\","
                    "\"value\":\"[{\"} {\"topic\":\"finding-updated\",\"value\":1}"),
                0),
        OK);
    assert_int_equal(lines.n, 3);
    assert_int_equal(lines.items[0].number, 3);
    assert_int_equal(lines.items[0].record.topic, TOPIC_TASK_UPDATED);
    assert_int_equal(lines.items[0].record.timestamp, TIME_NONE);
    assert_null(lines.items[0].record.key.p);
    assert_int_equal(lines.items[1].number, 7);
    assert_int_equal(lines.items[1].record.topic, TOPIC_FINDING_UPDATED);
    assert_text(lines.items[1].record.value, "\"[{\"");
    assert_text(lines.items[2].record.value, "1");
}

static void bare_events_are_what_was_said(void **state)
{
    (void)state;
    assert_int_equal(read_as(STR("{\"finding_id\":\"F\",\"key\":7}\n"
                                 "{\"topic\":\"task-updated\",\"value\":{},\"key\":null}\n"),
                             TOPIC_FINDING_UPDATED),
                     OK);
    assert_int_equal(lines.n, 2);
    assert_int_equal(lines.items[0].record.topic, TOPIC_FINDING_UPDATED);
    assert_text(lines.items[0].record.value, "{\"finding_id\":\"F\",\"key\":7}");
    assert_int_equal(lines.items[1].record.topic, TOPIC_TASK_UPDATED);
}

static void values_that_are_no_json(void **state)
{
    (void)state;
    assert_int_equal(
        read_as(STR("{\"topic\":\"task-updated\",\"value_null\":true}\n"
                    "{\"topic\":\"task-updated\",\"raw_base64\":\"eyL/\"}\n"
                    "{\"topic\":\"task-updated\",\"raw_base64\":\"eyI=\"}\n"
                    "{\"topic\":\"task-updated\",\"raw_base64\":\"ew==\"}\n"
                    "{\"topic\":\"task-updated\",\"raw_repeat\":"
                    "{\"prefix\":\"<\",\"unit\":\"ab\",\"count\":3,\"suffix\":\">\"}}\n"),
                0),
        OK);
    assert_int_equal(lines.n, 5);
    assert_null(lines.items[0].record.value.p);
    assert_text(lines.items[1].record.value, "{\"\xff");
    assert_text(lines.items[2].record.value, "{\"");
    assert_text(lines.items[3].record.value, "{");
    assert_text(lines.items[4].record.value, "<ababab>");
}

static void keys_are_bytes(void **state)
{
    (void)state;
    assert_int_equal(
        read_as(STR("{\"topic\":\"task-updated\",\"key\":\"a\\u0000b\\\\u0000\",\"value\":1}"), 0),
        OK);
    struct str key = lines.items[0].record.key;
    assert_int_equal(key.n, 9);
    assert_memory_equal(key.p, "a\0b\\u0000", 9);
}

static void times(void **state)
{
    (void)state;
    assert_int_equal(
        read_as(STR("{\"topic\":\"task-updated\",\"value\":1,\"at\":1795166100}\n"
                    "{\"topic\":\"task-updated\",\"value\":1,\"at\":\"2026-11-20\"}\n"),
                0),
        OK);
    assert_int_equal(lines.items[0].record.timestamp, INT64_C(1795166100000));
    assert_int_equal(lines.items[1].record.timestamp, INT64_C(1795132800000));
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    (void)state;
    assert_refused("[1]", 1, "not a JSON object");
    assert_refused("\n{\"topic\":\"task-updated\"", 2, "no end");
    assert_refused("{\"topic\":\"task-updated\",\"value\":\"", 1, "no end");
    assert_refused("{}", 1, "--topic");
    assert_refused("{\"topic\":\"task-updated\"}", 1, "--topic");
    assert_refused("{\"topic\":\"followup-tasks\",\"value\":1}", 1, "\"topic\" must be");
    assert_refused("{\"topic\":7,\"value\":1}", 1, "\"topic\" must be");
    assert_refused("{\"topic\":\"task-updated\",\"value\":1,\"at\":\"soon\"}", 1, "\"at\"");
    assert_refused("{\"topic\":\"task-updated\",\"value\":1,\"at\":null}", 1, "\"at\"");
    assert_refused("{\"topic\":\"task-updated\",\"value\":1,\"at\":\"1970\"}", 1, "between 1973");
    assert_refused("{\"topic\":\"task-updated\",\"value\":1,\"at\":\"6000-01-01\"}", 1, "and 5138");
    assert_refused("{\"topic\":\"task-updated\",\"value\":1,\"key\":7}", 1, "\"key\"");
    assert_refused("{\"topic\":\"task-updated\",\"value\":1,\"headers\":[]}", 1, "\"headers\"");
    assert_refused("{\"topic\":\"task-updated\",\"value\":1,\"headers\":{\"a\":1}}", 1,
                   "\"headers\"");
    assert_refused("{\"topic\":\"task-updated\",\"raw_base64\":\"?\"}", 1, "base64");
    assert_refused("{\"topic\":\"task-updated\",\"raw_base64\":1}", 1, "raw_base64");
    assert_refused("{\"topic\":\"task-updated\",\"raw_repeat\":1}", 1, "raw_repeat");
    assert_refused("{\"topic\":\"task-updated\",\"raw_repeat\":{\"prefix\":\"\",\"unit\":\"ab\","
                   "\"count\":99999999999,\"suffix\":\"\"}}",
                   1, "64 MB");
}

static void a_file_that_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(lines_read(arena, "/nonexistent/x", names, 0, &lines, &error), FATAL);
    assert_string_equal(error.text, "/nonexistent/x: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_line),
        cmocka_unit_test(a_story_with_objects_over_several_lines),
        cmocka_unit_test(bare_events_are_what_was_said),
        cmocka_unit_test(values_that_are_no_json),
        cmocka_unit_test(keys_are_bytes),
        cmocka_unit_test(times),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(a_file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
