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
    if (o->type != OUTPUT_TASK) return;
    struct task *task = copy_task(arena, o->task.after);
    task->participants = (struct str_list){0};
    task->labels = (struct labels){0};
    task->tracker = (struct tracker){0};
    task->evidence = (struct evidence_list){0};
    o->task.after = task;
    o->task.changed &=
        ~(UINT64_C(1) << TASK_MEMBER_participants | UINT64_C(1) << TASK_MEMBER_labels |
          UINT64_C(1) << TASK_MEMBER_tracker | UINT64_C(1) << TASK_MEMBER_evidence);
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
        task->labels = (struct labels){0};
    }
    if (incident) incident->title = grapheme_cut(incident->title, TITLE_BYTES);
    if (finding) {
        finding->title = grapheme_cut(finding->title, TITLE_BYTES);
        finding->labels = (struct labels){0};
    }
    r->task = task;
    r->incident = incident;
    r->finding = finding;
    r->summary = grapheme_cut(r->summary, SUMMARY_BYTES);
}

static void cut_titles(struct arena *arena, struct output *o)
{
    if (o->type == OUTPUT_DIGEST)
        o->digest.summary = grapheme_cut(o->digest.summary, SUMMARY_BYTES);
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

/* How long the list of an output is: the open tasks of a review, the items and reviews of a digest. */
static size_t list_length(const struct output *o)
{
    if (o->type == OUTPUT_REMINDER) return o->reminder.open_n;
    return o->type == OUTPUT_DIGEST ? o->digest.items_n + o->digest.reviews_n : 0;
}

/* The first `n` of it alone; a digest says how many it lacks, and its items come before reviews. */
static void cut_list(const struct output *whole, size_t n, struct output *cut)
{
    if (whole->type == OUTPUT_REMINDER) {
        cut->reminder.open_n = n;
        return;
    }
    const struct digest_output *digest = &whole->digest;
    cut->digest.items_n = n < digest->items_n ? n : digest->items_n;
    cut->digest.reviews_n = n - cut->digest.items_n;
    cut->digest.omitted = digest->omitted + (int64_t)(list_length(whole) - n);
}

/* As many entries of its list as fit; they stand there by urgency. */
static bool fit_list(struct encoder *encoder, struct arena *arena, struct output *output,
                     size_t max_bytes, struct str whole, struct message *m)
{
    const struct output before = *output;
    size_t few = 0, many = list_length(output);
    while (few + 1 < many) {
        size_t n = few + (many - few) / 2;
        cut_list(&before, n, output);
        if (encode_cut(encoder, arena, output, whole, m) <= max_bytes)
            few = n;
        else
            many = n;
    }
    if (list_length(&before)) cut_list(&before, few, output);
    return few && encode_cut(encoder, arena, output, whole, m) <= max_bytes;
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
    if (fit_list(encoder, arena, &cut, max_bytes, whole, message)) return;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        cuts[i](arena, &cut);
        if (encode_cut(encoder, arena, &cut, whole, message) <= max_bytes) return;
    }
}
