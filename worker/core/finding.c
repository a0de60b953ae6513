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
#include "finding_held.h"
#include "finding_says.h"
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

/* What a record says, with what follows from it: of another status the old one's reason is none, nor is
 * the risk accepted any more, unless that may not count. A dismissal has to have a reason, and takes what
 * is stored for its own (R4.76, R4.81). */
static unsigned says(const struct finding *stored, const struct finding *in, unsigned present)
{
    enum reported_status old = finding_status(stored), now = finding_status(in);
    if (!(present & FINDING_STATUS) || now == REPORTED_WONT_FIX) return present;
    bool may_be_accepted = old == REPORTED_WONT_FIX || old == REPORTED_DUPLICATE;
    if (may_be_accepted && now != REPORTED_DUPLICATE)
        present |= FINDING_ACCEPTED_UNTIL | FINDING_ACCEPTED_BY;
    return old == now || now == REPORTED_DISMISSED ? present : present | FINDING_REASON;
}

static struct finding *edit(struct step *step, struct entry *entry)
{
    ENSURE(entry->type == ENTRY_FINDING);
    entry->finding = arena_copy(step->arena, entry->finding, sizeof *entry->finding);
    step_touch(step, entry);
    return entry->finding;
}

static bool is_news(const struct finding *stored, const struct finding *in, bool in_closure)
{
    /* What a closure says of a finding never overrides what its own topic said, unless its own
     * revision is higher. */
    if (in_closure && !stored->is_inline)
        return in->order.revision >= 0 && in->order.revision > stored->order.revision;
    return order_is_later(stored->order, in->order);
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

/* Ends that need a reason are the only ones that can want one. */
static bool needs_reason(const struct finding_event *event)
{
    enum reported_status said = event->finding.status;
    return said == REPORTED_DISMISSED || said == REPORTED_WONT_FIX;
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
    step->warnings = (struct warnings){0};
    step_warn(step, STR("updated_at"), timestamp_text(step->arena, in->order.time),
              STR("not taken: too many records of this time"));
    tell_of_incident(step, stored);
    step->warnings = closure_warnings;
}

/* A record that says the name which a finding of another incident has here: it may mean that one, or
 * one of its own. */
static void warn_of_name(struct step *step, const struct finding *finding, const struct finding *in)
{
    if (!finding->origin.incident_id.p || in->passed.n) return;
    step_warn(step, STR("finding_id"), finding->finding_id,
              arena_printf(step->arena, "finding %.*s of %.*s", STR_ARG(finding->origin.finding_id),
                           STR_ARG(finding->origin.incident_id)));
}

bool finding_refused(struct step *step, const struct finding_event *event)
{
    const struct entry *entry = step_finding_said(step, &event->finding);
    const struct finding *stored = entry->exists ? entry->finding : &finding_none;
    if (step_refuse_crowded(step, stored->order, event->finding.order)) return true;
    /* Where it passes through it is known by name alone. */
    if (stored->moved_to.p && stored->origin.incident_id.p) return false;
    if (!needs_reason(event)) return false;
    struct claim claim = claim_of(step, stored, event);
    return closing_refuse_reason(step, &claim, event->incident_id);
}

/* What is told of one that is elsewhere follows it there. Where it began it stays known what was said
 * of it. */
static void follow(struct step *step, struct entry *entry, const struct finding_event *event,
                   unsigned present)
{
    struct finding *finding = edit(step, entry);
    finding->order = order_advance(step->arena, finding->order, event->finding.order);
    if (!finding->origin.incident_id.p)
        merge(finding, &event->finding, says(finding, &event->finding, present));
    step_count_finding(step, finding);
    struct finding_event on = *event;
    on.present = present;
    forward_finding(step, finding->moved_to, forward_identity(step, finding), &on);
    warn_of_name(step, finding, &event->finding);
    tell_of_incident(step, finding);
}

/* It is here, with tasks or without. */
static void take_here(struct step *step, struct entry *entry, const struct finding_event *event,
                      unsigned present, bool in_closure)
{
    const struct incident *incident = step->incident;
    const struct finding *old = entry->exists ? entry->finding : &finding_none;
    bool says_status = !entry->exists || (present & FINDING_STATUS); /* at first that it is open */
    struct finding *finding =
        entry->exists ? edit(step, entry) : first_sight(step, entry, &event->finding);
    finding->order = order_advance(step->arena, finding->order, event->finding.order);
    finding->is_inline = finding->is_inline && in_closure;
    if (says_status) finding->status_by = event->by;
    /* What it says of a part of the owner is of the one that its task has now. */
    struct finding said = event->finding;
    if (event->owner_part)
        said.owner = policy_owner(step->policy, finding_task_owner(step, finding), said.owner,
                                  event->owner_part);
    merge(finding, &said, says(finding, &said, present));
    warn_of_name(step, finding, &event->finding);
    step_count_finding(step, finding);
    if (incident->level == LEVEL_UNCONFIRMED || (incident->merged_into.p && !finding->kind)) {
        finding_held_say(step, finding, old, present);
        finding->orphan_over = true;
        tell_of_incident(step, finding);
    } else if (!finding->kind &&
               (incident->phase == PHASE_WAITING || in_closure || finding->carried.n)) {
        /* Held; a closure releases its findings itself, when all of it is known, and those with the
         * work that they have come with. */
        finding_held_say(step, finding, old, present);
        hold_warnings(step, finding);
    } else {
        if (!finding->kind) take_held_warnings(step, finding);
        enum reported_status refused = finding_task_judge(step, finding, old, &present);
        present = duplicate_judge(step, finding, old, present, in_closure);
        finding_task_follow_up(step, finding, old, present, refused);
        if (!in_closure) duplicate_doubts_may_end(step, finding, old);
    }
}

static bool lacks_reason(struct step *step, const struct finding *stored,
                         const struct finding_event *event)
{
    if (!needs_reason(event)) return false;
    struct claim claim = claim_of(step, stored, event);
    return closing_lacks_reason(step->policy, &claim);
}

void finding_take(struct step *step, const struct finding_event *event, bool in_closure)
{
    struct entry *entry = step_finding_said(step, &event->finding);
    if (entry->exists && !is_news(entry->finding, &event->finding, in_closure)) {
        if (in_closure) tell_of_crowd(step, entry->finding, &event->finding);
        return;
    }
    struct warnings closure_warnings = step->warnings;
    step->warnings = event->warnings;
    step->cause.by = event->by;
    const struct finding *stored = entry->exists ? entry->finding : &finding_none;
    unsigned present = event->present;
    if (in_closure && lacks_reason(step, stored, event)) {
        /* One entry cannot refuse a whole closure: only its end does not count. */
        present &= ~(unsigned)FINDING_STATUS;
        step->warnings = step_join_warnings(step->arena, step->warnings,
                                            reason_warning(step, event->finding.status));
    }
    if (stored->moved_to.p)
        follow(step, entry, event, present);
    else
        take_here(step, entry, event, present, in_closure);
    step->cause.by = STR_NONE;
    step->warnings = closure_warnings;
}

/* Whether it counts as a duplicate is asked again in each incident that it comes to, unless its work
 * is closed as one already. */
static void come(struct step *step, struct finding *finding)
{
    bool has_counted = false;
    for (size_t i = 0; i < finding->carried.n; i++)
        has_counted |= finding->carried.items[i].kind != KIND_SOP_UPDATE &&
                       finding->carried.items[i].resolution == RESOLUTION_DUPLICATE;
    if (finding->status == REPORTED_DUPLICATE && !has_counted)
        duplicate_set_doubt(step, finding, DOUBT_UNCHECKED);
    finding_task_come(step, finding, ~0u);
}

void finding_release(struct step *step, struct entry *entry)
{
    if (entry->finding->kind || entry->finding->moved_to.p) return;
    struct finding *finding = edit(step, entry);
    step_count_finding(step, finding);
    struct warnings closure_warnings = step->warnings;
    step->warnings = (struct warnings){0};
    take_held_warnings(step, finding);
    if (finding->carried.n) {
        come(step, finding);
    } else {
        unsigned present;
        enum reported_status refused = finding_held_judge(step, finding, &present);
        step->cause.by = finding_task_said_by(step, finding);
        present = duplicate_judge(step, finding, finding, present, false);
        if (finding->doubt) finding_held_doubt(step, finding);
        finding_task_follow_up(step, finding, &finding_none, present, refused);
        step->cause.by = STR_NONE;
    }
    step->warnings = closure_warnings;
}

/* ---- from one incident to another ---- */

/* Where it is and was a guest nothing but its trace is kept. */
static void known_by_name(struct finding *finding)
{
    struct finding trace = finding_none;
    trace.finding_id = finding->finding_id;
    trace.origin = finding->origin;
    trace.order = finding->order;
    trace.moved_to = finding->moved_to;
    trace.orphan_over = true;
    *finding = trace;
}

void finding_leave(struct step *step, struct entry *entry, struct str to,
                   enum resolution resolution)
{
    struct finding *finding = edit(step, entry);
    struct warnings warnings = step->warnings;
    step->warnings = (struct warnings){0};
    take_held_warnings(step, finding);
    tell_of_incident(step, finding);
    step->warnings = warnings;
    finding_task_leave(step, finding, to, resolution);
    forward_arrival(step, to, finding);
    /* What is known of it goes along: from now on it tells of itself there (recurrence.c). */
    finding->causes = (struct str_list){NULL, 0};
    finding->told = STR_NONE;
    finding->recurred_at = TIME_NONE;
    duplicate_set_doubt(step, finding, DOUBT_NONE);
    finding->moved_to = to;
    finding->kind = task_kind_none;
    finding->sop_task = false;
    finding->orphan_over = true;
    if (finding->origin.incident_id.p) known_by_name(finding);
}

unsigned finding_said(const struct finding *finding)
{
    unsigned present = 0;
#define SAID(bit, type, member) \
    if (memcmp(&finding->member, &finding_none.member, sizeof finding->member)) present |= bit;
    FINDING_SAID(SAID)
#undef SAID
    return present;
}

struct entry *finding_arrive(struct step *step, const struct finding *in)
{
    struct entry *entry = step_finding_entry(step, &in->origin, in->finding_id);
    if (entry->exists && !entry->finding->moved_to.p) return NULL;
    struct finding *finding = entry->exists ? edit(step, entry) : first_sight(step, entry, in);
    ms_t first_seen_at = in->origin.incident_id.p ? step->at : finding->first_seen_at;
    *finding = *in;
    finding->first_seen_at = first_seen_at;
    finding->moved_to = STR_NONE; /* whatever the record says: it is here */
    finding->orphans = 0;
    finding->doubt = DOUBT_NONE;
    finding->kind = task_kind_none;
    finding->sop_task = false;
    finding->orphan_over = true;
    finding->duplicate_of = forward_localized(step, in->duplicate_of);
    for (size_t i = 0; i < finding->carried.n; i++) {
        finding->carried.items[i].finding_id = finding->finding_id;
        finding->carried.items[i].origin = finding->origin;
    }
    step_count_finding(step, finding);
    return entry;
}

/* More than it can have told of itself where it was forgotten. */
#define TOLD_ELSEWHERE (1 << 20)

void finding_go_on_here(struct step *step, struct entry *entry)
{
    struct finding *finding = edit(step, entry);
    finding->moved_to = STR_NONE;
    finding->tellings += TOLD_ELSEWHERE;
}

void finding_look_home(struct step *step, struct entry *entry)
{
    struct finding *finding = edit(step, entry);
    finding->moved_to = finding->origin.incident_id;
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

static struct str orphan_summary(struct step *step, const struct finding *finding)
{
    struct arena *arena = step->arena;
    struct str waited = reminder_span(arena, step->d->now - finding->first_seen_at);
    struct str title = reminder_title(step, finding_says_title(step, finding));
    struct str category = category_name(finding_category(finding));
    struct str says =
        arena_printf(arena, "Finding %.*s '%.*s' (%.*s) came %.*s ago, and %.*s is not closed yet",
                     STR_ARG(finding->finding_id), STR_ARG(title), STR_ARG(category),
                     STR_ARG(waited), STR_ARG(step->incident->incident_id));
    return text_clean(arena, says);
}

/* What orphan-finding says of any finding; who gets it is the caller's. */
static struct reminder_output *orphan(struct step *step, const struct finding *finding,
                                      ms_t due_for)
{
    bool at_once = schedule_all_at_once(step->policy);
    struct output *output = reminder_emit(step, REMINDER_ORPHAN_FINDING, due_for, at_once);
    struct reminder_output *reminder = &output->reminder;
    reminder->number = ++step->incident->orphans;
    reminder->occurrence = 1; /* the incident has never opened */
    reminder->incident = step->incident;
    reminder->finding = finding ? finding_says_shown(step, finding) : NULL;
    reminder_add(step, reminder, ROLE_RESPONSE_TEAM, step->policy->response_team);
    return reminder;
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
    struct reminder_output *reminder = orphan(step, finding, finding->orphan_last);
    reminder->coalesced = points - 1;
    reminder->summary = orphan_summary(step, finding);
    if (!owner_is_nobody(finding->owner)) reminder_add(step, reminder, ROLE_OWNER, finding->owner);
}

/* "3 findings and a duty wait" */
static struct str what_waits(struct arena *arena, size_t findings, size_t duties)
{
    struct str what = STR("");
    if (findings) what = arena_printf(arena, "%zu finding%s", findings, findings == 1 ? "" : "s");
    if (duties)
        what = arena_printf(arena, "%.*s%s%zu dut%s", STR_ARG(what), findings ? " and " : "",
                            duties, duties == 1 ? "y" : "ies");
    return arena_printf(arena, "%.*s %s", STR_ARG(what), findings + duties == 1 ? "waits" : "wait");
}

void finding_tell_of_merge(struct step *step, const struct waiting *waiting,
                           const struct finding *first, size_t findings, size_t duties,
                           ms_t due_for)
{
    struct arena *arena = step->arena;
    struct str waited = reminder_span(arena, step->d->now - waiting->since);
    struct reminder_output *reminder = orphan(step, first, due_for);
    struct str says =
        arena_printf(arena, "%.*s is merged into %.*s, which ", STR_ARG(waiting->incident_id),
                     STR_ARG(step->incident->incident_id));
    if (findings + duties) {
        struct str what = what_waits(arena, findings, duties);
        says = arena_printf(arena, "%.*sis not closed yet: %.*s there for %.*s", STR_ARG(says),
                            STR_ARG(what), STR_ARG(waited));
    } else {
        says =
            arena_printf(arena, "%.*shas not been closed for %.*s", STR_ARG(says), STR_ARG(waited));
    }
    reminder->summary = text_clean(arena, says);
    step_count(step, 2, 0);
}
