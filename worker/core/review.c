/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes due about an incident as a whole: its review, missing findings, end of retention. */
#include "review.h"

#include <stdlib.h>

#include "closure.h"
#include "common/text.h"
#include "deadline.h"
#include "finding.h"
#include "forgotten.h"
#include "recurrence.h"
#include "reminder.h"
#include "schedule.h"
#include "task.h"

/* When what is about the whole incident is sent. */
static ms_t send_at(const struct policy *policy, ms_t due)
{
    return schedule_send_at(policy, schedule_all_at_once(policy), due);
}

/* TIME_NONE at the end of the calendar. */
static ms_t review_at(const struct policy *policy, const struct incident *incident)
{
    if (policy->review_on) return schedule_review_on(policy, incident->review_last);
    ms_t at = deadline_add(&policy->calendar, incident->review_last, policy->review_every);
    return at > incident->review_last ? at : TIME_NONE;
}

static ms_t missing_at(const struct policy *policy, const struct incident *incident)
{
    /* The rest of a closure that is under way may bring some. */
    if (incident->findings || incident->missing_findings_sent || incident->cursor.stage)
        return TIME_NONE;
    return deadline_add(&policy->calendar, incident->opened_at, policy->missing_findings_after);
}

/* When it is to be said that an incident is merged into this one since then. */
static ms_t awaited_at(const struct policy *policy, ms_t since)
{
    if (since == TIME_NONE) return TIME_NONE;
    return deadline_add(&policy->calendar, since, policy->orphan_finding_after);
}

/* When the retention of what is stored begins; TIME_NONE where nothing is. */
static ms_t kept_from(const struct incident *incident)
{
    if (incident->retired == incident->occurrence) return incident->kept_since;
    return time_later(incident->completed_at, incident->accepted_last);
}

ms_t review_wake_at(const struct policy *policy, const struct incident *incident)
{
    if (incident->cursor.ticks) return incident->cursor.at;
    switch (incident->phase) {
    case PHASE_OPEN:
        return send_at(policy,
                       time_first(review_at(policy, incident), missing_at(policy, incident)));
    case PHASE_COMPLETED:
        /* Once begun it goes on at once, also under another policy. */
        if (incident->cursor.stage == STAGE_RETIRE) return incident->completed_at;
        /* What a closure that is under way still needs is not deleted. */
        if (incident->cursor.stage || kept_from(incident) == TIME_NONE) return TIME_NONE;
        /* A risk that is accepted will be back. */
        if (incident->accepted) return TIME_NONE;
        return deadline_add(&policy->calendar, kept_from(incident), policy->retention);
    case PHASE_WAITING:
    default: return send_at(policy, awaited_at(policy, incident->awaited_since));
    }
}

/* So many open tasks are listed in a review: with titles as long as they may be they still fit a
 * record, and nobody reads more. */
#define REVIEW_OPEN_MAX 300

static int by_urgency(const void *a, const void *b)
{
    const struct task *x = *(const struct task *const *)a, *y = *(const struct task *const *)b;
    if (x->due_at != y->due_at) return x->due_at < y->due_at ? -1 : 1;
    return str_cmp(x->name, y->name);
}

/* The incident in a sentence: "INC-1042 'Its title'". */
static struct str label(struct step *step)
{
    const struct incident *incident = step->incident;
    struct str id = text_clean(step->arena, incident->incident_id);
    if (!incident->title.n) return id;
    struct str title = reminder_title(step, incident->title);
    return arena_printf(step->arena, "%.*s '%.*s'", STR_ARG(id), STR_ARG(title));
}

static struct reminder_output *remind(struct step *step, enum reminder_kind kind, int64_t number,
                                      ms_t due_for)
{
    size_t n, open_n = 0;
    struct entry **tasks = step_entries(step, ENTRY_TASK, &n);
    const struct task **open = arena_alloc(step->arena, n * sizeof *open);
    for (size_t i = 0; i < n; i++)
        if (tasks[i]->task->status != STATUS_CLOSED) open[open_n++] = tasks[i]->task;
    qsort(open, open_n, sizeof *open, by_urgency);
    bool at_once = schedule_all_at_once(step->policy);
    struct reminder_output *reminder = &reminder_emit(step, kind, due_for, at_once)->reminder;
    reminder->number = number;
    reminder->occurrence = step->incident->occurrence;
    reminder->incident = arena_copy(step->arena, step->incident, sizeof *step->incident);
    reminder->open = open;
    reminder->open_n = reminder->open_all = open_n;
    reminder_add(step, reminder, ROLE_RESPONSE_TEAM, step->policy->response_team);
    return reminder;
}

static void review(struct step *step, ms_t until)
{
    struct incident *incident = step->incident;
    int64_t points = 0;
    ms_t at;
    while ((at = review_at(step->policy, incident)) != TIME_NONE &&
           send_at(step->policy, at) <= until) {
        incident->review_last = at;
        points++;
    }
    if (!points) return;
    ms_t due = incident->review_last;
    struct reminder_output *reminder = remind(step, REMINDER_REVIEW_DUE, ++incident->reviews, due);
    reminder->coalesced = points - 1;
    size_t overdue = 0, paused = 0;
    for (size_t i = 0; i < reminder->open_n; i++) {
        paused += task_is_paused(reminder->open[i]);
        overdue += task_is_overdue(reminder->open[i], step->d->now);
    }
    struct str what = label(step);
    struct str pauses = paused ? arena_printf(step->arena, ", %zu paused", paused) : STR("");
    reminder->summary =
        arena_printf(step->arena, "Review of %.*s is due: %zu open, %zu of them overdue%.*s",
                     STR_ARG(what), reminder->open_n, overdue, STR_ARG(pauses));
    if (reminder->open_n <= REVIEW_OPEN_MAX) return;
    reminder->open_n = REVIEW_OPEN_MAX;
    reminder->summary = arena_printf(step->arena, "%.*s; the %d most urgent are listed",
                                     STR_ARG(reminder->summary), REVIEW_OPEN_MAX);
}

static void miss_findings(struct step *step, ms_t until)
{
    struct incident *incident = step->incident;
    ms_t due = missing_at(step->policy, incident);
    if (due == TIME_NONE || send_at(step->policy, due) > until) return;
    incident->missing_findings_sent = true;
    struct reminder_output *reminder = remind(step, REMINDER_MISSING_FINDINGS, 1, due);
    struct str what = label(step);
    struct str waited = reminder_span(step->arena, step->d->now - incident->opened_at);
    reminder->summary =
        arena_printf(step->arena, "No finding has come for %.*s since its follow-up began %.*s ago",
                     STR_ARG(what), STR_ARG(waited));
}

/* What of one merged incident is here. */
struct guests {
    const struct finding *first; /* the one that has been here for longest */
    size_t findings, duties;
};

static struct guests guests_of(struct step *step, struct str incident_id)
{
    struct guests guests = {.first = NULL};
    size_t n;
    struct entry **findings = step_entries(step, ENTRY_FINDING, &n);
    for (size_t i = 0; i < n; i++) {
        const struct finding *finding = findings[i]->finding;
        if (finding->moved_to.p || !str_eq(finding->origin.incident_id, incident_id)) continue;
        guests.findings++;
        if (!guests.first || finding->first_seen_at < guests.first->first_seen_at)
            guests.first = finding;
    }
    for (const struct entry *e = step->header->next_sibling; e; e = e->next_sibling)
        guests.duties += e->exists && e->type == ENTRY_DUTY && e->duty->held &&
                         str_eq(e->duty->incident_id, incident_id);
    return guests;
}

static void remind_of_one(struct step *step, struct entry *entry, ms_t due)
{
    const struct guests guests = guests_of(step, entry->waiting->incident_id);
    entry->waiting = arena_copy(step->arena, entry->waiting, sizeof *entry->waiting);
    entry->waiting->told = true;
    step_touch(step, entry);
    finding_tell_of_merge(step, entry->waiting, guests.first, guests.findings, guests.duties, due);
}

/* Of each incident that was merged into this one so long ago. Who was told of is known, so the next part
 * begins anew. */
static enum decide_result remind_of_merged(struct step *step, ms_t until)
{
    struct incident *incident = step->incident;
    size_t n;
    struct entry **entries = step_entries(step, ENTRY_WAITING, &n);
    incident->awaited_since = TIME_NONE;
    for (size_t i = 0; i < n; i++) {
        const struct waiting *waiting = entries[i]->waiting;
        if (waiting->told) continue;
        ms_t due = awaited_at(step->policy, waiting->since);
        if (send_at(step->policy, due) > until) {
            incident->awaited_since = time_first(incident->awaited_since, waiting->since);
            continue;
        }
        if (step_is_full(step)) {
            incident->awaited_since = waiting->since;
            return DECIDE_MORE;
        }
        size_t bytes = step->bytes;
        remind_of_one(step, entries[i], due);
        step_handled(step, bytes);
    }
    return DECIDE_OK;
}

/* A deletion is one short message, where another entry makes up to five. */
#define DELETIONS_OF_A_STEP 5

/* A holder goes with its parts, and what stats knows of its tasks stays in the header. */
static void delete (struct step *step, struct entry *holder)
{
    for (struct entry *e = holder; e; e = e->next_part) {
        if (!e->exists) continue;
        if (e->type == ENTRY_TASK) forgotten_count(step, e->task);
        e->exists = false;
        step_touch(step, e);
    }
}

enum decide_result review_retire(struct step *step)
{
    struct incident *incident = step->incident;
    size_t n = 0;
    /* The header stays for ever, so that no id of this life can ever come back. */
    incident->retired = incident->occurrence;
    incident->kept_since = TIME_NONE;
    incident->doubts = 0;
    incident->title = STR_NONE;
    incident->owner = incident_none.owner;
    incident->labels = incident_none.labels;
    incident->cursor.stage = STAGE_RETIRE;
    /* What its parts tell others is of one time. */
    if (incident->cursor.at == TIME_NONE) incident->cursor.at = step->cause.at;
    step->cause.at = incident->cursor.at;
    for (struct entry *e = step->header->next_sibling; e; e = e->next_sibling) {
        if (!e->exists || e->holder != e) continue;
        if (step_is_full(step)) return DECIDE_MORE;
        delete (step, e);
        recurrence_follow(step);
        step->handled += ++n % DELETIONS_OF_A_STEP == 0;
    }
    incident->cursor = incident_none.cursor;
    return DECIDE_OK;
}

void review_keep(struct step *step)
{
    struct incident *incident = step->incident;
    if (incident->retired != incident->occurrence || incident->cursor.stage) return;
    if (incident->kept_since != TIME_NONE) return;
    for (const struct entry *e = step->header->next_sibling; e; e = e->next_sibling)
        if (e->exists) incident->kept_since = step->cause.at;
}

enum decide_result review_tick(struct step *step, ms_t until)
{
    const struct incident *incident = step->incident;
    if (incident->cursor.ticks) {
        const struct cause tick = step->cause;
        ms_t at = step->at;
        while (incident->cursor.ticks)
            if (closure_go_on(step) == DECIDE_MORE) return DECIDE_MORE;
        step->cause = tick;
        step->at = at;
    }
    ms_t due = review_wake_at(step->policy, incident);
    if (time_first(due, until) != due) return DECIDE_OK;
    if (incident->phase == PHASE_COMPLETED) return review_retire(step);
    if (incident->phase == PHASE_WAITING) return remind_of_merged(step, until);
    miss_findings(step, until);
    review(step, until);
    return DECIDE_OK;
}
