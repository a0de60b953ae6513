/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of items: reminders that a shard has for somebody. The value is that of the entry which it
 * becomes (R6.13), the key who it is for, and a header tells it from all others. Only a worker writes
 * such records, so what is wrong with one is a stranger's doing.
 */
#include "decode_parts.h"
#include "envelope.h"
#include "state_json.h"

#define NAME_BYTES 1024 /* of a recipient: more than item_recipients makes */
#define ORIGIN_BYTES 80

static bool is_recipient(struct str key)
{
    static const struct str beginnings[] = {{"person:", 7}, {"team:", 5}, {"role:", 5}};
    if (!key.p || key.n > NAME_BYTES || !json_utf8_valid(key)) return false;
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] == '|' || key.p[i] == '/' || key.p[i] == '$') return false;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (str_starts(key, beginnings[i])) return key.n > beginnings[i].n;
    return false;
}

static bool is_origin(struct str text)
{
    if (!text.n || text.n > ORIGIN_BYTES) return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '/' && (text.p[i] < '0' || text.p[i] > '9')) return false;
    return true;
}

bool decode_items(struct arena *arena, const struct record *record, struct event *event,
                  struct refused *refused)
{
    struct entry entry = {.type = ENTRY_ITEMS, .key = record->key};
    struct error error;
    struct str origin = envelope_header(record, STR(ENVELOPE_ORIGIN));
    event->cause.topic = record->topic;
    event->cause.partition = record->partition;
    event->cause.offset = record->offset;
    if (!record->value.p)
        return decode_refuse(refused, REFUSE_NO_VALUE, STR("the record has no value"));
    if (!is_recipient(record->key))
        return decode_refuse(refused, REFUSE_BAD_ENVELOPE,
                             STR("the key of items must name a recipient"));
    if (!is_origin(origin))
        return decode_refuse(
            refused, REFUSE_BAD_ENVELOPE,
            STR("items need the header " ENVELOPE_ORIGIN ", which tells them from others"));
    if (state_json_read(arena, NULL, record->value, &entry, &error) != OK)
        return decode_refuse(refused, REFUSE_BAD_ENVELOPE,
                             json_excerpt(arena, str_of(error.text), 400));
    event->type = EVENT_ITEMS;
    event->items = ARENA_NEW(arena, struct items_event);
    *event->items = (struct items_event){record->key, origin, *entry.items};
    event->incident_id = record->key;
    return true;
}
