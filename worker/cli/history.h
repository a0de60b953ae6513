/* SPDX-License-Identifier: Apache-2.0 */
/* What was said of an incident or a task on followup-tasks, from its first event on. */
#ifndef EPILOGUE_CLI_HISTORY_H
#define EPILOGUE_CLI_HISTORY_H

#include "codec/record.h"
#include "config/config.h"

/* Gets each event in order; what it points to is gone after the call. */
typedef void history_take(void *context, const struct message *message);

/*
 * Reads the incident's partition of followup-tasks, committed events only, up to its present end.
 * `task_id` absent: all events of the incident (its id raw) and its tasks. Nothing older than
 * `since` is looked at; TIME_NONE: from the beginning, which takes a while on a long log. RETRY or
 * FATAL with a sentence when Kafka cannot be read.
 */
enum result history_read(const struct config *config, int32_t partition, struct str incident_id,
                         struct str task_id, ms_t since, history_take *take, void *context,
                         struct error *error);

#endif
