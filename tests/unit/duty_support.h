/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of duties of merged incidents share: who owes what, and what is told of it. */
#ifndef EPILOGUE_TESTS_DUTY_SUPPORT_H
#define EPILOGUE_TESTS_DUTY_SUPPORT_H

#include "merged_support.h"
#include "owe_support.h"

#define LAW "obligation/law"
#define REPORT "obligation/report"
#define VENDOR "coordination/Vendor"

/* A and B owe the same, which A knows of 9 hours earlier. */
static inline ms_t known_at(const char *id)
{
    return t(*id == 'A' ? "2026-11-20T00:00:00Z" : "2026-11-20T09:00:00Z");
}

static inline struct world *owing(void **state)
{
    struct world *w = *state;
    struct obligation law = duty("law", FROM_KNOWN_AT, 72);
    owe(w, &law, 1);
    return w;
}

/* As well, a day after the other one was submitted. */
static inline struct world *owing_a_report(void **state)
{
    struct world *w = *state;
    struct obligation all[] = {duty("law", FROM_KNOWN_AT, 72), duty("report", FROM_AFTER, 24)};
    all[1].time.after = 0;
    all[1].time.after_id = STR("law");
    owe(w, all, 2);
    return w;
}

/* From now on it is owed only where customers' data was lost. */
static inline void owe_by_flag(struct world *w)
{
    w->policy.obligations[0].when = conditions_of(w->arena, FLAG_DATA_BREACH);
}

/* Only of what is low: that one of them is, says nothing of the other. */
static inline void owe_if_low(struct world *w)
{
    static struct term low = {
        .asked = ASKED_SEVERITY, .operator= FOUND_EQUAL, .value = SEVERITY_LOW};
    static struct condition condition = {.terms = &low, .n = 1};
    w->policy.obligations[0].when = (struct conditions){&condition, 1};
}

static inline struct closure_event *knowing(struct world *w, const char *id, int64_t revision,
                                            const char *into)
{
    struct closure_event *e = into ? merged(w, id, revision, into) : closed(w, id, revision);
    SET_CLOSURE(e, KNOWN_AT, known_at, known_at(id));
    return e;
}

static inline struct closure_event *known_since(struct closure_event *e, const char *at)
{
    SET_CLOSURE(e, KNOWN_AT, known_at, t(at));
    return e;
}

static inline struct closure_event *with_breach(struct closure_event *e, enum tristate breach)
{
    SET_CLOSURE(e, DATA_BREACH, data_breach, breach);
    return e;
}

static inline void close_knowing(struct world *w, const char *at, const char *id, int64_t revision,
                                 const char *into)
{
    close_it(w, at, knowing(w, id, revision, into));
}

static inline void close_with_vendor(struct world *w, const char *at, const char *id,
                                     int64_t revision, const char *into, bool is_closed)
{
    struct closure_event *e = into ? merged(w, id, revision, into) : closed(w, id, revision);
    add_party(w, e, "Vendor", PARTY_VENDOR, is_closed);
    close_it(w, at, e);
}

static inline void tell_tracker(struct world *w, const char *id, const char *name, int64_t revision,
                                const char *key)
{
    struct task_update_event *u = task_update(w, id, name, revision);
    SET_UPDATE(u, STATUS, status, REPORTED_IN_PROGRESS);
    SET_UPDATE(u, OWNER, owner, owner("legal", "counsel"));
    SET_UPDATE(u, TRACKER, tracker,
               ((struct tracker){STR("jira"), arena_str(w->arena, str_of(key)), STR_NONE}));
    take_update(w, LATER, u);
    deliver(w);
}

static inline void submit_to(struct world *w, const char *id, const char *name, int64_t revision)
{
    struct task_update_event *u = task_update(w, id, name, revision);
    SET_UPDATE(u, SUBMITTED_AT, submitted_at, t(LATER));
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, LATER_STILL, u);
    deliver(w);
}

/* Who dismisses an obligation says why it is not owed. */
static inline void dismiss(struct world *w, const char *id, const char *name, int64_t revision)
{
    struct task_update_event *u = task_update(w, id, name, revision);
    SET_UPDATE(u, STATUS, status, REPORTED_DISMISSED);
    SET_UPDATE(u, REASON, reason, STR("no risk"));
    SET_UPDATE(u, EVIDENCE, evidence, some_evidence(w));
    take_update(w, LATER, u);
    deliver(w);
}

static inline void assert_superseded(struct world *w, const char *id, const char *name,
                                     const char *moved_to)
{
    const struct task *task = task_of(w, id, name);
    assert_int_equal(task->resolution, RESOLUTION_SUPERSEDED);
    assert_str(task->moved_to, moved_to);
}

static inline struct closure_event *written(struct world *w, struct closure_event *e,
                                            const char *party, bool is_closed)
{
    add_party(w, e, party, PARTY_VENDOR, is_closed);
    e->closure.coordination.items->key = STR("vendor");
    return e;
}

#endif
