/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of the incident itself, those of parties and duties apart. */
#ifndef EPILOGUE_CORE_FOLLOWUP_H
#define EPILOGUE_CORE_FOLLOWUP_H

#include "task.h"

/* What a task of this kind begins as: its owner, priority and rule are the incident's. */
struct task_seed followup_seed(struct step *step, enum task_kind kind, struct str title);
/* The title of a task of the incident: `what`, then the incident's id and title. */
struct str followup_title(struct step *step, const char *what);
/* Makes the tasks of the incident itself that its level and its closure ask for, those of parties
 * and duties apart, and closes those that ask for what has come. */
void followup_make(struct step *step, const struct closure *closure);
/* What a response-evaluation still asks for. */
struct str followup_question(struct step *step, struct evaluation evaluation);
/* Makes stakeholder-review if it was never made. */
void followup_need_stakeholders(struct step *step);
/* Whether it was made, and is not known to be open, of an incident that is followed up: then the next
 * finding has to have it at hand. */
bool followup_review_is_over(const struct incident *incident);
/* The same where a finding has come that concerns it: one that was closed is open again (R4.209). */
void followup_review_finding(struct step *step, struct str finding_id);
/* Takes a new severity or owner of the incident to a task, if it is one of its own. */
void followup_update(struct step *step, struct entry *entry);

#endif
