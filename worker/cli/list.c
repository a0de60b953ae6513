/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epilogue list: tasks from Redis, the open ones unless told otherwise, the most urgent first. What
 * of Redis is missing is said, and the rest is shown.
 */
#include <stdio.h>

#include "cli.h"
#include "codec/encode_value.h"
#include "codec/json.h"
#include "codec/state_json.h"
#include "common/clock.h"
#include "config/policy_file.h"
#include "core/deadline.h"
#include "core/state_key.h"
#include "store_reader.h"
#include "view/task_table.h"
#include "view/terminal.h"

struct list {
    struct str incident, team, owner; /* absent: any */
    bool overdue, stale;
    enum task_status status; /* none: all but closed */
    bool all;                /* whatever the status */
    ms_t now;
    struct policy policy;
    struct arena *arena;
    struct state_table *table; /* what is kept of a walk */
    struct task_row *rows;
    size_t n, cap;
};

/* A name given on the command line against one of an owner; "none" is for no owner at all. */
static bool owner_fits(struct str wanted, struct str actual, struct owner owner)
{
    if (!wanted.p) return true;
    if (str_eq(wanted, STR("none"))) return !owner.team.p && !owner.person.p;
    return str_eq(wanted, actual);
}

static bool is_stale(const struct list *list, const struct task *t)
{
    return task_is_running(t) &&
           deadline_add(&list->policy.calendar, t->touched_at,
                        policy_times(&list->policy, t->kind, t->priority, t->times).stale) <=
               list->now;
}

static bool fits(const struct list *list, const struct task *t)
{
    if (!list->all && (list->status ? t->status != list->status : t->status == STATUS_CLOSED))
        return false;
    return owner_fits(list->team, t->owner.team, t->owner) &&
           owner_fits(list->owner, t->owner.person, t->owner) &&
           (!list->overdue || task_is_overdue(t, list->now)) && (!list->stale || is_stale(list, t));
}

static void add_row(struct list *list, const struct entry *entry, const struct task *task)
{
    struct task_row *row = ARENA_PUSH(list->arena, list->rows, list->n, list->cap);
    row->task = task;
    row->incident_id = store_reader_incident_id(list->arena, entry);
    row->task_id = state_task_id(list->arena, row->incident_id, task->name);
}

/* Keeps a task that fits; read again into memory that stays, as most of a large state does not. */
static enum result take(void *context, const struct entry *entry, struct str value,
                        struct error *error)
{
    struct list *list = context;
    if (!fits(list, entry->task)) return OK;
    struct entry *kept = state_entry(list->table, entry->holder->key);
    enum result result = OK;
    if (!kept->exists)
        result =
            state_json_read(list->arena, list->table, arena_str(list->arena, value), kept, error);
    if (result != OK) return result;
    kept->exists = true;
    kept = state_find(list->table, entry->key);
    add_row(list, kept, kept->task);
    return OK;
}

static enum result collect(struct list *list, struct store_reader *reader, struct error *error)
{
    if (!list->incident.p) return store_reader_walk(reader, false, take, list, error);
    struct entry **entries;
    size_t n;
    enum result result =
        store_reader_incident(reader, list->arena, list->incident, &entries, &n, error);
    for (size_t i = 0; i < n && result == OK; i++)
        if (entries[i]->type == ENTRY_TASK && fits(list, entries[i]->task))
            add_row(list, entries[i], entries[i]->task);
    return result;
}

/* The last line of a list that lacks something, so that a program sees it, too. */
static void write_gaps(struct buf *out, const struct store_reader_gaps *gaps)
{
    if (!gaps->shards_n && !gaps->entries) return;
    buf_lit(out, "{\"incomplete\":{\"shards\":[");
    for (size_t i = 0; i < gaps->shards_n; i++)
        buf_printf(out, "%s%d", i ? "," : "", (int)gaps->shards[i]);
    buf_printf(out, "],\"entries\":%zu,\"keys\":[", gaps->entries);
    for (size_t i = 0; i < gaps->keys_n; i++) {
        if (i) buf_char(out, ',');
        json_write_string(out, gaps->keys[i]);
    }
    buf_lit(out, "]}}\n");
}

static void print(struct list *list, const struct store_reader *reader, bool json)
{
    struct buf out = {0};
    task_table_sort(list->rows, list->n);
    for (size_t i = 0; i < list->n && json; i++) {
        const struct task_row *row = &list->rows[i];
        encode_value_task_members(&out, row->incident_id, row->task, row->task_id);
        buf_lit(&out, "}\n");
    }
    if (json) write_gaps(&out, store_reader_gaps(reader));
    if (!json) task_table_write(&out, list->arena, list->rows, list->n, list->now);
    terminal_flush(&out, false);
    buf_free(&out);
}

/* --status; false after a sentence. */
static bool choose_status(struct list *list, const char *text)
{
    if (!text) return true;
    list->all = strcmp(text, "all") == 0;
    if (list->all) return true;
    list->status = task_status_parse(str_of(text));
    if (!list->status)
        cli_fail(0,
                 "--status %s is not known; allowed: open, in-progress, blocked, resolved, "
                 "closed, all",
                 text);
    return list->status;
}

static int run(const struct cli *cli)
{
    struct error error;
    struct list list = {
        .incident = str_of(cli_value(cli, "incident")),
        .team = str_of(cli_value(cli, "team")),
        .owner = str_of(cli_value(cli, "owner")),
        .overdue = cli_value(cli, "overdue") != NULL,
        .stale = cli_value(cli, "stale") != NULL,
        .now = clock_now(),
    };
    if (!choose_status(&list, cli_value(cli, "status"))) return EXIT_USAGE;
    list.arena = arena_new();
    list.table = state_new(list.arena);
    enum result result =
        policy_file_load(cli->config->policy_file, list.arena, &list.policy, &error);
    struct store_reader *reader = result == OK ? store_reader_open(cli->config, &error) : NULL;
    if (!reader) result = FATAL;
    if (result == OK) result = collect(&list, reader, &error);
    if (result == OK) print(&list, reader, cli_value(cli, "json") != NULL);
    bool complete = result == OK && !store_reader_tell_gaps(reader);
    store_reader_close(reader);
    arena_free(list.arena);
    if (result != OK) return cli_error(&error);
    return complete ? EXIT_DONE : EXIT_FAILED;
}

static const struct cli_option options[] = {
    {"incident", "ID", "of this incident alone"},
    {"team", "TEAM", "owned by this team; none: by nobody"},
    {"owner", "PERSON", "owned by this person; none: by nobody"},
    {"overdue", NULL, "past their due time and not resolved"},
    {"stale", NULL, "without a change for longer than the policy allows"},
    {"status", "STATUS", "open, in-progress, blocked, resolved, closed, or all"},
    {"json", NULL, "JSON Lines with the members of task events"},
    {NULL, NULL, NULL},
};

const struct command command_list = {
    .name = "list",
    .summary = "tasks: whose, how urgent, how late",
    .details =
        "Without --status all tasks that are not closed, the most urgent first. All conditions\n"
        "given must hold. What the worker has in Redis is shown; nothing is changed.",
    .options = options,
    .run = run,
};
