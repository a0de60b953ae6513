/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent of a task while nothing happens to it, and the words of all reminders. */
#ifndef EPILOGUE_CORE_REMINDER_H
#define EPILOGUE_CORE_REMINDER_H

#include "step.h"

/* Sends the task's reminders that are due up to `until`, one of each kind. */
void reminder_tick(struct step *step, struct entry *entry, ms_t until);
/* The first reminder that is still to come. */
ms_t reminder_next(const struct policy *policy, const struct task *task);
/* How long a time is, for a person: "2 d", "5 h", "30 min", "10 s". */
struct str reminder_span(struct arena *arena, int64_t ms);
/* A title for a sentence: clean (text.h), and cut where it is long. */
struct str reminder_title(struct step *step, struct str title);
void reminder_add(struct step *step, struct reminder_output *reminder, enum role role,
                  struct owner who);

#endif
