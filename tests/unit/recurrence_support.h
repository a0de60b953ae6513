/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of recurrence.c and cause.c share: incidents of one cause, and what is told of it. */
#ifndef EPILOGUE_TESTS_RECURRENCE_SUPPORT_H
#define EPILOGUE_TESTS_RECURRENCE_SUPPORT_H

#include "merged_support.h"

#define ONE "2026-03-02T10:00:00Z"
#define TWO "2026-04-20T10:00:00Z"
#define THREE "2026-05-04T10:00:00Z"

/* A finding with a cause. */
static inline struct finding_event *caused(struct world *w, const char *id, const char *finding_id,
                                           int64_t revision, const char *key)
{
    struct finding_event *f = lapse(w, id, finding_id, revision);
    SET_FINDING(f, SEVERITY, severity, SEVERITY_LOW);
    SET_FINDING(f, CAUSE_KEY, cause_key, str_of(key));
    return f;
}

/* Closes an incident with the one finding F of this cause, and lets all be told. */
static inline void come(struct world *w, const char *at, const char *id, const char *key)
{
    struct closure_event *e = closed(w, id, 1);
    add_inline(w, e, caused(w, id, "F", -1, key));
    close_it(w, at, e);
}

/* `to`, which is A or what that is merged into, hears that the cause of A's finding was seen again. */
static inline void tell_again(struct world *w, const char *to, const char *finding_id,
                              const char *seen_in)
{
    struct recurred_event again = {.origin = {STR("A"), str_of(finding_id)},
                                   .key = STR("k"),
                                   .incidents = 2,
                                   .seen_in = str_of(seen_in)};
    struct event event = {.type = EVENT_RECURRED, .incident_id = str_of(to), .recurred = &again};
    assert_int_equal(give_event(w, event), DECIDE_OK);
}

/* The lines of the news that begin so, alone. */
static inline struct str lines_of(struct world *w, const char *start)
{
    struct str all = news(w), found = STR("");
    while (all.n) {
        const char *end = memchr(all.p, '\n', all.n);
        struct str line = {all.p, (size_t)(end - all.p) + 1};
        if (str_starts(line, str_of(start)))
            found = arena_printf(w->arena, "%.*s%.*s", STR_ARG(found), STR_ARG(line));
        all = (struct str){line.p + line.n, all.n - line.n};
    }
    return found;
}

#define ASSERT_LINES(w, start, expected) assert_str(lines_of(w, start), expected)

static inline struct str cause_key_of(struct world *w, const char *name)
{
    return state_cause_key(w->arena, state_cause_name(w->arena, str_of(name)));
}

#endif
