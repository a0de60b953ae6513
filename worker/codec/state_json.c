/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes and reads entries by the tables of state_fields.c: one walk for writing, one for reading,
 * none for a type of its own. Members at their nothing value are left out on the way out, and so
 * have that value on the way in.
 */
#include "state_json.h"

#include "core/state_key.h"
#include "encode_put.h"
#include "state_json_private.h"

#define STATE_DEPTH 8 /* of our own format, with room for what a later version 1 may add */
#define SHOWN_BYTES 100
#define YEAR_1_MS INT64_C(62135596800000) /* before 1970 */
#define YEAR_10000_MS INT64_C(253402300800000)

static const struct str type_names[] = {
    [ENTRY_INCIDENT] = {"incident", 8},   [ENTRY_CLOSURE] = {"closure", 7},
    [ENTRY_FINDING] = {"finding", 7},     [ENTRY_TASK] = {"task", 4},
    [ENTRY_RECIPIENT] = {"recipient", 9}, [ENTRY_ITEMS] = {"items", 5},
    [ENTRY_DUTY] = {"duty", 4},           [ENTRY_MERGED] = {"merged", 6},
    [ENTRY_WAITING] = {"waiting", 7},     [ENTRY_CAUSE] = {"cause", 5},
};

/* ---- writing ---- */

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

static size_t size_of(const struct state_field *field)
{
    switch (field->type) {
    case STATE_TEXT: return sizeof(struct str);
    case STATE_LIST: return sizeof(struct str_list);
    case STATE_BOOLEAN: return sizeof(bool);
    case STATE_INTEGER:
    case STATE_REVISION:
    case STATE_TIME: return sizeof(int64_t);
    case STATE_OBJECT: return field->of->size;
    case STATE_OBJECTS: return sizeof(struct state_objects);
    case STATE_LABELS: return sizeof(struct labels);
    case STATE_REMINDERS: return sizeof(reminders_by_kind);
    default: return sizeof(int);
    }
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
    case STATE_REMINDERS: return !memcmp(in_a, in_b, size_of(field));
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

/* The finding_id where it stands in the key as it came, with nothing that had to be encoded. */
static struct str id_in(struct str key)
{
    struct str header_key = state_header_key(key);
    size_t start = header_key.n + 3; /* behind "|f|" */
    if (key.n <= start || memchr(key.p + start, '%', key.n - start)) return STR_NONE;
    return (struct str){key.p + start, key.n - start};
}

void state_json_write(struct buf *out, const struct entry *holder)
{
    buf_lit(out, "{\"v\":1,\"type\":");
    json_write_string(out, type_names[holder->type]);
    if (holder->type == ENTRY_FINDING) {
        /* The key says it, too. */
        struct finding finding = *holder->finding;
        if (str_eq(finding.finding_id, id_in(holder->key))) finding.finding_id = STR_NONE;
        state_json_write_fields(out, &state_fields_entries[ENTRY_FINDING], &finding);
        state_tasks_write(out, holder);
    } else {
        state_json_write_fields(out, &state_fields_entries[holder->type], holder->body);
    }
    buf_char(out, '}');
}

/* ---- reading ---- */

/* An object by itself: what it does not speak of is at its "nothing". */
static bool read_object(struct arena *arena, const struct state_fields *fields,
                        const struct json *object, void *body, struct error *error);

void state_json_write_body(struct buf *out, const struct state_fields *fields, const void *body)
{
    write_object(out, NULL, fields, body);
}

bool state_json_read_body(struct arena *arena, const struct state_fields *fields,
                          const struct json *object, void *body, struct error *error)
{
    return read_object(arena, fields, object, body, error);
}

/* Always false, for the caller to return. */
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
        if (!read_object(arena, field->of, entry, items + n * field->of->size, error)) return false;
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
        if (!read_object(arena, &state_fields_reminder, m, &reminders[kind], error)) return false;
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
    case STATE_OBJECT: return read_object(arena, field->of, value, member, error);
    case STATE_OBJECTS: return read_objects(arena, field, value, member, error);
    case STATE_REMINDERS: return read_reminders(arena, value, member, error);
    }
    return ok || state_json_unreadable(error, value->name, "has a value that cannot be read");
}

static void set_nothing(const struct state_fields *fields, char *body);

/* The "nothing" value, which is not 0 for all. */
static void set_field_nothing(const struct state_field *field, char *body)
{
    const ms_t no_time = TIME_NONE;
    const int64_t no_revision = -1;
    char *member = body + field->offset;
    memset(member, 0, size_of(field));
    if (field->type == STATE_TIME) memcpy(member, &no_time, sizeof no_time);
    if (field->type == STATE_REVISION) memcpy(member, &no_revision, sizeof no_revision);
    if (field->type == STATE_OBJECT) set_nothing(field->of, member);
    if (field->type == STATE_REMINDERS)
        for (int kind = 0; kind < REMINDER_TASK_KINDS; kind++)
            set_nothing(&state_fields_reminder,
                        member + (size_t)kind * sizeof(struct reminder_state));
}

static void set_nothing(const struct state_fields *fields, char *body)
{
    for (size_t i = 0; i < fields->n; i++) set_field_nothing(&fields->items[i], body);
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
        set_field_nothing(field, body);
        if (may_be_null && m->type == JSON_NULL) continue;
        if (!read_field(arena, field, m, body, error)) return false;
    }
    return true;
}

static bool read_object(struct arena *arena, const struct state_fields *fields,
                        const struct json *object, void *body, struct error *error)
{
    set_nothing(fields, body);
    return state_json_read_fields(arena, fields, object, body, false, error);
}

/* An object of our version and type; `error` says what else. */
bool state_json_open_value(struct arena *arena, struct str value, struct str type,
                           struct json **root, struct error *error)
{
    struct str detail;
    if (json_parse(json_scratch(), arena, value, STATE_DEPTH, root, &detail) != JSON_OK) {
        error_set(error, FATAL, "not JSON: %.*s", STR_ARG(detail));
        return false;
    }
    const struct json *v = json_get(*root, "v"), *is = json_get(*root, "type");
    if (!v || v->type != JSON_INT) {
        error_set(error, FATAL, "no version \"v\"");
    } else if (v->integer != STATE_VERSION) {
        error_set(error, FATAL,
                  "written in version %lld of the format, this program reads version %d: "
                  "use the program that wrote it, or a newer one",
                  (long long)v->integer, STATE_VERSION);
    } else if (!is || is->type != JSON_STRING || !str_eq(is->text, type)) {
        error_set(error, FATAL, "the type is not \"%.*s\"", STR_ARG(type));
    } else {
        return true;
    }
    return false;
}

/* Puts before what is wrong where it stands. */
enum result state_json_cannot_read(struct arena *arena, struct str key, struct error *error)
{
    if (!error) return FATAL;
    struct error why = *error;
    struct str shown = json_excerpt(arena, key, SHOWN_BYTES);
    return error_set(error, FATAL, "the state \"%.*s\" cannot be read: %s", STR_ARG(shown),
                     why.text);
}

static bool read_holder(struct arena *arena, struct state_table *table, const struct json *root,
                        struct entry *holder, struct error *error)
{
    const struct state_fields *fields = &state_fields_entries[holder->type];
    if (holder->holder && holder->holder != holder) {
        error_set(error, FATAL, "a task of a finding has no entry of its own");
        return false;
    }
    void *body = arena_zalloc(arena, fields->size);
    if (!read_object(arena, fields, root, body, error)) return false;
    holder->body = body;
    if (holder->type != ENTRY_FINDING) return true;
    if (!holder->finding->finding_id.p) holder->finding->finding_id = id_in(holder->key);
    const struct json *tasks = json_get(root, "tasks");
    return !tasks || state_tasks_read(arena, table, tasks, holder, error);
}

enum result state_json_read(struct arena *arena, struct state_table *table, struct str value,
                            struct entry *holder, struct error *error)
{
    struct json *root;
    if (state_json_open_value(arena, value, type_names[holder->type], &root, error) &&
        read_holder(arena, table, root, holder, error))
        return OK;
    holder->body = NULL;
    return state_json_cannot_read(arena, holder->key, error);
}
