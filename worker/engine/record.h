/* SPDX-License-Identifier: Apache-2.0 */
/* Records as they come from Kafka and messages as they go there. */
#ifndef EPILOGUE_ENGINE_RECORD_H
#define EPILOGUE_ENGINE_RECORD_H

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
    ms_t timestamp;
    struct str key;   /* absent: a null key */
    struct str value; /* absent: a null value */
    const struct header *headers;
    size_t headers_n;
};

/* What is to be produced. The slices live in the batch's arena. */
struct message {
    int topic;
    int32_t partition;
    ms_t timestamp; /* TIME_NONE: now */
    struct str key, value;
    const struct header *headers;
    size_t headers_n;
};

#endif
