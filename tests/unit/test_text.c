/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"

static void assert_shown(struct str text, const char *expected)
{
    struct buf out = {0};
    text_show(&out, text);
    buf_char(&out, 0);
    assert_string_equal(out.p, expected);
    buf_free(&out);
}

/* Every character there is: what is shown is either itself or an escape of ASCII. */
static void every_character(void **state)
{
    (void)state;
    struct buf out = {0};
    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000) continue;
        char bytes[4];
        size_t n = text_put_char(bytes, c);
        uint32_t read = 1;
        assert_int_equal(text_char(bytes, n, &read), n);
        assert_int_equal(read, c);
        assert_int_equal(text_control(bytes, n), c < 0xa0 && text_is_unsafe(c) ? n : 0);
        if (n > 1) assert_int_equal(text_char(bytes, n - 1, &read), 0);
        out.n = 0;
        text_show(&out, (struct str){bytes, n});
        if (text_is_unsafe(c)) {
            assert_true(out.n >= 2 && out.p[0] == '\\');
            for (size_t i = 0; i < out.n; i++) assert_true(out.p[i] > ' ' && out.p[i] < 0x7f);
        } else {
            assert_int_equal(out.n, n);
            assert_memory_equal(out.p, bytes, n);
        }
    }
    buf_free(&out);
}

static void what_is_unsafe(void **state)
{
    (void)state;
    static const uint32_t unsafe[] = {0,      0x1b,   0x1f,   0x7f,    0x80,    0x9b,   0x9f,
                                      0xad,   0x61c,  0x180e, 0x200b,  0x200c,  0x200d, 0x200e,
                                      0x200f, 0x2028, 0x2029, 0x202a,  0x202e,  0x2060, 0x2064,
                                      0x2066, 0x2069, 0xfeff, 0xe0000, 0xe0001, 0xe007f};
    static const uint32_t safe[] = {' ',    '~',    0xa0,   0xe9,   0x301,  0x627,   0x915,
                                    0x2010, 0x2027, 0x202f, 0x2070, 0xfe0f, 0x1f511, 0xe0100};
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        assert_true(text_is_unsafe(unsafe[i]));
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++) assert_false(text_is_unsafe(safe[i]));
}

static void shown(void **state)
{
    (void)state;
    assert_shown(STR(""), "");
    assert_shown(STR("plain \"\\\" text"), "plain \"\\\" text");
    assert_shown(STR("a\nb\r\tc"), "a\\nb\\r\\tc");
    assert_shown(STR("\x1b]0;title\x07"), "\\u001b]0;title\\u0007");
    assert_shown(STR("abc\xe2\x80\xae"
                     "fed"),
                 "abc\\u202efed");
    assert_shown(STR("\xf3\xa0\x81\x81"), "\\udb40\\udc41");
    assert_shown(STR("\xff\xc2"), "\\ufffd\\ufffd");
    assert_shown((struct str){"a\0b", 3}, "a\\u0000b");
    struct buf out = {0};
    text_show_page(&out, STR("one\ntwo\r\n\x9b"));
    assert_int_equal(out.n, strlen("one\ntwo\\r\n\\ufffd"));
    assert_memory_equal(out.p, "one\ntwo\\r\n\\ufffd", out.n);
    buf_free(&out);
}

static void assert_clean(struct arena *arena, struct str text, const char *expected)
{
    struct str clean = text_clean(arena, text);
    assert_int_equal(clean.n, strlen(expected));
    assert_memory_equal(clean.p, expected, clean.n);
}

static void cleaned(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct str same = STR("caf\xc3\xa9 'x'");
    assert_ptr_equal(text_clean(arena, same).p, same.p);
    assert_null(text_clean(arena, STR_NONE).p);
    assert_clean(arena, STR("one\nline\x1b[1m\xc2\x85here\xe2\x80\xa8"), "one line [1m here ");
    assert_clean(arena,
                 STR("a\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf\xff"
                     "b"),
                 "ab");
    /* A family of emoji, and Persian with a non-joiner. */
    assert_clean(arena, STR("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9"),
                 "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9");
    assert_clean(arena, STR("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae"),
                 "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae");
    arena_free(arena);
}

static void whole_characters(void **state)
{
    (void)state;
    static const char key[] = "a\xc3\xa9\xf0\x9f\x94\x91";
    static const size_t whole[] = {0, 1, 1, 3, 3, 3, 3, 7};
    for (size_t n = 0; n < sizeof whole / sizeof *whole; n++)
        assert_int_equal(text_whole(key, n), whole[n]);
    assert_int_equal(text_whole("\x80\x80\x80\x80\x80", 5), 5); /* no character at all */
}

static void known_characters(void **state)
{
    (void)state;
    static const struct {
        uint32_t c;
        const char *bytes;
    } known[] = {{'a', "a"},
                 {0x7f, "\x7f"},
                 {0x80, "\xc2\x80"},
                 {0x7ff, "\xdf\xbf"},
                 {0x800, "\xe0\xa0\x80"},
                 {0x20ac, "\xe2\x82\xac"},
                 {0xffff, "\xef\xbf\xbf"},
                 {0x10000, "\xf0\x90\x80\x80"},
                 {0x10ffff, "\xf4\x8f\xbf\xbf"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char bytes[4];
        assert_int_equal(text_put_char(bytes, known[i].c), strlen(known[i].bytes));
        assert_memory_equal(bytes, known[i].bytes, strlen(known[i].bytes));
    }
}

static void words(void **state)
{
    (void)state;
    assert_true(text_same(STR("Traceparent-1_@[`{"), STR("TRACEPARENT-1_@[`{")));
    assert_false(text_same(STR("@"), STR("`")));
    assert_false(text_same(STR("["), STR("{")));
    assert_false(text_same(STR("a_b"), STR("a-b")));
    assert_false(text_same(STR("ab"), STR("abc")));
    assert_false(text_same(STR("\xc3\x84"), STR("\xc3\xa4")));
    assert_true(text_same_word(STR("in_progress"), STR("In Progress")));
    assert_true(text_same_word(STR("IN-PROGRESS"), STR("in_progress")));
    assert_false(text_same_word(STR("inprogress"), STR("in-progress")));
    assert_false(text_same_word(STR("in-progress-"), STR("in-progress")));
    for (const char *space = " \t\n\v\f\r"; *space; space++) assert_true(text_is_space(*space));
    assert_false(text_is_space('\b') || text_is_space('\x0e') || text_is_space('\0'));
}

static void percent(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char text[TEXT_PERCENT];
        text_percent(text, (unsigned char)byte);
        assert_int_equal(text_percent_value(text, sizeof text), byte);
        assert_int_equal(text_percent_value(text, sizeof text - 1), -1);
    }
    assert_int_equal(text_percent_value("%fF", 3), 0xff);
    static const char *const none[] = {"%g0", "%0g", "a00", "% 1", "%/0", "%:0", "%@0", "%`0"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(text_percent_value(none[i], 3), -1);
}

static void unescaped(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t c;
        size_t length;
    } cases[] = {
        {"\\u0000", 0, 6},
        {"\\u00e9x", 0xe9, 6},
        {"\\uFFFF", 0xffff, 6},
        {"\\ud83d\\udd11", 0x1f511, 12},
        {"\\uD800\\uDC00", 0x10000, 12},
        {"\\uDBFF\\uDFFF", 0x10ffff, 12},
        {"\\ud83d", TEXT_LONE_SURROGATE, 0},
        {"\\ud83d\\ue000", TEXT_LONE_SURROGATE, 0},
        {"\\ud83d\\udbff", TEXT_LONE_SURROGATE, 0},
        {"\\ud83d\\udd1", TEXT_LONE_SURROGATE, 0},
        {"\\udd11\\ud83d", TEXT_LONE_SURROGATE, 0},
        {"\\u00e", TEXT_NO_ESCAPE, 0},
        {"\\u00eg", TEXT_NO_ESCAPE, 0},
        {"\\U00e9", TEXT_NO_ESCAPE, 0},
        {"/u00e9", TEXT_NO_ESCAPE, 0},
        {"", TEXT_NO_ESCAPE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = 0;
        assert_int_equal(text_unescape(cases[i].text, strlen(cases[i].text), &length), cases[i].c);
        if (cases[i].c >= 0) assert_int_equal(length, cases[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character),
        cmocka_unit_test(known_characters),
        cmocka_unit_test(words),
        cmocka_unit_test(percent),
        cmocka_unit_test(unescaped),
        cmocka_unit_test(what_is_unsafe),
        cmocka_unit_test(shown),
        cmocka_unit_test(cleaned),
        cmocka_unit_test(whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
