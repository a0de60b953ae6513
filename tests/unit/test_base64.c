/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64.h"

/* RFC 4648, part 10, and all that differs from one byte to the next. */
static void both_ways(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        const char *text;
    } cases[] = {
        {{"", 0}, ""},
        {{"f", 1}, "Zg=="},
        {{"fo", 2}, "Zm8="},
        {{"foo", 3}, "Zm9v"},
        {{"foob", 4}, "Zm9vYg=="},
        {{"fooba", 5}, "Zm9vYmE="},
        {{"foobar", 6}, "Zm9vYmFy"},
        {{"\0\xff\xfe", 3}, "AP/+"},
    };
    struct arena *arena = arena_new();
    struct buf out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str read;
        out.n = 0;
        base64_write(&out, cases[i].bytes);
        assert_true(str_eq(buf_slice(&out), str_of(cases[i].text)));
        assert_true(base64_read(arena, str_of(cases[i].text), &read));
        assert_true(str_eq(read, cases[i].bytes));
    }
    buf_free(&out);
    arena_free(arena);
}

static void what_it_is_not(void **state)
{
    (void)state;
    static const struct str none[] = {{"Zm9v\n", 5}, {"Zm=9", 4}, {"Zm9-", 4},    {"Zm9_", 4},
                                      {"Z\0", 2},    {"?", 1},    {"\xc3\xa9", 2}};
    struct arena *arena = arena_new();
    struct str read;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(base64_read(arena, none[i], &read));
    assert_true(base64_read(arena, STR("Zg"), &read)); /* without its padding */
    assert_true(str_eq(read, STR("f")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),
        cmocka_unit_test(what_it_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
