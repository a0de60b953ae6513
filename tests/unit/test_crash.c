/* SPDX-License-Identifier: Apache-2.0 */
/* What ends the process: failpoints on purpose, the watchdog when the loop stands. Each in a child
 * process whose exit code is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log_writer.h"
#include "engine/failpoint.h"
#include "engine/watchdog.h"

static void pause_ms(int ms)
{
    usleep((useconds_t)ms * 1000);
}

static int exit_code(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Passes two places ten times each; the exit code says how often "after-commit" was passed, or 137
 * if the process was ended there at the fourth time. */
static int pass(const char *setting)
{
    pid_t child = fork();
    if (child) return exit_code(child);
    if (setting)
        setenv("EPILOGUE_FAILPOINT", setting, 1);
    else
        unsetenv("EPILOGUE_FAILPOINT");
    int passed = 0;
    for (int i = 0; i < 10; i++) {
        failpoint("before-commit");
        if (i == 4 && setting && strstr(setting, ":4")) _exit(99); /* too late */
        failpoint("after-commit");
        passed++;
    }
    _exit(passed);
}

static void test_failpoint(void **state)
{
    (void)state;
    assert_int_equal(pass(NULL), 10);
    assert_int_equal(pass("after-commit:4"), 137);
    assert_int_equal(pass("after-commit:10"), 137);
    assert_int_equal(pass("after-commit:11"), 10);
    assert_int_equal(pass("before-commit:1"), 137);
    assert_int_equal(pass("in-restore:1"), 10);
    assert_int_equal(pass("after-commit"), 10);
    assert_int_equal(pass("after-commit:"), 10);
    assert_int_equal(pass("after-commit:0"), 10);
    assert_int_equal(pass("after-commit:1x"), 10);
    assert_int_equal(pass("after-commit:1:"), 10);
    assert_int_equal(pass("after-commit:1:froze"), 10);
    assert_int_equal(pass("after-commit:11:freeze"), 10);
    assert_int_equal(pass("a-name-that-is-longer-than-any-place-has:1"), 10);
    assert_int_equal(pass(""), 10);
}

/* It stands still, and once it is woken goes on as if nothing had been. */
static void test_failpoint_freezes(void **state)
{
    (void)state;
    int status;
    setenv("EPILOGUE_FAILPOINT", "after-commit:2:freeze", 1);
    pid_t child = fork();
    if (!child) {
        for (int i = 0; i < 5; i++) failpoint("after-commit");
        _exit(5);
    }
    unsetenv("EPILOGUE_FAILPOINT");
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    kill(child, SIGCONT);
    assert_int_equal(exit_code(child), 5);
}

#define LIMIT_MS 400

static void test_watchdog_kicked(void **state)
{
    (void)state;
    pid_t child = fork();
    if (!child) {
        if (watchdog_start(LIMIT_MS, NULL)) _exit(90);
        for (int i = 0; i < 20; i++) {
            pause_ms(LIMIT_MS / 10);
            watchdog_kick();
            if (!watchdog_moving()) _exit(91);
        }
        watchdog_stop();
        pause_ms(2 * LIMIT_MS);
        if (!watchdog_moving()) _exit(92);
        /* Once more, as after a restart of the loop; and stopped twice. */
        if (watchdog_start(LIMIT_MS, NULL)) _exit(93);
        watchdog_stop();
        watchdog_stop();
        _exit(0);
    }
    assert_int_equal(exit_code(child), 0);
}

static void test_watchdog_bites(void **state)
{
    (void)state;
    pid_t child = fork();
    if (!child) {
        watchdog_start(LIMIT_MS, NULL);
        watchdog_kick();
        pause_ms(100 * LIMIT_MS);
        _exit(95);
    }
    assert_int_equal(exit_code(child), 1);
}

static void test_watchdog_stopped_process(void **state)
{
    (void)state;
    pid_t child = fork();
    if (!child) {
        watchdog_start(LIMIT_MS, NULL);
        for (int i = 0; i < 20; i++) {
            pause_ms(LIMIT_MS / 20);
            watchdog_kick();
        }
        _exit(0);
    }
    pause_ms(LIMIT_MS / 2);
    kill(child, SIGSTOP);
    pause_ms(LIMIT_MS * 3);
    kill(child, SIGCONT);
    assert_int_equal(exit_code(child), 0);
}

/* Told to end, it ends: with its code, also while the log cannot be written. */
static void test_watchdog_ends_it(void **state)
{
    (void)state;
    pid_t child = fork();
    if (!child) {
        watchdog_end_within(1, 96); /* nobody runs who could */
        watchdog_start(100 * LIMIT_MS, NULL);
        watchdog_end_within(LIMIT_MS, 7);
        watchdog_end_within(1, 97); /* the first call counts */
        pause_ms(100 * LIMIT_MS);
        _exit(95);
    }
    assert_int_equal(exit_code(child), 7);
}

static void test_watchdog_ends_it_without_a_log(void **state)
{
    (void)state;
    pid_t child = fork();
    if (!child) {
        int full[2];
        char bytes[4096] = {0};
        if (pipe(full) || fcntl(full[1], F_SETFL, O_NONBLOCK)) _exit(98);
        while (write(full[1], bytes, sizeof bytes) > 0) continue;
        fcntl(full[1], F_SETFL, 0);
        dup2(full[1], STDERR_FILENO);
        log_writer_start(NULL);
        watchdog_start(100 * LIMIT_MS, NULL);
        watchdog_end_within(LIMIT_MS, 7);
        pause_ms(100 * LIMIT_MS);
        _exit(95);
    }
    assert_int_equal(exit_code(child), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failpoint),
        cmocka_unit_test(test_failpoint_freezes),
        cmocka_unit_test(test_watchdog_kicked),
        cmocka_unit_test(test_watchdog_bites),
        cmocka_unit_test(test_watchdog_stopped_process),
        cmocka_unit_test(test_watchdog_ends_it),
        cmocka_unit_test(test_watchdog_ends_it_without_a_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
