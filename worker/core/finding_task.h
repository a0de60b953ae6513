/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of a finding: how they are made, follow it, and go with it to another incident. */
#ifndef EPILOGUE_CORE_FINDING_TASK_H
#define EPILOGUE_CORE_FINDING_TASK_H

#include "step.h"

/* Whether it is of a category that concerns everybody: all but what is technical. */
bool finding_task_is_process(const struct finding *finding);
/* Of the task that it has; while it has none, its own. */
struct owner finding_task_owner(struct step *step, const struct finding *finding);
/* Whether it says that nothing more is to be done: its task stays closed. */
static inline bool finding_task_is_ended(const struct finding *finding)
{
    return finding->status >= REPORTED_VERIFIED && !finding->doubt;
}
/* Leaves in the finding what counts of the end that a record says; where that is nothing, its status
 * stays as it `was`. Returns the status that was not taken, none as a rule. */
enum reported_status finding_task_judge(struct step *step, struct finding *finding,
                                        const struct finding *was, unsigned *present);
/* Whose word the first events of the task are that a held finding gets now: where that is no more than
 * open again, nobody's (R5.95). */
struct str finding_task_said_by(struct step *step, const struct finding *finding);
/* The part of a finding's life that needs a closed incident: its tasks are made, moved, changed.
 * `was`: the finding before; `present`: what the record says; `refused`: what of it is not taken. */
void finding_task_follow_up(struct step *step, struct finding *finding, const struct finding *was,
                            unsigned present, enum reported_status refused);
/* The time is over for which the risk of the task was accepted: it is open again, and its finding. */
void finding_task_end_acceptance(struct step *step, struct entry *entry);
/* The same of a task that the finding is held with, before more is said of it, if that time has come. */
void finding_task_end_held(struct step *step, struct finding *finding, struct task *task);
/* What a record says, put into the tasks of a finding that is held with them. */
void finding_task_say(struct step *step, struct finding *finding, const struct finding *was,
                      unsigned present);
/* What a task of the finding is called in an incident, as far as is known here. */
struct str finding_task_id_in(struct step *step, struct str incident_id,
                              const struct finding *finding, enum task_kind kind);
/* Closes the finding's tasks, for it goes to another incident; they are what it carries. */
void finding_task_leave(struct step *step, struct finding *finding, struct str to,
                        enum resolution resolution);
/* Opens those that it carries; it has one in any case. */
void finding_task_come(struct step *step, struct finding *finding, unsigned present);
/* Its doubt is another than `old`: closes the task of a duplicate that counts by now, and says the
 * step's warnings on the task's event. */
void finding_task_settle(struct step *step, const struct finding *finding, enum doubt old);
/* The task of its own kind; NULL where it has none here. */
const struct task *finding_task_of(struct step *step, const struct finding *finding);
/* Counts on that task, if it has one, that its cause had been seen before. */
void finding_task_note_recurrence(struct step *step, const struct finding *finding);
/* Raises its tasks, which it has, by a step; `why` is the reason of the one event that raises one, unless
 * somebody gave another. */
void finding_task_raise(struct step *step, const struct finding *finding, struct str why);
/* Decides of its tasks anew, if it has any: what the policy asks of its incident has changed. */
void finding_task_decide_anew(struct step *step, struct entry *entry);

#endif
