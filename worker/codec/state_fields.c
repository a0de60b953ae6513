/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of core/state_entries.h, as the writer and the reader of the state follow them. They are
 * made of its rows: a member that were in no table would be lost at the next restart.
 */
#include "state_fields.h"

/* clang-format off */

/* A row as a field; the type of the row gives the part behind its name and place. */
#define NAME(text) {",\"" text "\":", sizeof(",\"" text "\":") - 1}
#define FIELD_AS(text, in, type, member)                                                           \
    {.name = NAME(text), .offset = offsetof(struct in, member), FIELD_##type},
#define FIELD_TEXT .type = STATE_TEXT
#define FIELD_LIST .type = STATE_LIST
#define FIELD_INTEGER .type = STATE_INTEGER
#define FIELD_REVISION .type = STATE_REVISION
#define FIELD_BITS .type = STATE_BITS
#define FIELD_BOOLEAN .type = STATE_BOOLEAN
#define FIELD_TRISTATE .type = STATE_TRISTATE
#define FIELD_TIME .type = STATE_TIME
#define FIELD_WORD(vocabulary) .type = STATE_WORD, .words = &vocabulary##_words
#define FIELD_WORDS(vocabulary, value)                                                             \
    .type = STATE_WORDS, .words = &vocabulary##_words, .first = value
#define FIELD_OBJECT(name) .type = STATE_OBJECT, .of = &name##_fields
#define FIELD_OBJECTS(list, entry) .type = STATE_OBJECTS, .of = &entry##_fields
#define FIELD_LABELS .type = STATE_LABELS
#define FIELD_REMINDERS .type = STATE_REMINDERS
#define FIELDS(in, items) {items, sizeof items / sizeof *items, sizeof(struct in)}

#define ORDER_FIELD(type, member) FIELD_AS(#member, order, type, member)
static const struct state_field order_items[] = {ORDER_MEMBERS(ORDER_FIELD)};
static const struct state_fields order_fields = FIELDS(order, order_items);

#define OWNER_FIELD(type, member) FIELD_AS(#member, owner, type, member)
static const struct state_field owner_items[] = {OWNER_MEMBERS(OWNER_FIELD)};
static const struct state_fields owner_fields = FIELDS(owner, owner_items);

#define TRACKER_FIELD(type, member) FIELD_AS(#member, tracker, type, member)
static const struct state_field tracker_items[] = {TRACKER_MEMBERS(TRACKER_FIELD)};
static const struct state_fields tracker_fields = FIELDS(tracker, tracker_items);

#define WARNING_FIELD(type, member) FIELD_AS(#member, warning, type, member)
static const struct state_field warning_items[] = {WARNING_MEMBERS(WARNING_FIELD)};
static const struct state_fields warning_fields = FIELDS(warning, warning_items);

#define COUNTS_FIELD(type, member) FIELD_AS(#member, counts, type, member)
static const struct state_field counts_items[] = {COUNTS_MEMBERS(COUNTS_FIELD)};
static const struct state_fields counts_fields = FIELDS(counts, counts_items);

#define FORGOTTEN_FIELD(type, member) FIELD_AS(#member, forgotten_month, type, member)
static const struct state_field forgotten_month_items[] = {
    FORGOTTEN_MONTH_MEMBERS(FORGOTTEN_FIELD)
};
static const struct state_fields forgotten_month_fields =
    FIELDS(forgotten_month, forgotten_month_items);

#define CURSOR_FIELD(type, member) FIELD_AS(#member, cursor, type, member)
static const struct state_field cursor_items[] = {CURSOR_MEMBERS(CURSOR_FIELD)};
static const struct state_fields cursor_fields = FIELDS(cursor, cursor_items);

#define TIMELINE_ENTRY_FIELD(type, member) FIELD_AS(#member, timeline_entry, type, member)
static const struct state_field timeline_entry_items[] = {
    TIMELINE_ENTRY_MEMBERS(TIMELINE_ENTRY_FIELD)
};
static const struct state_fields timeline_entry_fields =
    FIELDS(timeline_entry, timeline_entry_items);

#define EVIDENCE_FIELD(type, member) FIELD_AS(#member, evidence, type, member)
static const struct state_field evidence_items[] = {EVIDENCE_MEMBERS(EVIDENCE_FIELD)};
static const struct state_fields evidence_fields = FIELDS(evidence, evidence_items);

#define EVALUATION_FIELD(type, member) FIELD_AS(#member, evaluation, type, member)
static const struct state_field evaluation_items[] = {EVALUATION_MEMBERS(EVALUATION_FIELD)};
static const struct state_fields evaluation_fields = FIELDS(evaluation, evaluation_items);

#define COORDINATION_FIELD(type, member) FIELD_AS(#member, coordination, type, member)
static const struct state_field coordination_items[] = {COORDINATION_MEMBERS(COORDINATION_FIELD)};
static const struct state_fields coordination_fields = FIELDS(coordination, coordination_items);

#define SUBMISSION_FIELD(type, member) FIELD_AS(#member, submission, type, member)
static const struct state_field submission_items[] = {SUBMISSION_MEMBERS(SUBMISSION_FIELD)};
static const struct state_fields submission_fields = FIELDS(submission, submission_items);

#define ORIGIN_FIELD(type, member) FIELD_AS(#member, origin, type, member)
static const struct state_field origin_items[] = {ORIGIN_MEMBERS(ORIGIN_FIELD)};
static const struct state_fields origin_fields = FIELDS(origin, origin_items);

#define REMINDER_STATE_FIELD(type, member) FIELD_AS(#member, reminder_state, type, member)
static const struct state_field reminder_state_items[] = {
    REMINDER_STATE_MEMBERS(REMINDER_STATE_FIELD)
};

#define SEEN_FIELD(type, member) FIELD_AS(#member, seen, type, member)
static const struct state_field seen_items[] = {SEEN_MEMBERS(SEEN_FIELD)};
static const struct state_fields seen_fields = FIELDS(seen, seen_items);

#define TOLD_STATUS_FIELD(type, member) FIELD_AS(#member, told_status, type, member)
static const struct state_field told_status_items[] = {TOLD_STATUS_MEMBERS(TOLD_STATUS_FIELD)};
static const struct state_fields told_status_fields = FIELDS(told_status, told_status_items);

#define EDGE_FIELD(type, member) FIELD_AS(#member, edge, type, member)
static const struct state_field edge_items[] = {EDGE_MEMBERS(EDGE_FIELD)};
static const struct state_fields edge_fields = FIELDS(edge, edge_items);

#define INCIDENT_FIELD(type, member) FIELD_AS(#member, incident, type, member)
#define INCIDENT_FIELD_OF(bit, type, member) FIELD_AS(#member, incident, type, member)
static const struct state_field incident_items[] = {
    INCIDENT_MEMBERS(INCIDENT_FIELD_OF, INCIDENT_FIELD)
};

#define CLOSURE_FIELD(bit, type, member) FIELD_AS(#member, closure, type, member)
static const struct state_field closure_items[] = {CLOSURE_MEMBERS(CLOSURE_FIELD)};

#define TASK_FIELD(type, member) FIELD_AS(#member, task, type, member)
static const struct state_field task_items[] = {TASK_MEMBERS(TASK_FIELD, TASK_FIELD, TASK_FIELD)};
static const struct state_fields task_fields = FIELDS(task, task_items);

#define FINDING_FIELD(type, member) FIELD_AS(#member, finding, type, member)
#define FINDING_FIELD_OF(bit, type, member) FIELD_AS(#member, finding, type, member)
#define FINDING_FIELD_NAMED(type, member, name) FIELD_AS(#name, finding, type, member)
static const struct state_field finding_items[] = {
    FINDING_IDENTITY(FINDING_FIELD)
    FINDING_SAID(FINDING_FIELD_OF)
    FINDING_OWN(FINDING_FIELD_NAMED)
};

#define WAITING_FIELD(type, member) FIELD_AS(#member, waiting, type, member)
static const struct state_field waiting_items[] = {WAITING_MEMBERS(WAITING_FIELD)};

#define MERGED_FIELD(type, member) FIELD_AS(#member, merged_lists, type, member)
static const struct state_field merged_items[] = {MERGED_MEMBERS(MERGED_FIELD)};

#define DUTY_FIELD(type, member) FIELD_AS(#member, duty, type, member)
static const struct state_field duty_items[] = {DUTY_MEMBERS(DUTY_FIELD)};

#define ITEM_FIELD(type, member) FIELD_AS(#member, digest_item, type, member)
static const struct state_field item_items[] = {ITEM_MEMBERS(ITEM_FIELD)};
static const struct state_fields digest_item_fields = FIELDS(digest_item, item_items);

#define ITEMS_FIELD(type, member) FIELD_AS(#member, items, type, member)
static const struct state_field items_items[] = {ITEMS_MEMBERS(ITEMS_FIELD)};

#define RECIPIENT_FIELD(type, member) FIELD_AS(#member, recipient_state, type, member)
static const struct state_field recipient_items[] = {RECIPIENT_MEMBERS(RECIPIENT_FIELD)};

#define CAUSE_FIELD(type, member) FIELD_AS(#member, cause_state, type, member)
static const struct state_field cause_items[] = {CAUSE_MEMBERS(CAUSE_FIELD)};

#define RECURRENCE_FIELD(type, member) FIELD_AS(#member, recurrence_event, type, member)
static const struct state_field recurrence_items[] = {RECURRENCE_MEMBERS(RECURRENCE_FIELD)};

#define RECURRED_FIELD(type, member) FIELD_AS(#member, recurred_event, type, member)
static const struct state_field recurred_items[] = {RECURRED_MEMBERS(RECURRED_FIELD)};

/* clang-format on */

const struct state_fields state_fields_recurrence = FIELDS(recurrence_event, recurrence_items);
const struct state_fields state_fields_recurred = FIELDS(recurred_event, recurred_items);
const struct state_fields state_fields_reminder = FIELDS(reminder_state, reminder_state_items);

const struct state_fields state_fields_entries[ENTRY_TYPES] = {
    [ENTRY_INCIDENT] = FIELDS(incident, incident_items),
    [ENTRY_CLOSURE] = FIELDS(closure, closure_items),
    [ENTRY_FINDING] = FIELDS(finding, finding_items),
    [ENTRY_TASK] = FIELDS(task, task_items),
    [ENTRY_DUTY] = FIELDS(duty, duty_items),
    [ENTRY_MERGED] = FIELDS(merged_lists, merged_items),
    [ENTRY_WAITING] = FIELDS(waiting, waiting_items),
    [ENTRY_RECIPIENT] = FIELDS(recipient_state, recipient_items),
    [ENTRY_ITEMS] = FIELDS(items, items_items),
    [ENTRY_CAUSE] = FIELDS(cause_state, cause_items),
};

size_t state_fields_size(const struct state_field *field)
{
    switch (field->type) {
    case STATE_TEXT: return sizeof(struct str);
    case STATE_LIST: return sizeof(struct str_list);
    case STATE_BOOLEAN: return sizeof(bool);
    case STATE_INTEGER:
    case STATE_REVISION:
    case STATE_TIME: return sizeof(int64_t);
    case STATE_OBJECT: return field->of->size;
    case STATE_OBJECTS: return sizeof(struct state_objects);
    case STATE_LABELS: return sizeof(struct labels);
    case STATE_REMINDERS: return sizeof(reminders_by_kind);
    default: return sizeof(int);
    }
}
