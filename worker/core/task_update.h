/* SPDX-License-Identifier: Apache-2.0 */
/* What a tracker or a person says of a task. */
#ifndef EPILOGUE_CORE_TASK_UPDATE_H
#define EPILOGUE_CORE_TASK_UPDATE_H

#include "step.h"

/* The key of what the task is stored in that the event names; absent: it names none. */
struct str task_update_holder(struct arena *arena, struct str header_key,
                              const struct task_update_event *event);
/* The finding whose task it is, as far as it is known here; NULL: none. */
const struct finding *task_update_finding(struct step *step, const struct task_update_event *event);
/* Which finding's it is, known here or not; absent: it is of none. */
struct origin task_update_origin(const struct step *step, const struct task_update_event *event);
/* Takes it to the task, which exists. */
void task_update_take(struct step *step, const struct task_update_event *event);
/* Whether it cannot be taken; d->refused says why. */
bool task_update_refused(struct step *step, const struct task_update_event *event);

#endif
