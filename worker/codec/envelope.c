/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is around the data of a record, and what of it is carried on: the event's id, the trace, and
 * the place where a forwarded record first stood.
 */
#include "envelope.h"

#include "common/text.h"

/* An attribute above these sizes is left out: it would be repeated on every event that follows. */
#define EVENT_ID_BYTES 1024
#define TRACEPARENT_BYTES 256
#define TRACESTATE_BYTES 8192

static struct str last_of(const struct header *headers, size_t n, struct str name)
{
    while (n--)
        if (str_eq(headers[n].name, name)) return headers[n].value;
    return STR_NONE;
}

struct str envelope_header(const struct record *record, struct str name)
{
    return last_of(record->headers, record->headers_n, name);
}

struct str envelope_message_header(const struct message *message, struct str name)
{
    return last_of(message->headers, message->headers_n, name);
}

const struct str envelope_kinds[ENVELOPE_UNKNOWN] = {
    [ENVELOPE_RECORD] = {"record", 6},
    [ENVELOPE_ITEMS] = {"items", 5},
    [ENVELOPE_FINDING] = {"finding", 7},
    [ENVELOPE_FINDING_UPDATED] = {"finding-updated", 15},
    [ENVELOPE_TASK_UPDATED] = {"task-updated", 12},
    [ENVELOPE_DUTY] = {"duty", 4},
    [ENVELOPE_FACTS] = {"facts", 5},
    [ENVELOPE_MERGE] = {"merge", 5},
    [ENVELOPE_PARTING] = {"parting", 7},
    [ENVELOPE_FORGOTTEN] = {"forgotten", 9},
    [ENVELOPE_RECURRENCE] = {"recurrence", 10},
    [ENVELOPE_RECURRED] = {"recurred", 8}};

enum envelope_kind envelope_kind(const struct record *record)
{
    struct str name = envelope_header(record, STR(ENVELOPE_KIND));
    if (!name.p) return ENVELOPE_NO_KIND;
    enum envelope_kind kind = ENVELOPE_RECORD;
    while (kind < ENVELOPE_UNKNOWN && !str_eq(name, envelope_kinds[kind])) kind++;
    return kind;
}

bool envelope_number(struct str text, int64_t max, int64_t *out)
{
    int64_t value = 0;
    if (!text.n || text.n > 18) return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') return false;
        value = value * 10 + (text.p[i] - '0');
    }
    *out = value;
    return value <= max;
}

ms_t envelope_forwarded_time(const struct record *record)
{
    int64_t first;
    struct str text = envelope_header(record, STR(ENVELOPE_RECORD_TIME));
    return text.p && envelope_number(text, INT64_MAX, &first) ? first : record->timestamp;
}

bool envelope_origin(const struct str topic_names[topic_end], const struct record *record,
                     struct cause *cause)
{
    cause->topic = record->topic;
    cause->partition = record->partition;
    cause->offset = record->offset;
    if (record->topic != TOPIC_FORWARDED) return true;
    struct str name = envelope_header(record, STR(ENVELOPE_TOPIC));
    int64_t partition, offset;
    int topic = TOPIC_INCIDENT_CLOSED;
    while (topic < TOPIC_FORWARDED && !str_eq(name, topic_names[topic])) topic++;
    if (!name.p || topic == TOPIC_FORWARDED ||
        !envelope_number(envelope_header(record, STR(ENVELOPE_PARTITION)), INT32_MAX, &partition) ||
        !envelope_number(envelope_header(record, STR(ENVELOPE_OFFSET)), INT64_MAX, &offset))
        return false;
    cause->topic = topic;
    cause->partition = (int)partition;
    cause->offset = offset;
    return true;
}

/* Whether a media type is `prefix`, whatever its case and parameters. */
static bool is_media_type(struct str value, struct str prefix)
{
    if (value.n < prefix.n || !text_same((struct str){value.p, prefix.n}, prefix)) return false;
    return value.n == prefix.n || strchr("; \t", value.p[prefix.n]) != NULL;
}

/* The text where it can be carried on: not empty, not too long, UTF-8. */
static struct str usable(struct str text, size_t max_bytes)
{
    return text.n && text.n <= max_bytes && json_utf8_valid(text) ? text : STR_NONE;
}

static bool is_structured(const struct record *record)
{
    return is_media_type(envelope_header(record, STR("content-type")),
                         STR("application/cloudevents+json"));
}

struct str envelope_source(const struct record *record, const struct json *root)
{
    if (root->type == JSON_OBJECT && is_structured(record)) return json_get_text(root, "source");
    return envelope_header(record, STR("ce_source"));
}

static const char *open_structured(const struct json *root, struct cause *cause,
                                   const struct json **data)
{
    if (root->type != JSON_OBJECT) return "a structured CloudEvent must be an object";
    const struct json *base64 = json_get(root, "data_base64");
    if (base64 && base64->type != JSON_NULL)
        return "data_base64 is not taken, data must be an object";
    *data = json_get(root, "data");
    if (!*data) return "a structured CloudEvent needs data";
    if ((*data)->type != JSON_OBJECT) return "data must be an object";
    const struct json *id = json_get(root, "id");
    if (id && id->type == JSON_STRING) cause->event_id = usable(id->text, EVENT_ID_BYTES);
    return NULL;
}

/* Of a producer that puts the event into the value and does not say so. A record of ours may have a
 * member of that name, and says its incident beside it. */
static bool is_undeclared(const struct json *root)
{
    return root->type == JSON_OBJECT && json_get_text(root, "specversion").p &&
           !json_get(root, "incident_id");
}

static const char *open_plain(const struct json *root, const struct json **data)
{
    if (!is_undeclared(root)) return NULL;
    const struct json *inner = json_get(root, "data");
    if (inner) *data = inner; /* so that its incident can be read */
    return "it looks like a structured CloudEvent, which needs the header content-type: "
           "application/cloudevents+json";
}

const char *envelope_open(const struct record *record, const struct json *root, struct cause *cause,
                          const struct json **data)
{
    *data = root;
    if (!record->headers_n) return open_plain(root, data);
    cause->traceparent = usable(envelope_header(record, STR("traceparent")), TRACEPARENT_BYTES);
    if (cause->traceparent.p)
        cause->tracestate = usable(envelope_header(record, STR("tracestate")), TRACESTATE_BYTES);
    struct str type = envelope_header(record, STR("content-type"));
    if (is_media_type(type, STR("application/cloudevents-batch+json")))
        return "a batch of CloudEvents is not taken, send one a record";
    if (is_structured(record)) return open_structured(root, cause, data);
    cause->event_id = usable(envelope_header(record, STR("ce_id")), EVENT_ID_BYTES);
    return open_plain(root, data);
}
