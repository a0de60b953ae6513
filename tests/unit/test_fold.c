/* SPDX-License-Identifier: Apache-2.0 */
/* Which names are one, however they are written. */
#include "arena_support.h"
#include "codec/fold.h"

#define NBSP "\xc2\xa0"
#define NEXT_LINE "\xc2\x85"
#define LINE_SEPARATOR "\xe2\x80\xa8"
#define PARAGRAPH_SEPARATOR "\xe2\x80\xa9"
#define ZERO_WIDTH "\xe2\x80\x8b"
#define E_ACUTE "\xc3\xa9"
#define E_AND_ACUTE "e\xcc\x81"
#define SHARP_S "\xc3\x9f"
#define DOTTED_I "\xc4\xb0"

static const struct {
    const char *name, *key;
} folded[] = {
    {"police", "police"},
    {"Police", "police"},
    {" POLICE\t", "police"},
    {"National  Police", "national police"},
    {"National" NBSP "\t\n Police" NEXT_LINE, "national police"},
    {LINE_SEPARATOR "National" PARAGRAPH_SEPARATOR "Police", "national police"},
    {"Pol" ZERO_WIDTH "ice", "police"},
    {"National " ZERO_WIDTH " Police", "national police"},
    {"Pr" E_ACUTE "fecture", "pr" E_ACUTE "fecture"},
    {"PR" E_AND_ACUTE "FECTURE", "pr" E_ACUTE "fecture"},
    {"STRASSE", "strasse"},
    {"Stra" SHARP_S "e", "strasse"},
    {DOTTED_I, "i\xcc\x87"},
    /* What is another name stays that. */
    {"Police 2", "police 2"},
    {"Pre\xc2\xb2", "pre\xc2\xb2"},
    {"Polizei-Pr\xc3\xa4sidium", "polizei-pr\xc3\xa4sidium"},
    /* Of which nothing would be left, or that is no text. */
    {ZERO_WIDTH, ZERO_WIDTH},
    {" ", " "},
    {"", ""},
    {"\xff", "\xff"},
};

static void names_are_folded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folded / sizeof *folded; i++) {
        struct str key = fold_name(arena, str_of(folded[i].name));
        if (!str_eq(key, str_of(folded[i].key)))
            fail_msg("\"%s\" is \"%.*s\"", folded[i].name, STR_ARG(key));
        /* A key is its own key, so that it may be folded again. */
        if (!str_eq(fold_name(arena, key), key)) fail_msg("\"%.*s\" has another", STR_ARG(key));
    }
}

/* A thousand characters that each become three. */
static void keys_may_be_longer_than_names(void **state)
{
    (void)state;
    char name[2001] = "";
    for (size_t i = 0; i < 1000; i++) memcpy(name + 2 * i, "\xce\x90", 3); /* iota with two signs */
    struct str key = fold_name(arena, str_of(name));
    assert_true(key.n >= 2000);
    assert_true(str_eq(fold_name(arena, key), key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        TEST(names_are_folded),
        TEST(keys_may_be_longer_than_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
