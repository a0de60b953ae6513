/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is around the data of a record: CloudEvents in binary or structured mode or nothing
 * (R2.1 to R2.4), the trace, and where a forwarded record first stood.
 */
#ifndef EPILOGUE_CODEC_ENVELOPE_H
#define EPILOGUE_CODEC_ENVELOPE_H

#include "core/event.h"
#include "json.h"
#include "record.h"

/* Headers of ours on forwarded records and dead letters. */
#define ENVELOPE_KIND "epilogue-kind"
#define ENVELOPE_ORIGIN "epilogue-origin" /* of items */
#define ENVELOPE_TOPIC "epilogue-topic"
#define ENVELOPE_PARTITION "epilogue-partition"
#define ENVELOPE_OFFSET "epilogue-offset"
#define ENVELOPE_ERROR "epilogue-error"
#define ENVELOPE_DETAIL "epilogue-error-detail"
#define ENVELOPE_TIME "epilogue-time"
#define ENVELOPE_RECORD_TIME "epilogue-record-time"
#define ENVELOPE_TRUNCATED "epilogue-truncated"
#define ENVELOPE_REDRIVEN "epilogue-redriven"
/* All of ours begin so; what others call so is taken for ours. */
#define ENVELOPE_PREFIX "epilogue-"

/* The value of the last header of this name, absent when there is none. */
struct str envelope_header(const struct record *record, struct str name);
struct str envelope_message_header(const struct message *message, struct str name);

/* A header's decimal number of 1 to 18 digits, 0 to `max`; false for anything else. */
bool envelope_number(struct str text, int64_t max, int64_t *out);
/* What a record of epilogue-forwarded is: one that arrived on a partition that is not its key's,
 * reminders on their way to a recipient, what merged incidents say to each other, or what is told of
 * causes that come back. */
enum envelope_kind {
    ENVELOPE_NO_KIND,
    ENVELOPE_RECORD,
    ENVELOPE_ITEMS,
    ENVELOPE_FINDING,
    ENVELOPE_FINDING_UPDATED,
    ENVELOPE_TASK_UPDATED,
    ENVELOPE_DUTY,
    ENVELOPE_FACTS,
    ENVELOPE_MERGE,
    ENVELOPE_PARTING,
    ENVELOPE_FORGOTTEN,
    ENVELOPE_RECURRENCE,
    ENVELOPE_RECURRED,
    ENVELOPE_UNKNOWN
};
extern const struct str envelope_kinds[ENVELOPE_UNKNOWN];
/* What is told of a cause, or the answer: time may have caused it, and then it stood on no input. */
static inline bool envelope_is_of_cause(enum envelope_kind kind)
{
    return kind == ENVELOPE_RECURRENCE || kind == ENVELOPE_RECURRED;
}
/* ENVELOPE_UNKNOWN: a newer version wrote it. */
enum envelope_kind envelope_kind(const struct record *record);

/* The time at which a record counts that stands on epilogue-forwarded: that of the record which first
 * stood elsewhere, in its header; else its own, TIME_NONE for none. */
ms_t envelope_forwarded_time(const struct record *record);

/*
 * Sets topic, partition and offset of `cause` to where the record first stood: its own, or for a
 * record of epilogue-forwarded what its headers say. false, with its own place, when they say
 * nothing that can be used.
 */
bool envelope_origin(const struct str topic_names[topic_end], const struct record *record,
                     struct cause *cause);

/* Which system the record comes from: the CloudEvents source, absent where it says none. */
struct str envelope_source(const struct record *record, const struct json *root);

/*
 * Sets event_id and the trace of `cause` (as far as they are there and can be used) and finds the
 * data in `root`. Returns NULL, or why it is a bad envelope.
 */
const char *envelope_open(const struct record *record, const struct json *root, struct cause *cause,
                          const struct json **data);

#endif
