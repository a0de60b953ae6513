/* SPDX-License-Identifier: Apache-2.0 */
/* Random records and waits; each story is its seed. */
#include "core_stories.h"

#define EVENTS 120

static uint64_t seed;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int story_pick(int n)
{
    return (int)(next_random() % (uint64_t)n);
}

bool story_chance(int percent)
{
    return story_pick(100) < percent;
}

static const char *const incidents[] = {"INC-1", "INC-2", "A/b|c", "INC-4"};
static const char *const findings[] = {"F-1", "F-2", "F/3", "F-4"};
static const char *const parties[] = {"Police", "Regulator", "PR / press\xe2\x80\xae"};

static const char *const notices[] = {"notice-0", "notice-1", "unknown"};

static ms_t some_time(const struct world *w)
{
    if (story_chance(30)) return TIME_NONE;
    return w->now + (story_pick(60) - 20) * DAY_MS;
}

/* What a sentence must not take over; the family and the Persian word it may. */
static struct str hostile_title(void)
{
    return story_chance(80) ? STR("A title")
                            : STR("A\n\x1b[31m\xe2\x80\xae title\xe2\x80\x8b\xc2\x9b "
                                  "\xf0\x9f\x91\xa8\xe2\x80\x8d"
                                  "\xf0\x9f\x91\xa9 \xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae");
}

static struct owner some_owner(void)
{
    static const char *const teams[] = {NULL, "identity", "payments", "legal"};
    const char *team = teams[story_pick(4)];
    return owner(team, story_chance(50) ? "dev@example.com" : NULL);
}

static int64_t some_revision(const struct world *w)
{
    if (story_chance(40)) return -1;
    return w->offset + story_pick(5) - 2;
}

/* One of few times, and of few things that it says. */
static void level(struct world *w, struct order *order)
{
    struct str *hash = ARENA_NEW(w->arena, struct str);
    *hash = arena_printf(w->arena, "%016x", (unsigned)story_pick(12));
    order->taken = (struct str_list){hash, 1};
    order->time = t("2027-01-01") + story_pick(2);
    if (story_chance(80)) order->revision = -1;
}

static struct finding_event *some_finding(struct world *w, const char *incident_id)
{
    struct finding_event *e = finding(w, incident_id, findings[story_pick(4)], some_revision(w));
    struct finding *f = &e->finding;
    if (story_chance(20)) f->order.time = some_time(w);
    if (story_chance(20)) level(w, &f->order);
    e->present = (unsigned)next_random() & ((unsigned)next_random() | 1);
    f->category = story_pick(category_end);
    f->severity = story_pick(severity_end);
    f->title = story_chance(20) ? STR_NONE : hostile_title();
    f->description = story_chance(20) ? STR_NONE : STR("What it is");
    f->status = story_pick(REPORTED_CLOSED); /* `closed` is for trackers alone */
    if (story_chance(20)) f->status = REPORTED_DUPLICATE;
    f->reason = story_chance(30) ? STR_NONE : STR("because");
    f->owner = some_owner();
    f->groups = groups(w, "payments", story_chance(50) ? "legal" : NULL);
    f->work = story_chance(70) ? 0 : KIND_BUG + story_pick(4);
    f->sop_change = story_chance(50);
    f->due_at = some_time(w);
    f->snoozed_until = some_time(w);
    f->tracker.key = story_chance(50) ? STR_NONE : STR("SEC-1");
    f->accepted_until = some_time(w);
    f->accepted_by = story_chance(30) ? STR_NONE : STR("ciso");
    f->cause_key = story_chance(50) ? STR_NONE : str_of(findings[story_pick(2)]);
    f->duplicate_of = str_of(story_chance(20) ? "F-0" : findings[story_pick(4)]);
    if (story_chance(20)) f->duplicate_of = STR_NONE;
    e->by = some_owner().person;
    if (story_chance(20)) e->warnings = warning(w, "severity");
    return e;
}

static struct closure_event *some_closure(struct world *w, const char *incident_id)
{
    struct closure_event *e = closure(w, incident_id, some_revision(w));
    struct incident *i = &e->incident;
    e->incident.order.time = e->incident.closed_at = w->now - story_pick(5) * DAY_MS;
    if (story_chance(20)) level(w, &i->order);
    if (story_chance(40)) complete_closure(w, e);
    e->present |= (unsigned)next_random() & 0x3ffff;
    i->title = story_chance(20) ? STR_NONE : hostile_title();
    i->severity = story_pick(severity_end);
    i->disposition = story_chance(75) ? DISPOSITION_CONFIRMED : story_pick(disposition_end);
    i->customer_impacting = story_pick(tristate_end);
    i->data_breach = story_pick(tristate_end);
    i->detected_at = some_time(w);
    i->owner = some_owner();
    i->merged_into = story_chance(80) ? STR_NONE : str_of(incidents[story_pick(4)]);
    e->closure.sufficient = story_pick(3);
    e->closure.complete = story_pick(3);
    i->known_at = some_time(w);
    for (int n = story_pick(3); n > 0; n--)
        add_submission(w, e, notices[n], some_time(w), story_chance(70));
    for (int n = story_pick(4); n > 0; n--)
        add_party(w, e, parties[n - 1], story_pick(party_kind_end), story_chance(40));
    int n = story_pick(4);
    for (int k = 0; k < n; k++) {
        struct finding_event *f = some_finding(w, incident_id);
        f->finding.finding_id = str_of(findings[k]); /* one of each */
        add_inline(w, e, f);
    }
    if (story_chance(20)) e->warnings = warning(w, "closed_at");
    return e;
}

/* One for a task that there is, mostly. */
static struct task_update_event *some_update(struct world *w)
{
    const struct task *task = NULL;
    for (int tries = 0; tries < 20 && w->store_n; tries++) {
        const struct stored *s = &w->store[story_pick((int)w->store_n)];
        if (s->type == ENTRY_TASK && s->body) task = s->body;
    }
    const char *id = task ? arena_str(w->arena, task->incident_id).p : "INC-1";
    const char *name = task ? arena_str(w->arena, task->name).p : "bug/F-1";
    struct task_update_event *e = task_update(w, id, name, some_revision(w));
    if (story_chance(20)) level(w, &e->order);
    e->present = (unsigned)next_random();
    e->by = some_owner().person;
    e->status = e->present & TASK_UPDATE_STATUS ? story_pick(reported_status_end) : 0;
    e->reason = story_chance(50) ? STR_NONE : STR("because");
    e->owner = some_owner();
    e->tracker.key = STR("SEC-2");
    e->snoozed_until = some_time(w);
    e->accepted_until = some_time(w);
    e->accepted_by = story_chance(30) ? STR_NONE : STR("ciso");
    e->due_at = some_time(w);
    e->submitted_at = story_chance(30) ? TIME_NONE : some_time(w);
    if (story_chance(60)) e->evidence = some_evidence(w);
    if (e->present & TASK_UPDATE_EVALUATION) {
        e->evaluation = (struct evaluation){story_pick(3), story_pick(3), STR_NONE};
        e->answers = (unsigned)story_pick(ANSWER_ALL + 1);
    }
    return e;
}

struct event story_record(struct world *w)
{
    struct event event = {.cause = {.offset = w->offset++, .at = w->now}};
    /* A record may have been written some time before it is read. */
    if (story_chance(20)) event.cause.at -= story_pick(48) * HOUR_MS;
    int what = story_pick(10);
    if (what < 2) {
        event.type = EVENT_CLOSURE;
        event.closure = some_closure(w, incidents[story_pick(4)]);
        event.incident_id = event.closure->incident_id;
    } else if (what < 7) {
        event.type = EVENT_FINDING;
        event.finding = some_finding(w, incidents[story_pick(4)]);
        event.incident_id = event.finding->incident_id;
    } else {
        event.type = EVENT_TASK_UPDATE;
        event.task_update = some_update(w);
        event.incident_id = event.task_update->incident_id;
    }
    return event;
}

void story_seed(uint64_t of)
{
    seed = of;
}

/* One whose clocks are changed every few weeks, by an hour or half of it. */
static struct zone some_zone(struct world *w)
{
    size_t n = 2 + (size_t)story_pick(40);
    struct zone_change *changes = arena_alloc(w->arena, n * sizeof *changes);
    ms_t at = t("2026-11-01");
    int64_t offset = (story_pick(1440) - 720) * MINUTE_MS;
    for (size_t i = 0; i < n; i++) {
        at += (1 + story_pick(60)) * DAY_MS + story_pick(24) * HOUR_MS;
        changes[i] = (struct zone_change){at, offset + story_pick(3) * 30 * MINUTE_MS};
    }
    return (struct zone){.offset = offset, .changes = changes, .changes_n = n};
}

static void some_obligation(struct world *w, struct obligation *all, size_t i)
{
    int from = FROM_STARTED_AT + story_pick(i ? 6 : 5);
    all[i] = (struct obligation){
        .id = arena_printf(w->arena, "notice-%zu", i),
        .title = STR("Notice"),
        .party = STR("Regulator"),
        .party_kind = PARTY_REGULATOR,
        .when = conditions_of(w->arena, story_chance(50) ? FLAG_DATA_BREACH : 0),
        .time = {.from = (enum obligation_start)from,
                 .after = i ? (size_t)story_pick((int)i) : 0,
                 .within = hours(1 + story_pick(100)),
                 .months = story_pick(3)},
        .until = 17 * HOUR_MS,
        .at_latest = {.from = FROM_DETECTED_AT, .within = hours(1 + story_pick(100))},
        .has_latest = story_chance(30),
        .lead = {.percent = {60}, .n = 1},
        .has_lead = story_chance(30),
    };
    if (!story_chance(20)) return;
    all[i].time.within = working_days(1 + story_pick(5));
    all[i].time.months = 0;
    all[i].has_until = true;
}

static void some_policy(struct world *w)
{
    struct policy *p = &w->policy;
    if (story_chance(30)) p->due_soon.n = (size_t)story_pick(3);
    if (story_chance(30)) p->escalation_n = (size_t)story_pick(4);
    if (story_chance(30)) p->retention = days(story_pick(10));
    if (story_chance(30)) p->calendar.zone = some_zone(w);
    if (story_chance(10)) p->calendar.zone.offset = (story_pick(1440) - 720) * MINUTE_MS;
    if (story_chance(30)) p->overdue_every = working_days(1 + story_pick(3));
    if (story_chance(30)) p->missing_findings_after = working_days(story_pick(5));
    if (story_chance(30)) p->sla[1 + story_pick(4)].complete = working_days(story_pick(10));
    if (story_chance(30)) p->verification[1 + story_pick(4)] = story_chance(50);
    if (story_chance(30)) p->closed_is = REPORTED_VERIFIED;
    if (story_chance(30)) p->verified_by_owner = true;
    for (int i = 1; i < priority_end; i++) p->acceptance[i] = story_chance(40);
    for (int i = 1; i < task_kind_end; i++) p->evidence[i] = story_chance(30);
    if (story_chance(30)) p->priority_boost = story_pick(3);
    if (story_chance(30)) p->routing[CATEGORY_MANUAL_ERROR].kind = 0;
    if (story_chance(30)) p->routing[CATEGORY_PROCESS_FLAW].owner = owner("legal", NULL);
    for (int i = 1; i < priority_end; i++) p->at_once[i] = story_chance(60);
    if (story_chance(30)) p->remind_at = p->day_from + story_pick(13) * HOUR_MS;
    if (story_chance(50)) p->review_on = 1 + story_pick(7);
    if (story_chance(30)) p->overdue_max = story_pick(4);
    if (story_chance(30)) p->verify_max = story_pick(4);
    if (story_chance(50)) {
        p->obligations_n = 3;
        p->obligations = arena_zalloc(w->arena, 3 * sizeof *p->obligations);
        for (size_t i = 0; i < 3; i++) some_obligation(w, p->obligations, i);
    }
}

void story_run(struct world *w, uint64_t of, void (*after)(struct world *w, void *self), void *self)
{
    seed = of;
    some_policy(w);
    w->now = t("2026-11-20T12:00:00Z");
    for (int i = 0; i < EVENTS; i++) {
        if (story_chance(60)) {
            struct event event = story_record(w);
            take(w, &event);
        } else if (story_chance(50)) {
            run_until_ms(w, w->now + story_pick(10) * DAY_MS + story_pick(1000) * MINUTE_MS);
        } else if (story_chance(50)) {
            char until[TIMESTAMP_TEXT + 1] = {0};
            timestamp_format(w->now + story_pick(400) * HOUR_MS, until);
            sleep_until(w, until);
        } else if (story_chance(20)) {
            w->policy.version = arena_printf(w->arena, "policy %d", i);
            w->policy.sla[1 + story_pick(4)].complete = days(1 + story_pick(60));
            /* As the worker does it when it starts: timers follow from state and policy. */
            for (size_t k = 0; k < w->store_n; k++) {
                struct stored *s = &w->store[k];
                struct entry entry = {.type = s->type, .exists = s->body, .body = s->body};
                s->wake_at = wake_time(&w->policy, &entry);
            }
        }
        if (after) after(w, self);
    }
}
