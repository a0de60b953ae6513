/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bytes of a record to an event, or to the refusal that comes first in the contract's
 * order. The checks of the whole record are here (size, JSON, envelope, key); the members of each
 * kind are in decode_*.c.
 */
#include "decode.h"

#include <assert.h>

#include "common/hash.h"
#include "decode_parts.h"
#include "envelope.h"
#include "lookalike.h"

#define PEEK_DEPTH 512 /* more than a record may have */

bool decode_refuse(struct refused *refused, enum refusal code, struct str detail)
{
    refused->code = code;
    refused->detail = detail;
    return false;
}

static enum refusal refusal_of(enum json_result result)
{
    switch (result) {
    case JSON_INVALID_UTF8: return REFUSE_INVALID_UTF8;
    case JSON_TOO_DEEP: return REFUSE_TOO_DEEP;
    case JSON_DUPLICATE: return REFUSE_DUPLICATE_MEMBER;
    case JSON_OK: return refusal_none;
    case JSON_MALFORMED: break;
    }
    return REFUSE_MALFORMED_JSON;
}

unsigned decode_find(const struct json *object, const struct str *names, const unsigned *bits,
                     size_t n, const struct json **found)
{
    unsigned present = 0;
    reader_find(object, names, n, found);
    for (size_t i = 0; i < n; i++)
        if (found[i]) present |= bits[i];
    return present;
}

/* Of objects the order of members does not count. */
static uint64_t hash_of(const struct json *value)
{
    uint64_t h = hash_add(HASH_START, (uint64_t)value->type), members = 0;
    if (value->type == JSON_INT) return hash_add(h, (uint64_t)value->integer);
    if (value->type == JSON_STRING || value->type == JSON_REAL) return hash_bytes(h, value->text);
    for (const struct json *c = value->first; c; c = c->next)
        if (value->type == JSON_ARRAY)
            h = hash_add(h, hash_of(c));
        else
            members += hash_add(hash_bytes(HASH_START, c->name), hash_of(c));
    return hash_add(h, members);
}

void decode_order(struct reader *r, const struct json *const *m, size_t n, struct order *order)
{
    uint64_t said = 0;
    order->taken = (struct str_list){NULL, 0};
    if (order->revision >= 0 || order->time == TIME_NONE) return;
    for (size_t i = 0; i < n; i++) {
        if (!m[i] || str_eq(m[i]->name, STR("updated_at"))) continue;
        if (str_eq(m[i]->name, STR("revision"))) continue; /* null: it has none */
        said += hash_add(hash_bytes(HASH_START, m[i]->name), hash_of(m[i]));
    }
    struct str *hash = ARENA_NEW(r->arena, struct str);
    *hash = arena_printf(r->arena, "%016llx", (unsigned long long)said);
    order->taken = (struct str_list){hash, 1};
}

struct str decode_incident_id(struct reader *r, const struct json *value)
{
    if (!members_required(r, value, "incident_id")) return STR_NONE;
    struct str id = members_identifier(r, value, MEMBERS_IDENTIFIER_BYTES);
    r->refused->incident_id = id;
    return id;
}

/* A dead letter without a key goes where its incident lives, so even a record that is refused early
 * says its incident_id where that can be read. */
static struct str peek_incident_id(const struct json *data)
{
    return json_get_text(data, "incident_id");
}

/* `topic`: what kind of record it is. */
static void decode_data(struct reader *r, enum topic topic, const struct json *data,
                        struct event *event)
{
    switch (topic) {
    case TOPIC_INCIDENT_CLOSED:
        event->type = EVENT_CLOSURE;
        event->closure = decode_closure(r, data);
        event->incident_id = event->closure->incident_id;
        break;
    case TOPIC_FINDING_UPDATED:
        event->type = EVENT_FINDING;
        event->finding = ARENA_NEW(r->arena, struct finding_event);
        decode_finding(r, data, STR_NONE, event->finding);
        event->finding->warnings = reader_take_warnings(r);
        event->incident_id = event->finding->incident_id;
        break;
    default:
        event->type = EVENT_TASK_UPDATE;
        event->task_update = decode_task_update(r, data);
        event->incident_id = event->task_update->incident_id;
        break;
    }
}

static void check_key(struct reader *r, struct str key, struct str incident_id)
{
    if (!key.p || !incident_id.p || str_eq(key, incident_id)) return;
    struct str shown = json_utf8_valid(key) ? json_excerpt(r->arena, key, 100) : STR("(not UTF-8)");
    struct str wanted = json_excerpt(r->arena, incident_id, 100);
    const char *unseen = lookalike_of(key, incident_id);
    reader_refuse(r, REFUSE_KEY_MISMATCH, STR("key"),
                  "must be the incident_id \"%.*s\", is \"%.*s\"%s%s", STR_ARG(wanted),
                  STR_ARG(shown), unseen ? "; " : "", unseen ? unseen : "");
}

struct str decode_peek_incident_id(struct arena *arena, const struct record *record)
{
    struct json *root;
    struct str detail;
    struct cause cause = {0};
    const struct json *data;
    if (!record->value.p) return STR_NONE;
    json_parse(json_scratch(), arena, record->value, PEEK_DEPTH, &root, &detail);
    if (!root) return STR_NONE;
    envelope_open(record, root, &cause, &data);
    return peek_incident_id(data);
}

/* Of a record of epilogue-forwarded. Returns NULL, or why it is a bad envelope. */
static const char *check_forwarded(const struct record *record, bool has_origin,
                                   struct cause *cause)
{
    enum envelope_kind kind = envelope_kind(record);
    if (kind == ENVELOPE_NO_KIND)
        return "a forwarded record needs the header " ENVELOPE_KIND ", which says what it is";
    if (envelope_is_of_cause(kind) && !has_origin) {
        /* Time has caused it. */
        cause->topic = topic_none;
        cause->partition = 0;
        cause->offset = 0;
        return NULL;
    }
    return has_origin ? NULL : "a forwarded record needs the headers that say where it first stood";
}

/* Its clocks start when it is read, where its publisher may have meant another time. */
static void warn_of_time(struct reader *r, const struct record *record, ms_t taken_as)
{
    if (!record_time_is_wrong(record)) return;
    reader_warn(r, STR("record_time"), arena_printf(r->arena, "%lld", (long long)record->timestamp),
                timestamp_text(r->arena, taken_as));
}

/* From bytes to the data of the event. */
static bool open_record(const struct decoder *decoder, struct arena *arena,
                        const struct record *record, struct cause *cause, const struct json **data,
                        struct str *source, struct refused *refused)
{
    if (!record->value.p)
        return decode_refuse(refused, REFUSE_NO_VALUE, STR("the record has no value"));
    /* Our own records have what was taken before. */
    bool is_ours = record->topic == TOPIC_FORWARDED && envelope_kind(record) > ENVELOPE_RECORD;
    if (!is_ours && record->value.n > decoder->limits->record_bytes)
        return decode_refuse(refused, REFUSE_TOO_LARGE,
                             arena_printf(arena,
                                          "the record has %zu bytes, at most %zu are allowed",
                                          record->value.n, decoder->limits->record_bytes));
    struct json *root;
    struct str detail;
    enum json_result result =
        json_parse(json_scratch(), arena, record->value, decoder->limits->depth, &root, &detail);
    if (!root) return decode_refuse(refused, refusal_of(result), detail);
    const char *bad = envelope_open(record, root, cause, data);
    *source = envelope_source(record, root);
    refused->incident_id = peek_incident_id(*data);
    if (result != JSON_OK) return decode_refuse(refused, refusal_of(result), detail);
    bool has_origin = envelope_origin(decoder->topic_names, record, cause);
    if (record->topic == TOPIC_FORWARDED && !bad) bad = check_forwarded(record, has_origin, cause);
    if (bad) return decode_refuse(refused, REFUSE_BAD_ENVELOPE, str_of(bad));
    assert(*data); /* what has none is a bad envelope */
    if ((*data)->type != JSON_OBJECT)
        return decode_refuse(refused, REFUSE_NOT_AN_OBJECT, STR("the value must be an object"));
    return true;
}

bool decode_record(const struct decoder *decoder, struct arena *arena, const struct record *record,
                   ms_t now, struct event *event, struct refused *refused)
{
    *refused = (struct refused){0};
    *event = (struct event){0};
    event->cause.at = record_time(record, now);
    enum envelope_kind kind =
        record->topic == TOPIC_FORWARDED ? envelope_kind(record) : ENVELOPE_NO_KIND;
    if (kind == ENVELOPE_UNKNOWN) return decode_refuse(refused, refusal_none, STR_NONE);
    if (kind == ENVELOPE_ITEMS) return decode_items(arena, record, event, refused);
    const struct json *data = NULL;
    struct str source;
    if (!open_record(decoder, arena, record, &event->cause, &data, &source, refused)) return false;
    struct reader reader = {.decoder = decoder,
                            .arena = arena,
                            .source = source,
                            .refused = refused,
                            .merged = kind >= ENVELOPE_FINDING};
    warn_of_time(&reader, record, event->cause.at);
    if (kind == ENVELOPE_FINDING_UPDATED)
        decode_data(&reader, TOPIC_FINDING_UPDATED, data, event);
    else if (kind == ENVELOPE_TASK_UPDATED)
        decode_data(&reader, TOPIC_TASK_UPDATED, data, event);
    else if (envelope_is_of_cause(kind))
        decode_recurrence(&reader, kind, data, event);
    else if (reader.merged)
        decode_merged(&reader, kind, data, event);
    else
        decode_data(&reader, event->cause.topic, data, event);
    check_key(&reader, record->key, event->incident_id);
    return reader.rank == 0;
}
