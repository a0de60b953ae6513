/* SPDX-License-Identifier: Apache-2.0 */
/* That a duty was met, as it is told along the merges (R4.243), and what is told of that later (R4.249). */
#ifndef EPILOGUE_CORE_DUTY_MET_H
#define EPILOGUE_CORE_DUTY_MET_H

#include "step.h"

/* Tells the incident that this one is merged into, unless it was told last. */
void duty_met_tell(struct step *step, struct entry *entry);
/* The incident's own is open again: all that know it as met are told, if any do. */
void duty_met_withdraw(struct step *step, struct entry *entry);
/* Whatever has become of the incident's own: those that know it as met are told, if they know it otherwise. */
void duty_met_follow(struct step *step, struct str name);
/* One comes, and goes on to those that were told of it from here; false: it is known. */
bool duty_met_take(struct step *step, const struct entry *entry, struct duty *in);
/* What was met elsewhere is not to be done here any more. */
void duty_met_close(struct step *step, const struct duty *duty);
/* What was met in its incident is not any more: it may have to be done here. */
void duty_met_take_back(struct step *step, const struct duty *in);

#endif
