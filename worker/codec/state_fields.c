/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of what is stored of each type of entry. A member of the state that is in no row is
 * lost at the next restart, so the tables stand beside a guard of the structs' sizes.
 */
#include "state_fields.h"

/* clang-format off */
#define NAME(text) {",\"" text "\":", sizeof(",\"" text "\":") - 1}
#define FIELD(kind, in, member)                                                                    \
    {.name = NAME(#member), .type = kind, .offset = offsetof(struct in, member)}
#define FIELD_AS(text, kind, in, member)                                                           \
    {.name = NAME(text), .type = kind, .offset = offsetof(struct in, member)}
#define WORD(in, member, vocabulary)                                                               \
    {.name = NAME(#member), .type = STATE_WORD, .offset = offsetof(struct in, member),             \
     .word = vocabulary##_name, .parse = vocabulary##_parse, .end = vocabulary##_end}
#define WORDS(in, member, vocabulary, value)                                                       \
    {.name = NAME(#member), .type = STATE_WORDS, .offset = offsetof(struct in, member),            \
     .first = value, .word = vocabulary##_name, .parse = vocabulary##_parse,                       \
     .end = vocabulary##_end}
#define OBJECT(in, member, fields)                                                                 \
    {.name = NAME(#member), .type = STATE_OBJECT, .offset = offsetof(struct in, member),           \
     .of = &fields}
#define OBJECTS(in, text, member, count, fields)                                                   \
    {.name = NAME(text), .type = STATE_OBJECTS, .offset = offsetof(struct in, member),             \
     .count_offset = offsetof(struct in, count), .of = &fields}
#define FIELDS(in, items) {items, sizeof items / sizeof *items, sizeof(struct in)}

/* clang-format on */

/* What is missing in a table is lost at the next restart. */
#define COMPLETE(in, bytes)                                             \
    _Static_assert(sizeof(void *) != 8 || sizeof(struct in) == (bytes), \
                   "struct " #in " has changed: its fields below must follow, then this size")
COMPLETE(incident, 392);
COMPLETE(cursor, 88);
COMPLETE(closure, 200);
COMPLETE(finding, 352);
COMPLETE(task, 512);

#define PHASES(X)         \
    X(PHASE_OPEN, "open") \
    X(PHASE_COMPLETED, "completed")
enum { phase_end = PHASE_COMPLETED + 1 };

#define BECAUSES(X)            \
    X(1, "customer_impacting") \
    X(2, "data_breach")
enum { because_end = 3 };

#define STAGES(X)               \
    X(STAGE_PARTIES, "parties") \
    X(STAGE_UPDATE, "update")   \
    X(STAGE_RAISE, "raise")     \
    X(STAGE_TAKE, "take")       \
    X(STAGE_RELEASE, "release") \
    X(STAGE_DOUBTS, "doubts")   \
    X(STAGE_FORWARD, "forward") \
    X(STAGE_CLOSE, "close")     \
    X(STAGE_HOLD, "hold")       \
    X(STAGE_RETIRE, "retire")   \
    X(STAGE_AGAIN, "again")

#define DOUBTS(X)                   \
    X(DOUBT_UNCHECKED, "unchecked") \
    X(DOUBT_MOVED, "moved")         \
    X(DOUBT_UNKNOWN, "unknown")     \
    X(DOUBT_CIRCULAR, "circular")
enum { doubt_end = DOUBT_CIRCULAR + 1 };

#define CHANGES(X)   \
    X(1, "back")     \
    X(2, "severity") \
    X(3, "owner")    \
    X(4, "raised")   \
    X(5, "merged")
enum { change_end = 6 };

/* The vocabularies that only the state has. */
#define TEXT(value, text) [value] = {text, sizeof(text) - 1},
#define VOCABULARY(name, TABLE)                                         \
    static struct str name##_name(int value)                            \
    {                                                                   \
        static const struct str texts[name##_end] = {TABLE(TEXT)};      \
        return texts[value];                                            \
    }                                                                   \
    static int name##_parse(struct str text)                            \
    {                                                                   \
        int value = name##_end - 1;                                     \
        while (value > 0 && !str_eq(name##_name(value), text)) value--; \
        return value;                                                   \
    }
VOCABULARY(phase, PHASES)
VOCABULARY(because, BECAUSES)
VOCABULARY(stage, STAGES)
VOCABULARY(doubt, DOUBTS)
VOCABULARY(change, CHANGES)

static const struct state_field order_items[] = {
    FIELD(STATE_REVISION, order, revision),
    FIELD(STATE_TIME, order, time),
};
static const struct state_fields order = FIELDS(order, order_items);

static const struct state_field owner_items[] = {
    FIELD(STATE_TEXT, owner, team),
    FIELD(STATE_TEXT, owner, person),
};
static const struct state_fields owner = FIELDS(owner, owner_items);

static const struct state_field tracker_items[] = {
    FIELD(STATE_TEXT, tracker, system),
    FIELD(STATE_TEXT, tracker, key),
    FIELD(STATE_TEXT, tracker, url),
};
static const struct state_fields tracker = FIELDS(tracker, tracker_items);

static const struct state_field warning_items[] = {
    FIELD(STATE_TEXT, warning, member),
    FIELD(STATE_TEXT, warning, value),
    FIELD(STATE_TEXT, warning, taken_as),
};
static const struct state_fields warning = FIELDS(warning, warning_items);

static const struct state_field counts_items[] = {
    FIELD(STATE_INTEGER, counts, open),
    FIELD(STATE_INTEGER, counts, closed),
    FIELD(STATE_INTEGER, counts, met),
    FIELD(STATE_INTEGER, counts, met_late),
};
static const struct state_fields counts = FIELDS(counts, counts_items);

static const struct state_field cursor_items[] = {
    WORD(cursor, stage, stage),
    WORD(cursor, topic, topic),
    FIELD(STATE_INTEGER, cursor, partition),
    FIELD(STATE_INTEGER, cursor, offset),
    FIELD(STATE_TEXT, cursor, event_id),
    FIELD(STATE_INTEGER, cursor, done),
    FIELD(STATE_TEXT, cursor, key),
    FIELD(STATE_TIME, cursor, at),
    FIELD(STATE_TIME, cursor, latest),
    WORDS(cursor, changes, change, 1),
};
static const struct state_fields cursor = FIELDS(cursor, cursor_items);

static const struct state_field incident_items[] = {
    FIELD(STATE_TEXT, incident, incident_id),
    OBJECT(incident, order, order),
    FIELD(STATE_TEXT, incident, title),
    WORD(incident, severity, severity),
    WORD(incident, disposition, disposition),
    FIELD(STATE_TRISTATE, incident, customer_impacting),
    FIELD(STATE_TRISTATE, incident, data_breach),
    FIELD(STATE_TIME, incident, started_at),
    FIELD(STATE_TIME, incident, detected_at),
    FIELD(STATE_TIME, incident, contained_at),
    FIELD(STATE_TIME, incident, closed_at),
    OBJECT(incident, owner, owner),
    FIELD(STATE_TEXT, incident, merged_into),
    FIELD(STATE_TEXT, incident, merge_void),
    WORD(incident, phase, phase),
    WORD(incident, level, level),
    WORDS(incident, because, because, 1),
    FIELD(STATE_INTEGER, incident, occurrence),
    FIELD(STATE_INTEGER, incident, updates),
    OBJECT(incident, counts, counts),
    FIELD(STATE_INTEGER, incident, findings),
    FIELD(STATE_INTEGER, incident, doubts),
    WORDS(incident, made, task_kind, 0),
    FIELD(STATE_TIME, incident, opened_at),
    FIELD(STATE_TIME, incident, completed_at),
    FIELD(STATE_TIME, incident, review_last),
    FIELD(STATE_INTEGER, incident, reviews),
    FIELD(STATE_BOOLEAN, incident, missing_findings_sent),
    FIELD(STATE_INTEGER, incident, orphans),
    FIELD(STATE_INTEGER, incident, retired),
    OBJECT(incident, cursor, cursor),
};

static const struct state_field timeline_entry_items[] = {
    FIELD(STATE_TIME, timeline_entry, at),
    FIELD(STATE_TEXT, timeline_entry, at_text),
    FIELD(STATE_TEXT, timeline_entry, actor),
    FIELD(STATE_TEXT, timeline_entry, action),
};
static const struct state_fields timeline_entry = FIELDS(timeline_entry, timeline_entry_items);

static const struct state_field evidence_items[] = {
    FIELD(STATE_TEXT, evidence, ref),
    FIELD(STATE_TEXT, evidence, note),
};
static const struct state_fields evidence = FIELDS(evidence, evidence_items);

static const struct state_field coordination_items[] = {
    FIELD(STATE_TEXT, coordination, party),     WORD(coordination, party_kind, party_kind),
    FIELD(STATE_TEXT, coordination, reference), FIELD(STATE_TEXT, coordination, status),
    FIELD(STATE_BOOLEAN, coordination, closed),
};
static const struct state_fields coordination = FIELDS(coordination, coordination_items);

static const struct state_field closure_items[] = {
    FIELD(STATE_TEXT, closure, summary),
    FIELD(STATE_TEXT, closure, started_at_text),
    FIELD(STATE_TEXT, closure, detected_at_text),
    FIELD(STATE_TEXT, closure, contained_at_text),
    OBJECTS(closure, "timeline", timeline, timeline_n, timeline_entry),
    OBJECTS(closure, "evidence", evidence, evidence_n, evidence),
    FIELD(STATE_LIST, closure, actors),
    FIELD(STATE_TEXT, closure, response),
    FIELD(STATE_LIST, closure, takeaways),
    FIELD(STATE_TRISTATE, closure, sufficient),
    FIELD(STATE_TRISTATE, closure, complete),
    FIELD(STATE_TEXT, closure, evaluation_note),
    OBJECTS(closure, "coordination", coordination, coordination_n, coordination),
    FIELD(STATE_LIST, closure, references),
};

static const struct state_field origin_items[] = {
    FIELD(STATE_TEXT, origin, incident_id),
    FIELD(STATE_TEXT, origin, finding_id),
};
static const struct state_fields origin = FIELDS(origin, origin_items);

static const struct state_field finding_items[] = {
    FIELD(STATE_TEXT, finding, finding_id),
    OBJECT(finding, origin, origin),
    FIELD(STATE_LIST, finding, passed),
    OBJECT(finding, order, order),
    WORD(finding, category, category),
    WORD(finding, severity, severity),
    FIELD(STATE_TEXT, finding, title),
    FIELD(STATE_TEXT, finding, description),
    WORD(finding, status, reported_status),
    FIELD(STATE_TEXT, finding, reason),
    OBJECT(finding, owner, owner),
    FIELD(STATE_LIST, finding, groups),
    WORD(finding, work, task_kind),
    FIELD(STATE_BOOLEAN, finding, sop_change),
    FIELD(STATE_TIME, finding, due_at),
    FIELD(STATE_TIME, finding, snoozed_until),
    OBJECT(finding, tracker, tracker),
    WORD(finding, action_type, action_type),
    FIELD(STATE_LIST, finding, references),
    FIELD(STATE_TEXT, finding, duplicate_of),
    FIELD_AS("inline", STATE_BOOLEAN, finding, is_inline),
    WORD(finding, kind, task_kind),
    WORD(finding, doubt, doubt),
    FIELD(STATE_BOOLEAN, finding, sop_task),
    FIELD(STATE_TIME, finding, first_seen_at),
    FIELD(STATE_BOOLEAN, finding, orphan_sent),
    OBJECTS(finding, "warnings", warnings.items, warnings.n, warning),
};

static const struct state_field task_items[] = {
    FIELD(STATE_TEXT, task, name),
    FIELD(STATE_TEXT, task, incident_id),
    FIELD(STATE_TEXT, task, finding_id),
    WORD(task, kind, task_kind),
    WORD(task, queue, queue),
    FIELD(STATE_TEXT, task, title),
    FIELD(STATE_TEXT, task, description),
    WORD(task, category, category),
    WORD(task, severity, severity),
    WORD(task, priority, priority),
    WORD(task, status, task_status),
    WORD(task, resolution, resolution),
    FIELD(STATE_TEXT, task, reason),
    OBJECT(task, owner, owner),
    FIELD(STATE_LIST, task, participants),
    FIELD(STATE_TIME, task, created_at),
    FIELD(STATE_TIME, task, updated_at),
    FIELD(STATE_TIME, task, assign_due_at),
    FIELD(STATE_TIME, task, due_at),
    FIELD(STATE_TIME, task, snoozed_until),
    FIELD(STATE_TIME, task, closed_at),
    WORD(task, sla, sla_state),
    FIELD(STATE_INTEGER, task, occurrence),
    FIELD(STATE_INTEGER, task, version),
    OBJECT(task, tracker, tracker),
    FIELD(STATE_TEXT, task, policy_version),
    FIELD(STATE_TEXT, task, policy_rule),
    OBJECT(task, order, order),
    FIELD(STATE_TIME, task, clock_start),
    FIELD(STATE_TIME, task, touched_at),
    FIELD(STATE_TIME, task, resolved_at),
    FIELD(STATE_TIME, task, paused_at),
    FIELD(STATE_BOOLEAN, task, due_fixed),
    FIELD(STATE_BITS, task, escalated),
    FIELD(STATE_REMINDERS, task, reminders),
};

static const struct state_field reminder_items[] = {
    FIELD(STATE_INTEGER, reminder_state, number),
    FIELD(STATE_TIME, reminder_state, last),
};

const struct state_fields state_fields_reminder = FIELDS(reminder_state, reminder_items);

const struct state_fields state_fields_entries[4] = {
    [ENTRY_INCIDENT] = FIELDS(incident, incident_items),
    [ENTRY_CLOSURE] = FIELDS(closure, closure_items),
    [ENTRY_FINDING] = FIELDS(finding, finding_items),
    [ENTRY_TASK] = FIELDS(task, task_items),
};
