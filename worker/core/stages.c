/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows of a closure for the tasks and findings of its incident, stage by stage. These may be
 * thousands, so each stage can stop, and goes on behind the cursor in the header.
 */
#include "stages.h"

#include "coordination.h"
#include "duty_way.h"
#include "finding.h"
#include "finding_task.h"
#include "followup.h"
#include "forward.h"
#include "incident.h"
#include "merged_facts.h"
#include "obligation.h"
#include "recurrence.h"
#include "task.h"

static const enum stage follow_up[] = {STAGE_DUTIES, STAGE_PARTIES, STAGE_UPDATE, STAGE_RATE,
                                       STAGE_TAKE,   STAGE_RETURN,  STAGE_MOVE,   STAGE_RELEASE,
                                       STAGE_DOUBTS, STAGE_NONE};
/* Its duties and findings go on to the other incident. */
static const enum stage merge_away[] = {STAGE_DUTIES, STAGE_PARTIES, STAGE_HAND_ON,
                                        STAGE_TAKE,   STAGE_RETURN,  STAGE_MOVE,
                                        STAGE_FOLLOW, STAGE_CLOSE,   STAGE_NONE};
/* It is none. */
static const enum stage dismiss[] = {STAGE_RETURN, STAGE_MOVE, STAGE_CLOSE,
                                     STAGE_HOLD,   STAGE_TAKE, STAGE_NONE};
/* It is not closed. */
static const enum stage wait[] = {STAGE_RETURN, STAGE_MOVE, STAGE_AWAIT, STAGE_NONE};
/* Nothing but what a finding that has come may mean for others. */
static const enum stage look_again[] = {STAGE_AGAIN, STAGE_NONE};

const enum stage *stages_of(const struct incident *incident)
{
    if (incident->cursor.stage == STAGE_AGAIN) return look_again;
    if (incident->phase == PHASE_WAITING) return wait;
    if (incident->merged_into.p) return merge_away;
    return incident->level == LEVEL_UNCONFIRMED ? dismiss : follow_up;
}

/* Brings a finding that is here to where it belongs. One that is a duplicate goes behind the others,
 * which are then known where it comes to. */
static void place(struct step *step, struct entry *entry, bool follows)
{
    const struct incident *incident = step->incident;
    const struct finding *finding = entry->finding;
    if (finding->moved_to.p) {
        if (!incident->is_forgotten) return;
        if (finding->origin.incident_id.p) {
            if (forward_tell_home(step, finding->moved_to, finding->origin.incident_id))
                finding_look_home(step, entry);
            return;
        }
        finding_go_on_here(step, entry);
        finding = entry->finding;
    }
    if (forward_is_undone(incident, finding->passed))
        finding_leave(step, entry, finding->origin.incident_id, RESOLUTION_SUPERSEDED);
    else if (incident->merged_into.p && (follows || finding->status != REPORTED_DUPLICATE))
        finding_leave(step, entry, incident->merged_into, RESOLUTION_DUPLICATE);
}

static void move(struct step *step, struct entry *entry)
{
    place(step, entry, false);
}

static void follow(struct step *step, struct entry *entry)
{
    place(step, entry, true);
}

static void place_duty(struct step *step, struct entry *entry)
{
    duty_way_place(step, entry);
    obligation_settle(step, entry->duty->name);
}

/* Nobody is to be reminded of a merge that is no more. */
static void forget_waiting(struct step *step, struct entry *entry)
{
    if (!forward_is_undone(step->incident, entry->waiting->passed)) return;
    entry->exists = false;
    step_touch(step, entry);
    step_count(step, 1, 0);
}

static void close_task(struct step *step, struct entry *entry)
{
    const struct incident *incident = step->incident;
    if (incident->merged_into.p)
        task_put_aside(
            step, entry, RESOLUTION_DUPLICATE,
            arena_printf(step->arena, "merged into %.*s", STR_ARG(incident->merged_into)));
    else
        task_put_aside(step, entry, RESOLUTION_DISMISSED,
                       arena_printf(step->arena, "the incident is %.*s",
                                    STR_ARG(disposition_name(incident->disposition))));
}

/* The stages that go over the incident's entries; `when`: only after these changes, if any. */
static const struct {
    enum entry_type type;
    unsigned when;
    void (*handle)(struct step *step, struct entry *entry);
} over_entries[stage_end] = {
    [STAGE_DUTIES] = {ENTRY_DUTY, 0, place_duty},
    [STAGE_RETURN] = {ENTRY_DUTY, 0, place_duty},
    [STAGE_HAND_ON] = {ENTRY_TASK, 0, duty_way_hand_on},
    [STAGE_AWAIT] = {ENTRY_WAITING, 0, forget_waiting},
    [STAGE_UPDATE] = {ENTRY_TASK, CHANGE_SEVERITY | CHANGE_OWNER | CHANGE_LABELS | CHANGE_FLAGS,
                      followup_update},
    [STAGE_RATE] = {ENTRY_FINDING, CHANGE_RAISED | CHANGE_SEVERITY | CHANGE_LABELS | CHANGE_FLAGS,
                    finding_task_decide_anew},
    [STAGE_RELEASE] = {ENTRY_FINDING, 0, finding_release},
    [STAGE_DOUBTS] = {ENTRY_FINDING, 0, finding_look_again},
    [STAGE_AGAIN] = {ENTRY_FINDING, 0, finding_look_again},
    [STAGE_MOVE] = {ENTRY_FINDING, 0, move},
    [STAGE_FOLLOW] = {ENTRY_FINDING, 0, follow},
    [STAGE_CLOSE] = {ENTRY_TASK, 0, close_task},
    [STAGE_HOLD] = {ENTRY_FINDING, 0, finding_hold},
};

static bool go_over_entries(struct step *step)
{
    struct cursor *cursor = &step->incident->cursor;
    unsigned when = over_entries[cursor->stage].when;
    if (when && !(cursor->changes & when)) return true;
    size_t n;
    struct entry **entries = step_entries(step, over_entries[cursor->stage].type, &n);
    for (size_t i = 0; i < n; i++) {
        if (cursor->key.p && str_cmp(entries[i]->key, cursor->key) <= 0) continue;
        if (step_is_full(step)) return false;
        size_t bytes = step->bytes;
        over_entries[cursor->stage].handle(step, entries[i]);
        recurrence_follow(step);
        step_handled(step, bytes);
        cursor->key = entries[i]->key;
    }
    return true;
}

/* Parties and obligations of the closure as it is stored: what this record says of none stays as it was. */
static bool go_over_parties(struct step *step)
{
    const struct closure joined = merged_facts_join(step), *closure = &joined;
    int64_t *done = &step->incident->cursor.done;
    const bool is_stored = step_closure(step)->exists;
    if (step->incident->level == LEVEL_UNCONFIRMED) return true;
    /* After its retention nothing of the closure is left: where the incident goes on then it is asked for
     * what each one is, and its duties come home. */
    if (!*done && !step->incident->merged_into.p && (is_stored || step->is_resumed))
        followup_make(step, closure);
    if (!is_stored) return true;
    size_t parties = closure->coordination.n;
    for (; (size_t)*done < parties + obligation_turns(step, closure); ++*done) {
        if (step_is_full(step)) return false;
        size_t bytes = step->bytes;
        if ((size_t)*done < parties)
            coordination_take(step, &closure->coordination.items[*done]);
        else
            obligation_take(step, closure, (size_t)*done - parties);
        step_handled(step, bytes);
    }
    return true;
}

static bool go_over_findings(struct step *step, const struct closure_event *event)
{
    int64_t *done = &step->incident->cursor.done;
    for (; (size_t)*done < event->findings_n; ++*done) {
        if (step_is_full(step)) return false;
        size_t bytes = step->bytes;
        finding_take(step, &event->findings[*done], true);
        recurrence_follow(step);
        step_handled(step, bytes);
    }
    return true;
}

bool stages_go_on(struct step *step, const struct closure_event *event)
{
    switch (step->incident->cursor.stage) {
    case STAGE_PARTIES: return go_over_parties(step);
    case STAGE_TAKE: return go_over_findings(step, event);
    case STAGE_DUTIES:
    case STAGE_HAND_ON:
    case STAGE_RETURN:
    case STAGE_AWAIT:
    case STAGE_UPDATE:
    case STAGE_RATE:
    case STAGE_RELEASE:
    case STAGE_DOUBTS:
    case STAGE_MOVE:
    case STAGE_FOLLOW:
    case STAGE_CLOSE:
    case STAGE_HOLD:
    case STAGE_RETIRE:
    case STAGE_AGAIN:
    case STAGE_NONE:
    default: return go_over_entries(step);
    }
}

void stages_place(struct step *step, struct entry *finding)
{
    place(step, finding, true);
}
