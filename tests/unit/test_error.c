/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/error.h"

static void set_returns_the_result(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(error_set(&error, FATAL, "port %d is in use", 9464), FATAL);
    assert_string_equal(error.text, "port 9464 is in use");
    assert_int_equal(error_set(NULL, RETRY, "nobody reads this"), RETRY);
}

static void set_cuts_what_is_too_long(void **state)
{
    (void)state;
    struct error error;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    error_set(&error, ABORT, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void set_may_quote_the_error_itself(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, FATAL, "line 3: unknown key");
    error_set(&error, FATAL, "a.properties: %s", error.text);
    assert_string_equal(error.text, "a.properties: line 3: unknown key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_returns_the_result),
        cmocka_unit_test(set_cuts_what_is_too_long),
        cmocka_unit_test(set_may_quote_the_error_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
