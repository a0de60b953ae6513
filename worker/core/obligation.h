/* SPDX-License-Identifier: Apache-2.0 */
/* The tasks of duties towards parties that the policy knows, and what was submitted of them. */
#ifndef EPILOGUE_CORE_OBLIGATION_H
#define EPILOGUE_CORE_OBLIGATION_H

#include "step.h"

/* Whether the closure brings submissions that the stored one did not have. */
bool obligation_is_news(const struct closure *stored, const struct closure_event *event);
/* Warns of what the submissions of a closure lack, or what nobody knows. */
void obligation_warn(struct step *step, const struct closure_event *event);
/* How many turns obligation_take has. */
size_t obligation_turns(const struct step *step, const struct closure *closure);
/* Makes the task of one obligation, brings it up to date or closes it, as the incident is now; and
 * takes what the closure says was submitted, if that is news. The turns have to be in order. */
void obligation_take(struct step *step, const struct closure *closure, size_t turn);
/* Takes to an edited task what a tracker or a person says of it, the status included; `before`: as it
 * was. */
void obligation_update(struct step *step, struct task *task, const struct task *before,
                       const struct task_update_event *event);
/* Moves what counts from the submission of others, after one of them was told of. */
void obligation_follow(struct step *step);
/* A duty of this name has come with a merged incident, or has gone again: brings up to date what is here
 * of it, and what counts from it. */
void obligation_settle(struct step *step, struct str name);

#endif
