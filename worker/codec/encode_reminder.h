/* SPDX-License-Identifier: Apache-2.0 */
/* The values of reminders and of digests (R5.12), each appended to a buffer. */
#ifndef EPILOGUE_CODEC_ENCODE_REMINDER_H
#define EPILOGUE_CODEC_ENCODE_REMINDER_H

#include "common/buf.h"
#include "core/output.h"

/* `task_id` is absent for what is about an incident. */
void encode_reminder(struct buf *out, const struct output *output, struct str task_id);
void encode_digest(struct buf *out, const struct digest_output *digest);

#endif
