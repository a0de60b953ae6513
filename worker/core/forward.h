/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to another incident: findings, what is told of them, and of merges. */
#ifndef EPILOGUE_CORE_FORWARD_H
#define EPILOGUE_CORE_FORWARD_H

#include "step.h"

/* Whether the way leads over this merge, by the incidents on it and `here`, where it ends. */
bool forward_leads_over(struct str_list passed, struct str here, struct edge edge);
/* Whether it has come by a merge that is no more, and is to go home. */
bool forward_is_undone(const struct incident *incident, struct str_list passed);
/* Where something goes on to with the incident's merge. Absent: there is none, or it has been there. */
struct str forward_next(const struct incident *incident, struct str_list passed);
/* Where something goes whose finding was forgotten here: on with the merge, or where it began; absent: it was
 * here before, so it is nowhere. */
struct str forward_search(const struct incident *incident, struct str_list passed,
                          struct origin origin);
/* The pair that a finding is everywhere (R4.180), of one that this incident has. */
struct origin forward_identity(const struct step *step, const struct finding *finding);
/* What a finding is called in an incident. */
struct str forward_name_in(struct arena *arena, struct str incident_id, struct origin origin);
/* A duplicate_of from elsewhere as this incident has it. */
struct str forward_localized(const struct step *step, struct str duplicate_of);

/* The finding with all that it has to the incident `to`: home, or on. */
void forward_arrival(struct step *step, struct str to, const struct finding *finding);
/* What is told of a finding that has gone `to` there. */
void forward_finding(struct step *step, struct str to, struct origin origin,
                     const struct finding_event *event);
/* A duty to the incident `to`, home or on; or what its incident says of it. */
void forward_duty(struct step *step, struct str to, const struct duty *duty);
/* What is told of a duty that is called so, of the incident of `origin`. */
void forward_duty_update(struct step *step, struct str to, struct origin origin, struct str name,
                         const struct task_update_event *event);
/* What is told of a finding's task. */
void forward_task_update(struct step *step, struct str to, struct origin origin,
                         const struct task_update_event *event);
/* That an incident is merged, to the next one on its way; `passed` are those before this one, unless it
 * goes round a circle. */
void forward_merge(struct step *step, const struct merge_event *event);
/* What the incident itself brings to others. */
struct merged_facts forward_facts_of(const struct incident *incident);
/* That, or what has come from one that is merged into it, to the next one on its way. */
void forward_facts(struct step *step, const struct facts_event *event);
/* That a merge is no more, the same way. */
void forward_parting(struct step *step, struct str to, struct edge edge, struct str_list passed);
/* That this incident has forgotten what it had of another one. */
void forward_forgotten(struct step *step, struct str to);
/* What has gone from here to the incident `by` may be forgotten there: then `home`, where it began, is told of
 * it, by way of `by`; once for all that is of that one, where it is looked at in the order of keys. Returns
 * whether it is: what is here of it leads home from then on, else it would be told for ever. */
bool forward_tell_home(struct step *step, struct str by, struct str home);

#endif
