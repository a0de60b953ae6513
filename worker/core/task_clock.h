/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of a task: deadlines, pauses, SLA. All but the first change an edited task (task_edit) or
 * one that is being made. */
#ifndef EPILOGUE_CORE_TASK_CLOCK_H
#define EPILOGUE_CORE_TASK_CLOCK_H

#include "step.h"

/* When its `sla` is another one by itself, or its pause ends; TIME_NONE: never. */
ms_t task_next_sla(const struct policy *policy, const struct task *task);
/* Starts it at `at`, for a new task or a new occurrence, with all that hangs on it: no step of the
 * escalation was taken, and no reminder sent. */
void task_clock_start(struct step *step, struct task *task, ms_t at);
/* Brings `sla` up to date. */
void task_clock_judge(const struct step *step, struct task *task);
/* The clock stood since paused_at: every deadline moves by that, save one that somebody gave. */
void task_clock_resume(struct step *step, struct task *task);
/* The deadlines as its priority and its times are now; `from`: the priority that it had. */
void task_clock_decide_anew(struct step *step, struct task *task, enum priority from);
/* What the schedule says of the past is not to be sent: it has changed, or was silent. */
void task_clock_forget_missed(struct step *step, struct task *task);
/* What is overdue is said and counted afresh, from now on (R4.95). */
void task_clock_count_afresh(struct step *step, struct task *task);
/* Pauses it until then; a time that is over, or TIME_NONE, ends the pause. */
void task_apply_snooze(struct step *step, struct task *task, ms_t until);
/* The finding's due_at; TIME_NONE: the policy's. */
void task_apply_due_at(struct step *step, struct task *task, ms_t due_at);

#endif
