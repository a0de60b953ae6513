/* SPDX-License-Identifier: Apache-2.0 */
/* The values of events out (R5.1, R5.8, R5.12), each one JSON object appended to a buffer. */
#ifndef EPILOGUE_CODEC_ENCODE_VALUE_H
#define EPILOGUE_CODEC_ENCODE_VALUE_H

#include "encode.h"

/* `task_id` is absent for what is about an incident. */
void encode_value_write(const struct encoder *encoder, struct buf *out, const struct output *output,
                        struct str task_id);

/* Opens an object and writes the members that say what a task or an incident is now: those of its
 * events but cause, changes and warnings (of an incident, policy too). The caller closes it. */
void encode_value_task_members(struct buf *out, struct str incident_id, const struct task *task,
                               struct str task_id);
void encode_value_incident_members(struct buf *out, struct str incident_id,
                                   const struct incident *incident);

/* The task_id of the task that an output is about, made in the arena; absent without one. */
struct str encode_value_task_id(struct arena *arena, const struct output *output);

#endif
