/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Duties towards parties, each with a clock of its own that nobody can stop (obligation_clock.c): the
 * task of each, made, brought up to date and closed by what closures say.
 */
#include "obligation.h"

#include "closing.h"
#include "common/text.h"
#include "duty.h"
#include "followup.h"
#include "incident.h"
#include "obligation_clock.h"
#include "state_key.h"
#include "task.h"
#include "task_clock.h"

/* Clocks differ: by so much a submission may lie behind the time of the record that tells of it. */
#define AHEAD_MAX (5 * MINUTE_MS)

/* ---- its task ---- */

static bool is_owed(const struct step *step, const struct obligation *o)
{
    struct condition_subject subject = incident_subject(step->policy, step->incident);
    return !o->when.n || condition_any(&o->when, &subject);
}

static struct str title_of(struct step *step, const struct obligation *o)
{
    return text_clean(step->arena, arena_printf(step->arena, "Notify %.*s: %.*s", STR_ARG(o->party),
                                                STR_ARG(o->title)));
}

static struct str description_of(struct step *step, const struct obligation *o,
                                 const struct obligation_clock *clock)
{
    struct arena *arena = step->arena;
    struct str party = party_kind_name(o->party_kind), from = obligation_start_name(clock->from);
    if (clock->from == FROM_AFTER) {
        const char *says = clock->is_provisional
                               ? "%.*s; counts from the deadline of %.*s until that is submitted"
                               : "%.*s; counts from the submission of %.*s";
        return arena_printf(arena, says, STR_ARG(party), STR_ARG(o->time.after_id));
    }
    if (clock->from == o->time.from)
        return arena_printf(arena, "%.*s; counts from %.*s", STR_ARG(party), STR_ARG(from));
    return arena_printf(arena, "%.*s; counts from %.*s: %.*s is not known", STR_ARG(party),
                        STR_ARG(from), STR_ARG(obligation_start_name(o->time.from)));
}

static struct str rule_of(struct step *step, const struct obligation *o)
{
    return arena_join(step->arena, STR("obligation/"), o->id, STR_NONE);
}

/* On the event of its task: who looks at the date has to know. */
static void warn_of_start(struct step *step, const struct obligation *o,
                          const struct obligation_clock *clock)
{
    if (clock->from != o->time.from)
        step_warn(step, obligation_start_name(o->time.from), STR_NONE,
                  obligation_start_name(clock->from));
}

static struct task_seed seed_of(struct step *step, const struct obligation *o)
{
    struct obligation_clock clock = obligation_clock_of(step, o);
    struct task_seed seed = followup_seed(step, KIND_OBLIGATION, title_of(step, o));
    seed.part = state_encode_part(step->arena, o->id);
    seed.description = description_of(step, o, &clock);
    if (!seed.ruling.by) seed.ruling.rule = rule_of(step, o);
    seed.clock_start = clock.start;
    seed.due_at = clock.due_at;
    return seed;
}

static struct entry *create(struct step *step, const struct obligation *o)
{
    const struct obligation_clock clock = obligation_clock_of(step, o);
    const struct task_seed seed = seed_of(step, o);
    warn_of_start(step, o, &clock);
    return task_create(step, &seed);
}

/* Its date as it follows from all that is known now; of one that is done only that, for what it was
 * measured against may have been corrected. */
static void set_clock(struct step *step, const struct obligation *o, struct task *task)
{
    /* What was done for others is measured against the date that it had. */
    if (task->status == STATUS_CLOSED && task->for_others) return;
    struct obligation_clock clock = obligation_clock_of_all(step, o, task);
    if (clock.start != task->clock_start && !clock.is_others) warn_of_start(step, o, &clock);
    task->clock_start = clock.start;
    if (task->status == STATUS_CLOSED) {
        task->due_at = clock.due_at;
        return;
    }
    if (!task->for_others) task->title = title_of(step, o);
    if (!clock.is_others) task->description = description_of(step, o, &clock);
    if (!task_is_ruled(task)) task->policy_rule = rule_of(step, o);
    task_apply_due_at(step, task, clock.due_at);
}

/* Whether a closed one is open again, now that it is owed. */
static bool comes_back(const struct step *step, const struct task *task)
{
    if (step->incident->merged_into.p) return false;
    return (step->is_resumed && task->aside) || task->moved_to.p ||
           task->resolution == RESOLUTION_SUPERSEDED;
}

static void bring_up_to_date(struct step *step, const struct obligation *o, struct entry *entry)
{
    const struct task *before = entry->task;
    struct str name = obligation_name(step, o->id);
    bool owed = is_owed(step, o), is_asked = owed || duty_first_due(step, name);
    bool is_back = owed && !duty_is_met(step, name) && comes_back(step, before);
    if (before->status != STATUS_CLOSED && !is_asked) {
        task_close(step, entry, RESOLUTION_SUPERSEDED,
                   STR("no longer owed: the incident does not meet its condition any more"));
        return;
    }
    if (before->status == STATUS_CLOSED && !is_back && !task_is_done(before)) return;
    struct task *task = task_edit(step, entry, &before);
    if (is_back) task_apply_status(step, task, REPORTED_OPEN);
    if (owed || task->status != STATUS_CLOSED) task->for_others = !owed;
    set_clock(step, o, task);
    task_changed(step, entry, before);
    task_tell_warnings(step, entry); /* else they would stand on another's event */
}

/* ---- what was submitted ---- */

static bool is_ahead(const struct step *step, ms_t submitted_at)
{
    return submitted_at != TIME_NONE && submitted_at > step->cause.at + AHEAD_MAX;
}

/* Without evidence only where the policy asks for none (R4.211). */
static bool is_complete(const struct step *step, const struct submission *s)
{
    bool is_shown = s->evidence.n || !step->policy->evidence[KIND_OBLIGATION];
    return s->submitted_at != TIME_NONE && !is_ahead(step, s->submitted_at) && is_shown;
}

/* What a closure says of it: it is done with both; one alone is kept till the other comes. */
static void take(struct step *step, struct task *task, const struct submission *s)
{
    if (s->submitted_at != TIME_NONE && !is_ahead(step, s->submitted_at))
        task->submitted_at = s->submitted_at;
    if (s->evidence.n) task->evidence = s->evidence;
    if (is_complete(step, s)) task_apply_status(step, task, REPORTED_VERIFIED);
}

static void submit(struct step *step, struct entry *entry, const struct submission *s)
{
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    take(step, task, s);
    if (task_has_other_status(before, task)) task->reason = STR_NONE;
    task_changed(step, entry, before);
}

static const struct submission *submission_of(const struct closure *closure, struct str id)
{
    for (size_t i = 0; i < closure->obligations.n; i++)
        if (str_eq(closure->obligations.items[i].id, id)) return &closure->obligations.items[i];
    return NULL;
}

static const struct obligation *obligation_of(const struct step *step, struct str id)
{
    for (size_t i = 0; i < step->policy->obligations_n; i++)
        if (str_eq(step->policy->obligations[i].id, id)) return &step->policy->obligations[i];
    return NULL;
}

size_t obligation_turns(const struct step *step, const struct closure *closure)
{
    return step->policy->obligations_n + closure->obligations.n;
}

/* What it says of one that goes on in another incident: its date, and what was submitted, if anything. */
static void say(struct step *step, struct str name, const struct obligation *o,
                const struct submission *s)
{
    const struct task *was = duty_carried(step, name);
    struct task now = *was;
    if (o) {
        struct obligation_clock clock = obligation_clock_of(step, o);
        now.clock_start = clock.start;
        now.due_at = clock.due_at;
        now.description = description_of(step, o, &clock);
    }
    if (s) take(step, &now, s);
    if (s || now.due_at != was->due_at || now.clock_start != was->clock_start)
        duty_say(step, name, &now, false);
}

/* One that the policy does not know any more keeps its task, and can be submitted. */
static void take_submission(struct step *step, const struct submission *s)
{
    struct str name = obligation_name(step, s->id);
    struct entry *entry = obligation_entry(step, s->id);
    if (obligation_of(step, s->id)) return;
    if (duty_is_away(step, name))
        say(step, name, NULL, s);
    else if (entry->exists)
        submit(step, entry, s);
}

/* Whether it is to be asked for in the incident that this one is merged into, for it was not before. */
static bool is_to_send(struct step *step, const struct obligation *o, const struct entry *entry)
{
    if (!step->incident->merged_into.p || !is_owed(step, o)) return false;
    if (duty_is_met(step, obligation_name(step, o->id))) return false;
    return !entry->exists || entry->task->moved_to.p ||
           entry->task->resolution == RESOLUTION_SUPERSEDED;
}

static void send(struct step *step, const struct obligation *o, const struct submission *s)
{
    const struct task_seed seed = seed_of(step, o);
    struct task *draft = task_draft(step, &seed);
    if (s) take(step, draft, s);
    duty_send(step, obligation_name(step, o->id), draft);
}

void obligation_take(struct step *step, const struct closure *closure, size_t turn)
{
    bool is_news = step->incident->cursor.changes & CHANGE_SUBMITTED;
    if (turn >= step->policy->obligations_n) {
        if (is_news)
            take_submission(step, &closure->obligations.items[turn - step->policy->obligations_n]);
        return;
    }
    const struct obligation *o = &step->policy->obligations[turn];
    const struct submission *s = is_news ? submission_of(closure, o->id) : NULL;
    struct str name = obligation_name(step, o->id);
    struct entry *entry = obligation_entry(step, o->id);
    bool is_done = s && is_complete(step, s);
    if (duty_is_away(step, name)) {
        say(step, name, o, s);
        return;
    }
    if (!is_done && is_to_send(step, o, entry)) {
        send(step, o, s);
        return;
    }
    /* What was submitted is recorded, whether or not it was owed. */
    if (!entry->exists && (is_done || (is_owed(step, o) && !duty_is_met(step, name))))
        entry = create(step, o);
    else if (entry->exists)
        bring_up_to_date(step, o, entry);
    if (s && entry->exists) submit(step, entry, s);
}

static bool submission_eq(const struct submission *a, const struct submission *b)
{
    return str_eq(a->id, b->id) && a->submitted_at == b->submitted_at &&
           evidence_list_eq(a->evidence, b->evidence);
}

bool obligation_is_news(const struct closure *stored, const struct closure_event *event)
{
    const struct submission_list *old = &stored->obligations, *now = &event->closure.obligations;
    if (!(event->present & CLOSURE_OBLIGATIONS)) return false;
    bool same = old->n == now->n;
    for (size_t i = 0; same && i < now->n; i++)
        same = submission_eq(&old->items[i], &now->items[i]);
    return !same;
}

/* ---- what is wrong with it ---- */

/* Whether it is one that has a start which can be too late: the closing is behind most of them. */
static bool is_before_start(const struct obligation *o, ms_t start, ms_t submitted_at)
{
    return o && o->time.from != FROM_CLOSED_AT && submitted_at < start;
}

void obligation_warn(struct step *step, const struct closure_event *event)
{
    const struct submission_list *list = &event->closure.obligations;
    for (size_t i = 0; i < list->n; i++) {
        const struct submission *s = &list->items[i];
        const struct obligation *o = obligation_of(step, s->id);
        struct str at = arena_printf(step->arena, "obligations[%.*s]", STR_ARG(s->id));
        if (!o && !obligation_entry(step, s->id)->exists)
            step_warn(step, at, s->id, STR("unknown-obligation: kept for the report alone"));
        else if (is_ahead(step, s->submitted_at))
            step_warn(step, at, timestamp_text(step->arena, s->submitted_at),
                      STR("not submitted: submitted_at is in the future"));
        else if (!is_complete(step, s))
            step_warn(step, at, STR_NONE,
                      step->policy->evidence[KIND_OBLIGATION]
                          ? STR("not submitted: submitted_at and evidence are needed")
                          : STR("not submitted: submitted_at is needed"));
        else if (is_before_start(o, o ? obligation_clock_of(step, o).start : TIME_NONE,
                                 s->submitted_at))
            step_warn(step, at, timestamp_text(step->arena, s->submitted_at),
                      STR("submitted before its clock began"));
    }
}

/* ---- what is told of its task ---- */

static void warn_of_status(struct step *step, const struct task *task, enum reported_status status,
                           const char *why)
{
    step_warn(step, STR("status"), reported_status_name(status),
              arena_printf(step->arena, "%.*s: %s", STR_ARG(task_status_name(task->status)), why));
}

static void take_submitted_at(struct step *step, struct task *task, ms_t at)
{
    struct str member = STR("submitted_at");
    const struct obligation *o = policy_obligation(step->policy, task->name);
    if (is_ahead(step, at)) {
        step_warn(step, member, timestamp_text(step->arena, at),
                  STR("not taken: it is in the future"));
        return;
    }
    if (at != TIME_NONE && is_before_start(o, task->clock_start, at))
        step_warn(step, member, timestamp_text(step->arena, at),
                  STR("submitted before its clock began"));
    if (at != TIME_NONE || !task_is_done(task))
        task->submitted_at = at;
    else
        step_warn(step, member, STR_NONE, STR("not taken: what is done is withdrawn by open"));
}

static void take_evidence(struct step *step, struct task *task, struct evidence_list evidence)
{
    if (evidence.n || !task_is_done(task))
        task->evidence = evidence;
    else
        step_warn(step, STR("evidence"), STR_NONE,
                  STR("not taken: what is done is withdrawn by open"));
}

/* It is worked on, or was withdrawn: that begins a new occurrence. */
static void go_on(struct step *step, struct task *task, enum reported_status status)
{
    bool is_over = task->status == STATUS_CLOSED && (task->resolution == RESOLUTION_SUPERSEDED ||
                                                     incident_is_put_aside(step->incident));
    if (is_over)
        warn_of_status(step, task, status, "it is not owed");
    else
        task_apply_status(step, task, status);
}

static void end(struct step *step, struct task *task, enum reported_status status, bool is_shown)
{
    bool is_submitted = task->submitted_at != TIME_NONE;
    bool is_dismissed = status == REPORTED_DISMISSED;
    if (is_dismissed || status == REPORTED_WONT_FIX || status == REPORTED_DUPLICATE) {
        if (task_is_done(task))
            warn_of_status(step, task, status, "it was submitted");
        else if (is_dismissed && task->evidence.n)
            task_apply_status(step, task, status);
        else
            warn_of_status(step, task, status,
                           is_dismissed ? "evidence is missing of why it is not owed"
                                        : "an obligation is submitted, or dismissed with evidence");
    } else if (is_submitted && is_shown) {
        task_apply_status(step, task, REPORTED_VERIFIED);
    } else if (task->status != STATUS_CLOSED) {
        warn_of_status(step, task, status,
                       is_shown       ? "submitted_at is missing"
                       : is_submitted ? "evidence is missing"
                                      : "submitted_at and evidence are missing");
    }
}

static void refuse_times(struct step *step, const struct task *task,
                         const struct task_update_event *event)
{
    if (event->snoozed_until != TIME_NONE && event->snoozed_until > step->at)
        step_warn(step, STR("snoozed_until"), timestamp_text(step->arena, event->snoozed_until),
                  STR("not taken: an obligation cannot be snoozed"));
    if (event->due_at != TIME_NONE && event->due_at != task->due_at)
        step_warn(step, STR("due_at"), timestamp_text(step->arena, event->due_at),
                  STR("not taken: an obligation cannot be moved"));
}

static bool has_evidence(const struct step *step, const struct task *task,
                         const struct task *before, const struct task_update_event *event)
{
    const struct claim claim = {
        .task = before,
        .status = event->status,
        .kind = task->kind,
        .priority = task->priority,
        .owner = task->owner,
        .by = event->by,
        .has_evidence = task->evidence.n,
    };
    return !closing_lacks_evidence(step->policy, &claim);
}

void obligation_update(struct step *step, struct task *task, const struct task *before,
                       const struct task_update_event *event)
{
    const unsigned told = TASK_UPDATE_SUBMITTED_AT | TASK_UPDATE_EVIDENCE;
    enum reported_status status = event->status;
    bool is_work = status && status <= REPORTED_BLOCKED;
    refuse_times(step, task, event);
    if (is_work) go_on(step, task, status);
    if (event->present & TASK_UPDATE_SUBMITTED_AT)
        take_submitted_at(step, task, event->submitted_at);
    if (event->present & TASK_UPDATE_EVIDENCE) take_evidence(step, task, event->evidence);
    if (is_work) return;
    bool is_shown = has_evidence(step, task, before, event);
    if (status)
        end(step, task, status, is_shown);
    else if ((event->present & told) && task->submitted_at != TIME_NONE && is_shown)
        task_apply_status(step, task, REPORTED_VERIFIED);
}

void obligation_follow(struct step *step)
{
    for (size_t i = 0; i < step->policy->obligations_n; i++) {
        const struct obligation *o = &step->policy->obligations[i];
        struct entry *entry = obligation_entry(step, o->id);
        if (o->time.from != FROM_AFTER || !entry->exists) continue;
        const struct task *before = entry->task;
        if (before->status == STATUS_CLOSED && !task_is_done(before)) continue;
        struct task *task = task_edit(step, entry, &before);
        set_clock(step, o, task);
        task_changed(step, entry, before);
    }
}

void obligation_settle(struct step *step, struct str name)
{
    const struct incident *incident = step->incident;
    const struct obligation *o = policy_obligation(step->policy, name);
    if (!o || incident->phase == PHASE_WAITING || incident_is_put_aside(incident)) return;
    struct entry *entry = obligation_entry(step, o->id);
    if (entry->exists && !duty_is_away(step, name)) bring_up_to_date(step, o, entry);
    obligation_follow(step);
}
