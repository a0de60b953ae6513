/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back of encode_dead_letter: from a record of followup-dead-letters to the record that was
 * refused, by the headers that are ours. redrive is its user.
 */
#include "dead_letter.h"

#include "envelope.h"

static int input_of(const struct str names[topic_end], struct str name)
{
    for (int t = TOPIC_INCIDENT_CLOSED; t < TOPIC_FORWARDED; t++)
        if (str_eq(name, names[t])) return t;
    return topic_none;
}

/* Ours come last and begin with the error: what stands before, the refused record brought along. */
static size_t theirs_n(const struct record *record)
{
    size_t n = record->headers_n;
    while (n && !str_eq(record->headers[n - 1].name, STR(ENVELOPE_ERROR))) n--;
    return n ? n - 1 : 0;
}

static struct record ours_of(const struct record *record)
{
    struct record ours = *record;
    ours.headers += theirs_n(record);
    ours.headers_n -= theirs_n(record);
    return ours;
}

/* What the worker has sent itself stood on no input: of what merged incidents say to each other
 * epilogue-topic names what caused it, of items it is epilogue-forwarded. */
static enum envelope_kind kind_of(const struct record *record)
{
    struct record theirs = *record;
    theirs.headers_n = theirs_n(record);
    return envelope_kind(&theirs);
}

/* Absent: the record had no time. */
static bool read_record_time(const struct record *record, ms_t *time)
{
    struct str text = envelope_header(record, STR(ENVELOPE_RECORD_TIME));
    *time = TIME_NONE;
    return !text.p || envelope_number(text, INT64_MAX, time);
}

enum dead_letter_kind dead_letter_read(const struct str names[topic_end],
                                       const struct record *record, struct dead_letter *letter)
{
    const struct record ours = ours_of(record);
    int64_t partition, offset;
    struct str redriven = envelope_header(&ours, STR(ENVELOPE_REDRIVEN));
    struct str name = envelope_header(&ours, STR(ENVELOPE_TOPIC));
    *letter = (struct dead_letter){.code = envelope_header(&ours, STR(ENVELOPE_ERROR))};
    /* A refused record may have had a header of the marker's name; a marker has no error. */
    if (!letter->code.p)
        return envelope_number(redriven, INT64_MAX, &letter->redriven) ? DEAD_LETTER_MARKER
                                                                       : DEAD_LETTER_STRANGE;
    if (!name.p ||
        !envelope_number(envelope_header(&ours, STR(ENVELOPE_PARTITION)), INT32_MAX, &partition) ||
        !envelope_number(envelope_header(&ours, STR(ENVELOPE_OFFSET)), INT64_MAX, &offset) ||
        timestamp_parse(envelope_header(&ours, STR(ENVELOPE_TIME)), &letter->refused_at) !=
            TIMESTAMP_OK ||
        !read_record_time(&ours, &letter->record_time))
        return DEAD_LETTER_STRANGE;
    letter->topic = letter->to = input_of(names, name);
    enum envelope_kind kind = kind_of(record);
    if (letter->topic && kind >= ENVELOPE_FINDING && kind < ENVELOPE_UNKNOWN)
        letter->to = TOPIC_FORWARDED;
    /* Items, and what time has caused. */
    bool is_of_none = kind == ENVELOPE_ITEMS || envelope_is_of_cause(kind);
    if (str_eq(name, names[TOPIC_FORWARDED]) && is_of_none)
        letter->topic = letter->to = TOPIC_FORWARDED;
    letter->partition = (int32_t)partition;
    letter->is_cut = envelope_header(&ours, STR(ENVELOPE_TRUNCATED)).p != NULL;
    return DEAD_LETTER;
}

void dead_letter_original(struct arena *arena, const struct record *record,
                          const struct dead_letter *letter, struct record *original)
{
    struct header *headers = arena_alloc(arena, (record->headers_n + 1) * sizeof *headers);
    size_t n = 0, theirs = theirs_n(record);
    bool as_it_stood = letter->to == TOPIC_FORWARDED;
    for (size_t i = 0; i < theirs; i++)
        if (as_it_stood || !str_starts(record->headers[i].name, STR(ENVELOPE_PREFIX)))
            headers[n++] = record->headers[i];
    *original = *record;
    original->topic = letter->to;
    original->partition = letter->partition;
    /* That topic keeps the first time in a header. */
    original->timestamp = as_it_stood ? TIME_NONE : letter->record_time;
    original->headers = headers;
    original->headers_n = n;
}

void dead_letter_marker(struct arena *arena, const struct record *record, struct message *marker)
{
    struct header *header = arena_alloc(arena, sizeof *header);
    *header = (struct header){STR(ENVELOPE_REDRIVEN),
                              arena_printf(arena, "%lld", (long long)record->offset)};
    *marker = (struct message){
        .topic = TOPIC_DEAD_LETTERS,
        .partition = record->partition,
        .timestamp = TIME_NONE,
        .key = record->key,
        .headers = header,
        .headers_n = 1,
    };
}
