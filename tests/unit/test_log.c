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
    log_info("worker started", "shard=%d topic=%s", 3, log_quote("a b"));
    assert_int_equal(errno, ENOENT);
    assert_string_equal(logged("ts="),
                        " level=info msg=\"worker started\" shard=3 topic=\"a b\"\n");
    log_error("it said \"no\"\nand left", "");
    assert_string_equal(logged("ts="), " level=error msg=\"it said \\\"no\\\"\\nand left\"\n");
}

static void levels(void **state)
{
    (void)state;
    log_setup(LOG_WARN, false);
    log_debug("no", "");
    log_info("no", "");
    log_warn("yes", "");
    assert_string_equal(logged("ts="), " level=warn msg=\"yes\"\n");
    log_setup(LOG_DEBUG, false);
    log_debug("yes", "");
    assert_string_equal(logged("ts="), " level=debug msg=\"yes\"\n");
}

static void json(void **state)
{
    (void)state;
    log_setup(LOG_INFO, true);
    log_info("restored \"3\"", "shard=%d key=%s bare=%s big=12345678901234567890 none= flag", -3,
             log_quote("a \"b\"\\\n"), "x\x01y");
    assert_string_equal(logged("{\"ts\":\""),
                        "\",\"level\":\"info\",\"msg\":\"restored \\\"3\\\"\",\"shard\":-3,"
                        "\"key\":\"a \\\"b\\\"\\\\\\n\",\"bare\":\"x\\u0001y\","
                        "\"big\":\"12345678901234567890\",\"none\":\"\",\"flag\":\"\"}\n");
    log_info("by hand", "a=\"x\ty\" zero=007 b=1");
    assert_string_equal(logged("{\"ts\":\""),
                        "\",\"level\":\"info\",\"msg\":\"by hand\",\"a\":\"x\\ty\","
                        "\"zero\":\"007\",\"b\":1}\n");
}

static void bytes_that_are_no_utf8(void **state)
{
    (void)state;
    log_setup(LOG_INFO, true);
    log_info("caf\xc3\xa9 \xff \xed\xa0\x80", "a=%s b=\xc3",
             log_quote("\xf0\x9f\x94\x91 \xc0\xaf"));
    assert_string_equal(
        logged("{\"ts\":\""),
        "\",\"level\":\"info\",\"msg\":\"caf\xc3\xa9 \\ufffd \\ufffd\\ufffd\\ufffd\","
        "\"a\":\"\xf0\x9f\x94\x91 \\ufffd\\ufffd\",\"b\":\"\\ufffd\"}\n");
}

static void long_lines_stay_one_whole_line(void **state)
{
    (void)state;
    char text[5000];
    memset(text, '\x01', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int as_json = 0; as_json < 2; as_json++) {
        log_setup(LOG_INFO, as_json);
        log_info(text, "a=1 b=%s", log_quote(text));
        const char *rest = logged(as_json ? "{\"ts\":\"" : "ts=");
        assert_true(strlen(line) <= 4096);
        assert_non_null(strstr(rest, as_json ? "\",\"a\":1}" : "\" a=1 b=\""));
        if (as_json) assert_string_equal(line + strlen(line) - 2, "}\n");
    }
}

static void quoting(void **state)
{
    (void)state;
    assert_string_equal(log_quote("plain-1/2"), "plain-1/2");
    assert_string_equal(log_quote("a=b"), "\"a=b\"");
    assert_string_equal(log_quote(""), "\"\"");
    assert_string_equal(log_quote(NULL), "\"\"");
    assert_string_equal(log_quote("tab\tcr\r\x7f"), "\"tab\\tcr\\r\\u007f\"");
    const char *first = log_quote("1");
    for (int i = 0; i < 7; i++) log_quote("more");
    assert_string_equal(first, "1");

    char text[3000];
    memset(text, '"', sizeof text - 1);
    text[sizeof text - 1] = 0;
    const char *cut = log_quote(text);
    assert_true(strlen(cut) <= 1001);
    assert_string_equal(cut + strlen(cut) - 3, "\\\"\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(logfmt, capture, restore),
        cmocka_unit_test_setup_teardown(levels, capture, restore),
        cmocka_unit_test_setup_teardown(json, capture, restore),
        cmocka_unit_test_setup_teardown(bytes_that_are_no_utf8, capture, restore),
        cmocka_unit_test_setup_teardown(long_lines_stay_one_whole_line, capture, restore),
        cmocka_unit_test(quoting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
