/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on to another shard or incident, and reads back as it was. */
#include "codec/envelope.h"
#include "encode_support.h"

static struct str passed[] = {{"INC-0", 5}, {"INC-1", 5}};

/* As it stands in the topic, at its partition 9. */
static struct record as_stored(const struct message *m)
{
    return (struct record){.topic = TOPIC_FORWARDED,
                           .partition = 9,
                           .offset = 1,
                           .timestamp = m->timestamp,
                           .key = m->key,
                           .value = m->value,
                           .headers = m->headers,
                           .headers_n = m->headers_n};
}

static struct finding_event *merged_finding(void)
{
    struct record record = make_record(
        TOPIC_FINDING_UPDATED,
        "{'finding_id':'F-7','incident_id':'INC-2','revision':5,'updated_at':'2026-11-20T10:15:00."
        "000Z',"
        "'category':'manual-error','severity':'low','title':'t','description':'d','status':'wont-"
        "fix',"
        "'reason':'r','owner':{'team':'t','person':null},'groups':['a'],'work':'bug','sop_change':"
        "true,"
        "'due_at':null,'snoozed_until':'2026-11-20T10:15:00.000Z',"
        "'tracker':{'system':'s','key':'k','url':'u'},'action_type':'detect','references':[],"
        "'duplicate_of':'F-6'}");
    struct finding_event *finding = decoded(&record).finding;
    finding->finding.finding_id = STR("INC-0:F-7");
    finding->finding.origin = (struct origin){STR("INC-0"), STR("F-7")};
    finding->finding.passed = (struct str_list){passed, 2};
    return finding;
}

/* The message by which a finding goes on to INC-2, caused by a closure. */
static struct message forwarded(const struct finding_event *finding)
{
    struct encoder encoder = make_encoder();
    struct forward_output forward = {.type = EVENT_FINDING, .finding = *finding};
    struct output output = {.type = OUTPUT_FORWARD,
                            .incident_id = STR("INC-2"),
                            .at = AT,
                            .cause = make_cause(),
                            .forward = &forward};
    output.cause.topic = TOPIC_INCIDENT_CLOSED;
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    buf_free(&encoder.scratch);
    return m;
}

static void test_forwarded_finding(void **state)
{
    (void)state;
    struct message m = forwarded(merged_finding());
    assert_int_equal(m.topic, TOPIC_FORWARDED);
    assert_true(m.timestamp == TIME_NONE);
    struct record sent = as_stored(&m);
    sent.timestamp = AT + 5;
    assert_int_equal(envelope_forwarded_time(&sent), AT);
    assert_str(m.key, "INC-2");
    assert_value(
        &m, "{\"finding_id\":\"INC-0:F-7\",\"incident_id\":\"INC-2\","
            "\"origin\":{\"incident_id\":\"INC-0\",\"finding_id\":\"F-7\"},"
            "\"passed\":[\"INC-0\",\"INC-1\"],\"revision\":5,"
            "\"updated_at\":\"2026-11-20T10:15:00.000Z\",\"category\":\"manual-error\","
            "\"severity\":\"low\",\"title\":\"t\",\"description\":\"d\",\"status\":\"wont-fix\","
            "\"reason\":\"r\",\"owner\":{\"team\":\"t\",\"person\":null},\"groups\":[\"a\"],"
            "\"work\":\"bug\",\"sop_change\":true,\"due_at\":null,"
            "\"snoozed_until\":\"2026-11-20T10:15:00.000Z\","
            "\"tracker\":{\"system\":\"s\",\"key\":\"k\",\"url\":\"u\"},\"action_type\":\"detect\","
            "\"references\":[],\"duplicate_of\":\"F-6\"}");
    assert_header(&m, "epilogue-kind", "finding-updated");
    assert_header(&m, "epilogue-topic", "incident-closed");
    assert_header(&m, "epilogue-partition", "3");
    assert_header(&m, "epilogue-offset", "991");
    assert_header(&m, "ce_id", "5b1c");
    assert_header(&m, "traceparent", "00-ab-cd-01");
}

/* What is forwarded reads back as it was, and names the closure that has caused it. */
static void test_forwarded_finding_reads_back(void **state)
{
    (void)state;
    struct finding_event *finding = merged_finding();
    struct message m = forwarded(finding);
    struct record back = as_stored(&m);
    back.timestamp = AT;
    struct event event = decoded(&back);
    assert_int_equal(event.finding->present, finding->present);
    assert_int_equal(event.type, EVENT_FINDING);
    assert_str(event.finding->finding.finding_id, "INC-0:F-7");
    assert_str(event.finding->finding.origin.incident_id, "INC-0");
    assert_str(event.finding->finding.origin.finding_id, "F-7");
    assert_int_equal(event.finding->finding.passed.n, 2);
    assert_str(event.finding->finding.passed.items[1], "INC-1");
    assert_int_equal(event.cause.topic, TOPIC_INCIDENT_CLOSED);
    assert_int_equal(event.cause.partition, 3);
    assert_str(event.cause.event_id, "5b1c");
}

/* Members that nobody has given are not there. */
static void test_forwarded_finding_of_ids_alone(void **state)
{
    (void)state;
    struct finding_event only_id = {.incident_id = STR("INC-2"),
                                    .finding = {.finding_id = STR("A:F"),
                                                .origin = {STR("A"), STR("F")},
                                                .passed = {passed, 1},
                                                .order = {-1, TIME_NONE}}};
    struct message m = forwarded(&only_id);
    assert_value(&m, "{\"finding_id\":\"A:F\",\"incident_id\":\"INC-2\","
                     "\"origin\":{\"incident_id\":\"A\",\"finding_id\":\"F\"},"
                     "\"passed\":[\"INC-0\"]}");
}

/* Forwarded, and refused where it came to: the dead letter says where it first stood. */
static void test_forwarded_record(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct record record = make_record(TOPIC_TASK_UPDATED, "{}");
    struct header headers[] = {{STR("x"), STR("y")}};
    record.headers = headers;
    record.headers_n = 1;
    struct message m;
    encode_forwarded(&encoder, arena, &record, STR("INC-1"), INT64_MAX, &m);
    assert_int_equal(m.topic, TOPIC_FORWARDED);
    assert_int_equal(m.timestamp, INT64_MAX);
    struct record back = as_stored(&m);
    assert_int_equal(envelope_forwarded_time(&back), RECORD_TIME);
    assert_str(m.key, "INC-1");
    assert_str(m.value, "{}");
    assert_header(&m, "x", "y");
    assert_header(&m, "epilogue-kind", "record");
    assert_header(&m, "epilogue-topic", "task-updated");
    struct refused refused = {REFUSE_UNKNOWN_TASK, STR_NONE, STR_NONE};
    encode_dead_letter(&encoder, arena, &back, &refused, AT, SIZE_MAX, &m);
    assert_header(&m, "epilogue-topic", "task-updated");
    assert_header(&m, "epilogue-partition", "3");
    assert_header(&m, "epilogue-offset", "991");
    back.headers_n = 1; /* nobody's: it stands where it stands */
    encode_dead_letter(&encoder, arena, &back, &refused, AT, SIZE_MAX, &m);
    assert_header(&m, "epilogue-topic", "epilogue-forwarded");
    assert_header(&m, "epilogue-partition", "9");
    record.key = STR("INC-7");
    record.timestamp = -1;
    encode_forwarded(&encoder, arena, &record, STR("INC-1"), INT64_MAX, &m);
    assert_str(m.key, "INC-7");
    assert_null(header(&m, "epilogue-record-time")); /* it counts as when it was sent on */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forwarded_finding),
        cmocka_unit_test(test_forwarded_finding_reads_back),
        cmocka_unit_test(test_forwarded_finding_of_ids_alone),
        cmocka_unit_test(test_forwarded_record),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
