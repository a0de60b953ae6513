/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue show: one incident or task: state, deadlines, history. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "codec/encode_value.h"
#include "codec/envelope.h"
#include "codec/json.h"
#include "common/clock.h"
#include "config/policy_file.h"
#include "core/state_key.h"
#include "history.h"
#include "jsonl/line_json.h"
#include "store_reader.h"
#include "view/details.h"
#include "view/render.h"
#include "view/terminal.h"

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
    struct told *history; /* as it was read */
    size_t history_n, history_cap;
};

/* An event of the history: what is printed of it. */
struct told {
    struct str time; /* its ce_time, whose order is that of the texts */
    size_t place;    /* in the topic */
    struct str text;
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

/* ---- what it is now ---- */

static const struct incident *header(const struct show *show)
{
    for (size_t i = 0; i < show->n; i++)
        if (show->entries[i]->type == ENTRY_INCIDENT) return show->entries[i]->incident;
    return NULL;
}

static void write_incident(struct show *show, const struct details *details)
{
    struct task_row *rows = arena_alloc(show->arena, (show->n + 1) * sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < show->n; i++) {
        const struct entry *e = show->entries[i];
        if (e->type != ENTRY_TASK) continue;
        rows[n++] = (struct task_row){state_task_id(show->arena, show->incident_id, e->task->name),
                                      show->incident_id, e->task};
    }
    details_write_incident(details, show->incident_id, header(show), rows, n);
}

static void write_state(struct show *show)
{
    const struct details details = {&show->out, show->arena, &show->policy, show->now};
    if (show->task)
        details_write_task(&details, show->task_id, show->task->task);
    else if (header(show))
        write_incident(show, &details);
}

static void write_task_json(struct show *show, const struct task *task)
{
    struct str task_id = state_task_id(show->arena, show->incident_id, task->name);
    encode_value_task_members(&show->out, show->incident_id, task, task_id);
    details_write_sent_json(&show->out, task);
}

static void write_json(struct show *show)
{
    const struct incident *incident = header(show);
    if (show->task)
        write_task_json(show, show->task->task);
    else if (incident)
        encode_value_incident_members(&show->out, show->incident_id, incident);
    if (show->task || incident) buf_lit(&show->out, "}\n");
    for (size_t i = 0; i < show->n && !show->task; i++) {
        const struct entry *e = show->entries[i];
        if (e->type != ENTRY_TASK) continue;
        write_task_json(show, e->task);
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

static void take_event(void *context, const struct message *message)
{
    struct show *show = context;
    struct buf text = {0};
    arena_reset(show->scratch, 1024 * 1024);
    if (show->json)
        line_json_write(&text, show->scratch, message, show->config->topics);
    else
        render_message(&text, show->scratch, message, show->colour);
    size_t place = show->history_n;
    *ARENA_PUSH(show->arena, show->history, show->history_n, show->history_cap) = (struct told){
        .time = arena_str(show->arena, envelope_message_header(message, STR("ce_time"))),
        .place = place,
        .text = arena_str(show->arena, buf_slice(&text))};
    buf_free(&text);
}

static int by_time(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    int order = str_cmp(x->time, y->time);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* A record that came late stands in the topic behind what it was before. */
static void write_history(struct show *show)
{
    if (show->history_n) qsort(show->history, show->history_n, sizeof *show->history, by_time);
    for (size_t i = 0; i < show->history_n; i++) buf_str(&show->out, show->history[i].text);
}

static enum result write_all(struct show *show, struct error *error)
{
    if (show->json)
        write_json(show);
    else
        write_state(show);
    if (!show->json) buf_lit(&show->out, "history\n");
    enum result result = history_read(show->config, show->shard, show->incident_id, show->task_id,
                                      first_time(show), take_event, show, error);
    write_history(show); /* also what a failure left */
    return result;
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
               "history what followup-tasks holds.",
    .min_args = 1,
    .max_args = 1,
    .options = options,
    .run = run,
};
