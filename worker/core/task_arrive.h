/* SPDX-License-Identifier: Apache-2.0 */
/* Work on a task that comes from another incident. */
#ifndef EPILOGUE_CORE_TASK_ARRIVE_H
#define EPILOGUE_CORE_TASK_ARRIVE_H

#include "task.h"

/* The work goes on here, where no such task is open: as it was there, with the higher severity and priority. */
struct entry *task_arrive(struct step *step, const struct task_seed *seed,
                          const struct task *carried);
/* Work on the same duty comes from another incident to a task that is open: what this one has stays,
 * what it lacks it takes; of both the earlier deadlines, and the higher severity and priority. */
void task_join(struct step *step, struct entry *entry, const struct task *carried);

#endif
