/* SPDX-License-Identifier: Apache-2.0 */
/* The records of what comes back: what is told of a cause, the answer, and the event. */
#include "codec/encode.h"
#include "codec/envelope.h"
#include "encode_support.h"

static struct encoder encoder;

static int encoder_setup(void **state)
{
    setup(state);
    encoder = (struct encoder){.source = encode_source(arena, STR("epilogue"))};
    for (int topic = 1; topic < topic_end; topic++) encoder.topic_names[topic] = topic_name(topic);
    return 0;
}

static int encoder_teardown(void **state)
{
    buf_free(&encoder.scratch);
    return teardown(state);
}

static struct record record_of(const struct output *output)
{
    struct message *m = ARENA_NEW(arena, struct message);
    encode_output(&encoder, arena, output, m);
    assert_int_equal(m->topic, TOPIC_FORWARDED);
    struct record record = {.topic = TOPIC_FORWARDED,
                            .partition = 2,
                            .offset = 3,
                            .timestamp = AT + 1,
                            .key = m->key,
                            .value = m->value,
                            .headers = m->headers,
                            .headers_n = m->headers_n};
    record.timestamp = envelope_forwarded_time(&record); /* as the engine does */
    return record;
}

static struct seen make_seen(void)
{
    return (struct seen){.incident_id = STR("INC-1"),
                         .origin = {STR("INC-1"), STR("F/1")},
                         .name = STR("bug/F%2F1"),
                         .title = STR("Logs"),
                         .priority = PRIORITY_P2,
                         .status = STATUS_OPEN,
                         .owner = {STR("t"), STR_NONE},
                         .due_at = AT - 1,
                         .closed_at = TIME_NONE,
                         .snoozed_until = TIME_NONE,
                         .since = AT - 2,
                         .tellings = 2};
}

static struct output telling(struct cause cause)
{
    struct output output = {.type = OUTPUT_FORWARD,
                            .incident_id = state_cause_key(arena, STR("CVE 1")),
                            .at = AT,
                            .cause = cause,
                            .forward = ARENA_NEW(arena, struct forward_output)};
    output.forward->type = EVENT_RECURRENCE;
    output.forward->recurrence = (struct recurrence_event){STR("CVE 1"), TELLING_NEW, make_seen()};
    return output;
}

static void test_what_is_told(void **state)
{
    (void)state;
    struct output output = telling((struct cause){.topic = TOPIC_FINDING_UPDATED,
                                                  .partition = 7,
                                                  .offset = 9,
                                                  .at = AT,
                                                  .event_id = STR("e")});
    struct record record = record_of(&output);
    assert_str(record.key, "$cause/cve 1");
    assert_str(envelope_header(&record, STR(ENVELOPE_KIND)), "recurrence");
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_RECURRENCE);
    assert_str(event.incident_id, "$cause/cve 1");
    assert_int_equal(event.cause.topic, TOPIC_FINDING_UPDATED);
    assert_int_equal(event.cause.offset, 9);
    assert_true(event.cause.at == AT);
    assert_str(event.recurrence->key, "CVE 1");
    assert_int_equal(event.recurrence->what, TELLING_NEW);
    assert_str(event.recurrence->finding.origin.finding_id, "F/1");
    assert_true(event.recurrence->finding.due_at == AT - 1);
    assert_true(event.recurrence->finding.closed_at == TIME_NONE);
    record.key = STR("$cause/another");
    assert_refused(&record, REFUSE_KEY_MISMATCH, NULL);
}

/* What time has caused stood on no input. */
static void test_what_time_has_caused(void **state)
{
    (void)state;
    struct output output = telling((struct cause){.at = AT});
    struct record record = record_of(&output);
    assert_false(envelope_header(&record, STR(ENVELOPE_TOPIC)).p);
    struct event event = decoded(&record);
    assert_int_equal(event.cause.topic, topic_none);
    assert_true(event.cause.at == AT);
}

static void test_the_answer(void **state)
{
    (void)state;
    struct seen earlier = make_seen();
    struct forward_output forward = {.type = EVENT_RECURRED};
    struct output output = {
        .type = OUTPUT_FORWARD, .incident_id = STR("INC-2"), .at = AT, .forward = &forward};
    output.forward->recurred = (struct recurred_event){.origin = {STR("INC-2"), STR("F-2")},
                                                       .key = STR("CVE 1"),
                                                       .incidents = 2,
                                                       .earlier = {&earlier, 1}};
    struct record record = record_of(&output);
    assert_str(record.key, "INC-2");
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_RECURRED);
    assert_str(event.incident_id, "INC-2");
    assert_int_equal(event.recurred->incidents, 2);
    assert_int_equal(event.recurred->earlier.n, 1);
    assert_str(event.recurred->earlier.items[0].name, "bug/F%2F1");
    assert_false(event.recurred->seen_in.p);
}

static struct record of_stranger(const char *kind, const char *value)
{
    struct header *headers = ARENA_NEW(arena, struct header);
    *headers = (struct header){STR(ENVELOPE_KIND), str_of(kind)};
    struct record record = make_record(TOPIC_FORWARDED, value);
    record.headers = headers;
    record.headers_n = 1;
    return record;
}

static void test_a_strangers(void **state)
{
    (void)state;
#define TOLD "'finding':{'incident_id':'A','origin':{'incident_id':'A','finding_id':'F'}}"
#define ORIGIN_F "'origin':{'incident_id':'A','finding_id':'F'}"
    static const struct {
        const char *kind, *value;
        enum refusal code;
    } wrong[] = {
        {"recurrence", "{" TOLD "}", REFUSE_BAD_IDENTIFIER},
        {"recurrence", "{'key':''," TOLD "}", REFUSE_BAD_IDENTIFIER},
        {"recurrence", "{'key':7," TOLD "}", REFUSE_WRONG_TYPE},
        {"recurrence", "{'key':'k'}", REFUSE_BAD_IDENTIFIER},
        {"recurrence", "{'key':'k','finding':{'incident_id':'A'}}", REFUSE_BAD_IDENTIFIER},
        {"recurrence",
         "{'key':'k','finding':{'incident_id':'A','name':'bug/F',"
         "'origin':{'incident_id':'A','finding_id':'F'}}}",
         REFUSE_MISSING_FIELD},
        {"recurred", "{'incident_id':'A','key':'k'}", REFUSE_BAD_IDENTIFIER},
        {"recurred", "{'key':'k'," ORIGIN_F "}", REFUSE_MISSING_FIELD},
        {"recurred", "{'incident_id':'A','key':'k'," ORIGIN_F ",'earlier':[{}]}",
         REFUSE_BAD_IDENTIFIER},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct record record = of_stranger(wrong[i].kind, wrong[i].value);
        record.key = STR_NONE;
        assert_refused(&record, wrong[i].code, NULL);
    }
}

static void test_the_event(void **state)
{
    (void)state;
    struct seen earlier[2] = {make_seen(), make_seen()};
    earlier[1].incident_id = STR("INC-3"); /* where it went to */
    earlier[1].name = STR("bug/INC-1:F%2F1");
    earlier[1].status = STATUS_CLOSED;
    earlier[1].resolution = RESOLUTION_DONE;
    earlier[1].closed_at = AT;
    struct recurred_event event = {.key = STR("CVE 1"), .incidents = 3, .earlier = {earlier, 2}};
    struct finding finding = finding_none;
    finding.finding_id = STR("F-7");
    struct task task = make_task();
    struct output output = {.type = OUTPUT_RECURRED,
                            .incident_id = STR("INC/1042"),
                            .at = AT,
                            .cause = {.topic = TOPIC_FINDING_UPDATED, .at = AT},
                            .policy_version = STR("v")};
    output.recurred = (struct recurred_output){
        .number = 2, .part = STR("F-7"), .finding = &finding, .task = &task, .event = &event};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    assert_int_equal(m.topic, TOPIC_TASKS);
    assert_str(envelope_message_header(&m, STR("ce_id")), "INC%2F1042/recurred/F-7/2");
    assert_str(envelope_message_header(&m, STR("ce_type")), "epilogue.finding.recurred.v1");
    assert_str(envelope_message_header(&m, STR("ce_subject")), "INC/1042");
    assert_str(m.value,
               "{\"incident_id\":\"INC/1042\",\"finding_id\":\"F-7\",\"origin\":null,\"n\":2,"
               "\"cause_key\":\"CVE 1\",\"task_id\":\"INC%2F1042/bug/F-7\","
               "\"title\":\"Dumps \\\"are\\\" not redacted\",\"incidents\":3,\"earlier\":["
               "{\"task_id\":\"INC-1/bug/F%2F1\",\"incident_id\":\"INC-1\",\"finding_id\":\"F/1\","
               "\"title\":\"Logs\",\"priority\":\"P2\",\"status\":\"open\",\"resolution\":null,"
               "\"owner\":{\"team\":\"t\",\"person\":null},\"due_at\":\"2026-11-20T10:14:59.999Z\","
               "\"overdue\":true,\"snoozed_until\":null,\"closed_at\":null,\"seen_at\":\"2026-11-"
               "20T10:14:59.998Z\"},"
               "{\"task_id\":\"INC-3/bug/INC-1:F%2F1\",\"incident_id\":\"INC-3\","
               "\"finding_id\":\"INC-1:F%2F1\",\"title\":\"Logs\",\"priority\":\"P2\","
               "\"status\":\"closed\",\"resolution\":\"done\","
               "\"owner\":{\"team\":\"t\",\"person\":null},\"due_at\":\"2026-11-20T10:14:59.999Z\","
               "\"overdue\":false,\"snoozed_until\":null,\"closed_at\":\"2026-11-20T10:15:00."
               "000Z\",\"seen_at\":\"2026-11-"
               "20T10:14:59.998Z\"}],"
               "\"policy\":{\"version\":\"v\",\"rule\":\"recurrence\"},"
               "\"cause\":{\"topic\":\"finding-updated\",\"partition\":0,\"offset\":0,"
               "\"event_id\":null},\"warnings\":[]}");
    output.recurred.task = NULL;
    finding.title = STR("Redact");
    encode_output(&encoder, arena, &output, &m);
    assert_non_null(strstr(m.value.p, "\"task_id\":null,\"title\":\"Redact\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, encoder_setup, encoder_teardown)
        TEST(test_what_is_told), TEST(test_what_time_has_caused),
        TEST(test_the_answer),   TEST(test_a_strangers),
        TEST(test_the_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
