/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks as an aligned table, a line each, for a person. */
#ifndef EPILOGUE_VIEW_TASK_TABLE_H
#define EPILOGUE_VIEW_TASK_TABLE_H

#include "common/arena.h"
#include "common/buf.h"
#include "core/state_task.h"

struct task_row {
    struct str task_id, incident_id; /* the latter raw */
    const struct task *task;
};

/* By due time, those without one last; then by task_id. */
void task_table_sort(struct task_row *rows, size_t n);
/* Appends a line of headings and a line for each task; nothing for none. The arena is for scratch. */
void task_table_write(struct buf *out, struct arena *arena, const struct task_row *rows, size_t n,
                      ms_t now);

/* "dev@example.com (crash-reporting)", "crash-reporting", "nobody". */
struct str task_table_owner(struct arena *arena, struct owner owner);
/* How far a time is from now: "in 3 d", "5 h late", "now". */
struct str task_table_distance(struct arena *arena, ms_t at, ms_t now);

#endif
