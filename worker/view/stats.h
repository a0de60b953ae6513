/* SPDX-License-Identifier: Apache-2.0 */
/* What was learnt, in figures: tasks counted in groups. */
#ifndef EPILOGUE_VIEW_STATS_H
#define EPILOGUE_VIEW_STATS_H

#include "common/buf.h"
#include "core/state_incident.h"
#include "core/state_task.h"

/* By what tasks are grouped. */
#define STATS_BYS(X)                 \
    X(STATS_BY_TEAM, "team")         \
    X(STATS_BY_KIND, "kind")         \
    X(STATS_BY_CATEGORY, "category") \
    X(STATS_BY_PRIORITY, "priority") \
    X(STATS_BY_MONTH, "month")       \
    X(STATS_BY_LABEL, "label")
NAMES_DECLARE(stats_by, STATS_BY_NONE, STATS_BYS)

/* How many, and how often. */
#define STATS_COUNTS(X)             \
    X(STATS_CREATED, "created")     \
    X(STATS_DONE, "done")           \
    X(STATS_IN_TIME, "in_time")     \
    X(STATS_WAIVED, "waived")       \
    X(STATS_OPEN, "open")           \
    X(STATS_OVERDUE, "overdue")     \
    X(STATS_REOPENED, "reopened")   \
    X(STATS_POSTPONED, "postponed") \
    X(STATS_RECURRENCES, "recurrences")
NAMES_DECLARE(stats_count, STATS_COUNT_NONE, STATS_COUNTS)

/* How long it took, in the present life of each task. */
#define STATS_SPANS(X)                  \
    X(STATS_ASSIGN, "days_to_assign")   \
    X(STATS_RESOLVE, "days_to_resolve") \
    X(STATS_VERIFY, "days_to_verify")
NAMES_DECLARE(stats_span, STATS_SPAN_NONE, STATS_SPANS)

struct stats_spans {
    int64_t *ms; /* ascending, once stats_end was called */
    size_t n, cap;
};

struct stats_group {
    struct str name; /* absent: of what has none */
    bool is_deleted; /* what retention has deleted, where nothing tells its group */
    int64_t counts[stats_count_end];
    struct stats_spans spans[stats_span_end];
    int64_t forgotten; /* of those created, how many retention has deleted: without spans */
};

struct stats {
    struct arena *arena;
    const struct calendar *calendar;
    enum stats_by by;
    struct str label; /* for STATS_BY_LABEL: its name */
    ms_t since;       /* tasks made from then on; TIME_NONE: all */
    ms_t now;
    struct stats_group *groups; /* in the order of their names, once stats_end was called */
    size_t n, cap;
    size_t *places; /* a hash table of them: 1 + the index */
    size_t places_n;
};

/* The members up to `now` are the caller's to set. */
void stats_add(struct stats *stats, const struct task *task);
/* What retention has left of the tasks of an incident. */
void stats_add_forgotten(struct stats *stats, const struct forgotten *forgotten);
/* Nothing more comes. Without groups there is one of all. */
void stats_end(struct stats *stats);

/* Of n values in ascending order the least that `percent` of them (1 to 100) are not above; n is not
 * 0. */
int64_t stats_percentile(const int64_t *values, size_t n, int percent);

/* One of these three, after stats_end. */
void stats_write_table(struct buf *out, const struct stats *stats);
/* JSON Lines, one a group. */
void stats_write_json(struct buf *out, const struct stats *stats);
/* Quoted as in RFC 4180; a text that a spreadsheet would take for a formula has a ' before it. */
void stats_write_csv(struct buf *out, const struct stats *stats);

#endif
