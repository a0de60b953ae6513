/* SPDX-License-Identifier: Apache-2.0 */
/* Records as they come from Kafka and messages as they go there. */
#ifndef EPILOGUE_CODEC_RECORD_H
#define EPILOGUE_CODEC_RECORD_H

#include <stdint.h>

#include "common/timestamp.h"
#include "core/names.h"

struct header {
    struct str name;
    struct str value; /* absent: a null header value */
};

/* What was consumed. The slices belong to the kafka port until its release(). */
struct record {
    void *handle; /* the port's own */
    int topic;    /* enum topic */
    int32_t partition;
    int64_t offset;
    ms_t timestamp;   /* as it stands there; TIME_NONE: none */
    struct str key;   /* absent: a null key */
    struct str value; /* absent: a null value */
    const struct header *headers;
    size_t headers_n;
};

/* A Kafka time below or from here on is none in milliseconds (1973 to 5138): its producer wrote
 * seconds, or micro- or nanoseconds. */
#define RECORD_TIME_MIN INT64_C(100000000000)
#define RECORD_TIME_END INT64_C(100000000000000)

/* Whether the record has a time that cannot be one. */
static inline bool record_time_is_wrong(const struct record *record)
{
    return record->timestamp >= 0 &&
           (record->timestamp < RECORD_TIME_MIN || record->timestamp >= RECORD_TIME_END);
}

/* The time that the record counts at, in all that is decided of it and of its order: its own, and
 * `now` where it has none, one that cannot be one, or one that has not come yet. */
static inline ms_t record_time(const struct record *record, ms_t now)
{
    return record->timestamp >= RECORD_TIME_MIN && record->timestamp < now ? record->timestamp
                                                                           : now;
}

/* What is to be produced. The slices live in the batch's arena. */
struct message {
    int topic;
    int32_t partition;
    ms_t timestamp; /* TIME_NONE: now */
    struct str key, value;
    const struct header *headers;
    size_t headers_n;
};

/* The message that would make this record again. */
static inline struct message record_message(const struct record *record)
{
    return (struct message){record->topic, record->partition, record->timestamp, record->key,
                            record->value, record->headers,   record->headers_n};
}

#endif
