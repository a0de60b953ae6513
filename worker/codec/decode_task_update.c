/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of task-updated, what trackers report back. The task_id is taken apart here, so that
 * a task of another incident is seen before anything is loaded.
 */
#include "decode_parts.h"

/* clang-format off */
#define TASK_UPDATE_MEMBERS(X)                                                                     \
    X(task_id) X(incident_id) X(revision) X(status) X(reason) X(owner) X(snoozed_until)            \
    X(tracker) X(updated_at)
/* clang-format on */

enum { TASK_UPDATE_MEMBERS(DECODE_INDEX) M_end };
static const struct str names[M_end] = {TASK_UPDATE_MEMBERS(DECODE_NAME)};

static const unsigned bits[M_end] = {
    [M_status] = TASK_UPDATE_STATUS,
    [M_reason] = TASK_UPDATE_REASON,
    [M_owner] = TASK_UPDATE_OWNER,
    [M_tracker] = TASK_UPDATE_TRACKER,
    [M_snoozed_until] = TASK_UPDATE_SNOOZED_UNTIL,
};

/* What follows "<incident_id>/" in the task_id; absent when it is of another incident. */
static struct str name_in(struct arena *arena, struct str task_id, struct str incident_id)
{
    if (!task_id.p || !incident_id.p) return STR_NONE;
    struct str part = state_encode_part(arena, incident_id);
    if (task_id.n <= part.n + 1 || !str_starts(task_id, part) || task_id.p[part.n] != '/')
        return STR_NONE;
    return (struct str){task_id.p + part.n + 1, task_id.n - part.n - 1};
}

struct task_update_event *decode_task_update(struct reader *r, const struct json *object)
{
    static const struct vocabulary statuses = {reported_status_parse, reported_status_name,
                                               reported_status_end};
    struct task_update_event *event = ARENA_NEW(r->arena, struct task_update_event);
    const struct json *m[M_end];
    reader_find(object, names, M_end, m);
    for (size_t i = 0; i < M_end; i++)
        if (m[i]) event->present |= bits[i];
    event->incident_id = decode_incident_id(r, m[M_incident_id]);
    if (members_required(r, m[M_task_id], "task_id"))
        event->task_id = members_identifier(r, m[M_task_id], MEMBERS_TASK_ID_BYTES);
    if (!(event->present & ~(unsigned)TASK_UPDATE_REASON))
        reader_refuse(r, REFUSE_MISSING_FIELD, STR("status"),
                      "one of status, owner, tracker and snoozed_until is required");
    event->name = name_in(r->arena, event->task_id, event->incident_id);
    event->order.revision = members_revision(r, m[M_revision]);
    event->order.time = members_time(r, m[M_updated_at], NULL);
    event->status = members_choice(r, m[M_status], statuses, REPORTED_OPEN, REPORTED_CLOSED);
    event->reason = members_text(r, m[M_reason]);
    event->owner = members_owner(r, m[M_owner]);
    event->tracker = members_tracker(r, m[M_tracker]);
    event->snoozed_until = members_time(r, m[M_snoozed_until], NULL);
    event->warnings = reader_take_warnings(r);
    return event;
}
