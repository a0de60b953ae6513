/* SPDX-License-Identifier: Apache-2.0 */
/* The table of `list` and `show`: what stands in the cells of a task, by due time. */
#include "task_table.h"

#include <stdlib.h>

#include "columns.h"

#define OWNER_COLUMNS 40
#define TITLE_COLUMNS 72

enum column { TASK, PRIORITY, STATUS, SLA, DUE, DISTANCE, OWNER, TITLE, COLUMNS };

static const struct str headings[COLUMNS] = {
    {"TASK", 4}, {"PRI", 3}, {"STATUS", 6}, {"SLA", 3},
    {"DUE", 3},  {"", 0},    {"OWNER", 5},  {"TITLE", 5},
};

static int by_due(const void *a, const void *b)
{
    const struct task_row *x = a, *y = b;
    ms_t dx = x->task->due_at == TIME_NONE ? INT64_MAX : x->task->due_at;
    ms_t dy = y->task->due_at == TIME_NONE ? INT64_MAX : y->task->due_at;
    if (dx != dy) return dx < dy ? -1 : 1;
    return str_cmp(x->task_id, y->task_id);
}

void task_table_sort(struct task_row *rows, size_t n)
{
    if (n) qsort(rows, n, sizeof *rows, by_due);
}

struct str task_table_owner(struct arena *arena, struct owner owner)
{
    struct str person = columns_text(arena, owner.person, OWNER_COLUMNS);
    struct str team = columns_text(arena, owner.team, OWNER_COLUMNS);
    if (owner.person.p && owner.team.p)
        return arena_printf(arena, "%.*s (%.*s)", STR_ARG(person), STR_ARG(team));
    return owner.person.p ? person : owner.team.p ? team : STR("nobody");
}

struct str task_table_distance(struct arena *arena, ms_t at, ms_t now)
{
    int64_t s = (at > now ? at - now : now - at) / SECOND_MS;
    int64_t amount = s >= 2 * 86400 ? s / 86400 : s >= 2 * 3600 ? s / 3600 : s >= 120 ? s / 60 : s;
    const char *unit = s >= 2 * 86400 ? "d" : s >= 2 * 3600 ? "h" : s >= 120 ? "min" : "s";
    if (!s) return STR("now");
    if (at > now) return arena_printf(arena, "in %lld %s", (long long)amount, unit);
    return arena_printf(arena, "%lld %s late", (long long)amount, unit);
}

static struct str minute(struct arena *arena, ms_t t)
{
    char text[TIMESTAMP_TEXT];
    if (t == TIME_NONE) return STR("-");
    timestamp_format(t, text);
    return arena_printf(arena, "%.10s %.5s", text, text + 11);
}

static void fill(struct arena *arena, const struct task_row *row, ms_t now,
                 struct str cells[COLUMNS])
{
    const struct task *t = row->task;
    cells[TASK] = columns_text(arena, row->task_id, SIZE_MAX);
    cells[PRIORITY] = priority_name(t->priority);
    cells[STATUS] = task_status_name(t->status);
    cells[SLA] = sla_state_name(t->sla);
    cells[DUE] = minute(arena, t->due_at);
    cells[DISTANCE] = task_is_running(t) && t->due_at != TIME_NONE
                          ? task_table_distance(arena, t->due_at, now)
                          : STR("");
    cells[OWNER] = task_table_owner(arena, t->owner);
    cells[TITLE] = columns_text(arena, t->title, TITLE_COLUMNS);
}

void task_table_write(struct buf *out, struct arena *arena, const struct task_row *rows, size_t n,
                      ms_t now)
{
    if (!n) return;
    struct str(*cells)[COLUMNS] = arena_zalloc(arena, (n + 1) * sizeof *cells);
    memcpy(cells[0], headings, sizeof headings);
    for (size_t i = 0; i < n; i++) fill(arena, &rows[i], now, cells[i + 1]);
    columns_write(out, cells[0], n + 1, COLUMNS, 0);
}
