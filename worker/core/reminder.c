/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reminders of a task. Each kind has a schedule: points in time that follow from the task and the
 * policy alone. What was sent is remembered as "the schedule up to here is done with", so a
 * deadline that moves takes its reminders with it, and points missed while nothing ran are taken
 * together.
 */
#include "reminder.h"

#include "common/text.h"
#include "deadline.h"
#include "task.h"

/* The first of `first`, first + every, … that lies behind `after`; at most `max` repeats (-1: no
 * end). TIME_NONE when there is none. */
static ms_t repeat(const struct calendar *calendar, ms_t first, struct duration every, int64_t max,
                   ms_t after)
{
    if (after == TIME_NONE || first > after) return first;
    if (every.amount <= 0) return TIME_NONE;
    if (!every.working_days) {
        int64_t n = (after - first) / every.amount + 1;
        if (max >= 0 && n > max) return TIME_NONE;
        ms_t at = deadline_add(calendar, first, (struct duration){n * every.amount, false});
        return at > after ? at : TIME_NONE; /* the end of the calendar */
    }
    ms_t at = first;
    for (int64_t n = 1; max < 0 || n <= max; n++) {
        ms_t next = deadline_add(calendar, at, every);
        if (next <= at) return TIME_NONE; /* the end of the calendar */
        if (next > after) return next;
        at = next;
    }
    return TIME_NONE;
}

static ms_t due_soon_after(const struct policy *policy, const struct task *task, ms_t after)
{
    for (size_t i = 0; i < policy->due_soon_n; i++) {
        ms_t at = deadline_point(task->clock_start, task->due_at, policy->due_soon[i]);
        if (at >= task->due_at) break;
        if (after == TIME_NONE || at > after) return at;
    }
    return TIME_NONE;
}

/* No reminder speaks of a time before its schedule was as it is: what of a new schedule lies in the
 * past counts as at the change. Escalation keeps no place in a schedule, so that time is kept there. */
static ms_t not_before_change(const struct task *task, ms_t at)
{
    ms_t change = task->reminders[REMINDER_ESCALATION].last;
    return at > change ? at : change;
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
        ms_t at = step_point(policy, task, i);
        if (first == TIME_NONE || at < first) first = at;
    }
    return first;
}

/* The first point of a kind's schedule behind `after`. */
static ms_t next_point(const struct policy *policy, const struct task *task,
                       enum reminder_kind kind, ms_t after)
{
    const struct calendar *calendar = &policy->calendar;
    const struct sla_times *sla = &policy->sla[task->priority];
    if (task->status == STATUS_CLOSED || task_is_paused(task)) return TIME_NONE;
    if (task->status == STATUS_RESOLVED) {
        if (kind != REMINDER_VERIFY_DUE) return TIME_NONE;
        ms_t first = deadline_add(calendar, task->resolved_at, sla->verify);
        return repeat(calendar, first, policy->verify_every, -1, after);
    }
    switch (kind) {
    case REMINDER_ASSIGN_DUE:
        if (!owner_is_nobody(task->owner)) return TIME_NONE;
        return repeat(calendar, task->assign_due_at, policy->assign_every, -1, after);
    case REMINDER_DUE_SOON: return due_soon_after(policy, task, after);
    case REMINDER_DUE:
        if (after != TIME_NONE && task->due_at <= after) return TIME_NONE;
        return not_before_change(task, task->due_at);
    case REMINDER_OVERDUE: {
        if (policy->overdue_max < 1) return TIME_NONE;
        ms_t first = deadline_add(calendar, task->due_at, policy->overdue_every);
        return repeat(calendar, first, policy->overdue_every, policy->overdue_max - 1, after);
    }
    case REMINDER_STALE: {
        ms_t first = deadline_add(calendar, task->touched_at, sla->stale);
        return repeat(calendar, first, policy->stale_every, -1, after);
    }
    case REMINDER_ESCALATION: return escalation_next(policy, task);
    case REMINDER_VERIFY_DUE: /* of what is resolved alone */
    case REMINDER_REVIEW_DUE:
    case REMINDER_MISSING_FINDINGS:
    case REMINDER_ORPHAN_FINDING: /* not about a task */
    case reminder_kind_none:
    default: return TIME_NONE;
    }
}

ms_t reminder_next(const struct policy *policy, const struct task *task)
{
    ms_t first = TIME_NONE;
    for (int kind = 1; kind < REMINDER_TASK_KINDS; kind++) {
        ms_t at = next_point(policy, task, kind, task->reminders[kind].last);
        if (at != TIME_NONE && (first == TIME_NONE || at < first)) first = at;
    }
    return first;
}

struct str reminder_span(struct arena *arena, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{DAY_MS, "d"}, {HOUR_MS, "h"}, {MINUTE_MS, "min"}, {SECOND_MS, "s"}};
    for (size_t i = 0; i < 3; i++)
        if (ms >= units[i].ms)
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
    for (size_t i = 0; i < reminder->recipients_n; i++)
        if (reminder->recipients[i].role == role && owner_eq(reminder->recipients[i].who, who))
            return;
    /* Reminders have few recipients: one more array for each is cheaper than keeping a capacity. */
    struct recipient *grown =
        arena_alloc(step->arena, (reminder->recipients_n + 1) * sizeof *grown);
    if (reminder->recipients_n)
        memcpy(grown, reminder->recipients, reminder->recipients_n * sizeof *grown);
    grown[reminder->recipients_n++] = (struct recipient){role, who};
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

static void add_recipients(struct step *step, struct reminder_output *reminder,
                           const struct task *task, unsigned escalated_now)
{
    switch (reminder->kind) {
    case REMINDER_DUE_SOON:
        if (task->owner.person.p)
            add_role(step, reminder, ROLE_OWNER, task);
        else
            add_role(step, reminder, ROLE_ON_CALL, task);
        break;
    case REMINDER_DUE:
    case REMINDER_OVERDUE:
    case REMINDER_STALE:
        add_role(step, reminder, ROLE_OWNER, task);
        add_role(step, reminder, ROLE_ON_CALL, task);
        break;
    case REMINDER_ESCALATION: {
        unsigned to = 0;
        for (size_t i = 0; i < step->policy->escalation_n; i++)
            if (escalated_now >> i & 1) to |= step->policy->escalation[i].to;
        add_role(step, reminder, ROLE_OWNER, task);
        for (int role = ROLE_MANAGER; role < role_end; role++)
            if (to >> role & 1) add_role(step, reminder, role, task);
        break;
    }
    case REMINDER_ASSIGN_DUE:
    case REMINDER_VERIFY_DUE:
    case REMINDER_REVIEW_DUE:
    case REMINDER_MISSING_FINDINGS:
    case REMINDER_ORPHAN_FINDING:
    case reminder_kind_none:
    default: add_role(step, reminder, ROLE_RESPONSE_TEAM, task); break;
    }
    /* What concerns several groups is followed up with each of them. */
    if (task->kind == KIND_REGISTER_ENTRY && reminder->kind != REMINDER_ASSIGN_DUE &&
        reminder->kind != REMINDER_VERIFY_DUE)
        add_role(step, reminder, ROLE_PARTICIPANT, task);
}

static struct str deadline_phrase(struct arena *arena, const struct task *task, ms_t at)
{
    if (at < task->due_at) {
        struct str left = reminder_span(arena, task->due_at - at);
        return arena_printf(arena, "is due in %.*s", STR_ARG(left));
    }
    if (at == task->due_at) return STR("is due now");
    struct str late = reminder_span(arena, at - task->due_at);
    return arena_printf(arena, "is %.*s overdue", STR_ARG(late));
}

static struct str phrase(struct step *step, const struct task *task, enum reminder_kind kind,
                         ms_t at)
{
    struct arena *arena = step->arena;
    struct str span;
    switch (kind) {
    case REMINDER_ASSIGN_DUE:
        if (at <= task->assign_due_at) return STR("has no owner; it should have one by now");
        span = reminder_span(arena, at - task->assign_due_at);
        return arena_printf(arena, "has no owner; it should have had one %.*s ago", STR_ARG(span));
    case REMINDER_STALE:
        span = reminder_span(arena, at - task->touched_at);
        return arena_printf(arena, "has had no update for %.*s", STR_ARG(span));
    case REMINDER_ESCALATION:
        span = deadline_phrase(arena, task, at);
        return arena_printf(arena, "%.*s and is escalated", STR_ARG(span));
    case REMINDER_VERIFY_DUE:
        span = reminder_span(arena, at - task->resolved_at);
        return arena_printf(arena, "was resolved %.*s ago and is not verified", STR_ARG(span));
    case REMINDER_DUE_SOON:
    case REMINDER_DUE:
    case REMINDER_OVERDUE:
    case REMINDER_REVIEW_DUE:
    case REMINDER_MISSING_FINDINGS:
    case REMINDER_ORPHAN_FINDING:
    case reminder_kind_none:
    default: return deadline_phrase(arena, task, at);
    }
}

static struct str summary(struct step *step, const struct task *task, enum reminder_kind kind,
                          ms_t at)
{
    struct arena *arena = step->arena;
    struct str id = state_task_id(arena, task->incident_id, task->name);
    struct str title = reminder_title(step, task->title);
    struct str says = phrase(step, task, kind, at);
    return text_clean(arena, arena_printf(arena, "%.*s %.*s %.*s '%.*s' %.*s",
                                          STR_ARG(priority_name(task->priority)),
                                          STR_ARG(task_kind_name(task->kind)), STR_ARG(id),
                                          STR_ARG(title), STR_ARG(says)));
}

/* Takes the steps of the escalation that are due; those of one point in time are one. */
static int64_t take_steps(const struct policy *policy, struct task *task, ms_t until, ms_t *latest,
                          unsigned *steps)
{
    if (next_point(policy, task, REMINDER_ESCALATION, TIME_NONE) == TIME_NONE) return 0;
    for (size_t i = 0; i < policy->escalation_n; i++) {
        ms_t at = step_point(policy, task, i);
        if ((task->escalated >> i & 1) || at > until) continue;
        *steps |= 1u << i;
        if (at > *latest) *latest = at;
    }
    task->escalated |= *steps;
    int64_t points = *steps != 0;
    for (size_t i = 0; i < policy->escalation_n; i++)
        points += (*steps >> i & 1) && step_point(policy, task, i) < *latest;
    return points;
}

/* Takes all points of one kind up to `until` together; returns how many, the latest in *latest. */
static int64_t take_points(const struct policy *policy, struct task *task, enum reminder_kind kind,
                           ms_t until, ms_t *latest)
{
    int64_t n = 0;
    ms_t at;
    while ((at = next_point(policy, task, kind, task->reminders[kind].last)) != TIME_NONE &&
           at <= until) {
        task->reminders[kind].last = *latest = at;
        n++;
    }
    return n;
}

void reminder_tick(struct step *step, struct entry *entry, ms_t until)
{
    const struct task *before;
    struct task *task = task_edit(step, entry, &before);
    for (int kind = 1; kind < REMINDER_TASK_KINDS; kind++) {
        ms_t latest = TIME_NONE;
        unsigned steps = 0;
        int64_t points = kind == REMINDER_ESCALATION
                             ? take_steps(step->policy, task, until, &latest, &steps)
                             : take_points(step->policy, task, kind, until, &latest);
        if (!points) continue;
        struct output *output = step_emit(step, OUTPUT_REMINDER);
        output->at = latest;
        struct reminder_output *reminder = &output->reminder;
        *reminder = (struct reminder_output){
            .kind = kind,
            .number = ++task->reminders[kind].number,
            .due_for = latest,
            .coalesced = points - 1,
            .occurrence = task->occurrence,
            .task = before,
            .summary = summary(step, task, kind, latest),
        };
        add_recipients(step, reminder, task, steps);
    }
}
