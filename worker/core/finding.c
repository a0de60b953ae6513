/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a finding: held until its incident is closed, then followed up by its tasks; held
 * again when the incident is none, or is a part of another one, where it goes on.
 */
#include "finding.h"

#include "closing.h"
#include "common/ensure.h"
#include "common/text.h"
#include "deadline.h"
#include "duplicate.h"
#include "finding_task.h"
#include "forward.h"
#include "occurrence.h"
#include "order.h"
#include "reminder.h"
#include "rules.h"
#include "schedule.h"

static void merge(struct finding *stored, const struct finding *in, unsigned present)
{
    FINDING_SAID(MEMBER_MERGE)
}

/* What a record says, with what follows from it: of another status the old one's reason is none. A
 * dismissal has to have one, and takes what is stored for its own (R4.76, R4.81). */
static unsigned says(const struct finding *stored, const struct finding *in, unsigned present)
{
    if (!(present & FINDING_STATUS) || in->status == REPORTED_DISMISSED ||
        in->status == REPORTED_WONT_FIX)
        return present;
    enum reported_status old = stored->status ? stored->status : REPORTED_OPEN;
    enum reported_status now = in->status ? in->status : REPORTED_OPEN;
    return old == now ? present : present | FINDING_REASON;
}

static struct finding *edit(struct step *step, struct entry *entry)
{
    ENSURE(entry->type == ENTRY_FINDING);
    entry->finding = arena_copy(step->arena, entry->finding, sizeof *entry->finding);
    step_touch(step, entry);
    return entry->finding;
}

static bool is_news(const struct step *step, const struct finding *stored, const struct finding *in,
                    bool in_closure)
{
    struct order order = in->order;
    /* What comes back to where it has been tells something new only if it says that itself. */
    if (forward_has_passed(in, step->incident->incident_id)) {
        if (order.revision < 0 && order.time == TIME_NONE) return false;
        order.taken.n = 0;
    }
    /* What a closure says of a finding never overrides what its own topic said, unless its own
     * revision is higher. */
    if (in_closure && !stored->is_inline)
        return in->order.revision >= 0 && in->order.revision > stored->order.revision;
    return order_is_later(stored->order, order);
}

static struct finding *first_sight(struct step *step, struct entry *entry, const struct finding *in)
{
    struct finding *finding = ARENA_NEW(step->arena, struct finding);
    *finding = finding_none;
    finding->finding_id = in->finding_id;
    finding->origin = in->origin;
    finding->first_seen_at = step->at;
    finding->is_inline = true;
    entry->finding = finding;
    entry->exists = true;
    step_touch(step, entry);
    step->incident->findings++;
    return finding;
}

/* They belong on the event that the finding will make. */
static void hold_warnings(struct step *step, struct finding *finding)
{
    finding->warnings = step_join_warnings(step->arena, finding->warnings, step->warnings);
}

static void take_held_warnings(struct step *step, struct finding *finding)
{
    step->warnings = step_join_warnings(step->arena, finding->warnings, step->warnings);
    finding->warnings = (struct warnings){0};
}

/* A finding that has no task, nor will get one as things are, has its warnings on an event of its
 * incident; there the member says whose it is. */
static void tell_of_incident(struct step *step, const struct finding *finding)
{
    struct warnings said = step->warnings;
    if (!said.n) return;
    struct warning *items = arena_copy(step->arena, said.items, said.n * sizeof *items);
    for (size_t i = 0; i < said.n; i++)
        if (!str_starts(items[i].member, STR("findings["))) /* so it is inside a closure */
            items[i].member = arena_printf(step->arena, "findings[%.*s].%.*s",
                                           STR_ARG(finding->finding_id), STR_ARG(items[i].member));
    step->warnings.items = items;
    step_count(step, 1, 0);
    occurrence_announce(step, INCIDENT_UPDATED);
}

void finding_look_again(struct step *step, struct entry *entry)
{
    enum doubt old = entry->finding->doubt;
    if (!old) return;
    enum doubt doubt = duplicate_doubt(step, entry->finding);
    if (doubt == old) return;
    struct finding *finding = edit(step, entry);
    step_count_finding(step, finding);
    duplicate_set_doubt(step, finding, doubt);
    if (doubt) duplicate_warn(step, finding);
    finding_task_settle(step, finding, old);
}

static struct claim claim_of(struct step *step, const struct finding *stored,
                             const struct finding_event *event)
{
    struct finding f = *stored;
    merge(&f, &event->finding, event->present);
    return (struct claim){
        .status = event->present & FINDING_STATUS ? f.status : reported_status_none,
        .priority = rules_decide(step, rules_kind(step, &f), &f).priority,
        .has_reason = f.reason.n,
        .accepted_until = f.accepted_until,
        .accepted_by = f.accepted_by,
    };
}

static struct warnings reason_warning(struct step *step, enum reported_status status)
{
    struct warning *w = ARENA_NEW(step->arena, struct warning);
    *w = (struct warning){STR("reason"), STR_NONE,
                          status == REPORTED_DISMISSED
                              ? STR("not dismissed: a dismissal needs a reason")
                              : STR("not closed: wont-fix needs a reason")};
    return (struct warnings){w, 1};
}

/* One entry cannot refuse a whole closure: it does not count, and that is said. */
static void tell_of_crowd(struct step *step, const struct finding *stored, const struct finding *in)
{
    if (!stored->is_inline || !order_is_crowded(stored->order, in->order)) return;
    struct warnings closure_warnings = step->warnings;
    char *time = arena_alloc(step->arena, TIMESTAMP_TEXT);
    timestamp_format(in->order.time, time);
    step->warnings = (struct warnings){0};
    step_warn(step, STR("updated_at"), (struct str){time, TIMESTAMP_TEXT},
              STR("not taken: too many records of this time"));
    tell_of_incident(step, stored);
    step->warnings = closure_warnings;
}

/* The way by which it came last; or a warning where a record says the name that a finding of
 * another incident has here: it may mean that one, or one of its own. */
static void take_way(struct step *step, struct finding *finding, const struct finding *in)
{
    if (in->passed.n) {
        if (!forward_has_passed(in, step->incident->incident_id)) finding->passed = in->passed;
        return;
    }
    if (!finding->origin.incident_id.p) return;
    step_warn(step, STR("finding_id"), finding->finding_id,
              arena_printf(step->arena, "finding %.*s of %.*s", STR_ARG(finding->origin.finding_id),
                           STR_ARG(finding->origin.incident_id)));
}

/* Two incidents, or an incident and one merged into it, can make one name of different ones. */
static bool name_is_taken(struct decision *d, const struct finding *stored,
                          const struct finding_event *event)
{
    struct str from = event->finding.origin.incident_id;
    if (!from.p || str_eq(stored->origin.incident_id, from)) return false;
    d->refused = (struct refused){
        REFUSE_BAD_IDENTIFIER,
        STR("finding_id: another finding of the incident that it was merged into has this name"),
        event->incident_id};
    return true;
}

bool finding_refused(struct step *step, const struct finding_event *event)
{
    struct decision *d = step->d;
    const struct entry *entry = state_find(
        d->table, state_finding_key(step->arena, step->header->key, event->finding.finding_id));
    const struct finding *stored = entry && entry->exists ? entry->finding : &finding_none;
    if (stored->finding_id.p && name_is_taken(d, stored, event)) return true;
    bool passed = forward_has_passed(&event->finding, step->incident->incident_id);
    if (!passed && step_refuse_crowded(step, stored->order, event->finding.order)) return true;
    struct claim claim = claim_of(step, stored, event);
    return closing_refuse_reason(step, &claim, event->incident_id);
}

void finding_take(struct step *step, const struct finding_event *event, bool in_closure)
{
    struct entry *entry = step_finding_entry(step, event->finding.finding_id);
    if (entry->exists && !is_news(step, entry->finding, &event->finding, in_closure)) {
        if (in_closure) tell_of_crowd(step, entry->finding, &event->finding);
        return;
    }

    struct warnings closure_warnings = step->warnings;
    step->warnings = event->warnings;
    step->cause.by = event->by;
    const struct finding *old = entry->exists ? entry->finding : &finding_none;
    struct finding *finding =
        entry->exists ? edit(step, entry) : first_sight(step, entry, &event->finding);
    finding->order = order_advance(step->arena, finding->order, event->finding.order);
    finding->is_inline = finding->is_inline && in_closure;
    unsigned present = event->present;
    struct claim claim = claim_of(step, finding, event);
    if (in_closure && closing_lacks_reason(step->policy, &claim)) {
        /* One entry cannot refuse a whole closure: only its end does not count. */
        present &= ~(unsigned)FINDING_STATUS;
        step->warnings =
            step_join_warnings(step->arena, step->warnings, reason_warning(step, claim.status));
    }
    if (present & FINDING_STATUS) finding->status_by = event->by;
    /* What it says of a part of the owner is of the one that its task has now. */
    struct finding said = event->finding;
    if (event->owner_part)
        said.owner = policy_owner(step->policy, finding_task_owner(step, finding), said.owner,
                                  event->owner_part);
    merge(finding, &said, says(finding, &said, present));
    take_way(step, finding, &said);
    step_count_finding(step, finding);

    const struct incident *incident = step->incident;
    if (incident->merged_into.p) {
        /* A closure forwards its findings itself, and all of a finding that it has yet to reach:
         * two parts of it would not be told apart by their order. */
        bool comes = in_closure || forward_is_due(step, entry);
        finding->orphan_over = !comes;
        if (!comes) forward_finding(step, finding, &said, event->present, event->by);
        tell_of_incident(step, finding);
    } else if (incident->level == LEVEL_UNCONFIRMED) {
        finding->orphan_over = true;
        tell_of_incident(step, finding);
    } else if (!finding->kind && (incident->phase == PHASE_WAITING || in_closure)) {
        /* Held; a closure releases its findings itself, when all of it is known. */
        hold_warnings(step, finding);
    } else {
        if (!finding->kind) take_held_warnings(step, finding);
        enum reported_status refused = finding_task_judge(step, finding, old, &present);
        present = duplicate_judge(step, finding, old, present, in_closure);
        finding_task_follow_up(step, finding, present, refused);
        if (!in_closure) duplicate_doubts_may_end(step, finding, old);
    }
    step->cause.by = STR_NONE;
    step->warnings = closure_warnings;
}

void finding_release(struct step *step, struct entry *entry)
{
    if (entry->finding->kind) return;
    struct finding *finding = edit(step, entry);
    step_count_finding(step, finding);
    struct warnings closure_warnings = step->warnings;
    step->warnings = (struct warnings){0};
    take_held_warnings(step, finding);
    unsigned present = ~0u;
    enum reported_status refused = finding_task_judge(step, finding, &finding_none, &present);
    present = duplicate_judge(step, finding, finding, present, false);
    finding_task_follow_up(step, finding, present, refused);
    step->warnings = closure_warnings;
}

void finding_hold(struct step *step, struct entry *entry)
{
    if (finding_is_held(entry->finding) && !entry->finding->warnings.n) return;
    struct finding *finding = edit(step, entry);
    step_count_finding(step, finding);
    take_held_warnings(step, finding);
    tell_of_incident(step, finding);
    duplicate_set_doubt(step, finding, DOUBT_NONE);
    finding->kind = task_kind_none;
    finding->sop_task = false;
    finding->orphan_over = true;
}

/* The first point of its schedule that is not done with. */
static ms_t orphan_point(const struct policy *policy, const struct finding *finding)
{
    if (finding->kind || finding->orphan_over || finding->first_seen_at == TIME_NONE)
        return TIME_NONE;
    /* However few are wanted: once it has to be said. */
    if (finding->orphans && finding->orphans >= policy->overdue_max) return TIME_NONE;
    ms_t first =
        deadline_add(&policy->calendar, finding->first_seen_at, policy->orphan_finding_after);
    return schedule_repeat(&policy->calendar, first, policy->orphan_every, finding->orphan_last);
}

ms_t finding_wake_at(const struct policy *policy, const struct finding *finding)
{
    return schedule_send_at(policy, schedule_all_at_once(policy), orphan_point(policy, finding));
}

/* As its task would show it. */
static const struct finding *with_defaults(struct step *step, const struct finding *finding)
{
    struct finding *shown = arena_copy(step->arena, finding, sizeof *finding);
    shown->severity = finding_task_severity(step, finding);
    shown->category = finding_task_category(finding);
    return shown;
}

static struct str orphan_summary(struct step *step, const struct finding *finding)
{
    struct arena *arena = step->arena;
    struct str waited = reminder_span(arena, step->d->now - finding->first_seen_at);
    struct str title = reminder_title(step, finding_task_title(step, finding));
    struct str category = category_name(finding_task_category(finding));
    struct str says =
        arena_printf(arena, "Finding %.*s '%.*s' (%.*s) came %.*s ago, and %.*s is not closed yet",
                     STR_ARG(finding->finding_id), STR_ARG(title), STR_ARG(category),
                     STR_ARG(waited), STR_ARG(step->incident->incident_id));
    return text_clean(arena, says);
}

void finding_tick(struct step *step, struct entry *entry, ms_t until)
{
    const struct policy *policy = step->policy;
    struct finding *finding = edit(step, entry);
    if (step->incident->phase != PHASE_WAITING) {
        /* No orphan: the closure that is under way has yet to reach it. */
        finding->first_seen_at = TIME_NONE;
        return;
    }
    int64_t points = 0;
    for (ms_t at; (at = finding_wake_at(policy, finding)) != TIME_NONE && at <= until; points++)
        finding->orphan_last = orphan_point(policy, finding);
    finding->orphans++;
    struct output *output = reminder_emit(step, REMINDER_ORPHAN_FINDING, finding->orphan_last,
                                          schedule_all_at_once(policy));
    struct reminder_output *reminder = &output->reminder;
    reminder->number = ++step->incident->orphans;
    reminder->coalesced = points - 1;
    reminder->occurrence = 1; /* the incident has never opened */
    reminder->incident = step->incident;
    reminder->finding = with_defaults(step, finding);
    reminder->summary = orphan_summary(step, finding);
    reminder_add(step, reminder, ROLE_RESPONSE_TEAM, policy->response_team);
    if (!owner_is_nobody(finding->owner)) reminder_add(step, reminder, ROLE_OWNER, finding->owner);
}
