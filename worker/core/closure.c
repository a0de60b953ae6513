/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a closure does, from the record to the end: first what it says of the incident
 * (closure_header.c), then what follows for its tasks and findings (stages.c). The record is given
 * again until all is done, and the cursor in the header has all that the rest needs to know.
 */
#include "closure.h"

#include "closure_header.h"
#include "coordination.h"
#include "forward.h"
#include "incident.h"
#include "merged_facts.h"
#include "obligation.h"
#include "occurrence.h"
#include "order.h"
#include "stages.h"

/* ---- the closure itself ---- */

static void merge_closure(struct closure *stored, const struct closure *in, unsigned present)
{
    CLOSURE_MEMBERS(MEMBER_MERGE)
}

static struct closure *edit_closure(struct step *step)
{
    struct entry *entry = step_closure(step);
    struct closure *closure = ARENA_NEW(step->arena, struct closure);
    if (entry->exists) *closure = *entry->closure;
    entry->closure = closure;
    entry->exists = true;
    step_touch(step, entry);
    return closure;
}

static bool answers_otherwise(const struct closure *old, const struct closure *now)
{
    return now->sufficient != old->sufficient || now->complete != old->complete;
}

/* ---- from its first part to its last ---- */

static void warn_of_circle(struct step *step)
{
    step_warn(step, STR("merged_into"), step->incident->merge_void, STR("merge-cycle: not merged"));
}

static struct cursor cursor_at(const struct step *step, enum stage stage, unsigned changes)
{
    return (struct cursor){
        .stage = stage,
        .topic = step->cause.topic,
        .partition = step->cause.partition,
        .offset = step->cause.offset,
        .at = step->cause.at,
        .latest = TIME_NONE,
        .changes = changes,
    };
}

/* Tells those that it concerns: the incident that it was merged into before, and the one that it is
 * merged into now. */
static void say_merge(struct step *step, struct str before)
{
    struct incident *incident = step->incident;
    struct str_list none = {NULL, 0};
    if (before.p && !str_eq(before, incident->merged_into))
        forward_parting(step, before, (struct edge){incident->incident_id, before}, none);
    if (incident->merged_into.p && !str_eq(before, incident->merged_into))
        forward_merge(step, &(struct merge_event){.circle = none});
}

static void begin(struct step *step, const struct closure_event *event)
{
    struct incident *incident = step->incident;
    struct incident old = *incident;
    incident->order = order_advance(step->arena, incident->order, event->incident.order);
    incident->awaited_since = TIME_NONE;
    closure_header_merge(step, event);
    if (closure_header_asks_void_merge(incident, event)) warn_of_circle(step);
    closure_header_decide_level(step);
    struct closure *closure = edit_closure(step);
    bool is_submitted = obligation_is_news(closure, event);
    const struct closure before = *closure;
    merge_closure(closure, &event->closure, event->present);
    bool has_back = (event->present & CLOSURE_COORDINATION) &&
                    coordination_mark(step, before.coordination, &closure->coordination);
    obligation_warn(step, event);

    bool is_confirmed_now = old.level == LEVEL_UNCONFIRMED && incident->level != LEVEL_UNCONFIRMED;
    if (old.phase == PHASE_WAITING || is_confirmed_now)
        occurrence_open(step);
    else if (old.level != incident->level || old.severity != incident->severity ||
             !str_eq(old.title, incident->title) || step->warnings.n)
        occurrence_announce(step, INCIDENT_UPDATED);

    say_merge(step, old.merged_into);
    unsigned changes = closure_header_changes(step->policy, &old, incident);
    if (is_submitted) changes |= CHANGE_SUBMITTED;
    /* Each time: what is new in it may be what others had brought, and take away again. */
    if (incident->merged_into.p) changes |= CHANGE_FACTS;
    if (has_back) changes |= CHANGE_PARTIES;
    if (answers_otherwise(&before, closure)) changes |= CHANGE_EVALUATION;
    /* What ticks were to go on with, this closure does. */
    incident->cursor = (struct cursor){.stage = STAGE_NONE};
    incident->cursor = cursor_at(step, *stages_of(incident), changes | old.cursor.changes);
    step->is_resumed = incident->cursor.changes & CHANGE_BACK;
}

/* All that was to go home is on its way. An incident that has forgotten what it had says so. */
static void forget_moves(struct step *step)
{
    struct incident *incident = step->incident;
    for (size_t i = 0; i < incident->gone.n && incident->retired && !incident->merged_into.p; i++)
        forward_forgotten(step, incident->gone.items[i].from);
    incident->gone = (struct edge_list){NULL, 0};
    incident->is_forgotten = false;
    incident->forgotten_by = (struct str_list){NULL, 0};
    incident->forgotten_told = STR_NONE;
}

/* What has to wait for a stage is done behind it. What the incident brings goes behind its duties: where it
 * comes to, nothing is asked for that was met here. */
static void follow_stage(struct step *step)
{
    const struct incident *incident = step->incident;
    enum stage next = incident->cursor.stage;
    if (next == STAGE_RELEASE || next == STAGE_CLOSE || (!next && incident->phase == PHASE_WAITING))
        forget_moves(step);
    if (next == STAGE_TAKE && incident->merged_into.p && (incident->cursor.changes & CHANGE_FACTS))
        merged_facts_send(step);
}

/* Goes through the stages from the cursor on. */
static enum decide_result finish(struct step *step, const struct closure_event *event)
{
    struct cursor *cursor = &step->incident->cursor;
    const enum stage *stage = stages_of(step->incident);
    while (*stage != cursor->stage) stage++;
    while (stages_go_on(step, event)) {
        cursor->key = STR_NONE;
        cursor->done = 0;
        cursor->stage = *++stage;
        follow_stage(step);
        if (cursor->stage) continue;
        *cursor = incident_none.cursor;
        occurrence_settle(step);
        closure_settle(step);
        return DECIDE_OK;
    }
    cursor->latest = step->at;
    return DECIDE_MORE;
}

/* Where the record first stood says which one it is; a topic that was made anew may have another
 * one there. */
static bool is_under_way(const struct step *step, const struct closure_event *event)
{
    const struct cursor *cursor = &step->incident->cursor;
    return cursor->topic == step->cause.topic && cursor->partition == step->cause.partition &&
           cursor->offset == step->cause.offset &&
           order_is_same(step->incident->order, event->incident.order);
}

static enum decide_result resume(struct step *step, const struct closure_event *event)
{
    const struct cursor *cursor = &step->incident->cursor;
    step->cause.at = cursor->at;
    step->at = cursor->latest;
    step->warnings = (struct warnings){0}; /* said when it was begun */
    return finish(step, event);
}

/* What is left of a closure that has no findings of its own to be taken (any more). */
static const struct closure_event no_record;

/*
 * Another closure comes while one is under way: that one has been deleted unread, or this one has
 * overtaken it by way of another partition. What is left of it and needs no record is done first,
 * with this record as the cause, so that this one finds the incident whole; the findings inside it
 * that were not taken are lost with it, or (it is late now) count as little as all of them would
 * have, had this one come before it. The same closure, sent again because the record was lost, is
 * no duplicate: it has those findings.
 */
static enum decide_result take_over(struct step *step, const struct closure_event *event)
{
    struct warnings warnings = step->warnings;
    step->warnings = (struct warnings){0};
    enum decide_result result = finish(step, &no_record);
    if (result != DECIDE_OK) return result;
    step->warnings = warnings;
    step->at = step->cause.at;
    begin(step, event);
    return finish(step, event);
}

bool closure_refused(struct step *step, const struct closure_event *event)
{
    return step_refuse_crowded(step, step->incident->order, event->incident.order);
}

enum decide_result closure_take(struct step *step, const struct closure_event *event)
{
    const struct incident *incident = step->incident;
    bool is_later =
        incident->phase == PHASE_WAITING || order_is_later(incident->order, event->incident.order);
    /* What ticks go on with, this closure does. */
    if (incident->cursor.stage && !incident->cursor.ticks) {
        if (is_under_way(step, event)) return resume(step, event);
        if (is_later || order_is_same(incident->order, event->incident.order))
            return take_over(step, event);
    }
    if (!is_later) return DECIDE_OK;
    begin(step, event);
    return finish(step, event);
}

enum decide_result closure_go_on(struct step *step)
{
    struct cursor *cursor = &step->incident->cursor;
    step->cause = (struct cause){
        .topic = cursor->topic,
        .partition = (int)cursor->partition,
        .offset = cursor->offset,
        .event_id = cursor->event_id,
        .at = cursor->at,
    };
    step->at = cursor->latest;
    return finish(step, &no_record);
}

/* ---- merges of other incidents ---- */

/* Ticks go over all that the incident has: its standing is another one, or something is to move. */
static void go_over_all(struct step *step, unsigned changes)
{
    struct incident *incident = step->incident;
    struct cursor *cursor = &incident->cursor;
    changes |= cursor->changes;
    cursor->stage = STAGE_NONE;
    *cursor = cursor_at(step, *stages_of(incident), changes);
    cursor->latest = step->at;
    cursor->event_id = step->cause.event_id;
    cursor->ticks = true;
}

static void make_void(struct step *step)
{
    struct incident *incident = step->incident;
    struct str before = incident->merged_into;
    incident->merge_void = before;
    incident->merged_into = STR_NONE;
    warn_of_circle(step);
    occurrence_announce(step, INCIDENT_UPDATED);
    say_merge(step, before);
    go_over_all(step, CHANGE_BACK);
}

static void make_again(struct step *step)
{
    struct incident *incident = step->incident;
    incident->merged_into = incident->merge_void;
    closure_header_forget_circle(incident);
    occurrence_announce(step, INCIDENT_UPDATED);
    say_merge(step, STR_NONE);
    go_over_all(step, CHANGE_FACTS);
}

void closure_settle(struct step *step)
{
    struct incident *incident = step->incident;
    /* A record that is under way is done first: its stages are those of the standing it began with. */
    if (incident->cursor.stage && !incident->cursor.ticks) return;
    /* Of the merge that there is now: another one forgets it. */
    if (incident->circle.n && incident->merged_into.p) make_void(step);
    if (incident->circle_is_open) make_again(step);
    if (incident->brought) {
        unsigned changes = incident->brought;
        incident->brought = 0;
        go_over_all(step, changes);
    }
    if (incident->gone.n || incident->is_forgotten) go_over_all(step, 0);
}

void closure_take_facts(struct step *step, const struct facts_event *event)
{
    struct incident *incident = step->incident;
    const struct incident old = *incident;
    bool has_more = merged_facts_take(step, event);
    if (incident->phase == PHASE_WAITING) return;
    merged_facts_count(step);
    closure_header_decide_level(step);
    unsigned changes =
        closure_header_changes(step->policy, &old, incident) & ~(unsigned)CHANGE_BACK;
    if (changes || step->warnings.n) occurrence_announce(step, INCIDENT_UPDATED);
    if (has_more) changes |= CHANGE_FACTS;
    if (!changes) return;
    if (!incident_is_put_aside(incident)) incident->brought |= changes;
    closure_settle(step);
}

enum decide_result closure_give_up(struct step *step)
{
    enum decide_result result = resume(step, &no_record);
    /* The same record sent again is no duplicate: it brings what was not taken of this one. */
    if (result == DECIDE_OK) step->incident->order = order_just_before(step->incident->order);
    return result;
}
