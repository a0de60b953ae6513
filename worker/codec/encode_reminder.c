/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of reminders and of digests, which say of a task, an incident or a finding as much as a
 * message to its readers needs.
 */
#include "encode_reminder.h"

#include "core/state_key.h"
#include "encode_put.h"
#include "json.h"

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
    buf_lit(out, ",\"finding\":{\"finding_id\":");
    json_write_string(out, f->finding_id);
    PUT(out, f, TEXT, title);
    PUT_AS(out, category, WORD(category), finding_category(f));
    PUT(out, f, WORD(severity), severity);
    PUT_AS(out, status, WORD(reported_status), finding_status(f));
    PUT(out, f, OBJECT(owner), owner);
    PUT(out, f, LABELS, labels);
    buf_char(out, '}');
}

void encode_reminder(struct buf *out, const struct output *output, struct str task_id)
{
    const struct reminder_output *r = &output->reminder;
    bool about_incident = r->kind == REMINDER_REVIEW_DUE || r->kind == REMINDER_MISSING_FINDINGS;
    buf_lit(out, "{\"kind\":");
    json_write_string(out, reminder_kind_name(r->kind));
    buf_lit(out, ",\"covers\":");
    encode_put_words(out, r->covers, &reminder_kind_words);
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
    encode_put_words(out, item->roles, &role_words);
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
    encode_put_words(out, item->covers, &reminder_kind_words);
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

void encode_digest(struct buf *out, const struct digest_output *digest)
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
