/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_support.h"

#include "codec/decimal.h"

static const struct json *number(const char *text)
{
    struct json *root;
    struct str detail;
    assert_int_equal(json_parse(arena, arena, arena_str(arena, str_of(text)), 9, &root, &detail),
                     JSON_OK);
    return root;
}

static void what_programs_print(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t whole, thousandths;
        bool is_integer;
    } cases[] = {
        {"0", 0, 0, true},
        {"-0.0", 0, 0, true},
        {"0e99999999999999999999", 0, 0, true},
        {"1.0", 1, 0, true},
        {"1e3", 1000, 0, true},
        {"1E+3", 1000, 0, true},
        {"1000e-3", 1, 0, true},
        {"12.5e1", 125, 0, true},
        {"1.5", 1, 500, false},
        {"1e-3", 0, 1, false},
        {"1e-4", 0, 0, false},
        {"0.9999999999999999999999", 0, 999, false},
        {"-1.5", -2, 500, false},
        {"-0.0004", -1, 999, false},
        {"-1.0001", -2, 999, false},
        {"1763630000.123", 1763630000, 123, false},
        {"1763630000.123000000", 1763630000, 123, false},
        {"1.763630000123e9", 1763630000, 123, false},
        {"1763630000123.9999", 1763630000123, 999, false},
        {"9223372036854775807", INT64_MAX, 0, true},
        {"9223372036854775807.9", INT64_MAX, 900, false},
        {"-9223372036854775808", INT64_MIN, 0, true},
        {"-9.223372036854775808e18", INT64_MIN, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal d;
        if (!decimal_read(number(cases[i].text), &d)) fail_msg("%s", cases[i].text);
        if (d.whole != cases[i].whole || d.thousandths != cases[i].thousandths)
            fail_msg("%s: %lld and %lld", cases[i].text, (long long)d.whole,
                     (long long)d.thousandths);
        assert_int_equal(d.is_integer, cases[i].is_integer);
        assert_int_equal(decimal_is_integer(number(cases[i].text)), cases[i].is_integer);
    }
}

static void what_is_too_large_or_none(void **state)
{
    (void)state;
    static const char *const large[] = {"9223372036854775808",
                                        "-9223372036854775809",
                                        "-9223372036854775808.1",
                                        "9.3e18",
                                        "1e19",
                                        "1e400",
                                        "123456789012345678901234567890",
                                        "1e99999999999999999999"};
    struct decimal d;
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        assert_false(decimal_read(number(large[i]), &d));
        assert_int_equal(decimal_is_integer(number(large[i])), i != 2);
    }
    static const char *const none[] = {"null", "true", "\"1\"", "[1]", "{}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(decimal_read(number(none[i]), &d));
        assert_false(decimal_is_integer(number(none[i])));
    }
}

static uint64_t random_state = 88172645463325252;

static uint64_t random_below(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

/* A number of thousandths, written with its point wherever an exponent allows, is that number. */
static void any_number_in_any_form(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        int64_t thousandths = (int64_t)(random_state % (UINT64_C(1) << (1 + random_below(60))));
        bool negative = random_below(2);
        char digits[40], text[120];
        int n = snprintf(digits, sizeof digits, "%lld", (long long)thousandths);
        int point = 1 + (int)random_below((uint64_t)n); /* digits before it */
        int exponent = n - point - 3;
        snprintf(text, sizeof text, "%s%.*s%s%s%s%d", negative ? "-" : "", point, digits,
                 point < n ? "." : "", digits + point, random_below(2) ? "e" : "E", exponent);
        if (digits[0] == '0') continue;
        struct decimal d;
        assert_true(decimal_read(number(text), &d));
        if ((negative ? -thousandths : thousandths) != d.whole * 1000 + d.thousandths)
            fail_msg("%s: %lld and %lld", text, (long long)d.whole, (long long)d.thousandths);
        assert_int_equal(d.is_integer, thousandths % 1000 == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_programs_print),
        cmocka_unit_test(what_is_too_large_or_none),
        cmocka_unit_test(any_number_in_any_form),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
