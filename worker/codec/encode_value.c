/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of events, straight into the buffer without a tree: this is written two or three times
 * for each event that comes in. The order of members is the contract's, and fixed.
 */
#include "encode_value.h"

#include "core/task_diff.h"
#include "json.h"
#include "state_json.h"

/* The function that writes a member, by the type of its row (core/members.h). */
#define WRITE_TEXT json_write_string
#define WRITE_LIST json_write_list
#define WRITE_LABELS encode_value_labels
#define WRITE_INTEGER buf_int
#define WRITE_TIME json_write_time
#define WRITE_BOOLEAN json_write_bool
#define WRITE_WORD(vocabulary) write_##vocabulary
#define WRITE_OBJECT(name) write_##name
#define WRITE_OBJECTS(list, name) write_##list

#define WRITE_WORD_ONE(v, TABLE)                                \
    static inline void write_##v(struct buf *out, enum v value) \
    {                                                           \
        json_write_string(out, v##_name(value));                \
    }
NAMES_ALL(WRITE_WORD_ONE)

/* `,"name":` and the member; the caller has opened the object with a first member. */
#define PUT_AS(out, name, type, value)   \
    do {                                 \
        buf_lit(out, ",\"" #name "\":"); \
        WRITE_##type(out, value);        \
    } while (0)
#define PUT(out, of, type, member) PUT_AS(out, member, type, (of)->member)

static void write_owner(struct buf *out, struct owner owner)
{
    if (!owner.team.p && !owner.person.p) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"team\":");
    json_write_string(out, owner.team);
    PUT(out, &owner, TEXT, person);
    buf_char(out, '}');
}

static void write_tracker(struct buf *out, struct tracker tracker)
{
    if (!tracker.system.p && !tracker.key.p && !tracker.url.p) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"system\":");
    json_write_string(out, tracker.system);
    PUT(out, &tracker, TEXT, key);
    PUT(out, &tracker, TEXT, url);
    buf_char(out, '}');
}

static void write_evidence_list(struct buf *out, struct evidence_list list)
{
    buf_char(out, '[');
    for (size_t i = 0; i < list.n; i++) {
        if (i) buf_char(out, ',');
        buf_lit(out, "{\"ref\":");
        json_write_string(out, list.items[i].ref);
        PUT(out, &list.items[i], TEXT, note);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void write_origin(struct buf *out, struct origin origin)
{
    if (!origin.incident_id.p) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, origin.incident_id);
    PUT(out, &origin, TEXT, finding_id);
    buf_char(out, '}');
}

void encode_value_labels(struct buf *out, struct labels labels)
{
    buf_char(out, '{');
    for (size_t i = 0; i < labels.n; i++) {
        if (i) buf_char(out, ',');
        json_write_string(out, labels.items[i].name);
        buf_char(out, ':');
        json_write_string(out, labels.items[i].value);
    }
    buf_char(out, '}');
}

void encode_value_words(struct buf *out, unsigned bits, const struct vocabulary *words)
{
    bool first = true;
    buf_char(out, '[');
    for (int value = 1; value < words->end; value++) {
        if (!(bits >> value & 1)) continue;
        if (!first) buf_char(out, ',');
        json_write_string(out, words->words[value]);
        first = false;
    }
    buf_char(out, ']');
}

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

static void write_short_task(struct buf *out, const struct task *t)
{
    buf_lit(out, "{\"title\":");
    json_write_string(out, t->title);
    PUT(out, t, WORD(task_kind), kind);
    PUT(out, t, WORD(priority), priority);
    PUT(out, t, WORD(task_status), status);
    PUT(out, t, OBJECT(owner), owner);
    PUT(out, t, TIME, due_at);
    PUT(out, t, OBJECT(tracker), tracker);
    PUT(out, t, LABELS, labels);
    buf_char(out, '}');
}

static void write_recipients(struct buf *out, const struct reminder_output *reminder)
{
    buf_lit(out, ",\"recipients\":[");
    for (size_t i = 0; i < reminder->recipients_n; i++) {
        const struct recipient *r = &reminder->recipients[i];
        buf_str(out, i ? STR(",{\"role\":") : STR("{\"role\":"));
        json_write_string(out, role_name(r->role));
        PUT(out, &r->who, TEXT, team);
        PUT(out, &r->who, TEXT, person);
        PUT(out, r, TEXT, delegated_from);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void write_open_tasks(struct buf *out, const struct reminder_output *reminder)
{
    const struct incident *i = reminder->incident;
    buf_lit(out, ",\"incident\":{\"title\":");
    json_write_string(out, i->title);
    PUT(out, i, WORD(level), level);
    buf_lit(out, ",\"open\":[");
    for (size_t n = 0; n < reminder->open_n; n++) {
        if (n) buf_char(out, ',');
        write_short_task(out, reminder->open[n]);
    }
    buf_lit(out, "]}");
}

static void write_orphan(struct buf *out, const struct finding *f)
{
    enum category category = f->category ? f->category : CATEGORY_UNCATEGORIZED;
    enum reported_status status = f->status ? f->status : REPORTED_OPEN;
    buf_lit(out, ",\"finding\":{\"finding_id\":");
    json_write_string(out, f->finding_id);
    PUT(out, f, TEXT, title);
    PUT_AS(out, category, WORD(category), category);
    PUT(out, f, WORD(severity), severity);
    PUT_AS(out, status, WORD(reported_status), status);
    PUT(out, f, OBJECT(owner), owner);
    PUT(out, f, LABELS, labels);
    buf_char(out, '}');
}

static void write_reminder(struct buf *out, const struct output *output, struct str task_id)
{
    const struct reminder_output *r = &output->reminder;
    bool about_incident = r->kind == REMINDER_REVIEW_DUE || r->kind == REMINDER_MISSING_FINDINGS;
    buf_lit(out, "{\"kind\":");
    json_write_string(out, reminder_kind_name(r->kind));
    buf_lit(out, ",\"covers\":");
    encode_value_words(out, r->covers, &reminder_kind_words);
    PUT(out, r, INTEGER, number);
    PUT_AS(out, task_id, TEXT, task_id);
    PUT(out, output, TEXT, incident_id);
    PUT(out, r, TIME, due_for);
    write_recipients(out, r);
    PUT(out, r, TEXT, summary);
    PUT(out, r, INTEGER, coalesced);
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

/* ---- digests ---- */

/* The members that an item and a review begin with; the caller has opened the object. */
static void write_sent(struct buf *out, const struct digest_item *item)
{
    PUT(out, item, TEXT, incident_id);
    PUT(out, item, INTEGER, occurrence);
    PUT(out, item, TIME, due_for);
    buf_lit(out, ",\"roles\":");
    encode_value_words(out, item->roles, &role_words);
    PUT(out, item, LIST, delegated_from);
    PUT(out, item, INTEGER, coalesced);
    PUT(out, item, TEXT, summary);
}

static void write_item_task(struct buf *out, const struct digest_item *item)
{
    const struct task task = {.title = item->title,
                              .kind = item->task_kind,
                              .priority = item->priority,
                              .status = item->status,
                              .owner = item->owner,
                              .due_at = item->due_at,
                              .tracker = item->tracker,
                              .labels = item->labels};
    write_short_task(out, &task);
}

static void write_item_finding(struct buf *out, const struct digest_item *item)
{
    const struct finding finding = {.finding_id = item->finding_id,
                                    .title = item->title,
                                    .category = item->category,
                                    .severity = item->severity,
                                    .status = item->reported,
                                    .owner = item->owner,
                                    .labels = item->labels};
    write_orphan(out, &finding);
}

static void write_item(struct buf *out, const struct digest_item *item)
{
    struct arena *scratch = json_scratch();
    struct str task_id =
        item->name.p ? state_task_id(scratch, item->incident_id, item->name) : STR_NONE;
    buf_lit(out, "{\"kind\":");
    json_write_string(out, reminder_kind_name(item->kind));
    PUT(out, item, INTEGER, number);
    PUT_AS(out, task_id, TEXT, task_id);
    write_sent(out, item);
    buf_lit(out, ",\"covers\":");
    encode_value_words(out, item->covers, &reminder_kind_words);
    buf_lit(out, ",\"task\":");
    if (item->name.p)
        write_item_task(out, item);
    else
        buf_lit(out, "null");
    if (item->level) {
        buf_lit(out, ",\"incident\":{\"title\":");
        json_write_string(out, item->title);
        PUT(out, item, WORD(level), level);
        buf_char(out, '}');
    } else {
        buf_lit(out, ",\"incident\":null");
    }
    if (item->finding_id.p)
        write_item_finding(out, item);
    else
        buf_lit(out, ",\"finding\":null");
    buf_char(out, '}');
}

static void write_review(struct buf *out, const struct digest_item *item)
{
    buf_lit(out, "{\"number\":");
    buf_int(out, item->number);
    write_sent(out, item);
    PUT(out, item, TEXT, title);
    PUT(out, item, WORD(level), level);
    buf_lit(out, ",\"open_tasks\":{\"open\":");
    buf_int(out, item->open);
    PUT(out, item, INTEGER, in_progress);
    PUT(out, item, INTEGER, blocked);
    PUT(out, item, INTEGER, resolved);
    buf_char(out, '}');
    PUT(out, item, INTEGER, overdue);
    buf_char(out, '}');
}

static void write_items(struct buf *out, const struct digest_item *const *items, size_t n,
                        void write(struct buf *out, const struct digest_item *item))
{
    buf_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i) buf_char(out, ',');
        write(out, items[i]);
    }
    buf_char(out, ']');
}

static void write_digest(struct buf *out, const struct digest_output *digest)
{
    buf_lit(out, "{\"recipient\":");
    json_write_string(out, digest->recipient);
    PUT_AS(out, n, INTEGER, digest->number);
    PUT(out, digest, TEXT, date);
    PUT(out, digest, BOOLEAN, urgent);
    buf_lit(out, ",\"items\":");
    write_items(out, digest->items, digest->items_n, write_item);
    buf_lit(out, ",\"reviews\":");
    write_items(out, digest->reviews, digest->reviews_n, write_review);
    PUT(out, digest, INTEGER, omitted);
    PUT(out, digest, TEXT, summary);
    buf_char(out, '}');
}

/* ---- what merged incidents say to each other ---- */

static void write_way(struct buf *out, struct origin origin, struct str_list passed)
{
    PUT_AS(out, origin, OBJECT(origin), origin);
    PUT_AS(out, passed, LIST, passed);
}

/* A part of an owner is said by a text. */
static void write_owner_part(struct buf *out, struct owner owner, enum owner_part part)
{
    PUT_AS(out, owner, TEXT, part == OWNER_PERSON ? owner.person : owner.team);
}

/* A finding-updated as its publisher would send it: only the members that it has. */
static void write_finding(struct buf *out, const struct finding_event *event)
{
    const struct finding *f = &event->finding;
    buf_lit(out, "{\"finding_id\":");
    json_write_string(out, f->finding_id);
    PUT(out, event, TEXT, incident_id);
    write_way(out, f->origin, f->passed);
    if (f->order.revision >= 0) PUT(out, &f->order, INTEGER, revision);
    if (f->order.time != TIME_NONE) PUT_AS(out, updated_at, TIME, f->order.time);
    if (event->by.p) PUT(out, event, TEXT, by);
    unsigned whole = event->present;
    if (event->owner_part) {
        write_owner_part(out, f->owner, event->owner_part);
        whole &= ~(unsigned)FINDING_OWNER;
    }
#define PUT_SAID(bit, type, member) \
    if (whole & bit) PUT(out, f, type, member);
    FINDING_SAID(PUT_SAID)
#undef PUT_SAID
    buf_char(out, '}');
}

/* A task-updated in the same way. */
static void write_task_update(struct buf *out, const struct task_update_event *event)
{
    buf_lit(out, "{\"task_id\":");
    json_write_string(out, event->task_id);
    PUT(out, event, TEXT, incident_id);
    write_way(out, event->origin, event->passed);
    if (event->kind) PUT(out, event, WORD(task_kind), kind);
    if (event->order.revision >= 0) PUT(out, &event->order, INTEGER, revision);
    if (event->order.time != TIME_NONE) PUT_AS(out, updated_at, TIME, event->order.time);
    if (event->by.p) PUT(out, event, TEXT, by);
    unsigned whole = event->present;
    if (event->owner_part) {
        write_owner_part(out, event->owner, event->owner_part);
        whole &= ~(unsigned)TASK_UPDATE_OWNER;
    }
#define PUT_SAID(bit, type, member) \
    if (whole & bit) PUT(out, event, type, member);
    TASK_UPDATE_SAID(PUT_SAID)
#undef PUT_SAID
    buf_char(out, '}');
}

/* A finding with all that it has, as it is stored. */
static void write_arrival(struct buf *out, const struct output *output)
{
    const struct finding *f = &output->forward.arrival.finding;
    buf_lit(out, "{\"finding_id\":");
    json_write_string(out, f->finding_id);
    PUT(out, output, TEXT, incident_id);
    write_way(out, f->origin, f->passed);
    buf_lit(out, ",\"finding\":");
    state_json_write_body(out, ENTRY_FINDING, f);
    buf_char(out, '}');
}

static void write_merge(struct buf *out, const struct output *output)
{
    const struct merge_event *event = &output->forward.merge;
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    PUT(out, event, LIST, passed);
    PUT(out, event, LIST, circle);
    if (event->facts.severity) PUT(out, &event->facts, WORD(severity), severity);
    if (event->facts.customer_impacting)
        PUT(out, &event->facts, WORD(tristate), customer_impacting);
    if (event->facts.data_breach) PUT(out, &event->facts, WORD(tristate), data_breach);
    buf_char(out, '}');
}

static void write_parting(struct buf *out, const struct output *output)
{
    const struct parting_event *event = &output->forward.parting;
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    PUT(out, &event->edge, TEXT, from);
    PUT(out, &event->edge, TEXT, into);
    PUT(out, event, LIST, passed);
    buf_char(out, '}');
}

static void write_forward(struct buf *out, const struct output *output)
{
    switch (output->forward.type) {
    case EVENT_FINDING: write_finding(out, &output->forward.finding); break;
    case EVENT_TASK_UPDATE: write_task_update(out, &output->forward.task_update); break;
    case EVENT_MERGE: write_merge(out, output); break;
    case EVENT_PARTING: write_parting(out, output); break;
    case EVENT_FORGOTTEN:
        buf_lit(out, "{\"incident_id\":");
        json_write_string(out, output->incident_id);
        buf_char(out, '}');
        break;
    default: write_arrival(out, output); break;
    }
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
    case OUTPUT_DIGEST: write_digest(out, &output->digest); break;
    case OUTPUT_FORWARD: write_forward(out, output); break;
    }
}
