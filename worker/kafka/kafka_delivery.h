/* SPDX-License-Identifier: Apache-2.0 */
/* What a delivery report is worth. */
#ifndef EPILOGUE_KAFKA_DELIVERY_H
#define EPILOGUE_KAFKA_DELIVERY_H

#include <librdkafka/rdkafka.h>

enum kafka_delivery {
    DELIVERY_DONE,         /* it is in the partition, at the offset that the report tells */
    DELIVERY_UNKNOWN,      /* reported as done, but nobody has seen it there */
    DELIVERY_FAILED,       /* it is not there */
    DELIVERY_UNACCEPTABLE, /* nor will it ever be: too large, a bad time */
};

/*
 * A report without error and without offset is a conclusion of librdkafka (2.0 to 2.8): a request
 * failed, one behind it for the same partition was accepted, so the first "must have been written".
 * That is wrong where the broker had no state of this producer for the partition, which is so while
 * it makes the partition or takes over its leadership: it then takes the second as the first one.
 */
static inline enum kafka_delivery kafka_delivery_of(rd_kafka_resp_err_t err, int64_t offset)
{
    switch ((int)err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return offset < 0 ? DELIVERY_UNKNOWN : DELIVERY_DONE;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD: return DELIVERY_UNACCEPTABLE;
    default: return DELIVERY_FAILED;
    }
}

#endif
