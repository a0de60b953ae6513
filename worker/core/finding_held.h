/* SPDX-License-Identifier: Apache-2.0 */
/* What a finding that is held says of its end. */
#ifndef EPILOGUE_CORE_FINDING_HELD_H
#define EPILOGUE_CORE_FINDING_HELD_H

#include "step.h"

/* What a record says, put into the tasks that it is held with; where it has none the statuses before are
 * kept, for what is said now may not count. `was`: the finding before; `present`: what the record says. */
void finding_held_say(struct step *step, struct finding *finding, const struct finding *was,
                      unsigned present);
/* Leaves in the finding what counts of its end, now that it gets its task. Returns the status that was not
 * taken, none as a rule; *present has no status where there is none that counts. */
enum reported_status finding_held_judge(struct step *step, struct finding *finding,
                                        unsigned *present);
/* It is a duplicate in doubt: leaves in `earlier` the one status before that counts, if any. */
void finding_held_doubt(struct step *step, struct finding *finding);

#endif
