/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of what merged incidents say to each other: findings on their way, what is told of them,
 * merges and partings. decode_merged.c reads it.
 */
#include "encode_forward.h"

#include "encode_put.h"
#include "encode_recurrence.h"
#include "json.h"
#include "state_json.h"

static void write_way(struct buf *out, struct origin origin, struct str_list passed)
{
    PUT_AS(out, origin, OBJECT(origin), origin);
    PUT_AS(out, passed, LIST, passed);
}

/* Which record it was, who speaks, and what is said of a part of the owner: by a text. */
static void write_record(struct buf *out, const struct order *order, struct str by,
                         struct owner owner, enum owner_part part)
{
    if (order->revision >= 0) PUT(out, order, INTEGER, revision);
    if (order->time != TIME_NONE) PUT_AS(out, updated_at, TIME, order->time);
    if (by.p) PUT_AS(out, by, TEXT, by);
    if (part) PUT_AS(out, owner, TEXT, part == OWNER_PERSON ? owner.person : owner.team);
}

/* A finding-updated as its publisher would send it: only the members that it has. */
static void write_finding(struct buf *out, const struct finding_event *event)
{
    const struct finding *f = &event->finding;
    const unsigned whole = event->present & ~(event->owner_part ? (unsigned)FINDING_OWNER : 0);
    buf_lit(out, "{\"finding_id\":");
    json_write_string(out, f->finding_id);
    PUT(out, event, TEXT, incident_id);
    write_way(out, f->origin, f->passed);
    write_record(out, &f->order, event->by, f->owner, event->owner_part);
#define PUT_SAID(bit, type, member) \
    if (whole & bit) PUT(out, f, type, member);
    FINDING_SAID(PUT_SAID)
#undef PUT_SAID
    buf_char(out, '}');
}

/* A task-updated in the same way. */
static void write_task_update(struct buf *out, const struct task_update_event *event)
{
    const unsigned whole = event->present & ~(event->owner_part ? (unsigned)TASK_UPDATE_OWNER : 0);
    buf_lit(out, "{\"task_id\":");
    json_write_string(out, event->task_id);
    PUT(out, event, TEXT, incident_id);
    write_way(out, event->origin, event->passed);
    if (event->kind) PUT(out, event, WORD(task_kind), kind);
    if (event->name.p) PUT(out, event, TEXT, name);
    write_record(out, &event->order, event->by, event->owner, event->owner_part);
#define PUT_SAID(bit, type, member) \
    if (whole & bit) PUT(out, event, type, member);
    TASK_UPDATE_SAID(PUT_SAID)
#undef PUT_SAID
    buf_char(out, '}');
}

/* A finding with all that it has, as it is stored. */
static void write_arrival(struct buf *out, const struct output *output)
{
    const struct finding *f = &output->forward->arrival.finding;
    buf_lit(out, "{\"finding_id\":");
    json_write_string(out, f->finding_id);
    PUT(out, output, TEXT, incident_id);
    write_way(out, f->origin, f->passed);
    buf_lit(out, ",\"finding\":");
    state_json_write_body(out, &state_fields_entries[ENTRY_FINDING], f);
    buf_char(out, '}');
}

/* A duty, as it is stored. */
static void write_duty(struct buf *out, const struct output *output)
{
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    buf_lit(out, ",\"duty\":");
    state_json_write_body(out, &state_fields_entries[ENTRY_DUTY], &output->forward->duty);
    buf_char(out, '}');
}

static void write_merge(struct buf *out, const struct output *output)
{
    const struct merge_event *event = &output->forward->merge;
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    PUT(out, event, LIST, passed);
    PUT(out, event, LIST, circle);
    buf_char(out, '}');
}

static void write_facts(struct buf *out, const struct output *output)
{
    const struct facts_event *event = &output->forward->facts;
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    PUT(out, event, LIST, passed);
    if (event->facts.severity) PUT(out, &event->facts, WORD(severity), severity);
    if (event->facts.customer_impacting)
        PUT(out, &event->facts, WORD(tristate), customer_impacting);
    if (event->facts.data_breach) PUT(out, &event->facts, WORD(tristate), data_breach);
    if (event->facts.full) PUT(out, &event->facts, BOOLEAN, full);
    buf_lit(out, ",\"lists\":");
    state_json_write_body(out, &state_fields_entries[ENTRY_MERGED], &event->lists);
    buf_char(out, '}');
}

static void write_parting(struct buf *out, const struct output *output)
{
    const struct parting_event *event = &output->forward->parting;
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    PUT(out, &event->edge, TEXT, from);
    PUT(out, &event->edge, TEXT, into);
    PUT(out, event, LIST, passed);
    buf_char(out, '}');
}

static void write_forgotten(struct buf *out, const struct output *output)
{
    const struct forgotten_event *event = &output->forward->forgotten;
    buf_lit(out, "{\"incident_id\":");
    json_write_string(out, output->incident_id);
    PUT(out, event, TEXT, by);
    if (event->home.p) PUT(out, event, TEXT, home);
    buf_char(out, '}');
}

void encode_forward(struct buf *out, const struct output *output)
{
    switch (output->forward->type) {
    case EVENT_FINDING: write_finding(out, &output->forward->finding); break;
    case EVENT_TASK_UPDATE: write_task_update(out, &output->forward->task_update); break;
    case EVENT_DUTY: write_duty(out, output); break;
    case EVENT_FACTS: write_facts(out, output); break;
    case EVENT_MERGE: write_merge(out, output); break;
    case EVENT_PARTING: write_parting(out, output); break;
    case EVENT_FORGOTTEN: write_forgotten(out, output); break;
    case EVENT_RECURRENCE:
    case EVENT_RECURRED: encode_recurrence(out, output); break;
    default: write_arrival(out, output); break;
    }
}
