/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event: what it needs, what refuses it, and which file decides it. Below this file and
 * wake.c the files of core are a tower: step, occurrence, task, reminder, followup, finding,
 * closure, review, each of which calls only those before it.
 */
#include "decide.h"

#include "cause.h"
#include "closure.h"
#include "duty_told.h"
#include "finding.h"
#include "finding_task.h"
#include "followup.h"
#include "merged.h"
#include "recipient.h"
#include "recurrence.h"
#include "reminder.h"
#include "review.h"
#include "state_key.h"
#include "task.h"
#include "task_update.h"
#include "wake.h"

static void need_key(struct need *need, struct str key)
{
    need->keys[need->n++] = key;
}

static void need_finding(struct arena *arena, const struct finding *finding, struct need *need)
{
    struct str parts[2];
    size_t n = state_finding_parts(arena, finding, parts);
    for (size_t i = 0; i < n; i++)
        need_key(need, state_finding_key(arena, need->keys[0], parts[i]));
}

static void need_task(struct arena *arena, const struct task_update_event *event, struct need *need)
{
    struct str key = task_update_holder(arena, need->keys[0], event);
    if (key.p) need_key(need, key);
    key = duty_told_key(arena, need->keys[0], event);
    if (key.p) need_key(need, key);
    /* The clocks of other obligations may count from its submission. */
    need->whole = str_starts(event->name, STR("obligation/"));
}

static void need_waiting(struct arena *arena, struct str_list passed, struct need *need)
{
    if (passed.n) need_key(need, state_waiting_key(arena, need->keys[0], passed.items[0]));
}

void decide_need(struct arena *arena, const struct event *event, struct need *need)
{
    need->n = 0;
    /* A duty meets those of the same name, whichever incidents they are of. */
    need->whole = event->type == EVENT_CLOSURE || event->type == EVENT_DUTY;
    if (event->type == EVENT_ITEMS) {
        need_key(need, state_recipient_key(arena, event->items->recipient));
        need_key(need, state_items_key(arena, need->keys[0], event->items->origin));
        return;
    }
    if (event->type == EVENT_RECURRENCE) {
        need_key(need, event->incident_id);
        return;
    }
    if (event->type == EVENT_TICK) {
        need_key(need, state_header_key(event->tick_key));
        need_key(need, state_holder_key(arena, event->tick_key));
        /* A header's ticks are reviews with the list of tasks, and the end of retention; those of a
         * recipient are digests of what waits. */
        need->whole = need->keys[0].n == event->tick_key.n;
        return;
    }
    need_key(need, state_incident_key(arena, event->incident_id));
    if (event->type == EVENT_FINDING) need_finding(arena, &event->finding->finding, need);
    if (event->type == EVENT_MERGE) need_waiting(arena, event->merge->passed, need);
    if (event->type == EVENT_ARRIVAL) need_waiting(arena, event->arrival->finding.passed, need);
    if (event->type == EVENT_FACTS) need_key(need, state_merged_key(arena, need->keys[0]));
    if (event->type == EVENT_ARRIVAL) need_finding(arena, &event->arrival->finding, need);
    if (event->type == EVENT_TASK_UPDATE) need_task(arena, event->task_update, need);
    if (event->type == EVENT_RECURRED)
        need_key(need, recurrence_holder(arena, need->keys[0], event));
}

/* Whether the past of the incident was to be deleted before `at`. A tick does that; but where a
 * record comes before the tick that was due before it, nothing of the past may come back to life. */
static bool is_past(const struct policy *policy, const struct incident *incident, ms_t at)
{
    if (incident->phase != PHASE_COMPLETED || incident->cursor.stage) return false;
    ms_t end = review_wake_at(policy, incident);
    return end != TIME_NONE && end <= at;
}

/* The finding that an event is about, or NULL. */
static const struct finding *finding_of(const struct event *event)
{
    if (event->type == EVENT_FINDING) return &event->finding->finding;
    return event->type == EVENT_ARRIVAL ? &event->arrival->finding : NULL;
}

static bool is_needed(const struct need *need, const struct entry *entry)
{
    for (size_t i = 1; i < need->n; i++)
        if (str_eq(need->keys[i], entry->key)) return true;
    return false;
}

/* Whether it may be new here as one that concerns everybody (R4.209). */
static bool opens_review(const struct event *event, const struct need *need,
                         const struct entry *header)
{
    bool says_category = event->type == EVENT_ARRIVAL || event->finding->present & FINDING_CATEGORY;
    bool is_known = false;
    if (!followup_review_is_over(header->incident)) return false;
    if (says_category && !finding_task_is_process(finding_of(event))) return false;
    for (const struct entry *e = header->next_sibling; e; e = e->next_sibling) {
        if (!e->exists || e->type != ENTRY_FINDING || !is_needed(need, e)) continue;
        is_known = true;
        if (!e->finding->kind) return true;
        if (says_category && !finding_task_is_process(e->finding)) return true;
    }
    return !is_known;
}

bool decide_needs_whole(const struct policy *policy, const struct event *event,
                        const struct need *need, const struct entry *header)
{
    if (!header->exists || header->type != ENTRY_INCIDENT) return false;
    const struct incident *incident = header->incident;
    /* Ids of a later life have a suffix that only the header tells. */
    if (incident->retired > 0 || is_past(policy, incident, event->cause.at)) return true;
    /* A duty is called otherwise in other incidents, and its task is one for several. */
    if (event->type == EVENT_TASK_UPDATE && incident->duties &&
        state_duty_name(event->task_update->name).p)
        return true;
    if (incident->phase == PHASE_WAITING) return false;
    const struct finding *finding = finding_of(event);
    /* A duplicate names a finding, that may name another, and so on. */
    if (!finding) return false;
    return finding->status == REPORTED_DUPLICATE || finding->duplicate_of.p ||
           incident->cursor.stage || opens_review(event, need, header);
}

static bool refused(struct step *step, const struct event *event)
{
    if (event->type == EVENT_CLOSURE) return closure_refused(step, event->closure);
    if (event->type == EVENT_FINDING) return finding_refused(step, event->finding);
    if (event->type == EVENT_TASK_UPDATE) return task_update_refused(step, event->task_update);
    return false;
}

static enum decide_result tick(struct step *step, const struct event *event, ms_t until)
{
    struct entry *entry = state_entry(step->d->table, event->tick_key);
    /* Written in any case: the store's wake time may be an old one. */
    step_touch(step, entry);
    ms_t due = wake_time(step->policy, entry);
    if (due == TIME_NONE || due > until) return DECIDE_OK;
    if (entry->type == ENTRY_INCIDENT) return review_tick(step, until);
    if (entry->type == ENTRY_FINDING) {
        /* What has had a task is no orphan any more. */
        if (entry->finding->recurred_at != TIME_NONE)
            recurrence_tick(step, entry);
        else
            finding_tick(step, entry, until);
    } else {
        if (task_is_accepted(entry->task)) finding_task_end_acceptance(step, entry);
        task_settle(step, entry, until);
        reminder_tick(step, entry, until);
    }
    return DECIDE_OK;
}

bool decide_is_begun(const struct event *event, const struct entry *header)
{
    /* What a closure tells others of says of the answers that the closure has caused them. */
    if (event->type != EVENT_CLOSURE || !header->exists) return false;
    const struct cursor *cursor = &header->incident->cursor;
    return cursor->stage && !cursor->ticks && cursor->topic == event->cause.topic &&
           cursor->partition == event->cause.partition && cursor->offset == event->cause.offset;
}

static enum decide_result decide(struct step *step, const struct event *event, ms_t until)
{
    if (event->is_given_up) return closure_give_up(step);
    switch (event->type) {
    case EVENT_CLOSURE:
        step->warnings = event->closure->warnings;
        return closure_take(step, event->closure);
    case EVENT_FINDING: return merged_take_finding(step, event->finding);
    case EVENT_TASK_UPDATE:
        step->warnings = event->task_update->warnings;
        merged_take_task_update(step, event->task_update);
        return DECIDE_OK;
    case EVENT_ARRIVAL: merged_arrive(step, event->arrival); return DECIDE_OK;
    case EVENT_DUTY: merged_take_duty(step, event->duty); return DECIDE_OK;
    case EVENT_FACTS: merged_take_facts(step, event->facts); return DECIDE_OK;
    case EVENT_MERGE: merged_take_merge(step, event->merge); return DECIDE_OK;
    case EVENT_PARTING: merged_take_parting(step, event->parting); return DECIDE_OK;
    case EVENT_FORGOTTEN: merged_forgotten(step, event->forgotten); return DECIDE_OK;
    case EVENT_RECURRED: recurrence_take(step, event); return DECIDE_OK;
    case EVENT_ITEMS: /* of no incident, as is the next */
    case EVENT_RECURRENCE:
    case EVENT_TICK:
    default: return tick(step, event, until);
    }
}

/* What is decided of no incident: items come for somebody, or go out as a digest; who has a cause. */
static enum decide_result decide_own(struct decision *d, const struct event *event, ms_t until)
{
    if (event->type == EVENT_ITEMS) {
        recipient_take(d, event);
        return DECIDE_OK;
    }
    if (event->type == EVENT_RECURRENCE) {
        cause_take(d, event);
        return DECIDE_OK;
    }
    struct entry *entry = state_entry(d->table, event->tick_key);
    /* Written in any case: the store's wake time may be an old one. */
    state_touch(d->table, entry);
    if (entry->type == ENTRY_CAUSE) cause_tick(d, entry, until);
    return entry->type == ENTRY_RECIPIENT ? recipient_tick(d, entry, until) : DECIDE_OK;
}

static bool is_of_no_incident(const struct event *event)
{
    return event->type == EVENT_ITEMS || event->type == EVENT_RECURRENCE ||
           (event->type == EVENT_TICK && state_key_is_own(event->tick_key));
}

static enum decide_result decide_incident(struct decision *d, const struct event *event, ms_t until)
{
    struct step step;
    enum decide_result result = DECIDE_MORE;
    step_begin(&step, d, event);
    if (step.incident->cursor.stage == STAGE_RETIRE ||
        (event->type != EVENT_TICK && is_past(d->policy, step.incident, event->cause.at))) {
        /* Whatever it is, it finds the past deleted to the end. */
        review_retire(&step);
    } else if (refused(&step, event)) {
        return DECIDE_REJECT;
    } else {
        result = decide(&step, event, until);
        if (step.incident->retired) review_keep(&step);
    }
    recurrence_follow(&step);
    step_end(&step);
    return result;
}

enum decide_result decide_event(struct decision *d, const struct event *event, ms_t until)
{
    d->touched = NULL;
    /* Of an incident that was never heard of: a stranger's. */
    if (event->type == EVENT_RECURRED &&
        !state_entry(d->table, state_incident_key(d->arena, event->incident_id))->exists)
        return DECIDE_OK;
    if (event->type == EVENT_TICK &&
        !state_entry(d->table, state_header_key(event->tick_key))->exists) {
        /* A wake time without its header: only the store's timer is left to remove. */
        state_touch(d->table, state_entry(d->table, event->tick_key));
        d->touched = state_take_touched(d->table);
        return DECIDE_OK;
    }
    enum decide_result result =
        is_of_no_incident(event) ? decide_own(d, event, until) : decide_incident(d, event, until);
    if (result == DECIDE_REJECT) return result;
    d->touched = state_take_touched(d->table);
    wake_touched(d->policy, d->touched);
    return result;
}
