/* SPDX-License-Identifier: Apache-2.0 */
/* What a closure of the incident does, stage by stage. */
#ifndef EPILOGUE_CORE_CLOSURE_H
#define EPILOGUE_CORE_CLOSURE_H

#include "step.h"

/* Makes the merge void: the incident is followed up again, as if the merge had been undone. */
enum decide_result closure_void_merge(struct step *step);
/* Goes on with it, if the step's cause is what has begun it; DECIDE_OK also when there is none. */
enum decide_result closure_resume(struct step *step);
/* The same for a record that is refused now; `of_closure`: it is one, and comes again, perhaps. */
enum decide_result closure_give_up(struct step *step, bool of_closure);
/* DECIDE_MORE: the rest comes when the record is given again. */
enum decide_result closure_take(struct step *step, const struct closure_event *event);
/* Whether it cannot be taken; d->refused says why. */
bool closure_refused(struct step *step, const struct closure_event *event);
/* The tick of STAGE_AGAIN. */
enum decide_result closure_look_again(struct step *step);

#endif
