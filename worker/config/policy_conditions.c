/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of a policy: texts of terms joined by " and ", a term being a flag, "not" and a
 * flag, or what is asked for, an operator and a value. What is wrong is said with what is allowed.
 */
#include "policy_conditions.h"

#include "common/buf.h"
#include "common/text.h"

static const struct str and = {" and ", 5}, not = {"not ", 4}, label = {"label.", 6};
static const char operator_bytes[] = "=!<>";
static const struct {
    struct str text;
    unsigned found;
} operators[] = {
    {{"=", 1}, FOUND_EQUAL},
    {{"!=", 2}, FOUND_OTHER},
    {{">=", 2}, FOUND_EQUAL | FOUND_ABOVE},
    {{"<=", 2}, FOUND_EQUAL | FOUND_BELOW},
    {{">", 1}, FOUND_ABOVE},
    {{"<", 1}, FOUND_BELOW},
};

/* One condition on its way from text to terms. */
struct parser {
    struct policy_reader *reader;
    const struct policy_place *at;
    const struct policy_subject *subject;
    struct str rest; /* of the text */
};

static struct str trimmed(struct str text)
{
    while (text.n && *text.p == ' ') text.p++, text.n--;
    while (text.n && text.p[text.n - 1] == ' ') text.n--;
    return text;
}

static void skip(struct str *text, size_t n)
{
    text->p += n;
    text->n -= n;
}

/* How far it is to the next " and ", or to the end. */
static size_t term_length(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (str_starts((struct str){text.p + i, text.n - i}, and)) return i;
    return text.n;
}

static size_t span(struct str text, bool operator)
{
    size_t n = 0;
    while (n < text.n && (memchr(operator_bytes, text.p[n], 4) != NULL) == operator) n++;
    return n;
}

static void put_word(struct buf *out, struct str word)
{
    if (out->n) buf_lit(out, ", ");
    buf_str(out, word);
}

/* What a name asks for, be it known of the subject or not; 0: nothing. */
static enum asked asked_of(struct str name)
{
    if (str_starts(name, label) && name.n > label.n) return ASKED_LABEL;
    for (int f = 1; f < flag_end; f++)
        if (str_eq(name, flag_words.words[f])) return ASKED_FLAG;
    for (int a = 2; a < asked_end; a++)
        if (1 << (a - 1) != ASKED_LABEL && str_eq(name, asked_words.words[a]))
            return (enum asked)(1 << (a - 1));
    return (enum asked)0;
}

/* "…; allowed: …" with what is known of the subject; or what is wrong about a name that is known. */
static enum result unknown(struct parser *p, struct str name)
{
    enum asked asked = asked_of(name);
    if (p->subject->known & asked)
        return policy_reader_bad(p->reader, p->at,
                                 asked == ASKED_FLAG
                                     ? "\"%.*s\" has no value; it stands alone, or behind \"not\""
                                     : "an operator and a value are missing after \"%.*s\"",
                                 STR_ARG(name));
    struct buf allowed = {0};
    if (p->subject->known & ASKED_FLAG)
        for (int f = 1; f < flag_end; f++) put_word(&allowed, flag_words.words[f]);
    for (int a = 2; a < asked_end; a++) {
        if (!(p->subject->known & 1U << (a - 1))) continue;
        put_word(&allowed, asked_words.words[a]);
        if (1 << (a - 1) == ASKED_LABEL) buf_lit(&allowed, ".<name>");
    }
    enum result result = policy_reader_bad(
        p->reader, p->at, "\"%.*s\" is nothing that is known of %s; allowed: %.*s", STR_ARG(name),
        p->subject->name, STR_ARG(buf_slice(&allowed)));
    buf_free(&allowed);
    return result;
}

static enum result read_flag(struct parser *p, struct str name, struct term *term)
{
    term->asked = ASKED_FLAG;
    term->operator= FOUND_EQUAL;
    if (str_starts(name, not )) {
        term->operator= FOUND_OTHER;
        skip(&name, not .n);
        name = trimmed(name);
    }
    for (int f = 1; f < flag_end && (p->subject->known & ASKED_FLAG); f++) {
        if (!str_eq(name, flag_words.words[f])) continue;
        term->value = 1 << (f - 1);
        return OK;
    }
    return unknown(p, name);
}

/* What the name asks for, if it is known of the subject. */
static enum result read_asked(struct parser *p, struct str name, struct term *term)
{
    term->asked = asked_of(name);
    if (term->asked == ASKED_LABEL)
        term->label = arena_str(p->reader->arena, (struct str){name.p + label.n, name.n - label.n});
    bool has_value = term->asked != ASKED_FLAG && (p->subject->known & term->asked);
    return has_value ? OK : unknown(p, name);
}

static enum result read_operator(struct parser *p, struct str name, struct str text,
                                 struct term *term)
{
    bool has_order = term->asked == ASKED_SEVERITY || term->asked == ASKED_PRIORITY;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (str_eq(text, operators[i].text)) term->operator= operators[i].found;
    bool has_no_order = term->operator== FOUND_EQUAL || term->operator== FOUND_OTHER;
    if (term->operator&&(has_order || has_no_order)) return OK;
    return policy_reader_bad(p->reader, p->at, "\"%.*s\" is not allowed after %.*s; allowed: %s",
                             STR_ARG(text), STR_ARG(name),
                             has_order ? "=, !=, >=, <=, > or <" : "= or !=");
}

static void skip_spaces(struct parser *p)
{
    while (p->rest.n && *p->rest.p == ' ' && !str_starts(p->rest, and)) skip(&p->rest, 1);
}

/* Whether it seems to go on with another term, that was not joined as terms are: it would never hold. */
static bool seems_more(struct str value)
{
    static const struct str joints[] = {{" or ", 4}, {" and ", 5}, {"&&", 2}, {"||", 2}};
    for (size_t i = 0; i < value.n; i++) {
        if (memchr(operator_bytes, value.p[i], sizeof operator_bytes - 1)) return true;
        for (size_t k = 0; k < sizeof joints / sizeof *joints; k++)
            if (value.n - i >= joints[k].n &&
                text_same((struct str){value.p + i, joints[k].n}, joints[k]))
                return true;
    }
    return false;
}

/* The value before the next " and ", or between single quotes. */
static enum result take_value(struct parser *p, struct str name, struct str *value)
{
    skip_spaces(p);
    if (!p->rest.n || *p->rest.p != '\'') {
        size_t n = term_length(p->rest);
        *value = trimmed((struct str){p->rest.p, n});
        skip(&p->rest, n);
        if (seems_more(*value))
            return policy_reader_bad(p->reader, p->at,
                                     "\"%.*s\" must stand between single quotes if it is one text; "
                                     "terms are joined by \" and \", and for \"or\" a list has "
                                     "several conditions",
                                     STR_ARG(*value));
        if (value->n) return OK;
        return policy_reader_bad(p->reader, p->at, "the value after %.*s is missing",
                                 STR_ARG(name));
    }
    skip(&p->rest, 1);
    const char *end = p->rest.n ? memchr(p->rest.p, '\'', p->rest.n) : NULL;
    if (!end)
        return policy_reader_bad(p->reader, p->at, "the quote after %.*s has no end",
                                 STR_ARG(name));
    *value = (struct str){p->rest.p, (size_t)(end - p->rest.p)};
    skip(&p->rest, value->n + 1);
    skip_spaces(p);
    if (!p->rest.n || str_starts(p->rest, and)) return OK;
    return policy_reader_bad(p->reader, p->at, "after the quote of %.*s only \" and \" may stand",
                             STR_ARG(name));
}

static enum result read_value(struct parser *p, struct str value, struct term *term)
{
    const struct vocabulary *words = NULL;
    switch (term->asked) {
    case ASKED_SEVERITY: words = &severity_words; break;
    case ASKED_CATEGORY: words = &category_words; break;
    case ASKED_KIND: words = &task_kind_words; break;
    case ASKED_PRIORITY: words = &priority_words; break;
    case ASKED_FLAG:
    case ASKED_TEAM:
    case ASKED_LABEL:
    default: term->text = arena_str(p->reader->arena, value); return OK;
    }
    json_t *word = json_stringn(value.p, value.n);
    enum result result = policy_reader_word(p->reader, p->at, word, words, 1, &term->value);
    json_decref(word);
    return result;
}

static enum result read_term(struct parser *p, struct term *term)
{
    while (p->rest.n && *p->rest.p == ' ') skip(&p->rest, 1);
    struct str whole = {p->rest.p, term_length(p->rest)};
    struct str name = trimmed((struct str){whole.p, span(whole, false)});
    *term = (struct term){0};
    if (span(whole, false) == whole.n) {
        skip(&p->rest, whole.n);
        return read_flag(p, name, term);
    }
    enum result result = read_asked(p, name, term);
    if (result != OK) return result;
    skip(&p->rest, span(whole, false));
    struct str operator= {p->rest.p, span(p->rest, true)}, value = STR_NONE;
    skip(&p->rest, operator.n);
    result = read_operator(p, name, operator, term);
    if (result == OK) result = take_value(p, name, &value);
    if (result == OK) result = read_value(p, value, term);
    return result;
}

static bool is_text(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text_control(text.p + i, text.n - i)) return false;
    return text.n && text.n <= POLICY_CONDITION_BYTES_MAX;
}

static enum result read_condition(struct policy_reader *reader, const struct policy_place *at,
                                  json_t *value, const struct policy_subject *subject,
                                  struct condition *out)
{
    struct str text = trimmed((struct str){json_string_value(value), json_string_length(value)});
    if (!is_text(text))
        return policy_reader_bad(reader, at,
                                 "allowed: a condition like \"severity>=high and data_breach\", "
                                 "text of up to %d bytes",
                                 POLICY_CONDITION_BYTES_MAX);
    struct parser p = {reader, at, subject, text};
    struct term terms[POLICY_TERMS_MAX];
    out->text = arena_str(reader->arena, text);
    for (out->n = 0; !out->n || p.rest.n; out->n++) {
        if (out->n == POLICY_TERMS_MAX)
            return policy_reader_bad(reader, at, "allowed: up to %d terms joined by \" and \"",
                                     POLICY_TERMS_MAX);
        if (out->n) skip(&p.rest, and.n);
        enum result result = read_term(&p, &terms[out->n]);
        if (result != OK) return result;
    }
    out->terms = arena_copy(reader->arena, terms, out->n * sizeof *terms);
    return OK;
}

static bool has(const struct conditions *conditions, struct str text)
{
    for (size_t i = 0; i < conditions->n; i++)
        if (str_eq(conditions->items[i].text, text)) return true;
    return false;
}

enum result policy_conditions_read(struct policy_reader *reader, const struct policy_place *at,
                                   json_t *value, const struct policy_subject *subject,
                                   struct conditions *out)
{
    size_t n = json_array_size(value);
    if (!json_is_array(value) || n > POLICY_CONDITIONS_MAX)
        return policy_reader_bad(reader, at,
                                 "allowed: an array of up to %d conditions, any of which suffices",
                                 POLICY_CONDITIONS_MAX);
    *out = (struct conditions){arena_alloc(reader->arena, n * sizeof *out->items), 0};
    for (size_t i = 0; i < n; i++) {
        struct policy_place place = {at, NULL, i};
        struct condition *condition = &out->items[i];
        enum result result =
            read_condition(reader, &place, json_array_get(value, i), subject, condition);
        if (result != OK) return result;
        if (has(out, condition->text))
            return policy_reader_bad(reader, &place, "duplicate value \"%.*s\"",
                                     STR_ARG(condition->text));
        out->n++;
    }
    return OK;
}

enum result policy_conditions_of_incident(struct policy_reader *reader,
                                          const struct policy_place *at, json_t *value,
                                          void *target)
{
    static const struct policy_subject incident = {"an incident", KNOWN_OF_INCIDENT};
    return policy_conditions_read(reader, at, value, &incident, target);
}
