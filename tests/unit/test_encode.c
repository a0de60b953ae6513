/* SPDX-License-Identifier: Apache-2.0 */
#include "encode_support.h"

#define OWNER "{\"team\":\"crash-reporting\",\"person\":null}"
#define CAUSE                                                                  \
    "\"cause\":{\"topic\":\"finding-updated\",\"partition\":3,\"offset\":991," \
    "\"event_id\":\"5b1c\"}"

static void test_task_created(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct task task = make_task();
    struct output output = {.type = OUTPUT_TASK,
                            .incident_id = STR("INC-1042"),
                            .at = AT,
                            .cause = make_cause(),
                            .task = {TASK_CREATED, &task, NULL, ~UINT64_C(0)}};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    assert_int_equal(m.topic, TOPIC_TASKS);
    assert_true(m.timestamp == TIME_NONE);
    assert_str(m.key, "INC-1042");
    assert_value(
        &m,
        "{\"task_id\":\"INC-1042/bug/F-7\",\"version\":1,\"incident_id\":\"INC-1042\","
        "\"finding_id\":\"F-7\",\"origin\":null,\"kind\":\"bug\",\"queue\":\"engineering\","
        "\"title\":\"Dumps \\\"are\\\" not redacted\",\"description\":null,"
        "\"category\":\"technical-lapse\",\"severity\":\"high\",\"priority\":\"P1\","
        "\"status\":\"open\",\"resolution\":null,\"reason\":null,"
        "\"accepted_until\":null,\"accepted_by\":null,\"owner\":" OWNER ","
        "\"participants\":[\"identity\",\"crash-reporting\"],\"labels\":{\"product\":\"a\\\"b\"},"
        "\"created_at\":\"2026-11-20T10:15:00.000Z\",\"updated_at\":\"2026-11-20T10:15:00.000Z\","
        "\"assign_due_at\":null,\"due_at\":\"2026-11-27T10:15:00.000Z\",\"snoozed_until\":null,"
        "\"closed_at\":null,\"first_breached_at\":null,\"sla\":\"on-track\",\"occurrence\":1,"
        "\"tracker\":null,\"evidence\":[],\"evaluation\":null,\"moved_from\":null,\"moved_to\":"
        "null,"
        "\"submitted_at\":null,\"met\":null,\"margin_s\":null,"
        "\"policy\":{\"version\":\"2026-11-20\",\"rule\":\"finding/technical-lapse\"}," CAUSE
        ",\"by\":null,"
        "\"changes\":{},\"warnings\":[]}");
    static const char *const headers[][2] = {
        {"ce_specversion", "1.0"},
        {"ce_id", "INC-1042/bug/F-7/1"},
        {"ce_type", "epilogue.task.created.v1"},
        {"ce_source", "/epilogue/epilogue"},
        {"ce_subject", "INC-1042/bug/F-7"},
        {"ce_time", "2026-11-20T10:15:00.000Z"},
        {"ce_partitionkey", "INC-1042"},
        {"content-type", "application/json"},
        {"traceparent", "00-ab-cd-01"},
        {"tracestate", "v=1"},
    };
    assert_int_equal(m.headers_n, 10);
    for (size_t i = 0; i < m.headers_n; i++) {
        assert_str(m.headers[i].name, headers[i][0]);
        assert_str(m.headers[i].value, headers[i][1]);
    }
    struct buf value = {0};
    encode_value(&encoder, &value, &output);
    assert_true(str_eq(buf_slice(&value), m.value));
    buf_free(&value);
    buf_free(&encoder.scratch);
}

static void test_task_updated_by_tick(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct task before = make_task(), after = before;
    after.version = 2;
    after.sla = SLA_BREACHED;
    after.owner = (struct owner){STR_NONE, STR_NONE};
    after.due_at = TIME_NONE;
    after.tracker.key = STR("SEC-1");
    struct evidence evidence[] = {{STR("r"), STR("n")}, {STR("s"), STR_NONE}};
    after.evidence = (struct evidence_list){evidence, 2};
    after.participants.n = 1;
    after.labels.n = 0;
    after.occurrence = 2;
    after.policy_version = STR("v2");
    after.policy_rule = STR("r2");
    uint64_t changed = UINT64_C(1) << TASK_MEMBER_sla | UINT64_C(1) << TASK_MEMBER_owner |
                       UINT64_C(1) << TASK_MEMBER_due_at | UINT64_C(1) << TASK_MEMBER_tracker |
                       UINT64_C(1) << TASK_MEMBER_evidence |
                       UINT64_C(1) << TASK_MEMBER_participants | UINT64_C(1) << TASK_MEMBER_labels |
                       UINT64_C(1) << TASK_MEMBER_policy | UINT64_C(1) << TASK_MEMBER_occurrence;
    struct cause tick = {.at = AT, .traceparent = STR("00-ab-cd-01")};
    struct output output = {.type = OUTPUT_TASK,
                            .incident_id = STR("INC-1042"),
                            .at = AT,
                            .cause = tick,
                            .task = {TASK_UPDATED, &after, &before, changed}};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    const char *expected =
        "\"cause\":{\"topic\":null,\"partition\":null,\"offset\":null,\"event_id\":null,"
        "\"tick\":\"2026-11-20T10:15:00.000Z\"},\"by\":null,\"changes\":{"
        "\"owner\":{\"from\":" OWNER ",\"to\":null},"
        "\"participants\":{\"from\":[\"identity\",\"crash-reporting\"],\"to\":[\"identity\"]},"
        "\"labels\":{\"from\":{\"product\":\"a\\\"b\"},\"to\":{}},"
        "\"due_at\":{\"from\":\"2026-11-27T10:15:00.000Z\",\"to\":null},"
        "\"sla\":{\"from\":\"on-track\",\"to\":\"breached\"},"
        "\"occurrence\":{\"from\":1,\"to\":2},"
        "\"tracker\":{\"from\":null,\"to\":{\"system\":null,\"key\":\"SEC-1\",\"url\":null}},"
        "\"evidence\":{\"from\":[],\"to\":[{\"ref\":\"r\",\"note\":\"n\"},{\"ref\":\"s\",\"note\":"
        "null}]},"
        "\"policy\":{\"from\":{\"version\":\"2026-11-20\",\"rule\":\"finding/technical-lapse\"},"
        "\"to\":{\"version\":\"v2\",\"rule\":\"r2\"}}},\"warnings\":[]}";
    assert_non_null(strstr(arena_str(arena, m.value).p, expected));
    assert_int_equal(m.headers_n, 8); /* a tick has no trace */
    assert_header(&m, "ce_id", "INC-1042/bug/F-7/2");
    assert_header(&m, "ce_type", "epilogue.task.updated.v1");
    buf_free(&encoder.scratch);
}

static void an_obligation_that_is_done(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct task before = make_task(), after;
    before.kind = KIND_OBLIGATION;
    after = before;
    after.status = STATUS_CLOSED;
    after.resolution = RESOLUTION_DONE;
    after.submitted_at = after.due_at + 1;
    struct output output = {.type = OUTPUT_TASK,
                            .incident_id = STR("INC-1042"),
                            .at = AT,
                            .cause = make_cause(),
                            .task = {TASK_CLOSED, &after, &before, task_diff(&before, &after)}};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    const char *text = arena_str(arena, m.value).p;
    assert_non_null(strstr(text, "\"submitted_at\":\"2026-11-27T10:15:00.001Z\",\"met\":false,"
                                 "\"margin_s\":-1,"));
    assert_non_null(strstr(text, "\"met\":{\"from\":null,\"to\":false},"
                                 "\"margin_s\":{\"from\":null,\"to\":-1}"));
    buf_free(&encoder.scratch);
}

static void test_task_with_answers(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct task before = make_task(), after = make_task();
    before.evaluation = (struct evaluation){TRI_TRUE, 0, STR_NONE};
    after.evaluation = (struct evaluation){TRI_TRUE, TRI_FALSE, STR("late")};
    after.version++;
    struct output output = {.type = OUTPUT_TASK,
                            .incident_id = STR("INC-1"),
                            .at = AT,
                            .cause = make_cause(),
                            .task = {TASK_UPDATED, &after, &before, task_diff(&before, &after)}};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    const char *text = arena_str(arena, m.value).p;
    assert_non_null(
        strstr(text, "\"evaluation\":{\"sufficient\":true,\"complete\":false,\"note\":\"late\"},"));
    assert_non_null(strstr(text, "\"evaluation\":{\"from\":{\"sufficient\":true,\"complete\":null,"
                                 "\"note\":null},\"to\":{\"sufficient\":true,"));
    buf_free(&encoder.scratch);
}

static void test_ids_are_percent_encoded(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct task task = make_task();
    task.name = STR("coordination/A%2FB \"x\"");
    struct warning warning = {STR("severity"), STR("x"), STR("high")};
    struct output output = {.type = OUTPUT_TASK,
                            .incident_id = STR("INC/10|4$%"),
                            .at = AT,
                            .cause = {.topic = TOPIC_INCIDENT_CLOSED, .at = AT, .by = STR("lead")},
                            .warnings = {&warning, 1},
                            .task = {TASK_CLOSED, &task, NULL, 0}};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    assert_header(&m, "ce_id", "INC%2F10%7C4%24%25/coordination/A%2FB \"x\"/1");
    assert_header(&m, "ce_subject", "INC%2F10%7C4%24%25/coordination/A%2FB \"x\"");
    assert_header(&m, "ce_partitionkey", "INC/10|4$%");
    assert_header(&m, "ce_type", "epilogue.task.closed.v1");
    assert_str(m.key, "INC/10|4$%");
    const char *start =
        "{\"task_id\":\"INC%2F10%7C4%24%25/coordination/A%2FB \\\"x\\\"\",\"version\":1,"
        "\"incident_id\":\"INC/10|4$%\",";
    assert_true(str_starts(m.value, str_of(start)));
    assert_non_null(strstr(
        arena_str(arena, m.value).p,
        "\"event_id\":null},\"by\":\"lead\",\"changes\":{},\"warnings\":[{\"member\":\"severity\","
        "\"value\":\"x\",\"taken_as\":\"high\"}]}"));
    buf_free(&encoder.scratch);
}

static void test_incident_events(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct str reasons[] = {STR("severity>=high"), STR("request")};
    struct incident incident = {.title = STR("Key read"),
                                .severity = SEVERITY_CRITICAL,
                                .closed_at = AT,
                                .occurrence = 2,
                                .level = LEVEL_FULL,
                                .because = {reasons, 2},
                                .counts = {6, 1, 2, 3, 4}};
    struct output output = {.type = OUTPUT_INCIDENT,
                            .incident_id = STR("INC/1"),
                            .at = AT,
                            .cause = make_cause(),
                            .policy_version = STR("p1"),
                            .incident = {INCIDENT_OPENED, 2, &incident}};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    assert_int_equal(m.topic, TOPIC_TASKS);
    assert_value(&m, "{\"incident_id\":\"INC/1\",\"occurrence\":2,\"level\":\"full\","
                     "\"because\":[\"severity>=high\",\"request\"],\"title\":\"Key read\","
                     "\"severity\":\"critical\",\"closed_at\":\"2026-11-20T10:15:00.000Z\","
                     "\"counts\":{\"open\":6,\"closed\":1,\"met\":2,\"met_late\":3,"
                     "\"waived\":4},"
                     "\"policy\":{\"version\":\"p1\",\"rule\":\"postmortem/full\"}," CAUSE
                     ",\"warnings\":[]}");
    assert_header(&m, "ce_id", "INC%2F1/opened/2");
    assert_header(&m, "ce_subject", "INC/1");
    assert_header(&m, "ce_type", "epilogue.incident.opened.v1");
    static const struct {
        int level;
        size_t because;
        struct str merged_into;
        const char *text;
    } levels[] = {
        {LEVEL_LIGHT, 0, {NULL, 0}, "\"level\":\"light\",\"because\":[],"},
        {LEVEL_FULL, 1, {NULL, 0}, "\"because\":[\"severity>=high\"],"},
        {LEVEL_UNCONFIRMED, 0, {NULL, 0}, "\"level\":\"none\",\"because\":[\"disposition\"],"},
        {LEVEL_UNCONFIRMED, 2, {"INC-2", 5}, "\"level\":\"none\",\"because\":[\"merged_into\"],"},
    };
    output.incident.event = INCIDENT_COMPLETED;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        incident.level = levels[i].level;
        incident.because.n = levels[i].because;
        incident.merged_into = levels[i].merged_into;
        encode_output(&encoder, arena, &output, &m);
        assert_non_null(strstr(arena_str(arena, m.value).p, levels[i].text));
        assert_header(&m, "ce_id", "INC%2F1/completed/2");
    }
    buf_free(&encoder.scratch);
}

#define SHORT_TASK                                                                        \
    "{\"title\":\"Dumps \\\"are\\\" not redacted\",\"kind\":\"bug\",\"priority\":\"P1\"," \
    "\"status\":\"open\",\"owner\":" OWNER ",\"due_at\":\"2026-11-27T10:15:00.000Z\","    \
    "\"tracker\":null,\"labels\":{\"product\":\"a\\\"b\"}}"

static void test_task_reminder(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct task task = make_task();
    struct recipient recipients[] = {
        {ROLE_OWNER, {STR("crash-reporting"), STR("dev@example.com")}, STR("ann@example.com")},
        {ROLE_ON_CALL, {STR("crash-reporting"), STR_NONE}, STR_NONE},
    };
    struct output output = {.type = OUTPUT_REMINDER,
                            .incident_id = STR("INC-1042"),
                            .at = AT,
                            .cause = {.at = AT},
                            .reminder = {.kind = REMINDER_OVERDUE,
                                         .number = 2,
                                         .due_for = AT,
                                         .recipients = recipients,
                                         .recipients_n = 2,
                                         .summary = STR("late"),
                                         .covers = 1u << REMINDER_OVERDUE | 1u << REMINDER_DUE,
                                         .coalesced = 4,
                                         .occurrence = 3,
                                         .task = &task}};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    assert_int_equal(m.topic, TOPIC_REMINDERS);
    assert_value(&m, "{\"kind\":\"overdue\",\"covers\":[\"overdue\",\"due\"],\"number\":2,\"task_"
                     "id\":\"INC-1042/bug/F-7\","
                     "\"incident_id\":\"INC-1042\",\"due_for\":\"2026-11-20T10:15:00.000Z\","
                     "\"recipients\":[{\"role\":\"owner\",\"team\":\"crash-reporting\","
                     "\"person\":\"dev@example.com\",\"delegated_from\":\"ann@example.com\"},{"
                     "\"role\":\"on-call\","
                     "\"team\":\"crash-reporting\",\"person\":null,\"delegated_from\":null}],"
                     "\"summary\":\"late\","
                     "\"coalesced\":4,\"task\":" SHORT_TASK ",\"incident\":null,\"finding\":null}");
    assert_header(&m, "ce_id", "INC-1042/bug/F-7/3/overdue/2");
    assert_header(&m, "ce_subject", "INC-1042/bug/F-7");
    assert_header(&m, "ce_type", "epilogue.reminder.overdue.v1");
    assert_int_equal(m.headers_n, 8);
    buf_free(&encoder.scratch);
}

static void test_reminders_without_task(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct task task = make_task();
    const struct task *open[] = {&task, &task};
    struct incident incident = {.title = STR("Key read"), .level = LEVEL_FULL};
    struct finding finding = {
        .finding_id = STR("F-7"), .title = STR("t"), .severity = SEVERITY_LOW};
    struct output output = {.type = OUTPUT_REMINDER,
                            .incident_id = STR("INC/1"),
                            .at = AT,
                            .cause = {.at = AT},
                            .reminder = {.kind = REMINDER_REVIEW_DUE,
                                         .covers = 1u << REMINDER_REVIEW_DUE,
                                         .number = 1,
                                         .due_for = AT,
                                         .occurrence = 1,
                                         .incident = &incident,
                                         .open = open,
                                         .open_n = 2}};
    struct message m;
    encode_output(&encoder, arena, &output, &m);
    assert_value(&m,
                 "{\"kind\":\"review-due\",\"covers\":[\"review-due\"],\"number\":1,\"task_id\":"
                 "null,\"incident_id\":\"INC/1\","
                 "\"due_for\":\"2026-11-20T10:15:00.000Z\",\"recipients\":[],\"summary\":null,"
                 "\"coalesced\":0,\"task\":null,\"incident\":{\"title\":\"Key read\","
                 "\"level\":\"full\",\"open\":[" SHORT_TASK "," SHORT_TASK "]},\"finding\":null}");
    assert_header(&m, "ce_id", "INC%2F1/1/review-due/1");
    assert_header(&m, "ce_subject", "INC/1");
    output.reminder.kind = REMINDER_ORPHAN_FINDING;
    output.reminder.open_n = 0;
    output.reminder.finding = &finding;
    encode_output(&encoder, arena, &output, &m);
    assert_non_null(strstr(arena_str(arena, m.value).p,
                           "\"task\":null,\"incident\":null,\"finding\":{\"finding_id\":\"F-7\","
                           "\"title\":\"t\",\"category\":\"uncategorized\",\"severity\":\"low\","
                           "\"status\":\"open\",\"owner\":null,\"labels\":{}}}"));
    buf_free(&encoder.scratch);
}

static void test_dead_letter(void **state)
{
    (void)state;
    struct encoder encoder = make_encoder();
    struct record record = make_record(TOPIC_FINDING_UPDATED, "0123456789");
    struct header headers[] = {{STR("x"), STR_NONE}, {STR("epilogue-error"), STR("spoofed")}};
    record.headers = headers;
    record.headers_n = 2;
    record.key = STR("K");
    struct refused refused = {REFUSE_NOT_AN_OBJECT, STR("the value must be an object"), STR_NONE};
    struct message m;
    assert_true(encode_dead_letter(&encoder, arena, &record, &refused, AT, SIZE_MAX, &m));
    assert_int_equal(m.topic, TOPIC_DEAD_LETTERS);
    assert_str(m.key, "K");
    assert_str(m.value, "0123456789");
    assert_str(m.headers[0].name, "x");
    assert_null(m.headers[0].value.p);
    assert_header(&m, "epilogue-error", "not-an-object");
    assert_header(&m, "epilogue-error-detail", "the value must be an object");
    assert_header(&m, "epilogue-topic", "finding-updated");
    assert_header(&m, "epilogue-partition", "3");
    assert_header(&m, "epilogue-offset", "991");
    assert_header(&m, "epilogue-time", "2026-11-20T10:15:00.000Z");
    assert_null(header(&m, "epilogue-truncated"));
    record.value = STR_NONE;
    assert_true(encode_dead_letter(&encoder, arena, &record, &refused, AT, SIZE_MAX, &m));
    assert_null(m.value.p);
    assert_null(header(&m, "epilogue-truncated"));
}

static void test_source(void **state)
{
    (void)state;
    assert_str(encode_source(arena, STR("epilogue")), "/epilogue/epilogue");
    assert_str(encode_source(arena, STR("a b/c?\xc3\xa9:@~")), "/epilogue/a%20b%2Fc%3F%C3%A9:@~");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_created),
        cmocka_unit_test(test_task_updated_by_tick),
        cmocka_unit_test(an_obligation_that_is_done),
        cmocka_unit_test(test_task_with_answers),
        cmocka_unit_test(test_ids_are_percent_encoded),
        cmocka_unit_test(test_incident_events),
        cmocka_unit_test(test_task_reminder),
        cmocka_unit_test(test_reminders_without_task),
        cmocka_unit_test(test_dead_letter),
        cmocka_unit_test(test_source),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
