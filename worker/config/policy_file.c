/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a policy file as tables, group by group: which members there are and where each is
 * put. A file is read over the built-in default, so what it leaves out is as there.
 */
#include "policy_file.h"

#include <string.h>

#include "policy_conditions.h"
#include "policy_obligations.h"
#include "policy_people.h"
#include "policy_rules.h"
#include "policy_values.h"
#include "policy_words.h"
#include "properties.h"

#define FILE_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define CALENDARS_MAX 100
#define CAUSE_MEMBERS_MAX 16

/* deploy/policy/default.json, as CMake embeds it. */
extern const unsigned char policy_file_default[];
extern const size_t policy_file_default_size;

POLICY_READ(utc_offset)
{
    (void)value;
    (void)target;
    return policy_reader_bad(r, at,
                             "this is now called \"time_zone\", and is the name of a zone, like "
                             "\"Europe/Berlin\" or \"UTC\"");
}

POLICY_READ(calendar)
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
POLICY_READ(named_calendar)
{
    struct named_calendar *named = target;
    *named = (struct named_calendar){arena_str(r->arena, str_of(at->name)), r->policy->calendar};
    if (!named->name.n) return policy_reader_bad(r, at, "a name must not be empty");
    return read_calendar(r, at, value, &named->calendar);
}

POLICY_READ(calendars)
{
    struct policy *policy = target;
    policy->calendars = arena_alloc(r->arena, json_object_size(value) * sizeof *policy->calendars);
    return policy_reader_entries(r, at, value, read_named_calendar, CALENDARS_MAX, "calendars",
                                 sizeof *policy->calendars, policy->calendars,
                                 &policy->calendars_n);
}

/* priority, postmortem */

#define PRIORITY_MEMBER(id, text) {text, sizeof(int) * (id), policy_values_priority, false},

POLICY_READ(priorities)
{
    static const struct policy_member members[] = {SEVERITIES(PRIORITY_MEMBER){0}};
    return policy_reader_members(r, at, value, members, target);
}

POLICY_READ(postmortem)
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

POLICY_READ(reminders)
{
    static const struct policy_member members[] = {
        {"due_soon", offsetof(struct policy, due_soon), policy_values_points, false},
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

POLICY_READ(step)
{
    static const struct policy_member members[] = {
        {"at", 0, policy_values_point, true},
        {"to", offsetof(struct escalation_step, to), policy_values_roles, true},
        {0},
    };
    memset(target, 0, sizeof(struct escalation_step));
    return policy_reader_members(r, at, value, members, target);
}

POLICY_READ(escalation)
{
    struct policy *policy = target;
    return policy_reader_items(r, at, value, read_step, POLICY_POINTS_MAX,
                               sizeof *policy->escalation, policy->escalation,
                               &policy->escalation_n);
}

/* routing, queues */

POLICY_READ(route)
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

POLICY_READ(routing)
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

POLICY_READ(queues)
{
    static const struct policy_member members[] = {TASK_KINDS(QUEUE_MEMBER){0}};
    return policy_reader_members(r, at, value, members, target);
}

/* verification, acceptance, closing, review */

POLICY_READ(closed_is)
{
    static const char *const words[] = {"resolved", "verified", NULL};
    int is;
    enum result result = policy_reader_choice(r, at, value, words, &is);
    if (result == OK) *(enum reported_status *)target = is ? REPORTED_VERIFIED : REPORTED_RESOLVED;
    return result;
}

POLICY_READ(acceptance)
{
    static const struct policy_member members[] = {
        {"priorities", 0, policy_values_priorities, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

POLICY_READ(closing)
{
    static const struct policy_member members[] = {
        {"evidence", offsetof(struct policy, evidence), policy_values_kinds, false},
        {0},
    };
    return policy_reader_members(r, at, value, members, target);
}

POLICY_READ(verification)
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

/* recurrence */

/* "references", or what of a finding is the key: its members, "label.<name>" among them. */
POLICY_READ(cause_member)
{
    struct cause_member *member = target;
    struct str text;
    enum result result = policy_reader_text(r, at, value, &text);
    if (result != OK) return result;
    struct str label = STR("label.");
    member->label = STR_NONE;
    if (str_starts(text, label) && text.n > label.n) {
        member->part = CAUSE_LABEL;
        member->label = (struct str){text.p + label.n, text.n - label.n};
        return OK;
    }
    member->part = cause_part_parse(text);
    if (member->part && member->part != CAUSE_LABEL) return OK;
    return policy_reader_bad(r, at,
                             "allowed: \"category\", \"severity\", \"title\", \"work\", "
                             "\"action_type\", \"team\", \"label.<name>\"");
}

POLICY_READ(cause_key)
{
    struct recurrence_policy *policy = target;
    policy->members_n = 0;
    policy->by_references = !json_is_array(value);
    if (!policy->by_references) {
        policy->members = arena_alloc(r->arena, CAUSE_MEMBERS_MAX * sizeof *policy->members);
        return policy_reader_items(r, at, value, read_cause_member, CAUSE_MEMBERS_MAX,
                                   sizeof *policy->members, policy->members, &policy->members_n);
    }
    if (json_is_string(value) && !strcmp(json_string_value(value), "references")) return OK;
    return policy_reader_bad(r, at, "allowed: \"references\", or a list of members of a finding");
}

POLICY_READ(recurrence)
{
    static const struct policy_member members[] = {
        {"key", 0, read_cause_key, false},
        {"within", offsetof(struct recurrence_policy, within), policy_reader_duration, false},
        {"boost", offsetof(struct recurrence_policy, boost), policy_reader_bool, false},
        {0},
    };
    struct recurrence_policy *policy = target;
    policy->off = json_is_null(value) || json_is_false(value);
    return policy->off ? OK : policy_reader_members(r, at, value, members, target);
}

POLICY_READ(review)
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

/* Groups whose members lie apart in struct policy have offset 0 and get the policy itself. */
static const struct policy_member policy_members[] = {
    {"version", offsetof(struct policy, version), policy_reader_text, false},
    {"calendar", offsetof(struct policy, calendar), read_calendar, false},
    {"calendars", 0, read_calendars, false},
    {"severity", 0, policy_words_severity, false},
    {"status", 0, policy_words_status, false},
    {"priority", offsetof(struct policy, priority), read_priorities, false},
    {"postmortem", 0, read_postmortem, false},
    {"sla", 0, policy_rules_sla, false},
    {"reminders", 0, read_reminders, false},
    {"escalation", 0, read_escalation, false},
    {"routing", offsetof(struct policy, routing), read_routing, false},
    {"queues", offsetof(struct policy, queue), read_queues, false},
    {"people", 0, policy_people, false},
    {"verification", 0, read_verification, false},
    {"acceptance", offsetof(struct policy, acceptance), read_acceptance, false},
    {"closing", 0, read_closing, false},
    {"review", 0, read_review, false},
    {"missing_findings_after", offsetof(struct policy, missing_findings_after),
     policy_reader_duration, false},
    {"orphan_finding_after", offsetof(struct policy, orphan_finding_after), policy_reader_duration,
     false},
    {"recurrence", offsetof(struct policy, recurrence), read_recurrence, false},
    {"rules", 0, policy_rules, false},
    {"obligations", 0, policy_obligations, false},
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
