/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of events of tasks and incidents, straight into the buffer without a tree: this is written
 * two or three times for each event that comes in. The order of members is the contract's, and fixed.
 */
#include "encode_value.h"

#include "core/state_key.h"
#include "core/task_diff.h"
#include "encode_forward.h"
#include "encode_put.h"
#include "encode_recurrence.h"
#include "encode_reminder.h"
#include "json.h"

static void write_policy(struct buf *out, struct str version, struct str rule)
{
    buf_lit(out, "{\"version\":");
    json_write_string(out, version);
    PUT_AS(out, rule, TEXT, rule);
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
        PUT(out, cause, INTEGER, partition);
        PUT(out, cause, INTEGER, offset);
        PUT(out, cause, TEXT, event_id);
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
        PUT(out, &warnings.items[i], TEXT, value);
        PUT(out, &warnings.items[i], TEXT, taken_as);
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

/* Opens one member of `changes`, if it is in `changed`. */
static bool begin_change(struct buf *out, uint64_t changed, enum task_member member,
                         struct str name)
{
    if (!(changed >> member & 1)) return false;
    if (out->p[out->n - 1] != '{') buf_char(out, ',');
    buf_str(out, name);
    return true;
}

/* Of an obligation that is done; else null. */
static void write_met(struct buf *out, const struct task *t)
{
    if (task_is_submitted(t))
        json_write_bool(out, task_margin_s(t) >= 0);
    else
        buf_lit(out, "null");
}

static void write_margin_s(struct buf *out, const struct task *t)
{
    if (task_is_submitted(t))
        buf_int(out, task_margin_s(t));
    else
        buf_lit(out, "null");
}

static void write_changes(struct buf *out, const struct task_output *task)
{
    const struct task *before = task->before, *after = task->after;
    uint64_t changed = before ? task->changed : 0;
    buf_lit(out, ",\"changes\":{");
#define CHANGE(type, member)                                                                   \
    if (begin_change(out, changed, TASK_MEMBER_##member, STR("\"" #member "\":{\"from\":"))) { \
        WRITE_##type(out, before->member);                                                     \
        PUT_AS(out, to, type, after->member);                                                  \
        buf_char(out, '}');                                                                    \
    }
    TASK_MEMBERS(CHANGE, MEMBER_SKIP, MEMBER_SKIP)
#undef CHANGE
    if (begin_change(out, changed, TASK_MEMBER_met, STR("\"met\":{\"from\":"))) {
        write_met(out, before);
        buf_lit(out, ",\"to\":");
        write_met(out, after);
        buf_char(out, '}');
    }
    if (begin_change(out, changed, TASK_MEMBER_margin_s, STR("\"margin_s\":{\"from\":"))) {
        write_margin_s(out, before);
        buf_lit(out, ",\"to\":");
        write_margin_s(out, after);
        buf_char(out, '}');
    }
    if (begin_change(out, changed, TASK_MEMBER_policy, STR("\"policy\":{\"from\":"))) {
        write_policy(out, before->policy_version, before->policy_rule);
        buf_lit(out, ",\"to\":");
        write_policy(out, after->policy_version, after->policy_rule);
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

void encode_value_task_members(struct buf *out, struct str incident_id, const struct task *t,
                               struct str task_id)
{
    buf_lit(out, "{\"task_id\":");
    json_write_string(out, task_id);
    PUT(out, t, INTEGER, version);
    PUT_AS(out, incident_id, TEXT, incident_id);
#define SHOW(type, member) PUT(out, t, type, member);
    TASK_MEMBERS(SHOW, SHOW, MEMBER_SKIP)
#undef SHOW
    buf_lit(out, ",\"met\":");
    write_met(out, t);
    buf_lit(out, ",\"margin_s\":");
    write_margin_s(out, t);
    buf_lit(out, ",\"policy\":");
    write_policy(out, t->policy_version, t->policy_rule);
}

static void write_task(const struct encoder *encoder, struct buf *out, const struct output *output,
                       struct str task_id)
{
    encode_value_task_members(out, output->incident_id, output->task.after, task_id);
    buf_lit(out, ",\"cause\":");
    write_cause(encoder, out, &output->cause);
    PUT_AS(out, by, TEXT, output->cause.by);
    write_changes(out, &output->task);
    write_end(out, output);
}

/* Why the postmortem has its level: what asks for a full one, or the member that says there is
 * none. */
static void write_because(struct buf *out, const struct incident *incident)
{
    struct str none = incident->merged_into.p ? STR("merged_into") : STR("disposition");
    bool is_none = incident->level == LEVEL_UNCONFIRMED;
    PUT_AS(out, because, LIST, is_none ? ((struct str_list){&none, 1}) : incident->because);
}

static struct str postmortem_rule(enum level level)
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
    PUT(out, i, INTEGER, occurrence);
    PUT(out, i, WORD(level), level);
    write_because(out, i);
    PUT(out, i, TEXT, title);
    PUT(out, i, WORD(severity), severity);
    PUT(out, i, TIME, closed_at);
    buf_lit(out, ",\"counts\":{\"open\":");
    buf_int(out, i->counts.open);
    PUT(out, &i->counts, INTEGER, closed);
    PUT(out, &i->counts, INTEGER, met);
    PUT(out, &i->counts, INTEGER, met_late);
    PUT(out, &i->counts, INTEGER, waived);
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

static void write_recurred(const struct encoder *encoder, struct buf *out,
                           const struct output *output, struct str task_id)
{
    encode_recurred(out, output, task_id);
    buf_lit(out, ",\"policy\":");
    write_policy(out, output->policy_version, STR("recurrence"));
    buf_lit(out, ",\"cause\":");
    write_cause(encoder, out, &output->cause);
    write_end(out, output);
}

struct str encode_value_task_id(struct arena *arena, const struct output *output)
{
    const struct task *task = NULL;
    if (output->type == OUTPUT_TASK) task = output->task.after;
    if (output->type == OUTPUT_REMINDER) task = output->reminder.task;
    if (output->type == OUTPUT_RECURRED) task = output->recurred.task;
    return task ? state_task_id(arena, output->incident_id, task->name) : STR_NONE;
}

void encode_value_write(const struct encoder *encoder, struct buf *out, const struct output *output,
                        struct str task_id)
{
    switch (output->type) {
    case OUTPUT_TASK: write_task(encoder, out, output, task_id); break;
    case OUTPUT_INCIDENT: write_incident(encoder, out, output); break;
    case OUTPUT_REMINDER: encode_reminder(out, output, task_id); break;
    case OUTPUT_DIGEST: encode_digest(out, &output->digest); break;
    case OUTPUT_RECURRED: write_recurred(encoder, out, output, task_id); break;
    case OUTPUT_FORWARD: encode_forward(out, output); break;
    }
}
