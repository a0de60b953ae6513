/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of parties that a closure names. */
#ifndef EPILOGUE_CORE_COORDINATION_H
#define EPILOGUE_CORE_COORDINATION_H

#include "step.h"

/* Makes the task of one party, or brings it up to date. */
void coordination_take(struct step *step, const struct coordination *party);

#endif
