/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the figures of tasks that retention deletes, in the header of their incident, which stays for
 * ever: so they are written in the transaction that deletes the task, and are not counted by shard,
 * where each such transaction would wait for the one before it.
 */
#include "forgotten.h"

#include "deadline.h"

struct str forgotten_month_of(char text[TIMESTAMP_TEXT], const struct calendar *calendar, ms_t at)
{
    timestamp_format(calendar_local(calendar, at), text);
    return (struct str){text, sizeof "2026-11" - 1};
}

/* What an older header points to stays as it is: a copy, with room for one more. */
static struct forgotten copy_of(struct arena *arena, const struct forgotten *old)
{
    struct forgotten copy = {arena_alloc(arena, (old->n + 1) * sizeof *copy.items), old->n};
    if (old->n) memcpy(copy.items, old->items, old->n * sizeof *copy.items);
    return copy;
}

/* The row of a month, made where it is not there yet. */
static struct forgotten_month *row_of(struct forgotten *all, struct str month)
{
    size_t i = 0;
    while (i < all->n && str_cmp(all->items[i].month, month) < 0) i++;
    if (i < all->n && str_eq(all->items[i].month, month)) return &all->items[i];
    memmove(&all->items[i + 1], &all->items[i], (all->n++ - i) * sizeof *all->items);
    all->items[i] = (struct forgotten_month){.month = month};
    return &all->items[i];
}

static void add(struct forgotten_month *to, const struct forgotten_month *more)
{
    to->created += more->created;
    to->done += more->done;
    to->in_time += more->in_time;
    to->waived += more->waived;
    to->reopened += more->reopened;
    to->postponed += more->postponed;
    to->recurrences += more->recurrences;
}

void forgotten_count(struct step *step, const struct task *task)
{
    if (task->moved_to.p) return; /* it is counted where it went to */
    struct forgotten all = copy_of(step->arena, &step->incident->forgotten);
    char text[TIMESTAMP_TEXT];
    struct str month = forgotten_month_of(text, &step->policy->calendar, task->created_at);
    bool done = task->resolution == RESOLUTION_DONE;
    struct forgotten_month one = {
        .created = 1,
        .done = done,
        .in_time = task->sla == SLA_MET,
        .waived = !done,
        .reopened = task->occurrence - 1,
        .postponed = task->postponed,
        .recurrences = task->recurrences,
    };
    add(row_of(&all, arena_str(step->arena, month)), &one);
    if (all.n > FORGOTTEN_MONTHS_MAX) {
        add(&all.items[1], &all.items[0]);
        all.items++;
        all.n--;
    }
    step->incident->forgotten = all;
}
