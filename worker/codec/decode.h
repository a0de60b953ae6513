/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of an input topic -> an event, or the reason why it cannot be taken: envelopes
 * (R2.1), tolerance (R3.12 and on), limits (R3.31) and refusals (R3.38).
 */
#ifndef EPILOGUE_CODEC_DECODE_H
#define EPILOGUE_CODEC_DECODE_H

#include "common/arena.h"
#include "core/event.h"
#include "record.h"

/* limits.* of the configuration. */
struct limits {
    size_t record_bytes;      /* of the value; 1,000,000 */
    int depth;                /* 32; an object or array inside depth 32 ones is too deep */
    size_t title_bytes;       /* 1,024; a longer one is cut at a character, with a warning */
    size_t description_bytes; /* 65,536 */
    size_t findings;          /* 1,000 in one closure */
    size_t timeline;          /* 10,000 entries in one closure */
};

#define LIMITS_DEFAULT ((struct limits){1000000, 32, 1024, 65536, 1000, 10000})

struct decoder {
    const struct policy *policy;
    const struct limits *limits;
    struct str topic_names[topic_end]; /* to read epilogue-topic of forwarded records */
};

/*
 * Decodes one record. Fills `event` (everything in the arena or in the record) and returns true;
 * or fills `refused` and returns false. The cause is that of the record as it first stood: of a
 * record of epilogue-forwarded, topic, partition and offset come from its epilogue-* headers.
 * cause.at is the time at which the record counts (record_time in record.h). refused->code is 0 for what is no fault
 * of the record: it is of a kind that only a newer version knows, and has to wait for that.
 */
bool decode_record(const struct decoder *decoder, struct arena *arena, const struct record *record,
                   ms_t now, struct event *event, struct refused *refused);

/* The incident_id that a record says, whatever else is wrong with it: what its key has to be. Absent
 * where none can be read. It points into the value or is made in `arena`. */
struct str decode_peek_incident_id(struct arena *arena, const struct record *record);

#endif
