/* SPDX-License-Identifier: Apache-2.0 */
/* Records of epilogue-forwarded: those of another shard, and the findings of merged incidents. */
#include "codec_support.h"

static void test_forwarded(void **state)
{
    (void)state;
    struct record record = make_record(TOPIC_FORWARDED, UPDATE(",'status':'open'"));
    struct header headers[] = {
        {STR("epilogue-topic"), STR("incident-closed")}, /* ours come last and the last counts */
        {STR("epilogue-topic"), STR("task-updated")},    {STR("epilogue-partition"), STR("7")},
        {STR("epilogue-offset"), STR("123456789012")},   {STR("epilogue-kind"), STR("record")},
    };
    record.headers = headers;
    record.headers_n = 5;
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_TASK_UPDATE);
    assert_int_equal(event.cause.topic, TOPIC_TASK_UPDATED);
    assert_int_equal(event.cause.partition, 7);
    assert_int_equal(event.cause.offset, 123456789012);
    static const struct {
        size_t header;
        struct str value;
    } wrong[] = {
        {1, {"followup-tasks", 14}},
        {1, {"", 0}},
        {1, {NULL, 0}},
        {2, {"x", 1}},
        {2, {"-1", 2}},
        {2, {"", 0}},
        {2, {"4294967296", 10}},
        {3, {NULL, 0}},
        {3, {"9999999999999999999", 19}},
        {4, {NULL, 0}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct str right = headers[wrong[i].header].value;
        headers[wrong[i].header].value = wrong[i].value;
        assert_refused(&record, REFUSE_BAD_ENVELOPE, NULL);
        headers[wrong[i].header].value = right;
    }
    record.headers_n = 0;
    assert_refused(&record, REFUSE_BAD_ENVELOPE, NULL);
}

/* A finding of a merged incident, as a record of epilogue-forwarded. */
static struct record merged(const char *value)
{
    static const struct header headers[] = {{{"epilogue-kind", 13}, {"finding-updated", 15}},
                                            {{"epilogue-topic", 14}, {"incident-closed", 15}},
                                            {{"epilogue-partition", 18}, {"5", 1}},
                                            {{"epilogue-offset", 15}, {"6", 1}}};
    struct record record = make_record(TOPIC_FORWARDED, value);
    record.headers = headers;
    record.headers_n = 4;
    return record;
}

#define ORIGIN(incident) "'origin':{'incident_id':'" incident "','finding_id':'F-1'}"

static void test_merged_findings(void **state)
{
    (void)state;
    struct record record =
        merged("{'incident_id':'B','finding_id':'A:F-1'," ORIGIN("A") ",'passed':['A','C']}");
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_FINDING);
    assert_int_equal(event.cause.topic, TOPIC_INCIDENT_CLOSED);
    assert_int_equal(event.cause.offset, 6);
    assert_str(event.finding->finding.finding_id, "A:F-1");
    assert_str(event.finding->finding.origin.incident_id, "A");
    assert_str(event.finding->finding.origin.finding_id, "F-1");
    assert_int_equal(event.finding->finding.passed.n, 2);
    /* It comes home: it is that incident's own again. */
    record = merged("{'incident_id':'A','finding_id':'A:F-1'," ORIGIN("A") ",'passed':['A','C']}");
    event = decoded(&record);
    assert_str(event.finding->finding.finding_id, "F-1");
    assert_null(event.finding->finding.origin.incident_id.p);
    assert_null(event.finding->finding.origin.finding_id.p);
    /* On its own topic these members say nothing. */
    record = make_record(TOPIC_FINDING_UPDATED, FINDING("," ORIGIN("INC-1") ",'passed':['INC-1']"));
    event = decoded(&record);
    assert_null(event.finding->finding.origin.incident_id.p);
    assert_int_equal(event.finding->finding.passed.n, 0);
}

static void test_merged_findings_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int code;
        const char *detail;
    } cases[] = {
        {FINDING(""), REFUSE_MISSING_FIELD, "origin"},
        {FINDING("," ORIGIN("A")), REFUSE_MISSING_FIELD, "passed"},
        {FINDING(",'passed':['A'],'origin':'A'"), REFUSE_WRONG_TYPE, "origin"},
        {FINDING(",'passed':['A'],'origin':{'incident_id':'A'}"), REFUSE_MISSING_FIELD,
         "origin.finding_id"},
        {FINDING(",'passed':['A'],'origin':{'finding_id':'A'}"), REFUSE_MISSING_FIELD,
         "origin.incident_id"},
        {FINDING(",'passed':'A'," ORIGIN("A")), REFUSE_WRONG_TYPE, "passed: must be"},
        {FINDING(",'passed':[]," ORIGIN("A")), REFUSE_WRONG_TYPE, "passed: must name"},
        {FINDING(",'passed':['']," ORIGIN("A")), REFUSE_WRONG_TYPE, "passed: must name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record record = merged(cases[i].value);
        assert_refused(&record, cases[i].code, cases[i].detail);
    }
}

static struct str passed_by(int n)
{
    struct str value = STR("{\"incident_id\":\"I\",\"finding_id\":\"A:F\",\"origin\":"
                           "{\"incident_id\":\"A\",\"finding_id\":\"F\"},\"passed\":[\"A\"");
    for (int i = 1; i < n; i++) value = arena_printf(arena, "%.*s,\"B\"", STR_ARG(value));
    return arena_printf(arena, "%.*s]}", STR_ARG(value));
}

/* Whatever the merges are, a finding is not on its way for ever. */
static void test_a_way_is_not_longer_than_100_incidents(void **state)
{
    (void)state;
    struct record record = merged("");
    record.value = passed_by(PASSED_MAX);
    assert_int_equal(decoded(&record).finding->finding.passed.n, 100);
    record.value = passed_by(PASSED_MAX + 1);
    assert_refused(&record, REFUSE_TOO_LARGE, "passed: 101 incidents");
}

static void test_ids_of_merged_findings_can_be_longer(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_lit(&b, "{\"incident_id\":\"I\","
                "\"origin\":{\"incident_id\":\"A\",\"finding_id\":"
                "\"F\"},\"passed\":[\"A\"],\"finding_id\":\"");
    for (int i = 0; i < 1537; i++) buf_char(&b, 'f');
    buf_lit(&b, "\"}");
    struct record record = merged("");
    record.value = buf_slice(&b);
    assert_str(decoded(&record).finding->finding.finding_id, "A:F");
    record.topic = TOPIC_FINDING_UPDATED;
    assert_refused(&record, REFUSE_BAD_IDENTIFIER, NULL);
    buf_free(&b);
}

/* A newer version has written it: that is no fault of the record, so no code says so. */
static void test_an_unknown_kind_is_no_refusal(void **state)
{
    (void)state;
    struct header kind = {STR("epilogue-kind"), STR("x")};
    struct record record = make_record(TOPIC_FORWARDED, "{");
    record.headers = &kind;
    record.headers_n = 1;
    struct event event;
    struct refused refused;
    assert_false(decode_with(&codec_limits, &record, &event, &refused));
    assert_int_equal(refused.code, refusal_none);
    kind.value = STR("");
    assert_false(decode_with(&codec_limits, &record, &event, &refused));
    assert_int_equal(refused.code, refusal_none);
    /* Elsewhere the header is a stranger's. */
    record.topic = TOPIC_FINDING_UPDATED;
    assert_refused(&record, REFUSE_MALFORMED_JSON, NULL);
}

/* The other records by which merged incidents speak to each other. */
static struct record of_kind(const char *kind, const char *value)
{
    struct record record = merged(value);
    struct header *headers = arena_copy(arena, record.headers, 4 * sizeof *headers);
    headers[0].value = str_of(kind);
    record.headers = headers;
    return record;
}

/* As much of a task as makes it one. */
#define TIMES                                                                           \
    "'created_at':1793610000000,'updated_at':1793610000000,'touched_at':1793610000000," \
    "'assign_due_at':1793620000000,'due_at':1793630000000,'clock_start':1793610000000"
#define WORK "'status':'open','priority':'P2'," TIMES ",'overdue_from':1793610000000"
#define CARRIED(task) \
    "{'incident_id':'B'," ORIGIN("A") ",'passed':['A'],'finding':{'carried':[{" task "}]}}"

static void test_what_merged_incidents_say(void **state)
{
    (void)state;
    struct record record =
        of_kind("merge", "{'incident_id':'B','passed':['A'],'circle':['A','B']}");
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_MERGE);
    assert_int_equal(event.merge->passed.n, 1);
    assert_str(event.merge->circle.items[1], "B");
    record = of_kind("parting", "{'incident_id':'B','from':'A','into':'B','passed':['A']}");
    event = decoded(&record);
    assert_int_equal(event.type, EVENT_PARTING);
    assert_str(event.parting->edge.from, "A");
    assert_str(event.parting->edge.into, "B");
    record = of_kind("forgotten", "{'incident_id':'B','by':'C','home':'A'}");
    event = decoded(&record);
    assert_int_equal(event.type, EVENT_FORGOTTEN);
    assert_str(event.incident_id, "B");
    assert_str(event.forgotten->by, "C");
    assert_str(event.forgotten->home, "A");
    record = of_kind("task-updated", "{'incident_id':'B','task_id':'A/bug/F-1'," ORIGIN(
                                         "A") ",'passed':['A'],'kind':'bug','status':'open'}");
    event = decoded(&record);
    assert_int_equal(event.type, EVENT_TASK_UPDATE);
    assert_str(event.task_update->origin.finding_id, "F-1");
    assert_int_equal(event.task_update->kind, KIND_BUG);
    record = of_kind(
        "finding",
        "{'incident_id':'B'," ORIGIN(
            "A:") ",'passed':['A:'],"
                  "'finding':{'finding_id':'x','title':'T','carried':[{'kind':'bug'," WORK "}]}}");
    event = decoded(&record);
    assert_int_equal(event.type, EVENT_ARRIVAL);
    const struct finding *f = &event.arrival->finding;
    assert_str(f->finding_id, "A%3A:F-1");
    assert_str(f->title, "T");
    assert_int_equal(f->carried.n, 1);
    assert_int_equal(f->carried.items[0].kind, KIND_BUG);
    record = of_kind("finding", "{'incident_id':'A'," ORIGIN("A") ",'passed':['A'],'finding':{}}");
    event = decoded(&record);
    f = &event.arrival->finding;
    assert_str(f->finding_id, "F-1");
    assert_null(f->origin.incident_id.p);
    assert_int_equal(f->passed.n, 0);
}

#define LAW "'kind':'obligation'," WORK
#define DUTY(more, task) \
    "{'incident_id':'B','duty':{'name':'obligation/law'," more ",'carried':[" task "]}}"

static void test_what_is_said_of_duties(void **state)
{
    (void)state;
    struct record record =
        of_kind("duty", DUTY("'incident_id':'A','passed':['A'],'met':true", "{" LAW "}"));
    struct event event = decoded(&record);
    assert_int_equal(event.type, EVENT_DUTY);
    assert_str(event.duty->name, "obligation/law");
    assert_str(event.duty->incident_id, "A");
    assert_true(event.duty->met);
    assert_int_equal(event.duty->carried.items[0].kind, KIND_OBLIGATION);
    record = of_kind("duty", DUTY("'incident_id':'B'", "{" LAW "}"));
    assert_int_equal(decoded(&record).type, EVENT_DUTY); /* it is at home */
    record = of_kind("facts", "{'incident_id':'B','passed':['A'],'severity':'high',"
                              "'customer_impacting':'suspected','data_breach':'true'}");
    event = decoded(&record);
    assert_int_equal(event.type, EVENT_FACTS);
    assert_int_equal(event.facts->facts.severity, SEVERITY_HIGH);
    assert_int_equal(event.facts->facts.customer_impacting, TRI_SUSPECTED);
    assert_str(event.facts->passed.items[0], "A");
    record = of_kind("task-updated", "{'incident_id':'B','task_id':'A/obligation/law','name':"
                                     "'obligation/law','origin':{'incident_id':'A','finding_id':"
                                     "null},'passed':['A'],'status':'open'}");
    event = decoded(&record);
    assert_int_equal(event.type, EVENT_TASK_UPDATE);
    assert_str(event.task_update->name, "obligation/law");
    assert_str(event.task_update->origin.incident_id, "A");
    assert_null(event.task_update->origin.finding_id.p);
}

static void test_what_merged_incidents_do_not_say(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *value;
        int code;
        const char *detail;
    } cases[] = {
        {"merge", "{'passed':['A']}", REFUSE_MISSING_FIELD, "incident_id"},
        {"merge", "{'incident_id':'B','passed':'A'}", REFUSE_WRONG_TYPE, "passed"},
        {"parting", "{'incident_id':'B','into':'B'}", REFUSE_MISSING_FIELD, "from"},
        {"parting", "{'incident_id':'B','from':'A'}", REFUSE_MISSING_FIELD, "into"},
        {"finding", "{'incident_id':'B'," ORIGIN("A") "}", REFUSE_MISSING_FIELD, "finding"},
        {"finding", "{'incident_id':'B','finding':{}}", REFUSE_MISSING_FIELD, "origin"},
        {"finding", "{'incident_id':'B'," ORIGIN("A") ",'finding':[]}", REFUSE_WRONG_TYPE,
         "finding"},
        {"finding", "{'incident_id':'B'," ORIGIN("A") ",'finding':{}}", REFUSE_WRONG_TYPE,
         "passed: must name"},
        {"finding",
         "{'incident_id':'B'," ORIGIN("A") ",'passed':['A'],'finding':{'work':"
                                           "'obligation'}}",
         REFUSE_UNKNOWN_VALUE, "finding.work: \"obligation\""},
        {"finding",
         CARRIED("'kind':'bug','status':'resolved','priority':'P2'," TIMES
                 ",'overdue_from':1793610000000"),
         REFUSE_WRONG_TYPE, "finding.carried:"},
        {"finding",
         CARRIED("'kind':'bug','status':'closed','resolution':'done','priority':'P2'," TIMES
                 ",'overdue_from':1793610000000"),
         REFUSE_WRONG_TYPE, "finding.carried:"},
        {"finding", CARRIED("'kind':'obligation'," WORK), REFUSE_WRONG_TYPE, "finding.carried:"},
        {"finding", CARRIED("'kind':'bug','priority':'P2'," TIMES ",'overdue_from':1793610000000"),
         REFUSE_WRONG_TYPE, "finding.carried:"},
        {"finding", CARRIED("'kind':'bug','status':'open'," TIMES ",'overdue_from':1793610000000"),
         REFUSE_WRONG_TYPE, "finding.carried:"},
        {"finding", CARRIED("'kind':'bug','status':'open','priority':'P2'," TIMES),
         REFUSE_WRONG_TYPE, "finding.carried:"},
        {"duty", "{'incident_id':'B'}", REFUSE_MISSING_FIELD, "duty"},
        {"duty", "{'incident_id':'B','duty':[]}", REFUSE_WRONG_TYPE, "duty"},
        {"duty", DUTY("'passed':['A']", "{" LAW "}"), REFUSE_MISSING_FIELD, "duty.incident_id"},
        {"duty", DUTY("'incident_id':'A'", "{" LAW "}"), REFUSE_WRONG_TYPE, "passed: must name"},
        {"duty", DUTY("'incident_id':'B'", ""), REFUSE_WRONG_TYPE, "duty.carried"},
        {"duty", DUTY("'incident_id':'B'", "{'kind':'obligation'}"), REFUSE_WRONG_TYPE,
         "duty.carried"},
        {"duty", DUTY("'incident_id':'B'", "{'kind':'coordination'," WORK "}"), REFUSE_WRONG_TYPE,
         "duty.carried"},
        {"duty",
         "{'incident_id':'B','duty':{'incident_id':'B','name':'bug/F','carried':[{" LAW "}]}}",
         REFUSE_WRONG_TYPE, "duty.carried"},
        {"duty",
         "{'incident_id':'B','duty':{'incident_id':'B','name':'obligation/law~2',"
         "'carried':[{" LAW "}]}}",
         REFUSE_UNKNOWN_VALUE, "duty.name: is no duty"},
        {"facts", "{'incident_id':'B','severity':'high'}", REFUSE_WRONG_TYPE, "passed: must name"},
        {"task-updated",
         "{'incident_id':'B','task_id':'A/x','status':'open','name':'postmortem','origin':"
         "{'incident_id':'A'},'passed':['A']}",
         REFUSE_UNKNOWN_VALUE, "name: is no duty"},
        {"task-updated",
         "{'incident_id':'B','task_id':'A/bug/F-1','status':'open'," ORIGIN("A") ",'passed':[]}",
         REFUSE_WRONG_TYPE, "passed: must name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record record = of_kind(cases[i].kind, cases[i].value);
        assert_refused(&record, cases[i].code, cases[i].detail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forwarded),
        cmocka_unit_test(test_merged_findings),
        cmocka_unit_test(test_what_merged_incidents_say),
        cmocka_unit_test(test_what_is_said_of_duties),
        cmocka_unit_test(test_what_merged_incidents_do_not_say),
        cmocka_unit_test(test_merged_findings_that_are_none),
        cmocka_unit_test(test_a_way_is_not_longer_than_100_incidents),
        cmocka_unit_test(test_ids_of_merged_findings_can_be_longer),
        cmocka_unit_test(test_an_unknown_kind_is_no_refusal),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
