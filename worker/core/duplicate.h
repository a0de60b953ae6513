/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a finding that is said to be a duplicate counts as one. */
#ifndef EPILOGUE_CORE_DUPLICATE_H
#define EPILOGUE_CORE_DUPLICATE_H

#include "step.h"

/* The doubt that there is about a finding which is said to be a duplicate. Its incident is whole. */
enum doubt duplicate_doubt(struct step *step, const struct finding *finding);
/* Sets it, and counts it in the header. */
void duplicate_set_doubt(struct step *step, struct finding *finding, enum doubt doubt);
/* Adds the warning of a doubt to the step's. */
void duplicate_warn(struct step *step, const struct finding *finding);
/* Looks whether a finding that may be a duplicate counts as one; `old` is what it was before the
 * record. Returns the members that its task is to follow: the status not while there is a doubt,
 * unless the task is to be open again. */
unsigned duplicate_judge(struct step *step, struct finding *finding, const struct finding *old,
                         unsigned present, bool in_closure);
/* A finding that has come, or duplicates another one than before, may end doubts about others: has
 * a tick look at them, for they may be thousands. */
void duplicate_doubts_may_end(struct step *step, const struct finding *finding,
                              const struct finding *old);

#endif
