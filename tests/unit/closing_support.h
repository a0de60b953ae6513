/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of closing share: a bug, and who says what of its end. */
#ifndef EPILOGUE_TESTS_CLOSING_SUPPORT_H
#define EPILOGUE_TESTS_CLOSING_SUPPORT_H

#include "core_incident.h"

/* By the default policy risks have to be accepted. */
static inline int setup(void **state)
{
    world_setup(state);
    struct world *w = *state;
    w->policy.acceptance[PRIORITY_P1] = w->policy.acceptance[PRIORITY_P2] = true;
    return 0;
}

static inline const struct task *bug(struct world *w)
{
    return task_of(w, "INC-1", "bug/F-1");
}

/* F-1: a P1 bug of dev@example.com. */
static inline struct world *p1_bug(void **state)
{
    struct world *w = full_incident(state);
    struct finding_event *f = technical(w, "F-1", 1);
    SET_FINDING(f, OWNER, owner, owner("identity", "dev@example.com"));
    take_finding(w, NOON, f);
    return w;
}

static inline void report(struct world *w, int64_t revision, int status, const char *by)
{
    struct task_update_event *u = task_update(w, "INC-1", "bug/F-1", revision);
    SET_UPDATE(u, STATUS, status, status);
    u->by = str_of(by);
    take_update(w, NOON, u);
}

/* The status of F-1. */
static inline struct finding_event *said(struct world *w, int64_t revision, int status,
                                         const char *by)
{
    struct finding_event *f = finding(w, "INC-1", "F-1", revision);
    SET_FINDING(f, STATUS, status, status);
    f->by = str_of(by);
    return f;
}

static inline void told(struct world *w, int64_t revision, int status, const char *by)
{
    take_finding(w, NOON, said(w, revision, status, by));
}

static inline void assert_warned(struct world *w, const char *value, const char *taken_as)
{
    const struct warnings *warnings = &output_at(w, 0)->warnings;
    assert_int_equal(warnings->n, 1);
    assert_str(warnings->items->value, value);
    assert_str(warnings->items->taken_as, taken_as);
}

#endif
