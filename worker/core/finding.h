/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a finding, from its first record on. */
#ifndef EPILOGUE_CORE_FINDING_H
#define EPILOGUE_CORE_FINDING_H

#include "step.h"

/* `in_closure`: it came inside incident-closed. */
void finding_take(struct step *step, const struct finding_event *event, bool in_closure);
/* Whether it cannot be taken; d->refused says why. A dismissal needs a reason. */
bool finding_refused(struct step *step, const struct finding_event *event);
/* Looks again whether a duplicate that is in doubt counts by now, and closes its task. */
void finding_look_again(struct step *step, struct entry *entry);
/* Gives a held finding its task, now that its incident is closed. */
void finding_release(struct step *step, struct entry *entry);
/* Takes it to another incident with all that it has: `to`, where its tasks go on. */
void finding_leave(struct step *step, struct entry *entry, struct str to,
                   enum resolution resolution);
/* Takes one that comes from another incident; it is held until finding_release, or leaves again.
 * NULL: it is here already. */
struct entry *finding_arrive(struct step *step, const struct finding *in);
/* Which of its members say something. */
unsigned finding_said(const struct finding *finding);
/* It does not come back any more: it goes on from what is known of it. */
void finding_go_on_here(struct step *step, struct entry *entry);
/* It was here, and is forgotten where it went: what is told of it goes to where it began. */
void finding_look_home(struct step *step, struct entry *entry);
/* Nothing more is done with it unless its incident comes back. */
void finding_hold(struct step *step, struct entry *entry);
/* Whether it is held by its incident: it has no task, nor is it waiting for one. */
static inline bool finding_is_held(const struct finding *finding)
{
    return !finding->kind && finding->orphan_over;
}
/* Its wake time has come: it is an orphan, unless a closure is on its way to it. */
void finding_tick(struct step *step, struct entry *entry, ms_t until);
/* Reminds of an incident that was merged into this one, which nobody closes. `first`: of its findings that
 * wait here, or NULL; `findings`, `duties`: how many do. */
void finding_tell_of_merge(struct step *step, const struct waiting *waiting,
                           const struct finding *first, size_t findings, size_t duties,
                           ms_t due_for);
/* When it is to be said that it is an orphan; TIME_NONE: never. */
ms_t finding_wake_at(const struct policy *policy, const struct finding *finding);

#endif
