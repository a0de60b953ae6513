/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a policy file as tables, group by group: which members there are and where each is
 * put. A file is read over the built-in default, so what it leaves out is as there.
 */
#include "policy_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "policy_conditions.h"
#include "policy_reader.h"
#include "policy_rules.h"
#include "policy_values.h"
#include "properties.h"

#define FILE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define CALENDARS_MAX 100
#define ALIASES_MAX 10000
#define SOURCES_MAX 1000
#define PEOPLE_MAX 100000
#define AWAY_MAX 1000
#define OBLIGATIONS_MAX 100

/* deploy/policy/default.json, as CMake embeds it. */
extern const unsigned char policy_file_default[];
extern const size_t policy_file_default_size;

#define READ(name)                                                                         \
    static enum result read_##name(struct policy_reader *r, const struct policy_place *at, \
                                   json_t *value, void *target)

READ(utc_offset)
{
    (void)value;
    (void)target;
    return policy_reader_bad(r, at,
                             "this is now called \"time_zone\", and is the name of a zone, like "
                             "\"Europe/Berlin\" or \"UTC\"");
}

READ(calendar)
{
    static const struct policy_member members[] = {
        {"utc_offset", 0, read_utc_offset, false},
        {"time_zone", offsetof(struct calendar, zone), policy_values_time_zone, false},
        {"working_days", offsetof(struct calendar, working_days), policy_values_working_days,
         false},
        {"holidays", 0, policy_values_holidays, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

/* What one of them does not name is as in `calendar`. */
READ(calendars)
{
    struct policy *policy = target;
    if (!json_is_object(value) || json_object_size(value) > CALENDARS_MAX)
        return policy_reader_bad(r, at, "allowed: an object of up to %d calendars", CALENDARS_MAX);
    policy->calendars =
        arena_alloc(r->arena, (json_object_size(value) + 1) * sizeof *policy->calendars);
    policy->calendars_n = 0;
    const char *name;
    json_t *item;
    json_object_foreach(value, name, item)
    {
        struct policy_place place = {at, name, 0};
        struct named_calendar *named = &policy->calendars[policy->calendars_n++];
        *named = (struct named_calendar){arena_str(r->arena, str_of(name)), policy->calendar};
        if (!named->name.n) return policy_reader_bad(r, &place, "a name must not be empty");
        enum result result = read_calendar(r, &place, item, &named->calendar);
        if (result != OK) return result;
    }
    return OK;
}

/* severity, priority, postmortem */

/* {"sev-1":"critical"} */
static enum result read_severity_words(struct policy_reader *r, const struct policy_place *at,
                                       json_t *value, struct alias **aliases, size_t *n)
{
    if (!json_is_object(value) || json_object_size(value) > ALIASES_MAX)
        return policy_reader_bad(r, at, "allowed: an object of up to %d words", ALIASES_MAX);
    *aliases = arena_alloc(r->arena, (json_object_size(value) + 1) * sizeof **aliases);
    *n = 0;
    const char *name;
    json_t *item;
    json_object_foreach(value, name, item)
    {
        struct policy_place place = {at, name, 0};
        struct alias *alias = &(*aliases)[(*n)++];
        char *lower = arena_copy(r->arena, name, strlen(name) + 1);
        for (char *p = lower; *p; p++) *p = text_lower(*p);
        alias->name = str_of(lower);
        if (!alias->name.n) return policy_reader_bad(r, &place, "an alias must not be empty");
        if (severity_parse(alias->name))
            return policy_reader_bad(r, &place, "this is a severity itself, not another word");
        enum result result = policy_values_severity(r, &place, item, &alias->severity);
        if (result != OK) return result;
    }
    return OK;
}

READ(aliases)
{
    struct policy *policy = target;
    return read_severity_words(r, at, value, &policy->aliases, &policy->aliases_n);
}

static int by_length(const void *a, const void *b)
{
    size_t x = ((const struct alias_source *)a)->prefix.n;
    size_t y = ((const struct alias_source *)b)->prefix.n;
    return (x < y) - (x > y);
}

/* {"/thehive":{"1":"low","4":"critical"}} */
READ(sources)
{
    struct policy *policy = target;
    if (!json_is_object(value) || json_object_size(value) > SOURCES_MAX)
        return policy_reader_bad(r, at, "allowed: an object of up to %d sources", SOURCES_MAX);
    size_t size = json_object_size(value) + 1;
    policy->sources = arena_alloc(r->arena, size * sizeof *policy->sources);
    policy->sources_n = 0;
    const char *prefix;
    json_t *words;
    json_object_foreach(value, prefix, words)
    {
        struct policy_place place = {at, prefix, 0};
        struct alias_source *source = &policy->sources[policy->sources_n++];
        source->prefix = arena_str(r->arena, str_of(prefix));
        if (!source->prefix.n)
            return policy_reader_bad(r, &place, "allowed: how a ce_source begins, like \"/jira\"");
        enum result result = read_severity_words(r, &place, words, &source->aliases, &source->n);
        if (result != OK) return result;
    }
    qsort(policy->sources, policy->sources_n, sizeof *policy->sources, by_length);
    return OK;
}

READ(severities)
{
    static const struct policy_member members[] = {
        {"default", offsetof(struct policy, severity_default), policy_values_severity, false},
        {"aliases", 0, read_aliases, false},
        {"sources", 0, read_sources, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

/* {"in review":"in-progress"} */
READ(status_aliases)
{
    struct policy *policy = target;
    if (!json_is_object(value) || json_object_size(value) > ALIASES_MAX)
        return policy_reader_bad(r, at, "allowed: an object of up to %d words", ALIASES_MAX);
    size_t size = json_object_size(value) + 1;
    policy->status_aliases = arena_alloc(r->arena, size * sizeof *policy->status_aliases);
    policy->status_aliases_n = 0;
    const char *name;
    json_t *item;
    json_object_foreach(value, name, item)
    {
        struct policy_place place = {at, name, 0};
        struct status_alias alias = {.name = arena_str(r->arena, str_of(name))};
        if (!alias.name.n) return policy_reader_bad(r, &place, "an alias must not be empty");
        if (reported_status_parse(alias.name))
            return policy_reader_bad(r, &place, "this is a status itself, not another word");
        if (policy_status(policy, alias.name))
            return policy_reader_bad(r, &place, "the same word stands there twice");
        enum result result = policy_values_status(r, &place, item, &alias.status);
        if (result != OK) return result;
        policy->status_aliases[policy->status_aliases_n++] = alias;
    }
    return OK;
}

READ(status)
{
    static const struct policy_member members[] = {
        {"aliases", 0, read_status_aliases, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

#define PRIORITY_MEMBER(id, text) {text, sizeof(int) * (id), policy_values_priority, false},

READ(priorities)
{
    static const struct policy_member members[] = {SEVERITIES(PRIORITY_MEMBER){0}};
    return policy_reader_members(r, at, value, members, target);
}

READ(postmortem)
{
    static const struct policy_member members[] = {
        {"full_when", offsetof(struct policy, full_when), policy_conditions_of_incident, false},
        {"suspected_is_true", offsetof(struct policy, suspected_is_true), policy_reader_bool,
         false},
        {"priority_boost", offsetof(struct policy, priority_boost), policy_values_priority_boost,
         false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

/* reminders, escalation */

static int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

READ(points)
{
    struct points *points = target;
    enum result result =
        policy_reader_items(r, at, value, policy_reader_percentage, POLICY_POINTS_MAX,
                            sizeof *points->percent, points->percent, &points->n);
    if (result != OK) return result;
    qsort(points->percent, points->n, sizeof *points->percent, compare_ints);
    for (size_t i = 1; i < points->n; i++)
        if (points->percent[i] == points->percent[i - 1])
            return policy_reader_bad(r, at, "duplicate value \"%d%%\"", points->percent[i]);
    return OK;
}

READ(reminders)
{
    static const struct policy_member members[] = {
        {"due_soon", offsetof(struct policy, due_soon), read_points, false},
        {"overdue_every", offsetof(struct policy, overdue_every), policy_reader_duration, false},
        {"overdue_max", offsetof(struct policy, overdue_max), policy_values_reminders_max, false},
        {"assign_every", offsetof(struct policy, assign_every), policy_reader_duration, false},
        {"stale_every", offsetof(struct policy, stale_every), policy_reader_duration, false},
        {"verify_every", offsetof(struct policy, verify_every), policy_reader_duration, false},
        {"verify_max", offsetof(struct policy, verify_max), policy_values_reminders_max, false},
        {"orphan_every", offsetof(struct policy, orphan_every), policy_reader_duration, false},
        {"at", offsetof(struct policy, remind_at), policy_values_time_of_day, false},
        {"hours", 0, policy_values_hours, false},
        {"at_once", offsetof(struct policy, at_once), policy_values_priorities, false},
        {"digest", offsetof(struct policy, digest), policy_reader_bool, false},
        {"collect", offsetof(struct policy, collect), policy_reader_duration, false},
        {"collect_at_once", offsetof(struct policy, collect_at_once), policy_reader_duration,
         false},
        {"at_once_every", offsetof(struct policy, at_once_every), policy_reader_duration, false},
        {0},
    };
    const struct policy *policy = target;
    enum result result = policy_reader_members(r, at, value, members, target);
    if (result != OK) return result;
    if (policy->remind_at < policy->day_from || policy->remind_at >= policy->day_to)
        return policy_reader_bad(r, at, "\"at\" lies outside of \"hours\"");
    return OK;
}

READ(step)
{
    static const struct policy_member members[] = {
        {"at", 0, policy_values_point, true},
        {"to", offsetof(struct escalation_step, to), policy_values_roles, true},
        {0},
    };
    memset(target, 0, sizeof(struct escalation_step));
    return policy_reader_members(r, at, value, members, target);
}

READ(escalation)
{
    struct policy *policy = target;
    return policy_reader_items(r, at, value, read_step, POLICY_POINTS_MAX,
                               sizeof *policy->escalation, policy->escalation,
                               &policy->escalation_n);
}

/* routing, queues, people */

READ(route)
{
    static const struct policy_member members[] = {
        {"kind", offsetof(struct route, kind), policy_values_work, true},
        {"owner", offsetof(struct route, owner), policy_values_owner, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

#define ROUTE_MEMBER(name, id)                               \
    {                                                        \
        name, sizeof(struct route) * (id), read_route, false \
    }

READ(routing)
{
    static const struct policy_member members[] = {
        ROUTE_MEMBER("technical-lapse", CATEGORY_TECHNICAL_LAPSE),
        ROUTE_MEMBER("unknown-attack-vector", CATEGORY_UNKNOWN_ATTACK_VECTOR),
        ROUTE_MEMBER("procedural-failure", CATEGORY_PROCEDURAL_FAILURE),
        ROUTE_MEMBER("manual-error", CATEGORY_MANUAL_ERROR),
        ROUTE_MEMBER("process-flaw", CATEGORY_PROCESS_FLAW),
        ROUTE_MEMBER("communication-glitch", CATEGORY_COMMUNICATION_GLITCH),
        ROUTE_MEMBER("default", CATEGORY_UNCATEGORIZED),
        {0},
    };
    struct route *routing = target;
    memset(routing, 0, sizeof(struct route) * category_end);
    /* No finding may be dropped: a map without "default" still has one, owned by nobody. */
    routing[CATEGORY_UNCATEGORIZED].kind = KIND_REGISTER_ENTRY;
    return policy_reader_members(r, at, value, members, target);
}

#define QUEUE_MEMBER(id, text) {text, sizeof(int) * (id), policy_values_queue, false},

READ(queues)
{
    static const struct policy_member members[] = {TASK_KINDS(QUEUE_MEMBER){0}};
    return policy_reader_members(r, at, value, members, target);
}

/* {"identity":{"person":"…"}}: somebody for each team. */
static enum result read_team_people(struct policy_reader *r, const struct policy_place *at,
                                    json_t *value, struct team_person **people, size_t *n)
{
    if (!json_is_object(value) || json_object_size(value) > PEOPLE_MAX)
        return policy_reader_bad(r, at, "allowed: an object of up to %d teams", PEOPLE_MAX);
    *people = arena_alloc(r->arena, json_object_size(value) * sizeof **people);
    *n = 0;
    const char *team;
    json_t *person;
    json_object_foreach(value, team, person)
    {
        struct policy_place place = {at, team, 0};
        struct team_person *item = &(*people)[(*n)++];
        item->team = arena_str(r->arena, str_of(team));
        enum result result = policy_values_owner(r, &place, person, &item->person);
        if (result != OK) return result;
    }
    return OK;
}

READ(managers)
{
    struct policy *policy = target;
    return read_team_people(r, at, value, &policy->managers, &policy->managers_n);
}

READ(on_call)
{
    struct policy *policy = target;
    return read_team_people(r, at, value, &policy->on_call, &policy->on_call_n);
}

READ(absence)
{
    static const struct policy_member members[] = {
        {"person", offsetof(struct absence, person), policy_reader_text, true},
        {"from", offsetof(struct absence, from), policy_values_date, true},
        {"to", offsetof(struct absence, to), policy_values_date, true},
        {"to_person", offsetof(struct absence, to_person), policy_reader_text, true},
        {0},
    };
    struct absence *away = target;
    enum result result = policy_reader_members(r, at, value, members, away);
    if (result != OK) return result;
    if (away->to < away->from)
        return policy_reader_bad(r, at, "\"to\" is before \"from\"; it is the last day away");
    if (str_eq(away->person, away->to_person))
        return policy_reader_bad(r, at, "\"to_person\" is who is away: name somebody else");
    return OK;
}

static int compare_absences(const void *a, const void *b)
{
    const struct absence *x = a, *y = b;
    int order = str_cmp(x->person, y->person);
    return order ? order : (x->from > y->from) - (x->from < y->from);
}

READ(away)
{
    struct policy *policy = target;
    policy->away = arena_alloc(r->arena, json_array_size(value) * sizeof *policy->away);
    enum result result = policy_reader_items(r, at, value, read_absence, AWAY_MAX,
                                             sizeof *policy->away, policy->away, &policy->away_n);
    if (result != OK) return result;
    qsort(policy->away, policy->away_n, sizeof *policy->away, compare_absences);
    for (size_t i = 1; i < policy->away_n; i++) {
        const struct absence *before = &policy->away[i - 1], *next = &policy->away[i];
        if (!str_eq(before->person, next->person) || before->to < next->from) continue;
        char from[TIMESTAMP_TEXT], to[TIMESTAMP_TEXT];
        timestamp_format(next->from * DAY_MS, from);
        timestamp_format(before->to * DAY_MS, to);
        return policy_reader_bad(r, at,
                                 "\"%.*s\" is away twice on one day: from %.10s, and until %.10s "
                                 "already",
                                 STR_ARG(next->person), from, to);
    }
    return OK;
}

READ(people)
{
    static const struct policy_member members[] = {
        {"response-team", offsetof(struct policy, response_team), policy_values_owner, false},
        {"response-lead", offsetof(struct policy, response_lead), policy_values_owner, false},
        {"managers", 0, read_managers, false},
        {"on_call", 0, read_on_call, false},
        {"away", 0, read_away, false},
        {0},
    };
    struct policy *policy = target;
    policy->response_team = policy->response_lead = (struct owner){STR_NONE, STR_NONE};
    policy->managers_n = policy->on_call_n = policy->away_n = 0;
    return policy_reader_members(r, at, value, members, target);
}

/* verification, acceptance, review, obligations */

READ(closed_is)
{
    static const char *const words[] = {"resolved", "verified", NULL};
    int is;
    enum result result = policy_reader_choice(r, at, value, words, &is);
    if (result == OK) *(enum reported_status *)target = is ? REPORTED_VERIFIED : REPORTED_RESOLVED;
    return result;
}

READ(acceptance)
{
    static const struct policy_member members[] = {
        {"priorities", 0, policy_values_priorities, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

READ(verification)
{
    static const struct policy_member members[] = {
        {"priorities", offsetof(struct policy, verification), policy_values_priorities, false},
        {"closed_is", offsetof(struct policy, closed_is), read_closed_is, false},
        {"by_owner", offsetof(struct policy, verified_by_owner), policy_reader_bool, false},
        {0},
    };
    if (json_is_array(value))
        return policy_reader_bad(r, at,
                                 "the list is now its member \"priorities\": "
                                 "{\"priorities\": [\"P1\", \"P2\"]}");
    return policy_reader_members(r, at, value, members, target);
}

READ(review)
{
    static const struct policy_member members[] = {
        {"on", offsetof(struct policy, review_on), policy_values_day, false},
        {"every", offsetof(struct policy, review_every), policy_reader_duration, false},
        {0},
    };
    struct policy *policy = target;
    bool is_every = json_object_get(value, "every");
    if (is_every && json_object_get(value, "on"))
        return policy_reader_bad(r, at, "allowed: \"on\" or \"every\", not both");
    if (is_every) policy->review_on = 0;
    return policy_reader_members(r, at, value, members, target);
}

/* Its old name, and what it is called now. */
READ(obligation_name)
{
    (void)value;
    (void)target;
    return policy_reader_bad(r, at,
                             "this is called \"id\" now (letters, digits, '.', '_' and '-'); a "
                             "\"title\" says what is to be submitted");
}

READ(lead)
{
    struct obligation *o = target;
    o->has_lead = true;
    return read_points(r, at, value, &o->lead);
}

READ(at_latest)
{
    static const struct policy_member members[] = {
        {"from", 0, policy_values_start_said, true},
        {"within", 0, policy_values_within, true},
        {0},
    };
    struct obligation *o = target;
    o->has_latest = true;
    return policy_reader_members(r, at, value, members, &o->at_latest);
}

READ(obligation)
{
    static const struct policy_member members[] = {
        {"name", 0, read_obligation_name, false},
        {"id", offsetof(struct obligation, id), policy_values_obligation_id, true},
        {"title", offsetof(struct obligation, title), policy_reader_text, true},
        {"party", offsetof(struct obligation, party), policy_values_party, true},
        {"party_kind", offsetof(struct obligation, party_kind), policy_values_party_kind, false},
        {"when", offsetof(struct obligation, when), policy_conditions_of_incident, false},
        {"from", offsetof(struct obligation, time), policy_values_start, false},
        {"within", offsetof(struct obligation, time), policy_values_within, true},
        {"calendar", offsetof(struct obligation, calendar), policy_values_calendar, false},
        {"at_latest", 0, read_at_latest, false},
        {"lead", 0, read_lead, false},
        {0},
    };
    *(struct obligation *)target =
        (struct obligation){.time.from = FROM_DETECTED_AT, .party_kind = PARTY_OTHER};
    return policy_reader_members(r, at, value, members, target);
}

/* Each has an id of its own, and what it counts from stands before it: so none waits for itself. */
static enum result connect_obligation(struct policy_reader *r, const struct policy_place *at,
                                      struct obligation *all, size_t n)
{
    struct obligation *o = &all[n];
    size_t after = n;
    for (size_t i = 0; i < n; i++) {
        if (str_eq(all[i].id, o->id))
            return policy_reader_bad(r, at, "the id \"%.*s\" is another's", STR_ARG(o->id));
        if (str_eq(all[i].id, o->time.after_id)) after = i;
    }
    if (o->time.from == FROM_AFTER && after == n)
        return policy_reader_bad(r, at, "no obligation before it has the id \"%.*s\" of \"from\"",
                                 STR_ARG(o->time.after_id));
    o->time.after = after;
    return OK;
}

READ(obligations)
{
    struct policy *policy = target;
    policy->obligations =
        arena_alloc(r->arena, json_array_size(value) * sizeof *policy->obligations);
    enum result result = policy_reader_items(r, at, value, read_obligation, OBLIGATIONS_MAX,
                                             sizeof *policy->obligations, policy->obligations,
                                             &policy->obligations_n);
    for (size_t i = 0; result == OK && i < policy->obligations_n; i++) {
        struct policy_place place = {at, NULL, i};
        result = connect_obligation(r, &place, policy->obligations, i);
    }
    return result;
}

/* Groups whose members lie apart in struct policy have offset 0 and get the policy itself. */
static const struct policy_member policy_members[] = {
    {"version", offsetof(struct policy, version), policy_reader_text, false},
    {"calendar", offsetof(struct policy, calendar), read_calendar, false},
    {"calendars", 0, read_calendars, false},
    {"severity", 0, read_severities, false},
    {"status", 0, read_status, false},
    {"priority", offsetof(struct policy, priority), read_priorities, false},
    {"postmortem", 0, read_postmortem, false},
    {"sla", 0, policy_rules_sla, false},
    {"reminders", 0, read_reminders, false},
    {"escalation", 0, read_escalation, false},
    {"routing", offsetof(struct policy, routing), read_routing, false},
    {"queues", offsetof(struct policy, queue), read_queues, false},
    {"people", 0, read_people, false},
    {"verification", 0, read_verification, false},
    {"acceptance", offsetof(struct policy, acceptance), read_acceptance, false},
    {"review", 0, read_review, false},
    {"missing_findings_after", offsetof(struct policy, missing_findings_after),
     policy_reader_duration, false},
    {"orphan_finding_after", offsetof(struct policy, orphan_finding_after), policy_reader_duration,
     false},
    {"rules", 0, policy_rules, false},
    {"obligations", 0, read_obligations, false},
    {"retention", offsetof(struct policy, retention), policy_reader_duration, false},
    {0},
};

static bool is_blank(struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        if (!strchr(" \t\r\n", bytes.p[i])) return false;
    return true;
}

/* Reads over what `policy` has so far. */
static enum result read_policy(const char *file, struct str bytes, struct arena *arena,
                               struct policy *policy, struct error *error)
{
    json_error_t where;
    json_t *root = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &where);
    if (!root && is_blank(bytes)) return error_set(error, FATAL, "%s: the file is empty", file);
    if (!root)
        return error_set(error, FATAL, "%s:%d:%d: %s", file, where.line, where.column, where.text);
    struct policy_reader reader = {file, arena, policy, error};
    struct policy_place whole = {0};
    enum result result = policy_reader_members(&reader, &whole, root, policy_members, policy);
    if (result == OK) result = policy_rules_check(&reader, policy);
    json_decref(root);
    return result;
}

enum result policy_file_load(const char *path, struct arena *arena, struct policy *policy,
                             struct error *error)
{
    *policy = (struct policy){0};
    for (int kind = KIND_POSTMORTEM; kind < task_kind_end; kind++)
        policy->queue[kind] = QUEUE_RESPONSE_TEAM;
    policy->queue[KIND_COORDINATION] = policy->queue[KIND_OBLIGATION] = QUEUE_EXTERNAL;
    struct str bytes = {(const char *)policy_file_default, policy_file_default_size};
    enum result result = read_policy("the built-in policy", bytes, arena, policy, error);
    if (result != OK || !path) return result;
    result = properties_read_plain(arena, path, FILE_BYTES_MAX, &bytes, error);
    if (result == OK) result = read_policy(path, bytes, arena, policy, error);
    if (result != OK) error_usage(error, "%s", error->text);
    return result;
}
