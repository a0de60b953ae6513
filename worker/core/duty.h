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
/* Whether some of them go on as the task that is here. */
bool duty_has_guests(const struct step *step, struct str name);
/* The incident's own; it need not exist. */
struct entry *duty_own(struct step *step, struct str name);
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

/* The entry, to be changed. */
struct duty *duty_edit(struct step *step, struct entry *entry);
/* Puts this work into it. */
void duty_carry(struct step *step, struct duty *duty, const struct task *task);
/* A task as another incident gets it. */
struct task duty_as_sent(struct step *step, const struct task *task);
/* Closes the task here for the one of this id in that incident. */
void duty_point_to(struct step *step, struct entry *task, struct str incident_id, struct str id,
                   enum resolution resolution);

static inline bool duty_is_own(const struct step *step, const struct duty *duty)
{
    return str_eq(duty->incident_id, step->incident->incident_id);
}
/* Whether the duty of this entry went on from here. */
static inline bool duty_is_elsewhere(const struct entry *entry)
{
    return entry->exists && entry->duty->moved_to.p;
}

/* Whether a duty that was done may be open again though its incident is put aside: where that is merged into. */
static inline bool duty_can_go_on(const struct step *step, const struct task *task)
{
    return step->incident->level != LEVEL_UNCONFIRMED && task_is_done(task);
}

#endif
