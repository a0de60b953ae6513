/* SPDX-License-Identifier: Apache-2.0 */
/* Reads partitions of one topic from their beginning to an end that was asked for; in no group. */
#ifndef EPILOGUE_KAFKA_SCAN_H
#define EPILOGUE_KAFKA_SCAN_H

#include <signal.h>

#include "codec/record.h"
#include "common/error.h"
#include "config/config.h"

struct kafka_scan;

/*
 * `topic`: enum topic. `stop`: set by a signal handler; ends what waits or reads with ABORT.
 * `config` and `stop` must outlive it. Contacts nobody; NULL and a sentence on a bad setting.
 */
struct kafka_scan *kafka_scan_new(const struct config *config, int topic,
                                  const volatile sig_atomic_t *stop, struct error *error);
/* free(NULL) is safe. */
void kafka_scan_free(struct kafka_scan *scan);

/* The first offset of a partition and one past the last, what open transactions have written
 * included. Tries for half a minute while a broker is away, then RETRY. */
enum result kafka_scan_range(struct kafka_scan *scan, int32_t partition, int64_t *low,
                             int64_t *high, struct error *error);

/* Gets one committed record; what it points to is gone after the call. What it returns other than OK
 * ends the reading. */
typedef enum result kafka_scan_take(void *context, const struct record *record,
                                    struct error *error);

/*
 * Gives each committed record below `high` to `take`, in the order of offsets. Waits for
 * transactions that are open there, and says so in the log every ten seconds; RETRY when nothing
 * has come for two minutes.
 */
enum result kafka_scan_read(struct kafka_scan *scan, int32_t partition, int64_t high,
                            kafka_scan_take *take, void *context, struct error *error);

#endif
