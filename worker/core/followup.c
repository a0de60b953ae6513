/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of the incident itself: postmortem and its parts, evaluation, stakeholders, parties. */
#include "common/text.h"
#include "step.h"

static struct task_seed seed_of(struct step *step, int kind, struct str title)
{
    const struct incident *incident = step->incident;
    return (struct task_seed){
        .kind = kind,
        .queue = step->policy->queue[kind],
        .title = title,
        .severity = incident->severity,
        .priority = policy_priority(step->policy, incident->severity, 0),
        .owner = owner_is_nobody(incident->owner) ? step->policy->response_team : incident->owner,
        .rule = arena_printf(step->arena, "postmortem/%.*s", STR_ARG(level_name(incident->level))),
        .clock_start = step->cause.at,
        .due_at = TIME_NONE,
    };
}

static struct str titled(struct step *step, const char *what)
{
    const struct incident *incident = step->incident;
    struct str title = reminder_title(step, incident->title);
    struct str text =
        arena_printf(step->arena, "%s %.*s%s%.*s", what, STR_ARG(incident->incident_id),
                     title.n ? ": " : "", STR_ARG(title));
    return text_clean(step->arena, text);
}

/* Makes an incident-level task once; one that was put aside goes on when the incident is back. */
static void make(struct step *step, int kind, const char *what, struct str description)
{
    if ((step->incident->made >> kind & 1) && !step->back) return;
    step->incident->made |= 1u << kind;
    struct entry *entry = step_task_entry(step, task_name(step, kind, STR_NONE));
    if (!entry->exists) {
        struct task_seed seed = seed_of(step, kind, titled(step, what));
        seed.description = description;
        task_create(step, &seed);
    } else if (task_is_put_aside(entry->task)) {
        const struct task *before;
        struct task *task = task_edit(step, entry, &before);
        task_apply_status(step, task, REPORTED_OPEN);
        task->description = description;
        task_changed(step, entry, before);
    }
}

/* Keeps a task that asks for something missing: made while it is, its description up to date, and
 * closed when it has come. */
static void want(struct step *step, int kind, const char *what, bool missing,
                 struct str description)
{
    if (missing) make(step, kind, what, description);
    struct entry *entry = step_task_entry(step, task_name(step, kind, STR_NONE));
    if (!entry->exists || entry->task->status == STATUS_CLOSED) return;
    if (!missing) {
        task_close(step, entry, RESOLUTION_DONE, STR_NONE);
        return;
    }
    const struct task *before;
    task_edit(step, entry, &before)->description = description;
    task_changed(step, entry, before);
}

static void want_summary(struct step *step, const struct closure *closure)
{
    const char *evidence = closure->evidence_n ? "" : " evidence,";
    const char *response = closure->response.n ? "" : " response,";
    const char *takeaways = closure->takeaways.n ? "" : " takeaways,";
    bool missing = *evidence || *response || *takeaways;
    struct str lacks = arena_printf(step->arena, "The technical summary lacks:%s%s%s", evidence,
                                    response, takeaways);
    lacks.n--; /* the last comma */
    want(step, KIND_TECHNICAL_SUMMARY, "Complete the technical summary of", missing, lacks);
}

static void want_evaluation(struct step *step, const struct closure *closure)
{
    const char *what = closure->sufficient ? "complete"
                       : closure->complete ? "sufficient"
                                           : "sufficient and complete";
    want(step, KIND_RESPONSE_EVALUATION, "Evaluate the response to",
         !closure->sufficient || !closure->complete,
         arena_printf(step->arena, "Say whether the response was %s.", what));
    if (closure->sufficient == TRI_FALSE || closure->complete == TRI_FALSE)
        followup_need_stakeholders(step);
}

void followup_need_stakeholders(struct step *step)
{
    make(step, KIND_STAKEHOLDER_REVIEW, "Review with the stakeholders what follows from",
         STR("Evaluate the improvements with everybody they concern, and decide which go into the "
             "standard procedures."));
}

/* ---- parties and obligations ---- */

static bool applies(const struct step *step, const struct obligation *o)
{
    return !o->when || (o->when & incident_flags(step->policy, step->incident));
}

/* The duty towards this party, or NULL. */
static const struct obligation *obligation_to(const struct step *step, struct str party)
{
    for (size_t i = 0; i < step->policy->obligations_n; i++) {
        const struct obligation *o = &step->policy->obligations[i];
        if (str_eq(o->party, party) && applies(step, o)) return o;
    }
    return NULL;
}

static ms_t obligation_start(const struct incident *incident, enum obligation_start from)
{
    switch (from) {
    case FROM_STARTED_AT: return incident->started_at;
    case FROM_DETECTED_AT: return incident->detected_at;
    case FROM_CONTAINED_AT: return incident->contained_at;
    default: return incident->closed_at;
    }
}

/* A duty's clock starts where the duty says; where that is not known, with the task. */
static void oblige(struct step *step, const struct obligation *o, struct task_seed *seed)
{
    ms_t start = obligation_start(step->incident, o->from);
    if (start != TIME_NONE) seed->clock_start = start;
    seed->due_at = deadline_add(&step->policy->calendar, seed->clock_start, o->within);
    seed->rule = arena_printf(step->arena, "obligation/%.*s", STR_ARG(o->name));
}

/* The same for a task that exists: the duty is new, or the time that it counts from is known now.
 * A second closing restarts no clock. */
static void oblige_again(struct step *step, const struct obligation *o, struct task *task)
{
    ms_t start = obligation_start(step->incident, o->from);
    if (task->due_fixed && (start == TIME_NONE || o->from == FROM_CLOSED_AT)) return;
    struct task_seed seed = {.clock_start = task->clock_start};
    oblige(step, o, &seed);
    task->clock_start = seed.clock_start;
    task->policy_rule = seed.rule;
    task_apply_due_at(step, task, seed.due_at);
}

static struct str party_description(struct step *step, const struct coordination *c,
                                    const struct obligation *o)
{
    struct str text = party_kind_name(c->party_kind);
    if (c->reference.p)
        text =
            arena_printf(step->arena, "%.*s; reference %.*s", STR_ARG(text), STR_ARG(c->reference));
    if (o) text = arena_printf(step->arena, "%.*s; duty %.*s", STR_ARG(text), STR_ARG(o->name));
    return text_clean(step->arena, text);
}

static struct entry *create_coordination(struct step *step, const struct coordination *c, int queue,
                                         const struct obligation *o)
{
    struct str what = o ? arena_printf(step->arena, "Meet the duty %.*s towards %.*s on",
                                       STR_ARG(o->name), STR_ARG(c->party))
                        : arena_printf(step->arena, "Coordinate with %.*s on", STR_ARG(c->party));
    struct task_seed seed = seed_of(step, KIND_COORDINATION, titled(step, what.p));
    seed.part = c->party;
    seed.queue = queue;
    seed.description = party_description(step, c, o);
    seed.rule = STR("coordination");
    if (o) oblige(step, o, &seed);
    return task_create(step, &seed);
}

void followup_party(struct step *step, const struct coordination *c)
{
    struct entry *entry = step_task_entry(step, task_name(step, KIND_COORDINATION, c->party));
    const struct obligation *o = obligation_to(step, c->party);
    int queue = c->party_kind == PARTY_INTERNAL_GROUP ? QUEUE_RESPONSE_TEAM : QUEUE_EXTERNAL;
    if (!entry->exists) {
        entry = create_coordination(step, c, queue, o);
    } else {
        bool comes_back = step->back && task_is_put_aside(entry->task) && !c->closed;
        if (entry->task->status == STATUS_CLOSED && !comes_back) return;
        const struct task *before;
        struct task *task = task_edit(step, entry, &before);
        if (comes_back) task_apply_status(step, task, REPORTED_OPEN);
        task->description = party_description(step, c, o);
        task->queue = queue;
        if (o) oblige_again(step, o, task);
        task_changed(step, entry, before);
    }
    if (c->closed) task_close(step, entry, RESOLUTION_DONE, STR_NONE);
}

static bool is_named(const struct closure *closure, struct str party)
{
    for (size_t i = 0; i < closure->coordination_n; i++)
        if (str_eq(closure->coordination[i].party, party)) return true;
    return false;
}

void followup_duties(struct step *step, const struct closure *closure)
{
    /* A duty is one task with the party that the closure names, if it does. */
    for (size_t i = 0; i < step->policy->obligations_n; i++) {
        const struct obligation *o = &step->policy->obligations[i];
        if (!applies(step, o) || is_named(closure, o->party)) continue;
        followup_party(step,
                       &(struct coordination){.party = o->party, .party_kind = o->party_kind});
    }
}

void followup_make(struct step *step, const struct closure *closure)
{
    if (step->incident->level == LEVEL_FULL) {
        make(step, KIND_POSTMORTEM, "Hold the full postmortem of", STR_NONE);
        want(step, KIND_SEQUENCE_OF_EVENTS, "Write the sequence of events of",
             closure->timeline_n < 2, STR("The timeline has fewer than two entries."));
        want_summary(step, closure);
        make(step, KIND_FINDINGS_REPORT, "Write the report of the findings of", STR_NONE);
    }
    want_evaluation(step, closure);
}

void followup_update(struct step *step, struct entry *entry)
{
    const struct incident *incident = step->incident;
    const struct task *before = entry->task;
    if (before->finding_id.p || before->status == STATUS_CLOSED) return;
    struct task *task = task_edit(step, entry, &before);
    task_apply_priority(step, task, incident->severity,
                        policy_priority(step->policy, incident->severity, 0));
    if (incident->cursor.changes & CHANGE_OWNER)
        task->owner =
            owner_is_nobody(incident->owner) ? step->policy->response_team : incident->owner;
    task_changed(step, entry, before);
}
