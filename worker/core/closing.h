/* SPDX-License-Identifier: Apache-2.0 */
/* What a record says of the end of a task, and what of it counts. */
#ifndef EPILOGUE_CORE_CLOSING_H
#define EPILOGUE_CORE_CLOSING_H

#include "step.h"

struct claim {
    const struct task *task; /* as it was before; NULL: there is none yet */
    enum reported_status status;
    enum priority priority; /* with what the record says, as are the next */
    enum task_kind kind;
    struct owner owner;
    struct str by;
    bool has_reason;
    bool has_evidence;
    struct evaluation evaluation; /* of a response-evaluation */
    ms_t accepted_until;
    struct str accepted_by;
    bool is_past; /* closing_accept: it was accepted until a time that is over */
};

/* Whether the record is to be refused for want of a reason (R4.76, R4.202). */
bool closing_lacks_reason(const struct policy *policy, const struct claim *claim);
/* The same for a record that is; false. */
bool closing_refuse_reason(struct step *step, const struct claim *claim, struct str incident_id);

/* Leaves in accepted_until and accepted_by what of them counts (R4.205), with a warning for what does
 * not; `says_until`, `says_by`: the record has them, else they are what the task has. */
void closing_accept(struct step *step, struct claim *claim, bool says_until, bool says_by);

/* The status that is taken for the one that was said (R4.200 to R4.205, R4.211, R4.212), with a warning
 * where it is another one; none: the task is to stay as it was. */
enum reported_status closing_judge(struct step *step, const struct claim *claim);

/* Whether what is claimed to be done lacks the evidence for that (R4.211); of a response-evaluation that
 * is its answers. */
bool closing_lacks_evidence(const struct policy *policy, const struct claim *claim);
/* The same of a task as it is. */
bool closing_task_lacks_evidence(const struct policy *policy, const struct task *task);
/* What a task of this kind needs, whose end was reported as `refused`, in words. */
struct str closing_needs(enum task_kind kind, enum reported_status refused);

#endif
