/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes to another incident. A finding is the pair of its incident and its id there, wherever it
 * is; what it is called follows from that pair. All that goes from one incident to another arrives in
 * the order in which it was sent, which the rest of the protocol builds upon (docs/design.md).
 */
#include "forward.h"

#include "state_key.h"
#include "task.h"

bool forward_leads_over(struct str_list passed, struct str here, struct edge edge)
{
    for (size_t i = 0; i < passed.n; i++)
        if (str_eq(passed.items[i], edge.from))
            return str_eq(i + 1 < passed.n ? passed.items[i + 1] : here, edge.into);
    return false;
}

bool forward_is_undone(const struct incident *incident, struct str_list passed)
{
    for (size_t i = 0; i < incident->gone.n; i++)
        if (forward_leads_over(passed, incident->incident_id, incident->gone.items[i])) return true;
    return false;
}

struct str forward_next(const struct incident *incident, struct str_list passed)
{
    struct str into = incident->merged_into;
    return into.p && !str_list_has(passed, into) ? into : STR_NONE;
}

struct str forward_search(const struct incident *incident, struct str_list passed,
                          struct origin origin)
{
    struct str next = forward_next(incident, passed);
    if (next.p) return next;
    bool is_over = str_eq(origin.incident_id, incident->incident_id) ||
                   str_list_has(passed, incident->incident_id);
    return is_over ? STR_NONE : origin.incident_id;
}

struct origin forward_identity(const struct step *step, const struct finding *finding)
{
    if (finding->origin.incident_id.p) return finding->origin;
    return (struct origin){step->incident->incident_id, finding->finding_id};
}

struct str forward_name_in(struct arena *arena, struct str incident_id, struct origin origin)
{
    return str_eq(incident_id, origin.incident_id) ? origin.finding_id
                                                   : state_finding_name(arena, origin);
}

static struct str_list passed_on(struct step *step, struct str_list passed)
{
    struct str *items = arena_alloc(step->arena, (passed.n + 1) * sizeof *items);
    if (passed.n) memcpy(items, passed.items, passed.n * sizeof *items);
    items[passed.n] = step->incident->incident_id;
    return (struct str_list){items, passed.n + 1};
}

/* The finding that it is a duplicate of, by the name that this one has everywhere. One that is not
 * known here was named by a record of this incident, or, of a finding that is or was a guest here, by the
 * name that it has everywhere. */
static struct str globalized(struct step *step, bool of_guest, struct str other)
{
    if (!other.p) return other;
    struct entry *entry = step_finding_known(step, other);
    struct origin origin = {step->incident->incident_id, other};
    if (!entry && of_guest && state_is_finding_name(other)) return other;
    if (entry) origin = forward_identity(step, entry->finding);
    return state_finding_name(step->arena, origin);
}

struct str forward_localized(const struct step *step, struct str other)
{
    struct origin here = {step->incident->incident_id, STR("")};
    if (!other.p) return other;
    struct str start = state_finding_name(step->arena, here);
    if (!str_starts(other, start)) return other;
    return state_decode_part(step->arena, (struct str){other.p + start.n, other.n - start.n});
}

static struct forward_output *emit(struct step *step, struct str to, enum event_type type)
{
    struct output *output = step_emit(step, OUTPUT_FORWARD);
    output->incident_id = to;
    output->forward->type = type;
    return output->forward;
}

void forward_arrival(struct step *step, struct str to, const struct finding *finding)
{
    struct finding *on = &emit(step, to, EVENT_ARRIVAL)->arrival.finding;
    *on = *finding;
    on->origin = forward_identity(step, finding);
    on->finding_id = forward_name_in(step->arena, to, on->origin);
    on->passed = str_eq(to, on->origin.incident_id) ? (struct str_list){NULL, 0}
                                                    : passed_on(step, finding->passed);
    on->duplicate_of = globalized(step, finding->origin.incident_id.p, finding->duplicate_of);
    on->moved_to = STR_NONE;
    step_count_finding(step, finding);
    for (size_t i = 0; i < on->carried.n; i++) step_count_finding(step, finding);
}

void forward_duty(struct step *step, struct str to, const struct duty *duty)
{
    struct duty *on = &emit(step, to, EVENT_DUTY)->duty;
    *on = *duty;
    /* From home it begins anew; what is said of it ends where it has been, else it would go round
     * for ever where the duty is no more. */
    bool is_home = str_eq(to, duty->incident_id) && !duty->said;
    on->passed = is_home ? (struct str_list){NULL, 0} : passed_on(step, duty->passed);
    on->moved_to = STR_NONE;
    on->told = (struct str_list){NULL, 0};
    on->held = false;
    on->since = TIME_NONE;
    for (size_t i = 0; i < on->carried.n; i++) task_count_messages(step, &on->carried.items[i]);
}

void forward_finding(struct step *step, struct str to, struct origin origin,
                     const struct finding_event *event)
{
    struct finding_event *on = &emit(step, to, EVENT_FINDING)->finding;
    *on = *event;
    on->incident_id = to;
    on->finding.origin = origin;
    on->finding.finding_id = forward_name_in(step->arena, to, origin);
    on->finding.passed = passed_on(step, event->finding.passed);
    bool is_guest = event->finding.origin.incident_id.p ||
                    !str_eq(origin.incident_id, step->incident->incident_id);
    on->finding.duplicate_of = globalized(step, is_guest, event->finding.duplicate_of);
    step_count_finding(step, &event->finding);
}

static void task_update(struct step *step, struct str to, struct origin origin, struct str duty,
                        const struct task_update_event *event)
{
    struct task_update_event *on = &emit(step, to, EVENT_TASK_UPDATE)->task_update;
    *on = *event;
    on->incident_id = to;
    on->origin = origin;
    if (!event->origin.incident_id.p) on->kind = state_task_kind(event->name);
    on->name = duty;
    on->passed = passed_on(step, event->passed);
    step_count(step, 1, event->reason.n);
}

void forward_task_update(struct step *step, struct str to, struct origin origin,
                         const struct task_update_event *event)
{
    task_update(step, to, origin, STR_NONE, event);
}

void forward_duty_update(struct step *step, struct str to, struct origin origin, struct str name,
                         const struct task_update_event *event)
{
    task_update(step, to, origin, name, event);
}

struct merged_facts forward_facts_of(const struct incident *incident)
{
    return (struct merged_facts){incident->severity, incident->customer_impacting,
                                 incident->data_breach, incident->level == LEVEL_FULL};
}

void forward_facts(struct step *step, const struct facts_event *event)
{
    struct facts_event *on = &emit(step, step->incident->merged_into, EVENT_FACTS)->facts;
    *on = *event;
    on->passed = passed_on(step, event->passed);
    step_count(step, 1, event->lists.timeline.n * 100);
}

void forward_merge(struct step *step, const struct merge_event *event)
{
    struct merge_event *on = &emit(step, step->incident->merged_into, EVENT_MERGE)->merge;
    *on = *event;
    if (!event->circle.n) on->passed = passed_on(step, event->passed);
    step_count(step, 1, 0);
}

void forward_parting(struct step *step, struct str to, struct edge edge, struct str_list passed)
{
    struct parting_event *on = &emit(step, to, EVENT_PARTING)->parting;
    *on = (struct parting_event){edge, passed_on(step, passed)};
    step_count(step, 1, 0);
}

void forward_forgotten(struct step *step, struct str to)
{
    emit(step, to, EVENT_FORGOTTEN)->forgotten.by = step->incident->incident_id;
    step_count(step, 1, 0);
}

/* What has not been forgotten may be on its way home from there: the word comes behind it. */
bool forward_tell_home(struct step *step, struct str by, struct str home)
{
    struct incident *incident = step->incident;
    if (!str_list_has(incident->forgotten_by, by)) return false;
    if (str_eq(incident->forgotten_told, home)) return true;
    incident->forgotten_told = home;
    emit(step, by, EVENT_FORGOTTEN)->forgotten = (struct forgotten_event){by, home};
    step_count(step, 1, 0);
    return true;
}
