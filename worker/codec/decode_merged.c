/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What merged incidents say to each other on epilogue-forwarded. Only a worker writes such records, so
 * what is wrong with one is a stranger's doing.
 */
#include "core/state_key.h"
#include "decode_parts.h"
#include "state_json.h"

/* `of_duty`: of the incident alone. */
static struct origin read_origin(struct reader *r, const struct json *value, bool of_duty)
{
    static const struct str names[] = {{"incident_id", 11}, {"finding_id", 10}};
    struct origin origin = {STR_NONE, STR_NONE};
    const struct json *m[2];
    if (!members_required(r, value, "origin")) return origin;
    if (value->type != JSON_OBJECT) {
        reader_wrong_type(r, value, "an object");
        return origin;
    }
    struct reader_place place = {r->place, value->name, READER_NO_INDEX};
    reader_find(value, names, 2, m);
    r->place = &place;
    if (members_required(r, m[0], "incident_id"))
        origin.incident_id = members_identifier(r, m[0], MEMBERS_IDENTIFIER_BYTES);
    if (!of_duty && members_required(r, m[1], "finding_id"))
        origin.finding_id = members_identifier(r, m[1], MEMBERS_IDENTIFIER_BYTES);
    r->place = place.outer;
    return origin;
}

static struct str_list read_passed(struct reader *r, const struct json *value)
{
    struct str_list passed = members_texts(r, value);
    if (passed.n > PASSED_MAX)
        reader_refuse(r, REFUSE_TOO_LARGE, STR("passed"),
                      "%zu incidents that were merged one into another, at most %d are allowed",
                      passed.n, PASSED_MAX);
    return passed;
}

/* What comes from another incident has come through one at least. */
static void need_way(struct reader *r, struct str_list passed)
{
    if (passed.n) return;
    reader_refuse(r, REFUSE_WRONG_TYPE, STR("passed"),
                  "must name the incidents that it has come through");
}

void decode_way(struct reader *r, const struct json *origin_value, const struct json *passed,
                struct origin *origin, struct str_list *list)
{
    *origin = read_origin(r, origin_value, false);
    if (!members_required(r, passed, "passed")) return;
    *list = read_passed(r, passed);
    need_way(r, *list);
}

/* "<kind>/<part>" of an obligation or a party, without the sign of a later life. */
static void check_duty_name(struct reader *r, struct str name, struct str member)
{
    if (str_eq(state_duty_name(name), name)) return;
    reader_refuse(r, REFUSE_UNKNOWN_VALUE, member, "is no duty: \"%.*s\"", STR_ARG(name));
}

void decode_duty_way(struct reader *r, const struct json *const values[3], struct origin *origin,
                     struct str_list *list, struct str *name)
{
    *origin = read_origin(r, values[0], true);
    *list = read_passed(r, values[1]);
    need_way(r, *list);
    *name = members_text(r, values[2]);
    check_duty_name(r, *name, STR("name"));
}

void decode_called(struct arena *arena, struct str incident_id, struct finding *finding)
{
    if (!finding->origin.incident_id.p) return;
    bool is_home = str_eq(finding->origin.incident_id, incident_id);
    finding->finding_id =
        is_home ? finding->origin.finding_id : state_finding_name(arena, finding->origin);
    if (is_home) finding->origin = finding_none.origin;
}

/* What a worker has written of work that is under way; else its clocks could not go on from there. */
static bool is_under_way(const struct task *task)
{
    const ms_t times[] = {task->created_at,  task->updated_at,   task->touched_at,
                          task->clock_start, task->overdue_from, task->assign_due_at,
                          task->due_at};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] == TIME_NONE) return false;
    if (task->status == STATUS_RESOLVED && task->resolved_at == TIME_NONE) return false;
    if (task->status == STATUS_CLOSED && (task->closed_at == TIME_NONE || !task->resolution))
        return false;
    return task->status && task->priority;
}

static void check_work(struct reader *r, const struct finding *finding)
{
    /* Of any other kind of work a finding has no task. */
    if (finding->work && !task_kind_is_finding_work(finding->work))
        reader_refuse(r, REFUSE_UNKNOWN_VALUE, STR("finding.work"),
                      "\"%.*s\" is no work of a finding", STR_ARG(task_kind_name(finding->work)));
    for (size_t i = 0; i < finding->carried.n; i++)
        if (!is_under_way(&finding->carried.items[i]) ||
            finding->carried.items[i].kind < KIND_SOP_UPDATE)
            reader_refuse(r, REFUSE_WRONG_TYPE, STR("finding.carried"),
                          "must be tasks of the finding with all that they have");
}

static void read_arrival(struct reader *r, const struct json *object, struct event *event)
{
    static const struct str names[] = {{"origin", 6}, {"passed", 6}, {"finding", 7}};
    const struct json *m[3];
    struct error error;
    event->type = EVENT_ARRIVAL;
    event->arrival = ARENA_NEW(r->arena, struct arrival_event);
    struct finding *finding = &event->arrival->finding;
    *finding = finding_none;
    reader_find(object, names, 3, m);
    if (members_required(r, m[2], "finding") &&
        !state_json_read_body(r->arena, &state_fields_entries[ENTRY_FINDING], m[2], finding,
                              &error))
        reader_refuse(r, REFUSE_WRONG_TYPE, STR("finding"), "%s", error.text);
    finding->origin = read_origin(r, m[0], false);
    finding->passed = members_texts(r, m[1]);
    decode_called(r->arena, event->incident_id, finding);
    if (finding->origin.incident_id.p)
        need_way(r, finding->passed);
    else
        finding->passed = (struct str_list){NULL, 0};
    check_work(r, finding);
}

static void check_duty(struct reader *r, const struct event *event)
{
    const struct duty *duty = event->duty;
    check_duty_name(r, duty->name, STR("duty.name"));
    if (!duty->incident_id.n)
        reader_refuse(r, REFUSE_MISSING_FIELD, STR("duty.incident_id"), "is required");
    if (!str_eq(duty->incident_id, event->incident_id)) need_way(r, duty->passed);
    if (duty->passed.n > PASSED_MAX)
        reader_refuse(r, REFUSE_TOO_LARGE, STR("duty.passed"), "has more than %d incidents",
                      PASSED_MAX);
    if (duty->carried.n != 1 || !is_under_way(duty->carried.items) ||
        duty->carried.items->kind != state_task_kind(duty->name))
        reader_refuse(r, REFUSE_WRONG_TYPE, STR("duty.carried"),
                      "must be its task with all that it has");
}

static void read_duty(struct reader *r, const struct json *object, struct event *event)
{
    static const struct str names[] = {{"duty", 4}};
    const struct json *m[1];
    struct error error;
    event->type = EVENT_DUTY;
    event->duty = ARENA_NEW(r->arena, struct duty);
    *event->duty = duty_none;
    reader_find(object, names, 1, m);
    if (!members_required(r, m[0], "duty")) return;
    if (!state_json_read_body(r->arena, &state_fields_entries[ENTRY_DUTY], m[0], event->duty,
                              &error)) {
        reader_refuse(r, REFUSE_WRONG_TYPE, STR("duty"), "%s", error.text);
        return;
    }
    check_duty(r, event);
}

static void read_facts(struct reader *r, const struct json *object, struct event *event)
{
    static const struct str names[] = {
        {"passed", 6},       {"severity", 8}, {"customer_impacting", 18},
        {"data_breach", 11}, {"lists", 5},    {"full", 4}};
    const struct json *m[6];
    struct error error;
    event->type = EVENT_FACTS;
    event->facts = ARENA_NEW(r->arena, struct facts_event);
    reader_find(object, names, 6, m);
    if (m[4] && !state_json_read_body(r->arena, &state_fields_entries[ENTRY_MERGED], m[4],
                                      &event->facts->lists, &error))
        reader_refuse(r, REFUSE_WRONG_TYPE, STR("lists"), "%s", error.text);
    event->facts->passed = read_passed(r, m[0]);
    need_way(r, event->facts->passed);
    event->facts->facts = (struct merged_facts){
        .severity = members_word(r, m[1], &severity_words, severity_none),
        .customer_impacting = members_word(r, m[2], &tristate_words, tristate_none),
        .data_breach = members_word(r, m[3], &tristate_words, tristate_none),
        .full = members_boolean(r, m[5]) == TRI_TRUE,
    };
}

static void read_merge(struct reader *r, const struct json *object, struct event *event)
{
    static const struct str names[] = {{"passed", 6}, {"circle", 6}};
    const struct json *m[2];
    event->type = EVENT_MERGE;
    event->merge = ARENA_NEW(r->arena, struct merge_event);
    reader_find(object, names, 2, m);
    event->merge->passed = read_passed(r, m[0]);
    event->merge->circle = read_passed(r, m[1]);
}

static void read_parting(struct reader *r, const struct json *object, struct event *event)
{
    static const struct str names[] = {{"from", 4}, {"into", 4}, {"passed", 6}};
    const struct json *m[3];
    event->type = EVENT_PARTING;
    event->parting = ARENA_NEW(r->arena, struct parting_event);
    reader_find(object, names, 3, m);
    if (members_required(r, m[0], "from"))
        event->parting->edge.from = members_identifier(r, m[0], MEMBERS_IDENTIFIER_BYTES);
    if (members_required(r, m[1], "into"))
        event->parting->edge.into = members_identifier(r, m[1], MEMBERS_IDENTIFIER_BYTES);
    event->parting->passed = read_passed(r, m[2]);
}

static void read_forgotten(struct reader *r, const struct json *object, struct event *event)
{
    static const struct str names[] = {{"by", 2}, {"home", 4}};
    const struct json *m[2];
    event->type = EVENT_FORGOTTEN;
    event->forgotten = ARENA_NEW(r->arena, struct forgotten_event);
    reader_find(object, names, 2, m);
    event->forgotten->by = members_identifier(r, m[0], MEMBERS_IDENTIFIER_BYTES);
    event->forgotten->home = members_identifier(r, m[1], MEMBERS_IDENTIFIER_BYTES);
}

void decode_merged(struct reader *r, enum envelope_kind kind, const struct json *object,
                   struct event *event)
{
    static const struct str names[] = {{"incident_id", 11}};
    const struct json *m[1];
    reader_find(object, names, 1, m);
    event->incident_id = decode_incident_id(r, m[0]);
    if (!event->incident_id.p) return;
    switch (kind) {
    case ENVELOPE_DUTY: read_duty(r, object, event); break;
    case ENVELOPE_FACTS: read_facts(r, object, event); break;
    case ENVELOPE_MERGE: read_merge(r, object, event); break;
    case ENVELOPE_PARTING: read_parting(r, object, event); break;
    case ENVELOPE_FORGOTTEN: read_forgotten(r, object, event); break;
    default: read_arrival(r, object, event); break;
    }
}
