/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of parties, and of duties towards them. */
#ifndef EPILOGUE_CORE_COORDINATION_H
#define EPILOGUE_CORE_COORDINATION_H

#include "step.h"

/* Makes the task of one party, or brings it up to date. */
void coordination_take(struct step *step, const struct coordination *party);
/* The same of the duties towards parties that the closure does not name. */
void coordination_take_duties(struct step *step, const struct closure *closure);

#endif
