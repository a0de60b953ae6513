/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "step.h"

int incident_severity(const struct step *step)
{
    return step->incident->severity ? step->incident->severity : step->policy->severity_default;
}

void incident_emit(struct step *step, enum incident_event event)
{
    struct incident *incident = step->incident;
    struct output *output = step_emit(step, OUTPUT_INCIDENT);
    output->incident.event = event;
    output->incident.number = event == INCIDENT_UPDATED ? ++incident->updates : incident->occurrence;
    output->incident.incident = arena_copy(step->arena, incident, sizeof *incident);
}

static void open_occurrence(struct step *step)
{
    struct incident *incident = step->incident;
    incident->phase = PHASE_OPEN;
    incident->occurrence++;
    incident->opened_at = incident->review_last = step->at;
    incident->completed_at = TIME_NONE;
    incident->reviews = 0;
    incident_emit(step, INCIDENT_OPENED);
}

void incident_wake_up(struct step *step)
{
    if (step->incident->phase != PHASE_COMPLETED) return;
    /* The warnings of the input belong on the task's event that follows. */
    struct warnings warnings = step->warnings;
    step->warnings = (struct warnings){0};
    open_occurrence(step);
    step->warnings = warnings;
}

void incident_settle(struct step *step)
{
    struct incident *incident = step->incident;
    if (incident->phase != PHASE_OPEN || incident->counts.open > 0) return;
    incident->phase = PHASE_COMPLETED;
    incident->completed_at = step->at;
    incident_emit(step, INCIDENT_COMPLETED);
}

static int by_key(const void *a, const void *b)
{
    return str_cmp((*(struct entry *const *)a)->key, (*(struct entry *const *)b)->key);
}

/* The incident's entries of one type, in the order of their keys: what follows must not depend on
 * the order in which they were loaded. */
static struct entry **entries_of(struct step *step, enum entry_type type, size_t *n)
{
    struct entry **entries = NULL;
    size_t cap = 0;
    *n = 0;
    for (struct entry *e = step->header; e; e = e->next_sibling)
        if (e->exists && e->type == type) *ARENA_PUSH(step->arena, entries, *n, cap) = e;
    if (*n) qsort(entries, *n, sizeof *entries, by_key);
    return entries;
}

/* ---- tasks of the incident itself ---- */

static struct task_seed seed_of(struct step *step, int kind, struct str title)
{
    int severity = incident_severity(step);
    struct owner owner = step->incident->owner;
    return (struct task_seed){
        .kind = kind,
        .queue = step->policy->queue[kind],
        .title = title,
        .severity = severity,
        .priority = policy_priority(step->policy, severity, 0),
        .owner = owner_is_nobody(owner) ? step->policy->response_team : owner,
        .rule = arena_printf(step->arena, "postmortem/%.*s",
                             STR_ARG(level_name(step->incident->level))),
        .due_at = TIME_NONE,
    };
}

static struct str titled(struct step *step, const char *what)
{
    const struct incident *incident = step->incident;
    struct str id = incident->incident_id;
    if (!incident->title.p || !incident->title.n)
        return arena_printf(step->arena, "%s %.*s", what, STR_ARG(id));
    struct str title = reminder_title(step->arena, incident->title);
    return arena_printf(step->arena, "%s %.*s: %.*s", what, STR_ARG(id), STR_ARG(title));
}

/* Makes an incident-level task that was never made, or that a change of disposition had dismissed. */
static void make(struct step *step, int kind, const char *what, struct str description)
{
    if (step->incident->made >> kind & 1) return;
    step->incident->made |= 1u << kind;
    struct entry *entry = step_task_entry(step, task_name(step, kind, STR_NONE));
    if (!entry->exists) {
        struct task_seed seed = seed_of(step, kind, titled(step, what));
        seed.description = description;
        task_create(step, &seed);
        return;
    }
    task_settle(step, entry, step->at);
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    task_apply_status(step, task, REPORTED_OPEN);
    task->description = description;
    task_changed(step, entry, before);
}

static void close_made(struct step *step, int kind)
{
    task_close(step, step_task_entry(step, task_name(step, kind, STR_NONE)), RESOLUTION_DONE,
               STR_NONE);
}

/* Keeps a task that asks for something missing: made while it is, closed when it has come. */
static void want(struct step *step, int kind, bool missing, const char *what, struct str description)
{
    if (missing)
        make(step, kind, what, description);
    else
        close_made(step, kind);
}

static struct str summary_lacks(struct step *step, const struct closure *closure)
{
    if (closure->evidence_n && closure->response.p && closure->response.n && closure->takeaways.n)
        return STR_NONE;
    return arena_printf(step->arena, "The technical summary lacks:%s%s%s",
                        closure->evidence_n ? "" : " evidence;",
                        closure->response.p && closure->response.n ? "" : " response;",
                        closure->takeaways.n ? "" : " takeaways;");
}

static struct str without_last(struct str s)
{
    return s.p ? (struct str){s.p, s.n - 1} : s;
}

static void describe(struct step *step, int kind, struct str description)
{
    struct entry *entry = step_task_entry(step, task_name(step, kind, STR_NONE));
    if (!entry->exists || task_is_done(entry->task)) return;
    task_settle(step, entry, step->at);
    const struct task *before;
    task_edit(step, entry, &before)->description = description;
    task_changed(step, entry, before);
}

void incident_need_stakeholders(struct step *step)
{
    make(step, KIND_STAKEHOLDER_REVIEW, "Review with the stakeholders what follows from",
         STR("Evaluate the improvements with everybody they concern, and decide which go into the "
             "standard procedures."));
}

static void evaluate(struct step *step, const struct closure *closure)
{
    bool lacks_sufficient = !closure->sufficient, lacks_complete = !closure->complete;
    struct str lacks =
        arena_printf(step->arena, "Say whether the response was%s%s%s.",
                     lacks_sufficient ? " sufficient" : "",
                     lacks_sufficient && lacks_complete ? " and" : "",
                     lacks_complete ? " complete" : "");
    want(step, KIND_RESPONSE_EVALUATION, lacks_sufficient || lacks_complete,
         "Evaluate the response to", lacks);
    if (lacks_sufficient || lacks_complete) describe(step, KIND_RESPONSE_EVALUATION, lacks);
    if (closure->sufficient == TRI_FALSE || closure->complete == TRI_FALSE)
        incident_need_stakeholders(step);
}

static void make_incident_tasks(struct step *step, const struct closure *closure)
{
    if (step->incident->level == LEVEL_FULL) {
        make(step, KIND_POSTMORTEM, "Hold the full postmortem of", STR_NONE);
        want(step, KIND_SEQUENCE_OF_EVENTS, closure->timeline_n < 2,
             "Write the sequence of events of", STR("The timeline has fewer than two entries."));
        struct str lacks = without_last(summary_lacks(step, closure));
        want(step, KIND_TECHNICAL_SUMMARY, lacks.p != NULL, "Complete the technical summary of",
             lacks);
        if (lacks.p) describe(step, KIND_TECHNICAL_SUMMARY, lacks);
        make(step, KIND_FINDINGS_REPORT, "Write the report of the findings of", STR_NONE);
    }
    evaluate(step, closure);
}

/* ---- parties and obligations ---- */

static struct str party_description(struct step *step, const struct coordination *c)
{
    struct str kind = party_kind_name(c->party_kind);
    if (!c->reference.p) return kind;
    return arena_printf(step->arena, "%.*s; reference %.*s", STR_ARG(kind), STR_ARG(c->reference));
}

static struct task_seed party_seed(struct step *step, struct str party, int party_kind)
{
    struct str title = arena_printf(step->arena, "Coordinate with %.*s on", STR_ARG(party));
    struct task_seed seed = seed_of(step, KIND_COORDINATION, titled(step, title.p));
    seed.part = party;
    seed.queue = party_kind == PARTY_INTERNAL_GROUP ? QUEUE_RESPONSE_TEAM : QUEUE_EXTERNAL;
    return seed;
}

static void coordinate(struct step *step, const struct coordination *c)
{
    struct entry *entry = step_task_entry(step, task_name(step, KIND_COORDINATION, c->party));
    struct str description = party_description(step, c);
    if (!entry->exists) {
        struct task_seed seed = party_seed(step, c->party, c->party_kind);
        seed.description = description;
        seed.rule = STR("coordination");
        entry = task_create(step, &seed);
    } else if (entry->task->status != STATUS_CLOSED) {
        task_settle(step, entry, step->at);
        const struct task *before;
        task_edit(step, entry, &before)->description = description;
        task_changed(step, entry, before);
    }
    if (c->closed) task_close(step, entry, RESOLUTION_DONE, STR_NONE);
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

static unsigned flags_of(const struct policy *policy, const struct incident *incident)
{
    unsigned flags = 0;
    if (incident->customer_impacting == TRI_TRUE ||
        (incident->customer_impacting == TRI_SUSPECTED && policy->suspected_is_true))
        flags |= BECAUSE_CUSTOMER_IMPACTING;
    if (incident->data_breach == TRI_TRUE ||
        (incident->data_breach == TRI_SUSPECTED && policy->suspected_is_true))
        flags |= BECAUSE_DATA_BREACH;
    return flags;
}

/* A duty with a clock of its own; one that a closure names as a party too is one task. */
static void oblige(struct step *step, const struct obligation *o)
{
    struct incident *incident = step->incident;
    if (o->when && !(o->when & flags_of(step->policy, incident))) return;
    struct entry *entry = step_task_entry(step, task_name(step, KIND_COORDINATION, o->party));
    ms_t start = obligation_start(incident, o->from);
    if (start == TIME_NONE) start = step->at;
    ms_t due_at = deadline_add(&step->policy->calendar, start, o->within);
    if (entry->exists && (entry->task->due_fixed || entry->task->status == STATUS_CLOSED)) return;
    if (!entry->exists) {
        struct task_seed seed = party_seed(step, o->party, o->party_kind);
        seed.description = party_description(step, &(struct coordination){
                                                       .party_kind = o->party_kind,
                                                       .reference = STR_NONE,
                                                   });
        seed.rule = arena_printf(step->arena, "obligation/%.*s", STR_ARG(o->name));
        seed.due_at = due_at;
        task_create(step, &seed);
        return;
    }
    task_settle(step, entry, step->at);
    const struct task *before;
    task_apply_due_at(step, task_edit(step, entry, &before), due_at);
    task_changed(step, entry, before);
}

/* ---- the closure ---- */

static void merge_header(struct incident *stored, const struct closure_event *event)
{
    const struct incident *in = &event->incident;
    unsigned present = event->present;
    stored->closed_at = in->closed_at;
    if (present & CLOSURE_TITLE) stored->title = in->title;
    if (present & CLOSURE_SEVERITY) stored->severity = in->severity;
    if (present & CLOSURE_DISPOSITION) stored->disposition = in->disposition;
    if (present & CLOSURE_CUSTOMER_IMPACTING) stored->customer_impacting = in->customer_impacting;
    if (present & CLOSURE_DATA_BREACH) stored->data_breach = in->data_breach;
    if (present & CLOSURE_STARTED_AT) stored->started_at = in->started_at;
    if (present & CLOSURE_DETECTED_AT) stored->detected_at = in->detected_at;
    if (present & CLOSURE_CONTAINED_AT) stored->contained_at = in->contained_at;
    if (present & CLOSURE_OWNER) stored->owner = in->owner;
    /* An incident merged into itself is a publisher's slip, not a merge. */
    if ((present & CLOSURE_MERGED_INTO) && !str_eq(in->merged_into, stored->incident_id))
        stored->merged_into = in->merged_into;
}

static void merge_closure(struct closure *stored, const struct closure_event *event)
{
    const struct closure *in = &event->closure;
    unsigned present = event->present;
    if (present & CLOSURE_SUMMARY) stored->summary = in->summary;
    if (present & CLOSURE_STARTED_AT) stored->started_at_text = in->started_at_text;
    if (present & CLOSURE_DETECTED_AT) stored->detected_at_text = in->detected_at_text;
    if (present & CLOSURE_CONTAINED_AT) stored->contained_at_text = in->contained_at_text;
    if (present & CLOSURE_TIMELINE) {
        stored->timeline = in->timeline;
        stored->timeline_n = in->timeline_n;
    }
    if (present & CLOSURE_TECHNICAL_SUMMARY) {
        stored->evidence = in->evidence;
        stored->evidence_n = in->evidence_n;
        stored->actors = in->actors;
        stored->response = in->response;
        stored->takeaways = in->takeaways;
    }
    if (present & CLOSURE_RESPONSE_EVALUATION) {
        stored->sufficient = in->sufficient;
        stored->complete = in->complete;
        stored->evaluation_note = in->evaluation_note;
    }
    if (present & CLOSURE_COORDINATION) {
        stored->coordination = in->coordination;
        stored->coordination_n = in->coordination_n;
    }
    if (present & CLOSURE_REFERENCES) stored->references = in->references;
}

static struct closure *edit_closure(struct step *step)
{
    struct str key = state_closure_key(step->arena, step->incident->incident_id);
    struct entry *entry = state_entry(step->d->table, key);
    struct closure *closure = ARENA_NEW(step->arena, struct closure);
    if (entry->exists) *closure = *entry->closure;
    entry->closure = closure;
    entry->exists = entry->dirty = true;
    return closure;
}

/* Full never turns back into light. */
static int level_of(const struct step *step)
{
    const struct incident *incident = step->incident;
    if (incident->disposition > DISPOSITION_CONFIRMED) return LEVEL_UNCONFIRMED;
    if (incident->level == LEVEL_FULL) return LEVEL_FULL;
    unsigned flags = flags_of(step->policy, incident) & step->policy->full_when;
    return flags ? LEVEL_FULL : LEVEL_LIGHT;
}

static void close_all(struct step *step, int resolution, struct str reason)
{
    size_t n;
    struct entry **tasks = entries_of(step, ENTRY_TASK, &n);
    for (size_t i = 0; i < n; i++) task_close(step, tasks[i], resolution, reason);
}

/* Nothing more will be done with it unless the incident turns back. */
static bool is_held(const struct finding *finding)
{
    return !finding->kind && finding->orphan_sent;
}

/* The incident is not one after all: its findings are held again, should it turn back. */
static void hold_findings(struct step *step)
{
    size_t n;
    struct entry **findings = entries_of(step, ENTRY_FINDING, &n);
    for (size_t i = 0; i < n; i++) {
        struct entry *entry = findings[i];
        if (is_held(entry->finding)) continue;
        entry->finding = arena_copy(step->arena, entry->finding, sizeof *entry->finding);
        entry->finding->kind = 0;
        entry->finding->orphan_sent = true;
        entry->dirty = true;
        entry->wake_at = TIME_NONE;
    }
}

static void turn_away(struct step *step)
{
    struct incident *incident = step->incident;
    close_all(step, RESOLUTION_DISMISSED,
              arena_printf(step->arena, "the incident is %.*s",
                           STR_ARG(disposition_name(incident->disposition))));
    hold_findings(step);
}

#define FINDING_ALL_MEMBERS (~0u)

/* All findings go on to the other incident when the merge is new; later only those that this
 * closure brought, which are not held yet. */
static void merge_away(struct step *step, bool first)
{
    struct incident *incident = step->incident;
    close_all(step, RESOLUTION_DUPLICATE,
              arena_printf(step->arena, "merged into %.*s", STR_ARG(incident->merged_into)));
    size_t n;
    struct entry **findings = entries_of(step, ENTRY_FINDING, &n);
    for (size_t i = 0; i < n; i++)
        if (first || !is_held(findings[i]->finding))
            incident_forward_finding(step, findings[i]->finding, FINDING_ALL_MEMBERS);
    hold_findings(step);
}

void incident_forward_finding(struct step *step, const struct finding *finding, unsigned present)
{
    const struct incident *incident = step->incident;
    struct output *output = step_emit(step, OUTPUT_FORWARD);
    output->incident_id = incident->merged_into;
    output->forward.finding.incident_id = incident->merged_into;
    output->forward.finding.finding = *finding;
    output->forward.finding.finding.finding_id =
        arena_printf(step->arena, "%.*s:%.*s", STR_ARG(incident->incident_id),
                     STR_ARG(finding->finding_id));
    output->forward.finding.present = present;
}

static void take_findings(struct step *step, const struct closure_event *event)
{
    for (size_t i = 0; i < event->findings_n; i++)
        finding_take(step, &event->findings[i], true);
}

static void release_findings(struct step *step)
{
    size_t n;
    struct entry **findings = entries_of(step, ENTRY_FINDING, &n);
    for (size_t i = 0; i < n; i++) finding_release(step, findings[i]);
}

/* What a new severity or owner of the incident changes in the tasks of the incident itself. */
static void update_incident_tasks(struct step *step, const struct incident *old)
{
    int severity = incident_severity(step);
    bool new_owner = !owner_eq(old->owner, step->incident->owner);
    if (old->severity == step->incident->severity && !new_owner) return;
    struct owner owner = step->incident->owner;
    if (owner_is_nobody(owner)) owner = step->policy->response_team;
    size_t n;
    struct entry **tasks = entries_of(step, ENTRY_TASK, &n);
    for (size_t i = 0; i < n; i++) {
        const struct task *before = tasks[i]->task;
        if (before->finding_id.p || before->status == STATUS_CLOSED) continue;
        task_settle(step, tasks[i], step->at);
        struct task *task = task_edit(step, tasks[i], &before);
        task_apply_priority(step, task, severity, policy_priority(step->policy, severity, 0));
        if (new_owner) task->owner = owner;
        task_changed(step, tasks[i], before);
    }
}

static void raise_findings(struct step *step)
{
    size_t n;
    struct entry **findings = entries_of(step, ENTRY_FINDING, &n);
    for (size_t i = 0; i < n; i++) finding_reprioritize(step, findings[i]);
}

static void announce(struct step *step, const struct incident *old)
{
    struct incident *incident = step->incident;
    bool first = old->phase == PHASE_WAITING ||
                 (old->level == LEVEL_UNCONFIRMED && incident->level != LEVEL_UNCONFIRMED);
    if (first)
        open_occurrence(step);
    else if (old->level != incident->level || old->severity != incident->severity ||
             !str_eq(old->title, incident->title))
        incident_emit(step, INCIDENT_UPDATED);
}

/* Every incident-level task there is counts as made, also one that was dismissed and not wanted
 * again: only a closure has all entries at hand to see that. */
static void remember_made(struct step *step)
{
    size_t n;
    struct entry **tasks = entries_of(step, ENTRY_TASK, &n);
    for (size_t i = 0; i < n; i++)
        if (!tasks[i]->task->finding_id.p) step->incident->made |= 1u << tasks[i]->task->kind;
}

static void follow_up(struct step *step, const struct closure_event *event,
                      const struct closure *closure, const struct incident *old)
{
    if (old->level == LEVEL_UNCONFIRMED) step->incident->made = 0; /* dismissed ones come back */
    make_incident_tasks(step, closure);
    for (size_t i = 0; i < closure->coordination_n; i++)
        coordinate(step, &closure->coordination[i]);
    for (size_t i = 0; i < step->policy->obligations_n; i++)
        oblige(step, &step->policy->obligations[i]);
    update_incident_tasks(step, old);
    if (old->level == LEVEL_LIGHT && step->incident->level == LEVEL_FULL) raise_findings(step);
    take_findings(step, event);
    release_findings(step);
    remember_made(step);
}

void incident_take_closure(struct step *step, const struct closure_event *event)
{
    struct incident *incident = step->incident;
    struct incident old = *incident;
    if (old.phase != PHASE_WAITING && !order_is_later(old.order, event->incident.order)) return;
    step->header->dirty = true;
    incident->order = order_advance(incident->order, event->incident.order);
    merge_header(incident, event);
    incident->level = level_of(step);
    incident->because = incident->level == LEVEL_FULL
                            ? incident->because |
                                  (flags_of(step->policy, incident) & step->policy->full_when)
                            : 0;
    struct closure *closure = edit_closure(step);
    merge_closure(closure, event);
    announce(step, &old);

    if (incident->merged_into.p) {
        take_findings(step, event);
        merge_away(step, !old.merged_into.p);
    } else if (incident->level == LEVEL_UNCONFIRMED) {
        take_findings(step, event);
        turn_away(step);
    } else {
        follow_up(step, event, closure, &old);
    }
    incident_settle(step);
}

/* ---- ticks ---- */

static ms_t review_at(const struct policy *policy, const struct incident *incident)
{
    return deadline_add(&policy->calendar, incident->review_last, policy->review_every);
}

static ms_t missing_at(const struct policy *policy, const struct incident *incident)
{
    if (incident->findings || incident->missing_findings_sent) return TIME_NONE;
    return deadline_add(&policy->calendar, incident->opened_at, policy->missing_findings_after);
}

ms_t incident_wake_at(const struct policy *policy, const struct incident *incident)
{
    if (incident->phase == PHASE_OPEN) {
        ms_t review = review_at(policy, incident);
        ms_t missing = missing_at(policy, incident);
        return missing != TIME_NONE && missing < review ? missing : review;
    }
    if (incident->phase == PHASE_COMPLETED && incident->retired < incident->occurrence)
        return deadline_add(&policy->calendar, incident->completed_at, policy->retention);
    return TIME_NONE;
}

static int by_urgency(const void *a, const void *b)
{
    const struct task *x = *(const struct task *const *)a, *y = *(const struct task *const *)b;
    if (x->due_at != y->due_at) return x->due_at < y->due_at ? -1 : 1;
    return str_cmp(x->name, y->name);
}

static struct output *remind(struct step *step, int kind, int64_t number, ms_t due_for,
                             int64_t coalesced)
{
    struct output *output = step_emit(step, OUTPUT_REMINDER);
    output->at = due_for;
    output->reminder = (struct reminder_output){
        .kind = kind,
        .number = number,
        .due_for = due_for,
        .coalesced = coalesced,
        .occurrence = step->incident->occurrence,
        .incident = arena_copy(step->arena, step->incident, sizeof *step->incident),
    };
    size_t n, open_n = 0;
    struct entry **tasks = entries_of(step, ENTRY_TASK, &n);
    const struct task **open = arena_alloc(step->arena, (n ? n : 1) * sizeof *open);
    for (size_t i = 0; i < n; i++)
        if (tasks[i]->task->status != STATUS_CLOSED) open[open_n++] = tasks[i]->task;
    if (open_n) qsort(open, open_n, sizeof *open, by_urgency);
    output->reminder.open = open;
    output->reminder.open_n = open_n;
    reminder_add(step, &output->reminder, ROLE_RESPONSE_TEAM, step->policy->response_team);
    return output;
}

static void review(struct step *step, ms_t until)
{
    struct incident *incident = step->incident;
    int64_t points = 0;
    ms_t at;
    while ((at = review_at(step->policy, incident)) <= until && at > incident->review_last) {
        incident->review_last = at;
        points++;
    }
    if (!points) return;
    ms_t due = incident->review_last;
    struct output *output = remind(step, REMINDER_REVIEW_DUE, ++incident->reviews, due, points - 1);
    size_t overdue = 0;
    for (size_t i = 0; i < output->reminder.open_n; i++)
        overdue += output->reminder.open[i]->due_at <= due;
    struct str title = reminder_title(step->arena, incident->title.p ? incident->title : STR(""));
    output->reminder.summary = arena_printf(
        step->arena, "Review of %.*s '%.*s' is due: %zu open, %zu of them overdue",
        STR_ARG(incident->incident_id), STR_ARG(title), output->reminder.open_n, overdue);
}

static void miss_findings(struct step *step, ms_t until)
{
    struct incident *incident = step->incident;
    ms_t due = missing_at(step->policy, incident);
    if (due == TIME_NONE || due > until) return;
    incident->missing_findings_sent = true;
    struct output *output = remind(step, REMINDER_MISSING_FINDINGS, 1, due, 0);
    struct str title = reminder_title(step->arena, incident->title.p ? incident->title : STR(""));
    struct str waited = reminder_span(step->arena, due - incident->opened_at);
    output->reminder.summary =
        arena_printf(step->arena, "%.*s '%.*s' was closed %.*s ago, and no finding has come",
                     STR_ARG(incident->incident_id), STR_ARG(title), STR_ARG(waited));
}

/* The past goes; the header stays for ever, so that no id of this life can ever come back. */
static void retire(struct step *step)
{
    struct incident *incident = step->incident;
    for (struct entry *e = step->header->next_sibling; e; e = e->next_sibling) {
        if (!e->exists) continue;
        e->exists = false;
        e->dirty = true;
        e->wake_at = TIME_NONE;
    }
    incident->retired = incident->occurrence;
    incident->title = STR_NONE;
}

void incident_tick(struct step *step, ms_t until)
{
    const struct incident *incident = step->incident;
    if (incident->phase == PHASE_OPEN) {
        miss_findings(step, until);
        review(step, until);
    } else if (incident->phase == PHASE_COMPLETED) {
        ms_t due = incident_wake_at(step->policy, incident);
        if (due != TIME_NONE && due <= until) retire(step);
    }
}
