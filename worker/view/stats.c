/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts tasks in groups, for `stats`. Of each task three spans are kept, for percentiles have to know
 * all of them: 24 bytes a task.
 */
#include "stats.h"

#include <stdlib.h>

#include "common/hash.h"
#include "core/forgotten.h"

NAMES_DEFINE(stats_by, STATS_BYS)
NAMES_DEFINE(stats_count, STATS_COUNTS)
NAMES_DEFINE(stats_span, STATS_SPANS)

/* ---- groups ---- */

static uint64_t hash_of(struct str name, bool is_deleted)
{
    return hash_add(hash_bytes(HASH_START, name), (name.p != NULL) + 2u * is_deleted);
}

static size_t place_of(const struct stats *stats, struct str name, bool is_deleted)
{
    size_t i = hash_of(name, is_deleted) & (stats->places_n - 1);
    for (; stats->places[i]; i = (i + 1) & (stats->places_n - 1)) {
        const struct stats_group *group = &stats->groups[stats->places[i] - 1];
        if (group->is_deleted == is_deleted && str_eq(group->name, name)) break;
    }
    return i;
}

/* Never more than half full. */
static void make_room(struct stats *stats)
{
    if (2 * (stats->n + 1) <= stats->places_n) return;
    stats->places_n = stats->places_n ? 2 * stats->places_n : 64;
    stats->places = arena_zalloc(stats->arena, stats->places_n * sizeof *stats->places);
    for (size_t i = 0; i < stats->n; i++)
        stats->places[place_of(stats, stats->groups[i].name, stats->groups[i].is_deleted)] = i + 1;
}

static struct stats_group *group_of(struct stats *stats, struct str name, bool is_deleted)
{
    make_room(stats);
    size_t place = place_of(stats, name, is_deleted);
    if (!stats->places[place]) {
        *ARENA_PUSH(stats->arena, stats->groups, stats->n, stats->cap) = (struct stats_group){
            .name = name.p ? arena_str(stats->arena, name) : STR_NONE, .is_deleted = is_deleted};
        stats->places[place] = stats->n;
    }
    return &stats->groups[stats->places[place] - 1];
}

/* `text` is room for it. */
static struct str name_of(const struct stats *stats, const struct task *task,
                          char text[TIMESTAMP_TEXT])
{
    switch (stats->by) {
    case STATS_BY_TEAM: return task->owner.team;
    case STATS_BY_KIND: return task_kind_name(task->kind);
    case STATS_BY_CATEGORY: return task->category ? category_name(task->category) : STR_NONE;
    case STATS_BY_PRIORITY: return priority_name(task->priority);
    case STATS_BY_MONTH: return forgotten_month_of(text, stats->calendar, task->created_at);
    case STATS_BY_LABEL: return labels_value(task->labels, stats->label);
    case STATS_BY_NONE:
    default: return STR_NONE;
    }
}

/* ---- figures ---- */

static void note_span(struct stats *stats, struct stats_spans *spans, ms_t from, ms_t to)
{
    if (from == TIME_NONE || to == TIME_NONE) return;
    /* A duty's clock may begin later than it was owned. */
    *ARENA_PUSH(stats->arena, spans->ms, spans->n, spans->cap) = to > from ? to - from : 0;
}

static void add_spans(struct stats *stats, struct stats_spans *spans, const struct task *task)
{
    /* Where the clock of this life began, whatever pauses have moved it by. */
    ms_t start = task->clock_start - task->clock_moved;
    bool is_done = task->resolution == RESOLUTION_DONE;
    ms_t done_at = task->resolved_at != TIME_NONE ? task->resolved_at : task->closed_at;
    note_span(stats, &spans[STATS_ASSIGN], start, task->assigned_at);
    if (is_done || task->status == STATUS_RESOLVED)
        note_span(stats, &spans[STATS_RESOLVE], start, done_at);
    /* What closed by itself when it was resolved, nobody has verified. */
    if (is_done && task->closed_at != task->resolved_at)
        note_span(stats, &spans[STATS_VERIFY], task->resolved_at, task->closed_at);
}

void stats_add(struct stats *stats, const struct task *task)
{
    if (stats->since != TIME_NONE && task->created_at < stats->since) return;
    char text[TIMESTAMP_TEXT];
    struct stats_group *group = group_of(stats, name_of(stats, task, text), false);
    int64_t *counts = group->counts;
    bool is_done = task->resolution == RESOLUTION_DONE;
    counts[STATS_CREATED]++;
    counts[STATS_DONE] += is_done;
    counts[STATS_IN_TIME] += task->sla == SLA_MET;
    counts[STATS_WAIVED] += task->status == STATUS_CLOSED && !is_done;
    counts[STATS_OPEN] += task->status != STATUS_CLOSED;
    counts[STATS_OVERDUE] += task_is_overdue(task, stats->now);
    counts[STATS_REOPENED] += task->occurrence - 1;
    counts[STATS_POSTPONED] += task->postponed;
    counts[STATS_RECURRENCES] += task->recurrences;
    add_spans(stats, group->spans, task);
}

void stats_add_forgotten(struct stats *stats, const struct forgotten *forgotten)
{
    char text[TIMESTAMP_TEXT];
    struct str since = STR_NONE;
    /* Of a month only the whole is known: one that begins before `since` is left out. */
    if (stats->since != TIME_NONE)
        since = forgotten_month_of(text, stats->calendar, stats->since - 1);
    for (size_t i = 0; i < forgotten->n; i++) {
        const struct forgotten_month *month = &forgotten->items[i];
        if (since.p && str_cmp(month->month, since) <= 0) continue;
        bool is_known = stats->by == STATS_BY_NONE || stats->by == STATS_BY_MONTH;
        struct str name = stats->by == STATS_BY_MONTH ? month->month : STR_NONE;
        struct stats_group *group = group_of(stats, name, !is_known);
        group->forgotten += month->created;
        group->counts[STATS_CREATED] += month->created;
        group->counts[STATS_DONE] += month->done;
        group->counts[STATS_IN_TIME] += month->in_time;
        group->counts[STATS_WAIVED] += month->waived;
        group->counts[STATS_REOPENED] += month->reopened;
        group->counts[STATS_POSTPONED] += month->postponed;
        group->counts[STATS_RECURRENCES] += month->recurrences;
    }
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Those without a name behind the others, what was deleted last. */
static int by_name(const void *a, const void *b)
{
    const struct stats_group *x = a, *y = b;
    if (x->is_deleted != y->is_deleted) return x->is_deleted ? 1 : -1;
    if (!x->name.p != !y->name.p) return x->name.p ? -1 : 1;
    return str_cmp(x->name, y->name);
}

void stats_end(struct stats *stats)
{
    if (stats->by == STATS_BY_NONE) group_of(stats, STR_NONE, false);
    if (stats->n) qsort(stats->groups, stats->n, sizeof *stats->groups, by_name);
    stats->places_n = 0; /* they have other places now */
    for (size_t i = 0; i < stats->n; i++)
        for (int k = STATS_SPAN_NONE + 1; k < stats_span_end; k++) {
            struct stats_spans *spans = &stats->groups[i].spans[k];
            if (spans->n) qsort(spans->ms, spans->n, sizeof *spans->ms, by_size);
        }
}

int64_t stats_percentile(const int64_t *values, size_t n, int percent)
{
    /* ceil(n * percent / 100), without the product where it would be too large. */
    size_t p = (size_t)percent, rank = n / 100 * p + (n % 100 * p + 99) / 100;
    return values[rank - 1];
}
