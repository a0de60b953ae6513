/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tasks of a finding, in its value. Most of what a task says its finding says as well, and a
 * new one is as all new ones are: such a member is left out.
 */
#include "state_json_private.h"

#include "core/state_key.h"

/* Of the format, whatever the policy says: where most of them go. */
static enum queue queue_of(enum task_kind kind)
{
    switch (kind) {
    case KIND_SOP_UPDATE: return QUEUE_RESPONSE_TEAM;
    case KIND_REGISTER_ENTRY: return QUEUE_RESPONSE_REGISTER;
    default: return QUEUE_ENGINEERING;
    }
}

#define RULE_BYTES 40

/* Routing by category, which `rule` is written for. */
static struct str rule_of(const struct finding *finding, char *rule)
{
    struct str start = STR("finding/");
    struct str category = category_name(finding_category(finding));
    memcpy(mempcpy(rule, start.p, start.n), category.p, category.n);
    return (struct str){rule, start.n + category.n};
}

/* What a task of this name is of which nothing else is known. `rule`: RULE_BYTES that live as long
 * as the task does. */
static struct task task_like(const struct entry *entry, struct str name, ms_t created_at,
                             char *rule)
{
    const struct finding *finding = entry->finding;
    struct str incident_id = state_header_key(entry->key);
    struct task task = task_none;
    task.name = name;
    /* The key has it encoded, which mostly is the same. */
    if (!memchr(incident_id.p, '%', incident_id.n)) task.incident_id = incident_id;
    task.finding_id = finding->finding_id;
    task.origin = finding->origin;
    task.kind = state_task_kind(name);
    task.queue = queue_of(task.kind);
    task.title = finding->title;
    task.description = finding->description;
    task.category = finding->category;
    task.severity = finding->severity;
    task.status = STATUS_OPEN;
    task.owner = task.given = finding->owner;
    task.participants = finding->groups;
    task.labels = finding->labels;
    task.created_at = finding->first_seen_at;
    if (created_at != TIME_NONE) task.created_at = created_at;
    task.updated_at = task.clock_start = task.touched_at = task.overdue_from = task.created_at;
    task.assigned_at = task.created_at;
    task.sla = SLA_ON_TRACK;
    task.occurrence = task.version = 1;
    task.tracker = finding->tracker;
    task.policy_rule = rule_of(finding, rule);
    return task;
}

/* "<kind of the finding>/<finding_id>", which the finding and its key say. */
static bool is_own_name(const struct entry *finding, struct str name)
{
    struct str kind = task_kind_name(finding->finding->kind),
               part = state_part_of_finding(finding->key);
    return kind.p && name.n == kind.n + 1 + part.n && memcmp(name.p, kind.p, kind.n) == 0 &&
           name.p[kind.n] == '/' && memcmp(name.p + kind.n + 1, part.p, part.n) == 0;
}

static struct str own_name(struct arena *arena, const struct entry *finding)
{
    struct str kind = task_kind_name(finding->finding->kind),
               part = state_part_of_finding(finding->key);
    if (!kind.p) return STR_NONE;
    return arena_join(arena, kind, STR("/"), part);
}

/* The members that tell how the others are to be read, and the others. */
static void write_task(struct buf *out, const struct entry *finding, const struct task *task)
{
    char rule[RULE_BYTES];
    struct task like = task_like(finding, task->name, task->created_at, rule);
    if (!is_own_name(finding, task->name)) like.name = STR_NONE;
    like.created_at = finding->finding->first_seen_at;
    buf_char(out, '{');
    state_json_write_beside(out, &state_fields_entries[ENTRY_TASK], task, &like);
    buf_char(out, '}');
}

void state_tasks_write(struct buf *out, const struct entry *finding)
{
    bool first = true;
    for (const struct entry *e = finding->next_part; e; e = e->next_part) {
        if (!e->exists) continue;
        if (first)
            buf_lit(out, ",\"tasks\":[");
        else
            buf_char(out, ',');
        write_task(out, finding, e->task);
        first = false;
    }
    if (!first) buf_char(out, ']');
}

static bool read_task(struct arena *arena, struct state_table *table, const struct json *object,
                      const struct entry *finding, struct error *error)
{
    ms_t created_at = TIME_NONE;
    const struct json *said = json_get(object, "name"), *created = json_get(object, "created_at");
    struct str name = own_name(arena, finding);
    if (said) name = said->type == JSON_STRING ? said->text : STR_NONE;
    if (!name.p) return state_json_unreadable(error, STR("tasks"), "has a task without a name");
    struct str key = state_task_key(arena, state_header_key(finding->key), name);
    struct entry *entry = state_entry(table, key);
    if (entry->holder != finding)
        return state_json_unreadable(error, STR("tasks"), "has a task of another finding");
    if (created) (void)state_json_read_time(created, &created_at);
    struct task *task = ARENA_NEW(arena, struct task);
    *task = task_like(finding, name, created_at, arena_alloc(arena, RULE_BYTES));
    if (!state_json_read_fields(arena, &state_fields_entries[ENTRY_TASK], object, task, true,
                                error))
        return false;
    entry->task = task;
    entry->exists = true;
    return true;
}

bool state_tasks_read(struct arena *arena, struct state_table *table, const struct json *value,
                      const struct entry *finding, struct error *error)
{
    if (value->type != JSON_ARRAY)
        return state_json_unreadable(error, value->name, "must be an array");
    for (const struct json *task = value->first; task; task = task->next)
        if (task->type != JSON_OBJECT)
            return state_json_unreadable(error, value->name, "has an entry that is no object");
        else if (!read_task(arena, table, task, finding, error))
            return false;
    return true;
}
