/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy decides of a task: by routing, and by the first of its rules that matches. */
#ifndef EPILOGUE_CORE_RULES_H
#define EPILOGUE_CORE_RULES_H

#include "step.h"

struct ruling {
    const struct policy_rule *by; /* the rule that decides; NULL: none matches */
    enum queue queue;
    struct owner
        owner; /* of the finding or the incident, else of the policy; a rule's before both */
    struct owner fallback; /* whose it is when a tracker takes its owner away */
    enum severity severity;
    enum priority priority;
    struct str times; /* the name of its set of times, or absent */
    struct str_list participants;
    struct str rule; /* what the task says decided it */
};

/* Whether the owner is that of a rule, whatever the finding or the incident says. */
static inline bool rules_set_owner(const struct ruling *ruling)
{
    return ruling->by && !owner_is_nobody(ruling->by->owner);
}

/* Of a finding or (NULL) of the incident itself. */
enum severity rules_severity(const struct step *step, const struct finding *finding);
/* The kind of a finding's task, by its own records alone (R4.173): what changes about its incident
 * makes no other task of it. */
enum task_kind rules_kind(const struct step *step, const struct finding *finding);
/* Of a task of this kind, of this finding or (NULL) of the incident itself: as a new one has it now. */
struct ruling rules_decide(struct step *step, enum task_kind kind, const struct finding *finding);
/* Of a task that is there. */
struct ruling rules_of(struct step *step, const struct task *task);

#endif
