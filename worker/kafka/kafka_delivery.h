/* SPDX-License-Identifier: Apache-2.0 */
/* What a delivery report is worth. */
#ifndef EPILOGUE_KAFKA_DELIVERY_H
#define EPILOGUE_KAFKA_DELIVERY_H

#include <librdkafka/rdkafka.h>

enum kafka_delivery {
    DELIVERY_DONE,    /* it is in the partition, at the offset that the report tells */
    DELIVERY_UNKNOWN, /* reported as done, but nobody has seen it there */
    DELIVERY_FAILED,  /* it is not there: kafka_verdict.h says what follows */
};

/*
 * A report without error and without offset is a conclusion of librdkafka (2.0 to 2.8): a request
 * failed, one behind it for the same partition was accepted, so the first "must have been written".
 * That is wrong where the broker had no state of this producer for the partition, which is so while
 * it makes the partition or takes over its leadership: it then takes the second as the first one.
 */
static inline enum kafka_delivery kafka_delivery_of(rd_kafka_resp_err_t err, int64_t offset)
{
    if (err) return DELIVERY_FAILED;
    return offset < 0 ? DELIVERY_UNKNOWN : DELIVERY_DONE;
}

#endif
