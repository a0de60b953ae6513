/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of `simulate --noise`. A person gets a table, and below it who would get too much: the
 * worst days, and what they are made of, with the members of the policy that make it so. A program
 * gets a line for each recipient, with every day that is over the budget.
 */
#include "simulate_noise_page.h"

#include <stdlib.h>

#include "codec/encode_put.h"
#include "codec/json.h"
#include "core/names.h"
#include "view/columns.h"
#include "view/render.h"

#define NAME_COLUMNS 60
#define KINDS_SHOWN 3
#define DAYS_SHOWN 5

enum column { RECIPIENT, TOTAL, MEDIAN, WORST, ON, NIGHTS, WEEKENDS, ROLES, KINDS, COLUMNS };
#define FLUSH_RIGHT (1u << TOTAL | 1u << MEDIAN | 1u << WORST | 1u << NIGHTS | 1u << WEEKENDS)

static const struct str headings[COLUMNS] = {
    {"RECIPIENT", 9}, {"TOTAL", 5},    {"MEDIAN", 6}, {"WORST", 5}, {"ON", 2},
    {"NIGHTS", 6},    {"WEEKENDS", 8}, {"ROLES", 5},  {"KINDS", 5},
};

/* A recipient of any side. */
struct row {
    const struct simulate_noise_recipient *of[simulate_diff_sides];
};

static const struct simulate_noise_recipient nothing;

/* The members of the policy by which there is a reminder of a kind. */
static const struct str members_of[reminder_kind_end] = {
    [REMINDER_ASSIGN_DUE] = STR("sla.*.assign, reminders.assign_every"),
    [REMINDER_DUE_SOON] = STR("reminders.due_soon"),
    [REMINDER_DUE] = STR("sla.*.complete"),
    [REMINDER_OVERDUE] = STR("reminders.overdue_every, reminders.overdue_max"),
    [REMINDER_STALE] = STR("sla.*.stale, reminders.stale_every"),
    [REMINDER_ESCALATION] = STR("escalation"),
    [REMINDER_VERIFY_DUE] = STR("sla.*.verify, reminders.verify_every, reminders.verify_max"),
    [REMINDER_NOT_CLOSED] = STR("acceptance"),
    [REMINDER_REVIEW_DUE] = STR("review.on, review.every"),
    [REMINDER_MISSING_FINDINGS] = STR("missing_findings_after"),
    [REMINDER_ORPHAN_FINDING] = STR("orphan_finding_after, reminders.orphan_every"),
    [REMINDER_RECURRED] = STR("recurrence"),
};

/* ---- rows ---- */

static struct str name_of(const struct row *row)
{
    return row->of[0]->name.p ? row->of[0]->name : row->of[1]->name;
}

static int by_noise(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    for (int side = simulate_diff_sides - 1; side >= 0; side--) {
        const size_t *fx = x->of[side]->figures, *fy = y->of[side]->figures;
        if (fx[NOISE_WORST] != fy[NOISE_WORST]) return fx[NOISE_WORST] > fy[NOISE_WORST] ? -1 : 1;
        if (fx[NOISE_TOTAL] != fy[NOISE_TOTAL]) return fx[NOISE_TOTAL] > fy[NOISE_TOTAL] ? -1 : 1;
    }
    return str_cmp(name_of(x), name_of(y));
}

/* Those of the last side, and those that the others have alone. */
static struct row *rows_of(const struct simulate_noise_page *page, size_t *n)
{
    size_t cap = 0;
    struct row *rows = NULL;
    *n = 0;
    for (size_t side = 0; side < page->sides_n; side++) {
        for (size_t i = 0; i < page->sides[side].n; i++) {
            const struct simulate_noise_recipient *r = page->sides[side].items[i];
            if (side && simulate_noise_find(&page->sides[0], r->name)) continue;
            struct row row = {{&nothing, &nothing}};
            for (size_t s = 0; s < page->sides_n; s++) {
                const struct simulate_noise_recipient *found =
                    simulate_noise_find(&page->sides[s], r->name);
                if (found) row.of[s] = found;
            }
            *ARENA_PUSH(page->arena, rows, *n, cap) = row;
        }
    }
    if (*n) qsort(rows, *n, sizeof *rows, by_noise);
    return rows;
}

static const struct simulate_noise_recipient *last_of(const struct simulate_noise_page *page,
                                                      const struct row *row)
{
    return row->of[page->sides_n - 1];
}

/* ---- a table ---- */

/* The most frequent kind that is not among `taken` (bits); 0: none is left. */
static int next_kind(const size_t kinds[reminder_kind_end], unsigned taken)
{
    int most = 0;
    for (int k = 1; k < reminder_kind_end; k++)
        if (kinds[k] && !(taken >> k & 1) && (!most || kinds[k] > kinds[most])) most = k;
    return most;
}

static void put_kinds(struct buf *out, const size_t kinds[reminder_kind_end], int max,
                      bool with_members)
{
    unsigned taken = 0;
    int kind;
    for (int n = 0; n < max && (kind = next_kind(kinds, taken)); n++, taken |= 1u << kind) {
        buf_printf(out, "%s%zu %.*s", n ? ", " : "", kinds[kind],
                   STR_ARG(reminder_kind_name((enum reminder_kind)kind)));
        if (with_members) buf_printf(out, " (%.*s)", STR_ARG(members_of[kind]));
    }
}

static void put_roles(struct buf *out, unsigned roles)
{
    const char *before = "";
    for (int role = 1; role < role_end; role++) {
        if (!(roles >> role & 1)) continue;
        buf_printf(out, "%s%.*s", before, STR_ARG(role_name((enum role)role)));
        before = ", ";
    }
}

static struct str cell(const struct simulate_noise_page *page, struct buf *text)
{
    struct str made = arena_str(page->arena, buf_slice(text));
    text->n = 0;
    return made;
}

static struct str figure(const struct simulate_noise_page *page, const struct row *row,
                         enum noise_figure f)
{
    size_t old = row->of[0]->figures[f], new = last_of(page, row)->figures[f];
    if (old == new) return arena_printf(page->arena, "%zu", new);
    return arena_printf(page->arena, "%zu → %zu", old, new);
}

static void fill(const struct simulate_noise_page *page, const struct row *row,
                 struct str cells[COLUMNS])
{
    const struct simulate_noise_recipient *r = last_of(page, row);
    struct buf text = {0};
    cells[RECIPIENT] = columns_text(page->arena, name_of(row), NAME_COLUMNS);
    cells[TOTAL] = figure(page, row, NOISE_TOTAL);
    cells[MEDIAN] = figure(page, row, NOISE_MEDIAN);
    cells[WORST] = figure(page, row, NOISE_WORST);
    cells[NIGHTS] = figure(page, row, NOISE_NIGHTS);
    cells[WEEKENDS] = figure(page, row, NOISE_WEEKENDS);
    if (r->worst) render_day(&text, r->worst->day);
    cells[ON] = cell(page, &text);
    put_roles(&text, r->roles);
    cells[ROLES] = cell(page, &text);
    put_kinds(&text, r->kinds, KINDS_SHOWN, false);
    cells[KINDS] = cell(page, &text);
    buf_free(&text);
}

/* ---- over the budget ---- */

static int by_events(const void *a, const void *b)
{
    const struct simulate_noise_day *x = *(const struct simulate_noise_day *const *)a,
                                    *y = *(const struct simulate_noise_day *const *)b;
    if (x->events != y->events) return x->events > y->events ? -1 : 1;
    return x->day < y->day ? -1 : 1;
}

/* The worst first. */
static const struct simulate_noise_day **days_over(struct arena *arena,
                                                   const struct simulate_noise_recipient *r,
                                                   int64_t a_day, size_t *n)
{
    const struct simulate_noise_day **days = arena_alloc(arena, (r->days_n + 1) * sizeof *days);
    *n = 0;
    for (size_t i = 0; i < r->days_n; i++)
        if ((int64_t)r->days[i].events > a_day) days[(*n)++] = &r->days[i];
    qsort(days, *n, sizeof *days, by_events);
    return days;
}

/* What is too much: of the days that are over the budget, or of all where it is another figure. */
static void too_much(const struct simulate_noise_recipient *r,
                     const struct simulate_noise_day *const *over, size_t n,
                     size_t sum[reminder_kind_end])
{
    for (int k = 0; k < reminder_kind_end; k++) {
        sum[k] = n ? 0 : r->kinds[k];
        for (size_t i = 0; i < n; i++) sum[k] += over[i]->kinds[k];
    }
}

static void put_excess(const struct simulate_noise_page *page, struct str name,
                       const struct simulate_noise_recipient *r,
                       const struct simulate_budget_limits *limits, unsigned over)
{
    struct buf *out = page->out;
    const char *before = " gets too much: ";
    struct str shown = columns_text(page->arena, name, SIZE_MAX);
    size_t n, kinds[reminder_kind_end];
    buf_printf(out, "\n%.*s", STR_ARG(shown));
    for (int f = 1; f < noise_figure_end; f++) {
        if (!(over >> f & 1)) continue;
        buf_printf(out, "%s%.*s %zu, allowed %lld", before,
                   STR_ARG(noise_figure_name((enum noise_figure)f)), r->figures[f],
                   (long long)limits->of[f]);
        before = "; ";
    }
    const struct simulate_noise_day **days = days_over(page->arena, r, limits->of[NOISE_WORST], &n);
    for (size_t i = 0; i < n && i < DAYS_SHOWN; i++) {
        buf_lit(out, "\n  ");
        render_day(out, days[i]->day);
        buf_printf(out, "  %zu: ", days[i]->events);
        put_kinds(out, days[i]->kinds, reminder_kind_end, false);
    }
    if (n > DAYS_SHOWN) buf_printf(out, "\n  and %zu days more", n - DAYS_SHOWN);
    too_much(r, days, n, kinds);
    buf_lit(out, "\n  from ");
    put_kinds(out, kinds, reminder_kind_end, true);
    buf_char(out, '\n');
}

struct simulate_noise_sum simulate_noise_page_table(const struct simulate_noise_page *page)
{
    size_t n;
    const struct row *rows = rows_of(page, &n);
    struct simulate_noise_sum sum = {.recipients = page->sides[page->sides_n - 1].n};
    struct str(*cells)[COLUMNS] = arena_zalloc(page->arena, (n + 1) * sizeof *cells);
    memcpy(cells[0], headings, sizeof headings);
    for (size_t i = 0; i < n; i++) fill(page, &rows[i], cells[i + 1]);
    if (n) columns_write(page->out, cells[0], n + 1, COLUMNS, FLUSH_RIGHT);
    for (size_t i = 0; page->budget && i < n; i++) {
        const struct simulate_noise_recipient *r = last_of(page, &rows[i]);
        struct simulate_budget_limits limits = simulate_budget_of(page->budget, r);
        unsigned over = simulate_budget_exceeded(&limits, r);
        if (!over) continue;
        sum.over++;
        put_excess(page, name_of(&rows[i]), r, &limits, over);
    }
    return sum;
}

/* ---- JSON ---- */

static void put_json_kinds(struct buf *out, const size_t kinds[reminder_kind_end])
{
    unsigned taken = 0;
    int kind;
    buf_char(out, '{');
    for (; (kind = next_kind(kinds, taken)); taken |= 1u << kind)
        buf_printf(out, "%s\"%.*s\":%zu", taken ? "," : "",
                   STR_ARG(reminder_kind_name((enum reminder_kind)kind)), kinds[kind]);
    buf_char(out, '}');
}

static void put_json_day(struct buf *out, int64_t day)
{
    char text[TIMESTAMP_TEXT];
    timestamp_format(day * DAY_MS, text);
    buf_printf(out, "\"%.10s\"", text);
}

/* The members, without the braces. */
static void put_json_figures(struct buf *out, const struct simulate_noise_recipient *r)
{
    for (int f = 1; f < noise_figure_end; f++)
        buf_printf(out, "\"%.*s\":%zu,", STR_ARG(noise_figure_name((enum noise_figure)f)),
                   r->figures[f]);
    buf_lit(out, "\"worst_on\":");
    if (r->worst)
        put_json_day(out, r->worst->day);
    else
        buf_lit(out, "null");
    buf_lit(out, ",\"roles\":");
    encode_put_words(out, r->roles, &role_words);
    buf_lit(out, ",\"kinds\":");
    put_json_kinds(out, r->kinds);
}

static void put_json_excess(const struct simulate_noise_page *page,
                            const struct simulate_noise_recipient *r,
                            const struct simulate_budget_limits *limits, unsigned over)
{
    struct buf *out = page->out;
    size_t n, kinds[reminder_kind_end];
    const char *before = "";
    buf_lit(out, ",\"over\":");
    if (!over) {
        buf_lit(out, "null");
        return;
    }
    buf_lit(out, "{\"allowed\":{");
    for (int f = 1; f < noise_figure_end; f++) {
        if (!(over >> f & 1)) continue;
        buf_printf(out, "%s\"%.*s\":%lld", before, STR_ARG(noise_figure_name((enum noise_figure)f)),
                   (long long)limits->of[f]);
        before = ",";
    }
    buf_lit(out, "},\"days\":[");
    const struct simulate_noise_day **days = days_over(page->arena, r, limits->of[NOISE_WORST], &n);
    for (size_t i = 0; i < n; i++) {
        buf_str(out, i ? STR(",{\"date\":") : STR("{\"date\":"));
        put_json_day(out, days[i]->day);
        buf_printf(out, ",\"events\":%zu,\"kinds\":", days[i]->events);
        put_json_kinds(out, days[i]->kinds);
        buf_char(out, '}');
    }
    too_much(r, days, n, kinds);
    buf_lit(out, "],\"from\":[");
    unsigned taken = 0;
    for (int kind; (kind = next_kind(kinds, taken)); taken |= 1u << kind)
        buf_printf(out, "%s{\"kind\":\"%.*s\",\"n\":%zu,\"policy\":\"%.*s\"}", taken ? "," : "",
                   STR_ARG(reminder_kind_name((enum reminder_kind)kind)), kinds[kind],
                   STR_ARG(members_of[kind]));
    buf_lit(out, "]}");
}

struct simulate_noise_sum simulate_noise_page_json(const struct simulate_noise_page *page)
{
    size_t n;
    struct buf *out = page->out;
    const struct row *rows = rows_of(page, &n);
    struct simulate_noise_sum sum = {.recipients = page->sides[page->sides_n - 1].n};
    for (size_t i = 0; i < n; i++) {
        const struct simulate_noise_recipient *r = last_of(page, &rows[i]);
        buf_lit(out, "{\"recipient\":");
        json_write_string(out, name_of(&rows[i]));
        buf_char(out, ',');
        if (page->sides_n > 1) {
            buf_lit(out, "\"old\":{");
            put_json_figures(out, rows[i].of[SIMULATE_DIFF_OLD]);
            buf_lit(out, "},\"new\":{");
        }
        put_json_figures(out, r);
        if (page->sides_n > 1) buf_char(out, '}');
        if (page->budget) {
            struct simulate_budget_limits limits = simulate_budget_of(page->budget, r);
            unsigned over = simulate_budget_exceeded(&limits, r);
            sum.over += over != 0;
            put_json_excess(page, r, &limits, over);
        }
        buf_lit(out, "}\n");
    }
    return sum;
}
