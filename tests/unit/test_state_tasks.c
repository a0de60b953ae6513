/* SPDX-License-Identifier: Apache-2.0 */
/* The stored form of a finding with its tasks in it. */
#include "codec_support.h"

#include "codec/state_json.h"

#define AT INT64_C(1795169700000) /* 2026-11-20T10:15:00.000Z */
#define TIME_OF(seconds) (AT + (seconds)*SECOND_MS)

/* A finding of INC-1 with one task, and the task that is expected to be written with it. */
struct holder {
    struct state_table *table;
    struct entry *finding, *task;
};

static struct holder make_holder(const struct finding *finding, const struct task *task)
{
    struct holder h = {.table = state_new(arena)};
    struct str name = task->name;
    h.finding = state_entry(h.table, STR("INC-1|f|F-1"));
    h.task = state_entry(h.table, state_task_key(arena, STR("INC-1"), name));
    assert_ptr_equal(h.task->holder, h.finding);
    h.finding->finding = arena_copy(arena, finding, sizeof *finding);
    h.task->task = arena_copy(arena, task, sizeof *task);
    h.finding->exists = h.task->exists = true;
    return h;
}

static struct str write_holder(const struct entry *holder)
{
    struct buf out = {0};
    state_json_write(&out, holder);
    struct str text = arena_str(arena, buf_slice(&out));
    buf_free(&out);
    return text;
}

/* What is written of the tasks; read again they are written the same, each member as it was. */
static struct str tasks_through(const struct finding *finding, const struct task *task)
{
    struct holder h = make_holder(finding, task);
    struct str text = write_holder(h.finding);
    struct state_table *table = state_new(arena);
    struct entry *back = state_entry(table, h.finding->key);
    struct error error;
    if (state_json_read(arena, table, text, back, &error) != OK) fail_msg("%s", error.text);
    struct entry *part = state_find(table, h.task->key);
    assert_non_null(part);
    assert_true(part->exists);
    assert_str(written(ENTRY_TASK, part->task), written(ENTRY_TASK, h.task->task).p);
    assert_str(write_holder(back), text.p);
    const char *tasks = strstr(text.p, "\"tasks\":");
    return tasks ? str_of(tasks) : STR("");
}

static struct finding a_finding(void)
{
    struct finding finding = finding_none;
    static struct str groups[] = {{"g", 1}};
    finding.finding_id = STR("F-1");
    finding.title = STR("t");
    finding.description = STR("d");
    finding.category = CATEGORY_PROCESS_FLAW;
    finding.severity = SEVERITY_LOW;
    finding.owner = (struct owner){STR("o"), STR_NONE};
    finding.groups = (struct str_list){groups, 1};
    finding.tracker = (struct tracker){STR_NONE, STR("k"), STR_NONE};
    finding.first_seen_at = AT;
    return finding;
}

/* As one is made when its finding comes. */
static struct task its_task(const struct finding *finding)
{
    struct task task = task_none;
    task.name = STR("bug/F-1");
    task.incident_id = STR("INC-1");
    task.finding_id = finding->finding_id;
    task.kind = KIND_BUG;
    task.queue = QUEUE_ENGINEERING;
    task.title = finding->title;
    task.description = finding->description;
    task.category = finding->category;
    task.severity = finding->severity;
    task.status = STATUS_OPEN;
    task.owner = task.given = finding->owner;
    task.participants = finding->groups;
    task.tracker = finding->tracker;
    task.created_at = task.updated_at = task.touched_at = task.clock_start = task.overdue_from = AT;
    task.assigned_at = AT;
    task.sla = SLA_ON_TRACK;
    task.occurrence = task.version = 1;
    task.policy_rule = STR("finding/process-flaw");
    return task;
}

static void test_what_a_finding_says_is_written_once(void **state)
{
    (void)state;
    struct finding finding = a_finding();
    struct task task = its_task(&finding);
    assert_str(tasks_through(&finding, &task), "\"tasks\":[{\"name\":\"bug/F-1\"}]}");
    task.created_at = task.updated_at = task.touched_at = task.clock_start = task.overdue_from =
        task.assigned_at = TIME_OF(1);
    assert_str(tasks_through(&finding, &task),
               "\"tasks\":[{\"name\":\"bug/F-1\",\"created_at\":1795169701000}]}");
    task = its_task(&finding);
    task.assigned_at = TIME_NONE; /* nobody owns it yet */
    task.postponed = 2;
    assert_str(tasks_through(&finding, &task),
               "\"tasks\":[{\"name\":\"bug/F-1\",\"assigned_at\":null,\"postponed\":2}]}");
    task = its_task(&finding);
    task.name = STR("bug/F-1~2");
    assert_str(tasks_through(&finding, &task), "\"tasks\":[{\"name\":\"bug/F-1~2\"}]}");
    /* The task of the kind that it has now. */
    finding.kind = KIND_BUG;
    assert_str(tasks_through(&finding, &task), "\"tasks\":[{\"name\":\"bug/F-1~2\"}]}");
    task = its_task(&finding);
    assert_str(tasks_through(&finding, &task), "\"tasks\":[{}]}");
    finding.kind = KIND_SOP_UPDATE;
    assert_str(tasks_through(&finding, &task), "\"tasks\":[{\"name\":\"bug/F-1\"}]}");
}

/* What the key says is not said again, unless it has to be encoded there. */
static void test_the_id_of_a_finding_stands_in_its_key(void **state)
{
    (void)state;
    static const char *const ids[] = {"F-1", "F/1", "F%1", "\u00fc", "F 1"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct finding finding = finding_none;
        finding.finding_id = str_of(ids[i]);
        struct str part = state_finding_part(arena, &finding.origin, finding.finding_id);
        struct str key = state_finding_key(arena, STR("INC%2F1"), part);
        struct entry entry = {.key = key, .type = ENTRY_FINDING, .finding = &finding};
        struct str text = write_holder(&entry);
        bool is_plain = strcmp(ids[i], "F/1") && strcmp(ids[i], "F%1");
        assert_int_equal(strstr(text.p, "finding_id") == NULL, is_plain);
        struct entry back = {.key = key, .type = ENTRY_FINDING};
        assert_int_equal(state_json_read(arena, NULL, text, &back, NULL), OK);
        assert_str(back.finding->finding_id, ids[i]);
    }
}

static void test_a_task_may_differ_from_its_finding(void **state)
{
    (void)state;
    struct finding finding = a_finding();
    struct task task = its_task(&finding);
    task.title = STR("u");
    task.owner = (struct owner){STR_NONE, STR("p")};
    task.tracker.key = STR_NONE;
    task.description = STR_NONE;
    task.participants.n = 0;
    task.occurrence = 2;
    assert_str(tasks_through(&finding, &task),
               "\"tasks\":[{\"name\":\"bug/F-1\",\"title\":\"u\",\"description\":null,"
               "\"owner\":{\"person\":\"p\"},\"participants\":null,\"occurrence\":2,"
               "\"tracker\":null}]}");
    finding.title = finding.description = STR_NONE;
    finding.groups.n = 0;
    finding.category = category_none;
    finding.first_seen_at = TIME_NONE;
    task = its_task(&finding);
    task.title = STR("");
    task.category = CATEGORY_UNCATEGORIZED;
    task.policy_rule = STR("finding/uncategorized");
    assert_str(tasks_through(&finding, &task),
               "\"tasks\":[{\"name\":\"bug/F-1\",\"title\":\"\",\"category\":\"uncategorized\","
               "\"created_at\":1795169700000}]}");
}

/* Every member of a task through every other: nothing where its finding has something, and the
 * other way round. */
static void test_a_task_beside_nothing(void **state)
{
    (void)state;
    struct finding finding = a_finding(), nothing = finding_none;
    nothing.finding_id = finding.finding_id;
    struct task task = its_task(&finding), none = task_none;
    none.name = task.name;
    tasks_through(&finding, &none);
    tasks_through(&nothing, &task);
    tasks_through(&nothing, &none);
    task.kind = KIND_SOP_UPDATE;
    task.incident_id = STR("INC-2");
    task.finding_id = STR("F-2");
    task.reminders[REMINDER_OVERDUE] = (struct reminder_state){3, AT, 1, TIME_NONE, {NULL, 0}};
    task.order = (struct order){.revision = 0, .time = AT};
    tasks_through(&finding, &task);
}

static void test_tasks_stand_in_the_order_of_their_names(void **state)
{
    (void)state;
    struct finding finding = a_finding();
    struct task task = its_task(&finding);
    task.name = STR("sop-update/F-1");
    task.kind = KIND_SOP_UPDATE;
    task.queue = QUEUE_RESPONSE_TEAM;
    struct holder h = make_holder(&finding, &task);
    static const char *const names[] = {"bug/F-1~2", "bug/F-1", "change-request/F-1"};
    for (size_t i = 0; i < 3; i++) {
        struct str name = str_of(names[i]);
        struct entry *e = state_entry(h.table, state_task_key(arena, STR("INC-1"), name));
        struct task other = its_task(&finding);
        other.name = name;
        other.kind = i < 2 ? KIND_BUG : KIND_CHANGE_REQUEST; /* their queue is that of a bug */
        e->task = arena_copy(arena, &other, sizeof other);
        e->exists = i != 1; /* known not to exist */
    }
    assert_non_null(strstr(write_holder(h.finding).p,
                           "\"tasks\":[{\"name\":\"bug/F-1~2\"},{\"name\":\"change-request/F-1\"},"
                           "{\"name\":\"sop-update/F-1\"}]}"));
}

static void assert_unreadable(const char *key, const char *members, const char *sentence)
{
    struct state_table *table = state_new(arena);
    struct entry *entry = state_entry(table, str_of(key));
    struct error error = {.text = ""};
    struct str text = arena_printf(arena, "{'v':1,'type':'finding',%s}", members);
    struct record record = make_record(TOPIC_STATE, text.p);
    assert_int_equal(state_json_read(arena, table, record.value, entry, &error), FATAL);
    assert_null(entry->body);
    if (!strstr(error.text, sentence)) fail_msg("%s: %s", members, error.text);
}

static void assert_tasks_unreadable(const char *tasks, const char *sentence)
{
    struct str members = arena_printf(arena, "'tasks':%s", tasks);
    assert_unreadable("INC-1|f|F-1", members.p, sentence);
}

static void test_tasks_that_cannot_be_read(void **state)
{
    (void)state;
    assert_tasks_unreadable("{}", "must be an array");
    assert_tasks_unreadable("[7]", "no object");
    assert_tasks_unreadable("[{}]", "without a name");
    assert_tasks_unreadable("[{'name':null}]", "without a name");
    assert_tasks_unreadable("[{'name':'bug/F-2'}]", "of another finding");
    assert_tasks_unreadable("[{'name':'postmortem'}]", "of another finding");
    assert_tasks_unreadable("[{'name':'coordination/F-1'}]", "of another finding");
    assert_tasks_unreadable("[{'name':'bug/F-1','title':7}]", "member \"title\"");
    assert_tasks_unreadable("[{'name':'bug/F-1','created_at':'x'}]", "member \"created_at\"");
    assert_tasks_unreadable("[{'name':'bug/F-1','reminders':{'due':{'number':null}}}]", "number");
    /* A key that nobody has written breaks off. */
    assert_unreadable("INC-1|f", "'kind':'bug','tasks':[{}]", "of another finding");
    struct state_table *table = state_new(arena);
    struct entry *part = state_entry(table, STR("INC-1|t|bug/F-1"));
    struct record record = make_record(TOPIC_STATE, "{'v':1,'type':'task','name':'bug/F-1'}");
    struct error error;
    assert_int_equal(state_json_read(arena, table, record.value, part, &error), FATAL);
    assert_non_null(strstr(error.text, "has no entry of its own"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_finding_says_is_written_once),
        cmocka_unit_test(test_the_id_of_a_finding_stands_in_its_key),
        cmocka_unit_test(test_a_task_may_differ_from_its_finding),
        cmocka_unit_test(test_a_task_beside_nothing),
        cmocka_unit_test(test_tasks_stand_in_the_order_of_their_names),
        cmocka_unit_test(test_tasks_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
