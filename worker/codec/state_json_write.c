/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of the state written by the tables of state_fields.c: one walk for all entries, none for a
 * type of its own. Those at their "nothing" value are left out.
 */
#include "encode_put.h"
#include "state_json_private.h"

static void write_name(struct buf *out, const struct state_field *field)
{
    /* The first member of an object has no comma before it. */
    bool first = out->p[out->n - 1] == '{';
    buf_add(out, field->name.p + first, field->name.n - first);
}

/* An object; left out when nothing is in it, unless it is an entry of a list. */
static void write_object(struct buf *out, const struct state_field *field,
                         const struct state_fields *fields, const void *body)
{
    size_t before = out->n, empty;
    if (field) write_name(out, field);
    buf_char(out, '{');
    empty = out->n;
    state_json_write_fields(out, fields, body);
    if (field && out->n == empty)
        out->n = before;
    else
        buf_char(out, '}');
}

static void write_objects(struct buf *out, const struct state_field *field, const void *member)
{
    struct state_objects list;
    memcpy(&list, member, sizeof list);
    if (!list.n) return;
    write_name(out, field);
    buf_char(out, '[');
    for (size_t i = 0; i < list.n; i++) {
        if (i) buf_char(out, ',');
        write_object(out, NULL, field->of, (const char *)list.items + i * field->of->size);
    }
    buf_char(out, ']');
}

static void write_words(struct buf *out, const struct state_field *field, unsigned bits)
{
    bool first = true;
    write_name(out, field);
    buf_char(out, '[');
    for (int value = field->first; value < field->words->end; value++) {
        struct str word = field->words->words[value];
        if (!(bits & (1U << (value - field->first))) || !word.p) continue;
        if (!first) buf_char(out, ',');
        json_write_string(out, word);
        first = false;
    }
    buf_char(out, ']');
}

static void write_reminders(struct buf *out, const struct state_field *field,
                            const struct reminder_state *reminders)
{
    size_t before = out->n, empty;
    write_name(out, field);
    buf_char(out, '{');
    empty = out->n;
    for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++) {
        if (!reminders[kind].number && reminders[kind].last == TIME_NONE) continue;
        if (out->n > empty) buf_char(out, ',');
        json_write_string(out, reminder_kind_name((enum reminder_kind)kind));
        buf_char(out, ':');
        write_object(out, NULL, &state_fields_reminder, &reminders[kind]);
    }
    if (out->n == empty)
        out->n = before;
    else
        buf_char(out, '}');
}

static void write_tristate(struct buf *out, enum tristate value)
{
    if (value == TRI_SUSPECTED)
        json_write_string(out, tristate_name(value));
    else
        json_write_bool(out, value == TRI_TRUE);
}

/* The integer of a member, whatever its width: 0 where it says "nothing". */
static int64_t integer_of(const struct state_field *field, const char *member)
{
    int64_t wide;
    int narrow;
    unsigned bits;
    switch (field->type) {
    case STATE_INTEGER: memcpy(&wide, member, sizeof wide); return wide;
    case STATE_REVISION: memcpy(&wide, member, sizeof wide); return wide + 1;
    case STATE_BITS:
    case STATE_WORDS: memcpy(&bits, member, sizeof bits); return bits;
    default: memcpy(&narrow, member, sizeof narrow); return narrow;
    }
}

static void write_integer(struct buf *out, const struct state_field *field, const char *member)
{
    int64_t value = integer_of(field, member);
    if (!value) return;
    if (field->type == STATE_WORDS) {
        write_words(out, field, (unsigned)value);
        return;
    }
    write_name(out, field);
    switch (field->type) {
    case STATE_REVISION: buf_int(out, value - 1); break;
    case STATE_WORD: json_write_string(out, field->words->words[value]); break;
    case STATE_TRISTATE: write_tristate(out, (enum tristate)value); break;
    default: buf_int(out, value);
    }
}

static void write_field(struct buf *out, const struct state_field *field, const char *body)
{
    const void *member = body + field->offset;
    switch (field->type) {
    case STATE_TEXT:
        if (!((const struct str *)member)->p) return;
        write_name(out, field);
        json_write_string(out, *(const struct str *)member);
        return;
    case STATE_LIST:
        if (!((const struct str_list *)member)->n) return;
        write_name(out, field);
        json_write_list(out, *(const struct str_list *)member);
        return;
    case STATE_LABELS:
        if (!((const struct labels *)member)->n) return;
        write_name(out, field);
        encode_put_labels(out, *(const struct labels *)member);
        return;
    case STATE_TIME:
        if (*(const ms_t *)member == TIME_NONE) return;
        write_name(out, field);
        buf_int(out, *(const ms_t *)member);
        return;
    case STATE_BOOLEAN:
        if (!*(const bool *)member) return;
        write_name(out, field);
        json_write_bool(out, true);
        return;
    case STATE_OBJECT: write_object(out, field, field->of, member); return;
    case STATE_OBJECTS: write_objects(out, field, member); return;
    case STATE_REMINDERS: write_reminders(out, field, member); return;
    default: write_integer(out, field, member);
    }
}

void state_json_write_fields(struct buf *out, const struct state_fields *fields, const void *body)
{
    for (size_t i = 0; i < fields->n; i++) write_field(out, &fields->items[i], body);
}

/* What a task has of its finding is mostly the very same text. */
static bool same_text(struct str a, struct str b)
{
    if (a.p == b.p && a.n == b.n) return true;
    return !a.p == !b.p && str_eq(a, b);
}

static bool same_list(const struct str_list *a, const struct str_list *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) same = same_text(a->items[i], b->items[i]);
    return same;
}

/* Lists of objects are told apart by where they are. */
static bool same_field(const struct state_field *field, const char *a, const char *b)
{
    const void *in_a = a + field->offset, *in_b = b + field->offset;
    bool same = true;
    switch (field->type) {
    case STATE_TEXT: return same_text(*(const struct str *)in_a, *(const struct str *)in_b);
    case STATE_LIST: return same_list(in_a, in_b);
    case STATE_OBJECT:
        for (size_t i = 0; same && i < field->of->n; i++)
            same = same_field(&field->of->items[i], in_a, in_b);
        return same;
    case STATE_OBJECTS:
    case STATE_LABELS:
    case STATE_REMINDERS: return !memcmp(in_a, in_b, state_fields_size(field));
    case STATE_BOOLEAN: return *(const bool *)in_a == *(const bool *)in_b;
    case STATE_INTEGER:
    case STATE_REVISION:
    case STATE_TIME: return *(const int64_t *)in_a == *(const int64_t *)in_b;
    default: return *(const int *)in_a == *(const int *)in_b;
    }
}

void state_json_write_beside(struct buf *out, const struct state_fields *fields, const void *body,
                             const void *base)
{
    for (size_t i = 0; i < fields->n; i++) {
        const struct state_field *field = &fields->items[i];
        size_t before = out->n;
        if (same_field(field, body, base)) continue;
        write_field(out, field, body);
        if (out->n > before) continue;
        write_name(out, field);
        buf_lit(out, "null");
    }
}

void state_json_write_body(struct buf *out, const struct state_fields *fields, const void *body)
{
    write_object(out, NULL, fields, body);
}
