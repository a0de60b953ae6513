/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that a line for a person is made of: members of an event, times, owners, the word that
 * says what happened. Texts of others go in by terminal.h alone. */
#include "codec/grapheme.h"
#include "render_private.h"
#include "terminal.h"

#define WORD_WIDTH 20 /* "missing-findings" and a number */

int64_t render_integer_of(const struct json *object, const char *name)
{
    const struct json *value = object ? json_get(object, name) : NULL;
    return value && value->type == JSON_INT ? value->integer : 0;
}

void render_put_up_to(struct render_page *page, struct str text, size_t max_bytes)
{
    terminal_excerpt(page->out, text, max_bytes);
}

void render_put_quoted_up_to(struct render_page *page, struct str text, size_t max_bytes)
{
    buf_char(page->out, '\'');
    render_put_up_to(page, text, max_bytes);
    buf_char(page->out, '\'');
}

void render_put_quoted(struct render_page *page, struct str text)
{
    render_put_quoted_up_to(page, text, RENDER_TEXT_BYTES);
}

void render_put_text(struct render_page *page, struct str text)
{
    render_put_up_to(page, text, RENDER_TEXT_BYTES);
}

void render_put_member(struct render_page *page, const char *before, const struct json *object,
                       const char *name, const char *after)
{
    buf_str(page->out, str_of(before));
    render_put_text(page, json_get_text(object, name));
    buf_str(page->out, str_of(after));
}

void render_put_time(struct render_page *page, struct str text)
{
    ms_t t;
    if (text.p && timestamp_parse(text, &t) == TIMESTAMP_OK)
        render_time(page->out, t);
    else
        render_put_text(page, text.p ? text : STR("none"));
}

void render_put_owner(struct render_page *page, const struct json *owner)
{
    struct str team = json_get_text(owner, "team"), person = json_get_text(owner, "person");
    render_put_text(page, person.p ? person : team.p ? team : STR("nobody"));
    if (!person.p || !team.p) return;
    buf_lit(page->out, " (");
    render_put_text(page, team);
    buf_lit(page->out, ")");
}

static void put_evidence(struct render_page *page, const struct json *evidence)
{
    struct str ref = json_get_text(evidence, "ref"), note = json_get_text(evidence, "note");
    render_put_quoted(page, ref.p ? ref : note);
    if (!ref.p || !note.p) return;
    buf_char(page->out, ' ');
    render_put_quoted(page, note);
}

void render_put_list(struct render_page *page, const struct json *list)
{
    for (const struct json *item = list ? list->first : NULL; item; item = item->next) {
        if (item != list->first) buf_lit(page->out, ", ");
        if (item->type == JSON_OBJECT)
            put_evidence(page, item);
        else
            render_put_text(page, item->text);
    }
}

static void render_put_tracker(struct render_page *page, const struct json *tracker)
{
    struct str system = json_get_text(tracker, "system"), key = json_get_text(tracker, "key");
    if (!key.p) key = json_get_text(tracker, "url");
    render_put_text(page, system.p ? system : STR(""));
    if (system.p && key.p) buf_char(page->out, ' ');
    render_put_text(page, key.p ? key : STR(""));
}

/* What was answered with yes as a word, with no as "not" and that word. */
static bool put_answer(struct render_page *page, const struct json *evaluation, const char *word,
                       bool follows)
{
    const struct json *answer = json_get(evaluation, word);
    if (answer->type != JSON_TRUE && answer->type != JSON_FALSE) return follows;
    buf_str(page->out, follows ? STR(", ") : STR(""));
    buf_str(page->out, answer->type == JSON_FALSE ? STR("not ") : STR(""));
    buf_str(page->out, str_of(word));
    return true;
}

static void put_evaluation(struct render_page *page, const struct json *evaluation)
{
    struct str note = json_get_text(evaluation, "note");
    bool follows = put_answer(page, evaluation, "sufficient", false);
    follows = put_answer(page, evaluation, "complete", follows);
    if (!note.p) return;
    buf_str(page->out, follows ? STR(" ") : STR(""));
    render_put_quoted(page, note);
}

void render_put_labels(struct render_page *page, const struct json *labels)
{
    const struct json *first = labels ? labels->first : NULL;
    if (!first) buf_lit(page->out, "none");
    for (const struct json *label = first; label; label = label->next) {
        if (label != first) buf_lit(page->out, ", ");
        render_put_text(page, label->name);
        buf_char(page->out, '=');
        render_put_text(page, label->text);
    }
}

void render_put_value(struct render_page *page, const struct json *value)
{
    ms_t t;
    switch (value ? value->type : JSON_NULL) {
    case JSON_STRING:
        if (timestamp_parse(value->text, &t) == TIMESTAMP_OK)
            render_time(page->out, t);
        else if (memchr(value->text.p, ' ', value->text.n))
            render_put_quoted(page, value->text);
        else
            render_put_text(page, value->text);
        break;
    case JSON_ARRAY:
        if (!value->first) buf_lit(page->out, "none");
        render_put_list(page, value);
        break;
    case JSON_OBJECT:
        if (json_get(value, "version"))
            render_put_text(page, json_get_text(value, "version"));
        else if (json_get(value, "person") || json_get(value, "team"))
            render_put_owner(page, value);
        else if (json_get(value, "sufficient") && json_get(value, "complete"))
            put_evaluation(page, value);
        else
            render_put_tracker(page, value);
        break;
    case JSON_TRUE: buf_lit(page->out, "yes"); break;
    case JSON_FALSE: buf_lit(page->out, "no"); break;
    case JSON_INT:
    case JSON_REAL: render_put_text(page, value->text); break;
    default: buf_lit(page->out, "none"); break;
    }
}

/* What the colour of a word says: red needs somebody now, yellow soon, green is done. */
static const char *colour_of(struct str word)
{
    static const struct {
        const char *word, *colour;
    } colours[] = {
        {"opened", "1"},          {"created", "36"},      {"updated", "0"},
        {"resolved", "32"},       {"closed", "32"},       {"completed", "1;32"},
        {"reopened", "1;35"},     {"refused", "1;31"},    {"assign-due", "33"},
        {"due-soon", "33"},       {"due", "1;33"},        {"overdue", "31"},
        {"stale", "33"},          {"escalation", "1;31"}, {"verify-due", "33"},
        {"not-closed", "1;33"},   {"review-due", "34"},   {"missing-findings", "33"},
        {"orphan-finding", "33"}, {"recurred", "1;35"},   {"forwarded", "0"},
    };
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        if (str_eq(word, str_of(colours[i].word))) return colours[i].colour;
    return "0";
}

void render_put_word(struct render_page *page, struct str word, int64_t number)
{
    struct buf *out = page->out;
    buf_lit(out, "  ");
    if (page->colour) buf_printf(out, "\033[%sm", colour_of(word));
    size_t from = out->n;
    render_put_text(page, word);
    if (number > 1) buf_printf(out, " %lld", (long long)number);
    size_t width = grapheme_columns((struct str){out->p + from, out->n - from});
    if (page->colour) buf_lit(out, "\033[0m");
    do buf_char(out, ' ');
    while (++width < WORD_WIDTH);
}

void render_put_start(struct render_page *page, struct str time, struct str word, int64_t number)
{
    render_put_time(page, time);
    render_put_word(page, word, number);
}

void render_put_warnings(struct render_page *page, const struct json *value)
{
    const struct json *warnings = json_get(value, "warnings");
    for (const struct json *w = warnings ? warnings->first : NULL; w; w = w->next) {
        const struct json *given = json_get(w, "value");
        bool is_given = given && given->type != JSON_NULL;
        render_put_member(page, "; warning: ", w, "member", " ");
        if (is_given) render_put_value(page, given);
        const struct json *taken = json_get(w, "taken_as");
        if (taken && taken->type != JSON_NULL)
            render_put_member(page, is_given ? " taken as " : "", w, "taken_as", "");
        else if (is_given)
            buf_lit(page->out, " left out");
    }
}
