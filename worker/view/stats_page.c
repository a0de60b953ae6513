/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of `stats` as a table for a person, as JSON Lines, and as CSV for a spreadsheet. */
#include <inttypes.h>

#include "codec/json.h"
#include "columns.h"
#include "stats.h"
#include "terminal.h"

#define NAME_COLUMNS 40
#define MEDIAN 50
#define HIGH 90

/* The span of days, for a person to two digits behind the point; "" where there is none. */
static struct str days(struct arena *arena, const struct stats_spans *spans, int percent,
                       int digits)
{
    if (!spans->n) return STR("");
    double value = (double)stats_percentile(spans->ms, spans->n, percent) / (double)DAY_MS;
    return arena_printf(arena, "%.*f", digits, value);
}

/* As --by names it: "team", "label:product"; absent where it was not given. */
static struct str by_of(const struct stats *stats)
{
    if (stats->by != STATS_BY_LABEL) return stats_by_name(stats->by);
    return arena_join(stats->arena, STR("label"), STR(":"), stats->label);
}

/* What a person reads where a group has no name. */
static struct str title_of(const struct stats *stats, const struct stats_group *group)
{
    if (group->is_deleted) return STR("(deleted by retention)");
    if (group->name.p) return group->name;
    return stats->by == STATS_BY_NONE ? STR("all") : STR("(none)");
}

/* ---- the table ---- */

enum column {
    GROUP,
    CREATED,
    DONE,
    IN_TIME,
    SHARE,
    WAIVED,
    OPEN,
    OVERDUE,
    ASSIGN,
    RESOLVE,
    VERIFY,
    REOPENED,
    POSTPONED,
    RECURRENCES,
    COLUMNS
};

static const struct str headings[COLUMNS] = {
    [CREATED] = {"CREATED", 7},      [DONE] = {"DONE", 4},
    [IN_TIME] = {"IN TIME", 7},      [SHARE] = {"", 0},
    [WAIVED] = {"WAIVED", 6},        [OPEN] = {"OPEN", 4},
    [OVERDUE] = {"OVERDUE", 7},      [ASSIGN] = {"ASSIGN d", 8},
    [RESOLVE] = {"RESOLVE d", 9},    [VERIFY] = {"VERIFY d", 8},
    [REOPENED] = {"REOPENED", 8},    [POSTPONED] = {"POSTPONED", 9},
    [RECURRENCES] = {"RECURRED", 8},
};

static struct str number(struct arena *arena, int64_t value)
{
    return arena_printf(arena, "%" PRId64, value);
}

/* "1.5 / 12.0": the median and the 90th percentile. */
static struct str pair(struct arena *arena, const struct stats_spans *spans)
{
    if (!spans->n) return STR("-");
    struct str median = days(arena, spans, MEDIAN, 1), high = days(arena, spans, HIGH, 1);
    return arena_printf(arena, "%.*s / %.*s", STR_ARG(median), STR_ARG(high));
}

static void fill(const struct stats *stats, const struct stats_group *group,
                 struct str cells[COLUMNS])
{
    struct arena *arena = stats->arena;
    const int64_t *counts = group->counts;
    cells[GROUP] = columns_text(arena, title_of(stats, group), NAME_COLUMNS);
    cells[CREATED] = number(arena, counts[STATS_CREATED]);
    cells[DONE] = number(arena, counts[STATS_DONE]);
    cells[IN_TIME] = number(arena, counts[STATS_IN_TIME]);
    cells[SHARE] =
        counts[STATS_DONE]
            ? arena_printf(arena, "%" PRId64 "%%", 100 * counts[STATS_IN_TIME] / counts[STATS_DONE])
            : STR("-");
    cells[WAIVED] = number(arena, counts[STATS_WAIVED]);
    cells[OPEN] = number(arena, counts[STATS_OPEN]);
    cells[OVERDUE] = number(arena, counts[STATS_OVERDUE]);
    cells[ASSIGN] = pair(arena, &group->spans[STATS_ASSIGN]);
    cells[RESOLVE] = pair(arena, &group->spans[STATS_RESOLVE]);
    cells[VERIFY] = pair(arena, &group->spans[STATS_VERIFY]);
    cells[REOPENED] = number(arena, counts[STATS_REOPENED]);
    cells[POSTPONED] = number(arena, counts[STATS_POSTPONED]);
    cells[RECURRENCES] = number(arena, counts[STATS_RECURRENCES]);
}

void stats_write_table(struct buf *out, const struct stats *stats)
{
    if (!stats->n) return;
    struct str(*cells)[COLUMNS] = arena_zalloc(stats->arena, (stats->n + 1) * sizeof *cells);
    int64_t forgotten = 0;
    memcpy(cells[0], headings, sizeof headings);
    cells[0][GROUP] = STR("");
    for (size_t i = 0; i < stats->n; i++) {
        fill(stats, &stats->groups[i], cells[i + 1]);
        forgotten += stats->groups[i].forgotten;
    }
    columns_write(out, cells[0], stats->n + 1, COLUMNS, ~1u);
    buf_lit(out, "Days are the median / the 90th percentile.");
    if (forgotten)
        buf_printf(out, " %" PRId64 " of the tasks were deleted by retention and have none.",
                   forgotten);
    buf_char(out, '\n');
}

/* ---- for programs ---- */

static void write_spans(struct buf *out, struct arena *arena, struct str name,
                        const struct stats_spans *spans)
{
    buf_printf(out, ",\"%.*s\":{\"n\":%zu", STR_ARG(name), spans->n);
    struct str median = days(arena, spans, MEDIAN, 3), high = days(arena, spans, HIGH, 3);
    if (!spans->n) median = high = STR("null");
    buf_printf(out, ",\"median\":%.*s,\"p90\":%.*s}", STR_ARG(median), STR_ARG(high));
}

void stats_write_json(struct buf *out, const struct stats *stats)
{
    for (size_t i = 0; i < stats->n; i++) {
        const struct stats_group *group = &stats->groups[i];
        buf_lit(out, "{\"by\":");
        json_write_string(out, by_of(stats));
        buf_lit(out, ",\"group\":");
        json_write_string(out, group->name);
        for (int k = STATS_COUNT_NONE + 1; k < stats_count_end; k++) {
            struct str name = stats_count_name(k);
            buf_printf(out, ",\"%.*s\":%" PRId64, STR_ARG(name), group->counts[k]);
        }
        for (int k = STATS_SPAN_NONE + 1; k < stats_span_end; k++)
            write_spans(out, stats->arena, stats_span_name(k), &group->spans[k]);
        buf_printf(out, ",\"forgotten\":%" PRId64 ",\"deleted\":%s}\n", group->forgotten,
                   group->is_deleted ? "true" : "false");
    }
}

/* A cell of a text of others, on one line. */
static void write_cell(struct buf *out, struct str text)
{
    struct buf shown = {0};
    buf_char(out, '"');
    if (text.n && strchr("=+-@", text.p[0])) buf_char(out, '\'');
    terminal_text(&shown, text);
    for (size_t i = 0; i < shown.n; i++) {
        if (shown.p[i] == '"') buf_char(out, '"');
        buf_char(out, shown.p[i]);
    }
    buf_char(out, '"');
    buf_free(&shown);
}

void stats_write_csv(struct buf *out, const struct stats *stats)
{
    write_cell(out, stats->by ? by_of(stats) : STR("group"));
    for (int k = STATS_COUNT_NONE + 1; k < stats_count_end; k++) {
        buf_char(out, ',');
        buf_str(out, stats_count_name(k));
    }
    for (int k = STATS_SPAN_NONE + 1; k < stats_span_end; k++) {
        struct str name = stats_span_name(k);
        buf_printf(out, ",%.*s_median,%.*s_p90", STR_ARG(name), STR_ARG(name));
    }
    buf_lit(out, ",forgotten\n");
    for (size_t i = 0; i < stats->n; i++) {
        const struct stats_group *group = &stats->groups[i];
        write_cell(out, title_of(stats, group));
        for (int k = STATS_COUNT_NONE + 1; k < stats_count_end; k++)
            buf_printf(out, ",%" PRId64, group->counts[k]);
        for (int k = STATS_SPAN_NONE + 1; k < stats_span_end; k++) {
            struct str median = days(stats->arena, &group->spans[k], MEDIAN, 3),
                       high = days(stats->arena, &group->spans[k], HIGH, 3);
            buf_printf(out, ",%.*s,%.*s", STR_ARG(median), STR_ARG(high));
        }
        buf_printf(out, ",%" PRId64 "\n", group->forgotten);
    }
}
