/* SPDX-License-Identifier: Apache-2.0 */
/* One task or incident as it is now, for a person. */
#ifndef EPILOGUE_VIEW_DETAILS_H
#define EPILOGUE_VIEW_DETAILS_H

#include "core/policy.h"
#include "core/state_incident.h"
#include "task_table.h"

struct details {
    struct buf *out;
    struct arena *arena; /* for scratch */
    const struct policy *policy;
    ms_t now;
};

/* Appends the lines of a task: its state and its deadlines. */
void details_write_task(const struct details *details, struct str task_id, const struct task *task);
/* Appends the lines of an incident, its id raw, and its `n` tasks as a table; sorts the rows. */
void details_write_incident(const struct details *details, struct str incident_id,
                            const struct incident *incident, struct task_row *rows, size_t n);

/* Appends `,"reminders":[…]`: of each kind the last one that was sent, in the order of their times. */
void details_write_sent_json(struct buf *out, const struct task *task);

#endif
