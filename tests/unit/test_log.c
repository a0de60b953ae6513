/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

static int pipe_fds[2];
static int real_stderr;
static char line[8192];

static int capture(void **state)
{
    (void)state;
    if (pipe(pipe_fds)) return -1;
    real_stderr = dup(STDERR_FILENO);
    return dup2(pipe_fds[1], STDERR_FILENO) < 0;
}

static int restore(void **state)
{
    (void)state;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    log_setup(LOG_INFO, false);
    return 0;
}

/* The line written last, behind its time; the time's shape is checked on the way. */
static const char *logged(const char *before_time)
{
    ssize_t n = read(pipe_fds[0], line, sizeof line - 1);
    assert_true(n > 0);
    line[n] = 0;
    assert_memory_equal(line, before_time, strlen(before_time));
    char *rest = line + strlen(before_time) + 24;
    assert_int_equal(rest[-1], 'Z');
    assert_int_equal(line[n - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
    return rest;
}

static void logfmt(void **state)
{
    (void)state;
    log_setup(LOG_INFO, false);
    errno = ENOENT;
    log_info("worker started", LOG_INT("shard", 3), LOG_TEXT("topic", "a b"));
    assert_int_equal(errno, ENOENT);
    assert_string_equal(logged("ts="),
                        " level=info msg=\"worker started\" shard=3 topic=\"a b\"\n");
    log_error("it said \"no\"\nand left");
    assert_string_equal(logged("ts="), " level=error msg=\"it said \\\"no\\\"\\nand left\"\n");
}

static void levels(void **state)
{
    (void)state;
    log_setup(LOG_WARN, false);
    log_debug("no");
    log_info("no");
    log_warn("yes");
    assert_string_equal(logged("ts="), " level=warn msg=\"yes\"\n");
    log_setup(LOG_DEBUG, false);
    log_debug("yes");
    assert_string_equal(logged("ts="), " level=debug msg=\"yes\"\n");
}

static void json(void **state)
{
    (void)state;
    log_setup(LOG_INFO, true);
    log_info("restored \"3\"", LOG_INT("shard", -3), LOG_TEXT("key", "a \"b\"\\\n"),
             LOG_TEXT("bare", "x\x01y"), LOG_INT("big", 1234567890123456789), LOG_TEXT("none", ""),
             LOG_UINT("n", (size_t)7), LOG_TEXT("digits", "7"));
    assert_string_equal(logged("{\"ts\":\""),
                        "\",\"level\":\"info\",\"msg\":\"restored \\\"3\\\"\",\"shard\":-3,"
                        "\"key\":\"a \\\"b\\\"\\\\\\n\",\"bare\":\"x\\u0001y\","
                        "\"big\":\"1234567890123456789\",\"none\":\"\",\"n\":7,"
                        "\"digits\":\"7\"}\n");
}

/* Whole, whatever they are; and where not every reader would get them exactly, as text. */
static void integers(void **state)
{
    (void)state;
    for (int as_json = 0; as_json < 2; as_json++) {
        log_setup(LOG_INFO, as_json);
        log_info("m", LOG_INT("a", INT64_MIN), LOG_INT("b", INT64_MAX), LOG_UINT("c", UINT64_MAX),
                 LOG_INT("d", -99999999999999), LOG_INT("e", 999999999999999),
                 LOG_UINT("f", 1000000000000000), LOG_INT("g", 0));
        assert_string_equal(
            logged(as_json ? "{\"ts\":\"" : "ts="),
            as_json ? "\",\"level\":\"info\",\"msg\":\"m\",\"a\":\"-9223372036854775808\","
                      "\"b\":\"9223372036854775807\",\"c\":\"18446744073709551615\","
                      "\"d\":-99999999999999,\"e\":999999999999999,\"f\":\"1000000000000000\","
                      "\"g\":0}\n"
                    : " level=info msg=\"m\" a=-9223372036854775808 b=9223372036854775807"
                      " c=18446744073709551615 d=-99999999999999 e=999999999999999"
                      " f=1000000000000000 g=0\n");
    }
}

/* A slice need not end with a zero, may hold one, and may be absent. */
static void slices(void **state)
{
    (void)state;
    log_setup(LOG_INFO, false);
    log_info("m", LOG_STR("part", ((struct str){"abcdef", 3})), LOG_STR("zero", STR("a\0b")),
             LOG_STR("none", STR_NONE));
    assert_string_equal(logged("ts="),
                        " level=info msg=\"m\" part=abc zero=\"a\\u0000b\" none=\"\"\n");
}

/* One of each kind that could end a value, a field, a line or a JSON string, or act on a terminal. */
static const struct {
    const char *value, *logfmt, *json;
} nasty[] = {
    {"my policy v1", "\"my policy v1\"", "\"my policy v1\""},
    {" ", "\" \"", "\" \""},
    {"", "\"\"", "\"\""},
    {NULL, "\"\"", "\"\""},
    {"a=b", "\"a=b\"", "\"a=b\""},
    {"\"", "\"\\\"\"", "\"\\\"\""},
    {"a\" level=error b=\"", "\"a\\\" level=error b=\\\"\"", "\"a\\\" level=error b=\\\"\""},
    {"\"},{\"", "\"\\\"},{\\\"\"", "\"\\\"},{\\\"\""},
    {"\\", "\"\\\\\"", "\"\\\\\""},
    {"%s%n", "%s%n", "\"%s%n\""},
    {"42", "42", "\"42\""},
    {"one\r\ntwo\t", "\"one\\r\\ntwo\\t\"", "\"one\\r\\ntwo\\t\""},
    {"\x1b[31m\x7f\xc2\x9b", "\"\\u001b[31m\\u007f\\u009b\"", "\"\\u001b[31m\\u007f\\u009b\""},
    {"\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8", "\"\\u202e\\u2066\\u2028\"",
     "\"\\u202e\\u2066\\u2028\""},
    {"\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81", "\"\\u200b\\ufeff\\udb40\\udc41\"",
     "\"\\u200b\\ufeff\\udb40\\udc41\""},
    {"caf\xc3\xa9 \xff \xed\xa0\x80", "\"caf\xc3\xa9 \\ufffd \\ufffd\\ufffd\\ufffd\"",
     "\"caf\xc3\xa9 \\ufffd \\ufffd\\ufffd\\ufffd\""},
    {"\xf0\x9f\x94\x91", "\"\xf0\x9f\x94\x91\"", "\"\xf0\x9f\x94\x91\""},
};

static void every_value_is_quoted(void **state)
{
    (void)state;
    char expected[300];
    for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++) {
        const char *value = nasty[i].value;
        log_setup(LOG_INFO, false);
        log_info("m", LOG_TEXT("a", value), LOG_STR("b", str_of(value)), LOG_INT("c", 1));
        snprintf(expected, sizeof expected, " level=info msg=\"m\" a=%s b=%s c=1\n",
                 nasty[i].logfmt, nasty[i].logfmt);
        assert_string_equal(logged("ts="), expected);
        log_setup(LOG_INFO, true);
        log_info("m", LOG_TEXT("a", value), LOG_STR("b", str_of(value)), LOG_INT("c", 1));
        snprintf(expected, sizeof expected,
                 "\",\"level\":\"info\",\"msg\":\"m\",\"a\":%s,\"b\":%s,\"c\":1}\n", nasty[i].json,
                 nasty[i].json);
        assert_string_equal(logged("{\"ts\":\""), expected);
    }
}

static void messages_are_escaped_too(void **state)
{
    (void)state;
    log_setup(LOG_INFO, true);
    log_info("caf\xc3\xa9 \xff\x1b\xe2\x80\xae");
    assert_string_equal(logged("{\"ts\":\""),
                        "\",\"level\":\"info\",\"msg\":\"caf\xc3\xa9 \\ufffd\\u001b\\u202e\"}\n");
}

static void long_lines_stay_one_whole_line(void **state)
{
    (void)state;
    char text[5000];
    memset(text, '\x01', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int as_json = 0; as_json < 2; as_json++) {
        log_setup(LOG_INFO, as_json);
        log_info(text, LOG_INT("a", 1), LOG_TEXT("b", text), LOG_TEXT("c", text));
        const char *rest = logged(as_json ? "{\"ts\":\"" : "ts=");
        assert_true(strlen(line) <= 4096);
        assert_non_null(strstr(rest, as_json ? "\"a\":1,\"b\":\"\\u0001" : " a=1 b=\"\\u0001"));
        assert_string_equal(line + strlen(line) - (as_json ? 6 : 5), as_json ? "…\"}\n" : "…\"\n");
    }
}

/* A cut is between characters, and says that it is one. */
static void long_values_are_cut(void **state)
{
    (void)state;
    char text[3000];
    log_setup(LOG_INFO, true);
    for (int shift = 0; shift < 3; shift++) {
        memset(text, 'x', (size_t)shift);
        for (int i = 0; i < 900; i++) memcpy(text + shift + 3 * i, "€", 3);
        text[shift + 2700] = 0;
        log_info("m", LOG_TEXT("a", text), LOG_INT("b", 1));
        const char *rest = logged("{\"ts\":\"");
        assert_null(strstr(rest, "\\ufffd"));
        assert_non_null(strstr(rest, "€…\",\"b\":1}"));
    }
    memset(text, 'x', 1000);
    text[1000] = 0;
    log_info("m", LOG_TEXT("a", text), LOG_INT("b", 1));
    assert_non_null(strstr(logged("{\"ts\":\""), "xxx\",\"b\":1}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(logfmt, capture, restore),
        cmocka_unit_test_setup_teardown(levels, capture, restore),
        cmocka_unit_test_setup_teardown(json, capture, restore),
        cmocka_unit_test_setup_teardown(integers, capture, restore),
        cmocka_unit_test_setup_teardown(slices, capture, restore),
        cmocka_unit_test_setup_teardown(every_value_is_quoted, capture, restore),
        cmocka_unit_test_setup_teardown(messages_are_escaped_too, capture, restore),
        cmocka_unit_test_setup_teardown(long_lines_stay_one_whole_line, capture, restore),
        cmocka_unit_test_setup_teardown(long_values_are_cut, capture, restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
