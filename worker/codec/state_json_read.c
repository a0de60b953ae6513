/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of the state read by the tables of state_fields.c: one walk for all entries, none for a type
 * of its own. Those that are not there have their "nothing" value.
 */
#include "state_json_private.h"

#define YEAR_1_MS INT64_C(62135596800000) /* before 1970 */
#define YEAR_10000_MS INT64_C(253402300800000)

bool state_json_unreadable(struct error *error, struct str member, const char *why)
{
    error_set(error, FATAL, "member \"%.*s\" %s", STR_ARG(member), why);
    return false;
}

/* From year 1 to the end of 9999, so that each can be shown as a date. */
bool state_json_read_time(const struct json *value, ms_t *out)
{
    if (value->type != JSON_INT || value->integer < -YEAR_1_MS || value->integer >= YEAR_10000_MS)
        return false;
    *out = value->integer;
    return true;
}

static bool read_list(struct arena *arena, const struct json *value, struct str_list *list)
{
    if (value->type != JSON_ARRAY) return false;
    list->items = arena_alloc(arena, (value->count ? value->count : 1) * sizeof *list->items);
    for (const struct json *entry = value->first; entry; entry = entry->next) {
        if (entry->type != JSON_STRING) return false;
        list->items[list->n++] = entry->text;
    }
    return true;
}

static bool read_objects(struct arena *arena, const struct state_field *field,
                         const struct json *value, void *member, struct error *error)
{
    size_t n = 0;
    if (value->type != JSON_ARRAY)
        return state_json_unreadable(error, value->name, "must be an array");
    char *items = arena_zalloc(arena, (value->count ? value->count : 1) * field->of->size);
    for (const struct json *entry = value->first; entry; entry = entry->next, n++)
        if (!state_json_read_body(arena, field->of, entry, items + n * field->of->size, error))
            return false;
    memcpy(member, &(struct state_objects){items, n}, sizeof(struct state_objects));
    return true;
}

static bool read_labels(struct arena *arena, const struct json *value, struct labels *labels)
{
    if (value->type != JSON_OBJECT) return false;
    labels->items = arena_alloc(arena, (value->count ? value->count : 1) * sizeof *labels->items);
    for (const struct json *label = value->first; label; label = label->next) {
        if (label->type != JSON_STRING) return false;
        labels->items[labels->n++] = (struct label){label->name, label->text};
    }
    return true;
}

static bool read_words(const struct state_field *field, const struct json *value, unsigned *bits)
{
    if (value->type != JSON_ARRAY) return false;
    for (const struct json *entry = value->first; entry; entry = entry->next) {
        int word = entry->type == JSON_STRING ? vocabulary_parse(field->words, entry->text) : 0;
        if (!word) return false;
        *bits |= 1U << (word - field->first);
    }
    return true;
}

static bool read_reminders(struct arena *arena, const struct json *value,
                           struct reminder_state *reminders, struct error *error)
{
    if (value->type != JSON_OBJECT)
        return state_json_unreadable(error, value->name, "must be an object");
    for (const struct json *m = value->first; m; m = m->next) {
        int kind = vocabulary_parse(&reminder_kind_words, m->name);
        if (!kind || kind >= REMINDER_TASK_KINDS) continue; /* of a later version 1 */
        if (!state_json_read_body(arena, &state_fields_reminder, m, &reminders[kind], error))
            return false;
    }
    return true;
}

static bool read_tristate(const struct json *value, enum tristate *out)
{
    switch (value->type) {
    case JSON_TRUE: *out = TRI_TRUE; return true;
    case JSON_FALSE: *out = TRI_FALSE; return true;
    case JSON_STRING: *out = tristate_parse(value->text); return *out != 0;
    default: return false;
    }
}

static bool read_field(struct arena *arena, const struct state_field *field,
                       const struct json *value, char *body, struct error *error)
{
    void *member = body + field->offset;
    bool is_text = value->type == JSON_STRING, is_integer = value->type == JSON_INT, ok = false;
    switch (field->type) {
    case STATE_TEXT:
        ok = is_text;
        if (ok) *(struct str *)member = value->text;
        break;
    case STATE_LIST: ok = read_list(arena, value, member); break;
    case STATE_LABELS: ok = read_labels(arena, value, member); break;
    case STATE_INTEGER:
    case STATE_REVISION:
        ok = is_integer;
        if (ok) *(int64_t *)member = value->integer;
        break;
    case STATE_BITS:
        ok = is_integer && value->integer >= 0 && value->integer <= UINT32_MAX;
        if (ok) *(unsigned *)member = (unsigned)value->integer;
        break;
    case STATE_BOOLEAN:
        ok = value->type == JSON_TRUE || value->type == JSON_FALSE;
        *(bool *)member = value->type == JSON_TRUE;
        break;
    case STATE_TRISTATE: ok = read_tristate(value, member); break;
    case STATE_TIME: ok = state_json_read_time(value, member); break;
    case STATE_WORD:
        *(int *)member = is_text ? vocabulary_parse(field->words, value->text) : 0;
        ok = *(int *)member != 0;
        break;
    case STATE_WORDS: ok = read_words(field, value, member); break;
    case STATE_OBJECT: return state_json_read_body(arena, field->of, value, member, error);
    case STATE_OBJECTS: return read_objects(arena, field, value, member, error);
    case STATE_REMINDERS: return read_reminders(arena, value, member, error);
    }
    return ok || state_json_unreadable(error, value->name, "has a value that cannot be read");
}

/* The "nothing" values that are not all bytes 0; the rest of `body` is. */
static void set_special(const struct state_fields *fields, char *body)
{
    for (size_t i = 0; i < fields->n; i++) {
        const struct state_field *field = &fields->items[i];
        char *member = body + field->offset;
        if (field->type == STATE_TIME) *(ms_t *)member = TIME_NONE;
        if (field->type == STATE_REVISION) *(int64_t *)member = -1;
        if (field->type == STATE_OBJECT) set_special(field->of, member);
        if (field->type == STATE_REMINDERS)
            for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++)
                set_special(&state_fields_reminder,
                            member + (size_t)kind * sizeof(struct reminder_state));
    }
}

static void set_field_nothing(const struct state_field *field, char *body)
{
    const struct state_fields alone = {field, 1, 0};
    memset(body + field->offset, 0, state_fields_size(field));
    set_special(&alone, body);
}

/* The field of a name, searched from `*next` on: members mostly stand in the order of the table. */
static const struct state_field *field_of(const struct state_fields *fields, struct str name,
                                          size_t *next)
{
    for (size_t i = 0; i < fields->n; i++) {
        size_t at = *next + i < fields->n ? *next + i : *next + i - fields->n;
        const struct state_field *field = &fields->items[at];
        if (field->name.n != name.n + 4 || memcmp(field->name.p + 2, name.p, name.n) != 0) continue;
        *next = at + 1 < fields->n ? at + 1 : 0;
        return field;
    }
    return NULL;
}

bool state_json_read_fields(struct arena *arena, const struct state_fields *fields,
                            const struct json *object, void *body, bool may_be_null,
                            struct error *error)
{
    size_t next = 0;
    if (object->type != JSON_OBJECT)
        return state_json_unreadable(error, object->name, "must be an object");
    for (const struct json *m = object->first; m; m = m->next) {
        const struct state_field *field = field_of(fields, m->name, &next);
        if (!field) continue;
        if (may_be_null) set_field_nothing(field, body);
        if (may_be_null && m->type == JSON_NULL) continue;
        if (!read_field(arena, field, m, body, error)) return false;
    }
    return true;
}

bool state_json_read_body(struct arena *arena, const struct state_fields *fields,
                          const struct json *object, void *body, struct error *error)
{
    memset(body, 0, fields->size);
    set_special(fields, body);
    return state_json_read_fields(arena, fields, object, body, false, error);
}
