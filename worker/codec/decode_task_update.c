/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of task-updated, what trackers report back. The task_id is taken apart here, so that
 * a task of another incident is seen before anything is loaded.
 */
#include "decode_parts.h"
#include "fold.h"

#include "core/state_key.h"

enum { TASK_UPDATE_RECORD(DECODE_SAID_INDEX, DECODE_INDEX) M_end };
static const struct str names[M_end] = {TASK_UPDATE_RECORD(DECODE_SAID_NAME, DECODE_NAME)};
static const unsigned bits[M_end] = {TASK_UPDATE_RECORD(DECODE_SAID_BIT, MEMBER_SKIP)};

/* What follows "<incident_id>/" in the task_id; absent when it is of another incident. */
static struct str name_in(struct arena *arena, struct str task_id, struct str incident_id)
{
    if (!task_id.p || !incident_id.p) return STR_NONE;
    struct str part = state_encode_part(arena, incident_id);
    if (task_id.n <= part.n + 1 || !str_starts(task_id, part) || task_id.p[part.n] != '/')
        return STR_NONE;
    return (struct str){task_id.p + part.n + 1, task_id.n - part.n - 1};
}

/* Of a coordination: the part of its name without the sign of a later life, as parties are known by. */
static struct str party_in(struct arena *arena, struct str name)
{
    static const struct str start = {"coordination/", 13};
    struct str part = state_duty_name(name);
    if (!str_starts(part, start)) return STR_NONE;
    part = (struct str){part.p + start.n, part.n - start.n};
    return fold_name(arena, state_decode_part(arena, part));
}

struct task_update_event *decode_task_update(struct reader *r, const struct json *object)
{
    struct task_update_event *event = ARENA_NEW(r->arena, struct task_update_event);
    const struct json *m[M_end];
    event->present = decode_find(object, names, bits, M_end, m);
    event->incident_id = decode_incident_id(r, m[M_incident_id]);
    if (members_required(r, m[M_task_id], "task_id"))
        event->task_id = members_identifier(r, m[M_task_id], MEMBERS_TASK_ID_BYTES);
    if (!(event->present & ~(unsigned)(TASK_UPDATE_REASON | TASK_UPDATE_DUE_AT)))
        reader_refuse(r, REFUSE_MISSING_FIELD, STR("status"),
                      "one of status, owner, tracker, snoozed_until, evidence, evaluation, "
                      "submitted_at, accepted_until and accepted_by is required");
    event->name = name_in(r->arena, event->task_id, event->incident_id);
    event->party = party_in(r->arena, event->name);
    event->order.revision = members_revision(r, m[M_revision]);
    event->order.time = members_time(r, m[M_updated_at], NULL);
    decode_order(r, m, M_end, &event->order);
    event->status = members_status(r, m[M_status], REPORTED_CLOSED);
    event->reason = members_text(r, m[M_reason]);
    if (!members_owner(r, m[M_owner], &event->owner, &event->owner_part))
        event->present &= ~(unsigned)TASK_UPDATE_OWNER;
    event->tracker = members_tracker(r, m[M_tracker]);
    event->evidence = members_evidence(r, m[M_evidence], true);
    event->answers =
        members_evaluation(r, m[M_evaluation], MEMBERS_EVIDENCE_BYTES, &event->evaluation);
    event->submitted_at = members_submitted_at(r, m[M_submitted_at]);
    event->due_at = members_calendar_time(r, m[M_due_at], true);
    event->snoozed_until = members_calendar_time(r, m[M_snoozed_until], false);
    event->accepted_until = members_calendar_time(r, m[M_accepted_until], true);
    event->accepted_by = members_name(r, m[M_accepted_by]);
    event->by = members_name(r, m[M_by]);
    if (r->merged) {
        event->kind = members_word(r, m[M_kind], &task_kind_words, task_kind_none);
        event->name = STR_NONE;
        if (m[M_name])
            decode_duty_way(r, (const struct json *[]){m[M_origin], m[M_passed], m[M_name]},
                            &event->origin, &event->passed, &event->name);
        else
            decode_way(r, m[M_origin], m[M_passed], &event->origin, &event->passed);
    }
    event->warnings = reader_take_warnings(r);
    return event;
}
