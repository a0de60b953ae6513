/* SPDX-License-Identifier: Apache-2.0 */
/* A whole message: of which kind it is, and what it says when it is none that can be read. */
#include "render.h"

#include "codec/envelope.h"
#include "render_private.h"

void render_day(struct buf *out, int64_t day)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    char text[TIMESTAMP_TEXT];
    timestamp_format(day * DAY_MS, text);
    buf_printf(out, "%s %.10s", days[timestamp_weekday(day)], text);
}

void render_time(struct buf *out, ms_t t)
{
    if (t == TIME_NONE) {
        buf_lit(out, "never");
        return;
    }
    char text[TIMESTAMP_TEXT];
    timestamp_format(t, text);
    render_day(out, timestamp_day(t));
    buf_printf(out, " %.8s", text + 11);
}

void render_subject(struct buf *out, struct arena *arena, const struct message *message)
{
    struct render_page page = {out, arena, false};
    struct json *value = NULL;
    struct str detail, part = STR_NONE, incident_id = message->key;
    if (message->value.p &&
        json_parse(arena, arena, message->value, JSON_DEPTH_SHOWN, &value, &detail) == JSON_OK &&
        value->type == JSON_OBJECT) {
        const struct json *data = json_get(value, "data");
        if (!data || data->type != JSON_OBJECT) data = value;
        part = json_get_text(data, "task_id").p ? json_get_text(data, "task_id")
                                                : json_get_text(data, "finding_id");
        if (!incident_id.p) incident_id = json_get_text(data, "incident_id");
    }
    render_put_text(&page, incident_id.p ? incident_id : STR("without a key"));
    if (!part.p) return;
    buf_char(out, ' ');
    render_put_text(&page, part);
}

/* What redrive leaves behind for one that it has sent again. */
static void put_marker(struct render_page *page, const struct message *message, struct str offset)
{
    render_time(page->out, message->timestamp);
    render_put_word(page, STR("redriven"), 0);
    render_put_text(page, message->key.p ? message->key : STR("without a key"));
    buf_printf(page->out, ": the dead letter %d@", message->partition);
    render_put_text(page, offset);
}

static void put_dead_letter(struct render_page *page, const struct message *message)
{
    struct str topic = envelope_message_header(message, STR(ENVELOPE_TOPIC));
    struct str redriven = envelope_message_header(message, STR(ENVELOPE_REDRIVEN));
    if (!envelope_message_header(message, STR(ENVELOPE_ERROR)).p && redriven.p) {
        put_marker(page, message, redriven);
        return;
    }
    struct str detail = envelope_message_header(message, STR(ENVELOPE_DETAIL));
    render_put_start(page, envelope_message_header(message, STR(ENVELOPE_TIME)), STR("refused"), 0);
    render_put_text(page, topic);
    buf_char(page->out, ' ');
    render_subject(page->out, page->arena, message);
    buf_lit(page->out, ": ");
    render_put_text(page, envelope_message_header(message, STR(ENVELOPE_ERROR)));
    buf_lit(page->out, ": ");
    render_put_up_to(page, detail, RENDER_SENTENCE_BYTES);
}

/* One on its way, or what is known of it. */
static void put_duty(struct render_page *page, const struct json *duty)
{
    bool is_met = json_get(duty, "met"), is_said = json_get(duty, "said");
    bool is_withdrawn = json_get(duty, "withdrawn");
    if (is_said) buf_lit(page->out, "what is said of ");
    buf_lit(page->out, "duty ");
    render_put_text(page, json_get_text(duty, "name"));
    buf_lit(page->out, " of ");
    render_put_text(page, json_get_text(duty, "incident_id"));
    if (is_met) buf_lit(page->out, " is met, which");
    if (is_withdrawn) buf_lit(page->out, " is not met any more, which");
    buf_str(page->out, is_met || is_withdrawn ? STR(" is told to ") : STR(" goes to "));
}

static void put_forwarded(struct render_page *page, const struct message *message,
                          const struct json *value)
{
    render_time(page->out, message->timestamp);
    render_put_word(page, STR("forwarded"), 0);
    struct str kind = envelope_message_header(message, STR(ENVELOPE_KIND));
    struct str about = json_get_text(value, "finding_id");
    if (str_eq(kind, envelope_kinds[ENVELOPE_FINDING])) {
        buf_lit(page->out, "finding ");
        render_put_text(page, about);
        buf_lit(page->out, " goes to ");
    } else if (str_eq(kind, envelope_kinds[ENVELOPE_DUTY])) {
        put_duty(page, json_get(value, "duty"));
    } else if (about.p || json_get(value, "task_id")) {
        buf_str(page->out, about.p ? STR("what is told of finding ") : STR("what is told of "));
        render_put_text(page, about.p ? about : json_get_text(value, "task_id"));
        buf_lit(page->out, " goes to ");
    } else if (str_eq(kind, envelope_kinds[ENVELOPE_PARTING])) {
        buf_lit(page->out, "parting of ");
        render_put_text(page, json_get_text(value, "from"));
        buf_lit(page->out, " from ");
        render_put_text(page, json_get_text(value, "into"));
        buf_lit(page->out, " is told to ");
    } else {
        bool are = str_eq(kind, envelope_kinds[ENVELOPE_FACTS]);
        render_put_text(page, kind);
        buf_str(page->out, are ? STR(" are told to ") : STR(" is told to "));
    }
    render_put_text(page, message->key);
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
    struct render_page page = {out, arena, colour};
    struct json *value = NULL;
    struct str detail;
    struct str type = envelope_message_header(message, STR("ce_type"));
    if (message->topic == TOPIC_DEAD_LETTERS) {
        put_dead_letter(&page, message);
    } else if (!message->value.p || json_parse(arena, arena, message->value, JSON_DEPTH_SHOWN,
                                               &value, &detail) != JSON_OK) {
        render_put_up_to(&page, message->value.p ? message->value : STR("null"),
                         RENDER_SENTENCE_BYTES);
    } else if (message->topic == TOPIC_FORWARDED) {
        put_forwarded(&page, message, value);
    } else if (type.p) {
        struct str word = word_of(type);
        bool is_digest = str_eq(word, STR("digest"));
        bool is_finding = str_starts(type, STR("epilogue.finding."));
        render_put_start(&page, envelope_message_header(message, STR("ce_time")), word,
                         render_integer_of(value, is_digest || is_finding ? "n" : "number"));
        if (is_finding)
            render_event_finding(&page, value);
        else if (is_digest)
            render_event_digest(&page, value);
        else if (message->topic == TOPIC_REMINDERS)
            render_event_reminder(&page, value);
        else if (json_get_text(value, "task_id").p)
            render_event_task(&page, word, value);
        else
            render_event_incident(&page, word, value);
    } else {
        render_put_up_to(&page, message->value, RENDER_SENTENCE_BYTES);
    }
    buf_char(out, '\n');
}
