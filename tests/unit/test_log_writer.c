/* SPDX-License-Identifier: Apache-2.0 */
/* A log that nobody reads: standard error is a pipe, and its reader reads when the test says so. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/log_writer.h"

#define LINES 5000 /* of 200 bytes and more: far more than pipe and ring hold */

static int pipe_fds[2];
static int real_stderr;

static int capture(void **state)
{
    (void)state;
    struct error error;
    if (pipe(pipe_fds)) return -1;
    real_stderr = dup(STDERR_FILENO);
    if (dup2(pipe_fds[1], STDERR_FILENO) < 0) return -1;
    close(pipe_fds[1]);
    return log_writer_start(&error) == OK ? 0 : -1;
}

static int restore(void **state)
{
    (void)state;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(pipe_fds[0]);
    return 0;
}

static void log_many(int n)
{
    char filler[151];
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = 0;
    for (int i = 0; i < n; i++)
        log_warn("a line", LOG_INT("number", i), LOG_TEXT("filler", filler));
}

/* Reads lines until one holds `last`; counts those that hold "number=", which must rise. */
static int read_until(const char *last, char line[LOG_LINE_BYTES])
{
    FILE *reader = fdopen(dup(pipe_fds[0]), "r");
    int n = 0, before = -1;
    while (fgets(line, LOG_LINE_BYTES, reader) && !strstr(line, last)) {
        const char *number = strstr(line, "number=");
        assert_non_null(number);
        assert_true(atoi(number + 7) > before);
        before = atoi(number + 7);
        n++;
    }
    fclose(reader);
    return n;
}

static void a_reader_that_does_not_read_holds_up_nobody(void **state)
{
    (void)state;
    char line[LOG_LINE_BYTES];
    log_many(LINES); /* returns */
    int64_t dropped = log_writer_dropped();
    assert_true(dropped > LINES / 2);
    int received = read_until("dropped", line);
    assert_int_equal(received + dropped, LINES);
    char expected[40];
    snprintf(expected, sizeof expected, "lines=%lld\n", (long long)dropped);
    assert_non_null(strstr(line, expected));

    log_info("it goes on", LOG_INT("number", 1));
    assert_int_equal(read_until("goes on", line), 0);
    log_many(3);
    log_writer_stop(10000);
    assert_int_equal(fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK), 0);
    char rest[4096] = "";
    assert_true(read(pipe_fds[0], rest, sizeof rest - 1) >
                0); /* written before the stop returned */
    assert_non_null(strstr(rest, "number=2"));
}

static void a_stop_waits_no_longer_than_it_may(void **state)
{
    (void)state;
    log_many(LINES);
    log_writer_stop(50); /* returns */
    log_many(LINES);     /* nor does this wait, although the thread is still stuck */
    log_writer_stop(50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_that_does_not_read_holds_up_nobody, capture,
                                        restore),
        /* The last one: its thread is left behind, and so is its standard error. */
        cmocka_unit_test_setup(a_stop_waits_no_longer_than_it_may, capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
