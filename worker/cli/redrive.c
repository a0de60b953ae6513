/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epilogue redrive: dead letters back to where they came from, each once. In the transaction that
 * sends one back goes a marker to the dead letter's own partition; a run first becomes the only one
 * that can send, then reads a partition to its end for markers, and then once more for the letters.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "codec/decode.h"
#include "config/config.h"
#include "config/policy_file.h"
#include "jsonl/line_json.h"
#include "kafka/kafka_partition.h"
#include "kafka/kafka_scan.h"
#include "kafka/topics.h"
#include "redrive_batch.h"
#include "redrive_filter.h"
#include "view/progress.h"
#include "view/render.h"
#include "view/terminal.h"

#define SCRATCH_KEEP ((size_t)4 * 1024 * 1024)

static volatile sig_atomic_t stop_asked;

static void on_signal(int signal)
{
    (void)signal;
    stop_asked = 1;
}

/* Why a letter is passed over. */
enum passed { PASSED_STRANGE, PASSED_CUT, PASSED_TOPIC, PASSED_REFUSED, passed_end };

static const char *const passed_words[passed_end] = {
    [PASSED_STRANGE] = "not dead letters",
    [PASSED_CUT] = "cut",
    [PASSED_TOPIC] = "not from an input",
    [PASSED_REFUSED] = "refused by the broker",
};

struct redrive {
    const struct config *config;
    struct redrive_filter filter;
    bool dry, json, colour;
    struct arena *policy_arena;
    struct policy policy;
    struct decoder decoder;
    struct kafka_scan *scan;
    int32_t partitions;
    struct redrive_batch batch;
    unsigned char *redriven; /* of the partition at hand: a bit an offset, from `low` on */
    int64_t low, high;
    size_t letters; /* on it */
    struct progress progress;
    struct arena *scratch;
    struct buf out;
    size_t sent[topic_end], before, passed[passed_end];
};

/* ---- one record of followup-dead-letters ---- */

/* The incident that a record is about, as far as the worker could read it; else absent. */
static struct str incident_of(struct redrive *r, const struct record *original)
{
    struct event event;
    struct refused refused = {0};
    if (decode_record(&r->decoder, r->scratch, original, 0, &event, &refused))
        return event.incident_id;
    return refused.incident_id;
}

/* As it goes back: with its key on the key's partition, and without one on its incident's. */
static void address(struct redrive *r, struct redrive_letter *letter, const struct record *original,
                    struct str incident)
{
    letter->original = record_message(original);
    struct message *m = &letter->original;
    if (!m->key.p) m->key = incident;
    if (m->key.p)
        m->partition = kafka_partition_of(m->key, r->partitions);
    else if (m->partition >= r->partitions)
        m->partition = -1;
}

/* ---- what is said ---- */

static void print_letter(struct redrive *r, const struct redrive_letter *letter)
{
    progress_clear(&r->progress);
    r->out.n = 0;
    if (r->json) {
        line_json_write(&r->out, r->scratch, &letter->original, r->config->topics);
    } else {
        struct message m = record_message(&letter->record);
        buf_printf(&r->out, "%s %d@%" PRId64 "  ", r->dry ? "would send" : "sent",
                   letter->record.partition, letter->record.offset);
        render_message(&r->out, r->scratch, &m, r->colour);
    }
    terminal_flush(&r->out, r->colour && !r->json);
}

static void pass_over(struct redrive *r, const struct record *record, enum passed why,
                      const char *text)
{
    r->passed[why]++;
    progress_clear(&r->progress);
    terminal_say(stderr, "passed over %s/%d@%" PRId64 ": %s",
                 r->config->topics[TOPIC_DEAD_LETTERS].p, record->partition, record->offset, text);
}

static void on_sent(void *context, const struct redrive_letter *letter, const char *why_not)
{
    struct redrive *r = context;
    if (why_not) {
        pass_over(r, &letter->record, PASSED_REFUSED, why_not);
        return;
    }
    r->sent[letter->letter.to]++;
    print_letter(r, letter);
}

static size_t total(const size_t *counts, size_t n)
{
    size_t all = 0;
    for (size_t i = 0; i < n; i++) all += counts[i];
    return all;
}

static void print_summary(struct redrive *r, FILE *out)
{
    size_t all = total(r->sent, topic_end);
    struct buf *b = &r->out;
    b->n = 0;
    buf_printf(b, "%zu dead letter%s %s", all, all == 1 ? "" : "s",
               r->dry ? "would be sent" : "sent");
    for (int t = 1, n = 0; t < topic_end; t++)
        if (r->sent[t])
            buf_printf(b, "%s%zu to %s", n++ ? ", " : ": ", r->sent[t], r->config->topics[t].p);
    buf_printf(b, "; %zu sent before", r->before);
    for (int i = 0, n = 0; i < passed_end; i++)
        if (r->passed[i])
            buf_printf(b, "%s%zu %s", n++ ? ", " : "; passed over: ", r->passed[i],
                       passed_words[i]);
    buf_char(b, '\n');
    terminal_write(out, buf_slice(b), false);
}

/* Some time is the broker's now, and the deadlines count from it. */
static void say_replaced(const struct redrive *r)
{
    for (int t = TOPIC_INCIDENT_CLOSED; t < TOPIC_FORWARDED && r->batch.sender; t++)
        if (kafka_sender_time_was_replaced(r->batch.sender, t))
            cli_fail(0,
                     "%s has message.timestamp.type=LogAppendTime, so the original times could not "
                     "be kept: deadlines count from now",
                     r->config->topics[t].p);
}

/* ---- the two passes ---- */

static void show_progress(struct redrive *r, const struct record *record, const char *what)
{
    r->progress.what = what;
    progress_show(&r->progress, (size_t)(record->offset + 1 - r->low), (size_t)(r->high - r->low));
}

static enum result note_marker(void *context, const struct record *record, struct error *error)
{
    struct redrive *r = context;
    struct dead_letter letter;
    (void)error;
    show_progress(r, record, "records of a partition looked at for what was sent before");
    enum dead_letter_kind kind = dead_letter_read(r->config->topics, record, &letter);
    if (kind != DEAD_LETTER_MARKER) {
        r->letters++;
    } else if (letter.redriven >= r->low && letter.redriven < r->high) {
        int64_t at = letter.redriven - r->low;
        r->redriven[at / 8] |= (unsigned char)(1U << at % 8);
    }
    return OK;
}

static bool was_redriven(const struct redrive *r, int64_t offset)
{
    int64_t at = offset - r->low;
    return r->redriven[at / 8] >> at % 8 & 1;
}

/* Whether it goes back; else it is counted. */
static bool is_chosen(struct redrive *r, const struct record *record,
                      const struct dead_letter *letter, struct str incident)
{
    if (!redrive_filter_fits(&r->filter, letter, record->key, incident)) return false;
    if (was_redriven(r, record->offset)) {
        r->before++;
    } else if (!letter->topic) {
        pass_over(r, record, PASSED_TOPIC, "its epilogue-topic is none of the configured inputs");
    } else if (letter->is_cut) {
        pass_over(r, record, PASSED_CUT,
                  "its value was cut (epilogue-truncated): send the whole from its source");
    } else {
        return true;
    }
    return false;
}

/* Into the batch: a copy, since the record is gone with the next one that is read. */
static enum result choose(struct redrive *r, const struct record *record, struct str incident,
                          struct error *error)
{
    struct record original;
    struct redrive_letter letter = {.record = redrive_batch_keep(&r->batch, record)};
    dead_letter_read(r->config->topics, &letter.record, &letter.letter);
    dead_letter_original(r->batch.arena, &letter.record, &letter.letter, &original);
    address(r, &letter, &original, arena_str(r->batch.arena, incident));
    return redrive_batch_add(&r->batch, &letter, error);
}

static enum result take_letter(void *context, const struct record *record, struct error *error)
{
    struct redrive *r = context;
    struct dead_letter letter;
    struct record original;
    struct str incident = STR_NONE;
    show_progress(r, record, "records of a partition worked through");
    arena_reset(r->scratch, SCRATCH_KEEP);
    switch (dead_letter_read(r->config->topics, record, &letter)) {
    case DEAD_LETTER_MARKER: break;
    case DEAD_LETTER_STRANGE:
        pass_over(r, record, PASSED_STRANGE,
                  "it lacks the headers of a dead letter: epilogue did not write it");
        break;
    case DEAD_LETTER:
        dead_letter_original(r->scratch, record, &letter, &original);
        if (letter.topic && (r->filter.incident.p || !original.key.p))
            incident = incident_of(r, &original);
        if (is_chosen(r, record, &letter, incident)) return choose(r, record, incident, error);
    }
    return OK;
}

static enum result redrive_partition(struct redrive *r, int32_t partition, struct error *error)
{
    enum result result = kafka_scan_range(r->scan, partition, &r->low, &r->high, error);
    if (result != OK || r->low >= r->high) return result;
    r->letters = 0;
    r->redriven = calloc((size_t)(r->high - r->low) / 8 + 1, 1);
    if (!r->redriven) abort();
    result = kafka_scan_read(r->scan, partition, r->high, note_marker, r, error);
    if (result == OK && r->letters)
        result = kafka_scan_read(r->scan, partition, r->high, take_letter, r, error);
    if (result == OK) result = redrive_batch_send(&r->batch, error);
    free(r->redriven);
    r->redriven = NULL;
    return result;
}

/* ---- the command ---- */

static enum result open_all(struct redrive *r, struct error *error)
{
    enum result result = topics_partitions(r->config, &r->partitions, error);
    if (result != OK) return result;
    r->scan = kafka_scan_new(r->config, TOPIC_DEAD_LETTERS, &stop_asked, error);
    if (!r->scan) return FATAL;
    if (r->dry) return OK;
    r->batch.sender = kafka_sender_new(r->config, "redrive", error);
    /* Before the markers are read: from here on no other run adds any. */
    return r->batch.sender ? kafka_sender_start(r->batch.sender, error) : FATAL;
}

static int redrive(struct redrive *r)
{
    struct error error;
    enum result result = open_all(r, &error);
    for (int32_t p = 0; p < r->partitions && result == OK; p++)
        result = redrive_partition(r, p, &error);
    redrive_batch_drop(&r->batch);
    progress_clear(&r->progress);
    fflush(stdout);
    if (r->scan) print_summary(r, r->json ? stderr : stdout);
    say_replaced(r);
    if (result == ABORT)
        return cli_fail(EXIT_FAILED, "stopped before the end; run it again for the rest");
    if (result != OK) return cli_error(&error);
    return r->passed[PASSED_REFUSED] ? EXIT_FAILED : EXIT_DONE;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void make(struct redrive *r)
{
    size_t most = (size_t)r->config->batch_max;
    r->decoder = (struct decoder){.policy = &r->policy, .limits = &r->config->limits};
    memcpy(r->decoder.topic_names, r->config->topics, sizeof r->decoder.topic_names);
    r->scratch = arena_new();
    r->batch = (struct redrive_batch){
        .arena = arena_new(),
        .max = most < REDRIVE_BATCH_MAX ? most : REDRIVE_BATCH_MAX,
        .report = on_sent,
        .context = r,
    };
}

static void unmake(struct redrive *r)
{
    kafka_sender_free(r->batch.sender);
    kafka_scan_free(r->scan);
    arena_free(r->batch.arena);
    arena_free(r->scratch);
    buf_free(&r->out);
}

static int run(const struct cli *cli)
{
    struct redrive *r = calloc(1, sizeof *r);
    struct error error;
    int code = EXIT_USAGE;
    if (!r) abort();
    *r = (struct redrive){
        .config = cli->config,
        .dry = cli_value(cli, "dry-run") != NULL,
        .json = cli_value(cli, "json") != NULL,
        .colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
        .policy_arena = arena_new(),
    };
    if (policy_file_load(cli->config->policy_file, r->policy_arena, &r->policy, &error) != OK) {
        cli_fail(0, "%s", error.text);
    } else if (redrive_filter_read(&r->filter, cli)) {
        catch_signals();
        make(r);
        code = redrive(r);
        unmake(r);
    }
    arena_free(r->policy_arena);
    free(r);
    return code;
}

static const struct cli_option options[] = {
    {"code", "CODE", "those refused for this reason alone; as often as needed"},
    {"topic", "TOPIC", "those of incident-closed, finding-updated or task-updated alone"},
    {"incident", "ID", "those of this incident alone, as far as it can be read from them"},
    {"since", "TIME", "those refused at this time or later"},
    {"until", "TIME", "those refused before this time"},
    {"dry-run", NULL, "send nothing, print what would be sent"},
    {"json", NULL,
     "JSON Lines: topic, key, headers, value and at of each, as `publish` reads them"},
    {NULL, NULL, NULL},
};

static const char details[] =
    "Each goes to the topic that it came from, with its key, value, headers and Kafka time as\n"
    "they were, once: a marker on followup-dead-letters says that it did, whatever ends a run and\n"
    "however many run. Of two runs at once the one that started first ends.\n"
    "\n"
    "What was cut, what is from no configured input and what the broker refuses is passed over,\n"
    "named on standard error and counted. One that is refused again is a new dead letter.";

const struct command command_redrive = {
    .name = "redrive",
    .summary = "dead letters back to where they came from",
    .details = details,
    .options = options,
    .run = run,
};
