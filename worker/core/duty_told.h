/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which duty a task-updated speaks of, and where that is (R4.244). An incident's name for a task stands for
 * its own duty, where it asks for it itself; else for the duties of others that go on as this task.
 */
#ifndef EPILOGUE_CORE_DUTY_TOLD_H
#define EPILOGUE_CORE_DUTY_TOLD_H

#include "step.h"

/* The key of the duty that it speaks of, where that is one of another incident; else absent. */
struct str duty_told_key(struct arena *arena, struct str header_key,
                         const struct task_update_event *event);
/* What the duty is called that it speaks of, if one may be elsewhere; else absent. */
struct str duty_told_name(struct step *step, const struct task_update_event *event);
/* Where it goes to that speaks of a duty which is elsewhere; absent: it is for this incident, or of no
 * duty. *duty: the incident that asks for it. */
struct str duty_told_goes_to(struct step *step, const struct task_update_event *event,
                             struct origin *duty);
/* The works that are held here and that it speaks of, one after another; NULL: no more. */
struct entry *duty_told_held(struct step *step, const struct task_update_event *event,
                             const struct entry *after);
/* The duty of another incident of whose own name it is, with the order of the records of that name; NULL:
 * it is of none, or that is not known here. */
struct entry *duty_told_guest(struct step *step, const struct task_update_event *event);
/* The task here that stands for duties of others and whose name it says; NULL: there is none. */
struct entry *duty_told_stand_in(struct step *step, const struct task_update_event *event);
/* Whether it was compared with others of its name where it was told, and is not here. */
bool duty_told_is_ordered(struct step *step, const struct task_update_event *event);
/* Notes that it was told here, if it says the name of a stand-in; false: as one that is no news. */
bool duty_told_note(struct step *step, const struct task_update_event *event);

#endif
