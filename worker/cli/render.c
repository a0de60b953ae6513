/* SPDX-License-Identifier: Apache-2.0 */
#include "render.h"

#include "codec/envelope.h"
#include "codec/grapheme.h"
#include "codec/json.h"
#include "terminal.h"

#define TEXT_BYTES 240 /* of one text within a line */
#define SENTENCE_BYTES 2000
#define TITLE_BYTES 80 /* where the title only reminds of what was said */
#define WORD_WIDTH 20  /* "missing-findings" and a number */

struct page {
    struct buf *out;
    struct arena *arena;
    bool colour;
};

/* ---- pieces ---- */

void render_time(struct buf *out, ms_t t)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if (t == TIME_NONE) {
        buf_lit(out, "never");
        return;
    }
    char text[TIMESTAMP_TEXT];
    timestamp_format(t, text);
    buf_printf(out, "%s %.10s %.8s", days[timestamp_weekday(timestamp_day(t))], text, text + 11);
}

static struct str text_of(const struct json *object, const char *name)
{
    const struct json *value = object ? json_get(object, name) : NULL;
    return value && value->type == JSON_STRING ? value->text : STR_NONE;
}

static int64_t integer_of(const struct json *object, const char *name)
{
    const struct json *value = object ? json_get(object, name) : NULL;
    return value && value->type == JSON_INT ? value->integer : 0;
}

static struct str header_of(const struct message *message, const char *name)
{
    struct str value = STR_NONE;
    for (size_t i = 0; i < message->headers_n; i++)
        if (str_eq(message->headers[i].name, str_of(name))) value = message->headers[i].value;
    return value;
}

static void put_up_to(struct page *page, struct str text, size_t max_bytes)
{
    terminal_excerpt(page->out, text, max_bytes);
}

static void put_quoted_up_to(struct page *page, struct str text, size_t max_bytes)
{
    buf_char(page->out, '\'');
    put_up_to(page, text, max_bytes);
    buf_char(page->out, '\'');
}

static void put_quoted(struct page *page, struct str text)
{
    put_quoted_up_to(page, text, TEXT_BYTES);
}

static void put_text(struct page *page, struct str text)
{
    put_up_to(page, text, TEXT_BYTES);
}

/* A member of an event, before and after which something stands. */
static void put_member(struct page *page, const char *before, const struct json *object,
                       const char *name, const char *after)
{
    buf_str(page->out, str_of(before));
    put_text(page, text_of(object, name));
    buf_str(page->out, str_of(after));
}

/* A time as it stands in an event, for a person; anything else as it is. */
static void put_time(struct page *page, struct str text)
{
    ms_t t;
    if (text.p && timestamp_parse(text, &t) == TIMESTAMP_OK)
        render_time(page->out, t);
    else
        put_text(page, text.p ? text : STR("none"));
}

/* "dev@example.com (crash-reporting)" */
static void put_owner(struct page *page, const struct json *owner)
{
    struct str team = text_of(owner, "team"), person = text_of(owner, "person");
    put_text(page, person.p ? person : team.p ? team : STR("nobody"));
    if (!person.p || !team.p) return;
    buf_lit(page->out, " (");
    put_text(page, team);
    buf_lit(page->out, ")");
}

static void put_list(struct page *page, const struct json *list)
{
    for (const struct json *item = list ? list->first : NULL; item; item = item->next) {
        if (item != list->first) buf_lit(page->out, ", ");
        put_text(page, item->text);
    }
}

static void put_tracker(struct page *page, const struct json *tracker)
{
    struct str system = text_of(tracker, "system"), key = text_of(tracker, "key");
    if (!key.p) key = text_of(tracker, "url");
    put_text(page, system.p ? system : STR(""));
    if (system.p && key.p) buf_char(page->out, ' ');
    put_text(page, key.p ? key : STR(""));
}

/* One side of a change. */
static void put_value(struct page *page, const struct json *value)
{
    ms_t t;
    switch (value ? value->type : JSON_NULL) {
    case JSON_STRING:
        if (timestamp_parse(value->text, &t) == TIMESTAMP_OK)
            render_time(page->out, t);
        else if (memchr(value->text.p, ' ', value->text.n))
            put_quoted(page, value->text);
        else
            put_text(page, value->text);
        break;
    case JSON_ARRAY:
        if (!value->first) buf_lit(page->out, "none");
        put_list(page, value);
        break;
    case JSON_OBJECT:
        if (json_get(value, "version"))
            put_text(page, text_of(value, "version"));
        else if (json_get(value, "person") || json_get(value, "team"))
            put_owner(page, value);
        else
            put_tracker(page, value);
        break;
    case JSON_INT:
    case JSON_REAL: put_text(page, value->text); break;
    default: buf_lit(page->out, "none"); break;
    }
}

/* What the colour of a word says: red needs somebody now, yellow soon, green is done. */
static const char *colour_of(struct str word)
{
    static const struct {
        const char *word, *colour;
    } colours[] = {
        {"opened", "1"},
        {"created", "36"},
        {"updated", "0"},
        {"resolved", "32"},
        {"closed", "32"},
        {"completed", "1;32"},
        {"reopened", "1;35"},
        {"refused", "1;31"},
        {"assign-due", "33"},
        {"due-soon", "33"},
        {"due", "1;33"},
        {"overdue", "31"},
        {"stale", "33"},
        {"escalation", "1;31"},
        {"verify-due", "33"},
        {"review-due", "34"},
        {"missing-findings", "33"},
        {"orphan-finding", "33"},
        {"forwarded", "0"},
    };
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        if (str_eq(word, str_of(colours[i].word))) return colours[i].colour;
    return "0";
}

/* "overdue 2            " */
static void put_word(struct page *page, struct str word, int64_t number)
{
    struct buf *out = page->out;
    buf_lit(out, "  ");
    if (page->colour) buf_printf(out, "\033[%sm", colour_of(word));
    size_t from = out->n;
    put_text(page, word);
    if (number > 1) buf_printf(out, " %lld", (long long)number);
    size_t width = grapheme_columns((struct str){out->p + from, out->n - from});
    if (page->colour) buf_lit(out, "\033[0m");
    do buf_char(out, ' ');
    while (++width < WORD_WIDTH);
}

static void put_start(struct page *page, struct str time, struct str word, int64_t number)
{
    put_time(page, time);
    put_word(page, word, number);
}

static void put_warnings(struct page *page, const struct json *value)
{
    const struct json *warnings = json_get(value, "warnings");
    for (const struct json *w = warnings ? warnings->first : NULL; w; w = w->next) {
        const struct json *given = json_get(w, "value");
        bool is_given = given && given->type != JSON_NULL;
        put_member(page, "; warning: ", w, "member", " ");
        if (is_given) put_value(page, given);
        put_member(page, is_given ? " taken as " : "", w, "taken_as", "");
    }
}

/* ---- tasks ---- */

static void put_changes(struct page *page, const struct json *value, const char *const *without,
                        const char *before)
{
    const struct json *changes = json_get(value, "changes");
    for (const struct json *c = changes ? changes->first : NULL; c; c = c->next) {
        bool skip = false;
        for (const char *const *w = without; *w; w++) skip |= str_eq(c->name, str_of(*w));
        if (skip) continue;
        const struct json *from = json_get(c, "from");
        const struct json *to = json_get(c, "to");
        buf_str(page->out, str_of(before));
        put_text(page, c->name);
        buf_char(page->out, ' ');
        before = "; ";
        /* Of a policy that stays the same, another rule applies. */
        if (str_eq(c->name, STR("policy")) && from && to &&
            str_eq(text_of(from, "version"), text_of(to, "version"))) {
            from = json_get(from, "rule");
            to = json_get(to, "rule");
        }
        put_value(page, from);
        buf_lit(page->out, " → ");
        put_value(page, to);
    }
}

static void put_created(struct page *page, const struct json *value)
{
    struct buf *out = page->out;
    put_member(page, ": ", value, "priority", " (");
    put_member(page, "", value, "severity", ") ");
    put_quoted(page, text_of(value, "title"));
    put_member(page, "; queue ", value, "queue", "; owner ");
    const struct json *owner = json_get(value, "owner");
    put_owner(page, owner);
    if (!text_of(owner, "team").p && !text_of(owner, "person").p) {
        buf_lit(out, ", assign by ");
        put_time(page, text_of(value, "assign_due_at"));
    }
    const struct json *participants = json_get(value, "participants");
    if (participants && participants->first) {
        buf_lit(out, "; with ");
        put_list(page, participants);
    }
    buf_lit(out, "; due ");
    put_time(page, text_of(value, "due_at"));
    struct str description = text_of(value, "description");
    /* Of the incident's own tasks the worker wrote it: it says what is missing. */
    if (description.p && !text_of(value, "finding_id").p) {
        buf_lit(out, "; ");
        put_quoted(page, description);
    }
}

static void put_closed(struct page *page, const struct json *value)
{
    struct str reason = text_of(value, "reason");
    put_member(page, ": ", value, "resolution", ", ");
    put_member(page, "", value, "sla", "");
    if (!reason.p) return;
    buf_lit(page->out, ", because ");
    put_quoted(page, reason);
}

static void put_task(struct page *page, struct str word, const struct json *value)
{
    static const char *const none[] = {NULL};
    static const char *const of_closed[] = {"status", "resolution", "closed_at",
                                            "sla",    "reason",     NULL};
    static const char *const of_resolved[] = {"status", NULL};
    static const char *const of_reopened[] = {"status", "resolution", "closed_at", "occurrence",
                                              NULL};
    put_text(page, text_of(value, "task_id"));
    if (str_eq(word, STR("created"))) {
        put_created(page, value);
        put_warnings(page, value);
        return;
    }
    buf_char(page->out, ' ');
    put_quoted_up_to(page, text_of(value, "title"), TITLE_BYTES);
    if (str_eq(word, STR("closed"))) {
        put_closed(page, value);
        put_changes(page, value, of_closed, "; ");
    } else if (str_eq(word, STR("reopened"))) {
        buf_printf(page->out, ": occurrence %lld", (long long)integer_of(value, "occurrence"));
        put_changes(page, value, of_reopened, "; ");
    } else {
        put_changes(page, value, str_eq(word, STR("resolved")) ? of_resolved : none, ": ");
    }
    put_warnings(page, value);
}

/* ---- incidents ---- */

static void put_because(struct page *page, const struct json *because)
{
    for (const struct json *b = because ? because->first : NULL; b; b = b->next) {
        buf_str(page->out, b == because->first ? STR(", because of ") : STR(" and "));
        put_text(page, b->text);
    }
}

static void put_incident(struct page *page, struct str word, const struct json *value)
{
    struct buf *out = page->out;
    put_text(page, text_of(value, "incident_id"));
    struct str title = text_of(value, "title");
    if (title.p) buf_char(out, ' ');
    if (title.p) put_quoted(page, title);
    if (str_eq(word, STR("completed"))) {
        const struct json *counts = json_get(value, "counts");
        int64_t closed = integer_of(counts, "closed");
        if (closed)
            buf_printf(out, ": %lld task%s closed, %lld in time, %lld late", (long long)closed,
                       closed == 1 ? "" : "s", (long long)integer_of(counts, "met"),
                       (long long)integer_of(counts, "met_late"));
        else
            buf_lit(out, ": nothing to follow up");
    } else {
        put_member(page, ": ", value, "severity", "; postmortem ");
        put_member(page, "", value, "level", "");
        put_because(page, json_get(value, "because"));
        int64_t occurrence = integer_of(value, "occurrence");
        if (occurrence > 1) buf_printf(out, "; occurrence %lld", (long long)occurrence);
    }
    put_warnings(page, value);
}

/* ---- reminders ---- */

static void put_recipients(struct page *page, const struct json *recipients)
{
    buf_lit(page->out, "to ");
    for (const struct json *r = recipients ? recipients->first : NULL; r; r = r->next) {
        put_member(page, r == recipients->first ? "" : ", ", r, "role", " ");
        put_owner(page, r);
    }
    buf_lit(page->out, ": ");
}

static void put_open_tasks(struct page *page, const struct json *incident)
{
    const struct json *open = incident ? json_get(incident, "open") : NULL;
    for (const struct json *t = open ? open->first : NULL; t; t = t->next) {
        buf_printf(page->out, "\n%25s", "");
        put_member(page, "", t, "priority", " ");
        put_member(page, "", t, "kind", " ");
        put_quoted(page, text_of(t, "title"));
        put_member(page, " ", t, "status", ", ");
        put_owner(page, json_get(t, "owner"));
        buf_lit(page->out, ", due ");
        put_time(page, text_of(t, "due_at"));
    }
}

static void put_reminder(struct page *page, const struct json *value)
{
    put_recipients(page, json_get(value, "recipients"));
    put_up_to(page, text_of(value, "summary"), SENTENCE_BYTES);
    int64_t coalesced = integer_of(value, "coalesced");
    if (coalesced) buf_printf(page->out, " (%lld before it not sent)", (long long)coalesced);
    put_open_tasks(page, json_get(value, "incident"));
}

/* ---- whole messages ---- */

void render_subject(struct buf *out, struct arena *arena, const struct message *message)
{
    struct page page = {out, arena, false};
    struct json *value = NULL;
    struct str detail, part = STR_NONE, incident_id = message->key;
    if (message->value.p &&
        json_parse(arena, arena, message->value, 100, &value, &detail) == JSON_OK &&
        value->type == JSON_OBJECT) {
        const struct json *data = json_get(value, "data");
        if (!data || data->type != JSON_OBJECT) data = value;
        part = text_of(data, "task_id").p ? text_of(data, "task_id") : text_of(data, "finding_id");
        if (!incident_id.p) incident_id = text_of(data, "incident_id");
    }
    put_text(&page, incident_id.p ? incident_id : STR("without a key"));
    if (!part.p) return;
    buf_char(out, ' ');
    put_text(&page, part);
}

/* What redrive leaves behind for one that it has sent again. */
static void put_marker(struct page *page, const struct message *message, struct str offset)
{
    render_time(page->out, message->timestamp);
    put_word(page, STR("redriven"), 0);
    put_text(page, message->key.p ? message->key : STR("without a key"));
    buf_printf(page->out, ": the dead letter %d@", message->partition);
    put_text(page, offset);
}

static void put_dead_letter(struct page *page, const struct message *message)
{
    struct str topic = header_of(message, ENVELOPE_TOPIC);
    struct str redriven = header_of(message, ENVELOPE_REDRIVEN);
    if (!header_of(message, ENVELOPE_ERROR).p && redriven.p) {
        put_marker(page, message, redriven);
        return;
    }
    struct str detail = header_of(message, ENVELOPE_DETAIL);
    put_start(page, header_of(message, ENVELOPE_TIME), STR("refused"), 0);
    put_text(page, topic);
    buf_char(page->out, ' ');
    render_subject(page->out, page->arena, message);
    buf_lit(page->out, ": ");
    put_text(page, header_of(message, ENVELOPE_ERROR));
    buf_lit(page->out, ": ");
    put_up_to(page, detail, SENTENCE_BYTES);
}

static void put_forwarded(struct page *page, const struct message *message,
                          const struct json *value)
{
    render_time(page->out, message->timestamp);
    put_word(page, STR("forwarded"), 0);
    buf_lit(page->out, "finding ");
    put_text(page, text_of(value, "finding_id"));
    buf_lit(page->out, " goes on to ");
    put_text(page, message->key);
}

/* "epilogue.task.created.v1" -> "created" */
static struct str word_of(struct str type)
{
    struct str word = type;
    while (word.n && word.p[word.n - 1] != '.') word.n--;
    if (word.n) word.n--;
    size_t start = word.n;
    while (start && word.p[start - 1] != '.') start--;
    return (struct str){word.p + start, word.n - start};
}

void render_message(struct buf *out, struct arena *arena, const struct message *message,
                    bool colour)
{
    struct page page = {out, arena, colour};
    struct json *value = NULL;
    struct str detail;
    struct str type = header_of(message, "ce_type");
    if (message->topic == TOPIC_DEAD_LETTERS) {
        put_dead_letter(&page, message);
    } else if (!message->value.p ||
               json_parse(arena, arena, message->value, 100, &value, &detail) != JSON_OK) {
        put_up_to(&page, message->value.p ? message->value : STR("null"), SENTENCE_BYTES);
    } else if (message->topic == TOPIC_FORWARDED) {
        put_forwarded(&page, message, value);
    } else if (type.p) {
        struct str word = word_of(type);
        put_start(&page, header_of(message, "ce_time"), word, integer_of(value, "number"));
        if (message->topic == TOPIC_REMINDERS)
            put_reminder(&page, value);
        else if (text_of(value, "task_id").p)
            put_task(&page, word, value);
        else
            put_incident(&page, word, value);
    } else {
        put_up_to(&page, message->value, SENTENCE_BYTES);
    }
    buf_char(out, '\n');
}
