/* SPDX-License-Identifier: Apache-2.0 */
/* A budget of reminders: a number a day, or a file that bounds each figure of a recipient or role. */
#include "simulate_budget.h"

#include <jansson.h>
#include <stdlib.h>

#include "config/nearest.h"
#include "config/policy_reader.h"
#include "config/properties.h"

#define FILE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define LIMIT_MAX 1000000000

static const struct simulate_budget_limits no_limits = {
    {[0 ... noise_figure_end - 1] = BUDGET_NO_LIMIT}};

/* ---- reading ---- */

/* "10/day": ten on the worst one. */
static bool parse_a_day(struct str text, int64_t *limit)
{
    size_t digits = 0;
    *limit = 0;
    while (digits < text.n && digits < 9 && text.p[digits] >= '0' && text.p[digits] <= '9')
        *limit = *limit * 10 + (text.p[digits++] - '0');
    return digits && str_eq((struct str){text.p + digits, text.n - digits}, STR("/day"));
}

static enum result read_limit(struct policy_reader *reader, const struct policy_place *at,
                              json_t *value, void *target)
{
    return policy_reader_integer(reader, at, value, 0, LIMIT_MAX, target);
}

#define LIMIT_MEMBER(id, text) {text, sizeof(int64_t) * (id), read_limit, false},

static enum result read_limits(struct policy_reader *reader, const struct policy_place *at,
                               json_t *value, struct simulate_budget_limits *limits)
{
    static const struct policy_member members[] = {NOISE_FIGURES(LIMIT_MEMBER){0}};
    *limits = no_limits;
    if (!json_is_string(value)) return policy_reader_members(reader, at, value, members, limits);
    struct str text = {json_string_value(value), json_string_length(value)};
    if (parse_a_day(text, &limits->of[NOISE_WORST])) return OK;
    return policy_reader_bad(reader, at,
                             "not allowed; allowed: a number a day like \"10/day\", or "
                             "an object");
}

static enum result check_name(struct policy_reader *reader, const struct policy_place *at)
{
    struct str name = str_of(at->name);
    if (str_eq(name, STR("default")) || str_starts(name, STR("person:")) ||
        str_starts(name, STR("team:")) || str_starts(name, STR("role:")))
        return OK;
    struct nearest nearest = {.word = at->name};
    nearest_try(&nearest, "default");
    for (int role = 1; role < role_end; role++) {
        if (str_eq(name, role_name(role))) return OK;
        nearest_try(&nearest, role_name(role).p);
    }
    return policy_reader_bad(reader, at,
                             "this is no recipient (person:…, team:…), no role and not default; %s",
                             nearest_hint(reader->arena, &nearest));
}

static enum result read_entries(struct policy_reader *reader, json_t *root,
                                struct simulate_budget *budget)
{
    struct policy_place whole = {0};
    const char *name;
    json_t *value;
    if (!json_is_object(root)) return policy_reader_bad(reader, &whole, "this is no object");
    budget->entries =
        arena_alloc(reader->arena, (json_object_size(root) + 1) * sizeof *budget->entries);
    json_object_foreach(root, name, value)
    {
        struct policy_place place = {&whole, name, 0};
        struct simulate_budget_entry *entry = &budget->entries[budget->n++];
        entry->name = arena_str(reader->arena, str_of(name));
        enum result result = check_name(reader, &place);
        if (result == OK) result = read_limits(reader, &place, value, &entry->limits);
        if (result != OK) return result;
    }
    return OK;
}

static enum result read_file(struct arena *arena, const char *file, struct simulate_budget *budget,
                             struct error *error)
{
    struct policy_reader reader = {.file = file, .arena = arena, .error = error};
    struct str bytes;
    json_error_t where;
    enum result result = properties_read_plain(arena, file, FILE_BYTES_MAX, &bytes, error);
    if (result != OK) return result;
    json_t *root = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return error_set(error, FATAL, "%s:%d:%d: %s", file, where.line, where.column, where.text);
    result = read_entries(&reader, root, budget);
    json_decref(root);
    return result;
}

enum result simulate_budget_read(struct arena *arena, const char *text,
                                 struct simulate_budget *budget, struct error *error)
{
    int64_t a_day;
    *budget = (struct simulate_budget){0};
    if (parse_a_day(str_of(text), &a_day)) {
        budget->entries = ARENA_NEW(arena, struct simulate_budget_entry);
        budget->entries[budget->n++] = (struct simulate_budget_entry){STR("default"), no_limits};
        budget->entries[0].limits.of[NOISE_WORST] = a_day;
        return OK;
    }
    enum result result = read_file(arena, text, budget, error);
    if (result != OK)
        error_usage(error, "--budget is a number like 10/day, or a file: %s", error->text);
    return result;
}

/* ---- judging ---- */

static int64_t limit_of(const struct simulate_budget *budget, struct str name,
                        enum noise_figure figure)
{
    for (size_t i = 0; i < budget->n; i++)
        if (str_eq(budget->entries[i].name, name)) return budget->entries[i].limits.of[figure];
    return BUDGET_NO_LIMIT;
}

static int64_t limit_of_roles(const struct simulate_budget *budget, unsigned roles,
                              enum noise_figure figure)
{
    int64_t least = BUDGET_NO_LIMIT;
    for (int role = 1; role < role_end; role++) {
        if (!(roles >> role & 1)) continue;
        int64_t limit = limit_of(budget, role_name(role), figure);
        if (limit < least) least = limit;
    }
    return least;
}

struct simulate_budget_limits simulate_budget_of(const struct simulate_budget *budget,
                                                 const struct simulate_noise_recipient *recipient)
{
    struct simulate_budget_limits limits = no_limits;
    for (int f = 1; f < noise_figure_end; f++) {
        int64_t *limit = &limits.of[f];
        *limit = limit_of(budget, recipient->name, f);
        if (*limit == BUDGET_NO_LIMIT) *limit = limit_of_roles(budget, recipient->roles, f);
        if (*limit == BUDGET_NO_LIMIT) *limit = limit_of(budget, STR("default"), f);
    }
    return limits;
}

unsigned simulate_budget_exceeded(const struct simulate_budget_limits *limits,
                                  const struct simulate_noise_recipient *recipient)
{
    unsigned exceeded = 0;
    for (int f = 1; f < noise_figure_end; f++)
        if ((int64_t)recipient->figures[f] > limits->of[f]) exceeded |= 1u << f;
    return exceeded;
}
