/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker without Kafka, Redis or a clock: one engine on what is in memory. Records go in, what
 * goes out comes back, and time is what the records say.
 */
#ifndef EPILOGUE_SIM_DRY_RUN_H
#define EPILOGUE_SIM_DRY_RUN_H

#include "engine/engine.h"

struct dry_run;

struct dry_run_settings {
    const struct policy *policy;
    const struct limits *limits;
    struct str group_id;
    struct str topic_names[topic_end];
    ms_t start; /* no record and no tick is before it */
    /* Gets each message, dead letters as well, in the order in which it goes out at `now`. What it
     * points to is gone after the call. */
    void (*emit)(void *self, const struct message *message, ms_t now);
    void *self;
    /* The most entries that one event concerns at a time (struct decision); 0: as in the worker. */
    size_t step_max;
};

/* The policy is copied, but not what it points to; that, and slices in `settings`, must stay until
 * dry_run_free. */
struct dry_run *dry_run_new(const struct dry_run_settings *settings);
/* free(NULL) is safe. */
void dry_run_free(struct dry_run *run);

/* Another policy rules from now on; what stands stays as it was decided. FATAL as below. */
enum result dry_run_set_policy(struct dry_run *run, const struct policy *policy,
                               struct error *error);
/*
 * Lets time go on to `until`: everything scheduled up to there happens, earliest first. Time does
 * not go back. OK; FATAL with the sentence with which a worker would end.
 */
enum result dry_run_advance(struct dry_run *run, ms_t until, struct error *error);
/* Takes a record now, with all that follows at once. Partition and offset are given here; a
 * timestamp later than now counts as now. */
enum result dry_run_take(struct dry_run *run, const struct record *record, struct error *error);

/* When the next thing is scheduled, TIME_NONE: nothing is. */
ms_t dry_run_next(const struct dry_run *run);
/* What is stored of an incident (its id raw), filled, in the arena; *n is 0 when it is not known. */
enum result dry_run_incident(struct dry_run *run, struct arena *arena, struct str incident_id,
                             struct entry ***entries, size_t *n, struct error *error);

#endif
