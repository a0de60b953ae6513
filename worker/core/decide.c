/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "step.h"

struct output *step_emit(struct step *step, enum output_type type)
{
    struct outputs *outputs = &step->d->outputs;
    struct output *output = ARENA_PUSH(step->arena, outputs->items, outputs->n, outputs->cap);
    *output = (struct output){
        .type = type,
        .incident_id = step->incident->incident_id,
        .at = step->at,
        .cause = step->cause,
        .policy_version = step->policy->version,
    };
    /* Warnings stand once, on the first event that their input causes. */
    if (type == OUTPUT_TASK || type == OUTPUT_INCIDENT) {
        output->warnings = step->warnings;
        step->warnings = (struct warnings){0};
    }
    return output;
}

void step_warn(struct step *step, struct str member, struct str value, struct str taken_as)
{
    size_t n = step->warnings.n;
    struct warning *items = arena_alloc(step->arena, (n + 1) * sizeof *items);
    if (n) memcpy(items, step->warnings.items, n * sizeof *items);
    items[n] = (struct warning){member, value, taken_as};
    step->warnings = (struct warnings){items, n + 1};
}

/* What was never asked of the store must not be taken for absent: it would begin a second life
 * with ids that were used. */
static struct entry *known(struct step *step, struct str key)
{
    struct entry *entry = state_entry(step->d->table, key);
    assert(entry->exists || entry->loaded || entry->header->whole);
    return entry;
}

struct entry *step_task_entry(struct step *step, struct str name)
{
    return known(step, state_task_key(step->arena, step->incident->incident_id, name));
}

struct entry *step_finding_entry(struct step *step, struct str finding_id)
{
    return known(step, state_finding_key(step->arena, step->incident->incident_id, finding_id));
}

/* Far below what a transaction holds, for what is counted is an estimate. */
#define STEP_BYTES_MAX ((size_t)8 << 20)

bool step_is_full(const struct step *step)
{
    size_t max = step->d->step_max ? step->d->step_max : DECIDE_STEP_MAX;
    return step->handled >= max || step->bytes >= STEP_BYTES_MAX;
}

size_t step_list_bytes(struct str_list list)
{
    size_t bytes = 0;
    for (size_t i = 0; i < list.n; i++) bytes += list.items[i].n;
    return bytes;
}

static void need_key(struct need *need, struct str key)
{
    need->keys[need->n++] = key;
}

/* "<header key>|t|<kind>/<part>", the parts encoded already; without printf, for every finding
 * event needs five of them. */
static struct str finding_task_key(struct arena *arena, struct str header_key, int kind,
                                   struct str part)
{
    struct str name = task_kind_name(kind);
    char *key = arena_alloc(arena, header_key.n + 3 + name.n + 1 + part.n), *at = key;
    at = mempcpy(at, header_key.p, header_key.n);
    at = mempcpy(at, "|t|", 3);
    at = mempcpy(at, name.p, name.n);
    *at++ = '/';
    at = mempcpy(at, part.p, part.n);
    return (struct str){key, (size_t)(at - key)};
}

static void need_finding(struct arena *arena, const struct finding_event *event, struct need *need)
{
    static const int kinds[] = {KIND_BUG, KIND_CHANGE_REQUEST, KIND_SERVICE_INVESTMENT,
                                KIND_REGISTER_ENTRY, KIND_SOP_UPDATE};
    struct str header_key = need->keys[0];
    struct str part = state_encode_part(arena, event->finding.finding_id);
    need_key(need, state_finding_key(arena, event->incident_id, event->finding.finding_id));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        need_key(need, finding_task_key(arena, header_key, kinds[i], part));
    /* Made with the first finding of a process category. */
    struct str review = task_kind_name(KIND_STAKEHOLDER_REVIEW);
    need_key(need, state_task_key(arena, event->incident_id, review));
}

static void need_task(struct arena *arena, const struct task_update_event *event, struct need *need)
{
    if (!event->name.p) return;
    need_key(need, state_task_key(arena, event->incident_id, event->name));
    const char *slash = memchr(event->name.p, '/', event->name.n);
    if (!slash) return;
    /* What follows is encoded already, just as in a key of CONTRACT part 6. */
    struct str part = {slash + 1, (size_t)(event->name.p + event->name.n - slash - 1)};
    struct str header = state_incident_key(arena, event->incident_id);
    need_key(need, arena_printf(arena, "%.*s|f|%.*s", STR_ARG(header), STR_ARG(part)));
}

void decide_need(struct arena *arena, const struct event *event, struct need *need)
{
    need->n = 0;
    need->whole = event->type == EVENT_CLOSURE;
    if (event->type == EVENT_TICK) {
        need_key(need, state_header_key(event->tick_key));
        need_key(need, event->tick_key);
        /* A header's ticks are reviews with the list of tasks, and the end of retention. */
        need->whole = need->keys[0].n == event->tick_key.n;
        return;
    }
    need_key(need, state_incident_key(arena, event->incident_id));
    if (event->type == EVENT_FINDING) need_finding(arena, event->finding, need);
    if (event->type == EVENT_TASK_UPDATE) need_task(arena, event->task_update, need);
}

/* Whether the past of the incident was to be deleted before `at`. A tick does that; but where a
 * record comes before the tick that was due before it, nothing of the past may come back to life. */
static bool is_past(const struct policy *policy, const struct incident *incident, ms_t at)
{
    if (incident->phase != PHASE_COMPLETED || incident->cursor.stage) return false;
    ms_t end = review_wake_at(policy, incident);
    return end != TIME_NONE && end <= at;
}

bool decide_needs_whole(const struct policy *policy, const struct event *event,
                        const struct entry *header)
{
    if (!header->exists) return false;
    const struct incident *incident = header->incident;
    /* Ids of a later life have a suffix that only the header tells. */
    if (incident->retired > 0 || is_past(policy, incident, event->cause.at)) return true;
    if (event->type != EVENT_FINDING || incident->phase == PHASE_WAITING) return false;
    /* A duplicate names a finding, that may name another, and so on. One that has come round a
     * circle of merges may end the merge. */
    const struct finding *finding = &event->finding->finding;
    return finding->status == REPORTED_DUPLICATE || finding->duplicate_of.p ||
           incident->cursor.stage ||
           (incident->merged_into.p && merged_has_passed(finding, incident->incident_id));
}

ms_t decide_wake_at(const struct policy *policy, const struct entry *entry)
{
    if (!entry->exists) return TIME_NONE;
    switch (entry->type) {
    case ENTRY_INCIDENT: return review_wake_at(policy, entry->incident);
    case ENTRY_FINDING: return finding_wake_at(policy, entry->finding);
    case ENTRY_TASK:
        return time_first(task_next_sla(policy, entry->task), reminder_next(policy, entry->task));
    default: return TIME_NONE;
    }
}

static struct incident *new_incident(struct arena *arena, struct str incident_id)
{
    struct incident *incident = ARENA_NEW(arena, struct incident);
    incident->incident_id = incident_id;
    incident->order = (struct order){-1, TIME_NONE};
    incident->started_at = incident->detected_at = incident->contained_at = TIME_NONE;
    incident->closed_at = incident->opened_at = incident->completed_at = TIME_NONE;
    incident->review_last = TIME_NONE;
    incident->cursor.at = incident->cursor.latest = TIME_NONE;
    return incident;
}

/* This event's own copy of the header, so that outputs of earlier events keep theirs. */
static void begin(struct step *step, struct decision *d, const struct event *event)
{
    struct str key = event->type == EVENT_TICK ? state_header_key(event->tick_key)
                                               : state_incident_key(d->arena, event->incident_id);
    struct entry *header = state_entry(d->table, key);
    *step = (struct step){
        .d = d,
        .policy = d->policy,
        .arena = d->arena,
        .header = header,
        .cause = event->cause,
        .at = event->cause.at,
        .incident = header->exists
                        ? arena_copy(d->arena, header->incident, sizeof *header->incident)
                        : new_incident(d->arena, event->incident_id),
    };
    step->back = step->incident->cursor.changes & CHANGE_BACK;
}

static void end(struct step *step)
{
    struct entry *header = step->header;
    if (header->exists && !memcmp(header->incident, step->incident, sizeof *step->incident)) return;
    header->incident = step->incident;
    header->exists = true;
    state_touch(step->d->table, header);
    header->wake_at = review_wake_at(step->policy, step->incident);
}

static bool refused(struct decision *d, const struct event *event)
{
    if (event->type == EVENT_FINDING) return finding_refused(d, event->finding);
    if (event->type != EVENT_TASK_UPDATE) return false;
    const struct task_update_event *update = event->task_update;
    struct entry *entry = NULL;
    if (update->name.p)
        entry = state_find(d->table, state_task_key(d->arena, update->incident_id, update->name));
    return task_update_refused(d, update, entry);
}

static enum decide_result tick(struct step *step, const struct event *event, ms_t until)
{
    struct entry *entry = state_find(step->d->table, event->tick_key);
    /* Written in any case: the store's wake time may be an old one. */
    state_touch(step->d->table, entry);
    entry->wake_at = decide_wake_at(step->policy, entry);
    if (!entry->exists || entry->wake_at == TIME_NONE || entry->wake_at > until) return DECIDE_OK;
    if (entry->type == ENTRY_INCIDENT) return review_tick(step, until);
    if (entry->type == ENTRY_FINDING) {
        finding_tick(step, entry);
    } else {
        task_settle(step, entry, until);
        reminder_tick(step, entry, until);
    }
    return DECIDE_OK;
}

bool decide_is_begun(const struct event *event, const struct entry *header)
{
    if (!header->exists) return false;
    const struct cursor *cursor = &header->incident->cursor;
    return cursor->stage && cursor->topic == event->cause.topic &&
           cursor->partition == event->cause.partition && cursor->offset == event->cause.offset;
}

static enum decide_result decide(struct step *step, const struct event *event, ms_t now)
{
    if (event->is_given_up) return closure_give_up(step, event->type == EVENT_CLOSURE);
    switch (event->type) {
    case EVENT_CLOSURE:
        step->warnings = event->closure->warnings;
        return closure_take(step, event->closure);
    case EVENT_FINDING: return merged_take_finding(step, event->finding);
    case EVENT_TASK_UPDATE:
        step->warnings = event->task_update->warnings;
        task_take_update(step, event->task_update);
        incident_settle(step);
        return DECIDE_OK;
    default: return tick(step, event, now);
    }
}

enum decide_result decide_event(struct decision *d, const struct event *event, ms_t now)
{
    struct step step;
    enum decide_result result = DECIDE_MORE;
    begin(&step, d, event);
    if (event->type == EVENT_TICK && !step.header->exists) {
        /* A wake time without its incident: only the store's timer is left to remove. */
        state_touch(d->table, state_entry(d->table, event->tick_key));
        return DECIDE_OK;
    }
    if (step.incident->cursor.stage == STAGE_RETIRE ||
        (event->type != EVENT_TICK && is_past(d->policy, step.incident, event->cause.at))) {
        /* Whatever it is, it finds the past deleted to the end. */
        review_retire(&step);
    } else if (refused(d, event)) {
        return DECIDE_REJECT;
    } else {
        result = decide(&step, event, now);
    }
    end(&step);
    return result;
}
