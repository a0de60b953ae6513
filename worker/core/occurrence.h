/* SPDX-License-Identifier: Apache-2.0 */
/* An incident's follow-up: when it is opened, and when it is complete. */
#ifndef EPILOGUE_CORE_OCCURRENCE_H
#define EPILOGUE_CORE_OCCURRENCE_H

#include "step.h"

/* Emits one of its events. */
void occurrence_announce(struct step *step, enum incident_event event);
/* Begins its next occurrence. */
void occurrence_open(struct step *step);
/* Opens the next occurrence when the incident was complete: a task is about to be open. */
void occurrence_ensure_open(struct step *step);
/* Completes the incident when its last task has closed, and no closure is under way. */
void occurrence_settle(struct step *step);

#endif
