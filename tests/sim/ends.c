/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes to one incident from several shards comes in any order, and so do merges that close a
 * circle and what goes round in it: which of two tasks goes on, and where something was meanwhile, is
 * nobody's to say. Where everything is when all have come is.
 */
#include "ends.h"

#include "codec/json.h"
#include "sim/sim_log.h"

/* Of an event of a task. Its priority, and so its dates, follow from in how many incidents its cause was
 * seen: of two that come at once any may be the first, and which are one by then is nobody's to say. */
static const char *const members[] = {"status",        "resolution", "kind",
                                      "snoozed_until", "severity",   "queue"};

static struct str header_of(const struct sim_record *record, const char *name)
{
    for (size_t i = 0; i < record->headers_n; i++)
        if (str_eq(record->headers[i].name, str_of(name))) return record->headers[i].value;
    return STR_NONE;
}

static bool is_left(const struct json *task)
{
    if (!str_eq(json_get_text(task, "status"), STR("closed"))) return true;
    struct str resolution = json_get_text(task, "resolution");
    return json_get_text(task, "finding_id").p && !json_get_text(task, "moved_to").p &&
           !str_eq(resolution, STR("duplicate")) && !str_eq(resolution, STR("superseded"));
}

static void write_task(const struct sim_record *record, struct buf *out)
{
    struct arena *arena = arena_new();
    struct json *task;
    struct str detail;
    if (json_parse(arena, arena, record->value, JSON_DEPTH_SHOWN, &task, &detail) != JSON_OK)
        buf_printf(out, "%.*s cannot be read\n", STR_ARG(record->key));
    else if (is_left(task)) {
        buf_printf(out, "%.*s", STR_ARG(json_get_text(task, "task_id")));
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            struct str text = json_get_text(task, members[i]);
            buf_printf(out, " %.*s", STR_ARG(text.p ? text : STR("-")));
        }
        buf_char(out, '\n');
    }
    arena_free(arena);
}

/* The last event of each task, in the order of their ids. */
static void write_tasks(const struct fleet *w, struct buf *out)
{
    struct sim_index last = {0};
    for (int32_t p = 0; p < w->options.partitions; p++) {
        const struct sim_log *log = sim_kafka_log(w->kafka, TOPIC_TASKS, p);
        for (size_t i = log->first; i < log->n; i++) {
            struct sim_record *record = log->items[i];
            struct str id = header_of(record, "ce_subject");
            if (record->state != SIM_COMMITTED ||
                !str_starts(header_of(record, "ce_type"), STR("epilogue.task.")))
                continue;
            if (sim_index_get(&last, 0, id)) sim_index_remove(&last, 0, id);
            sim_index_add(&last, 0, id, record);
        }
    }
    for (const struct sim_node *node = last.first[0]; node; node = node->next[0])
        write_task(node->item, out);
    sim_index_clear(&last);
}

static void write_refused(const struct fleet *w, struct buf *out)
{
    for (int32_t p = 0; p < w->options.partitions; p++) {
        const struct sim_log *log = sim_kafka_log(w->kafka, TOPIC_DEAD_LETTERS, p);
        for (size_t i = log->first; i < log->n; i++)
            if (log->items[i]->state == SIM_COMMITTED)
                buf_printf(out, "%.*s %.*s\n", STR_ARG(header_of(log->items[i], "epilogue-error")),
                           STR_ARG(log->items[i]->value));
    }
}

void ends_write(const struct fleet *w, struct buf *out)
{
    write_tasks(w, out);
    write_refused(w, out);
}
