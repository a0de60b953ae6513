/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around a record's data: where and when it comes from, in headers or in its value. */
#include "decode_support.h"

static void test_cause(void **state)
{
    (void)state;
    struct record record = make_record(TOPIC_FINDING_UPDATED, FINDING(""));
    struct header headers[] = {
        {STR("ce_id"), STR("first")},
        {STR("ce_id"), STR("e-1")},
        {STR("traceparent"), STR("00-1-2-01")},
        {STR("tracestate"), STR("a=b")},
        {STR("content-type"), STR("application/json")},
    };
    record.headers = headers;
    record.headers_n = 5;
    struct cause cause = decoded(&record).cause;
    assert_int_equal(cause.topic, TOPIC_FINDING_UPDATED);
    assert_int_equal(cause.partition, 3);
    assert_int_equal(cause.offset, 991);
    assert_int_equal(cause.at, RECORD_TIME);
    assert_str(cause.event_id, "e-1");
    assert_str(cause.traceparent, "00-1-2-01");
    assert_str(cause.tracestate, "a=b");
    record.timestamp = NOW + 1;
    assert_int_equal(decoded(&record).cause.at, NOW);
    record.timestamp = -1;
    assert_int_equal(decoded(&record).cause.at, NOW);
    headers[1].value = STR("\xff"); /* would not be JSON in the events that follow */
    assert_null(decoded(&record).cause.event_id.p);
    headers[1].value = STR_NONE;
    assert_null(decoded(&record).cause.event_id.p);
}

/* A producer in seconds gave tasks of 1970, overdue at once: 16 reminders and an escalation. */
static void test_a_record_time_that_is_none(void **state)
{
    (void)state;
    char now_text[TIMESTAMP_TEXT + 1] = "";
    static const struct {
        ms_t timestamp, at;
        const char *value; /* of the warning; NULL: none */
    } cases[] = {
        {TIME_NONE, NOW, NULL},
        {0, NOW, "0"},
        {RECORD_TIME / 1000, NOW, "1795170000"},
        {RECORD_TIME_MIN - 1, NOW, "99999999999"},
        {RECORD_TIME_MIN, RECORD_TIME_MIN, NULL},
        {NOW + DAY_MS, NOW, NULL},
        {RECORD_TIME_END - 1, NOW, NULL},
        {RECORD_TIME_END, NOW, "100000000000000"},
        {INT64_MAX, NOW, "9223372036854775807"},
    };
    for (size_t i = 0; i < 3 * sizeof cases / sizeof *cases; i++) {
        size_t k = i / 3;
        struct record record =
            i % 3 == 0   ? make_record(TOPIC_FINDING_UPDATED, FINDING(""))
            : i % 3 == 1 ? make_record(TOPIC_TASK_UPDATED, UPDATE(",'status':'open'"))
                         : make_record(TOPIC_INCIDENT_CLOSED,
                                       CLOSURE(",'findings':[{'finding_id':'F','category':'x'}]"));
        record.timestamp = cases[k].timestamp;
        struct event event = decoded(&record);
        struct warnings warnings = i % 3 == 0   ? event.finding->warnings
                                   : i % 3 == 1 ? event.task_update->warnings
                                                : event.closure->warnings;
        assert_int_equal(event.cause.at, cases[k].at);
        assert_int_equal(warnings.n, cases[k].value != NULL);
        if (!cases[k].value) continue;
        assert_str(warnings.items[0].member, "record_time");
        assert_str(warnings.items[0].value, cases[k].value);
        timestamp_format(NOW, now_text);
        assert_str(warnings.items[0].taken_as, now_text);
    }
}

static void test_structured_mode(void **state)
{
    (void)state;
    static const struct {
        const char *type, *value;
        int code;
    } cases[] = {
        {"application/cloudevents+json", "{'id':'e','data':" FINDING("") "}", 0},
        {"Application/CloudEvents+JSON; charset=UTF-8", "{'id':7,'data':" FINDING("") "}", 0},
        {"application/cloudevents+json", "{'data':" FINDING(",'title':7") "}", REFUSE_WRONG_TYPE},
        {"application/cloudevents+json", FINDING(""), REFUSE_BAD_ENVELOPE},
        {"application/cloudevents+json", "{'data':null}", REFUSE_BAD_ENVELOPE},
        {"application/cloudevents+json", "{'data':'{}'}", REFUSE_BAD_ENVELOPE},
        {"application/cloudevents+json", "{'data_base64':'e30='}", REFUSE_BAD_ENVELOPE},
        {"application/cloudevents+json", "{'data_base64':'e30=','data':" FINDING("") "}",
         REFUSE_BAD_ENVELOPE},
        {"application/cloudevents+json", "{'data_base64':null,'data':" FINDING("") "}", 0},
        {"application/cloudevents+json", "{'data_base64':null}", REFUSE_BAD_ENVELOPE},
        {"application/cloudevents+json", "[]", REFUSE_BAD_ENVELOPE},
        {"application/cloudevents+json", "{'data':{'a':1,'a':2}}", REFUSE_DUPLICATE_MEMBER},
        {"application/cloudevents+json", "{", REFUSE_MALFORMED_JSON},
        {"application/cloudevents-batch+json", "[{'data':" FINDING("") "}]", REFUSE_BAD_ENVELOPE},
        {"application/cloudevents-batch+json", FINDING(""), REFUSE_BAD_ENVELOPE},
        {"application/cloudevents+jsonx", FINDING(""), 0},
        {"application/json", FINDING(""), 0},
        /* Undeclared; a record of ours may have such a member, too. */
        {"application/json", "{'specversion':'1.0','id':'e','data':" FINDING("") "}",
         REFUSE_BAD_ENVELOPE},
        {"text/plain", "{'specversion':'1.0','data_base64':'e30='}", REFUSE_BAD_ENVELOPE},
        {"application/json", FINDING(",'specversion':'1.0','data':{}"), 0},
        {"application/json", "{'specversion':1,'data':" FINDING("") "}", REFUSE_MISSING_FIELD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record record = make_record(TOPIC_FINDING_UPDATED, cases[i].value);
        struct header headers[] = {{STR("content-type"), str_of(cases[i].type)}};
        record.headers = headers;
        record.headers_n = 1;
        if (cases[i].code)
            assert_refused(&record, cases[i].code, NULL);
        else
            assert_str(decoded(&record).finding->finding.finding_id, "F-1");
        if (i == 0) assert_str(decoded(&record).cause.event_id, "e");
    }
}

/* Without any header, too; and the incident is known, so that the dead letter goes to its shard. */
static void test_structured_mode_that_is_not_declared(void **state)
{
    (void)state;
    struct event event;
    struct refused refused;
    struct record record =
        make_record(TOPIC_FINDING_UPDATED, "{'specversion':'1.0','id':'e','data':" FINDING("") "}");
    assert_refused(&record, REFUSE_BAD_ENVELOPE,
                   "it looks like a structured CloudEvent, which needs the header content-type: "
                   "application/cloudevents+json");
    assert_false(decode_with(&codec_limits, &record, &event, &refused));
    assert_str(refused.incident_id, "INC-1");
    record = make_record(TOPIC_FINDING_UPDATED, "{'specversion':'1.0'}");
    assert_refused(&record, REFUSE_BAD_ENVELOPE, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cause),
        cmocka_unit_test(test_a_record_time_that_is_none),
        cmocka_unit_test(test_structured_mode),
        cmocka_unit_test(test_structured_mode_that_is_not_declared),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
