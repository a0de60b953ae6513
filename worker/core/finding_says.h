/* SPDX-License-Identifier: Apache-2.0 */
/* What a finding says, as its tasks have it: what one is made of, and what of a record is put into it. */
#ifndef EPILOGUE_CORE_FINDING_SAYS_H
#define EPILOGUE_CORE_FINDING_SAYS_H

#include "task.h"

/* The name of its task of this kind. */
struct str finding_says_name(struct step *step, const struct finding *finding, enum task_kind kind);
/* Its title; where it has none, its name. */
struct str finding_says_title(struct step *step, const struct finding *finding);
/* As its tasks show it, in the arena: what it does not say is the policy's. */
const struct finding *finding_says_shown(struct step *step, const struct finding *finding);
/* A duplicate that is in doubt says no more than that the finding is there, as it was before. */
enum reported_status finding_says_status(const struct finding *finding);
/* A duplicate's reason points to the task that goes on, unless somebody gave a better reason. The
 * other finding is known, or the duplicate would be in doubt; it is at hand just where the record
 * names it: where it does not, looking for it would depend on what else the batch has loaded. */
struct str finding_says_reason(struct step *step, const struct finding *finding, unsigned present);
/* What its task of this kind is made of; status, dates and tracker are those of its own task alone. */
struct task_seed finding_says_seed(struct step *step, const struct finding *finding,
                                   enum task_kind kind);
/* What follows from a record by the policy: how urgent the task is, and whose. */
void finding_says_decide(struct step *step, struct task *task, const struct ruling *ruling,
                         unsigned present);
/* Whether it says that what was closed undone is resolved after all. Of a tracker that is no more than that its
 * issue is closed, too. */
bool finding_says_resolved_after_all(const struct finding *finding, const struct task *task);
/* What a record says, put into the task member by member: the later to arrive wins. */
void finding_says_apply(struct step *step, struct task *task, const struct finding *finding,
                        unsigned present);

#endif
