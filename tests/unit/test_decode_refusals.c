/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "codec_support.h"

static const struct refusal_case {
    int topic;
    const char *value;
    int code;
    const char *detail;
} refusals[] = {
    {TOPIC_FINDING_UPDATED, "{'a'", REFUSE_MALFORMED_JSON, NULL},
    {TOPIC_FINDING_UPDATED, "", REFUSE_MALFORMED_JSON, NULL},
    {TOPIC_FINDING_UPDATED, "{'a':'\xff'}", REFUSE_INVALID_UTF8, NULL},
    {TOPIC_FINDING_UPDATED, "{'a':'\\ud800'}", REFUSE_MALFORMED_JSON, NULL},
    {TOPIC_FINDING_UPDATED, "{'incident_id':'I','incident_id':'I'}", REFUSE_DUPLICATE_MEMBER, NULL},
    {TOPIC_FINDING_UPDATED, "{'x':{'y':1,'y':2}}", REFUSE_DUPLICATE_MEMBER, "member \"y\""},
    {TOPIC_FINDING_UPDATED, "[]", REFUSE_NOT_AN_OBJECT, NULL},
    {TOPIC_FINDING_UPDATED, "null", REFUSE_NOT_AN_OBJECT, NULL},
    {TOPIC_FINDING_UPDATED, "{}", REFUSE_MISSING_FIELD, "incident_id: "},
    {TOPIC_FINDING_UPDATED, "{'incident_id':'INC-1'}", REFUSE_MISSING_FIELD, "finding_id: "},
    {TOPIC_FINDING_UPDATED, "{'incident_id':null,'finding_id':'F'}", REFUSE_MISSING_FIELD, NULL},
    {TOPIC_FINDING_UPDATED, "{'incident_id':7,'finding_id':'F'}", REFUSE_WRONG_TYPE,
     "incident_id: must be a string, is a number"},
    {TOPIC_FINDING_UPDATED, "{'incident_id':'','finding_id':'F'}", REFUSE_BAD_IDENTIFIER, NULL},
    {TOPIC_FINDING_UPDATED, "{'incident_id':'a\\u0007','finding_id':'F'}", REFUSE_BAD_IDENTIFIER,
     NULL},
    {TOPIC_FINDING_UPDATED, "{'incident_id':'a\x7f','finding_id':'F'}", REFUSE_BAD_IDENTIFIER,
     NULL},
    {TOPIC_FINDING_UPDATED, "{'incident_id':'a\xc2\x85','finding_id':'F'}", REFUSE_BAD_IDENTIFIER,
     NULL},
    {TOPIC_FINDING_UPDATED, FINDING(",'title':[]"), REFUSE_WRONG_TYPE,
     "title: must be a string, is a list"},
    {TOPIC_FINDING_UPDATED, FINDING(",'groups':['a',7]"), REFUSE_WRONG_TYPE, "groups[1]: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'groups':'a'"), REFUSE_WRONG_TYPE, "groups: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'groups':{}"), REFUSE_WRONG_TYPE, "groups: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'tracker':'SEC-1'"), REFUSE_WRONG_TYPE, "tracker: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'tracker':{'url':[]}"), REFUSE_WRONG_TYPE, "tracker.url: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'severity':true"), REFUSE_WRONG_TYPE, "severity: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'category':1"), REFUSE_WRONG_TYPE, "category: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'sop_change':'yes'"), REFUSE_WRONG_TYPE, "sop_change: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'revision':'3'"), REFUSE_WRONG_TYPE, "revision: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'revision':3.5"), REFUSE_WRONG_TYPE, "revision: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'revision':1e-3"), REFUSE_WRONG_TYPE, "revision: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'revision':-1.0"), REFUSE_UNKNOWN_VALUE, "revision: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'revision':1e400"), REFUSE_UNKNOWN_VALUE, "revision: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'revision':-1"), REFUSE_UNKNOWN_VALUE, "revision: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'revision':9007199254740992"), REFUSE_UNKNOWN_VALUE,
     "revision: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'revision':99999999999999999999"), REFUSE_UNKNOWN_VALUE,
     "revision: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'updated_at':'soon'"), REFUSE_BAD_TIME,
     "updated_at: must be an RFC 3339 time"},
    {TOPIC_FINDING_UPDATED, FINDING(",'due_at':'2026-02-30'"), REFUSE_BAD_TIME, "due_at: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'due_at':' '"), REFUSE_BAD_TIME, "due_at: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'due_at':1e30"), REFUSE_WRONG_TYPE, "due_at: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'due_at':99999999999999999999"), REFUSE_WRONG_TYPE,
     "due_at: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'due_at':false"), REFUSE_WRONG_TYPE, "due_at: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'status':'done'"), REFUSE_UNKNOWN_VALUE,
     "status: must be one of open, in-progress, blocked, resolved, verified, wont-fix, dismissed, "
     "duplicate, is \"done\""},
    {TOPIC_FINDING_UPDATED, FINDING(",'status':'closed'"), REFUSE_UNKNOWN_VALUE, "status: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'work':'postmortem'"), REFUSE_UNKNOWN_VALUE,
     "work: must be one of bug, change-request, service-investment, register-entry"},
    {TOPIC_FINDING_UPDATED, FINDING(",'duplicate_of':'\\u0007'"), REFUSE_BAD_IDENTIFIER,
     "duplicate_of: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'labels':['a']"), REFUSE_WRONG_TYPE,
     "labels: must be an object of texts, is a list"},
    {TOPIC_FINDING_UPDATED, FINDING(",'labels':{'a':'b','c':[]}"), REFUSE_WRONG_TYPE,
     "labels: \"c\" must be a string, a number or a boolean, is a list"},
    {TOPIC_FINDING_UPDATED, FINDING(",'labels':{'a':{}}"), REFUSE_WRONG_TYPE,
     "labels: \"a\" must be a string, a number or a boolean, is an object"},
    {TOPIC_FINDING_UPDATED, FINDING(",'labels':{'':'x'}"), REFUSE_BAD_IDENTIFIER,
     "labels: a name must not be empty"},
    {TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1'}", REFUSE_MISSING_FIELD, "closed_at: "},
    {TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1','closed_at':null}", REFUSE_MISSING_FIELD, NULL},
    {TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1','closed_at':'0001-01-01T00:00:00Z'}",
     REFUSE_MISSING_FIELD, "closed_at: "},
    {TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1','closed_at':'9999-12-31T23:59:59Z'}",
     REFUSE_MISSING_FIELD, "closed_at: "},
    {TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1','closed_at':'x'}", REFUSE_BAD_TIME,
     "closed_at: "},
    {TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1','closed_at':{}}", REFUSE_WRONG_TYPE,
     "closed_at: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'data_breach':'maybe'"), REFUSE_WRONG_TYPE, "data_breach: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'data_breach':1"), REFUSE_WRONG_TYPE, "data_breach: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'timeline':[{'at':null}]"), REFUSE_MISSING_FIELD,
     "timeline[0].action: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'timeline':[{'action':'a'},{'action':' '}]"),
     REFUSE_MISSING_FIELD, "timeline[1].action: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'timeline':[{'action':'a','at':'x'}]"), REFUSE_BAD_TIME,
     "timeline[0].at: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'timeline':['a']"), REFUSE_WRONG_TYPE, "timeline[0]: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'timeline':{}"), REFUSE_WRONG_TYPE, "timeline: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'technical_summary':[]"), REFUSE_WRONG_TYPE,
     "technical_summary: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'technical_summary':{'evidence':[{},{'ref':7}]}"),
     REFUSE_WRONG_TYPE, "technical_summary.evidence[1].ref: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'technical_summary':{'evidence':[7]}"), REFUSE_WRONG_TYPE,
     "technical_summary.evidence[0]: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'technical_summary':{'actors':7}"), REFUSE_WRONG_TYPE,
     "technical_summary.actors: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'response_evaluation':{'complete':'yes'}"), REFUSE_WRONG_TYPE,
     "response_evaluation.complete: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'coordination':[{'party':'a'},{}]"), REFUSE_MISSING_FIELD,
     "coordination[1].party: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'coordination':[{'party':' '}]"), REFUSE_MISSING_FIELD,
     "coordination[0].party: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'coordination':[{'party':1}]"), REFUSE_WRONG_TYPE,
     "coordination[0].party: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'findings':[{'finding_id':'F'},{'title':'t'}]"),
     REFUSE_MISSING_FIELD, "findings[1].finding_id: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'findings':[{'finding_id':'F','groups':[1]}]"),
     REFUSE_WRONG_TYPE, "findings[0].groups[0]: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'findings':[[]]"), REFUSE_WRONG_TYPE, "findings[0]: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'obligations':[{'id':'a'},{}]"), REFUSE_MISSING_FIELD,
     "obligations[1].id: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'obligations':[7]"), REFUSE_WRONG_TYPE, "obligations[0]: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'obligations':[{'id':'a','submitted_at':'soon'}]"),
     REFUSE_BAD_TIME, "obligations[0].submitted_at: "},
    {TOPIC_TASK_UPDATED, "{'task_id':'INC-1/bug','incident_id':'INC-1','due_at':'2026-12-01'}",
     REFUSE_MISSING_FIELD, "status: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'merged_into':'\\u0007'"), REFUSE_BAD_IDENTIFIER,
     "merged_into: "},
    {TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1','closed_at':''}", REFUSE_MISSING_FIELD,
     "closed_at: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'timeline':[{'action':''}]"), REFUSE_MISSING_FIELD,
     "timeline[0].action: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'coordination':[{'party':''}]"), REFUSE_MISSING_FIELD,
     "coordination[0].party: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'findings':[{'finding_id':''}]"), REFUSE_BAD_IDENTIFIER,
     "findings[0].finding_id: "},
    {TOPIC_TASK_UPDATED, "{'task_id':'INC-1/bug','incident_id':'INC-1','evidence':'x'}",
     REFUSE_WRONG_TYPE, "evidence: "},
    {TOPIC_TASK_UPDATED, "{'task_id':'INC-1/bug','incident_id':'INC-1','evidence':[7]}",
     REFUSE_WRONG_TYPE, "evidence[0]: "},
    {TOPIC_TASK_UPDATED, "{'incident_id':'INC-1','status':'open'}", REFUSE_MISSING_FIELD,
     "task_id: "},
    {TOPIC_TASK_UPDATED, UPDATE(""), REFUSE_MISSING_FIELD, "status: one of"},
    {TOPIC_TASK_UPDATED, UPDATE(",'reason':'because','revision':4"), REFUSE_MISSING_FIELD, NULL},
    {TOPIC_TASK_UPDATED, UPDATE(",'status':'finished'"), REFUSE_UNKNOWN_VALUE,
     "status: must be one of open"},
    {TOPIC_TASK_UPDATED, UPDATE(",'snoozed_until':'later'"), REFUSE_BAD_TIME, "snoozed_until: "},

    /* The first in the order of codes is told, wherever it stands; of one code the first met. */
    {TOPIC_FINDING_UPDATED, "{'status':'x','title':7,'updated_at':'x','incident_id':'INC-1'}",
     REFUSE_MISSING_FIELD, "finding_id: "},
    {TOPIC_FINDING_UPDATED,
     FINDING(",'status':'x','duplicate_of':'\\u0007','updated_at':'x','title':7"),
     REFUSE_WRONG_TYPE, "title: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'status':'x','duplicate_of':'\\u0007','updated_at':'x'"),
     REFUSE_BAD_IDENTIFIER, "duplicate_of: "},
    {TOPIC_FINDING_UPDATED, FINDING(",'status':'x','updated_at':'x'"), REFUSE_BAD_TIME,
     "updated_at: "},
    {TOPIC_INCIDENT_CLOSED, CLOSURE(",'title':7,'findings':[{'finding_id':'F'},{}]"),
     REFUSE_MISSING_FIELD, "findings[1].finding_id: "},
    {TOPIC_INCIDENT_CLOSED, "{'incident_id':'INC-1','closed_at':'x','title':7}", REFUSE_WRONG_TYPE,
     "title: "},
    {TOPIC_INCIDENT_CLOSED, "[{'a':1,'a':2}]", REFUSE_DUPLICATE_MEMBER, NULL},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct record record = make_record(refusals[i].topic, refusals[i].value);
        assert_refused(&record, refusals[i].code, refusals[i].detail);
    }
}

static void test_refuses_what_has_no_value_or_is_too_large(void **state)
{
    (void)state;
    struct record record = make_record(TOPIC_FINDING_UPDATED, "{");
    record.value = STR_NONE;
    assert_refused(&record, REFUSE_NO_VALUE, NULL);
    char *large = arena_zalloc(arena, codec_limits.record_bytes + 1); /* not even JSON */
    record.value = (struct str){large, codec_limits.record_bytes + 1};
    assert_refused(&record, REFUSE_TOO_LARGE, NULL);
    record.value.n--;
    assert_refused(&record, REFUSE_MALFORMED_JSON, NULL);
}

static void test_depth_limit(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int levels = 32; levels <= 33; levels++) {
        b.n = 0;
        buf_lit(&b, "{\"incident_id\":\"I\",\"finding_id\":\"F\",\"x\":");
        for (int i = 1; i < levels; i++) buf_char(&b, '[');
        for (int i = 1; i < levels; i++) buf_char(&b, ']');
        buf_char(&b, '}');
        struct record record = make_record(TOPIC_FINDING_UPDATED, "");
        record.value = buf_slice(&b);
        if (levels == 32)
            decoded(&record);
        else
            assert_refused(&record, REFUSE_TOO_DEEP, NULL);
    }
    buf_free(&b);
}

/* `n` labels, the names and texts of which have so many bytes. */
static bool takes_labels(int n, int name, int text, struct refused *refused)
{
    struct buf b = {0};
    struct event event;
    buf_lit(&b, "{\"incident_id\":\"I\",\"finding_id\":\"F\",\"labels\":{");
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s\"%0*d\":\"%0*d\"", i ? "," : "", name, i, text, i);
    buf_lit(&b, "}}");
    struct record record = make_record(TOPIC_FINDING_UPDATED, "");
    record.value = buf_slice(&b);
    bool taken = decode_with(&codec_limits, &record, &event, refused);
    buf_free(&b);
    return taken;
}

static void assert_label_limits(void)
{
    struct refused refused;
    assert_true(takes_labels(32, 256, 256, &refused));
    assert_false(takes_labels(33, 2, 1, &refused));
    assert_int_equal(refused.code, REFUSE_TOO_LARGE);
    assert_true(str_eq(refused.detail, STR("labels: 33 labels, at most 32 are allowed")));
    assert_false(takes_labels(1, 257, 1, &refused));
    assert_int_equal(refused.code, REFUSE_TOO_LARGE);
    assert_false(takes_labels(1, 1, 257, &refused));
    assert_true(str_eq(refused.detail, STR("labels: \"0\" has 1 bytes as a name and 257 as a text, "
                                           "at most 256 of each are allowed")));
}

static void test_member_limits(void **state)
{
    (void)state;
    struct limits small = {1000000, 32, 10, 20, 2, 2};
    static const struct {
        int topic, code;
        const char *value, *detail;
    } cases[] = {
        {TOPIC_FINDING_UPDATED, REFUSE_TOO_LARGE, FINDING(",'description':'123456789012345678901'"),
         "description: 21 bytes, at most 20"},
        {TOPIC_FINDING_UPDATED, 0, FINDING(",'description':'12345678901234567890'"), NULL},
        {TOPIC_INCIDENT_CLOSED, REFUSE_TOO_LARGE,
         CLOSURE(",'timeline':[{'action':'a'},{'action':'b'},{'action':'c'}]"),
         "timeline: 3 entries"},
        {TOPIC_INCIDENT_CLOSED, 0, CLOSURE(",'timeline':[{'action':'a'},{'action':'b'}]"), NULL},
        {TOPIC_INCIDENT_CLOSED, REFUSE_TOO_LARGE,
         CLOSURE(",'findings':[{'finding_id':'a'},{'finding_id':'b'},{'finding_id':'c'}]"),
         "findings: 3 entries"},
        /* Where wrong-type stands: after what is missing, of one rank the first met. */
        {TOPIC_INCIDENT_CLOSED, REFUSE_MISSING_FIELD,
         CLOSURE(",'findings':[{'finding_id':'a'},{'finding_id':'b'},{}]"),
         "findings[2].finding_id"},
        {TOPIC_INCIDENT_CLOSED, REFUSE_MISSING_FIELD,
         CLOSURE(",'timeline':[{'action':'a'},{'action':'b'},{}]"), "timeline[2].action"},
        {TOPIC_FINDING_UPDATED, REFUSE_TOO_LARGE,
         FINDING(",'description':'123456789012345678901','reason':7,'updated_at':'x'"),
         "description: "},
        {TOPIC_FINDING_UPDATED, REFUSE_WRONG_TYPE,
         FINDING(",'title':7,'description':'123456789012345678901'"), "title: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event event;
        struct refused refused;
        struct record record = make_record(cases[i].topic, cases[i].value);
        bool taken = decode_with(&small, &record, &event, &refused);
        assert_int_equal(taken ? 0 : refused.code, cases[i].code);
        if (cases[i].detail && !str_starts(refused.detail, str_of(cases[i].detail)))
            fail_msg("%.*s", STR_ARG(refused.detail));
    }
    assert_label_limits();
    struct buf b = {0};
    buf_lit(&b, "{\"incident_id\":\"I\",\"closed_at\":1795107600,\"coordination\":[{\"party\":\" ");
    for (int i = 0; i < 1024; i++) buf_char(&b, 'p');
    size_t n = b.n;
    buf_lit(&b, " \"}]}");
    struct record record = make_record(TOPIC_INCIDENT_CLOSED, "");
    record.value = buf_slice(&b);
    decoded(&record);
    b.n = n;
    buf_lit(&b, "p\"}]}");
    record.value = buf_slice(&b);
    assert_refused(&record, REFUSE_TOO_LARGE, "coordination[0].party: 1025 bytes");
    buf_free(&b);
}

/* Marks that are to be put in order cost the square of their number: of these it would be minutes. */
static void a_party_that_is_too_long_costs_nothing(void **state)
{
    (void)state;
    static const char *const marks[] = {"\xcc\x81", "\xcc\xa3"}; /* above the letter, below it */
    enum { MARKS = 100000 };
    struct buf b = {0};
    buf_lit(&b, "{\"incident_id\":\"I\",\"closed_at\":1795107600,\"coordination\":[{\"party\":\"a");
    for (int i = 0; i < 2 * MARKS; i++) buf_str(&b, str_of(marks[i / MARKS]));
    buf_lit(&b, "\"}]}");
    struct record record = make_record(TOPIC_INCIDENT_CLOSED, "");
    record.value = buf_slice(&b);
    clock_t before = clock();
    assert_refused(&record, REFUSE_TOO_LARGE, "coordination[0].party: 400001 bytes");
    assert_true(clock() - before < 10 * CLOCKS_PER_SEC);
    buf_free(&b);
}

static void test_identifier_lengths(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int n = 256; n <= 257; n++) {
        b.n = 0;
        buf_lit(&b, "{\"finding_id\":\"F\",\"incident_id\":\"");
        for (int i = 0; i < n; i++) buf_char(&b, 'i');
        buf_lit(&b, "\"}");
        struct record record = make_record(TOPIC_FINDING_UPDATED, "");
        record.value = buf_slice(&b);
        if (n == 256)
            decoded(&record);
        else
            assert_refused(&record, REFUSE_BAD_IDENTIFIER, "incident_id: 257 bytes");
    }
    buf_free(&b);
    struct record record = make_record(
        TOPIC_FINDING_UPDATED, "{'incident_id':'a b/c|d$\xc3\xa9\xc2\xa0','finding_id':'F'}");
    decoded(&record);
}

static void test_key(void **state)
{
    (void)state;
    struct record record = make_record(TOPIC_FINDING_UPDATED, FINDING(""));
    assert_str(decoded(&record).incident_id, "INC-1");
    record.key = STR("INC-1");
    assert_str(decoded(&record).incident_id, "INC-1");
    record.key = STR("inc-1");
    assert_refused(&record, REFUSE_KEY_MISMATCH,
                   "key: must be the incident_id \"INC-1\", is \"inc-1\"");
    record.key = STR("");
    assert_refused(&record, REFUSE_KEY_MISMATCH, NULL);
    record.key = STR("\xff");
    assert_refused(&record, REFUSE_KEY_MISMATCH, NULL);
    /* What a person does not see is said. */
    static const struct {
        const char *value, *key, *detail;
    } unseen[] = {
        {"{'incident_id':'Mu\xcc\x88ll','finding_id':'F'}", "M\xc3\xbcll",
         "key: must be the incident_id \"Mu\xcc\x88ll\", is \"M\xc3\xbcll\"; they differ in "
         "Unicode "
         "normalisation alone (NFC, NFD)"},
        {"{'incident_id':'INC-1','finding_id':'F'}", "INC-1\xe2\x80\x8b",
         "key: must be the incident_id \"INC-1\", is \"INC-1\\u200b\"; they differ in characters "
         "that "
         "cannot be seen alone"},
        {"{'incident_id':'\xef\xbb\xbfMu\xcc\x88ll','finding_id':'F'}", "M\xc3\xbcll",
         "key: must be the incident_id \"\\ufeffMu\xcc\x88ll\", is \"M\xc3\xbcll\"; they differ in "
         "characters that cannot be seen alone"},
    };
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        record = make_record(TOPIC_FINDING_UPDATED, unseen[i].value);
        record.key = str_of(unseen[i].key);
        assert_refused(&record, REFUSE_KEY_MISMATCH, unseen[i].detail);
    }
    record = make_record(TOPIC_FINDING_UPDATED, FINDING(""));
    char *long_key = arena_alloc(arena, 100000);
    memset(long_key, 'x', 100000);
    record.key = (struct str){long_key, 100000};
    assert_refused(&record, REFUSE_KEY_MISMATCH, NULL);
    /* It is the last in the order. */
    record = make_record(TOPIC_FINDING_UPDATED, FINDING(",'status':'x'"));
    record.key = STR("other");
    assert_refused(&record, REFUSE_UNKNOWN_VALUE, NULL);
}

static void test_refusals_say_the_incident(void **state)
{
    (void)state;
    static const char *const values[] = {
        FINDING(",'title':7"), "{'incident_id':'INC-1','x':1,'x':2}", "{'incident_id':'INC-1'}"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct event event;
        struct refused refused;
        struct record record = make_record(TOPIC_FINDING_UPDATED, values[i]);
        assert_false(decode_with(&codec_limits, &record, &event, &refused));
        assert_str(refused.incident_id, "INC-1");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_refuses_what_has_no_value_or_is_too_large),
        cmocka_unit_test(a_party_that_is_too_long_costs_nothing),
        cmocka_unit_test(test_depth_limit),
        cmocka_unit_test(test_member_limits),
        cmocka_unit_test(test_identifier_lengths),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_refusals_say_the_incident),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
