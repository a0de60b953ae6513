/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue show: one incident or task: state, deadlines, history. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "codec/encode_value.h"
#include "codec/grapheme.h"
#include "codec/json.h"
#include "common/clock.h"
#include "common/text.h"
#include "config/policy_file.h"
#include "core/deadline.h"
#include "history.h"
#include "jsonl/line_json.h"
#include "store_reader.h"
#include "view/render.h"
#include "view/task_table.h"
#include "view/terminal.h"

#define TEXT_BYTES 2000 /* of one text shown */

struct show {
    const struct config *config;
    struct arena *arena, *scratch;
    struct policy policy;
    struct buf out;
    bool json, colour, incomplete;
    ms_t now;
    /* what was found */
    struct str incident_id; /* raw */
    struct entry **entries; /* all of its incident */
    size_t n;
    const struct entry *task; /* NULL: the incident is what was asked for */
    struct str task_id;
    int32_t shard;
};

/* ---- finding it ---- */

/* The entry of a task_id, its incident given by its first part. */
static const struct entry *find_task(struct show *show, struct str task_id)
{
    for (size_t i = 0; i < show->n; i++) {
        struct entry *e = show->entries[i];
        if (e->type != ENTRY_TASK) continue;
        if (str_eq(state_task_id(show->arena, show->incident_id, e->task->name), task_id)) return e;
    }
    return NULL;
}

/* An incident of that id, or else a task: an incident's id can look like a task's. */
static enum result find(struct show *show, struct store_reader *reader, struct str id,
                        struct error *error)
{
    show->incident_id = id;
    show->shard = store_reader_shard(reader, id);
    enum result result =
        store_reader_incident(reader, show->arena, id, &show->entries, &show->n, error);
    if (result != OK || show->n) return result;
    assert(id.p); /* a word of the command line */
    const char *slash = memchr(id.p, '/', id.n);
    if (slash) {
        struct str part = {id.p, (size_t)(slash - id.p)};
        show->incident_id = state_decode_part(show->arena, part);
        show->shard = store_reader_shard(reader, show->incident_id);
        result = store_reader_incident(reader, show->arena, show->incident_id, &show->entries,
                                       &show->n, error);
        if (result != OK) return result;
        show->task_id = id;
        show->task = find_task(show, id);
        if (show->task) return OK;
    }
    return error_set(error, REJECT,
                     "nothing is known of %.*s; an incident_id or a task_id is needed",
                     STR_ARG(json_excerpt(show->arena, id, 256)));
}

/* ---- state and deadlines ---- */

static void text_line(struct show *show, const char *name, struct str text)
{
    if (!text.p) return;
    buf_printf(&show->out, "  %-14s ", name);
    terminal_excerpt(&show->out, text, TEXT_BYTES);
    buf_char(&show->out, '\n');
}

/* Of a few texts. */
__attribute__((format(printf, 3, 4))) static void line(struct show *show, const char *name,
                                                       const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_line(show, name, (struct str){text, text_whole(text, strlen(text))});
}

static void time_line(struct show *show, const char *name, ms_t at)
{
    struct buf text = {0};
    if (at == TIME_NONE) return;
    render_time(&text, at);
    text_line(show, name, buf_slice(&text));
    buf_free(&text);
}

/* A time that something has to be done by. */
static void deadline_line(struct show *show, const char *name, ms_t at)
{
    struct buf text = {0};
    if (at == TIME_NONE) return;
    render_time(&text, at);
    line(show, name, "%.*s  %.*s", STR_ARG(buf_slice(&text)),
         STR_ARG(task_table_distance(show->arena, at, show->now)));
    buf_free(&text);
}

static void write_deadlines(struct show *show, const struct task *t)
{
    const struct calendar *calendar = &show->policy.calendar;
    const struct sla_times *sla = &show->policy.sla[t->priority];
    if (t->status == STATUS_CLOSED) return;
    buf_lit(&show->out, "deadlines\n");
    if (t->status == STATUS_RESOLVED) {
        deadline_line(show, "verify by", deadline_add(calendar, t->resolved_at, sla->verify));
    } else if (t->paused_at != TIME_NONE) {
        line(show, "due", "paused; the clock goes on when the snooze ends");
    } else {
        if (!t->owner.team.p && !t->owner.person.p)
            deadline_line(show, "owner by", t->assign_due_at);
        deadline_line(show, "due", t->due_at);
        deadline_line(show, "update by", deadline_add(calendar, t->touched_at, sla->stale));
    }
    time_line(show, "snoozed until", t->snoozed_until);
}

static void heading(struct show *show, const char *what, struct str id)
{
    buf_str(&show->out, str_of(what));
    terminal_text(&show->out, id);
    buf_char(&show->out, '\n');
}

static void write_task(struct show *show, const struct task *t)
{
    struct arena *arena = show->arena;
    heading(show, "task ", show->task_id);
    text_line(show, "title", t->title);
    text_line(show, "description", t->description);
    line(show, "kind", "%.*s, queue %.*s", STR_ARG(task_kind_name(t->kind)),
         STR_ARG(queue_name(t->queue)));
    line(show, "status", "%.*s%s%.*s, %.*s", STR_ARG(task_status_name(t->status)),
         t->resolution ? ": " : "", STR_ARG(resolution_name(t->resolution)),
         STR_ARG(sla_state_name(t->sla)));
    text_line(show, "reason", t->reason);
    line(show, "priority", "%.*s (severity %.*s%s%.*s)", STR_ARG(priority_name(t->priority)),
         STR_ARG(severity_name(t->severity)), t->category ? ", " : "",
         STR_ARG(category_name(t->category)));
    text_line(show, "owner", task_table_owner(arena, t->owner));
    for (size_t i = 0; i < t->participants.n; i++)
        text_line(show, i ? "" : "participants", t->participants.items[i]);
    text_line(show, "tracker", t->tracker.key.p ? t->tracker.key : t->tracker.url);
    time_line(show, "created", t->created_at);
    time_line(show, "updated", t->updated_at);
    time_line(show, "closed", t->closed_at);
    line(show, "version", "%lld, occurrence %lld, policy %.*s (%.*s)", (long long)t->version,
         (long long)t->occurrence, STR_ARG(grapheme_cut(t->policy_version, 100)),
         STR_ARG(t->policy_rule));
    write_deadlines(show, t);
}

static const struct incident *header(const struct show *show)
{
    for (size_t i = 0; i < show->n; i++)
        if (show->entries[i]->type == ENTRY_INCIDENT) return show->entries[i]->incident;
    return NULL;
}

static void write_tasks(struct show *show)
{
    struct task_row *rows = arena_alloc(show->arena, (show->n + 1) * sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < show->n; i++) {
        const struct entry *e = show->entries[i];
        if (e->type != ENTRY_TASK) continue;
        rows[n++] = (struct task_row){state_task_id(show->arena, show->incident_id, e->task->name),
                                      show->incident_id, e->task};
    }
    if (!n) return;
    buf_lit(&show->out, "tasks\n");
    task_table_sort(rows, n);
    task_table_write(&show->out, show->arena, rows, n, show->now);
}

static void write_incident(struct show *show, const struct incident *i)
{
    static const char *const phases[] = {
        [PHASE_WAITING] = "not closed yet; its findings wait",
        [PHASE_OPEN] = "follow-up under way",
        [PHASE_COMPLETED] = "completed: every task is closed",
    };
    heading(show, "incident ", show->incident_id);
    text_line(show, "title", i->title);
    line(show, "status", "%s", phases[i->phase]);
    if (i->level) line(show, "level", "%.*s", STR_ARG(level_name(i->level)));
    text_line(show, "severity", severity_name(i->severity));
    line(show, "owner", "%.*s", STR_ARG(task_table_owner(show->arena, i->owner)));
    text_line(show, "merged into", i->merged_into);
    time_line(show, "started", i->started_at);
    time_line(show, "detected", i->detected_at);
    time_line(show, "contained", i->contained_at);
    time_line(show, "closed", i->closed_at);
    time_line(show, "completed", i->completed_at);
    line(show, "tasks", "%lld open, %lld closed (%lld in time, %lld late)",
         (long long)i->counts.open, (long long)i->counts.closed, (long long)i->counts.met,
         (long long)i->counts.met_late);
    write_tasks(show);
}

static void write_json(struct show *show)
{
    const struct incident *incident = header(show);
    if (show->task)
        encode_value_task_members(&show->out, show->incident_id, show->task->task, show->task_id);
    else if (incident)
        encode_value_incident_members(&show->out, show->incident_id, incident);
    if (show->task || incident) buf_lit(&show->out, "}\n");
    for (size_t i = 0; i < show->n && !show->task; i++) {
        const struct entry *e = show->entries[i];
        if (e->type != ENTRY_TASK) continue;
        encode_value_task_members(&show->out, show->incident_id, e->task,
                                  state_task_id(show->arena, show->incident_id, e->task->name));
        buf_lit(&show->out, "}\n");
    }
}

/* ---- history ---- */

/* No event of it can be older; TIME_NONE where that is not sure, because earlier tasks are gone. */
static ms_t first_time(const struct show *show)
{
    if (show->task) return show->task->task->created_at;
    const struct incident *incident = header(show);
    if (!incident || incident->occurrence != 1) return TIME_NONE;
    ms_t first = incident->opened_at;
    for (size_t i = 0; i < show->n; i++)
        if (show->entries[i]->type == ENTRY_TASK && show->entries[i]->task->created_at < first)
            first = show->entries[i]->task->created_at;
    return first;
}

static void write_event(void *context, const struct message *message)
{
    struct show *show = context;
    arena_reset(show->scratch, 1024 * 1024);
    if (show->json)
        line_json_write(&show->out, show->scratch, message, show->config->topics);
    else
        render_message(&show->out, show->scratch, message, show->colour);
}

static enum result write_all(struct show *show, struct error *error)
{
    if (show->json) {
        write_json(show);
    } else if (show->task) {
        write_task(show, show->task->task);
    } else if (header(show)) {
        write_incident(show, header(show));
    }
    if (!show->json) buf_lit(&show->out, "history\n");
    return history_read(show->config, show->shard, show->incident_id, show->task_id,
                        first_time(show), write_event, show, error);
}

static enum result do_show(struct show *show, struct str id, struct error *error)
{
    enum result result =
        policy_file_load(show->config->policy_file, show->arena, &show->policy, error);
    if (result != OK) return result;
    struct store_reader *reader = store_reader_open(show->config, error);
    if (!reader) return FATAL;
    result = find(show, reader, id, error);
    if (result == OK) result = write_all(show, error);
    show->incomplete = store_reader_tell_gaps(reader);
    store_reader_close(reader);
    return result;
}

static int run(const struct cli *cli)
{
    struct error error;
    struct show show = {
        .config = cli->config,
        .arena = arena_new(),
        .scratch = arena_new(),
        .json = cli_value(cli, "json") != NULL,
        .colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
        .now = clock_now(),
    };
    enum result result = do_show(&show, str_of(cli->argv[0]), &error);
    terminal_flush(&show.out, show.colour && !show.json); /* also what a failure left */
    buf_free(&show.out);
    arena_free(show.scratch);
    arena_free(show.arena);
    if (result != OK) return cli_error(&error);
    return show.incomplete ? EXIT_FAILED : EXIT_DONE;
}

static const struct cli_option options[] = {
    {"json", NULL, "JSON Lines: what it is now, then its events as `tail --json` has them"},
    {NULL, NULL, NULL},
};

const struct command command_show = {
    .name = "show",
    .arguments = "ID",
    .summary = "one incident or task: state, deadlines, history",
    .details = "ID is an incident_id or a task_id. The state is what the worker has in Redis, the\n"
               "history what stands in followup-tasks.",
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .run = run,
};
