/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading followup-state back, shard by shard. The comments of engine/ports.h say what each
 * function owes; these are the port's changelog functions of the same names.
 */
#ifndef EPILOGUE_KAFKA_CHANGELOG_H
#define EPILOGUE_KAFKA_CHANGELOG_H

#include "config/config.h"
#include "engine/ports.h"

struct changelog;

/* Opens nothing yet: its connections live from the first use until the last shard is closed. */
struct changelog *changelog_new(const struct config *config, int32_t partitions);
/* free(NULL) is safe. */
void changelog_free(struct changelog *log);

enum result changelog_bounds(struct changelog *log, int32_t shard, int64_t *low, int64_t *high,
                             struct error *error);
enum result changelog_open(struct changelog *log, int32_t shard, int64_t from, struct error *error);
enum result changelog_read(struct changelog *log, int32_t shard, struct changelog_record *records,
                           size_t max, int timeout_ms, size_t *n, int64_t *next,
                           struct error *error);
/* A shard that is not open is left as it is. */
void changelog_close(struct changelog *log, int32_t shard);

#endif
