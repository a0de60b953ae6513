/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_support.h"

#include "codec/state_json.h"

#define AT INT64_C(1795169700000) /* 2026-11-20T10:15:00.000Z */

/* Writes, reads, and writes again what was read: every member must have come through. */
static void *through(enum entry_type type, void *body, const char *expected)
{
    struct str text = written(type, body);
    struct entry entry = {.key = STR("K"), .type = type};
    struct error error;
    if (expected) assert_str(text, expected);
    if (state_json_read(arena, NULL, text, &entry, &error) != OK) fail_msg("%s", error.text);
    assert_str(written(type, entry.body), text.p);
    return entry.body;
}

#define TIME_OF(seconds) (AT + (seconds)*SECOND_MS)

/* With all members. */
static struct incident whole_incident(void)
{
    static struct str reasons[] = {{"severity>=high", 14}, {"request", 7}};
    static struct label label = {{"n", 1}, {"x", 1}};
    return (struct incident){
        .incident_id = STR("INC-1"),
        .order = {7, TIME_OF(1)},
        .title = STR(""),
        .severity = SEVERITY_CRITICAL,
        .disposition = DISPOSITION_BENIGN,
        .customer_impacting = TRI_SUSPECTED,
        .data_breach = TRI_FALSE,
        .postmortem = LEVEL_FULL,
        .started_at = TIME_OF(2),
        .known_at = TIME_OF(12),
        .detected_at = TIME_OF(3),
        .contained_at = TIME_OF(4),
        .closed_at = TIME_OF(5),
        .owner = {STR("team"), STR("person")},
        .labels = {&label, 1},
        .merged_into = STR("INC-2"),
        .merge_void = STR("INC-3"),
        .phase = PHASE_COMPLETED,
        .level = LEVEL_LIGHT,
        .because = {reasons, 2},
        .occurrence = 2,
        .updates = 3,
        .counts = {1, 2, 3, 4, 5},
        .findings = 5,
        .doubts = 4,
        .made = 1U << KIND_POSTMORTEM | 1U << KIND_REGISTER_ENTRY,
        .opened_at = TIME_OF(6),
        .completed_at = TIME_OF(7),
        .accepted = 3,
        .accepted_last = TIME_OF(15),
        .review_last = TIME_OF(8),
        .reviews = 6,
        .missing_findings_sent = true,
        .orphans = 7,
        .awaited_since = TIME_OF(13),
        .retired = 8,
        .kept_since = TIME_OF(11),
        .cursor = {.stage = STAGE_RELEASE,
                   .topic = TOPIC_INCIDENT_CLOSED,
                   .partition = 9,
                   .offset = 10,
                   .event_id = STR("e"),
                   .done = 11,
                   .key = STR("INC-1|f|F"),
                   .at = TIME_OF(9),
                   .latest = TIME_OF(10),
                   .changes = CHANGE_BACK | CHANGE_RAISED},
    };
}

static const char whole_incident_text[] =
    "{\"v\":1,\"type\":\"incident\",\"incident_id\":\"INC-1\","
    "\"order\":{\"revision\":7,\"time\":1795169701000},\"title\":\"\","
    "\"severity\":\"critical\",\"disposition\":\"benign\",\"customer_impacting\":\"suspected\","
    "\"data_breach\":false,\"postmortem\":\"full\",\"started_at\":1795169702000,"
    "\"detected_at\":1795169703000,\"known_at\":1795169712000,\"contained_at\":1795169704000,"
    "\"closed_at\":1795169705000,\"owner\":{\"team\":\"team\","
    "\"person\":\"person\"},\"labels\":{\"n\":\"x\"},\"merged_into\":\"INC-2\",\"merge_void\":"
    "\"INC-3\",\"phase\":"
    "\"completed\","
    "\"level\":\"light\",\"because\":[\"severity>=high\",\"request\"],"
    "\"occurrence\":2,\"updates\":3,\"counts\":{\"open\":1,\"closed\":2,\"met\":3,"
    "\"met_late\":4,\"waived\":5},\"findings\":5,\"doubts\":4,\"made\":[\"postmortem\","
    "\"register-entry\"],"
    "\"opened_at\":1795169706000,\"completed_at\":1795169707000,"
    "\"accepted\":3,\"accepted_last\":1795169715000,"
    "\"review_last\":1795169708000,\"reviews\":6,"
    "\"missing_findings_sent\":true,\"orphans\":7,"
    "\"awaited_since\":1795169713000,\"retired\":8,\"kept_since\":1795169711000,"
    "\"cursor\":{\"stage\":\"release\",\"topic\":\"incident-closed\",\"partition\":9,"
    "\"offset\":10,\"event_id\":\"e\",\"done\":11,\"key\":\"INC-1|f|F\",\"at\":1795169709000,"
    "\"latest\":1795169710000,\"changes\":[\"back\",\"raised\"]}}";

static void test_incident(void **state)
{
    (void)state;
    struct incident whole = whole_incident();
    through(ENTRY_INCIDENT, &whole, whole_incident_text);
}

static void test_incident_without_anything(void **state)
{
    (void)state;
    struct incident none = incident_none;
    struct incident *back = through(ENTRY_INCIDENT, &none, "{\"v\":1,\"type\":\"incident\"}");
    assert_memory_equal(back, &none, sizeof none);
}

static void test_closure(void **state)
{
    (void)state;
    struct timeline_entry timeline[] = {{AT, STR("2026"), STR("soc"), STR("a")},
                                        {TIME_NONE, STR_NONE, STR_NONE, STR_NONE}};
    struct evidence evidence[] = {{STR("r"), STR("n")}, {STR_NONE, STR_NONE}};
    struct coordination coordination[] = {
        {STR("P"), STR("p"), PARTY_REGULATOR, STR("ref"), STR("Closed"), true, false},
        {STR("Q"), STR_NONE, 0, STR_NONE, STR_NONE, false, true}};
    struct str texts[] = {STR("x"), STR("y")};
    struct closure full = {.summary = STR("s"),
                           .started_at_text = STR("2026"),
                           .detected_at_text = STR("2026-01"),
                           .contained_at_text = STR("2026-02"),
                           .timeline = {timeline, 2},
                           .evidence = {evidence, 2},
                           .actors = {texts, 1},
                           .response = STR("r"),
                           .takeaways = {texts, 2},
                           .sufficient = TRI_TRUE,
                           .complete = TRI_FALSE,
                           .evaluation_note = STR("e"),
                           .coordination = {coordination, 2},
                           .references = {texts, 2}};
    struct closure *back = through(
        ENTRY_CLOSURE, &full,
        "{\"v\":1,\"type\":\"closure\",\"summary\":\"s\",\"started_at_text\":\"2026\","
        "\"detected_at_text\":\"2026-01\",\"contained_at_text\":\"2026-02\","
        "\"timeline\":[{\"at\":1795169700000,\"at_text\":\"2026\",\"actor\":\"soc\","
        "\"action\":\"a\"},{}],\"evidence\":[{\"ref\":\"r\",\"note\":\"n\"},{}],\"actors\":[\"x\"],"
        "\"response\":\"r\",\"takeaways\":[\"x\",\"y\"],\"sufficient\":true,\"complete\":false,"
        "\"evaluation_note\":\"e\",\"coordination\":[{\"party\":\"P\",\"key\":\"p\",\"party_kind\":"
        "\"regulator\","
        "\"reference\":\"ref\",\"status\":\"Closed\",\"closed\":true},{\"party\":\"Q\",\"again\":"
        "true}],"
        "\"references\":[\"x\",\"y\"]}");
    assert_int_equal(back->timeline.n, 2);
    assert_true(back->timeline.items[1].at == TIME_NONE);
    assert_true(back->coordination.items[0].closed);
    through(ENTRY_CLOSURE, &(struct closure){0}, "{\"v\":1,\"type\":\"closure\"}");
}

static void test_finding(void **state)
{
    (void)state;
    struct str texts[] = {STR("a"), STR("b\n\"")};
    struct warning warnings[] = {{STR("m"), STR("v"), STR("t")}, {STR("m"), STR_NONE, STR_NONE}};
    struct finding full = {.finding_id = STR("F"),
                           .origin = {STR("INC-0"), STR("F-0")},
                           .passed = {texts, 2},
                           .order = {0, AT},
                           .category = CATEGORY_UNCATEGORIZED,
                           .severity = SEVERITY_LOW,
                           .title = STR("t"),
                           .description = STR("d"),
                           .status = REPORTED_WONT_FIX,
                           .reason = STR("r"),
                           .owner = {STR_NONE, STR("p")},
                           .groups = {texts, 2},
                           .work = KIND_BUG,
                           .sop_change = true,
                           .due_at = TIME_OF(1),
                           .snoozed_until = TIME_OF(2),
                           .tracker = {STR("s"), STR("k"), STR("u")},
                           .action_type = ACTION_DETECT,
                           .references = {texts, 1},
                           .duplicate_of = STR("F-2"),
                           .accepted_until = TIME_OF(16),
                           .accepted_by = STR("b"),
                           .is_inline = true,
                           .kind = KIND_REGISTER_ENTRY,
                           .doubt = DOUBT_CIRCULAR,
                           .sop_task = true,
                           .first_seen_at = TIME_OF(3),
                           .orphan_last = TIME_OF(4),
                           .orphans = 5,
                           .orphan_over = true,
                           .recurred_at = TIME_NONE,
                           .warnings = {warnings, 2}};
    through(
        ENTRY_FINDING, &full,
        "{\"v\":1,\"type\":\"finding\",\"finding_id\":\"F\","
        "\"origin\":{\"incident_id\":\"INC-0\",\"finding_id\":\"F-0\"},"
        "\"passed\":[\"a\",\"b\\n\\\"\"],"
        "\"order\":{\"revision\":0,\"time\":1795169700000},"
        "\"category\":\"uncategorized\",\"severity\":\"low\",\"title\":\"t\",\"description\":\"d\","
        "\"status\":\"wont-fix\",\"reason\":\"r\",\"owner\":{\"person\":\"p\"},"
        "\"groups\":[\"a\",\"b\\n\\\"\"],\"work\":\"bug\",\"sop_change\":true,"
        "\"due_at\":1795169701000,\"snoozed_until\":1795169702000,"
        "\"tracker\":{\"system\":\"s\",\"key\":\"k\",\"url\":\"u\"},\"action_type\":\"detect\","
        "\"references\":[\"a\"],\"duplicate_of\":\"F-2\","
        "\"accepted_until\":1795169716000,\"accepted_by\":\"b\",\"inline\":true,"
        "\"kind\":\"register-entry\",\"doubt\":\"circular\",\"sop_task\":true,"
        "\"first_seen_at\":1795169703000,\"orphan_last\":1795169704000,\"orphans\":5,"
        "\"orphan_over\":true,"
        "\"warnings\":[{\"member\":\"m\",\"value\":\"v\",\"taken_as\":\"t\"},{\"member\":\"m\"}]}");
    struct finding none = finding_none;
    struct finding *back = through(ENTRY_FINDING, &none, "{\"v\":1,\"type\":\"finding\"}");
    assert_memory_equal(back, &none, sizeof none);
}

static struct str some[] = {{"a", 1}}, told[] = {{"team:a", 6}};
static struct evidence shown[] = {{{"r", 1}, {NULL, 0}}};

/* Nothing in it is as in a new one. */
static struct task full_task(void)
{
    struct task full = {.name = STR("bug/F%2F7"),
                        .incident_id = STR("INC-1"),
                        .finding_id = STR("F/7"),
                        .kind = KIND_BUG,
                        .queue = QUEUE_EXTERNAL,
                        .title = STR("t"),
                        .description = STR("d"),
                        .category = CATEGORY_MANUAL_ERROR,
                        .severity = SEVERITY_HIGH,
                        .priority = PRIORITY_P4,
                        .status = STATUS_CLOSED,
                        .resolution = RESOLUTION_SUPERSEDED,
                        .reason = STR("r"),
                        .accepted_until = TIME_OF(16),
                        .accepted_by = STR("b"),
                        .refused = REPORTED_CLOSED,
                        .refused_at = TIME_OF(17),
                        .owner = {STR("o"), STR_NONE},
                        .participants = {some, 1},
                        .created_at = TIME_OF(1),
                        .updated_at = TIME_OF(2),
                        .assign_due_at = TIME_OF(3),
                        .due_at = TIME_OF(4),
                        .snoozed_until = TIME_OF(5),
                        .closed_at = TIME_OF(6),
                        .first_breached_at = TIME_OF(13),
                        .sla = SLA_MET_LATE,
                        .occurrence = 2,
                        .version = 9,
                        .tracker = {STR_NONE, STR("k"), STR_NONE},
                        .evidence = {shown, 1},
                        .submitted_at = TIME_OF(15),
                        .policy_version = STR("p"),
                        .policy_rule = STR("q"),
                        .order = {1, TIME_NONE, {some, 1}},
                        .clock_start = TIME_OF(7),
                        .clock_moved = 8,
                        .paused_for = 7,
                        .touched_at = TIME_OF(8),
                        .overdue_from = TIME_OF(13),
                        .assigned_at = TIME_OF(15),
                        .postponed = 3,
                        .resolved_at = TIME_OF(9),
                        .paused_at = TIME_OF(10),
                        .due_fixed = true,
                        .escalated = 0x8001};
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++)
        full.reminders[kind] = task_none.reminders[kind];
    full.reminders[REMINDER_OVERDUE] =
        (struct reminder_state){3, TIME_OF(11), 2, TIME_OF(14), {told, 1}};
    full.reminders[REMINDER_VERIFY_DUE] =
        (struct reminder_state){.last = TIME_OF(12), .sent_at = TIME_NONE};
    return full;
}

static const char full_task_text[] =
    "{\"v\":1,\"type\":\"task\",\"name\":\"bug/F%2F7\",\"incident_id\":\"INC-1\","
    "\"finding_id\":\"F/7\",\"kind\":\"bug\",\"queue\":\"external\",\"title\":\"t\","
    "\"description\":\"d\",\"category\":\"manual-error\",\"severity\":\"high\","
    "\"priority\":\"P4\",\"status\":\"closed\",\"resolution\":\"superseded\",\"reason\":\"r\","
    "\"accepted_until\":1795169716000,\"accepted_by\":\"b\","
    "\"owner\":{\"team\":\"o\"},\"participants\":[\"a\"],"
    "\"created_at\":1795169701000,\"updated_at\":1795169702000,"
    "\"assign_due_at\":1795169703000,\"due_at\":1795169704000,"
    "\"snoozed_until\":1795169705000,\"closed_at\":1795169706000,"
    "\"first_breached_at\":1795169713000,"
    "\"sla\":\"met-late\",\"occurrence\":2,\"version\":9,\"tracker\":{\"key\":\"k\"},"
    "\"evidence\":[{\"ref\":\"r\"}],\"submitted_at\":1795169715000,"
    "\"policy_version\":\"p\",\"policy_rule\":\"q\",\"order\":{\"revision\":1,\"taken\":[\"a\"]"
    "},"
    "\"clock_start\":1795169707000,\"clock_moved\":8,\"paused_for\":7,\"refused\":\"closed\","
    "\"refused_at\":1795169717000,\"touched_at\":"
    "1795169708000,"
    "\"overdue_from\":1795169713000,"
    "\"assigned_at\":1795169715000,\"postponed\":3,"
    "\"resolved_at\":1795169709000,\"paused_at\":1795169710000,"
    "\"due_fixed\":true,\"escalated\":32769,\"reminders\":{\"overdue\":{\"number\":3,"
    "\"last\":1795169711000,\"said\":2,\"sent_at\":1795169714000,\"to\":[\"team:a\"]},\"verify-"
    "due\":{\"last\":"
    "1795169712000}}}";

static void test_task(void **state)
{
    (void)state;
    struct task full = full_task();
    struct task *back = through(ENTRY_TASK, &full, full_task_text);
    assert_int_equal(back->reminders[REMINDER_OVERDUE].number, 3);
    assert_true(back->reminders[REMINDER_STALE].last == TIME_NONE);
    struct task none = task_none;
    back = through(ENTRY_TASK, &none, "{\"v\":1,\"type\":\"task\"}");
    assert_memory_equal(back, &none, sizeof none);
}

/* Every value of every vocabulary, every bit and every kind of reminder. */
static void test_all_words(void **state)
{
    (void)state;
    struct task task = task_none;
    for (int value = 1; value < 64; value++) {
        task.kind = value % task_kind_end;
        task.queue = value % queue_end;
        task.category = value % category_end;
        task.severity = value % severity_end;
        task.priority = value % priority_end;
        task.status = value % task_status_end;
        task.resolution = value % resolution_end;
        task.sla = value % sla_state_end;
        task.escalated = 1U << (value % 32);
        task.reminders[value % REMINDER_TASK_KINDS ? value % REMINDER_TASK_KINDS : 1].number =
            value;
        assert_memory_equal(through(ENTRY_TASK, &task, NULL), &task, sizeof task);
    }
}

static void test_times(void **state)
{
    (void)state;
    struct task task = task_none;
    static const ms_t times[] = {0,
                                 -1,
                                 999,
                                 -62135596799999,
                                 INT64_C(253370764799999),
                                 AT + 123,
                                 INT64_C(951782400000),
                                 INT64_C(4107542399999)};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        task.due_at = times[i];
        struct task *back = through(ENTRY_TASK, &task, NULL);
        assert_true(back->due_at == times[i]);
    }
}

static void assert_unreadable(enum entry_type type, const char *text, const char *sentence)
{
    struct entry entry = {.key = STR("INC-1|t|bug"), .type = type};
    struct error error = {.text = ""};
    struct record record = make_record(TOPIC_STATE, text); /* for its quotes */
    assert_int_equal(state_json_read(arena, NULL, record.value, &entry, &error), FATAL);
    assert_null(entry.body);
    if (!strstr(error.text, sentence)) fail_msg("%s: %s", text, error.text);
    assert_non_null(strstr(error.text, "\"INC-1|t|bug\" cannot be read: "));
    assert_int_equal(state_json_read(arena, NULL, record.value, &entry, NULL), FATAL);
}

static void test_what_cannot_be_read(void **state)
{
    (void)state;
    assert_unreadable(ENTRY_TASK, "", "not JSON");
    assert_unreadable(ENTRY_TASK, "{'v':1", "not JSON");
    assert_unreadable(ENTRY_TASK, "[]", "no version");
    assert_unreadable(ENTRY_TASK, "{'type':'task'}", "no version");
    assert_unreadable(ENTRY_TASK, "{'v':2,'type':'task'}", "written in version 2");
    assert_unreadable(ENTRY_TASK, "{'v':1}", "type is not \"task\"");
    assert_unreadable(ENTRY_TASK, "{'v':1,'type':'incident'}", "type is not \"task\"");
    static const char *const wrong[] = {
        "'kind':'unheard-of'",
        "'kind':7",
        "'title':7",
        "'title':null",
        "'participants':'a'",
        "'participants':[7]",
        "'labels':['a']",
        "'labels':{'a':7}",
        "'due_at':'2026'",
        "'due_at':1.5",
        "'due_at':-62135596800001",
        "'due_at':253402300800000",
        "'version':'1'",
        "'version':1.5",
        "'escalated':-1",
        "'escalated':4294967296",
        "'due_fixed':1",
        "'owner':'x'",
        "'owner':{'team':7}",
        "'reminders':[]",
        "'reminders':{'overdue':7}",
        "'reminders':{'overdue':{'number':'x'}}",
        "'order':{'revision':null}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct str text = arena_printf(arena, "{'v':1,'type':'task',%s}", wrong[i]);
        assert_unreadable(ENTRY_TASK, text.p, "member \"");
    }
    assert_unreadable(ENTRY_CLOSURE, "{'v':1,'type':'closure','timeline':{}}",
                      "member \"timeline\"");
    assert_unreadable(ENTRY_CLOSURE, "{'v':1,'type':'closure','timeline':[7]}",
                      "must be an object");
    assert_unreadable(ENTRY_CLOSURE, "{'v':1,'type':'closure','sufficient':'x'}", "\"sufficient\"");
    assert_unreadable(ENTRY_CLOSURE, "{'v':1,'type':'closure','sufficient':1}", "\"sufficient\"");
    assert_unreadable(ENTRY_INCIDENT, "{'v':1,'type':'incident','because':[1]}", "\"because\"");
    assert_unreadable(ENTRY_INCIDENT, "{'v':1,'type':'incident','because':7}", "\"because\"");
    assert_unreadable(ENTRY_INCIDENT, "{'v':1,'type':'incident','phase':'x'}", "\"phase\"");
}

static void test_unknown_members_are_ignored(void **state)
{
    (void)state;
    struct entry entry = {.type = ENTRY_TASK};
    struct record record = make_record(
        TOPIC_STATE,
        "{'new':{'x':[1]},'type':'task','version':3,'v':1,'reminders':{'new':7},'kind':'bug',"
        "'name':'a\\u000ab'}");
    assert_int_equal(state_json_read(arena, NULL, record.value, &entry, NULL), OK);
    assert_int_equal(entry.task->version, 3);
    assert_int_equal(entry.task->kind, KIND_BUG);
    assert_str(entry.task->name, "a\nb");
    assert_int_equal(entry.task->order.revision, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_incident),
        cmocka_unit_test(test_incident_without_anything),
        cmocka_unit_test(test_closure),
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_task),
        cmocka_unit_test(test_all_words),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_unknown_members_are_ignored),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
