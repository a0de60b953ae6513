/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of parties that a closure names. */
#ifndef EPILOGUE_CORE_COORDINATION_H
#define EPILOGUE_CORE_COORDINATION_H

#include "step.h"

/* The task of one party; it need not exist. All of the incident is at hand. */
struct entry *coordination_entry(struct step *step, const struct coordination *party);
/* Marks in a closure's list the parties that are open again, where the closure before it had `old`.
 * Returns whether there are any. */
bool coordination_mark(struct step *step, struct coordination_list old,
                       struct coordination_list *list);
/* Makes the task of one party, or brings it up to date. */
void coordination_take(struct step *step, const struct coordination *party);

#endif
