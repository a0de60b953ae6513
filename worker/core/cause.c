/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a cause: which findings have it, in which incidents, as each has told last. Findings
 * tell in the order of their own shard, and one that goes to another incident tells from there, so it
 * counts what it tells: of two records about one finding the one with the higher number is the later.
 *
 * An incident comes once: with its first finding. Only then is anything said, so what is said grows
 * with the incidents and not with their findings, and whoever has told again, gone away or come back
 * raises nobody. The entry is bounded: it knows the findings that came last.
 */
#include "cause.h"

#include "deadline.h"

static ms_t end_of(const struct policy *policy, const struct seen *row)
{
    return deadline_add(&policy->calendar, row->since, policy->recurrence.within);
}

ms_t cause_wake_at(const struct policy *policy, const struct cause_state *cause)
{
    ms_t last = TIME_NONE;
    for (size_t i = 0; i < cause->findings.n; i++)
        last = time_later(last, end_of(policy, &cause->findings.items[i]));
    return last;
}

static bool is_of(const struct seen *row, struct str incident_id)
{
    return str_eq(row->incident_id, incident_id);
}

/* What does not count is remembered without its task. */
static bool has_it(const struct seen *row)
{
    return row->name.p != NULL;
}

static void remove_at(struct seen_list *rows, size_t at)
{
    rows->n--;
    memmove(&rows->items[at], &rows->items[at + 1], (rows->n - at) * sizeof *rows->items);
}

/* This event's own copy, without what is over at `at`; with room for one more. */
static struct cause_state *edit(struct decision *d, struct entry *entry, ms_t at)
{
    struct cause_state *cause = ARENA_NEW(d->arena, struct cause_state);
    const struct seen_list *old = entry->exists ? &entry->cause->findings : &cause->findings;
    if (entry->exists) *cause = *entry->cause;
    struct seen_list rows = {arena_alloc(d->arena, (old->n + 1) * sizeof *rows.items), 0};
    for (size_t i = 0; i < old->n; i++)
        if (end_of(d->policy, &old->items[i]) > at) rows.items[rows.n++] = old->items[i];
    cause->findings = rows;
    return cause;
}

static void keep(struct decision *d, struct entry *entry, struct cause_state *cause)
{
    entry->cause = cause;
    entry->exists = cause->findings.n > 0;
    state_touch(d->table, entry);
}

/* Makes room for one more of the incident: the first of it, or of all, goes. */
static void make_room(struct seen_list *rows, struct str incident_id)
{
    size_t n = 0, first = 0;
    for (size_t i = rows->n; i > 0; i--) {
        if (!is_of(&rows->items[i - 1], incident_id)) continue;
        first = i - 1;
        n++;
    }
    if (n >= CAUSE_OF_INCIDENT_MAX)
        remove_at(rows, first);
    else if (rows->n >= CAUSE_FINDINGS_MAX)
        remove_at(rows, 0);
}

/* Whether it was said of the incident that the cause came back. */
static bool knows(const struct cause_state *cause, struct str incident_id)
{
    bool is_known = false;
    for (size_t i = 0; i < cause->findings.n; i++)
        if (is_of(&cause->findings.items[i], incident_id))
            is_known |= cause->findings.items[i].is_known;
    return is_known;
}

/* How many incidents have it, of those that are known. */
static int64_t incidents_of(const struct seen_list *rows)
{
    int64_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        size_t first = 0;
        if (!has_it(&rows->items[i])) continue;
        while (!(has_it(&rows->items[first]) &&
                 is_of(&rows->items[first], rows->items[i].incident_id)))
            first++;
        n += first == i;
    }
    return n;
}

/* The finding as it is now, where it is now. */
static const struct seen *put(struct cause_state *cause, const struct recurrence_event *event)
{
    struct seen_list *rows = &cause->findings;
    struct seen now = event->finding;
    size_t i = seen_find(rows, &now.origin);
    bool was_here = i < rows->n, is_new = event->what == TELLING_NEW;
    now.is_known = knows(cause, now.incident_id);
    if (was_here) {
        now.is_known |= rows->items[i].is_known;
    } else {
        /* One that is neither known nor new had to make room for others. */
        now.is_known |= !is_new;
        make_room(rows, now.incident_id);
        i = rows->n++;
        rows->items[i] = (struct seen){.name = STR_NONE};
    }
    const int64_t before = incidents_of(rows);
    rows->items[i] = now;
    if (was_here || is_new) cause->incidents += incidents_of(rows) - before;
    return &rows->items[i];
}

static struct recurred_event *answer(struct decision *d, const struct event *event,
                                     const struct cause_state *cause, const struct seen *to)
{
    struct outputs *outputs = &d->outputs;
    struct output *output = ARENA_PUSH(d->arena, outputs->items, outputs->n, outputs->cap);
    *output = (struct output){.type = OUTPUT_FORWARD,
                              .incident_id = to->incident_id,
                              .at = event->cause.at,
                              .cause = event->cause,
                              .policy_version = d->policy->version,
                              .forward = ARENA_NEW(d->arena, struct forward_output)};
    output->forward->type = EVENT_RECURRED;
    output->forward->recurred = (struct recurred_event){
        .origin = to->origin, .key = event->recurrence->key, .incidents = cause->incidents};
    return &output->forward->recurred;
}

/* Says that it has come back: to the one that it came with, and to those that are open. */
static void say(struct decision *d, const struct event *event, struct cause_state *cause,
                const struct seen *with)
{
    struct seen_list *rows = &cause->findings;
    struct seen_list earlier = {arena_alloc(d->arena, rows->n * sizeof *earlier.items), 0};
    for (size_t i = 0; i < rows->n; i++)
        if (has_it(&rows->items[i]) && !is_of(&rows->items[i], with->incident_id))
            earlier.items[earlier.n++] = rows->items[i];
    if (!earlier.n) return;
    answer(d, event, cause, with)->earlier = earlier;
    for (size_t i = 0; i < earlier.n && d->policy->recurrence.boost; i++)
        if (earlier.items[i].status != STATUS_CLOSED)
            answer(d, event, cause, &earlier.items[i])->seen_in = with->incident_id;
    for (size_t i = 0; i < rows->n; i++) rows->items[i].is_known |= has_it(&rows->items[i]);
}

/* It does not count any more. That it did is known for as long as it would. */
static void forget(struct cause_state *cause, const struct recurrence_event *event, size_t i)
{
    struct seen_list *rows = &cause->findings;
    const struct seen old = rows->items[i];
    const int64_t before = incidents_of(rows);
    if (event->what == TELLING_FORGOTTEN) {
        remove_at(rows, i);
        return;
    }
    rows->items[i] = event->finding;
    rows->items[i].since = old.since;
    rows->items[i].is_known = old.is_known;
    cause->incidents += incidents_of(rows) - before;
}

void cause_take(struct decision *d, const struct event *event)
{
    const struct recurrence_event *told = event->recurrence;
    struct entry *entry = state_entry(d->table, event->incident_id);
    struct cause_state *cause = edit(d, entry, event->cause.at);
    size_t i = seen_find(&cause->findings, &told->finding.origin);
    bool is_here = i < cause->findings.n, counts = has_it(&told->finding);
    if (counts && end_of(d->policy, &told->finding) <= event->cause.at) return;
    if (is_here && cause->findings.items[i].tellings >= told->finding.tellings) return;
    cause->key = told->key;
    if (!counts) {
        if (!is_here) return;
        forget(cause, told, i);
    } else {
        const struct seen *now = put(cause, told);
        if (told->what == TELLING_NEW && !now->is_known) say(d, event, cause, now);
    }
    keep(d, entry, cause);
}

void cause_tick(struct decision *d, struct entry *entry, ms_t until)
{
    if (cause_wake_at(d->policy, entry->cause) > until) return;
    entry->exists = false;
    state_touch(d->table, entry);
}
