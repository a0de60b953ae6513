/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of causes that come back, and the answer. Only a worker writes such records, so what is
 * wrong with one is a stranger's doing.
 */
#include "core/state_key.h"
#include "decode_parts.h"
#include "state_json.h"

static void check(struct reader *r, struct str text, size_t max_bytes, const char *name)
{
    if (text.n && text.n <= max_bytes) return;
    reader_refuse(r, REFUSE_BAD_IDENTIFIER, str_of(name), "must have 1 to %zu bytes", max_bytes);
}

static void check_origin(struct reader *r, struct origin origin)
{
    check(r, origin.incident_id, MEMBERS_IDENTIFIER_BYTES, "origin");
    check(r, origin.finding_id, MEMBERS_IDENTIFIER_BYTES, "origin");
}

static void read_body(struct reader *r, const struct state_fields *fields,
                      const struct json *object, void *body)
{
    struct error error;
    if (!state_json_read_body(r->arena, fields, object, body, &error))
        reader_refuse(r, REFUSE_WRONG_TYPE, STR("value"), "%s", error.text);
}

static void read_told(struct reader *r, const struct json *object, struct event *event)
{
    struct recurrence_event *told = ARENA_NEW(r->arena, struct recurrence_event);
    event->type = EVENT_RECURRENCE;
    event->recurrence = told;
    read_body(r, &state_fields_recurrence, object, told);
    check(r, told->key, STATE_CAUSE_BYTES, "key");
    check(r, told->finding.incident_id, MEMBERS_IDENTIFIER_BYTES, "finding");
    check_origin(r, told->finding.origin);
    if (told->finding.name.p && told->finding.since == TIME_NONE)
        reader_refuse(r, REFUSE_MISSING_FIELD, STR("finding"), "must say since when it is");
    event->incident_id = state_cause_key(r->arena, told->key);
}

static void read_answer(struct reader *r, const struct json *object, struct event *event)
{
    struct recurred_event *answer = ARENA_NEW(r->arena, struct recurred_event);
    event->type = EVENT_RECURRED;
    event->recurred = answer;
    read_body(r, &state_fields_recurred, object, answer);
    check(r, answer->key, STATE_CAUSE_BYTES, "key");
    check_origin(r, answer->origin);
    for (size_t i = 0; i < answer->earlier.n; i++) {
        check(r, answer->earlier.items[i].incident_id, MEMBERS_IDENTIFIER_BYTES, "earlier");
        check_origin(r, answer->earlier.items[i].origin);
    }
    event->incident_id = decode_incident_id(r, json_get(object, "incident_id"));
}

void decode_recurrence(struct reader *r, enum envelope_kind kind, const struct json *object,
                       struct event *event)
{
    if (kind == ENVELOPE_RECURRENCE)
        read_told(r, object, event);
    else
        read_answer(r, object, event);
}
