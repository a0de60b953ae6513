/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever happens, in whatever order: thousands of random records and waits, each followed by the
 * checks of core_support (ids unique, versions without gaps, counts true, nothing sent about a
 * closed task, complete when and only when nothing is open, timers that follow from the state).
 * Each run is its seed; the one that fails is the last that is named.
 */
#include "core_support.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENTS 120

static uint64_t runs = 60; /* more: test_invariants RUNS */
static uint64_t seed;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int pick(int n)
{
    return (int)(next_random() % (uint64_t)n);
}

static bool chance(int percent)
{
    return pick(100) < percent;
}

static const char *const incidents[] = {"INC-1", "INC-2", "A/b|c", "INC-4"};
static const char *const findings[] = {"F-1", "F-2", "F/3", "F-4"};
static const char *const parties[] = {"Police", "Regulator", "PR / press"};

static ms_t some_time(const struct world *w)
{
    if (chance(30)) return TIME_NONE;
    return w->now + (pick(60) - 20) * DAY_MS;
}

static struct owner some_owner(void)
{
    static const char *const teams[] = {NULL, "identity", "payments", "legal"};
    const char *team = teams[pick(4)];
    return owner(team, chance(50) ? "dev@example.com" : NULL);
}

static int64_t some_revision(const struct world *w)
{
    if (chance(40)) return -1;
    return w->offset + pick(5) - 2;
}

static struct finding_event *some_finding(struct world *w, const char *incident_id)
{
    struct finding_event *e = finding(w, incident_id, findings[pick(4)], some_revision(w));
    struct finding *f = &e->finding;
    if (chance(20)) f->order.time = some_time(w);
    e->present = (unsigned)next_random() & 0xffff & ((unsigned)next_random() | 1);
    f->category = pick(category_end);
    f->severity = pick(severity_end);
    f->title = chance(20) ? STR_NONE : STR("A title");
    f->description = chance(20) ? STR_NONE : STR("What it is");
    f->status = pick(REPORTED_CLOSED); /* `closed` is for trackers alone */
    f->reason = chance(30) ? STR_NONE : STR("because");
    f->owner = some_owner();
    f->groups = groups(w, "payments", chance(50) ? "legal" : NULL);
    f->work = chance(70) ? 0 : KIND_BUG + pick(4);
    f->sop_change = chance(50);
    f->due_at = some_time(w);
    f->snoozed_until = some_time(w);
    f->tracker.key = chance(50) ? STR_NONE : STR("SEC-1");
    f->duplicate_of = chance(50) ? STR_NONE : STR("F-0");
    if (chance(20)) e->warnings = warning(w, "severity");
    return e;
}

static struct closure_event *some_closure(struct world *w, const char *incident_id)
{
    struct closure_event *e = closure(w, incident_id, some_revision(w));
    struct incident *i = &e->incident;
    e->incident.order.time = e->incident.closed_at = w->now - pick(5) * DAY_MS;
    if (chance(40)) complete_closure(w, e);
    e->present |= (unsigned)next_random() & 0xffff;
    i->title = chance(20) ? STR_NONE : STR("An incident");
    i->severity = pick(severity_end);
    i->disposition = chance(75) ? DISPOSITION_CONFIRMED : pick(disposition_end);
    i->customer_impacting = pick(tristate_end);
    i->data_breach = pick(tristate_end);
    i->detected_at = some_time(w);
    i->owner = some_owner();
    i->merged_into = chance(80) ? STR_NONE : str_of(incidents[pick(4)]);
    e->closure.sufficient = pick(3);
    e->closure.complete = pick(3);
    for (int n = pick(4); n > 0; n--)
        add_party(w, e, parties[n - 1], pick(party_kind_end), chance(40));
    int n = pick(4);
    for (int k = 0; k < n; k++) {
        struct finding_event *f = some_finding(w, incident_id);
        f->finding.finding_id = str_of(findings[k]); /* one of each */
        add_inline(w, e, f);
    }
    if (chance(20)) e->warnings = warning(w, "closed_at");
    return e;
}

/* One for a task that there is, mostly. */
static struct task_update_event *some_update(struct world *w)
{
    const struct task *task = NULL;
    for (int tries = 0; tries < 20 && w->store_n; tries++) {
        const struct stored *s = &w->store[pick((int)w->store_n)];
        if (s->type == ENTRY_TASK && s->body) task = s->body;
    }
    const char *id = task ? arena_str(w->arena, task->incident_id).p : "INC-1";
    const char *name = task ? arena_str(w->arena, task->name).p : "bug/F-1";
    struct task_update_event *e = task_update(w, id, name, some_revision(w));
    e->present = (unsigned)next_random() & 0x1f;
    e->status = e->present & TASK_UPDATE_STATUS ? pick(reported_status_end) : 0;
    e->reason = chance(50) ? STR_NONE : STR("because");
    e->owner = some_owner();
    e->tracker.key = STR("SEC-2");
    e->snoozed_until = some_time(w);
    return e;
}

static struct event some_record(struct world *w)
{
    struct event event = {.cause = {.offset = w->offset++, .at = w->now}};
    /* A record may have been written some time before it is read. */
    if (chance(20)) event.cause.at -= pick(48) * HOUR_MS;
    int what = pick(10);
    if (what < 2) {
        event.type = EVENT_CLOSURE;
        event.closure = some_closure(w, incidents[pick(4)]);
        event.incident_id = event.closure->incident_id;
    } else if (what < 7) {
        event.type = EVENT_FINDING;
        event.finding = some_finding(w, incidents[pick(4)]);
        event.incident_id = event.finding->incident_id;
    } else {
        event.type = EVENT_TASK_UPDATE;
        event.task_update = some_update(w);
        event.incident_id = event.task_update->incident_id;
    }
    return event;
}

static void some_policy(struct world *w)
{
    struct policy *p = &w->policy;
    if (chance(30)) p->due_soon_n = (size_t)pick(3);
    if (chance(30)) p->escalation_n = (size_t)pick(4);
    if (chance(30)) p->retention = days(pick(10));
    if (chance(30)) p->calendar.utc_offset_minutes = pick(1440) - 720;
    if (chance(30)) p->overdue_every = working_days(1 + pick(3));
    if (chance(30)) p->missing_findings_after = working_days(pick(5));
    if (chance(30)) p->sla[1 + pick(4)].complete = working_days(pick(10));
    if (chance(30)) p->verification[1 + pick(4)] = chance(50);
    if (chance(30)) p->priority_boost = pick(3);
    if (chance(30)) p->routing[CATEGORY_MANUAL_ERROR].kind = 0;
    if (chance(30)) p->routing[CATEGORY_PROCESS_FLAW].owner = owner("legal", NULL);
    if (chance(50)) {
        p->obligations_n = 1;
        p->obligations = ARENA_NEW(w->arena, struct obligation);
        *p->obligations = (struct obligation){.name = STR("notice"),
                                              .party = STR("Regulator"),
                                              .party_kind = PARTY_REGULATOR,
                                              .when = chance(50) ? BECAUSE_DATA_BREACH : 0,
                                              .from = (enum obligation_start)pick(4),
                                              .within = hours(1 + pick(100))};
    }
}

/* Everything that went out, to compare with when it has all been said. */
struct said {
    struct str *lines;
    size_t n, cap;
};

static void listen(struct world *w, struct said *said)
{
    while (said->n < w->d.outputs.n) {
        struct str line = render(w, &w->d.outputs.items[said->n]);
        *ARENA_PUSH(w->arena, said->lines, said->n, said->cap) = line;
    }
}

static void run(struct world *w, uint64_t of)
{
    seed = of;
    struct said said = {0};
    some_policy(w);
    w->now = t("2026-11-20T12:00:00Z");
    for (int i = 0; i < EVENTS; i++) {
        if (chance(60)) {
            struct event event = some_record(w);
            take(w, &event);
        } else if (chance(50)) {
            run_until_ms(w, w->now + pick(10) * DAY_MS + pick(1000) * MINUTE_MS);
        } else if (chance(50)) {
            char until[TIMESTAMP_TEXT + 1] = {0};
            timestamp_format(w->now + pick(400) * HOUR_MS, until);
            sleep_until(w, until);
        } else if (chance(20)) {
            w->policy.version = arena_printf(w->arena, "policy %d", i);
            w->policy.sla[1 + pick(4)].complete = days(1 + pick(60));
            /* As the worker does it when it starts: timers follow from state and policy. */
            for (size_t k = 0; k < w->store_n; k++) {
                struct stored *s = &w->store[k];
                struct entry entry = {.type = s->type, .exists = s->body, .body = s->body};
                s->wake_at = decide_wake_at(&w->policy, &entry);
            }
        }
        listen(w, &said);
    }
    /* Outputs are snapshots: what came later has not changed them. */
    for (size_t i = 0; i < said.n; i++) {
        struct str line = render(w, &w->d.outputs.items[i]);
        if (!str_eq(line, said.lines[i]))
            fail_msg("changed: %.*s\nto: %.*s", STR_ARG(said.lines[i]), STR_ARG(line));
    }
}

static void any_sequence_of_events(void **state)
{
    (void)state;
    size_t outputs = 0;
    for (uint64_t i = 1; i <= runs; i++) {
        print_message("\rseed %llu", (unsigned long long)i);
        struct world *w = world_new();
        run(w, i);
        outputs += w->d.outputs.n;
        world_free(w);
    }
    print_message("\n%zu outputs\n", outputs);
    assert_true(outputs > runs * 50);
}

static void the_same_records_give_the_same_events(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 10; i++) {
        struct world *a = world_new(), *b = world_new();
        run(a, i);
        run(b, i);
        assert_int_equal(a->d.outputs.n, b->d.outputs.n);
        for (size_t k = 0; k < a->d.outputs.n; k++) {
            struct str x = render(a, &a->d.outputs.items[k]), y = render(b, &b->d.outputs.items[k]);
            assert_true(str_eq(x, y));
            assert_true(a->d.outputs.items[k].at == b->d.outputs.items[k].at);
        }
        world_free(a);
        world_free(b);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) runs = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_sequence_of_events),
        cmocka_unit_test(the_same_records_give_the_same_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
