/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of records that come between two parts of an event share. */
#ifndef EPILOGUE_TESTS_PARTS_VISIT_H
#define EPILOGUE_TESTS_PARTS_VISIT_H

#include "parts_support.h"

#define AT "2026-11-20T10:00:00Z"
#define LATER "2026-11-20T11:00:00Z"

/* ---- the visitor: called once, in the first gap in which `when` is true ---- */

static bool (*when)(struct world *w);
static void (*visitor)(struct world *w);
static bool loses; /* the event is never given again */
static bool visited;

static inline bool visit(struct world *w, const struct event *event)
{
    restart(w, event);
    if (visited || !when(w)) return true;
    visited = true;
    w->between = restart;
    if (visitor) visitor(w);
    w->between = visit;
    return !loses;
}

static inline void expect_visit(struct world *w, bool (*at)(struct world *w),
                                void (*by)(struct world *w))
{
    w->d.step_max = 1;
    w->between = visit;
    when = at;
    visitor = by;
    visited = loses = false;
}

static inline const struct cursor *cursor_of(struct world *w)
{
    return &incident_of(w, "INC-1")->cursor;
}

#define AT_STAGE(name, STAGE)                        \
    static inline bool at_##name(struct world *w)    \
    {                                                \
        return cursor_of(w)->stage == STAGE_##STAGE; \
    }
AT_STAGE(take, TAKE)
AT_STAGE(release, RELEASE)
AT_STAGE(hold, HOLD)
AT_STAGE(close, CLOSE)
AT_STAGE(retire, RETIRE)
AT_STAGE(parties, PARTIES)
AT_STAGE(doubts, DOUBTS)

/* How many lines of all that was ever said begin so. */
static inline size_t said(struct world *w, const char *start)
{
    size_t n = 0;
    for (size_t i = 0; i < w->d.outputs.n; i++)
        n += str_starts(render(w, &w->d.outputs.items[i]), str_of(start));
    return n;
}

static inline void assert_done(struct world *w)
{
    assert_true(visited);
    assert_int_equal(cursor_of(w)->stage, STAGE_NONE);
}

static inline struct closure_event *asking_for_nothing(struct world *w, int64_t revision)
{
    struct closure_event *e = closure(w, "INC-1", revision);
    evaluate(e, TRI_TRUE, TRI_TRUE);
    return e;
}

static inline struct closure_event *with_three(struct world *w, struct closure_event *e)
{
    add_inline(w, e, technical(w, "F-1", -1));
    add_inline(w, e, technical(w, "F-2", -1));
    add_inline(w, e, technical(w, "F-3", -1));
    return e;
}

static inline void set_status(struct world *w, const char *finding_id, int64_t revision, int status)
{
    struct finding_event *f = technical(w, finding_id, revision);
    SET_FINDING(f, STATUS, status, status);
    take_finding(w, LATER, f);
}

#endif
