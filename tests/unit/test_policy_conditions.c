/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions of a policy file: what each text means, and what is said of one that is none. */
#include "arena_support.h"

#include "config/policy_conditions.h"

static struct error error;
static struct conditions read;

static enum result read_of(const struct policy_subject *subject, const char *list)
{
    struct policy_reader reader = {.file = "p.json", .arena = arena, .error = &error};
    struct policy_place whole = {0}, at = {&whole, "when", 0};
    json_t *value = json_loads(list, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    enum result result = policy_conditions_read(&reader, &at, value, subject, &read);
    json_decref(value);
    return result;
}

static const struct policy_subject incident = {"an incident", KNOWN_OF_INCIDENT};
static const struct policy_subject everything = {"a task", (1U << (asked_end - 1)) - 1};

/* The only term of the only condition. */
static struct term term_of(const char *text)
{
    struct str list = arena_printf(arena, "[\"%s\"]", text);
    if (read_of(&everything, list.p) != OK) fail_msg("%s: %s", text, error.text);
    assert_int_equal(read.n, 1);
    assert_int_equal(read.items->n, 1);
    return *read.items->terms;
}

static void assert_text(struct str found, const char *expected)
{
    if (!str_eq(found, str_of(expected))) fail_msg("%.*s, not %s", STR_ARG(found), expected);
}

static void assert_term(const char *text, enum asked asked, unsigned operator, int value)
{
    struct term term = term_of(text);
    assert_int_equal(term.asked, asked);
    assert_int_equal(term.operator, operator);
    assert_int_equal(term.value, value);
}

static void words_and_operators(void **state)
{
    (void)state;
    assert_term("data_breach", ASKED_FLAG, FOUND_EQUAL, FLAG_DATA_BREACH);
    assert_term(" not  customer_impacting ", ASKED_FLAG, FOUND_OTHER, FLAG_CUSTOMER_IMPACTING);
    assert_term("severity=low", ASKED_SEVERITY, FOUND_EQUAL, SEVERITY_LOW);
    assert_term("severity!=low", ASKED_SEVERITY, FOUND_OTHER, SEVERITY_LOW);
    assert_term("severity >= high", ASKED_SEVERITY, FOUND_EQUAL | FOUND_ABOVE, SEVERITY_HIGH);
    assert_term("severity<='high'", ASKED_SEVERITY, FOUND_EQUAL | FOUND_BELOW, SEVERITY_HIGH);
    assert_term("priority>P3", ASKED_PRIORITY, FOUND_ABOVE, PRIORITY_P3);
    assert_term("priority<P1", ASKED_PRIORITY, FOUND_BELOW, PRIORITY_P1);
    assert_term("category=manual-error", ASKED_CATEGORY, FOUND_EQUAL, CATEGORY_MANUAL_ERROR);
    assert_term("kind!=sop-update", ASKED_KIND, FOUND_OTHER, KIND_SOP_UPDATE);
}

static void texts(void **state)
{
    (void)state;
    struct term term = term_of("team=crash reporting");
    assert_int_equal(term.asked, ASKED_TEAM);
    assert_text(term.text, "crash reporting");
    term = term_of("team!='research and development' ");
    assert_int_equal(term.operator, FOUND_OTHER);
    assert_text(term.text, "research and development");
    term = term_of("label.cost centre= it's 7");
    assert_int_equal(term.asked, ASKED_LABEL);
    assert_text(term.label, "cost centre");
    assert_text(term.text, "it's 7");
    assert_text(term_of("label.env=''").text, "");
    assert_text(term_of("label.env='a or b=c'").text, "a or b=c");
}

static void terms_and_conditions(void **state)
{
    (void)state;
    assert_int_equal(read_of(&everything,
                             "[\"data_breach and severity>=high and label.a='x and y'  "
                             "and not customer_impacting\", \"kind=bug\"]"),
                     OK);
    assert_int_equal(read.n, 2);
    assert_int_equal(read.items->n, 4);
    assert_text(read.items->terms[2].text, "x and y");
    assert_int_equal(read.items->terms[3].operator, FOUND_OTHER);
    assert_text(read.items[1].text, "kind=bug");
    assert_int_equal(read_of(&incident, "[]"), OK);
    assert_int_equal(read.n, 0);
}

static void assert_refused(const char *list, const char *sentence)
{
    assert_int_equal(read_of(&incident, list), FATAL);
    if (!strstr(error.text, sentence)) fail_msg("%s: %s, not %s", list, error.text, sentence);
}

#define KNOWN                                                                              \
    " is nothing that is known of an incident; allowed: customer_impacting, data_breach, " \
    "severity, label.<name>"
#define FOUR "data_breach and data_breach and data_breach and data_breach"

static void what_is_wrong_is_said_with_what_is_allowed(void **state)
{
    (void)state;
    assert_refused("[\"data_breach\", \"breach\"]", "p.json: when[1]: \"breach\"" KNOWN);
    assert_refused("[\"category=manual-error\"]", "when[0]: \"category\"" KNOWN);
    assert_refused("[\"severty>=high\"]", "\"severty\"" KNOWN);
    assert_refused("[\"label.=x\"]", "\"label.\"" KNOWN);
    assert_refused("[\"flag=x\"]", "\"flag\"" KNOWN);
    assert_refused("[\"label=x\"]", "\"label\"" KNOWN);
    assert_refused("[\"not severity=high\"]", "\"not severity\"" KNOWN);
    assert_refused("[\"not not data_breach\"]", "\"not data_breach\"" KNOWN);
    assert_refused("[\"data_breach and\"]", "\"data_breach and\"" KNOWN);
    assert_refused("[\"data_breach and  and data_breach\"]", "\"and data_breach\"" KNOWN);
    assert_refused("[\"severity\"]", "an operator and a value are missing after \"severity\"");
    assert_refused("[\"data_breach=true\"]",
                   "\"data_breach\" has no value; it stands alone, or behind \"not\"");
    assert_refused("[\"label.a=b or label.a=c\"]",
                   "\"b or label.a=c\" must stand between single quotes if it is one text");
    assert_refused("[\"label.a=b AND data_breach\"]", "\"b AND data_breach\" must stand");
    assert_refused("[\"label.a=b && data_breach\"]", "\"b && data_breach\" must stand");
    assert_refused("[\"severity>=high or data_breach\"]", "for \"or\" a list has several");
    assert_refused("[\"severity>=severe\"]",
                   "when[0]: \"severe\" is not allowed; allowed: critical, high, medium, low or "
                   "informational");
    assert_refused("[\"severity==high\"]", "\"==\" is not allowed after severity; allowed: =, !=, "
                                           ">=, <=, > or <");
    assert_refused("[\"label.a>7\"]", "\">\" is not allowed after label.a; allowed: = or !=");
    assert_refused("[\"label.a=\"]", "the value after label.a is missing");
    assert_refused("[\"label.a= and data_breach\"]", "the value after label.a is missing");
    assert_refused("[\"label.a='x\"]", "the quote after label.a has no end");
    assert_refused("[\"label.a='\"]", "the quote after label.a has no end");
    assert_refused("[\"label.a='x'y\"]", "after the quote of label.a only \" and \" may stand");
    assert_refused("[\"data_breach\", \"data_breach \"]",
                   "when[1]: duplicate value \"data_breach\"");
    assert_refused("[\"" FOUR " and " FOUR " and " FOUR " and " FOUR " and data_breach\"]",
                   "up to 16 terms joined by \" and \"");
    assert_refused("\"data_breach\"", "when: allowed: an array of up to 32 conditions");
    assert_refused("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]",
                   "when: allowed: an array of up to 32 conditions");
    assert_refused("[7]", "when[0]: allowed: a condition like");
    assert_refused("[\" \"]", "when[0]: allowed: a condition like");
    assert_refused("[\"label.a=b\\nc\"]", "when[0]: allowed: a condition like");
    struct str x = arena_printf(arena, "[\"label.a=%01024d\"]", 7);
    assert_refused(x.p, "text of up to 1024 bytes");
}

/* Of a subject without flags none is known. */
static void flags_are_known_of_some_subjects_alone(void **state)
{
    (void)state;
    static const struct policy_subject other = {"another", ASKED_TEAM};
    assert_int_equal(read_of(&other, "[\"data_breach\"]"), FATAL);
    assert_non_null(strstr(error.text, "\"data_breach\" is nothing that is known of another; "
                                       "allowed: team"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_operators),
        cmocka_unit_test(texts),
        cmocka_unit_test(terms_and_conditions),
        cmocka_unit_test(what_is_wrong_is_said_with_what_is_allowed),
        cmocka_unit_test(flags_are_known_of_some_subjects_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
