/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent of a task while nothing happens to it, and the words of all reminders. */
#ifndef EPILOGUE_CORE_REMINDER_H
#define EPILOGUE_CORE_REMINDER_H

#include "step.h"

/* Sends the one reminder that stands for all of the task's that are to be sent up to `until`. */
void reminder_tick(struct step *step, struct entry *entry, ms_t until);
/* When the first reminder that is still to come is to be sent. */
ms_t reminder_next(const struct policy *policy, const struct task *task);
/* Appends a reminder of one kind to the outputs; what it says of its subject is the caller's. */
struct output *reminder_emit(struct step *step, enum reminder_kind kind, ms_t due_for,
                             bool at_once);
/* How long a time is, for a person, in the largest unit of which it has two: "2 d", "47 h". */
struct str reminder_span(struct arena *arena, int64_t ms);
/* A title for a sentence: clean (text.h), and cut where it is long. */
struct str reminder_title(struct step *step, struct str title);
/* Adds somebody to those who get it, once in each role, or who stands in where that person is away
 * now (R4.153); their list is in the arena. */
void reminder_add(struct step *step, struct reminder_output *reminder, enum role role,
                  struct owner who);

#endif
