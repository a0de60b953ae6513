/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of events, straight into the buffer without a tree: this is written two or three times
 * for each event that comes in. The order of members is the contract's, and fixed.
 */
#include "encode_value.h"

#include "core/task_diff.h"
#include "json.h"

/* Writers by the type of a member of struct task; the types are those of TASK_MEMBERS. */
#define WRITE_STR(out, task, member) json_write_string(out, (task)->member)
#define WRITE_TIME(out, task, member) json_write_time(out, (task)->member)
#define WRITE_INT(out, task, member) buf_int(out, (task)->member)
#define WRITE_LIST(out, task, member) json_write_list(out, (task)->member)
#define WRITE_OWNER(out, task, member) write_owner(out, (task)->member)
#define WRITE_TRACKER(out, task, member) write_tracker(out, &(task)->member)
#define WRITE_POLICY(out, task, member) write_policy(out, (task)->member, (task)->policy_rule)
#define WRITE_KIND(out, task, member) json_write_string(out, task_kind_name((task)->member))
#define WRITE_QUEUE(out, task, member) json_write_string(out, queue_name((task)->member))
#define WRITE_CATEGORY(out, task, member) json_write_string(out, category_name((task)->member))
#define WRITE_SEVERITY(out, task, member) json_write_string(out, severity_name((task)->member))
#define WRITE_PRIORITY(out, task, member) json_write_string(out, priority_name((task)->member))
#define WRITE_STATUS(out, task, member) json_write_string(out, task_status_name((task)->member))
#define WRITE_RESOLUTION(out, task, member) json_write_string(out, resolution_name((task)->member))
#define WRITE_SLA(out, task, member) json_write_string(out, sla_state_name((task)->member))

/* `,"name":` and the member; the caller has opened the object with a first member. */
#define PUT(out, task, name, member, type) \
    do {                                   \
        buf_lit(out, ",\"" #name "\":");   \
        WRITE_##type(out, task, member);   \
    } while (0)

static void write_owner(struct buf *out, struct owner owner)
{
    if (!owner.team.p && !owner.person.p) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"team\":");
    json_write_string(out, owner.team);
    buf_lit(out, ",\"person\":");
    json_write_string(out, owner.person);
    buf_char(out, '}');
}

static void write_tracker(struct buf *out, const struct tracker *tracker)
{
    if (!tracker->system.p && !tracker->key.p && !tracker->url.p) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"system\":");
    json_write_string(out, tracker->system);
    buf_lit(out, ",\"key\":");
    json_write_string(out, tracker->key);
    buf_lit(out, ",\"url\":");
    json_write_string(out, tracker->url);
    buf_char(out, '}');
}

static void write_policy(struct buf *out, struct str version, struct str rule)
{
    buf_lit(out, "{\"version\":");
    json_write_string(out, version);
    buf_lit(out, ",\"rule\":");
    json_write_string(out, rule);
    buf_char(out, '}');
}

static void write_cause(const struct encoder *encoder, struct buf *out, const struct cause *cause)
{
    if (!cause->topic) {
        buf_lit(out,
                "{\"topic\":null,\"partition\":null,\"offset\":null,\"event_id\":null,\"tick\":");
        json_write_time(out, cause->at);
    } else {
        buf_lit(out, "{\"topic\":");
        json_write_string(out, encoder->topic_names[cause->topic]);
        buf_lit(out, ",\"partition\":");
        buf_int(out, cause->partition);
        buf_lit(out, ",\"offset\":");
        buf_int(out, cause->offset);
        buf_lit(out, ",\"event_id\":");
        json_write_string(out, cause->event_id);
    }
    buf_char(out, '}');
}

static void write_warnings(struct buf *out, struct warnings warnings)
{
    buf_char(out, '[');
    for (size_t i = 0; i < warnings.n; i++) {
        if (i) buf_char(out, ',');
        buf_lit(out, "{\"member\":");
        json_write_string(out, warnings.items[i].member);
        buf_lit(out, ",\"value\":");
        json_write_string(out, warnings.items[i].value);
        buf_lit(out, ",\"taken_as\":");
        json_write_string(out, warnings.items[i].taken_as);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

/* The members with which every event but a reminder ends. */
static void write_end(struct buf *out, const struct output *output)
{
    buf_lit(out, ",\"warnings\":");
    write_warnings(out, output->warnings);
    buf_char(out, '}');
}

static void write_changes(struct buf *out, const struct task_output *task)
{
    bool first = true;
    buf_lit(out, ",\"changes\":{");
#define CHANGE(name, member, type)                                                                \
    if (task->before && (task->changed & (UINT64_C(1) << TASK_MEMBER_##name))) {                  \
        buf_str(out, first ? STR("\"" #name "\":{\"from\":") : STR(",\"" #name "\":{\"from\":")); \
        WRITE_##type(out, task->before, member);                                                  \
        buf_lit(out, ",\"to\":");                                                                 \
        WRITE_##type(out, task->after, member);                                                   \
        buf_char(out, '}');                                                                       \
        first = false;                                                                            \
    }
    TASK_MEMBERS(CHANGE)
#undef CHANGE
    buf_char(out, '}');
}

void encode_value_task_members(struct buf *out, struct str incident_id, const struct task *t,
                               struct str task_id)
{
    buf_lit(out, "{\"task_id\":");
    json_write_string(out, task_id);
    PUT(out, t, version, version, INT);
    buf_lit(out, ",\"incident_id\":");
    json_write_string(out, incident_id);
    PUT(out, t, finding_id, finding_id, STR);
    PUT(out, t, kind, kind, KIND);
    PUT(out, t, queue, queue, QUEUE);
    PUT(out, t, title, title, STR);
    PUT(out, t, description, description, STR);
    PUT(out, t, category, category, CATEGORY);
    PUT(out, t, severity, severity, SEVERITY);
    PUT(out, t, priority, priority, PRIORITY);
    PUT(out, t, status, status, STATUS);
    PUT(out, t, resolution, resolution, RESOLUTION);
    PUT(out, t, reason, reason, STR);
    PUT(out, t, owner, owner, OWNER);
    PUT(out, t, participants, participants, LIST);
    PUT(out, t, created_at, created_at, TIME);
    PUT(out, t, updated_at, updated_at, TIME);
    PUT(out, t, assign_due_at, assign_due_at, TIME);
    PUT(out, t, due_at, due_at, TIME);
    PUT(out, t, snoozed_until, snoozed_until, TIME);
    PUT(out, t, closed_at, closed_at, TIME);
    PUT(out, t, sla, sla, SLA);
    PUT(out, t, occurrence, occurrence, INT);
    PUT(out, t, tracker, tracker, TRACKER);
    PUT(out, t, policy, policy_version, POLICY);
}

static void write_task(const struct encoder *encoder, struct buf *out, const struct output *output,
                       struct str task_id)
{
    encode_value_task_members(out, output->incident_id, output->task.after, task_id);
    buf_lit(out, ",\"cause\":");
    write_cause(encoder, out, &output->cause);
    write_changes(out, &output->task);
    write_end(out, output);
}

/* Why the postmortem has its level: the names of the members that made it so. */
static void write_because(struct buf *out, const struct incident *incident)
{
    bool impacting = incident->because & BECAUSE_CUSTOMER_IMPACTING;
    bool breach = incident->because & BECAUSE_DATA_BREACH;
    buf_lit(out, ",\"because\":[");
    if (incident->level == LEVEL_UNCONFIRMED) {
        buf_str(out, incident->merged_into.p ? STR("\"merged_into\"") : STR("\"disposition\""));
    } else {
        if (impacting) buf_lit(out, "\"customer_impacting\"");
        if (impacting && breach) buf_char(out, ',');
        if (breach) buf_lit(out, "\"data_breach\"");
    }
    buf_char(out, ']');
}

static struct str postmortem_rule(int level)
{
#define RULE(id, text) [id] = {"postmortem/" text, sizeof("postmortem/" text) - 1},
    static const struct str rules[level_end] = {LEVELS(RULE)};
#undef RULE
    return rules[level];
}

void encode_value_incident_members(struct buf *out, struct str incident_id,
                                   const struct incident *i)
{
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, incident_id);
    PUT(out, i, occurrence, occurrence, INT);
    buf_lit(out, ",\"level\":");
    json_write_string(out, level_name(i->level));
    write_because(out, i);
    PUT(out, i, title, title, STR);
    PUT(out, i, severity, severity, SEVERITY);
    PUT(out, i, closed_at, closed_at, TIME);
    buf_lit(out, ",\"counts\":{\"open\":");
    buf_int(out, i->counts.open);
    PUT(out, i, closed, counts.closed, INT);
    PUT(out, i, met, counts.met, INT);
    PUT(out, i, met_late, counts.met_late, INT);
    buf_char(out, '}');
}

static void write_incident(const struct encoder *encoder, struct buf *out,
                           const struct output *output)
{
    const struct incident *i = output->incident.incident;
    encode_value_incident_members(out, output->incident_id, i);
    buf_lit(out, ",\"policy\":");
    write_policy(out, output->policy_version, postmortem_rule(i->level));
    buf_lit(out, ",\"cause\":");
    write_cause(encoder, out, &output->cause);
    write_end(out, output);
}

static void write_short_task(struct buf *out, const struct task *t)
{
    buf_lit(out, "{\"title\":");
    json_write_string(out, t->title);
    PUT(out, t, kind, kind, KIND);
    PUT(out, t, priority, priority, PRIORITY);
    PUT(out, t, status, status, STATUS);
    PUT(out, t, owner, owner, OWNER);
    PUT(out, t, due_at, due_at, TIME);
    PUT(out, t, tracker, tracker, TRACKER);
    buf_char(out, '}');
}

static void write_recipients(struct buf *out, const struct reminder_output *reminder)
{
    buf_lit(out, ",\"recipients\":[");
    for (size_t i = 0; i < reminder->recipients_n; i++) {
        const struct recipient *r = &reminder->recipients[i];
        buf_str(out, i ? STR(",{\"role\":") : STR("{\"role\":"));
        json_write_string(out, role_name(r->role));
        PUT(out, r, team, who.team, STR);
        PUT(out, r, person, who.person, STR);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void write_open_tasks(struct buf *out, const struct reminder_output *reminder)
{
    const struct incident *i = reminder->incident;
    buf_lit(out, ",\"incident\":{\"title\":");
    json_write_string(out, i->title);
    buf_lit(out, ",\"level\":");
    json_write_string(out, level_name(i->level));
    buf_lit(out, ",\"open\":[");
    for (size_t n = 0; n < reminder->open_n; n++) {
        if (n) buf_char(out, ',');
        write_short_task(out, reminder->open[n]);
    }
    buf_lit(out, "]}");
}

static void write_orphan(struct buf *out, const struct finding *f)
{
    int category = f->category ? f->category : CATEGORY_UNCATEGORIZED;
    int status = f->status ? f->status : REPORTED_OPEN;
    buf_lit(out, ",\"finding\":{\"finding_id\":");
    json_write_string(out, f->finding_id);
    PUT(out, f, title, title, STR);
    buf_lit(out, ",\"category\":");
    json_write_string(out, category_name(category));
    PUT(out, f, severity, severity, SEVERITY);
    buf_lit(out, ",\"status\":");
    json_write_string(out, reported_status_name(status));
    PUT(out, f, owner, owner, OWNER);
    buf_char(out, '}');
}

static void write_reminder(struct buf *out, const struct output *output, struct str task_id)
{
    const struct reminder_output *r = &output->reminder;
    bool about_incident = r->kind == REMINDER_REVIEW_DUE || r->kind == REMINDER_MISSING_FINDINGS;
    buf_lit(out, "{\"kind\":");
    json_write_string(out, reminder_kind_name(r->kind));
    PUT(out, r, number, number, INT);
    buf_lit(out, ",\"task_id\":");
    json_write_string(out, task_id);
    PUT(out, output, incident_id, incident_id, STR);
    PUT(out, r, due_for, due_for, TIME);
    write_recipients(out, r);
    PUT(out, r, summary, summary, STR);
    PUT(out, r, coalesced, coalesced, INT);
    buf_lit(out, ",\"task\":");
    if (r->task)
        write_short_task(out, r->task);
    else
        buf_lit(out, "null");
    if (about_incident && r->incident)
        write_open_tasks(out, r);
    else
        buf_lit(out, ",\"incident\":null");
    if (r->finding)
        write_orphan(out, r->finding);
    else
        buf_lit(out, ",\"finding\":null");
    buf_char(out, '}');
}

static void write_way(struct buf *out, const struct finding *f)
{
    buf_lit(out, ",\"origin\":{\"incident_id\":");
    json_write_string(out, f->origin.incident_id);
    PUT(out, &f->origin, finding_id, finding_id, STR);
    buf_char(out, '}');
    PUT(out, f, passed, passed, LIST);
}

/* A finding-updated as its publisher would send it: only the members that it has. */
static void write_finding(struct buf *out, const struct finding_event *event)
{
    const struct finding *f = &event->finding;
    buf_lit(out, "{\"finding_id\":");
    json_write_string(out, f->finding_id);
    PUT(out, event, incident_id, incident_id, STR);
    write_way(out, f);
    if (f->order.revision >= 0) PUT(out, f, revision, order.revision, INT);
    if (f->order.time != TIME_NONE) PUT(out, f, updated_at, order.time, TIME);
#define PUT_IF(bit, name, type) \
    if (event->present & (bit)) PUT(out, f, name, name, type)
#define PUT_WORD_IF(bit, name, word)           \
    if (event->present & (bit)) {              \
        buf_lit(out, ",\"" #name "\":");       \
        json_write_string(out, word(f->name)); \
    }
    PUT_IF(FINDING_CATEGORY, category, CATEGORY);
    PUT_IF(FINDING_SEVERITY, severity, SEVERITY);
    PUT_IF(FINDING_TITLE, title, STR);
    PUT_IF(FINDING_DESCRIPTION, description, STR);
    PUT_WORD_IF(FINDING_STATUS, status, reported_status_name)
    PUT_IF(FINDING_REASON, reason, STR);
    PUT_IF(FINDING_OWNER, owner, OWNER);
    PUT_IF(FINDING_GROUPS, groups, LIST);
    PUT_IF(FINDING_WORK, work, KIND);
    if (event->present & FINDING_SOP_CHANGE) {
        buf_lit(out, ",\"sop_change\":");
        json_write_bool(out, f->sop_change);
    }
    PUT_IF(FINDING_DUE_AT, due_at, TIME);
    PUT_IF(FINDING_SNOOZED_UNTIL, snoozed_until, TIME);
    PUT_IF(FINDING_TRACKER, tracker, TRACKER);
    PUT_WORD_IF(FINDING_ACTION_TYPE, action_type, action_type_name)
    PUT_IF(FINDING_REFERENCES, references, LIST);
    PUT_IF(FINDING_DUPLICATE_OF, duplicate_of, STR);
#undef PUT_IF
#undef PUT_WORD_IF
    buf_char(out, '}');
}

struct str encode_value_task_id(struct arena *arena, const struct output *output)
{
    const struct task *task = NULL;
    if (output->type == OUTPUT_TASK) task = output->task.after;
    if (output->type == OUTPUT_REMINDER) task = output->reminder.task;
    return task ? state_task_id(arena, output->incident_id, task->name) : STR_NONE;
}

void encode_value_write(const struct encoder *encoder, struct buf *out, const struct output *output,
                        struct str task_id)
{
    switch (output->type) {
    case OUTPUT_TASK: write_task(encoder, out, output, task_id); break;
    case OUTPUT_INCIDENT: write_incident(encoder, out, output); break;
    case OUTPUT_REMINDER: write_reminder(out, output, task_id); break;
    case OUTPUT_FORWARD: write_finding(out, &output->forward.finding); break;
    }
}
