/* SPDX-License-Identifier: Apache-2.0 */
/* The incident with which many tests of core begin, and what is told of it later, a line each. */
#ifndef EPILOGUE_TESTS_CORE_INCIDENT_H
#define EPILOGUE_TESTS_CORE_INCIDENT_H

#include "core_support.h"

#define NOON "2026-11-20T12:00:00Z" /* a Friday */
#define LATER "2026-11-24T12:00:00Z"
#define LATER_STILL "2026-11-26T12:00:00Z"

/* INC-1, closed at noon, with nothing of its own left to do; *state is its world. */
struct world *closed_incident(void **state);
/* The same as a full one: its postmortem stays open. */
struct world *full_incident(void **state);

/* Takes a record about INC-1 that says one thing. */
#define TELL_CLOSURE(w, at, revision, BIT, member, value)                \
    do {                                                                 \
        struct closure_event *told_ = closure((w), "INC-1", (revision)); \
        SET_CLOSURE(told_, BIT, member, value);                          \
        take_closure((w), (at), told_);                                  \
    } while (0)
#define TELL_FINDING(w, at, id, revision, BIT, member, value)                  \
    do {                                                                       \
        struct finding_event *told_ = finding((w), "INC-1", (id), (revision)); \
        SET_FINDING(told_, BIT, member, value);                                \
        take_finding((w), (at), told_);                                        \
    } while (0)
#define TELL_TASK(w, at, name, revision, BIT, member, value)                             \
    do {                                                                                 \
        struct task_update_event *told_ = task_update((w), "INC-1", (name), (revision)); \
        SET_UPDATE(told_, BIT, member, value);                                           \
        take_update((w), (at), told_);                                                   \
    } while (0)

/* The status of F-1; a dismissal and wont-fix with a reason. */
void take_status(struct world *w, const char *at, int64_t revision, int status);

#endif
