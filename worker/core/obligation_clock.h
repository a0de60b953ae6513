/* SPDX-License-Identifier: Apache-2.0 */
/* From when and until when an obligation runs, and under which names it is stored. */
#ifndef EPILOGUE_CORE_OBLIGATION_CLOCK_H
#define EPILOGUE_CORE_OBLIGATION_CLOCK_H

#include "step.h"

/* The entry of its task, which may not exist; `id`: of the obligation. */
struct entry *obligation_entry(struct step *step, struct str id);
/* Its name as a duty (duty.h). */
struct str obligation_name(struct step *step, struct str id);

struct obligation_clock {
    ms_t start, due_at;
    enum obligation_start from; /* what it counts from, for want of what the policy says, perhaps */
    bool is_provisional;        /* the other one is not submitted yet */
    bool is_others;             /* it is that of an incident that was merged into this one */
};

/* Its clock by what this incident says. */
struct obligation_clock obligation_clock_of(struct step *step, const struct obligation *o);
/* Of all incidents that the task is for the earlier date. What counts from a submission counts from
 * that for all of them. */
struct obligation_clock obligation_clock_of_all(struct step *step, const struct obligation *o,
                                                const struct task *task);

#endif
