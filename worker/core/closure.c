/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a closure does: first what it says of the incident, then, stage by stage, what follows for
 * its tasks and findings. These may be thousands, so each stage can stop, and go on from there when
 * the record is given again: the cursor in the header has all that the rest needs to know.
 */
#include "closure.h"

#include "coordination.h"
#include "duty.h"
#include "finding.h"
#include "finding_task.h"
#include "followup.h"
#include "forward.h"
#include "incident.h"
#include "merged_lists.h"
#include "obligation.h"
#include "occurrence.h"
#include "order.h"
#include "recurrence.h"
#include "task.h"

/* ---- what it says ---- */

/* Whether it asks once more for the merge that would close a circle. */
static bool says_void_merge(const struct incident *stored, const struct closure_event *event)
{
    struct str into = event->incident.merged_into;
    return (event->present & CLOSURE_MERGED_INTO) && into.p && str_eq(into, stored->merge_void);
}

static void forget_circle(struct incident *incident)
{
    incident->merge_void = STR_NONE;
    incident->circle = (struct str_list){NULL, 0};
    incident->circle_is_open = false;
}

/* True wins, and what is suspected is more than false. */
static enum tristate stronger(enum tristate a, enum tristate b)
{
    static const int strength[] = {0, [TRI_FALSE] = 1, [TRI_SUSPECTED] = 2, [TRI_TRUE] = 3};
    return strength[a] >= strength[b] ? a : b;
}

static enum severity higher(enum severity a, enum severity b)
{
    return a && (!b || a < b) ? a : b;
}

static struct entry *merged_entry(struct step *step)
{
    return step_holder(step, state_merged_key(step->arena, step->header->key));
}

static const struct merged_lists *brought_lists(struct step *step)
{
    static const struct merged_lists none;
    const struct entry *entry = merged_entry(step);
    return entry->exists ? entry->merged : &none;
}

/* What incidents that were merged into it have brought counts beside its own. */
static void count_merged(struct step *step)
{
    struct incident *incident = step->incident;
    incident->labels = merged_labels(step->arena, incident->labels, brought_lists(step)->labels);
    incident->severity = higher(incident->severity, incident->merged_severity);
    incident->customer_impacting =
        stronger(incident->customer_impacting, incident->merged_customer_impacting);
    incident->data_breach = stronger(incident->data_breach, incident->merged_data_breach);
}

static void merge_header(struct step *step, const struct closure_event *event)
{
    const struct policy *policy = step->policy;
    struct incident *stored = step->incident;
    const struct incident *in = &event->incident;
    unsigned present = event->present;
    /* An incident merged into itself is a publisher's slip, not a merge. One that is void stays so
     * until the publisher says something else. */
    if ((present & CLOSURE_MERGED_INTO) && !str_eq(in->merged_into, stored->incident_id) &&
        !says_void_merge(stored, event)) {
        stored->merged_into = in->merged_into;
        forget_circle(stored);
    }
    stored->closed_at = in->closed_at;
    struct owner owner = policy_owner(policy, stored->owner, in->owner, event->owner_part);
    INCIDENT_MEMBERS(MEMBER_MERGE, MEMBER_SKIP)
    if (present & CLOSURE_OWNER) stored->owner = owner;
    if (!stored->severity) stored->severity = policy->severity_default;
    count_merged(step);
}

static void merge_closure(struct closure *stored, const struct closure *in, unsigned present)
{
    CLOSURE_MEMBERS(MEMBER_MERGE)
}

static struct entry *closure_entry(struct step *step)
{
    return step_holder(step, state_closure_key(step->arena, step->header->key));
}

static struct closure *edit_closure(struct step *step)
{
    struct entry *entry = closure_entry(step);
    struct closure *closure = ARENA_NEW(step->arena, struct closure);
    if (entry->exists) *closure = *entry->closure;
    entry->closure = closure;
    entry->exists = true;
    step_touch(step, entry);
    return closure;
}

/* What asks for a full postmortem now: the closure, each condition of the policy that holds, and, where
 * that is all, an incident that was merged into this one. */
static struct str_list reasons(const struct step *step)
{
    const struct incident *incident = step->incident;
    const struct conditions *full_when = &step->policy->full_when;
    struct condition_subject subject = incident_subject(step->policy, incident);
    struct str_list reasons = {arena_alloc(step->arena, (full_when->n + 2) * sizeof(struct str)),
                               0};
    if (incident->postmortem == LEVEL_FULL) reasons.items[reasons.n++] = STR("request");
    for (size_t i = 0; i < full_when->n; i++)
        if (condition_holds(&full_when->items[i], &subject))
            reasons.items[reasons.n++] = full_when->items[i].text;
    if (incident->merged_full && !reasons.n) reasons.items[reasons.n++] = STR("merge");
    return reasons;
}

/* Full never turns back into light, and when nothing asks for it any more its reasons stay. */
static void decide_level(struct step *step)
{
    struct incident *incident = step->incident;
    struct str_list asking = reasons(step);
    if (incident->disposition > DISPOSITION_CONFIRMED) {
        incident->level = LEVEL_UNCONFIRMED;
        incident->because = (struct str_list){NULL, 0};
    } else if (asking.n || incident->level == LEVEL_FULL) {
        incident->level = LEVEL_FULL;
        if (asking.n) incident->because = asking;
    } else {
        incident->level = LEVEL_LIGHT;
    }
}

static unsigned what_changed(const struct policy *policy, const struct incident *old,
                             const struct incident *now)
{
    unsigned changes = 0;
    if (old->level == LEVEL_UNCONFIRMED || old->merged_into.p) changes |= CHANGE_BACK;
    if (old->severity != now->severity) changes |= CHANGE_SEVERITY;
    if (!owner_eq(old->owner, now->owner)) changes |= CHANGE_OWNER;
    if (!labels_eq(old->labels, now->labels)) changes |= CHANGE_LABELS;
    if (incident_subject(policy, old).flags != incident_subject(policy, now).flags)
        changes |= CHANGE_FLAGS;
    if (old->level == LEVEL_LIGHT && now->level == LEVEL_FULL) changes |= CHANGE_RAISED;
    return changes;
}

static bool answers_otherwise(const struct closure *old, const struct closure *now)
{
    return now->sufficient != old->sufficient || now->complete != old->complete;
}

/* ---- the stages ---- */

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

static const enum stage *stages_of(const struct incident *incident)
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
            forward_tell_home(step, finding->moved_to, finding->origin.incident_id);
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
    duty_place(step, entry);
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
    [STAGE_HAND_ON] = {ENTRY_TASK, 0, duty_hand_on},
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

/* With what merged incidents have brought. */
static struct closure joined_closure(struct step *step, const struct entry *entry)
{
    static const struct closure none;
    return merged_lists_join(step->arena, entry->exists ? entry->closure : &none,
                             brought_lists(step));
}

/* Parties and obligations of the closure as it is stored: what this record says of none stays as it was. */
static bool go_over_parties(struct step *step)
{
    const struct entry *entry = closure_entry(step);
    const struct closure joined = joined_closure(step, entry), *closure = &joined;
    int64_t *done = &step->incident->cursor.done;
    /* After its retention nothing of the closure is left to ask for. */
    if (!entry->exists || step->incident->level == LEVEL_UNCONFIRMED) return true;
    if (!*done && !step->incident->merged_into.p) followup_make(step, closure);
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

static bool go_on(struct step *step, const struct closure_event *event)
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

/* ---- a closure, from its first part to its last ---- */

static const struct cursor no_cursor = {.at = TIME_NONE, .latest = TIME_NONE};

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

/* Whether it brings the incident that it is merged into what that does not know yet. */
static bool brings_news(struct step *step, const struct incident *old, struct merged_lists lists)
{
    const struct incident *now = step->incident;
    const struct merged_facts was = forward_facts_of(old), is = forward_facts_of(now);
    const struct merged_lists said = merged_lists_of(closure_entry(step)->closure, now->labels);
    if (!now->merged_into.p) return false;
    return !str_eq(old->merged_into, now->merged_into) || was.severity != is.severity ||
           was.data_breach != is.data_breach || was.customer_impacting != is.customer_impacting ||
           was.full != is.full || merged_lists_lack(&lists, &said);
}

/* On an event of the incident, or on one of its own. */
static void warn_left(struct step *step, const struct merged_left *left, const char *what)
{
    const struct {
        const char *member;
        size_t n;
    } all[] = {{"labels", left->labels},
               {"timeline", left->timeline},
               {"technical_summary.evidence", left->evidence},
               {"technical_summary.takeaways", left->takeaways},
               {"technical_summary.response", left->response}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].n)
            step_warn(
                step, arena_str(step->arena, (struct str){all[i].member, strlen(all[i].member)}),
                STR_NONE,
                arena_printf(step->arena, "%s: %zu entries, there is no room", what, all[i].n));
}

/* What it brings goes to the incident that it is merged into, as much as fits. */
static void send_facts(struct step *step)
{
    const struct closure joined = joined_closure(step, closure_entry(step));
    const struct merged_lists all = merged_lists_of(&joined, step->incident->labels);
    struct facts_event on = {.facts = forward_facts_of(step->incident)};
    struct merged_left left;
    (void)merged_lists_add(step->arena, &on.lists, &all, &left);
    warn_left(step, &left, "not taken along with the merge");
    if (step->warnings.n) occurrence_announce(step, INCIDENT_UPDATED);
    forward_facts(step, &on);
}

static void begin(struct step *step, const struct closure_event *event)
{
    struct incident *incident = step->incident;
    struct incident old = *incident;
    incident->order = order_advance(step->arena, incident->order, event->incident.order);
    incident->awaited_since = TIME_NONE;
    merge_header(step, event);
    if (says_void_merge(incident, event)) warn_of_circle(step);
    decide_level(step);
    struct closure *closure = edit_closure(step);
    const struct merged_lists lists = merged_lists_of(closure, old.labels);
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
    unsigned changes = what_changed(step->policy, &old, incident);
    if (is_submitted) changes |= CHANGE_SUBMITTED;
    if (brings_news(step, &old, lists)) changes |= CHANGE_FACTS;
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
        send_facts(step);
}

/* Goes through the stages from the cursor on. */
static enum decide_result finish(struct step *step, const struct closure_event *event)
{
    struct cursor *cursor = &step->incident->cursor;
    const enum stage *stage = stages_of(step->incident);
    while (*stage != cursor->stage) stage++;
    while (go_on(step, event)) {
        cursor->key = STR_NONE;
        cursor->done = 0;
        cursor->stage = *++stage;
        follow_stage(step);
        if (cursor->stage) continue;
        *cursor = no_cursor;
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
    forget_circle(incident);
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

/* Returns whether there is any that was not known. */
static bool take_lists(struct step *step, const struct merged_lists *lists)
{
    struct entry *entry = merged_entry(step);
    struct merged_lists *all = ARENA_NEW(step->arena, struct merged_lists);
    struct merged_left left;
    if (entry->exists) *all = *entry->merged;
    bool any = merged_lists_add(step->arena, all, lists, &left);
    warn_left(step, &left, "not taken over from a merged incident");
    if (!any) return false;
    entry->merged = all;
    entry->exists = true;
    step_touch(step, entry);
    return true;
}

void closure_take_facts(struct step *step, const struct facts_event *event)
{
    const struct merged_facts *facts = &event->facts;
    struct incident *incident = step->incident;
    const struct incident old = *incident;
    bool has_more = take_lists(step, &event->lists);
    incident->merged_severity = higher(incident->merged_severity, facts->severity);
    incident->merged_customer_impacting =
        stronger(incident->merged_customer_impacting, facts->customer_impacting);
    incident->merged_data_breach = stronger(incident->merged_data_breach, facts->data_breach);
    incident->merged_full |= facts->full;
    if (incident->phase == PHASE_WAITING) return;
    count_merged(step);
    decide_level(step);
    unsigned changes = what_changed(step->policy, &old, incident) & ~(unsigned)CHANGE_BACK;
    if (changes || step->warnings.n) occurrence_announce(step, INCIDENT_UPDATED);
    if (has_more) changes |= CHANGE_FACTS;
    if (!changes) return;
    if (!incident_is_put_aside(incident)) incident->brought |= changes;
    closure_settle(step);
}

void closure_place(struct step *step, struct entry *finding)
{
    place(step, finding, true);
}

enum decide_result closure_give_up(struct step *step)
{
    enum decide_result result = resume(step, &no_record);
    /* The same record sent again is no duplicate: it brings what was not taken of this one. */
    if (result == DECIDE_OK) step->incident->order = order_just_before(step->incident->order);
    return result;
}
