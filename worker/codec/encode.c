/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from outputs: the CloudEvents headers, the id that is a function of what happened, the
 * key and the partition. What they say is copied, since what they are made of may go before them. Dead
 * letters and forwarded records are made here, too. Values are in encode_value.c.
 */
#include "encode.h"

#include "common/text.h"
#include "core/state_key.h"
#include "encode_value.h"
#include "envelope.h"
#include "json.h"
#include "state_json.h"

#define HEADERS_MAX 10 /* of an event out */
/* The lengths of a record and of its value grow with the value, by up to four bytes each. */
#define LENGTH_GROWS 8

/* A slice of the scratch buffer, by its place: the buffer moves while it grows. */
struct part {
    size_t at, n;
};

struct str encode_source(struct arena *arena, struct str group_id)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-._~!$&'()*+,;=:@"; /* RFC 3986, pchar */
    struct buf out = {0};
    buf_lit(&out, "/epilogue/");
    for (size_t i = 0; i < group_id.n; i++) {
        unsigned char c = (unsigned char)group_id.p[i];
        if (c && strchr(plain, c)) {
            buf_char(&out, (char)c);
        } else {
            text_percent(buf_room(&out, TEXT_PERCENT), c);
            out.n += TEXT_PERCENT;
        }
    }
    struct str source = arena_str(arena, buf_slice(&out));
    buf_free(&out);
    return source;
}

void encode_value(const struct encoder *encoder, struct buf *out, const struct output *output)
{
    struct str task_id = encode_value_task_id(json_scratch(), output);
    encode_value_write(encoder, out, output, task_id);
}

static struct str event_type(const struct output *output)
{
#define TYPE(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
#define TASK_TYPE(id, name) [id] = TYPE("epilogue.task." name ".v1"),
#define INCIDENT_TYPE(id, name) [id] = TYPE("epilogue.incident." name ".v1"),
    static const struct str recurred_type = TYPE("epilogue.finding.recurred.v1");
    static const struct str digest_type = TYPE("epilogue.reminder.digest.v1");
#define REMINDER_TYPE(id, name) [id] = TYPE("epilogue.reminder." name ".v1"),
    static const struct str task_types[] = {TASK_EVENTS(TASK_TYPE)};
    static const struct str incident_types[] = {INCIDENT_EVENTS(INCIDENT_TYPE)};
    static const struct str reminder_types[] = {REMINDER_KINDS(REMINDER_TYPE)};
    if (output->type == OUTPUT_TASK) return task_types[output->task.event];
    if (output->type == OUTPUT_INCIDENT) return incident_types[output->incident.event];
    if (output->type == OUTPUT_RECURRED) return recurred_type;
    if (output->type == OUTPUT_DIGEST) return digest_type;
    return reminder_types[output->reminder.kind];
}

/* A function of what happened alone, so that a consumer can deduplicate on it for ever. */
static void write_event_id(struct buf *out, const struct output *output, struct str subject)
{
    buf_str(out, subject);
    buf_char(out, '/');
    if (output->type == OUTPUT_TASK) {
        buf_int(out, output->task.after->version);
    } else if (output->type == OUTPUT_INCIDENT) {
        buf_str(out, incident_event_name(output->incident.event));
        buf_char(out, '/');
        buf_int(out, output->incident.number);
    } else if (output->type == OUTPUT_RECURRED) {
        buf_lit(out, "recurred/");
        buf_str(out, output->recurred.part);
        buf_char(out, '/');
        buf_int(out, output->recurred.number);
    } else if (output->type == OUTPUT_DIGEST) {
        buf_lit(out, "digest/");
        buf_int(out, output->digest.number);
    } else {
        buf_int(out, output->reminder.occurrence);
        buf_char(out, '/');
        buf_str(out, reminder_kind_name(output->reminder.kind));
        buf_char(out, '/');
        buf_int(out, output->reminder.number);
    }
}

static struct part part_since(const struct buf *b, size_t at)
{
    return (struct part){at, b->n - at};
}

static void put_header(struct header *headers, size_t *n, struct str name, struct str value)
{
    headers[(*n)++] = (struct header){name, value};
}

/* The trace goes on to what a record causes at once, not to what time does later. */
static void put_trace(struct arena *arena, struct header *headers, size_t *n,
                      const struct cause *cause)
{
    if (!cause->topic || !cause->traceparent.p) return;
    put_header(headers, n, STR("traceparent"), arena_str(arena, cause->traceparent));
    if (!cause->tracestate.p) return;
    put_header(headers, n, STR("tracestate"), arena_str(arena, cause->tracestate));
}

static void encode_event(struct encoder *encoder, struct arena *arena, const struct output *output,
                         struct message *message)
{
    struct buf *b = &encoder->scratch;
    struct str task_id = encode_value_task_id(arena, output);
    bool is_of_task = task_id.p && output->type != OUTPUT_RECURRED;
    struct str id_subject = is_of_task ? task_id : output->incident_id;
    if (!is_of_task && output->type != OUTPUT_DIGEST)
        id_subject = state_encode_part(arena, output->incident_id);
    b->n = 0;
    encode_value_write(encoder, b, output, task_id);
    struct part value = part_since(b, 0);
    write_event_id(b, output, id_subject);
    struct part id = part_since(b, value.n);
    timestamp_format(output->at, buf_room(b, TIMESTAMP_TEXT));
    b->n += TIMESTAMP_TEXT;
    struct part time = part_since(b, value.n + id.n);
    buf_str(b, output->incident_id);

    const char *bytes = arena_copy(arena, b->p, b->n);
    struct str key = {bytes + b->n - output->incident_id.n, output->incident_id.n};
    struct header *h = arena_alloc(arena, HEADERS_MAX * sizeof *h);
    size_t n = 0;
    put_header(h, &n, STR("ce_specversion"), STR("1.0"));
    put_header(h, &n, STR("ce_id"), (struct str){bytes + id.at, id.n});
    put_header(h, &n, STR("ce_type"), event_type(output));
    put_header(h, &n, STR("ce_source"), encoder->source);
    put_header(h, &n, STR("ce_subject"), is_of_task ? task_id : key);
    put_header(h, &n, STR("ce_time"), (struct str){bytes + time.at, time.n});
    put_header(h, &n, STR("ce_partitionkey"), key);
    put_header(h, &n, STR("content-type"), STR("application/json"));
    put_trace(arena, h, &n, &output->cause);
    *message = (struct message){
        .topic = output->type == OUTPUT_REMINDER || output->type == OUTPUT_DIGEST ? TOPIC_REMINDERS
                                                                                  : TOPIC_TASKS,
        .timestamp = TIME_NONE,
        .key = key,
        .value = {bytes, value.n},
        .headers = h,
        .headers_n = n,
    };
}

/* The three headers that say where a record first stood. */
static void put_origin(struct arena *arena, struct header *headers, size_t *n, struct str topic,
                       int partition, int64_t offset)
{
    put_header(headers, n, STR(ENVELOPE_TOPIC), topic);
    put_header(headers, n, STR(ENVELOPE_PARTITION), arena_printf(arena, "%d", partition));
    put_header(headers, n, STR(ENVELOPE_OFFSET), arena_printf(arena, "%lld", (long long)offset));
}

static enum envelope_kind kind_of(enum event_type type)
{
    switch (type) {
    case EVENT_FINDING: return ENVELOPE_FINDING_UPDATED;
    case EVENT_TASK_UPDATE: return ENVELOPE_TASK_UPDATED;
    case EVENT_DUTY: return ENVELOPE_DUTY;
    case EVENT_FACTS: return ENVELOPE_FACTS;
    case EVENT_MERGE: return ENVELOPE_MERGE;
    case EVENT_PARTING: return ENVELOPE_PARTING;
    case EVENT_FORGOTTEN: return ENVELOPE_FORGOTTEN;
    case EVENT_RECURRENCE: return ENVELOPE_RECURRENCE;
    case EVENT_RECURRED: return ENVELOPE_RECURRED;
    default: return ENVELOPE_FINDING;
    }
}

/* What merged incidents say to each other, and what is told of causes. Where it says it stood is what has
 * caused it; what time has caused stood nowhere. */
static void encode_merged(struct encoder *encoder, struct arena *arena, const struct output *output,
                          struct message *message)
{
    const struct cause *cause = &output->cause;
    struct buf *b = &encoder->scratch;
    b->n = 0;
    encode_value_write(encoder, b, output, STR_NONE);
    struct header *h = arena_alloc(arena, HEADERS_MAX * sizeof *h);
    size_t n = 0;
    if (cause->event_id.p) put_header(h, &n, STR("ce_id"), arena_str(arena, cause->event_id));
    put_header(h, &n, STR("content-type"), STR("application/json"));
    put_trace(arena, h, &n, cause);
    put_header(h, &n, STR(ENVELOPE_KIND), envelope_kinds[kind_of(output->forward->type)]);
    if (cause->topic)
        put_origin(arena, h, &n, encoder->topic_names[cause->topic], cause->partition,
                   cause->offset);
    put_header(h, &n, STR(ENVELOPE_RECORD_TIME), arena_printf(arena, "%lld", (long long)cause->at));
    *message = (struct message){
        .topic = TOPIC_FORWARDED,
        .timestamp = TIME_NONE,
        .key = arena_str(arena, output->incident_id),
        .value = {arena_copy(arena, b->p, b->n), b->n},
        .headers = h,
        .headers_n = n,
    };
}

void encode_output(struct encoder *encoder, struct arena *arena, const struct output *output,
                   struct message *message)
{
    if (output->type == OUTPUT_FORWARD)
        encode_merged(encoder, arena, output, message);
    else
        encode_event(encoder, arena, output, message);
}

/* The record's own headers, with room for `more` behind them. */
static struct header *copy_headers(struct arena *arena, const struct record *record, size_t more)
{
    struct header *h = arena_alloc(arena, (record->headers_n + more) * sizeof *h);
    if (record->headers_n) memcpy(h, record->headers, record->headers_n * sizeof *h);
    return h;
}

/* Leaves out of a dead letter what makes it larger than `max_bytes`: the end of the value, other
 * people's headers, the key. */
static bool shrink(struct arena *arena, struct message *m, size_t theirs, size_t max_bytes)
{
    struct header *h = (struct header *)(uintptr_t)m->headers;
    struct str value = m->value;
    put_header(h, &m->headers_n, STR(ENVELOPE_TRUNCATED), arena_printf(arena, "%zu", value.n));
    m->value.n = 0;
    if (encode_size(m) > max_bytes) {
        m->headers += theirs;
        m->headers_n -= theirs;
    }
    if (encode_size(m) > max_bytes) m->key = STR_NONE;
    size_t bytes = encode_size(m) + LENGTH_GROWS;
    if (bytes < max_bytes) m->value.n = value.n < max_bytes - bytes ? value.n : max_bytes - bytes;
    return encode_size(m) <= max_bytes;
}

bool encode_dead_letter(const struct encoder *encoder, struct arena *arena,
                        const struct record *record, const struct refused *refused, ms_t now,
                        size_t max_bytes, struct message *message)
{
    struct cause origin = {0};
    struct header *h = copy_headers(arena, record, 8);
    size_t n = record->headers_n;
    envelope_origin(encoder->topic_names, record, &origin);
    put_header(h, &n, STR(ENVELOPE_ERROR), refusal_name(refused->code));
    put_header(h, &n, STR(ENVELOPE_DETAIL), arena_str(arena, refused->detail));
    put_origin(arena, h, &n, encoder->topic_names[origin.topic], origin.partition, origin.offset);
    put_header(h, &n, STR(ENVELOPE_TIME), timestamp_text(arena, now));
    ms_t first = record->timestamp < now ? record->timestamp : now;
    if (first != TIME_NONE)
        put_header(h, &n, STR(ENVELOPE_RECORD_TIME), arena_printf(arena, "%lld", (long long)first));
    *message = (struct message){
        .topic = TOPIC_DEAD_LETTERS,
        .timestamp = TIME_NONE,
        .key = record->key,
        .value = record->value,
        .headers = h,
        .headers_n = n,
    };
    return encode_size(message) <= max_bytes ||
           shrink(arena, message, record->headers_n, max_bytes);
}

void encode_forwarded(const struct encoder *encoder, struct arena *arena,
                      const struct record *record, struct str incident_id, ms_t now,
                      struct message *message)
{
    ms_t first = record->timestamp < now ? record->timestamp : now;
    struct header *h = copy_headers(arena, record, 5);
    size_t n = record->headers_n;
    put_header(h, &n, STR(ENVELOPE_KIND), envelope_kinds[ENVELOPE_RECORD]);
    put_origin(arena, h, &n, encoder->topic_names[record->topic], record->partition,
               record->offset);
    if (first >= 0)
        put_header(h, &n, STR(ENVELOPE_RECORD_TIME), arena_printf(arena, "%lld", (long long)first));
    *message = (struct message){
        .topic = TOPIC_FORWARDED,
        .timestamp = now,
        .key = record->key.p ? record->key : arena_str(arena, incident_id),
        .value = record->value,
        .headers = h,
        .headers_n = n,
    };
}

void encode_items(struct encoder *encoder, struct arena *arena, struct str recipient,
                  const struct items *items, struct str origin, ms_t now, struct message *message)
{
    const struct entry entry = {.type = ENTRY_ITEMS, .body = (void *)(uintptr_t)items};
    struct buf *b = &encoder->scratch;
    b->n = 0;
    state_json_write(b, &entry);
    struct header *h = arena_alloc(arena, 3 * sizeof *h);
    size_t n = 0;
    put_header(h, &n, STR("content-type"), STR("application/json"));
    put_header(h, &n, STR(ENVELOPE_KIND), envelope_kinds[ENVELOPE_ITEMS]);
    put_header(h, &n, STR(ENVELOPE_ORIGIN), origin);
    *message = (struct message){
        .topic = TOPIC_FORWARDED,
        .timestamp = now,
        .key = arena_str(arena, recipient),
        .value = arena_str(arena, buf_slice(b)),
        .headers = h,
        .headers_n = n,
    };
}
