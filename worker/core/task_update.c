/* SPDX-License-Identifier: Apache-2.0 */
/* What a tracker or a person says of a task, and where it does not count. */
#include "task_update.h"

#include "closing.h"
#include "deadline.h"
#include "duty.h"
#include "duty_told.h"
#include "duty_way.h"
#include "finding_task.h"
#include "followup.h"
#include "forward.h"
#include "incident.h"
#include "obligation.h"
#include "order.h"
#include "state_key.h"
#include "task.h"
#include "task_clock.h"

/* Whether it says of a duty that was done, and is known as met where the incident is merged, that it is open
 * again. */
static bool is_withdrawn(struct step *step, const struct task *task, enum reported_status status)
{
    return duty_name(step, task).p && duty_can_go_on(step, task) && status &&
           status <= REPORTED_BLOCKED;
}

/* Where finding and tracker contradict each other the later to arrive wins, save that a finding
 * which is ended keeps its task closed (R3.28), as does an incident that is
 * none or was merged. */
static bool stays_closed(struct step *step, const struct task *task,
                         const struct task_update_event *event)
{
    if (task->status != STATUS_CLOSED) return false;
    if (incident_is_put_aside(step->incident)) return !is_withdrawn(step, task, event->status);
    if (!task_kind_is_finding_work(task->kind)) return false;
    /* A finding that is held while its incident is followed up is about to open its task itself. */
    const struct finding *finding =
        step_finding_entry(step, &task->origin, task->finding_id)->finding;
    return finding_task_is_ended(finding) || !finding->kind;
}

static bool has_reason(const struct task *task, const struct task_update_event *event)
{
    return (event->present & TASK_UPDATE_REASON) ? event->reason.n : task->reason.n;
}

static bool has_evidence(const struct task *task, const struct task_update_event *event)
{
    return (event->present & TASK_UPDATE_EVIDENCE) ? event->evidence.n : task->evidence.n;
}

/* An answer that it does not give stays as it is. */
static struct evaluation answered(const struct task *task, const struct task_update_event *event)
{
    struct evaluation evaluation = task->evaluation;
    if (task->kind != KIND_RESPONSE_EVALUATION) return evaluation;
    if (event->answers & ANSWER_SUFFICIENT) evaluation.sufficient = event->evaluation.sufficient;
    if (event->answers & ANSWER_COMPLETE) evaluation.complete = event->evaluation.complete;
    if (event->answers & ANSWER_NOTE) evaluation.note = event->evaluation.note;
    return evaluation;
}

/* What a record leads to that says no status: where an end was wanting something, and this may be it,
 * that is said again; and answers are an end by themselves. */
static enum reported_status implied(const struct claim *claim,
                                    const struct task_update_event *event)
{
    const unsigned accepts = TASK_UPDATE_ACCEPTED_UNTIL | TASK_UPDATE_ACCEPTED_BY,
                   shows = TASK_UPDATE_EVIDENCE | TASK_UPDATE_EVALUATION;
    enum reported_status refused = claim->task->refused;
    bool is_open = claim->task->status != STATUS_CLOSED;
    if (event->present & (refused == REPORTED_WONT_FIX ? accepts : shows) && refused)
        return refused;
    bool answers = event->answers && evaluation_is_answered(claim->evaluation);
    return is_open && answers ? REPORTED_VERIFIED : reported_status_none;
}

/* What it says of the end. */
static void take_end(struct step *step, struct task *task, const struct task *before,
                     const struct task_update_event *event)
{
    bool says_until = event->present & TASK_UPDATE_ACCEPTED_UNTIL;
    bool says_by = event->present & TASK_UPDATE_ACCEPTED_BY;
    struct claim claim = {
        .task = before,
        .status = event->status,
        .kind = task->kind,
        .priority = task->priority,
        .owner = task->owner,
        .by = event->by,
        .has_reason = has_reason(task, event),
        .has_evidence = has_evidence(task, event),
        .evaluation = answered(task, event),
        .accepted_until = event->accepted_until,
        .accepted_by = event->accepted_by,
    };
    if (!claim.status) claim.status = implied(&claim, event);
    closing_accept(step, &claim, says_until, says_by);
    task->accepted_until = claim.accepted_until;
    task->accepted_by = claim.accepted_by;
    if (!claim.status) return;
    enum reported_status taken = closing_judge(step, &claim);
    if (taken)
        task_apply_status(step, task, taken);
    else
        task_note_refused(step, task, claim.status);
}

/* What shows that a task is done is not taken away from it. */
static bool is_kept(struct step *step, const struct task *task, const struct task *shown,
                    const char *member)
{
    if (!task_is_done(task) || closing_task_lacks_evidence(step->policy, task) ||
        !closing_task_lacks_evidence(step->policy, shown))
        return false;
    step_warn(step, str_of(member), STR_NONE, STR("not taken: what is done is withdrawn by open"));
    return true;
}

/* Of the occurrence that the status leads to. */
static void take_evidence(struct step *step, struct task *task,
                          const struct task_update_event *event)
{
    struct task shown = *task;
    shown.evidence = event->evidence;
    if (!is_kept(step, task, &shown, "evidence")) task->evidence = event->evidence;
}

static void take_evaluation(struct step *step, struct task *task,
                            const struct task_update_event *event)
{
    struct task shown = *task;
    shown.evaluation = answered(task, event);
    if (!is_kept(step, task, &shown, "evaluation")) task->evaluation = shown.evaluation;
}

static void take_work(struct step *step, struct task *task, const struct task *before,
                      const struct task_update_event *event, bool stays_closed)
{
    if (!stays_closed) take_end(step, task, before, event);
    if (event->present & TASK_UPDATE_EVIDENCE) take_evidence(step, task, event);
    if (event->answers) take_evaluation(step, task, event);
    if (task->kind == KIND_RESPONSE_EVALUATION && task->status != STATUS_CLOSED)
        task->description = followup_question(step, task->evaluation);
    if (event->present & TASK_UPDATE_SNOOZED_UNTIL)
        task_apply_snooze(step, task, event->snoozed_until);
}

/* The task as it is called in the finding's own incident or another: the finding's work, whatever it
 * is called by now, or its sop-update. */
static struct entry *entry_of(struct step *step, const struct task_update_event *event)
{
    if (!event->origin.incident_id.p)
        return event->name.p ? step_task_entry(step, event->name) : NULL;
    if (event->name.p) return duty_task(step, event->name);
    const struct finding *finding = task_update_finding(step, event);
    if (!finding) return NULL;
    struct str part = state_finding_part(step->arena, &finding->origin, finding->finding_id);
    enum task_kind kind = event->kind == KIND_SOP_UPDATE ? KIND_SOP_UPDATE : finding->kind;
    return kind ? step_task_entry(step, task_name(step, kind, part)) : NULL;
}

static bool is_sop_update(const struct task_update_event *event)
{
    enum task_kind kind = event->origin.incident_id.p ? event->kind : state_task_kind(event->name);
    return kind == KIND_SOP_UPDATE;
}

static struct order order_of(struct step *step, const struct task_update_event *event,
                             const struct task *task)
{
    const struct entry *entry = duty_told_guest(step, event);
    if (entry) return entry->duty->carried.items->order;
    return duty_told_is_ordered(step, event) ? task_none.order : task->order;
}

/* The same among those that a finding carries which is held, or a duty. */
static struct task *carried(struct step *step, const struct task_update_event *event)
{
    const struct entry *held = duty_told_held(step, event, NULL);
    if (held) return held->duty->carried.items;
    const struct finding *finding = task_update_finding(step, event);
    if (!finding) return NULL;
    for (size_t i = 0; i < finding->carried.n; i++)
        if ((finding->carried.items[i].kind == KIND_SOP_UPDATE) == is_sop_update(event))
            return &finding->carried.items[i];
    return NULL;
}

struct str task_update_holder(struct arena *arena, struct str header_key,
                              const struct task_update_event *event)
{
    const struct origin *origin = &event->origin;
    if (origin->finding_id.p) {
        bool is_own = str_eq(origin->incident_id, event->incident_id);
        struct str part =
            state_finding_part(arena, is_own ? &finding_none.origin : origin, origin->finding_id);
        return state_finding_key(arena, header_key, part);
    }
    if (!event->name.p) return STR_NONE;
    return state_holder_key(arena, state_task_key(arena, header_key, event->name));
}

const struct finding *task_update_finding(struct step *step, const struct task_update_event *event)
{
    struct str holder = task_update_holder(step->arena, step->header->key, event);
    if (!holder.p) return NULL;
    const struct entry *entry = step_holder(step, holder);
    return entry->exists && entry->type == ENTRY_FINDING ? entry->finding : NULL;
}

/* What it says, put into the task. */
static void say(struct step *step, struct task *task, const struct task_update_event *event,
                bool stays_closed)
{
    const struct task before = *task;
    task->order = order_advance(step->arena, task->order, event->order);
    if (event->present & TASK_UPDATE_OWNER)
        task->owner = owner_is_nobody(event->owner) ? rules_of(step, task).fallback
                                                    : policy_owner(step->policy, task->owner,
                                                                   event->owner, event->owner_part);
    if (event->present & TASK_UPDATE_TRACKER) task->tracker = event->tracker;
    if (task->kind == KIND_OBLIGATION)
        obligation_update(step, task, &before, event);
    else
        take_work(step, task, &before, event, stays_closed);
    if (event->present & TASK_UPDATE_EVALUATION && task->kind != KIND_RESPONSE_EVALUATION)
        step_warn(step, STR("evaluation"), STR_NONE,
                  STR("not taken: only a response-evaluation has one"));
    if (event->present & TASK_UPDATE_REASON)
        task->reason = event->reason;
    else if (task_has_other_status(&before, task) && event->status != REPORTED_DISMISSED &&
             task->resolution != RESOLUTION_WONT_FIX)
        task->reason = STR_NONE;
}

/* The work that the duty has come with, this event's own copy. */
static struct task *own_carried(struct step *step, struct entry *entry)
{
    struct duty *duty = arena_copy(step->arena, entry->duty, sizeof *duty);
    duty->carried.items = arena_copy(step->arena, duty->carried.items, sizeof(struct task));
    entry->duty = duty;
    step_touch(step, entry);
    return duty->carried.items;
}

static void say_held_duty(struct step *step, struct entry *entry,
                          const struct task_update_event *event)
{
    struct task *task = own_carried(step, entry);
    const struct order was = task->order;
    bool is_of_others = duty_told_stand_in(step, event) || duty_told_is_ordered(step, event);
    if (!is_of_others && !order_is_later(was, event->order)) return;
    say(step, task, event, false);
    if (is_of_others) task->order = was;
}

/* Whether the work of the duties that it speaks of is held, and was told. */
static bool say_held_duties(struct step *step, const struct task_update_event *event)
{
    struct entry *entry = duty_told_held(step, event, NULL);
    if (!entry) return false;
    bool is_news = duty_told_note(step, event);
    for (; entry && is_news; entry = duty_told_held(step, event, entry))
        say_held_duty(step, entry, event);
    return true;
}

/* Whether the end of a finding that is held keeps its task closed; as a duplicate only one that has counted
 * where it came from (R4.190). */
static bool holds_closed(const struct finding *finding, const struct task *task)
{
    bool may_count =
        finding->status == REPORTED_DUPLICATE && task->resolution != RESOLUTION_DUPLICATE;
    return finding_task_is_ended(finding) && !may_count && task_kind_is_finding_work(task->kind);
}

/* The task is held with its finding, which is written with it. */
static void say_held(struct step *step, const struct task_update_event *event)
{
    const struct finding *held = task_update_finding(step, event);
    struct entry *entry = step_finding_entry(step, &held->origin, held->finding_id);
    struct finding *finding = arena_copy(step->arena, held, sizeof *held);
    finding->carried.items = arena_copy(step->arena, finding->carried.items,
                                        finding->carried.n * sizeof *finding->carried.items);
    entry->finding = finding;
    step_touch(step, entry);
    struct task *task = carried(step, event);
    if (!order_is_later(task->order, event->order)) return;
    finding_task_end_held(step, finding, task);
    say(step, task, event, holds_closed(finding, task));
}

/* Notes that the record was taken, where that is kept of its name. */
static void take_order(struct step *step, const struct task_update_event *event, struct task *task,
                       const struct task *before)
{
    struct entry *entry = duty_told_guest(step, event);
    if (entry) {
        struct task *came = own_carried(step, entry);
        came->order = order_advance(step->arena, came->order, event->order);
    }
    if (entry || duty_told_is_ordered(step, event)) task->order = before->order;
}

void task_update_take(struct step *step, const struct task_update_event *event)
{
    if (say_held_duties(step, event)) return;
    struct entry *entry = entry_of(step, event);
    if (carried(step, event)) {
        say_held(step, event);
        return;
    }
    if (!order_is_later(order_of(step, event, entry->task), event->order)) return;
    step->cause.by = event->by;
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    say(step, task, event, stays_closed(step, task, event));
    take_order(step, event, task, before);
    /* Those that do not go along: who speaks of one is told where the work is. */
    if (step->incident->merged_into.p && !task->finding_id.p)
        step_warn(step, STR("task_id"), event->task_id,
                  arena_printf(step->arena, "of an incident that was merged into %.*s",
                               STR_ARG(step->incident->merged_into)));
    task_changed(step, entry, before);
    task_tell_warnings(step, entry);
    bool is_again = before->status == STATUS_CLOSED && task->status != STATUS_CLOSED;
    if (task->kind == KIND_OBLIGATION && is_again && step->incident->duties)
        obligation_settle(step, duty_name(step, task)); /* it may have come for others meanwhile */
    if (task->kind == KIND_OBLIGATION) obligation_follow(step);
    /* A duty that did not go along: it was met, or is now, though it was not owed or was put aside. */
    if (before->status == STATUS_CLOSED || task->status == STATUS_CLOSED)
        duty_way_follow(step, entry);
    if (event->answers && evaluation_finds_fault(task->evaluation) &&
        !incident_is_put_aside(step->incident))
        followup_need_stakeholders(step);
}

static const struct task *task_named(struct step *step, const struct task_update_event *event)
{
    const struct task *held = carried(step, event);
    if (held) return held;
    const struct entry *entry = entry_of(step, event);
    return entry && entry->exists ? entry->task : NULL;
}

struct origin task_update_origin(const struct step *step, const struct task_update_event *event)
{
    const struct incident *incident = step->incident;
    if (event->origin.incident_id.p) return event->origin;
    if (!event->name.p || state_task_kind(event->name) < KIND_SOP_UPDATE)
        return finding_none.origin;
    struct origin origin = state_task_origin(step->arena, incident->incident_id, event->name);
    /* Of one of another incident it is only after retention that it is not known. */
    bool is_own = str_eq(origin.incident_id, incident->incident_id);
    return is_own || incident->retired ? origin : finding_none.origin;
}

/* Whether it goes on from here: its task is elsewhere, or was forgotten here. */
static bool goes_on(struct step *step, const struct task_update_event *event)
{
    struct origin duty;
    if (duty_told_name(step, event).p) return duty_told_goes_to(step, event, &duty).p;
    const struct finding *finding = task_update_finding(step, event);
    if (finding) return finding->moved_to.p;
    const struct origin origin = task_update_origin(step, event);
    return origin.finding_id.p && forward_search(step->incident, event->passed, origin).p;
}

bool task_update_refused(struct step *step, const struct task_update_event *event)
{
    const struct entry *stand_in = duty_told_stand_in(step, event);
    if (stand_in && step_refuse_crowded(step, stand_in->task->order, event->order)) return true;
    if (goes_on(step, event)) return false;
    const struct task *task = task_named(step, event);
    if (!task) {
        step->d->refused = (struct refused){
            REFUSE_UNKNOWN_TASK,
            arena_printf(step->arena, "task_id: there is no task '%.*s'", STR_ARG(event->task_id)),
            event->incident_id};
        return true;
    }
    if (step_refuse_crowded(step, order_of(step, event, task), event->order)) return true;
    struct claim claim = {
        .status = event->status,
        .priority = task->priority,
        .has_reason = has_reason(task, event),
        .accepted_until = event->present & TASK_UPDATE_ACCEPTED_UNTIL ? event->accepted_until
                                                                      : task->accepted_until,
        .accepted_by =
            event->present & TASK_UPDATE_ACCEPTED_BY ? event->accepted_by : task->accepted_by,
    };
    /* No duty ends by that word: it is ignored, with a warning. */
    if (task->kind == KIND_OBLIGATION && claim.status == REPORTED_WONT_FIX) return false;
    return closing_refuse_reason(step, &claim, event->incident_id);
}
