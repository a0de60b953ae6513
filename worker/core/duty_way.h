/* SPDX-License-Identifier: Apache-2.0 */
/* Duties on their ways between merged incidents (R4.240 to R4.246). */
#ifndef EPILOGUE_CORE_DUTY_WAY_H
#define EPILOGUE_CORE_DUTY_WAY_H

#include "step.h"

/* Work of a duty that the incident asks for only now that it is merged: it begins where it goes to. */
void duty_way_send(struct step *step, struct str name, const struct task *draft);
/* The incident is merged: the duty of this task, if it is one, goes on, or that it was met is told. */
void duty_way_hand_on(struct step *step, struct entry *task);
/* A record has changed the task of this duty, if it is one: what was done, or is open again, is told where it
 * is to be known. */
void duty_way_follow(struct step *step, struct entry *task);
/* What a closure says of the incident's own that is elsewhere: its work as it ought to be; `again`: open,
 * whoever has closed it. */
void duty_way_say(struct step *step, struct str name, const struct task *said, bool again);
/* Brings one that is here to where it belongs, and to the task that goes on with it. */
void duty_way_place(struct step *step, struct entry *duty);
/* One comes from another incident, or what is said of it. */
void duty_way_arrive(struct step *step, const struct duty *duty);
/* Where what is told of a duty goes on to; absent: it is of the task, or of the held work, that is
 * here. `passed`: the incidents that it has come through. */
struct str duty_way_goes_to(struct step *step, struct str incident_id, struct str name,
                            struct str_list passed);

#endif
