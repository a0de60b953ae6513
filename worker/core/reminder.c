/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reminders of a task. Each kind has a schedule: points in time that follow from the task and the
 * policy alone. What was sent is remembered as "the schedule up to here is done with", so a
 * deadline that moves takes its reminders with it. A point that has come may wait to be sent; all
 * that are to be sent by then are taken together, and one reminder stands for them.
 */
#include "reminder.h"

#include "closing.h"
#include "common/text.h"
#include "item.h"
#include "schedule.h"
#include "state_key.h"
#include "task.h"

static ms_t due_soon_after(const struct policy *policy, const struct task *task, ms_t after)
{
    const struct points *lead = policy_lead(policy, task->name);
    for (size_t i = 0; i < lead->n; i++) {
        ms_t at = deadline_point(task->clock_start, task->due_at, lead->percent[i]);
        if (at >= task->due_at) break;
        if (at > after) return at;
    }
    return TIME_NONE;
}

/* No reminder speaks of a time before its schedule was as it is: what of a new schedule lies in the
 * past counts as at the change. Escalation keeps no place in a schedule, so that time is kept there. */
static ms_t not_before_change(const struct task *task, ms_t at)
{
    return time_later(at, task->reminders[REMINDER_ESCALATION].last);
}

/* The point of escalation step `i`. */
static ms_t step_point(const struct policy *policy, const struct task *task, size_t i)
{
    const struct escalation_step *s = &policy->escalation[i];
    ms_t at = s->after_breach ? deadline_add(&policy->calendar, task->due_at, s->delay)
                              : deadline_point(task->clock_start, task->due_at, s->percent);
    return not_before_change(task, at);
}

/* Steps are remembered one by one, so `after` does not count. */
static ms_t escalation_next(const struct policy *policy, const struct task *task)
{
    ms_t first = TIME_NONE;
    for (size_t i = 0; i < policy->escalation_n; i++) {
        if (task->escalated >> i & 1) continue;
        first = time_first(first, step_point(policy, task, i));
    }
    return first;
}

/* Since when it is overdue, as far as reminders count it. */
static ms_t overdue_since(const struct task *task)
{
    return time_later(task->due_at, task->overdue_from);
}

static ms_t overdue_next(const struct policy *policy, const struct task *task, ms_t after)
{
    if (task->reminders[REMINDER_OVERDUE].said >= policy->overdue_max) return TIME_NONE;
    const struct calendar *calendar = &policy->calendar;
    ms_t first = deadline_add(calendar, overdue_since(task), policy->overdue_every);
    return schedule_repeat(calendar, first, policy->overdue_every, after);
}

/* Up to the breach: from then on it is said to be overdue. An obligation has its own lead. */
static ms_t stale_next(const struct policy *policy, const struct task *task, ms_t after)
{
    if (task->kind == KIND_OBLIGATION) return TIME_NONE;
    const struct calendar *calendar = &policy->calendar;
    ms_t first = deadline_add(calendar, task->touched_at,
                              policy_times(policy, task->kind, task->priority, task->times).stale);
    ms_t at = schedule_repeat(calendar, first, policy->stale_every, after);
    return at < task->due_at ? at : TIME_NONE;
}

/* verify_max of them, and one more that is an escalation. */
static ms_t verify_next(const struct policy *policy, const struct task *task, ms_t after)
{
    if (task->reminders[REMINDER_VERIFY_DUE].said > policy->verify_max) return TIME_NONE;
    const struct calendar *calendar = &policy->calendar;
    ms_t first = deadline_add(calendar, task->resolved_at,
                              policy_times(policy, task->kind, task->priority, task->times).verify);
    return schedule_repeat(calendar, first, policy->verify_every, after);
}

/* The first point of a kind's schedule behind what is done with. */
static ms_t next_point(const struct policy *policy, const struct task *task,
                       enum reminder_kind kind)
{
    ms_t after = task->reminders[kind].last;
    if (task->status == STATUS_CLOSED) return TIME_NONE;
    /* It answers to what somebody has just done, also while the rest is silent. */
    if (kind == REMINDER_NOT_CLOSED) return task->refused_at > after ? task->refused_at : TIME_NONE;
    if (task_is_paused(task)) return TIME_NONE;
    if (task->status == STATUS_RESOLVED)
        return kind == REMINDER_VERIFY_DUE ? verify_next(policy, task, after) : TIME_NONE;
    switch (kind) {
    case REMINDER_ESCALATION: return escalation_next(policy, task);
    case REMINDER_OVERDUE: return overdue_next(policy, task, after);
    case REMINDER_DUE: return overdue_since(task) > after ? overdue_since(task) : TIME_NONE;
    case REMINDER_STALE: return stale_next(policy, task, after);
    case REMINDER_DUE_SOON: return due_soon_after(policy, task, after);
    case REMINDER_ASSIGN_DUE:
        if (!owner_is_nobody(task->owner)) return TIME_NONE;
        return schedule_repeat(&policy->calendar, task->assign_due_at, policy->assign_every, after);
    case REMINDER_VERIFY_DUE: /* of what is resolved alone */
    case REMINDER_NOT_CLOSED: /* has been looked at */
    case REMINDER_REVIEW_DUE:
    case REMINDER_MISSING_FINDINGS:
    case REMINDER_ORPHAN_FINDING: /* not about a task */
    case REMINDER_RECURRED:
    case reminder_kind_none:
    default: return TIME_NONE;
    }
}

/* When a point of its schedules is sent; one that waited when a pause began, as if it had come at its
 * end. */
static ms_t send_at(const struct policy *policy, const struct task *task, ms_t point)
{
    if (point == TIME_NONE) return TIME_NONE;
    ms_t from = time_later(point, task->overdue_from);
    return schedule_send_at(policy, task_is_at_once(policy, task), from);
}

ms_t reminder_next(const struct policy *policy, const struct task *task)
{
    ms_t first = TIME_NONE;
    for (int kind = 1; kind < REMINDER_TASK_KINDS; kind++)
        first = time_first(first, next_point(policy, task, kind));
    return send_at(policy, task, first);
}

struct output *reminder_emit(struct step *step, enum reminder_kind kind, ms_t due_for, bool at_once)
{
    struct output *output = step_emit(step, OUTPUT_REMINDER);
    output->at = schedule_send_at(step->policy, at_once, due_for);
    output->reminder = (struct reminder_output){
        .kind = kind, .covers = 1u << kind, .urgent = at_once, .due_for = due_for};
    return output;
}

struct str reminder_span(struct arena *arena, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{DAY_MS, "d"}, {HOUR_MS, "h"}, {MINUTE_MS, "min"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ms >= 2 * units[i].ms)
            return arena_printf(arena, "%lld %s", (long long)(ms / units[i].ms), units[i].unit);
    return arena_printf(arena, "%lld s", (long long)(ms / SECOND_MS));
}

#define SENTENCE_TITLE_BYTES 160

struct str reminder_title(struct step *step, struct str title)
{
    struct str text = text_clean(step->arena, title);
    if (text.n <= SENTENCE_TITLE_BYTES) return text;
    struct str cut = step->d->cut(text, SENTENCE_TITLE_BYTES);
    return arena_printf(step->arena, "%.*s…", STR_ARG(cut));
}

void reminder_add(struct step *step, struct reminder_output *reminder, enum role role,
                  struct owner who)
{
    struct str person = who.person, from = STR_NONE;
    if (person.p) who.person = policy_delegate(step->policy, person, step->d->now);
    if (!str_eq(who.person, person)) from = person;
    for (size_t i = 0; i < reminder->recipients_n; i++) {
        const struct recipient *r = &reminder->recipients[i];
        if (r->role == role && owner_eq(r->who, who) && str_eq(r->delegated_from, from)) return;
    }
    /* Reminders have few recipients: one more array for each is cheaper than keeping a capacity. */
    struct recipient *grown =
        arena_alloc(step->arena, (reminder->recipients_n + 1) * sizeof *grown);
    if (reminder->recipients_n)
        memcpy(grown, reminder->recipients, reminder->recipients_n * sizeof *grown);
    grown[reminder->recipients_n++] = (struct recipient){role, who, from};
    reminder->recipients = grown;
}

static const struct owner *person_of(const struct team_person *people, size_t n, struct str team)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(people[i].team, team)) return &people[i].person;
    return NULL;
}

/* Whoever stands in where nobody is known must still be told: the role says who was meant to be. */
static void add_on_call(struct step *step, struct reminder_output *reminder, enum role role,
                        struct str team)
{
    const struct policy *policy = step->policy;
    const struct owner *known = person_of(policy->on_call, policy->on_call_n, team);
    if (known)
        reminder_add(step, reminder, role, *known);
    else if (team.p)
        reminder_add(step, reminder, role, (struct owner){team, STR_NONE});
    else
        reminder_add(step, reminder, ROLE_RESPONSE_TEAM, policy->response_team);
}

static void add_role(struct step *step, struct reminder_output *reminder, enum role role,
                     const struct task *task)
{
    const struct policy *policy = step->policy;
    switch (role) {
    case ROLE_OWNER:
        if (!owner_is_nobody(task->owner)) reminder_add(step, reminder, role, task->owner);
        break;
    case ROLE_MANAGER: {
        const struct owner *manager =
            person_of(policy->managers, policy->managers_n, task->owner.team);
        if (manager)
            reminder_add(step, reminder, role, *manager);
        else
            reminder_add(step, reminder, ROLE_RESPONSE_LEAD, policy->response_lead);
        break;
    }
    case ROLE_ON_CALL: add_on_call(step, reminder, role, task->owner.team); break;
    case ROLE_RESPONSE_TEAM: reminder_add(step, reminder, role, policy->response_team); break;
    case ROLE_RESPONSE_LEAD: reminder_add(step, reminder, role, policy->response_lead); break;
    case ROLE_PARTICIPANT:
    case role_none:
    default: /* the on-call of each group that has a part in it */
        for (size_t i = 0; i < task->participants.n; i++)
            add_on_call(step, reminder, role, task->participants.items[i]);
        break;
    }
}

/* An escalation because nobody verifies is the lead's matter; its owner's work is done. */
static void add_escalated(struct step *step, struct reminder_output *reminder,
                          const struct task *task, unsigned steps)
{
    if (task->status == STATUS_RESOLVED) {
        add_role(step, reminder, ROLE_RESPONSE_LEAD, task);
        return;
    }
    unsigned to = 0;
    for (size_t i = 0; i < step->policy->escalation_n; i++)
        if (steps >> i & 1) to |= step->policy->escalation[i].to;
    add_role(step, reminder, ROLE_OWNER, task);
    for (int role = ROLE_MANAGER; role < role_end; role++)
        if (to >> role & 1) add_role(step, reminder, role, task);
}

/* Those of one kind. `steps`: of the escalation, that are taken now. */
static void add_recipients(struct step *step, struct reminder_output *reminder,
                           enum reminder_kind kind, const struct task *task, unsigned steps)
{
    switch (kind) {
    case REMINDER_ESCALATION: add_escalated(step, reminder, task, steps); break;
    case REMINDER_DUE_SOON:
        add_role(step, reminder, task->owner.person.p ? ROLE_OWNER : ROLE_ON_CALL, task);
        break;
    case REMINDER_DUE:
    case REMINDER_OVERDUE:
    case REMINDER_STALE:
        add_role(step, reminder, ROLE_OWNER, task);
        add_role(step, reminder, ROLE_ON_CALL, task);
        break;
    case REMINDER_NOT_CLOSED:
        add_role(step, reminder, ROLE_OWNER, task);
        add_role(step, reminder, ROLE_RESPONSE_LEAD, task);
        return;
    case REMINDER_ASSIGN_DUE:
    case REMINDER_VERIFY_DUE:
    case REMINDER_REVIEW_DUE:
    case REMINDER_MISSING_FINDINGS:
    case REMINDER_ORPHAN_FINDING:
    case REMINDER_RECURRED:
    case reminder_kind_none:
    default: add_role(step, reminder, ROLE_RESPONSE_TEAM, task); return;
    }
    /* What concerns several groups is followed up with each of them. */
    if (task->kind == KIND_REGISTER_ENTRY && task->status != STATUS_RESOLVED)
        add_role(step, reminder, ROLE_PARTICIPANT, task);
}

/* A moment late is in time: "is due in 42 h" although it goes out some seconds after the point. */
static int64_t rounded(int64_t left)
{
    int64_t to = left < 2 * HOUR_MS ? SECOND_MS : MINUTE_MS;
    return (left + to / 2) / to * to;
}

static struct str deadline_phrase(struct arena *arena, const struct task *task, ms_t now)
{
    int64_t left = task->due_at - now;
    struct str span = reminder_span(arena, left < 0 ? -left : rounded(left));
    if (left >= SECOND_MS) return arena_printf(arena, "is due in %.*s", STR_ARG(span));
    if (left > -SECOND_MS) return STR("is due now");
    return arena_printf(arena, "is %.*s overdue", STR_ARG(span));
}

/* The first reminder of an obligation whose time was over before there was a task of it. */
static bool is_first_of_late_duty(const struct task *task)
{
    int64_t sent = 0;
    for (int kind = 1; kind < REMINDER_TASK_KINDS; kind++) sent += task->reminders[kind].number;
    return task->kind == KIND_OBLIGATION && task->due_at <= task->created_at && sent == 1 &&
           task->occurrence == 1;
}

/* What a task is, at the time of sending. */
static struct str phrase(struct step *step, const struct task *task,
                         const struct reminder_output *reminder)
{
    struct arena *arena = step->arena;
    ms_t now = step->d->now;
    struct str span;
    if (task->status == STATUS_RESOLVED) {
        span = reminder_span(arena, now - task->resolved_at);
        const char *says = reminder->kind == REMINDER_ESCALATION
                               ? "was resolved %.*s ago, is not verified and is escalated"
                               : "was resolved %.*s ago and is not verified";
        return arena_printf(arena, says, STR_ARG(span));
    }
    if (reminder->kind == REMINDER_ASSIGN_DUE)
        return task->reminders[REMINDER_ASSIGN_DUE].said > 1
                   ? STR("still has no owner")
                   : STR("has no owner; assignment is due");
    struct str says = deadline_phrase(arena, task, now);
    if (is_first_of_late_duty(task))
        says = arena_printf(arena, "%.*s (and was before it could be known)", STR_ARG(says));
    if (reminder->kind == REMINDER_STALE) {
        span = reminder_span(arena, now - task->touched_at);
        says = arena_printf(arena, "has had no update for %.*s", STR_ARG(span));
    }
    bool unowned = reminder->covers >> REMINDER_ASSIGN_DUE & 1;
    if (reminder->kind != REMINDER_ESCALATION)
        return unowned ? arena_printf(arena, "%.*s and has no owner", STR_ARG(says)) : says;
    return arena_printf(arena, "%.*s%s and is escalated", STR_ARG(says),
                        unowned ? ", has no owner" : "");
}

static struct str summary(struct step *step, const struct task *task,
                          const struct reminder_output *reminder)
{
    struct arena *arena = step->arena;
    struct str id = state_task_id(arena, task->incident_id, task->name);
    struct str title = reminder_title(step, task->title);
    struct str says = phrase(step, task, reminder);
    if (reminder->covers >> REMINDER_NOT_CLOSED & 1)
        says =
            arena_printf(arena, "%.*s; it was reported as %.*s and is not closed: that needs %.*s",
                         STR_ARG(says), STR_ARG(reported_status_name(task->refused)),
                         STR_ARG(closing_needs(task->kind, task->refused)));
    return text_clean(arena, arena_printf(arena, "%.*s %.*s %.*s '%.*s' %.*s",
                                          STR_ARG(priority_name(task->priority)),
                                          STR_ARG(task_kind_name(task->kind)), STR_ARG(id),
                                          STR_ARG(title), STR_ARG(says)));
}

/* The points of one kind that one pass takes. */
struct taken {
    int64_t points;
    ms_t latest;
    unsigned steps; /* of the escalation */
};

/* Takes the steps of the escalation that are to be sent; those of one point in time are one. */
static void take_steps(const struct policy *policy, struct task *task, ms_t until,
                       struct taken *taken)
{
    ms_t point[POLICY_POINTS_MAX];
    if (next_point(policy, task, REMINDER_ESCALATION) == TIME_NONE) return;
    for (size_t i = 0; i < policy->escalation_n; i++) {
        point[i] = step_point(policy, task, i);
        if ((task->escalated >> i & 1) || send_at(policy, task, point[i]) > until) continue;
        taken->steps |= 1u << i;
        taken->latest = time_later(taken->latest, point[i]);
    }
    task->escalated |= taken->steps;
    taken->points = taken->steps != 0;
    for (size_t i = 0; i < policy->escalation_n; i++)
        taken->points += (taken->steps >> i & 1) && point[i] < taken->latest;
}

/* Takes all points of one kind that are to be sent up to `until`. */
static struct taken take_points(const struct policy *policy, struct task *task,
                                enum reminder_kind kind, ms_t until)
{
    struct taken taken = {.latest = TIME_NONE};
    ms_t at;
    if (kind == REMINDER_ESCALATION) {
        take_steps(policy, task, until, &taken);
        return taken;
    }
    while ((at = next_point(policy, task, kind)) != TIME_NONE &&
           send_at(policy, task, at) <= until) {
        task->reminders[kind].last = taken.latest = at;
        taken.points++;
    }
    return taken;
}

/* The kinds of which something is taken, as bits. */
static unsigned take_all(const struct policy *policy, struct task *task, ms_t until,
                         struct taken taken[REMINDER_TASK_KINDS])
{
    unsigned covers = 0;
    for (int kind = 1; kind < REMINDER_TASK_KINDS; kind++) {
        taken[kind] = take_points(policy, task, kind, until);
        if (taken[kind].points) covers |= 1u << kind;
    }
    if (covers & (1u << REMINDER_OVERDUE | 1u << REMINDER_DUE)) covers &= ~(1u << REMINDER_STALE);
    /* Asked for often enough: the last of these is an escalation (R4.96). */
    if ((covers >> REMINDER_VERIFY_DUE & 1) &&
        task->reminders[REMINDER_VERIFY_DUE].said >= policy->verify_max) {
        covers |= 1u << REMINDER_ESCALATION;
        taken[REMINDER_ESCALATION] = taken[REMINDER_VERIFY_DUE];
    }
    return covers;
}

/* The kinds of which it is counted how many have stood for them. */
#define COUNTED (1u << REMINDER_OVERDUE | 1u << REMINDER_VERIFY_DUE | 1u << REMINDER_ASSIGN_DUE)

void reminder_tick(struct step *step, struct entry *entry, ms_t until)
{
    struct taken taken[REMINDER_TASK_KINDS];
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    /* What its last record found past already is all of that record's time, and one reminder, however far
     * the ticks of its shard have come. */
    until = time_later(until, task->updated_at);
    unsigned covers = take_all(step->policy, task, until, taken);
    if (!covers) return;
    /* The first of them says most; it alone is numbered. */
    int kind = 1;
    ms_t latest = TIME_NONE;
    while (!(covers >> kind & 1)) kind++;
    for (int k = kind; k < REMINDER_TASK_KINDS; k++) {
        if (!(covers >> k & 1)) continue;
        task->reminders[k].said += COUNTED >> k & 1;
        latest = time_later(latest, taken[k].latest);
    }
    bool at_once = task_is_at_once(step->policy, task);
    struct output *output = reminder_emit(step, kind, taken[kind].latest, at_once);
    struct reminder_output *reminder = &output->reminder;
    output->at = send_at(step->policy, task, latest);
    reminder->covers = covers;
    reminder->number = ++task->reminders[kind].number;
    reminder->coalesced = taken[kind].points - 1;
    reminder->occurrence = task->occurrence;
    reminder->task = before;
    reminder->summary = summary(step, task, reminder);
    for (int k = kind; k < REMINDER_TASK_KINDS; k++)
        if (covers >> k & 1) add_recipients(step, reminder, k, task, taken[k].steps);
    item_note_sent(step->arena, reminder, step->d->now, &task->reminders[kind]);
}
