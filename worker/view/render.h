/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes out, as a person reads it: one line for each event, with the time, whom or what it is
 * about, and what happened in words. `tail`, `dev` and `simulate` print the same.
 */
#ifndef EPILOGUE_VIEW_RENDER_H
#define EPILOGUE_VIEW_RENDER_H

#include "codec/record.h"
#include "common/arena.h"
#include "common/buf.h"

/*
 * Appends the lines of a message or record of followup-tasks, followup-reminders or
 * followup-dead-letters (by message->topic; others give nothing). Times are UTC and to the second.
 * What cannot be read is shown as it is. The arena is for scratch. `colour`: with terminal escapes.
 */
void render_message(struct buf *out, struct arena *arena, const struct message *message,
                    bool colour);

/* What a record of an input topic is about, as far as that can be read: "INC-1042 F-7". */
void render_subject(struct buf *out, struct arena *arena, const struct message *message);

/* "Fri 2026-11-20", of days since 1970-01-01. */
void render_day(struct buf *out, int64_t day);

/* "Fri 2026-11-20 10:15:00"; "never" for TIME_NONE. */
void render_time(struct buf *out, ms_t t);

#endif
