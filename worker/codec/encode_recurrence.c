/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of what comes back. What shards say to each other is written as the state has it; the event
 * is for others, and says of each earlier task what somebody needs who has not seen it.
 */
#include "encode_recurrence.h"

#include "core/state_key.h"
#include "encode_put.h"
#include "json.h"
#include "state_json_private.h"

static void write_seen(struct buf *out, const struct seen *seen, ms_t at)
{
    struct arena *scratch = json_scratch();
    bool is_home = str_eq(seen->incident_id, seen->origin.incident_id);
    struct str finding_id =
        is_home ? seen->origin.finding_id : state_finding_name(scratch, seen->origin);
    buf_lit(out, "{\"task_id\":");
    json_write_string(out, state_task_id(scratch, seen->incident_id, seen->name));
    PUT(out, seen, TEXT, incident_id);
    PUT_AS(out, finding_id, TEXT, finding_id);
    PUT(out, seen, TEXT, title);
    PUT(out, seen, WORD(priority), priority);
    PUT(out, seen, WORD(task_status), status);
    PUT(out, seen, WORD(resolution), resolution);
    PUT(out, seen, OBJECT(owner), owner);
    PUT(out, seen, TIME, due_at);
    PUT_AS(out, overdue, BOOLEAN, seen_is_overdue(seen, at));
    PUT(out, seen, TIME, snoozed_until);
    PUT(out, seen, TIME, closed_at);
    PUT_AS(out, seen_at, TIME, seen->since);
    buf_char(out, '}');
}

void encode_recurred(struct buf *out, const struct output *output, struct str task_id)
{
    const struct recurred_output *r = &output->recurred;
    const struct seen_list *earlier = &r->event->earlier;
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    PUT(out, r->finding, TEXT, finding_id);
    PUT(out, r->finding, OBJECT(origin), origin);
    PUT_AS(out, n, INTEGER, r->number);
    PUT_AS(out, cause_key, TEXT, r->event->key);
    PUT_AS(out, task_id, TEXT, task_id);
    PUT_AS(out, title, TEXT, r->task ? r->task->title : r->finding->title);
    PUT(out, r->event, INTEGER, incidents);
    buf_lit(out, ",\"earlier\":[");
    for (size_t i = 0; i < earlier->n; i++) {
        if (i) buf_char(out, ',');
        write_seen(out, &earlier->items[i], output->at);
    }
    buf_char(out, ']');
}

void encode_recurrence(struct buf *out, const struct output *output)
{
    const struct forward_output *forward = output->forward;
    if (forward->type == EVENT_RECURRENCE) {
        state_json_write_body(out, &state_fields_recurrence, &forward->recurrence);
        return;
    }
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    state_json_write_fields(out, &state_fields_recurred, &forward->recurred);
    buf_char(out, '}');
}
