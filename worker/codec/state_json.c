/* SPDX-License-Identifier: Apache-2.0 */
/* The value of a holder: its version and type, its members by their table, and the tasks of a
 * finding. */
#include "state_json.h"

#include "core/state_key.h"
#include "state_json_private.h"

#define STATE_DEPTH 8 /* of our own format, with room for what a later version 1 may add */
#define SHOWN_BYTES 100

static const struct str type_names[] = {
    [ENTRY_INCIDENT] = {"incident", 8},   [ENTRY_CLOSURE] = {"closure", 7},
    [ENTRY_FINDING] = {"finding", 7},     [ENTRY_TASK] = {"task", 4},
    [ENTRY_RECIPIENT] = {"recipient", 9}, [ENTRY_ITEMS] = {"items", 5},
    [ENTRY_DUTY] = {"duty", 4},           [ENTRY_MERGED] = {"merged", 6},
    [ENTRY_WAITING] = {"waiting", 7},     [ENTRY_CAUSE] = {"cause", 5},
};

/* The finding_id where it stands in the key as it came, with nothing that had to be encoded. */
static struct str id_in(struct str key)
{
    struct str part = state_part_of_finding(key);
    return part.n && !memchr(part.p, '%', part.n) ? part : STR_NONE;
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
    if (!state_json_read_body(arena, fields, root, body, error)) return false;
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
