/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of what comes back: the event of a finding, and what its shard and that of its cause say to
 * each other. */
#ifndef EPILOGUE_CODEC_ENCODE_RECURRENCE_H
#define EPILOGUE_CODEC_ENCODE_RECURRENCE_H

#include "common/buf.h"
#include "core/output.h"

/* Opens the object of the event and writes what it says; what all events end with is the caller's. */
void encode_recurred(struct buf *out, const struct output *output, struct str task_id);
/* What is told of a cause, and the answer (decode_recurrence.c). */
void encode_recurrence(struct buf *out, const struct output *output);

#endif
