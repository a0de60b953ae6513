/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of finding-updated, of a finding inside a closure, and of one that a merge has sent
 * on. Which members the record had is kept as bits: an absent one leaves what is stored.
 */
#include "decode_parts.h"

/* clang-format off */
#define FINDING_MEMBERS(X)                                                                         \
    X(finding_id) X(incident_id) X(revision) X(category) X(severity) X(title) X(description)       \
    X(status) X(reason) X(owner) X(groups) X(work) X(sop_change) X(due_at) X(snoozed_until)        \
    X(tracker) X(action_type) X(references) X(duplicate_of) X(updated_at) X(origin) X(passed)
/* clang-format on */

enum { FINDING_MEMBERS(DECODE_INDEX) M_end };
static const struct str names[M_end] = {FINDING_MEMBERS(DECODE_NAME)};

/* Which bit of `present` each member sets; 0: identity and order are always there. */
static const unsigned bits[M_end] = {
    [M_category] = FINDING_CATEGORY,
    [M_severity] = FINDING_SEVERITY,
    [M_title] = FINDING_TITLE,
    [M_description] = FINDING_DESCRIPTION,
    [M_status] = FINDING_STATUS,
    [M_reason] = FINDING_REASON,
    [M_owner] = FINDING_OWNER,
    [M_groups] = FINDING_GROUPS,
    [M_work] = FINDING_WORK,
    [M_sop_change] = FINDING_SOP_CHANGE,
    [M_due_at] = FINDING_DUE_AT,
    [M_snoozed_until] = FINDING_SNOOZED_UNTIL,
    [M_tracker] = FINDING_TRACKER,
    [M_action_type] = FINDING_ACTION_TYPE,
    [M_references] = FINDING_REFERENCES,
    [M_duplicate_of] = FINDING_DUPLICATE_OF,
};

/* An action_type says nothing that the workflow needs, so an unknown one is left out. */
static int read_action_type(struct reader *r, const struct json *value)
{
    static const struct vocabulary action_types = {action_type_parse, action_type_name,
                                                   action_type_end};
    return members_word(r, value, action_types, 0);
}

static void read_work(struct reader *r, const struct json **m, struct finding *f)
{
    static const struct vocabulary categories = {category_parse, category_name, category_end};
    static const struct vocabulary statuses = {reported_status_parse, reported_status_name,
                                               reported_status_end};
    static const struct vocabulary kinds = {task_kind_parse, task_kind_name, task_kind_end};
    f->category = members_word(r, m[M_category], categories, CATEGORY_UNCATEGORIZED);
    f->severity = members_severity(r, m[M_severity]);
    f->status = members_choice(r, m[M_status], statuses, REPORTED_OPEN, REPORTED_DUPLICATE);
    f->work = members_choice(r, m[M_work], kinds, KIND_BUG, KIND_REGISTER_ENTRY);
    f->sop_change = members_boolean(r, m[M_sop_change]) == TRI_TRUE;
    f->action_type = read_action_type(r, m[M_action_type]);
}

static struct str read_id(struct reader *r, const struct json *value)
{
    return members_identifier(r, value,
                              r->merged ? MEMBERS_MERGED_ID_BYTES : MEMBERS_IDENTIFIER_BYTES);
}

static void read_origin(struct reader *r, const struct json *value, struct origin *origin)
{
    static const struct str origin_names[] = {{"incident_id", 11}, {"finding_id", 10}};
    if (!members_required(r, value, "origin")) return;
    if (value->type != JSON_OBJECT) {
        reader_wrong_type(r, value, "an object");
        return;
    }
    const struct json *m[2];
    struct reader_place place = {r->place, value->name, READER_NO_INDEX};
    reader_find(value, origin_names, 2, m);
    r->place = &place;
    if (members_required(r, m[0], "incident_id"))
        origin->incident_id = members_identifier(r, m[0], MEMBERS_IDENTIFIER_BYTES);
    if (members_required(r, m[1], "finding_id"))
        origin->finding_id = members_identifier(r, m[1], MEMBERS_IDENTIFIER_BYTES);
    r->place = place.outer;
}

/* Where a finding comes from. One that has come back to where it began is that incident's own. */
static void read_way(struct reader *r, const struct json **m, struct finding_event *event)
{
    struct finding *f = &event->finding;
    read_origin(r, m[M_origin], &f->origin);
    if (members_required(r, m[M_passed], "passed")) f->passed = members_texts(r, m[M_passed]);
    if (f->passed.n > PASSED_MAX)
        reader_refuse(r, REFUSE_TOO_LARGE, STR("passed"),
                      "%zu incidents that were merged one into another, at most %d are allowed",
                      f->passed.n, PASSED_MAX);
    if (!f->origin.incident_id.p || !str_eq(f->origin.incident_id, event->incident_id)) return;
    f->finding_id = f->origin.finding_id;
    f->origin = (struct origin){0};
    size_t n = event->incident_id.n;
    if (str_starts(f->duplicate_of, event->incident_id) && f->duplicate_of.n > n + 1 &&
        f->duplicate_of.p[n] == ':')
        f->duplicate_of = (struct str){f->duplicate_of.p + n + 1, f->duplicate_of.n - n - 1};
}

void decode_finding(struct reader *r, const struct json *object, struct str incident_id,
                    struct finding_event *event)
{
    const struct json *m[M_end];
    struct finding *f = &event->finding;
    reader_find(object, names, M_end, m);
    for (size_t i = 0; i < M_end; i++)
        if (m[i]) event->present |= bits[i];
    f->is_inline = incident_id.p != NULL;
    event->incident_id = f->is_inline ? incident_id : decode_incident_id(r, m[M_incident_id]);
    if (members_required(r, m[M_finding_id], "finding_id"))
        f->finding_id = read_id(r, m[M_finding_id]);
    f->order.revision = members_revision(r, m[M_revision]);
    f->order.time = members_time(r, m[M_updated_at], NULL);
    read_work(r, m, f);
    f->title = members_title(r, m[M_title]);
    f->description =
        members_limited_text(r, m[M_description], r->decoder->limits->description_bytes);
    f->reason = members_text(r, m[M_reason]);
    f->owner = members_owner(r, m[M_owner]);
    f->groups = members_distinct_texts(r, m[M_groups]);
    f->due_at = members_time(r, m[M_due_at], NULL);
    f->snoozed_until = members_time(r, m[M_snoozed_until], NULL);
    f->tracker = members_tracker(r, m[M_tracker]);
    f->references = members_texts(r, m[M_references]);
    f->duplicate_of = read_id(r, m[M_duplicate_of]);
    f->first_seen_at = TIME_NONE;
    if (r->merged) read_way(r, m, event);
}
