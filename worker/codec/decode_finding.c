/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of finding-updated, of a finding inside a closure, and of one that a merge has sent
 * on. Which members the record had is kept as bits: an absent one leaves what is stored.
 */
#include "decode_parts.h"

enum { FINDING_RECORD(DECODE_SAID_INDEX, DECODE_INDEX) M_end };
static const struct str names[M_end] = {FINDING_RECORD(DECODE_SAID_NAME, DECODE_NAME)};
static const unsigned bits[M_end] = {FINDING_RECORD(DECODE_SAID_BIT, MEMBER_SKIP)};

static void read_work(struct reader *r, const struct json **m, struct finding *f)
{
    f->category = members_word(r, m[M_category], &category_words, CATEGORY_UNCATEGORIZED);
    f->severity = members_severity(r, m[M_severity]);
    f->status = members_status(r, m[M_status], REPORTED_DUPLICATE);
    f->work = members_choice(r, m[M_work], &task_kind_words, KIND_BUG, KIND_REGISTER_ENTRY);
    f->sop_change = members_boolean(r, m[M_sop_change]) == TRI_TRUE;
    /* It says nothing that the workflow needs, so an unknown one is left out. */
    f->action_type = members_word(r, m[M_action_type], &action_type_words, action_type_none);
}

static size_t id_bytes(const struct reader *r)
{
    return r->merged ? MEMBERS_MERGED_ID_BYTES : MEMBERS_IDENTIFIER_BYTES;
}

void decode_finding(struct reader *r, const struct json *object, struct str incident_id,
                    struct finding_event *event)
{
    const struct json *m[M_end];
    struct finding *f = &event->finding;
    *f = finding_none;
    event->present = decode_find(object, names, bits, M_end, m);
    f->is_inline = incident_id.p != NULL;
    event->incident_id = f->is_inline ? incident_id : decode_incident_id(r, m[M_incident_id]);
    if (members_required(r, m[M_finding_id], "finding_id"))
        f->finding_id = members_identifier(r, m[M_finding_id], id_bytes(r));
    f->order.revision = members_revision(r, m[M_revision]);
    f->order.time = members_time(r, m[M_updated_at], NULL);
    decode_order(r, m, M_end, &f->order);
    read_work(r, m, f);
    f->title = members_title(r, m[M_title]);
    f->description =
        members_limited_text(r, m[M_description], r->decoder->limits->description_bytes);
    f->reason = members_text(r, m[M_reason]);
    if (!members_owner(r, m[M_owner], &f->owner, &event->owner_part))
        event->present &= ~(unsigned)FINDING_OWNER;
    f->groups = members_distinct_texts(r, m[M_groups]);
    f->due_at = members_calendar_time(r, m[M_due_at], true);
    f->snoozed_until = members_calendar_time(r, m[M_snoozed_until], false);
    f->tracker = members_tracker(r, m[M_tracker]);
    f->references = members_texts(r, m[M_references]);
    f->duplicate_of = members_other_identifier(r, m[M_duplicate_of], id_bytes(r));
    f->labels = members_labels(r, m[M_labels]);
    f->accepted_until = members_calendar_time(r, m[M_accepted_until], true);
    f->accepted_by = members_name(r, m[M_accepted_by]);
    f->cause_key = members_name(r, m[M_cause_key]);
    event->by = members_name(r, m[M_by]);
    if (!r->merged) return;
    decode_way(r, m[M_origin], m[M_passed], &f->origin, &f->passed);
    decode_called(r->arena, event->incident_id, f);
}
