/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from merged incidents, or for what they have sent on (R4.180 to R4.195). */
#ifndef EPILOGUE_CORE_MERGED_H
#define EPILOGUE_CORE_MERGED_H

#include "step.h"

/* What is told of a finding, here or where it is. */
enum decide_result merged_take_finding(struct step *step, const struct finding_event *event);
/* A finding with all that it has: it stays, or goes on. */
void merged_arrive(struct step *step, const struct arrival_event *event);
/* A duty, or what its incident says of it: it is here, or goes on. */
void merged_take_duty(struct step *step, const struct duty *duty);
/* What an incident brings to those that it is merged into. */
void merged_take_facts(struct step *step, const struct facts_event *event);
/* What is told of a task, here or where its work goes on. */
void merged_take_task_update(struct step *step, const struct task_update_event *event);
/* Another incident is merged into this one, or into one that is. */
void merged_take_merge(struct step *step, const struct merge_event *event);
/* A merge is no more. */
void merged_take_parting(struct step *step, const struct parting_event *event);
/* Where what it has sent on went to, it is forgotten: its own goes on here, and of others their incidents are
 * told. */
void merged_forgotten(struct step *step, const struct forgotten_event *event);

#endif
