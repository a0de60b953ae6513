/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of obligations share: policies that owe some, and what is told of them. */
#ifndef EPILOGUE_TESTS_OBLIGATION_SUPPORT_H
#define EPILOGUE_TESTS_OBLIGATION_SUPPORT_H

#include "core_incident.h"
#include "owe_support.h"

#define DETECTED "2026-11-19T09:00:00Z"
#define KNOWN "2026-11-19T15:00:00Z"

/* An early warning within 24 h, a notification within 72 h, and a final report a month after that. */
static inline struct world *chain(void **state, unsigned when)
{
    struct world *w = *state;
    struct obligation all[] = {duty("early", FROM_KNOWN_AT, 24), duty("full", FROM_KNOWN_AT, 72),
                               duty("final", FROM_AFTER, 0)};
    all[2].time.after = 1;
    all[2].time.after_id = STR("full");
    all[2].time.months = 1;
    for (size_t i = 0; i < 3; i++) all[i].when = conditions_of(w->arena, when);
    owe(w, all, 3);
    return w;
}

static inline struct world *one(void **state, struct obligation o)
{
    struct world *w = *state;
    owe(w, &o, 1);
    return w;
}

static inline struct closure_event *known(struct world *w, int64_t revision)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    complete_closure(w, e);
    SET_CLOSURE(e, DETECTED_AT, detected_at, t(DETECTED));
    SET_CLOSURE(e, KNOWN_AT, known_at, t(KNOWN));
    return e;
}

static inline const struct task *task(struct world *w, const char *id)
{
    return task_of(w, "INC-1", arena_printf(w->arena, "obligation/%s", id).p);
}

static inline struct task_update_event *told(struct world *w, const char *id, int64_t revision)
{
    return task_update(w, "INC-1", arena_printf(w->arena, "obligation/%s", id).p, revision);
}

static inline void submit(struct world *w, const char *at, const char *id, int64_t revision,
                          const char *submitted_at)
{
    struct task_update_event *u = told(w, id, revision);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(submitted_at));
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, at, u);
}

static inline void say(struct world *w, const char *at, const char *id, int64_t revision,
                       int status)
{
    struct task_update_event *u = told(w, id, revision);
    SET_UPDATE(u, STATUS, status, status);
    if (status == REPORTED_DISMISSED) SET_UPDATE(u, REASON, reason, STR("no risk"));
    take_update(w, at, u);
}

static inline void assert_warned(struct world *w, size_t output, const char *member,
                                 const char *taken_as)
{
    struct warnings warnings = output_at(w, output)->warnings;
    for (size_t i = 0; i < warnings.n; i++) {
        if (!str_eq(warnings.items[i].member, str_of(member))) continue;
        assert_str(warnings.items[i].taken_as, taken_as);
        return;
    }
    fail_msg("no warning about %s", member);
}

#endif
