/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that is stored, by the kinds of its entries: for each incident a header, a closure (what only the
 * report needs), its findings and its tasks, each an entry under its own key. For each recipient of
 * reminders a header, too, and what waits for the next digest; for each cause of findings who has it.
 *
 * What is loaded and stored is a holder (R6.1): a finding with its tasks, which are its parts; each
 * other entry is a holder by itself.
 */
#ifndef EPILOGUE_CORE_STATE_ENTRIES_H
#define EPILOGUE_CORE_STATE_ENTRIES_H

#include "state_finding.h"
#include "state_incident.h"
#include "state_recipient.h"

/* Of each the one with nothing in it: what a new one begins as. */
extern const struct incident incident_none;
extern const struct finding finding_none;
extern const struct task task_none;
extern const struct duty duty_none;
extern const struct digest_item digest_item_none;
extern const struct recipient_state recipient_state_none;

#endif
