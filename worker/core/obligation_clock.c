/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From when and until when an obligation runs. It follows from what the incident says and from what was
 * submitted of others, and is reckoned afresh whenever one of these comes: so whatever is told late,
 * twice or corrected, the dates are as if it had been known at once.
 */
#include "obligation_clock.h"

#include "deadline.h"
#include "duty.h"
#include "state_key.h"
#include "task.h"

struct entry *obligation_entry(struct step *step, struct str id)
{
    return step_task_entry(step,
                           task_name(step, KIND_OBLIGATION, state_encode_part(step->arena, id)));
}

struct str obligation_name(struct step *step, struct str id)
{
    return arena_join(step->arena, STR("obligation/"), state_encode_part(step->arena, id),
                      STR_NONE);
}

static ms_t said(const struct incident *incident, enum obligation_start from)
{
    switch (from) {
    case FROM_STARTED_AT: return incident->started_at;
    case FROM_DETECTED_AT: return incident->detected_at;
    case FROM_KNOWN_AT: return incident->known_at;
    case FROM_CONTAINED_AT: return incident->contained_at;
    case FROM_CLOSED_AT:
    case FROM_AFTER:
    case obligation_start_none:
    default: return incident->closed_at;
    }
}

/* What of it is known, or what comes nearest; every incident has a closed_at (R4.132). */
static enum obligation_start known_start(const struct incident *incident,
                                         enum obligation_start from)
{
    static const enum obligation_start tries[obligation_start_end][3] = {
        [FROM_STARTED_AT] = {FROM_STARTED_AT, FROM_DETECTED_AT, FROM_KNOWN_AT},
        [FROM_DETECTED_AT] = {FROM_DETECTED_AT, FROM_KNOWN_AT},
        [FROM_KNOWN_AT] = {FROM_KNOWN_AT, FROM_DETECTED_AT},
        [FROM_CONTAINED_AT] = {FROM_CONTAINED_AT},
    };
    for (size_t i = 0; i < 3 && tries[from][i]; i++)
        if (said(incident, tries[from][i]) != TIME_NONE) return tries[from][i];
    return FROM_CLOSED_AT;
}

/* Our days off are none of the law's: without a calendar of its own every day counts (R4.147). */
static struct calendar calendar_of(const struct step *step, const struct obligation *o)
{
    if (o->calendar) return *o->calendar;
    return (struct calendar){.zone = step->policy->calendar.zone, .working_days = EVERY_DAY};
}

static ms_t add(const struct step *step, const struct obligation *o,
                const struct obligation_time *time, ms_t start)
{
    const struct calendar calendar = calendar_of(step, o);
    if (time->months) return deadline_add_months(&calendar, start, time->months);
    if (o->has_until && time == &o->time)
        return deadline_add_whole_days(&calendar, start, time->within.amount, o->until);
    return deadline_add(&calendar, start, time->within);
}

static void start_after(struct step *step, const struct obligation *o,
                        struct obligation_clock *clock)
{
    const struct obligation *other = &step->policy->obligations[o->time.after];
    const struct task *work = duty_work(step, obligation_name(step, other->id));
    clock->is_provisional = !work || !task_is_done(work);
    clock->start =
        clock->is_provisional ? obligation_clock_of(step, other).due_at : work->submitted_at;
}

/* A second closing restarts no clock. */
static void start_said(struct step *step, const struct obligation *o,
                       struct obligation_clock *clock)
{
    const struct entry *entry = obligation_entry(step, o->id);
    const struct task *task =
        entry->exists ? entry->task : duty_carried(step, obligation_name(step, o->id));
    clock->from = known_start(step->incident, o->time.from);
    bool is_kept = clock->from == FROM_CLOSED_AT && task;
    clock->start = is_kept ? task->clock_start : said(step->incident, clock->from);
}

/* Of two bounds the earlier one. One that is over before the other begins says nothing; and where
 * the start of the other is not known, it alone does (R4.133). */
static void shorten(struct step *step, const struct obligation *o, struct obligation_clock *clock)
{
    ms_t from = said(step->incident, o->at_latest.from);
    if (!o->has_latest || from == TIME_NONE) return;
    ms_t bound = add(step, o, &o->at_latest, from);
    if (clock->from != o->time.from)
        *clock =
            (struct obligation_clock){.start = from, .due_at = bound, .from = o->at_latest.from};
    else if (bound > clock->start)
        clock->due_at = time_first(clock->due_at, bound);
}

struct obligation_clock obligation_clock_of(struct step *step, const struct obligation *o)
{
    struct obligation_clock clock = {.from = o->time.from};
    if (o->time.from == FROM_AFTER)
        start_after(step, o, &clock);
    else
        start_said(step, o, &clock);
    clock.due_at = add(step, o, &o->time, clock.start);
    shorten(step, o, &clock);
    return clock;
}

struct obligation_clock obligation_clock_of_all(struct step *step, const struct obligation *o,
                                                const struct task *task)
{
    struct obligation_clock clock = obligation_clock_of(step, o);
    const struct task *first = duty_first_due(step, obligation_name(step, o->id));
    if (!first || task->status == STATUS_CLOSED ||
        (clock.from == FROM_AFTER && !clock.is_provisional))
        return clock;
    if (!task->for_others && clock.due_at <= first->due_at) return clock;
    return (struct obligation_clock){.start = first->clock_start,
                                     .due_at = first->due_at,
                                     .from = clock.from,
                                     .is_others = true};
}
