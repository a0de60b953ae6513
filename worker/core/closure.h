/* SPDX-License-Identifier: Apache-2.0 */
/* What a closure of the incident does. */
#ifndef EPILOGUE_CORE_CLOSURE_H
#define EPILOGUE_CORE_CLOSURE_H

#include "step.h"

/* Goes on with a record that is refused now and was begun (decide_is_begun). */
enum decide_result closure_give_up(struct step *step);
/* DECIDE_MORE: the rest comes when the record is given again. */
enum decide_result closure_take(struct step *step, const struct closure_event *event);
/* Whether it cannot be taken; d->refused says why. */
bool closure_refused(struct step *step, const struct closure_event *event);
/* The tick of a cursor whose record does not come again. */
enum decide_result closure_go_on(struct step *step);
/* Does what the header has to be done: a merge that closes a circle is made void, or made again; what
 * came by a merge that is no more goes home, by ticks. */
void closure_settle(struct step *step);
/* What an incident that was merged into this one brings: true flags and a higher severity count, and its
 * lists beside the incident's own. */
void closure_take_facts(struct step *step, const struct facts_event *event);

#endif
