/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/grapheme.h"
#include "common/text.h"

#define E_ACUTE "e\xcc\x81"                                   /* 3 bytes, one letter */
#define THUMB "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"              /* with a skin tone, 8 */
#define FAMILY "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9" /* joined, 11 */
#define FLAG "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa"               /* two halves, 8 */
#define HANGUL "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"         /* three jamo, 9 */

static void assert_cut(const char *text, size_t max, size_t expected)
{
    assert_int_equal(grapheme_cut(str_of(text), max).n, expected);
}

/* Each byte from nothing to all of it: only whole clusters come out. */
static void cuts_between_clusters(void **state)
{
    (void)state;
    static const char *const clusters[] = {"\xe2\x82\xac", E_ACUTE, THUMB, FAMILY, FLAG, HANGUL};
    for (size_t i = 0; i < sizeof clusters / sizeof *clusters; i++) {
        char text[80] = "ab";
        strcat(text, clusters[i]);
        size_t n = strlen(text);
        strcat(text, clusters[i]);
        size_t all = strlen(text);
        for (size_t max = 2; max < all; max++) assert_cut(text, max, max < n ? 2 : n);
        assert_cut(text, all, all);
        assert_cut(text, all + 9, all);
    }
    assert_cut("abc", 0, 0);
    assert_cut("abc", 2, 2);
}

/* 10,000 marks on a letter: bounded, at a code point, and no time is lost with it. */
static void what_is_no_cluster_is_cut_all_the_same(void **state)
{
    (void)state;
    char *text = malloc(20001);
    assert_non_null(text);
    for (size_t i = 0; i < 10000; i++) memcpy(text + 1 + 2 * i, "\xcc\x81", 2);
    text[0] = 'z';
    struct str zalgo = {text, 20001};
    for (size_t max = 0; max < 1100; max += 7) {
        struct str cut = grapheme_cut(zalgo, max);
        assert_true(cut.n <= max && (cut.n + 128 >= max));
        assert_int_equal(text_whole(cut.p, cut.n), cut.n);
    }
    assert_int_equal(grapheme_columns(zalgo), 1);
    free(text);
    assert_cut("\xf0\x9f\x91\x8d", 3, 0);
    assert_cut("\xff\xff\xff", 2, 2);
}

static void columns(void **state)
{
    (void)state;
    assert_int_equal(grapheme_columns(STR("")), 0);
    assert_int_equal(grapheme_columns(STR("abc")), 3);
    assert_int_equal(grapheme_columns(STR("caf" E_ACUTE)), 4);
    assert_int_equal(grapheme_columns(STR("\xe6\xbc\xa2\xe5\xad\x97")), 4);
    assert_int_equal(grapheme_columns(STR("\xf0\x9f\x94\x91")), 2);
    assert_int_equal(grapheme_cut_columns(STR("\xe6\xbc\xa2\xe5\xad\x97"), 3).n, 3);
    assert_int_equal(grapheme_cut_columns(STR("\xe6\xbc\xa2\xe5\xad\x97"), 4).n, 6);
    assert_int_equal(grapheme_cut_columns(STR("a" E_ACUTE "b"), 2).n, 4);
    assert_int_equal(grapheme_cut_columns(STR("abc"), 0).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_between_clusters),
        cmocka_unit_test(what_is_no_cluster_is_cut_all_the_same),
        cmocka_unit_test(columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
