/* SPDX-License-Identifier: Apache-2.0 */
/* What stays of tasks that retention deletes: how many there were. */
#ifndef EPILOGUE_CORE_FORGOTTEN_H
#define EPILOGUE_CORE_FORGOTTEN_H

#include "step.h"

/* Counts a task, which is closed, in the header of its incident. To be called in the step that deletes
 * it, so that it is counted once. */
void forgotten_count(struct step *step, const struct task *task);
/* "2026-11": the month of a time in the calendar, in `text`. */
struct str forgotten_month_of(char text[TIMESTAMP_TEXT], const struct calendar *calendar, ms_t at);

#endif
