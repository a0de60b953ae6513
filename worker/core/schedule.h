/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time at which something falls due again and again, and when what fell due is sent. */
#ifndef EPILOGUE_CORE_SCHEDULE_H
#define EPILOGUE_CORE_SCHEDULE_H

#include "deadline.h"

/* The first of `first`, first + every, … that lies behind `after`, the first of all where that is
 * TIME_NONE. TIME_NONE: there is none, for nothing repeats or the calendar ends. */
ms_t schedule_repeat(const struct calendar *calendar, ms_t first, struct duration every,
                     ms_t after);
/* When what falls due at `due` is sent: then, if it goes at once; else at the next reminders.at of a
 * working day (R4.90). Never before `due`; later points are never sent earlier. */
ms_t schedule_send_at(const struct policy *policy, bool at_once, ms_t due);
/* The first reminders.at behind `after` on review.on, or on the next working day where that is a
 * day off (R4.100). TIME_NONE: the calendar ends. */
ms_t schedule_review_on(const struct policy *policy, ms_t after);
/* Whether nothing waits: what is about no task, and so has no priority, waits otherwise. */
bool schedule_all_at_once(const struct policy *policy);

#endif
