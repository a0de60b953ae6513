/* SPDX-License-Identifier: Apache-2.0 */
#include "arena_support.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"

#define DEPTH 32

/* The bytes are copied to the end of their own allocation, so that reading past them is seen. */
static enum json_result parse_bytes(const char *bytes, size_t n, int depth, struct json **root,
                                    struct str *detail)
{
    char *exact = malloc(n ? n : 1);
    memcpy(exact, bytes, n);
    enum json_result result = json_parse(arena, arena, (struct str){exact, n}, depth, root, detail);
    assert_true(detail->n <= 200);
    assert_true((result == JSON_OK) == (detail->p == NULL));
    assert_true((*root != NULL) == (result == JSON_OK || result == JSON_DUPLICATE));
    if (detail->p) assert_null(memchr(detail->p, '\n', detail->n));
    free(exact); /* texts are not looked at in this test */
    return result;
}

static void assert_result(const char *text, enum json_result expected)
{
    struct json *root;
    struct str detail;
    enum json_result result = parse_bytes(text, strlen(text), DEPTH, &root, &detail);
    if (result != expected)
        fail_msg("%s: %d instead of %d (%.*s)", text, (int)result, (int)expected, STR_ARG(detail));
}

static void test_accepts_what_is_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12",
        "-1.5e+3",
        "1E9",
        "0.1",
        "\"\"",
        "[]",
        "{}",
        " {\"a\" : [ 1 , 2 ] , \"b\":{}} \r\n\t",
        "[[],{},[1]]",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0041\\ud83d\\ude00\"",
        "\"\x7f\"",
        "{\"\":1}",
        "[\"a\",\"a\"]",
        "{\"a\":{\"a\":{\"a\":1}}}",
        "99999999999999999999",
        "1e999",
        "\"\xc3\xa9\xf0\x9f\x98\x80\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) assert_result(texts[i], JSON_OK);
}

static const char *const not_json[] = {
    "",
    " ",
    "{",
    "[",
    "}",
    "]",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "[1,]",
    "[1",
    "[1 2]",
    "[,1]",
    "{,}",
    "{1:2}",
    "{a:1}",
    "{\"a\" 1}",
    "{\"a\":1]",
    "[1}",
    "nul",
    "tru",
    "nulll",
    "truefalse",
    "True",
    "01",
    "-01",
    "00",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "1.e1",
    "0x10",
    "NaN",
    "Infinity",
    "1 2",
    "{}{}",
    "[] x",
    "\"",
    "\"a",
    "\"\\",
    "\"\\\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\U0041\"",
    "'a'",
    "// x\n1",
    "/* x */ 1",
    "1 /* x */",
    "\v1",
    "\f1",
    "1\v",
    "[1,\f2]",
    "\xef\xbb\xbf{}",
    "\"a\nb\"",
    "\"a\tb\"",
    "\"\x1f\"",
    "\"\\\n\"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud800\"",
    "\"\\ud800x\"",
    "\"\\udc00\"",
    "\"\\ud800\\u0041\"",
    "\"\\ud800\\ud800\"",
    "\"\\ude00\\ud83d\"",
    "\"\\ud83d\\",
    "{\"\\ud800\":1}",
};

static void test_refuses_what_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof not_json / sizeof *not_json; i++)
        assert_result(not_json[i], JSON_MALFORMED);
    struct json *root;
    struct str detail;
    assert_int_equal(parse_bytes("{\"a\":\0}", 7, DEPTH, &root, &detail), JSON_MALFORMED);
    assert_int_equal(parse_bytes("1\0", 2, DEPTH, &root, &detail), JSON_MALFORMED);
    assert_int_equal(parse_bytes("\"a\0b\"", 5, DEPTH, &root, &detail), JSON_MALFORMED);
}

static void test_refuses_what_is_not_utf8(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xc1\xbf\"",
        "\"\xe0\x9f\xbf\"",
        "\"\xed\xa0\x80\"",
        "\"\xf0\x8f\xbf\xbf\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\x80\"",
        "\"\xc3\"",
        "\"\xe2\x82\"",
        "\"\xf0\x9f\x98\"",
        "{\"0123456789012345678901234567890123456789\":\"\xc3(\"}",
        "\xc3",
        "nothing of JSON \xe2",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_result(texts[i], JSON_INVALID_UTF8);
    assert_true(
        json_utf8_valid(STR("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xc2\x80 plain text of more "
                            "than thirty-two bytes \xe2\x82\xac and on and on and on")));
    assert_true(json_utf8_valid(STR("")));
}

static void test_depth(void **state)
{
    (void)state;
    struct json *root;
    struct str detail;
    assert_int_equal(parse_bytes("[[[1]]]", 7, 3, &root, &detail), JSON_OK);
    assert_int_equal(parse_bytes("[[[[]]]]", 8, 3, &root, &detail), JSON_TOO_DEEP);
    assert_int_equal(parse_bytes("[[[{}]]]", 8, 3, &root, &detail), JSON_TOO_DEEP);
    assert_int_equal(parse_bytes("[[],[],[],[],[[]]]", 18, 3, &root, &detail), JSON_OK);
    /* Whichever is met first. */
    assert_int_equal(parse_bytes("[[[[x", 5, 3, &root, &detail), JSON_TOO_DEEP);
    assert_int_equal(parse_bytes("[[[x[[", 6, 3, &root, &detail), JSON_MALFORMED);
    /* No nesting is deep enough to use up the stack. */
    char *deep = malloc(400000);
    memset(deep, '[', 200000);
    memset(deep + 200000, ']', 200000);
    assert_int_equal(parse_bytes(deep, 400000, 1000000, &root, &detail), JSON_OK);
    free(deep);
}

static void test_duplicates(void **state)
{
    (void)state;
    assert_result("{\"a\":1,\"a\":1}", JSON_DUPLICATE);
    assert_result("{\"x\":[{\"b\":1,\"c\":2,\"b\":3}]}", JSON_DUPLICATE);
    assert_result("{\"a\":1,\"\\u0061\":2}", JSON_DUPLICATE);
    assert_result("{\"\":1,\"\":2}", JSON_DUPLICATE);
    assert_result("{\"ab\":1,\"ba\":2,\"aa\":3,\"bb\":4,\"a\":5}", JSON_OK);
    /* Malformed comes before duplicate, wherever it stands. */
    assert_result("{\"a\":1,\"a\":1", JSON_MALFORMED);
    assert_result("{\"a\":1,\"a\":[[x]]}", JSON_MALFORMED);

    struct buf b = {0};
    struct json *root;
    struct str detail;
    buf_char(&b, '{');
    for (int i = 0; i < 60000; i++) buf_printf(&b, "\"m%d\":%d,", i, i);
    size_t n = b.n;
    buf_lit(&b, "\"last\":0}");
    assert_int_equal(parse_bytes(b.p, b.n, DEPTH, &root, &detail), JSON_OK);
    assert_int_equal(root->count, 60001);
    b.n = n;
    buf_lit(&b, "\"m31000\":0}");
    assert_int_equal(parse_bytes(b.p, b.n, DEPTH, &root, &detail), JSON_DUPLICATE);
    assert_non_null(strstr(detail.p, "m31000"));
    buf_free(&b);
}

static struct json *parsed(const char *text)
{
    struct json *root;
    struct str detail;
    enum json_result result = json_parse(arena, arena, str_of(text), DEPTH, &root, &detail);
    if (result != JSON_OK) fail_msg("%s: %.*s", text, STR_ARG(detail));
    return root;
}

static void assert_text(struct str actual, const char *expected)
{
    if (!str_eq(actual, str_of(expected)))
        fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(actual), expected ? expected : "(absent)");
}

static void test_tree(void **state)
{
    (void)state;
    const char *text =
        "{\"s\":\"text\",\"e\":\"a\\n\\u20ac\\ud83d\\ude00\\/\",\"n\":null,\"l\":[true,false,-7],"
        "\"o\":{\"i\":9223372036854775807}}";
    struct json *root = parsed(text);
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(root->count, 5);
    const struct json *s = json_get(root, "s");
    assert_text(s->text, "text");
    assert_true(s->text.p > text && s->text.p < text + strlen(text)); /* no copy */
    assert_text(json_get(root, "e")->text, "a\n\xe2\x82\xac\xf0\x9f\x98\x80/");
    assert_int_equal(json_get(root, "n")->type, JSON_NULL);
    const struct json *list = json_get(root, "l");
    assert_int_equal(list->count, 3);
    assert_int_equal(list->first->type, JSON_TRUE);
    assert_int_equal(list->first->next->type, JSON_FALSE);
    assert_int_equal(list->first->next->next->integer, -7);
    assert_null(list->first->name.p);
    assert_true(json_get(json_get(root, "o"), "i")->integer == INT64_MAX);
    assert_null(json_get(root, "absent"));
    assert_null(json_get(s, "s"));
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(parsed("-9223372036854775808")->type, JSON_INT);
    assert_true(parsed("-9223372036854775808")->integer == INT64_MIN);
    assert_int_equal(parsed("9223372036854775808")->type, JSON_REAL);
    assert_int_equal(parsed("-9223372036854775809")->type, JSON_REAL);
    assert_int_equal(parsed("3.0")->type, JSON_REAL);
    assert_text(parsed("3.0")->text, "3.0");
    assert_int_equal(parsed("1e2")->type, JSON_REAL);
    assert_true(parsed("-0")->integer == 0);
}

static void test_writes(void **state)
{
    (void)state;
    struct buf b = {0};
    json_write_string(&b, STR("plain \xc3\xa9 \x7f"));
    json_write_string(&b, STR_NONE);
    json_write_string(&b, STR(""));
    json_write_string(&b, STR("\"quoted\" back\\slash /\b\f\n\r\t\x01\x1f 0123456789\n01234567"));
    json_write_time(&b, INT64_C(1795169700000));
    json_write_time(&b, TIME_NONE);
    json_write_bool(&b, true);
    json_write_bool(&b, false);
    struct str items[] = {STR("a"), STR("b\"")};
    json_write_list(&b, (struct str_list){items, 2});
    json_write_list(&b, (struct str_list){NULL, 0});
    assert_text(
        buf_slice(&b),
        "\"plain \xc3\xa9 \x7f\"null\"\"\"\\\"quoted\\\" back\\\\slash "
        "/\\b\\f\\n\\r\\t\\u0001\\u001f "
        "0123456789\\n01234567\"\"2026-11-20T10:15:00.000Z\"nulltruefalse[\"a\",\"b\\\"\"][]");
    buf_free(&b);
}

/* Whatever the length and wherever the special byte stands. */
static void test_strings_of_all_lengths(void **state)
{
    (void)state;
    static const char special[] = {'"', '\\', '\n', 'x'};
    char text[40];
    for (size_t n = 1; n < sizeof text; n++)
        for (size_t at = 0; at < n; at++)
            for (size_t k = 0; k < sizeof special; k++) {
                struct buf b = {0};
                memset(text, 'a', n);
                text[at] = special[k];
                json_write_string(&b, (struct str){text, n});
                struct json *root;
                struct str detail;
                assert_int_equal(json_parse(arena, arena, buf_slice(&b), DEPTH, &root, &detail),
                                 JSON_OK);
                assert_true(str_eq(root->text, (struct str){text, n}));
                buf_free(&b);
            }
}

static void test_excerpts(void **state)
{
    (void)state;
    assert_text(json_excerpt(arena, STR("a\nb\"\xe2\x82\xac"), 100), "a\\nb\\\"\xe2\x82\xac");
    assert_text(json_excerpt(arena, STR("\n\n\n\n"), 5), "\\n\\n\\");
    assert_text(json_excerpt(arena, STR("\x7f\xc2\x9b\xe2\x80\xae"), 100), "\\u007f\\u009b\\u202e");
    assert_text(json_excerpt(arena,
                             STR("\xc3\xa9"
                                 "e\xcc\x81"),
                             4),
                "\xc3\xa9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts_what_is_json),
        cmocka_unit_test(test_refuses_what_is_not),
        cmocka_unit_test(test_refuses_what_is_not_utf8),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_strings_of_all_lengths),
        cmocka_unit_test(test_excerpts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
