/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of a closure. */
#ifndef EPILOGUE_CORE_STAGES_H
#define EPILOGUE_CORE_STAGES_H

#include "step.h"

/* The stages that the incident, as it is now, has to go through: in their order, STAGE_NONE last. */
const enum stage *stages_of(const struct incident *incident);
/* Goes on with the stage of the cursor. False: there is more in it than fits. */
bool stages_go_on(struct step *step, const struct closure_event *event);
/* Brings a finding to where it belongs, if that is not here. */
void stages_place(struct step *step, struct entry *finding);

#endif
