/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading followup-state back, many shards side by side. The comments of engine/ports.h say what each
 * function owes; these are the port's changelog functions of the same names.
 */
#ifndef EPILOGUE_KAFKA_CHANGELOG_H
#define EPILOGUE_KAFKA_CHANGELOG_H

#include "config/config.h"
#include "engine/ports.h"

struct changelog;

/* Opens nothing yet: its connection is made when the first shard is opened. */
struct changelog *changelog_new(const struct config *config, int32_t partitions);
/* free(NULL) is safe. */
void changelog_free(struct changelog *log);
/* Serves the handle's events while nothing is read. */
void changelog_serve(struct changelog *log);

enum result changelog_open(struct changelog *log, int32_t shard, int64_t from, struct error *error);
enum result changelog_read(struct changelog *log, struct changelog_record *records, size_t max,
                           int timeout_ms, size_t *n, struct error *error);
int64_t changelog_next(const struct changelog *log, int32_t shard);
/* Whether all that was committed when it was fetched last has been read; of no port's. */
bool changelog_at_end(const struct changelog *log, int32_t shard);
void changelog_close(struct changelog *log, int32_t shard);

#endif
