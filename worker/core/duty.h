/* SPDX-License-Identifier: Apache-2.0 */
/* Duties that are the same one in merged incidents (R4.240 to R4.246): obligations, by their ids, and
 * parties. A duty has one name in all incidents: of an obligation that of its task, of a party with the
 * key that is the same however it is written. */
#ifndef EPILOGUE_CORE_DUTY_H
#define EPILOGUE_CORE_DUTY_H

#include "step.h"

/* What the duty of a task is called; absent: it is none. */
struct str duty_name(struct step *step, const struct task *task);
/* What the coordination with the party of this key is called. */
struct str duty_party_name(struct step *step, struct str key);
/* The task of the duty in this incident; it need not exist. */
struct entry *duty_task(struct step *step, struct str name);
/* The duty of an incident as it is known here; it need not exist. */
struct entry *duty_entry(struct step *step, struct str incident_id, struct str name);
/* The duties of this name that came with merged incidents, one after another; NULL: no more. */
struct entry *duty_next_guest(const struct step *step, const struct entry *after, struct str name);
/* Whether the incident's own is elsewhere. */
bool duty_is_away(struct step *step, struct str name);
/* The work of the incident's own that is elsewhere, as far as is known here; NULL: it is not. */
const struct task *duty_carried(struct step *step, struct str name);
/* What is done of it here: the incident's task, or that of one that was merged into it, if that has
 * met it; NULL: there is none. */
const struct task *duty_work(struct step *step, struct str name);
/* The work with which it was met in an incident that was merged into this one; NULL: in none. */
const struct task *duty_met_elsewhere(const struct step *step, struct str name);
/* Whether it is done, here or where it was asked for before: then it is not asked for again. */
bool duty_is_met(struct step *step, struct str name);
/* Of the works that came with merged incidents and go on as the task that is here, the one that is due
 * first; NULL: none did. */
const struct task *duty_first_due(struct step *step, struct str name);

/* Work of a duty that the incident asks for only now that it is merged: it begins where it goes to. */
void duty_send(struct step *step, struct str name, const struct task *draft);
/* The incident is merged: the duty of this task, if it is one, goes on, or that it was met is told. */
void duty_hand_on(struct step *step, struct entry *task);
/* What a closure says of the incident's own that is elsewhere: its work as it ought to be; `again`: open,
 * whoever has closed it. */
void duty_say(struct step *step, struct str name, const struct task *said, bool again);
/* Brings one that is here to where it belongs, and to the task that goes on with it. */
void duty_place(struct step *step, struct entry *duty);
/* One comes from another incident, or what is said of it. */
void duty_arrive(struct step *step, const struct duty *duty);
/* Where what is told of a duty goes on to; absent: it is of the task, or of the held work, that is
 * here. `passed`: the incidents that it has come through. */
struct str duty_goes_to(struct step *step, struct str incident_id, struct str name,
                        struct str_list passed);

#endif
