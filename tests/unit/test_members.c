/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of core/state_entries.h and core/event.h against what they are for: each row is stored and
 * read back, each member of a record is decoded, and the schemas have the same members.
 */
#include "codec_support.h"

#include "codec/decode_parts.h"
#include "codec/state_json.h"

#define AT INT64_C(1795169700000)

/* ---- a value for each row, by its type ---- */

/* clang-format off */
static struct str text = {"x", 1};
#define SAMPLE_TEXT {"x", 1}
#define SAMPLE_LIST {&text, 1}
#define SAMPLE_INTEGER 7
#define SAMPLE_REVISION 0
#define SAMPLE_BITS 5
#define SAMPLE_BOOLEAN true
#define SAMPLE_TRISTATE TRI_FALSE
#define SAMPLE_TIME AT
#define SAMPLE_WORD(vocabulary) 1
#define SAMPLE_WORDS(vocabulary, first) 2
#define SAMPLE_OBJECT(name) sample_##name
#define SAMPLE_OBJECTS(list, name) {&sample_##name, 1}
static struct label label = {{"n", 1}, {"x", 1}};
#define SAMPLE_LABELS {&label, 1}
#define SAMPLE_REMINDERS                                                                           \
    {[0 ... REMINDER_OVERDUE - 1] = {.last = TIME_NONE, .sent_at = TIME_NONE},                                           \
     [REMINDER_OVERDUE] = {7, AT, 7, TIME_NONE, {NULL, 0}},                                                              \
     [REMINDER_OVERDUE + 1 ... REMINDER_TASK_KINDS - 1] = {.last = TIME_NONE, .sent_at = TIME_NONE}}

/* Of the structs inside: all of their rows. */
#define SAMPLE(type, member) .member = SAMPLE_##type,
static struct order sample_order = {ORDER_MEMBERS(SAMPLE)};
static struct owner sample_owner = {OWNER_MEMBERS(SAMPLE)};
static struct tracker sample_tracker = {TRACKER_MEMBERS(SAMPLE)};
static struct warning sample_warning = {WARNING_MEMBERS(SAMPLE)};
static struct counts sample_counts = {COUNTS_MEMBERS(SAMPLE)};
static struct forgotten_month sample_forgotten_month = {FORGOTTEN_MONTH_MEMBERS(SAMPLE)};
static struct cursor sample_cursor = {CURSOR_MEMBERS(SAMPLE)};
static struct timeline_entry sample_timeline_entry = {TIMELINE_ENTRY_MEMBERS(SAMPLE)};
static struct evidence sample_evidence = {EVIDENCE_MEMBERS(SAMPLE)};
static struct coordination sample_coordination = {COORDINATION_MEMBERS(SAMPLE)};
static struct submission sample_submission = {SUBMISSION_MEMBERS(SAMPLE)};
static struct evaluation sample_evaluation = {EVALUATION_MEMBERS(SAMPLE)};
static struct origin sample_origin = {ORIGIN_MEMBERS(SAMPLE)};
static struct edge sample_edge = {EDGE_MEMBERS(SAMPLE)};
static struct told_status sample_told_status = {TOLD_STATUS_MEMBERS(SAMPLE)};
/* clang-format on */

/* ---- the state ---- */

static bool says(struct str json, const char *name)
{
    struct str member = arena_printf(arena, "\"%s\":", name);
    return strstr(json.p, member.p) != NULL;
}

/* An entry with nothing but this member: it is written, and what is read is written the same. */
static void assert_stored(enum entry_type type, void *body, const char *name)
{
    struct str json = written(type, body);
    struct entry entry = {.key = STR("K"), .type = type};
    struct error error;
    if (!says(json, name)) fail_msg("%s is not written: %s", name, json.p);
    if (state_json_read(arena, NULL, json, &entry, &error) != OK) fail_msg("%s", error.text);
    struct str again = written(type, entry.body);
    if (!str_eq(again, json)) fail_msg("%s is not read: %s, then %s", name, json.p, again.p);
}

static const struct closure closure_none;
static const struct items items_none;
static const struct merged_lists merged_lists_none;
static const struct waiting waiting_none = {.since = TIME_NONE};
static const struct cause_state cause_state_none;

#define STORED(entry_type, of, type, member, name)    \
    {                                                 \
        struct of body = of##_none;                   \
        MEMBER_##type sample = SAMPLE_##type;         \
        memcpy(&body.member, &sample, sizeof sample); \
        assert_stored(entry_type, &body, name);       \
    }

static void test_every_member_is_stored(void **state)
{
    (void)state;
    struct digest_item sample_digest_item = {ITEM_MEMBERS(SAMPLE)};
    struct seen sample_seen = {SEEN_MEMBERS(SAMPLE)};
    struct task sample_task = {TASK_MEMBERS(SAMPLE, SAMPLE, SAMPLE)};
#define INCIDENT_ROW(type, member) STORED(ENTRY_INCIDENT, incident, type, member, #member)
#define INCIDENT_SAID(bit, type, member) INCIDENT_ROW(type, member)
    INCIDENT_MEMBERS(INCIDENT_SAID, INCIDENT_ROW)
#define CLOSURE_ROW(bit, type, member) STORED(ENTRY_CLOSURE, closure, type, member, #member)
    CLOSURE_MEMBERS(CLOSURE_ROW)
#define FINDING_ROW(type, member) STORED(ENTRY_FINDING, finding, type, member, #member)
#define FINDING_SAYS(bit, type, member) FINDING_ROW(type, member)
#define FINDING_NAMED(type, member, name) STORED(ENTRY_FINDING, finding, type, member, #name)
    FINDING_IDENTITY(FINDING_ROW)
    FINDING_SAID(FINDING_SAYS)
    FINDING_OWN(FINDING_NAMED)
#define TASK_ROW(type, member) STORED(ENTRY_TASK, task, type, member, #member)
    TASK_MEMBERS(TASK_ROW, TASK_ROW, TASK_ROW)

#define DUTY_ROW(type, member) STORED(ENTRY_DUTY, duty, type, member, #member)
    DUTY_MEMBERS(DUTY_ROW)
#define WAITING_ROW(type, member) STORED(ENTRY_WAITING, waiting, type, member, #member)
    WAITING_MEMBERS(WAITING_ROW)
#define MERGED_ROW(type, member) STORED(ENTRY_MERGED, merged_lists, type, member, #member)
    MERGED_MEMBERS(MERGED_ROW)
#define RECIPIENT_ROW(type, member) STORED(ENTRY_RECIPIENT, recipient_state, type, member, #member)
    RECIPIENT_MEMBERS(RECIPIENT_ROW)
#define ITEMS_ROW(type, member) STORED(ENTRY_ITEMS, items, type, member, #member)
    ITEMS_MEMBERS(ITEMS_ROW)
#define CAUSE_ROW(type, member) STORED(ENTRY_CAUSE, cause_state, type, member, #member)
    CAUSE_MEMBERS(CAUSE_ROW)
}

#define HAS(type, member) assert_true(says(json, #member));

static void test_every_member_inside_is_stored(void **state)
{
    (void)state;
    struct incident incident = incident_none;
    incident.order = sample_order;
    incident.owner = sample_owner;
    incident.counts = sample_counts;
    struct str json = written(ENTRY_INCIDENT, &incident);
    ORDER_MEMBERS(HAS)
    OWNER_MEMBERS(HAS)
    COUNTS_MEMBERS(HAS)
    incident = incident_none;
    incident.cursor = sample_cursor;
    json = written(ENTRY_INCIDENT, &incident);
    CURSOR_MEMBERS(HAS)
    incident = incident_none;
    incident.forgotten = (struct forgotten){&sample_forgotten_month, 1};
    json = written(ENTRY_INCIDENT, &incident);
    FORGOTTEN_MONTH_MEMBERS(HAS)
    struct finding finding = finding_none;
    finding.tracker = sample_tracker;
    finding.warnings = (struct warnings){&sample_warning, 1};
    json = written(ENTRY_FINDING, &finding);
    TRACKER_MEMBERS(HAS)
    WARNING_MEMBERS(HAS)
    finding = finding_none;
    finding.origin = sample_origin;
    json = written(ENTRY_FINDING, &finding);
    ORIGIN_MEMBERS(HAS)
    finding = finding_none;
    struct task sample_task = {TASK_MEMBERS(SAMPLE, SAMPLE, SAMPLE)};
    finding.carried = (struct task_list){&sample_task, 1};
    json = written(ENTRY_FINDING, &finding);
    TASK_MEMBERS(HAS, HAS, HAS)
    incident = incident_none;
    incident.gone = (struct edge_list){&sample_edge, 1};
    json = written(ENTRY_INCIDENT, &incident);
    EDGE_MEMBERS(HAS)
    struct seen sample_seen = {SEEN_MEMBERS(SAMPLE)};
    struct cause_state cause = {.findings = {&sample_seen, 1}};
    json = written(ENTRY_CAUSE, &cause);
    SEEN_MEMBERS(HAS)
    struct closure closure = {.timeline = {&sample_timeline_entry, 1}};
    json = written(ENTRY_CLOSURE, &closure);
    TIMELINE_ENTRY_MEMBERS(HAS)
    closure = (struct closure){.evidence = {&sample_evidence, 1}};
    json = written(ENTRY_CLOSURE, &closure);
    EVIDENCE_MEMBERS(HAS)
    closure = (struct closure){.coordination = {&sample_coordination, 1}};
    json = written(ENTRY_CLOSURE, &closure);
    COORDINATION_MEMBERS(HAS)
    closure = (struct closure){.obligations = {&sample_submission, 1}};
    json = written(ENTRY_CLOSURE, &closure);
    SUBMISSION_MEMBERS(HAS)
    struct task task = task_none;
    task.evaluation = sample_evaluation;
    json = written(ENTRY_TASK, &task);
    EVALUATION_MEMBERS(HAS)
    task = task_none;
    task.reminders[REMINDER_OVERDUE] = (struct reminder_state){7, AT, 7, AT, {&text, 1}};
    json = written(ENTRY_TASK, &task);
    REMINDER_STATE_MEMBERS(HAS)
    struct digest_item sample_digest_item = {ITEM_MEMBERS(SAMPLE)};
    struct items items = {.items = {&sample_digest_item, 1}};
    json = written(ENTRY_ITEMS, &items);
    ITEM_MEMBERS(HAS)
}

/* What is read where nothing is written, and what a new one begins as. */
static void test_nothing_is_the_same_everywhere(void **state)
{
    (void)state;
    struct entry entry = {.key = STR("K"), .type = ENTRY_INCIDENT};
    struct error error;
    assert_int_equal(
        state_json_read(arena, NULL, STR("{\"v\":1,\"type\":\"incident\"}"), &entry, &error), OK);
    assert_memory_equal(entry.incident, &incident_none, sizeof incident_none);
    entry.type = ENTRY_FINDING;
    assert_int_equal(
        state_json_read(arena, NULL, STR("{\"v\":1,\"type\":\"finding\"}"), &entry, &error), OK);
    assert_memory_equal(entry.finding, &finding_none, sizeof finding_none);
    entry.type = ENTRY_TASK;
    assert_int_equal(
        state_json_read(arena, NULL, STR("{\"v\":1,\"type\":\"task\"}"), &entry, &error), OK);
    assert_memory_equal(entry.task, &task_none, sizeof task_none);
}

/* ---- the records ---- */

static struct event event_of(int topic, const char *value)
{
    struct record record = make_record(topic, value);
    return decoded(&record);
}

#define BIT(bit, ...) | (unsigned)bit
/* A rule is missing where a member that the record has is not in what was decoded. */
#define ARRIVES(bit, type, member)                              \
    if (!memcmp(&in->member, &none->member, sizeof in->member)) \
        fail_msg(#member " is not "                             \
                         "decoded");

static void test_every_member_of_a_finding_arrives(void **state)
{
    (void)state;
    struct event e =
        event_of(TOPIC_FINDING_UPDATED,
                 "{'finding_id':'F','incident_id':'I','revision':1,'category':'manual-error',"
                 "'severity':'low','title':'t','description':'d','status':'open','reason':'r',"
                 "'owner':'o','groups':['g'],'work':'bug','sop_change':true,'due_at':'2026-12-01',"
                 "'snoozed_until':'2026-12-01','tracker':{'key':'K'},'action_type':'prevent',"
                 "'references':['r'],'duplicate_of':'D','labels':{'n':'x'},'cause_key':'c',"
                 "'accepted_until':'2026-12-01','accepted_by':'b','updated_at':'2026-12-01'}");
    const struct finding *in = &e.finding->finding, *none = &finding_none;
    assert_int_equal(e.finding->present, 0 FINDING_SAID(BIT));
    FINDING_SAID(ARRIVES)
}

static void test_every_member_of_a_closure_arrives(void **state)
{
    (void)state;
    struct event e = event_of(
        TOPIC_INCIDENT_CLOSED,
        "{'incident_id':'I','revision':1,'title':'t','summary':'s','severity':'low',"
        "'disposition':'benign','customer_impacting':true,'data_breach':false,'postmortem':'full',"
        "'started_at':'2026-01','detected_at':'2026-01','contained_at':'2026-01',"
        "'known_at':'2026-01','obligations':[{'id':'o','submitted_at':0,'evidence':['e']}],"
        "'closed_at':'2026-12-01','owner':'o','labels':{'n':'x'},'timeline':[{'at':'2026-01-01','"
        "action':'a'}],"
        "'technical_summary':{'evidence':['e'],'actors':['a'],'response':'r','takeaways':['t']},"
        "'response_evaluation':{'sufficient':true,'complete':false,'note':'n'},"
        "'coordination':[{'party':'P'}],'findings':[],'merged_into':'M','references':['r']}");
    assert_int_equal(e.closure->present, 0 CLOSURE_RECORD(BIT, MEMBER_SKIP));
    {
        const struct incident *in = &e.closure->incident, *none = &incident_none;
        INCIDENT_MEMBERS(ARRIVES, MEMBER_SKIP)
    }
    {
        const struct closure *in = &e.closure->closure, *none = &closure_none;
        CLOSURE_MEMBERS(ARRIVES)
    }
}

static void test_every_member_of_a_task_update_arrives(void **state)
{
    (void)state;
    const struct task_update_event nothing = {.snoozed_until = TIME_NONE,
                                              .accepted_until = TIME_NONE,
                                              .submitted_at = TIME_NONE,
                                              .due_at = TIME_NONE},
                                   *none = &nothing;
    struct event e =
        event_of(TOPIC_TASK_UPDATED,
                 "{'task_id':'I/bug','incident_id':'I','revision':1,'status':'open','reason':'r',"
                 "'owner':'o','snoozed_until':'2026-12-01','tracker':{'key':'K'},'evidence':['e'],"
                 "'evaluation':{'sufficient':true,'complete':false,'note':'n'},"
                 "'accepted_until':'2026-12-01','accepted_by':'b',"
                 "'submitted_at':'2026-12-01T10:00:00Z','due_at':'2026-12-01',"
                 "'updated_at':'2026-12-01'}");
    const struct task_update_event *in = e.task_update;
    assert_int_equal(in->present, 0 TASK_UPDATE_SAID(BIT));
    TASK_UPDATE_SAID(ARRIVES)
}

/* ---- the schemas ---- */

static struct json *read_schema(const char *file)
{
    char *bytes = arena_alloc(arena, 1 << 20);
    struct str path = arena_printf(arena, SOURCE_DIR "/schemas/%s.schema.json", file);
    FILE *f = fopen(path.p, "r");
    assert_non_null(f);
    struct str all = {bytes, fread(bytes, 1, 1 << 20, f)};
    fclose(f);
    struct json *root;
    struct str detail;
    assert_int_equal(json_parse(arena, arena, all, 64, &root, &detail), JSON_OK);
    return root;
}

/* `def`: under $defs, or NULL for the schema itself. All of `names` and no others are in it. */
static void assert_schema(const char *file, const char *def, const char *const *names, size_t n)
{
    const struct json *schema = read_schema(file);
    if (def) schema = json_get(json_get(schema, "$defs"), def);
    const struct json *properties = json_get(schema, "properties");
    for (size_t i = 0; i < n; i++)
        if (!json_get(properties, names[i]))
            fail_msg("%s, %s: the schema lacks %s", file, def ? def : "", names[i]);
    for (const struct json *p = properties->first; p; p = p->next) {
        size_t i = 0;
        while (i < n && !str_eq(p->name, str_of(names[i]))) i++;
        if (i == n) fail_msg("%s, %s: no table has %.*s", file, def ? def : "", STR_ARG(p->name));
    }
}

#define ASSERT_SCHEMA(file, def, ...)                                  \
    {                                                                  \
        static const char *const names[] = {__VA_ARGS__};              \
        assert_schema(file, def, names, sizeof names / sizeof *names); \
    }
#define NAME(type, member) #member,
#define NAME_OF(bit, type, member) #member,
#define NAME_AS(type, member, name) #name,
#define NAME_APART(member) #member,
#define NAME_SAID(bit, member) #member,

static void test_the_schema_of_the_state(void **state)
{
    (void)state;
    ASSERT_SCHEMA("state", "incident", INCIDENT_MEMBERS(NAME_OF, NAME))
    ASSERT_SCHEMA("state", "cursor", CURSOR_MEMBERS(NAME))
    ASSERT_SCHEMA("state", "closure", CLOSURE_MEMBERS(NAME_OF))
    ASSERT_SCHEMA("state", "finding",
                  FINDING_IDENTITY(NAME) FINDING_SAID(NAME_OF) FINDING_OWN(NAME_AS) "tasks")
    ASSERT_SCHEMA("state", "finding_task", TASK_MEMBERS(NAME, NAME, NAME))
    ASSERT_SCHEMA("state", "task", TASK_MEMBERS(NAME, NAME, NAME))
    ASSERT_SCHEMA("state", "recipient", RECIPIENT_MEMBERS(NAME))
    ASSERT_SCHEMA("state", "items", ITEMS_MEMBERS(NAME))
    ASSERT_SCHEMA("state", "item", ITEM_MEMBERS(NAME))
    ASSERT_SCHEMA("state", "cause", CAUSE_MEMBERS(NAME))
    ASSERT_SCHEMA("state", "seen", SEEN_MEMBERS(NAME))
    ASSERT_SCHEMA("state", "order", ORDER_MEMBERS(NAME))
    ASSERT_SCHEMA("state", "owner", OWNER_MEMBERS(NAME))
    ASSERT_SCHEMA("state", "tracker", TRACKER_MEMBERS(NAME))
}

static void test_the_schemas_of_the_records(void **state)
{
    (void)state;
    ASSERT_SCHEMA("finding-updated", NULL, FINDING_SAID(NAME_OF) "finding_id", "incident_id",
                  "revision", "by", "updated_at")
    ASSERT_SCHEMA("incident-closed", "finding", FINDING_SAID(NAME_OF) "finding_id", "revision",
                  "by", "updated_at")
    ASSERT_SCHEMA("incident-closed", NULL, CLOSURE_RECORD(NAME_SAID, NAME_APART))
    ASSERT_SCHEMA("task-updated", NULL, TASK_UPDATE_SAID(NAME_OF) "task_id", "incident_id",
                  "revision", "by", "updated_at")
}

static void test_the_schema_of_a_task_event(void **state)
{
    (void)state;
    ASSERT_SCHEMA("task-event", NULL, TASK_MEMBERS(NAME, NAME, MEMBER_SKIP) "task_id", "version",
                  "incident_id", "met", "margin_s", "policy", "cause", "by", "changes", "warnings")
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member_is_stored),
        cmocka_unit_test(test_every_member_inside_is_stored),
        cmocka_unit_test(test_nothing_is_the_same_everywhere),
        cmocka_unit_test(test_every_member_of_a_finding_arrives),
        cmocka_unit_test(test_every_member_of_a_closure_arrives),
        cmocka_unit_test(test_every_member_of_a_task_update_arrives),
        cmocka_unit_test(test_the_schema_of_the_state),
        cmocka_unit_test(test_the_schemas_of_the_records),
        cmocka_unit_test(test_the_schema_of_a_task_event),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
