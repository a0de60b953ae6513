/* SPDX-License-Identifier: Apache-2.0 */
/* How large a message is for a broker, and an event of a tick without its long parts. */
#include "core/task_diff.h"
#include "encode.h"
#include "envelope.h"
#include "grapheme.h"
#include "json.h"

#define BATCH_HEADER 61 /* of a record batch, format 2, in front of its records */
#define TITLE_BYTES 64
#define SUMMARY_BYTES 200

/* A length as Kafka writes it in a record: zigzag, seven bits a byte; -1 for what is absent. */
static size_t length_bytes(int64_t length)
{
    size_t bytes = 1;
    for (uint64_t left = length < 0 ? 1 : (uint64_t)length << 1; left >= 128; left >>= 7) bytes++;
    return bytes;
}

static size_t text_bytes(struct str s)
{
    return s.p ? length_bytes((int64_t)s.n) + s.n : length_bytes(-1);
}

size_t encode_size(const struct message *message)
{
    /* Attributes, and the differences of time and offset to the batch's first record. */
    size_t bytes = 3 + text_bytes(message->key) + text_bytes(message->value);
    bytes += length_bytes((int64_t)message->headers_n);
    for (size_t i = 0; i < message->headers_n; i++)
        bytes += text_bytes(message->headers[i].name) + text_bytes(message->headers[i].value);
    return BATCH_HEADER + length_bytes((int64_t)bytes) + bytes;
}

/* ---- what goes first, what goes then ---- */

static struct task *copy_task(struct arena *arena, const struct task *task)
{
    return task ? arena_copy(arena, task, sizeof *task) : NULL;
}

static void cut_texts(struct arena *arena, struct output *o)
{
    if (o->type != OUTPUT_TASK) return;
    struct task *task = copy_task(arena, o->task.after);
    task->description = task->reason = STR_NONE;
    o->task.after = task;
    o->task.changed &=
        ~(UINT64_C(1) << TASK_MEMBER_description | UINT64_C(1) << TASK_MEMBER_reason);
}

static void cut_lists(struct arena *arena, struct output *o)
{
    if (o->type == OUTPUT_REMINDER) o->reminder.open_n = 0;
    if (o->type != OUTPUT_TASK) return;
    struct task *task = copy_task(arena, o->task.after);
    task->participants = (struct str_list){0};
    task->tracker = (struct tracker){0};
    o->task.after = task;
    o->task.changed &=
        ~(UINT64_C(1) << TASK_MEMBER_participants | UINT64_C(1) << TASK_MEMBER_tracker);
}

static struct incident *copy_incident(struct arena *arena, const struct incident *incident)
{
    return incident ? arena_copy(arena, incident, sizeof *incident) : NULL;
}

static void cut_reminder_titles(struct arena *arena, struct reminder_output *r)
{
    struct task *task = copy_task(arena, r->task);
    struct incident *incident = copy_incident(arena, r->incident);
    struct finding *finding = r->finding ? arena_copy(arena, r->finding, sizeof *r->finding) : NULL;
    if (task) {
        task->title = grapheme_cut(task->title, TITLE_BYTES);
        task->tracker = (struct tracker){0};
    }
    if (incident) incident->title = grapheme_cut(incident->title, TITLE_BYTES);
    if (finding) finding->title = grapheme_cut(finding->title, TITLE_BYTES);
    r->task = task;
    r->incident = incident;
    r->finding = finding;
    r->summary = grapheme_cut(r->summary, SUMMARY_BYTES);
}

static void cut_titles(struct arena *arena, struct output *o)
{
    if (o->type == OUTPUT_REMINDER) cut_reminder_titles(arena, &o->reminder);
    if (o->type == OUTPUT_TASK) {
        struct task *task = copy_task(arena, o->task.after);
        task->title = grapheme_cut(task->title, TITLE_BYTES);
        o->task.after = task;
        o->task.changed &= ~(UINT64_C(1) << TASK_MEMBER_title);
    }
    if (o->type == OUTPUT_INCIDENT) {
        struct incident *incident = copy_incident(arena, o->incident.incident);
        incident->title = grapheme_cut(incident->title, TITLE_BYTES);
        o->incident.incident = incident;
    }
}

/* ---- the event ---- */

static size_t encode_cut(struct encoder *encoder, struct arena *arena, const struct output *output,
                         struct str whole, struct message *m)
{
    encode_output(encoder, arena, output, m);
    struct header *h = arena_alloc(arena, (m->headers_n + 1) * sizeof *h);
    memcpy(h, m->headers, m->headers_n * sizeof *h);
    h[m->headers_n++] = (struct header){STR(ENVELOPE_TRUNCATED), whole};
    m->headers = h;
    return encode_size(m);
}

/* As many of a review's open tasks as fit; they stand there by urgency. */
static bool fit_open(struct encoder *encoder, struct arena *arena, struct output *output,
                     size_t max_bytes, struct str whole, struct message *m)
{
    size_t few = 0, many = output->type == OUTPUT_REMINDER ? output->reminder.open_n : 0;
    while (few + 1 < many) {
        output->reminder.open_n = few + (many - few) / 2;
        if (encode_cut(encoder, arena, output, whole, m) <= max_bytes)
            few = output->reminder.open_n;
        else
            many = output->reminder.open_n;
    }
    if (!few) return false;
    output->reminder.open_n = few;
    return encode_cut(encoder, arena, output, whole, m) <= max_bytes;
}

void encode_output_within(struct encoder *encoder, struct arena *arena, const struct output *output,
                          size_t max_bytes, struct message *message)
{
    static void (*const cuts[])(struct arena *, struct output *) = {cut_texts, cut_lists,
                                                                    cut_titles};
    struct output cut = *output;
    encode_output(encoder, arena, output, message);
    if (encode_size(message) <= max_bytes) return;
    struct str whole = arena_printf(arena, "%zu", message->value.n);
    if (fit_open(encoder, arena, &cut, max_bytes, whole, message)) return;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        cuts[i](arena, &cut);
        if (encode_cut(encoder, arena, &cut, whole, message) <= max_bytes) return;
    }
}
