/* SPDX-License-Identifier: Apache-2.0 */
/* What an event of a task, of an incident, a reminder or a digest says, behind its time and its word. */
#include "render_private.h"

#define TITLE_BYTES 80 /* where the title only reminds of what was said */

/* ---- tasks ---- */

static void put_changes(struct render_page *page, const struct json *value,
                        const char *const *without, const char *before)
{
    const struct json *changes = json_get(value, "changes");
    for (const struct json *c = changes ? changes->first : NULL; c; c = c->next) {
        bool skip = false;
        for (const char *const *w = without; *w; w++) skip |= str_eq(c->name, str_of(*w));
        skip |= str_eq(c->name, STR("first_breached_at")); /* sla says it, in the same event */
        if (skip) continue;
        const struct json *from = json_get(c, "from");
        const struct json *to = json_get(c, "to");
        buf_str(page->out, str_of(before));
        render_put_text(page, c->name);
        buf_char(page->out, ' ');
        before = "; ";
        /* Of a policy that stays the same, another rule applies. */
        if (str_eq(c->name, STR("policy")) && from && to &&
            str_eq(json_get_text(from, "version"), json_get_text(to, "version"))) {
            from = json_get(from, "rule");
            to = json_get(to, "rule");
        }
        bool of_labels = str_eq(c->name, STR("labels"));
        (of_labels ? render_put_labels : render_put_value)(page, from);
        buf_lit(page->out, " → ");
        (of_labels ? render_put_labels : render_put_value)(page, to);
    }
}

static void put_created(struct render_page *page, const struct json *value)
{
    struct buf *out = page->out;
    render_put_member(page, ": ", value, "priority", " (");
    render_put_member(page, "", value, "severity", ") ");
    render_put_quoted(page, json_get_text(value, "title"));
    render_put_member(page, "; queue ", value, "queue", "; owner ");
    const struct json *owner = json_get(value, "owner");
    render_put_owner(page, owner);
    if (!json_get_text(owner, "team").p && !json_get_text(owner, "person").p) {
        buf_lit(out, ", assign by ");
        render_put_time(page, json_get_text(value, "assign_due_at"));
    }
    const struct json *participants = json_get(value, "participants");
    if (participants && participants->first) {
        buf_lit(out, "; with ");
        render_put_list(page, participants);
    }
    const struct json *labels = json_get(value, "labels");
    if (labels && labels->first) {
        buf_lit(out, "; ");
        render_put_labels(page, labels);
    }
    buf_lit(out, "; due ");
    render_put_time(page, json_get_text(value, "due_at"));
    if (json_get_text(value, "moved_from").p) {
        render_put_member(page, "; ", value, "status", ", from ");
        render_put_text(page, json_get_text(value, "moved_from"));
    }
    struct str description = json_get_text(value, "description");
    /* Of the incident's own tasks the worker wrote it: it says what is missing. */
    if (description.p && !json_get_text(value, "finding_id").p) {
        buf_lit(out, "; ");
        render_put_quoted(page, description);
    }
}

static void put_closed(struct render_page *page, const struct json *value)
{
    struct str reason = json_get_text(value, "reason");
    render_put_member(page, ": ", value, "resolution", "");
    /* What was not done was neither in time nor late. */
    if (!str_eq(json_get_text(value, "sla"), STR("waived")))
        render_put_member(page, ", ", value, "sla", "");
    if (!reason.p) return;
    buf_lit(page->out, ", because ");
    render_put_quoted(page, reason);
}

static void put_by(struct render_page *page, const struct json *value)
{
    if (!json_get_text(value, "by").p) return;
    render_put_member(page, "; by ", value, "by", "");
}

void render_event_task(struct render_page *page, struct str word, const struct json *value)
{
    static const char *const none[] = {NULL};
    static const char *const of_closed[] = {"status", "resolution", "closed_at",
                                            "sla",    "reason",     NULL};
    static const char *const of_resolved[] = {"status", NULL};
    static const char *const of_reopened[] = {"status", "resolution", "closed_at", "occurrence",
                                              NULL};
    render_put_text(page, json_get_text(value, "task_id"));
    if (str_eq(word, STR("created"))) {
        put_created(page, value);
        put_by(page, value);
        render_put_warnings(page, value);
        return;
    }
    buf_char(page->out, ' ');
    render_put_quoted_up_to(page, json_get_text(value, "title"), TITLE_BYTES);
    if (str_eq(word, STR("closed"))) {
        put_closed(page, value);
        put_changes(page, value, of_closed, "; ");
    } else if (str_eq(word, STR("reopened"))) {
        buf_printf(page->out, ": occurrence %lld",
                   (long long)render_integer_of(value, "occurrence"));
        if (!str_eq(json_get_text(value, "status"), STR("open")))
            render_put_member(page, ", ", value, "status", "");
        put_changes(page, value, of_reopened, "; ");
    } else {
        put_changes(page, value, str_eq(word, STR("resolved")) ? of_resolved : none, ": ");
    }
    put_by(page, value);
    render_put_warnings(page, value);
}

/* ---- incidents ---- */

static void put_because(struct render_page *page, const struct json *because)
{
    for (const struct json *b = because ? because->first : NULL; b; b = b->next) {
        buf_str(page->out, b == because->first ? STR(", because of ") : STR(" and "));
        render_put_text(page, b->text);
    }
}

void render_event_incident(struct render_page *page, struct str word, const struct json *value)
{
    struct buf *out = page->out;
    render_put_text(page, json_get_text(value, "incident_id"));
    struct str title = json_get_text(value, "title");
    if (title.p) buf_char(out, ' ');
    if (title.p) render_put_quoted(page, title);
    if (str_eq(word, STR("completed"))) {
        const struct json *counts = json_get(value, "counts");
        int64_t closed = render_integer_of(counts, "closed");
        int64_t waived = render_integer_of(counts, "waived");
        if (closed)
            buf_printf(out, ": %lld task%s closed, %lld in time, %lld late", (long long)closed,
                       closed == 1 ? "" : "s", (long long)render_integer_of(counts, "met"),
                       (long long)render_integer_of(counts, "met_late"));
        else
            buf_lit(out, ": nothing to follow up");
        if (waived) buf_printf(out, ", %lld waived", (long long)waived);
    } else {
        render_put_member(page, ": ", value, "severity", "; postmortem ");
        render_put_member(page, "", value, "level", "");
        put_because(page, json_get(value, "because"));
        int64_t occurrence = render_integer_of(value, "occurrence");
        if (occurrence > 1) buf_printf(out, "; occurrence %lld", (long long)occurrence);
    }
    render_put_warnings(page, value);
}

/* ---- findings ---- */

static void put_seen(struct render_page *page, const struct json *seen)
{
    const struct json *overdue = json_get(seen, "overdue");
    buf_printf(page->out, "\n%25s", "");
    render_put_member(page, "", seen, "priority", " ");
    render_put_text(page, json_get_text(seen, "task_id"));
    buf_char(page->out, ' ');
    render_put_quoted_up_to(page, json_get_text(seen, "title"), TITLE_BYTES);
    bool is_closed = json_get_text(seen, "resolution").p != NULL;
    render_put_member(page, " ", seen, is_closed ? "resolution" : "status", ", ");
    render_put_owner(page, json_get(seen, "owner"));
    buf_str(page->out, is_closed ? STR(", closed ") : STR(", due "));
    render_put_time(page, json_get_text(seen, is_closed ? "closed_at" : "due_at"));
    if (overdue && overdue->type == JSON_TRUE) buf_lit(page->out, ", overdue");
}

void render_event_finding(struct render_page *page, const struct json *value)
{
    bool has_task = json_get_text(value, "task_id").p != NULL;
    if (!has_task) render_put_member(page, "", value, "incident_id", " ");
    render_put_member(page, "", value, has_task ? "task_id" : "finding_id", " ");
    render_put_quoted_up_to(page, json_get_text(value, "title"), TITLE_BYTES);
    render_put_member(page, ": ", value, "cause_key", "");
    buf_printf(page->out, ", in %lld incidents so far; earlier:",
               (long long)render_integer_of(value, "incidents"));
    const struct json *earlier = json_get(value, "earlier");
    for (const struct json *e = earlier ? earlier->first : NULL; e; e = e->next) put_seen(page, e);
}

/* ---- reminders ---- */

static void put_recipients(struct render_page *page, const struct json *recipients)
{
    buf_lit(page->out, "to ");
    for (const struct json *r = recipients ? recipients->first : NULL; r; r = r->next) {
        render_put_member(page, r == recipients->first ? "" : ", ", r, "role", " ");
        render_put_owner(page, r);
        if (json_get_text(r, "delegated_from").p)
            render_put_member(page, " for ", r, "delegated_from", "");
    }
    buf_lit(page->out, ": ");
}

static void put_open_tasks(struct render_page *page, const struct json *incident)
{
    const struct json *open = incident ? json_get(incident, "open") : NULL;
    for (const struct json *t = open ? open->first : NULL; t; t = t->next) {
        buf_printf(page->out, "\n%25s", "");
        render_put_member(page, "", t, "priority", " ");
        render_put_member(page, "", t, "kind", " ");
        render_put_quoted(page, json_get_text(t, "title"));
        render_put_member(page, " ", t, "status", ", ");
        render_put_owner(page, json_get(t, "owner"));
        buf_lit(page->out, ", due ");
        render_put_time(page, json_get_text(t, "due_at"));
    }
}

void render_event_reminder(struct render_page *page, const struct json *value)
{
    put_recipients(page, json_get(value, "recipients"));
    render_put_up_to(page, json_get_text(value, "summary"), RENDER_SENTENCE_BYTES);
    put_open_tasks(page, json_get(value, "incident"));
}

/* "(overdue 2, to owner, on-call for dev@example.com)" */
static void put_kind(struct render_page *page, const struct json *item, struct str kind)
{
    buf_lit(page->out, " (");
    render_put_text(page, kind.p ? kind : json_get_text(item, "kind"));
    buf_printf(page->out, " %lld, to ", (long long)render_integer_of(item, "number"));
    render_put_list(page, json_get(item, "roles"));
    const struct json *from = json_get(item, "delegated_from");
    if (from && from->count) {
        buf_lit(page->out, " for ");
        render_put_list(page, from);
    }
    buf_char(page->out, ')');
}

/* A line for each; the sentence of one that is alone stands before it. */
static void put_items(struct render_page *page, const struct json *items, struct str kind,
                      bool is_alone)
{
    for (const struct json *i = items ? items->first : NULL; i; i = i->next) {
        if (!is_alone) {
            buf_printf(page->out, "\n%25s", "");
            render_put_up_to(page, json_get_text(i, "summary"), RENDER_SENTENCE_BYTES);
        }
        put_kind(page, i, kind);
    }
}

static void put_count(struct render_page *page, const struct json *list, const char *what,
                      const char *before)
{
    if (!list || !list->count) return;
    buf_printf(page->out, "%s%zu %s%s", before, list->count, what, list->count == 1 ? "" : "s");
}

void render_event_digest(struct render_page *page, const struct json *value)
{
    const struct json *urgent = json_get(value, "urgent");
    const struct json *items = json_get(value, "items"), *reviews = json_get(value, "reviews");
    int64_t omitted = render_integer_of(value, "omitted");
    bool is_alone = (items ? items->count : 0) + (reviews ? reviews->count : 0) == 1 && !omitted;
    render_put_member(page, "to ", value, "recipient", "");
    buf_str(page->out, urgent && urgent->type == JSON_TRUE ? STR(", at once: ") : STR(": "));
    if (is_alone) {
        render_put_up_to(page, json_get_text(value, "summary"), RENDER_SENTENCE_BYTES);
    } else {
        put_count(page, items, "reminder", "");
        put_count(page, reviews, "review", items && items->count ? ", " : "");
    }
    put_items(page, items, STR_NONE, is_alone);
    put_items(page, reviews, STR("review-due"), is_alone);
    if (omitted) buf_printf(page->out, "\n%25sand %lld more", "", (long long)omitted);
}
