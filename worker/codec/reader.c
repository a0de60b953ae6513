/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the members of an object by name, and keeps the place in the record as a path, so that a
 * refusal names the member that is wrong. Of several refusals the one that ranks first stays.
 */
#include "reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/text.h"
#include "grapheme.h"

#define DETAIL_BYTES 500
#define PATH_BYTES 200
#define WARNING_VALUE_BYTES 256 /* a warning quotes its value, it does not carry a document */

void reader_find(const struct json *object, const struct str *names, size_t n,
                 const struct json **found)
{
    memset(found, 0, n * sizeof *found);
    size_t next = 0; /* publishers keep to one order, so the next name is the likely one */
    for (const struct json *m = object->first; m; m = m->next) {
        for (size_t i = 0; i < n; i++) {
            size_t at = next + i < n ? next + i : next + i - n;
            if (names[at].n != m->name.n || names[at].p[0] != m->name.p[0] ||
                memcmp(names[at].p, m->name.p, m->name.n) != 0)
                continue;
            found[at] = m;
            next = at + 1 < n ? at + 1 : 0;
            break;
        }
    }
}

/* Appends to a path of `n` bytes; all names in it are ours, so it never comes near its bound. */
static size_t add_to_path(char path[PATH_BYTES], size_t n, struct str name, size_t index)
{
    const char *dot = n && name.n ? "." : "";
    int added = snprintf(path + n, PATH_BYTES - n, "%s%.*s", dot, STR_ARG(name));
    n += (size_t)added;
    if (index != READER_NO_INDEX) n += (size_t)snprintf(path + n, PATH_BYTES - n, "[%zu]", index);
    return n;
}

static size_t add_place(char path[PATH_BYTES], const struct reader_place *place)
{
    size_t n = place->outer ? add_place(path, place->outer) : 0;
    return add_to_path(path, n, place->name, place->index);
}

/* findings[3].owner.team */
static struct str path_of(const struct reader *r, struct str name)
{
    if (!r->place) return name;
    char path[PATH_BYTES];
    size_t n = add_place(path, r->place);
    n = add_to_path(path, n, name, READER_NO_INDEX);
    return arena_str(r->arena, (struct str){path, n});
}

void reader_refuse(struct reader *r, int code, struct str name, const char *format, ...)
{
    /* A count or a member over its limit counts as a wrong type does; a whole record that is too
     * large never comes this far. */
    int rank = code == REFUSE_TOO_LARGE ? REFUSE_WRONG_TYPE : code;
    if (r->rank && r->rank <= rank) return;
    r->rank = rank;
    char why[DETAIL_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    struct str path = path_of(r, name);
    why[text_whole(why, strlen(why))] = 0; /* where it was cut */
    struct str detail = arena_printf(r->arena, "%.*s: %s", STR_ARG(path), why);
    r->refused->code = code;
    r->refused->detail = grapheme_cut(detail, DETAIL_BYTES);
}

void reader_wrong_type(struct reader *r, const struct json *value, const char *wanted)
{
    static const char *const types[] = {
        [JSON_NULL] = "null",    [JSON_FALSE] = "a boolean",  [JSON_TRUE] = "a boolean",
        [JSON_INT] = "a number", [JSON_REAL] = "a number",    [JSON_STRING] = "a string",
        [JSON_ARRAY] = "a list", [JSON_OBJECT] = "an object",
    };
    reader_refuse(r, REFUSE_WRONG_TYPE, value->name, "must be %s, is %s", wanted,
                  types[value->type]);
}

void reader_warn(struct reader *r, struct str name, struct str value, struct str taken_as)
{
    *ARENA_PUSH(r->arena, r->warnings, r->warnings_n, r->warnings_cap) =
        (struct warning){path_of(r, name), grapheme_cut(value, WARNING_VALUE_BYTES), taken_as};
}

struct warnings reader_take_warnings(struct reader *r)
{
    struct warnings taken = {r->warnings, r->warnings_n};
    r->warnings = NULL;
    r->warnings_n = r->warnings_cap = 0;
    return taken;
}
