/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function for each type of member that is an object or a list, with what is tolerated of it: what
 * is wrong inside is noted with its place.
 */
#include "members_object.h"

#include <stdlib.h>

#include "common/text.h"

/* The string members of an object, in the order of `names`. */
static void texts_of(struct reader *r, const struct json *object, const struct str *names, size_t n,
                     struct str *texts)
{
    const struct json *found[4];
    struct reader_place place = {r->place, object->name, READER_NO_INDEX};
    reader_find(object, names, n, found);
    r->place = &place;
    for (size_t i = 0; i < n; i++) texts[i] = members_text(r, found[i]);
    r->place = place.outer;
}

static bool is_text_or_none(const struct json *value)
{
    return members_none(value) || value->type == JSON_STRING;
}

/* What it is, for a person who looks for it: a text as it is, of an object the names in it. */
static struct str outline(struct reader *r, const struct json *value)
{
    if (value->type == JSON_ARRAY) return arena_printf(r->arena, "a list of %zu", value->count);
    if (value->type != JSON_OBJECT)
        return value->text.p ? json_excerpt(r->arena, value->text, MEMBERS_SHOWN_BYTES)
                             : STR("true or false");
    struct buf names = {0};
    for (const struct json *m = value->first; m && names.n < MEMBERS_SHOWN_BYTES; m = m->next) {
        if (names.n) buf_lit(&names, ", ");
        buf_str(&names, json_excerpt(r->arena, m->name, MEMBERS_SHOWN_BYTES));
    }
    struct str shown = buf_slice(&names);
    shown = arena_printf(r->arena, "an object with %.*s", STR_ARG(shown));
    buf_free(&names);
    return shown;
}

bool members_owner(struct reader *r, const struct json *value, struct owner *owner,
                   enum owner_part *part)
{
    static const struct str names[] = {{"team", 4}, {"person", 6}};
    const struct json *found[2];
    *owner = (struct owner){STR_NONE, STR_NONE};
    *part = OWNER_BOTH;
    if (members_none(value)) return true;
    if (value->type == JSON_STRING) {
        bool is_person = memchr(value->text.p, '@', value->text.n) != NULL;
        struct str text = text_trim(value->text);
        *(is_person ? &owner->person : &owner->team) = text;
        if (text.p) *part = is_person ? OWNER_PERSON : OWNER_TEAM;
        return true;
    }
    if (value->type == JSON_OBJECT) {
        reader_find(value, names, 2, found);
        bool is_known = !value->count || found[0] || found[1];
        if (is_known && is_text_or_none(found[0]) && is_text_or_none(found[1])) {
            struct str texts[2];
            texts_of(r, value, names, 2, texts);
            *owner = (struct owner){text_trim(texts[0]), text_trim(texts[1])};
            return true;
        }
    }
    reader_warn(r, value->name, outline(r, value),
                STR("not taken: must be a text, or an object with team and person as texts"));
    return false;
}

struct tracker members_tracker(struct reader *r, const struct json *value)
{
    static const struct str names[] = {{"system", 6}, {"key", 3}, {"url", 3}};
    struct tracker tracker = {STR_NONE, STR_NONE, STR_NONE};
    if (members_none(value)) return tracker;
    if (value->type == JSON_OBJECT) {
        struct str texts[3];
        texts_of(r, value, names, 3, texts);
        tracker = (struct tracker){texts[0], texts[1], texts[2]};
    } else {
        reader_wrong_type(r, value, "an object with system, key and url");
    }
    return tracker;
}

const struct json *members_entries(struct reader *r, const struct json *value, size_t max)
{
    if (members_none(value)) return NULL;
    if (value->type != JSON_ARRAY) {
        reader_wrong_type(r, value, "a list of objects");
        return NULL;
    }
    if (value->count > max)
        reader_refuse(r, REFUSE_TOO_LARGE, value->name, "%zu entries, at most %zu are allowed",
                      value->count, max);
    return value->first;
}

bool members_is_object(struct reader *r, const struct json *value)
{
    if (value->type == JSON_OBJECT) return true;
    reader_wrong_type(r, value, "an object");
    return false;
}

unsigned members_evaluation(struct reader *r, const struct json *value, size_t note_bytes,
                            struct evaluation *evaluation)
{
    static const struct str names[] = {{"sufficient", 10}, {"complete", 8}, {"note", 4}};
    const struct json *m[3];
    *evaluation = (struct evaluation){0};
    if (!value) return 0;
    if (members_none(value)) return ANSWER_ALL;
    if (!members_is_object(r, value)) return 0;
    struct reader_place place = {r->place, value->name, READER_NO_INDEX};
    reader_find(value, names, 3, m);
    r->place = &place;
    evaluation->sufficient = members_boolean(r, m[0]);
    evaluation->complete = members_boolean(r, m[1]);
    evaluation->note = members_limited_text(r, m[2], note_bytes);
    r->place = place.outer;
    return (m[0] ? ANSWER_SUFFICIENT : 0) | (m[1] ? ANSWER_COMPLETE : 0) | (m[2] ? ANSWER_NOTE : 0);
}

static struct evidence read_evidence(struct reader *r, const struct json *entry, size_t max_bytes)
{
    static const struct str names[] = {{"ref", 3}, {"note", 4}};
    const struct json *m[2];
    if (entry->type == JSON_STRING)
        return (struct evidence){members_limited_text(r, entry, max_bytes), STR_NONE};
    if (!members_is_object(r, entry)) return (struct evidence){STR_NONE, STR_NONE};
    reader_find(entry, names, 2, m);
    return (struct evidence){members_limited_text(r, m[0], max_bytes),
                             members_limited_text(r, m[1], max_bytes)};
}

struct evidence_list members_evidence(struct reader *r, const struct json *value, bool of_task)
{
    struct evidence_list list = {NULL, 0};
    size_t max_bytes = of_task ? MEMBERS_EVIDENCE_BYTES : (size_t)-1;
    const struct json *entry =
        members_entries(r, value, of_task ? MEMBERS_EVIDENCE_MAX : (size_t)-1);
    if (!entry) return list;
    struct reader_place place = {r->place, value->name, 0};
    list.items = arena_zalloc(r->arena, value->count * sizeof *list.items);
    r->place = &place;
    for (; entry; entry = entry->next, place.index++) {
        struct evidence evidence = read_evidence(r, entry, max_bytes);
        if (members_said(evidence.ref).p || members_said(evidence.note).p)
            list.items[list.n++] = evidence;
        else if (of_task)
            reader_warn(r, STR_NONE, STR_NONE, STR("left out: it has no ref and no note"));
    }
    r->place = place.outer;
    return list;
}

/* What its name is, is the publisher's own: it stands in the sentence, not in the path. */
static void read_label(struct reader *r, const struct json *value, struct labels *labels)
{
    struct str shown = json_excerpt(r->arena, value->name, MEMBERS_SHOWN_BYTES), text = value->text;
    if (value->type == JSON_TRUE) text = STR("true");
    if (value->type == JSON_FALSE) text = STR("false");
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        reader_refuse(r, REFUSE_WRONG_TYPE, STR("labels"),
                      "\"%.*s\" must be a string, a number or a boolean, is %s", STR_ARG(shown),
                      value->type == JSON_ARRAY ? "a list" : "an object");
    else if (!value->name.n)
        reader_refuse(r, REFUSE_BAD_IDENTIFIER, STR("labels"), "a name must not be empty");
    else if (value->name.n > MEMBERS_LABEL_BYTES || text.n > MEMBERS_LABEL_BYTES)
        reader_refuse(r, REFUSE_TOO_LARGE, STR("labels"),
                      "\"%.*s\" has %zu bytes as a name and %zu as a text, at most %d of each are "
                      "allowed",
                      STR_ARG(shown), value->name.n, text.n, MEMBERS_LABEL_BYTES);
    else if (!members_none(value) && labels->n < MEMBERS_LABELS_MAX)
        labels->items[labels->n++] = (struct label){value->name, text};
}

struct labels members_labels(struct reader *r, const struct json *value)
{
    struct labels labels = {NULL, 0};
    if (members_none(value)) return labels;
    if (value->type != JSON_OBJECT) {
        reader_wrong_type(r, value, "an object of texts");
        return labels;
    }
    if (value->count > MEMBERS_LABELS_MAX)
        reader_refuse(r, REFUSE_TOO_LARGE, value->name, "%zu labels, at most %d are allowed",
                      value->count, MEMBERS_LABELS_MAX);
    if (value->count)
        labels.items = arena_alloc(r->arena, MEMBERS_LABELS_MAX * sizeof *labels.items);
    for (const struct json *label = value->first; label; label = label->next)
        read_label(r, label, &labels);
    return labels;
}

struct str_list members_texts(struct reader *r, const struct json *value)
{
    struct str_list list = {NULL, 0};
    if (members_none(value)) return list;
    if (value->type != JSON_ARRAY) {
        reader_wrong_type(r, value, "a list of strings");
        return list;
    }
    list.items = arena_alloc(r->arena, (value->count ? value->count : 1) * sizeof(struct str));
    struct reader_place place = {r->place, value->name, 0};
    r->place = &place;
    for (const struct json *entry = value->first; entry; entry = entry->next, place.index++) {
        if (entry->type != JSON_STRING)
            reader_wrong_type(r, entry, "a string");
        else if (members_said(entry->text).p)
            list.items[list.n++] = entry->text;
    }
    r->place = place.outer;
    return list;
}

struct str_list members_distinct_texts(struct reader *r, const struct json *value)
{
    struct str_list list = members_texts(r, value);
    if (list.n < 2) return list;
    size_t *counts = arena_alloc(r->arena, list.n * sizeof *counts);
    members_same(r->arena, list.items, list.n, false, counts);
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++)
        if (counts[i] == i) list.items[n++] = list.items[i];
    list.n = n;
    return list;
}

struct keyed {
    struct str key;
    size_t index;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int c = str_cmp(x->key, y->key);
    if (c) return c;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Sorted, so that a record with a hundred thousand entries does not take minutes. */
void members_same(struct arena *arena, const struct str *keys, size_t n, bool last, size_t *counts)
{
    struct keyed *sorted = arena_alloc(arena, (n ? n : 1) * sizeof *sorted);
    for (size_t i = 0; i < n; i++) sorted[i] = (struct keyed){keys[i], i};
    qsort(sorted, n, sizeof *sorted, compare_keyed);
    for (size_t start = 0, end; start < n; start = end) {
        end = start + 1;
        while (end < n && sorted[start].key.p && str_eq(sorted[end].key, sorted[start].key)) end++;
        size_t winner = sorted[last ? end - 1 : start].index;
        for (size_t i = start; i < end; i++) counts[sorted[i].index] = winner;
    }
}
