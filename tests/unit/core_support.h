/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world in which core runs: the default policy, a store, a clock, and everything that went out.
 * Each event is decided on a table that holds just what decide_need asked for, as the engine does
 * it; after each one the invariants of the contract are checked.
 */
#ifndef EPILOGUE_TESTS_CORE_SUPPORT_H
#define EPILOGUE_TESTS_CORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/deadline.h"
#include "core/decide.h"
#include "core/task_diff.h"
#include "core/wake.h"

struct stored {
    struct str key;
    enum entry_type type;
    void *body; /* NULL: deleted */
    ms_t wake_at;
};

struct world {
    struct arena *arena;
    struct policy policy;
    struct decision d;
    struct stored *store;
    size_t store_n, store_cap;
    int64_t offset;
    ms_t now;
    ms_t known_until;   /* up to when ticks are taken, where it is not now; 0: it is */
    struct cause cause; /* of the event in hand */
    size_t seen;        /* outputs before the last call */
    size_t parts;       /* how often an event was not done at once */
    /* Called between two parts of an event, if set; false: the event is never given again. */
    bool (*between)(struct world *w, const struct event *event);
    struct str *ids;
    size_t ids_n, ids_mask;
};

/* cmocka's setup and teardown: *state is a struct world. */
int world_setup(void **state);
int world_teardown(void **state);
struct world *world_new(void);
void world_free(struct world *world);

/* Fills in the default policy of R9.4, without its times by kind; and no risk has to be accepted, if
 * not said. */
void default_policy(struct arena *arena, struct policy *policy);
/* Whether reminders of all priorities are sent when they fall due: so they are, if not said. */
void everything_at_once(struct policy *policy, bool at_once);
struct duration days(int64_t n);
struct duration hours(int64_t n);
struct duration working_days(int64_t n);

/* A condition for each of these flags: any of them suffices. */
struct conditions conditions_of(struct arena *arena, unsigned flags);

/* The one label, in memory of its own for each name and text that tests have. */
struct labels labels_of(const char *name, const char *value);

/* RFC 3339, or a date. */
ms_t t(const char *text);

/* Events, in the world's arena. -1: no revision. */
struct closure_event *closure(struct world *w, const char *incident_id, int64_t revision);
struct finding_event *finding(struct world *w, const char *incident_id, const char *finding_id,
                              int64_t revision);
/* A finding of category technical-lapse, of INC-1. */
struct finding_event *technical(struct world *w, const char *finding_id, int64_t revision);
struct task_update_event *task_update(struct world *w, const char *incident_id, const char *name,
                                      int64_t revision);
/* Puts a member into an event, and the bit that says that it is there. */
#define SET_CLOSURE(e, BIT, member, value) \
    ((e)->present |= CLOSURE_##BIT, (e)->incident.member = (value))
#define SET_FINDING(e, BIT, member, value) \
    ((e)->present |= FINDING_##BIT, (e)->finding.member = (value))
#define SET_UPDATE(e, BIT, member, value) ((e)->present |= TASK_UPDATE_##BIT, (e)->member = (value))
/* What makes it ask for nothing: timeline, summary, evaluation. */
void complete_closure(struct world *w, struct closure_event *e);
void evaluate(struct closure_event *e, int sufficient, int is_complete);
void add_party(struct world *w, struct closure_event *e, const char *party, enum party_kind kind,
               bool closed);
/* What the closure says was submitted of an obligation. */
void add_submission(struct world *w, struct closure_event *e, const char *id, ms_t submitted_at,
                    bool has_evidence);
struct evidence_list some_evidence(struct world *w);
void add_inline(struct world *w, struct closure_event *e, const struct finding_event *f);
struct warnings warning(struct world *w, const char *member);
struct owner owner(const char *team, const char *person);
struct str_list groups(struct world *w, const char *a, const char *b);

/* Takes one event at a time, to its last part; `refused` else. What comes out is news. */
void take_closure(struct world *w, const char *at, struct closure_event *e);
void take_finding(struct world *w, const char *at, struct finding_event *e);
void take_update(struct world *w, const char *at, struct task_update_event *e);
enum decide_result take(struct world *w, struct event *event);
/* Time goes on: each wake at its time, in order, up to and with `until`. */
void run_until(struct world *w, const char *until);
void run_until_ms(struct world *w, ms_t until);
/* Nothing ran until then: what was missed is taken together. */
void sleep_until(struct world *w, const char *until);

/* What the last call brought, a line each:
 *   opened/1 full          completed/1 closed=2 met=1
 *   bug/F-1/2 updated in-progress [status,owner]
 *   reminder overdue/2 bug/F-1 +3 2026-11-27T00:00:00.000Z owner=team:person
 *   recurred/1 F-1 key, 2: INC-1/bug/F-1=open
 *   new key of INC-1, changed …, gone …, forgotten …; before key to INC-2, again key to INC-1
 *   finding INC-1:F-1 to INC-2; finding-updated …, task-updated …, merge …, parting of INC-1 …
 */
struct str news(struct world *w);
void assert_news(struct world *w, const char *expected);
struct str render(struct world *w, const struct output *output);
/* The i-th output of the last call. */
const struct output *output_at(struct world *w, size_t i);
size_t outputs_n(const struct world *w);

const struct task *task_of(struct world *w, const char *incident_id, const char *name);
const struct incident *incident_of(struct world *w, const char *incident_id);
const struct finding *finding_of(struct world *w, const char *incident_id, const char *finding_id);
ms_t wake_of(struct world *w, struct str key);
bool is_stored(struct world *w, struct str key);

void assert_str(struct str actual, const char *expected);
void assert_time(ms_t actual, const char *expected);

/* The invariants: of outputs from the `from`th on, and of all that is stored. `take` checks both. */
void check_outputs(struct world *w, size_t from);
void check_store(struct world *w);

#endif
