/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "view/terminal.h"

static void assert_written(const char *page, bool colour, const char *expected)
{
    char *out = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&out, &n);
    assert_non_null(file);
    terminal_write(file, str_of(page), colour);
    fclose(file);
    assert_string_equal(out, expected);
    free(out);
}

static void pages(void **state)
{
    (void)state;
    assert_written("", false, "");
    assert_written("one\ntwo\r\n", false, "one\ntwo\\r\n");
    assert_written("\033[1;31mred\033[0m \xc2\x9b\xff", false,
                   "\\u001b[1;31mred\\u001b[0m \\u009b\\ufffd");
    assert_written("{\"a\":\"\x7f\xe2\x80\xae\xf3\xa0\x81\x81\"}\n", false,
                   "{\"a\":\"\\u007f\\u202e\\udb40\\udc41\"}\n");
}

static void colours_alone_stay(void **state)
{
    (void)state;
    assert_written("\033[1;31mred\033[0m\n", true, "\033[1;31mred\033[0m\n");
    assert_written("\033", true, "\\u001b");
    assert_written("\033[2J\033]0;x\033[\033[0m\033[1;2;3;4;5;6m\xe2\x80\xae", true,
                   "\\u001b[2J\\u001b]0;x\\u001b[\033[0m\\u001b[1;2;3;4;5;6m\\u202e");
}

static void sentences(void **state)
{
    (void)state;
    char *out = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&out, &n);
    assert_non_null(file);
    terminal_say(file, "%s", "a\nb\033");
    fflush(file);
    assert_string_equal(out, "a\\nb\\u001b\n");
    char text[6000];
    text[0] = 'x';
    for (int i = 0; i < 1999; i++) memcpy(text + 1 + 3 * i, "€", 3);
    text[5998] = 0;
    terminal_say(file, "%s", text); /* cut, but not within a character */
    fclose(file);
    assert_null(strstr(out, "\\ufffd"));
    assert_memory_equal(out + n - 4, "€\n", 4);
    free(out);
}

static void texts_in_a_line(void **state)
{
    (void)state;
    struct buf out = {0};
    terminal_text(&out, STR("a\nb "));
    terminal_excerpt(&out, STR("abe\xcc\x81"), 4);
    terminal_excerpt(&out, STR(" c\t"), 3);
    buf_char(&out, 0);
    assert_string_equal(out.p, "a\\nb ab… c\\t");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages),
        cmocka_unit_test(colours_alone_stay),
        cmocka_unit_test(sentences),
        cmocka_unit_test(texts_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
